//! `[js-system-root.NAME]`: a system's own files, from folders beside the matrix.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::packages::{self, Npm};
use crate::diag::{Problem, Wrong, quote};
use crate::families::folder::{self, Files, Rule};
use crate::family::table::{Locked, Meaning, same_digests};
use crate::family::{Entries, Key, Table};
use crate::nix::hash::Sha512;
use crate::reader::{Reader, UserFiles, Value};

/// The root that needs no table.
const REPL: &str = "repl";
/// The script that the system keeps running.
const MAIN: &str = "main.js";
/// The script of a user, in the user's folder.
const USER: &str = "init.js";
/// The user who is there without a folder.
const FIRST: &str = "root";
/// The folder of the scripts that run before the main script.
const BOOT: &str = "init.d/";

const SOURCE: folder::Kind = folder::Kind {
    what: "a folder of a system's files",
    files: "a system's files",
    not_text: "JavaScript and JSON have to be UTF-8: save the file as such",
};

/// Texts that a console can be asked to say.
const MAX_LINES: usize = 100;

/// A system's own files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// As the matrix calls it.
    pub name: String,
    /// Its files. None where it is only a REPL.
    pub files: Files,
    /// The packages in its package-lock.json, by their places beside that.
    pub packages: BTreeMap<String, Npm>,
    /// Users' files, by paths that begin with the user's name.
    pub users: Files,
    /// What the console has to say when it boots.
    pub serial: Vec<String>,
}

/// The table.
pub struct Roots;

static KEYS: [Key; 3] = [
    Key {
        name: "source",
        required: true,
        doc: "Its folder beside the matrix, which becomes /app. main.js there is kept running; the scripts in its folder \
              init.d run once before, in the order of their names. Packages in its package-lock.json become /app/node_modules.",
        schema: || json!({ "type": "string", "pattern": folder::PATTERN }),
    },
    Key {
        name: "users",
        required: false,
        doc: "A folder beside the matrix, which becomes /home. Each folder in it belongs to a user of its name, with whose \
              rights its init.js is kept running.",
        schema: || json!({ "type": "string", "pattern": folder::PATTERN }),
    },
    Key {
        name: "serial",
        required: false,
        doc: "Texts that the console has to say when the system boots, in any order.",
        schema: || json!({ "type": "array", "items": { "type": "string", "minLength": 1 }, "minItems": 1, "maxItems": MAX_LINES, "uniqueItems": true }),
    },
];

impl Table for Roots {
    fn key(&self) -> &'static str {
        "js-system-root"
    }

    fn summary(&self) -> &'static str {
        "Files of systems by the names that `root` lists take."
    }

    fn what(&self) -> &'static str {
        "a root"
    }

    fn used_in(&self) -> &'static str {
        "[js-system] with root"
    }

    fn keys(&self) -> &'static [Key] {
        &KEYS
    }

    fn reserved(&self) -> &'static [&'static str] {
        &["llvm", "gcc", "linux", "quickjs-ng", "nodejs-18", "nodejs-24", "dynamic", "system", "qemu", "disk"]
    }

    fn built_in(&self) -> &'static [&'static str] {
        &[REPL]
    }

    fn built_in_value(&self, name: &str) -> Option<Meaning> {
        (name == REPL).then(|| {
            Arc::new(Root {
                name: name.to_owned(),
                files: Files::default(),
                packages: BTreeMap::new(),
                users: Files::default(),
                serial: Vec::new(),
            }) as Meaning
        })
    }

    fn read(&self, reader: &mut Reader, name: &str, value: &Value<'_>, files: &dyn UserFiles) -> Option<Meaning> {
        read_root(reader, name, value, files).map(|root| Arc::new(root) as Meaning)
    }

    /// A package of one version has one digest, or one of the locks was changed.
    fn compare(&self, reader: &mut Reader, entries: &Entries) {
        fn locked(root: &Root) -> Vec<Locked<'_, Sha512>> {
            root.packages
                .values()
                .map(|it| Locked { name: &it.name, version: &it.version, digest: &it.integrity })
                .collect()
        }
        let hint = "one of the two files was changed by hand: remove its entry and run `npm install`";
        same_digests(reader, (self.key(), entries), locked, ("digests", hint));
    }

    fn missing_hint(&self) -> &'static str {
        "`repl` needs no table; others are tables of the file: [js-system-root.mine] with source = \"mine\", its folder"
    }
}

