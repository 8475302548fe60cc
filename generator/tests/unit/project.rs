//! From the text of a matrix to what is rendered for it, all in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::catalogue::Release;
use crate::diag::Problem;
use crate::diag::{self, Wrong};
use crate::families::ALL;
use crate::families::musl_gcc::MuslTarget;
use crate::family::{CellOf, Family, Registered, TargetId, Values};
use crate::lock::Lock;
use crate::matrix::Matrix;
use crate::nix::hash::Sha256;
use crate::output::Tree;
use crate::plan::Plan;
use crate::platform::System;
use crate::reader::{Beside, NoFiles, UserFiles};
use crate::seed::SeedLock;
use crate::tree::tree;
use crate::verbatim::{Verbatim, place};

/// The repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Files beside a matrix.
pub struct Files(pub BTreeMap<String, Vec<u8>>);

impl Files {
    pub fn with(mut self, path: &str, text: &str) -> Files {
        self.0.insert(path.to_owned(), text.as_bytes().to_vec());
        self
    }

    pub fn without(mut self, path: &str) -> Files {
        self.0.remove(path);
        self
    }
}

impl UserFiles for Files {
    fn read_most(&self, path: &str, _: usize) -> Result<Vec<u8>, Wrong> {
        self.0.get(path).cloned().ok_or_else(|| Wrong::new("no such file", "write one"))
    }

    fn optional(&self, path: &str) -> Result<Option<Vec<u8>>, Wrong> {
        Ok(self.read(path).ok())
    }

    fn digest(&self, path: &str) -> Result<(Sha256, u64), Wrong> {
        self.read(path).map(|bytes| (Sha256::of(&bytes), bytes.len() as u64))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, Wrong> {
        let below = format!("{folder}/");
        // As on a disk. Other hidden names stay: tests see what becomes of names that no list should have.
        let is_seen = |path: &&str| path.split('/').all(|part| part != ".cargo");
        Ok(self.0.keys().filter_map(|path| path.strip_prefix(&below)).filter(is_seen).map(str::to_owned).collect())
    }
}

/// A matrix is refused with something to say, and with nothing that a terminal would obey.
pub fn refused(text: &str, problems: &[Problem]) {
    assert!(!problems.is_empty());
    let plain = diag::render("matrix.toml", text, problems, false);
    assert!(plain.contains("error: ") && plain.len() < 20_000, "{} bytes", plain.len());
    assert!(plain.chars().all(|c| c == '\n' || !c.is_control()), "{plain:?}");
}

/// Tests read matrices of crossloom's own families.
impl Matrix {
    /// Reads a matrix file that names no files.
    pub fn parse(text: &str) -> Result<Matrix, Vec<Problem>> {
        Matrix::parse_with(text, &NoFiles)
    }

