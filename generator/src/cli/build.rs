//! `crossloom build`: fetches the files that cells need, builds the cells with Nix, and prints their paths. `crossloom nix`:
//! Nix with the same settings.

use std::path::PathBuf;

use clap::Args;

use super::page::{Page, Use};
use super::progress::{Progress, show};
use super::project::EditedArgs;
use super::{MatrixArgs, Outcome, Result, project};
use crate::store::build::Outcome as Built;
use crate::store::build::{BuildError, build, located};
use crate::store::choose::{attributes, planned};
use crate::store::develop::without_nixpkgs;
use crate::store::sources::for_names;
use crate::store::{Event, machine};

/// The page of `build`.
pub const PAGE: Page = Page {
    command: "build",
    examples: &[
        ("crossloom build {cell}", "builds a toolchain and prints its store path"),
        (
            "crossloom build --out-link result {cell}",
            "also makes a link that protects the toolchain from the garbage collector",
        ),
        ("crossloom build programs-{cell}", "builds a check, which compiles programs and runs them"),
        ("crossloom build --rebuild gmp", "builds one node a second time and compares"),
    ],
    uses: &[Use::Project, Use::Rendered, Use::Nix, Use::Network],
    found: "--rebuild got a different output",
};

#[derive(Debug, Args)]
pub struct BuildArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    #[command(flatten)]
    edited: EditedArgs,
    /// Cells and checks, as `crossloom plan` prints them, or nodes.
    #[arg(value_name = "CELL|CHECK|NODE", required = true)]
    names: Vec<String>,
    /// Make a link to the result, which protects it from the garbage collector.
    #[arg(short, long, value_name = "LINK")]
    out_link: Option<PathBuf>,
    /// Build every node of a cell a second time and compare; exit 1 if one differs.
    #[arg(long)]
    rebuild: bool,
}

/// Runs the command.
pub fn run(args: &BuildArgs, quiet: bool) -> Result<Outcome> {
    let project = project::open(&args.matrix.matrix)?;
    let index = project.index()?;
    let system = machine::system()?;
    let nix = located(&project.seeds()?, system)?;
    let plan = project.plan()?;
    args.edited.current(&project, &plan)?;
    let mut progress = Progress::new(quiet);
    let mut tell = |event: Event<'_>| progress.tell(event);
    for_names(&nix, &project, &plan, system, &args.names, show(quiet), &mut tell)?;

    let attributes = attributes(planned(&plan, system)?, system, &args.names, args.rebuild);
    match build(&nix, &index, &attributes, args.out_link.as_deref(), args.rebuild, &mut tell)? {
        Built::Built(paths) => {
            super::say(&paths)?;
            Ok(Outcome::Fine)
        }
        Built::Differs(node) => {
            tracing::error!("{node} differs when it is built again");
            Ok(Outcome::Found)
        }
    }
}

/// The page of `nix`.
pub const NIX: Page = Page {
    command: "nix",
    examples: &[
        ("crossloom nix develop .#{target}", "enters a development shell; run `crossloom fetch {target}` before"),
        ("crossloom nix flake show", "shows what the rendered flake has"),
        (
            "crossloom nix path-info --closure-size .#{cell}",
            "prints how large a toolchain is with everything that it needs",
        ),
    ],
    uses: &[Use::Project, Use::Rendered, Use::Nix],
    found: "",
};

#[derive(Debug, Args)]
pub struct NixArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    #[command(flatten)]
    edited: EditedArgs,
    /// Arguments for `nix`, such as `build .#CELL`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true, value_name = "ARG")]
    args: Vec<String>,
}

/// Whether a command of Nix builds something.
fn builds(args: &[String]) -> bool {
    const COMMANDS: [&str; 7] = ["build", "bundle", "develop", "print-dev-env", "profile", "run", "shell"];
    let mut words = args.iter().map(String::as_str).filter(|arg| !arg.starts_with('-'));
    match words.next() {
        Some("flake") => words.next() == Some("check"),
        word => word.is_some_and(|word| COMMANDS.contains(&word)),
    }
}

/// Runs `nix` as `crossloom build` would: with flakes, sandboxed, offline, and with the sandbox's /bin/sh.
pub fn nix(args: &NixArgs) -> Result<Outcome> {
    let project = project::open(&args.matrix.matrix)?;
    let nix = located(&project.seeds()?, machine::system()?)?;
    // Other commands build nothing, and are useful even if nothing is rendered or the lock is stale.
    if builds(&args.args) && project.index().is_ok() {
        args.edited.current(&project, &project.plan()?)?;
    }
    let mut all = vec!["--offline".to_owned()];
    all.extend(without_nixpkgs(&nix, &args.args)?);
    let run = |source| BuildError::Run { program: "nix".to_owned(), source };
    let status = nix.command("nix", &all).status().map_err(run)?;
    // As in a shell, the exit code is the one of Nix.
    Ok(Outcome::Code(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(2)))
}
