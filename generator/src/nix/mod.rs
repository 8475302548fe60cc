//! What crossloom knows of Nix itself: hash spellings, archives and store paths.
//!
//! Everything here is a pure function over bytes, checked against Nix in `tests/nix.rs`. The crate
//! `nix-compat` on crates.io is an empty placeholder; this module stands in for the part of it that
//! crossloom needs. Driving the `nix` program is in [`crate::cli`]'s neighbour `driver`, not here.
pub mod hash;
