//! `crossloom format`: Nix files in the one style that rendered files have.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Outcome, Result};
use crate::output;
use crate::render::format;

#[derive(Debug, Args)]
pub struct FormatArgs {
    /// Files, and folders whose Nix files are meant: all but those in hidden folders, in folders with a CACHEDIR.TAG, and
    /// behind links.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Write nothing; print which files would change, and exit 1 when one would.
    #[arg(long)]
    check: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("cannot read {path}\nhint: name Nix files, or folders that hold some")]
struct ReadError {
    path: String,
    #[source]
    source: io::Error,
}

/// Some files can't be formatted, and nothing was written.
#[derive(Debug, thiserror::Error)]
#[error("{}\nhint: nothing was written; mend what is named, or name other files", .0.join("\n"))]
struct Refused(Vec<String>);

/// Formats what the arguments name. All files are read before one is written.
pub fn run(args: &FormatArgs) -> Result<Outcome> {
    let mut named = Vec::new();
    for path in &args.paths {
        // What is named is meant, whatever it is called, and if it is a link, what that leads to.
        let metadata = fs::symlink_metadata(path).map_err(|source| unread(path, source))?;
        let path = if metadata.is_symlink() { canonical(path)? } else { path.clone() };
        if path.is_dir() { collect(&path, &mut named)? } else { named.push(path) }
    }
    // Each once, however often it is named.
    let mut files = BTreeMap::new();
    for path in named {
        files.entry(canonical(&path)?).or_insert(path);
    }

    let (mut changed, mut problems) = (Vec::new(), Vec::new());
    for path in files.values() {
        let text = fs::read_to_string(path).map_err(|source| unread(path, source))?;
        match format::format(&path.display().to_string(), &text) {
            Ok(formatted) if formatted == text => {}
            Ok(formatted) => changed.push((path.clone(), formatted)),
            // One hint for all is given below.
            Err(error) => problems.extend(error.to_string().split("\nhint: ").next().map(str::to_owned)),
        }
    }
    if !problems.is_empty() {
        return Err(Refused(problems).into());
    }
    if args.check {
        let names: String = changed.iter().map(|(path, _)| format!("{}\n", path.display())).collect();
        super::say(&names)?;
        return Ok(if changed.is_empty() { Outcome::Fine } else { Outcome::Found });
    }
    output::write_files(&changed)?;
    tracing::info!("{} of {} files changed", changed.len(), files.len());
    Ok(Outcome::Fine)
}

/// The Nix files in a folder and the folders in it.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let read = |source| unread(folder, source);
    for entry in fs::read_dir(folder).map_err(read)? {
        let entry = entry.map_err(read)?;
        let path = entry.path();
        let name = entry.file_name();
        // No link is followed: it may lead out of the folder, into a store or in a circle.
        let kind = entry.file_type().map_err(|source| unread(&path, source))?;
        if kind.is_dir() {
            // cargo and other programs mark folders that can be made again.
            if !name.as_encoded_bytes().starts_with(b".") && !path.join("CACHEDIR.TAG").exists() {
                collect(&path, files)?;
            }
        } else if kind.is_file() && path.extension().is_some_and(|extension| extension == "nix") {
            // Spelled as a user would, and not `./flake.nix`.
            files.push(path.strip_prefix(".").map(Path::to_path_buf).unwrap_or(path));
        }
    }
    Ok(())
}

fn canonical(path: &Path) -> Result<PathBuf> {
    Ok(path.canonicalize().map_err(|source| unread(path, source))?)
}

fn unread(path: &Path, source: io::Error) -> ReadError {
    ReadError { path: path.display().to_string(), source }
}
