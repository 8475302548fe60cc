//! The rendered folder beside a matrix: what belongs there, whether it is what the plan gives, and what an older
//! crossloom left there.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{Project, ProjectError, folder_of, read, text};
use crate::input::{self, Entry, Folder, Kind, Walk};
use crate::output::{self, FOLDER, MARKER, RENDERED, Tree};
use crate::plan::Plan;
use crate::platform::System;
use crate::render::header::{HEADER, header_of, matrix_of};
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

/// The folder in which links to what is fetched for a seed's lock are kept: the lock's own, but a project's where the lock
/// is in the folder that is rendered there. Nothing that is not rendered may stand in that one.
pub fn keeps_links_of(lock: &Path) -> PathBuf {
    let folder = folder_of(lock);
    let is_called = |path: &Path, name: &str| path.file_name().is_some_and(|found| found == name);
    match folder.parent() {
        Some(above) if is_called(folder, "seed") && is_called(above, FOLDER) => folder_of(above).to_owned(),
        _ => folder.to_owned(),
    }
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

    /// The plan of matrix and lock, and the tree that it gives, with a `flake.nix` or without.
    ///
    /// # Errors
    /// [`ProjectError::OtherMatrix`] where another matrix's tree is there already.
    pub fn tree(&self, flake: bool) -> Result<(Plan, Tree), ProjectError> {
        self.folder_is_ours()?;
        let plan = self.plan()?;
        let tree = self.named(tree::tree(&plan, &self.seeds()?, flake)?);
        Ok((plan, tree))
    }

    /// Sees that nothing in the rendered folder was rendered from another matrix.
    fn folder_is_ours(&self) -> Result<(), ProjectError> {
        let folder = self.dir.join(FOLDER);
        // Other problems of a folder without this file show when it is compared or written.
        let Ok(bytes) = input::bytes(&folder.join("default.nix"), input::NIX) else { return Ok(()) };
        match matrix_of(&String::from_utf8_lossy(&bytes)) {
            Some(found) if found != self.name => {
                let (folder, found) = (folder.display().to_string(), found.to_owned());
                Err(ProjectError::OtherMatrix { folder, found, name: self.name.clone() })
            }
            _ => Ok(()),
        }
    }

    /// The same tree with this matrix's name in every header.
    fn named(&self, mut tree: Tree) -> Tree {
        let header = header_of(&self.name);
        for file in tree.values_mut() {
            if let Some(rest) = file.text.strip_prefix(HEADER) {
                file.text = format!("{header}{rest}");
            }
        }
        tree
    }

    /// Sees that the rendered folder is what the plan and this crossloom give. With `allow_edited` the files that are
    /// taken over as they are, and files that the folder should not have, may differ, and their paths are returned. Those
    /// that are rendered may not even then: they would no longer be what the plan says.
    ///
    /// # Errors
    /// [`ProjectError::NotGenerated`] where there is no folder, [`ProjectError::Outdated`] for files that are rendered, and
    /// [`ProjectError::Edited`] for the others.
    pub fn current(&self, plan: &Plan, allow_edited: bool) -> Result<Vec<String>, ProjectError> {
        self.index()?;
        self.folder_is_ours()?;
        let mut tree = self.named(tree::tree(plan, &self.seeds()?, false)?);
        let (verbatim, folder) = (Verbatim::embedded(), format!("{FOLDER}/"));
        // Files of services do not count: nothing is built from them.
        tree.retain(|path, _| path.starts_with(&folder));
        let rendered = |path: &str| {
            let own = path.strip_prefix(&folder).is_some_and(|path| verbatim.holds(path));
            tree.contains_key(path) && !own
        };
        let shown = |path: &str| self.dir.join(path).display().to_string();
        let mut edited = Vec::new();
        for difference in output::check(&self.dir, &tree)? {
            let path = difference.path();
            if rendered(path) {
                return Err(ProjectError::Outdated { path: shown(path) });
            }
            // One file may differ in both its text and its executable bit.
            if path.starts_with(&folder) && edited.last() != Some(&shown(path)) {
                edited.push(shown(path));
            }
        }
        match edited.first() {
            Some(first) if !allow_edited => {
                Err(ProjectError::Edited { path: first.clone(), more: edited.len().saturating_sub(1) })
            }
            _ => Ok(edited),
        }
    }

    /// The files in the folders of the rendered tree, if crossloom rendered one here.
    pub fn rendered(&self) -> Result<Option<Files>, ProjectError> {
        let folder = self.dir.join(FOLDER);
        if !read(&folder.join("default.nix"), RENDERED)?.is_some_and(|text| text.starts_with(MARKER)) {
            return Ok(None);
        }
        files_below(&folder).map(Some)
    }

    /// Everything that is built from the matrix, with the recipes and the seed of `files` where those hold them, else with this
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
    let failed = |path: &Path, source| ProjectError::Read { path: path.display().to_string(), source };
    let (mut files, mut bytes) = (Files::new(), 0usize);
    let mut walk = Folder::open(folder).and_then(Walk::through).map_err(|error| failed(folder, error))?;
    while let Some((name, path)) = walk.next() {
        let shown = || path.display().to_string();
        match walk.entry(&name).map_err(|error| failed(&path, error))? {
            Entry::Folder(folder) => walk.enter(folder).map_err(|error| failed(&path, error))?,
            Entry::Link(_) | Entry::Special(_) => return Err(ProjectError::Special { path: shown() }),
            Entry::File(..) if path.parent() == Some(folder) => {}
            Entry::File(file, _) => {
                let name = path.strip_prefix(folder).ok().and_then(Path::to_str);
                let name = name.ok_or_else(|| ProjectError::Name { path: shown() })?.to_owned();
                let kind = Kind { most: LIMIT.saturating_sub(bytes), ..RENDERED };
                let text = match kind.bytes(file) {
                    Err(error) if error.kind() == ErrorKind::FileTooLarge => {
                        return Err(ProjectError::Large { path: folder.display().to_string() });
                    }
                    read => text(&path, read)?.unwrap_or_default(),
                };
                bytes = bytes.saturating_add(text.len());
                files.insert(name, text);
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_not_kept_in_what_is_rendered() {
        for (lock, folder) in [
            ("seeds/bookworm-x86_64-linux.json", "seeds"),
            ("lock.json", "."),
            ("seed/lock.json", "seed"),
            ("crossloom/seed/bookworm-x86_64-linux.json", "."),
            ("../mine/crossloom/seed/bookworm-x86_64-linux.json", "../mine"),
        ] {
            assert_eq!(keeps_links_of(Path::new(lock)), Path::new(folder), "{lock}");
        }
    }
}
