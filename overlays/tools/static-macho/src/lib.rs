//! Mach-O files, read, checked, and made static.
//!
//! Only the standard library is used: in the Nix sandbox `rustc` compiles this without cargo. The modules stand in the
//! order in which data flows through them.
pub mod bytes;
pub mod cli;
pub mod macho;
pub mod make;
pub mod output;
