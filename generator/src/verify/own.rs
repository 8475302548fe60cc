//! This machine's builds: the hashes of their outputs, and the file that tells others.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use super::Ours;
use super::digests::{Digest, Digests, DigestsError, MAX_BYTES, Outputs};
use crate::input::{self, Kind};
use crate::nix::driver::{Nix, NixError, PathInfo};
use crate::nix::nar::{NarError, hash_path};
use crate::nix::store::StorePath;
use crate::platform::System;
use crate::project::Project;
use crate::store::evaluate::{Built, EvaluateError, built};
use crate::store::nodes::{NodesError, copied, derivations, instantiate, registered};

/// This machine's digests cannot be told.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum OwnError {
    #[error("{path}")]
    #[diagnostic(help(
        "ask for it again where it came from; or move it away, and `crossloom digests --write FILE` writes it anew"
    ))]
    File {
        path: String,
        #[source]
        source: Box<DigestsError>,
    },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Conflict(#[from] input::Conflict),
    #[error("cannot read {path}")]
    Read {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("none of it was built on this machine")]
    #[diagnostic(help("run `crossloom build NAME` first"))]
    Nothing,
    #[error("{path} differs from the build that Nix registered")]
    #[diagnostic(help("`nix-store --repair-path {path}`"))]
    Altered { path: String },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Evaluate(#[from] EvaluateError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Nodes(#[from] NodesError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Nix(#[from] NixError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Nar(#[from] NarError),
}

const DIGESTS: Kind = Kind { what: "a file of digests", most: MAX_BYTES };

/// Reads a file of digests, if there is one.
pub fn read(path: &Path) -> Result<Option<Digests>, OwnError> {
    let shown = || path.display().to_string();
    let text = match input::text(path, DIGESTS) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        text => text.map_err(|source| OwnError::Read { path: shown(), source })?,
    };
    input::unconflicted(path, &text)?;
    let digests = Digests::parse(&text).map_err(|source| OwnError::File { path: shown(), source: Box::new(source) })?;
    Ok(Some(digests))
}

/// The files of an output, hashed; `None` where they are not what Nix registered.
pub fn hashed(nix: &Nix, path: &StorePath, info: &PathInfo) -> Result<Option<Ours>, NarError> {
    let real = nix.real(path);
    let (nar, size) = hash_path(&real)?;
    let ours = Ours { path: path.path_in(nix.store_dir()), real, nar, size };
    Ok(Some(ours).filter(|_| info.nar.is_none_or(|registered| registered == nar)))
}

/// Digests of what was built here, and the nodes that have none.
#[derive(Debug)]
pub struct Own {
    /// By node.
    pub found: BTreeMap<String, Outputs>,
    /// Nodes that are not in the store.
    pub absent: Vec<String>,
    /// Nodes that were copied into the store, or are built with something that was.
    pub foreign: Vec<String>,
}

/// Hashes the outputs of every node that this machine built with programs that it built, too.
pub fn own(nix: &Nix, project: &Project, system: System, nodes: &[String]) -> Result<Own, OwnError> {
    let nodes = built(nix, project, system, nodes)?;
    let infos = registered(nix, &nodes)?;
    instantiate(nix, project, system, &nodes)?;
    let copied = copied(nix, &nix.requisites(&derivations(&nodes))?)?;
    let mut own = Own { found: BTreeMap::new(), absent: Vec::new(), foreign: Vec::new() };
    for node in nodes {
        if node.outputs.values().any(|path| !infos.contains_key(path)) {
            own.absent.push(node.name);
            continue;
        }
        // A party that says which bits it built must not repeat what another said, nor what another's programs made.
        if !copied.is_empty() && !copied.is_disjoint(&nix.requisites(std::slice::from_ref(&node.drv))?) {
            own.foreign.push(node.name);
            continue;
        }
        let outputs = digests_of(nix, &node, &infos)?;
        own.found.insert(node.name, outputs);
    }
    Ok(own)
}

fn digests_of(nix: &Nix, node: &Built, infos: &BTreeMap<StorePath, PathInfo>) -> Result<Outputs, OwnError> {
    let mut outputs = Outputs::new();
    for (output, path) in &node.outputs {
        let Some(info) = infos.get(path) else { continue };
        let altered = || OwnError::Altered { path: path.path_in(nix.store_dir()) };
        let ours = hashed(nix, path, info)?.ok_or_else(altered)?;
        outputs.insert(output.clone(), Digest { path: ours.path, nar: ours.nar });
    }
    Ok(outputs)
}
