//! Unpacking an archive of a git tree: `.tar.gz` with one top directory, which is left out.
//!
//! The archive comes from outside and is known by what it unpacks to, so it is read before anything vouches for it.
//!
//! **Invariant:** nothing is written outside of the new directory, and nothing through a symbolic link of the archive.
//! A link's target is data: it may say anything, and is never followed.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry, EntryType, PaxExtensions};

/// The limits of an archive. The defaults are some ten times the size of the largest source tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Files, directories and links.
    pub members: u64,
    /// Bytes of the archive without its compression.
    pub bytes: u64,
    /// How many times larger than the archive its contents may be. An archive of a text compresses to a tenth, one of
    /// zeros to a thousandth.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { members: 1_000_000, bytes: 4 << 30, ratio: 100 }
    }
}

/// A small archive may well hold a file of zeros: the ratio counts from here on.
const RATIO_FROM: u64 = 16 << 20;
/// A path's or a link's longest text in bytes, as Linux has it.
const LONGEST: usize = 4095;
/// An extension header holds a path, a link's target and little else.
const LONGEST_EXTENSION: u64 = 64 << 10;

/// An archive is not one of a git tree, or can't be unpacked.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum UnpackError {
    /// Truncated, damaged, or something else altogether.
    #[error("it cannot be read as a gzip-compressed tar archive: {cause}")]
    Read {
        /// The message of the decoder.
        cause: String,
    },
    /// It holds no directory.
    #[error("it is empty")]
    Empty,
    /// Two archives in one file, or one with a gap.
    #[error("something follows the end of its archive")]
    Follows,
    /// A member's path leads elsewhere, or can't be one.
    #[error("its member {name:?} {problem}")]
    Member {
        /// As the archive has it, with what is not UTF-8 replaced.
        name: String,
        /// `is a device`, `is there twice`, …
        problem: &'static str,
    },
    /// More than a source tree ever holds.
    #[error("it unpacks to more than {limit}")]
    Limit {
        /// `1000000 members`, …
        limit: String,
    },
    /// The directory that it is unpacked to can't be written.
    #[error("cannot write {}", .path.display())]
    Write {
        /// The path that could not be written.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

/// The kind of entry at a path of the new directory.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    Directory,
    Other,
}

/// Unpacks `archive` to the new directory `into`, whose parent is there and is nobody else's to write to. What is there
/// after an error is the caller's to remove.
pub fn unpack(archive: impl Read, into: &Path, limits: &Limits) -> Result<(), UnpackError> {
    let compressed = Counted { inner: archive, count: 0 };
    let plain = Metered { inner: MultiGzDecoder::new(compressed), count: 0, limits: *limits };
    let mut archive = Archive::new(plain);
    // Raw: what an extension header says is read here, and no more of it than a path may be long.
    let entries = archive.entries().map_err(read_error)?.raw(true);
    let mut tree = Tree { root: into, most: limits.members, made: BTreeMap::new(), top: None };
    let mut extension = Extension::default();
    let mut members = 0;
    for entry in entries {
        let mut entry = entry.map_err(read_error)?;
        if extension.take(&mut entry)? {
            continue;
        }
        members += 1;
        if members > limits.members {
            return Err(too_many(limits.members));
        }
        let Extension { path, link } = std::mem::take(&mut extension);
        let path = path.unwrap_or_else(|| entry.path_bytes().into_owned());
        tree.add(&path, link, &mut entry)?;
    }
    nothing_follows(archive.into_inner())?;
    if tree.top.is_none() {
        return Err(UnpackError::Empty);
    }
    Ok(())
}

/// Reads what follows an archive's end to the last byte, which is also when a decoder knows that all of it was right.
fn nothing_follows(mut rest: impl Read) -> Result<(), UnpackError> {
    let mut buffer = [0; 1 << 14];
    loop {
        match rest.read(&mut buffer) {
            Ok(0) => return Ok(()),
            // Archives are padded with zeros. Some programs would unpack anything else, and some would not.
            Ok(n) if buffer.iter().take(n).any(|byte| *byte != 0) => return Err(UnpackError::Follows),
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(read_error(error)),
            _ => {}
        }
    }
}

