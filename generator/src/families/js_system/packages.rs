//! npm's packages: a `package-lock.json` as far as it says which archives are unpacked where. Pure.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::diag::{Wrong, quote};
use crate::families::folder;
use crate::nix::hash::Sha512;

/// The file beside the main script.
pub const LOCK: &str = "package-lock.json";
/// The file that says what to install.
pub const MANIFEST: &str = "package.json";
/// The folder in which packages are.
const MODULES: &str = "node_modules/";
/// Packages of one lock at most.
const MAX_PACKAGES: usize = 1000;

/// A package of npm's registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Npm {
    /// `name` or `@scope/name`.
    pub name: String,
    pub version: String,
    /// The digest of its archive.
    pub integrity: Sha512,
    /// Whether those that ask for it can do without.
    pub optional: bool,
}

impl Npm {
    /// Its name without the scope, by which archives are called.
    pub fn base(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }
}

/// The packages of a lock by the places that they have beside it.
///
/// # Errors
/// Every entry that cannot be installed.
pub fn packages(lock: &str) -> Result<BTreeMap<String, Npm>, Vec<Wrong>> {
    let again = "`npm install` with npm 7 or later writes it again";
    let json: Value =
        serde_json::from_str(lock).map_err(|error| vec![Wrong::new(format!("{LOCK} is not JSON: {error}"), again)])?;
    let Some(entries) = json.get("packages").and_then(Value::as_object) else {
        return Err(vec![Wrong::new(format!("{LOCK} has no `packages`, which lockfileVersion 2 and 3 have"), again)]);
    };
    if entries.len() > MAX_PACKAGES {
        let hint = format!("at most {MAX_PACKAGES} are unpacked into a system");
        return Err(vec![Wrong::new(format!("{LOCK} has {} packages", entries.len()), hint)]);
    }
    let (mut packages, mut wrong) = (BTreeMap::new(), Vec::new());
    for (place, entry) in entries.iter().filter(|(place, _)| !place.is_empty()) {
        match entry.as_object().map(|entry| package(place, entry)) {
            Some(Ok(package)) => packages.extend(package.map(|package| (place.clone(), package))),
            Some(Err(Wrong { message, hint })) => {
                wrong.push(Wrong::new(format!("{LOCK}: {} {message}", quote(place)), hint))
            }
            None => wrong.push(Wrong::new(format!("{LOCK}: {} is not a table", quote(place)), again)),
        }
    }
    if wrong.is_empty() { Ok(packages) } else { Err(wrong) }
}

/// Sees that a lock is of its `package.json`, so that what that asks for is there.
///
/// # Errors
/// A file that is not JSON, no lock, or one of another `package.json`.
pub fn as_asked(manifest: &str, lock: Option<&str>) -> Result<(), Wrong> {
    let asked = asked(manifest).map_err(|error| {
        Wrong::new(format!("{MANIFEST} is not JSON: {error}"), "correct it; npm would refuse it, too")
    })?;
    let again = "`npm install --package-lock-only` writes it".to_owned();
    let Some(lock) = lock else {
        let names: Vec<_> = asked.keys().map(|name| quote(name)).collect();
        let message = format!("{MANIFEST} asks for {}, and there is no {LOCK}", names.join(", "));
        return if names.is_empty() { Ok(()) } else { Err(Wrong::new(message, again)) };
    };
    // A lock that is none is reported by itself.
    let Ok(lock) = serde_json::from_str::<Value>(lock) else { return Ok(()) };
    let locked = dependencies(&lock["packages"][""]);
    let word = |of: &BTreeMap<String, String>, name: &str| {
        of.get(name).map_or("none".to_owned(), |version| quote(version).to_string())
    };
    match asked.keys().chain(locked.keys()).find(|name| asked.get(*name) != locked.get(*name)) {
        None => Ok(()),
        Some(name) => {
            let (new, old) = (word(&asked, name), word(&locked, name));
            let message = format!("{LOCK} does not match {MANIFEST}: it has {old} of {}, and not {new}", quote(name));
            Err(Wrong::new(message, again))
        }
    }
}

fn asked(manifest: &str) -> Result<BTreeMap<String, String>, serde_json::Error> {
    // npm, too, passes over a byte order mark.
    Ok(dependencies(&serde_json::from_str(manifest.trim_start_matches('\u{feff}'))?))
}

/// What a package asks for where it runs, by the words for versions. What is in both tables is optional for npm.
fn dependencies(package: &Value) -> BTreeMap<String, String> {
    let of = |key: &str| package.get(key).and_then(Value::as_object).into_iter().flatten();
    let all = of("dependencies").chain(of("optionalDependencies"));
    all.map(|(name, version)| (name.clone(), version.as_str().unwrap_or_default().to_owned())).collect()
}