fn read_root(reader: &mut Reader, name: &str, value: &Value<'_>, files: &dyn UserFiles) -> Option<Root> {
    let place = format!("[js-system-root.{name}]");
    let before = reader.count();
    let table = reader.table(value, &place, &(&Roots as &dyn Table).key_names())?;
    let source = table.get("source");
    if source.is_none() {
        let problem = Problem::at(value.span(), format!("`source` is missing in {place}"));
        reader.missing.push(problem.hint(format!("name the folder beside the matrix: source = \"{name}\"")));
    }
    let mut read = |key: &str, value: &Value<'_>, check: fn(&str, &Files) -> Result<(), Wrong>| {
        let folder = reader.string(value, &format!("`{key}` of {place}"))?;
        let found = own_files(folder, files).and_then(|found| check(folder, &found).map(|()| found));
        match found {
            Ok(found) => Some(found),
            Err(wrong) => {
                reader.report(wrong.at(value.span()));
                None
            }
        }
    };
    let own = source.and_then(|source| read("source", source, has_scripts));
    let users = table.get("users").map(|value| read("users", value, has_users));
    let lock = own.as_ref().and_then(|files| files.texts.get(packages::LOCK));
    let asked = own.as_ref().and_then(|files| files.texts.get(packages::MANIFEST));
    let asked = asked.map_or(Ok(()), |manifest| packages::as_asked(manifest, lock.map(String::as_str)));
    let packages = lock.map_or(Ok(BTreeMap::new()), |lock| packages::packages(lock));
    let (packages, mut wrong) =
        packages.map_or_else(|wrong| (BTreeMap::new(), wrong), |packages| (packages, Vec::new()));
    wrong.extend(asked.err());
    if own.as_ref().is_some_and(|files| files.texts.contains_key(packages::SHRINKWRAP)) {
        let message = format!("npm reads {} in the place of {}", packages::SHRINKWRAP, packages::LOCK);
        wrong.push(Wrong::new(message, format!("name it {}, whose form it has", packages::LOCK)));
    }
    for wrong in wrong {
        reader.report(wrong.at(source.map_or_else(|| value.span(), |source| source.span())));
    }
    let serial = table.get("serial").map(|value| read_serial(reader, value, &place)).unwrap_or_default();
    if reader.count() > before {
        return None;
    }
    Some(Root { name: name.to_owned(), files: own?, packages, users: users.unwrap_or(Some(Files::default()))?, serial })
}

/// The texts that the console has to say.
fn read_serial(reader: &mut Reader, value: &Value<'_>, place: &str) -> Vec<String> {
    let texts = reader.words(value, "serial", |text, span| {
        let plain = !text.trim().is_empty() && text.trim() == text && !text.contains(char::is_control);
        if plain && text.len() <= 200 {
            return Ok(text.to_owned());
        }
        let hint = "a part of one line, of at most 200 bytes, without spaces around it";
        Err(Problem::at(span, format!("{} is not a text of the console", quote(text))).hint(hint))
    });
    if texts.len() > MAX_LINES {
        let problem = Problem::at(value.span(), format!("`serial` of {place} has {} texts", texts.len()));
        reader.report(problem.hint(format!("at most {MAX_LINES} are looked for")));
    }
    texts.into_iter().map(|text| text.value).collect()
}

/// The files below a folder, without installed packages. What the runtime reads as text is text.
fn own_files(folder: &str, files: &dyn UserFiles) -> Result<Files, Wrong> {
    folder::read(folder, files, &SOURCE, |name| {
        let is_text = [".js", ".mjs", ".cjs", ".json"].iter().any(|end| name.ends_with(end));
        let most = if name == packages::LOCK { packages::MAX_LOCK } else { folder::MAX_BYTES };
        let is_installed = name.split('/').any(|part| part == "node_modules");
        (!is_installed).then_some(Rule { most, is_text })
    })
}

/// Whether a file is a script that runs at the start: not one of their modules, nor a text for readers.
fn runs_at_start(path: &str) -> bool {
    let script = |name: &str| !name.contains('/') && [".js", ".mjs", ".cjs"].iter().any(|end| name.ends_with(end));
    path.strip_prefix(BOOT).is_some_and(script)
}

/// A system without a script would do nothing.
fn has_scripts(folder: &str, files: &Files) -> Result<(), Wrong> {
    if files.texts.contains_key(MAIN) || files.texts.keys().any(|path| runs_at_start(path)) {
        return Ok(());
    }
    let hint =
        format!("write {MAIN}, which the system keeps running, or a script in {BOOT}; root = [\"{REPL}\"] needs none");
    Err(Wrong::new(format!("{} has no {MAIN} and no script in {BOOT}", quote(folder)), hint))
}

