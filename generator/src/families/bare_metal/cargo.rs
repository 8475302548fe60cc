//! A cargo workspace as far as it has to be known before it is built: its lock, its packages, and the compiler that it
//! asks for. Pure.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::git::{Revision, Taken};
use super::rust::{Crate, RustVersion};
use crate::diag::{Wrong, clip, nearest, quote};
use crate::nix::hash::Sha256;
use crate::word::Word;

/// Crates of one lock at most.
const MAX_CRATES: usize = 1000;
/// cargo's default registry, as it stands in a lock wherever crates are downloaded from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// A package of the workspace.
#[derive(Debug)]
pub struct Package {
    version: String,
    /// Its folder in the workspace: nothing, or a path that ends in `/`.
    pub folder: String,
    /// Its features, and its optional dependencies.
    pub features: BTreeSet<String>,
    /// Packages whose features can be asked for with its own, by the names that it gives them.
    pub dependencies: BTreeSet<String>,
    pub programs: BTreeSet<String>,
}

/// The packages below a folder, by their names.
pub fn packages(files: &BTreeMap<String, String>) -> Result<BTreeMap<String, Package>, Vec<Wrong>> {
    let root = files.get("Cargo.toml").and_then(|text| text.parse::<Table>().ok()).unwrap_or_default();
    let (mut packages, mut wrong) = (BTreeMap::new(), Vec::new());
    for (path, text) in files {
        let Some(folder) = path.strip_suffix("Cargo.toml").filter(|it| it.is_empty() || it.ends_with('/')) else {
            continue;
        };
        let manifest = match text.parse::<Table>() {
            Ok(manifest) => manifest,
            Err(error) => {
                let message = format!("{} is not TOML: {}", quote(path), clip(&error.message()));
                wrong.push(Wrong::new(message, format!("`cargo metadata` in {} says where", quote(folder))));
                continue;
            }
        };
        let Some(package) = manifest.get("package").and_then(Value::as_table) else { continue };
        let Some(name) = package.get("name").and_then(Value::as_str) else { continue };
        let inherited = || root.get("workspace")?.get("package")?.get("version")?.as_str();
        let version = package.get("version").map_or(Some("0.0.0"), |it| it.as_str().or_else(inherited));
        let known = Package {
            version: version.unwrap_or_default().to_owned(),
            folder: folder.to_owned(),
            features: features(&manifest),
            dependencies: dependencies(&manifest).map(|(name, _)| name.clone()).collect(),
            programs: programs(&manifest, name, folder, files),
        };
        if packages.insert(name.to_owned(), known).is_some() {
            let message = format!("two packages below the workspace have the name {}", quote(name));
            wrong.push(Wrong::new(message, "cargo locks them as one: rename one of them"));
        }
    }
    if wrong.is_empty() { Ok(packages) } else { Err(wrong) }
}

/// What `--features` takes.
fn features(manifest: &Table) -> BTreeSet<String> {
    let own = manifest.get("features").and_then(Value::as_table).into_iter().flat_map(Table::keys);
    let is_optional = |it: &Value| it.get("optional").and_then(Value::as_bool) == Some(true);
    let optional = dependencies(manifest).filter(|(_, it)| is_optional(it)).map(|(name, _)| name);
    own.chain(optional).cloned().collect()
}

/// The dependencies of a package, for whichever target.
fn dependencies(manifest: &Table) -> impl Iterator<Item = (&String, &Value)> {
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let tables = [manifest.get("dependencies")].into_iter().chain(targets.map(|target| target.get("dependencies")));
    tables.flatten().filter_map(Value::as_table).flatten()
}

