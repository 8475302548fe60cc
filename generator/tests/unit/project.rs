//! From the text of a matrix to what is rendered for it, all in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::diag;
use crate::diag::Problem;
use crate::families::ALL;
use crate::families::musl_gcc::MuslTarget;
use crate::family::{CellOf, Family};
use crate::lock::Lock;
use crate::matrix::Matrix;
use crate::output::Tree;
use crate::plan::Plan;
use crate::platform::System;
use crate::reader::{Beside, NoFiles, UserFiles};
use crate::seed::SeedLock;
use crate::tree::tree;
use crate::verbatim::Verbatim;

/// The repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Tests read matrices of crossloom's own families.
impl Matrix {
    /// Reads a matrix file that names no files.
    pub fn parse(text: &str) -> Result<Matrix, Vec<Problem>> {
        Matrix::parse_with(text, &NoFiles)
    }

    pub fn parse_with(text: &str, files: &dyn UserFiles) -> Result<Matrix, Vec<Problem>> {
        Matrix::parse_in(ALL, text, files)
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

/// The places of the recipes of development shells.
pub const SHELLS: [&str; 3] = ["darwin/darwin-shell.nix", "linux/linux-shell.nix", "musl-gcc/shell.nix"];

/// The places of the recipes that nodes are calls of.
pub fn recipes() -> impl Iterator<Item = &'static str> {
    const CHECKS: [&str; 8] = [
        "boot-linux",
        "darwin-programs",
        "emulated",
        "kernel-case-insensitive",
        "kernel-host-tools-darwin",
        "programs",
        "seed-musl",
        "structure",
    ];
    const OTHERS: [&str; 3] = ["gcc-archive", "host-darwin", "host-linux"];
    let of_a_family = |path: &&str| ALL.iter().any(|family| path.starts_with(&format!("{}/", family.about().key)));
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().strip_suffix(".nix").map(str::to_owned);
    let recipe = move |path: &&str| {
        let name = name(path).filter(|name| !name.ends_with("shell"));
        name.is_some_and(|name| !CHECKS.contains(&name.as_str()) && !OTHERS.contains(&name.as_str()))
    };
    Verbatim::embedded().paths().filter(of_a_family).filter(recipe)
}

/// Files that say nothing and take any argument in the place of every recipe and check: for what is rendered around them.
pub fn stand_ins() -> Verbatim {
    let checks = ["valgrind-darwin/structure", "valgrind-darwin/emulated", "darwin/darwin-programs"];
    let paths = recipes().map(str::to_owned).chain(checks.map(|check| format!("{check}.nix")));
    paths.fold(Verbatim::embedded().clone(), |files, path| files.with(&path, "{ ... }: { }\n"))
}
