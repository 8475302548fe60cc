//! Services that build: what a matrix asks to be rendered for them, and what a job of one may take.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::words;

/// The settings for files of CI services; empty if the file has no `[ci]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Ci {
    pub surfaces: BTreeSet<Surface>,
    /// The address where Hydra finds the project's flake: an address of Nix's, which names no place on a machine.
    pub flake: Option<String>,
    /// The repository that jobs build crossloom from; where there is none, a variable of the service's names it.
    pub crossloom_git: Option<String>,
    /// Its commit, in 40 hexadecimal digits.
    pub crossloom_rev: Option<String>,
}

words! {
    /// A service that files are rendered for, in the order of the reference.
    pub enum Surface: "surface" {
        Hydra = "hydra",
        Garnix = "garnix",
        Github = "github",
        Gitlab = "gitlab",
    }
}

/// Bounds of a job, in Hydra's terms. Builders differ, so these stop a build that hangs and nothing else. Families give those
/// of their cells and checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of two jobs that wait, the one with the higher number goes first; Hydra's own is 100.
    pub priority: u32,
    /// Seconds in all. GitHub's machines stop at six hours whatever this says.
    pub timeout: u32,
    /// Seconds without a line of output.
    pub silent: u32,
}

impl Limits {
    /// Those of an ordinary check. A check comes after the cell that it proves.
    pub const CHECK: Limits = Limits { priority: 90, timeout: 3600, silent: 1800 };
    /// Those of an aggregate, which is a list of what was built.
    pub const AGGREGATE: Limits = Limits { priority: 10, timeout: 600, silent: 600 };
}
