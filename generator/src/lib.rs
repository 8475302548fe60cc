//! crossloom reads a target matrix and emits Nix derivations for cross toolchains.
//!
//! The modules stand in the order in which data flows through them.

pub mod catalogue;
pub mod ci;
pub mod cli;
pub mod diag;
pub mod diff;
pub mod families;
pub mod fetch;
pub mod flake_lock;
pub mod input;
pub mod lock;
pub mod matrix;
pub mod nix;
pub mod output;

pub mod plan;
pub mod platform;
pub mod render;
pub mod sdk;
pub mod seed;
pub mod tree;
pub mod verbatim;
pub mod verify;
pub mod word;

#[cfg(test)]
#[path = "../tests/unit/mod.rs"]
pub mod tests;

/// For `tests/cli` and the bench. This is not an interface: everything in it is also used by the program.
#[doc(hidden)]
pub mod testing {
    pub use crate::{lock, matrix, nix, platform};
}
