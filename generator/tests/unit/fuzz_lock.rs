//! Mutated locks of all three kinds: never a panic, never a hang, and what is taken for a lock is one that can be
//! written, read again and rendered.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::gate::gate;
use super::mutate::{self, told};
use super::project;
use crate::flake_lock::with_nixpkgs;
use crate::lock::{Lock, LockError, LockedSdk};
use crate::matrix::Matrix;
use crate::nix::hash::Sha256;
use crate::nix::store::StoreName;

use crate::platform::System;
use crate::seed::SeedLock;
use crate::tree::{tree, tree_with};

const JSON: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "{}",
    "[]",
    ":",
    ",",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "\\\"",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "é",
    "\u{feff}",
    "\u{2028}",
    "\u{7f}",
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1",
    "7",
    "1.5",
    "1e999",
    "18446744073709551616",
    "\"\"",
    "\"..\"",
    "\"a/b\"",
    "\"${x}\"",
    "\"''\"",
    "\"#\"",
    "\"\\n\"",
    "\"version\"",
    "\"version\": 1,",
    "\"version\": 2,",
    "\"sha256\"",
    "\"size\"",
    "\"urls\"",
    "\"tree\"",
    "\"tree\": true,",
    "\"own\": true,",
    "\"sdks\"",
    "\"sdks\": {},",
    "\"versions\": { \"gcc\": { \"14\": \"14.2.0\", \"latest\": \"..\" } },",
    "\"origin\"",
    "\"file\"",
    "\"variant\"",
    "\"name\"",
    "\"path\"",
    "\"sources\"",
    "\"unknown\": 1,",
];

const LOCK: &[&str] = &[
    "\"mirror://debian/\"",
    "\"https://x\"",
    "\"ftp://x\"",
    "\"file:///x\"",
    "mirror://",
    "https://",
    "upstream",
    "debian",
    "gcc-14.2.0",
    "musl-1.2.5",
    "${builtins.abort \\\"x\\\"}",
    "''${",
    "sha256-",
    "mine",
    "yours",
    "MacOSX15.5.sdk",
    "\"sdks\": { \"mine\": { \"file\": \"S\", \"sha256\": \"sha256-xBoCckJPQbsBv4KOf/7xstWdF4gGT9a18dlxcX6TILg=\", \
     \"version\": \"1\", \"origin\": \"x\" } },",
    "?x=y",
    "%20",
    "\\u001b[31m",
    "sha256-xBoCckJPQbsBv4KOf/7xstWdF4gGT9a18dlxcX6TILg=",
    "\"c41a0272424f41bb01bf828e7ffef1b2d59d1788064fd6b5f1d971717e9320b8\"",
];

const SEED: &[&str] = &[
    "bookworm",
    "trixie",
    "sid",
    "x86_64-linux",
    "aarch64-linux",
    "aarch64-darwin",
    "amd64",
    "arm64",
    "\"base\"",
    "\"emulator\"",
    "\"kernel\"",
    "\"llvm\"",
    "\"tiers\"",
    "pool/main/",
    "../",
    ".deb",
    "1:2.3~4",
    "busybox-static",
    "libc6",
    "\"bootstrap\"",
    "\"busybox\"",
    "\"nar\"",
];

const FLAKE: &[&str] = &[
    "nixpkgs",
    "root",
    "\"nixpkgs\"",
    "\"root\"",
    "\"nodes\"",
    "\"inputs\"",
    "\"locked\"",
    "\"follows\"",
    "[\"nixpkgs\"]",
    "\"version\": 7,",
    "\"nixpkgs\": \"root\"",
    "\"nixpkgs\": [\"a\", \"nixpkgs\"]",
    "\"inputs\": {},",
    "nixpkgs_2",
    "\"flake\": false,",
];

fn built_from(systems: &str, prefer: &str, gcc: &str) -> Matrix {
    project::matrix(&format!(
        "crossloom = 1\n[build]\nsystems = [{systems}]\n[sources]\nprefer = [\"{prefer}\"]\n\
         [musl-gcc]\ntargets = [\"x86_64-linux-musl\"]\ngcc = [{gcc}]\n"
    ))
}

