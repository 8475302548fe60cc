//! The plan of a matrix: for each build system a graph of nodes, each after the nodes that it needs.
//!
//! A node is one call of one recipe (`overlays/<family>/<recipe>.nix`) with literal arguments. Its name says its role,
//! its version and its target, never a stage number, and depends on nothing but what the node is: the same node of two
//! cells is one node.

mod planner;

use std::collections::{BTreeMap, BTreeSet};

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::lock::{LockedSdk, LockedSource};
use crate::platform::{Seed, System};
use crate::seed::Tier;
use crate::service::{Ci, Limits};

pub use planner::{Planner, Prepared, attribute, digits, digits_of, node, node_name, source, source_of, text, texts};

use crate::verbatim::{Verbatim, place};

/// Everything that is rendered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Which seed Linux build systems build from.
    pub seed: Seed,
    /// The settings for files of CI services.
    pub ci: Ci,
    /// By build system, in the order of their names.
    pub systems: BTreeMap<System, SystemPlan>,
    /// Every source that a node or a check names.
    pub sources: BTreeMap<String, LockedSource>,
    /// SDKs of the user's that a node or a check names, by the names that they have among the sources.
    pub sdks: BTreeMap<String, LockedSdk>,
    /// The state of Debian's archive in the lock.
    #[serde(skip)]
    pub debian_snapshot: Option<String>,
    /// The user's own files, by their places in a tree.
    pub files: BTreeMap<String, String>,
}

/// The nodes and cells of one build system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SystemPlan {
    /// Sorted so that a node stands after those it needs.
    pub nodes: Vec<Node>,
    /// The cells that the matrix stands for.
    pub cells: Vec<Cell>,
    /// The checks of the cells.
    pub checks: Vec<Check>,
    /// Checks that there will be once an SDK has been imported: the SDK's name by theirs.
    pub missing_checks: BTreeMap<String, String>,
}

/// One call of a recipe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Its Nix attribute: letters, digits, `-` and `_`.
    pub name: String,
    /// The recipe's place in a tree, without `.nix`: `FAMILY/RECIPE`.
    pub recipe: &'static str,
    /// By name of the recipe's argument.
    pub args: BTreeMap<&'static str, Arg>,
}

impl Node {
    /// The nodes that it is built from.
    pub fn needs(&self) -> impl Iterator<Item = &String> {
        self.args.values().flat_map(Arg::nodes)
    }

    /// The tiers of the seed beside its base that the call takes packages from.
    pub fn tiers(&self) -> BTreeSet<Tier> {
        let given: Vec<&str> = self.args.keys().copied().collect();
        Verbatim::embedded().tiers(&place(self.recipe), &given)
    }
}

/// An argument of a recipe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Arg {
    /// Another node, by name.
    Node(String),
    /// Several of them.
    Nodes(Vec<String>),
    /// A source, by name.
    Source(String),
    /// Several of them.
    Sources(Vec<String>),
    /// A string.
    Text(String),
    /// A list of strings.
    Texts(Vec<String>),
    /// Files of the tree, by their places in it.
    Files(Vec<String>),
    /// A folder of the user's, by its place in the tree.
    Folder(String),
    /// Yes or no.
    Flag(bool),
}

impl Arg {
    /// The nodes that it names.
    fn nodes(&self) -> &[String] {
        match self {
            Arg::Node(name) => std::slice::from_ref(name),
            Arg::Nodes(names) => names,
            Arg::Source(_)
            | Arg::Sources(_)
            | Arg::Text(_)
            | Arg::Texts(_)
            | Arg::Files(_)
            | Arg::Folder(_)
            | Arg::Flag(_) => &[],
        }
    }

    /// The files of the tree that it names.
    pub fn files(&self) -> &[String] {
        if let Arg::Files(places) = self { places } else { &[] }
    }

