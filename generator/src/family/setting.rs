//! Settings: keys of a family's table, or of its overrides, that make no cells.

use std::sync::Arc;

use super::table::{Named, Table};
use crate::reader::Fixed;

/// One key.
pub struct Setting {
    pub key: &'static str,
    pub kind: Kind,
    /// One sentence for the manual and the schema.
    pub doc: &'static str,
}

/// The kind of its value.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A list of distinct words of a closed set; `default` where the key is absent. A list that lacks the word of
    /// `required` is an error, for the reason that follows it.
    Words {
        known: &'static [&'static str],
        required: Option<(&'static str, &'static str)>,
        default: &'static [&'static str],
    },
    /// A list of distinct names of a table.
    Names(&'static dyn Table),
    /// A list of flags, without those that a recipe sets for a configure script and depends on; of those there may be
    /// none.
    Flags(&'static [Fixed]),
    /// One word of the user's.
    Text(&'static Form),
    /// Yes or no; no where the key is absent.
    Switch,
}

/// The form of a word of the user's.
pub struct Form {
    /// For the schema.
    pub pattern: &'static str,
    pub is_met_by: fn(&str) -> bool,
    /// How to write it, as a hint.
    pub hint: &'static str,
}

/// Its value in a matrix.
#[derive(Debug, Clone)]
pub enum SettingValue {
    Words(Vec<&'static str>),
    Names(Vec<Arc<Named>>),
    Flags(Vec<String>),
    Text(String),
    Switch(bool),
}
