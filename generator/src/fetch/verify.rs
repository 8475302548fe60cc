//! Compares a file with its pin: a file by its digest, an archive of a tree by its unpacked contents.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::input;
use crate::nix::nar;
use crate::nix::store::StoreName;
use crate::temporary::{Folder, Purpose};

use super::Wanted;
use super::error::Failure;
use super::http::Stop;
use super::part;
use super::unpack::{Limits, UnpackError, unpack};

/// A verified tree, which goes when this is dropped.
#[derive(Debug)]
pub struct UnpackedTree {
    directory: Folder,
    name: String,
}

impl UnpackedTree {
    /// Its path.
    pub fn path(&self) -> PathBuf {
        self.directory.path().join(&self.name)
    }

    /// Gives it its name in the store, so that nothing has to be copied.
    pub fn rename(&mut self, name: &StoreName) -> io::Result<()> {
        fs::rename(self.path(), self.directory.path().join(name.as_str()))?;
        self.name = name.as_str().to_owned();
        Ok(())
    }
}

/// A file that is as pinned.
pub(super) struct Verified {
    /// The unpacked tree, if it is an archive of one.
    pub tree: Option<UnpackedTree>,
}

/// Reads the file at `path` and compares. A tree is unpacked in the cache, which is made for that: temporary
/// directories are small on many machines.
pub(super) fn check(path: &Path, wanted: &Wanted, cache: &Path) -> Result<Verified, Failure> {
    let read = |source| Failure::Read { source };
    let file = input::open(path).map_err(read)?;
    if wanted.tree {
        return Ok(Verified { tree: Some(unpacked(file, wanted, cache)?) });
    }
    let length = file.metadata().map_err(read)?.len();
    // A wrong size spares reading the file, but a hash mismatch says more about a small one.
    if let Some(expected) = wanted.size.filter(|expected| *expected != length) {
        return Err(Failure::Size { expected, got: length });
    }
    match part::hash_file(file, wanted.hash).map_err(read)? {
        (got, _) if got == wanted.hash => Ok(Verified { tree: None }),
        (got, _) => Err(Failure::Hash { expected: Box::new(wanted.hash), got: Box::new(got) }),
    }
}

fn unpacked(archive: fs::File, wanted: &Wanted, cache: &Path) -> Result<UnpackedTree, Failure> {
    let write = |path: &Path| {
        let path = path.to_owned();
        |source| Failure::Archive { source: UnpackError::Write { path, source } }
    };
    let made = fs::create_dir_all(cache).and_then(|()| Folder::new(cache, Purpose::Tree));
    let tree = UnpackedTree { directory: made.map_err(write(cache))?, name: "tree".to_owned() };
    unpack(archive, &tree.path(), &Limits::default()).map_err(|source| Failure::Archive { source })?;
    // Nothing else writes there: what can't be read back is the disk's fault.
    let (got, _) = nar::hash_path(&tree.path()).map_err(|error| write(&tree.path())(io::Error::other(error)))?;
    if wanted.hash == got { Ok(tree) } else { Err(Failure::Tree { expected: wanted.hash, got }) }
}

/// The failure of the place that the file came from, unless this machine's own disk failed.
pub(super) fn stop(failure: Failure) -> Stop {
    match failure {
        Failure::Archive { source: UnpackError::Write { source, .. } } => Stop::Disk(source),
        failure => Stop::Address(failure),
    }
}
