//! `[bare-metal-kernel.NAME]`: kernels as packages of cargo workspaces beside the matrix.

mod boots;
mod read;
mod table;
#[cfg(test)]
mod tests;
mod workspace;

use std::collections::{BTreeMap, BTreeSet};

use super::git::Tree;
use super::loader::{self, Firmware, Loader};
use super::rust::{COMPILES_BOOTLOADER, Crate, READS_TARGET_FILES, RustVersion};
use super::target_file;
use super::targets::BareTarget;
use crate::diag::{Wrong, quote};
use crate::family::Target;
use crate::words;

pub use table::Kernels;

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
    pub fn cannot_boot(&self, target: &'static BareTarget) -> Option<Wrong> {
        let firmware = self.firmware(target);
        if self.tests && !self.is_direct(target) {
            let message =
                format!("[bare-metal-kernel.{}] has tests, and does not boot directly on {target}", self.name);
            let hint = "QEMU starts tests directly: remove `tests`, or give the kernel for a loader a table of its own";
            return Some(Wrong::new(message, hint));
        }
        let table = format!("[bare-metal-kernel.{}]", self.name);
        if let Some(firmware) = firmware.iter().find(|firmware| !target.loader().is_for(**firmware)) {
            let message = format!("{table} boots by {}, for which there is no loader for {target}", firmware.as_str());
            return Some(Wrong::new(message, "exclude the combination, or name other ways for this target in `boot`"));
        }
        if firmware.is_empty() || *target.loader() != Loader::Crate {
            return None;
        }
        if self.is_direct(target) {
            // The one is linked for fixed addresses, and the other talks to its loader.
            let message = format!("{table} boots both directly and by a loader on {target}, whose kernels differ");
            return Some(Wrong::new(message, "a kernel for a loader is another [bare-metal-kernel.NAME]"));
        }
        self.without_api()
    }

    /// Why a compiler cannot compile it for a target, and what to do.
    pub fn cannot_compile(&self, target: &'static BareTarget, rust: RustVersion) -> Option<Wrong> {
        let place = format!("[bare-metal-kernel.{}]", self.name);
        if let Some(asked) = self.rust.filter(|asked| *asked != rust) {
            let message = format!("the rust-toolchain.toml of {place} asks for Rust {asked}, and not {rust}");
            return Some(Wrong::new(message, "exclude the combination, or set `ignore-toolchain-file = true`"));
        }
        if self.target_files.contains_key(target.name()) && rust != READS_TARGET_FILES {
            let message = format!("{place} has a target file for {target}, which only Rust {READS_TARGET_FILES} reads");
            return Some(Wrong::new(message, "exclude the combination: later releases read another form"));
        }
        let loaded = *target.loader() == Loader::Crate && !self.firmware(target).is_empty();
        (loaded && rust != COMPILES_BOOTLOADER).then(|| {
            let message =
                format!("{place} boots on {target} by a loader that only Rust {COMPILES_BOOTLOADER} compiles");
            Wrong::new(message, "exclude the combination, or give it a kernel with boot = [\"direct\"]")
        })
    }

    /// What is wrong with the version of the crate by which a kernel talks to its loader: both have to be of one version.
    fn without_api(&self) -> Option<Wrong> {
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
        Some(Wrong::new(message, hint))
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
