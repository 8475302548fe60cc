//! `[linux]`: Linux kernels, and modules that are built against them.

mod config;
mod module;
mod plan;
mod targets;

use crate::diag::Wrong;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::darwin::Darwin;
use super::musl_gcc::{MuslGcc, MuslTarget};
use crate::catalogue::{Package, Release};
use crate::family::{
    About, Axis, CellOf, Defect, Family, Kind, Misspelt, Reading, Registered, Setting, Suffix, Values,
};
use crate::lock::Wanted;
use crate::matrix::MAX_CELLS;
use crate::plan::Planner;
use crate::platform::System;
use crate::service::Limits;
use crate::word::Word;
use crate::words;
use module::{LinuxModule, LinuxModules};

pub use config::{KernelConfig, KernelConfigs, SYSTEM};
pub use plan::{config_files, kernel_node, kernel_wanted};
pub use targets::KernelTarget;

pub const LINUX: Package = Package::new("linux");

/// The family.
#[derive(Debug)]
pub struct Linux;

pub const SPELLING: &str = "targets are arm64, i386, riscv64, x86_64";

static ABOUT: About = About {
    key: "linux",
    summary: "Linux kernels. Every combination of target, version, compiler and configuration is a cell.",
    example_target: "arm64",
    spelling: SPELLING,
    first_target_unnamed: false,
    // The smallest takes minutes and `defconfig` hours on two cores; with GCC, a compiler before that.
    limits: Limits { priority: 100, timeout: 21_600, silent: 3600 },
    example: "kernel-arm64",
    packages: &[LINUX],
    checks: &["linux/boot-linux.nix", "linux/kernel-case-insensitive.nix", "linux/kernel-host-tools-darwin.nix"],
};

const AXIS_LINUX: &str = "linux";
const AXIS_COMPILER: &str = "compiler";
const AXIS_CONFIG: &str = "config";

static AXES: [Axis; 3] = [
    Axis { key: AXIS_LINUX, values: Values::Releases(LINUX), suffix: Suffix::Value, doc: "Versions of the kernel." },
    Axis {
        key: AXIS_COMPILER,
        values: Values::Words(KernelCompiler::WORDS),
        suffix: Suffix::Value,
        doc: "`llvm` is the seed's clang with LLVM's linker and tools; `gcc` is crossloom's own GCC for the architecture.",
    },
    Axis {
        key: AXIS_CONFIG,
        values: Values::Names(&KernelConfigs),
        suffix: Suffix::Value,
        doc: "Configurations: boot, system, tinyconfig, defconfig, allnoconfig, or the name of one in [kernel-config].",
    },
];

const MODULES: &str = "modules";

static SETTINGS: [Setting; 1] = [Setting {
    key: MODULES,
    kind: Kind::Names(&LinuxModules),
    doc: "Modules to build against every kernel that takes modules: names of tables [linux-module.NAME].",
}];

words! {
    /// The compiler of a kernel.
    pub enum KernelCompiler: "compiler" {
        /// The scope's clang, with LLVM's linker and tools.
        Llvm = "llvm",
        /// crossloom's own GCC for the architecture, at the catalogue's default version.
        Gcc = "gcc",
    }
}

/// One Linux kernel.
#[derive(Debug, PartialEq, Eq)]
pub struct Spec {
    pub linux: &'static Release,
    /// The target of the GCC for its architecture. Its name of the architecture is also the kernel's folder below `arch/`.
    pub gcc: &'static MuslTarget,
    pub compiler: KernelCompiler,
    pub config: Arc<KernelConfig>,
    /// The modules that are built against it, in the matrix's order.
    pub modules: Vec<Arc<LinuxModule>>,
}

/// GNU's name of an architecture in the place of the kernel's.
pub fn misspelt(word: &str) -> Option<Misspelt> {
    let meant = match word {
        "aarch64" => "arm64",
        "amd64" | "x86-64" | "x64" => "x86_64",
        "i486" | "i586" | "i686" | "x86" => "i386",
        "riscv" => "riscv64",
        _ => return None,
    };
    Some(Misspelt::Alias(meant.to_owned()))
}

impl Family for Linux {
    type Target = KernelTarget;
    type Spec = Spec;

    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn targets(&self) -> Vec<&'static KernelTarget> {
        KernelTarget::all().iter().collect()
    }

    fn axes(&self) -> &'static [Axis] {
        &AXES
    }

    fn settings(&self) -> &'static [Setting] {
        &SETTINGS
    }

    fn needs(&self) -> &'static [&'static dyn Registered] {
        &[&MuslGcc, &Darwin]
    }

    fn misspelt(&self, word: &str) -> Option<Misspelt> {
        misspelt(word)
    }

    fn refuse(&self, target: &'static KernelTarget, cell: &Reading<'_>, axis: &str) -> Option<Wrong> {
        let config: Arc<KernelConfig> = cell.named(AXIS_CONFIG).ok()?;
        (axis == AXIS_CONFIG).then(|| config.refuse(target)).flatten()
    }

    fn cannot_build(&self, target: &'static KernelTarget, system: System) -> Option<&'static str> {
        target.not_on_macos().filter(|_| !system.is_linux())
    }

    fn spec(&self, target: &'static KernelTarget, cell: &Reading<'_>) -> Result<Spec, Defect> {
        let lost = || Defect { family: ABOUT.key, key: target.to_string() };
        Ok(Spec {
            linux: cell.release(AXIS_LINUX)?,
            gcc: target.gcc().ok_or_else(lost)?,
            compiler: cell.word(AXIS_COMPILER)?,
            config: cell.named(AXIS_CONFIG)?,
            modules: cell.all_named(MODULES)?,
        })
    }

    fn refuse_all(&self, cells: &[CellOf<Linux>]) -> Option<Wrong> {
        let modules = cells.first().map_or(0, |cell| cell.spec.modules.len());
        if modules > 0 && !cells.iter().any(|cell| cell.spec.config.takes_modules()) {
            let message = "`modules` names modules, and no kernel of the table takes any".to_owned();
            return Some(Wrong::new(message, "add CONFIG_MODULES=y to a configuration, or leave out `modules`"));
        }
        (cells.len().saturating_mul(modules) > MAX_CELLS).then(|| {
            let message = format!("{modules} modules for {} kernels", cells.len());
            Wrong::new(message, format!("at most {MAX_CELLS} are built in all"))
        })
    }

    fn wanted(&self, cells: &[CellOf<Linux>]) -> Vec<Wanted> {
        plan::wanted(cells)
    }

    fn files(&self, cells: &[CellOf<Linux>]) -> BTreeMap<String, String> {
        cells.iter().flat_map(plan::files).collect()
    }

    fn plan(&self, planner: &mut Planner<'_>, cells: &[CellOf<Linux>]) {
        plan::plan(planner, cells);
    }
}
