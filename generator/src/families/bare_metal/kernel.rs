//! `[bare-metal-kernel.NAME]`: kernels as packages of cargo workspaces beside the matrix.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use serde_json::json;
use toml::de::{DeTable, DeValue};

use super::cargo::{self, Package, Wrong};
use super::config;
use super::git::{self, Tree};
use super::loader::{self, Firmware, Loader};
use super::rust::{COMPILES_BOOTLOADER, Crate, READS_TARGET_FILES, RustVersion};
use super::target_file;
use super::targets::BareTarget;
use crate::diag::{Problem, quote};
use crate::families::folder;
use crate::family::table::Meaning;
use crate::family::{Entries, Key, Table, Target};
use crate::reader::{Reader, UserFiles, Value, is_variable, not_among};
use crate::verbatim::Verbatim;
use crate::word::Word;
use crate::words;

const WORKSPACE: folder::Kind = folder::Kind {
    what: "the folder of a workspace",
    files: "a workspace's files",
    not_text: "a rendered tree holds text alone: make the file in a build script, take it with a package from git, or move it \
               out of the folder",
};
/// What cargo lets packages, programs, features and profiles be called.
const WORD: &str = "^[A-Za-z0-9_][A-Za-z0-9_.+-]*$";
/// The same for a feature, which can be a dependency's.
const FEATURE: &str = "^[A-Za-z0-9_][A-Za-z0-9_.+-]*(/[A-Za-z0-9_][A-Za-z0-9_.+-]*)?$";
/// One flag of rustc.
const FLAG: &str = "^[!-~]+$";
/// What a variable can be called.
const VARIABLE: &str = "^[A-Za-z_][A-Za-z0-9_]*$";
/// Beginnings of variables by which crossloom tells cargo, rustc and the crate `cc` how to compile.
const OWN_VARIABLES: [&str; 7] = ["AR_", "CARGO", "CC_", "CFLAGS_", "CXXFLAGS_", "CXX_", "RUSTC"];
/// Variables of one kernel at most.
const MAX_VARIABLES: usize = 100;
/// What files are called, and what their names end in.
const LINKER_SCRIPTS: (&str, &[&str]) = ("linker script", &[".ld", ".lds"]);
const TARGET_FILES: (&str, &[&str]) = ("target file", &[".json"]);
/// Lines that a kernel can be asked to print.
const MAX_LINES: usize = 100;

/// The kernel that needs no table.
const HELLO: &str = "hello";
/// Its files, below this folder among those that are part of crossloom.
const HELLO_FOLDER: &str = "bare-metal/hello";
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

/// A kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kernel {
    /// As the matrix calls it.
    pub name: String,
    /// The workspace's folder beside the matrix.
    source: String,
    /// The texts of the workspace's files by their paths in it.
    pub files: BTreeMap<String, String>,
    /// The crates of a registry in its `Cargo.lock`.
    pub crates: BTreeSet<Crate>,
    /// The repositories in it.
    pub git: Vec<Tree>,
    pub package: String,
    /// The program of the package that is the kernel.
    pub program: String,
    pub features: Vec<String>,
    pub default_features: bool,
    pub profile: String,
    /// Flags of rustc for everything that is compiled for its target, the last ones.
    rustflags: Vec<String>,
    /// Variables for compilers and build scripts.
    pub env: BTreeMap<String, String>,
    /// Packages for the build machine.
    pub host_tools: Vec<String>,
    pub linker_script: PerTarget<String>,
    /// Target files in the place of targets, by these.
    pub target_files: BTreeMap<&'static str, String>,
    /// What compiles its C and assembly files; nothing where it has none.
    pub c_compiler: Option<CCompiler>,
    /// Whether cargo's tests of the package run in QEMU.
    pub tests: bool,
    /// The compiler that its `rust-toolchain.toml` asks for.
    rust: Option<RustVersion>,
    /// How it is started.
    boot: PerTarget<Vec<Boot>>,
    /// What it does in an emulator; nothing where it is only built.
    pub boots: Option<Boots>,
}

impl Kernel {
    /// How it is started. A table can say nothing about a target.
    fn ways(&self, target: &BareTarget) -> &[Boot] {
        self.boot.of(target).map_or(&[Boot::Direct], Vec::as_slice)
    }

    /// Whether QEMU starts it directly.
    pub fn is_direct(&self, target: &BareTarget) -> bool {
        self.ways(target).contains(&Boot::Direct)
    }

    /// Whether it is not started at all.
    pub fn is_only_built(&self, target: &BareTarget) -> bool {
        self.ways(target).contains(&Boot::None)
    }

    /// Flags for everything that is compiled for a target: those by which QEMU can start it, as far as its target file leaves
    /// them open, and its own.
    pub fn flags(&self, target: &BareTarget) -> Vec<String> {
        let file = self.target_files.get(target.name()).and_then(|path| self.files.get(path)).map(String::as_str);
        let is_open = |option: &str| !file.is_some_and(|text| target_file::sets(text, option));
        let options = if self.is_direct(target) { target.direct_options() } else { &[] };
        let options = options.iter().filter(|(option, _)| is_open(option));
        let options = options.flat_map(|(option, value)| ["-C".to_owned(), format!("{option}={value}")]);
        options.chain(self.rustflags.iter().cloned()).collect()
    }

    /// The firmware that starts it from a disk image.
    pub fn firmware(&self, target: &BareTarget) -> Vec<Firmware> {
        let firmware = self.ways(target).iter().filter_map(|boot| match boot {
            Boot::Bios => Some(Firmware::Bios),
            Boot::Uefi => Some(Firmware::Uefi),
            Boot::Direct | Boot::None => None,
        });
        firmware.collect()
    }

    /// Why it cannot be started on the machine of a target as it asks for, and what to do.
    pub fn cannot_boot(&self, target: &'static BareTarget) -> Option<(String, String)> {
        let firmware = self.firmware(target);
        if self.tests && !self.is_direct(target) {
            let message =
                format!("[bare-metal-kernel.{}] has tests, and does not boot directly on {target}", self.name);
            let hint = "QEMU starts tests directly: remove `tests`, or give the kernel for a loader a table of its own";
            return Some((message, hint.to_owned()));
        }
        let table = format!("[bare-metal-kernel.{}]", self.name);
        if let Some(firmware) = firmware.iter().find(|firmware| !target.loader().is_for(**firmware)) {
            let message = format!("{table} boots by {}, for which there is no loader for {target}", firmware.as_str());
            return Some((message, "exclude the combination, or name other ways for this target in `boot`".to_owned()));
        }
        if firmware.is_empty() || *target.loader() != Loader::Crate {
            return None;
        }
        if self.is_direct(target) {
            // The one is linked for fixed addresses, and the other talks to its loader.
            let message = format!("{table} boots both directly and by a loader on {target}, whose kernels differ");
            return Some((message, "a kernel for a loader is another [bare-metal-kernel.NAME]".to_owned()));
        }
        self.without_api()
    }

