//! What a job may take, as data by family and check. Builders differ, so these stop what hangs and nothing else.

use crate::matrix::Family;

/// Bounds of a job, in Hydra's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// What is waiting with a higher one goes first; Hydra's own is 100.
    pub priority: u32,
    /// Seconds in all. GitHub's machines stop at six hours whatever this says.
    pub timeout: u32,
    /// Seconds without a line of output.
    pub silent: u32,
}

/// Those of a cell. Families that are built sooner go first: what is wrong with the seed shows in them, too.
pub const fn of_cell(family: Family) -> Limits {
    match family {
        // Ten tools, some minutes each on one core; make prints every file.
        Family::ValgrindDarwin => Limits { priority: 120, timeout: 7200, silent: 1800 },
        // compiler-rt and libc++; in osxcross' flavour a part of LLVM, whose largest files take minutes.
        Family::Darwin => Limits { priority: 110, timeout: 10_800, silent: 3600 },
        // A whole GCC: a quarter of an hour on a quiet machine with two cores. Its linking is long and silent.
        Family::MuslGcc => Limits { priority: 100, timeout: 14_400, silent: 3600 },
        // The smallest takes minutes and `defconfig` hours on two cores; with GCC, a compiler before that.
        Family::Linux => Limits { priority: 100, timeout: 21_600, silent: 3600 },
    }
}

/// Those of a check by its file. What proves a cell comes after what it proves.
pub fn of_check(file: &str) -> Limits {
    match file {
        // Says what it found when it has ended.
        "valgrind-darwin/emulated" => Limits { priority: 90, timeout: 7200, silent: 7200 },
        // Nothing but the seed's compiler: when this fails, everything else will.
        "musl-gcc/seed-musl" => Limits { priority: 150, timeout: 1800, silent: 900 },
        _ => Limits { priority: 90, timeout: 3600, silent: 1800 },
    }
}

/// Those of an aggregate, which is a list of what was built.
pub const AGGREGATE: Limits = Limits { priority: 10, timeout: 600, silent: 600 };
