//! From roots to the closure of their dependencies.
//!
//! Breadth first and greedy, without going back: of a relation's alternatives the first that is chosen already wins,
//! else the first one that can be satisfied. Roots are chosen before anything's dependencies, so `gawk` as a root
//! settles every `mawk | awk`. `Conflicts`, `Breaks`, `Recommends` and `Essential` are not looked at: the result is a
//! tree of files, not an installation.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::error::SeedError;
use super::index::Index;
use super::relation::{Relation, parse_relations};
use super::roots::Tier;

/// Why a package is in a closure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen<'a> {
    /// The tiers that need it, sorted: the base alone, or tiers that need it beside the base.
    pub tiers: Vec<Tier>,
    /// The package that brought it into the first of these tiers, or none for a root.
    pub parent: Option<&'a str>,
}

/// Package name → the package that brought it, or none for a root.
type Closure<'a> = BTreeMap<&'a str, Option<&'a str>>;

/// The closure of `roots` in `index`: package name → why. Names in `assumed` count as there and are not followed,
/// also as providers. `suite` stands in errors alone.
///
/// The base is resolved first, then every other tier given the base alone. So what a tier holds does not depend on the
/// other tiers, and the base with any choice of tiers lacks nothing.
pub fn resolve<'a>(
    index: &Index<'a>,
    suite: &str,
    roots: &[(Tier, &[&str])],
    assumed: &BTreeSet<&str>,
) -> Result<BTreeMap<&'a str, Chosen<'a>>, SeedError> {
    let roots_of = |tier| {
        let of_tier = roots.iter().filter(move |(of, _)| *of == tier);
        of_tier.flat_map(|(_, names)| names.iter().copied()).collect::<Vec<_>>()
    };
    let base = close(index, suite, &roots_of(Tier::Base), &Closure::new(), assumed)?;
    let mut chosen: BTreeMap<&str, Chosen<'_>> =
        base.iter().map(|(name, parent)| (*name, Chosen { tiers: vec![Tier::Base], parent: *parent })).collect();
    for tier in Tier::ALL.into_iter().filter(|tier| *tier != Tier::Base) {
        for (name, parent) in close(index, suite, &roots_of(tier), &base, assumed)? {
            chosen.entry(name).or_insert_with(|| Chosen { tiers: Vec::new(), parent }).tiers.push(tier);
        }
    }
    Ok(chosen)
}

/// The packages that `roots` and their dependencies add to `base`.
fn close<'a>(
    index: &Index<'a>,
    suite: &str,
    roots: &[&str],
    base: &Closure<'a>,
    assumed: &BTreeSet<&str>,
) -> Result<Closure<'a>, SeedError> {
    let unsatisfiable = |wanted: String, chain: Vec<String>| SeedError::Unsatisfiable {
        suite: suite.to_owned(),
        architecture: index.architecture.to_owned(),
        wanted,
        chain,
    };
    let mut added = Closure::new();
    let mut queue = VecDeque::new();
    for root in roots {
        let missing = || unsatisfiable((*root).to_owned(), vec!["the seed's roots".to_owned()]);
        let relations = parse_relations(root).map_err(|_| missing())?;
        let mut candidates = relations.iter().flat_map(|relation| &relation.alternatives);
        let name = candidates.find_map(|wanted| index.candidates(wanted).into_iter().next()).ok_or_else(missing)?;
        let package = index.get(name).ok_or_else(missing)?;
        if !base.contains_key(package.name) && added.insert(package.name, None).is_none() {
            queue.push_back(package);
        }
    }
    while let Some(package) = queue.pop_front() {
        for relation in index.relations(package)? {
            let there = |name: &str| base.contains_key(name) || added.contains_key(name) || assumed.contains(name);
            let Some(name) = pick(index, &relation, &there, assumed)
                .map_err(|()| unsatisfiable(relation.to_string(), chain(&added, package.name)))?
            else {
                continue;
            };
            added.insert(name, Some(package.name));
            queue.extend(index.get(name));
        }
    }
    Ok(added)
}

/// The package to add for a relation; none if it is met already, an error if nothing does.
fn pick<'a>(
    index: &Index<'a>,
    relation: &Relation<'_>,
    there: &dyn Fn(&str) -> bool,
    assumed: &BTreeSet<&str>,
) -> Result<Option<&'a str>, ()> {
    let mut first = None;
    for alternative in &relation.alternatives {
        if assumed.contains(alternative.name) {
            return Ok(None);
        }
        for name in index.candidates(alternative) {
            if there(name) {
                return Ok(None);
            }
            first = first.or(Some(name));
        }
    }
    first.map(Some).ok_or(())
}

/// From the root to `name`.
fn chain<'a>(added: &Closure<'a>, name: &'a str) -> Vec<String> {
    let mut chain = vec![name.to_owned()];
    let mut at = name;
    while let Some(parent) = added.get(at).copied().flatten() {
        chain.push(parent.to_owned());
        at = parent;
    }
    chain.reverse();
    chain
}
