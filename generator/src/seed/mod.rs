//! The seed: pinned Debian packages that stand in for a stdenv.
//!
//! A seed lock names every `.deb` of one suite for one build machine, by path in the archive, size and SHA-256, with
//! the tiers that need it. The tiers are independent branches over `base`: a tree is made of the base and any of them.
//! This module makes such locks (`crossloom seed lock`) and reads them. Data flows as the modules stand:
//!
//! ```text
//! InRelease ─ signature ─ release ┐
//! Packages.xz ─ control ─ index ──┴ resolve ─ pin → lock (JSON)
//! busybox-static.deb ─ deb ─ NAR hash ────────┘
//! ```
//!
//! **Invariant:** only `archive`, `signature` and `deb::extract_busybox` touch the world; nothing reads a clock, so
//! the same archive state always gives the same lock.

pub mod error;

pub mod archive;
pub mod control;
pub mod date;
pub mod deb;
pub mod index;
pub mod lock;
mod pin;
pub mod relation;
pub mod release;
pub mod resolve;
pub mod roots;
pub mod signature;
pub mod version;

pub use archive::HttpArchive;
pub use deb::extract_busybox;
pub use error::SeedError;
pub use lock::{SeedLock, TEXT_LIMIT};
pub use pin::{Age, Request, lock, not_older};
pub use roots::{ROOTS, Tier, tier_of};
pub use signature::{DEFAULT_KEYRING, check_signature};
