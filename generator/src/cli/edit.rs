//! `crossloom add`, `remove` and `sync`: a matrix that is changed and brought up to date without an editor.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use clap::Args;

use super::list::chosen;
use super::page::{Page, Use};
use super::project::Mode;
use super::{MatrixArgs, Outcome, Result, project};
use crate::ci;
use crate::diag::for_shell;
use crate::matrix::edit::{EditError, Target, target, target_in, with, without};
use crate::project::{edit, matrix_in};
use crate::{output, programs};

/// The page of `add`.
pub const ADD: Page = Page {
    command: "add",
    examples: &[("crossloom add aarch64-linux-musl", "adds a target to matrix.toml; then: crossloom sync")],
    uses: &[Use::Project],
    found: "",
};

/// The page of `remove`.
pub const REMOVE: Page = Page {
    command: "remove",
    examples: &[("crossloom remove aarch64-linux-musl", "removes a target from matrix.toml; then: crossloom sync")],
    uses: &[Use::Project],
    found: "",
};

/// The page of `sync`.
pub const SYNC: Page = Page {
    command: "sync",
    examples: &[
        ("crossloom sync", "writes the locks and the rendered files, as `lock` and `generate` do"),
        (
            "crossloom sync --git-add",
            "also tells git of the new files, since Nix and CI services ignore files that git does not know",
        ),
    ],
    uses: &[Use::Project, Use::Rendered],
    found: "",
};

#[derive(Debug, Args)]
pub struct EditArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    /// The targets; `crossloom list targets` prints them.
    #[arg(value_name = "TARGET", required = true)]
    targets: Vec<String>,
    /// The family of the targets, if more than one family has them.
    #[arg(long, value_name = "FAMILY", value_parser = super::list::family())]
    family: Option<String>,
}

#[derive(Debug, Args)]
pub struct SyncArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    /// Run `git add --intent-to-add` on files that git does not know.
    #[arg(long)]
    git_add: bool,
    /// Do not write flake.nix.
    #[arg(long)]
    no_flake: bool,
}

/// The target of a word, of the named family if there is one.
pub fn named(word: &str, family: Option<&str>) -> std::result::Result<Target, EditError> {
    target(&chosen(family), word)
}

/// Adds targets.
pub fn add(args: &EditArgs) -> Result<Outcome> {
    let targets = args.targets.iter().map(|word| named(word, args.family.as_deref()));
    let targets = targets.collect::<std::result::Result<Vec<_>, _>>()?;
    change(args, "added to", |_| Ok(targets.clone()), with)
}

/// Removes targets.
pub fn remove(args: &EditArgs) -> Result<Outcome> {
    let families = chosen(args.family.as_deref());
    let targets = |text: &str| args.targets.iter().map(|word| target_in(text, &families, word)).collect();
    change(args, "removed from", targets, without)
}

fn change(
    args: &EditArgs,
    done: &str,
    of: impl Fn(&str) -> std::result::Result<Vec<Target>, EditError>,
    one: impl Fn(&str, Target) -> std::result::Result<String, EditError>,
) -> Result<Outcome> {
    let path = args.matrix.find()?;
    let mut targets = Vec::new();
    let all = |text: &str| {
        targets = of(text)?;
        targets.iter().try_fold(text.to_owned(), |text, target| one(&text, *target))
    };
    edit(&path, all).inspect_err(project::print_problems)?;
    for target in &targets {
        tracing::info!("{} {done} [{}] in {}", target.name, target.family.about().key, matrix_in(&path).display());
    }
    tracing::info!("next: crossloom sync");
    Ok(Outcome::Fine)
}

/// Locks and renders.
pub fn sync(args: &SyncArgs) -> Result<Outcome> {
    let path = args.matrix.find()?;
    project::lock(&path, &[], Mode::Write)?;
    project::generate(&path, Mode::Write, !args.no_flake)?;
    let project = project::open(&path)?;
    let mut files: Vec<PathBuf> = ["flake.nix", "flake.lock", output::FOLDER].map(PathBuf::from).to_vec();
    files.extend(
        [matrix_in(&path), project.lock_path()].iter().filter_map(|path| Some(PathBuf::from(path.file_name()?))),
    );
    files.extend(ci::files_beside(&project.matrix.ci).map(|(_, file)| PathBuf::from(file)));
    let ignored = not_in_git(&project.dir, &files, &["--ignored"]);
    if !ignored.is_empty() {
        tracing::warn!("git ignores {}, so Nix and CI services do not see them: see .gitignore", names(&ignored));
    }
    let unknown = not_in_git(&project.dir, &files, &[]);
    if unknown.is_empty() {
        return Ok(Outcome::Fine);
    }
    if args.git_add && git(&project.dir, &["add", "--intent-to-add", "--"], &unknown).is_some() {
        tracing::info!("git knows of {} now", names(&unknown));
        return Ok(Outcome::Fine);
    }
    let place = match project.dir.as_os_str().is_empty() || project.dir == Path::new(".") {
        true => String::new(),
        false => format!(" -C {}", for_shell(&project.dir)),
    };
    tracing::warn!(
        "Nix and CI services ignore files that git does not know; run: git{place} add {}",
        unknown.iter().map(for_shell).collect::<Vec<_>>().join(" ")
    );
    Ok(Outcome::Fine)
}

fn names(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// Those of a folder's files that lie in a git repository which does not know them: the ones that it ignores, or the others.
/// The list is empty if git is not installed or this is no repository.
fn not_in_git(dir: &Path, files: &[PathBuf], more: &[&str]) -> Vec<PathBuf> {
    let list = [&["ls-files", "--others", "--exclude-standard", "--directory", "-z"], more, &["--"]].concat();
    let told = git(dir, &list, files).unwrap_or_default();
    told.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect()
}

/// The words of a git command over files of a folder; none if it fails, as it does outside of a repository.
fn git(dir: &Path, command: &[&str], files: &[PathBuf]) -> Option<String> {
    let mut git = programs::git(dir)?;
    let output = git.args(command).args(files).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
