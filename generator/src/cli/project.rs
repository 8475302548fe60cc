//! `crossloom init`, `check`, `lock` and `generate`: a matrix and the files beside it.

use std::io::IsTerminal;
use std::path::Path;

use clap::Args;
use miette::Diagnostic;
use serde_json::{Value, json};

use super::edit::named;
use super::page::{Page, Use};
use super::{MatrixArgs, Outcome, Result};
use crate::ci;
use crate::diag::{self, Problem, for_shell};
use crate::families;
use crate::family::find;
use crate::matrix::edit::with;
use crate::matrix::first_matrix;
use crate::output::{self, Guard};
use crate::plan::Plan;
use crate::platform::System;
use crate::project::{self, MATRIX_NAME, Project, ProjectError, matrix_in};
use crate::report::Report;
use crate::store::machine;

/// The page of `init`.
pub const INIT: Page = Page {
    command: "init",
    examples: &[
        ("crossloom init", "writes matrix.toml with one toolchain"),
        ("crossloom init --target {target}", "writes matrix.toml with this target"),
        ("crossloom init --family linux", "writes matrix.toml with one kernel"),
    ],
    uses: &[Use::Project],
    found: "",
};

/// The page of `check`.
pub const CHECK: Page = Page {
    command: "check",
    examples: &[
        ("crossloom check", "reads matrix.toml and the locks beside it"),
        ("crossloom check --json", "prints the problems with their places for programs, such as an editor"),
        ("crossloom check --matrix toolchains", "the same in another folder"),
    ],
    uses: &[Use::Project],
    found: "",
};

/// The page of `lock`.
pub const LOCK: Page = Page {
    command: "lock",
    examples: &[
        ("crossloom lock", "writes matrix.lock and flake.lock, without network"),
        ("crossloom lock --update gcc", "takes the sources of gcc from the catalogue again"),
        ("crossloom lock --check", "for CI: writes nothing"),
    ],
    uses: &[Use::Project],
    found: "--check found a stale lock, or a hash that is not the catalogue's",
};

/// The page of `generate`.
pub const GENERATE: Page = Page {
    command: "generate",
    examples: &[
        ("crossloom generate", "writes flake.nix, crossloom/ and the files for CI services"),
        ("crossloom generate --check", "for CI: writes nothing, and prints a diff"),
    ],
    uses: &[Use::Project, Use::Rendered],
    found: "--check found a file that differs",
};

/// Reads a matrix. Its problems are printed, all at once, before this returns.
pub fn open(path: &Path) -> Result<Project> {
    Ok(Project::open(path).inspect_err(print_problems)?)
}

/// As [`open`], of a matrix to compare with.
pub fn open_named(path: &Path) -> Result<Project> {
    Ok(Project::open_named(path).inspect_err(print_problems)?)
}

pub fn print_problems(error: &ProjectError) {
    if let ProjectError::Matrix { path, text, problems } | ProjectError::Change { path, text, problems } = error {
        let colour = std::io::stderr().is_terminal();
        super::tell(&format!("{}\n", diag::render(path, text, problems, colour).trim_end()));
    }
}

#[derive(Debug, Args)]
pub struct InitArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    /// The family of its first cell; `crossloom list` prints them.
    #[arg(long, value_name = "FAMILY", value_parser = super::list::family())]
    family: Option<String>,
    /// A target of its cells; may be repeated. `crossloom list targets` prints them.
    #[arg(long, value_name = "TARGET")]
    target: Vec<String>,
}

/// Files that a run removed and names, at most.
const REMOVED: usize = 20;

/// Writes a first matrix.
pub fn init(args: &InitArgs) -> Result<Outcome> {
    let path = matrix_in(&args.matrix.here());
    project::init(&path, &first(&args.target, args.family.as_deref())?)?;
    let own = match path == Path::new(MATRIX_NAME) {
        true => String::new(),
        false => format!(" --matrix {}", for_shell(&path)),
    };
    tracing::info!("{} written; next: crossloom sync{own}", path.display());
    Ok(Outcome::Fine)
}

/// A first matrix with these targets; with the example of a family if there are none.
pub fn first(words: &[String], family: Option<&str>) -> Result<String> {
    let targets = words.iter().map(|word| named(word, family)).collect::<std::result::Result<Vec<_>, _>>()?;
    // Matrices that are written on a Mac build on Linux all the same, unless their authors say otherwise.
    let system = machine::system().ok().filter(|system| system.is_linux()).unwrap_or(System::X86_64Linux);
    let Some((first, more)) = targets.split_first() else {
        // The command line accepts only names of families.
        let family = family.and_then(|key| find(families::ALL, key)).unwrap_or(families::DEFAULT);
        return Ok(first_matrix(family, family.about().example_target, system));
    };
    let text = first_matrix(first.family, first.name, system);
    Ok(more.iter().try_fold(text, |text, target| with(&text, *target))?)
}

/// Whether commands that build accept a rendered folder that was edited.
#[derive(Debug, Args)]
pub struct EditedArgs {
    /// Use recipes in the folder crossloom/ that were edited by hand, which is an error otherwise.
    #[arg(long)]
    allow_edited: bool,
}

