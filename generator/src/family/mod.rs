//! The interface of a family of cells: its description, and the steps that it implements. [`families`](crate::families) are the families
//! themselves; everything else knows them through the traits here.

mod axis;
mod cells;
mod draft;
mod setting;
pub mod table;

use crate::diag::Wrong;
use std::collections::BTreeMap;
use std::fmt;

pub use axis::{Axis, Suffix, Value, Values, too_old};
pub use cells::{CellOf, Cells, Registered};
pub use draft::{Defect, Draft, Reading, Settings, TargetId};
pub use setting::{Form, Kind, Setting, SettingValue};
pub use table::{Entries, Import, Key, Named, Table};

use crate::catalogue::Package;
use crate::lock::Wanted;
use crate::plan::Planner;
use crate::platform::System;
use crate::service::Limits;

/// The description of a family in words.
#[derive(Debug)]
pub struct About {
    /// Its table in a matrix, and the beginning of its cells' names.
    pub key: &'static str,
    /// One sentence: what a cell is.
    pub summary: &'static str,
    /// A target to show to someone who has named none.
    pub example_target: &'static str,
    /// How targets are spelled, for someone whose word resembles none: `targets are …`.
    pub spelling: &'static str,
    /// Whether names of cells leave out the first target of the list.
    pub first_target_unnamed: bool,
    /// The limits of a CI job for one cell.
    pub limits: Limits,
    /// The folder in `examples/` that shows it.
    pub example: &'static str,
    /// The packages of the catalogue that its cells can be built from.
    pub packages: &'static [Package],
    /// Files of `overlays/`, by their places there: the checks that users get, the one for a cell first.
    pub checks: &'static [&'static str],
}

/// A target: a row of a family's own table.
pub trait Target: fmt::Debug + Eq + Sync + 'static {
    /// Its one spelling.
    fn name(&self) -> &'static str;

    /// What its row in the manual says of it: headings and texts, in Markdown. All targets of a family have the same headings;
    /// without any, the manual lists names alone.
    fn facts(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// A word that names no target of a family, though its author may have meant one.
pub enum Misspelt {
    /// Another spelling of this target.
    Alias(String),
    /// A target that the family has a reason to refuse: the message, and a hint.
    Refused(Wrong),
}

/// One kind of cell.
///
/// Methods with a body suit a family that has nothing to say there.
pub trait Family: fmt::Debug + Sync + Sized + 'static {
    type Target: Target;
    /// The cell's values as types of the family's own.
    type Spec: fmt::Debug + Eq + Send + Sync;

    fn about(&self) -> &'static About;

    /// Every target, in the order of lists.
    fn targets(&self) -> Vec<&'static Self::Target>;

    /// Its axes, the outermost first. A value of each makes a cell.
    fn axes(&self) -> &'static [Axis] {
        &[]
    }

    /// Keys of its table beside targets and axes, for all of its cells.
    fn settings(&self) -> &'static [Setting] {
        &[]
    }

    /// Keys of an entry of `override`, for the cells that the entry matches.
    fn overrides(&self) -> &'static [Setting] {
        &[]
    }

    /// The families whose nodes its cells are built with or from.
    fn needs(&self) -> &'static [&'static dyn Registered] {
        &[]
    }

    fn misspelt(&self, _word: &str) -> Option<Misspelt> {
        None
    }

    /// Why the cell cannot have its value on the axis of this key, and what to do: a message and a hint. Each message is
    /// reported once.
    fn refuse(&self, _target: &'static Self::Target, _cell: &Reading<'_>, _axis: &str) -> Option<Wrong> {
        None
    }

    /// Why machines of a build system cannot build for a target.
    fn cannot_build(&self, _target: &'static Self::Target, _system: System) -> Option<&'static str> {
        None
    }

    /// The meaning of a cell.
    ///
    /// # Errors
    /// [`Defect`] when the descriptions above and this function do not fit together.
    fn spec(&self, target: &'static Self::Target, cell: &Reading<'_>) -> Result<Self::Spec, Defect>;

    /// Why its cells cannot all be in one matrix, such as a limit beyond their number: a message and a hint.
    fn refuse_all(&self, _cells: &[CellOf<Self>]) -> Option<Wrong> {
        None
    }

    /// The releases that its cells are built from and checked with.
    fn wanted(&self, cells: &[CellOf<Self>]) -> Vec<Wanted>;

    /// The user's files that its cells are made of: texts by their places in a rendered tree.
    fn files(&self, _cells: &[CellOf<Self>]) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    /// Plans its cells for one build system. `cells` are all of them, whatever they are built on.
    fn plan(&self, planner: &mut Planner<'_>, cells: &[CellOf<Self>]);
}

/// The family of a key.
pub fn find(families: &[&'static dyn Registered], key: &str) -> Option<&'static dyn Registered> {
    families.iter().copied().find(|family| family.about().key == key)
}

/// Every table of the matrix that families take names from, each once.
pub fn tables(families: &[&'static dyn Registered]) -> Vec<&'static dyn Table> {
    let mut tables: Vec<&'static dyn Table> = Vec::new();
    for table in families.iter().flat_map(|family| family.tables()) {
        if tables.iter().all(|known| known.key() != table.key()) {
            tables.push(table);
        }
    }
    tables
}
