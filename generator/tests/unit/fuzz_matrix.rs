//! Mutated matrix files: never a panic, never a hang, and always either a sound matrix or something to say.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::Path;

use super::mutate;
use crate::diag::{self, Wrong};
use crate::families;
use crate::families::musl_gcc::MuslGcc;
use crate::families::valgrind_darwin::{Mig, ValgrindDarwin};
use crate::matrix::Matrix;
use crate::nix::hash::Sha256;
use crate::platform::System;
use crate::reader::UserFiles;

/// Nearly every case is a whole matrix, which takes longer than most inputs do.
const MATRICES: u64 = 1500;
/// Few of them have few cells, and are rendered.
const RENDERED: u64 = 3000;

/// Words of the file's syntax and of what is common to all families.
const TOKENS: &[&str] = &[
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "{}",
    "[]",
    "=",
    ",",
    ".",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "#",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\\u0000",
    "\\",
    "\u{feff}",
    "é",
    "\0",
    "true",
    "1",
    "-1",
    "1e999",
    "0x1",
    "nan",
    "1979-05-27",
    "1979-05-27T07:32:00Z",
    "\"\"",
    "\"c\"",
    "\"c++\"",
    "crossloom = 1\n",
    "[build]\n",
    "[sources]\n",
    "[musl-gcc]\n",
    "[[musl-gcc.override]]\n",
    "[darwin]\n",
    "[valgrind-darwin]\n",
    "[sdk.mine]\n",
    "[linux]\n",
    "[kernel-config.mine]\n",
    "[kernel-config]\n",
    "base",
    "file",
    "fragments",
    "compiler",
    "config",
    "linux",
    "\"arm64\"",
    "\"x86_64\"",
    "\"boot\"",
    "\"defconfig\"",
    "\"gcc\"",
    "\"mine.config\"",
    "\"../mine.config\"",
    "[linux-module.greeting]\nsource = \"greeting\"\n",
    "[linux-module]\n",
    "modules = [\"greeting\"]\n",
    "modules",
    "source",
    "\"greeting\"",
    "\"missing\"",
    "[sdk]\n",
    "systems",
    "seed",
    "prefer",
    "targets",
    "target",
    "sdk",
    "kind",
    "version",
    "hash",
    "accept-license",
    "flavour",
    "mig",
    "valgrind",
    "gcc",
    "musl",
    "binutils",
    "linux-headers",
    "languages",
    "exclude",
    "include",
    "override",
    "match",
    "system",
    "gcc-flags",
    "musl-flags",
    "\"x86_64-linux\"",
    "\"aarch64-darwin\"",
    "\"x86_64-linux-musl\"",
    "\"i686-linux-musl\"",
    "\"sh4eb-linux-musl\"",
    "\"x86_64-apple-darwin22\"",
    "\"x86_64-apple-darwin17\"",
    "\"arm64-apple-darwin25\"",
    "\"zig\"",
    "\"mine\"",
    "\"apple\"",
    "\"open\"",
    "\"file\"",
    "\"xnu\"",
    "\"llvm\"",
    "\"osxcross\"",
    "\"builtin\"",
    "\"bootstrap-cmds\"",
    "\"3.27.1\"",
    "\"3.26.0\"",
    "\"sha256-xBoCckJPQbsBv4KOf/7xstWdF4gGT9a18dlxcX6TILg=\"",
    "false",
    "\"14.2.0\"",
    "\"14\"",
    "\"latest\"",
    "[cache]\nsubstituters = [\"https://c\"]\ntrusted-public-keys = [\"a:nfelHjkL535RHu5go5OydHXrCeVrvmhw2odqnn59L1Q=\"]\n",
    "\"15.3.0\"",
    "\"1.2.5\"",
    "\"1.2.6\"",
    "\"2.44\"",
    "\"6.1.176\"",
    "{ target = \"i686-linux-musl\" }",
    "exclude = [{}]\n",
    "include = [{}]\n",
    "a.b.c = 1\n",
];

/// Those words, and all that families describe: keys, targets, and what can stand on axes and in settings.
fn dictionary() -> Vec<String> {
    let mut words: Vec<String> = TOKENS.iter().map(|token| (*token).to_owned()).collect();
    let quoted = |word: &str| format!("\"{word}\"");
    for family in families::ALL {
        let about = family.about();
        words.extend([about.key.to_owned(), format!("[{}]", about.key), format!("[[{}.override]]", about.key)]);
        words.extend(family.keys().into_iter().chain(family.override_keys()).map(str::to_owned));
        words.extend(family.targets().into_iter().take(8).map(quoted));
        words.extend(family.axes().iter().flat_map(|axis| axis.known()).map(quoted));
        for table in family.tables() {
            words.push(format!("[{}.x]", table.key()));
            words.extend(table.key_names().into_iter().map(str::to_owned));
        }
    }
    words.extend(["[source.x]", "\"a.tar.gz\"", "\"a.patch\"", "\"1.2.5-mine\"", "targets"].map(str::to_owned));
    words.extend(["package", "version", "release", "url", "file", "git", "rev", "hash", "patches"].map(str::to_owned));
    words.sort_unstable();
    words.dedup();
    words
}

