//! Families and their cells without their types: what everything outside of this folder sees of them.

use crate::diag::Wrong;
use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::axis::{Axis, Values};
use super::draft::{Defect, Draft, Reading, TargetId};
use super::setting::{Kind, Setting};
use super::table::Table;
use super::{About, Family, Misspelt, Target};
use crate::lock::Wanted;
use crate::plan::{Cell, Output, Planner};
use crate::platform::System;

/// One cell of a family.
pub struct CellOf<F: Family> {
    /// The Nix attribute's name: unique, of letters, digits, `-` and `_`.
    pub name: String,
    /// As [`name`](CellOf::name), with the target and the value of every axis: it does not depend on an axis' order.
    pub full_name: String,
    /// The machines that it is built on, in the matrix's order; at least one.
    pub systems: Vec<System>,
    pub target: &'static F::Target,
    pub spec: F::Spec,
}

impl<F: Family> CellOf<F> {
    /// Its name without the family's key: the name of its development shell.
    pub fn short_name(&self, family: &F) -> String {
        let prefix = format!("{}-", family.about().key);
        self.name.strip_prefix(&prefix).unwrap_or(&self.name).to_owned()
    }

    /// A package under the names of this cell: without a shell, and not tested.
    pub fn package(&self, about: &About, output: Output) -> Cell {
        Cell {
            name: self.name.clone(),
            full_name: self.full_name.clone(),
            family: about.key,
            limits: about.limits,
            shell: None,
            output,
            target: self.target.name(),
            tools: Vec::new(),
            archive: None,
            built: false,
        }
    }

    /// Whether the matrix has it built on this system.
    pub fn is_built_on(&self, system: System) -> bool {
        self.systems.contains(&system)
    }
}

impl<F: Family> fmt::Debug for CellOf<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {:?}", self.name, self.target.name(), self.spec)
    }
}

impl<F: Family> PartialEq for CellOf<F> {
    fn eq(&self, other: &CellOf<F>) -> bool {
        (&self.name, &self.systems, self.target, &self.spec) == (&other.name, &other.systems, other.target, &other.spec)
    }
}

/// A family as the rest of crossloom sees it. Every [`Family`] is one.
pub trait Registered: fmt::Debug + Sync {
    fn about(&self) -> &'static About;
    fn axes(&self) -> &'static [Axis];
    fn settings(&self) -> &'static [Setting];
    fn overrides(&self) -> &'static [Setting];
    fn needs(&self) -> &'static [&'static dyn Registered];

    /// The names of its targets, in the order of lists.
    fn targets(&self) -> Vec<&'static str>;

    /// See [`Target::facts`], in the same order.
    fn target_facts(&self) -> Vec<Vec<(&'static str, String)>>;

    /// See [`Family::misspelt`].
    fn misspelt(&self, word: &str) -> Option<Misspelt>;

    /// See [`Family::refuse`].
    fn refuse(&self, draft: &Draft, axis: &str) -> Option<Wrong>;

    /// See [`Family::cannot_build`].
    fn cannot_build(&self, target: TargetId, system: System) -> Option<&'static str>;

    /// The meanings of drafts.
    ///
    /// # Errors
    /// See [`Family::spec`].
    fn cells(&'static self, drafts: Vec<Draft>) -> Result<Arc<dyn Cells>, Defect>;

    /// The name of the Rust type.
    #[cfg(test)]
    fn type_name(&self) -> &'static str;
}

impl dyn Registered {
    /// The tables of the matrix that its axes and settings take names from.
    pub fn tables(&self) -> Vec<&'static dyn Table> {
        let axes = self.axes().iter().filter_map(|axis| match axis.values {
            Values::Names(table) => Some(table),
            Values::Releases(_) | Values::Words(_) => None,
        });
        let settings = self.settings().iter().filter_map(|setting| match setting.kind {
            Kind::Names(table) => Some(table),
            Kind::Words { .. } | Kind::Flags(_) | Kind::Text(_) | Kind::Switch => None,
        });
        axes.chain(settings).collect()
    }

    /// Keys of its table.
    pub fn keys(&self) -> Vec<&'static str> {
        let mut keys = vec!["targets"];
        keys.extend(self.axes().iter().map(|axis| axis.key));
        keys.extend(self.settings().iter().map(|setting| setting.key));
        keys.extend(["exclude", "include"]);
        keys.extend((!self.overrides().is_empty()).then_some("override"));
        keys
    }

    /// Keys of one entry of `include`, and of an override's `match`.
    pub fn cell_keys(&self) -> Vec<&'static str> {
        std::iter::once("target").chain(self.axes().iter().map(|axis| axis.key)).collect()
    }

    /// Keys of one entry of `exclude`.
    pub fn exclude_keys(&self) -> Vec<&'static str> {
        let mut keys = self.cell_keys();
        keys.push("system");
        keys
    }

    /// Keys of one entry of `override`.
    pub fn override_keys(&self) -> Vec<&'static str> {
        std::iter::once("match").chain(self.overrides().iter().map(|setting| setting.key)).collect()
    }
}

