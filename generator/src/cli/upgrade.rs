//! `crossloom outdated` and `upgrade`: versions of a matrix, and newer ones.

use std::io::IsTerminal;

use clap::Args;
use serde_json::json;

use super::page::{Page, Use};
use super::table::{separated, table};
use super::{MatrixArgs, Outcome, Result, project};
use crate::matrix::upgrade::{Row, State};
use crate::output::{Guard, write_files};
use crate::project::{folder_of, matrix_in};

/// The page of `outdated`.
pub const OUTDATED: Page = Page {
    command: "outdated",
    examples: &[
        ("crossloom outdated", "prints the versions of the matrix beside the newest that this crossloom knows"),
        ("crossloom outdated --json", "the same for programs"),
    ],
    uses: &[Use::Project],
    found: "`crossloom upgrade` would change a version",
};

/// The page of `upgrade`.
pub const UPGRADE: Page = Page {
    command: "upgrade",
    examples: &[
        ("crossloom upgrade", "takes the newest release of each version's series; then: crossloom sync"),
        ("crossloom upgrade --dry-run --latest", "prints what would change with the newest release of all"),
    ],
    uses: &[Use::Project],
    found: "",
};

#[derive(Debug, Args)]
pub struct OutdatedArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct UpgradeArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    /// The packages, such as gcc; all whose versions the matrix names if there is none.
    #[arg(value_name = "PACKAGE")]
    packages: Vec<String>,
    /// Take the newest release of all in place of an exact version, not the newest of its series.
    #[arg(long)]
    latest: bool,
    /// Print what would change, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print JSON, as `outdated` does.
    #[arg(long)]
    json: bool,
}

/// Compares versions with the newest.
pub fn outdated(args: &OutdatedArgs) -> Result<Outcome> {
    let rows = crate::project::outdated(&args.matrix.find()?).inspect_err(project::print_problems)?;
    let found = rows.iter().any(|row| row.state == State::Outdated);
    if args.json {
        super::say_json(&json!({ "packages": rows }))?;
    } else {
        let none = || "-".to_owned();
        let of = |row: &Row| {
            let written = row.written.clone().unwrap_or_else(none);
            let series = row.newest_in_series.map_or_else(none, str::to_owned);
            let words = [row.package.to_owned(), written, row.now.clone(), series, row.newest.to_owned(), row.state()];
            words.to_vec()
        };
        print(&["PACKAGE", "WRITTEN", "NOW", "IN SERIES", "NEWEST", "STATE"], rows.iter().map(of).collect())?;
    }
    Ok(if found { Outcome::Found } else { Outcome::Fine })
}

/// Takes newer versions.
pub fn upgrade(args: &UpgradeArgs) -> Result<Outcome> {
    let path = matrix_in(&args.matrix.find()?);
    let _project = (!args.dry_run).then(|| Guard::take(folder_of(&path))).transpose()?;
    let upgrade = crate::project::upgrade(&path, &args.packages, args.latest).inspect_err(project::print_problems)?;
    let of = |row: &Row| {
        let written = row.written.clone().unwrap_or_default();
        let next = row.upgrade.unwrap_or_default().to_owned();
        vec![row.package.to_owned(), written, row.now.clone(), next]
    };
    match args.json {
        true => super::say_json(&json!({ "packages": upgrade.rows }))?,
        false => print(&["PACKAGE", "WRITTEN", "NOW", "NEW"], upgrade.rows.iter().map(of).collect())?,
    }
    if upgrade.rows.is_empty() {
        tracing::info!("no version has a newer release that would be taken");
    }
    if args.dry_run {
        return Ok(Outcome::Fine);
    }
    write_files(&upgrade.files)?;
    for (file, _) in &upgrade.files {
        tracing::info!("{} written", file.display());
    }
    if !upgrade.rows.is_empty() {
        tracing::info!("next: crossloom generate");
    }
    Ok(Outcome::Fine)
}

/// Rows for people or programs.
fn print(headings: &[&str], rows: Vec<Vec<String>>) -> Result<()> {
    super::say(&if std::io::stdout().is_terminal() && !rows.is_empty() {
        table(headings, &rows)
    } else {
        separated(&rows)
    })
}
