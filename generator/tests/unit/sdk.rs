//! Importing SDKs: every form gives the same tree, and whatever is wrong leaves nothing behind.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::archives::{
    self, Cpio, Item, Items, Long, below, cpio, file, gz, items, link, package, pbzx, pkg, pkg_with, sdk, tar, xz,
};
use super::nar_tree::Node;
use crate::nix::hash::Sha256;
use crate::nix::nar;
use crate::report::Report;
use crate::sdk::{Limits, SdkError, Unpacked, unpack, unpack_archive};
use tempfile::TempDir;

/// The tree that members stand for.
fn node(items: &Items) -> Node {
    let mut root = BTreeMap::new();
    for (path, item) in items {
        let node = match item {
            Item::Directory => Node::Directory(BTreeMap::new()),
            Item::File(bytes) => Node::File { executable: false, bytes: bytes.clone() },
            Item::Program(bytes) => Node::File { executable: true, bytes: bytes.clone() },
            Item::Symlink(target) => Node::Symlink(target.clone().into_bytes()),
            other => panic!("{other:?}"),
        };
        let (mut directory, mut components) = (&mut root, path.split('/').peekable());
        while let Some(component) = components.next() {
            if components.peek().is_none() {
                directory.insert(component.as_bytes().to_vec(), node);
                break;
            }
            let next = directory.entry(component.as_bytes().to_vec()).or_insert(Node::Directory(BTreeMap::new()));
            let Node::Directory(entries) = next else { panic!("{path}") };
            directory = entries;
        }
    }
    Node::Directory(root)
}

fn hash(items: &Items) -> Sha256 {
    node(items).hash().0
}

/// Writes members to disk.
fn lay_out(items: &Items, top: &Path) {
    for (path, item) in items {
        let path = top.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let (bytes, mode) = match item {
            Item::Directory => {
                fs::create_dir_all(&path).unwrap();
                continue;
            }
            Item::Symlink(target) => {
                symlink(target, &path).unwrap();
                continue;
            }
            Item::Pipe => {
                rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR).unwrap();
                continue;
            }
            Item::File(bytes) => (bytes, 0o400),
            Item::Program(bytes) => (bytes, 0o700),
            other => panic!("{other:?}"),
        };
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
}

/// A directory to unpack into, with a neighbour that nothing may touch.
struct Place {
    directory: TempDir,
    limits: Limits,
}

impl Place {
    fn new() -> Place {
        Place::with(Limits::default())
    }

    fn with(limits: Limits) -> Place {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("into")).unwrap();
        fs::create_dir(directory.path().join("beside")).unwrap();
        fs::write(directory.path().join("beside/file"), "mine").unwrap();
        Place { directory, limits }
    }

    fn room(&self) -> PathBuf {
        self.directory.path().join("into")
    }

    fn archive(&self, bytes: &[u8]) -> Result<Unpacked, SdkError> {
        unpack_archive(&mut Cursor::new(bytes), None, &self.room(), &self.limits)
    }

    /// Unpacks what is right.
    fn good(&self, bytes: &[u8]) -> (Sha256, Unpacked) {
        let unpacked = self.archive(bytes).unwrap_or_else(|error| panic!("{error}"));
        (nar::hash_path(&unpacked.path()).unwrap().0, unpacked)
    }

    /// What is said of what is wrong. Nothing of it is left.
    fn bad(&self, bytes: &[u8]) -> String {
        let result = self.archive(bytes);
        self.said(result)
    }

    fn said(&self, result: Result<Unpacked, SdkError>) -> String {
        let error = result.map(|unpacked| unpacked.path()).unwrap_err();
        self.untouched();
        Report::of(&error).to_string()
    }

    fn untouched(&self) {
        let names = |path: &Path| -> Vec<_> {
            let mut names: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        assert_eq!(names(&self.room()), [""; 0]);
        assert_eq!(names(self.directory.path()), ["beside", "into"]);
        assert_eq!(names(&self.directory.path().join("beside")), ["file"]);
        assert_eq!(fs::read(self.directory.path().join("beside/file")).unwrap(), b"mine");
    }
}

/// Where the Command Line Tools have it.
const TOOLS: &str = "./Library/Developer/CommandLineTools/SDKs/";

/// Every form of archive around the same members.
fn forms(items: &Items) -> Vec<(&'static str, Vec<u8>)> {
    let (odc, newc) = (cpio(items, Cpio::Odc), cpio(items, Cpio::Newc));
    vec![
        ("tar", tar(items)),
        ("tar.xz", xz(&tar(items))),
        ("tar.gz", gz(&tar(items))),
        ("cpio.gz", gz(&newc)),
        ("pkg, pbzx, odc", package(pbzx(&odc, 1 << 24))),
        ("pkg, pbzx of small blocks, odc", package(pbzx(&odc, 300))),
        ("pkg, gzip, odc", package(gz(&odc))),
        ("pkg, gzip, newc", package(gz(&newc))),
        ("pkg in a pkg", pkg(&[("Distribution", vec![b'x']), ("CLTools_macOS_SDK.pkg/Payload", pbzx(&newc, 1000))])),
    ]
}

