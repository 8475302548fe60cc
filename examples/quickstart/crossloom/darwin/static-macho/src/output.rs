//! Writing a file so that nobody sees half of one.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes beside the target and renames. The new file may be read, written and run by whom `like` may.
pub fn write(path: &Path, bytes: &[u8], like: &Path) -> io::Result<()> {
    let permissions = fs::metadata(like)?.permissions();
    let temporary = beside(path)?;
    let written = fs::File::create_new(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.set_permissions(permissions)?;
        drop(file);
        fs::rename(&temporary, path)
    });
    if written.is_err() {
        // The error that matters is the first.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn beside(path: &Path) -> io::Result<PathBuf> {
    let no_file = || io::Error::new(io::ErrorKind::InvalidInput, "this is not the name of a file");
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().ok_or_else(no_file)?);
    name.push(format!(".{}", std::process::id()));
    Ok(path.with_file_name(name))
}