impl EditedArgs {
    /// Sees that the rendered folder is what the plan gives, and says which files are not where that is allowed.
    pub fn current(&self, project: &Project, plan: &Plan) -> Result<()> {
        let edited = project.current(plan, self.allow_edited)?;
        if !edited.is_empty() {
            tracing::warn!("using edited files: {}", edited.join(", "));
        }
        Ok(())
    }
}

/// Whether files are written, or compared with those that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Write,
    Check,
    CheckJson,
}

impl Mode {
    /// The mode of the options `--check` and `--json`.
    pub fn of(check: bool, json: bool) -> Mode {
        match (check, json) {
            (false, _) => Mode::Write,
            (true, false) => Mode::Check,
            (true, true) => Mode::CheckJson,
        }
    }
}

/// Reads matrix and locks. Errors are printed as always, and with `json` also as a list with their places.
pub fn check(path: &Path, json: bool) -> Result<Outcome> {
    let checked = checked(path);
    if json {
        let problems = checked.as_ref().err().map(problems).unwrap_or_default();
        let count = checked.as_ref().ok().map(|project| project.matrix.count());
        super::say_json(&json!({ "matrix": path.display().to_string(), "cells": count, "problems": problems }))?;
    }
    let project = checked.inspect_err(print_problems)?;
    let count = project.matrix.count();
    tracing::info!("{}: {count} cell{}", path.display(), if count == 1 { "" } else { "s" });
    Ok(Outcome::Fine)
}

/// A project without a problem in matrix and locks.
fn checked(path: &Path) -> std::result::Result<Project, ProjectError> {
    let project = Project::open(path)?;
    project.plan()?;
    project.seeds()?;
    project.check_flake_lock()?;
    Ok(project)
}

/// The problems of a matrix with their places; any other error as one problem without a place.
fn problems(error: &ProjectError) -> Vec<Value> {
    let ProjectError::Matrix { path, text, problems } = error else { return vec![problem(error)] };
    let of = |(problem, place): (&Problem, Option<(usize, usize)>)| {
        json!({
            "file": path,
            "line": place.map(|(line, _)| line),
            "column": place.map(|(_, column)| column),
            "message": problem.message,
            "hints": problem.hint.as_slice(),
        })
    };
    problems.iter().zip(diag::places(text, problems)).map(of).collect()
}

/// An error whose message names its file.
fn problem(error: &dyn Diagnostic) -> Value {
    let Report { message, hints } = Report::of(error);
    json!({ "file": null, "line": null, "column": null, "message": message, "hints": hints })
}

/// Writes or checks `matrix.lock` and `flake.lock`.
pub fn lock(path: &Path, update: &[String], mode: Mode) -> Result<Outcome> {
    let (check, json) = (mode != Mode::Write, mode == Mode::CheckJson);
    let project = open(path)?;
    // The new lock depends on the one that was read, so nobody else may write in between.
    let _project = (!check).then(|| Guard::take(&project.dir)).transpose()?;
    let locks = match project.locks(update) {
        Err(error @ ProjectError::LockHash { .. }) if check => {
            if json {
                super::say_json(&json!({ "stale": [], "problems": [problem(&error)] }))?;
            }
            super::report(&error);
            return Ok(Outcome::Found);
        }
        locks => locks?,
    };
    for name in &locks.undeclared {
        let path = project.lock_path();
        tracing::info!("sdk {name} stays in {}, although the matrix has no table for it", path.display());
    }
    if !check {
        output::write_files(&locks.stale)?;
    }
    if json {
        let stale: Vec<String> = locks.stale.iter().map(|(path, _)| path.display().to_string()).collect();
        super::say_json(&json!({ "stale": stale, "problems": [] }))?;
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
pub fn generate(path: &Path, mode: Mode, flake: bool) -> Result<Outcome> {
    let (check, json) = (mode != Mode::Write, mode == Mode::CheckJson);
    let project = open(path)?;
    let _project = (!check).then(|| Guard::take(&project.dir)).transpose()?;
    let (plan, tree) = project.tree(flake)?;
    for warning in ci::warnings(&plan, project.repository().as_deref()) {
        tracing::warn!("{warning}");
    }
    if !check {
        let report = output::write(&project.dir, &tree)?;
        let (written, unchanged) = (report.written.len(), report.unchanged.len());
        for path in report.removed.iter().take(REMOVED) {
            tracing::info!("{path} is gone: it is not part of what is rendered");
        }
        tracing::info!(
            "{written} file{} written, {unchanged} unchanged, {} removed",
            if written == 1 { "" } else { "s" },
            report.removed.len()
        );
        return Ok(Outcome::Fine);
    }
    let differences = output::check(&project.dir, &tree)?;
    if json {
        let files = differences.iter();
        let files = files.map(|it| json!({ "path": it.path(), "state": it.state() })).collect::<Vec<_>>();
        super::say_json(&json!({ "files": files }))?;
    }
    for difference in differences.iter().filter(|_| !json) {
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
