//! Nix archives (NAR): the byte form of a file tree over which Nix hashes, written from disk or from memory.
//!
//! Format: E. Dolstra, "The Purely Functional Software Deployment Model" (2006), figure 5.2; `nix-store --dump` prints
//! it. Of a file's metadata only "is it executable by its owner" survives. Names are taken as they are: Nix's case hack
//! on macOS, which strips a suffix from names that would collide there, is not applied.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sha2::Digest;

use super::hash::Sha256;

/// A tree can't be written as a NAR.
#[derive(Debug, thiserror::Error)]
pub enum NarError {
    /// A file, directory or link could not be read.
    #[error("can't read {}", path.display())]
    Read {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A device, socket or pipe: a NAR knows only files, directories and symbolic links.
    #[error("{} is neither a file, a directory nor a symbolic link, so it can't go into the Nix store", path.display())]
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
    /// A tree in memory has an entry that no directory can have: empty, `.`, `..`, or with a slash or NUL.
    #[error("{name:?} can't be the name of a directory entry")]
    Name {
        /// The name, with what is not UTF-8 replaced.
        name: String,
    },
    /// The receiver of the archive failed.
    #[error("can't write the archive")]
    Write {
        /// Why.
        source: io::Error,
    },
}

/// A file tree in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A regular file.
    File {
        /// Whether its owner may execute it.
        executable: bool,
        /// The contents.
        bytes: Vec<u8>,
    },
    /// Entries by name. Names are bytes, as in a file system, and ordered bytewise, as in a NAR.
    Directory(BTreeMap<Vec<u8>, Node>),
    /// A symbolic link and its target, which need not exist.
    Symlink(Vec<u8>),
}

impl Node {
    /// A directory that holds `files`, pairs of a relative path with `/` between components and the contents.
    /// None of them is executable. An error if a path has an impossible component or runs through another file.
    pub fn from_files<P: AsRef<str>, B: AsRef<[u8]>>(
        files: impl IntoIterator<Item = (P, B)>,
    ) -> Result<Node, NarError> {
        let mut root = BTreeMap::new();
        for (path, bytes) in files {
            let path = path.as_ref();
            let clash = || NarError::Name { name: path.to_owned() };
            let (parents, name) = path.rsplit_once('/').map_or((None, path), |(parents, name)| (Some(parents), name));
            let mut directory = &mut root;
            for parent in parents.into_iter().flat_map(|parents| parents.split('/')) {
                check_name(parent.as_bytes())?;
                let next = directory.entry(parent.as_bytes().to_vec());
                match next.or_insert_with(|| Node::Directory(BTreeMap::new())) {
                    Node::Directory(entries) => directory = entries,
                    _ => return Err(clash()),
                }
            }
            check_name(name.as_bytes())?;
            let file = Node::File { executable: false, bytes: bytes.as_ref().to_vec() };
            if directory.insert(name.as_bytes().to_vec(), file).is_some() {
                return Err(clash());
            }
        }
        Ok(Node::Directory(root))
    }
}

/// Writes what `path` names, not following it if it is a symbolic link. File contents are streamed.
pub fn write(path: &Path, out: &mut impl Write) -> Result<(), NarError> {
    walk(path.to_owned(), out, read_path)
}

/// The SHA-256 and the size in bytes of the archive of what `path` names.
pub fn hash_path(path: &Path) -> Result<(Sha256, u64), NarError> {
    hashed(|out| write(path, out))
}

/// Writes a tree that is in memory.
pub fn write_node(node: &Node, out: &mut impl Write) -> Result<(), NarError> {
    walk(node, out, read_node)
}

/// The SHA-256 and the size in bytes of the archive of a tree that is in memory.
pub fn hash_node(node: &Node) -> Result<(Sha256, u64), NarError> {
    hashed(|out| write_node(node, out))
}

/// What an item of a tree turned out to be. `T` names its children.
enum Item<'a, T> {
    File { executable: bool, size: u64, contents: Box<dyn Read + 'a>, path: PathBuf },
    Directory(Vec<(Vec<u8>, T)>),
    Symlink(Vec<u8>),
}

enum Step<T> {
    Visit { entry: Option<Vec<u8>>, item: T },
    Close { entry: bool },
}