#[test]
fn the_same_sdk_is_the_same_tree_in_every_form() {
    let expected = hash(&sdk());
    let place = Place::new();
    let mut plain = below("MacOSX15.5.sdk/", &sdk());
    let mut tools = below(&format!("{TOOLS}MacOSX15.5.sdk/"), &sdk());
    // Beside it stand links to it, and other tools; members come in any order, directories also twice.
    tools.insert(0, (format!("{TOOLS}MacOSX.sdk"), link("MacOSX15.5.sdk")));
    tools.push((format!("{TOOLS}MacOSX15.sdk"), link("MacOSX15.5.sdk")));
    tools.push((format!("{TOOLS}MacOSX15.5.sdk"), Item::Directory));
    tools.push(("./Library/Developer/CommandLineTools/usr/bin/clang".to_owned(), Item::Program(vec![0; 1000])));
    tools.push(("./Library/Developer/CommandLineTools/tmp".to_owned(), link("/private/tmp")));
    let top = below("./", &sdk());
    for (layout, items) in [("plain", plain.clone()), ("tools", tools), ("top", top)] {
        for (form, bytes) in forms(&items) {
            let (found, unpacked) = place.good(&bytes);
            assert_eq!(found, expected, "{layout}, {form}");
            assert_eq!((unpacked.name.as_str(), unpacked.version.as_str()), ("MacOSX15.5.sdk", "15.5"));
            assert!(unpacked.path().ends_with("MacOSX15.5.sdk"));
            drop(unpacked);
            place.untouched();
        }
    }
    plain.reverse();
    assert_eq!(place.good(&xz(&tar(&plain))).0, expected);
    // xz and gzip files may be several, one after the other.
    let (front, back) = (tar(&plain), tar(&Items::new()));
    let (front, back) = (&front[..front.len() - 1024], &back[..]);
    assert_eq!(place.good(&[xz(front), xz(back)].concat()).0, expected);
    assert_eq!(place.good(&[gz(front), gz(back)].concat()).0, expected);
    // Zeros fill a tar archive up to whole records.
    assert_eq!(place.good(&[tar(&plain), vec![0; 9216]].concat()).0, expected);
}

/// What macOS' tar and the Finder put beside files is none of an SDK's, and differs from Mac to Mac.
#[test]
fn what_macos_leaves_beside_files_does_not_count() {
    let expected = hash(&sdk());
    let place = Place::new();
    let mut littered = sdk();
    littered.insert(0, ("._SDKSettings.json".to_owned(), file("\0\u{5}\u{16}\u{7}")));
    littered.push(("usr/include/sys/._types.h".to_owned(), file("\0\u{5}\u{16}\u{7}")));
    littered.push(("usr/lib/._swift".to_owned(), file("")));
    littered.push(("usr/.DS_Store".to_owned(), file("Bud1")));
    // Names that only look alike stay.
    let other = items(["usr/.DS_Store.h", "usr/_._x", "usr/.x"].map(|path| (path, file("x"))));
    let tools = format!("{TOOLS}X.sdk/");
    for (layout, top) in [("plain", "MacOSX15.5.sdk/"), ("top", "./"), ("tools", tools.as_str())] {
        let mut items = below(top, &littered);
        // For the directory itself, and beside it.
        items.insert(0, ("./._X.sdk".to_owned(), file("x")));
        items.insert(0, ("./._.".to_owned(), file("x")));
        for (form, bytes) in forms(&items) {
            assert_eq!(place.good(&bytes).0, expected, "{layout}, {form}");
        }
        let with = forms(&[items, below(top, &other)].concat());
        let expected = hash(&[sdk(), other.clone()].concat());
        assert_eq!(place.good(&with[0].1).0, expected, "{layout}");
    }
    let home = tempfile::tempdir().unwrap();
    let sdks = home.path().join("SDKs");
    lay_out(&littered, &sdks.join("MacOSX15.5.sdk"));
    lay_out(&items([("._MacOSX15.5.sdk", file("x")), (".DS_Store", file("x"))]), &sdks);
    for from in [&sdks, &sdks.join("MacOSX15.5.sdk")] {
        let unpacked = unpack(from, None, &place.room(), &place.limits).unwrap();
        assert_eq!(nar::hash_path(&unpacked.path()).unwrap().0, expected, "{}", from.display());
    }
}

