//! Why a cell is rebuilt: both graphs walked side by side from the cell, argument by argument, since a node's name may
//! hold the very version that differs.

use std::collections::{BTreeMap, BTreeSet};

use super::digest::{Base, Bits, Nodes, Packages, Recipe};
use super::{Cause, PackageChange, SourceBits, What};
use crate::nix::hash::Sha256;
use crate::plan::{Arg, Node};

/// Arguments that say what a node is called. They follow from others, and are causes only where nothing else differs.
const LABELS: [&str; 2] = ["name", "version"];

/// The causes of a difference between the nodes `from` and `to`; none if they are the same.
pub fn causes(old: &Nodes<'_>, new: &Nodes<'_>, from: &str, to: &str) -> Vec<Cause> {
    let mut walk = Walk { old, new, seen: BTreeSet::new(), causes: Vec::new(), labels: Vec::new() };
    walk.pair(from, to);
    let mut causes = if walk.causes.is_empty() { walk.labels } else { walk.causes };
    let order: BTreeMap<&str, usize> = new.closure(to).into_iter().enumerate().map(|(i, name)| (name, i)).collect();
    for cause in &mut causes {
        cause.nodes.sort_by_key(|name| order.get(name.as_str()).copied());
    }
    let rank = |what: &What| match what {
        What::Seed { .. } | What::Nixpkgs { .. } => 0,
        What::Sdk { .. } | What::Source { .. } => 1,
        What::Recipe { .. } | What::File { .. } => 2,
        What::Argument { .. } => 3,
    };
    // Stable: within a rank in the order in which they were found.
    causes.sort_by_key(|cause| rank(&cause.what));
    causes
}

struct Walk<'w, 'a> {
    old: &'w Nodes<'a>,
    new: &'w Nodes<'a>,
    seen: BTreeSet<(String, String)>,
    causes: Vec<Cause>,
    labels: Vec<Cause>,
}

impl Walk<'_, '_> {
    /// Two nodes of the same place in both graphs.
    fn pair(&mut self, from: &str, to: &str) {
        let same = self.old.digest(from) == self.new.digest(to);
        if same || !self.seen.insert((from.to_owned(), to.to_owned())) {
            return;
        }
        let (Some(from), Some(to)) = (self.old.node(from), self.new.node(to)) else { return };
        if from.recipe != to.recipe {
            // Any other difference is one of the recipes.
            self.add(&to.name, What::Recipe { old: from.recipe.to_owned(), new: to.recipe.to_owned() });
            return;
        }
        if let (Some(before), Some(after)) = (self.old.recipe(from.recipe), self.new.recipe(to.recipe)) {
            self.recipe(&to.name, before, after);
        }
        let names: BTreeSet<&str> = from.args.keys().chain(to.args.keys()).copied().collect();
        for name in names {
            self.argument(from, to, name);
        }
    }

    fn recipe(&mut self, node: &str, old: &Recipe<'_>, new: &Recipe<'_>) {
        let paths: BTreeSet<&str> = old.files.keys().chain(new.files.keys()).copied().collect();
        for path in paths {
            let (before, after) = (old.files.get(path), new.files.get(path));
            if before != after {
                let digest = |text: Option<&&str>| text.map(|text| Sha256::of(text.as_bytes()));
                let what = What::File { path: path.to_owned(), old: digest(before), new: digest(after) };
                self.add(node, what);
            }
        }
        match (&old.base, &new.base) {
            (Base::Seed(before), Base::Seed(after)) if before != after => self.seed(node, before, after),
            (Base::Nixpkgs(before), Base::Nixpkgs(after)) if before != after => {
                let owned = |pin: &Option<&str>| pin.map(str::to_owned);
                self.add(node, What::Nixpkgs { old: owned(before), new: owned(after) });
            }
            // A system has a seed or has none, in both.
            _ => {}
        }
    }

    /// One cause for all nodes of a cell, though each is made with tiers of its own.
    fn seed(&mut self, node: &str, old: &Packages<'_>, new: &Packages<'_>) {
        let names: BTreeSet<&String> = old.packages.keys().chain(new.packages.keys()).collect();
        let mut changed = BTreeMap::new();
        for name in names {
            let (before, after) = (old.packages.get(name), new.packages.get(name));
            if before != after {
                let (old, new) = (before.map(|it| it.version.to_owned()), after.map(|it| it.version.to_owned()));
                changed.insert(name.clone(), PackageChange { old, new });
            }
        }
        for cause in &mut self.causes {
            if let What::Seed { packages, .. } = &mut cause.what {
                packages.extend(changed);
                cause.nodes.push(node.to_owned());
                return;
            }
        }
        self.add(node, What::Seed { old: old.name.clone(), new: new.name.clone(), packages: changed });
    }

