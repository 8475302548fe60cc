//! Mutated archives of every form: never a panic, never a hang, nothing outside of the directory that they are unpacked
//! into, nothing left there when they are refused, and no link that leads out of what is accepted.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use super::archives::{
    self, Cpio, Item, Items, Long, below, cpio, file, gz, items, link, package, pbzx, pkg_with, sdk, xz,
};
use super::mutate::{self, Rng, Tally, told};
use crate::nix::store::StoreName;
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
            Err(error) => told(&error),
            Ok(unpacked) => {
                assert_eq!(names(&self.path("into")).len(), 1);
                StoreName::new(&unpacked.name).unwrap();
                assert_eq!(unpacked.name, format!("MacOSX{}.sdk", unpacked.version));
                assert!(unpacked.bytes <= limits.bytes && unpacked.count as u64 <= limits.members + 2);
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

/// Each case packs and unpacks, on a disk.
const ARCHIVES: u64 = 500;

fn fuzz(name: &'static str, around: Around, corpus: &[Vec<u8>]) -> Tally {
    let place = Place::new();
    let outside = place.path("outside").display().to_string();
    let tokens: Vec<String> = TOKENS.iter().map(|token| token.replace("OUT", &outside)).collect();
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    // Small enough that a number which grew hits a limit.
    let limits =
        Limits { bytes: 4 << 20, file: 1 << 20, members: 1000, names: 1 << 20, ratio: 200, ratio_from: 1 << 20 };
    let make = |rng: &mut Rng| {
        let mut bytes = mutate::mutate_bytes(rng, corpus, &tokens);
        match around {
            Around::Nothing => bytes,
            Around::TarChecksums => {
                archives::mend_tar(&mut bytes);
                bytes
            }
            Around::Gzip => gz(&bytes),
            Around::Xz => xz(&bytes),
            Around::Package => package(gz(&bytes)),
            Around::PackageOfBlocks => package(pbzx(&bytes, 1000)),
        }
    };
    mutate::run(name, ARCHIVES, make, |bytes| place.check(bytes, &limits))
}

/// An archive of few members must not make dozens of directories for each of them without end.
#[test]
fn directories_that_no_member_names_are_counted() {
    let place = Place::new();
    let deep = |number: usize| (format!("X.sdk/{number}/{}x", "a/".repeat(50)), file(""));
    let with = |count: usize| below("", &[below("X.sdk/", &sdk()), (0..count).map(deep).collect()].concat());
    let limits = Limits { members: 300, ..Limits::default() };
    assert!(place.check(&archives::tar(&with(2)), &limits));
    let bytes = archives::tar(&with(20));
    let error = unpack_archive(&mut Cursor::new(bytes), None, &place.path("into"), &limits).unwrap_err();
    assert_eq!(error.to_string(), "it is too large for an SDK: more than 300 files, directories and links");
}

#[test]
fn mutated_tar_archives() {
    let corpus = [Long::Gnu, Long::Pax].map(|long| archives::tar_with(&members(), long));
    fuzz("an SDK's tar", Around::TarChecksums, &corpus).balanced();
}

#[test]
fn mutated_tar_archives_in_gzip() {
    let corpus = [Long::Gnu, Long::Pax].map(|long| archives::tar_with(&members(), long));
    fuzz("an SDK's tar.gz", Around::Gzip, &corpus).balanced();
}

#[test]
fn mutated_tar_archives_in_xz() {
    fuzz("an SDK's tar.xz", Around::Xz, &[archives::tar(&members())]).balanced();
}

#[test]
fn mutated_cpio_archives() {
    let corpus = [Cpio::Odc, Cpio::Newc].map(|form| cpio(&members(), form));
    fuzz("an SDK's cpio", Around::Nothing, &corpus).balanced();
}

#[test]
fn mutated_payloads() {
    let corpus = [Cpio::Odc, Cpio::Newc].map(|form| cpio(&members(), form));
    fuzz("an SDK's pkg", Around::Package, &corpus).balanced();
}

#[test]
fn mutated_payloads_of_blocks() {
    let corpus = [Cpio::Odc, Cpio::Newc].map(|form| cpio(&members(), form));
    fuzz("an SDK's pkg of blocks", Around::PackageOfBlocks, &corpus).balanced();
}

#[test]
fn mutated_files() {
    let (tar, odc) = (archives::tar(&members()), cpio(&members(), Cpio::Odc));
    let corpus = [xz(&tar), gz(&tar), package(pbzx(&odc, 1000)), package(gz(&odc)), pbzx(&odc, 4000)];
    // Nearly all of these are refused by a checksum.
    fuzz("an SDK's file, as it is", Around::Nothing, &corpus);
}

/// The blocks of a payload, whose sizes and digests are right or wrong, and which no checksum keeps from the reader.
#[test]
fn mutated_blocks() {
    let place = Place::new();
    let limits = Limits { bytes: 4 << 20, ratio_from: 1 << 20, ..Limits::default() };
    let odc = cpio(&members(), Cpio::Odc);
    let blocks: Vec<(u64, Vec<u8>)> = odc
        .chunks(1000)
        .enumerate()
        .map(|(at, block)| (block.len() as u64, if at % 2 == 0 { xz(block) } else { block.to_vec() }))
        .collect();
    let make = |rng: &mut Rng| {
        let mut blocks = blocks.clone();
        let mut sizes: Vec<(u64, u64)> = blocks.iter().map(|(size, packed)| (*size, packed.len() as u64)).collect();
        for _ in 0..rng.below(3) {
            let at = rng.below(blocks.len());
            match rng.below(5) {
                0 => sizes[at].0 = rng.number(),
                1 => sizes[at].1 = rng.number(),
                2 => {
                    let other = rng.below(blocks.len());
                    blocks.swap(at, other);
                    sizes.swap(at, other);
                }
                3 => {
                    let byte = rng.below(blocks[at].1.len());
                    blocks[at].1[byte] ^= 1 << rng.below(8);
                }
                _ => {
                    blocks[at].1.pop();
                    sizes[at].1 = blocks[at].1.len() as u64;
                }
            }
        }
        let mut payload = b"pbzx".to_vec();
        payload.extend(1000_u64.to_be_bytes());
        for ((unpacked, packed), (_, block)) in sizes.into_iter().zip(blocks) {
            payload.extend(unpacked.to_be_bytes());
            payload.extend(packed.to_be_bytes());
            payload.extend(block);
        }
        payload
    };
    mutate::run("an SDK's pbzx blocks", ARCHIVES, make, |bytes| place.check(bytes, &limits)).balanced();
}

#[test]
fn mutated_tables_of_contents() {
    let place = Place::new();
    let limits = Limits { bytes: 4 << 20, ratio_from: 1 << 20, ..Limits::default() };
    let payload = gz(&cpio(&members(), Cpio::Odc));
    let files = [("PackageInfo", vec![b'x']), ("a.pkg/Payload", payload), ("b.pkg/Scripts", vec![b'y'])];
    let corpus = [toc_of(&files)];
    let make = |rng: &mut Rng| {
        let toc = mutate::mutate(rng, &corpus, TOKENS);
        pkg_with(&files, |_| toc)
    };
    mutate::run("a package's table of contents", ARCHIVES, make, |bytes| place.check(bytes, &limits)).balanced();
}

fn toc_of(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let toc = std::cell::RefCell::new(String::new());
    pkg_with(files, |text| toc.replace(text));
    toc.into_inner().into_bytes()
}

/// The 28 bytes before a package's table of contents: sizes that are wrong by a little and by a lot.
#[test]
fn mutated_package_headers() {
    let place = Place::new();
    let limits = Limits { bytes: 4 << 20, ratio_from: 1 << 20, ..Limits::default() };
    let whole = package(gz(&cpio(&members(), Cpio::Odc)));
    let make = |rng: &mut Rng| {
        let mut bytes = whole.clone();
        // Size of the header, version, size of the table packed and unpacked, its checksum.
        for _ in 0..rng.below(3) {
            let (from, to) = *rng.pick(&[(4, 6), (6, 8), (8, 16), (16, 24), (24, 28)]);
            let number = rng.number().to_be_bytes();
            bytes[from..to].copy_from_slice(&number[8 - (to - from)..]);
        }
        bytes
    };
    mutate::run("a package's header", ARCHIVES, make, |bytes| place.check(bytes, &limits)).balanced();
}

/// An SDK is called what its settings say, and that is a part of a store path's name.
#[test]
fn mutated_settings() {
    let place = Place::new();
    let limits = Limits { bytes: 4 << 20, ratio_from: 1 << 20, ..Limits::default() };
    let json = br#"{"CanonicalName": "macosx15.5", "DisplayName": "macOS 15.5", "Version": "15.5", "isBaseSDK": "YES",
 "SupportedTargets": {"macosx": {"Archs": ["x86_64", "arm64"], "MinimumDeploymentTarget": null, "x": [1, 2.5, true]}}}"#;
    let plist = br#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.example.org/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
  <key>CanonicalName</key> <string>macosx10.9</string>
  <!-- x --><key>DefaultProperties</key> <dict> <key>Version</key> <string>7.7</string> <true/> </dict>
  <key>Version</key> <string>10&#46;9</string>
</dict></plist>"#;
    let corpus = [json.to_vec(), plist.to_vec()];
    let make = |rng: &mut Rng| {
        let text = mutate::mutate_bytes(rng, &corpus, SETTINGS);
        let plist = text.contains(&b'<');
        let name = if plist { "SDKSettings.plist" } else { "SDKSettings.json" };
        let mut members: Items = sdk().into_iter().filter(|(path, _)| !path.starts_with("SDKSettings")).collect();
        members.insert(0, (name.to_owned(), Item::File(text)));
        archives::tar(&below("X.sdk/", &members))
    };
    mutate::run("SDKSettings", ARCHIVES, make, |bytes| place.check(bytes, &limits)).balanced();
}

/// Parts of property lists and of JSON.
const SETTINGS: &[&str] = &[
    "<dict>",
    "</dict>",
    "<key>",
    "</key>",
    "<string>",
    "</string>",
    "<key>Version</key>",
    "<string>15.5</string>",
    "<true/>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE a [<!ENTITY x '&x;'>]>",
    "&x;",
    "&lt;",
    "&#0;",
    "&#x41;",
    "&#99999999;",
    "<?x?>",
    " a='b'",
    " a=\"&lt;\"",
    "<a ",
    "/>",
    "xmlns:a='b'",
    "\"Version\"",
    "\"CanonicalName\"",
    "\"15.5\"",
    "\"macosx\"",
    "15.5",
    "..",
    "/",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\\u0000",
    "\\ud800",
    "1e999",
    "null",
    "iphoneos",
    "bplist00",
    "\u{feff}",
    "\0",
    "9999",
];
