//! The graph that cells of every family are planned into.

use std::collections::{BTreeMap, BTreeSet};

use super::{Arg, Node};
use crate::catalogue::Catalogue;
use crate::lock::{Lock, source_name};
use crate::matrix::Family;
use crate::nix::hash::Sha256;
use crate::target::Seed;

/// The nodes of one build system so far.
pub struct Graph<'a> {
    pub catalogue: &'a Catalogue,
    pub lock: &'a Lock,
    pub nodes: Vec<Node>,
    seed: Seed,
    known: BTreeSet<String>,
}

impl<'a> Graph<'a> {
    pub fn new(catalogue: &'a Catalogue, lock: &'a Lock, seed: Seed) -> Graph<'a> {
        Graph { catalogue, lock, nodes: Vec::new(), seed, known: BTreeSet::new() }
    }

    /// Adds a node unless it is there, and returns its name. Arguments come after what they name: the order stays
    /// sorted.
    pub fn add<const N: usize>(
        &mut self,
        name: String,
        recipe: &'static str,
        args: [(&'static str, Arg); N],
    ) -> String {
        self.insert(Node { name: name.clone(), recipe, args: args.into_iter().collect() });
        name
    }

    /// The same with arguments of any number.
    pub fn insert(&mut self, node: Node) {
        if self.known.insert(node.name.clone()) {
            self.nodes.push(node);
        }
    }

    /// The catalogue's default version of a package that no axis is about.
    pub fn default(&self, package: &str) -> &'a str {
        self.catalogue.default_version(package).unwrap_or_default()
    }

    /// Whether crossloom's authors built a cell of these words and releases, from the same bits and the default seed.
    pub fn was_built(&self, family: Family, target: &str, words: &[(&str, &str)], releases: &[(&str, &str)]) -> bool {
        let same_bits = |package: &str, version: &str, variant: &String| {
            let chosen = self.catalogue.choose(package, version, std::slice::from_ref(variant));
            let locked = self.lock.source(package, version);
            chosen.is_some_and(|chosen| locked.is_ok_and(|locked| locked.sha256 == chosen.sha256))
        };
        let same = |built: &BTreeMap<String, String>, wanted: &[(&str, &str)]| {
            built.len() == wanted.len()
                && wanted.iter().all(|(key, value)| built.get(*key).is_some_and(|it| it == value))
        };
        self.seed == Seed::default()
            && self.catalogue.built().iter().any(|built| {
                (built.family.as_str(), built.target.as_str()) == (family.key(), target)
                    && same(&built.words, words)
                    && same(&built.releases, releases)
                    && releases.iter().all(|(package, version)| same_bits(package, version, &built.variant))
            })
    }
}

pub fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}

pub fn node(name: &str) -> Arg {
    Arg::Node(name.to_owned())
}

pub fn source(package: &str, version: &str) -> Arg {
    Arg::Source(source_name(package, version))
}

/// A version as a part of an attribute that needs no quotes: `14_2_0`.
pub fn attribute(version: &str) -> String {
    version.replace('.', "_")
}

/// Role, version and target; then what else makes this node differ from the one that a plain matrix gives: other
/// versions that are not the catalogue's default, and ten digits that stand for extra flags.
pub fn node_name(
    catalogue: &Catalogue,
    role: &str,
    version: &str,
    target: &str,
    others: &[(&str, &str)],
    flags: &[&[String]],
) -> String {
    let mut name = format!("{role}-{}-{target}", attribute(version));
    for (package, version) in others {
        if catalogue.default_version(package) != Some(version) {
            name.push_str(&format!("-{package}-{}", attribute(version)));
        }
    }
    if flags.iter().any(|flags| !flags.is_empty()) {
        // Each list keeps its place, so that one flag for gcc and the same for musl make two names.
        let text = flags.iter().map(|flags| flags.join("\n")).collect::<Vec<_>>().join("\0");
        name.push('-');
        name.push_str(&Sha256::of(text.as_bytes()).to_hex()[..10]);
    }
    name
}
