//! `crossloom list`: the families of cells that a matrix can ask for, their targets and releases, the reference of one
//! family, and the development shells of a matrix.

use std::io::IsTerminal;

use clap::Args;
use clap::builder::PossibleValue;
use serde_json::{Value, json};

use super::page::{Page, Use};
use super::table::{separated, table};
use super::{MatrixArgs, Outcome, Result, project};
use crate::catalogue::catalogue;
use crate::families;
use crate::family::Registered;
use crate::family::find;
use crate::matrix::reference;

/// The page of `list`.
pub const PAGE: Page = Page {
    command: "list",
    examples: &[
        ("crossloom list", "prints the families"),
        ("crossloom list {family}", "prints the keys, targets and versions of one family"),
        ("crossloom list targets --family {family}", "prints the targets of one family"),
        ("crossloom list versions --json", "prints every release of the catalogue, for programs"),
        ("crossloom list shells", "prints the development shells of the matrix"),
    ],
    uses: &[Use::Project],
    found: "",
};

#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    /// Families, targets, versions of packages, or shells of the matrix; or a family: its keys, targets and versions.
    #[arg(value_name = "WHAT", value_parser = subject(), default_value = FAMILIES)]
    what: String,
    /// Only targets or versions of this family.
    #[arg(long, value_name = "FAMILY", value_parser = family())]
    family: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// An option has no meaning for what is listed.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("--family is for targets and versions, not for {what}")]
#[diagnostic(help("leave it out; `crossloom list FAMILY` prints one family"))]
struct NotOfFamily {
    what: String,
}

const FAMILIES: &str = "families";

/// Names of families, as the command line and the shells complete them.
pub fn family() -> clap::builder::PossibleValuesParser {
    possible(&[]).into()
}

/// The family of this name alone; all of them if none is named.
pub fn chosen(family: Option<&str>) -> Vec<&'static dyn Registered> {
    let only = family.and_then(|key| find(families::ALL, key));
    only.map_or_else(|| families::ALL.to_vec(), |family| vec![family])
}

fn subject() -> clap::builder::PossibleValuesParser {
    let subjects = [
        (FAMILIES, "all families"),
        ("targets", "all targets"),
        ("versions", "all releases of packages"),
        ("shells", "the development shells of the matrix"),
    ];
    possible(&subjects).into()
}

fn possible(first: &[(&'static str, &'static str)]) -> Vec<PossibleValue> {
    let first = first.iter().map(|(name, help)| PossibleValue::new(*name).help(*help));
    let of = |family: &&'static dyn Registered| PossibleValue::new(family.about().key).help(family.about().summary);
    first.chain(families::ALL.iter().map(of)).collect()
}

/// Runs the command.
pub fn run(args: &ListArgs) -> Result<Outcome> {
    let chosen = chosen(args.family.as_deref());
    if args.family.is_some() && !["targets", "versions", FAMILIES].contains(&args.what.as_str()) {
        return Err(NotOfFamily { what: args.what.clone() }.into());
    }
    match args.what.as_str() {
        FAMILIES => rows(args, &["FAMILY", "TARGETS", "FIRST TARGET", "CELLS ARE"], "families", of_families(&chosen)),
        "targets" => rows(args, &["FAMILY", "TARGET"], "targets", of_targets(&chosen)),
        "versions" => rows(args, &["PACKAGE", "VERSION", "FAMILIES"], "versions", of_versions(&chosen)),
        "shells" => rows(args, &["SYSTEM", "SHELL", "CELL"], "shells", of_shells(args)?),
        key => {
            // The command line accepts only these words and names of families.
            let Some(family) = find(families::ALL, key) else { return Ok(Outcome::Fine) };
            match args.json {
                true => super::say_json(&json!({ "family": described(family) }))?,
                false => super::say(&reference(family))?,
            }
            Ok(Outcome::Fine)
        }
    }
}

/// Rows for people and programs: each a list of columns, whose names in JSON are the headings in small letters.
fn rows(args: &ListArgs, headings: &[&str], key: &str, rows: Vec<Vec<String>>) -> Result<Outcome> {
    if args.json {
        let names: Vec<String> = headings.iter().map(|heading| heading.to_lowercase().replace(' ', "_")).collect();
        let object = |row: Vec<String>| names.iter().cloned().zip(row.into_iter().map(Value::from)).collect::<Value>();
        let rows: Vec<Value> = rows.into_iter().map(object).collect();
        super::say_json(&json!({ key: rows }))?;
    } else {
        super::say(&if std::io::stdout().is_terminal() { table(headings, &rows) } else { separated(&rows) })?;
    }
    Ok(Outcome::Fine)
}

fn of_families(chosen: &[&'static dyn Registered]) -> Vec<Vec<String>> {
    let row = |family: &&'static dyn Registered| {
        let about = family.about();
        let count = family.targets().len().to_string();
        vec![about.key.to_owned(), count, about.example_target.to_owned(), about.summary.to_owned()]
    };
    chosen.iter().map(row).collect()
}

fn of_targets(chosen: &[&'static dyn Registered]) -> Vec<Vec<String>> {
    let of = |family: &&'static dyn Registered| {
        let key = family.about().key;
        family.targets().into_iter().map(|target| vec![key.to_owned(), target.to_owned()]).collect::<Vec<_>>()
    };
    chosen.iter().flat_map(of).collect()
}

/// Releases of the packages that families are built from, each once, with the families that it is for.
fn of_versions(chosen: &[&'static dyn Registered]) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for release in catalogue().releases() {
        let uses = |family: &&&'static dyn Registered| {
            family.about().packages.iter().any(|package| package.as_str() == release.package())
        };
        let keys: Vec<&str> = chosen.iter().filter(uses).map(|family| family.about().key).collect();
        if !keys.is_empty() {
            rows.push(vec![release.package().to_owned(), release.version().to_owned(), keys.join(" ")]);
        }
    }
    rows
}

fn of_shells(args: &ListArgs) -> Result<Vec<Vec<String>>> {
    let plan = project::open(&args.matrix.find()?)?.plan()?;
    let mut rows = Vec::new();
    for (system, part) in &plan.systems {
        let cells = part.cells.iter().filter(|cell| args.family.as_deref().is_none_or(|key| key == cell.family));
        for cell in cells {
            let shell =
                cell.shell.as_ref().map(|shell| vec![system.to_string(), shell.name.clone(), cell.name.clone()]);
            rows.extend(shell);
        }
    }
    Ok(rows)
}

/// A family for programs.
fn described(family: &'static dyn Registered) -> Value {
    let about = family.about();
    let axes: Vec<Value> = family.axes().iter().map(|axis| json!({ "key": axis.key, "meaning": axis.doc })).collect();
    let settings = family.settings().iter();
    let settings: Vec<Value> = settings.map(|setting| json!({ "key": setting.key, "meaning": setting.doc })).collect();
    let packages = about.packages.iter().map(|package| {
        let versions = package.releases().iter().map(|release| release.version().into()).collect::<Vec<Value>>();
        (package.as_str().to_owned(), Value::from(versions))
    });
    json!({
        "key": about.key,
        "summary": about.summary,
        "targets": family.targets(),
        "axes": axes,
        "settings": settings,
        "packages": packages.collect::<serde_json::Map<_, _>>(),
    })
}