    fn argument(&mut self, from: &Node, to: &Node, name: &str) {
        let (old, new) = (from.args.get(name), to.args.get(name));
        match (old, new) {
            (Some(Arg::Node(from)), Some(Arg::Node(to))) => return self.pair(from, to),
            (Some(Arg::Nodes(old)), Some(Arg::Nodes(new))) if self.lists(old, new) => return,
            (Some(Arg::Source(old)), Some(Arg::Source(new))) => return self.source(&to.name, old, new),
            (Some(Arg::Files(old)), Some(Arg::Files(new))) if old == new => return self.files(&to.name, new),
            (Some(Arg::Folder(old)), Some(Arg::Folder(new))) if old == new => return self.folder(&to.name, new),
            _ if old == new => return,
            _ => {}
        }
        let what = What::Argument { name: name.to_owned(), old: old.cloned(), new: new.cloned() };
        match LABELS.contains(&name) {
            true => add(&mut self.labels, &to.name, what),
            false => self.add(&to.name, what),
        }
    }

    /// A folder that stands in the same place.
    fn folder(&mut self, node: &str, place: &str) {
        let paths: BTreeSet<_> =
            [&self.old, &self.new].iter().flat_map(|side| side.folder(place)).map(|it| it.0).collect();
        let places: Vec<_> = paths.iter().map(|path| format!("{place}/{path}")).collect();
        self.files(node, &places);
    }

    /// Files that stand in the same places.
    fn files(&mut self, node: &str, places: &[String]) {
        for place in places {
            let (before, after) = (self.old.file(place), self.new.file(place));
            if before != after {
                let digest = |text: Option<&str>| text.map(|text| Sha256::of(text.as_bytes()));
                self.add(node, What::File { path: place.clone(), old: digest(before), new: digest(after) });
            }
        }
    }

    /// Pairs the nodes of two lists by their recipes; whether all of them have a partner in their own place.
    fn lists(&mut self, from: &[String], to: &[String]) -> bool {
        let recipe = |nodes: &Nodes<'_>, name: &String| nodes.node(name).map(|node| node.recipe);
        let mut left: Vec<&String> = from.iter().collect();
        for name in to {
            let wanted = recipe(self.new, name);
            if let Some(place) = left.iter().position(|other| recipe(self.old, other) == wanted) {
                let partner = left.remove(place);
                self.pair(partner, name);
            }
        }
        let recipes =
            |nodes: &Nodes<'_>, names: &[String]| names.iter().map(|it| recipe(nodes, it)).collect::<Vec<_>>();
        recipes(self.old, from) == recipes(self.new, to)
    }

    fn source(&mut self, node: &str, from: &str, to: &str) {
        let (Some(old), Some(new)) = (self.old.bits(from), self.new.bits(to)) else { return };
        if old == new {
            return;
        }
        let ((package, before), (other, after)) = (split(from, &old), split(to, &new));
        let package = if package == other { package.to_owned() } else { format!("{package} → {other}") };
        let source = |bits: &Bits<'_>, version: &str| SourceBits {
            version: version.to_owned(),
            file: bits.file.to_owned(),
            hash: bits.hash,
        };
        self.add(node, What::Source { package, old: source(&old, before), new: source(&new, after) });
    }

    fn add(&mut self, node: &str, what: What) {
        add(&mut self.causes, node, what);
    }
}

/// A cause with its node, beside other nodes of the same cause.
fn add(causes: &mut Vec<Cause>, node: &str, what: What) {
    match causes.iter_mut().find(|cause| cause.what == what) {
        Some(cause) if cause.nodes.iter().any(|name| name == node) => {}
        Some(cause) => cause.nodes.push(node.to_owned()),
        None => causes.push(Cause { what, nodes: vec![node.to_owned()] }),
    }
}

/// Package and version of a source's name: a version begins with a digit, and may hold dashes.
fn split<'a>(name: &'a str, bits: &Bits<'a>) -> (&'a str, &'a str) {
    if let Some(version) = bits.version {
        return (name, version);
    }
    let dashes = name.match_indices('-').map(|(at, _)| at);
    let parts = dashes.filter_map(|at| Some((name.get(..at)?, name.get(at + 1..)?)));
    let mut parts = parts.filter(|(_, version)| version.starts_with(|c: char| c.is_ascii_digit()));
    parts.next().unwrap_or((name, ""))
}
