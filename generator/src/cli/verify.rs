//! `crossloom verify`: whether nodes come out as the same bits when they are built again, or for another party.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use serde_json::json;

use super::build::{located, watch};
use super::digests::{
    self, Built, attributes, built, closure, copied_inputs, hashed, instantiate, planned, registered,
};
use super::fetch::{for_names, this_system};
use super::project::Project;
use super::table::{separated, table};
use super::{MatrixArgs, Outcome, Result};
use crate::nix::archive::{Dump, first_difference};
use crate::nix::driver::{Nix, PathInfo};
use crate::nix::hash::Sha256;
use crate::nix::nar;
use crate::nix::store::StorePath;
use crate::platform::System;
use crate::verify::cache::Cache;
use crate::verify::digests::Digests;
use crate::verify::{Found, Ours, Row, Verdict, published};

#[derive(Debug, Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    /// Cells and nodes; every node that they need is verified, too.
    #[arg(value_name = "CELL|NODE", required = true)]
    names: Vec<String>,
    /// Instead of building again, compare with what another party built: its digests.json, or the folder of a binary
    /// cache as `nix copy --to file://DIR` writes it.
    #[arg(long, value_name = "FILE|DIR")]
    against: Option<PathBuf>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, thiserror::Error)]
enum VerifyError {
    #[error(
        "there is no {path}\n\
         hint: name a digests.json or the folder of a binary cache; `nix copy --from URL --to file://DIR` copies one"
    )]
    NoSuch { path: String },
    #[error("cannot make a folder for what Nix leaves behind")]
    Folder {
        #[source]
        source: std::io::Error,
    },
}

const HEADINGS: [&str; 5] = ["NODE", "OUTPUT", "STATE", "FILE", "DETAIL"];

/// What this machine's builds are compared with.
enum Theirs {
    /// Builds of its own.
    Again,
    Digests(Digests),
    Cache(Cache),
}

/// What came of building an output a second time.
enum Second {
    Same,
    /// Where the second build is kept.
    Differs(PathBuf),
    Unknown(String),
}

/// Runs the command.
pub fn run(args: &VerifyArgs, quiet: bool) -> Result<Outcome> {
    let project = Project::open(&args.matrix.matrix)?;
    project.index()?;
    let system = this_system()?;
    let plan = project.plan()?;
    let names = closure(planned(&plan, system)?, system, &args.names)?;
    let nix = located(&project, system)?;
    project.current(&plan)?;
    let theirs = match &args.against {
        Some(path) => against(path, nix.store_dir())?,
        None => Theirs::Again,
    };

    let nodes = built(&nix, &project, system, &names)?;
    let mut infos = registered(&nix, &nodes)?;
    let again = matches!(theirs, Theirs::Again);
    // A copy says nothing of what this machine would build: Nix builds it again and compares.
    let own = |node: &Built, infos: &BTreeMap<StorePath, PathInfo>| {
        node.outputs.values().all(|path| infos.get(path).is_some_and(|info| info.built))
    };
    if again || !nodes.iter().all(|node| own(node, &infos)) {
        for_names(&nix, &project, &plan, system, &args.names, quiet)?;
        first(&nix, &project, system, &nodes, quiet)?;
        infos = registered(&nix, &nodes)?;
    } else {
        instantiate(&nix, &project, system, &nodes)?;
    }
    let mut answer = Answer::default();
    // Programs that were copied from another build what the other wants: they are built again, too.
    let inputs = copied_inputs(&nix, &nodes)?;
    let copies = registered(&nix, &inputs)?;
    for input in &inputs {
        let second = second(&nix, input, quiet)?;
        answer.add(&nix, input, &second, |of, second| look(&nix, &Theirs::Again, system, of, copies.get(of.2), second));
    }
    let suspect = answer.rows.iter().find(|row| row.found.verdict != Verdict::Identical).map(|row| row.node.clone());
    for node in &nodes {
        if let Some(suspect) = &suspect {
            let why = format!("{suspect} was copied into the store and is not what this machine builds");
            let nothing = || (None, Found::saying(Verdict::NotCompared, why.as_str()));
            answer.add(&nix, node, &BTreeMap::new(), |_, _| nothing());
            continue;
        }
        let second = match again || !own(node, &infos) {
            true => second(&nix, node, quiet)?,
            false => BTreeMap::new(),
        };
        answer.add(&nix, node, &second, |of, second| look(&nix, &theirs, system, of, infos.get(of.2), second));
    }
    let Answer { rows, pairs } = answer;
    print(args, system, &rows)?;
    for (first, second) in pairs.iter().filter(|_| again) {
        account(first, second);
    }
    let same = rows.iter().all(|row| row.found.verdict == Verdict::Identical);
    Ok(if same { Outcome::Fine } else { Outcome::Found })
}

