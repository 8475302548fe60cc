//! Nix archives (NAR): the byte form of a file tree over which Nix hashes, written from disk.
//!
//! Format: E. Dolstra, "The Purely Functional Software Deployment Model" (2006), figure 5.2; `nix-store --dump` prints
//! it. Of a file's metadata only "is it executable by its owner" survives. Names are taken as they are: Nix's case hack
//! on macOS, which strips a suffix from names that would collide there, is not applied.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sha2::Digest;

use super::hash::Sha256;
use crate::input;

/// A tree can't be written as a NAR.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum NarError {
    /// A file, directory or link could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A device, socket or pipe: a NAR knows only files, directories and symbolic links.
    #[error("{} is neither a file, a directory nor a symbolic link, so it cannot go into the Nix store", path.display())]
    FileType {
        /// Where.
        path: PathBuf,
    },
    /// A file got shorter or longer between being measured and being read.
    #[error("{} changed while it was read: its size was {expected} bytes", path.display())]
    Changed {
        /// Where.
        path: PathBuf,
        /// The size when the file was opened, in bytes.
        expected: u64,
    },
    /// The receiver of the archive failed.
    #[error("cannot write the archive")]
    Write {
        /// Why.
        source: io::Error,
    },
}

/// Writes what `path` names, not following it if it is a symbolic link. File contents are streamed.
pub fn write(path: &Path, out: &mut impl Write) -> Result<(), NarError> {
    let written = |result: io::Result<()>| result.map_err(|source| NarError::Write { source });
    let mut out = BufWriter::with_capacity(64 * 1024, out);
    written(texts(&mut out, &[b"nix-archive-1"]))?;
    // The stack is on the heap, so that no depth of a tree can overflow the thread's.
    let mut steps = vec![Step::Visit { entry: None, path: path.to_owned() }];
    while let Some(step) = steps.pop() {
        let (entry, path) = match step {
            Step::Visit { entry, path } => (entry, path),
            Step::Close { entry } => {
                written(close(&mut out, entry))?;
                continue;
            }
        };
        if let Some(name) = &entry {
            written(texts(&mut out, &[b"entry", b"(", b"name", name, b"node"]))?;
        }
        written(texts(&mut out, &[b"(", b"type"]))?;
        let entry = entry.is_some();
        match read(&path)? {
            Item::File { executable, size, mut contents } => {
                written(texts(&mut out, &[b"regular"]))?;
                if executable {
                    written(texts(&mut out, &[b"executable", b""]))?;
                }
                written(texts(&mut out, &[b"contents"]))?;
                written(out.write_all(&size.to_le_bytes()))?;
                copy_exactly(&mut contents, size, &path, &mut out)?;
                written(pad(&mut out, size))?;
                written(close(&mut out, entry))?;
            }
            Item::Symlink(target) => {
                written(texts(&mut out, &[b"symlink", b"target", &target]))?;
                written(close(&mut out, entry))?;
            }
            Item::Directory(children) => {
                written(texts(&mut out, &[b"directory"]))?;
                steps.push(Step::Close { entry });
                let visits = children.into_iter().rev();
                steps.extend(visits.map(|(name, path)| Step::Visit { entry: Some(name), path }));
            }
        }
    }
    written(out.flush())
}

/// The SHA-256 and the size in bytes of the archive of what `path` names.
pub fn hash_path(path: &Path) -> Result<(Sha256, u64), NarError> {
    let mut out = Hasher { sha256: sha2::Sha256::new(), size: 0 };
    write(path, &mut out)?;
    Ok((Sha256(out.sha256.finalize().into()), out.size))
}

/// The kind of file at a path.
enum Item {
    File {
        executable: bool,
        size: u64,
        contents: fs::File,
    },
    /// Names and paths of what is in it, in the order of an archive.
    Directory(Vec<(Vec<u8>, PathBuf)>),
    Symlink(Vec<u8>),
}

/// `entry` is the name in the directory around it, if there is one.
enum Step {
    Visit { entry: Option<Vec<u8>>, path: PathBuf },
    Close { entry: bool },
}

fn read(path: &Path) -> Result<Item, NarError> {
    let failed = |source| NarError::Read { path: path.to_owned(), source };
    let kind = fs::symlink_metadata(path).map_err(failed)?.file_type();
    if kind.is_symlink() {
        Ok(Item::Symlink(fs::read_link(path).map_err(failed)?.into_os_string().into_vec()))
    } else if kind.is_dir() {
        let mut children = Vec::new();
        for entry in fs::read_dir(path).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name().into_vec();
            let child = path.join(OsStr::from_bytes(&name));
            children.push((name, child));
        }
        children.sort();
        Ok(Item::Directory(children))
    } else if kind.is_file() {
        let contents = input::open_itself(path).map_err(failed)?;
        let metadata = contents.metadata().map_err(failed)?;
        let executable = metadata.permissions().mode() & 0o100 != 0;
        Ok(Item::File { executable, size: metadata.len(), contents })
    } else {
        Err(NarError::FileType { path: path.to_owned() })
    }
}

/// Copies `size` bytes and sees that there are no fewer and no more: the size is already in the archive.
fn copy_exactly(from: &mut impl Read, size: u64, path: &Path, out: &mut impl Write) -> Result<(), NarError> {
    let mut buffer = [0u8; 32 * 1024];
    let mut left = size;
    loop {
        let count = match from.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other.map_err(|source| NarError::Read { path: path.to_owned(), source })?,
        };
        match (count, left.checked_sub(count as u64)) {
            (0, Some(0)) => return Ok(()),
            (0, _) | (_, None) => return Err(NarError::Changed { path: path.to_owned(), expected: size }),
            (_, Some(rest)) => left = rest,
        }
        out.write_all(&buffer[..count]).map_err(|source| NarError::Write { source })?;
    }
}

/// Closes a node and the directory entry around it, if there is one.
fn close(out: &mut impl Write, entry: bool) -> io::Result<()> {
    texts(out, if entry { &[b")", b")"] } else { &[b")"] })
}

/// Every text is its length (64 bits, little-endian), its bytes, and zeros up to a multiple of 8.
fn texts(out: &mut impl Write, texts: &[&[u8]]) -> io::Result<()> {
    for text in texts {
        let length = text.len() as u64;
        out.write_all(&length.to_le_bytes())?;
        out.write_all(text)?;
        pad(out, length)?;
    }
    Ok(())
}

fn pad(out: &mut impl Write, length: u64) -> io::Result<()> {
    out.write_all(&[0; 7][..(length.wrapping_neg() % 8) as usize])
}

struct Hasher {
    sha256: sha2::Sha256,
    size: u64,
}

impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sha256.update(bytes);
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_as_long_as_measured_is_an_error() {
        for (size, contents) in [(3, "ab"), (1, "ab"), (0, "ab"), (1, "")] {
            let result = copy_exactly(&mut contents.as_bytes(), size, Path::new("f"), &mut Vec::new());
            assert!(matches!(result, Err(NarError::Changed { expected, .. }) if expected == size), "{size} {contents}");
        }
    }

    #[test]
    fn pipes_and_sockets_are_refused_by_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let error = hash_path(directory.path()).unwrap_err();
        assert!(matches!(&error, NarError::FileType { path: at } if *at == path), "{error:?}");
    }
}
