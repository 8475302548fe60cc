//! The seed: from a fake archive to a lock, offline.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::server::{Answer, Server, length, options};
use super::temporary_store;
use crate::nix::hash::Sha256;
use crate::platform::{Seed, Suite, System};
use crate::report::Report;
use crate::seed::archive::Archive;
use crate::seed::control::stanzas;
use crate::seed::deb::{busybox_nar, busybox_of};
use crate::seed::error::SeedError;
use crate::seed::index::Index;
use crate::seed::lock::{SeedPackage, is_pool_path, store_name};
use crate::seed::relation::{Operator, parse_relations};
use crate::seed::release::{Release, clear_text};
use crate::seed::resolve::resolve;
use crate::seed::roots::ASSUMED;
use crate::seed::version::compare_versions;
use crate::seed::{Age, HttpArchive, ROOTS, Request, SeedLock, Tier, check_signature, extract_busybox, lock};
use crate::word::Word;
use proptest::prelude::*;

/// Those that have a seed.
const SYSTEMS: [System; 2] = [System::X86_64Linux, System::Aarch64Linux];

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/seed").join(name)
}

/// Whether a program that a test needs is there; says so where it is not.
fn have(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok();
    if !there {
        assert!(program != "nix-store" || !temporary_store::required(), "there is no {program}");
        let _ = writeln!(std::io::stderr(), "SKIP: there is no {program}");
    }
    there
}

// Versions. Every line was checked with `dpkg --compare-versions`.

#[test]
fn versions_compare_as_dpkg_compares_them() {
    let table = [
        ("1.0", Ordering::Equal, "1.0-0"),
        ("1.00", Ordering::Equal, "1.0"),
        ("0:1", Ordering::Equal, "1"),
        ("1.0~rc1", Ordering::Less, "1.0"),
        ("1.0~rc1", Ordering::Greater, "1.0~beta9"),
        ("1:0.1", Ordering::Greater, "2.0"),
        ("1.0a", Ordering::Less, "1.0+"),
        ("2.36-9+deb12u14", Ordering::Greater, "2.36-9+deb12u9"),
        ("1.2-3-4", Ordering::Greater, "1.2-4"),
        ("~~", Ordering::Less, "~~a"),
        ("1.0.~", Ordering::Less, "1.0."),
        ("1.0+b1", Ordering::Greater, "1.0"),
        ("1.2a", Ordering::Less, "1.2.1"),
        ("99999999999999999999999999", Ordering::Less, "99999999999999999999999999.1"),
        ("100000000000000000000000000", Ordering::Greater, "99999999999999999999999999"),
    ];
    for (a, order, b) in table {
        assert_eq!(compare_versions(a, b), order, "{a} {b}");
        assert_eq!(compare_versions(b, a), order.reverse(), "{b} {a}");
    }
}

proptest! {
    #[test]
    fn comparison_is_a_total_preorder(versions in prop::collection::vec("[0-2a~+.:é-]{0,7}", 3)) {
        let [a, b, c] = &versions[..] else { unreachable!() };
        prop_assert_eq!(compare_versions(a, a), Ordering::Equal);
        prop_assert_eq!(compare_versions(a, b), compare_versions(b, a).reverse());
        if compare_versions(a, b).is_le() && compare_versions(b, c).is_le() {
            prop_assert!(compare_versions(a, c).is_le());
        }
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in "(\\PC|[\n\t :,|()<>=~-]){0,200}") {
        let _ = parse_relations(&text);
        let _ = clear_text(&text);
        let _ = Release::parse(&text, "Release");
        let _ = Index::parse(&text, "amd64", "Packages");
        let _ = SeedLock::parse(&text, "lock.json");
        let _ = busybox_of(text.as_bytes());
        let _ = stanzas(&text).map(|stanza| stanza.fields().count()).sum::<usize>();
    }

    #[test]
    fn relations_print_as_what_they_were_read_from(
        relations in prop::collection::vec(
            prop::collection::vec("[a-c]{2}(:any)?( \\((>>|>=|=|<=|<<) [0-9][0-9.~]{0,2}\\))?", 1..3),
            1..4,
        ),
    ) {
        let text = relations.iter().map(|it| it.join(" | ")).collect::<Vec<_>>().join(", ");
        let printed = parse_relations(&text).unwrap().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        prop_assert_eq!(printed, text);
    }

    #[test]
    fn a_damaged_deb_never_panics(at in 0usize..4096, byte: u8, cut in 0usize..4096) {
        let mut deb = deb("./bin/busybox", b"#!busybox");
        let length = deb.len();
        deb[at % length] = byte;
        deb.truncate(length - cut % 8 * (cut % length) / 8);
        let _ = busybox_of(&deb);
    }
}

// Relations and control data.

#[test]
fn relations_have_alternatives_qualifiers_and_versions() {
    let relations = parse_relations("libc6 (>= 2.36), perl:any (<<5.38~) | perl5, a:native,\n b(=1:2-3),").unwrap();
    let shown: Vec<_> = relations.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["libc6 (>= 2.36)", "perl:any (<< 5.38~) | perl5", "a:native", "b (= 1:2-3)"]);
    assert_eq!(relations[1].alternatives[0].qualifier, Some("any"));
    assert_eq!(relations[3].alternatives[0].version, Some((Operator::Exactly, "1:2-3")));
}

