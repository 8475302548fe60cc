//! The matrix: which toolchains a project needs, for which machines.
//!
//! Text → `MatrixFile` (what was written) → [`Matrix`] (what is meant). Every problem of a text is reported at once.

mod beside;
mod cells;
mod ci;
mod expand;
mod family;
mod file;
mod kernel;
mod keys;
mod module;
mod reader;
mod schema;
mod sdk;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use beside::Beside;
pub use ci::{Ci, Surface};
pub use kernel::{Fragment, KernelBase, KernelConfig, MAX_FRAGMENT, NoFiles, UserFiles};
pub use keys::{Axis, Family, Values};
pub use module::{LinuxModule, MAX_FILES};
pub use schema::schema;

use crate::diag::Problem;
use crate::nix::hash::Sha256;
use crate::target::{DarwinTarget, KernelTarget, Seed, System, Target};

/// Cells of one family at most.
pub const MAX_CELLS: usize = 10_000;

/// What a matrix file means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// The machines that build, in the file's order; at least one.
    pub systems: Vec<System>,
    /// What builds on Linux start from.
    pub seed: Seed,
    /// Source variants (`upstream`, `debian`) in order of preference; at least one.
    pub prefer: Vec<String>,
    /// What is rendered for services that build.
    pub ci: Ci,
    /// The SDKs that cells can be made with, by their names: zig's, and the file's own.
    pub sdks: BTreeMap<String, Sdk>,
    /// Cells of the musl-gcc family in the file's order, targets outermost. One such list per family.
    pub musl_gcc: Vec<MuslGccCell>,
    /// Cells of `[darwin]`.
    pub darwin: Vec<DarwinCell>,
    /// Cells of `[valgrind-darwin]`.
    pub valgrind_darwin: Vec<ValgrindCell>,
    /// Cells of `[linux]`.
    pub linux: Vec<LinuxCell>,
}

/// One cross toolchain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MuslGccCell {
    /// The Nix attribute name: unique, of letters, digits, `-` and `_` alone.
    pub name: String,
    /// The machines that it is built on, in the matrix's order; at least one.
    pub systems: Vec<System>,
    pub target: &'static Target,
    /// A version that the catalogue has, as are the next three.
    pub gcc: String,
    pub musl: String,
    pub binutils: String,
    /// Of the catalogue's package `linux`.
    pub linux_headers: String,
    pub languages: Languages,
    pub flags: Flags,
}

impl MuslGccCell {
    /// The version on one axis; none on those of other families.
    pub fn version(&self, axis: Axis) -> Option<&str> {
        match axis {
            Axis::Gcc => Some(&self.gcc),
            Axis::Musl => Some(&self.musl),
            Axis::Binutils => Some(&self.binutils),
            Axis::LinuxHeaders => Some(&self.linux_headers),
            Axis::Valgrind | Axis::Sdk | Axis::Flavour | Axis::Mig | Axis::Linux | Axis::Compiler | Axis::Config => {
                None
            }
        }
    }
}

/// One cross toolchain for macOS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DarwinCell {
    /// As a [`MuslGccCell`]'s.
    pub name: String,
    pub systems: Vec<System>,
    pub target: &'static DarwinTarget,
    pub sdk: Sdk,
    pub flavour: Flavour,
    pub languages: Languages,
}

/// One Valgrind for macOS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValgrindCell {
    /// As a [`MuslGccCell`]'s.
    pub name: String,
    pub systems: Vec<System>,
    /// One that some Valgrind runs on.
    pub target: &'static DarwinTarget,
    /// A version that the catalogue has.
    pub valgrind: String,
    pub sdk: Sdk,
    pub flavour: Flavour,
    pub mig: Mig,
}

/// One Linux kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinuxCell {
    /// As a [`MuslGccCell`]'s.
    pub name: String,
    pub systems: Vec<System>,
    pub target: &'static KernelTarget,
    /// A version that the catalogue has.
    pub linux: String,
    pub compiler: KernelCompiler,
    pub config: KernelConfig,
    /// What is built against it, in the matrix's order.
    pub modules: Vec<Arc<LinuxModule>>,
}

/// What compiles a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KernelCompiler {
    /// The scope's clang, with LLVM's linker and tools.
    Llvm,
    /// crossloom's own GCC for the architecture, at the catalogue's default version.
    Gcc,
}

impl KernelCompiler {
    /// The word in a matrix.
    pub const fn as_str(self) -> &'static str {
        match self {
            KernelCompiler::Llvm => "llvm",
            KernelCompiler::Gcc => "gcc",
        }
    }

    fn of(word: &str) -> KernelCompiler {
        if word == KernelCompiler::Gcc.as_str() { KernelCompiler::Gcc } else { KernelCompiler::Llvm }
    }
}

/// A macOS SDK: headers, and stubs of the libraries that are linked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sdk {
    /// As the matrix calls it: lower-case letters, digits and `-`.
    pub name: String,
    pub kind: SdkKind,
}

