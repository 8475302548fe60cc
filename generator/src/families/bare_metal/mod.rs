//! `[bare-metal]`: kernels in Rust for machines without an operating system.

mod cargo;
mod config;
mod git;
mod kernel;
mod loader;
mod plan;
mod rust;
mod target_file;
mod targets;

use crate::diag::Wrong;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::darwin::Darwin;
use crate::family::{About, Axis, CellOf, Defect, Family, Misspelt, Reading, Registered, Suffix, Target, Values};
use crate::lock::Wanted;
use crate::plan::Planner;
use crate::service::Limits;
use crate::word::Word;
use kernel::{Kernel, Kernels};
pub use plan::{disks, disks_wanted};
use rust::RustVersion;
pub use targets::BareTarget;

/// The family.
#[derive(Debug)]
pub struct BareMetal;

static ABOUT: About = About {
    key: "bare-metal",
    summary: "Kernels in Rust, without an operating system. Every combination of target, kernel and compiler is a cell.",
    example_target: "x86_64-unknown-none",
    spelling: "targets are rustc's, such as x86_64-unknown-none",
    first_target_unnamed: false,
    // The standard library takes a minute, and a kernel with many crates some more.
    limits: Limits { priority: 100, timeout: 7200, silent: 3600 },
    example: "bare-metal",
    packages: &targets::FIRMWARE,
    checks: &[
        "bare-metal/boot-kernel.nix",
        "bare-metal/boot-image.nix",
        "bare-metal/host-tools-darwin.nix",
        "bare-metal/test-kernel.nix",
    ],
};

const AXIS_KERNEL: &str = "kernel";
const AXIS_RUST: &str = "rust";

static AXES: [Axis; 2] = [
    Axis {
        key: AXIS_KERNEL,
        values: Values::Names(&Kernels),
        suffix: Suffix::Value,
        doc: "Kernels: `hello`, which only says so, or the name of one in [bare-metal-kernel].",
    },
    Axis {
        key: AXIS_RUST,
        values: Values::Words(RustVersion::WORDS),
        suffix: Suffix::Key,
        doc: "Versions of rustc, cargo and the standard library's sources.",
    },
];

/// One kernel for one target.
#[derive(Debug, PartialEq, Eq)]
pub struct Spec {
    pub kernel: Arc<Kernel>,
    pub rust: RustVersion,
}

impl Family for BareMetal {
    type Target = BareTarget;
    type Spec = Spec;

    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn targets(&self) -> Vec<&'static BareTarget> {
        BareTarget::all().iter().collect()
    }

    fn axes(&self) -> &'static [Axis] {
        &AXES
    }

    fn needs(&self) -> &'static [&'static dyn Registered] {
        &[&Darwin]
    }

    /// The architecture alone.
    fn misspelt(&self, word: &str) -> Option<Misspelt> {
        let arch = if word == "riscv64" { "riscv64gc" } else { word };
        let of = |target: &&BareTarget| target.name().split('-').next() == Some(arch);
        BareTarget::all().iter().find(of).map(|target| Misspelt::Alias(target.name().to_owned()))
    }

    fn refuse(&self, target: &'static BareTarget, cell: &Reading<'_>, axis: &str) -> Option<Wrong> {
        let kernel: Arc<Kernel> = cell.named(AXIS_KERNEL).ok()?;
        if axis != AXIS_KERNEL {
            return kernel.cannot_compile(target, cell.word(AXIS_RUST).ok()?);
        }
        if let Some(wrong) = kernel.cannot_boot(target) {
            return Some(wrong);
        }
        let boots = kernel.boots.as_ref().filter(|_| !kernel.is_only_built(target))?;
        boots.status.of(target).is_none().then(|| {
            let message = format!("`exit-status` of [bare-metal-kernel.{}] has no number for {target}", kernel.name);
            Wrong::new(message, "add it there, or exclude the combination")
        })
    }

    fn spec(&self, _: &'static BareTarget, cell: &Reading<'_>) -> Result<Spec, Defect> {
        Ok(Spec { kernel: cell.named(AXIS_KERNEL)?, rust: cell.word(AXIS_RUST)? })
    }

    fn wanted(&self, cells: &[CellOf<BareMetal>]) -> Vec<Wanted> {
        cells.iter().flat_map(plan::wanted).chain(plan::wanted_for_macs(cells)).collect()
    }

    fn files(&self, cells: &[CellOf<BareMetal>]) -> BTreeMap<String, String> {
        cells.iter().flat_map(plan::files).collect()
    }

    fn plan(&self, planner: &mut Planner<'_>, cells: &[CellOf<BareMetal>]) {
        let system = planner.system;
        let mut tools = plan::Tools::default();
        let mut first = None;
        for cell in cells.iter().filter(|cell| cell.is_built_on(system)) {
            let runner = plan::plan(planner, cell, &mut tools);
            first = first.or(runner);
        }
        if system.is_linux() && plan::for_macs(cells) {
            plan::mac_checks(planner, &tools);
        }
        // The first kernel that boots has a name that is easy to remember.
        if let Some(runner) = first {
            planner.cell(runner.renamed(|_| format!("{}-qemu", ABOUT.key)));
        }
    }
}
