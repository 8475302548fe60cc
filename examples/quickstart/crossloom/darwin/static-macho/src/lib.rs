//! Mach-O files, read, checked, and made static; and LLVM's linker, strip, ar and ranlib, called as Apple's are.
//!
//! Only the standard library is used: in the Nix sandbox `rustc` compiles this without cargo. Only `libraries`, `response`,
//! `ld`, `strip`, `archive`, `output` and `cli` do input and output; the rest are functions of bytes.
pub mod archive;
pub mod bytes;
pub mod check;
pub mod cli;
pub mod container;
pub mod imports;
pub mod ld;
pub mod libraries;
pub mod macho;
pub mod make;
pub mod output;
pub mod response;
pub mod roles;
pub mod sha256;
pub mod show;
pub mod sign;
pub mod stack;
pub mod strip;
pub mod structure;
pub mod tbd;
pub mod version;
