//! npm's packages: a `package-lock.json` as far as it says which archives are unpacked where. Pure.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::diag::{Wrong, quote};
use crate::families::folder;
use crate::nix::hash::Sha512;

/// The file beside the main script.
pub const LOCK: &str = "package-lock.json";
/// The same under the name that npm reads first.
pub const SHRINKWRAP: &str = "npm-shrinkwrap.json";
/// The file that says what to install.
pub const MANIFEST: &str = "package.json";
/// The folder in which packages are.
const MODULES: &str = "node_modules/";
/// Bytes of a lock at most. One of a thousand packages has about half a megabyte, and those for development count.
pub const MAX_LOCK: usize = 16 << 20;
/// Packages of one lock at most.
const MAX_PACKAGES: usize = 1000;
/// Bytes of a place at most. Each folder above a place is looked up, which takes the square of its length.
const MAX_PLACE: usize = 1000;

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
    let json: Value = read(lock).map_err(|error| vec![Wrong::new(format!("{LOCK} is not JSON: {error}"), again)])?;
    let Some(entries) = json.get("packages").and_then(Value::as_object) else {
        return Err(vec![Wrong::new(format!("{LOCK} has no `packages`, which lockfileVersion 2 and 3 have"), again)]);
    };
    if let Some(place) = entries.keys().find(|place| place.len() > MAX_PLACE) {
        let message = format!("{LOCK} has a package whose path has {} bytes", place.len());
        return Err(vec![Wrong::new(message, format!("at most {MAX_PLACE}: `npm dedupe` makes paths shorter"))]);
    }
    let installed =
        |place: &str| !place.is_empty() && !is_left_out(entries, place) && !comes_with_another(entries, place);
    let count = entries.keys().filter(|place| installed(place)).count();
    if count > MAX_PACKAGES {
        let hint = format!("at most {MAX_PACKAGES} are unpacked into a system; those for development do not count");
        return Err(vec![Wrong::new(format!("{LOCK} has {count} packages to unpack"), hint)]);
    }
    let (mut packages, mut wrong) = (BTreeMap::new(), Vec::new());
    for (place, entry) in entries.iter().filter(|(place, _)| installed(place)) {
        match package(place, entry) {
            _ if !entry.is_object() => {
                wrong.push(Wrong::new(format!("{LOCK}: {} is not a table", quote(place)), again))
            }
            Ok(package) => packages.extend([(place.clone(), package)]),
            Err(Wrong { message, hint }) => wrong.push(Wrong::new(format!("{LOCK}: {} {message}", quote(place)), hint)),
        }
    }
    let askers = packages.iter().filter(|(_, package)| !package.optional).map(|(place, _)| place.as_str());
    for place in askers.chain([""]) {
        wrong.extend(missing(entries, place));
    }
    if wrong.is_empty() { Ok(packages) } else { Err(wrong) }
}

/// Whether an entry has a word that is true.
fn is(entry: &Value, key: &str) -> bool {
    entry.get(key).and_then(Value::as_bool) == Some(true)
}

/// What npm calls devOptional is needed for development, and optional for everything else.
fn is_optional(entry: &Value) -> bool {
    is(entry, "optional") || is(entry, "devOptional")
}

/// The places of the packages in whose folders a place is, the outermost first.
fn around(place: &str) -> impl Iterator<Item = &str> {
    place.match_indices("/node_modules/").map(|(end, _)| &place[..end])
}

/// Whether a package is not installed, nor is one in whose folder it is.
fn is_left_out(entries: &Map<String, Value>, place: &str) -> bool {
    around(place).chain([place]).filter_map(|place| entries.get(place)).any(|entry| {
        // An optional package for some machines only has a program that was compiled for those.
        let some_machines = ["os", "cpu", "libc"].iter().any(|key| entry.get(key).is_some());
        // npm removes an extraneous one, such as a workspace that is gone.
        is(entry, "dev") || is(entry, "extraneous") || (is_optional(entry) && some_machines)
    })
}

/// Whether a package is in the archive of one in whose folder it is. Those that the project itself would put into its own
/// archive come from the registry, although npm calls them bundled, too.
fn comes_with_another(entries: &Map<String, Value>, place: &str) -> bool {
    let bundles = |entry: &Value| match entry.get("bundleDependencies") {
        Some(Value::Array(names)) => !names.is_empty(),
        other => other == Some(&Value::Bool(true)),
    };
    let outer = || around(place).filter_map(|place| entries.get(place));
    entries.get(place).is_some_and(|entry| is(entry, "inBundle"))
        && outer().any(|entry| !is(entry, "inBundle") || bundles(entry))
}

