//! From values and templates to Nix text that may be written.
//!
//! [`value`] prints data as Nix, [`templates`] fills the compiled-in templates, and [`gate`] lets a text through only
//! when it parses, passes the [`lint`] and is formatted. Nothing here reads a file, a clock or the environment.
pub mod gate;
pub mod lint;
pub mod templates;
pub mod value;