#[test]
fn a_directory_is_taken_itself_or_for_the_one_in_it() {
    let place = Place::new();
    let home = tempfile::tempdir().unwrap();
    let sdks = home.path().join("SDKs");
    lay_out(&sdk(), &sdks.join("MacOSX15.5.sdk"));
    symlink("MacOSX15.5.sdk", sdks.join("MacOSX.sdk")).unwrap();
    fs::set_permissions(sdks.join("MacOSX15.5.sdk/usr"), fs::Permissions::from_mode(0o711)).unwrap();
    for from in [sdks.join("MacOSX15.5.sdk"), sdks.join("MacOSX.sdk"), sdks.clone()] {
        let unpacked = unpack(&from, None, &place.room(), &place.limits).unwrap();
        assert_eq!(nar::hash_path(&unpacked.path()).unwrap().0, hash(&sdk()), "{}", from.display());
        let mode = |path: &str| fs::metadata(unpacked.path().join(path)).unwrap().permissions().mode() & 0o7777;
        assert_eq!([mode("usr"), mode("usr/bin/xcrun"), mode("usr/include/sys/types.h")], [0o755, 0o755, 0o644]);
    }
    let said = place.said(unpack(home.path(), None, &place.room(), &place.limits));
    assert!(said.contains("no macOS SDK") && said.contains(&format!("hint: try {}", sdks.display())), "{said}");
    assert_eq!(fs::metadata(sdks.join("MacOSX15.5.sdk/usr")).unwrap().permissions().mode() & 0o7777, 0o711);

    // The same rules as for archives.
    for (path, item, expected) in [
        (
            "evil",
            link("/etc/passwd"),
            "\"evil\" is refused: it is a symbolic link to the absolute path \"/etc/passwd\"",
        ),
        ("usr/evil", link("../../x"), "\"usr/evil\" is refused: it is a symbolic link out of the SDK, to \"../../x\""),
        ("usr/pipe", Item::Pipe, "\"usr/pipe\" is refused: it is a named pipe"),
    ] {
        let other = tempfile::tempdir().unwrap();
        lay_out(&[sdk(), items([(path, item)])].concat(), other.path());
        let said = place.said(unpack(other.path(), None, &place.room(), &place.limits));
        assert!(said.contains(expected), "{said}");
    }
    let said = place.said(unpack(&sdks, None, &place.room(), &Limits { bytes: 100, ..Limits::default() }));
    assert!(said.contains("more than 100 bytes unpacked"), "{said}");
    let said = place.said(unpack(&sdks, None, &place.room(), &Limits { members: 10, ..Limits::default() }));
    assert!(said.contains("more than 10 members"), "{said}");
    let said = place.said(unpack(&home.path().join("nothing"), None, &place.room(), &place.limits));
    assert!(said.starts_with("cannot read ") && said.contains("nothing"), "{said}");
    let said = place.said(unpack(Path::new("/dev/null"), None, &place.room(), &place.limits));
    assert!(said.contains("neither a file nor a directory"), "{said}");
}

#[test]
fn long_names_are_read_in_both_spellings() {
    let place = Place::new();
    let long = format!("usr/{}/{}.h", "directory".repeat(20), "header".repeat(20));
    let more = items([(&long, file("long")), ("usr/link", link(&long["usr/".len()..]))]);
    let all = [sdk(), more].concat();
    for long in [Long::Gnu, Long::Pax] {
        assert_eq!(place.good(&archives::tar_with(&below("X.sdk/", &all), long)).0, hash(&all));
    }
}

#[test]
fn pax_headers_of_macos_are_passed_over() {
    let place = Place::new();
    let mut bytes = Vec::new();
    let attribute = archives::pax_record("SCHILY.xattr.com.apple.provenance", "a\nb\n=c");
    for (path, item) in below("X.sdk/", &sdk()) {
        let (kind, target, contents) = match &item {
            Item::File(bytes) | Item::Program(bytes) => (b'0', "", bytes.clone()),
            Item::Symlink(target) => (b'2', target.as_str(), Vec::new()),
            _ => (b'5', "", Vec::new()),
        };
        archives::tar_member(&mut bytes, "./PaxHeaders/x", b'x', 0, "", &attribute);
        let mode = if matches!(item, Item::Program(_)) { 0o755 } else { 0o644 };
        archives::tar_member(&mut bytes, &path, kind, mode, target, &contents);
    }
    bytes.resize(bytes.len() + 1024, 0);
    assert_eq!(place.good(&bytes).0, hash(&sdk()));
}

