//! `crossloom fetch`: downloads the files that cells are built from, into the Nix store or into a folder.

use std::path::{Path, PathBuf};

use clap::Args;
use clap_complete::ArgValueCandidates;

use super::page::{Page, Use};
use super::progress::{Progress, show};
use super::{MatrixArgs, Outcome, Result, parse_system, project};
use crate::nix::driver::Nix;
use crate::platform::System;
use crate::store::machine;
use crate::store::needed::needed;
use crate::store::sources::{download, folders, into_store};

/// The page of `fetch`.
pub const PAGE: Page = Page {
    command: "fetch",
    examples: &[
        ("crossloom fetch", "downloads everything that the matrix needs into the Nix store"),
        ("crossloom fetch {target}", "downloads what one development shell needs"),
        (
            "crossloom fetch --system x86_64-linux --to media",
            "collects the files in a folder, for a machine without a network",
        ),
        ("crossloom fetch --from media", "takes the files from that folder"),
    ],
    uses: &[Use::Project, Use::Nix, Use::Network],
    found: "",
};

#[derive(Debug, Args)]
pub struct FetchArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    /// Cells, development shells, checks and nodes [default: everything in the matrix].
    #[arg(value_name = "CELL|SHELL|CHECK|NODE", add = ArgValueCandidates::new(super::manual::names))]
    cells: Vec<String>,
    /// The kind of build machine, such as x86_64-linux [default: this machine's].
    #[arg(long, value_name = "SYSTEM", value_parser = parse_system)]
    system: Option<System>,
    /// Look for files in this folder first. Can be given more than once.
    #[arg(long, value_name = "DIR")]
    from: Vec<PathBuf>,
    /// Collect every file in this folder, and leave the Nix store alone.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

/// Files cannot be put into a folder.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("files cannot be collected in {path}")]
#[diagnostic(help("--to takes a folder that can be written to; it is made where it is not there"))]
struct NoCollection {
    path: String,
    #[source]
    source: std::io::Error,
}

/// The folder for files, which is made where it is not there.
fn collected(dir: &Path) -> std::result::Result<(), NoCollection> {
    let made = std::fs::create_dir_all(dir);
    let writable = made.and_then(|()| Ok(rustix::fs::access(dir, rustix::fs::Access::WRITE_OK)?));
    writable.map_err(|source| NoCollection { path: dir.display().to_string(), source })
}

/// Runs the command.
pub fn run(args: &FetchArgs, quiet: bool) -> Result<Outcome> {
    let project = project::open(&args.matrix.find()?)?;
    let system = args.system.map_or_else(machine::system, Ok)?;
    let (plan, seeds) = (project.plan()?, project.seeds()?);
    let needed = needed(&project.dir, &plan, &seeds, system, &args.cells)?;
    for (sdk, cells) in &needed.missing {
        tracing::warn!("sdk {sdk} is not in matrix.lock, so nothing is fetched for {}", cells.join(", "));
    }
    folders(&args.from)?;
    let mut progress = Progress::new(quiet);
    let mut tell = |event: crate::store::Event<'_>| progress.tell(event);
    let Some(dir) = &args.to else {
        into_store(&Nix::locate()?, &needed, &args.from, &project.dir, show(quiet), &mut tell)?;
        return Ok(Outcome::Fine);
    };
    for (sdk, _) in &needed.sdks {
        let dir = dir.display();
        tracing::warn!(
            "sdk {sdk} has no address, so it is not in {dir}: carry over the file that it was imported \
             from, and run `crossloom sdk import --name {sdk} FILE` there"
        );
    }
    collected(dir)?;
    let files: Vec<_> = needed.files.into_iter().map(|file| file.wanted).collect();
    // Files that this machine has need not be downloaded again.
    let from: Vec<_> = args.from.iter().cloned().chain(machine::cache().ok()).collect();
    download(&files, dir, &from, true, show(quiet), &mut tell)?;
    Ok(Outcome::Fine)
}
