//! Reading files that anybody may have put there.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// A file holds the lines that git writes where it could not merge two versions.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{path} has an unresolved merge conflict, line {line}: {marker}")]
#[diagnostic(help("{}", way_out(path)))]
pub struct Conflict {
    pub path: String,
    pub line: usize,
    /// The line itself, without what follows the sign.
    marker: &'static str,
}

/// The first line of a merge conflict in the text of the file at `path`.
///
/// # Errors
/// [`Conflict`] with its line.
pub fn unconflicted(path: &Path, text: &str) -> Result<(), Conflict> {
    // Seven equals signs may underline a heading in a text, but mean nothing in these formats.
    let strict = matches!(extension(path), "toml" | "json" | "lock");
    let sign = |line: &str| match line.trim_end_matches('\r') {
        "=======" if strict => Some("======="),
        line => ["<<<<<<<", ">>>>>>>"]
            .into_iter()
            .find(|sign| line.strip_prefix(sign).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))),
    };
    let found = text.lines().enumerate().find_map(|(place, line)| Some((place + 1, sign(line)?)));
    match found {
        Some((line, marker)) => Err(Conflict { path: path.display().to_string(), line, marker }),
        None => Ok(()),
    }
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(OsStr::to_str).unwrap_or_default()
}

fn way_out(path: &str) -> &'static str {
    match extension(Path::new(path)) {
        "lock" => "keep one side of it without the marker lines, then run `crossloom lock`",
        "toml" | "json" => "edit it: keep what you want of both sides, and remove the marker lines",
        _ => "keep one side of it without the marker lines, then run `crossloom generate`",
    }
}

/// Opens a file and nothing else: a pipe might never open, a device never end.
///
/// # Errors
/// What the system says; what is no file is of kind `Other`.
pub fn open(path: &Path) -> io::Result<File> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    File::open(path)
}

/// The text of a file of at most `limit` bytes.
///
/// # Errors
/// As [`open`], `NotFound` among it; what is longer, or not UTF-8, is of kind `Other`.
pub fn read(path: &Path, limit: usize) -> io::Result<String> {
    let mut bytes = Vec::new();
    open(path)?.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(io::Error::other(format!("it has more than {limit} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8 text"))
}