#[test]
fn mutated_matrix_locks() {
    // A machine without a seed: what is rendered then is what the lock decides, and little else.
    let matrix = built_from("\"aarch64-darwin\"", "debian", "\"14.2.0\"");
    let wanted = matrix.wanted();
    let darwin = project::matrix(
        "crossloom = 1\nbuild.systems = [\"aarch64-darwin\"]\nsdk.mine.kind = \"file\"\n\
         darwin = { targets = [\"x86_64-apple-darwin22\"], sdk = [\"mine\"], flavour = [\"osxcross\"] }\n",
    );
    let other = built_from("\"x86_64-linux\"", "upstream", "\"14.2.0\", \"15.3.0\"");
    let small = Lock {
        version: 1,
        debian_snapshot: None,
        sources: BTreeMap::new(),
        versions: BTreeMap::new(),
        sdks: BTreeMap::new(),
    };
    let sdk = |origin: &str| LockedSdk {
        file: "MacOSX15.5.sdk".to_owned(),
        sha256: Sha256::of(b"sdk"),
        version: "15.5".to_owned(),
        origin: origin.to_owned(),
    };
    let imported = project::lock(&darwin).with_sdk("mine", sdk("MacOSX 15.5.tar.xz")).with_sdk("2", sdk("ü ${x} \"#"));
    let locks =
        [project::lock(&matrix), project::lock(&matrix), project::lock(&other), imported.clone(), imported, small];
    let corpus: Vec<_> = locks.iter().map(|lock| lock.to_text().into_bytes()).collect();
    let rendered = std::cell::Cell::new(0_u64);
    let imports = std::cell::Cell::new(0_u64);
    let tally = mutate::run_texts("matrix.lock", mutate::CASES / 10, &corpus, &[JSON, LOCK].concat(), |text| {
        let lock = match Lock::parse(text) {
            Ok(lock) => lock,
            Err(error) => {
                told(&error);
                return false;
            }
        };
        let again = lock.to_text();
        assert_eq!(Lock::parse(&again).unwrap(), lock);
        assert_eq!(lock.to_text(), again);
        let files = lock.sources.values().map(|source| &source.file).chain(lock.sdks.values().map(|sdk| &sdk.file));
        for file in files {
            StoreName::new(file).unwrap();
        }
        // What a lock holds already stays when it is resolved, and resolving once is enough.
        match Lock::resolve(&wanted, &matrix.prefer, Some(&lock), &BTreeSet::new()) {
            Ok(resolved) => {
                let settled = Lock::resolve(&wanted, &matrix.prefer, Some(&resolved), &BTreeSet::new()).unwrap();
                assert_eq!(resolved, settled);
                assert_eq!(resolved.sdks, lock.sdks, "what a user imported stays");
            }
            Err(error @ LockError::NotCatalogue { .. }) => told(&error),
            Err(error) => panic!("{error}"),
        }
        if let Ok(plan) = darwin.plan(&lock) {
            // With the SDK or without it: every cell is one or the other, and both can be rendered.
            let cells = &plan.systems[&System::Aarch64Darwin].cells;
            assert_eq!(cells[0].node().is_some(), lock.sdks.contains_key("mine"));
            let files = project::stand_ins();
            let tree = tree_with(&plan, &BTreeMap::new(), true, &files).unwrap();
            for path in ["crossloom/sources.nix", "crossloom/aarch64-darwin.nix"] {
                assert_eq!(gate(path, &tree[path].text).unwrap(), tree[path].text);
            }
            imports.set(imports.get() + u64::from(cells[0].node().is_some()));
        }
        match matrix.plan(&lock) {
            Ok(plan) => {
                let tree = tree(&plan, &BTreeMap::new(), true).unwrap();
                for path in ["crossloom/default.nix", "crossloom/sources.nix", "crossloom/aarch64-darwin.nix"] {
                    assert_eq!(gate(path, &tree[path].text).unwrap(), tree[path].text);
                }
                rendered.set(rendered.get() + 1);
            }
            Err(error) => told(&error),
        }
        true
    });
    tally.balanced();
    assert!(tally.cases < 500 || rendered.get() > tally.cases / 100, "{} were rendered", rendered.get());
    assert!(tally.cases < 500 || imports.get() > tally.cases / 100, "{} had the SDK", imports.get());
}

#[test]
fn mutated_seed_locks() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (small, large) = (root.join("tests/data/seed"), root.join("data/seeds"));
    // Most edits of a large file hit a version or a digest; a small one has more of everything else.
    let corpus = mutate::corpus(&[&small, &small, &small, &small, &small, &small, &small, &small, &large], "json");
    let tokens = [JSON, SEED].concat();
    mutate::run_texts("a seed's lock", mutate::CASES / 5, &corpus, &tokens, |text| {
        match SeedLock::parse(text, "seed.json") {
            Ok(lock) => {
                let again = lock.to_json();
                assert_eq!(SeedLock::parse(&again, "seed.json").unwrap(), lock);
                assert_eq!(gate("crossloom/seed/seed.json", &again).unwrap(), again);
                assert!(lock.system.is_linux());
                for package in lock.packages.iter().map(|package| package.pin()).chain(lock.bootstrap) {
                    StoreName::new(&package.store_name()).unwrap();
                }
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
fn mutated_flake_locks() {
    let fresh = with_nixpkgs(None, false).unwrap();
    let users = r#"{
  "nodes": {
    "nixpkgs": {
      "locked": { "lastModified": 1, "narHash": "sha256-", "rev": "mine", "type": "github" },
      "original": { "owner": "NixOS", "repo": "nixpkgs", "type": "github" }
    },
    "root": {
      "inputs": {
        "nixpkgs": "nixpkgs",
        "other": "other"
      }
    },
    "other": { "inputs": { "nixpkgs": ["nixpkgs"] }, "flake": false }
  },
  "root": "root",
  "version": 7
}
"#;
    let follows = users.replace("\"nixpkgs\": \"nixpkgs\",", "\"nixpkgs\": [\"other\", \"nixpkgs\"],");
    let corpus = [fresh, users.to_owned(), follows].map(String::into_bytes);
    mutate::run_texts("flake.lock", mutate::CASES, &corpus, &[JSON, FLAKE].concat(), |text| {
        let results = [false, true].map(|update| match with_nixpkgs(Some(text), update) {
            Ok(new) => {
                gate("flake.lock", &new).unwrap();
                let again = with_nixpkgs(Some(&new), update);
                assert_eq!(again.as_deref().ok(), Some(new.as_str()), "once is enough");
                true
            }
            Err(error) => {
                told(&error);
                false
            }
        });
        results[0]
    })
    .balanced();
}