/// Where an SDK comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SdkKind {
    /// zig's open headers.
    Zig,
    /// A tree of the user's, which the lock knows by the SDK's name.
    File,
    /// Apple's own, at a version of the catalogue's `macos-sdk`. The user accepted its licence.
    Apple { version: String },
    /// zig's headers with those of Apple's open-source kernel, at a version of the catalogue's `xnu`. The NAR hash of
    /// its tree is the user's.
    Xnu { version: String, hash: Sha256 },
}

impl SdkKind {
    /// Whether MIG's interface definitions come with it.
    pub fn has_defs(&self) -> bool {
        *self != SdkKind::Zig
    }
}

/// Which compiler and linker a toolchain for macOS is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// clang and LLVM's own linker and tools.
    Llvm,
    /// clang with Apple's linker and tools, as osxcross builds them.
    Osxcross,
}

impl Flavour {
    /// The word in a matrix.
    pub const fn as_str(self) -> &'static str {
        match self {
            Flavour::Llvm => "llvm",
            Flavour::Osxcross => "osxcross",
        }
    }

    fn of(word: &str) -> Flavour {
        if word == Flavour::Osxcross.as_str() { Flavour::Osxcross } else { Flavour::Llvm }
    }
}

/// What generates the stubs of Mach's interfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mig {
    /// Nothing: crossloom's own source file holds those that Valgrind calls.
    Builtin,
    /// Apple's MIG, built for the build machine.
    BootstrapCmds,
}

impl Mig {
    /// The word in a matrix.
    pub const fn as_str(self) -> &'static str {
        match self {
            Mig::Builtin => "builtin",
            Mig::BootstrapCmds => "bootstrap-cmds",
        }
    }

    fn of(word: &str) -> Mig {
        if word == Mig::BootstrapCmds.as_str() { Mig::BootstrapCmds } else { Mig::Builtin }
    }
}

/// Languages of a compiler. C is always among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Languages {
    pub cxx: bool,
}

impl Default for Languages {
    fn default() -> Self {
        Languages { cxx: true }
    }
}

impl Languages {
    /// The value of GCC's `--enable-languages=`.
    pub fn gcc_list(self) -> &'static str {
        if self.cxx { "c,c++" } else { "c" }
    }
}

/// Flags for configure scripts, in addition to what recipes and targets give.
///
/// Each starts with `-` and has no control characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    pub gcc: Vec<String>,
    pub binutils: Vec<String>,
    pub musl: Vec<String>,
    pub libstdcxx: Vec<String>,
}

impl Matrix {
    /// Reads a matrix file (format version 1) that names no files, and expands it.
    ///
    /// # Errors
    /// Every problem of the text in the order of its places, at least one.
    pub fn parse(text: &str) -> Result<Matrix, Vec<Problem>> {
        Matrix::parse_with(text, &NoFiles)
    }

    /// The same, with the files that it may name.
    ///
    /// # Errors
    /// Every problem of the text, and of what it says of those files, in the order of its places, at least one.
    pub fn parse_with(text: &str, files: &dyn UserFiles) -> Result<Matrix, Vec<Problem>> {
        let (file, mut problems) = file::read(text, files);
        let matrix = file.map(|file| {
            let zig = Sdk { name: keys::ZIG.to_owned(), kind: SdkKind::Zig };
            let named = file.sdks.values().filter_map(|(_, sdk)| sdk.clone());
            let configs = kernel::with_built_in(&file.configs);
            let sdks: BTreeMap<String, Sdk> = named.chain([zig]).map(|sdk| (sdk.name.clone(), sdk)).collect();
            let mut matrix = Matrix {
                systems: file.systems.iter().map(|system| system.value).collect(),
                seed: file.seed,
                prefer: file.prefer,
                ci: file.ci,
                sdks,
                musl_gcc: Vec::new(),
                darwin: Vec::new(),
                valgrind_darwin: Vec::new(),
                linux: Vec::new(),
            };
            for family in &file.families {
                let drafts = expand::drafts(&file.systems, family, &matrix.sdks, &mut problems);
                match family.family {
                    Family::MuslGcc => matrix.musl_gcc = cells::musl_gcc(family, &drafts, &mut problems),
                    Family::Darwin => matrix.darwin = cells::darwin(family, &drafts, &matrix.sdks),
                    Family::ValgrindDarwin => matrix.valgrind_darwin = cells::valgrind(&drafts, &matrix.sdks),
                    Family::Linux => {
                        matrix.linux = cells::linux(family, &drafts, &configs, &file.modules, &mut problems)
                    }
                }
            }
            matrix
        });
        problems.sort_by_key(|problem| problem.span.as_ref().map(|span| span.start));
        match matrix {
            Some(matrix) if problems.is_empty() && matrix.count() > 0 => Ok(matrix),
            _ if problems.is_empty() => Err(vec![Problem::whole("the matrix has no cells").hint("name a target")]),
            _ => Err(problems),
        }
    }

    /// How many cells there are, of every family.
    pub fn count(&self) -> usize {
        self.musl_gcc.len() + self.darwin.len() + self.valgrind_darwin.len() + self.linux.len()
    }
}