#[test]
fn what_is_no_relation_is_refused() {
    for text in ["a |", "| a", "a (1.0)", "a (>= )", "a (>= 1", "a b", "a:", ":any", "a [amd64]", "é", "a (>= 1) x"] {
        assert!(parse_relations(text).is_err(), "{text}");
    }
}

#[test]
fn stanzas_keep_continuation_lines_and_know_their_place() {
    let text = "\n\nPackage: a\nDescription: x\n .\n y: z\n\n \nPackage: b\nsize:3\nno field\nLast: \n w";
    let all: Vec<_> = stanzas(text).collect();
    assert_eq!(all.iter().map(|stanza| stanza.line).collect::<Vec<_>>(), [3, 9]);
    assert_eq!(all[0].get("description"), Some("x\n .\n y: z"));
    assert_eq!(all[0].get("y"), None);
    assert_eq!((all[1].get("Size"), all[1].get("Last")), (Some("3"), Some("w")));
}

// The resolver.

/// An index of amd64 packages from `name version | field: value | …` lines.
fn packages(lines: &[&str]) -> String {
    lines.iter().fold(String::new(), |mut text, line| {
        let mut parts = line.split(" / ");
        let (name, version) = parts.next().unwrap().split_once(' ').unwrap();
        writeln!(text, "Package: {name}\nVersion: {version}\nArchitecture: amd64").unwrap();
        writeln!(text, "Filename: pool/main/{name}.deb\nSize: 1\nSHA256: {}", "0".repeat(64)).unwrap();
        parts.for_each(|field| writeln!(text, "{field}").unwrap());
        text + "\n"
    })
}

fn closure(lines: &[&str], roots: &[&str]) -> Result<String, String> {
    let text = packages(lines);
    let index = Index::parse(&text, "amd64", "Packages").map_err(|error| error.to_string())?;
    let assumed = BTreeSet::from(["dpkg", "debconf"]);
    resolve(&index, "bookworm", &[(Tier::Base, roots)], &assumed)
        .map(|chosen| chosen.into_keys().collect::<Vec<_>>().join(" "))
        .map_err(|error| error.to_string())
}

#[test]
fn the_first_alternative_that_can_be_had_is_taken() {
    let lines = ["a 1 / Depends: gone | b (>= 2) | c | d", "b 1", "c 1", "d 1"];
    assert_eq!(closure(&lines, &["a"]).unwrap(), "a c");
}

#[test]
fn what_is_chosen_already_is_preferred() {
    let lines = ["a 1 / Depends: mawk | awk", "mawk 1 / Provides: awk", "gawk 1 / Provides: awk"];
    assert_eq!(closure(&lines, &["a"]).unwrap(), "a mawk");
    // A root counts as chosen whatever the order of the roots.
    assert_eq!(closure(&lines, &["a", "gawk"]).unwrap(), "a gawk");
}

#[test]
fn virtual_packages_have_their_providers_versions() {
    let lines = [
        "a 1 / Depends: v (>= 2)",
        "p 9 / Provides: v",
        "q 9 / Provides: v (= 1)",
        "r 1 / Provides: v (= 2.1)",
        "z 1 / Pre-Depends: v",
    ];
    assert_eq!(closure(&lines, &["a"]).unwrap(), "a r");
    assert_eq!(closure(&lines, &["z"]).unwrap(), "p z");
}

#[test]
fn assumed_packages_are_left_out_with_all_that_they_need() {
    let lines = [
        "a 1 / Pre-Depends: dpkg (>= 99) / Depends: debconf | debconf-2.0, debconf-2.0",
        "dpkg 1 / Depends: x",
        "x 1",
        "cdebconf 1 / Provides: debconf-2.0",
        "debconf 1 / Provides: debconf-2.0",
    ];
    assert_eq!(closure(&lines, &["a"]).unwrap(), "a");
}

#[test]
fn cycles_end_and_architectures_count() {
    let lines = ["a 1 / Depends: b:any, c:i386 | d:amd64", "b 1 / Depends: a", "c 1", "d 1"];
    assert_eq!(closure(&lines, &["a"]).unwrap(), "a b d");
}

#[test]
fn the_newest_of_several_versions_counts() {
    let lines = ["a 1 / Depends: b", "a 2 / Depends: c", "a 1.5 / Depends: b", "b 1", "c 1"];
    assert_eq!(closure(&lines, &["a"]).unwrap(), "a c");
}

#[test]
fn what_cannot_be_had_is_named_with_its_chain() {
    let lines = ["a 1 / Depends: b", "b 1 / Depends: c (>= 2) | v:any", "c 1"];
    assert_eq!(
        closure(&lines, &["a"]).unwrap_err(),
        "nothing in bookworm (amd64) satisfies `c (>= 2) | v:any`, needed by a → b"
    );
    assert_eq!(
        closure(&lines, &["nope"]).unwrap_err(),
        "nothing in bookworm (amd64) satisfies `nope`, needed by the seed's roots"
    );
    assert_eq!(
        closure(&["a 1 / Depends: b c"], &["a"]).unwrap_err(),
        "Packages: line 1 (a): \"b c\" is not a package relation"
    );
}