    /// Why a compiler cannot compile it for a target, and what to do.
    pub fn cannot_compile(&self, target: &'static BareTarget, rust: RustVersion) -> Option<(String, String)> {
        let place = format!("[bare-metal-kernel.{}]", self.name);
        if let Some(asked) = self.rust.filter(|asked| *asked != rust) {
            let message = format!("the rust-toolchain.toml of {place} asks for Rust {asked}, and not {rust}");
            return Some((message, "exclude the combination, or set `ignore-toolchain-file = true`".to_owned()));
        }
        if self.target_files.contains_key(target.name()) && rust != READS_TARGET_FILES {
            let message = format!("{place} has a target file for {target}, which only Rust {READS_TARGET_FILES} reads");
            return Some((message, "exclude the combination: later releases read another form".to_owned()));
        }
        let loaded = *target.loader() == Loader::Crate && !self.firmware(target).is_empty();
        (loaded && rust != COMPILES_BOOTLOADER).then(|| {
            let message =
                format!("{place} boots on {target} by a loader that only Rust {COMPILES_BOOTLOADER} compiles");
            (message, "exclude the combination, or give it a kernel with boot = [\"direct\"]".to_owned())
        })
    }

    /// What is wrong with the version of the crate by which a kernel talks to its loader: both have to be of one version.
    fn without_api(&self) -> Option<(String, String)> {
        let api = self.crates.iter().filter(|it| it.name == loader::API).map(|it| it.version.as_str());
        let found: Vec<&str> = api.chain(self.git.iter().flat_map(|tree| tree.versions(loader::API))).collect();
        if found.contains(&loader::VERSION) {
            return None;
        }
        let path = quote(&format!("{}/Cargo.lock", self.source));
        let (api, version) = (loader::API, loader::VERSION);
        let message = match found.as_slice() {
            [] => format!("{path} has no {api}, by which a kernel talks to its boot loader"),
            found => format!("{path} has {api} {}, and the boot loader is {version}", found.join(", ")),
        };
        let hint =
            format!("in the kernel's Cargo.toml: {api} = \"={version}\"; or boot = [\"direct\"], without a loader");
        Some((message, hint))
    }
}

/// What is expected of a kernel that boots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boots {
    /// What the serial port has to say.
    pub serial: Vec<String>,
    /// The status with which the emulator ends.
    pub status: PerTarget<u8>,
}

/// A value that can differ by target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PerTarget<T> {
    All(T),
    Each(BTreeMap<&'static str, T>),
}

impl<T> PerTarget<T> {
    /// The value for a target, if it has one.
    pub fn of(&self, target: &BareTarget) -> Option<&T> {
        match self {
            PerTarget::All(value) => Some(value),
            PerTarget::Each(values) => values.get(target.name()),
        }
    }

    /// The same with what becomes of each value; without those of which nothing does.
    fn filter_map<U>(self, mut map: impl FnMut(T) -> Option<U>) -> Option<PerTarget<U>> {
        match self {
            PerTarget::All(value) => map(value).map(PerTarget::All),
            PerTarget::Each(values) => {
                let values = values.into_iter().filter_map(|(target, value)| Some((target, map(value)?)));
                Some(PerTarget::Each(values.collect()))
            }
        }
    }
}

words! {
    /// How a kernel is started. The first is the default.
    pub enum Boot: "way to boot" {
        /// By QEMU itself.
        Direct = "direct",
        /// From a disk image, by a loader that UEFI starts.
        Uefi = "uefi",
        /// The same from a PC's BIOS.
        Bios = "bios",
        /// Not at all.
        None = "none",
    }
}

words! {
    /// What compiles C and assembly.
    pub enum CCompiler: "compiler of C" {
        /// The seed's LLVM.
        Llvm = "llvm",
    }
}

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
        let mut known: BTreeMap<(String, String), (Crate, String)> = BTreeMap::new();
        for (name, entry) in entries {
            let kernel = entry.named.meaning.clone().and_then(|meaning| meaning.downcast::<Kernel>().ok());
            for it in kernel.iter().flat_map(|kernel| &kernel.crates) {
                let key = (it.name.clone(), it.version.clone());
                let (first, owner) = known.entry(key).or_insert_with(|| (it.clone(), name.clone()));
                if first.sha256 != it.sha256 {
                    let message = format!(
                        "[bare-metal-kernel.{name}] and [bare-metal-kernel.{owner}] lock {} {} with different checksums",
                        it.name, it.version
                    );
                    let hint = "one of the two files was changed by hand: `cargo generate-lockfile` writes it anew";
                    reader.report(Problem::at(entry.span.clone(), message).hint(hint));
                }
            }
        }
    }

    fn missing_hint(&self) -> &'static str {
        "`hello` needs no table; others are tables of the file: [bare-metal-kernel.mine] with source and package"
    }
}