/// Data of a member from the headers before it, for which its own header has no room.
#[derive(Default)]
struct Extension {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

impl Extension {
    /// Reads an entry that only describes the next one; false if it is a member.
    fn take<R: Read>(&mut self, entry: &mut Entry<R>) -> Result<bool, UnpackError> {
        let kind = entry.header().entry_type();
        // git's own global header holds the commit's name.
        let known = kind.is_pax_global_extensions()
            || kind.is_pax_local_extensions()
            || kind.is_gnu_longname()
            || kind.is_gnu_longlink();
        if !known {
            return Ok(false);
        }
        if entry.size() > LONGEST_EXTENSION {
            return Err(refuse(&entry.path_bytes(), "is an extension header of many kilobytes"));
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(read_error)?;
        let text = || bytes.split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
        if kind.is_gnu_longname() {
            self.path = Some(text());
        } else if kind.is_gnu_longlink() {
            self.link = Some(text());
        } else if kind.is_pax_local_extensions() {
            for record in PaxExtensions::new(&bytes) {
                let record = record.map_err(read_error)?;
                let value = record.value_bytes().to_vec();
                match record.key_bytes() {
                    b"path" => self.path = Some(value),
                    b"linkpath" => self.link = Some(value),
                    // Sizes beyond 8 GB, and files with holes: no source tree has them.
                    key if key == b"size" || key.starts_with(b"GNU.sparse") => {
                        return Err(refuse(&entry.path_bytes(), "has a size that its header does not tell"));
                    }
                    _ => {}
                }
            }
        }
        Ok(true)
    }
}

/// The directory as far as it is unpacked.
struct Tree<'a> {
    root: &'a Path,
    /// How many files, directories and links it may have.
    most: u64,
    /// By path below the root. Parents of what is there are there, and are directories that were made here: that is
    /// why no path leads through a link.
    made: BTreeMap<Vec<u8>, Made>,
    /// The archive's one top directory.
    top: Option<Vec<u8>>,
}

impl Tree<'_> {
    fn add<R: Read>(&mut self, name: &[u8], link: Option<Vec<u8>>, entry: &mut Entry<R>) -> Result<(), UnpackError> {
        let kind = entry.header().entry_type();
        let path = self.below_top(name, kind)?;
        if path.is_empty() {
            // The top directory itself.
            return Ok(());
        }
        self.make_parents(name, &path)?;
        let target = self.root.join(OsStr::from_bytes(&path));
        match kind {
            EntryType::Directory => return self.make_directory(name, path),
            EntryType::Regular | EntryType::Continuous => {
                self.claim(name, path)?;
                // An owner's bit is all that Nix looks at; the rest is as in the store.
                let executable = entry.header().mode().map_err(read_error)? & 0o100 != 0;
                write_file(&target, executable, entry)?;
            }
            EntryType::Symlink => {
                let link = link.or_else(|| entry.link_name_bytes().map(|link| link.into_owned())).unwrap_or_default();
                if link.is_empty() || link.len() > LONGEST || link.contains(&0) {
                    return Err(refuse(name, "is a link to nowhere"));
                }
                self.claim(name, path)?;
                std::os::unix::fs::symlink(OsStr::from_bytes(&link), &target).map_err(write_error(&target))?;
            }
            EntryType::Link => return Err(refuse(name, "is a hard link, which git knows nothing of")),
            _ => return Err(refuse(name, "is neither a file, a directory nor a symbolic link")),
        }
        Ok(())
    }

    /// The path without the top directory; empty for that itself.
    fn below_top(&mut self, name: &[u8], kind: EntryType) -> Result<Vec<u8>, UnpackError> {
        let plain = name.strip_suffix(b"/").unwrap_or(name);
        if plain.len() > LONGEST || plain.contains(&0) {
            return Err(refuse(name, "cannot be the path of a file"));
        }
        if plain.starts_with(b"/") {
            return Err(refuse(name, "has an absolute path"));
        }
        let mut parts = plain.split(|byte| *byte == b'/');
        if parts.clone().any(|part| part == b"..") {
            return Err(refuse(name, "leads out of the archive with .."));
        }
        if parts.clone().any(|part| matches!(part, b"" | b".") || part.len() > 255) {
            return Err(refuse(name, "cannot be the path of a file"));
        }
        let top = parts.next().unwrap_or_default();
        let rest: Vec<&[u8]> = parts.collect();
        if rest.is_empty() && kind != EntryType::Directory {
            return Err(refuse(name, "stands beside the top directory that an archive of a git tree has"));
        }
        match &self.top {
            None => {
                fs::create_dir(self.root).map_err(write_error(self.root))?;
                self.top = Some(top.to_vec());
            }
            Some(first) if first == top => {}
            Some(_) => return Err(refuse(name, "stands beside the top directory that an archive of a git tree has")),
        }
        Ok(rest.join(&b'/'))
    }

