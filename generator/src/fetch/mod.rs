//! Fetching pinned files.

pub mod apt;
pub mod cargo;
pub mod mirrors;
pub mod pip;
