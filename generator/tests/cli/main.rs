//! Tests that run the program as users do.

#[expect(dead_code, reason = "the crate's own tests use the rest")]
#[path = "../support/archives.rs"]
mod archives;
#[path = "../support/temporary_store.rs"]
mod temporary_store;

mod audit;
mod by_hand;
mod commands;
mod first_hour;
mod sdk_import;
mod together;
mod upgrades;
mod verify;

// Helpers are also compiled into the crate, and name its modules from the root.
use crossloom::testing::nix;