#[test]
fn hard_links_become_files() {
    let place = Place::new();
    let twice = |target: &str, path: &str| (path.to_owned(), Item::HardLink(target.to_owned()));
    let mut expected = sdk();
    expected.push(("usr/include/types.h".to_owned(), file("typedef int pid_t;\n")));
    let mut all = below("./X.sdk/", &sdk());
    let link = twice("./X.sdk/usr/include/sys/types.h", "./X.sdk/usr/include/types.h");
    all.push(link.clone());
    // cpio may also have the contents with the last name.
    let mut first = all.clone();
    first.rotate_right(1);
    for bytes in [
        tar(&all),
        gz(&cpio(&all, Cpio::Odc)),
        gz(&cpio(&all, Cpio::Newc)),
        gz(&cpio(&first, Cpio::Odc)),
        gz(&cpio(&first, Cpio::Newc)),
    ] {
        let (found, unpacked) = place.good(&bytes);
        assert_eq!(found, hash(&expected));
        assert_eq!(unpacked.bytes, expected.iter().map(|(_, item)| size(item)).sum::<u64>());
    }
    // In tar, the file comes first.
    assert!(place.bad(&tar(&first)).contains("\"X.sdk/usr/include/types.h\" is refused: it is a hard link to"));
}

fn size(item: &Item) -> u64 {
    match item {
        Item::File(bytes) | Item::Program(bytes) => bytes.len() as u64,
        _ => 0,
    }
}

#[test]
fn members_that_lead_out_are_refused_by_name() {
    let place = Place::new();
    let top = "MacOSX15.5.sdk/";
    let escape = "refused: it is a symbolic link out of the SDK";
    let deep = format!("MacOSX15.5.sdk/{}x", "d/".repeat(70));
    for (more, expected) in [
        (items([("../beside/x", file(""))]), "\"../beside/x\" is refused: its path holds `..`"),
        (items([("MacOSX15.5.sdk/../../beside/x", file(""))]), "refused: its path holds `..`"),
        (items([("MacOSX15.5.sdk/usr/..", Item::Directory)]), "refused: its path holds `..`"),
        (items([("/etc/x", file(""))]), "\"/etc/x\" is refused: its path is absolute"),
        (items([("/", Item::Directory)]), "\"/\" is refused: its path is absolute"),
        (items([(".", file("x"))]), "\".\" is refused: it has no proper name"),
        (items([(&deep, file(""))]), "refused: its path is too long: 72 directories deep"),
        (
            items([("MacOSX15.5.sdk/x", link("/etc"))]),
            "\"MacOSX15.5.sdk/x\" is refused: it is a symbolic link to the absolute",
        ),
        (
            items([("MacOSX15.5.sdk/x", link("/usr/include"))]),
            "it is a symbolic link to the absolute path \"/usr/include\"",
        ),
        (items([("MacOSX15.5.sdk/usr/x", link("../.."))]), escape),
        (items([("MacOSX15.5.sdk/usr/x", link("include/../../../MacOSX15.5.sdk/usr"))]), escape),
        (items([("MacOSX15.5.sdk/x", link("."))]), ""),
        (items([("MacOSX15.5.sdk/x", link(""))]), "it is a symbolic link without a proper target"),
        // Only the way through another link leads out.
        (items([("MacOSX15.5.sdk/a/b/up", link("../..")), ("MacOSX15.5.sdk/x", link("a/b/up/../beside"))]), escape),
        (items([("MacOSX15.5.sdk/x", link("y/..")), ("MacOSX15.5.sdk/y", link("."))]), escape),
        (items([("MacOSX15.5.sdk/x", link("y")), ("MacOSX15.5.sdk/y", link("x"))]), ""),
        // Written through a link, inside and outside of the SDK.
        (
            items([("MacOSX15.5.sdk/x", link("usr")), ("MacOSX15.5.sdk/x/y", file(""))]),
            "\"MacOSX15.5.sdk/x/y\" is refused: it would be written through the symbolic link \"MacOSX15.5.sdk/x\"",
        ),
        (
            items([("x", link("/etc")), ("x/cron.d/y", file(""))]),
            "\"x/cron.d/y\" is refused: it would be written through the symbolic link \"x\"",
        ),
        (items([("MacOSX15.5.sdk/x", Item::Device)]), "\"MacOSX15.5.sdk/x\" is refused: it is a device"),
        (items([("MacOSX15.5.sdk/x", Item::Pipe)]), "\"MacOSX15.5.sdk/x\" is refused: it is a named pipe"),
        (items([("MacOSX15.5.sdk/usr/bin/xcrun", file("other"))]), "refused: it is there twice"),
        (items([("MacOSX15.5.sdk/usr/lib/libSystem.tbd", link("x"))]), "refused: it is there twice"),
        (items([("MacOSX15.5.sdk/usr/include", file(""))]), "refused: \"usr/include\" is both a directory and"),
        (items([("MacOSX15.5.sdk/usr/include", link("lib"))]), "refused: \"usr/include\" is both a directory and"),
        (items([("MacOSX15.5.sdk/usr/bin/xcrun", Item::Directory)]), "is both a directory and something else"),
        (items([("MacOSX15.5.sdk/usr/bin/xcrun/x", file(""))]), "refused: \"usr/bin/xcrun\" is both a directory"),
    ] {
        let all = [below(top, &sdk()), more.clone()].concat();
        for (form, bytes) in forms(&all) {
            if expected.is_empty() {
                place.good(&bytes);
                continue;
            }
            let said = place.bad(&bytes);
            assert!(said.contains(expected), "{form}: {said}\n{more:?}");
            assert_eq!(said.matches("hint: ").count(), 1, "{said}");
        }
    }
    // cpio knows no hard link to what is not in it.
    for target in ["../beside/file", "/etc/passwd", "beside/file", "MacOSX15.5.sdk/none", "MacOSX15.5.sdk/usr", ""] {
        let mut all = below(top, &sdk());
        all.push(("MacOSX15.5.sdk/x".to_owned(), Item::HardLink(target.to_owned())));
        let said = place.bad(&tar(&all));
        assert!(said.contains("\"MacOSX15.5.sdk/x\" is refused: it is a hard link to"), "{target}: {said}");
    }
    let outside = items([("x", file("outside")), ("MacOSX15.5.sdk/x", Item::HardLink("x".to_owned()))]);
    let outside = [below(top, &sdk()), outside].concat();
    for bytes in [tar(&outside), gz(&cpio(&outside, Cpio::Newc))] {
        let said = place.bad(&bytes);
        assert!(said.contains("\"MacOSX15.5.sdk/x\" is refused: it is a hard link to \"x\""), "{said}");
    }
}

