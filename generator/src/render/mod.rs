//! Nix text: values, templates, and the gate that every rendered file goes through.
pub mod gate;
mod scope;
pub mod templates;
pub mod value;
