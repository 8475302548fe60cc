//! `[valgrind-darwin]`: Valgrind for macOS, built on Linux.

mod plan;

use super::darwin::{self, Darwin, DarwinTarget, FLAVOUR, Flavour, SDK, SPELLING, Sdk};
use crate::catalogue::{Package, Release};
use crate::diag::Wrong;
use crate::family::{
    About, Axis, CellOf, Defect, Family, Misspelt, Reading, Registered, Suffix, Target, Value, Values, too_old,
};
use crate::lock::Wanted;
use crate::plan::Planner;
use crate::service::Limits;
use crate::word::Word;
use crate::words;

const VALGRIND: Package = Package::new("valgrind");
const UNICORN: Package = Package::new("unicorn");
const ZIGLANG: Package = Package::new("ziglang");

/// The processor of the Macs that Valgrind has a port for.
const ARCH: &str = "x86_64";

/// The family.
#[derive(Debug)]
pub struct ValgrindDarwin;

static ABOUT: About = About {
    key: "valgrind-darwin",
    summary: "Valgrind for macOS. Every combination of target and axes is a cell.",
    example_target: "x86_64-apple-darwin22",
    spelling: SPELLING,
    // There is seldom more than one Valgrind, but always more than one toolchain to be told apart by its target.
    first_target_unnamed: true,
    // Ten tools, some minutes each on one core; make prints every file.
    limits: Limits { priority: 120, timeout: 7200, silent: 1800 },
    example: "valgrind-darwin",
    packages: &[VALGRIND, UNICORN, ZIGLANG],
    checks: &["valgrind-darwin/structure.nix", "valgrind-darwin/dyld.nix", "valgrind-darwin/emulated.nix"],
};

const AXIS_VALGRIND: &str = "valgrind";
const AXIS_MIG: &str = "mig";

static AXES: [Axis; 4] = [
    Axis {
        key: AXIS_VALGRIND,
        values: Values::Releases(VALGRIND),
        suffix: Suffix::Package,
        doc: "Versions of Valgrind.",
    },
    SDK,
    FLAVOUR,
    Axis {
        key: AXIS_MIG,
        values: Values::Words(Mig::WORDS),
        suffix: Suffix::Key,
        doc: "`builtin` takes crossloom's own source for the four Mach routines that Valgrind calls; `bootstrap-cmds` has \
              Apple's MIG generate them.",
    },
];

words! {
    /// The generator of the stubs of Mach's interfaces.
    pub enum Mig: "mig" {
        /// Nothing: crossloom's own source file holds those that Valgrind calls.
        Builtin = "builtin",
        /// Apple's MIG, built for the build machine.
        BootstrapCmds = "bootstrap-cmds",
    }
}

/// One Valgrind for macOS.
#[derive(Debug, PartialEq, Eq)]
pub struct Spec {
    pub valgrind: &'static Release,
    pub sdk: Sdk,
    pub flavour: Flavour,
    pub mig: Mig,
}

impl Family for ValgrindDarwin {
    type Target = DarwinTarget;
    type Spec = Spec;

    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn targets(&self) -> Vec<&'static DarwinTarget> {
        DarwinTarget::all().iter().filter(|target| target.arch() == ARCH).collect()
    }

    fn axes(&self) -> &'static [Axis] {
        &AXES
    }

    fn needs(&self) -> &'static [&'static dyn Registered] {
        &[&Darwin]
    }

    /// A Mac that no Valgrind runs on is refused with the reason.
    fn misspelt(&self, word: &str) -> Option<Misspelt> {
        let Some(target) = DarwinTarget::parse(word) else { return darwin::misspelt(word) };
        let newest = DarwinTarget::with_valgrind().last();
        let newest = newest.map(|last| format!("; {} is the newest that they support", last.name()));
        let hint = format!("upstream's sources hold no port to macOS on arm64{}", newest.unwrap_or_default());
        Some(Misspelt::Refused(Wrong::new(format!("Valgrind does not run on {target}"), hint)))
    }

    fn refuse(&self, target: &'static DarwinTarget, cell: &Reading<'_>, axis: &str) -> Option<Wrong> {
        match cell.value(axis).ok()? {
            Value::Release(release) => match target.valgrind_since() {
                Some(since) => too_old(axis, release, target.triple(), since),
                None => Some(too_new(release, target)),
            },
            Value::Word(_) if axis == AXIS_MIG => without_defs(cell),
            Value::Word(_) | Value::Name(_) => None,
        }
    }

    fn spec(&self, _: &'static DarwinTarget, cell: &Reading<'_>) -> Result<Spec, Defect> {
        let (sdk, flavour) = darwin::sdk_and_flavour(cell)?;
        Ok(Spec { valgrind: cell.release(AXIS_VALGRIND)?, sdk, flavour, mig: cell.word(AXIS_MIG)? })
    }

    fn wanted(&self, cells: &[CellOf<ValgrindDarwin>]) -> Vec<Wanted> {
        cells.iter().flat_map(plan::wanted).collect()
    }

    fn plan(&self, planner: &mut Planner<'_>, cells: &[CellOf<ValgrindDarwin>]) {
        plan::plan(planner, cells);
    }
}

/// What is wrong with a macOS that no release of upstream's supports. Forks do, and only their users know.
fn too_new(release: &Release, target: &DarwinTarget) -> Wrong {
    let triple = target.triple();
    let newest = DarwinTarget::with_valgrind().last().map(Target::name).unwrap_or_default();
    let hint = format!(
        "{newest} is the newest that upstream's releases support; if a source of yours supports more, say so in its table \
         [source.NAME]: targets = [\"{triple}\"]"
    );
    Wrong::new(format!("valgrind {} does not support {triple}", release.version()), hint)
}

/// What is wrong where MIG would find no interface definitions.
fn without_defs(cell: &Reading<'_>) -> Option<Wrong> {
    let mig: Mig = cell.word(AXIS_MIG).ok()?;
    let (sdk, _) = darwin::sdk_and_flavour(cell).ok()?;
    if mig == Mig::Builtin || sdk.has_defs() {
        return None;
    }
    let sdk = sdk.name;
    let message = format!("mig {mig} needs the interface definitions (.defs), which sdk {sdk} lacks");
    let hint = format!(
        "take a named SDK, which has them; or mig = [\"builtin\"], or exclude = [{{ sdk = \"{sdk}\", mig = \"{mig}\" }}]"
    );
    Some(Wrong::new(message, hint))
}
