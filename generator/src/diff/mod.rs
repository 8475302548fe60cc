//! The cells that a change of a matrix, its lock, its seed or the recipes would rebuild, and the causes.
//!
//! Nix builds a derivation again when anything differs that it is made of. Here the same follows from the plan alone: a
//! node's digest stands for its recipe's files, its literal arguments, the bits of its sources, what it takes of the
//! seed, and the digests of the nodes that it needs. Names of nodes and cells are not part of it.
//!
//! It errs on the side of rebuilding: a comment in a recipe changes the digest, and perhaps not the derivation.

mod causes;
pub mod digest;
mod text;

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use crate::nix::hash::{FileHash, Sha256};
use crate::plan::{Arg, Cell, Output, Plan};
use crate::platform::{Suite, System};
use crate::seed::SeedLock;
use crate::tree::TreeError;
use crate::verbatim::Verbatim;
use digest::Nodes;

/// One of the two that are compared.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    pub plan: &'a Plan,
    /// The seed lock of every Linux system of the plan.
    pub seeds: &'a BTreeMap<System, SeedLock>,
    /// The nixpkgs that build systems without a seed build from, as `flake.lock` pins it.
    pub nixpkgs: Option<&'a str>,
    /// Recipes, and what they and the seed refer to.
    pub files: &'a Verbatim,
}

/// Two plans compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// By build system: the cells of the new plan in its order, then those that it lacks.
    pub systems: BTreeMap<System, Vec<CellDiff>>,
}

/// The change of one cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CellDiff {
    pub status: Status,
    /// Its full name in the old plan.
    pub old: Option<String>,
    /// Its full name in the new plan.
    pub new: Option<String>,
    /// The new plan's short name for it, if that was another cell's in the old plan: whoever asks for that name gets
    /// another package.
    pub reused: Option<String>,
    /// The nodes that it needs and that no cell of the old plan had, in the plan's order.
    pub build: Vec<String>,
    /// How many others it needs.
    pub kept: usize,
    /// Why it is rebuilt.
    pub causes: Vec<Cause>,
    /// Those of `build` that no cause names: what they need is built again, and so are they.
    pub following: Vec<String>,
}

/// In short what becomes of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The old plan has no such cell.
    Added,
    /// The new plan has no such cell.
    Removed,
    /// The same package has another name.
    Renamed,
    /// Something that it is made of differs; its name may, too.
    Rebuilt,
    Unchanged,
}

/// Something that differs by itself, and not because something else does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    #[serde(flatten)]
    pub what: What,
    /// The nodes of the new plan that it is about, in the plan's order.
    pub nodes: Vec<String>,
}

/// The difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum What {
    /// The seed's packages, or its mechanism's suite.
    Seed {
        old: SeedName,
        new: SeedName,
        /// By name; only those that the cell's nodes are built with.
        packages: BTreeMap<String, PackageChange>,
    },
    /// The revision of nixpkgs.
    Nixpkgs { old: Option<String>, new: Option<String> },
    /// An SDK of the user's: whether the old and the new lock hold it.
    Sdk { name: String, old: bool, new: bool },
    /// A source: other bits, or another name of its store path.
    Source { package: String, old: SourceBits, new: SourceBits },
    /// One recipe in the place of another.
    Recipe { old: String, new: String },
    /// The text of a file that goes into a tree as it is.
    File { path: String, old: Option<Sha256>, new: Option<Sha256> },
    /// An argument of a node.
    Argument { name: String, old: Option<Arg>, new: Option<Arg> },
}

/// A seed as people call it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeedName {
    pub suite: Suite,
    /// The point release.
    pub release: String,
}

/// Versions of a Debian package; the same twice where only its bits differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackageChange {
    pub old: Option<String>,
    pub new: Option<String>,
}

/// A source as it is built from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceBits {
    pub version: String,
    /// The name of its store path.
    pub file: String,
    #[serde(flatten)]
    pub hash: FileHash,
}

impl Diff {
    /// Whether a name of the old plan now stands for something that has to be built.
    pub fn rebuilds(&self) -> bool {
        let rebuilt = |cell: &CellDiff| match cell.status {
            Status::Rebuilt => true,
            Status::Added => cell.reused.is_some() && !cell.build.is_empty(),
            Status::Removed | Status::Renamed | Status::Unchanged => false,
        };
        self.systems.values().flatten().any(rebuilt)
    }

    /// Whether a name of the old plan now stands for another cell, be it built already or not.
    pub fn reuses(&self) -> bool {
        self.systems.values().flatten().any(|cell| cell.reused.is_some())
    }

    /// How many cells have this status.
    pub fn count(&self, status: Status) -> usize {
        self.systems.values().flatten().filter(|cell| cell.status == status).count()
    }
}

