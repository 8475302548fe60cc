//! The matrix: which toolchains a project needs, for which machines.
//!
//! Text → `MatrixFile` (what was written) → [`Matrix`] (what is meant). Every problem of a text is reported at once.

mod expand;
mod file;
mod keys;
mod reader;
mod schema;

pub use keys::Axis;
pub use schema::schema;

use crate::diag::Problem;
use crate::target::{Seed, System, Target};

/// Cells of one matrix at most.
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
    /// Cells of the musl-gcc family in the file's order, targets outermost. One such list per family.
    pub musl_gcc: Vec<MuslGccCell>,
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
    /// The version on one axis.
    pub fn version(&self, axis: Axis) -> &str {
        match axis {
            Axis::Gcc => &self.gcc,
            Axis::Musl => &self.musl,
            Axis::Binutils => &self.binutils,
            Axis::LinuxHeaders => &self.linux_headers,
        }
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
    /// Reads a matrix file (format version 1) and expands it.
    ///
    /// # Errors
    /// Every problem of the text in the order of its places, at least one.
    pub fn parse(text: &str) -> Result<Matrix, Vec<Problem>> {
        let (file, mut problems) = file::read(text);
        let matrix = file.map(|file| {
            let family = file.musl_gcc.as_ref();
            let musl_gcc = family.map(|family| expand::cells(&file.systems, family, &mut problems)).unwrap_or_default();
            let systems = file.systems.iter().map(|system| system.value).collect();
            Matrix { systems, seed: file.seed, prefer: file.prefer, musl_gcc }
        });
        problems.sort_by_key(|problem| problem.span.as_ref().map(|span| span.start));
        match matrix {
            Some(matrix) if problems.is_empty() && !matrix.musl_gcc.is_empty() => Ok(matrix),
            _ if problems.is_empty() => Err(vec![Problem::whole("the matrix has no cells").hint("name a target")]),
            _ => Err(problems),
        }
    }
}