#[test]
fn sparse_files_and_unknown_types_are_refused() {
    let place = Place::new();
    for (header, kind, expected) in [
        (None, b'S', "a sparse file"),
        (Some(archives::pax_record("GNU.sparse.major", "1")), b'0', "a sparse file"),
        (None, b'V', "of a type that tar archives of SDKs do not have"),
    ] {
        let mut bytes = tar(&below("X.sdk/", &sdk()));
        bytes.truncate(bytes.len() - 1024);
        if let Some(header) = header {
            archives::tar_member(&mut bytes, "PaxHeader", b'x', 0, "", &header);
        }
        archives::tar_member(&mut bytes, "X.sdk/x", kind, 0o644, "", b"x");
        bytes.resize(bytes.len() + 1024, 0);
        let said = place.bad(&bytes);
        assert!(said.contains(&format!("\"X.sdk/x\" is refused: it is {expected}")), "{said}");
    }
}

#[test]
fn an_archive_that_is_cut_short_is_said_to_be() {
    let place = Place::new();
    for (form, bytes) in forms(&below("MacOSX15.5.sdk/", &sdk())) {
        // Every length would take a minute; the ends, where trailers are, are all tried.
        let near_ends = |length: &usize| *length < 64 || bytes.len() - length < 64 || length.is_multiple_of(23);
        for length in (0..bytes.len()).filter(near_ends) {
            let cut = &bytes[..length];
            // What is behind a tar archive's end marker is no part of it.
            if form == "tar" && length >= bytes.len() - 512 {
                place.good(cut);
                continue;
            }
            let said = place.bad(cut);
            let known = ["it is cut short", "it is damaged", "it is not an archive of a known form", "it is empty"];
            assert!(known.iter().any(|known| said.starts_with(known)), "{form}, {length} bytes: {said}");
            if length > 600 && !form.contains("pbzx") {
                assert!(said.starts_with("it is cut short"), "{form}, {length} bytes: {said}");
            }
        }
    }
}