#[test]
fn tiers_are_branches_over_the_base() {
    let text =
        packages(&["a 1 / Depends: b", "b 1", "c 1 / Depends: b, d", "d 1", "e 1 / Depends: f", "f 1 / Depends: d"]);
    let index = Index::parse(&text, "amd64", "Packages").unwrap();
    let branches: [(Tier, &[&str]); 3] =
        [(Tier::Base, &["a"]), (Tier::Kernel, &["c", "a"]), (Tier::Emulator, &["e", "b"])];
    let mut reversed = branches;
    reversed.reverse();
    // The order of the roots' list has no say, not even for the base.
    for roots in [branches, reversed] {
        let chosen = resolve(&index, "bookworm", &roots, &BTreeSet::new()).unwrap();
        let found: Vec<_> = chosen.iter().map(|(name, why)| (*name, why.tiers.as_slice(), why.parent)).collect();
        let expected: [(&str, &[Tier], Option<&str>); 6] = [
            ("a", &[Tier::Base], None),
            ("b", &[Tier::Base], Some("a")),
            ("c", &[Tier::Kernel], None),
            ("d", &[Tier::Emulator, Tier::Kernel], Some("f")),
            ("e", &[Tier::Emulator], None),
            ("f", &[Tier::Emulator], Some("e")),
        ];
        assert_eq!(found, expected);
    }
}

#[test]
fn a_tier_does_not_see_what_another_one_chose() {
    let lines = ["a 1", "e 1 / Depends: y", "k 1 / Depends: x | y | a2", "x 1", "y 1"];
    let text = packages(&lines);
    let index = Index::parse(&text, "amd64", "Packages").unwrap();
    let tiers_of = |roots: &[(Tier, &[&str])], name: &str| {
        resolve(&index, "bookworm", roots, &BTreeSet::new()).unwrap().get(name).map(|why| why.tiers.clone())
    };
    // With y taken already, the kernel would not take x, and lack both where the emulator is not wanted.
    let roots: [(Tier, &[&str]); 3] = [(Tier::Base, &["a"]), (Tier::Emulator, &["e"]), (Tier::Kernel, &["k"])];
    assert_eq!(tiers_of(&roots, "x"), Some(vec![Tier::Kernel]));
    assert_eq!(tiers_of(&roots, "y"), Some(vec![Tier::Emulator]));
    // What the base chose does count.
    let roots: [(Tier, &[&str]); 2] = [(Tier::Base, &["a", "y"]), (Tier::Kernel, &["k"])];
    assert_eq!((tiers_of(&roots, "x"), tiers_of(&roots, "y")), (None, Some(vec![Tier::Base])));
}

// Signatures.

fn signature(in_release: &[u8], keyring: &Path, gpgv: &str) -> String {
    match check_signature(in_release, "bookworm", keyring, gpgv) {
        Ok(()) => "good".to_owned(),
        Err(error) => Report::of(&error).to_string(),
    }
}

#[test]
fn a_signature_is_good_bad_by_a_stranger_or_absent() {
    if !have("gpgv") {
        return;
    }
    let (message, key) = (std::fs::read(data("InRelease")).unwrap(), data("archive-key.gpg"));
    assert_eq!(signature(&message, &key, "gpgv"), "good");
    let text = String::from_utf8(message.clone()).unwrap();
    let tampered = text.replace("8790396", "8790397");
    assert_ne!(tampered, text);
    let bad = signature(tampered.as_bytes(), &key, "gpgv");
    assert!(bad.contains("its signature by key") && bad.contains("is bad") && bad.contains("hint:"), "{bad}");
    let stranger = signature(&message, &data("other-key.gpg"), "gpgv");
    assert!(stranger.contains("is not known") && stranger.contains("--keyring FILE"), "{stranger}");
    for unsigned in [&b"<html>Please log in</html>"[..], b"", b"Origin: Debian\n"] {
        let none = signature(unsigned, &key, "gpgv");
        assert!(none.contains("it has no signature"), "{none}");
    }
}

/// gpgv takes a signature over SHA-1 for a good one, and says nothing of the key of one over MD5.
#[test]
fn a_signature_over_a_digest_that_can_be_forged_is_refused_for_that() {
    if !have("gpgv") {
        return;
    }
    let key = data("rsa-key.gpg");
    let read = |name| std::fs::read(data(name)).unwrap();
    assert_eq!(signature(&read("InRelease.sha256"), &key, "gpgv"), "good");
    for (name, digest) in [("InRelease.md5", "MD5"), ("InRelease.sha1", "SHA-1")] {
        let refused = signature(&read(name), &key, "gpgv");
        assert!(refused.contains(&format!(" signed it over {digest}, which can be forged")), "{refused}");
    }
    // One good signature is enough.
    assert_eq!(signature(&read("InRelease.sha1+sha256"), &key, "gpgv"), "good");
}

#[test]
fn a_missing_keyring_or_gpgv_is_said_with_what_to_install() {
    let missing = signature(b"", &data("no-such-keyring.gpg"), "gpgv");
    assert!(missing.contains("there is no keyring") && missing.contains("debian-archive-keyring"), "{missing}");
    let missing = signature(b"", &data("archive-key.gpg"), "/nonexistent/gpgv");
    assert!(missing.contains("there is no program") && missing.contains("package gpgv"), "{missing}");
}

