//! Mutated workspaces of kernels: cargo's lock, a manifest, the file that chooses a compiler, cargo's configuration, and a
//! target file. Never a panic; what is refused says why, and what is taken names crates by checksums that it holds.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::mutate;
use super::project::{self, Files, refused};
use crate::matrix::Matrix;

/// Each case is a whole matrix, with the files.
const CASES: u64 = 3000;

const MATRIX: &str = "crossloom = 1\nbuild.systems = [\"x86_64-linux\"]\n\
    [bare-metal]\ntargets = [\"x86_64-unknown-none\"]\nkernel = [\"mine\"]\n\
    [bare-metal-kernel.mine]\nsource = \"mine\"\npackage = \"mine\"\nserial = [\"x\"]\n";
const WITH_TARGET: &str = "target-file = { x86_64-unknown-none = \"x86_64.json\" }\n";

const LOCK: &str = "version = 4\n\n[[package]]\nname = \"mine\"\nversion = \"0.1.0\"\ndependencies = [\n \"bitflags\",\n]\n\n\
    [[package]]\nname = \"bitflags\"\nversion = \"2.6.0\"\n\
    source = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
    checksum = \"b048fb63fd8b5923fc5aa7b340d8e156aec7ec02f0c78fa8a6ddc2613f6f71de\"\n";
const MANIFEST: &str = "[package]\nname = \"mine\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[features]\ndefault = []\nmore = []\n\n\
    [dependencies]\nbitflags = { version = \"2\", optional = true }\n\n[profile.release]\npanic = \"abort\"\n";
const TOOLCHAIN: &str = "[toolchain]\nchannel = \"1.85.0\"\ncomponents = [\"rust-src\"]\n";
const CONFIGURATION: &str = "[build]\ntarget = \"x86_64-unknown-none\"\n[target.'cfg(target_os = \"none\")']\n\
    runner = \"run\"\n[unstable]\nbuild-std = [\"core\", \"alloc\"]\n";
const TARGET: &str = r#"{
  "llvm-target": "x86_64-unknown-none",
  "data-layout": "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128",
  "arch": "x86_64",
  "target-pointer-width": "64",
  "linker-flavor": "ld.lld",
  "linker": "rust-lld",
  "panic-strategy": "abort",
  "disable-redzone": true,
  "features": "-mmx,-sse,+soft-float"
}
"#;

fn files(replaced: &str, bytes: &[u8]) -> Files {
    let mut files: BTreeMap<String, Vec<u8>> = [
        ("mine/Cargo.lock", LOCK),
        ("mine/Cargo.toml", MANIFEST),
        ("mine/rust-toolchain.toml", TOOLCHAIN),
        ("mine/.cargo/config.toml", CONFIGURATION),
        ("mine/x86_64.json", TARGET),
        ("mine/src/main.rs", "#![no_std]\n#![no_main]\n"),
    ]
    .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
    .into();
    files.insert(replaced.to_owned(), bytes.to_vec());
    Files(files)
}

/// Runs a test over one of the files. Says how many workspaces were taken and planned.
fn fuzz(name: &'static str, path: &str, text: &str, matrix: &str, tokens: &[&str]) -> u64 {
    let good = Matrix::parse_with(matrix, &files(path, text.as_bytes()));
    assert!(good.is_ok(), "{:?}", good.err());
    let planned = Cell::new(0_u64);
    mutate::run_bytes(name, CASES, &[text.as_bytes().to_vec()], tokens, |bytes| {
        match Matrix::parse_with(matrix, &files(path, bytes)) {
            Ok(matrix) => {
                // A plan takes longer than to read.
                if planned.get() < 100 {
                    let plan = project::planned(&matrix);
                    let crates = plan.sources.iter().filter(|(name, _)| name.starts_with("crate-bitflags"));
                    // A digit of a checksum may be a capital.
                    let locked = String::from_utf8_lossy(bytes).to_lowercase();
                    for (_, source) in crates.filter(|_| path.ends_with("Cargo.lock")) {
                        assert!(locked.contains(&source.hash.to_hex()), "{source:?}");
                    }
                }
                planned.set(planned.get() + 1);
                true
            }
            Err(problems) => {
                refused(matrix, &problems);
                false
            }
        }
    });
    planned.get()
}

const TOML: &[&str] = &[
    "[[package]]",
    "name = ",
    "version = ",
    "source = ",
    "checksum = ",
    "\"",
    "[",
    "]",
    "{",
    "}",
    "\n",
    "=",
    ",",
    "\0",
    "é",
    "\u{1b}[31m",
    "git+https://example.org/x#0123456789abcdef0123456789abcdef01234567",
    "sparse+https://example.org/",
    "../../etc",
    "${x}",
    "''",
    "0.0.0-alpha+1",
    "99999999999999999999",
    "[workspace]",
    "[[bin]]",
    "path = \"../x\"",
];
const JSON: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "true",
    "false",
    "null",
    "0",
    "64",
    "\"32\"",
    "1e999",
    "\\u0000",
    "\\ud800",
    "é",
    "\0",
    "\"data-layout\"",
    "\"arch\"",
    "\"os\"",
    "\"crt-static\"",
    "\u{1b}[31m",
];

#[test]
fn mutated_cargo_locks() {
    assert!(fuzz("a kernel's Cargo.lock", "mine/Cargo.lock", LOCK, MATRIX, TOML) > 0);
}

#[test]
fn mutated_manifests() {
    assert!(fuzz("a kernel's Cargo.toml", "mine/Cargo.toml", MANIFEST, MATRIX, TOML) > 0);
}

#[test]
fn mutated_toolchain_files() {
    assert!(fuzz("a kernel's rust-toolchain.toml", "mine/rust-toolchain.toml", TOOLCHAIN, MATRIX, TOML) > 0);
}

#[test]
fn mutated_configurations() {
    assert!(fuzz("a kernel's .cargo/config.toml", "mine/.cargo/config.toml", CONFIGURATION, MATRIX, TOML) > 0);
}

#[test]
fn mutated_target_files() {
    let matrix = format!("{MATRIX}{WITH_TARGET}");
    assert!(fuzz("a kernel's target file", "mine/x86_64.json", TARGET, &matrix, JSON) > 0);
}