#[test]
fn a_package_that_was_damaged_is_said_to_be() {
    let place = Place::new();
    let good = package(gz(&cpio(&below("X.sdk/", &sdk()), Cpio::Odc)));
    let mut bytes = good.clone();
    let last = bytes.len() - 40;
    bytes[last] ^= 1;
    let said = place.bad(&bytes);
    assert!(said.starts_with("it is damaged: Payload is not what the package's table of contents says"), "{said}");
    let mut bytes = good.clone();
    bytes[7] = 2;
    assert!(place.bad(&bytes).contains("xar header"));
    let mut bytes = good;
    bytes[8] = 1;
    assert!(place.bad(&bytes).contains("too large for an SDK"));
    let files = [("Payload", gz(&cpio(&below("X.sdk/", &sdk()), Cpio::Odc)))];
    for (from, to, expected) in [
        ("<offset>20</offset>", "<offset>18446744073709551615</offset>", "cut short"),
        ("<offset>20</offset>", "<offset>-1</offset>", "does not say where"),
        ("<offset>20</offset>", "", "does not say where"),
        ("application/octet-stream", "application/x-bzip2", "packed as \"application/x-bzip2\""),
        ("</toc>", "</tic>", "table of contents: "),
        ("<toc>", "<!DOCTYPE x [<!ENTITY y 'y'>]><toc>", "table of contents: "),
        ("<name>Payload</name>", "<name>Content</name>", "an Apple package without a payload"),
    ] {
        let said = place.bad(&pkg_with(&files, |toc| toc.replacen(from, to, 1)));
        assert!(said.contains(expected), "{to}: {said}");
    }
    // An encoding, and the name of a component package, as long as a file.
    let long = "x".repeat(30_000);
    let said = place.bad(&pkg_with(&files, |toc| toc.replacen("application/octet-stream", &long, 1)));
    assert!(said.contains("Payload is packed as \"xxx") && said.len() < 1_000, "{}", said.len());
    let part = [("a.pkg/Payload", gz(&cpio(&below("X.sdk/", &sdk()), Cpio::Odc)))];
    let said = place.bad(&pkg_with(&part, |toc| {
        toc.replacen("a.pkg", &format!("{long}.pkg"), 1).replacen("<offset>20</offset>", "", 1)
    }));
    assert!(said.contains("xxx…/Payload") && said.len() < 1_000, "{}", said.len());
    let zipped = pkg(&[("Payload", b"PK\x03\x04 is a zip archive".to_vec())]);
    assert!(place.bad(&zipped).contains("a package whose Payload is a zip archive"));
}

#[test]
fn nothing_may_follow_an_archive() {
    let place = Place::new();
    let plain = tar(&below("X.sdk/", &sdk()));
    let end = plain.len() - 1024;
    let hidden = tar(&items([("X.sdk/usr/bin/hidden", Item::Program(b"#!/bin/sh\n".to_vec()))]));
    let zeros = |count: usize| vec![0; count];
    let cpio = cpio(&below("X.sdk/", &sdk()), Cpio::Odc);
    for archive in [
        // One block of zeros may end an archive, and two should. Padding may follow.
        [plain[..end].to_vec(), zeros(512)].concat(),
        [plain.clone(), zeros(8 * 1024)].concat(),
        [cpio.clone(), zeros(412)].concat(),
    ] {
        assert_eq!(place.good(&archive).0, hash(&sdk()));
    }
    for archive in [
        [plain[..end].to_vec(), zeros(512), hidden.clone()].concat(),
        [plain.clone(), hidden.clone()].concat(),
        [plain, zeros(8 * 1024), b"x".to_vec()].concat(),
        [cpio.clone(), cpio].concat(),
    ] {
        for bytes in [archive.clone(), gz(&archive), xz(&archive), package(archive.clone())] {
            let said = place.bad(&bytes);
            assert!(said.starts_with("it is damaged: something follows the end of its archive"), "{said}");
        }
    }
}

#[test]
fn what_unpacks_without_end_is_stopped() {
    let zeros = |count: usize| Item::File(vec![0; count]);
    let big = |item: Item| [below("X.sdk/", &sdk()), items([("X.sdk/zeros", item)])].concat();
    // The default limits: no more than 64 MiB come out of next to nothing.
    let place = Place::new();
    let mut start = tar(&below("X.sdk/", &sdk()));
    start.truncate(start.len() - 1024);
    archives::tar_header(&mut start, "X.sdk/zeros", b'0', 0o644, "", 70 << 20);
    let bomb = [xz(&start), xz(&[0; 1 << 20]).repeat(70), xz(&[0; 1024])].concat();
    let said = place.bad(&bomb);
    assert!(said.contains("it is too large for an SDK: it unpacks to more than 200 times its size"), "{said}");

    let limits = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        Place::with(limits)
    };
    // In every form, and also what is not written.
    let place = limits(|limits| limits.ratio_from = 1 << 20);
    for (form, bytes) in forms(&big(zeros(4 << 20))) {
        match form {
            // Small blocks do not shrink much.
            "tar" | "pkg, pbzx of small blocks, odc" | "pkg in a pkg" => drop(place.good(&bytes)),
            _ => assert!(place.bad(&bytes).contains("more than 200 times its size"), "{form}"),
        }
    }
    let outside = [below("X.sdk/", &sdk()), items([("zeros", zeros(4 << 20))])].concat();
    assert!(place.bad(&xz(&tar(&outside))).contains("more than 200 times its size"));
    // Packed twice: the package packs the payload, too.
    let payload = gz(&cpio(&big(zeros(4 << 20)), Cpio::Odc));
    let (length, packed) = (payload.len(), archives::zlib(&payload));
    let bytes = pkg_with(&[("Payload", packed)], |toc| {
        let toc = toc.replace("application/octet-stream", "application/x-gzip");
        toc.replace("<size>0", &format!("<size>{length}"))
    });
    assert!(place.bad(&bytes).contains("more than 200 times its size"));

    let place = limits(|limits| limits.bytes = 1 << 20);
    assert!(place.bad(&tar(&big(zeros(4 << 20)))).contains("more than 1 MiB unpacked"));
    let links: Items = (0..50).map(|n| (format!("X.sdk/{n}"), Item::HardLink("X.sdk/zeros".to_owned()))).collect();
    let many = [big(zeros(30 << 10)), links].concat();
    assert!(place.bad(&tar(&many)).contains("more than 1 MiB unpacked"));
    let place = limits(|limits| limits.file = 1 << 20);
    assert!(place.bad(&tar(&big(zeros(4 << 20)))).contains("a file of more than 1 MiB"));
    let place = limits(|limits| limits.members = 12);
    for (form, bytes) in forms(&big(zeros(1))) {
        assert!(place.bad(&bytes).contains("more than 12 members"), "{form}");
    }
    let place = limits(|limits| limits.names = 100);
    for (form, bytes) in forms(&big(zeros(1))) {
        assert!(place.bad(&bytes).contains("more than 100 bytes of names"), "{form}");
    }
}