/// The cells of one family.
pub trait Cells: fmt::Debug + Send + Sync {
    #[cfg(test)]
    fn family(&self) -> &'static dyn Registered;

    /// Names and build systems, in the file's order.
    fn names(&self) -> Vec<(&str, &[System])>;

    /// See [`Family::refuse_all`].
    fn refuse_all(&self) -> Option<Wrong>;

    /// See [`Family::wanted`].
    fn wanted(&self) -> Vec<Wanted>;

    /// See [`Family::files`].
    fn files(&self) -> BTreeMap<String, String>;

    /// See [`Family::plan`].
    fn plan(&self, planner: &mut Planner<'_>);

    /// Whether these are the same cells.
    fn same(&self, other: &dyn Cells) -> bool;

    fn as_any(&self) -> &dyn Any;
}

#[cfg(test)]
impl dyn Cells {
    /// The cells with their types, where they are of this family.
    pub fn of<F: Family>(&self) -> Option<&[CellOf<F>]> {
        self.as_any().downcast_ref::<Typed<F>>().map(|typed| typed.cells.as_slice())
    }
}

struct Typed<F: Family> {
    family: &'static F,
    cells: Vec<CellOf<F>>,
}

impl<F: Family> fmt::Debug for Typed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cells.fmt(f)
    }
}

impl<F: Family> Registered for F {
    fn about(&self) -> &'static About {
        Family::about(self)
    }

    fn axes(&self) -> &'static [Axis] {
        Family::axes(self)
    }

    fn settings(&self) -> &'static [Setting] {
        Family::settings(self)
    }

    fn overrides(&self) -> &'static [Setting] {
        Family::overrides(self)
    }

    fn needs(&self) -> &'static [&'static dyn Registered] {
        Family::needs(self)
    }

    fn targets(&self) -> Vec<&'static str> {
        Family::targets(self).into_iter().map(Target::name).collect()
    }

    fn target_facts(&self) -> Vec<Vec<(&'static str, String)>> {
        Family::targets(self).into_iter().map(Target::facts).collect()
    }

    fn misspelt(&self, word: &str) -> Option<Misspelt> {
        Family::misspelt(self, word)
    }

    fn refuse(&self, draft: &Draft, axis: &str) -> Option<Wrong> {
        let target = *Family::targets(self).get(draft.target.index)?;
        Family::refuse(self, target, &reading(self, draft), axis)
    }

    fn cannot_build(&self, target: TargetId, system: System) -> Option<&'static str> {
        Family::cannot_build(self, Family::targets(self).get(target.index)?, system)
    }

    fn cells(&'static self, drafts: Vec<Draft>) -> Result<Arc<dyn Cells>, Defect> {
        let targets = Family::targets(self);
        let cell = |draft: Draft| {
            let family = Family::about(self).key;
            let lost = || Defect { family, key: draft.target.name.to_owned() };
            let target = *targets.get(draft.target.index).ok_or_else(lost)?;
            let spec = self.spec(target, &reading(self, &draft))?;
            Ok(CellOf { name: draft.name, full_name: draft.full_name, systems: draft.systems, target, spec })
        };
        let cells = drafts.into_iter().map(cell).collect::<Result<_, _>>()?;
        Ok(Arc::new(Typed { family: self, cells }))
    }

    #[cfg(test)]
    fn type_name(&self) -> &'static str {
        std::any::type_name::<F>()
    }
}

fn reading<'a, F: Family>(family: &F, draft: &'a Draft) -> Reading<'a> {
    Reading { family: Family::about(family).key, axes: Family::axes(family), draft }
}

impl<F: Family> Cells for Typed<F> {
    #[cfg(test)]
    fn family(&self) -> &'static dyn Registered {
        self.family
    }

    fn names(&self) -> Vec<(&str, &[System])> {
        self.cells.iter().map(|cell| (cell.name.as_str(), cell.systems.as_slice())).collect()
    }

    fn refuse_all(&self) -> Option<Wrong> {
        self.family.refuse_all(&self.cells)
    }

    fn wanted(&self) -> Vec<Wanted> {
        self.family.wanted(&self.cells)
    }

    fn files(&self) -> BTreeMap<String, String> {
        self.family.files(&self.cells)
    }

    fn plan(&self, planner: &mut Planner<'_>) {
        self.family.plan(planner, &self.cells);
    }

    fn same(&self, other: &dyn Cells) -> bool {
        other.as_any().downcast_ref::<Typed<F>>().is_some_and(|other| self.cells == other.cells)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