/// What a package cannot do without and the lock does not install, as after a merge of two locks. Of the project itself, whose
/// place is empty, too.
fn missing(entries: &Map<String, Value>, place: &str) -> Vec<Wrong> {
    let Some(entry) = entries.get(place) else { return Vec::new() };
    let of = |key: &str| entry.get(key).and_then(Value::as_object);
    let optional = |name: &str| of("optionalDependencies").is_some_and(|names| names.contains_key(name));
    let asker = if place.is_empty() { MANIFEST.to_owned() } else { quote(place).to_string() };
    let names = of("dependencies").into_iter().flat_map(Map::keys).filter(|name| !optional(name));
    names
        .filter_map(|name| {
            // The nearest one above counts.
            let outer = around(place).chain([place].into_iter().filter(|place| !place.is_empty()));
            let mut places: Vec<_> = outer.map(|outer| format!("{outer}/{MODULES}{name}")).collect();
            places.insert(0, format!("{MODULES}{name}"));
            match places.iter().rev().find(|place| entries.contains_key(*place)) {
                Some(found) if !is_left_out(entries, found) => None,
                Some(found) if is(&entries[found], "dev") => Some(Wrong::new(format!("{LOCK}: {asker} asks for {}, which it has for development only", quote(name)), format!("npm does so if `devDependencies` of {MANIFEST} has it, too: remove it there and run `npm install`"))),
                _ => Some(Wrong::new(format!("{LOCK}: {asker} asks for {}, which it does not install", quote(name)), "`npm install --package-lock-only` adds what is missing")),
            }
        })
        .collect()
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
    let Ok(lock) = read(lock) else { return Ok(()) };
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

/// Whether a `package.json` asks for packages.
pub fn asks_for_any(manifest: &str) -> bool {
    asked(manifest).is_ok_and(|asked| !asked.is_empty())
}

fn asked(manifest: &str) -> Result<BTreeMap<String, String>, serde_json::Error> {
    Ok(dependencies(&read(manifest)?))
}

/// The value of a file. npm, too, passes over a byte order mark.
fn read(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text.trim_start_matches('\u{feff}'))
}

/// What a package asks for where it runs, by the words for versions. What is in several tables is in the last one for npm.
fn dependencies(package: &Value) -> BTreeMap<String, String> {
    let of = |key: &str| package.get(key).and_then(Value::as_object).into_iter().flatten();
    // npm installs the project's peers, too, except those that may be absent.
    let peers =
        of("peerDependencies").filter(|(name, _)| !is(&package["peerDependenciesMeta"][name.as_str()], "optional"));
    let all = peers.chain(of("dependencies")).chain(of("optionalDependencies"));
    all.map(|(name, version)| (name.clone(), version.as_str().unwrap_or_default().to_owned())).collect()
}

/// Whether a list of an entry, such as `os`, is one for a machine, as npm reads it.
fn is_for(list: &Value, machine: &str) -> bool {
    let words: Vec<&str> = match list {
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    };
    let refused = words.iter().filter_map(|word| word.strip_prefix('!'));
    words == ["any"]
        || words.contains(&machine)
        || (refused.clone().count() == words.len() && !refused.clone().any(|word| word == machine))
}

