//! The inputs of the nodes of one build system, each as a digest.

use std::collections::{BTreeMap, BTreeSet};

use super::{SeedName, Side};
use crate::lock::{LockedSdk, LockedSource};
use crate::nix::hash::{FileHash, Sha256};
use crate::plan::{Arg, Cell, Node, Output, SystemPlan};
use crate::platform::System;
use crate::seed::{SeedLock, Tier};
use crate::tree::TreeError;
use crate::verbatim::place;

/// The nodes of one build system, with what decides whether they are built again.
pub struct Nodes<'a> {
    side: Side<'a>,
    plan: Option<&'a SystemPlan>,
    by_name: BTreeMap<&'a str, (&'a Node, Sha256)>,
    known: BTreeSet<Sha256>,
    recipes: BTreeMap<&'static str, Recipe<'a>>,
}

/// The inputs of every call of a recipe, whatever its arguments.
pub struct Recipe<'a> {
    /// Its file, those that it refers to, and the seed's mechanism: text by path.
    pub files: BTreeMap<&'a str, &'a str>,
    pub base: Base<'a>,
}

/// The provider of the tools.
#[derive(PartialEq)]
pub enum Base<'a> {
    Seed(Box<Packages<'a>>),
    /// As it is pinned.
    Nixpkgs(Option<&'a str>),
}

/// The part of a seed that one recipe takes.
pub struct Packages<'a> {
    pub name: SeedName,
    /// By name, with a word before it for those that unpack the others.
    pub packages: BTreeMap<String, Package<'a>>,
}

impl PartialEq for Packages<'_> {
    /// Point releases are words for people: packages are what is built with.
    fn eq(&self, other: &Self) -> bool {
        self.name.suite == other.name.suite && self.packages == other.packages
    }
}

/// One package of it.
#[derive(PartialEq)]
pub struct Package<'a> {
    pub version: &'a str,
    sha256: Sha256,
    /// Which of the trees that the recipe takes it is unpacked into.
    tiers: Vec<Tier>,
}

/// A source as Nix knows it: where it comes from decides nothing.
pub struct Bits<'a> {
    pub file: &'a str,
    pub hash: FileHash,
    tree: bool,
    /// The version of a user's SDK.
    pub version: Option<&'a str>,
}

impl PartialEq for Bits<'_> {
    /// A version is a word for people.
    fn eq(&self, other: &Self) -> bool {
        (self.file, self.hash, self.tree) == (other.file, other.hash, other.tree)
    }
}

/// Fields one after the other, each with its length before it: no two lists of them are one text.
#[derive(Default)]
struct Text(String);

impl Text {
    fn field(&mut self, value: &str) {
        self.0.push_str(&format!("{}:{value},", value.len()));
    }

    fn fields<'a>(&mut self, kind: &str, values: impl IntoIterator<Item = &'a str>) {
        self.field(kind);
        let values: Vec<_> = values.into_iter().collect();
        self.field(&values.len().to_string());
        values.into_iter().for_each(|value| self.field(value));
    }

    fn digest(&self) -> Sha256 {
        Sha256::of(self.0.as_bytes())
    }
}

