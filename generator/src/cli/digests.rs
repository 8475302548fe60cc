//! `crossloom digests`: which bits nodes came out as on this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;

use super::fetch::{nodes_of, this_system};
use super::plan::evaluate;
use super::project::Project;
use super::{MatrixArgs, Outcome, Result};
use crate::nix::driver::{Nix, PathInfo};
use crate::nix::store::{StoreError, StorePath};
use crate::nix::{aterm, nar};
use crate::plan::{Plan, SystemPlan};
use crate::platform::System;
use crate::verify::Ours;
use crate::verify::digests::{Digest, Digests, DigestsError, MAX_BYTES};
use crate::{input, output};

#[derive(Debug, Args)]
pub struct DigestsArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    /// Cells and nodes, with every node that they need; all of this machine's when none is named.
    #[arg(value_name = "CELL|NODE")]
    names: Vec<String>,
    /// Put them into this file instead, where other nodes and build systems keep what is said of them.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum DigestsCommandError {
    #[error("the matrix has no cell for {system}, this machine's system\nhint: add it to [build] systems")]
    NoSystem { system: System },
    #[error(
        "{name} is a check: what it says is compared with `crossloom build --rebuild {name}`\nhint: name a cell or a node"
    )]
    Check { name: String },
    #[error(
        "{path}\nhint: ask for it again where it came from; or move it away, and `crossloom digests --write FILE` writes it anew"
    )]
    File {
        path: String,
        #[source]
        source: DigestsError,
    },
    #[error("this machine's store has nothing of it that was built here\nhint: `crossloom build NAME` first")]
    Nothing,
    #[error("{path} is not what Nix registered when it was built\nhint: `nix-store --repair-path {path}`")]
    Altered { path: String },
    #[error(
        "cannot read {path}, the derivation\nhint: `nix-store --verify --check-contents` tells what else is damaged"
    )]
    Derivation {
        path: String,
        #[source]
        source: Box<dyn std::error::Error>,
    },
    #[error("cannot read {path}")]
    Read {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("{node} has an output that is no store path\nhint: run `crossloom generate`")]
    Path {
        node: String,
        #[source]
        source: StoreError,
    },
}

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

/// A node as Nix knows it.
pub(super) struct Built {
    pub name: String,
    /// The derivation's path.
    pub drv: String,
    /// By name.
    pub outputs: BTreeMap<String, StorePath>,
}

/// This machine's part of the plan.
pub(super) fn planned(plan: &Plan, system: System) -> Result<&SystemPlan> {
    Ok(plan.systems.get(&system).ok_or(DigestsCommandError::NoSystem { system })?)
}

/// The nodes of cells and nodes with all that they need, in the plan's order; every node where there is no name.
pub(super) fn closure(plan: &SystemPlan, system: System, names: &[String]) -> Result<Vec<String>> {
    if let Some(name) = names.iter().find(|name| plan.checks.iter().any(|check| check.name == **name)) {
        return Err(DigestsCommandError::Check { name: name.clone() }.into());
    }
    if names.is_empty() {
        return Ok(plan.nodes.iter().map(|node| node.name.clone()).collect());
    }
    let chosen = nodes_of(plan, system, names)?;
    Ok(plan.closure(chosen.iter().map(String::as_str)).into_iter().map(|node| node.name.clone()).collect())
}

/// Asks Nix for derivations and paths, in one evaluation.
pub(super) fn built(nix: &Nix, project: &Project, system: System, nodes: &[String]) -> Result<Vec<Built>> {
    #[derive(serde::Deserialize)]
    struct Evaluated {
        drv: String,
        outputs: BTreeMap<String, String>,
    }
    let names = serde_json::to_string(nodes)?;
    let texts = [("system", system.as_str()), ("names", names.as_str())];
    let mut evaluated: BTreeMap<String, Evaluated> = evaluate(nix, project, NODES, &texts)?;
    let mut built = Vec::new();
    for (name, Evaluated { drv, outputs }) in nodes.iter().filter_map(|node| evaluated.remove_entry(node)) {
        let parse = |(output, path): (String, String)| Ok((output, StorePath::parse_in(nix.store_dir(), &path)?));
        let outputs: std::result::Result<_, StoreError> = outputs.into_iter().map(parse).collect();
        let outputs = outputs.map_err(|source| DigestsCommandError::Path { node: name.clone(), source })?;
        built.push(Built { name, drv, outputs });
    }
    Ok(built)
}

/// What the store knows of every output that is there.
pub(super) fn registered(nix: &Nix, nodes: &[Built]) -> Result<BTreeMap<StorePath, PathInfo>> {
    let valid = nix.valid_paths(nodes.iter().flat_map(|node| node.outputs.values()))?;
    Ok(nix.path_infos(&valid)?)
}

/// Puts the derivations of nodes into the store, which evaluating does not.
pub(super) fn instantiate(nix: &Nix, project: &Project, system: System, nodes: &[Built]) -> Result<()> {
    let mut args = vec![project.index()?.display().to_string()];
    args.extend(attributes(system, nodes));
    nix.run("nix-instantiate", &args)?;
    Ok(())
}

/// Names nodes to `nix-build` and `nix-instantiate`.
pub(super) fn attributes(system: System, nodes: &[Built]) -> impl Iterator<Item = String> {
    nodes.iter().flat_map(move |node| ["-A".to_owned(), format!("legacyPackages.{system}.{}", node.name)])
}