    /// The sources that it names.
    fn sources(&self) -> &[String] {
        match self {
            Arg::Source(name) => std::slice::from_ref(name),
            Arg::Sources(names) => names,
            Arg::Node(_)
            | Arg::Nodes(_)
            | Arg::Text(_)
            | Arg::Texts(_)
            | Arg::Files(_)
            | Arg::Folder(_)
            | Arg::Flag(_) => &[],
        }
    }
}

/// One row of the matrix, as a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The package's attribute: `FAMILY-TARGET`, and whatever tells it from others.
    pub name: String,
    /// The same package's attribute with the target and the value of every axis: it does not depend on an axis' order.
    pub full_name: String,
    /// The key of its family.
    pub family: &'static str,
    /// The limits of a CI job for it.
    pub limits: Limits,
    /// The development shell; none where the cell is nothing to develop with.
    pub shell: Option<Shell>,
    pub output: Output,
    /// The triple, or [`SEVERAL`].
    pub target: &'static str,
    /// How to build for its targets; none where it has no tools.
    pub tools: Vec<Tools>,
    /// The node whose output holds the package as an archive, `NAME.tar.gz`; none where there is none.
    pub archive: Option<String>,
    /// Whether crossloom's authors built it, from the same releases.
    pub built: bool,
}

/// The target of a package that builds for several.
pub const SEVERAL: &str = "several";

/// How to build for one target with a package: answers that build scripts ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tools {
    /// The machine that programs are built for.
    pub target: &'static str,
    /// The beginning of the names of programs, without the hyphen that follows it.
    pub prefix: String,
    /// Names of programs, by what they are asked for: `cc`.
    pub programs: Vec<(&'static str, String)>,
    /// Places below the package, by what they are asked for: `libdir`.
    pub places: Vec<(&'static str, String)>,
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut cell = serializer.serialize_struct("Cell", 7)?;
        cell.serialize_field("name", &self.name)?;
        cell.serialize_field("full_name", &self.full_name)?;
        cell.serialize_field("shell", &self.shell)?;
        cell.serialize_field("output", &self.output)?;
        cell.serialize_field("target", self.target)?;
        cell.serialize_field("built", &self.built)?;
        cell.serialize_field("state", self.state())?;
        cell.end()
    }
}

/// The result of a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// The node that is the package.
    Node(String),
    /// Nothing yet: the SDK of this name has not been imported. Only building the package is an error.
    MissingSdk(String),
}

/// A development shell for a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shell {
    /// Its attribute: the cell's without the family.
    pub name: String,
    /// The recipe's place in a tree, without `.nix`: `FAMILY/RECIPE`.
    pub recipe: &'static str,
    /// Whether there is a C++ compiler.
    pub cxx: bool,
    /// More arguments of its recipe, by name.
    #[serde(skip)]
    pub args: Vec<(&'static str, Arg)>,
}

impl Shell {
    /// The tiers of the seed beside its base that the call takes packages from.
    pub fn tiers(&self) -> BTreeSet<Tier> {
        let given: Vec<&str> = self.args.iter().map(|(arg, _)| *arg).collect();
        Verbatim::embedded().tiers(&place(self.recipe), &given)
    }

    /// The nodes that it has beside the cell's.
    pub fn nodes(&self) -> impl Iterator<Item = &String> {
        self.args.iter().flat_map(|(_, arg)| arg.nodes())
    }
}

impl Cell {
    /// The same under other names: both change alike.
    #[must_use]
    pub fn renamed(self, rename: impl Fn(&str) -> String) -> Cell {
        Cell { name: rename(&self.name), full_name: rename(&self.full_name), ..self }
    }

    /// Whether a user's name means it.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.full_name == name
    }

    /// The node that is the package, if there is one.
    pub fn node(&self) -> Option<&str> {
        if let Output::Node(name) = &self.output { Some(name) } else { None }
    }

    /// Whether crossloom's authors built and ran it, for people to read.
    pub fn state(&self) -> &'static str {
        match (&self.output, self.built) {
            (Output::MissingSdk(_), _) => "missing sdk",
            (Output::Node(_), true) => "tested",
            (Output::Node(_), false) => "not tested",
        }
    }
}

