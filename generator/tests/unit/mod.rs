//! Tests of more than one module, compiled into the crate so that they reach what is private.
//!
//! Tests of one module stand in it. Tests that run the program are in `tests/cli`.

#[path = "../support/archives.rs"]
mod archives;
#[path = "../support/mutate.rs"]
mod mutate;
#[path = "../support/temporary_store.rs"]
pub mod temporary_store;

mod archive;
mod audit;
mod diff;
mod digests;
mod documents;
mod fetch;
mod fetch_tree;
mod fuzz_audit;
mod fuzz_bare_metal;
mod fuzz_fetch;
mod fuzz_format;
mod fuzz_linux;
mod fuzz_lock;
mod fuzz_matrix;
mod fuzz_nix;
mod fuzz_sdk;
mod fuzz_seed;
mod gate;
mod linux;
mod matrix;
mod messages;
mod mirrors;
pub mod nar_tree;
mod nix;
mod nixpkgs;
mod osxcross;
mod output;
mod processor;
pub mod project;
mod reads;
mod render;
mod sdk;
mod seed;
mod server;
mod sources;
mod status;
mod store_paths;
mod surfaces;
mod tree;
