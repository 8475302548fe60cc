//! Axes: what the cells of a family differ by beside their target.

use crate::diag::Wrong;
use std::sync::Arc;

use super::table::{Named, Table};
use crate::catalogue::{Package, Release, version_key};

/// An axis of a family.
pub struct Axis {
    /// The key in the family's table.
    pub key: &'static str,
    pub values: Values,
    pub suffix: Suffix,
    /// One sentence for the manual and the schema.
    pub doc: &'static str,
}

/// The kinds of values that an axis can have.
#[derive(Clone, Copy)]
pub enum Values {
    /// Versions of this package; the default is the catalogue's.
    Releases(Package),
    /// One of these words; the first is the default.
    Words(&'static [&'static str]),
    /// A name of this table; the default is the first of those that need no table.
    Names(&'static dyn Table),
}

/// How a value that is not the first in its list stands in names of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suffix {
    /// `-VALUE`, where the word says by itself what it is.
    Value,
    /// `-KEY-VALUE`.
    Key,
    /// `-PACKAGE-VERSION`.
    Package,
}

/// A value on an axis, as what it means.
#[derive(Debug, Clone)]
pub enum Value {
    Release(&'static Release),
    Word(&'static str),
    Name(Arc<Named>),
}

impl Value {
    /// As the matrix spells it.
    pub fn as_str(&self) -> &str {
        match self {
            Value::Release(release) => release.version(),
            Value::Word(word) => word,
            Value::Name(named) => &named.name,
        }
    }
}

/// Two values of one axis are equal if they have the same spelling.
impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Value {}

impl Axis {
    /// The part that a value adds to the name of a cell.
    pub fn suffix(&self, value: &Value) -> String {
        let text = value.as_str();
        let text: String = text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
        match (self.suffix, value) {
            // Names of other values may follow, and a version of the user's must not look like one of them.
            (Suffix::Value, Value::Release(_)) => format!("-{}", text.replace('-', "_")),
            (Suffix::Value, _) => format!("-{text}"),
            (Suffix::Package, Value::Release(release)) => format!("-{}-{}", release.package(), text.replace('-', "_")),
            (Suffix::Key | Suffix::Package, _) => format!("-{}-{text}", self.key),
        }
    }

    /// The value that stands on the axis where a matrix names none.
    pub fn default(&self) -> Option<Value> {
        match self.values {
            Values::Releases(package) => Some(Value::Release(package.default())),
            Values::Words(words) => words.first().copied().map(Value::Word),
            Values::Names(table) => table.built_in().first().map(|name| Value::Name(table.built_in_entry(name))),
        }
    }

    /// The values that need no table of the matrix, the default first.
    pub fn known(&self) -> Vec<&'static str> {
        match self.values {
            Values::Releases(package) => package.releases().iter().map(Release::version).collect(),
            Values::Words(words) => words.to_vec(),
            Values::Names(table) => table.built_in().to_vec(),
        }
    }
}

/// What is wrong where a release came out before `since`, the first that supports a target.
pub fn too_old(axis: &str, release: &Release, target: &str, since: &str) -> Option<Wrong> {
    let (package, version) = (release.package(), release.version());
    (version_key(version) < version_key(since)).then(|| {
        let exclude = format!("exclude = [{{ target = \"{target}\", {axis} = \"{version}\" }}]");
        let hint = format!("supported since {axis} {since}; take that or newer, or {exclude}");
        Wrong::new(format!("{package} does not support {target}: {axis} {version}"), hint)
    })
}
