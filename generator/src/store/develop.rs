//! `nix develop` without nixpkgs.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde_json::{Value, json};

use crate::flake_lock::with_nixpkgs;
use crate::input::{self, Entry, Folder, Walk};
use crate::nix::driver::{Nix, NixError};
use crate::nix::nar::{NarError, hash_path};
use crate::nix::store::{Method, StoreError, StoreName};
use crate::output::{FOLDER, OutputError, RENDERED, write_file};
use crate::platform::System;
use crate::render::header::bears_header;
use crate::word::Word;

/// The replacement of nixpkgs cannot be made.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum DevelopError {
    #[error("cannot make a temporary folder")]
    Temporary(#[source] io::Error),
    #[error("cannot read {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot copy {}", path.display())]
    Copy {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Nar(#[from] NarError),
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
/// `nix develop` wants an interactive bash from the nixpkgs of the flake. It would download nixpkgs and build one. So a rendered
/// flake is entered as a copy in the store, whose lock pins a flake with nothing but that bash in the place of nixpkgs, except
/// where its shells are made with nixpkgs. Nix warns of an input that a command line replaces, but not of one that is
/// locked.
pub fn without_nixpkgs(nix: &Nix, args: &[String]) -> Result<Vec<String>, DevelopError> {
    // Options may stand before the command, and flakes and what a shell runs after it.
    let options = args.iter().take_while(|arg| !arg.contains('#') && !["-c", "--command"].contains(&arg.as_str()));
    let command = options.enumerate().find(|(_, arg)| *arg == "develop").map(|(place, _)| place);
    if let Some(command) = command
        && let rest = &args[command + 1..]
        && cfg!(target_os = "linux")
        && let Some(reference) = Reference::of(rest)
        && let Some(lock) = reference.lock()
    {
        let flake = format!("path:{}#{}", reference.copied(nix, lock)?.display(), reference.fragment);
        let mut all = args.to_vec();
        match reference.place.and_then(|place| all.get_mut(command + 1 + place)) {
            Some(word) => *word = flake,
            None => all.insert(command + 1, flake),
        }
        return Ok(all);
    }
    Ok(args.to_vec())
}

/// The rendered flake that arguments of `nix develop` name.
struct Reference<'a> {
    /// The argument that names it, if one does.
    place: Option<usize>,
    folder: PathBuf,
    /// The attribute.
    fragment: &'a str,
}

impl<'a> Reference<'a> {
    /// None where the flake is not of crossloom's rendering, or is not a folder on this machine.
    fn of(args: &'a [String]) -> Option<Reference<'a>> {
        let before = args.iter().take_while(|arg| !matches!(arg.as_str(), "-c" | "--command"));
        let before: Vec<&str> = before.map(String::as_str).collect();
        let names = |arg: &&str| !arg.starts_with('-') && (arg.contains('#') || Path::new(arg).is_dir());
        let place = before.iter().position(names);
        let word = place.and_then(|place| before.get(place)).copied().unwrap_or(".");
        let (folder, fragment) = word.split_once('#').unwrap_or((word, "default"));
        let folder = folder.trim_start_matches("path:");
        let folder = PathBuf::from(if folder.is_empty() { "." } else { folder });
        let rendered = input::bytes(&folder.join("flake.nix"), input::NIX).is_ok_and(|bytes| bears_header(&bytes));
        let replaced = before.contains(&"--override-input");
        (rendered && !replaced).then_some(Reference { place, folder, fragment })
    }

    /// Its lock, or a new one; none if it is not JSON, of which Nix says more.
    fn lock(&self) -> Option<Value> {
        let found = input::text(&self.folder.join("flake.lock"), input::NIX);
        let text = found.ok().or_else(|| with_nixpkgs(None, false).ok())?;
        serde_json::from_str(&text).ok()
    }

    /// The place of a copy in the store with another nixpkgs in its lock.
    fn copied(&self, nix: &Nix, mut lock: Value) -> Result<PathBuf, DevelopError> {
        if let Some(locked) = lock.pointer_mut("/nodes/nixpkgs/locked") {
            *locked = only_bash(nix)?;
        }
        let copy = tempfile::tempdir().map_err(DevelopError::Temporary)?;
        let path = self.folder.join("flake.nix");
        let flake = input::text(&path, input::NIX).map_err(|source| DevelopError::Read { path, source })?;
        write_file(&copy.path().join("flake.nix"), &flake)?;
        write_file(&copy.path().join("flake.lock"), &format!("{lock:#}\n"))?;
        let from = self.folder.join(FOLDER);
        copy_folder(&from, &copy.path().join(FOLDER)).map_err(|source| DevelopError::Copy { path: from, source })?;
        let added = nix.add_fixed(copy.path(), &StoreName::new("flake-of-a-shell")?, Method::Recursive)?;
        Ok(nix.real(&added))
    }
}

/// Copies the regular files of a folder.
fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    let mut walk = Walk::through(Folder::open(from)?)?;
    while let Some((name, path)) = walk.next() {
        let place = path.strip_prefix(from).map(|path| to.join(path)).map_err(io::Error::other)?;
        match walk.entry(&name)? {
            Entry::Folder(folder) => {
                fs::create_dir(place)?;
                walk.enter(folder)?;
            }
            Entry::File(file, metadata) => {
                fs::write(&place, RENDERED.bytes(file)?)?;
                // The hash of a file in the store depends on whether it can be executed.
                fs::set_permissions(&place, metadata.permissions())?;
            }
            Entry::Link(_) | Entry::Special(_) => {
                return Err(io::Error::other(format!("{} is not a regular file", path.display())));
            }
        }
    }
    Ok(())
}

/// A flake that has nothing but `bashInteractive`, as a lock names it. Its bash runs the one on PATH. It is in the store already,
/// under the path that the derivation's hash gives it, so nothing is built.
fn only_bash(nix: &Nix) -> Result<Value, DevelopError> {
    let bash = tempfile::tempdir().map_err(DevelopError::Temporary)?;
    let program = bash.path().join("bin/bash");
    fs::create_dir(bash.path().join("bin")).map_err(DevelopError::Temporary)?;
    write_file(&program, "#!/bin/sh\nexec bash \"$@\"\n")?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).map_err(DevelopError::Temporary)?;
    let (hash, _) = hash_path(bash.path())?;
    nix.add_fixed(bash.path(), &StoreName::new("bash-on-path")?, Method::Recursive)?;

    let flake = tempfile::tempdir().map_err(DevelopError::Temporary)?;
    let systems: Vec<String> = System::WORDS.iter().map(|system| format!("\"{system}\"")).collect();
    let text = format!(
        "{{ outputs = _: {{ legacyPackages = builtins.listToAttrs (map (system: {{ name = system; value.bashInteractive = \
         derivation {{ name = \"bash-on-path\"; inherit system; builder = \"/bin/sh\"; outputHashMode = \"recursive\"; \
         outputHashAlgo = \"sha256\"; outputHash = \"{}\"; }}; }}) [ {} ]); }}; }}\n",
        hash.to_sri(),
        systems.join(" ")
    );
    write_file(&flake.path().join("flake.nix"), &text)?;
    let (hash, _) = hash_path(flake.path())?;
    // The flake is in the store because a store path is plain: versions of Nix disagree on how a space or a `#` in another
    // path has to be quoted.
    let added = nix.add_fixed(flake.path(), &StoreName::new("only-bash")?, Method::Recursive)?;
    let path = nix.real(&added).display().to_string();
    Ok(json!({ "lastModified": 1, "narHash": hash.to_sri(), "path": path, "type": "path" }))
}