/// The programs of a package, as cargo finds them.
fn programs(manifest: &Table, package: &str, folder: &str, files: &BTreeMap<String, String>) -> BTreeSet<String> {
    let listed = manifest.get("bin").and_then(Value::as_array).into_iter().flatten();
    let mut programs: BTreeSet<String> =
        listed.filter_map(|bin| bin.get("name")?.as_str()).map(str::to_owned).collect();
    let found = manifest.get("package").and_then(|package| package.get("autobins")).and_then(Value::as_bool);
    if found == Some(false) {
        return programs;
    }
    // A path that is listed has its program's name there.
    let paths: BTreeSet<String> = manifest
        .get("bin")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|bin| Some(format!("{folder}{}", bin.get("path")?.as_str()?)))
        .collect();
    let main = format!("{folder}src/main.rs");
    if files.contains_key(&main) && !paths.contains(&main) {
        programs.insert(package.to_owned());
    }
    let below = format!("{folder}src/bin/");
    for path in files.keys().filter(|path| !paths.contains(*path)) {
        let Some(rest) = path.strip_prefix(&below) else { continue };
        let name = rest.strip_suffix("/main.rs").or_else(|| rest.strip_suffix(".rs"));
        programs.extend(name.filter(|name| !name.contains('/')).map(str::to_owned));
    }
    programs
}

/// The profiles that `--profile` takes.
pub fn profiles(files: &BTreeMap<String, String>) -> BTreeSet<String> {
    let root = files.get("Cargo.toml").and_then(|text| text.parse::<Table>().ok()).unwrap_or_default();
    let own = root.get("profile").and_then(Value::as_table).into_iter().flat_map(Table::keys).cloned();
    ["dev", "release"].map(str::to_owned).into_iter().chain(own).collect()
}

/// What a workspace's `Cargo.lock` names.
#[derive(Debug, Default)]
pub struct Locked {
    /// The workspace's own packages.
    pub own: BTreeSet<String>,
    /// Crates of the registry.
    pub crates: BTreeSet<Crate>,
    pub git: BTreeMap<Revision, Taken>,
}

pub fn locked(text: Option<&String>, packages: &BTreeMap<String, Package>, folder: &str) -> Result<Locked, Vec<Wrong>> {
    let path = format!("{folder}/Cargo.lock");
    let renew = format!("run `cargo generate-lockfile` in {}", quote(folder));
    let Some(text) = text else {
        let hint = format!("{renew}, and keep the file in git: it says which crates are built");
        return Err(vec![Wrong::new(format!("there is no {}", quote(&path)), hint)]);
    };
    let lock: Table = match text.parse::<Table>() {
        Ok(lock) => lock,
        Err(error) => {
            return Err(vec![Wrong::new(format!("{} is not a lock: {}", quote(&path), clip(&error.message())), renew)]);
        }
    };
    let entries = lock.get("package").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if entries.len() > MAX_CRATES {
        let message = format!("{} names {} crates", quote(&path), entries.len());
        return Err(vec![Wrong::new(message, format!("at most {MAX_CRATES} are read"))]);
    }
    let (mut locked, mut wrong, mut others) = (Locked::default(), Vec::new(), BTreeSet::new());
    for entry in entries {
        let field = |key: &str| entry.get(key).and_then(Value::as_str);
        let (Some(name), Some(version)) = (field("name"), field("version")) else {
            wrong.push(Wrong::new(format!("{} has a package without a name or version", quote(&path)), renew.clone()));
            continue;
        };
        let shown = quote(&format!("{name} {version}"));
        let Some(source) = field("source") else {
            // A package of the workspace: one elsewhere would not be among the files that are built from.
            if packages.get(name).is_none_or(|package| package.version != version) {
                let message = format!("{} names {shown}, which is not below {}", quote(&path), quote(folder));
                let hint =
                    "`source` is the folder that holds every package by path: name the one above, or renew the lock";
                wrong.push(Wrong::new(message, hint));
            }
            locked.own.insert(name.to_owned());
            continue;
        };
        if !is_name(name) || !is_version(version) {
            wrong.push(Wrong::new(
                format!("{} names {shown}, which no crate can be called", quote(&path)),
                renew.clone(),
            ));
            continue;
        }
        if let Some(git) = source.strip_prefix("git+") {
            match Revision::parse(git) {
                Some((revision, reference)) => locked.git.entry(revision).or_default().add(reference, name, version),
                None => {
                    let message =
                        format!("{} takes {shown} from git, and {} is not a commit there", quote(&path), quote(git));
                    wrong.push(Wrong::new(message, format!("a lock has an address, `#` and 40 digits there: {renew}")));
                }
            }
            continue;
        }
        if source != REGISTRY {
            // Once, whatever a lock takes from there.
            if others.insert(source) {
                let message = format!("{} takes {shown} from {}", quote(&path), quote(source));
                let hint =
                    "crossloom has crates of cargo's default registry alone: take the package by path or from git";
                wrong.push(Wrong::new(message, hint));
            }
            continue;
        }
        match field("checksum").map(str::parse::<Sha256>) {
            Some(Ok(sha256)) => {
                locked.crates.insert(Crate { name: name.to_owned(), version: version.to_owned(), sha256 });
            }
            Some(Err(_)) => {
                wrong.push(Wrong::new(
                    format!("{}: the checksum of {shown} is not a SHA-256", quote(&path)),
                    renew.clone(),
                ));
            }
            None => {
                let message = format!("{}: {shown} has no checksum", quote(&path));
                wrong.push(Wrong::new(message, format!("{renew}; cargo before 1.41 wrote locks in another form")));
            }
        }
    }
    if wrong.is_empty() { Ok(locked) } else { Err(wrong) }
}

