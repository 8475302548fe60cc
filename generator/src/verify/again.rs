//! Builds nodes a second time, or compares them with what another party built.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::cache::{Cache, CacheError};
use super::digests::Digests;
use super::own::{OwnError, hashed, read};
use super::{Found, Ours, Row, Verdict, published};
use crate::fetch::Show;
use crate::nix::archive::{CompareError, Dump, first_difference};
use crate::nix::driver::{Nix, NixError, PathInfo};
use crate::nix::hash::Sha256;
use crate::nix::nar::{NarError, hash_path};
use crate::nix::store::StorePath;
use crate::plan::Plan;
use crate::platform::System;
use crate::project::Project;
use crate::report::Report;
use crate::store::build::{BuildError, build_nodes, watch};
use crate::store::evaluate::{Built, EvaluateError, built};
use crate::store::nodes::{NodesError, copied_inputs, instantiate, registered};
use crate::store::sources::{SourcesError, for_names};
use crate::store::{Event, Tell};

/// Builds cannot be compared at all. A single output that cannot be read is a [`Verdict`].
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum VerifyError {
    #[error("there is no {path}")]
    #[diagnostic(help(
        "name a digests.json or the folder of a binary cache; `nix copy --from URL --to file://DIR` copies one"
    ))]
    NoSuch { path: String },
    #[error("cannot make a folder for Nix's failed builds")]
    Folder(#[source] std::io::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Own(#[from] OwnError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Cache(#[from] CacheError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Evaluate(#[from] EvaluateError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Nodes(#[from] NodesError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Sources(#[from] SourcesError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Nix(#[from] NixError),
}

/// The builds with which this machine's builds are compared.
#[derive(Debug)]
pub enum Theirs {
    /// Builds of its own.
    Again,
    Digests(Digests),
    Cache(Cache),
}

impl Theirs {
    /// Opens a file of digests, or the folder of a binary cache for a store in `store_dir`.
    pub fn open(path: &Path, store_dir: &str) -> Result<Theirs, VerifyError> {
        if path.is_dir() {
            return Ok(Theirs::Cache(Cache::open(path, store_dir)?));
        }
        let missing = || VerifyError::NoSuch { path: path.display().to_string() };
        Ok(Theirs::Digests(read(path)?.ok_or_else(missing)?))
    }
}

/// The findings.
#[derive(Debug, Default)]
pub struct Answer {
    pub rows: Vec<Row>,
    /// The paths of both builds of each output that was built a second time and differs.
    pub pairs: Vec<(PathBuf, PathBuf)>,
}

/// The result of building an output a second time.
enum Second {
    Same,
    /// The path of the second build.
    Differs(PathBuf),
    Unknown(String),
}

/// Compares every output of nodes, which are all that something needs.
pub fn verify(
    nix: &Nix,
    (project, plan, system): (&Project, &Plan, System),
    names: &[String],
    theirs: &Theirs,
    show: Show,
    tell: Tell<'_>,
) -> Result<Answer, VerifyError> {
    let nodes = built(nix, project, system, names)?;
    let mut infos = registered(nix, &nodes)?;
    let again = matches!(theirs, Theirs::Again);
    // A copy says nothing of what this machine would build: Nix builds it again and compares.
    let own = |node: &Built, infos: &BTreeMap<StorePath, PathInfo>| {
        node.outputs.values().all(|path| infos.get(path).is_some_and(|info| info.built))
    };
    if again || !nodes.iter().all(|node| own(node, &infos)) {
        for_names(nix, project, plan, system, names, show, tell)?;
        build_nodes(nix, project, system, &nodes, tell)?;
        infos = registered(nix, &nodes)?;
    } else {
        instantiate(nix, project, system, &nodes)?;
    }
    let mut answer = Answer::default();
    // Programs that were copied from another build what the other wants: they are built again, too.
    let inputs = copied_inputs(nix, &nodes)?;
    let copies = registered(nix, &inputs)?;
    for input in &inputs {
        let second = second(nix, input, tell)?;
        answer.add(nix, input, &second, |of, second| look(nix, &Theirs::Again, system, of, copies.get(of.2), second));
    }
    let suspect = answer.rows.iter().find(|row| row.found.verdict != Verdict::Identical).map(|row| row.node.clone());
    for node in &nodes {
        if let Some(suspect) = &suspect {
            let why = format!("{suspect} was copied into the store and is not what this machine builds");
            let nothing = || (None, Found::saying(Verdict::NotCompared, why.as_str()));
            answer.add(nix, node, &BTreeMap::new(), |_, _| nothing());
            continue;
        }
        let second = match again || !own(node, &infos) {
            true => second(nix, node, tell)?,
            false => BTreeMap::new(),
        };
        answer.add(nix, node, &second, |of, second| look(nix, theirs, system, of, infos.get(of.2), second));
    }
    Ok(answer)
}

