//! The parts of Nix that crossloom implements itself: hash spellings, archives, store paths and the outputs of
//! derivations.
//!
//! Everything here but [`driver`] is a function over values, checked against Nix in `tests/unit/nix.rs` ([`nar`] and
//! [`archive`] also read the files that they are pointed at). The crate `nix-compat` in the package registry is an empty placeholder; this
//! module stands in for the part of it that crossloom needs. Only [`driver`] (with `settings` and `stage`) sees the
//! environment, runs programs and makes temporary files.
pub mod archive;
pub mod aterm;
pub mod cache;
pub mod driver;
pub mod hash;
pub mod nar;
mod settings;
mod stage;
pub mod store;
