//! From roots to the closure of their dependencies.
//!
//! Breadth first and greedy, without going back: of a relation's alternatives the first that is chosen already wins,
//! else the first one that can be satisfied. Roots are chosen before anything's dependencies, so `gawk` as a root
//! settles every `mawk | awk`. `Conflicts`, `Breaks`, `Recommends` and `Essential` are not looked at: the result is a
//! tree of files, not an installation.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::error::SeedError;
use super::index::Index;
use super::relation::Relation;
use super::roots::Tier;

/// Why a package is in a closure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen<'a> {
    /// The first tier that needs it.
    pub tier: Tier,
    /// The package that brought it, or none for a root.
    pub parent: Option<&'a str>,
}

/// The closure of `roots` in `index`: package name → why. Names in `assumed` count as there and are not followed, also
/// as providers. `suite` stands in errors alone.
pub fn resolve<'a>(
    index: &Index<'a>,
    suite: &str,
    roots: &[(Tier, &[&str])],
    assumed: &BTreeSet<&str>,
) -> Result<BTreeMap<&'a str, Chosen<'a>>, SeedError> {
    let unsatisfiable = |wanted: String, chain: Vec<String>| SeedError::Unsatisfiable {
        suite: suite.to_owned(),
        architecture: index.architecture.to_owned(),
        wanted,
        chain,
    };
    let mut chosen = BTreeMap::new();
    for (tier, names) in roots {
        let mut queue = VecDeque::new();
        for name in *names {
            let package = index
                .get(name)
                .ok_or_else(|| unsatisfiable((*name).to_owned(), vec!["the seed's roots".to_owned()]))?;
            if !chosen.contains_key(package.name) {
                chosen.insert(package.name, Chosen { tier: *tier, parent: None });
                queue.push_back(package);
            }
        }
        while let Some(package) = queue.pop_front() {
            for relation in index.relations(package)? {
                let Some(name) = pick(index, &relation, &chosen, assumed)
                    .map_err(|()| unsatisfiable(relation.to_string(), chain(&chosen, package.name)))?
                else {
                    continue;
                };
                chosen.insert(name, Chosen { tier: *tier, parent: Some(package.name) });
                queue.extend(index.get(name));
            }
        }
    }
    Ok(chosen)
}

/// The package to add for a relation; none if it is met already, an error if nothing does.
fn pick<'a>(
    index: &Index<'a>,
    relation: &Relation<'_>,
    chosen: &BTreeMap<&'a str, Chosen<'a>>,
    assumed: &BTreeSet<&str>,
) -> Result<Option<&'a str>, ()> {
    let there = |name: &str| chosen.contains_key(name) || assumed.contains(name);
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
fn chain<'a>(chosen: &BTreeMap<&'a str, Chosen<'a>>, name: &'a str) -> Vec<String> {
    let mut chain = vec![name.to_owned()];
    let mut at = name;
    while let Some(parent) = chosen.get(at).and_then(|why| why.parent) {
        chain.push(parent.to_owned());
        at = parent;
    }
    chain.reverse();
    chain
}
