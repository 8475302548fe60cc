//! Temporary folders for large things, beside what they are made from. A killed run leaves them; the next one removes them.
//!
//! Whether somebody still uses one is told by a lock on the folder itself, which the kernel drops when a process ends.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{FlockOperation, OFlags};
use tempfile::TempDir;

/// The purpose of a folder, with which its name begins.
#[derive(Debug, Clone, Copy)]
pub enum Purpose {
    /// An unpacked archive.
    Tree,
    /// Files under their names in the store.
    Stage,
}

impl Purpose {
    const ALL: [Purpose; 2] = [Purpose::Tree, Purpose::Stage];

    fn prefix(self) -> &'static str {
        match self {
            Purpose::Tree => ".crossloom-tree-",
            Purpose::Stage => ".crossloom-stage-",
        }
    }
}

/// A temporary folder, removed when this is dropped.
#[derive(Debug)]
pub struct Folder {
    directory: TempDir,
    _lock: File,
}

impl Folder {
    /// A new one in `parent`, after those of dead processes there are gone.
    ///
    /// # Errors
    /// The system's error.
    pub fn new(parent: &Path, purpose: Purpose) -> io::Result<Folder> {
        sweep(parent);
        loop {
            let directory = tempfile::Builder::new().prefix(purpose.prefix()).tempdir_in(parent)?;
            // Between the two lines another process can have taken it for one that nobody uses.
            let Some(lock) = lock(directory.path())? else { continue };
            let (held, there) = (lock.metadata()?, fs::symlink_metadata(directory.path()));
            if there.is_ok_and(|there| (there.dev(), there.ino()) == (held.dev(), held.ino())) {
                return Ok(Folder { directory, _lock: lock });
            }
        }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// Removes the temporary folders in `parent` that nobody uses. A folder that cannot be removed is left to the next run.
pub fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let ours = |purpose: &Purpose| name.as_encoded_bytes().starts_with(purpose.prefix().as_bytes());
        if Purpose::ALL.iter().any(ours)
            && let Ok(Some(_lock)) = lock(&entry.path())
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The lock on a folder, which is not reached through a link; none where somebody else has it, or where the folder went
/// meanwhile.
fn lock(folder: &Path) -> io::Result<Option<File>> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let file = match OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    match rustix::fs::flock(file.as_fd(), FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_the_dead_go_and_those_in_use_stay() {
        let [parent, elsewhere] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let path = |name: &str| parent.path().join(name);
        for name in [".crossloom-tree-dead/deep", ".crossloom-stage-dead", "mine"] {
            fs::create_dir_all(path(name)).unwrap();
        }
        fs::write(path(".crossloom-tree-dead/deep/file"), "").unwrap();
        fs::write(path(".crossloom-tree-file"), "").unwrap();
        fs::create_dir(elsewhere.path().join("x")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), path(".crossloom-tree-link")).unwrap();
        let first = Folder::new(parent.path(), Purpose::Tree).unwrap();
        let second = Folder::new(parent.path(), Purpose::Stage).unwrap();
        assert!(first.path().is_dir() && second.path().is_dir());
        assert!(!path(".crossloom-tree-dead").exists() && !path(".crossloom-stage-dead").exists());
        assert!(path("mine").exists() && path(".crossloom-tree-file").exists() && elsewhere.path().join("x").exists());
        let gone = first.path().to_owned();
        drop(first);
        assert!(!gone.exists() && second.path().exists());
    }
}