impl Answer {
    /// A row for each output of a node.
    fn add(
        &mut self,
        nix: &Nix,
        node: &Built,
        second: &BTreeMap<String, Second>,
        look: impl Fn((&Built, &str, &StorePath), &Second) -> (Option<Sha256>, Found),
    ) {
        for (output, path) in &node.outputs {
            let second = second.get(output).unwrap_or(&Second::Same);
            let (nar, found) = look((node, output, path), second);
            if let Second::Differs(kept) = second {
                self.pairs.push((nix.real(path), kept.clone()));
            }
            let path = path.path_in(nix.store_dir());
            self.rows.push(Row { node: node.name.clone(), output: output.clone(), path, nar, found });
        }
    }
}

/// Builds a node again. By itself: Nix ends at the first node that differs. What differs is kept beside the first build.
fn second(nix: &Nix, node: &Built, tell: Tell<'_>) -> Result<BTreeMap<String, Second>, VerifyError> {
    // With the output Nix keeps the folder that it was built in, which is large and of no use here.
    let folder = tempfile::tempdir().map_err(VerifyError::Folder)?;
    let args = ["--realise", "--check", "--keep-failed", "--no-build-output", &node.drv];
    let mut command = nix.command("nix-store", args);
    command.env("TMPDIR", folder.path());
    let ended = watch(command, tell)?;
    if !ended.ok && !ended.differs() {
        tell(Event::Words(&ended.tail));
    }
    drop(folder);
    // A daemon builds in its own folder, which only the daemon may remove.
    let kept = ended.tail.iter().filter_map(|line| line.split("keeping build directory '").nth(1)?.split('\'').next());
    for left in kept.filter(|place| Path::new(place).exists()) {
        tracing::info!("Nix left its build folder behind: {left}");
    }
    let of = |path: &StorePath| {
        let kept = format!("{}.check", path.base_name());
        if ended.ok {
            Second::Same
        } else if !ended.differs() {
            Second::Unknown(format!("could not be built again: `nix-store --read-log {}` shows why", node.drv))
        } else if ended.tail.iter().any(|line| line.contains(&kept)) {
            Second::Differs(nix.real(path).with_file_name(kept))
        } else {
            Second::Unknown("another output differs, and Nix ends at the first".to_owned())
        }
    };
    Ok(node.outputs.iter().map(|(output, path)| (output.clone(), of(path))).collect())
}

/// An output cannot be read.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
enum LookError {
    #[error("cannot read {path}")]
    Read {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Nar(#[from] NarError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Compare(#[from] CompareError),
}

/// Compares one output, and hashes this machine's. What can't be read is damaged, and ends nothing.
fn look(
    nix: &Nix,
    theirs: &Theirs,
    system: System,
    of: (&Built, &str, &StorePath),
    info: Option<&PathInfo>,
    second: &Second,
) -> (Option<Sha256>, Found) {
    let Some(info) = info else {
        return (None, Found::saying(Verdict::NotCompared, "not in the store, though it was built"));
    };
    if let Second::Unknown(why) = second {
        return (None, Found::saying(Verdict::NotCompared, why));
    }
    compare(nix, theirs, system, of, info, second).unwrap_or_else(|error| {
        let path = of.2.path_in(nix.store_dir());
        (None, Found::saying(Verdict::Damaged, format!("{path}: {}", Report::of(&error).message)))
    })
}

fn compare(
    nix: &Nix,
    theirs: &Theirs,
    system: System,
    (node, output, path): (&Built, &str, &StorePath),
    info: &PathInfo,
    second: &Second,
) -> Result<(Option<Sha256>, Found), LookError> {
    let Some(first) = hashed(nix, path, info)? else {
        let path = path.path_in(nix.store_dir());
        let detail =
            format!("{path} differs from the build that Nix registered: `nix-store --repair-path {path}` repairs it");
        return Ok((None, Found::saying(Verdict::Damaged, detail)));
    };
    // A copied output that differs was not built by this machine: the new build is this machine's.
    let ours = match (second, theirs) {
        (Second::Differs(kept), Theirs::Digests(_) | Theirs::Cache(_)) => {
            let (nar, size) = hash_path(kept)?;
            Ours { nar, size, real: kept.clone(), path: first.path }
        }
        _ => first,
    };
    let found = match (theirs, second) {
        (Theirs::Again, Second::Differs(kept)) => {
            let (here, there) = (dump(&ours.real)?, dump(kept)?);
            Found::differs(first_difference(here, there)?, ["the first build", "the second"])
        }
        (Theirs::Again, _) => Found::new(Verdict::Identical),
        (Theirs::Digests(theirs), _) => {
            let nodes = theirs.systems.get(system.as_str());
            published(nodes.and_then(|nodes| nodes.get(&node.name)), output, &ours)
        }
        (Theirs::Cache(cache), _) => cache.compare(path, &ours),
    };
    Ok((Some(ours.nar), found))
}

fn dump(path: &Path) -> Result<Dump, LookError> {
    Dump::new(path.to_owned()).map_err(|source| LookError::Read { path: path.display().to_string(), source })
}
