//! The planner of one build system: what families plan their cells into.

use std::collections::{BTreeMap, BTreeSet};

use super::{Arg, Cell, Check, Node, SystemPlan};
use crate::catalogue::{Origin, Release, catalogue};
use crate::lock::{Lock, Wanted};
use crate::nix::hash::Sha256;
use crate::platform::{Seed, System};

/// The build system that crossloom's authors build on.
const AUTHORS: System = System::X86_64Linux;

/// The nodes, cells and checks of one build system so far.
pub struct Planner<'a> {
    pub system: System,
    pub lock: &'a Lock,
    seed: Seed,
    /// By their names in the lock: sources that are made ready by a node, whose output is built from in their place.
    prepared: &'a BTreeMap<String, Prepared>,
    planned: SystemPlan,
    known: BTreeSet<String>,
}

/// A source of the user's that is not built from as it is fetched.
#[derive(Debug)]
pub struct Prepared {
    /// Whether it is a git tree, which may lack what releases hold.
    tree: bool,
    /// Places of its patches in a tree, and their texts.
    pub patches: Vec<(String, String)>,
}

impl Prepared {
    /// What is to be done with a release; none where nothing is.
    pub fn of(wanted: &Wanted) -> Option<Prepared> {
        let own = wanted.own()?;
        let tree = own.origin == Origin::Git;
        let name = wanted.name();
        let place = |(file, text): &(String, String)| (format!("{PATCHES}/{name}/{file}"), text.clone());
        let patches: Vec<_> = own.patches.iter().map(place).collect();
        (tree || !patches.is_empty()).then_some(Prepared { tree, patches })
    }
}

/// The folder of a user's patches in a tree.
const PATCHES: &str = "patches";

impl<'a> Planner<'a> {
    pub fn new(system: System, lock: &'a Lock, seed: Seed, prepared: &'a BTreeMap<String, Prepared>) -> Planner<'a> {
        Planner { system, lock, seed, prepared, planned: SystemPlan::default(), known: BTreeSet::new() }
    }

    /// Adds a node unless it is there, and returns its name. A node comes after those that its arguments name: the order
    /// stays sorted.
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
    pub fn insert(&mut self, mut node: Node) {
        if !self.known.contains(&node.name) {
            self.known.insert(node.name.clone());
            node.args.values_mut().for_each(|arg| self.prepare(arg));
            self.planned.nodes.push(node);
        }
    }

    /// Puts the node that makes a source ready in the place of the source.
    fn prepare(&mut self, arg: &mut Arg) {
        let Arg::Source(source) = arg else { return };
        let Some(prepared) = self.prepared.get(source) else { return };
        let name = format!("source-{}", attribute(source));
        if self.known.insert(name.clone()) {
            let patches = prepared.patches.iter().map(|(place, _)| place.clone()).collect();
            let args = BTreeMap::from([("name", text(source)), ("src", arg.clone()), ("patches", Arg::Files(patches))]);
            let recipe = if prepared.tree { "source/git-source" } else { "source/patched-source" };
            self.planned.nodes.push(Node { name: name.clone(), recipe, args });
        }
        *arg = Arg::Node(name);
    }

    /// The places of the user's patches to a source, by its name in the lock.
    pub fn patches(&self, source: &str) -> Vec<String> {
        self.prepared
            .get(source)
            .map_or_else(Vec::new, |it| it.patches.iter().map(|(place, _)| place.clone()).collect())
    }

    /// Adds a cell.
    pub fn cell(&mut self, cell: Cell) {
        self.planned.cells.push(cell);
    }

    /// Adds a check.
    pub fn check(&mut self, mut check: Check) {
        check.args.iter_mut().for_each(|(_, arg)| self.prepare(arg));
        self.planned.checks.push(check);
    }

    /// Notes a check that there will be once an SDK has been imported.
    pub fn missing_check(&mut self, name: String, sdk: &str) {
        self.planned.missing_checks.insert(name, sdk.to_owned());
    }

    /// Whether crossloom's authors built a cell of these words and releases, from the same bits and the default seed.
    pub fn was_built(&self, family: &str, target: &str, words: &[(&str, &str)], releases: &[&'static Release]) -> bool {
        let same_bits = |release: &&'static Release, variant| {
            let locked = self.lock.source(&Wanted::Release(release).name());
            let chosen = release.choose(&[variant]);
            chosen.is_some_and(|chosen| locked.is_ok_and(|locked| locked.hash == chosen.sha256))
        };
        let same_words = |built: &BTreeMap<String, String>| {
            built.len() == words.len() && words.iter().all(|(key, value)| built.get(*key).is_some_and(|it| it == value))
        };
        let same_releases = |built: &BTreeMap<String, String>| {
            let same =
                |release: &&'static Release| built.get(release.package()).is_some_and(|it| it == release.version());
            built.len() == releases.len() && releases.iter().all(same)
        };
        (self.system, self.seed) == (AUTHORS, Seed::default())
            && catalogue().built().iter().any(|built| {
                (built.family.as_str(), built.target.as_str()) == (family, target)
                    && same_words(&built.words)
                    && same_releases(&built.releases)
                    && releases.iter().all(|release| same_bits(release, built.variant))
            })
    }

    /// The finished plan. Only Linux has checks: it has a seed, and runs programs that are built for Linux.
    pub fn finish(mut self) -> SystemPlan {
        if !self.system.is_linux() {
            self.planned.checks.clear();
            self.planned.missing_checks.clear();
        }
        self.planned
    }
}

/// A string as an argument.
pub fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}

/// Texts as an argument.
pub fn texts(texts: &[&str]) -> Arg {
    Arg::Texts(texts.iter().map(|text| (*text).to_owned()).collect())
}

/// The ten digits that stand for a text in a name.
pub fn digits(text: &str) -> String {
    Sha256::of(text.as_bytes()).to_hex().chars().take(10).collect()
}

/// The ten digits that stand for several texts, wherever one of them ends.
pub fn digits_of<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let joined: String = texts.into_iter().map(|text| format!("{}:{text},", text.len())).collect();
    digits(&joined)
}

/// A node as an argument.
pub fn node(name: &str) -> Arg {
    Arg::Node(name.to_owned())
}

/// The source of a release as an argument.
pub fn source(release: &'static Release) -> Arg {
    source_of(Wanted::Release(release))
}

/// The same of a release that may have no hash in the catalogue.
pub fn source_of(wanted: Wanted) -> Arg {
    Arg::Source(wanted.name())
}

/// A version as a part of an attribute that needs no quotes: `14_2_0`.
pub fn attribute(version: &str) -> String {
    version.replace('.', "_")
}

/// Role, version and target; then everything else that makes this node differ from the one that a plain matrix gives:
/// releases that are not the catalogue's default, and ten digits that stand for extra flags.
pub fn node_name(
    role: &str,
    release: &'static Release,
    target: &str,
    others: &[&'static Release],
    flags: &[&[String]],
) -> String {
    let mut name = format!("{role}-{}-{target}", attribute(release.version()));
    for other in others.iter().filter(|other| !other.is_default()) {
        name.push_str(&format!("-{}-{}", other.package(), attribute(other.version())));
    }
    if flags.iter().any(|flags| !flags.is_empty()) {
        // Each list keeps its place, so that one flag for gcc and the same for musl make two names.
        let text = flags.iter().map(|flags| flags.join("\n")).collect::<Vec<_>>().join("\0");
        name.push('-');
        name.push_str(&digits(&text));
    }
    name
}