#[test]
fn the_signed_text_is_what_gpgv_takes_for_it() {
    let message = std::fs::read_to_string(data("InRelease")).unwrap();
    let text = clear_text(&message).unwrap();
    assert!(text.contains("\n- escaped\n"), "{text}");
    let release = Release::parse(&text, "InRelease").unwrap();
    assert_eq!((release.codename.as_str(), release.version.as_str()), ("bookworm", "12.15"));
    assert_eq!(release.files["main/binary-amd64/Packages.xz"].size, 8_790_396);
    assert_eq!(release.files.len(), 2);
    if have("gpgv") {
        let mut gpgv = Command::new("gpgv");
        gpgv.arg("--keyring").arg(data("archive-key.gpg")).args(["--output", "-"]).arg(data("InRelease"));
        let output = gpgv.output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap().trim_end(), text.trim_end());
    }
}

#[test]
fn text_beside_the_signed_message_is_refused() {
    let message = std::fs::read_to_string(data("InRelease")).unwrap();
    let unescaped = message.replace("- - escaped", "-- escaped");
    let twice = format!("{message}{message}");
    let before = format!("Codename: trixie\n{message}");
    let header = message.replace("Hash: SHA256\n", "Hash: SHA256\nNotDashEscaped: yes\n");
    let cut = message.split("-----BEGIN PGP SIGNATURE").next().unwrap().to_owned();
    for text in [unescaped, twice, before, header, cut, message[..message.len() - 10].to_owned()] {
        assert!(clear_text(&text).is_err(), "{text}");
    }
}

// busybox.

fn deb(path: &str, content: &[u8]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, content) in [("./usr/share/doc/busybox", &b"text"[..]), (path, content)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o755);
        tar.append_data(&mut header, path, content).unwrap();
    }
    let mut packed = liblzma::write::XzEncoder::new(Vec::new(), 1);
    packed.write_all(&tar.into_inner().unwrap()).unwrap();
    let packed = packed.finish().unwrap();
    let mut deb = b"!<arch>\n".to_vec();
    for (name, data) in [("debian-binary", &b"2.0\n"[..]), ("control.tar.xz", b"odd"), ("data.tar.xz", &packed)] {
        writeln!(deb, "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`", 0, 0, 0, 100_644, data.len()).unwrap();
        deb.extend_from_slice(data);
        deb.resize(deb.len().next_multiple_of(2), b'\n');
    }
    deb
}

#[test]
fn busybox_is_taken_out_and_its_nar_hash_is_that_of_nix() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("busybox.deb");
    // Each length takes another padding in the archive.
    for (path, content) in [("./bin/busybox", &b"\x7fELF1234"[..]), ("usr/bin/busybox", b"#!odd")] {
        std::fs::write(&file, deb(path, content)).unwrap();
        let out = dir.path().join("out");
        let program = extract_busybox(&file, &out).unwrap();
        assert_eq!(program, out.join("bin/busybox"));
        assert_eq!(std::fs::read(&program).unwrap(), content);
        assert_eq!(std::fs::read_dir(out.join("bin")).unwrap().count(), 1);
        assert_eq!(busybox_of(&std::fs::read(&file).unwrap()).unwrap(), content);
        if have("nix-store") {
            let dump = Command::new("nix-store").arg("--dump").arg(&out).output().unwrap().stdout;
            assert_eq!(busybox_nar(content), Sha256::of(&dump));
        }
    }
}

/// `nix-store --dump DIR | sha256sum` of the first directory above, for machines without Nix.
#[test]
fn the_nar_hash_of_a_known_busybox() {
    assert_eq!(
        busybox_nar(b"\x7fELF1234").to_hex(),
        "afee530cabe908df65eb8272e4a4c01fea2e48888f0079b7bc61bbbd687a800e"
    );
}

#[test]
fn what_holds_no_busybox_is_refused() {
    let other = deb("./bin/sh", b"x");
    assert_eq!(busybox_of(&other).unwrap_err(), "it has neither bin/busybox nor usr/bin/busybox");
    assert_eq!(busybox_of(b"PK\x03\x04....").unwrap_err(), "it is not a .deb file");
    assert_eq!(busybox_of(&other[..other.len() - 4]).unwrap_err(), "it is cut short");
    assert!(busybox_of(b"!<arch>\n").unwrap_err().contains("no data.tar"));
    let missing = extract_busybox(Path::new("/nonexistent.deb"), Path::new("/nonexistent")).unwrap_err();
    assert_eq!(missing.to_string(), "cannot read /nonexistent.deb");
}

// From an archive to a lock.

/// A directory with bookworm and trixie for amd64.
fn fake_archive(trixie_index: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, bytes: &[u8]| {
        let file = dir.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    };
    let busybox = deb("./bin/busybox", b"\x7fELF1234");
    write("pool/main/busybox-static.deb", &busybox);
    let bookworm = packages(&["libc6 2.36", "libgcc-s1 12", "libstdc++6 12", "patchelf 0.14.3~1"]);
    let bookworm = format!(
        "{bookworm}Package: busybox-static\nVersion: 1:1.35\nArchitecture: amd64\nSize: {}\nSHA256: {}\n\
         Filename: pool/main/busybox-static.deb\n",
        busybox.len(),
        Sha256::of(&busybox).to_hex()
    );
    for (suite, version, index) in [
        ("bookworm", "Version: 12.15\n", bookworm.as_str()),
        ("trixie", "Version: 13.6\n", trixie_index),
        // As Debian's unstable has it.
        ("sid", "", trixie_index),
    ] {
        let mut packed = liblzma::write::XzEncoder::new(Vec::new(), 1);
        packed.write_all(index.as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        let release = format!(
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nSuite: stable\nCodename: {suite}\n{version}\
             Date: Sat, 12 Sep 2026 07:57:47 UTC\nSHA256:\n {} {} main/binary-amd64/Packages.xz\n\
             -----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n",
            Sha256::of(&packed).to_hex(),
            packed.len()
        );
        write(&format!("dists/{suite}/InRelease"), release.as_bytes());
        write(&format!("dists/{suite}/main/binary-amd64/Packages.xz"), &packed);
    }
    dir
}

/// An archive in a directory.
struct DirArchive<'a>(&'a Path);

