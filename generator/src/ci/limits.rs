//! What a job of a service may take. Builders differ, so these bounds stop a build that hangs and nothing else. Families
//! give those of their cells and checks.

/// Bounds of a job, in Hydra's terms.
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