/// What has been found, and both builds of what was built a second time and differs.
#[derive(Default)]
struct Answer {
    rows: Vec<Row>,
    pairs: Vec<(PathBuf, PathBuf)>,
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

/// What `--against` names.
fn against(path: &Path, store_dir: &str) -> Result<Theirs> {
    if path.is_dir() {
        return Ok(Theirs::Cache(Cache::open(path, store_dir)?));
    }
    let missing = || VerifyError::NoSuch { path: path.display().to_string() };
    Ok(Theirs::Digests(digests::read(path)?.ok_or_else(missing)?))
}

/// Builds what is not there, and puts every node's derivation into the store.
fn first(nix: &Nix, project: &Project, system: System, nodes: &[Built], quiet: bool) -> Result<()> {
    let mut args = vec![project.index()?.display().to_string(), "--no-build-output".to_owned()];
    args.push("--no-out-link".to_owned());
    args.extend(attributes(system, nodes));
    let ended = watch(nix.command("nix-build", &args), quiet)?;
    if !ended.ok {
        ended.show();
        return Err(ended.failed().into());
    }
    Ok(())
}

/// Builds a node again. By itself: Nix ends at the first node that differs. What differs is kept beside the first build.
fn second(nix: &Nix, node: &Built, quiet: bool) -> Result<BTreeMap<String, Second>> {
    // With the output Nix keeps the folder that it was built in, which is large and of no use here.
    let folder = tempfile::tempdir().map_err(|source| VerifyError::Folder { source })?;
    let args = ["--realise", "--check", "--keep-failed", "--no-build-output", &node.drv];
    let mut command = nix.command("nix-store", args);
    command.env("TMPDIR", folder.path());
    let ended = watch(command, quiet)?;
    if !ended.ok && !ended.differs() {
        ended.show();
    }
    drop(folder);
    // A daemon builds in a folder of its own, which it alone may remove.
    let kept = ended.tail.iter().filter_map(|line| line.split("keeping build directory '").nth(1)?.split('\'').next());
    for left in kept.filter(|place| Path::new(place).exists()) {
        tracing::info!("Nix left behind what it built in: {left}");
    }
    let of = |path: &StorePath| {
        let kept = format!("{}.check", path.base_name());
        if ended.ok {
            Second::Same
        } else if !ended.differs() {
            Second::Unknown(format!("could not be built again: `nix log {}` shows why", node.drv))
        } else if ended.tail.iter().any(|line| line.contains(&kept)) {
            Second::Differs(nix.real(path).with_file_name(kept))
        } else {
            Second::Unknown("another output differs, and Nix ends at the first".to_owned())
        }
    };
    Ok(node.outputs.iter().map(|(output, path)| (output.clone(), of(path))).collect())
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
        let causes = std::iter::successors(error.source(), |cause| cause.source());
        let detail = causes.fold(format!("{path}: {error}"), |detail, cause| format!("{detail}: {cause}"));
        (None, Found::saying(Verdict::Damaged, detail))
    })
}

fn compare(
    nix: &Nix,
    theirs: &Theirs,
    system: System,
    (node, output, path): (&Built, &str, &StorePath),
    info: &PathInfo,
    second: &Second,
) -> Result<(Option<Sha256>, Found)> {
    let Some(first) = hashed(nix, path, info)? else {
        let path = path.path_in(nix.store_dir());
        let detail = format!("{path} is not what Nix registered: `nix-store --repair-path {path}` mends it");
        return Ok((None, Found::saying(Verdict::Damaged, detail)));
    };
    // What was copied from another and comes out different is not this machine's: that is what it built just now.
    let ours = match (second, theirs) {
        (Second::Differs(kept), Theirs::Digests(_) | Theirs::Cache(_)) => {
            let (nar, size) = nar::hash_path(kept)?;
            Ours { nar, size, real: kept.clone(), path: first.path }
        }
        _ => first,
    };
    let found = match (theirs, second) {
        (Theirs::Again, Second::Differs(kept)) => {
            let (here, there) = (Dump::new(ours.real.clone())?, Dump::new(kept.clone())?);
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

fn print(args: &VerifyArgs, system: System, rows: &[Row]) -> Result<()> {
    let columns = || rows.iter().map(Row::columns).collect::<Vec<_>>();
    let text = if args.json {
        let against = args.against.as_ref().map(|path| path.display().to_string());
        let value = json!({ "system": system, "against": against, "outputs": rows });
        format!("{}\n", serde_json::to_string_pretty(&value)?)
    } else if std::io::stdout().is_terminal() {
        table(&HEADINGS, &columns())
    } else {
        separated(&columns())
    };
    super::say(&text)?;
    let count = |verdict: Verdict| rows.iter().filter(|row| row.found.verdict == verdict).count();
    let counts = Verdict::ALL.map(|verdict| (count(verdict), verdict.as_str())).into_iter();
    let counts: Vec<String> = counts.filter(|(count, _)| *count > 0).map(|(n, word)| format!("{n} {word}")).collect();
    tracing::info!("{} outputs: {}", rows.len(), counts.join(", "));
    Ok(())
}

/// Says where both builds are, and what diffoscope says of them, where there is one. For people: not on stdout.
fn account(first: &Path, second: &Path) {
    tracing::info!("both builds are there to be compared: {} {}", first.display(), second.display());
    let mut command = Command::new("diffoscope");
    command.args(["--no-progress", "--max-text-report-size", "65536", "--text", "-"]);
    match command.arg(first).arg(second).output() {
        Ok(output) => eprint!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            tracing::info!("with diffoscope on PATH there would be an account of how they differ");
        }
        Err(error) => tracing::warn!("cannot run diffoscope: {error}"),
    }
}