/// Each user has a script, and each file a user.
fn has_users(folder: &str, files: &Files) -> Result<(), Wrong> {
    let texts = &files.texts;
    for path in texts.keys().chain(files.encoded.keys()) {
        let user = path.split_once('/').map(|(user, _)| user);
        let Some(user) = user else {
            let hint = format!("files are in the folders of users: {folder}/NAME/{USER}");
            return Err(Wrong::new(format!("{} belongs to no user", quote(&format!("{folder}/{path}"))), hint));
        };
        if user == FIRST {
            let hint = "scripts in `source` have the rights of root: move it there, or rename the folder";
            return Err(Wrong::new(format!("{} is not a user's folder", quote(&format!("{folder}/{user}"))), hint));
        }
        if !texts.contains_key(&format!("{user}/{USER}")) {
            let hint = format!("write {USER} there, which the system keeps running with the rights of {user}");
            return Err(Wrong::new(format!("{} has no {USER}", quote(&format!("{folder}/{user}"))), hint));
        }
    }
    let manifest = |path: &str| path.split_once('/').is_some_and(|(_, name)| name == packages::MANIFEST);
    if let Some((path, _)) = texts.iter().find(|(path, text)| manifest(path) && packages::asks_for_any(text)) {
        let hint = "packages are those of `source`: createRequire(\"/app/main.js\") gives a `require` that finds them";
        let message = format!("{} asks for packages, and users have none", quote(&format!("{folder}/{path}")));
        return Err(Wrong::new(message, hint));
    }
    if files.is_empty() {
        let hint = format!("each user has a folder with a script: {folder}/NAME/{USER}");
        return Err(Wrong::new(format!("{} has no users", quote(folder)), hint));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::reader::Beside;

    fn files(files: &[(&str, &str)]) -> Files {
        let texts = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Files { texts, ..Files::default() }
    }

    /// What is read from a folder with these files.
    fn read(files: &[(&str, &[u8])]) -> Result<Files, Wrong> {
        let beside = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let path = beside.path().join("app").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        own_files("app", &Beside(beside.path()))
    }

    #[test]
    fn files_that_are_not_text_are_encoded() {
        // One byte more than a line of 76 characters takes.
        let font = [0xff; 58];
        let found = read(&[
            ("main.js", b"1"),
            ("empty", b""),
            ("nul", b"a\0b"),
            ("a.bin", b"\x80"),
            ("a.bin.base64", b"gA=="),
            ("fonts/a.woff", &font),
            ("node_modules/a.node", b"\x80"),
        ])
        .unwrap();
        let texts = files(&[("main.js", "1"), ("empty", ""), ("nul", "a\0b"), ("a.bin.base64", "gA==")]);
        assert_eq!(found.texts, texts.texts);
        let encoded = [("a.bin", "gA==\n".to_owned()), ("fonts/a.woff", format!("{}\n/w==\n", "/".repeat(76)))];
        assert_eq!(found.encoded, BTreeMap::from(encoded.map(|(path, text)| (path.to_owned(), text))));
        for name in ["main.js", "a.cjs", "package.json", packages::LOCK] {
            let wrong = read(&[(name, b"\x80")]).unwrap_err();
            assert_eq!(wrong.message, format!("`app/{name}` is not UTF-8 text"));
        }
    }

    #[test]
    fn files_have_bounds_and_a_lock_its_own() {
        let (most, lock) = (vec![0; folder::MAX_BYTES + 1], vec![b' '; packages::MAX_LOCK + 1]);
        let all = |file: usize, locked: usize| read(&[("a", &most[..file]), (packages::LOCK, &lock[..locked])]);
        assert_eq!(all(folder::MAX_BYTES, packages::MAX_LOCK).unwrap().texts.len(), 2);
        let wrong = all(folder::MAX_BYTES + 1, 0).unwrap_err();
        assert_eq!(wrong.message, "`app/a` is too large");
        assert_eq!(wrong.hint, "files of at most 8388608 bytes are read, and 8388608 bytes in all");
        let wrong = all(0, packages::MAX_LOCK + 1).unwrap_err();
        assert_eq!(wrong.message, "`app/package-lock.json` is too large");
        assert_eq!(wrong.hint, "at most 16777216 bytes of it are read");
        let wrong = read(&[("a", &most[..folder::MAX_BYTES]), ("b", b"1")]).unwrap_err();
        assert_eq!(wrong.message, "`app/b` is too large");
    }

    #[test]
    fn scripts_that_run_at_the_start() {
        for path in ["init.d/10-a.js", "init.d/10-a.mjs", "init.d/10-a.cjs"] {
            assert!(has_scripts("app", &files(&[(path, "")])).is_ok(), "{path}");
        }
        for path in ["init.d/README", "init.d/lib/a.js", "other.js"] {
            assert!(has_scripts("app", &files(&[(path, "")])).is_err(), "{path}");
        }
    }

    #[test]
    fn users_are_not_root_and_have_no_packages() {
        let of = |more: &[(&str, &str)]| {
            has_users("home", &files(&[&[("ann/init.js", "")][..], more].concat())).map_err(|wrong| wrong.message)
        };
        assert_eq!(
            of(&[("ann/package.json", "{}"), ("ann/a/package.json", "{\"dependencies\": {\"b\": \"1\"}}")]),
            Ok(())
        );
        assert_eq!(
            of(&[("ann/package.json", "{\"dependencies\": {\"b\": \"1\"}}")]).unwrap_err(),
            "`home/ann/package.json` asks for packages, and users have none"
        );
        assert_eq!(of(&[("root/init.js", "")]).unwrap_err(), "`home/root` is not a user's folder");
        let encoded =
            |path: &str| Files { encoded: [(path.to_owned(), String::new())].into(), ..files(&[("ann/init.js", "")]) };
        assert!(has_users("home", &encoded("ann/a.png")).is_ok());
        assert_eq!(has_users("home", &encoded("eva/a.png")).unwrap_err().message, "`home/eva` has no init.js");
    }
}
