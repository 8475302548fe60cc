//! `crossloom verify`: whether nodes have the same bits when they are built again, or when another party builds them.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::Args;
use clap_complete::ArgValueCandidates;
use serde_json::json;

use super::page::{Page, Use};
use super::progress::{Progress, show};
use super::project::EditedArgs;
use super::table::{separated, table};
use super::{MatrixArgs, Outcome, Result, project};
use crate::platform::System;
use crate::programs;
use crate::store::build::located;
use crate::store::choose::{closure, planned};
use crate::store::{Event, machine};
use crate::verify::again::{Answer, Theirs, verify};
use crate::verify::{Row, Verdict};

/// The page of `verify`.
pub const PAGE: Page = Page {
    command: "verify",
    examples: &[
        ("crossloom verify {cell}", "builds every node of a cell again and compares"),
        ("crossloom verify {cell} --against digests.json", "compares with hashes that another party published"),
        ("crossloom verify {cell} --against ../cache", "compares with a binary cache, file by file"),
    ],
    uses: &[Use::Project, Use::Rendered, Use::Nix, Use::Network],
    found: "an output is not identical",
};

#[derive(Debug, Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    #[command(flatten)]
    edited: EditedArgs,
    /// Cells and nodes, with every node that they need.
    #[arg(value_name = "CELL|NODE", required = true, add = ArgValueCandidates::new(super::manual::names))]
    names: Vec<String>,
    /// Compare with another party's builds instead: its digests.json, or the folder of a binary cache as `nix copy --to
    /// file://DIR` writes it.
    #[arg(long, value_name = "FILE|DIR")]
    against: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

const HEADINGS: [&str; 5] = ["NODE", "OUTPUT", "STATE", "FILE", "DETAIL"];

/// Runs the command.
pub fn run(args: &VerifyArgs, quiet: bool) -> Result<Outcome> {
    let project = project::open(&args.matrix.find()?)?;
    let system = machine::system()?;
    let plan = project.plan()?;
    args.edited.current(&project, &plan)?;
    let nodes = closure(planned(&plan, system)?, system, &args.names)?;
    let nix = located(&project.seeds()?, system)?;
    let theirs = match &args.against {
        Some(path) => Theirs::open(path, nix.store_dir())?,
        None => Theirs::Again,
    };
    let mut progress = Progress::new(quiet);
    let mut tell = |event: Event<'_>| progress.tell(event);
    let Answer { rows, pairs } = verify(&nix, (&project, &plan, system), &nodes, &theirs, show(quiet), &mut tell)?;
    print(args, system, &rows)?;
    for (first, second) in pairs.iter().filter(|_| args.against.is_none()) {
        account(first, second);
    }
    let same = rows.iter().all(|row| row.found.verdict == Verdict::Identical);
    Ok(if same { Outcome::Fine } else { Outcome::Found })
}

fn print(args: &VerifyArgs, system: System, rows: &[Row]) -> Result<()> {
    let columns = || rows.iter().map(Row::columns).collect::<Vec<_>>();
    if args.json {
        let against = args.against.as_ref().map(|path| path.display().to_string());
        super::say_json(&json!({ "system": system, "against": against, "outputs": rows }))?;
    } else if std::io::stdout().is_terminal() {
        super::say(&table(&HEADINGS, &columns()))?;
    } else {
        super::say(&separated(&columns()))?;
    }
    let count = |verdict: Verdict| rows.iter().filter(|row| row.found.verdict == verdict).count();
    let counts = Verdict::ALL.map(|verdict| (count(verdict), verdict.as_str())).into_iter();
    let counts: Vec<String> = counts.filter(|(count, _)| *count > 0).map(|(n, word)| format!("{n} {word}")).collect();
    tracing::info!("{} outputs: {}", rows.len(), counts.join(", "));
    Ok(())
}

/// Prints the paths of both builds, and the report of diffoscope if it is installed. This is for people, so not on stdout.
fn account(first: &Path, second: &Path) {
    tracing::info!("both builds are in the store: {} {}", first.display(), second.display());
    let Some(mut command) = programs::command("diffoscope") else {
        tracing::info!("install diffoscope to see how they differ");
        return;
    };
    command.args(["--no-progress", "--max-text-report-size", "65536", "--text", "-"]);
    match command.arg(first).arg(second).output() {
        Ok(output) => {
            let said = [output.stdout, output.stderr].concat();
            super::tell(String::from_utf8_lossy(&said).trim_end());
        }
        Err(error) => tracing::warn!("cannot run diffoscope: {error}"),
    }
}
