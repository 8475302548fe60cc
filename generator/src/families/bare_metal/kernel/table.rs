//! The table's keys, and the kernel that needs no table.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;

use super::boots::MAX_LINES;
use super::read::{FEATURE, FLAG, MAX_VARIABLES, VARIABLE, WORD, read_kernel};
use super::{Boot, Boots, CCompiler, Kernel, PerTarget};
use crate::families::bare_metal::targets::BareTarget;
use crate::families::bare_metal::{config, git};
use crate::families::folder;
use crate::family::table::{Locked, Meaning, same_digests};
use crate::family::{Entries, Key, Table, Target};
use crate::nix::hash::Sha256;
use crate::reader::{Reader, UserFiles, Value};
use crate::verbatim::Verbatim;
use crate::word::Word;

/// The kernel that needs no table.
const HELLO: &str = "hello";
/// Its files, below this folder among those that are part of crossloom.
pub const HELLO_FOLDER: &str = "bare-metal/hello";
const HELLO_FILES: [&str; 9] = [
    "Cargo.lock",
    "Cargo.toml",
    "aarch64.ld",
    "riscv64.ld",
    "src/aarch64.rs",
    "src/main.rs",
    "src/riscv64.rs",
    "src/x86_64.rs",
    "x86_64.ld",
];

/// The table.
pub struct Kernels;

/// The schema of a value by target, and of a value for all targets or by target.
fn each_target(value: serde_json::Value) -> serde_json::Value {
    let each: BTreeMap<&str, serde_json::Value> =
        BareTarget::names().into_iter().map(|name| (name, value.clone())).collect();
    json!({ "type": "object", "properties": each, "additionalProperties": false, "minProperties": 1 })
}

fn per_target(value: serde_json::Value) -> serde_json::Value {
    json!({ "anyOf": [value, each_target(value.clone())] })
}

static KEYS: [Key; 19] = [
    Key {
        name: "source",
        required: true,
        doc: "The folder of its cargo workspace beside the matrix, with Cargo.lock.",
        schema: || json!({ "type": "string", "pattern": folder::PATTERN }),
    },
    Key {
        name: "package",
        required: true,
        doc: "The package that is the kernel.",
        schema: || json!({ "type": "string", "pattern": WORD }),
    },
    Key {
        name: "program",
        required: false,
        doc: "The program of the package; needed if it has more than one.",
        schema: || json!({ "type": "string", "pattern": WORD }),
    },
    Key {
        name: "features",
        required: false,
        doc: "Features of the package beside its default features; `NAME/FEATURE` is one of a dependency.",
        schema: || json!({ "type": "array", "items": { "type": "string", "pattern": FEATURE }, "minItems": 1, "uniqueItems": true }),
    },
    Key {
        name: "default-features",
        required: false,
        doc: "Build without the package's default features.",
        schema: || json!({ "const": false }),
    },
    Key {
        name: "profile",
        required: false,
        doc: "cargo's profile: `release`, `dev`, or one of the workspace's Cargo.toml.",
        schema: || json!({ "type": "string", "pattern": WORD, "default": "release" }),
    },
    Key {
        name: "rustflags",
        required: false,
        doc: "Flags of rustc for everything that is compiled for the target, after crossloom's own: \
              `[\"-C\", \"force-frame-pointers=yes\"]`.",
        schema: || json!({ "type": "array", "items": { "type": "string", "pattern": FLAG } }),
    },
    Key {
        name: "env",
        required: false,
        doc: "Environment variables for rustc and build scripts: `{ VERSION = \"1.0\" }`.",
        schema: || {
            json!({
                "type": "object",
                "propertyNames": { "pattern": VARIABLE },
                "additionalProperties": { "type": "string" },
                "maxProperties": MAX_VARIABLES,
            })
        },
    },
    Key {
        name: "linker-script",
        required: false,
        doc: "The linker script, as a path in the workspace; or a table with one path for each target.",
        schema: || per_target(json!({ "type": "string", "pattern": folder::PATTERN })),
    },
    Key {
        name: "target-file",
        required: false,
        doc: "Target files of rustc (JSON) that take the place of targets, as paths in the workspace by target. A file has to fit \
              its target: the architecture, the layout of data, no operating system.",
        schema: || each_target(json!({ "type": "string", "pattern": folder::PATTERN })),
    },
    Key {
        name: "boot",
        required: false,
        doc: "How it is started; or a table with a list for each target. `direct`: by QEMU's `-kernel`. `uefi` and `bios`: from \
              a disk image, by a boot loader. Each adds a check. `none` adds none. The default is [\"direct\"].",
        schema: || {
            per_target(json!({
                "type": "array",
                "items": { "type": "string", "enum": Boot::WORDS },
                "minItems": 1,
                "uniqueItems": true,
            }))
        },
    },
    Key {
        name: "serial",
        required: false,
        doc: "Lines that the kernel prints to the first serial port, in this order; required if it boots.",
        schema: || json!({ "type": "array", "items": { "type": "string", "minLength": 1 }, "minItems": 1, "maxItems": MAX_LINES, "uniqueItems": true }),
    },
    Key {
        name: "exit-status",
        required: false,
        doc: "The status with which QEMU ends; or a table with one status for each target. The default is the status by which \
              the target's own device reports success: 33 on x86_64 (isa-debug-exit, 16 written to port 0xf4), 0 elsewhere.",
        schema: || per_target(json!({ "type": "integer", "minimum": 0, "maximum": 255 })),
    },
    Key {
        name: "host-tools",
        required: false,
        doc: "Packages of the workspace whose programs are for the build machine. Each is a package of its own.",
        schema: || json!({ "type": "array", "items": { "type": "string", "pattern": WORD }, "minItems": 1, "uniqueItems": true }),
    },
    Key {
        name: git::KEY,
        required: false,
        doc: "Hashes of the repositories that its Cargo.lock takes packages from, by `ADDRESS#COMMIT`: the NAR hash of the \
              files; or a table with `hash` and `archive`, the address of a .tar.gz of them.",
        schema: git::schema,
    },
    Key {
        name: "c-compiler",
        required: false,
        doc: "What compiles C and assembly files of build scripts for the kernel's target. `llvm`: the seed's LLVM 19. Without it, \
              such a build script fails.",
        schema: || json!({ "type": "string", "enum": CCompiler::WORDS }),
    },
    Key {
        name: "tests",
        required: false,
        doc: "The package has tests, which are kernels themselves: adds a check that runs them in QEMU.",
        schema: || json!({ "const": true }),
    },
    Key {
        name: "ignore-toolchain-file",
        required: false,
        doc: "Build with crossloom's compiler, although the workspace's rust-toolchain.toml asks for another one.",
        schema: || json!({ "const": true }),
    },
    Key {
        name: config::IGNORE,
        required: false,
        doc: "Build although a `.cargo/config.toml` has settings that would change the kernel: crossloom builds without it.",
        schema: || json!({ "const": true }),
    },
];

