//! From a matrix and its lock to a plan: each family plans its cells, for one build system after the other.

use std::collections::{BTreeMap, BTreeSet};

use super::Matrix;
use crate::family::Import;
use crate::lock::{Lock, LockError, Wanted, sdk_source_name};
use crate::plan::{Plan, Planner, Prepared, SystemPlan};
use crate::platform::System;

impl Matrix {
    /// The releases that it builds from, by their names in the lock.
    pub fn wanted(&self) -> BTreeMap<String, Wanted> {
        let all = self.cells.iter().flat_map(|cells| cells.wanted());
        all.map(|wanted| (wanted.name(), wanted)).collect()
    }

    /// Plans it from the sources that `lock` holds.
    ///
    /// # Errors
    /// [`LockError::Stale`] when the lock lacks a source or has another variant of it than the matrix prefers,
    /// [`LockError::NotCatalogue`] when a source has another hash than
    /// the catalogue and is not marked as the user's own. An SDK that it lacks makes cells without a node instead.
    pub fn plan(&self, lock: &Lock) -> Result<Plan, LockError> {
        for (package, words) in &self.versions {
            for (word, version) in words {
                if lock.versions.get(package).and_then(|words| words.get(word)) != Some(version) {
                    return Err(LockError::Stale { missing: format!("a release for {package} {word:?}") });
                }
            }
        }
        let wanted = self.wanted();
        let prepared: BTreeMap<_, _> =
            wanted.iter().filter_map(|(name, wanted)| Some((name.clone(), Prepared::of(wanted)?))).collect();
        let plan = |system: &System| {
            let mut planner = Planner::new(*system, lock, self.seed, &prepared);
            self.cells.iter().for_each(|cells| cells.plan(&mut planner));
            (*system, planner.finish())
        };
        let systems: BTreeMap<_, _> = self.systems.iter().map(plan).collect();
        let named: BTreeSet<&String> = systems.values().flat_map(SystemPlan::sources).collect();
        let (mut sources, mut differing, mut stale) = (BTreeMap::new(), Vec::new(), None);
        for (name, wanted) in wanted {
            let source = lock.source(&name)?;
            wanted.of_its_source(source)?;
            stale = stale.or(wanted.preferred(source, &self.prefer).err());
            differing.extend(wanted.differing(source));
            if wanted.hash().is_some_and(|hash| hash != source.hash) {
                return Err(LockError::OtherHash { name });
            }
            // A source of cells whose SDK is missing, and of no others, is not fetched yet.
            if named.contains(&name) {
                sources.insert(name, source.clone());
            }
        }
        if !differing.is_empty() {
            return Err(LockError::NotCatalogue { differing });
        }
        if let Some(stale) = stale {
            return Err(stale);
        }
        let imports = self.imports.iter().filter(|(_, import)| **import == Import::Needed);
        let locked = imports.filter_map(|(name, _)| Some((sdk_source_name(name), lock.sdks.get(name)?.clone())));
        let sdks = locked.filter(|(name, _)| named.contains(name)).collect();
        let patches = prepared.into_values().flat_map(|prepared| prepared.patches);
        let files = self.cells.iter().flat_map(|cells| cells.files()).chain(patches).collect();
        let debian_snapshot = lock.debian_snapshot.clone();
        Ok(Plan { seed: self.seed, ci: self.ci.clone(), systems, sources, sdks, debian_snapshot, files })
    }
}
