//! Families: the kinds of cells that a matrix can ask for, each a folder here, one [`Family`](crate::family::Family), and one
//! line in [`ALL`].
//!
//! A family describes itself: its targets, axes, settings and tables, what it refuses, what its cells are built from, and
//! what is planned for them. The parser, the JSON Schema, the reference pages, shell completion and the fuzz dictionary
//! read these descriptions. Nothing outside of this folder knows a family by name, and a test holds it to that.

pub mod bare_metal;
#[cfg(test)]
mod contract;
pub mod darwin;
mod folder;
pub mod js_system;
mod languages;
pub mod linux;
pub mod musl_gcc;
#[cfg(test)]
mod toy;
pub mod valgrind_darwin;

use crate::family::Registered;

/// Every family, in the order in which they are planned and described: a family comes after those that it needs.
pub static ALL: &[&dyn Registered] = &[
    &musl_gcc::MuslGcc,
    &darwin::Darwin,
    &valgrind_darwin::ValgrindDarwin,
    &linux::Linux,
    &bare_metal::BareMetal,
    &js_system::JsSystem,
];

/// The family that a first matrix is of where nothing else is asked for.
pub static DEFAULT: &dyn Registered = &musl_gcc::MuslGcc;