/// The package of one entry; none where it is not installed, or comes with another one.
fn package(place: &str, entry: &Map<String, Value>) -> Result<Option<Npm>, Wrong> {
    let is = |key: &str| entry.get(key).and_then(Value::as_bool) == Some(true);
    let text = |key: &str| entry.get(key).and_then(Value::as_str);
    // What npm calls devOptional is needed for development, and optional for everything else.
    let optional = is("optional") || is("devOptional");
    // An optional package for some machines only has a program that was compiled for those.
    let some_machines = ["os", "cpu", "libc"].iter().any(|key| entry.contains_key(*key));
    if is("dev") || is("inBundle") || (optional && some_machines) {
        return Ok(None);
    }
    let Some(own) = place.rsplit_once(MODULES).map(|(_, name)| name).filter(|_| place.starts_with(MODULES)) else {
        let hint = "packages of a workspace and folders beside it are not unpacked: publish them, or copy their files to `source`";
        return Err(Wrong::new("is not below node_modules", hint));
    };
    if is("link") {
        let hint =
            "a system takes packages of a registry: copy the folder's files to `source`, and import them by their path";
        return Err(Wrong::new("is a link to a folder", hint));
    }
    // Under another name than its own, npm says which.
    let name = text("name").unwrap_or(own);
    let Some(version) = text("version").filter(|version| is_plain(version)) else {
        return Err(Wrong::new("has no version", "`npm install` writes one"));
    };
    let plain = |name: &str| name.strip_prefix('@').unwrap_or(name).split('/').all(is_plain) && name.len() <= 100;
    let scoped = name.matches('/').count() == usize::from(name.starts_with('@'));
    // Its place is a path of a shell and of an archive.
    if !plain(name) || !scoped || !place.split('/').all(|part| is_plain(part.strip_prefix('@').unwrap_or(part))) {
        let hint = "letters, digits and . _ - make names of packages";
        return Err(Wrong::new(format!("is the package {}, whose name npm refuses", quote(name)), hint));
    }
    let base = name.rsplit('/').next().unwrap_or(name);
    if let Some(resolved) = text("resolved").filter(|url| !url.ends_with(&format!("/{name}/-/{base}-{version}.tgz"))) {
        let hint = "a system takes packages of a registry, by their digests: depend on a published version";
        let kind = match resolved.split_once(':').map(|(scheme, _)| scheme) {
            Some(scheme) if scheme.starts_with("git") => "comes from git",
            Some("file") => "comes from a file",
            _ => "does not come from a registry",
        };
        return Err(Wrong::new(format!("{kind}: {}", quote(resolved)), hint));
    }
    let Some(integrity) = text("integrity") else {
        let hint = "npm writes one for each package of a registry: remove the entry and run `npm install`";
        return Err(Wrong::new("has no `integrity`", hint));
    };
    let known = integrity.split_whitespace().find_map(|word| word.parse::<Sha512>().ok());
    let Some(integrity) = known else {
        let hint = "the entry was changed by hand, or is one of an old registry: remove it and run `npm install`";
        return Err(Wrong::new(format!("has the integrity {}, which is not a SHA-512", quote(integrity)), hint));
    };
    Ok(Some(Npm { name: name.to_owned(), version: version.to_owned(), integrity, optional }))
}