impl SystemPlan {
    /// The names that a user can ask for: cells, their shells, checks and nodes.
    pub fn names(&self) -> BTreeSet<&str> {
        let cells = self.cells.iter().flat_map(|cell| [cell.name.as_str(), cell.full_name.as_str()]);
        let nodes = self.nodes.iter().map(|node| node.name.as_str());
        let shells = self.cells.iter().filter_map(|cell| Some(cell.shell.as_ref()?.name.as_str()));
        cells.chain(shells).chain(self.checks.iter().map(|check| check.name.as_str())).chain(nodes).collect()
    }

    /// The given nodes and all that they need, in the plan's order.
    pub fn closure<'a>(&'a self, nodes: impl IntoIterator<Item = &'a str>) -> Vec<&'a Node> {
        let mut wanted: BTreeSet<&str> = nodes.into_iter().collect();
        let mut closure = Vec::new();
        // A node stands after the nodes that it needs, so one walk from the end finds everything.
        for node in self.nodes.iter().rev() {
            if !wanted.contains(node.name.as_str()) {
                continue;
            }
            wanted.extend(node.args.values().flat_map(Arg::nodes).map(String::as_str));
            closure.push(node);
        }
        closure.reverse();
        closure
    }

    /// The names of every source that the given nodes and what they need are built from.
    pub fn sources_of<'a>(&'a self, nodes: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
        let args = self.closure(nodes).into_iter().flat_map(|node| node.args.values());
        args.flat_map(Arg::sources).cloned().collect()
    }

    /// The names of every source that a node or a check names.
    pub fn sources(&self) -> impl Iterator<Item = &String> {
        let nodes = self.nodes.iter().flat_map(|node| node.args.values()).flat_map(Arg::sources);
        nodes.chain(self.checks.iter().flat_map(Check::sources))
    }

    /// The tiers of the seed beside its base that the given nodes and what they need are built with.
    pub fn tiers_of<'a>(&'a self, nodes: impl IntoIterator<Item = &'a str>) -> BTreeSet<Tier> {
        self.closure(nodes).into_iter().flat_map(Node::tiers).collect()
    }
}

/// One check of a build system: a call of a file beside its family's recipes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its attribute among the flake's checks.
    pub name: String,
    /// The file's place in a tree, without `.nix`.
    pub file: &'static str,
    /// By name of the file's argument, in the order to be written.
    #[serde(serialize_with = "as_map")]
    pub args: Vec<(&'static str, Arg)>,
    /// The tiers of the seed beside its base that it takes from the scope by name.
    pub tiers: BTreeSet<Tier>,
    /// The limits of a CI job for it.
    #[serde(skip)]
    pub limits: Limits,
}

fn as_map<S: Serializer>(args: &[(&'static str, Arg)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(args.iter().map(|(name, arg)| (name, arg)))
}

impl Check {
    /// An ordinary check: a call of a file, with the tiers that follow from it.
    pub fn new(name: String, file: &'static str, args: Vec<(&'static str, Arg)>) -> Check {
        let given: Vec<&str> = args.iter().map(|(arg, _)| *arg).collect();
        let tiers = Verbatim::embedded().tiers(&place(file), &given);
        Check { name, file, args, tiers, limits: Limits::CHECK }
    }

    /// The nodes that it names.
    pub fn nodes(&self) -> impl Iterator<Item = &String> {
        self.args.iter().flat_map(|(_, arg)| arg.nodes())
    }

    /// The sources that it names without a node.
    pub fn sources(&self) -> impl Iterator<Item = &String> {
        self.args.iter().flat_map(|(_, arg)| arg.sources())
    }
}