/// A crate's name: it goes into names of files and into Nix.
fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn is_version(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-".contains(&byte))
}

/// The pinned compiler that a workspace's `rust-toolchain.toml` asks for, if there is such a file; or what is wrong with it.
pub fn toolchain(files: &BTreeMap<String, String>) -> Result<Option<RustVersion>, Wrong> {
    let found = ["rust-toolchain.toml", "rust-toolchain"].into_iter().find_map(|path| {
        let text = files.get(path)?;
        let channel = match text.parse::<Table>() {
            Ok(table) => table.get("toolchain")?.get("channel")?.as_str()?.to_owned(),
            // The older form is the channel alone.
            Err(_) => text.trim().to_owned(),
        };
        Some((path, channel))
    });
    let Some((path, channel)) = found else { return Ok(None) };
    if let Some(version) = RustVersion::ALL.iter().find(|version| version.is_channel(&channel)) {
        return Ok(Some(*version));
    }
    let message = format!("{} asks for the compiler {}", quote(path), quote(&channel));
    let known = RustVersion::WORDS.join(", ");
    let hint = format!(
        "crossloom has Rust {known}, and lets it use unstable features: `ignore-toolchain-file = true` takes it all the same"
    );
    Err(Wrong::new(message, hint))
}

/// The problem of a name that is not among those that a workspace has.
pub fn not_one_of<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a String>) -> Wrong {
    let known: Vec<&str> = known.into_iter().map(String::as_str).collect();
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean {}?", quote(near)),
        None if known.is_empty() => "there is none".to_owned(),
        None => format!("known: {}", known.join(", ")),
    };
    Wrong::new(format!("there is no {what} {}", quote(name)), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECKSUM: &str = "baf1de4339761588bc0619e3cbc0120ee582ebb74b53b4efbf79117bd2da40fd";

    fn files<const N: usize>(files: [(&str, &str); N]) -> BTreeMap<String, String> {
        files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
    }

    fn messages(lock: &str) -> Vec<String> {
        let workspace = files([("Cargo.toml", "[package]\nname = \"own\"\nversion = \"1.0.0\"\n")]);
        let packages = packages(&workspace).unwrap();
        match locked(Some(&lock.to_owned()), &packages, "it") {
            Ok(_) => Vec::new(),
            Err(wrong) => wrong.into_iter().map(|wrong| wrong.message).collect(),
        }
    }

    #[test]
    fn packages_have_features_and_programs() {
        let files = files([
            ("Cargo.toml", "[workspace.package]\nversion = \"2.0.0\"\n[profile.small]\n"),
            (
                "a/Cargo.toml",
                "[package]\nname = \"a\"\nversion.workspace = true\n[features]\nx = []\n\
                 [target.'cfg(unix)'.dependencies]\ny = { version = \"1\", optional = true }\nz = \"1\"\n",
            ),
            ("a/src/main.rs", ""),
            ("a/src/bin/one.rs", ""),
            ("a/src/bin/two/main.rs", ""),
            ("a/src/bin/two/more.rs", ""),
            ("b/Cargo.toml", "[package]\nname = \"b\"\n[[bin]]\nname = \"named\"\npath = \"src/main.rs\"\n"),
            ("b/src/main.rs", ""),
            ("b/NoCargo.toml", "("),
        ]);
        let packages = packages(&files).unwrap();
        let a = &packages["a"];
        assert_eq!(a.version, "2.0.0");
        assert_eq!(a.features.iter().collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(a.programs.iter().collect::<Vec<_>>(), ["a", "one", "two"]);
        assert_eq!(packages["b"].programs.iter().collect::<Vec<_>>(), ["named"]);
        assert_eq!(profiles(&files).into_iter().collect::<Vec<_>>(), ["dev", "release", "small"]);
    }

    #[test]
    fn broken_manifests_are_reported() {
        let same = "[package]\nname = \"a\"\n";
        let wrong =
            packages(&files([("Cargo.toml", "("), ("a/Cargo.toml", same), ("b/Cargo.toml", same)])).unwrap_err();
        assert_eq!(wrong.len(), 2, "{wrong:?}");
    }

    #[test]
    fn locks() {
        let entry = |more: &str| format!("version = 4\n[[package]]\nname = \"cfg-if\"\nversion = \"1.0.0\"\n{more}");
        let registry = &format!("source = \"{REGISTRY}\"\n");
        assert!(messages(&entry(&format!("{registry}checksum = \"{CHECKSUM}\"\n"))).is_empty());
        assert!(messages("[[package]]\nname = \"own\"\nversion = \"1.0.0\"\n").is_empty());
        for (lock, message) in [
            (entry(registry), "has no checksum"),
            (entry(&format!("{registry}checksum = \"1234\"\n")), "is not a SHA-256"),
            (entry("source = \"git+https://git.example.org/x?rev=1#2\"\n"), "is not a commit there"),
            (entry("source = \"sparse+https://index.example.org/\"\n"), "from `sparse+"),
            (
                entry(&format!("source = \"registry+https://index.example.org/\"\nchecksum = \"{CHECKSUM}\"\n")),
                "takes `cfg-if 1.0.0` from `registry+https://index.example.org/`",
            ),
            (entry(""), "is not below"),
            ("[[package]]\nname = \"own\"\nversion = \"1.0.1\"\n".to_owned(), "is not below"),
            ("[[package]]\nname = \"own\"\n".to_owned(), "without a name or version"),
            ("(".to_owned(), "is not a lock"),
            (entry(registry).replace("cfg-if", "cfg if"), "no crate can be called"),
        ] {
            let messages = messages(&lock);
            assert!(messages.len() == 1 && messages[0].contains(message), "{lock}: {messages:?}");
        }
        assert!(locked(None, &BTreeMap::new(), "it").unwrap_err()[0].message.contains("there is no"));
    }

    #[test]
    fn toolchain_files() {
        let of = |path: &str, text: &str| toolchain(&files([(path, text)])).map_err(|wrong| wrong.message);
        assert_eq!(of("rust-toolchain.toml", "[toolchain]\nchannel = \"1.85\"\n"), Ok(Some(RustVersion::V1_85_0)));
        assert_eq!(of("rust-toolchain.toml", "[toolchain]\ncomponents = []\n"), Ok(None));
        assert_eq!(of("rust-toolchain", "1.97\n"), Ok(Some(RustVersion::V1_97_1)));
        let nightly = of("rust-toolchain.toml", "[toolchain]\nchannel = \"nightly-2025-06-24\"\n").unwrap_err();
        assert_eq!(nightly, "`rust-toolchain.toml` asks for the compiler `nightly-2025-06-24`");
        assert!(of("rust-toolchain", "nightly").is_err());
    }
}
