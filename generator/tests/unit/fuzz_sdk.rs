//! Mutated archives of every form: never a panic, never a hang, nothing outside of the directory that they are unpacked
//! into, nothing left there when they are refused, and no link that leads out of what is accepted.

use std::fs;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use super::archives::{
    self, Cpio, Item, Items, Long, below, cpio, file, gz, items, link, package, pbzx, pkg_with, sdk, xz,
};
use super::mutate;
use crate::sdk::{Limits, unpack_archive};
use tempfile::TempDir;

/// Parts of paths, headers and tables of contents. `OUT` becomes a directory that nothing may write to.
const TOKENS: &[&str] = &[
    "/",
    "..",
    "../",
    "../../",
    "./",
    "a/../",
    "//",
    "OUT/x",
    "OUT",
    "../../outside/x",
    "\0",
    "\n",
    "é",
    "usr",
    "usr/lib/",
    "X.sdk/",
    "X.sdk",
    "SDKSettings.json",
    "SDKSettings.plist",
    "types.h",
    "link",
    "Payload",
    "x.pkg",
    "TRAILER!!!",
    "0",
    "1",
    "2",
    "3",
    "5",
    "6",
    "7",
    "x",
    "L",
    "K",
    "g",
    "S",
    "000000",
    "00000000000",
    "77777777777",
    "ffffffff",
    "120777",
    "040755",
    "100644",
    "070707",
    "070701",
    "pbzx",
    "xar!",
    "ustar",
    "path=",
    "linkpath=../../outside",
    "size=99999999",
    "<file>",
    "</file>",
    "<data>",
    "<offset>",
    "<length>",
    "</length>",
    "18446744073709551615",
    "-1",
    "&lt;",
    "<!--",
    "\u{fd}7zXZ",
    "\x1f\u{8b}",
];

/// How a case's bytes become a file: mutated as they are, or within what is put around them afterwards.
#[derive(Debug, Clone, Copy)]
enum Around {
    Nothing,
    TarChecksums,
    Gzip,
    Xz,
    Package,
    PackageOfBlocks,
}

struct Place {
    base: TempDir,
}

impl Place {
    fn new() -> Place {
        let base = tempfile::tempdir().unwrap();
        fs::create_dir(base.path().join("into")).unwrap();
        fs::create_dir(base.path().join("outside")).unwrap();
        fs::write(base.path().join("outside/file"), "mine").unwrap();
        Place { base }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.base.path().join(name)
    }

    /// Whether the file holds an SDK. Panics when anything is where it should not be.
    fn check(&self, bytes: &[u8], limits: &Limits) -> bool {
        let result = unpack_archive(&mut Cursor::new(bytes), None, &self.path("into"), limits);
        assert_eq!(names(self.base.path()), ["into", "outside"]);
        assert_eq!(names(&self.path("outside")), ["file"]);
        assert_eq!(fs::read(self.path("outside/file")).unwrap(), b"mine");
        let good = result.is_ok();
        match result {
            Err(error) => assert!(!error.to_string().trim().is_empty()),
            Ok(unpacked) => {
                assert_eq!(names(&self.path("into")).len(), 1);
                stays_inside(&unpacked.path());
            }
        }
        assert_eq!(names(&self.path("into")), [""; 0]);
        good
    }
}

fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// No link of a tree leads out of it, asked of the system.
fn stays_inside(top: &Path) {
    let top = top.canonicalize().unwrap();
    let mut left = vec![top.clone()];
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let (path, kind) = entry.map(|entry| (entry.path(), entry.file_type().unwrap())).unwrap();
            if kind.is_dir() {
                left.push(path);
            } else if kind.is_symlink() {
                assert!(!fs::read_link(&path).unwrap().is_absolute());
                if let Ok(target) = path.canonicalize() {
                    assert!(target.starts_with(&top), "{} leads to {}", path.display(), target.display());
                }
            } else {
                assert!(kind.is_file(), "{}", path.display());
            }
        }
    }
}

fn members() -> Items {
    let more = items([
        ("usr/include/types.h", Item::HardLink("X.sdk/usr/include/sys/types.h".to_owned())),
        ("usr/a/b/up", link("../..")),
        ("usr/through", link("a/b/up/lib")),
        (&format!("usr/{}", "long".repeat(40)), file("long")),
    ]);
    below("X.sdk/", &[sdk(), more].concat())
}