/// What nodes are and are built with, as far as it was copied into the store. Sources are not of it: their names stand for
/// their contents, whoever copied them.
pub(super) fn copied(nix: &Nix, requisites: &BTreeSet<StorePath>) -> Result<BTreeSet<StorePath>> {
    let infos = nix.path_infos(requisites.iter().filter(|path| !is_derivation(path)))?;
    let copied = infos.into_iter().filter(|(_, info)| !info.built && !info.by_content);
    Ok(copied.map(|(path, _)| path).collect())
}

/// What nodes are built with that is no node and was copied into the store: the seed's programs, as a rule.
pub(super) fn copied_inputs(nix: &Nix, nodes: &[Built]) -> Result<Vec<Built>> {
    let requisites = nix.requisites(&derivations(nodes))?;
    let mut copied = copied(nix, &requisites)?;
    for path in nodes.iter().flat_map(|node| node.outputs.values()) {
        copied.remove(path);
    }
    let mut inputs = Vec::new();
    for path in requisites.iter().filter(|path| !copied.is_empty() && is_derivation(path)) {
        let drv = path.path_in(nix.store_dir());
        let failed = |source| DigestsCommandError::Derivation { path: drv.clone(), source };
        let text = std::fs::read(nix.real(path)).map_err(|error| failed(error.into()))?;
        let outputs = aterm::outputs(&text, nix.store_dir()).map_err(|error| failed(error.into()))?;
        let outputs = outputs.into_iter().filter_map(|(name, path)| Some((name, path?)));
        let outputs: BTreeMap<String, StorePath> = outputs.filter(|(_, path)| copied.contains(path)).collect();
        if !outputs.is_empty() {
            let name = path.name().trim_end_matches(DERIVATION).to_owned();
            inputs.push(Built { name, drv, outputs });
        }
    }
    Ok(inputs)
}

const DERIVATION: &str = ".drv";

fn is_derivation(path: &StorePath) -> bool {
    path.name().ends_with(DERIVATION)
}

fn derivations(nodes: &[Built]) -> Vec<String> {
    nodes.iter().map(|node| node.drv.clone()).collect()
}

/// What lies under an output's path, hashed; `None` where that is not what Nix registered.
pub(super) fn hashed(nix: &Nix, path: &StorePath, info: &PathInfo) -> Result<Option<Ours>> {
    let real = nix.real(path);
    let (nar, size) = nar::hash_path(&real)?;
    let ours = Ours { path: path.path_in(nix.store_dir()), real, nar, size };
    Ok(Some(ours).filter(|_| info.nar.is_none_or(|registered| registered == nar)))
}

/// Reads a file of digests.
pub(super) fn read(path: &Path) -> Result<Option<Digests>> {
    let shown = || path.display().to_string();
    let text = match input::read(path, MAX_BYTES) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        text => text.map_err(|source| DigestsCommandError::Read { path: shown(), source })?,
    };
    let digests = Digests::parse(&text).map_err(|source| DigestsCommandError::File { path: shown(), source })?;
    Ok(Some(digests))
}

/// Runs the command.
pub fn run(args: &DigestsArgs) -> Result<Outcome> {
    let project = Project::open(&args.matrix.matrix)?;
    project.index()?;
    let system = this_system()?;
    let plan = project.plan()?;
    let nodes = closure(planned(&plan, system)?, system, &args.names)?;
    let named = nodes_of(planned(&plan, system)?, system, &args.names)?;
    project.current(&plan)?;
    // Before anything is hashed: that takes a while.
    let mut digests = match &args.write {
        Some(path) => read(path)?.unwrap_or_default(),
        None => Digests::default(),
    };
    let nix = Nix::locate()?;
    let nodes = built(&nix, &project, system, &nodes)?;
    let infos = registered(&nix, &nodes)?;
    instantiate(&nix, &project, system, &nodes)?;
    let copied = copied(&nix, &nix.requisites(&derivations(&nodes))?)?;
    let mut found = BTreeMap::new();
    let (mut absent, mut foreign) = (Vec::new(), Vec::new());
    for node in &nodes {
        if node.outputs.values().any(|path| !infos.contains_key(path)) {
            absent.push(node.name.as_str());
            continue;
        }
        // Who says which bits it built must not repeat what another party said, nor what its programs made.
        if !copied.is_empty() && !copied.is_disjoint(&nix.requisites(std::slice::from_ref(&node.drv))?) {
            foreign.push(node.name.as_str());
            continue;
        }
        let mut outputs = BTreeMap::new();
        for (output, path) in &node.outputs {
            let Some(info) = infos.get(path) else { continue };
            let altered = || DigestsCommandError::Altered { path: path.path_in(nix.store_dir()) };
            let ours = hashed(&nix, path, info)?.ok_or_else(altered)?;
            outputs.insert(output.clone(), Digest { path: ours.path, nar: ours.nar });
        }
        found.insert(node.name.clone(), outputs);
    }
    let short =
        !args.names.is_empty() && named.iter().any(|name| absent.iter().chain(&foreign).any(|left| left == name));
    let whys = ["not in this machine's store", "they, or what they are built with, were copied into the store"];
    for (names, why) in [absent, foreign].into_iter().zip(whys) {
        if !names.is_empty() {
            tracing::warn!("left out, since {why}: {}", names.join(", "));
        }
    }
    if found.is_empty() {
        return Err(DigestsCommandError::Nothing.into());
    }
    let count = found.len();
    digests.replace(system.as_str(), found);
    match &args.write {
        Some(path) => {
            output::write_file(path, &digests.to_text())?;
            tracing::info!("{}: {count} nodes of {system} written", path.display());
        }
        None => super::say(&digests.to_text())?,
    }
    Ok(if short { Outcome::Found } else { Outcome::Fine })
}
