//! The files that stand beside a matrix file.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::input;

/// Bytes of one file that are read at most: a whole `.config` of a distribution has some 300,000.
pub const MAX_USER_FILE: usize = 1 << 20;
/// Files of one folder that are read at most.
pub const MAX_USER_FILES: usize = 1000;

/// The files that a matrix may name.
pub trait UserFiles {
    /// The bytes of a file beside the matrix, by its relative path; at most one more than [`MAX_USER_FILE`].
    ///
    /// # Errors
    /// Why it cannot be read, and what to do: shown where the matrix names it.
    fn read(&self, path: &str) -> Result<Vec<u8>, (String, String)>;

    /// The paths of all files below a folder beside the matrix, relative to it and sorted. What is hidden is left out.
    ///
    /// # Errors
    /// As [`read`](UserFiles::read); for links, and for more than [`MAX_USER_FILES`], too.
    fn list(&self, folder: &str) -> Result<Vec<String>, (String, String)>;
}

/// No file at all.
#[cfg(test)]
pub struct NoFiles;

#[cfg(test)]
impl UserFiles for NoFiles {
    fn read(&self, _: &str) -> Result<Vec<u8>, (String, String)> {
        Err(("there are no files here".to_owned(), "name no file".to_owned()))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, (String, String)> {
        self.read(folder).map(|_| Vec::new())
    }
}

/// The files of a directory, for the matrix in it to name.
pub struct Beside<'a>(pub &'a Path);

impl Beside<'_> {
    /// A path below the matrix's folder. A link on the way could lead anywhere, and would mean another file on another machine.
    fn place(&self, path: &str) -> Result<PathBuf, (String, String)> {
        let mut place = self.0.to_owned();
        for part in Path::new(path).components() {
            place.push(part);
            if place.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
                let hint = "files and folders alone are read: put what it leads to here";
                return Err((format!("{} is a link", place.display()), hint.to_owned()));
            }
        }
        Ok(place)
    }
}

impl UserFiles for Beside<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, (String, String)> {
        let path = self.place(path)?;
        let wrong = |error: std::io::Error| {
            let hint = format!("files are named from the matrix's own folder: {} is looked for", path.display());
            (error.to_string(), hint)
        };
        let file = input::open(&path).map_err(wrong)?;
        let mut bytes = Vec::new();
        file.take(MAX_USER_FILE as u64 + 1).read_to_end(&mut bytes).map_err(wrong)?;
        Ok(bytes)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, (String, String)> {
        let top = self.place(folder)?;
        let mut files = Vec::new();
        let mut folders = vec![String::new()];
        while let Some(below) = folders.pop() {
            let path = top.join(&below);
            let wrong = |error: std::io::Error| {
                let hint = format!("folders are named from the matrix's own: {} is looked for", path.display());
                (error.to_string(), hint)
            };
            for entry in std::fs::read_dir(&path).map_err(wrong)? {
                let entry = entry.map_err(wrong)?;
                let name = entry.file_name();
                let Some(name) = name.to_str() else {
                    let message = format!("{} has a name that is not UTF-8", entry.path().display());
                    return Err((message, "give it another".to_owned()));
                };
                if name.starts_with('.') {
                    continue;
                }
                let name = format!("{below}{name}");
                match entry.file_type().map_err(wrong)? {
                    kind if kind.is_dir() => folders.push(format!("{name}/")),
                    kind if kind.is_file() => files.push(name),
                    // It could lead anywhere, and would mean another file on another machine.
                    _ => {
                        let hint = "files and folders alone are read: put the file itself here, or name the folder that \
                                    holds it";
                        return Err((format!("{} is neither", entry.path().display()), hint.to_owned()));
                    }
                }
                if files.len() + folders.len() > MAX_USER_FILES {
                    return Err((
                        format!("it holds more than {MAX_USER_FILES} files"),
                        "is this a module's folder?".to_owned(),
                    ));
                }
            }
        }
        files.sort();
        Ok(files)
    }
}
