//! Nix files in the one style that rendered files have.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::input;
use crate::render::format::format;

/// Files cannot be read, or are not what the formatter reads.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum FormatError {
    #[error("cannot read {path}")]
    #[diagnostic(help("name Nix files, or folders that hold some"))]
    Read {
        path: String,
        #[source]
        source: io::Error,
    },
    /// Some files can't be formatted.
    #[error("{}", problems.join("\n"))]
    #[diagnostic(help("nothing was written; correct these files, or name others"))]
    Refused { problems: Vec<String> },
}

/// Files as they would be formatted.
#[derive(Debug)]
pub struct Formatted {
    /// Those that would change, with their new text.
    pub changed: Vec<(PathBuf, String)>,
    /// How many there are in all.
    pub count: usize,
}

/// Formats files, and those of folders that are Nix files. All are read, and none is written.
pub fn formatted(paths: &[PathBuf]) -> Result<Formatted, FormatError> {
    let files = files(paths)?;
    let (mut changed, mut problems) = (Vec::new(), Vec::new());
    for path in &files {
        let text = input::text_itself(path, input::NIX).map_err(|source| unread(path, source))?;
        match format(&path.display().to_string(), &text) {
            Ok(formatted) if formatted == text => {}
            Ok(formatted) => changed.push((path.clone(), formatted)),
            Err(error) => problems.push(error.to_string()),
        }
    }
    if problems.is_empty() {
        Ok(Formatted { changed, count: files.len() })
    } else {
        Err(FormatError::Refused { problems })
    }
}

/// The files that paths stand for, each once, however often it is named.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, FormatError> {
    let mut named = Vec::new();
    for path in paths {
        // A named file is formatted whatever its name is, and a named link stands for the file that it leads to.
        let metadata = fs::symlink_metadata(path).map_err(|source| unread(path, source))?;
        let path = if metadata.is_symlink() { canonical(path)? } else { path.clone() };
        if path.is_dir() { collect(&path, &mut named)? } else { named.push(path) }
    }
    let mut files = BTreeMap::new();
    for path in named {
        files.entry(canonical(&path)?).or_insert(path);
    }
    Ok(files.into_values().collect())
}

/// The Nix files in a folder and the folders in it.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), FormatError> {
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

fn canonical(path: &Path) -> Result<PathBuf, FormatError> {
    path.canonicalize().map_err(|source| unread(path, source))
}

fn unread(path: &Path, source: io::Error) -> FormatError {
    FormatError::Read { path: path.display().to_string(), source }
}
