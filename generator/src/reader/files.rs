//! The files that stand beside a matrix file.

use crate::diag::Wrong;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::Path;

use crate::input::{Entry, Folder, Walk};
use crate::nix::hash::{Sha256, hash_all};

/// Bytes of one file that are read at most, where a table has no other bound: a whole `.config` of a distribution has some 300,000.
pub const MAX_USER_FILE: usize = 1 << 20;
/// Files of one folder that are read at most.
pub const MAX_USER_FILES: usize = 1000;

/// What [`is_path`] takes, as a pattern for the schema.
pub const PATH_PATTERN: &str = "^([A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*$";

/// Whether it is a path that means the same to everyone.
pub fn is_path(path: &str) -> bool {
    path.len() <= 200 && path.split('/').all(is_plain)
}

/// Whether it can stand between slashes of such a path.
fn is_plain(part: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !part.is_empty() && !part.starts_with('.') && part.bytes().all(plain)
}

/// The files that a matrix may name.
pub trait UserFiles {
    /// The bytes of a file beside the matrix, by its relative path; at most one more than `most`.
    ///
    /// # Errors
    /// Why it cannot be read, and what to do: shown where the matrix names it.
    fn read_most(&self, path: &str, most: usize) -> Result<Vec<u8>, Wrong>;

    /// The same with the bound [`MAX_USER_FILE`].
    ///
    /// # Errors
    /// As [`read_most`](UserFiles::read_most).
    fn read(&self, path: &str) -> Result<Vec<u8>, Wrong> {
        self.read_most(path, MAX_USER_FILE)
    }

    /// The same of a file that may be absent.
    ///
    /// # Errors
    /// As [`read`](UserFiles::read).
    fn optional(&self, path: &str) -> Result<Option<Vec<u8>>, Wrong>;

    /// The digest of a file beside the matrix, and its size in bytes. The file may be large.
    ///
    /// # Errors
    /// As [`read`](UserFiles::read).
    fn digest(&self, path: &str) -> Result<(Sha256, u64), Wrong>;

    /// The paths of all files below a folder beside the matrix, relative to it and sorted. Hidden files are left out, and
    /// folders with a `CACHEDIR.TAG`, such as cargo's `target`: programs write that file to say that the folder can go.
    ///
    /// # Errors
    /// As [`read`](UserFiles::read); for links, and for more than [`MAX_USER_FILES`], too.
    fn list(&self, folder: &str) -> Result<Vec<String>, Wrong>;
}

/// No file at all.
#[cfg(test)]
pub struct NoFiles;

#[cfg(test)]
impl UserFiles for NoFiles {
    fn read_most(&self, _: &str, _: usize) -> Result<Vec<u8>, Wrong> {
        Err(Wrong::new("there are no files here", "name no file"))
    }

    fn optional(&self, path: &str) -> Result<Option<Vec<u8>>, Wrong> {
        Ok(self.read(path).ok())
    }

    fn digest(&self, path: &str) -> Result<(Sha256, u64), Wrong> {
        self.read(path).map(|bytes| (Sha256::of(&bytes), bytes.len() as u64))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, Wrong> {
        self.read(folder).map(|_| Vec::new())
    }
}

/// The files of a directory, for the matrix in it to name.
pub struct Beside<'a>(pub &'a Path);

impl Beside<'_> {
    /// An entry below the matrix's folder. A link on the way could lead anywhere, and would mean another file on
    /// another machine.
    fn find(&self, path: &str, what: &str) -> Result<Entry, Wrong> {
        let found = Folder::open(self.0).and_then(|folder| folder.below(Path::new(path)));
        let (place, entry) = found.map_err(|error| wrong(error, what, &self.0.join(path)))?;
        match entry {
            Entry::Link(_) => {
                let hint = "only files and folders are read: put the file or folder itself here";
                Err(Wrong::new(format!("{} is a link", place.display()), hint))
            }
            entry => Ok(entry),
        }
    }
}

/// Why something cannot be read, and where `what`, files or folders, are looked for.
fn wrong(error: io::Error, what: &str, path: &Path) -> Wrong {
    Wrong::new(
        error.to_string(),
        format!("{what} are named from the matrix's own folder: {} is looked for", path.display()),
    )
}

impl UserFiles for Beside<'_> {
    fn read_most(&self, path: &str, most: usize) -> Result<Vec<u8>, Wrong> {
        let wrong = |error| wrong(error, "files", &self.0.join(path));
        match self.find(path, "files")? {
            Entry::File(file, _) => {
                let mut bytes = Vec::new();
                file.take(most as u64 + 1).read_to_end(&mut bytes).map_err(wrong)?;
                Ok(bytes)
            }
            _ => Err(wrong(io::Error::other("it is not a file"))),
        }
    }

    fn optional(&self, path: &str) -> Result<Option<Vec<u8>>, Wrong> {
        let found = Folder::open(self.0).and_then(|folder| folder.below(Path::new(path)));
        match found {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            _ => self.read(path).map(Some),
        }
    }

    fn digest(&self, path: &str) -> Result<(Sha256, u64), Wrong> {
        let wrong = |error| wrong(error, "files", &self.0.join(path));
        match self.find(path, "files")? {
            Entry::File(file, _) => hash_all(file).map_err(wrong),
            _ => Err(wrong(io::Error::other("it is not a file"))),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, Wrong> {
        let top = match self.find(folder, "folders")? {
            Entry::Folder(folder) => folder,
            _ => return Err(wrong(io::Error::other("it is not a folder"), "folders", &self.0.join(folder))),
        };
        let mut files = Vec::new();
        let above = top.path().to_owned();
        let wrong = |error, path: &Path| wrong(error, "folders", path);
        let mut walk = Walk::through(top).map_err(|error| wrong(error, &above))?;
        let mut count = 0;
        while let Some((name, path)) = walk.next() {
            let Some(text) = path.strip_prefix(&above).ok().and_then(Path::to_str) else {
                let message = format!("{} has a name that is not UTF-8", path.display());
                return Err(Wrong::new(message, "give it another"));
            };
            if name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            count += 1;
            if count > MAX_USER_FILES {
                return Err(Wrong::new(
                    format!("it holds more than {MAX_USER_FILES} files"),
                    "is this a folder of sources?",
                ));
            }
            match walk.entry(&name).map_err(|error| wrong(error, &path))? {
                // What a program made and can make again, such as cargo's folder `target`.
                Entry::Folder(folder) if folder.entry(OsStr::new("CACHEDIR.TAG")).is_ok() => {}
                Entry::Folder(folder) => walk.enter(folder).map_err(|error| wrong(error, &path))?,
                Entry::File(..) => files.push(text.to_owned()),
                // It could lead anywhere, and would mean another file on another machine.
                Entry::Link(_) | Entry::Special(_) => {
                    let hint = "only files and folders are read: put the file itself here, or name the folder that \
                                holds it";
                    return Err(Wrong::new(format!("{} is neither", path.display()), hint));
                }
            }
        }
        files.sort();
        Ok(files)
    }
}