    pub fn parse_with(text: &str, files: &dyn UserFiles) -> Result<Matrix, Vec<Problem>> {
        Matrix::parse_in(ALL, text, files, &Default::default())
    }
}

/// Files that it names stand in the repository.
pub fn matrix(text: &str) -> Matrix {
    Matrix::parse_with(text, &Beside(&repository()))
        .unwrap_or_else(|problems| panic!("{text}\n{}", diag::render("matrix.toml", text, &problems, false)))
}

/// The lock that `crossloom lock` makes where there is none.
pub fn lock(matrix: &Matrix) -> Lock {
    Lock::resolve(&matrix.wanted(), &matrix.prefer, None, &BTreeSet::new()).unwrap()
}

pub fn planned(matrix: &Matrix) -> Plan {
    matrix.plan(&lock(matrix)).unwrap()
}

/// crossloom's own seed locks for the matrix.
pub fn seeds(matrix: &Matrix) -> BTreeMap<System, SeedLock> {
    let linux = matrix.systems.iter().copied().filter(|system| system.is_linux());
    linux.map(|system| (system, SeedLock::built_in(matrix.seed, system).unwrap())).collect()
}

pub fn rendered(matrix: &Matrix) -> Tree {
    tree(&planned(matrix), &seeds(matrix), true).unwrap()
}

/// The cells of one family.
pub fn cells<F: Family>(matrix: &Matrix) -> &[CellOf<F>] {
    matrix.cells.iter().find_map(|cells| cells.of::<F>()).unwrap_or_default()
}

/// A list as it stands in a matrix.
pub fn list<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> String {
    let words: Vec<_> = words.into_iter().map(|word| format!("{:?}", word.as_ref())).collect();
    format!("[{}]", words.join(", "))
}

/// Every target on every Linux build system, with two lines of GCC and two versions of musl.
pub fn wide() -> Matrix {
    let targets = list(MuslTarget::all().iter().map(|target| target.triple()));
    matrix(&format!(
        "crossloom = 1\n[build]\nsystems = [\"x86_64-linux\", \"aarch64-linux\"]\n[musl-gcc]\ntargets = {targets}\n\
         gcc = [\"14.2.0\", \"15.3.0\"]\nmusl = [\"1.2.5\", \"1.2.6\"]\n"
    ))
}

/// The plans of all examples.
pub fn example_plans() -> Vec<Plan> {
    let folders = std::fs::read_dir(repository().join("examples")).unwrap().map(|entry| entry.unwrap().path());
    let plan = |folder: PathBuf| {
        let text = std::fs::read_to_string(folder.join("matrix.toml")).unwrap();
        planned(&Matrix::parse_with(&text, &Beside(&folder)).unwrap())
    };
    folders.map(plan).collect()
}

/// The places of the Nix files that stand in families' folders, but for the checks and the parts of others.
fn called() -> &'static [&'static str] {
    static CALLED: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let files = Verbatim::embedded();
        let is_of_a_family = |path: &&str| {
            let place = path.split_once('/').filter(|(_, name)| name.ends_with(".nix") && !name.contains('/'));
            // Recipes for sources of the user's are nobody's.
            let is_known = |folder| folder == "source" || ALL.iter().any(|family| family.about().key == folder);
            place.is_some_and(|(folder, _)| is_known(folder))
        };
        let all: Vec<&str> = files.paths().filter(is_of_a_family).collect();
        let mut others: BTreeSet<&str> = checks().collect();
        // A file may be both a recipe and a part of another.
        let planned: BTreeSet<String> = example_plans()
            .iter()
            .flat_map(|plan| plan.systems.values())
            .flat_map(|system| &system.nodes)
            .map(|node| place(node.recipe))
            .collect();
        for path in &all {
            let needed = files.needed(&BTreeSet::from([(*path).to_owned()])).unwrap();
            others.extend(needed.into_keys().filter(|needed| needed != path && !planned.contains(*needed)));
        }
        all.into_iter().filter(|path| !others.contains(path)).collect()
    });
    &CALLED
}

fn checks() -> impl Iterator<Item = &'static str> {
    ALL.iter().flat_map(|family| family.about().checks).copied()
}

/// The places of the recipes of development shells.
pub fn shells() -> impl Iterator<Item = &'static str> {
    called().iter().copied().filter(|path| path.ends_with("shell.nix"))
}

/// The places of the recipes that nodes are calls of.
pub fn recipes() -> impl Iterator<Item = &'static str> {
    called().iter().copied().filter(|path| !path.ends_with("shell.nix"))
}

/// For each family that a matrix does not name, its table with the target that most of `systems` build; without a table
/// where none builds for any.
pub fn other_families(matrix: &str, systems: &[System]) -> String {
    let is_named = |family: &&&dyn Registered| matrix.contains(&format!("[{}]", family.about().key));
    let table = |family: &&dyn Registered| {
        let names = family.targets();
        let ids = names.iter().enumerate().map(|(index, name)| TargetId { index, name });
        let lacking = |id: &TargetId| {
            let lacks = |system: &&System| family.cannot_build(*id, **system).is_some();
            systems.iter().filter(lacks).collect::<Vec<_>>()
        };
        let target = ids.min_by_key(|id| lacking(id).len()).filter(|id| lacking(id).len() < systems.len())?;
        let versions = family.axes().iter().filter_map(|axis| match axis.values {
            Values::Releases(package) => {
                Some(format!("{} = {}\n", axis.key, list(package.releases().iter().map(Release::version))))
            }
            _ => None,
        });
        let versions: String = versions.collect();
        let excluded = lacking(&target)
            .into_iter()
            .map(|system| format!("{{ target = \"{}\", system = \"{system}\" }}", target.name));
        let exclude = match excluded.collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => none,
            some => format!("exclude = [{some}]\n"),
        };
        Some(format!("[{}]\ntargets = [\"{}\"]\n{versions}{exclude}", family.about().key, target.name))
    };
    ALL.iter().filter(|family| !is_named(family)).filter_map(table).collect()
}

/// Files that say nothing and take any argument in the place of every recipe and check: for what is rendered around them.
pub fn stand_ins() -> Verbatim {
    let paths = recipes().chain(checks());
    paths.fold(Verbatim::embedded().clone(), |files, path| files.with(path, "{ ... }: { }\n"))
}
