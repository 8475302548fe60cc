//! Reading files that anybody may have put there.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

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