    fn make_parents(&mut self, name: &[u8], path: &[u8]) -> Result<(), UnpackError> {
        let parents =
            || path.iter().enumerate().filter(|(_, byte)| **byte == b'/').filter_map(|(end, _)| path.get(..end));
        // Above the deepest one that is there all others are, and a path may have thousands of them.
        let there = parents().rev().position(|parent| self.made.contains_key(parent));
        let missing = there.map_or(0, |from_end| parents().count() - from_end - 1);
        parents().skip(missing).try_for_each(|parent| self.make_directory(name, parent.to_vec()))
    }

    fn make_directory(&mut self, name: &[u8], path: Vec<u8>) -> Result<(), UnpackError> {
        match self.made.get(&path) {
            Some(Made::Directory) => Ok(()),
            Some(Made::Other) => Err(refuse(name, "leads through a file or a link of the archive")),
            None => {
                // Directories that no member names count, too: each path may bring hundreds.
                if self.made.len() as u64 >= self.most {
                    return Err(too_many(self.most));
                }
                let target = self.root.join(OsStr::from_bytes(&path));
                // Fails where anything is: on a file system that takes `A` for `a`, too.
                fs::create_dir(&target).map_err(write_error(&target))?;
                self.made.insert(path, Made::Directory);
                Ok(())
            }
        }
    }

    fn claim(&mut self, name: &[u8], path: Vec<u8>) -> Result<(), UnpackError> {
        match self.made.insert(path, Made::Other) {
            None => Ok(()),
            Some(_) => Err(refuse(name, "is there twice")),
        }
    }
}

fn write_file(target: &Path, executable: bool, contents: &mut impl Read) -> Result<(), UnpackError> {
    let failed = write_error(target);
    let mut file: File = OpenOptions::new().write(true).create_new(true).mode(0o644).open(target).map_err(&failed)?;
    let mut buffer = [0; 1 << 14];
    loop {
        match contents.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => file.write_all(buffer.get(..n).unwrap_or_default()).map_err(&failed)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(read_error(error)),
        }
    }
    if executable {
        // Said again, since the umask may have taken the bit.
        file.set_permissions(Permissions::from_mode(0o755)).map_err(&failed)?;
    }
    Ok(())
}

fn too_many(members: u64) -> UnpackError {
    UnpackError::Limit { limit: format!("{members} members") }
}

fn refuse(name: &[u8], problem: &'static str) -> UnpackError {
    let name = String::from_utf8_lossy(name.get(..name.len().min(200)).unwrap_or_default()).into_owned();
    UnpackError::Member { name, problem }
}

fn write_error(path: &Path) -> impl Fn(io::Error) -> UnpackError {
    move |source| UnpackError::Write { path: path.to_owned(), source }
}

/// An error of the decoders; a limit that stopped them is that again.
fn read_error(source: io::Error) -> UnpackError {
    let mut cause = source.get_ref().map(|inner| inner as &(dyn std::error::Error + 'static));
    while let Some(error) = cause {
        if let Some(Exceeded(limit)) = error.downcast_ref() {
            return UnpackError::Limit { limit: limit.clone() };
        }
        cause = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    UnpackError::Read { cause: source.to_string() }
}

/// Counts what is read.
struct Counted<R> {
    inner: R,
    count: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.count += n as u64;
        Ok(n)
    }
}

/// Stops an archive that unpacks to too much.
struct Metered<R> {
    inner: MultiGzDecoder<Counted<R>>,
    count: u64,
    limits: Limits,
}

#[derive(Debug, thiserror::Error)]
#[error("more than {0}")]
struct Exceeded(String);

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.count += n as u64;
        let Limits { bytes, ratio, .. } = self.limits;
        if self.count > bytes {
            return Err(io::Error::other(Exceeded(format!("{bytes} bytes"))));
        }
        if self.count > RATIO_FROM.max(self.inner.get_ref().count.saturating_mul(ratio)) {
            return Err(io::Error::other(Exceeded(format!("{ratio} times its size"))));
        }
        Ok(n)
    }
}
