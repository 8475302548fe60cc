//! Drafts: cells as words that were checked one by one, before their family says what they mean.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::axis::{Axis, Value};
use super::setting::SettingValue;
use super::table::Named;
use crate::catalogue::Release;
use crate::platform::System;
use crate::word::Word;

/// A target by its place in its family's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TargetId {
    pub index: usize,
    pub name: &'static str,
}

/// Settings by their keys.
pub type Settings = BTreeMap<&'static str, SettingValue>;

/// One cell.
#[derive(Debug, Clone)]
pub struct Draft {
    pub target: TargetId,
    /// One for each axis of the family, in their order.
    pub values: Vec<Value>,
    pub settings: Arc<Settings>,
    /// The machines that it is built on, in the matrix's order; at least one.
    pub systems: Vec<System>,
    /// The Nix attribute's name: unique, of letters, digits, `-` and `_`.
    pub name: String,
    /// As [`name`](Draft::name), with the target and the value of every axis: it does not depend on an axis' order.
    pub full_name: String,
    /// The place in the file, if the cell comes from `include`.
    pub span: Option<Range<usize>>,
}

/// A draft as its family reads it.
pub struct Reading<'a> {
    pub family: &'static str,
    pub axes: &'static [Axis],
    pub draft: &'a Draft,
}

/// A family's description and its code do not fit together. No matrix should be able to cause it.
#[derive(Debug, thiserror::Error)]
#[error("[{family}]: `{key}` is not what its family expects: this is a defect of crossloom, please report it")]
pub struct Defect {
    pub family: &'static str,
    pub key: String,
}

impl<'a> Reading<'a> {
    /// The value on the axis of a key.
    ///
    /// # Errors
    /// [`Defect`] when the family has no such axis.
    pub fn value(&self, key: &str) -> Result<&'a Value, Defect> {
        let place = self.axes.iter().position(|axis| axis.key == key);
        place.and_then(|place| self.draft.values.get(place)).ok_or_else(|| self.defect(key))
    }

    /// The release on an axis of versions.
    ///
    /// # Errors
    /// [`Defect`] when it is another axis.
    pub fn release(&self, key: &str) -> Result<&'static Release, Defect> {
        match self.value(key)? {
            Value::Release(release) => Ok(release),
            Value::Word(_) | Value::Name(_) => Err(self.defect(key)),
        }
    }

    /// The word on an axis of words.
    ///
    /// # Errors
    /// [`Defect`] when it is another axis, or one of other words.
    pub fn word<W: Word>(&self, key: &str) -> Result<W, Defect> {
        match self.value(key)? {
            Value::Word(word) => W::parse(word).ok_or_else(|| self.defect(key)),
            Value::Release(_) | Value::Name(_) => Err(self.defect(key)),
        }
    }

    /// The meaning of the name on an axis of names.
    ///
    /// # Errors
    /// [`Defect`] when it is another axis, or one of another table.
    pub fn named<T: Send + Sync + 'static>(&self, key: &str) -> Result<Arc<T>, Defect> {
        match self.value(key)? {
            Value::Name(named) => self.meaning(key, named),
            Value::Release(_) | Value::Word(_) => Err(self.defect(key)),
        }
    }

    /// The words of a setting; `None` where the matrix has none.
    ///
    /// # Errors
    /// [`Defect`] when it is a setting of another kind, or of other words.
    pub fn words<W: Word>(&self, key: &str) -> Result<Option<Vec<W>>, Defect> {
        match self.draft.settings.get(key) {
            None => Ok(None),
            Some(SettingValue::Words(words)) => {
                let words = words.iter().map(|word| W::parse(word).ok_or_else(|| self.defect(key)));
                words.collect::<Result<_, _>>().map(Some)
            }
            Some(_) => Err(self.defect(key)),
        }
    }

    /// The meanings of the names of a setting.
    ///
    /// # Errors
    /// [`Defect`] when it is a setting of another kind, or of another table.
    pub fn all_named<T: Send + Sync + 'static>(&self, key: &str) -> Result<Vec<Arc<T>>, Defect> {
        match self.draft.settings.get(key) {
            None => Ok(Vec::new()),
            Some(SettingValue::Names(names)) => names.iter().map(|named| self.meaning(key, named)).collect(),
            Some(_) => Err(self.defect(key)),
        }
    }

    /// The flags of a setting.
    ///
    /// # Errors
    /// [`Defect`] when it is a setting of another kind.
    pub fn flags(&self, key: &str) -> Result<Vec<String>, Defect> {
        match self.draft.settings.get(key) {
            None => Ok(Vec::new()),
            Some(SettingValue::Flags(flags)) => Ok(flags.clone()),
            Some(_) => Err(self.defect(key)),
        }
    }

    /// The word of a setting; `None` where the matrix has none.
    ///
    /// # Errors
    /// [`Defect`] when it is a setting of another kind.
    pub fn text(&self, key: &str) -> Result<Option<String>, Defect> {
        match self.draft.settings.get(key) {
            None => Ok(None),
            Some(SettingValue::Text(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.defect(key)),
        }
    }

    /// Whether a setting is yes.
    ///
    /// # Errors
    /// [`Defect`] when it is a setting of another kind.
    pub fn is_on(&self, key: &str) -> Result<bool, Defect> {
        match self.draft.settings.get(key) {
            None => Ok(false),
            Some(SettingValue::Switch(on)) => Ok(*on),
            Some(_) => Err(self.defect(key)),
        }
    }

    fn meaning<T: Send + Sync + 'static>(&self, key: &str, named: &Named) -> Result<Arc<T>, Defect> {
        let meaning = named.meaning.clone().and_then(|meaning| meaning.downcast().ok());
        meaning.ok_or_else(|| self.defect(key))
    }

    fn defect(&self, key: &str) -> Defect {
        Defect { family: self.family, key: key.to_owned() }
    }
}
