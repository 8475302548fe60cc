//! `[darwin]`: cross toolchains for macOS. The SDKs and the compiler are also what other families build for macOS with.

mod plan;
mod sdk;
mod targets;

use super::languages::{C_FAMILY, Languages, languages};
use crate::catalogue::Package;
use crate::diag::Wrong;
use crate::family::{About, Axis, CellOf, Defect, Family, Kind, Misspelt, Reading, Setting, Suffix, Values};
use crate::lock::Wanted;
use crate::plan::Planner;
use crate::service::Limits;
use crate::word::Word;
use crate::words;

pub use plan::{
    compiler, compiler_with_libraries, cross_mig, flavour_wanted, is_checked, mig_wanted, sdk_wanted, static_macho,
    stubs_wanted,
};
pub use sdk::{Sdk, Sdks};
pub use targets::DarwinTarget;

const ZIGLANG: Package = Package::new("ziglang");
const LLVM: Package = Package::new("llvm");
const CCTOOLS: Package = Package::new("cctools-port");
const LIBTAPI: Package = Package::new("apple-libtapi");
const XAR: Package = Package::new("xar");
const BOOTSTRAP_CMDS: Package = Package::new("bootstrap-cmds");
/// Objective-C's runtime, and bindings for one framework each: what stubs are made of.
const OBJC2: Package = Package::new("objc2");
const BINDINGS: [Package; 23] = [
    Package::new("objc2-app-kit"),
    Package::new("objc2-application-services"),
    Package::new("objc2-audio-toolbox"),
    Package::new("objc2-cf-network"),
    Package::new("objc2-core-audio"),
    Package::new("objc2-core-data"),
    Package::new("objc2-core-foundation"),
    Package::new("objc2-core-graphics"),
    Package::new("objc2-core-image"),
    Package::new("objc2-core-location"),
    Package::new("objc2-core-services"),
    Package::new("objc2-core-text"),
    Package::new("objc2-core-video"),
    Package::new("objc2-foundation"),
    Package::new("objc2-io-kit"),
    Package::new("objc2-io-surface"),
    Package::new("objc2-local-authentication"),
    Package::new("objc2-metal"),
    Package::new("objc2-quartz-core"),
    Package::new("objc2-security"),
    Package::new("objc2-system-configuration"),
    Package::new("objc2-user-notifications"),
    Package::new("objc2-web-kit"),
];
const SQLITE: Package = Package::new("libsqlite3-sys");

/// Everything that a cell may be built from.
static PACKAGES: [Package; 32] = {
    let mut packages = [ZIGLANG; 32];
    let first = [ZIGLANG, LLVM, CCTOOLS, LIBTAPI, XAR, BOOTSTRAP_CMDS, sdk::MACOS_SDK, OBJC2, SQLITE];
    let mut index = 0;
    while index < packages.len() {
        packages[index] = if index < first.len() { first[index] } else { BINDINGS[index - first.len()] };
        index += 1;
    }
    packages
};

/// The family.
#[derive(Debug)]
pub struct Darwin;

static ABOUT: About = About {
    key: "darwin",
    summary: "Cross toolchains for macOS. Every combination of target, SDK and flavour is a cell.",
    example_target: "x86_64-apple-darwin22",
    spelling: SPELLING,
    first_target_unnamed: false,
    // compiler-rt and libc++; in osxcross' flavour a part of LLVM, whose largest files take minutes.
    limits: Limits { priority: 110, timeout: 10_800, silent: 3600 },
    example: "darwin-hello",
    packages: &PACKAGES,
    checks: &["darwin/darwin-programs.nix", "darwin/darwin-tools.nix"],
};

/// How targets for macOS are spelled.
pub const SPELLING: &str = "targets are Apple's triples such as x86_64-apple-darwin22 or arm64-apple-darwin22";

const AXIS_SDK: &str = "sdk";
const AXIS_FLAVOUR: &str = "flavour";
const AXIS_LIBCXX: &str = "libcxx";

/// The SDK of a cell, in every family that builds for macOS.
pub const SDK: Axis = Axis {
    key: AXIS_SDK,
    values: Values::Names(&Sdks),
    suffix: Suffix::Key,
    doc: "SDKs: zig, or the name of one in [sdk].",
};

/// The flavour of a cell's compiler, likewise.
pub const FLAVOUR: Axis = Axis {
    key: AXIS_FLAVOUR,
    values: Values::Words(Flavour::WORDS),
    suffix: Suffix::Value,
    doc: "`llvm` is clang with LLVM's own linker and tools; `osxcross` takes Apple's linker and tools.",
};

