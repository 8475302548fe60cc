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

mod error;

mod archive;
mod control;
mod deb;
mod index;
mod lock;
mod pin;
mod relation;
mod release;
mod resolve;
mod roots;
mod signature;
mod version;

pub use archive::{Archive, DirArchive, HttpArchive};
pub use control::{Stanza, stanzas};
pub use deb::{busybox_nar, busybox_of, extract_busybox};
pub use error::SeedError;
pub use index::{Index, Package};
pub use lock::{Busybox, PinnedPackage, SeedLock, SeedPackage, TierSize, store_name};
pub use pin::{Request, Verify, lock};
pub use relation::{Alternative, Operator, Relation, parse_relations};
pub use release::{IndexFile, Release, clear_text};
pub use resolve::{Chosen, resolve};
pub use roots::{ASSUMED, BOOTSTRAP, PROVIDED, ROOTS, Tier, tier_of};
pub use signature::{DEFAULT_KEYRING, check_signature};
pub use version::compare_versions;
