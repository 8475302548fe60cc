//! Mutated files of a Debian archive: never a panic, never a hang, and what is taken from them is what they say.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::archives::{self, Item, items, link, xz};
use super::mutate::{self, CASES, Rng, told};
use crate::seed::Tier;
use crate::seed::control::stanzas;
use crate::seed::date::seconds;
use crate::seed::deb::{busybox_nar, busybox_of};
use crate::seed::index::Index;
use crate::seed::lock::{is_pool_path, store_name};
use crate::seed::relation::{Operator, parse_relations};
use crate::seed::release::{Release, clear_text};
use crate::seed::resolve::resolve;
use crate::seed::signature::judge;
use crate::seed::version::compare_versions;

/// Parts of control data.
const CONTROL: &[&str] = &[
    "Package: ",
    "Version: ",
    "Architecture: ",
    "Depends: ",
    "Pre-Depends: ",
    "Provides: ",
    "Filename: ",
    "Size: ",
    "SHA256: ",
    "Package: gcc\n",
    "amd64",
    "all",
    "gcc",
    "libc6",
    "awk",
    "mawk",
    "gawk",
    " | ",
    ", ",
    " (>= 1)",
    " (= 2)",
    " (<< 1~)",
    "(",
    ")",
    ":any",
    ":amd64",
    ":",
    "\n",
    "\n\n",
    "\n ",
    "\n\t",
    " ",
    "\r\n",
    "~",
    "-",
    "+",
    ".",
    "1:",
    "0",
    "99999999999999999999",
    "#",
    "\0",
    "é",
    "\u{85}",
    "\u{2028}",
    "[amd64]",
    "<!nocheck>",
];

const INDEX: &str = "Package: gcc\nVersion: 4:12.2.0-3\nArchitecture: amd64\nDepends: libc6 (>= 2.36), awk | gawk, cpp:any\n\
    Filename: pool/main/g/gcc/gcc_12.2.0-3_amd64.deb\nSize: 5216\n\
    SHA256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\nDescription: a compiler\n .\n with a text\n\n\
    Package: libc6\nVersion: 2.36-9\nArchitecture: amd64\nPre-Depends: cpp\nProvides: libc6-2.36 (= 2.36), libc\nSize: 1\n\n\
    Package: mawk\nVersion: 1.3.4~20200120-3\nArchitecture: amd64\nProvides: awk\nDepends: libc6 | nothing\n\n\
    Package: gawk\nVersion: 1:5.2\nArchitecture: amd64\nProvides: awk (= 5)\n\n\
    Package: cpp\nVersion: 4:12.2.0-3\nArchitecture: all\nDepends: gcc\n\nPackage: cpp\nVersion: 4:12.1\nArchitecture: all\n";

#[test]
fn mutated_indices() {
    let corpus = [INDEX.as_bytes().to_vec()];
    mutate::run_texts("Debian's Packages", CASES / 2, &corpus, CONTROL, |text| {
        let (mut last, mut fields) = (0, 0);
        for stanza in stanzas(text) {
            assert!(stanza.line > last, "line {} after {last}", stanza.line);
            last = stanza.line;
            fields += stanza.fields().count();
        }
        assert!(last <= text.lines().count() && fields <= text.lines().count());
        let index = match Index::parse(text, "amd64", "Packages") {
            Ok(index) => index,
            Err(error) => {
                told(&error);
                return false;
            }
        };
        let assumed = BTreeSet::from(["dpkg"]);
        match resolve(&index, "bookworm", &[(Tier::Base, &["gcc", "gawk | mawk"])], &assumed) {
            Ok(chosen) => {
                for name in chosen.keys() {
                    let package = index.get(name).unwrap();
                    assert_eq!(package.name, *name);
                    // A closure: every relation of what is in it is met by what is in it.
                    for relation in index.relations(package).unwrap() {
                        let met = relation.alternatives.iter().any(|alternative| {
                            assumed.contains(alternative.name)
                                || index.candidates(alternative).iter().any(|name| chosen.contains_key(name))
                        });
                        assert!(met, "{name}: {relation}");
                    }
                    match index.file(package) {
                        Ok((size, _)) => assert!(text.contains(&size.to_string())),
                        Err(error) => told(&error),
                    }
                }
                assert!(chosen.contains_key("gcc") || index.get("gcc").is_none());
                true
            }
            Err(error) => {
                told(&error);
                false
            }
        }
    })
    .balanced();
}

