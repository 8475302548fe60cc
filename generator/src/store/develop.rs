//! `nix develop` without nixpkgs.

use std::path::{Path, PathBuf};

use crate::input;
use crate::nix::driver::{Nix, NixError};
use crate::nix::store::{Method, StoreError, StoreName};
use crate::output::{OutputError, write_file};
use crate::render::header::bears_header;

/// The replacement of nixpkgs cannot be made.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum DevelopError {
    #[error("cannot make a temporary folder")]
    Temporary(#[source] std::io::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Name(#[from] StoreError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Nix(#[from] NixError),
}

/// The arguments of `nix` with which it looks up nothing in nixpkgs where `args` enter a development shell.
///
/// `nix develop` wants an interactive bash from the nixpkgs of the flake. Where it finds none it takes the one on PATH,
/// which is the seed's; else it downloads nixpkgs and builds one. So a rendered flake gets an empty flake for nixpkgs,
/// except where its shells are made with nixpkgs.
pub fn without_nixpkgs(nix: &Nix, args: &[String]) -> Result<Vec<String>, DevelopError> {
    if let [command, rest @ ..] = args
        && command == "develop"
        && is_without_nixpkgs(rest)
    {
        let flake = format!("path:{}", empty_flake(nix)?.display());
        let mut all = vec![command.clone(), "--override-input".to_owned(), "nixpkgs".to_owned(), flake];
        all.extend_from_slice(rest);
        return Ok(all);
    }
    Ok(args.to_vec())
}

/// Whether the shell that the arguments name is of a rendered flake and not made with nixpkgs.
fn is_without_nixpkgs(args: &[String]) -> bool {
    let before = args.iter().take_while(|arg| !matches!(arg.as_str(), "-c" | "--command"));
    let before: Vec<&str> = before.map(String::as_str).collect();
    let folder = |arg: &&str| arg.contains('#') || Path::new(arg).is_dir();
    let reference = before.iter().copied().filter(|arg| !arg.starts_with('-')).find(folder).unwrap_or(".");
    let folder = reference.split('#').next().unwrap_or_default().trim_start_matches("path:");
    let flake = Path::new(if folder.is_empty() { "." } else { folder }).join("flake.nix");
    let rendered = input::bytes(&flake, input::NIX).is_ok_and(|bytes| bears_header(&bytes));
    rendered && cfg!(target_os = "linux") && !before.contains(&"--override-input")
}

/// The folder of a flake without outputs. It is in the store because a store path is plain: versions of Nix disagree on how
/// a space or a `#` in another path has to be quoted.
fn empty_flake(nix: &Nix) -> Result<PathBuf, DevelopError> {
    let folder = tempfile::tempdir().map_err(DevelopError::Temporary)?;
    write_file(&folder.path().join("flake.nix"), "{ outputs = _: { }; }\n")?;
    let added = nix.add_fixed(folder.path(), &StoreName::new("empty-flake")?, Method::Recursive)?;
    Ok(nix.real(&added))
}
