//! crossloom reads a target matrix and emits Nix derivations for cross toolchains.
//!
//! The modules stand in the order in which data flows through them.
pub mod catalogue;
pub mod diag;
pub mod target;
pub mod matrix;
pub mod lock;
pub mod plan;
pub mod tree;
pub mod render;
pub mod output;
pub mod nix;
pub mod seed;
pub mod fetch;
pub mod cli;