impl<'a> Nodes<'a> {
    /// Those of `side` for `system`, none where it does not build there.
    ///
    /// # Errors
    /// [`TreeError`] when a recipe's file or the seed is not there.
    pub fn of(side: &Side<'a>, system: System) -> Result<Nodes<'a>, TreeError> {
        let plan = side.plan.systems.get(&system);
        let mut nodes =
            Nodes { side: *side, plan, by_name: BTreeMap::new(), known: BTreeSet::new(), recipes: BTreeMap::new() };
        let mut digests: BTreeMap<&str, Sha256> = BTreeMap::new();
        for node in plan.into_iter().flat_map(|plan| &plan.nodes) {
            if !nodes.recipes.contains_key(node.recipe) {
                let recipe = recipe(side, system, node.recipe)?;
                digests.insert(node.recipe, recipe.digest());
                nodes.recipes.insert(node.recipe, recipe);
            }
            let mut text = Text::default();
            text.field(&digests.get(node.recipe).map(Sha256::to_hex).unwrap_or_default());
            for (name, arg) in &node.args {
                text.field(name);
                nodes.arg(&mut text, arg);
            }
            let digest = text.digest();
            nodes.known.insert(digest);
            nodes.by_name.insert(&node.name, (node, digest));
        }
        Ok(nodes)
    }

    fn arg(&self, text: &mut Text, arg: &Arg) {
        match arg {
            Arg::Node(name) => text.fields("node", [self.hex(name).as_str()]),
            Arg::Nodes(names) => {
                let digests: Vec<_> = names.iter().map(|name| self.hex(name)).collect();
                text.fields("nodes", digests.iter().map(String::as_str));
            }
            Arg::Source(name) => self.source(text, name),
            Arg::Sources(names) => {
                text.fields("sources", [names.len().to_string().as_str()]);
                names.iter().for_each(|name| self.source(text, name));
            }
            Arg::Text(word) => text.fields("text", [word.as_str()]),
            Arg::Texts(words) => text.fields("texts", words.iter().map(String::as_str)),
            Arg::Files(places) => {
                // A store path's name is the last part of a place.
                let parts = places.iter().flat_map(|place| {
                    [place.rsplit('/').next().unwrap_or_default(), self.file(place).unwrap_or_default()]
                });
                text.fields("files", parts);
            }
            Arg::Folder(place) => {
                let name = place.rsplit('/').next().unwrap_or_default();
                let parts = self.folder(place).flat_map(|(path, text)| [path, text]);
                text.fields("folder", std::iter::once(name).chain(parts));
            }
            Arg::Flag(flag) => text.fields("flag", [if *flag { "true" } else { "false" }]),
        }
    }

    fn source(&self, text: &mut Text, name: &str) {
        match self.bits(name) {
            Some(bits) => {
                let how = if bits.tree { "tree" } else { "file" };
                text.fields("source", [how, bits.file, &bits.hash.to_hex()]);
            }
            None => text.fields("source", [name]),
        }
    }

    fn hex(&self, name: &str) -> String {
        self.digest(name).map(|digest| digest.to_hex()).unwrap_or_default()
    }

    /// The cells of this system.
    pub fn cells(&self) -> &'a [Cell] {
        self.plan.map_or(&[], |plan| &plan.cells)
    }

    /// A node by its name.
    pub fn node(&self, name: &str) -> Option<&'a Node> {
        self.by_name.get(name).map(|(node, _)| *node)
    }

    /// A node's digest.
    pub fn digest(&self, name: &str) -> Option<Sha256> {
        self.by_name.get(name).map(|(_, digest)| *digest)
    }

    /// The inputs that are the same for every call of a recipe.
    pub fn recipe(&self, name: &str) -> Option<&Recipe<'a>> {
        self.recipes.get(name)
    }

    /// The text of a file in the tree.
    pub fn file(&self, place: &str) -> Option<&'a str> {
        self.side.plan.files.get(place).map(String::as_str).or_else(|| self.side.files.text(place))
    }

    /// The files of a folder of the user's: their places in the folder, and their texts.
    pub fn folder(&self, place: &str) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let prefix = format!("{place}/");
        let files = &self.side.plan.files;
        files.iter().filter_map(move |(path, text)| Some((path.strip_prefix(&prefix)?, text.as_str())))
    }

    /// The digest of a source, if the lock has it.
    pub fn bits(&self, name: &str) -> Option<Bits<'a>> {
        let source =
            |source: &'a LockedSource| Bits { file: &source.file, hash: source.hash, tree: source.tree, version: None };
        let sdk = |sdk: &'a LockedSdk| Bits {
            file: &sdk.file,
            hash: sdk.sha256.into(),
            tree: true,
            version: Some(&sdk.version),
        };
        let plan = self.side.plan;
        plan.sources.get(name).map(source).or_else(|| plan.sdks.get(name).map(sdk))
    }

    /// A text that two cells share when they are the same package.
    pub fn identity(&self, cell: &Cell) -> String {
        match &cell.output {
            Output::Node(node) => self.hex(node),
            Output::MissingSdk(_) => super::output(cell),
        }
    }

    /// Names of a cell's nodes in the plan's order, all that it needs included.
    pub fn closure(&self, node: &str) -> Vec<&'a str> {
        let (Some(plan), Some(node)) = (self.plan, self.node(node)) else { return Vec::new() };
        plan.closure([node.name.as_str()]).iter().map(|node| node.name.as_str()).collect()
    }

    /// The nodes that a cell needs and `old` has not, and how many others it needs.
    pub fn built(&self, cell: &Cell, old: &Nodes<'_>) -> (Vec<String>, usize) {
        let closure = cell.node().map(|node| self.closure(node)).unwrap_or_default();
        let is_new = |name: &&&str| self.digest(name).is_some_and(|digest| !old.known.contains(&digest));
        let build: Vec<String> = closure.iter().filter(is_new).map(|name| (*name).to_owned()).collect();
        let kept = closure.len() - build.len();
        (build, kept)
    }
}