/// Whether it can stand between slashes of a path, and in the name of a store path with `+` before it.
fn is_plain(part: &str) -> bool {
    part.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-+".contains(&byte))
        && (part == "node_modules" || folder::is_path(&part.replace('+', "-")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str =
        "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";

    fn lock(entries: &str) -> String {
        format!("{{\"lockfileVersion\": 3, \"packages\": {{\"\": {{\"name\": \"app\"}}, {entries}}}}}")
            .replace("HASH", HASH)
    }

    fn message(entries: &str) -> String {
        let wrong = packages(&lock(entries)).unwrap_err();
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        wrong[0].message.clone()
    }

    #[test]
    fn packages_by_their_places() {
        let found = packages(&lock(
            "\"node_modules/a\": {\"version\": \"1.0.0\", \"integrity\": \"sha1-x HASH\"},
             \"node_modules/a/node_modules/@s/b\": {\"version\": \"2.0.0-rc.1+x\", \"integrity\": \"HASH\",
                \"resolved\": \"https://r.example.org/@s/b/-/b-2.0.0-rc.1+x.tgz\"},
             \"node_modules/c\": {\"name\": \"d\", \"version\": \"3.0.0\", \"integrity\": \"HASH\"},
             \"node_modules/e\": {\"version\": \"1.0.0\", \"dev\": true},
             \"node_modules/f\": {\"version\": \"1.0.0\", \"optional\": true, \"os\": [\"darwin\"]},
             \"node_modules/h\": {\"version\": \"1.0.0\", \"devOptional\": true, \"integrity\": \"HASH\"},
             \"node_modules/a/node_modules/g\": {\"version\": \"1.0.0\", \"inBundle\": true}",
        ))
        .unwrap();
        let names: Vec<_> = found.iter().map(|(place, npm)| (place.as_str(), npm.name.as_str(), npm.base())).collect();
        let expected = [
            ("node_modules/a", "a", "a"),
            ("node_modules/a/node_modules/@s/b", "@s/b", "b"),
            ("node_modules/c", "d", "d"),
            ("node_modules/h", "h", "h"),
        ];
        assert_eq!(names, expected);
        let optional: Vec<_> = found.values().filter(|npm| npm.optional).map(|npm| npm.name.as_str()).collect();
        assert_eq!(optional, ["h"]);
    }

    #[test]
    fn a_lock_is_of_its_manifest() {
        let of = |manifest: &str, lock: Option<&str>| as_asked(manifest, lock).map_err(|wrong| wrong.message);
        let lock = |root: &str| format!("{{\"packages\": {{\"\": {root}}}}}");
        let manifest = "{\"dependencies\": {\"a\": \"^1\", \"b\": \"2\"}, \"optionalDependencies\": {\"b\": \"3\"}, \"devDependencies\": {\"c\": \"1\"}}";
        assert_eq!(of("{}", None), Ok(()));
        assert_eq!(
            of(manifest, None).unwrap_err(),
            "package.json asks for `a`, `b`, and there is no package-lock.json"
        );
        let same = lock("{\"dependencies\": {\"a\": \"^1\"}, \"optionalDependencies\": {\"b\": \"3\"}}");
        assert_eq!(of(manifest, Some(&same)), Ok(()));
        assert_eq!(
            of(manifest, Some(&lock("{\"dependencies\": {\"a\": \"^1\"}}"))).unwrap_err(),
            "package-lock.json does not match package.json: it has none of `b`, and not `3`"
        );
        assert_eq!(
            of("{}", Some(&lock("{\"dependencies\": {\"a\": \"^1\"}}"))).unwrap_err(),
            "package-lock.json does not match package.json: it has `^1` of `a`, and not none"
        );
        let empty = "{\"lockfileVersion\": 3, \"packages\": {}}";
        assert!(of(manifest, Some(empty)).unwrap_err().contains("it has none of `a`"));
        assert_eq!(of("\u{feff}{}", None), Ok(()));
        assert!(of("{", None).unwrap_err().starts_with("package.json is not JSON"));
    }

    #[test]
    fn what_cannot_be_installed_is_said() {
        let git =
            "\"node_modules/a\": {\"version\": \"1.0.0\", \"resolved\": \"git+ssh://git@git.example.org/a.git#0123\"}";
        assert_eq!(
            message(git),
            "package-lock.json: `node_modules/a` comes from git: `git+ssh://git@git.example.org/a.git#0123`"
        );
        let file =
            "\"node_modules/a\": {\"version\": \"1.0.0\", \"resolved\": \"file:a.tgz\", \"integrity\": \"HASH\"}";
        assert_eq!(message(file), "package-lock.json: `node_modules/a` comes from a file: `file:a.tgz`");
        let other = "\"node_modules/a\": {\"version\": \"1.0.0\", \"resolved\": \"https://x.example.org/a.tgz\", \"integrity\": \"HASH\"}";
        assert!(message(other).contains("does not come from a registry"));
        assert!(message("\"node_modules/a\": {\"version\": \"1.0.0\"}").ends_with("has no `integrity`"));
        let sha1 = "\"node_modules/a\": {\"version\": \"1.0.0\", \"integrity\": \"sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=\"}";
        assert!(message(sha1).contains("is not a SHA-512"));
        assert!(
            message("\"node_modules/a\": {\"link\": true, \"resolved\": \"b\"}").ends_with("is a link to a folder")
        );
        assert!(message("\"packages/b\": {\"version\": \"1.0.0\"}").ends_with("is not below node_modules"));
        let climbing = "\"node_modules/../x\": {\"version\": \"1.0.0\", \"integrity\": \"HASH\"}";
        assert!(message(climbing).contains("whose name npm refuses"), "{}", message(climbing));
        assert!(packages("{").unwrap_err()[0].message.starts_with("package-lock.json is not JSON"));
        assert!(packages("{\"dependencies\": {}}").unwrap_err()[0].message.contains("has no `packages`"));
    }
}
