//! A matrix and what stands beside it, on disk.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use super::{Outcome, Result};
use crate::families::{self, Import};
use crate::lock::{Lock, LockError};
use crate::matrix::{Beside, Matrix, first_matrix};
use crate::output;
use crate::plan::{self, Plan};
use crate::platform::{Suite, System};
use crate::seed::SeedLock;
use crate::verbatim::Verbatim;
use crate::{diag, flake_lock, tree};

/// A matrix that was read without a problem.
pub struct Project {
    /// Where the matrix is, and everything else goes.
    pub dir: PathBuf,
    pub matrix: Matrix,
}

/// What is wrong on disk.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    #[error("cannot read {path}")]
    Read {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("there is no {path}\nhint: run `crossloom init`, or name the matrix with --matrix FILE")]
    NoMatrix { path: String },
    #[error("{path} is not UTF-8 text")]
    Encoding { path: String },
    #[error("{path} has {count} problem{}", if *count == 1 { "" } else { "s" })]
    Matrix { path: String, count: usize },
    #[error("there is no {path}\nhint: run `crossloom lock`")]
    NoLock { path: String },
    #[error("{path}\nhint: correct it, or move it away and run `crossloom lock`")]
    Lock {
        path: String,
        #[source]
        source: LockError,
    },
    #[error("{path} is stale\nhint: run `crossloom lock`")]
    Stale {
        path: String,
        #[source]
        source: LockError,
    },
    #[error("{path}\nhint: correct it, or move it away and run `crossloom lock`")]
    FlakeLock {
        path: String,
        #[source]
        source: flake_lock::FlakeLockError,
    },
    #[error(
        "{path} is a lock of {} for {}, not the one that its name says\nhint: run `crossloom seed lock`, or move it away",
        found.0, found.1
    )]
    Seed { path: String, found: (Suite, System) },
    #[error("{path} is there already\nhint: name another with --matrix FILE")]
    Exists { path: String },
    #[error("there is no {path}\nhint: run `crossloom generate`")]
    NotGenerated { path: String },
    #[error("{path} is not what matrix and lock give\nhint: run `crossloom generate`")]
    Outdated { path: String },
}

/// Writes a first matrix.
pub fn init(path: &Path, family: Option<&str>) -> Result<Outcome> {
    if path.symlink_metadata().is_ok() {
        return Err(ProjectError::Exists { path: path.display().to_string() }.into());
    }
    let named = family.and_then(|key| families::find(families::ALL, key));
    if let Some(family) = named.or(families::ALL.first().copied()) {
        output::write_file(path, &first_matrix(family))?;
    }
    tracing::info!("{} written; next: crossloom lock && crossloom generate", path.display());
    Ok(Outcome::Fine)
}

/// A file's text, or nothing when there is no such file.
pub fn read(path: &Path) -> std::result::Result<Option<String>, ProjectError> {
    let name = || path.display().to_string();
    match std::fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| ProjectError::Encoding { path: name() }),
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ProjectError::Read { path: name(), source }),
    }
}

/// A folder stands for the matrix in it.
pub fn matrix_in(path: &Path) -> PathBuf {
    if path.is_dir() { path.join("matrix.toml") } else { path.to_owned() }
}

impl Project {
    /// Reads a matrix. Its problems are printed, all at once, before this returns.
    pub fn open(path: &Path) -> Result<Project> {
        let path = &matrix_in(path);
        let name = path.display().to_string();
        let text = read(path)?.ok_or_else(|| ProjectError::NoMatrix { path: name.clone() })?;
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
        let matrix = Matrix::parse_with(&text, &Beside(&dir)).map_err(|problems| {
            let colour = std::io::stderr().is_terminal();
            anstream::eprintln!("{}\n", diag::render(&name, &text, &problems, colour).trim_end());
            ProjectError::Matrix { path: name.clone(), count: problems.len() }
        })?;
        Ok(Project { dir, matrix })
    }

    /// Where its lock is.
    pub fn lock_path(&self) -> PathBuf {
        self.dir.join("matrix.lock")
    }

    fn read_lock(&self) -> Result<Option<Lock>> {
        let path = self.lock_path();
        let Some(text) = read(&path)? else { return Ok(None) };
        let lock = Lock::parse(&text);
        Ok(Some(lock.map_err(|source| ProjectError::Lock { path: path.display().to_string(), source })?))
    }

    /// The lock, which has to be there.
    pub fn existing_lock(&self) -> Result<Lock> {
        let missing = || ProjectError::NoLock { path: self.lock_path().display().to_string() };
        Ok(self.read_lock()?.ok_or_else(missing)?)
    }

    /// Plans the matrix from its lock.
    pub fn plan(&self) -> Result<Plan> {
        let path = self.lock_path().display().to_string();
        let lock = self.existing_lock()?;
        Ok(plan::plan(&self.matrix, &lock).map_err(|source| ProjectError::Stale { path, source })?)
    }