/// The C++ library of a cell's programs.
const LIBCXX: Axis = Axis {
    key: AXIS_LIBCXX,
    values: Values::Words(CxxLibrary::WORDS),
    suffix: Suffix::Value,
    doc: "`system` is macOS' own libc++; `static` makes LLVM's a part of each program.",
};

static AXES: [Axis; 3] = [SDK, FLAVOUR, LIBCXX];
const MIG: &str = "mig";

static SETTINGS: [Setting; 2] = [
    languages(C_FAMILY),
    Setting {
        key: MIG,
        kind: Kind::Switch,
        doc: "Adds Apple's Mach interface generator to toolchains and shells whose SDK has interface definitions (.defs), \
              and as the packages `cross-mig-<target>` and `cross-mig`.",
    },
];

words! {
    /// Which compiler and linker a toolchain for macOS is made of.
    pub enum Flavour: "flavour" {
        /// clang and LLVM's own linker and tools.
        Llvm = "llvm",
        /// clang with Apple's linker and tools, as osxcross builds them.
        Osxcross = "osxcross",
    }
}

words! {
    /// Which C++ library a program gets that asks for none.
    pub enum CxxLibrary: "C++ library" {
        /// The one that macOS has, by a stub.
        System = "system",
        /// LLVM's, in the program itself.
        Static = "static",
    }
}

/// One cross toolchain for macOS.
#[derive(Debug, PartialEq, Eq)]
pub struct Spec {
    pub sdk: Sdk,
    pub flavour: Flavour,
    pub libcxx: CxxLibrary,
    pub languages: Languages,
    /// Whether the toolchain has MIG, if its SDK has what MIG reads.
    wants_mig: bool,
}

impl Spec {
    /// Whether the toolchain has MIG.
    fn has_mig(&self) -> bool {
        self.wants_mig && self.sdk.has_defs()
    }
}

/// The SDK and the flavour of a cell.
///
/// # Errors
/// See [`Reading::value`].
pub fn sdk_and_flavour(cell: &Reading<'_>) -> Result<(Sdk, Flavour), Defect> {
    let sdk = cell.named::<Sdk>(AXIS_SDK)?;
    Ok((Sdk::clone(&sdk), cell.word(AXIS_FLAVOUR)?))
}

/// GNU's name of a Mac's processor in the place of Apple's.
pub fn misspelt(word: &str) -> Option<Misspelt> {
    let (cpu, rest) = word.split_once("-apple-")?;
    let meant = match cpu {
        "aarch64" => "arm64",
        "amd64" => "x86_64",
        _ => return None,
    };
    Some(Misspelt::Alias(format!("{meant}-apple-{rest}")))
}

impl Family for Darwin {
    type Target = DarwinTarget;
    type Spec = Spec;

    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn targets(&self) -> Vec<&'static DarwinTarget> {
        DarwinTarget::all().iter().collect()
    }

    fn axes(&self) -> &'static [Axis] {
        &AXES
    }

    fn settings(&self) -> &'static [Setting] {
        &SETTINGS
    }

    fn misspelt(&self, word: &str) -> Option<Misspelt> {
        misspelt(word)
    }

    fn spec(&self, _: &'static DarwinTarget, cell: &Reading<'_>) -> Result<Spec, Defect> {
        let (sdk, flavour) = sdk_and_flavour(cell)?;
        Ok(Spec {
            sdk,
            flavour,
            libcxx: cell.word(AXIS_LIBCXX)?,
            languages: Languages::of(cell)?,
            wants_mig: cell.is_on(MIG)?,
        })
    }

    fn refuse_all(&self, cells: &[CellOf<Darwin>]) -> Option<Wrong> {
        let asked = cells.iter().any(|cell| cell.spec.wants_mig);
        if !asked || cells.iter().any(|cell| cell.spec.has_mig()) {
            return None;
        }
        let message = "mig needs an SDK with interface definitions (.defs), and none of these cells has one";
        let hint = "add a named SDK to `sdk`: zig's headers alone lack them";
        Some(Wrong::new(message, hint))
    }

    fn wanted(&self, cells: &[CellOf<Darwin>]) -> Vec<Wanted> {
        cells.iter().flat_map(|cell| plan::wanted(&cell.spec)).collect()
    }

    fn plan(&self, planner: &mut Planner<'_>, cells: &[CellOf<Darwin>]) {
        plan::plan(planner, cells);
    }
}