impl Table for Kernels {
    fn key(&self) -> &'static str {
        "bare-metal-kernel"
    }

    fn summary(&self) -> &'static str {
        "Kernels in Rust by the names that `kernel` lists take."
    }

    fn what(&self) -> &'static str {
        "a kernel"
    }

    fn used_in(&self) -> &'static str {
        "[bare-metal] with kernel"
    }

    fn keys(&self) -> &'static [Key] {
        &KEYS
    }

    fn reserved(&self) -> &'static [&'static str] {
        &["none", "elf", "unknown", "rust", "bios", "uefi", "qemu"]
    }

    fn built_in(&self) -> &'static [&'static str] {
        &[HELLO]
    }

    fn built_in_value(&self, name: &str) -> Option<Meaning> {
        (name == HELLO).then(|| Arc::new(hello()) as Meaning)
    }

    fn read(&self, reader: &mut Reader, name: &str, value: &Value<'_>, files: &dyn UserFiles) -> Option<Meaning> {
        read_kernel(reader, name, value, files).map(|kernel| Arc::new(kernel) as Meaning)
    }

    /// A crate of one version has one checksum, or one of the locks was changed.
    fn compare(&self, reader: &mut Reader, entries: &Entries) {
        fn locked(kernel: &Kernel) -> Vec<Locked<'_, Sha256>> {
            kernel.crates.iter().map(|it| Locked { name: &it.name, version: &it.version, digest: &it.sha256 }).collect()
        }
        let hint = "one of the two files was changed by hand: `cargo generate-lockfile` writes it anew";
        same_digests(reader, (self.key(), entries), locked, ("checksums", hint));
    }

    fn missing_hint(&self) -> &'static str {
        "`hello` needs no table; others are tables of the file: [bare-metal-kernel.mine] with source and package"
    }
}

/// crossloom's own.
pub fn hello() -> Kernel {
    let text = |path: &str| Verbatim::embedded().text(&format!("{HELLO_FOLDER}/{path}")).unwrap_or_default().to_owned();
    let script = |target: &BareTarget| (target.name(), format!("{}.ld", target.emulator().program));
    Kernel {
        name: HELLO.to_owned(),
        source: HELLO_FOLDER.to_owned(),
        files: HELLO_FILES.iter().map(|path| ((*path).to_owned(), text(path))).collect(),
        crates: BTreeSet::new(),
        git: Vec::new(),
        package: HELLO.to_owned(),
        program: HELLO.to_owned(),
        features: Vec::new(),
        default_features: true,
        profile: "release".to_owned(),
        rustflags: Vec::new(),
        env: BTreeMap::new(),
        host_tools: Vec::new(),
        linker_script: PerTarget::Each(BareTarget::all().iter().map(script).collect()),
        target_files: BTreeMap::new(),
        c_compiler: None,
        tests: false,
        rust: None,
        boot: PerTarget::All(vec![Boot::Direct]),
        boots: Some(Boots {
            serial: vec!["hello from a kernel without an operating system".to_owned()],
            status: default_status(),
        }),
    }
}

pub fn default_status() -> PerTarget<u8> {
    PerTarget::Each(BareTarget::all().iter().map(|target| (target.name(), target.emulator().success)).collect())
}
