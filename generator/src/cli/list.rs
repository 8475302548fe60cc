//! `crossloom list`: the families of cells that a matrix can ask for, and the reference of one.

use std::io::IsTerminal;

use clap::Args;

use super::page::Page;
use super::table::{separated, table};
use super::{Outcome, Result};
use crate::families::{self};
use crate::family::Registered;
use crate::family::find;
use crate::matrix::reference;

/// The page of `list`.
pub const PAGE: Page = Page {
    command: "list",
    examples: &[
        ("crossloom list", "prints the families"),
        ("crossloom list {family}", "prints the keys, targets and versions of one family"),
    ],
    uses: &[],
    found: "",
};

#[derive(Debug, Args)]
pub struct ListArgs {
    /// Print the keys, targets and versions of this family.
    #[arg(value_name = "FAMILY", value_parser = family())]
    family: Option<String>,
}

/// Names of families, as the command line and the shells complete them.
pub fn family() -> clap::builder::PossibleValuesParser {
    let of = |family: &&'static dyn Registered| {
        clap::builder::PossibleValue::new(family.about().key).help(family.about().summary)
    };
    families::ALL.iter().map(of).collect::<Vec<_>>().into()
}

const HEADINGS: [&str; 4] = ["FAMILY", "TARGETS", "FIRST TARGET", "CELLS ARE"];

/// Runs the command.
pub fn run(args: &ListArgs) -> Result<Outcome> {
    if let Some(family) = args.family.as_deref().and_then(|key| find(families::ALL, key)) {
        super::say(&reference(family))?;
        return Ok(Outcome::Fine);
    }
    let row = |family: &&'static dyn Registered| {
        let about = family.about();
        let count = family.targets().len().to_string();
        vec![about.key.to_owned(), count, about.example_target.to_owned(), about.summary.to_owned()]
    };
    let rows: Vec<_> = families::ALL.iter().map(row).collect();
    super::say(&if std::io::stdout().is_terminal() { table(&HEADINGS, &rows) } else { separated(&rows) })?;
    Ok(Outcome::Fine)
}