impl Archive for DirArchive<'_> {
    fn get(&self, path: &str, limit: u64) -> Result<Vec<u8>, SeedError> {
        let path = self.0.join(path);
        let bytes = std::fs::read(&path).map_err(|source| SeedError::Io { action: "read", path, source })?;
        assert!(bytes.len() as u64 <= limit);
        Ok(bytes)
    }
}

const FAKE_ROOTS: [(Tier, &[&str]); 3] =
    [(Tier::Base, &["gcc"]), (Tier::Emulator, &["qemu-user"]), (Tier::Kernel, &["bc"])];

fn fake_index() -> String {
    packages(&[
        "gcc 4:14.2.0-1 / Depends: libc6 (>= 2.41)",
        "qemu-user 1:10.0 / Depends: libfoo1, libc6",
        "bc 1.07 / Depends: libc6, libfoo1",
        "libc6 2.41-12",
        "libfoo1 1.0",
        "other 1",
    ])
}

fn lock_fake(dir: &Path, suite: Seed) -> Result<SeedLock, SeedError> {
    let suite = suite.into();
    lock_aged(dir, suite, Age::default())
}

fn lock_aged(dir: &Path, suite: Suite, age: Age<'_>) -> Result<SeedLock, SeedError> {
    let request = Request { suite, system: System::X86_64Linux, roots: &FAKE_ROOTS, verify: &|_, _| Ok(()), age };
    lock(&request, &DirArchive(dir))
}

/// Signatures do not age: a mirror that is held back serves what was good once.
#[test]
fn an_archive_that_is_older_than_the_lock_or_no_longer_valid_is_refused() {
    let dir = fake_archive(&fake_index());
    let at = |locked: Option<&SeedLock>, now| {
        lock_aged(dir.path(), Suite::Trixie, Age { locked: locked.map_or(&[], std::slice::from_ref), now })
    };
    let lock = at(None, None).unwrap();
    let dated = |date: &str| SeedLock { date: date.to_owned(), ..lock.clone() };
    for date in ["Sat, 12 Sep 2026 07:57:47 UTC", "Fri, 11 Sep 2026 23:57:47 UTC"] {
        at(Some(&dated(date)), None).unwrap();
    }
    let newer = dated("Sat, 12 Sep 2026 07:57:48 UTC");
    let older = Report::of(&at(Some(&newer), None).unwrap_err()).to_string();
    let expected = "dists/trixie/InRelease has the date Sat, 12 Sep 2026 07:57:47 UTC, which is older than the existing lock \
                    (Sat, 12 Sep 2026 07:57:48 UTC)\n\nhint: the mirror";
    assert!(older.starts_with(expected) && older.contains("--allow-older"), "{older}");
    let other = |suite| SeedLock { suite, ..newer.clone() };
    at(Some(&other(Suite::Sid)), None).unwrap();
    // The bootstrap comes from there.
    assert!(matches!(at(Some(&other(Suite::Bookworm)), None), Err(SeedError::Older { .. })));
    assert!(at(Some(&dated("yesterday")), None).is_err());

    // Stable suites have no such line, and are frozen at their end.
    at(None, Some(i64::MAX)).unwrap();
    let file = dir.path().join("dists/trixie/InRelease");
    let text = std::fs::read_to_string(&file).unwrap();
    let until =
        |date: &str| std::fs::write(&file, text.replace("SHA256:\n", &format!("Valid-Until: {date}\nSHA256:\n")));
    until("Sat, 19 Sep 2026 07:57:47 UTC").unwrap();
    let end = 1_789_804_667;
    at(None, Some(end)).unwrap();
    let expired = Report::of(&at(None, Some(end + 1)).unwrap_err()).to_string();
    assert!(expired.starts_with("dists/trixie/InRelease was valid until Sat, 19 Sep 2026 07:57:47 UTC\n"), "{expired}");
    assert!(expired.contains("--allow-expired"), "{expired}");
    at(None, None).unwrap();
    until("soon").unwrap();
    assert!(at(None, Some(0)).is_err());
}

#[test]
fn a_fake_archive_locks_to_its_golden() {
    let dir = fake_archive(&fake_index());
    let lock = lock_fake(dir.path(), Seed::Trixie).unwrap();
    // The digest of the packed busybox depends on liblzma's version, the rest of the lock does not.
    let deb = Sha256::of(&std::fs::read(dir.path().join("pool/main/busybox-static.deb")).unwrap());
    let size = lock.bootstrap[0].size;
    let text = lock.to_json().replace(&deb.to_sri(), "SRI").replace(&format!("\"size\": {size}"), "\"size\": 0");
    let golden = data("lock.json");
    if std::env::var_os("CROSSLOOM_BLESS").is_some() {
        std::fs::write(&golden, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&golden).unwrap(), "bless with CROSSLOOM_BLESS=1");
    assert_eq!(SeedLock::parse(&lock.to_json(), "x").unwrap(), lock);
}

