//! Archives of git trees: what they unpack to is what counts, from a server on 127.0.0.1, from a directory, and in the
//! store under the path that a rendered derivation names.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::nar_tree::Node;
use super::project;
use super::server::{self, Answer, Server, empty, mirrors, options, ranged, whole};
use super::temporary_store::Store;
use crate::fetch::unpack::{Limits, UnpackError, unpack};
use crate::fetch::{Failure, FetchError, Fetched, Options, Wanted, fetch_all};
use crate::nix::hash::Sha256;
use crate::nix::nar;
use crate::nix::store::{Method, StoreName, fixed_output_path};
use crate::report::Report;
use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{EntryType, Header};

/// A member as it stands in the archive; no path is looked at on the way there.
struct Member {
    kind: EntryType,
    path: Vec<u8>,
    mode: u32,
    link: Vec<u8>,
    contents: Vec<u8>,
}

fn file(path: &str, mode: u32, contents: &str) -> Member {
    let (path, link, contents) = (path.into(), Vec::new(), contents.into());
    Member { kind: EntryType::Regular, path, mode, link, contents }
}

fn directory(path: &str) -> Member {
    Member { kind: EntryType::Directory, ..file(path, 0o775, "") }
}

fn link(path: &str, target: &str) -> Member {
    Member { kind: EntryType::Symlink, link: target.into(), ..file(path, 0o777, "") }
}

fn of_kind(kind: EntryType, path: &str, contents: &str) -> Member {
    Member { kind, ..file(path, 0o664, contents) }
}