#[test]
fn what_is_no_macos_sdk_is_told_what_it_is() {
    let place = Place::new();
    let in_tar = |top: &str, items: &Items| tar(&below(top, items));
    let settings = |text: &str| {
        let mut items = sdk();
        items[0].1 = file(text);
        items
    };
    let without = |lost: &[&str]| -> Items {
        sdk().into_iter().filter(|(path, _)| !lost.iter().any(|lost| path.contains(lost))).collect()
    };
    let ios = settings(r#"{"CanonicalName": "iphoneos17.5", "Version": "17.5"}"#);
    let disk_image = [b"\x78\xda".to_vec(), vec![7; 2000], b"koly".to_vec(), vec![0; 508]].concat();
    for (bytes, expected) in [
        (in_tar("iPhoneOS17.5.sdk/", &ios), "no macOS SDK: iPhoneOS17.5.sdk is an iOS SDK (iphoneos17.5)"),
        (
            in_tar("Some.app/Contents/", &items([("MacOS/some", Item::Directory)])),
            "it has no SDKSettings.json, but Some.app",
        ),
        (tar(&items([("Some.app/", Item::Directory)])), "no macOS SDK: it is an app (Some.app)"),
        (
            in_tar("MacOSX.sdk/", &[items([("", Item::Directory)]), without(&["SDKSettings"])].concat()),
            "no macOS SDK: MacOSX.sdk has neither SDKSettings.json nor SDKSettings.plist",
        ),
        (tar(&items([("a", file("")), ("b/c", file(""))])), "it has no SDKSettings.json, but a, b"),
        (tar(&Items::new()), "no macOS SDK: it is empty"),
        (in_tar("X.sdk/", &without(&["types.h"])), "X.sdk is not a whole macOS SDK: it lacks usr/include/sys/types.h"),
        (
            in_tar("", &without(&["libSystem", "types.h"])),
            "MacOSX15.5.sdk is not a whole macOS SDK: it lacks usr/include/sys/types.h and usr/lib/libSystem.tbd",
        ),
        (in_tar("X.sdk/", &without(&["libSystem.B.tbd"])), "it lacks usr/lib/libSystem.tbd"),
        (in_tar("X.sdk/", &without(&["SDKSettings.json"])), "X.sdk/SDKSettings.plist is a binary property list"),
        (in_tar("X.sdk/", &settings("{")), "X.sdk/SDKSettings.json does not parse: "),
        (in_tar("X.sdk/", &settings("{}")), "X.sdk/SDKSettings.json lacks Version or CanonicalName"),
        (in_tar("X.sdk/", &settings(&" ".repeat(2 << 20))), "X.sdk/SDKSettings.json does not parse: "),
        (
            in_tar("X.sdk/", &settings(r#"{"CanonicalName": "macosx15.5", "Version": "../x"}"#)),
            "has the version \"../x\"",
        ),
        (
            pkg(&[("Content", vec![1]), ("Metadata", vec![2])]),
            "it is an .xip file, which Xcode is delivered in\n\nhint: extract",
        ),
        (disk_image, "it is a disk image\n\nhint: open it on a Mac"),
        (b"PK\x03\x04".to_vec(), "it is a zip archive, which is not read\n\nhint: unpack it"),
        (b"BZh91AY&SY".to_vec(), "packed with bzip2, which is not read"),
        (b"\x28\xb5\x2f\xfd\0".to_vec(), "packed with zstd, which is not read"),
        (gz(b"BZh91AY&SY"), "packed with bzip2"),
        (
            gz(b"hello"),
            "not an archive of a known form\n\nhint: an SDK comes as .tar.xz, .tar.gz or .tar, as an Apple .pkg",
        ),
        (b"hello\n".to_vec(), "it is not an archive of a known form"),
        (vec![b'x'; 4000], "it is not an archive of a known form"),
        (Vec::new(), "it is empty\n\nhint: an SDK comes as"),
    ] {
        let said = place.bad(&bytes);
        assert!(said.contains(expected), "{said}, not {expected}");
        assert_eq!(said.matches("hint: ").count(), 1, "{said}");
    }
}

#[test]
fn old_sdks_are_read() {
    let place = Place::new();
    let plist = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
                 \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\"><dict>\
                 <key>CanonicalName</key><string>macosx10.6</string><key>Version</key><string>10.6</string></dict></plist>";
    let old = items([
        ("SDKSettings.plist", file(plist)),
        ("usr/include/sys/types.h", file("")),
        ("usr/lib/libSystem.B.dylib", file("\u{fe}\u{ed}")),
        ("usr/lib/libSystem.dylib", link("libSystem.B.dylib")),
    ]);
    let (found, unpacked) = place.good(&gz(&tar(&below("MacOSX10.6.sdk/", &old))));
    assert_eq!((found, unpacked.name.as_str(), unpacked.count), (hash(&old), "MacOSX10.6.sdk", 9));
}

#[test]
fn of_several_sdks_one_is_named() {
    let place = Place::new();
    let other = |version: &str| {
        let mut items = sdk();
        items[0].1 = file(&format!(r#"{{"CanonicalName": "macosx{version}", "Version": "{version}"}}"#));
        items
    };
    // As the Command Line Tools come.
    let payload = |version: &str| {
        pbzx(&cpio(&below(&format!("{TOOLS}MacOSX{version}.sdk/"), &other(version)), Cpio::Odc), 1 << 24)
    };
    let files =
        [("CLTools_macOSNMOS_SDK.pkg/Payload", payload("14.5")), ("CLTools_macOS_SDK.pkg/Payload", payload("15.5"))];
    let tools = pkg(&files);
    let choose = |wanted: Option<&str>, bytes: &[u8]| {
        unpack_archive(&mut Cursor::new(bytes), wanted, &place.room(), &place.limits)
    };
    let said = place.said(choose(None, &tools));
    assert_eq!(said, "it holds MacOSX14.5.sdk, MacOSX15.5.sdk\n\nhint: name one with --sdk");
    let said = place.said(choose(Some("MacOSX13.sdk"), &tools));
    assert_eq!(said, "it holds MacOSX14.5.sdk, MacOSX15.5.sdk, not MacOSX13.sdk\n\nhint: name one with --sdk");
    for name in ["MacOSX14.5.sdk", "MacOSX14.5"] {
        let unpacked = choose(Some(name), &tools).unwrap();
        assert_eq!(unpacked.name, "MacOSX14.5.sdk");
        assert_eq!(nar::hash_path(&unpacked.path()).unwrap().0, hash(&other("14.5")));
    }
    // Those of other systems, and what is within an SDK, are no choice.
    let mut ios = sdk();
    ios[0].1 = file(r#"{"CanonicalName": "driverkit24.5", "Version": "24.5"}"#);
    let mut nested = sdk();
    nested.extend(below("usr/share/nested/", &other("13.0")));
    let all = [below("DriverKit.sdk/", &ios), below("MacOSX.sdk/", &nested)].concat();
    let unpacked = choose(None, &tar(&all)).unwrap();
    assert_eq!(
        (unpacked.name.as_str(), nar::hash_path(&unpacked.path()).unwrap().0),
        ("MacOSX15.5.sdk", hash(&nested))
    );
    drop(unpacked);
    // Directories, too.
    let home = tempfile::tempdir().unwrap();
    lay_out(&other("14.5"), &home.path().join("MacOSX14.sdk"));
    lay_out(&other("15.5"), &home.path().join("MacOSX15.sdk"));
    let said = place.said(unpack(home.path(), None, &place.room(), &place.limits));
    assert_eq!(said, "it holds MacOSX14.sdk, MacOSX15.sdk\n\nhint: name one with --sdk");
    for wanted in ["MacOSX15", "MacOSX15.5.sdk"] {
        assert_eq!(unpack(home.path(), Some(wanted), &place.room(), &place.limits).unwrap().version, "15.5");
    }
}