#[test]
fn other_roots_are_locked_from_a_suite_without_a_release() {
    let dir = fake_archive(&fake_index());
    let roots: [(Tier, &[&str]); 1] = [(Tier::Base, &["bc"])];
    let request = Request {
        suite: Suite::Sid,
        system: System::X86_64Linux,
        roots: &roots,
        verify: &|_, _| Ok(()),
        age: Age::default(),
    };
    let lock = lock(&request, &DirArchive(dir.path())).unwrap();
    assert_eq!((lock.suite, lock.release.as_str()), (Suite::Sid, "stable"));
    let names: Vec<_> = lock.packages.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(names, ["bc", "libc6", "libfoo1"]);
    assert_eq!(lock.bootstrap, lock_fake(dir.path(), Seed::Trixie).unwrap().bootstrap);
    assert_eq!(SeedLock::parse(&lock.to_json(), "x").unwrap(), lock);
}

#[test]
fn every_pinned_nix_is_a_lock_of_its_suite() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../checks/nix-versions");
    for suite in Suite::ALL.iter().copied() {
        let name = format!("{suite}-x86_64-linux.json");
        let lock = SeedLock::parse(&std::fs::read_to_string(dir.join(&name)).unwrap(), &name).unwrap();
        assert_eq!((lock.suite, lock.system), (suite, System::X86_64Linux));
        // What makes its tree and what runs in it.
        for package in ["nix-bin", "bash", "libc6", "libgcc-s1", "libstdc++6"] {
            assert!(lock.packages.iter().any(|it| it.name == package), "{name}: {package}");
        }
        let bootstrap = SeedLock::built_in(Seed::Bookworm, System::X86_64Linux).unwrap().bootstrap;
        assert_eq!(lock.bootstrap, bootstrap, "{name}");
    }
}

#[test]
fn every_file_is_checked_before_it_is_read() {
    let index = fake_index();
    let spoil = |path: &str, change: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        let dir = fake_archive(&index);
        let file = dir.path().join(path);
        std::fs::write(&file, change(std::fs::read(&file).unwrap())).unwrap();
        lock_fake(dir.path(), Seed::Trixie).unwrap_err().to_string()
    };
    let longer = |mut bytes: Vec<u8>| {
        bytes.push(0);
        bytes
    };
    let mismatch = spoil("dists/trixie/main/binary-amd64/Packages.xz", &longer);
    assert!(mismatch.contains("Packages.xz is not the file that InRelease names"), "{mismatch}");
    let mismatch = spoil("pool/main/busybox-static.deb", &longer);
    assert!(mismatch.contains("busybox-static.deb is not the file that Packages names"), "{mismatch}");
    let replace = |from: &'static str, to: &'static str| {
        move |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(from, to).into_bytes()
    };
    let other = spoil("dists/trixie/InRelease", &replace("Codename: trixie", "Codename: sid"));
    assert_eq!(other, "dists/trixie/InRelease: Codename is \"sid\", expected trixie");
    let unlisted = spoil("dists/trixie/InRelease", &replace("binary-amd64", "binary-mips"));
    assert_eq!(unlisted, "dists/trixie/InRelease: SHA256 does not list main/binary-amd64/Packages.xz");
    let dir = fake_archive(&index);
    let refused = |_: &[u8], suite: &str| {
        Err(SeedError::Signature { suite: suite.to_owned(), problem: "no".to_owned(), hint: "none" })
    };
    let (suite, system) = (Seed::Trixie, System::X86_64Linux);
    let request = Request { suite: suite.into(), system, roots: &FAKE_ROOTS, verify: &refused, age: Age::default() };
    let error = lock(&request, &DirArchive(dir.path())).unwrap_err();
    assert!(error.to_string().starts_with("dists/trixie/InRelease is not trusted: no"), "{error}");
}

#[test]
fn a_path_that_leaves_the_archive_is_not_followed() {
    let index = fake_index().replace("pool/main/bc.deb", "pool/../../etc/bc.deb");
    let error = lock_fake(fake_archive(&index).path(), Seed::Trixie).unwrap_err().to_string();
    assert!(error.contains("(bc): Filename or Size is out of bounds"), "{error}");
}

#[test]
fn an_absent_file_is_named() {
    let error = lock_fake(Path::new("/nonexistent"), Seed::Bookworm).unwrap_err();
    assert_eq!(error.to_string(), "cannot read /nonexistent/dists/bookworm/InRelease");
}

/// A server of this many answers on a port of its own; gives its address.
fn server(answers: Vec<&'static str>) -> String {
    use std::io::{BufRead, BufReader};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/debian/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    address
}

