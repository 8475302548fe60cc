//! `crossloom push`: finished builds for other machines.

use std::path::PathBuf;

use clap::Args;

use super::build::{store_address, without_sdk};
use super::page::{Page, Use};
use super::project::EditedArgs;
use super::{MatrixArgs, Outcome, Result, project};
use crate::nix::driver::Nix;
use crate::store::choose::{choose, expand, planned};
use crate::store::evaluate::store;
use crate::store::machine;
use crate::store::push::{PushError, public, push};

/// The page of `push`.
pub const PAGE: Page = Page {
    command: "push",
    examples: &[
        ("crossloom push --key secret.key file:///srv/cache {cell}", "signs a toolchain and copies it into a cache"),
        (
            "crossloom push --key secret.key --nodes s3://cache",
            "copies all cells with the nodes that they were built from",
        ),
    ],
    uses: &[Use::Project, Use::Rendered, Use::Nix],
    found: "",
};

#[derive(Debug, Args)]
pub struct PushArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    #[command(flatten)]
    edited: EditedArgs,
    /// The binary cache or the other machine's store, as Nix writes it: file:///FOLDER, s3://BUCKET, https://HOST, ssh-ng://HOST.
    #[arg(value_name = "STORE", value_parser = store_address)]
    store: String,
    /// Cells, checks, nodes or patterns, as for `crossloom build`; all cells if there is none.
    #[arg(value_name = "CELL|CHECK|NODE|PATTERN")]
    names: Vec<String>,
    /// Sign with the secret key in this file, which `nix-store --generate-binary-cache-key` makes.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Copy the nodes that they were built from as well, as far as this machine has them.
    #[arg(long)]
    nodes: bool,
}

/// Runs the command.
pub fn run(args: &PushArgs) -> Result<Outcome> {
    let public = args.key.as_deref().map(public).transpose()?;
    let project = project::open(&args.matrix.find()?)?;
    let plan = project.plan()?;
    args.edited.current(&project, &plan)?;
    let system = machine::system()?;
    let part = planned(&plan, system)?;
    let names = expand(part, system, &args.names, false)?;
    if args.names.is_empty() {
        without_sdk(part, system, &names)?;
    }
    let chosen = choose(part, system, &names)?.nodes;
    let nix = Nix::locate()?;
    let stores = store(&nix, &project, &plan)?;
    let known = |name: &str| stores.get(&system).and_then(|names| names.get(name));
    let checks = names.iter().filter(|name| part.checks.iter().any(|check| check.name == **name));
    let asked: Vec<&String> = chosen.iter().chain(checks).collect();
    let missing = asked.iter().filter(|name| !known(name).is_some_and(|stored| stored.present));
    let missing: Vec<String> = missing.map(|name| (*name).clone()).collect();
    if !missing.is_empty() {
        return Err(PushError::NotBuilt { names: missing }.into());
    }
    let closure = part.closure(chosen.iter().map(String::as_str)).into_iter().map(|node| &node.name);
    let more = closure.filter(|name| args.nodes && !asked.contains(name));
    let present = asked.iter().copied().chain(more).filter_map(|name| known(name)).filter(|stored| stored.present);
    let mut paths: Vec<String> = present.flat_map(|stored| stored.outputs.clone()).collect();
    paths.sort();
    paths.dedup();
    push(&nix, &args.store, &paths, args.key.as_deref())?;
    super::say(&paths.iter().map(|path| format!("{path}\n")).collect::<String>())?;
    match public {
        Some(key) => tracing::info!(
            "others take them with: crossloom build --substituter {} --trusted-public-key {key}",
            args.store.split('?').next().unwrap_or_default()
        ),
        None => tracing::warn!("not signed: only who trusts {} without signatures takes them; see --key", args.store),
    }
    Ok(Outcome::Fine)
}