/// The package of an entry that is installed.
fn package(place: &str, entry: &Value) -> Result<Npm, Wrong> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str);
    let Some(own) = place.rsplit_once(MODULES).map(|(_, name)| name).filter(|_| place.starts_with(MODULES)) else {
        let hint = "packages of a workspace and folders beside it are not unpacked: publish them, or copy their files to `source`";
        return Err(Wrong::new("is not below node_modules", hint));
    };
    if is(entry, "link") {
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
    // npm refuses them, too.
    for (key, machine) in [("os", "linux"), ("libc", "musl")] {
        if let Some(list) = entry.get(key).filter(|list| !is_for(list, machine)) {
            let hint = format!("systems are of {key} {machine}: do without it, or make it optional");
            return Err(Wrong::new(format!("is only for {key} {}", quote(&list.to_string())), hint));
        }
    }
    if let Some(resolved) = text("resolved").filter(|url| !is_of_registry(url, name, version)) {
        let (kind, hint) = match resolved.split_once(':').map(|(scheme, _)| scheme) {
            Some(scheme) if scheme.starts_with("git") => ("comes from git", None),
            Some("file") => ("comes from a file", None),
            // Such as GitHub's registry.
            _ => (
                "is not where registries have it",
                Some("npm writes no addresses with `omit-lockfile-registry-resolved=true` in its `.npmrc`"),
            ),
        };
        let hint =
            hint.unwrap_or("a system takes packages of a registry, by their digests: depend on a published version");
        return Err(Wrong::new(format!("{kind}: {}", quote(resolved)), hint));
    }
    let Some(integrity) = text("integrity") else {
        let hint = "npm writes one for each package of a registry: remove the entry and run `npm install`";
        return Err(Wrong::new("has no `integrity`", hint));
    };
    // Nobody has given a meaning to what follows a question mark.
    let digests = integrity.split_whitespace().map(|word| word.split_once('?').map_or(word, |(digest, _)| digest));
    let known = digests.into_iter().find_map(|word| word.parse::<Sha512>().ok());
    let Some(integrity) = known else {
        let hint = "the entry was changed by hand, or is one of an old registry: remove it and run `npm install`";
        return Err(Wrong::new(format!("has the integrity {}, which is not a SHA-512", quote(integrity)), hint));
    };
    Ok(Npm { name: name.to_owned(), version: version.to_owned(), integrity, optional: is_optional(entry) })
}