#[test]
fn a_mirror_that_lacks_a_file_is_passed_over_and_size_is_bounded() {
    const ABSENT: &str = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
    let archive = HttpArchive::new(&[server(vec![ABSENT]), server(vec![HELLO])], &options().http).unwrap();
    assert_eq!(archive.get("dists/x", 5).unwrap(), b"hello");
    let archive = HttpArchive::new(&[server(vec![ABSENT])], &options().http).unwrap();
    let error = archive.get("dists/x", 5).unwrap_err().to_string();
    assert!(error.starts_with("cannot fetch dists/x from the Debian archive: ") && error.contains("404"), "{error}");
    let archive = HttpArchive::new(&[server(vec![HELLO])], &options().http).unwrap();
    let error = archive.get("dists/x", 4).unwrap_err().to_string();
    assert!(error.contains("larger than the 4 bytes that are allowed"), "{error}");
    let error = Report::of(&HttpArchive::new(&[], &options().http).unwrap().get("dists/x", 4).unwrap_err()).to_string();
    assert!(error.contains("no mirror is known") && error.contains("hint:"), "{error}");
}

/// One that accepts connections and says nothing, and one that says little.
#[test]
fn a_mirror_that_hangs_is_given_up() {
    let silent = Server::new(|_, _| Answer::Stall(vec![length(5)], b"he".to_vec()));
    let slow =
        Server::new(|_, _| Answer::Trickle(vec![length(1000)], vec![b"x".to_vec(); 1000], Duration::from_millis(20)));
    let mut http = options().http;
    (http.stall, http.tries) = (Duration::from_millis(300), 1);
    (http.slow_bytes, http.slow_time) = (1000, Duration::from_millis(200));
    let archive = HttpArchive::new(&[silent.base.clone(), slow.base.clone()], &http).unwrap();
    let error = archive.get("dists/x", 1000).unwrap_err().to_string();
    assert!(error.contains(&format!("{}: stalled: nothing arrived for 300 ms", silent.base)), "{error}");
    assert!(error.contains(&format!("{}: too slow: ", slow.base)), "{error}");
}

#[test]
fn a_path_does_not_climb_out_of_the_pool_however_it_is_spelled() {
    assert!(is_pool_path("pool/main/a/a_1%3a2.deb") && is_pool_path("pool/main/a/a..b.deb"));
    for path in ["%2e%2e", "%2E.", ".%2e", "%252e%252e", "a%2f..%2fb", "a%2f%2e%2e%2f", "a%5c..", "a%00b"] {
        let path = format!("pool/main/{path}/a.deb");
        assert!(!is_pool_path(&path), "{path}");
    }
}

// Locks.

