//! The cargo workspace that a kernel is a package of, as its files beside the matrix say.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::PerTarget;
use crate::diag::{Problem, Wrong, quote};
use crate::families::bare_metal::cargo::{self, Locked, Package};
use crate::families::bare_metal::targets::BareTarget;
use crate::families::bare_metal::{config, target_file};
use crate::families::folder;
use crate::reader::{Reader, UserFiles};

/// A word of the table, and its place.
pub type Named = (String, Range<usize>);

const WORKSPACE: folder::Kind = folder::Kind {
    what: "the folder of a workspace",
    files: "a workspace's files",
    not_text: "a rendered tree holds text alone: make the file in a build script, take it with a package from git, or move it \
               out of the folder",
};
/// What files are called, and what their names end in.
pub const LINKER_SCRIPTS: (&str, &[&str]) = ("linker script", &[".ld", ".lds"]);
const TARGET_FILES: (&str, &[&str]) = ("target file", &[".json"]);

/// A workspace.
pub struct Workspace {
    /// Its folder beside the matrix, and the place in the matrix that names it.
    pub folder: String,
    span: Range<usize>,
    /// The texts of its files by their paths in it.
    pub files: BTreeMap<String, String>,
    /// The packages below its folder.
    packages: BTreeMap<String, Package>,
    /// The names of those that its `Cargo.lock` names.
    own: BTreeSet<String>,
}

impl Workspace {
    /// The workspace in a folder; nothing where it cannot be read, which is reported.
    pub fn read(reader: &mut Reader, (folder, span): Named, files: &dyn UserFiles) -> Option<Workspace> {
        let read = texts(&folder, files)
            .map_err(|wrong| vec![wrong])
            .and_then(|texts| cargo::packages(&texts).map(|packages| (texts, packages)));
        match read {
            Ok((files, packages)) => {
                let own = packages.keys().cloned().collect();
                Some(Workspace { folder, span, files, packages, own })
            }
            Err(wrong) => {
                wrong.into_iter().for_each(|wrong| reader.report(wrong.at(span.clone())));
                None
            }
        }
    }

    /// What its `Cargo.lock` says; nothing where that is wrong, which is reported.
    pub fn locked(&mut self, reader: &mut Reader) -> Option<Locked> {
        match cargo::locked(self.files.get("Cargo.lock"), &self.packages, &self.folder) {
            Ok(locked) => {
                self.own.clone_from(&locked.own);
                Some(locked)
            }
            Err(wrong) => {
                wrong.into_iter().for_each(|wrong| reader.report(wrong.at(self.span.clone())));
                None
            }
        }
    }

    /// Reports what is wrong with the files in which cargo, run in the folder of a package, would look for its configuration.
    pub fn refuse_configuration(&self, reader: &mut Reader, package: Option<&str>, place: &str, files: &dyn UserFiles) {
        // cargo can be run in the package's folder, too.
        let own = package.and_then(|package| self.packages.get(package)).map(|it| it.folder.as_str());
        let deepest = format!("{}/{}", self.folder, own.unwrap_or_default());
        for wrong in configuration(deepest.trim_end_matches('/'), place, files) {
            reader.report(wrong.at(self.span.clone()));
        }
    }

    /// The package of a name, if there is one and `Cargo.lock` names it; else that is reported.
    pub fn package(&self, reader: &mut Reader, (name, span): &Named) -> Option<&Package> {
        let Some(package) = self.packages.get(name) else {
            let what = format!("package below {} called", quote(&self.folder));
            reader.report(cargo::not_one_of(&what, name, self.packages.keys()).at(span.clone()));
            return None;
        };
        if !self.own.contains(name) {
            reader.report(self.not_locked(name, package).at(span.clone()));
        }
        Some(package)
    }

    /// The problem of a package that stands below the workspace, and that its `Cargo.lock` does not name.
    fn not_locked(&self, name: &str, package: &Package) -> Wrong {
        let place = format!("{}/{}", self.folder, package.folder);
        let place = place.trim_end_matches('/');
        let message = format!("{} is not locked by {}", quote(name), quote(&format!("{}/Cargo.lock", self.folder)));
        let hint = match self.files.contains_key(&format!("{}Cargo.lock", package.folder)) {
            true if !package.folder.is_empty() => {
                format!("{} is a workspace of its own: source = {place:?}", quote(place))
            }
            _ => {
                let place = quote(place);
                format!("is {place} among the `members` of the workspace? `cargo generate-lockfile` locks these")
            }
        };
        Wrong::new(message, hint)
    }
}

/// What is wrong with the files in which cargo would look for its configuration, if it ran in a folder beside the matrix.
fn configuration(folder: &str, place: &str, files: &dyn UserFiles) -> Vec<Wrong> {
    let problems = |path: String| match files.optional(&path) {
        Ok(None) => Vec::new(),
        Ok(Some(bytes)) => config::problems(&path, bytes, place),
        Err(wrong) => vec![wrong.cannot_read(&path)],
    };
    config::paths(folder).into_iter().flat_map(problems).collect()
}

/// The texts of a workspace's files; or what is wrong with it and what to do.
fn texts(folder: &str, files: &dyn UserFiles) -> Result<BTreeMap<String, String>, Wrong> {
    let texts = folder::texts(folder, files, &WORKSPACE, |_| true)?;
    if !texts.contains_key("Cargo.toml") {
        let hint = "it is the folder of the workspace, in which cargo is run";
        return Err(Wrong::new(format!("{} holds no Cargo.toml", quote(folder)), hint));
    }
    Ok(texts)
}

/// Target files that are there and fit their targets. Each has its own architecture, so none is for all targets.
pub fn read_target_files(
    reader: &mut Reader,
    files: PerTarget<Named>,
    workspace: &Workspace,
) -> BTreeMap<&'static str, String> {
    let files = match files {
        PerTarget::Each(files) => files,
        PerTarget::All((path, span)) => {
            let problem = Problem::at(span, "a target file takes the place of one target");
            reader.report(problem.hint(format!("name it: target-file = {{ x86_64-unknown-none = {path:?} }}")));
            return BTreeMap::new();
        }
    };
    let mut read = BTreeMap::new();
    for (name, (path, span)) in files {
        let Some(path) = found(reader, (path, span.clone()), TARGET_FILES, workspace) else { continue };
        let text = workspace.files.get(&path).map(String::as_str).unwrap_or_default();
        let wrong = BareTarget::parse(name).map(|target| target_file::problems(&path, text, target));
        for wrong in wrong.into_iter().flatten() {
            reader.report(wrong.at(span.clone()));
        }
        read.insert(name, path);
    }
    read
}

/// The path of a linker script or a target file, if it is there. Names of `what` end in one of `ends`.
pub fn found(
    reader: &mut Reader,
    (path, span): Named,
    (what, ends): (&str, &[&str]),
    workspace: &Workspace,
) -> Option<String> {
    let Workspace { folder, files, .. } = workspace;
    if files.contains_key(&path) {
        return Some(path);
    }
    let message = format!("there is no {what} {} in {}", quote(&path), quote(folder));
    let alike = files.keys().filter(|path| ends.iter().any(|end| path.ends_with(end)));
    let hint = match alike.map(String::as_str).take(10).collect::<Vec<_>>().as_slice() {
        [] => "paths are named from the workspace's folder".to_owned(),
        known => format!("paths are named from the workspace's folder; it has {}", known.join(", ")),
    };
    reader.report(Problem::at(span, message).hint(hint));
    None
}