/// Whether an address ends as those of registries do. Some write a slash in a name by its number, and some the scope twice.
fn is_of_registry(url: &str, name: &str, version: &str) -> bool {
    let url = url.replace("%2f", "/").replace("%2F", "/").replace("%40", "@");
    let base = name.rsplit('/').next().unwrap_or(name);
    [base, name].iter().any(|file| url.ends_with(&format!("/{name}/-/{file}-{version}.tgz")))
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
        assert!(message(other).contains("is not where registries have it"));
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
    #[test]
    fn bundles_of_the_project_come_from_the_registry() {
        let found = packages(&lock(
            "\"node_modules/a\": {\"version\": \"1.0.0\", \"inBundle\": true, \"integrity\": \"HASH\", \"bundleDependencies\": [\"c\"]},
             \"node_modules/a/node_modules/c\": {\"version\": \"1.0.0\", \"inBundle\": true},
             \"node_modules/d\": {\"version\": \"1.0.0\", \"inBundle\": true, \"integrity\": \"HASH\"},
             \"node_modules/d/node_modules/e\": {\"version\": \"1.0.0\", \"inBundle\": true, \"integrity\": \"HASH\"}",
        ))
        .unwrap();
        assert_eq!(
            found.keys().collect::<Vec<_>>(),
            ["node_modules/a", "node_modules/d", "node_modules/d/node_modules/e"]
        );
    }

    #[test]
    fn what_is_in_a_package_that_is_left_out_is_left_out() {
        let found = packages(&lock(
            "\"node_modules/a\": {\"version\": \"1.0.0\", \"optional\": true, \"cpu\": [\"x64\"]},
             \"node_modules/a/node_modules/b\": {\"version\": \"1.0.0\", \"optional\": true, \"integrity\": \"HASH\"},
             \"packages/old\": {\"version\": \"1.0.0\", \"extraneous\": true},
             \"node_modules/c\": {\"version\": \"1.0.0\", \"extraneous\": true, \"integrity\": \"HASH\"}",
        ))
        .unwrap();
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn packages_that_others_need_are_there() {
        let root = |entries: &str| {
            packages(
                &format!("{{\"packages\": {{\"\": {{\"dependencies\": {{\"a\": \"1\"}}}}, {entries}}}}}")
                    .replace("HASH", HASH),
            )
            .map(|found| found.len())
            .map_err(|wrong| wrong.into_iter().map(|wrong| wrong.message).collect::<Vec<_>>())
        };
        let a = "\"node_modules/a\": {\"version\": \"1.0.0\", \"integrity\": \"HASH\", \"dependencies\": {\"b\": \"1\", \"c\": \"1\"},
            \"optionalDependencies\": {\"c\": \"1\"}}";
        let b = "{\"version\": \"1.0.0\", \"integrity\": \"HASH\"}";
        assert_eq!(root(&format!("{a}, \"node_modules/b\": {b}")), Ok(2));
        assert_eq!(root(&format!("{a}, \"node_modules/a/node_modules/b\": {b}")), Ok(2));
        assert_eq!(
            root(&format!("{a}, \"node_modules/x\": {b}, \"node_modules/x/node_modules/b\": {b}")),
            Err(vec!["package-lock.json: `node_modules/a` asks for `b`, which it does not install".to_owned()])
        );
        assert_eq!(
            root("\"node_modules/a\": {\"version\": \"1.0.0\", \"dev\": true}"),
            Err(vec!["package-lock.json: package.json asks for `a`, which it has for development only".to_owned()])
        );
        // npm leaves out an optional one that lacks something.
        let optional = "\"node_modules/d\": {\"version\": \"1.0.0\", \"integrity\": \"HASH\", \"optional\": true, \"dependencies\": {\"e\": \"1\"}}";
        assert_eq!(root(&format!("\"node_modules/a\": {b}, {optional}")), Ok(2));
    }

    #[test]
    fn only_packages_that_are_unpacked_count() {
        let many = |count: usize, more: &str| {
            let entry = |number| {
                format!("\"node_modules/p{number}\": {{\"version\": \"1.0.0\", \"integrity\": \"HASH\"{more}}}")
            };
            packages(&lock(&(0..count).map(entry).collect::<Vec<_>>().join(", "))).map(|found| found.len())
        };
        assert_eq!(many(MAX_PACKAGES, ""), Ok(MAX_PACKAGES));
        assert_eq!(many(MAX_PACKAGES + 1, ", \"dev\": true"), Ok(0));
        assert_eq!(many(MAX_PACKAGES + 1, "").unwrap_err()[0].message, "package-lock.json has 1001 packages to unpack");
    }

    #[test]
    fn a_lock_with_a_long_path_takes_no_time() {
        let place = "node_modules/a/".repeat(MAX_LOCK / 15);
        let wrong = packages(&lock(&format!("\"{place}\": {{}}"))).unwrap_err();
        assert_eq!(wrong[0].message, "package-lock.json has a package whose path has 16777215 bytes");
    }

    #[test]
    fn machines_are_told_apart_as_npm_does() {
        for (list, expected) in [
            ("[\"linux\"]", true),
            ("[\"darwin\", \"linux\"]", true),
            ("\"linux\"", true),
            ("[\"any\"]", true),
            ("[]", true),
            ("[\"!win32\"]", true),
            ("[\"!linux\"]", false),
            ("[\"darwin\"]", false),
            ("[\"!win32\", \"darwin\"]", false),
        ] {
            assert_eq!(is_for(&serde_json::from_str(list).unwrap(), "linux"), expected, "{list}");
        }
        let other = "\"node_modules/a\": {\"version\": \"1.0.0\", \"integrity\": \"HASH\", \"os\": [\"darwin\"]}";
        assert_eq!(message(other), "package-lock.json: `node_modules/a` is only for os `[\"darwin\"]`");
    }

    #[test]
    fn addresses_of_registries() {
        let scoped = |url: &str| is_of_registry(url, "@s/b", "1.0.0");
        assert!(scoped("https://r.example.org/npm/@s/b/-/b-1.0.0.tgz"));
        assert!(scoped("http://localhost:4873/@s%2fb/-/b-1.0.0.tgz"));
        assert!(scoped("https://r.example.org/api/npm/%40s%2Fb/-/@s/b-1.0.0.tgz"));
        assert!(!scoped("https://r.example.org/download/@s/b/1.0.0/0123"));
        assert!(!scoped("https://r.example.org/c/-/b-1.0.0.tgz"));
    }

    #[test]
    fn peers_of_the_project_and_marks_of_byte_order_are_read() {
        let manifest = "{\"peerDependencies\": {\"a\": \"1\", \"b\": \"1\"}, \"peerDependenciesMeta\": {\"b\": {\"optional\": true}}}";
        assert_eq!(
            as_asked(manifest, Some("{\"packages\": {\"\": {}}}")).unwrap_err().message,
            "package-lock.json does not match package.json: it has none of `a`, and not `1`"
        );
        let marked =
            format!("\u{feff}{}", lock("\"node_modules/a\": {\"version\": \"1.0.0\", \"integrity\": \"HASH?x\"}"));
        assert_eq!(packages(&marked).unwrap().len(), 1);
    }
}