fn fuzz(around: Around, corpus: &[Vec<u8>], seed: u64) -> (u64, u64) {
    let place = Place::new();
    let outside = place.path("outside").display().to_string();
    let tokens: Vec<String> = TOKENS.iter().map(|token| token.replace("OUT", &outside)).collect();
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    // Small enough that a number which grew hits a limit.
    let limits =
        Limits { bytes: 4 << 20, file: 1 << 20, members: 1000, names: 1 << 20, ratio: 200, ratio_from: 1 << 20 };
    // There are six of these tests, and each case packs and unpacks.
    let cases = mutate::cases() / 4;
    let mut good = 0;
    for case in 0..cases {
        let mut bytes = mutate::mutate_bytes(&mut mutate::Rng::new(seed + case), corpus, &tokens);
        let bytes = match around {
            Around::Nothing => bytes,
            Around::TarChecksums => {
                archives::mend_tar(&mut bytes);
                bytes
            }
            Around::Gzip => gz(&bytes),
            Around::Xz => xz(&bytes),
            Around::Package => package(gz(&bytes)),
            Around::PackageOfBlocks => package(pbzx(&bytes, 1000)),
        };
        match catch_unwind(AssertUnwindSafe(|| place.check(&bytes, &limits))) {
            Ok(fine) => good += u64::from(fine),
            Err(_) => panic!("case {case} of {around:?} fails; its file is:\n{}", bytes.escape_ascii()),
        }
    }
    (good, cases)
}

/// A mutator that only ever breaks files, or never does, would test half of a reader.
fn balanced((good, cases): (u64, u64)) {
    assert!(cases < 200 || (good > cases / 100 && good < cases * 9 / 10), "{good} of {cases} are good");
}

#[test]
fn mutated_tar_archives() {
    let corpus = [Long::Gnu, Long::Pax].map(|long| archives::tar_with(&members(), long));
    balanced(fuzz(Around::TarChecksums, &corpus, 1_000_000));
    balanced(fuzz(Around::Gzip, &corpus, 2_000_000));
}

#[test]
fn mutated_tar_archives_in_xz() {
    balanced(fuzz(Around::Xz, &[archives::tar(&members())], 3_000_000));
}

#[test]
fn mutated_cpio_archives() {
    let corpus = [Cpio::Odc, Cpio::Newc].map(|form| cpio(&members(), form));
    balanced(fuzz(Around::Nothing, &corpus, 4_000_000));
    balanced(fuzz(Around::Package, &corpus, 5_000_000));
    balanced(fuzz(Around::PackageOfBlocks, &corpus, 6_000_000));
}

#[test]
fn mutated_files() {
    let (tar, odc) = (archives::tar(&members()), cpio(&members(), Cpio::Odc));
    let corpus = [xz(&tar), gz(&tar), package(pbzx(&odc, 1000)), package(gz(&odc)), pbzx(&odc, 4000)];
    // Nearly all of these are refused by a checksum.
    fuzz(Around::Nothing, &corpus, 7_000_000);
}

#[test]
fn mutated_tables_of_contents() {
    let place = Place::new();
    let limits = Limits { bytes: 4 << 20, ratio_from: 1 << 20, ..Limits::default() };
    let payload = gz(&cpio(&members(), Cpio::Odc));
    let toc = std::cell::RefCell::new(String::new());
    let files = [("PackageInfo", vec![b'x']), ("a.pkg/Payload", payload.clone()), ("b.pkg/Scripts", vec![b'y'])];
    pkg_with(&files, |text| toc.replace(text));
    let corpus = [toc.into_inner().into_bytes()];
    let cases = mutate::cases() / 4;
    let mut good = 0;
    for case in 0..cases {
        let toc = mutate::mutate(&mut mutate::Rng::new(8_000_000 + case), &corpus, TOKENS);
        let bytes = pkg_with(&files, |_| toc.clone());
        match catch_unwind(AssertUnwindSafe(|| place.check(&bytes, &limits))) {
            Ok(fine) => good += u64::from(fine),
            Err(_) => panic!("case {case} fails; its table of contents is:\n{toc}"),
        }
    }
    balanced((good, cases));
}
