//! `crossloom plan`: what a matrix stands for, and what of it a Nix store holds.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal;

use clap::Args;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::project::Project;
use super::table::{separated, table};
use super::{MatrixArgs, Outcome, Result};
use crate::nix::driver::Nix;
use crate::nix::store::{StoreError, StorePath};
use crate::plan::{Plan, SystemPlan};
use crate::platform::System;

#[derive(Debug, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// Every node, too: the parts that cells are put together from. JSON has them always.
    #[arg(long)]
    nodes: bool,
    /// Ask Nix for the store path of each, and whether it is in the store. Builds and downloads nothing.
    #[arg(long)]
    store: bool,
}

#[derive(Debug, thiserror::Error)]
enum PlanError {
    #[error("{path} is not UTF-8 text, which Nix needs\nhint: move the project into a folder that is")]
    Encoding { path: String },
    #[error("cannot find {path}")]
    Index {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("what Nix evaluated {path} to is not what a rendered folder gives\nhint: run `crossloom generate`")]
    Shape {
        path: String,
        #[source]
        source: serde_json::Error,
    },
    #[error("{name} has an output that is no store path\nhint: run `crossloom generate`")]
    Path {
        name: String,
        #[source]
        source: StoreError,
    },
}

const HEADINGS: [&str; 6] = ["SYSTEM", "KIND", "NAME", "STATE", "STORE", "PATH"];

/// All outputs of everything, the one first that is meant where none is named. In one evaluation, so that what nodes
/// share is evaluated once.
const PATHS: &str = "
{ index, systems }:
let
  outputs = import index { };
  paths = builtins.mapAttrs (_: it: map (output: output.outPath) (it.all or [ it ]));
  of = system: {
    name = system;
    value = paths outputs.checks.${system} // paths outputs.legacyPackages.${system};
  };
in
builtins.listToAttrs (map of (builtins.fromJSON systems))
";

/// Paths of outputs by the name of a node or check, by system.
type Outputs = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// What is known of a name.
#[derive(Clone)]
struct Stored {
    path: String,
    /// With every one of its outputs.
    present: bool,
}

/// By system and name of a node or check. Systems without a seed are missing: nixpkgs would have to be evaluated.
type Store = BTreeMap<System, BTreeMap<String, Stored>>;

/// Runs the command.
pub fn run(args: &PlanArgs) -> Result<Outcome> {
    let project = Project::open(&args.matrix.matrix)?;
    let plan = project.plan()?;
    let store = if args.store { Some(store(&project, &plan)?) } else { None };
    let text = if args.json {
        format!("{}\n", serde_json::to_string_pretty(&json(&plan, store.as_ref())?)?)
    } else {
        let rows = rows(&plan, args.nodes, store.as_ref());
        if std::io::stdout().is_terminal() {
            let count = if args.store { 6 } else { 4 };
            table(HEADINGS.get(..count).unwrap_or_default(), &rows)
        } else {
            separated(&rows)
        }
    };
    super::say(&text)?;
    Ok(Outcome::Fine)
}

/// Asks Nix for the paths of everything that is built from a seed, and which of them are there.
fn store(project: &Project, plan: &Plan) -> Result<Store> {
    // A folder that is not there is told from one that is another matrix's.
    project.index()?;
    project.current(plan)?;
    let systems: Vec<_> = plan.systems.keys().filter(|system| system.is_linux()).collect();
    let nix = Nix::locate()?;
    let outputs: Outputs = evaluate(&nix, project, PATHS, &[("systems", &serde_json::to_string(&systems)?)])?;

    let parse = |name: &String, paths: &Vec<String>| {
        let parse = |path: &String| StorePath::parse_in(nix.store_dir(), path);
        let paths: std::result::Result<Vec<StorePath>, _> = paths.iter().map(parse).collect();
        paths.map_err(|source| PlanError::Path { name: name.clone(), source })
    };
    let mut parsed = BTreeMap::new();
    for (system, names) in &outputs {
        let Ok(system) = system.parse::<System>() else { continue };
        for (name, paths) in names {
            parsed.insert((system, name), parse(name, paths)?);
        }
    }
    let valid: BTreeSet<StorePath> = nix.valid_paths(parsed.values().flatten())?;
    let mut store = Store::new();
    for ((system, name), paths) in parsed {
        let Some(path) = paths.first().map(|path| path.path_in(nix.store_dir())) else { continue };
        let present = paths.iter().all(|path| valid.contains(path));
        store.entry(system).or_default().insert(name.clone(), Stored { path, present });
    }
    Ok(store)
}

/// The value of a function of the rendered `index`, and of texts. Without writing a derivation into the store.
pub(super) fn evaluate<T: DeserializeOwned>(
    nix: &Nix,
    project: &Project,
    function: &str,
    texts: &[(&str, &str)],
) -> Result<T> {
    let index = project.index()?;
    let shown = index.display().to_string();
    let index = index.canonicalize().map_err(|source| PlanError::Index { path: shown.clone(), source })?;
    let index = index.to_str().ok_or_else(|| PlanError::Encoding { path: shown.clone() })?;
    let mut args = vec!["--eval", "--strict", "--json", "--argstr", "index", index];
    args.extend(texts.iter().flat_map(|(name, text)| ["--argstr", name, text]));
    let printed = nix.run("nix-instantiate", args.into_iter().chain(["--expr", function]))?;
    Ok(serde_json::from_str(&printed).map_err(|source| PlanError::Shape { path: shown, source })?)
}

impl Stored {
    fn state(&self) -> &'static str {
        if self.present { "present" } else { "to build" }
    }
}

/// System, kind, name, what is known of a cell, and with a store whether it is there and its path.
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
                row.push(stored.map_or_else(none, |stored| stored.state().to_owned()));
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
        for node in all.iter().filter(|_| nodes) {
            row("node", &node.name, None, Some(&node.name));
        }
    }
    rows
}

/// The whole plan; with a store, `path` and `store` in every cell, check and node.
fn json(plan: &Plan, store: Option<&Store>) -> Result<Value> {
    let mut value = serde_json::to_value(plan)?;
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
                object.insert("store".to_owned(), stored.map(Stored::state).into());
            }
        }
    }
    Ok(value)
}