impl Recipe<'_> {
    fn digest(&self) -> Sha256 {
        let mut text = Text::default();
        for (path, contents) in &self.files {
            text.fields("file", [*path, *contents]);
        }
        match &self.base {
            Base::Nixpkgs(pin) => text.fields("nixpkgs", *pin),
            Base::Seed(seed) => {
                text.fields("seed", [seed.name.suite.as_str()]);
                for (name, package) in &seed.packages {
                    text.fields("package", [name.as_str(), package.version, &package.sha256.to_hex()]);
                    text.fields("tiers", package.tiers.iter().map(|tier| tier.as_str()));
                }
            }
        }
        text.digest()
    }
}

fn recipe<'a>(side: &Side<'a>, system: System, name: &str) -> Result<Recipe<'a>, TreeError> {
    let needed = |path: String| side.files.needed(&BTreeSet::from([path]));
    let mut files = needed(place(name))?;
    if !system.is_linux() {
        return Ok(Recipe { files, base: Base::Nixpkgs(side.nixpkgs) });
    }
    // Development shells alone are made with what is in seed/shell.
    files.extend(needed("seed".to_owned())?.into_iter().filter(|(path, _)| !path.starts_with("seed/shell/")));
    let lock = side.seeds.get(&system).ok_or(TreeError::NoSeed { system })?;
    // The arguments that a node's call gives are never packages of a tier, so the recipe alone says which it takes.
    let tiers: Vec<Tier> = side.files.tiers(&place(name), &[]).into_iter().collect();
    Ok(Recipe { files, base: Base::Seed(Box::new(packages(lock, &tiers))) })
}

/// The tools of a recipe that takes these tiers.
fn packages<'a>(lock: &'a SeedLock, tiers: &[Tier]) -> Packages<'a> {
    let taken = |tier: &&Tier| **tier == Tier::Base || tiers.contains(tier);
    let mut packages: BTreeMap<String, Package<'a>> = lock
        .with(tiers)
        .map(|package| {
            let tiers = package.tiers.iter().filter(taken).copied().collect();
            (package.name.clone(), Package { version: &package.version, sha256: package.sha256, tiers })
        })
        .collect();
    // Of the package with busybox only the program is used, by its own hash.
    let others = lock.bootstrap.iter().filter(|package| package.name != lock.busybox.package);
    packages.extend(others.map(|package| {
        let pin = Package { version: &package.version, sha256: package.sha256, tiers: Vec::new() };
        (format!("bootstrap {}", package.name), pin)
    }));
    let busybox = lock.bootstrap.iter().find(|package| package.name == lock.busybox.package);
    let version = busybox.map_or("", |package| package.version.as_str());
    let pin = Package { version, sha256: lock.busybox.nar, tiers: Vec::new() };
    packages.insert("bootstrap busybox".to_owned(), pin);
    Packages { name: SeedName { suite: lock.suite, release: lock.release.clone() }, packages }
}
