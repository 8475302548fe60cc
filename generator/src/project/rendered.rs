//! The rendered folder beside a matrix: what belongs there, whether it is what the plan gives, and what an older
//! crossloom left there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Project, ProjectError, read};
use crate::output::{self, FOLDER, MARKER, Tree};
use crate::plan::Plan;
use crate::platform::System;
use crate::seed::SeedLock;
use crate::tree;
use crate::verbatim::Verbatim;

/// No rendered folder is larger, in bytes: those of today have less than one megabyte.
const LIMIT: usize = 64 << 20;

/// Recipes, what they refer to, and seed locks, by their paths in a rendered folder.
pub type Files = BTreeMap<String, String>;

/// Everything that decides what is built from a matrix.
#[derive(Debug)]
pub struct Snapshot {
    pub plan: Plan,
    pub seeds: BTreeMap<System, SeedLock>,
    pub nixpkgs: Option<String>,
    pub files: Verbatim,
}

impl Project {
    /// The rendered index, which has to be there.
    pub fn index(&self) -> Result<PathBuf, ProjectError> {
        let index = self.dir.join(FOLDER).join("default.nix");
        if !index.is_file() {
            return Err(ProjectError::NotGenerated { path: index.display().to_string() });
        }
        Ok(index)
    }

    /// The tree that matrix and lock give, with a `flake.nix` or without.
    pub fn tree(&self, flake: bool) -> Result<Tree, ProjectError> {
        Ok(tree::tree(&self.plan()?, &self.seeds()?, flake)?)
    }

    /// Sees that the rendered folder is what the plan gives.
    pub fn current(&self, plan: &Plan) -> Result<(), ProjectError> {
        match self.outdated(plan)? {
            Some(path) => Err(ProjectError::Outdated { path: self.dir.join(path).display().to_string() }),
            None => Ok(()),
        }
    }

    /// A rendered file that is not what the plan gives, if there is one. Files that are taken over as they are do not
    /// count: they say nothing of the matrix and its lock.
    fn outdated(&self, plan: &Plan) -> Result<Option<String>, ProjectError> {
        let mut tree = tree::tree(plan, &self.seeds()?, false)?;
        let (verbatim, folder) = (Verbatim::embedded(), format!("{FOLDER}/"));
        // Nor do files of services: nothing is built from them.
        tree.retain(|path, _| path.strip_prefix(&folder).is_some_and(|path| !verbatim.holds(path)));
        let differences = output::check(&self.dir, &tree)?;
        Ok(differences.iter().map(output::Difference::path).find(|path| tree.contains_key(*path)).map(str::to_owned))
    }

    /// The files in the folders of the rendered tree, if crossloom rendered one here.
    pub fn rendered(&self) -> Result<Option<Files>, ProjectError> {
        let folder = self.dir.join(FOLDER);
        if !read(&folder.join("default.nix"))?.is_some_and(|text| text.starts_with(MARKER)) {
            return Ok(None);
        }
        files_below(&folder).map(Some)
    }

    /// What is built from the matrix, with the recipes and the seed of `files` where those hold them, else with this
    /// program's.
    pub fn snapshot(&self, files: Files) -> Result<Snapshot, ProjectError> {
        let mut seeds = self.seeds()?;
        for (system, seed) in &mut seeds {
            let rendered = format!("seed/{}-{system}.json", seed.suite);
            // The user's own lock in seeds/ was taken already.
            if !self.seed_path(seed.suite, *system).is_file()
                && let Some(text) = files.get(&rendered)
            {
                *seed = SeedLock::parse(text, &self.dir.join(FOLDER).join(rendered).display().to_string())?;
            }
        }
        // A plan may name a recipe that was not rendered yet: it would be this program's.
        let files = files.into_iter().filter(|(path, _)| !is_lock(path));
        let files = files.fold(Verbatim::embedded().clone(), |all, (path, text)| all.with(&path, &text));
        Ok(Snapshot { plan: self.plan()?, seeds, nixpkgs: self.nixpkgs()?, files })
    }
}

fn is_lock(path: &str) -> bool {
    path.starts_with("seed/") && path.ends_with(".json")
}

/// The texts in the folders below `folder`; files of `folder` itself are rendered and not taken over.
fn files_below(folder: &Path) -> Result<Files, ProjectError> {
    let (mut files, mut bytes) = (Files::new(), 0usize);
    let mut left = vec![String::new()];
    while let Some(below) = left.pop() {
        let path = folder.join(&below);
        let failed = |source| ProjectError::Read { path: path.display().to_string(), source };
        for entry in std::fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let shown = entry.path().display().to_string();
            let name = entry.file_name().into_string().map_err(|_| ProjectError::Name { path: shown.clone() })?;
            let name = if below.is_empty() { name } else { format!("{below}/{name}") };
            let metadata = entry.metadata().map_err(failed)?;
            if metadata.is_dir() {
                left.push(name);
            } else if !metadata.is_file() {
                return Err(ProjectError::Special { path: shown });
            } else if !below.is_empty() {
                bytes = bytes.saturating_add(usize::try_from(metadata.len()).unwrap_or(usize::MAX));
                if bytes > LIMIT {
                    return Err(ProjectError::Large { path: folder.display().to_string() });
                }
                files.extend(read(&entry.path())?.map(|text| (name, text)));
            }
        }
    }
    Ok(files)
}