#[test]
fn the_built_in_locks_are_whole() {
    for (suite, system) in Seed::ALL.iter().copied().flat_map(|suite| SYSTEMS.map(|system| (suite, system))) {
        let lock = SeedLock::built_in(suite, system).unwrap();
        let place = format!("{suite} {system}");
        assert_eq!((lock.suite, lock.system), (suite.into(), system));
        let file = format!("{}/data/seeds/{suite}-{system}.json", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(lock.to_json(), std::fs::read_to_string(file).unwrap(), "{place}: not as it would be written");
        for (tier, roots) in ROOTS {
            for root in roots {
                let named = |package: &&SeedPackage| {
                    root.split(" | ").any(|name| name.split(' ').next() == Some(&package.name))
                };
                let package = lock.packages.iter().find(named);
                let there = |package: &SeedPackage| package.tiers == [Tier::Base] || package.tiers.contains(&tier);
                assert!(package.is_some_and(there), "{place}: {root}");
            }
        }
        assert!(lock.packages.iter().all(|package| !ASSUMED.contains(&package.name.as_str())), "{place}");
        let bootstrap: Vec<_> = lock.bootstrap.iter().map(|package| package.name.as_str()).collect();
        assert_eq!(bootstrap, ["busybox-static", "libc6", "libgcc-s1", "libstdc++6", "patchelf"]);
        // trixie's patchelf corrupts cc1.
        assert!(lock.bootstrap[4].version.starts_with("0.14.3-"), "{place}");
        let sizes = lock.sizes();
        for (tier, size) in &sizes {
            let base = if *tier == Tier::Base { 0 } else { sizes[&Tier::Base].packages };
            assert!(size.packages > 0 && size.bytes > 0, "{place}: {tier:?}");
            assert_eq!(lock.with(&[*tier]).count(), base + size.packages, "{place}: {tier:?}");
        }
        assert_eq!(sizes.keys().copied().collect::<Vec<_>>(), Tier::ALL);
        assert_eq!(lock.with(&Tier::ALL).count(), lock.packages.len());
    }
    let bootstrap = |suite| SeedLock::built_in(suite, System::X86_64Linux).unwrap().bootstrap;
    assert_eq!(bootstrap(Seed::Bookworm), bootstrap(Seed::Trixie));
}

#[test]
fn a_tree_is_made_of_the_base_and_any_tiers() {
    let lock = lock_fake(fake_archive(&fake_index()).path(), Seed::Trixie).unwrap();
    let with = |tiers: &[Tier]| lock.with(tiers).map(|package| package.name.as_str()).collect::<Vec<_>>().join(" ");
    assert_eq!(with(&[]), "gcc libc6");
    assert_eq!(with(&[Tier::Base]), "gcc libc6");
    assert_eq!(with(&[Tier::Kernel]), "bc gcc libc6 libfoo1");
    assert_eq!(with(&[Tier::Llvm, Tier::Emulator, Tier::Emulator]), "gcc libc6 libfoo1 qemu-user");
    assert_eq!(with(&[Tier::Kernel, Tier::Emulator]), "bc gcc libc6 libfoo1 qemu-user");
    let sizes: Vec<_> = lock.sizes().into_values().map(|size| (size.packages, size.bytes)).collect();
    assert_eq!(sizes[..4], [(2, 2), (2, 2), (2, 2), (0, 0)]);
    assert!(sizes[4..].iter().all(|size| *size == (0, 0)), "{sizes:?}");
}

#[test]
fn tiers_have_one_spelling() {
    let lock = SeedLock::built_in(Seed::Trixie, System::X86_64Linux).unwrap();
    let problem = |tiers: &[Tier]| {
        let mut lock = lock.clone();
        lock.packages[1].tiers = tiers.to_vec();
        match SeedLock::parse(&lock.to_json(), "x.json") {
            Ok(_) => String::new(),
            Err(SeedError::LockInvalid { problems, .. }) => problems.join("; "),
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(problem(&[Tier::Base]), "");
    assert_eq!(problem(&[Tier::Emulator, Tier::Kernel, Tier::Llvm]), "");
    for (tiers, start) in [
        (&[][..], "none"),
        (&[Tier::Kernel, Tier::Emulator], "not sorted"),
        (&[Tier::Kernel, Tier::Kernel], "not sorted, or one stands twice"),
        (&[Tier::Base, Tier::Base], "not sorted, or one stands twice"),
        (&[Tier::Base, Tier::Kernel], "base stands alone"),
    ] {
        let found = problem(tiers);
        let name = &lock.packages[1].name;
        assert!(found.starts_with(&format!("packages[1] (\"{name}\"): tiers: {start}")), "{tiers:?}: {found}");
    }
}

#[test]
fn every_problem_of_a_lock_is_reported_with_its_place() {
    let mut lock = SeedLock::built_in(Seed::Bookworm, System::X86_64Linux).unwrap();
    let name = |index: usize| lock.packages[index].name.clone();
    let (first, third, fourth, fifth) = (name(0), name(2), name(3), name(4));
    lock.architecture = "arm64".to_owned();
    lock.packages[1].name = lock.packages[0].name.clone();
    lock.packages[2].path = "pool/../x.deb".to_owned();
    lock.packages[3].size = 0;
    lock.packages[4].version = "1 2".to_owned();
    lock.packages[5].name = "Upper".to_owned();
    lock.busybox.package = "toybox".to_owned();
    let SeedError::LockInvalid { problems, .. } = SeedLock::parse(&lock.to_json(), "x.json").unwrap_err() else {
        panic!("another error");
    };
    let wanted = [
        "architecture: \"arm64\", but x86_64-linux is amd64".to_owned(),
        format!("packages[1] (\"{first}\"): stands twice"),
        format!("packages[2] (\"{third}\"): path: \"pool/../x.deb\""),
        format!("packages[3] (\"{fourth}\"): size: 0"),
        format!("packages[4] (\"{fifth}\"): version: \"1 2\""),
        "packages[5] (\"Upper\"): stands after".to_owned(),
        "packages[5] (\"Upper\"): name".to_owned(),
        "busybox.package: \"toybox\"".to_owned(),
    ];
    assert_eq!(problems.len(), wanted.len(), "{problems:#?}");
    for (problem, start) in problems.iter().zip(wanted) {
        assert!(problem.starts_with(&start), "{problem}");
    }
}

#[test]
fn a_lock_of_another_shape_is_refused() {
    let text = SeedLock::built_in(Seed::Bookworm, System::X86_64Linux).unwrap().to_json();
    let newer = SeedLock::parse("{\"version\": 2, \"colour\": 1}", "x.json").unwrap_err().to_string();
    assert!(newer.contains("x.json") && newer.contains("version 1 alone"), "{newer}");
    for (from, to) in [
        ("\"tiers\"", "\"tier\""),
        ("\"base\"", "\"basis\""),
        ("sha256-", "sha256-!"),
        ("bookworm", "buzz"),
        ("}\n", ""),
    ] {
        let broken = SeedLock::parse(&text.replacen(from, to, 1), "x.json").unwrap_err();
        let cause = std::error::Error::source(&broken).map(ToString::to_string).unwrap_or_default();
        assert!(matches!(broken, SeedError::LockSyntax { .. }) && cause.contains("line"), "{from}: {broken} {cause}");
    }
}

#[test]
fn store_names_are_store_names() {
    assert_eq!(store_name("zlib1g-dev", "1:1.2.13.dfsg~1"), "zlib1g-dev_1_1.2.13.dfsg_1.deb");
    for package in SeedLock::built_in(Seed::Trixie, System::Aarch64Linux).unwrap().packages {
        let name = store_name(&package.name, &package.version);
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._?=".contains(&byte);
        assert!(name.len() <= 211 && name.bytes().all(allowed), "{name}");
    }
}

#[test]
fn names_of_suites_systems_and_tiers_are_read_and_unknown_ones_explained() {
    assert_eq!("trixie".parse::<Seed>().unwrap(), Seed::Trixie);
    assert_eq!("aarch64-linux".parse::<System>().unwrap(), System::Aarch64Linux);
    assert_eq!("llvm".parse::<Tier>().unwrap(), Tier::Llvm);
    let error = Report::of(&"sid".parse::<Seed>().unwrap_err()).to_string();
    assert_eq!(error, "unknown seed \"sid\"\n\nhint: known: bookworm, trixie");
}