/// The name of every cell, and what builds it.
fn cells(matrix: &Matrix) -> Vec<(&str, &[System])> {
    matrix.cells.iter().flat_map(|cells| cells.names()).collect()
}

/// Every file but one kind is there, and holds a setting.
struct Files;

impl UserFiles for Files {
    fn read_most(&self, path: &str, _: usize) -> Result<Vec<u8>, Wrong> {
        match path.contains("missing") {
            true => Err(Wrong::new("no such file", "write one")),
            false if path.ends_with(".patch") => Ok(b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n".to_vec()),
            false if path.ends_with("Kbuild") => Ok(b"obj-m := a.o\n".to_vec()),
            false => Ok(format!("# {path}\nCONFIG_A=y\n").into_bytes()),
        }
    }

    fn optional(&self, path: &str) -> Result<Option<Vec<u8>>, Wrong> {
        Ok(self.read(path).ok())
    }

    fn digest(&self, path: &str) -> Result<(Sha256, u64), Wrong> {
        self.read(path).map(|bytes| (Sha256::of(&bytes), bytes.len() as u64))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, Wrong> {
        self.read(folder).map(|_| vec!["Kbuild".to_owned(), "a.c".to_owned()])
    }
}

fn check(text: &str) -> bool {
    match Matrix::parse_with(text, &Files) {
        Ok(matrix) => {
            let mut names = BTreeSet::new();
            for (name, systems) in cells(&matrix) {
                assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'));
                assert!(!systems.is_empty());
                assert!(names.insert(name), "{name} stands twice");
                // The package that a Valgrind brings beside itself must not be another's.
                assert!(!name.ends_with("-tarball"), "{name}");
            }
            assert!(!names.is_empty() && !matrix.systems.is_empty() && !matrix.prefer.is_empty());
            assert_eq!(names.len(), matrix.count());
            for cell in super::project::cells::<MuslGcc>(&matrix) {
                let flags = &cell.spec.flags;
                let flags = [&flags.gcc, &flags.binutils, &flags.musl, &flags.libstdcxx];
                assert!(
                    flags.into_iter().flatten().all(|flag| flag.starts_with('-') && !flag.contains(char::is_control))
                );
            }
            for cell in super::project::cells::<ValgrindDarwin>(&matrix) {
                assert!(cell.spec.mig == Mig::Builtin || cell.spec.sdk.has_defs());
                let said = cell.spec.valgrind.own().and_then(|own| own.targets.as_ref());
                let said = said.is_some_and(|targets| targets.contains(&cell.target.triple()));
                assert!(said || cell.target.valgrind_since().is_some());
            }
            assert_eq!(Matrix::parse_with(text, &Files), Ok(matrix), "the same text means the same");
            true
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            for problem in &problems {
                assert!(problem.span.as_ref().is_none_or(|span| span.start <= text.len()), "{problem:?}");
                assert!(problem.hint.is_some(), "{problem:?}");
            }
            let plain = diag::render("matrix.toml", text, &problems, false);
            assert!(plain.matches("error: ").count() >= problems.len().min(100));
            assert!(plain.chars().all(|c| c == '\n' || !c.is_control()));
            assert!(!diag::render("matrix.toml", text, &problems, true).is_empty());
            false
        }
    }
}

#[test]
fn mutated_matrix_files() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/matrix");
    // There are more bad files than good ones, and an edit seldom mends one.
    let (ok, err) = (data.join("ok"), data.join("err"));
    let corpus = mutate::corpus(&[&ok, &ok, &ok, &ok, &ok, &ok, &err], "toml");
    let dictionary = dictionary();
    let tokens: Vec<&str> = dictionary.iter().map(String::as_str).collect();
    assert!(tokens.len() > 150, "{}", tokens.len());
    mutate::run_texts("matrix.toml", MATRICES, &corpus, &tokens, check).balanced();
}

/// Whatever a check takes is locked and rendered, into a tree that can be written.
#[test]
fn what_is_taken_is_rendered() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/matrix/ok");
    let corpus = mutate::corpus(&[&data], "toml");
    let rendered = Cell::new(0_u64);
    let tally = mutate::run_texts("matrix.toml, rendered", RENDERED, &corpus, TOKENS, |text| {
        // A matrix of many cells takes long, and is one of few cells many times over.
        let Some(matrix) = Matrix::parse_with(text, &Files).ok().filter(|matrix| matrix.count() <= 6) else {
            return false;
        };
        let tree = super::project::rendered(&matrix);
        let folder = tempfile::tempdir().unwrap();
        let differences = crate::output::check(folder.path(), &tree).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(differences.len(), tree.len());
        rendered.set(rendered.get() + 1);
        true
    });
    assert!(tally.cases < 3000 || rendered.get() > 5, "{} were rendered", rendered.get());
}
