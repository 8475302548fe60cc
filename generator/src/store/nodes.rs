//! The store's knowledge of nodes: which are there, and which it did not build itself.

use std::collections::{BTreeMap, BTreeSet};

use super::evaluate::Built;
use crate::input::{self, Kind};
use crate::nix::aterm::{self, AtermError};
use crate::nix::driver::{Nix, NixError, PathInfo};
use crate::nix::store::StorePath;
use crate::platform::System;
use crate::project::{Project, ProjectError};

/// The store cannot be asked about nodes.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum NodesError {
    #[error("cannot read {path}, the derivation")]
    #[diagnostic(help("`nix-store --verify --check-contents` tells what else is damaged"))]
    Read {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("cannot read {path}, the derivation")]
    #[diagnostic(help("`nix-store --verify --check-contents` tells what else is damaged"))]
    Parse {
        path: String,
        #[source]
        #[diagnostic_source]
        source: AtermError,
    },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Project(#[from] ProjectError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Nix(#[from] NixError),
}

/// The registered data of every output that is there.
pub fn registered(nix: &Nix, nodes: &[Built]) -> Result<BTreeMap<StorePath, PathInfo>, NixError> {
    let valid = nix.valid_paths(nodes.iter().flat_map(|node| node.outputs.values()))?;
    nix.path_infos(&valid)
}

/// Puts the derivations of nodes into the store, which evaluating does not.
pub fn instantiate(nix: &Nix, project: &Project, system: System, nodes: &[Built]) -> Result<(), NodesError> {
    let mut args = vec![project.index()?.display().to_string()];
    args.extend(attributes(system, nodes));
    nix.run("nix-instantiate", &args)?;
    Ok(())
}

/// Names nodes to `nix-build` and `nix-instantiate`.
pub fn attributes(system: System, nodes: &[Built]) -> impl Iterator<Item = String> {
    nodes.iter().flat_map(move |node| ["-A".to_owned(), format!("legacyPackages.{system}.{}", node.name)])
}

/// Those of `requisites` that were copied into the store. Sources do not count: their names stand for their contents,
/// whoever copied them.
pub fn copied(nix: &Nix, requisites: &BTreeSet<StorePath>) -> Result<BTreeSet<StorePath>, NixError> {
    let infos = nix.path_infos(requisites.iter().filter(|path| !is_derivation(path)))?;
    let copied = infos.into_iter().filter(|(_, info)| !info.built && !info.by_content);
    Ok(copied.map(|(path, _)| path).collect())
}

/// The inputs of nodes that are not nodes and were copied into the store: usually the seed's programs.
pub fn copied_inputs(nix: &Nix, nodes: &[Built]) -> Result<Vec<Built>, NodesError> {
    let requisites = nix.requisites(&derivations(nodes))?;
    let mut copied = copied(nix, &requisites)?;
    for path in nodes.iter().flat_map(|node| node.outputs.values()) {
        copied.remove(path);
    }
    let mut inputs = Vec::new();
    for path in requisites.iter().filter(|path| !copied.is_empty() && is_derivation(path)) {
        let drv = path.path_in(nix.store_dir());
        let text = input::bytes(&nix.real(path), A_DERIVATION);
        let text = text.map_err(|source| NodesError::Read { path: drv.clone(), source })?;
        let outputs =
            aterm::outputs(&text, nix.store_dir()).map_err(|source| NodesError::Parse { path: drv.clone(), source })?;
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
/// It holds arguments and scripts, and the paths of everything that it needs.
pub(super) const A_DERIVATION: Kind = Kind { what: "a derivation", most: 64 << 20 };

fn is_derivation(path: &StorePath) -> bool {
    path.name().ends_with(DERIVATION)
}

/// The paths of the derivations of nodes.
pub fn derivations(nodes: &[Built]) -> Vec<String> {
    nodes.iter().map(|node| node.drv.clone()).collect()
}
