//! crossloom reads a target matrix and emits Nix derivations for cross toolchains.
//!
//! The modules stand in the order of the alphabet; ARCHITECTURE.md says how data flows through them. All of them are
//! private, so that the compiler finds what nothing calls.

#![forbid(unsafe_code)]
// They panic if nobody reads any more.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

mod audit;
mod catalogue;
mod ci;
mod cli;
mod diag;
mod diff;
mod families;
mod family;
mod fetch;
mod flake_lock;
mod forge;
mod format;
mod input;
mod lock;
mod matrix;
mod nix;
mod output;
mod plan;
mod platform;
mod programs;
mod project;
mod reader;
mod render;
mod report;
mod sdk;
mod seed;
mod service;
mod store;
mod temporary;
mod tree;
mod uri;
mod verbatim;
mod verify;
mod word;

pub use cli::run;

#[cfg(test)]
#[path = "../tests/unit/mod.rs"]
mod tests;

/// The part of `nix` with which `tests/cli` and the bench drive Nix, under the names that it has in the crate.
///
/// This is not an interface. Everything named here is used by the program, too: the compiler would no longer say when
/// it is not.
#[doc(hidden)]
pub mod testing {
    pub mod nix {
        pub mod driver {
            pub use crate::nix::driver::{Environment, Nix, NixError};
        }
        pub mod hash {
            pub use crate::nix::hash::Sha256;
        }
        pub mod nar {
            pub use crate::nix::nar::hash_path;
        }
        pub mod store {
            pub use crate::nix::store::{Method, StoreName, StorePath};
        }
    }
}
