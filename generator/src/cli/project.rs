//! `crossloom init`, `check`, `lock` and `generate`: a matrix and what stands beside it.

use std::io::IsTerminal;
use std::path::Path;

use clap::Args;

use super::{MatrixArgs, Outcome, Result};
use crate::families;
use crate::family::find;
use crate::output::Guard;
use crate::plan::Plan;
use crate::project::{self, Project, ProjectError};
use crate::{diag, output};

/// Reads a matrix. Its problems are printed, all at once, before this returns.
pub fn open(path: &Path) -> Result<Project> {
    Ok(Project::open(path).inspect_err(print_problems)?)
}

/// As [`open`], of a matrix to compare with.
pub fn open_named(path: &Path) -> Result<Project> {
    Ok(Project::open_named(path).inspect_err(print_problems)?)
}

fn print_problems(error: &ProjectError) {
    if let ProjectError::Matrix { path, text, problems } = error {
        let colour = std::io::stderr().is_terminal();
        anstream::eprintln!("{}\n", diag::render(path, text, problems, colour).trim_end());
    }
}

/// Writes a first matrix.
pub fn init(path: &Path, family: Option<&str>) -> Result<Outcome> {
    // Only names of families get here: the command line knows no others.
    let named = family.and_then(|key| find(families::ALL, key));
    project::init(path, named.unwrap_or(families::DEFAULT))?;
    tracing::info!("{} written; next: crossloom lock && crossloom generate", path.display());
    Ok(Outcome::Fine)
}

/// Whether commands that build accept a rendered folder that was edited.
#[derive(Debug, Args)]
pub struct EditedArgs {
    /// Accept recipes and other files in the folder crossloom/ that were changed by hand, which is an error otherwise.
    #[arg(long)]
    allow_edited: bool,
}

impl EditedArgs {
    /// Sees that the rendered folder is what the plan gives, and says which files are not where that is allowed.
    pub fn current(&self, project: &Project, plan: &Plan) -> Result<()> {
        let edited = project.current(plan, self.allow_edited)?;
        if !edited.is_empty() {
            tracing::warn!("not what crossloom renders, and used all the same: {}", edited.join(", "));
        }
        Ok(())
    }
}

/// Reads matrix and locks.
pub fn check(args: &MatrixArgs) -> Result<Outcome> {
    let project = open(&args.matrix)?;
    project.plan()?;
    project.seeds()?;
    project.check_flake_lock()?;
    tracing::info!("{}: {} cells", args.matrix.display(), project.matrix.count());
    Ok(Outcome::Fine)
}

/// Writes or checks `matrix.lock` and `flake.lock`.
pub fn lock(args: &MatrixArgs, update: &[String], check: bool) -> Result<Outcome> {
    let project = open(&args.matrix)?;
    // What is written rests on what was read: nobody else may write in between.
    let _project = (!check).then(|| Guard::take(&project.dir)).transpose()?;
    let locks = match project.locks(update) {
        Err(error @ ProjectError::LockHash { .. }) if check => {
            super::report(&error);
            return Ok(Outcome::Found);
        }
        locks => locks?,
    };
    for name in &locks.undeclared {
        let path = project.lock_path();
        tracing::info!("sdk {name} stays in {}, though the matrix has no such SDK of your own", path.display());
    }
    if !check {
        output::write_files(&locks.stale)?;
    }
    for (path, _) in &locks.stale {
        match check {
            true => tracing::error!("{} is stale; run `crossloom lock`", path.display()),
            false => tracing::info!("{} written", path.display()),
        }
    }
    Ok(if check && !locks.stale.is_empty() { Outcome::Found } else { Outcome::Fine })
}

/// Writes or checks the rendered tree.
pub fn generate(args: &MatrixArgs, check: bool, flake: bool) -> Result<Outcome> {
    let project = open(&args.matrix)?;
    let _project = (!check).then(|| Guard::take(&project.dir)).transpose()?;
    let tree = project.tree(flake)?;
    if !check {
        let report = output::write(&project.dir, &tree)?;
        let (written, unchanged) = (report.written.len(), report.unchanged.len());
        tracing::info!("{written} files written, {unchanged} unchanged, {} removed", report.removed.len());
        return Ok(Outcome::Fine);
    }
    let differences = output::check(&project.dir, &tree)?;
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