/// Compares what two plans build.
///
/// # Errors
/// [`TreeError`] when a side lacks a recipe's file or a system's seed.
pub fn diff(old: &Side<'_>, new: &Side<'_>) -> Result<Diff, TreeError> {
    let mut systems = BTreeMap::new();
    for system in old.plan.systems.keys().chain(new.plan.systems.keys()) {
        if !systems.contains_key(system) {
            systems.insert(*system, cells(&Nodes::of(old, *system)?, &Nodes::of(new, *system)?));
        }
    }
    Ok(Diff { systems })
}

/// Which cells are the same one. What a cell is made of counts before its names, and the full name, which says what it is,
/// before the short one, which depends on the order of the axes. With nothing else in common, a cell of the same short name
/// is what the old one was replaced with.
fn cells(old: &Nodes<'_>, new: &Nodes<'_>) -> Vec<CellDiff> {
    type Key = (String, String);
    type Rule<'r> = &'r dyn Fn(&Nodes<'_>, &Cell) -> Key;
    let named = |cell: &Cell| cell.full_name.clone();
    let rules: [Rule<'_>; 6] = [
        &|nodes, cell| (named(cell), nodes.identity(cell)),
        &|nodes, cell| (String::new(), nodes.identity(cell)),
        &|_, cell| (named(cell), output(cell)),
        &|_, cell| (String::new(), output(cell)),
        &|_, cell| (named(cell), String::new()),
        &|_, cell| (cell.name.clone(), String::new()),
    ];
    let mut left: Vec<Option<&Cell>> = old.cells().iter().map(Some).collect();
    let mut partners: Vec<Option<&Cell>> = vec![None; new.cells().len()];
    for rule in rules {
        let mut known: BTreeMap<Key, VecDeque<usize>> = BTreeMap::new();
        for (place, cell) in left.iter().enumerate() {
            if let Some(cell) = cell {
                known.entry(rule(old, cell)).or_default().push_back(place);
            }
        }
        for (cell, partner) in new.cells().iter().zip(&mut partners).filter(|(_, partner)| partner.is_none()) {
            let place = known.get_mut(&rule(new, cell)).and_then(VecDeque::pop_front);
            *partner = place.and_then(|place| left.get_mut(place)?.take());
        }
    }
    let owners: BTreeMap<&str, &str> =
        old.cells().iter().map(|cell| (cell.name.as_str(), cell.full_name.as_str())).collect();
    let mut cells: Vec<CellDiff> = new
        .cells()
        .iter()
        .zip(partners)
        .map(|(cell, partner)| {
            let owner = owners.get(cell.name.as_str()).copied();
            let reused = owner.is_some() && owner != partner.map(|partner| partner.full_name.as_str());
            let compared = match partner {
                Some(partner) => compared(old, new, partner, cell),
                None => {
                    let (build, kept) = new.built(cell, old);
                    CellDiff { build, kept, ..plain(Status::Added, None, Some(cell)) }
                }
            };
            CellDiff { reused: reused.then(|| cell.name.clone()), ..compared }
        })
        .collect();
    cells.extend(left.into_iter().flatten().map(|cell| plain(Status::Removed, Some(cell), None)));
    cells
}

/// The result of a cell, by name. Two cells that lack the same SDK are still two cells.
fn output(cell: &Cell) -> String {
    match &cell.output {
        Output::Node(node) => node.clone(),
        Output::MissingSdk(sdk) => format!("{} without {sdk}", cell.full_name),
    }
}

fn plain(status: Status, old: Option<&Cell>, new: Option<&Cell>) -> CellDiff {
    let name = |cell: &Cell| cell.full_name.clone();
    let (old, new) = (old.map(name), new.map(name));
    CellDiff { status, old, new, reused: None, build: Vec::new(), kept: 0, causes: Vec::new(), following: Vec::new() }
}

fn compared(old: &Nodes<'_>, new: &Nodes<'_>, before: &Cell, after: &Cell) -> CellDiff {
    let (build, kept) = new.built(after, old);
    let sdk =
        |name: &String, old, new| vec![Cause { what: What::Sdk { name: name.clone(), old, new }, nodes: Vec::new() }];
    let causes = match (&before.output, &after.output) {
        (Output::Node(from), Output::Node(to)) => causes::causes(old, new, from, to),
        (Output::MissingSdk(name), Output::Node(_)) => sdk(name, false, true),
        (Output::Node(_), Output::MissingSdk(name)) => sdk(name, true, false),
        (Output::MissingSdk(_), Output::MissingSdk(_)) => Vec::new(),
    };
    let status = match causes.is_empty() {
        false => Status::Rebuilt,
        true if before.full_name == after.full_name => Status::Unchanged,
        true => Status::Renamed,
    };
    let named = |node: &&String| causes.iter().any(|cause| cause.nodes.contains(node));
    let following = build.iter().filter(|node| !named(node)).cloned().collect();
    CellDiff { build, kept, following, causes, ..plain(status, Some(before), Some(after)) }
}