fn tar(members: &[Member]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for member in members {
        let mut header = Header::new_ustar();
        header.set_entry_type(member.kind);
        header.set_mode(member.mode);
        header.set_size(member.contents.len() as u64);
        header.set_mtime(1_700_000_000);
        let old = header.as_old_mut();
        old.name[..member.path.len()].copy_from_slice(&member.path);
        old.linkname[..member.link.len()].copy_from_slice(&member.link);
        header.set_cksum();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(&member.contents);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

fn gz(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const LONG: &str = "a-directory-with-a-name-that-is-rather-long/and-another-one-below-it-that-is-no-shorter/f.c";

/// As `git archive --prefix=thing-abc/ | gzip` writes it: a global header with the commit's name, a path that needs a
/// header of its own, directories with a slash.
fn members() -> Vec<Member> {
    let comment = "52 comment=0123456789012345678901234567890123456789\n";
    let long = format!("thing-abc/{LONG}");
    let record = format!(" path={long}\n");
    let length = (record.len()..).find(|n| n.to_string().len() + record.len() == *n).unwrap();
    vec![
        of_kind(EntryType::XGlobalHeader, "pax_global_header", comment),
        directory("thing-abc/"),
        file("thing-abc/README", 0o664, "read me\n"),
        directory("thing-abc/bin/"),
        file("thing-abc/bin/run", 0o775, "#!/bin/sh\n"),
        // Executable for the group alone, which is not the bit that counts.
        file("thing-abc/bin/not", 0o654, ""),
        link("thing-abc/bin/tool", "run"),
        link("thing-abc/away", "/etc/passwd"),
        link("thing-abc/up", "../../.."),
        of_kind(EntryType::XHeader, "thing-abc/x.paxheader", &format!("{length}{record}")),
        file("thing-abc/shortened", 0o664, "int f;\n"),
        file("thing-abc/no-entry-of-its-own/g.c", 0o664, "int g;\n"),
    ]
}

fn node(entries: impl IntoIterator<Item = (&'static str, Node)>) -> Node {
    Node::Directory(entries.into_iter().map(|(name, node)| (name.as_bytes().to_vec(), node)).collect())
}

/// What [`members`] unpack to.
fn tree() -> Node {
    let text = |executable, text: &str| Node::File { executable, bytes: text.into() };
    let to = |target: &str| Node::Symlink(target.into());
    let [outer, inner, name] = LONG.split('/').collect::<Vec<_>>().try_into().unwrap();
    node([
        ("README", text(false, "read me\n")),
        ("bin", node([("run", text(true, "#!/bin/sh\n")), ("not", text(false, "")), ("tool", to("run"))])),
        ("away", to("/etc/passwd")),
        ("up", to("../../..")),
        (outer, node([(inner, node([(name, text(false, "int f;\n"))]))])),
        ("no-entry-of-its-own", node([("g.c", text(false, "int g;\n"))])),
    ])
}

fn pin() -> Sha256 {
    tree().hash().0
}

fn archive(level: u32) -> Vec<u8> {
    gz(&tar(&members()), level)
}

fn unpacked(members: &[Member], limits: &Limits) -> Result<(), UnpackError> {
    let directory = tempfile::tempdir().unwrap();
    let into = directory.path().join("tree");
    let result = unpack(gz(&tar(members), 6).as_slice(), &into, limits);
    // Whatever is in the archive, it is in that directory or nowhere.
    assert!(fs::read_dir(directory.path()).unwrap().all(|entry| entry.unwrap().path() == into));
    result
}

#[test]
fn a_tree_is_unpacked_as_nix_hashes_it() {
    let directory = tempfile::tempdir().unwrap();
    let into = directory.path().join("tree");
    unpack(archive(6).as_slice(), &into, &Limits::default()).unwrap();
    assert_eq!(nar::hash_path(&into).unwrap(), tree().hash());
}

#[test]
fn members_that_lead_elsewhere_are_refused() {
    let top = || directory("t/");
    let long_name = "x".repeat(5000);
    let cases: Vec<(Vec<Member>, &str)> = vec![
        (vec![file("/etc/evil", 0o644, "")], "\"/etc/evil\" has an absolute path"),
        (vec![top(), file("t/../../evil", 0o644, "")], "\"t/../../evil\" leads out of the archive with .."),
        (vec![top(), file("../evil", 0o644, "")], "leads out of the archive with .."),
        (vec![top(), directory("t/a/..")], "leads out of the archive with .."),
        (vec![top(), file("t/./a", 0o644, "")], "cannot be the path of a file"),
        (vec![top(), file("t//a", 0o644, "")], "cannot be the path of a file"),
        (vec![top(), file("", 0o644, "")], "cannot be the path of a file"),
        (vec![top(), link("t/l", "/tmp"), file("t/l/evil", 0o644, "")], "leads through a file or a link"),
        (vec![top(), link("t/l", "."), directory("t/l/")], "leads through a file or a link"),
        (vec![top(), link("t/l", "a"), file("t/l", 0o644, "")], "\"t/l\" is there twice"),
        (vec![top(), file("t/a", 0o644, ""), link("t/a", "b")], "is there twice"),
        (vec![top(), directory("t/a"), file("t/a", 0o644, "")], "is there twice"),
        (vec![top(), file("t/a", 0o644, ""), file("t/a/b", 0o644, "")], "leads through a file or a link"),
        (vec![top(), link("t/l", "")], "is a link to nowhere"),
        (vec![top(), file("u/a", 0o644, "")], "stands beside the top directory"),
        (vec![file("a", 0o644, "")], "stands beside the top directory"),
        (vec![link("t", "/tmp"), file("t/a", 0o644, "")], "stands beside the top directory"),
        (vec![top(), of_kind(EntryType::Link, "t/a", "")], "is a hard link"),
        (vec![top(), of_kind(EntryType::Char, "t/a", "")], "is neither a file, a directory nor a symbolic link"),
        (vec![top(), of_kind(EntryType::Fifo, "t/a", "")], "is neither a file"),
        (vec![top(), of_kind(EntryType::GNUSparse, "t/a", "")], "is neither a file"),
        (vec![of_kind(EntryType::GNULongName, "x", &long_name), file("t/a", 0o644, "")], "cannot be the path"),
        (vec![of_kind(EntryType::GNULongName, "x", "../e"), file("t/a", 0o644, "")], "leads out of the archive"),
        (vec![of_kind(EntryType::XHeader, "x", "15 path=/etc/e\n"), file("t/a", 0o644, "")], "has an absolute path"),
        (vec![of_kind(EntryType::XHeader, "x", "12 size=99\n"), file("t/a", 0o644, "")], "cannot be read"),
        (vec![of_kind(EntryType::XHeader, "x", "11 size=99\n"), file("t/a", 0o644, "")], "header does not tell"),
        (vec![of_kind(EntryType::XHeader, "x", &"9".repeat(1 << 17)), top()], "of many kilobytes"),
        (vec![], "it is empty"),
    ];
    for (members, expected) in cases {
        let error = unpacked(&members, &Limits::default()).unwrap_err().to_string();
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

#[test]
fn what_unpacks_to_too_much_is_stopped() {
    let many: Vec<_> = (0..50).map(|i| file(&format!("t/{i}"), 0o644, "x")).collect();
    let large = [file("t/zeros", 0o644, &"\0".repeat(18 << 20))];
    let limits = Limits { members: 50, bytes: 64 << 20, ratio: 2000 };
    unpacked(&many, &limits).unwrap();
    unpacked(&large, &limits).unwrap();
    for (members, limits, expected) in [
        (&many[..], Limits { members: 49, ..limits }, "it unpacks to more than 49 members"),
        (&large[..], Limits { bytes: 17 << 20, ..limits }, "it unpacks to more than 17825792 bytes"),
        (&large[..], Limits { ratio: 100, ..limits }, "it unpacks to more than 100 times its size"),
    ] {
        assert_eq!(unpacked(members, &limits).unwrap_err().to_string(), expected);
    }
}

#[test]
fn what_is_damaged_is_an_error_and_no_panic() {
    let whole = archive(6);
    let unpack = |bytes: &[u8]| {
        let directory = tempfile::tempdir().unwrap();
        let into = directory.path().join("tree");
        unpack(bytes, &into, &Limits::default()).map(|()| nar::hash_path(&into).unwrap().0)
    };
    for bytes in [&b""[..], b"not an archive", &whole[..20], &whole[..whole.len() / 2], &gz(b"not a tar", 6)] {
        let error = unpack(bytes).unwrap_err();
        assert!(matches!(error, UnpackError::Read { .. } | UnpackError::Empty), "{error}");
    }
    // One byte at a time: an error, or a tree with another hash, or none that matters.
    let plain = tar(&members());
    for at in (0..plain.len()).step_by(29) {
        let mut bytes = plain.clone();
        bytes[at] ^= 0x55;
        let _ = unpack(&gz(&bytes, 1));
    }
}

/// A reader that stops at the first end takes another tree from these than one that goes on.
#[test]
fn nothing_may_follow_an_archive() {
    let plain = tar(&members());
    let end = plain.iter().rposition(|byte| *byte != 0).unwrap() / 512 * 512 + 512;
    let (whole, hidden) = (plain[..end].to_vec(), tar(&[file("t/hidden", 0o755, "hidden")]));
    let result = |bytes: &[u8]| {
        let directory = tempfile::tempdir().unwrap();
        let into = directory.path().join("tree");
        unpack(bytes, &into, &Limits::default()).map(|()| nar::hash_path(&into).unwrap().0)
    };
    let zeros = |blocks: usize| vec![0; 512 * blocks];
    for blocks in [1, 2, 3, 20] {
        assert_eq!(result(&gz(&[whole.clone(), zeros(blocks)].concat(), 6)).unwrap(), pin(), "{blocks}");
        let bytes = [whole.clone(), zeros(blocks), hidden.clone()].concat();
        assert!(matches!(result(&gz(&bytes, 6)), Err(UnpackError::Follows)), "{blocks}");
    }
    let second = [gz(&plain, 6), gz(&hidden, 6)].concat();
    assert!(matches!(result(&second), Err(UnpackError::Follows)));
    assert!(result(&[gz(&plain, 6), b"more".to_vec()].concat()).is_err());
    // The checksum stands behind the last byte.
    let mut wrong = gz(&plain, 6);
    let checksum = wrong.len() - 8;
    wrong[checksum] ^= 1;
    assert!(result(&wrong).is_err());
}

fn wanted(urls: Vec<String>) -> Wanted {
    let (name, file) = ("thing-1.0".into(), "thing-abc.tar.gz".into());
    Wanted { name, file, hash: pin().into(), tree: true, size: None, urls }
}

fn fetch(urls: Vec<String>, into: &Path, from: &[PathBuf], options: &Options) -> Result<Fetched, FetchError> {
    fetch_all(&[wanted(urls)], into, from, &mirrors(), options).pop().unwrap()
}

fn listing(directory: &Path) -> BTreeMap<String, u64> {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len())).collect()
}

fn only(name: &str, bytes: &[u8]) -> BTreeMap<String, u64> {
    BTreeMap::from([(name.to_owned(), bytes.len() as u64)])
}

#[test]
fn a_tree_counts_by_what_it_unpacks_to_whatever_its_archive_is() {
    let directory = tempfile::tempdir().unwrap();
    let (first, second) = (archive(9), archive(1));
    assert_ne!(first, second);
    for bytes in [first, second] {
        let into = directory.path().join(bytes.len().to_string());
        let server = Server::of(&bytes);
        let fetched = fetch(vec![server.url("x")], &into, &[], &options()).unwrap();
        assert_eq!((fetched.downloaded, &fetched.path), (bytes.len() as u64, &into.join("thing-abc.tar.gz")));
        let unpacked = fetched.tree.unwrap();
        assert_eq!(nar::hash_path(&unpacked.path()).unwrap().0, pin());
        let place = unpacked.path();
        drop(unpacked);
        assert!(!place.exists());
        assert_eq!(listing(&into), only("thing-abc.tar.gz", &bytes));

        let again = fetch(vec![server.url("x")], &into, &[], &options()).unwrap();
        assert_eq!((again.downloaded, &again.path, server.requests()), (0, &into.join("thing-abc.tar.gz"), 1));
        assert_eq!(nar::hash_path(&again.tree.unwrap().path()).unwrap().0, pin());
    }
}

#[test]
fn another_tree_is_refused_with_both_hashes() {
    let directory = tempfile::tempdir().unwrap();
    let mut members = members();
    members.push(file("thing-abc/more", 0o644, ""));
    let other = gz(&tar(&members), 6);
    let server = Server::new(move |seen, _| match seen.path.as_str() {
        "other" => whole(&other),
        "page" => whole(b"<html>log in first</html>"),
        "evil" => whole(&gz(&tar(&[file("thing/../../evil", 0o644, "")]), 6)),
        _ => empty("404 Not Found"),
    });
    let urls = ["other", "page", "evil", "gone"].map(|path| server.url(path)).to_vec();
    let error = fetch(urls, directory.path(), &[], &options()).unwrap_err();
    let text = Report::of(&error).to_string();
    let FetchError::Unavailable { attempts, .. } = error else { panic!("{text}") };
    assert!(matches!(attempts[0].failure, Failure::Tree { expected, .. } if expected == pin()), "{text}");
    for expected in [
        "cannot fetch thing-1.0: no address gave thing-abc.tar.gz".to_owned(),
        format!("{}: hash mismatch of what it unpacks to: expected {}, got sha256-", server.url("other"), pin()),
        format!("{}: cannot be unpacked: it cannot be read as a gzip-compressed tar archive", server.url("page")),
        "cannot be unpacked: its member \"thing/../../evil\" leads out of the archive with ..".to_owned(),
        "HTTP status 404".to_owned(),
        "hint: put the file into a directory DIR and run crossloom fetch --from DIR".to_owned(),
    ] {
        assert!(text.contains(&expected), "{expected}\n{text}");
    }
    assert_eq!(server.requests(), 4, "bits that are whole and wrong are not asked for twice");
    assert_eq!(listing(directory.path()), BTreeMap::new());
}

#[test]
fn a_cut_transfer_is_resumed_and_bits_of_two_archives_are_not_taken_for_one() {
    let (first, second) = (archive(1), archive(9));
    let half = first.len() / 2;
    // The host made the archive anew in between: once it gives a range of the other one.
    for (rest, requests) in [(first.clone(), 2), (second.clone(), 3)] {
        let directory = tempfile::tempdir().unwrap();
        let start = first.clone();
        let served = rest.clone();
        let server = Server::new(move |seen, n| match n {
            0 => Answer::Full("200 OK", vec![server::length(start.len())], start[..half].to_vec()),
            _ => ranged(seen, &served),
        });
        fetch(vec![server.url("x")], directory.path(), &[], &options()).unwrap();
        assert_eq!((server.requests(), listing(directory.path())), (requests, only("thing-abc.tar.gz", &rest)));
    }
}

#[test]
fn directories_are_looked_into_and_filled() {
    let directory = tempfile::tempdir().unwrap();
    let [wrong, medium, into] = ["wrong", "medium", "into"].map(|name| directory.path().join(name));
    for (place, bytes) in [(&wrong, b"something else".to_vec()), (&medium, archive(6))] {
        fs::create_dir(place).unwrap();
        fs::write(place.join("thing-abc.tar.gz"), bytes).unwrap();
    }
    let from = [wrong.clone(), medium.clone()];
    let found = fetch(vec![], &into, &from, &options()).unwrap();
    assert_eq!((&found.path, found.downloaded), (&medium.join("thing-abc.tar.gz"), 0));
    assert_eq!(nar::hash_path(&found.tree.unwrap().path()).unwrap().0, pin());
    assert_eq!(listing(&into), BTreeMap::new(), "nothing is kept unless it is asked for");

    let collected = fetch(vec![], &into, &from, &Options { collect: true, ..options() }).unwrap();
    assert_eq!(collected.path, into.join("thing-abc.tar.gz"));
    assert!(collected.tree.is_none());
    assert_eq!(listing(&into), only("thing-abc.tar.gz", &archive(6)));
    // And what was collected will do elsewhere.
    let there = fetch(vec![], &directory.path().join("elsewhere"), &[into], &options()).unwrap();
    assert!(there.tree.is_some());
}

/// A tree is unpacked in the cache. That there is no room for it says nothing of the file that is there.
#[test]
fn what_cannot_be_unpacked_here_is_no_bad_file() {
    let directory = tempfile::tempdir().unwrap();
    let (medium, taken) = (directory.path().join("medium"), directory.path().join("taken"));
    fs::create_dir(&medium).unwrap();
    fs::write(medium.join("thing-abc.tar.gz"), archive(6)).unwrap();
    fs::write(&taken, "").unwrap();
    let server = Server::of(&archive(6));
    let error = fetch(vec![server.url("x")], &taken.join("cache"), &[medium], &options()).unwrap_err();
    assert!(matches!(&error, FetchError::Write { action: "unpack", .. }), "{error}");
    assert_eq!(server.requests(), 0);
}

/// The real Nix gives a rendered derivation the path that the unpacked tree gets, and hashes it alike.
#[test]
fn a_tree_is_where_a_derivation_looks_for_it() {
    let Some(store) = Store::new() else { return };
    let name = StoreName::new("thing-abc").unwrap();
    let seed = project::repository().join("overlays/seed");
    let expression = format!(
        "let lock = builtins.fromJSON (builtins.readFile {}/generator/data/seeds/bookworm-x86_64-linux.json); \
         scope = import {}/default.nix {{ inherit lock; }}; \
         of = args: (scope.fetchzip ({{ name = \"thing-abc\"; hash = \"{}\"; }} // args)).outPath; \
         in [ (of {{ url = \"https://example.org/x.tar.gz\"; }}) (of {{ urls = [ \"https://example.org/y\" ]; }}) ]",
        project::repository().display(),
        seed.display(),
        pin()
    );
    let expected = fixed_output_path(&name, Method::Recursive, pin());
    let paths = store.evaluate(&expression);
    assert_eq!(paths, serde_json::json!([expected.to_string(), expected.to_string()]));

    let cache = store.path("cache");
    let server = Server::of(&archive(6));
    let mut tree = fetch(vec![server.url("x")], &cache, &[], &options()).unwrap().tree.unwrap();
    tree.rename(&name).unwrap();
    let added = store.nix.add_fixed(&tree.path(), &name, Method::Recursive).unwrap();
    assert_eq!(added, expected);
    assert_eq!(nar::hash_path(&store.real(&added)).unwrap().0, pin());
}
