//! Asks Nix what a rendered folder evaluates to. No derivation is written into the store.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::diag::Reason;
use crate::nix::driver::{Nix, NixError};
use crate::nix::store::{StoreError, StorePath};
use crate::plan::Plan;
use crate::platform::System;
use crate::project::{Project, ProjectError};

/// A rendered folder does not evaluate to what one should.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum EvaluateError {
    #[error("{path} is not UTF-8 text, which Nix needs")]
    #[diagnostic(help("move the project into a folder that is"))]
    Encoding { path: String },
    #[error("cannot find {path}")]
    Index {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("{path} evaluates to something that a rendered folder does not give")]
    #[diagnostic(help("run `crossloom generate`"))]
    Shape {
        path: String,
        #[source]
        source: Reason,
    },
    #[error("{name} has an output that is not a store path")]
    #[diagnostic(help("run `crossloom generate`"))]
    Path {
        name: String,
        #[source]
        #[diagnostic_source]
        source: StoreError,
    },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Project(#[from] ProjectError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Nix(#[from] NixError),
}

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

/// The derivation of every node of `names`, and the paths of its outputs.
const NODES: &str = "
{ index, system, names }:
let
  nodes = (import index { }).legacyPackages.${system};
  outputs = it: map (name: { inherit name; value = it.${name}.outPath; }) (it.outputs or [ \"out\" ]);
  of = name: {
    inherit name;
    value = {
      drv = nodes.${name}.drvPath;
      outputs = builtins.listToAttrs (outputs nodes.${name});
    };
  };
in
builtins.listToAttrs (map of (builtins.fromJSON names))
";

/// The known data of a node or check.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The path of the output that is meant where none is named.
    pub path: String,
    /// All outputs, this one first.
    pub outputs: Vec<String>,
    /// Whether the store holds all of its outputs.
    pub present: bool,
}

/// By system and name of a node or check. Systems without a seed are missing: nixpkgs would have to be evaluated.
pub type Store = BTreeMap<System, BTreeMap<String, Stored>>;

/// A node as Nix knows it.
#[derive(Debug, Clone)]
pub struct Built {
    pub name: String,
    /// The derivation's path.
    pub drv: String,
    /// By name.
    pub outputs: BTreeMap<String, StorePath>,
}

/// The paths of everything that is built from a seed, and which of them are there.
pub fn store(nix: &Nix, project: &Project, plan: &Plan) -> Result<Store, EvaluateError> {
    let systems = plan.systems.keys().filter(|system| system.is_linux()).map(|system| system.as_str());
    let systems: Value = systems.collect();
    let outputs: BTreeMap<String, BTreeMap<String, Vec<String>>> =
        evaluate(nix, project, PATHS, &[("systems", &systems.to_string())])?;

    let parse = |name: &String, paths: &Vec<String>| {
        let parse = |path: &String| StorePath::parse_in(nix.store_dir(), path);
        let paths: Result<Vec<StorePath>, _> = paths.iter().map(parse).collect();
        paths.map_err(|source| EvaluateError::Path { name: name.clone(), source })
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
        let outputs: Vec<String> = paths.iter().map(|path| path.path_in(nix.store_dir())).collect();
        let Some(path) = outputs.first().cloned() else { continue };
        let present = paths.iter().all(|path| valid.contains(path));
        store.entry(system).or_default().insert(name.clone(), Stored { path, outputs, present });
    }
    Ok(store)
}

/// The derivations and outputs of nodes, in the order of `nodes` and in one evaluation.
pub fn built(nix: &Nix, project: &Project, system: System, nodes: &[String]) -> Result<Vec<Built>, EvaluateError> {
    #[derive(serde::Deserialize)]
    struct Evaluated {
        drv: String,
        outputs: BTreeMap<String, String>,
    }
    let names = Value::from(nodes).to_string();
    let texts = [("system", system.as_str()), ("names", names.as_str())];
    let mut evaluated: BTreeMap<String, Evaluated> = evaluate(nix, project, NODES, &texts)?;
    let mut built = Vec::new();
    for (name, Evaluated { drv, outputs }) in nodes.iter().filter_map(|node| evaluated.remove_entry(node)) {
        let parse = |(output, path): (String, String)| Ok((output, StorePath::parse_in(nix.store_dir(), &path)?));
        let outputs: Result<_, StoreError> = outputs.into_iter().map(parse).collect();
        let outputs = outputs.map_err(|source| EvaluateError::Path { name: name.clone(), source })?;
        built.push(Built { name, drv, outputs });
    }
    Ok(built)
}

/// The value of a function of the rendered `index`, and of texts.
fn evaluate<T: DeserializeOwned>(
    nix: &Nix,
    project: &Project,
    function: &str,
    texts: &[(&str, &str)],
) -> Result<T, EvaluateError> {
    let index = project.index()?;
    let shown = index.display().to_string();
    let index = index.canonicalize().map_err(|source| EvaluateError::Index { path: shown.clone(), source })?;
    let index = index.to_str().ok_or_else(|| EvaluateError::Encoding { path: shown.clone() })?;
    let mut args = vec!["--eval", "--strict", "--json", "--argstr", "index", index];
    args.extend(texts.iter().flat_map(|(name, text)| ["--argstr", name, text]));
    let printed = nix.run("nix-instantiate", args.into_iter().chain(["--expr", function]))?;
    serde_json::from_str(&printed).map_err(|error| EvaluateError::Shape { path: shown, source: error.into() })
}