/// crossloom's own.
fn hello() -> Kernel {
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

fn default_status() -> PerTarget<u8> {
    PerTarget::Each(BareTarget::all().iter().map(|target| (target.name(), target.emulator().success)).collect())
}

fn read_kernel(reader: &mut Reader, name: &str, value: &Value<'_>, files: &dyn UserFiles) -> Option<Kernel> {
    let place = format!("[bare-metal-kernel.{name}]");
    let before = reader.count();
    let table = reader.table(value, &place, &(&Kernels as &dyn Table).key_names())?;
    let missing = |reader: &mut Reader, key: &str, hint: &str| {
        reader.missing.push(Problem::at(value.span(), format!("`{key}` is missing in {place}")).hint(hint));
    };
    let word = |reader: &mut Reader, key: &str| {
        let value = table.get(key)?;
        let text = reader.string(value, &format!("`{key}` of {place}"))?;
        is_word(text).then(|| (text.to_owned(), value.span())).or_else(|| {
            let problem = Problem::at(value.span(), format!("{} is not a valid name of a {key} in cargo", quote(text)));
            reader.report(problem.hint("a name has letters, digits and _ . + - only"));
            None
        })
    };
    let package = word(reader, "package");
    let program = word(reader, "program");
    let profile = word(reader, "profile");
    let names = |reader: &mut Reader, key: &str, is_name: fn(&str) -> bool| match table.get(key) {
        Some(value) => reader.words(value, key, |word, span| {
            let problem = || Problem::at(span.clone(), format!("{} cannot be a name in `{key}`", quote(word)));
            let hint = "letters, digits and _ . + - make such a name";
            if is_name(word) { Ok(word.to_owned()) } else { Err(problem().hint(hint)) }
        }),
        None => Vec::new(),
    };
    let features = names(reader, "features", is_feature);
    let default_features = !is_constant(reader, table, "default-features", false);
    let tools = names(reader, "host-tools", is_word);
    let rustflags = table.get("rustflags").map(|value| read_flags(reader, value)).unwrap_or_default();
    let env = table.get("env").map(|value| read_env(reader, &place, value)).unwrap_or_default();
    let boot = table.get("boot").and_then(|value| each(reader, value, "boot", &mut read_boot));
    let boot = boot.unwrap_or_else(|| PerTarget::All(vec![Boot::Direct]));
    let c_compiler = table.get("c-compiler").and_then(|value| {
        let word = reader.string(value, &format!("`c-compiler` of {place}"))?;
        CCompiler::read(word, value.span()).map_err(|problem| reader.report(problem)).ok()
    });
    let ignored = is_constant(reader, table, "ignore-toolchain-file", true);
    let without_config = is_constant(reader, table, config::IGNORE, true);
    let tests = is_constant(reader, table, "tests", true);
    let hashes = table.get(git::KEY).map(|value| git::read(reader, &place, value)).unwrap_or_default();
    if package.is_none() && !table.contains_key("package") {
        missing(reader, "package", "name the package of the workspace that is the kernel: package = \"kernel\"");
    }
    let paths = |reader: &mut Reader, key: &str| {
        table.get(key).and_then(|value| {
            each(reader, value, key, &mut |reader, value| {
                let text = reader.string(value, &format!("`{key}` of {place}"))?;
                Some((text.to_owned(), value.span()))
            })
        })
    };
    let scripts = paths(reader, "linker-script");
    let target_files = paths(reader, "target-file");
    let boots = read_boots(reader, table, &place, value.span(), &boot);
    let Some(source) = table.get("source") else {
        missing(reader, "source", &format!("name the folder of the workspace beside the matrix: source = \"{name}\""));
        return None;
    };
    let folder = reader.string(source, &format!("`source` of {place}"))?.to_owned();
    let report = |reader: &mut Reader, span: Range<usize>, (message, hint): Wrong| {
        reader.report(Problem::at(span, message).hint(hint));
    };
    let workspace = match workspace(&folder, files) {
        Ok(workspace) => workspace,
        Err(wrong) => {
            report(reader, source.span(), wrong);
            return None;
        }
    };
    let rust = if ignored { Ok(None) } else { cargo::toolchain(&workspace) };
    let rust = rust.unwrap_or_else(|wrong| {
        report(reader, source.span(), wrong);
        None
    });
    let packages = match cargo::packages(&workspace) {
        Ok(packages) => packages,
        Err(wrong) => {
            wrong.into_iter().for_each(|wrong| report(reader, source.span(), wrong));
            return None;
        }
    };
    if !without_config {
        // cargo can be run in the package's folder, too.
        let own = package.as_ref().and_then(|(package, _)| packages.get(package)).map(|it| it.folder.as_str());
        let deepest = format!("{folder}/{}", own.unwrap_or_default());
        let wrong = configuration(deepest.trim_end_matches('/'), &place, files);
        wrong.into_iter().for_each(|wrong| report(reader, source.span(), wrong));
    }
    let locked = cargo::locked(workspace.get("Cargo.lock"), &packages, &folder);
    let (crates, git, own) = match locked {
        Ok(locked) => {
            let from = (folder.as_str(), source.span());
            (locked.crates, git::trees(reader, hashes, locked.git, from), locked.own)
        }
        Err(wrong) => {
            wrong.into_iter().for_each(|wrong| report(reader, source.span(), wrong));
            (BTreeSet::new(), Vec::new(), packages.keys().cloned().collect())
        }
    };
    let apart =
        |name: &str, known: &Package| (!own.contains(name)).then(|| not_locked(&folder, name, known, &workspace));
    let linker_script =
        scripts.and_then(|scripts| scripts.filter_map(|it| found(reader, it, LINKER_SCRIPTS, &workspace, &folder)));
    let target_files = target_files.map(|it| read_target_files(reader, it, &workspace, &folder)).unwrap_or_default();
    let profile = profile.map_or_else(
        || "release".to_owned(),
        |(profile, span)| {
            let known = cargo::profiles(&workspace);
            if !known.contains(&profile) {
                report(reader, span, cargo::not_one_of("profile", &profile, &known));
            }
            profile
        },
    );
    for tool in &tools {
        let what = format!("package below {} called", quote(&folder));
        match packages.get(&tool.value) {
            None => report(reader, tool.span.clone(), cargo::not_one_of(&what, &tool.value, packages.keys())),
            Some(known) if known.programs.is_empty() => {
                let message = format!("the package {} has no program", quote(&tool.value));
                report(reader, tool.span.clone(), (message, "a host tool is a program: it has src/main.rs".to_owned()));
            }
            Some(known) => {
                let wrong = apart(&tool.value, known);
                wrong.into_iter().for_each(|wrong| report(reader, tool.span.clone(), wrong));
            }
        }
    }
    let (package, span) = package?;
    let Some(known) = packages.get(&package) else {
        report(
            reader,
            span,
            cargo::not_one_of(&format!("package below {} called", quote(&folder)), &package, packages.keys()),
        );
        return None;
    };
    apart(&package, known).into_iter().for_each(|wrong| report(reader, span.clone(), wrong));
    for feature in &features {
        let wrong = match feature.value.split_once('/') {
            Some((name, _)) if known.dependencies.contains(name) => None,
            Some((name, _)) => Some(("dependency", name, &known.dependencies)),
            None if known.features.contains(&feature.value) => None,
            None => Some(("feature", feature.value.as_str(), &known.features)),
        };
        if let Some((what, name, known)) = wrong {
            report(reader, feature.span.clone(), cargo::not_one_of(what, name, known));
        }
    }
    let program = match (program, known.programs.first()) {
        (Some((program, span)), _) => {
            if !known.programs.contains(&program) {
                report(reader, span, cargo::not_one_of("program", &program, &known.programs));
            }
            program
        }
        (None, Some(only)) if known.programs.len() == 1 => only.clone(),
        (None, Some(_)) => {
            let names: Vec<&str> = known.programs.iter().map(String::as_str).collect();
            let message = format!("the package {} has {} programs", quote(&package), names.len());
            report(reader, span, (message, format!("say which with `program`: {}", names.join(", "))));
            return None;
        }
        (None, None) => {
            let message = format!("the package {} has no program", quote(&package));
            report(reader, span, (message, "a kernel is a program: it has src/main.rs".to_owned()));
            return None;
        }
    };
    let sound = reader.count() == before;
    sound.then(|| Kernel {
        name: name.to_owned(),
        source: folder,
        files: workspace,
        crates,
        git,
        package,
        program,
        features: features.into_iter().map(|feature| feature.value).collect(),
        default_features,
        profile,
        rustflags,
        env,
        host_tools: tools.into_iter().map(|tool| tool.value).collect(),
        linker_script: linker_script.unwrap_or_else(|| PerTarget::Each(BTreeMap::new())),
        target_files,
        c_compiler,
        tests,
        rust,
        boot,
        boots,
    })
}

/// Whether a key is there, which can have this value alone.
fn is_constant(reader: &mut Reader, table: &DeTable<'_>, key: &str, only: bool) -> bool {
    table.get(key).is_some_and(|value| match value.get_ref() {
        DeValue::Boolean(value) if *value == only => true,
        DeValue::Boolean(_) => {
            let problem = Problem::at(value.span(), format!("`{key}` can only be {only}"));
            reader.report(problem.hint("leave it out"));
            false
        }
        other => {
            reader.wrong_type(value.span(), &format!("`{key}`"), &only.to_string(), other);
            false
        }
    })
}

/// Flags of rustc. Order and repetition mean something there.
fn read_flags(reader: &mut Reader, value: &Value<'_>) -> Vec<String> {
    let mut flags = Vec::new();
    for item in reader.list(value, "`rustflags`", "strings") {
        let Some(flag) = reader.string(item, "an entry of `rustflags`") else { continue };
        // They are separated by spaces on their way.
        if flag.is_empty() || !flag.bytes().all(|byte| byte.is_ascii_graphic()) {
            let problem = Problem::at(item.span(), format!("{} cannot be a flag in `rustflags`", quote(flag)));
            reader.report(problem.hint("one flag per string, in ASCII without spaces: [\"-C\", \"link-arg=-n\"]"));
            continue;
        }
        flags.push(flag.to_owned());
    }
    flags
}

/// Environment variables by their names.
fn read_env(reader: &mut Reader, place: &str, value: &Value<'_>) -> BTreeMap<String, String> {
    let table = reader.tables(value, &format!("`env` of {place}"), MAX_VARIABLES);
    let mut env = BTreeMap::new();
    for (key, value) in table.into_iter().flatten() {
        let name: &str = key.get_ref();
        if name.len() > 100 || !is_variable(name) {
            let problem = Problem::at(key.span(), format!("{} cannot be the name of a variable", quote(name)));
            reader.report(problem.hint("letters, digits and _ make such a name"));
        } else if ["PATH", "RUSTFLAGS"].contains(&name) || OWN_VARIABLES.iter().any(|own| name.starts_with(own)) {
            let problem = Problem::at(key.span(), format!("{} in `env` is for crossloom to set", quote(name)));
            reader.report(problem.hint("the keys `rustflags`, `profile` and `c-compiler` say how to compile"));
        } else if let Some(text) = reader.string(value, &format!("{} in `env`", quote(name))) {
            env.insert(name.to_owned(), text.to_owned());
        }
    }
    env
}

/// What is wrong with the files in which cargo would look for its configuration, if it ran in a folder beside the matrix.
fn configuration(folder: &str, place: &str, files: &dyn UserFiles) -> Vec<Wrong> {
    let problems = |path: String| match files.optional(&path) {
        Ok(None) => Vec::new(),
        Ok(Some(bytes)) => config::problems(&path, bytes, place),
        Err((message, hint)) => vec![(format!("{} cannot be read: {message}", quote(&path)), hint)],
    };
    config::paths(folder).into_iter().flat_map(problems).collect()
}

/// The problem of a package that stands below the workspace, and that its `Cargo.lock` does not name.
fn not_locked(folder: &str, name: &str, package: &Package, workspace: &BTreeMap<String, String>) -> Wrong {
    let place = format!("{folder}/{}", package.folder);
    let place = place.trim_end_matches('/');
    let message = format!("{} is not locked by {}", quote(name), quote(&format!("{folder}/Cargo.lock")));
    let hint = match workspace.contains_key(&format!("{}Cargo.lock", package.folder)) {
        true if !package.folder.is_empty() => format!("{} is a workspace of its own: source = {place:?}", quote(place)),
        _ => format!("is {} among the `members` of the workspace? `cargo generate-lockfile` locks these", quote(place)),
    };
    (message, hint)
}

/// How it is started.
fn read_boot(reader: &mut Reader, value: &Value<'_>) -> Option<Vec<Boot>> {
    let words = reader.words(value, "boot", Boot::read);
    let alone = words.iter().find(|word| word.value == Boot::None);
    if let Some(word) = alone.filter(|_| words.len() > 1) {
        let problem = Problem::at(word.span.clone(), format!("`{}` stands alone in `boot`", word.value));
        reader.report(problem.hint("remove it, or the others"));
    }
    Some(words.into_iter().map(|word| word.value).collect())
}

/// What is expected of it in an emulator.
fn read_boots(
    reader: &mut Reader,
    table: &DeTable<'_>,
    place: &str,
    span: Range<usize>,
    boot: &PerTarget<Vec<Boot>>,
) -> Option<Boots> {
    let starts = match boot {
        PerTarget::All(ways) => !ways.contains(&Boot::None),
        // A target that the table does not name boots directly.
        PerTarget::Each(each) => {
            each.len() < BareTarget::all().len() || each.values().any(|ways| !ways.contains(&Boot::None))
        }
    };
    if !starts {
        for key in ["serial", "exit-status"] {
            if let Some(value) = table.get(key) {
                let message = format!("`{key}` means nothing in {place}, which is not booted");
                reader.report(Problem::at(value.span(), message).hint("remove it, or boot = [\"none\"]"));
            }
        }
        return None;
    }
    let status = match table.get("exit-status") {
        None => Some(default_status()),
        Some(value) => each(reader, value, "exit-status", &mut |reader, value| match value.get_ref() {
            DeValue::Integer(number) => {
                let status = number.as_str().parse::<u8>().ok().filter(|_| number.radix() == 10);
                if status.is_none() {
                    let problem = Problem::at(value.span(), format!("{} is not an exit status", number.as_str()));
                    reader.report(problem.hint("a number from 0 to 255"));
                }
                status
            }
            other => {
                reader.wrong_type(value.span(), "`exit-status`", "a number", other);
                None
            }
        }),
    };
    let Some(value) = table.get("serial") else {
        let hint =
            "name lines that it prints when it works: serial = [\"hello\"]; or boot = [\"none\"], without a check";
        reader.missing.push(Problem::at(span, format!("`serial` is missing in {place}")).hint(hint));
        return None;
    };
    let lines = reader.words(value, "serial", |line, span| {
        let wrong = |message: &str, hint: &str| Err(Problem::at(span.clone(), message.to_owned()).hint(hint));
        match line.trim() {
            "" => wrong("an empty line is found in every output", "name something that the kernel prints"),
            trimmed if trimmed != line => wrong("a line begins or ends with a space", "remove it"),
            _ if line.len() > 200 => wrong("a line of more than 200 bytes", "a part of it is enough"),
            _ => Ok(line.to_owned()),
        }
    });
    if lines.len() > MAX_LINES {
        let problem = Problem::at(value.span(), format!("`serial` of {place} has {} lines", lines.len()));
        reader.report(problem.hint(format!("at most {MAX_LINES} are looked for")));
    }
    Some(Boots { serial: lines.into_iter().map(|line| line.value).collect(), status: status? })
}

/// A value for all targets, or a table with one for each.
fn each<T>(
    reader: &mut Reader,
    value: &Value<'_>,
    key: &str,
    read: &mut dyn FnMut(&mut Reader, &Value<'_>) -> Option<T>,
) -> Option<PerTarget<T>> {
    let DeValue::Table(table) = value.get_ref() else { return read(reader, value).map(PerTarget::All) };
    let mut values = BTreeMap::new();
    for (name, value) in table {
        let word: &str = name.get_ref();
        match BareTarget::parse(word) {
            Some(target) => values.extend(read(reader, value).map(|read| (target.name(), read))),
            None => reader.report(not_among(name.span(), "target", word, BareTarget::names())),
        }
    }
    if table.is_empty() {
        let problem = Problem::at(value.span(), format!("`{key}` is empty"));
        reader.report(problem.hint(format!("leave it out, or name a target: {key} = {{ x86_64-unknown-none = … }}")));
    }
    Some(PerTarget::Each(values))
}

/// Target files that are there and fit their targets. Each has its own architecture, so none is for all targets.
fn read_target_files(
    reader: &mut Reader,
    files: PerTarget<(String, Range<usize>)>,
    workspace: &BTreeMap<String, String>,
    folder: &str,
) -> BTreeMap<&'static str, String> {
    let files = match files {
        PerTarget::Each(files) => files,
        PerTarget::All((path, span)) => {
            let problem = Problem::at(span, "a target file takes the place of one target");
            reader.report(problem.hint(format!("name it: target-file = {{ x86_64-unknown-none = {path:?} }}")));
            return BTreeMap::new();
        }
    };
    let mut read = BTreeMap::new();
    for (name, (path, span)) in files {
        let Some(path) = found(reader, (path, span.clone()), TARGET_FILES, workspace, folder) else { continue };
        let text = workspace.get(&path).map(String::as_str).unwrap_or_default();
        let wrong = BareTarget::parse(name).map(|target| target_file::problems(&path, text, target));
        for (message, hint) in wrong.into_iter().flatten() {
            reader.report(Problem::at(span.clone(), message).hint(hint));
        }
        read.insert(name, path);
    }
    read
}

/// The path of a linker script or a target file, if it is there. Names of `what` end in one of `ends`.
fn found(
    reader: &mut Reader,
    (path, span): (String, Range<usize>),
    (what, ends): (&str, &[&str]),
    workspace: &BTreeMap<String, String>,
    folder: &str,
) -> Option<String> {
    if workspace.contains_key(&path) {
        return Some(path);
    }
    let message = format!("there is no {what} {} in {}", quote(&path), quote(folder));
    let alike = workspace.keys().filter(|path| ends.iter().any(|end| path.ends_with(end)));
    let hint = match alike.map(String::as_str).take(10).collect::<Vec<_>>().as_slice() {
        [] => "paths are named from the workspace's folder".to_owned(),
        known => format!("paths are named from the workspace's folder; it has {}", known.join(", ")),
    };
    reader.report(Problem::at(span, message).hint(hint));
    None
}

/// The texts of a workspace's files; or what is wrong with it and what to do.
fn workspace(folder: &str, files: &dyn UserFiles) -> Result<BTreeMap<String, String>, Wrong> {
    let texts = folder::texts(folder, files, &WORKSPACE, |_| true)?;
    if !texts.contains_key("Cargo.toml") {
        let hint = "it is the folder of the workspace, in which cargo is run";
        return Err((format!("{} holds no Cargo.toml", quote(folder)), hint.to_owned()));
    }
    Ok(texts)
}

/// Whether it is a feature, or one of a dependency.
fn is_feature(text: &str) -> bool {
    text.split_once('/').map_or_else(|| is_word(text), |(dependency, feature)| is_word(dependency) && is_word(feature))
}

fn is_word(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.+-".contains(&byte);
    text.len() <= 64 && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Matrix;
    use crate::plan::{Arg, texts};
    use crate::platform::System;
    use crate::tests::project::{Files, planned};

    const LOCK: &str = "version = 4\n[[package]]\nname = \"kernel\"\nversion = \"1.0.0\"\n[[package]]\nname = \"spin\"\n\
                        version = \"0.9.8\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
                        checksum = \"baf1de4339761588bc0619e3cbc0120ee582ebb74b53b4efbf79117bd2da40fd\"\n";

    /// A workspace with a kernel, as files beside a matrix.
    fn workspace() -> Files {
        Files(BTreeMap::new())
            .with(
                "os/Cargo.toml",
                "[package]\nname = \"kernel\"\nversion = \"1.0.0\"\n[features]\nlogging = []\n[dependencies]\nspin = \"0.9\"\n",
            )
            .with("os/Cargo.lock", LOCK)
            .with("os/src/main.rs", "")
            .with("os/x86_64.ld", "")
    }

    const APART: &str = "[package]\nname = \"apart\"\nversion = \"1.0.0\"\n";
    const GIT: &str = "https://git.example.org/spin";
    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
    const HASH: &str = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
    const TABLE: &str =
        "source = \"os\"\npackage = \"kernel\"\nlinker-script = \"x86_64.ld\"\nserial = [\"it works\"]\n";

    fn parse(table: &str, files: &Files) -> Result<Matrix, Vec<Problem>> {
        let text = format!(
            "crossloom = 1\n[build]\nsystems = [\"x86_64-linux\"]\n[bare-metal]\ntargets = [\"x86_64-unknown-none\"]\n\
             kernel = [\"mine\"]\n[bare-metal-kernel.mine]\n{table}"
        );
        Matrix::parse_with(&text, files)
    }

    #[test]
    fn a_kernel_is_a_cell_whose_crates_are_sources() {
        let matrix = parse(TABLE, &workspace()).unwrap();
        assert_eq!(matrix.count(), 1);
        let wanted = matrix.wanted();
        let spin = &wanted["crate-spin-0.9.8"];
        assert!(spin.hash().is_some_and(|hash| hash.to_hex().starts_with("baf1de43")));
        assert!(wanted.contains_key("crate-compiler_builtins-0.1.140") && !wanted.contains_key("crate-kernel-1.0.0"));
    }

    #[test]
    fn packages_from_git_are_a_source_by_hash() {
        let lock = LOCK.replace(
            "registry+https://github.com/rust-lang/crates.io-index",
            &format!("git+{GIT}?branch=main#{COMMIT}"),
        );
        let lock = lock.lines().filter(|line| !line.starts_with("checksum")).collect::<Vec<_>>().join("\n");
        let hash = format!("hash = \"sha256-{HASH}\", archive = \"https://git.example.org/x.tar.gz\"");
        let table = format!("{TABLE}git-hashes = {{ \"{GIT}#{COMMIT}\" = {{ {hash} }} }}\n");
        let matrix = parse(&table, &workspace().with("os/Cargo.lock", &lock)).unwrap();
        let wanted = &matrix.wanted()[&format!("git-spin-{COMMIT}")];
        assert_eq!(wanted.hash().unwrap().to_sri(), format!("sha256-{HASH}"));
        assert!(matches!(wanted, crate::lock::Wanted::Given(given) if given.tree));
    }

    /// Each with the word that its only message or hint holds, and before anything is built.
    #[test]
    fn what_is_wrong_with_a_kernel_is_said() {
        let git = LOCK.replace(
            "registry+https://github.com/rust-lang/crates.io-index",
            &format!("git+{GIT}?branch=main#{COMMIT}"),
        );
        let hashed = |git: &str| format!("{TABLE}git-hashes = {{ {git} }}\n");
        let table = |from: &str, to: &str| {
            assert!(TABLE.contains(from), "{from}");
            TABLE.replace(from, to)
        };
        let same = TABLE.to_owned();
        let toolchain = "[toolchain]\nchannel = \"nightly-2025-06-24\"\n";
        let cases = [
            (same.clone(), workspace().without("os/Cargo.lock"), "there is no `os/Cargo.lock`"),
            (
                same.clone(),
                workspace().with("os/Cargo.lock", &git),
                "takes `spin 0.9.8` from git, and the matrix has no hash",
            ),
            (
                same.clone(),
                workspace().with("os/Cargo.lock", &git.replace(COMMIT, "1234")),
                "and `https://git.example.org/spin?branch=main#1234` is not a commit there",
            ),
            (
                hashed(&format!("\"{GIT}#{COMMIT}\" = \"sha256-{HASH}\"")),
                workspace().with("os/Cargo.lock", &git),
                "does not know the address of an archive of https://git.example.org/spin",
            ),
            (
                hashed(&format!("\"{GIT}#{COMMIT}\" = \"sha256-{HASH}\"")),
                workspace(),
                "`os/Cargo.lock` takes nothing from https://git.example.org/spin#0123",
            ),
            (
                hashed(&format!("\"{GIT}#{COMMIT}\" = \"1234\"")),
                workspace().with("os/Cargo.lock", &git),
                "`1234` is not a SHA-256",
            ),
            (
                hashed(&format!("\"{GIT}#{COMMIT}\" = {{ archive = \"https://git.example.org/x.tar.gz\" }}")),
                workspace().with("os/Cargo.lock", &git),
                "`hash` is missing",
            ),
            (
                hashed(&format!("\"{GIT}#{COMMIT}\" = {{ hash = \"sha256-{HASH}\", archive = \"x.tar.gz\" }}")),
                workspace().with("os/Cargo.lock", &git),
                "`x.tar.gz` is not the address of an archive",
            ),
            (hashed("\"spin\" = \"1234\""), workspace(), "`spin` is not a repository at a commit"),
            (
                same.clone(),
                workspace().with("os/rust-toolchain.toml", toolchain),
                "asks for the compiler `nightly-2025",
            ),
            (same.clone(), workspace().without("os/src/main.rs"), "has no program"),
            (same.clone(), workspace().with("os/src/bin/other.rs", ""), "has 2 programs"),
            (same.clone(), workspace().without("os/Cargo.toml"), "holds no Cargo.toml"),
            (same.clone(), workspace().with("os/a b", ""), "a name that not every machine takes"),
            (table("x86_64.ld", "kernel.ld"), workspace(), "there is no linker script `kernel.ld` in `os`"),
            (table("\"kernel\"", "\"kernal\""), workspace(), "there is no package below `os` called `kernal`"),
            (table("\"os\"", "\"../os\""), workspace(), "is not the folder of a workspace"),
            (table("\"it works\"", "\"  \""), workspace(), "an empty line"),
            (table("serial = [\"it works\"]\n", ""), workspace(), "`serial` is missing"),
            (format!("{TABLE}features = [\"loging\"]\n"), workspace(), "there is no feature `loging`"),
            (format!("{TABLE}features = [\"spinn/lock\"]\n"), workspace(), "there is no dependency `spinn`"),
            (format!("{TABLE}features = [\"a/b/c\"]\n"), workspace(), "`a/b/c` cannot be a name in `features`"),
            (format!("{TABLE}default-features = true\n"), workspace(), "`default-features` can only be false"),
            (format!("{TABLE}rustflags = [\"-C x\"]\n"), workspace(), "`-C x` cannot be a flag in `rustflags`"),
            (format!("{TABLE}env = {{ \"A B\" = \"1\" }}\n"), workspace(), "`A B` cannot be the name of a variable"),
            (format!("{TABLE}env = {{ CARGO_HOME = \"/\" }}\n"), workspace(), "`CARGO_HOME` in `env` is for crossloom"),
            (format!("{TABLE}env = {{ A = 1 }}\n"), workspace(), "`A` in `env` must be a string"),
            (
                same.clone(),
                workspace().with("os/.cargo/config.toml", "[build]\nrustflags = [\"-C\", \"link-arg=-n\"]\n"),
                "`os/.cargo/config.toml` sets `build.rustflags`",
            ),
            (same.clone(), workspace().with(".cargo/config", "[env]\nA = \"1\"\n"), "`.cargo/config` sets `env`"),
            (
                table("\"kernel\"", "\"apart\""),
                workspace().with("os/apart/Cargo.toml", APART).with("os/apart/src/main.rs", ""),
                "`apart` is not locked by `os/Cargo.lock`",
            ),
            (
                format!("{TABLE}host-tools = [\"apart\"]\n"),
                workspace().with("os/apart/Cargo.toml", APART).with("os/apart/src/main.rs", ""),
                "`apart` is not locked by `os/Cargo.lock`",
            ),
            (
                format!("{TABLE}target-file = {{ x86_64-unknown-none = \"my.json\" }}\n"),
                workspace(),
                "there is no target file `my.json` in `os`",
            ),
            (format!("{TABLE}target-file = \"my.json\"\n"), workspace(), "takes the place of one target"),
            (format!("{TABLE}profile = \"fast\"\n"), workspace(), "there is no profile `fast`"),
            (format!("{TABLE}program = \"kernal\"\n"), workspace(), "there is no program `kernal`"),
            (format!("{TABLE}exit-status = 256\n"), workspace(), "256 is not an exit status"),
            (
                format!("{TABLE}host-tools = [\"writer\"]\n"),
                workspace(),
                "there is no package below `os` called `writer`",
            ),
            (format!("{TABLE}c-compiler = \"gcc\"\n"), workspace(), "unknown compiler of C `gcc`"),
            (format!("{TABLE}tests = false\n"), workspace(), "`tests` can only be true"),
            (
                table("serial = [\"it works\"]\n", "boot = [\"none\"]\ntests = true\n"),
                workspace(),
                "has tests, and does not boot directly",
            ),
            (format!("{TABLE}boot = [\"none\"]\n"), workspace(), "`serial` means nothing"),
            (format!("{TABLE}boot = [\"uefi\", \"direct\"]\n"), workspace(), "boots both directly and by a loader"),
            (format!("{TABLE}boot = [\"uefi\"]\n"), workspace(), "has no bootloader_api"),
            (
                format!("{TABLE}boot = [\"uefi\"]\n"),
                workspace().with("os/Cargo.lock", &LOCK.replace("\"spin\"", "\"bootloader_api\"")),
                "has bootloader_api 0.9.8, and the boot loader is 0.11.10",
            ),
            (
                format!("{TABLE}exit-status = {{ x86_64-unknown-nine = 1 }}\n"),
                workspace(),
                "unknown target `x86_64-unknown-nine`",
            ),
            (
                format!("{TABLE}exit-status = {{ aarch64-unknown-none = 1 }}\n"),
                workspace(),
                "has no number for x86_64-unknown-none",
            ),
        ];
        for (table, files, expected) in cases {
            let problems = parse(&table, &files).unwrap_err();
            let messages: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
            assert!(messages.len() == 1 && messages[0].contains(expected), "{expected}: {messages:?}");
            assert!(problems[0].hint.is_some(), "{messages:?}");
        }
        // Only a loader for PCs needs a crate, and each target can boot in its own way.
        let arm = |boot: &str| {
            let text = format!(
                "crossloom = 1\n[build]\nsystems = [\"x86_64-linux\"]\n[bare-metal]\ntargets = [\"aarch64-unknown-none\", \
                 \"x86_64-unknown-none\"]\nkernel = [\"mine\"]\n[bare-metal-kernel.mine]\n{TABLE}boot = {boot}\n"
            );
            Matrix::parse_with(&text, &workspace()).map(|matrix| matrix.wanted().into_keys().collect::<Vec<_>>())
        };
        let wanted = arm("{ aarch64-unknown-none = [\"direct\", \"uefi\"] }").unwrap();
        assert!(wanted.iter().any(|name| name.starts_with("qemu-efi-aarch64")), "{wanted:?}");
        assert!(!wanted.iter().any(|name| name.starts_with("ovmf")), "{wanted:?}");
        let bios = arm("{ aarch64-unknown-none = [\"bios\"] }").unwrap_err();
        assert!(bios[0].message.contains("boots by bios, for which there is no loader"), "{}", bios[0].message);
        // And with a second compiler.
        let both = |table: &str, files: &Files| {
            let text = format!(
                "crossloom = 1\n[build]\nsystems = [\"x86_64-linux\"]\n[bare-metal]\ntargets = [\"x86_64-unknown-none\"]\n\
                 kernel = [\"mine\"]\nrust = [\"1.85.0\", \"1.97.1\"]\n[bare-metal-kernel.mine]\n{table}"
            );
            let found = Matrix::parse_with(&text, files).err().unwrap_or_default();
            found.into_iter().map(|problem| problem.message).collect::<Vec<_>>()
        };
        assert_eq!(both(TABLE, &workspace()), [""; 0]);
        let old = workspace().with("os/rust-toolchain.toml", "[toolchain]\nchannel = \"1.85\"\n");
        assert_eq!(
            both(TABLE, &old),
            ["the rust-toolchain.toml of [bare-metal-kernel.mine] asks for Rust 1.85.0, and not 1.97.1"]
        );
        let loaded = workspace()
            .with("os/Cargo.lock", &LOCK.replace("\"spin\"", "\"bootloader_api\"").replace("0.9.8", loader::VERSION));
        assert_eq!(
            both(&format!("{TABLE}boot = [\"uefi\"]\n"), &loaded),
            ["[bare-metal-kernel.mine] boots on x86_64-unknown-none by a loader that only Rust 1.85.0 compiles"]
        );
        // All that is wrong with a target file is said, too.
        let custom = format!("{TABLE}target-file = {{ x86_64-unknown-none = \"my.json\" }}\n");
        let problems = parse(&custom, &workspace().with("os/my.json", "{\n\"archh\": \"x86_64\"\n}")).unwrap_err();
        assert!(problems.len() > 4, "{problems:?}");
        assert_eq!(problems[0].message, "`my.json`, line 2: Rust 1.85.0 knows no field `archh`");
        // A workspace in the workspace, and cargo's configuration in the folder of the package.
        let own = workspace()
            .with("os/apart/Cargo.toml", APART)
            .with("os/apart/Cargo.lock", "")
            .with("os/apart/.cargo/config.toml", "[profile.release]\nlto = true\n")
            .with("os/apart/src/main.rs", "");
        let apart = table("\"kernel\"", "\"apart\"");
        let said = |table: &str| {
            let problems = parse(table, &own).unwrap_err();
            problems.into_iter().map(|problem| problem.hint.unwrap_or_default()).collect::<Vec<_>>()
        };
        let elsewhere = "`os/apart` is a workspace of its own: source = \"os/apart\"";
        assert_eq!(said(&format!("{apart}ignore-cargo-config = true\n")), [elsewhere]);
        let both = said(&apart);
        assert!(both.len() == 2 && both[0].starts_with("move the profile to"), "{both:?}");
        let ignored = format!("{TABLE}ignore-toolchain-file = true\n");
        assert!(parse(&ignored, &workspace().with("os/rust-toolchain.toml", toolchain)).is_ok());
    }

    /// The arguments of the kernel's node.
    fn node(table: &str, files: &Files) -> (String, BTreeMap<&'static str, Arg>) {
        let mut plan = planned(&parse(table, files).unwrap());
        let nodes = plan.systems.remove(&System::X86_64Linux).unwrap().nodes;
        let node = nodes.into_iter().find(|node| node.recipe == "bare-metal/kernel").unwrap();
        (node.name, node.args)
    }

    #[test]
    fn flags_and_variables_reach_the_kernel() {
        let (plain, args) = node(TABLE, &workspace());
        assert!(!args.contains_key("settings") && !args.contains_key("defaultFeatures"));
        let model = ["-C", "relocation-model=static", "-C", "code-model=small"];
        assert_eq!(args["rustflags"], texts(&model));
        let mut names = vec![plain];
        for (key, arg, value) in [
            (
                "rustflags = [\"--cfg\", \"a=\\\"b\\\"\"]",
                "rustflags",
                texts(&[&model[..], &["--cfg", "a=\"b\""]].concat()),
            ),
            (
                "env = { B = 'say \"x\"', A = \"1\" }",
                "settings",
                texts(&[
                    "[env]",
                    "A = { value = \"1\", force = true }",
                    "B = { value = \"say \\\"x\\\"\", force = true }",
                ]),
            ),
            ("default-features = false", "defaultFeatures", Arg::Flag(false)),
            ("features = [\"spin/lock\"]", "features", texts(&["spin/lock"])),
        ] {
            let (name, args) = node(&format!("{TABLE}{key}\n"), &workspace());
            assert_eq!(args[arg], value, "{key}");
            names.push(name);
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 5, "{names:?}");
    }

    #[test]
    fn a_target_file_chooses_its_models() {
        let target = BareTarget::parse("x86_64-unknown-none").unwrap();
        let file = format!(
            "{{\"arch\": \"x86_64\", \"data-layout\": \"{}\", \"llvm-target\": \"x86_64-unknown-none\",\n\
             \"target-pointer-width\": \"64\", \"panic-strategy\": \"abort\", \"linker-flavor\": \"ld.lld\",\n\
             \"code-model\": \"kernel\"}}",
            target.data_layout()
        );
        let table = format!("{TABLE}target-file = {{ x86_64-unknown-none = \"my.json\" }}\nrustflags = [\"-Cx=y\"]\n");
        let (_, args) = node(&table, &workspace().with("os/my.json", &file));
        assert_eq!(args["rustflags"], texts(&["-C", "relocation-model=static", "-Cx=y"]));
    }

    /// The matrix of the page about Breenix, with manifests and a lock as that project has them.
    #[test]
    fn the_matrix_for_breenix_is_read() {
        let page = std::fs::read_to_string(crate::tests::project::repository().join("docs/breenix.md")).unwrap();
        let text = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let rev = "707db11201b19541b7cfef84037866ee03aa0927";
        let git = format!("git+https://github.com/rust-osdev/bootloader.git?rev={rev}#{rev}");
        let locked =
            |name: &str| format!("[[package]]\nname = \"{name}\"\nversion = \"0.11.10\"\nsource = \"{git}\"\n");
        let lock = format!(
            "version = 4\n[[package]]\nname = \"kernel\"\nversion = \"0.1.0\"\n{}{}",
            locked("bootloader_api"),
            locked("bootloader-x86_64-common")
        );
        let manifest = "[package]\nname = \"kernel\"\nversion = \"0.1.0\"\n\
                        [[bin]]\nname = \"kernel\"\npath = \"src/main.rs\"\n\
                        [[bin]]\nname = \"kernel-aarch64\"\npath = \"src/main_aarch64.rs\"\n";
        let files = Files(BTreeMap::new())
            .with("breenix/Cargo.toml", "[workspace]\nmembers = [\"kernel\"]\nresolver = \"2\"\n")
            .with("breenix/Cargo.lock", &lock)
            .with("breenix/rust-toolchain.toml", "[toolchain]\nchannel = \"nightly-2025-06-24\"\n")
            .with("breenix/kernel/Cargo.toml", manifest)
            .with("breenix/kernel/src/main.rs", "")
            .with("breenix/kernel/src/main_aarch64.rs", "");
        let matrix = Matrix::parse_with(text, &files).unwrap();
        assert!(matrix.wanted().contains_key(&format!("git-bootloader-{rev}")));
        let booted = text.replace("boot = [\"none\"]", "boot = [\"uefi\"]\nserial = [\"it works\"]");
        assert!(Matrix::parse_with(&booted, &files).is_ok());
        assert!(Matrix::parse_with(&text.replace(rev, &"0".repeat(40)), &files).is_err());
    }

    #[test]
    fn the_kernel_that_needs_no_table_has_all_of_its_files() {
        let hello = hello();
        assert!(hello.files.values().all(|text| !text.is_empty()));
        let below = format!("{HELLO_FOLDER}/");
        let embedded = Verbatim::embedded().paths().filter(|path| path.starts_with(&below)).count();
        assert_eq!(embedded, hello.files.len());
        for target in BareTarget::all() {
            let script = hello.linker_script.of(target).unwrap();
            assert!(hello.files.contains_key(script), "{target}");
        }
    }
}