    /// The seed lock of every Linux build system: the one in `seeds/` beside the matrix, else crossloom's own.
    pub fn seeds(&self) -> Result<BTreeMap<System, SeedLock>> {
        let suite = self.matrix.seed;
        let mut seeds = BTreeMap::new();
        for system in self.matrix.systems.iter().copied().filter(|system| system.is_linux()) {
            let path = self.dir.join("seeds").join(format!("{suite}-{system}.json"));
            let seed = match read(&path)? {
                Some(text) => {
                    let path = path.display().to_string();
                    let seed = SeedLock::parse(&text, &path)?;
                    if (seed.suite, seed.system) != (suite.into(), system) {
                        return Err(ProjectError::Seed { path, found: (seed.suite, seed.system) }.into());
                    }
                    seed
                }
                None => SeedLock::built_in(suite, system)?,
            };
            seeds.insert(system, seed);
        }
        Ok(seeds)
    }

    /// Writes or checks `matrix.lock` and `flake.lock`.
    pub fn lock(&self, update: &[String], check: bool) -> Result<Outcome> {
        let path = self.lock_path();
        let update: BTreeSet<String> = update.iter().cloned().collect();
        let old = self.read_lock()?;
        let wanted = plan::wanted(&self.matrix);
        let lock = Lock::resolve(&wanted, &self.matrix.prefer, old.as_ref(), &update)?;
        let declared = |name: &String| self.matrix.imports.get(name) == Some(&Import::Needed);
        for name in lock.sdks.keys().filter(|name| !declared(name)) {
            tracing::info!("sdk {name} stays in {}, though the matrix has no such SDK of your own", path.display());
        }
        let flake_path = self.dir.join("flake.lock");
        let flake = flake_lock::with_nixpkgs(read(&flake_path)?.as_deref(), update.contains("nixpkgs"))
            .map_err(|source| ProjectError::FlakeLock { path: flake_path.display().to_string(), source })?;
        let mut stale = Vec::new();
        for (path, text) in [(path, lock.to_text()), (flake_path, flake)] {
            if read(&path)?.as_ref() != Some(&text) {
                stale.push((path, text));
            }
        }
        if !check {
            output::write_files(&stale)?;
        }
        for (path, _) in &stale {
            match check {
                true => tracing::error!("{} is stale; run `crossloom lock`", path.display()),
                false => tracing::info!("{} written", path.display()),
            }
        }
        Ok(if check && !stale.is_empty() { Outcome::Found } else { Outcome::Fine })
    }

    /// The nixpkgs that build systems without a seed build from, as `flake.lock` pins it.
    pub fn nixpkgs(&self) -> Result<Option<String>> {
        let path = self.dir.join("flake.lock");
        let Some(text) = read(&path)? else { return Ok(None) };
        let pinned = flake_lock::pinned_nixpkgs(&text);
        Ok(pinned.map_err(|source| ProjectError::FlakeLock { path: path.display().to_string(), source })?)
    }

    /// The rendered index, which has to be there.
    pub fn index(&self) -> Result<PathBuf> {
        let index = self.dir.join(output::FOLDER).join("default.nix");
        if !index.is_file() {
            return Err(ProjectError::NotGenerated { path: index.display().to_string() }.into());
        }
        Ok(index)
    }

    /// Sees that what is rendered is what the plan gives.
    pub fn current(&self, plan: &Plan) -> Result<()> {
        match self.outdated(plan)? {
            Some(path) => Err(ProjectError::Outdated { path: self.dir.join(path).display().to_string() }.into()),
            None => Ok(()),
        }
    }

    /// A rendered file that is not what the plan gives, if there is one. Files that are taken over as they are do not
    /// count: they say nothing of the matrix and its lock.
    fn outdated(&self, plan: &Plan) -> Result<Option<String>> {
        let mut tree = tree::tree(plan, &self.seeds()?, false)?;
        let (verbatim, folder) = (Verbatim::embedded(), format!("{}/", output::FOLDER));
        // Nor do files of services: nothing is built from them.
        tree.retain(|path, _| path.strip_prefix(&folder).is_some_and(|path| !verbatim.holds(path)));
        let differences = output::check(&self.dir, &tree)?;
        Ok(differences.iter().map(output::Difference::path).find(|path| tree.contains_key(*path)).map(str::to_owned))
    }

    /// Writes or checks the rendered tree.
    pub fn generate(&self, check: bool, flake: bool) -> Result<Outcome> {
        let tree = tree::tree(&self.plan()?, &self.seeds()?, flake)?;
        if !check {
            let report = output::write(&self.dir, &tree)?;
            let (written, unchanged) = (report.written.len(), report.unchanged.len());
            tracing::info!("{written} files written, {unchanged} unchanged, {} removed", report.removed.len());
            return Ok(Outcome::Fine);
        }
        let differences = output::check(&self.dir, &tree)?;
        for difference in &differences {
            super::say(&format!("{}\n", difference.render(std::io::stdout().is_terminal())))?;
        }
        if differences.is_empty() {
            return Ok(Outcome::Fine);
        }
        let count = differences.len();
        let differ = if count == 1 { "file differs" } else { "files differ" };
        tracing::error!("{count} {differ}; run `crossloom generate`");
        Ok(Outcome::Found)
    }
}
