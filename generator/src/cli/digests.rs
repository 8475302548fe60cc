//! `crossloom digests`: the hashes of the nodes that this machine built.

use std::path::PathBuf;

use clap::Args;
use clap_complete::ArgValueCandidates;

use super::page::{Page, Use};
use super::project::EditedArgs;
use super::{MatrixArgs, Outcome, Result, project};
use crate::nix::driver::Nix;
use crate::output::{self, Guard};
use crate::project::folder_of;
use crate::store::choose::{choose, closure, planned};
use crate::store::machine;
use crate::verify::digests::Digests;
use crate::verify::own::{Own, OwnError, own, read};

/// The page of `digests`.
pub const PAGE: Page = Page {
    command: "digests",
    examples: &[
        ("crossloom digests", "prints the hashes of all nodes that this machine built"),
        ("crossloom digests --write digests.json", "writes them to a file that others compare with"),
    ],
    uses: &[Use::Project, Use::Rendered, Use::Nix],
    found: "a node that you named was left out",
};

#[derive(Debug, Args)]
pub struct DigestsArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    #[command(flatten)]
    edited: EditedArgs,
    /// Cells and nodes, with every node that they need [default: all that this machine built].
    #[arg(value_name = "CELL|NODE", add = ArgValueCandidates::new(super::manual::names))]
    names: Vec<String>,
    /// Update this file. Entries of other nodes and build systems stay.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &DigestsArgs) -> Result<Outcome> {
    let project = project::open(&args.matrix.find()?)?;
    let system = machine::system()?;
    let plan = project.plan()?;
    let here = planned(&plan, system)?;
    let nodes = closure(here, system, &args.names)?;
    let named = choose(here, system, &args.names)?.nodes;
    args.edited.current(&project, &plan)?;
    // A problem of the file should show before everything is hashed, which takes a while.
    if let Some(path) = &args.write {
        read(path)?;
    }
    let Own { found, absent, foreign } = own(&Nix::locate()?, &project, system, &nodes)?;
    let short = !args.names.is_empty() && named.iter().any(|name| !found.contains_key(name));
    let whys = ["not in this machine's store", "they or nodes that they need were copied into the store"];
    for (names, why) in [absent, foreign].into_iter().zip(whys) {
        if !names.is_empty() {
            tracing::warn!("left out, because {why}: {}", names.join(", "));
        }
    }
    if found.is_empty() {
        return Err(OwnError::Nothing.into());
    }
    let count = found.len();
    match &args.write {
        Some(path) => {
            // The file is read again, because others may have written to it meanwhile.
            let _folder = Guard::take(folder_of(path))?;
            let mut digests = read(path)?.unwrap_or_default();
            digests.replace(system.as_str(), found);
            output::write_file(path, &digests.to_text())?;
            tracing::info!("{}: {count} nodes of {system} written", path.display());
        }
        None => {
            let mut digests = Digests::default();
            digests.replace(system.as_str(), found);
            super::say(&digests.to_text())?;
        }
    }
    Ok(if short { Outcome::Found } else { Outcome::Fine })
}
