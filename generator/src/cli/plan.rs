//! `crossloom plan`: the cells of a matrix, and which of them the Nix store has.

use std::collections::BTreeSet;
use std::io::IsTerminal;

use clap::Args;
use serde_json::Value;

use super::page::{Page, Use};
use super::project::EditedArgs;
use super::table::{separated, table};
use super::{MatrixArgs, Outcome, PrintError, Result, project};
use crate::nix::driver::Nix;
use crate::plan::{Plan, SystemPlan};
use crate::store::evaluate::{Store, Stored, store};

/// The page of `plan`.
pub const PAGE: Page = Page {
    command: "plan",
    examples: &[
        ("crossloom plan", "prints cells and checks"),
        ("crossloom plan --store --nodes", "also prints nodes, store paths, and whether each is in the store"),
        ("crossloom plan --json", "prints everything for programs"),
    ],
    uses: &[Use::Project, Use::Rendered, Use::Nix],
    found: "",
};

#[derive(Debug, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    #[command(flatten)]
    edited: EditedArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Also print nodes, the steps from which cells are built. JSON always has them.
    #[arg(long)]
    nodes: bool,
    /// Also print store paths, and whether each is in the store. Builds and downloads nothing.
    #[arg(long)]
    store: bool,
}

const HEADINGS: [&str; 6] = ["SYSTEM", "KIND", "NAME", "STATE", "STORE", "PATH"];

/// Runs the command.
pub fn run(args: &PlanArgs) -> Result<Outcome> {
    let project = project::open(&args.matrix.find()?)?;
    let plan = project.plan()?;
    let store = match args.store {
        true => {
            args.edited.current(&project, &plan)?;
            Some(store(&Nix::locate()?, &project, &plan)?)
        }
        false => None,
    };
    if args.json {
        super::say_json(&json(&plan, store.as_ref())?)?;
        return Ok(Outcome::Fine);
    }
    let rows = rows(&plan, args.nodes, store.as_ref());
    if std::io::stdout().is_terminal() {
        let count = if args.store { 6 } else { 4 };
        super::say(&table(HEADINGS.get(..count).unwrap_or_default(), &rows))?;
    } else {
        super::say(&separated(&rows))?;
    }
    Ok(Outcome::Fine)
}

/// The word of the table for a node that is known.
fn presence(stored: &Stored) -> &'static str {
    if stored.present { "present" } else { "to build" }
}

/// System, kind, name, and the state of a cell; with a store also whether it is there, and its path.
fn rows(plan: &Plan, nodes: bool, store: Option<&Store>) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for (system, planned) in &plan.systems {
        let mut row = |kind: &str, name: &str, state: Option<&str>, built: Option<&str>| {
            let mut row = vec![system.to_string(), kind.to_owned(), name.to_owned()];
            row.extend(state.map(str::to_owned));
            if let Some(store) = store {
                let none = || "-".to_owned();
                row.resize_with(4, none);
                let stored = built.and_then(|name| store.get(system)?.get(name));
                row.push(stored.map_or_else(none, |stored| presence(stored).to_owned()));
                row.push(stored.map_or_else(none, |stored| stored.path.clone()));
            }
            rows.push(row);
        };
        let SystemPlan { nodes: all, cells, checks, .. } = planned;
        for cell in cells {
            row("cell", &cell.name, Some(cell.state()), cell.node());
        }
        for check in checks {
            row("check", &check.name, None, Some(&check.name));
        }
        let named: BTreeSet<&String> = planned.sources().collect();
        for (name, source) in
            plan.sources.iter().filter(|(name, source)| source.source.is_some() && named.contains(name))
        {
            row("source", name, Some(if source.own { "your source" } else { "patched" }), None);
        }
        for node in all.iter().filter(|_| nodes) {
            row("node", &node.name, None, Some(&node.name));
        }
    }
    rows
}

/// The whole plan; with a store, `path` and `store` in every cell, check and node.
fn json(plan: &Plan, store: Option<&Store>) -> Result<Value> {
    let mut value = serde_json::to_value(plan).map_err(PrintError::Json)?;
    let Some(store) = store else { return Ok(value) };
    for (system, planned) in &plan.systems {
        let known = |name: &str| store.get(system).and_then(|names| names.get(name));
        let Some(shown) = value.get_mut("systems").and_then(|systems| systems.get_mut(system.as_str())) else {
            continue;
        };
        let cells = planned.cells.iter().map(|cell| cell.node().and_then(known)).collect();
        let checks = planned.checks.iter().map(|check| known(&check.name)).collect();
        let nodes = planned.nodes.iter().map(|node| known(&node.name)).collect();
        let lists: [(&str, Vec<Option<&Stored>>); 3] = [("cells", cells), ("checks", checks), ("nodes", nodes)];
        for (key, list) in lists {
            let objects = shown.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten();
            for (object, stored) in objects.filter_map(Value::as_object_mut).zip(list) {
                object.insert("path".to_owned(), stored.map(|stored| stored.path.as_str()).into());
                object.insert("store".to_owned(), stored.map(presence).into());
            }
        }
    }
    Ok(value)
}
