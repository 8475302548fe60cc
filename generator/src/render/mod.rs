//! From values and templates to Nix text.
//!
//! [`templates`] fills the compiled-in templates, [`value`] prints the data that they name as Nix, and [`layout`] breaks the
//! lines that are too wide: what comes out is what nixfmt would print, and tests hold it to that. `format` is for Nix that
//! people wrote. Nothing here reads a file, a clock or the environment.
pub mod format;
pub mod header;
pub mod layout;
pub mod strings;
pub mod templates;
pub mod value;