/// Writes the tree under `root`. The stack is on the heap, so that no depth of a tree can overflow the thread's.
fn walk<'a, T>(
    root: T,
    out: &mut impl Write,
    read: impl Fn(T) -> Result<Item<'a, T>, NarError>,
) -> Result<(), NarError> {
    let written = |result: io::Result<()>| result.map_err(|source| NarError::Write { source });
    let mut out = BufWriter::with_capacity(64 * 1024, out);
    written(texts(&mut out, &[b"nix-archive-1"]))?;
    let mut steps = vec![Step::Visit { entry: None, item: root }];
    while let Some(step) = steps.pop() {
        let (entry, item) = match step {
            Step::Visit { entry, item } => (entry, item),
            Step::Close { entry } => {
                written(close(&mut out, entry))?;
                continue;
            }
        };
        if let Some(name) = &entry {
            check_name(name)?;
            written(texts(&mut out, &[b"entry", b"(", b"name", name, b"node"]))?;
        }
        written(texts(&mut out, &[b"(", b"type"]))?;
        let entry = entry.is_some();
        match read(item)? {
            Item::File { executable, size, mut contents, path } => {
                written(texts(&mut out, &[b"regular"]))?;
                if executable {
                    written(texts(&mut out, &[b"executable", b""]))?;
                }
                written(texts(&mut out, &[b"contents"]))?;
                written(out.write_all(&size.to_le_bytes()))?;
                copy_exactly(&mut *contents, size, &path, &mut out)?;
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
                steps.extend(visits.map(|(name, item)| Step::Visit { entry: Some(name), item }));
            }
        }
    }
    written(out.flush())
}

fn read_path(path: PathBuf) -> Result<Item<'static, PathBuf>, NarError> {
    let read = |source| NarError::Read { path: path.clone(), source };
    let kind = fs::symlink_metadata(&path).map_err(read)?.file_type();
    if kind.is_symlink() {
        Ok(Item::Symlink(fs::read_link(&path).map_err(read)?.into_os_string().into_vec()))
    } else if kind.is_dir() {
        let mut children = Vec::new();
        for entry in fs::read_dir(&path).map_err(read)? {
            let name = entry.map_err(read)?.file_name().into_vec();
            let child = path.join(OsStr::from_bytes(&name));
            children.push((name, child));
        }
        children.sort();
        Ok(Item::Directory(children))
    } else if kind.is_file() {
        let file = fs::File::open(&path).map_err(read)?;
        let metadata = file.metadata().map_err(read)?;
        let executable = metadata.permissions().mode() & 0o100 != 0;
        Ok(Item::File { executable, size: metadata.len(), contents: Box::new(file), path })
    } else {
        Err(NarError::FileType { path })
    }
}

fn read_node(node: &Node) -> Result<Item<'_, &Node>, NarError> {
    Ok(match node {
        Node::File { executable, bytes } => Item::File {
            executable: *executable,
            size: bytes.len() as u64,
            contents: Box::new(bytes.as_slice()),
            path: PathBuf::new(),
        },
        Node::Directory(entries) => Item::Directory(entries.iter().map(|(name, node)| (name.clone(), node)).collect()),
        Node::Symlink(target) => Item::Symlink(target.clone()),
    })
}

/// Copies `size` bytes and sees that there are no fewer and no more: the size is already in the archive.
fn copy_exactly(from: &mut dyn Read, size: u64, path: &Path, out: &mut impl Write) -> Result<(), NarError> {
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

pub(super) fn check_name(name: &[u8]) -> Result<(), NarError> {
    if matches!(name, b"" | b"." | b"..") || name.contains(&b'/') || name.contains(&0) {
        return Err(NarError::Name { name: String::from_utf8_lossy(name).into_owned() });
    }
    Ok(())
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

fn hashed(write: impl FnOnce(&mut Hasher) -> Result<(), NarError>) -> Result<(Sha256, u64), NarError> {
    let mut out = Hasher { sha256: sha2::Sha256::new(), size: 0 };
    write(&mut out)?;
    Ok((Sha256(out.sha256.finalize().into()), out.size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_names_and_clashing_paths_are_refused() {
        for name in ["", ".", "..", "a/b", "a\0"] {
            let node = Node::Directory([(name.as_bytes().to_vec(), Node::Symlink(b"x".to_vec()))].into());
            assert!(matches!(hash_node(&node), Err(NarError::Name { .. })), "{name:?}");
        }
        for paths in [["a", "a"], ["a", "a/b"], ["a/b", "a"], ["a", "/b"], ["a", "b/"], ["a", "b/../c"]] {
            let files = paths.map(|path| (path, ""));
            assert!(matches!(Node::from_files(files), Err(NarError::Name { .. })), "{paths:?}");
        }
    }

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