#[test]
fn mutated_relations() {
    let corpus =
        ["libc6 (>= 2.36), awk | gawk (<< 1:5~), cpp:any", "a (= 1), b (>> 2.0-1) | c:native (<= 3), d", "x,y , z|w,"];
    let corpus = corpus.map(|text| text.as_bytes().to_vec());
    mutate::run_texts("Debian's relations", CASES, &corpus, CONTROL, |text| match parse_relations(text) {
        Ok(relations) => {
            let printed: Vec<String> = relations.iter().map(ToString::to_string).collect();
            let printed = printed.join(", ");
            assert_eq!(parse_relations(&printed).as_ref(), Ok(&relations), "{printed}");
            for alternative in relations.iter().flat_map(|relation| &relation.alternatives) {
                assert!(text.contains(alternative.name));
                if let Some((operator, version)) = alternative.version {
                    assert_eq!(
                        operator.holds(version, version),
                        !matches!(operator, Operator::Earlier | Operator::Later)
                    );
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

/// Three texts that differ little are in one order, whichever two of them are looked at.
#[test]
fn mutated_versions() {
    let corpus = ["1:2.36-9+deb12u4", "12.2.0-14", "1.3.4~20200120-3.1", "0.0", "1.0-0", "2:8.39-15"];
    let corpus = corpus.map(|text| text.as_bytes().to_vec());
    let tokens = ["~", "~~", "-", "--", ":", "0", "00", "a", "Z", "+", ".", "1", "9", "é", " ", "-0", "0:"];
    let make = |rng: &mut Rng| {
        let first = mutate::mutate(rng, &corpus, &tokens);
        let near = [first.clone().into_bytes()];
        let others = [(); 2].map(|()| mutate::mutate(rng, &near, &tokens));
        format!("{first}\0{}\0{}", others[0], others[1]).into_bytes()
    };
    mutate::run("Debian's versions", CASES, make, |bytes| {
        let text = std::str::from_utf8(bytes).unwrap();
        let mut versions: Vec<&str> = text.split('\0').collect();
        for a in &versions {
            assert_eq!(compare_versions(a, a), Ordering::Equal);
            for b in &versions {
                assert_eq!(compare_versions(a, b), compare_versions(b, a).reverse(), "{a:?} {b:?}");
            }
        }
        versions.sort_by(|a, b| compare_versions(a, b));
        for (at, a) in versions.iter().enumerate() {
            assert!(versions[at..].iter().all(|b| compare_versions(a, b).is_le()), "{versions:?}");
        }
        // The name of its file in the store is a name whatever the version is, once that is a version.
        let _ = store_name("x", versions[0]);
        compare_versions(versions[0], versions[versions.len() - 1]) == Ordering::Less
    })
    .balanced();
}

const RELEASE: &str = "Origin: Debian\nSuite: oldstable\nVersion: 12.15\nCodename: bookworm\n\
    Date: Sat, 11 Jul 2026 10:16:37 UTC\nValid-Until: Sat, 18 Jul 2026 10:16:37 UTC\nAcquire-By-Hash: yes\nSHA256:\n \
    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 0 main/binary-amd64/Packages\n \
    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855    10485760 main/binary-amd64/Packages.xz\n";

#[test]
fn mutated_releases() {
    let signed = format!(
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{RELEASE}-----BEGIN PGP SIGNATURE-----\n\nabc=\n=x\n\
         -----END PGP SIGNATURE-----\n"
    );
    let corpus = [signed.into_bytes()];
    let tokens = [
        CONTROL,
        &[
            "-----BEGIN PGP SIGNED MESSAGE-----",
            "-----BEGIN PGP SIGNATURE-----",
            "-----END PGP SIGNATURE-----",
            "- ",
            "-----",
            "Hash: ",
            "Suite: ",
            "Codename: ",
            "Date: ",
            "Valid-Until: ",
            "SHA256:\n",
            "MD5Sum:",
            "Jul",
            "Feb",
            "31",
            "2026",
            "UTC",
            "GMT",
            "+0000",
            "10:16:37",
            "24:00:00",
            "23:59:60",
        ],
    ]
    .concat();
    mutate::run_texts("Debian's InRelease", CASES, &corpus, &tokens, |text| {
        let body = match clear_text(text) {
            Ok(body) => body,
            Err(problem) => {
                assert!(!problem.trim().is_empty());
                return false;
            }
        };
        // Nothing that stands outside of what is signed is part of it, and signing it again gives the same.
        let inside = text.split_once("\n").map_or("", |(_, rest)| rest);
        let lines: BTreeSet<&str> = inside.lines().map(|line| line.trim_end()).collect();
        let is_there = |line: &str| lines.contains(line) || lines.contains(format!("- {line}").as_str().trim_end());
        assert!(body.lines().all(|line| is_there(line) || line.is_empty()), "{body}");
        let escaped: String =
            body.lines().map(|line| if line.starts_with('-') { format!("- {line}\n") } else { format!("{line}\n") }).collect();
        let again = format!(
            "-----BEGIN PGP SIGNED MESSAGE-----\n\n{escaped}-----BEGIN PGP SIGNATURE-----\n-----END PGP SIGNATURE-----\n"
        );
        assert_eq!(clear_text(&again).as_ref(), Ok(&body));
        match Release::parse(&body, "InRelease") {
            Ok(release) => {
                let fields = [&release.codename, &release.suite, &release.version, &release.date];
                assert!(fields.iter().all(|field| !field.is_empty() && !field.contains(char::is_control)));
                assert!(fields.iter().all(|field| body.contains(field.as_str())));
                assert!(release.files.keys().all(|path| !path.is_empty() && !path.contains(char::is_whitespace)));
                // Between the years 0 and 9999.
                let dates = [Some(&release.date), release.valid_until.as_ref()];
                let dates = dates.into_iter().flatten().filter_map(|date| seconds(date));
                dates.for_each(|date| assert!((-63_000_000_000..254_000_000_000).contains(&date), "{date}"));
                true
            }
            Err(error) => {
                told(&error);
                false
            }
        }
    })
    .balanced();
}

/// What gpgv says: without a good signature over a digest that is trusted, none of it is a yes.
#[test]
fn mutated_signature_reports() {
    let good = "[GNUPG:] NEWSIG\n[GNUPG:] KEY_CONSIDERED AB 0\n[GNUPG:] SIG_ID x 2026-01-01 1\n\
        [GNUPG:] GOODSIG 6ED0E7B82643E131 Debian Archive <ftpmaster@example.org>\n\
        [GNUPG:] VALIDSIG AB 2026-01-01 1 0 4 0 1 8 01 AB\n";
    let others = "[GNUPG:] NEWSIG\n[GNUPG:] ERRSIG F8D2585B8783D481 1 8 01 1 9 -\n[GNUPG:] NO_PUBKEY F8D2585B8783D481\n\
        [GNUPG:] EXPKEYSIG 1 x\n[GNUPG:] BADSIG 1 x\n[GNUPG:] VALIDSIG AB 2026-01-01 1 0 4 0 1 2 01 AB\n";
    let corpus = [good, good, others, "[GNUPG:] NODATA 1\n"].map(|text| text.as_bytes().to_vec());
    let tokens = [
        "[GNUPG:] ",
        "NEWSIG\n",
        "GOODSIG ",
        "VALIDSIG ",
        "BADSIG ",
        "ERRSIG ",
        "EXPSIG ",
        "REVKEYSIG ",
        "NO_PUBKEY ",
        "8",
        "2",
        "1",
        "10",
        " ",
        "\n",
        "\r\n",
        "é",
    ];
    mutate::run_texts("gpgv's report", CASES, &corpus, &tokens, |text| match judge(text) {
        Ok(()) => {
            let lines: Vec<Vec<&str>> = text
                .lines()
                .filter_map(|line| line.strip_prefix("[GNUPG:] "))
                .map(|line| line.split_whitespace().collect())
                .collect();
            let word = |line: &Vec<&str>| line.first().copied().unwrap_or_default().to_owned();
            let good = lines.iter().position(|line| word(line) == "GOODSIG" && line.len() > 1);
            let valid = lines.iter().rposition(|line| {
                word(line) == "VALIDSIG" && line.get(8).is_some_and(|digest| ["8", "9", "10", "11"].contains(digest))
            });
            assert!(good.zip(valid).is_some_and(|(good, valid)| good < valid), "{text}");
            assert!(lines.iter().all(|line| word(line) != "BADSIG"), "{text}");
            true
        }
        Err((problem, hint)) => {
            assert!(!problem.trim().is_empty() && !hint.is_empty());
            false
        }
    })
    .balanced();
}

#[test]
fn mutated_pool_paths() {
    let corpus = ["pool/main/g/gcc-12/gcc-12_12.2.0-14_amd64.deb", "pool/main/libx/x_1%3a2~b_all.deb"];
    let corpus = corpus.map(|text| text.as_bytes().to_vec());
    let tokens =
        ["/", "..", "../", "%2e%2e", "%2f", "%252e", "%", "\\", ".deb", "pool/", ".", "é", "\0", " ", ":", "25"];
    mutate::run_texts("paths in a pool", CASES, &corpus, &tokens, |text| {
        let good = is_pool_path(text);
        if good {
            assert!(text.starts_with("pool/") && text.ends_with(".deb") && text.is_ascii() && text.len() <= 300);
            let url = reqwest::Url::parse("http://m.example.org/debian/").unwrap().join(text).unwrap();
            assert!(url.path().starts_with("/debian/pool/") && url.path().split('/').all(|part| part != ".."), "{url}");
        }
        good
    })
    .balanced();
}

/// Each case packs and unpacks.
const PACKAGES: u64 = 4000;

fn ar(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut out = b"!<arch>\n".to_vec();
    for (name, data) in members {
        out.extend(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 100_644, data.len()).bytes());
        out.extend(data);
        if data.len() % 2 == 1 {
            out.push(b'\n');
        }
    }
    out
}

fn busybox() -> Vec<u8> {
    archives::tar(&items([
        ("./", Item::Directory),
        ("./bin/", Item::Directory),
        ("./bin/busybox", Item::Program(b"\x7fELF busybox".to_vec())),
        ("./usr/share/doc/x", archives::file("text")),
        ("./bin/sh", link("busybox")),
    ]))
}

fn taken(bytes: &[u8]) -> bool {
    match busybox_of(bytes) {
        Ok(program) => {
            assert!(program.len() <= 64 << 20);
            busybox_nar(&program);
            true
        }
        Err(problem) => {
            assert!(!problem.trim().is_empty() && problem.len() < 10_000);
            false
        }
    }
}

#[test]
fn mutated_packages() {
    let whole =
        ar(&[("debian-binary", b"2.0\n".to_vec()), ("control.tar.xz", xz(b"x")), ("data.tar.xz", xz(&busybox()))]);
    let plain = ar(&[("debian-binary/", b"2.0\n".to_vec()), ("data.tar/", busybox())]);
    let tokens = [
        "!<arch>\n",
        "`\n",
        "data.tar.xz     ",
        "data.tar        ",
        "0         ",
        "99999999  ",
        "-1        ",
        "/",
        "\n",
    ];
    mutate::run_bytes("a .deb", PACKAGES, &[whole, plain], &tokens, taken).balanced();
}

/// The tar file in a package, with headers whose checksums are right, in a package that is whole.
#[test]
fn mutated_members_of_packages() {
    let corpus = [busybox()];
    let tokens = [
        "bin/busybox",
        "usr/bin/busybox",
        "./",
        "../",
        "/",
        "\0",
        "0",
        "1",
        "2",
        "5",
        "L",
        "K",
        "x",
        "g",
        "S",
        "77777777777",
        "00000000010",
        "ustar",
        "path=bin/busybox",
        "20 path=bin/busybox\n",
        "size=9999999",
        "GNU.sparse.size=9",
    ];
    let make = |rng: &mut Rng| {
        let mut tar = mutate::mutate_bytes(rng, &corpus, &tokens);
        archives::mend_tar(&mut tar);
        match rng.below(3) {
            0 => ar(&[("data.tar", tar)]),
            _ => {
                let mut packed = xz(&tar);
                // The end of xz: its index and its footer.
                if rng.below(8) == 0 {
                    let at = packed.len() - 1 - rng.below(40.min(packed.len()));
                    packed[at] ^= 1 << rng.below(8);
                }
                ar(&[("debian-binary", b"2.0\n".to_vec()), ("data.tar.xz", packed)])
            }
        }
    };
    mutate::run("a .deb's data.tar", PACKAGES, make, taken).balanced();
}
