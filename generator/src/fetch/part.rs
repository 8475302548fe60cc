//! The `.part` file of a download: locked, hashed as it grows, resumable, and put in place in one step.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FlockOperation, OFlags, RenameFlags, renameat_with};
use sha2::Digest;

use crate::input;
use crate::nix::hash::{FileHash, Sha256, Sha512};

/// The end of its name.
pub(crate) const END: &str = ".part";

/// The file that a download is appended to. A trait, so that a full disk can be tested without one.
pub(crate) trait Storage {
    /// Writes all of `bytes` at the end.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Drops everything.
    fn clear(&mut self) -> io::Result<()>;
    /// Bytes that can still be appended, where that is known.
    fn room(&self) -> Option<u64>;
}

impl Storage for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.set_len(0)?;
        self.rewind()
    }

    fn room(&self) -> Option<u64> {
        // Some file systems know no numbers, and say that they have no blocks at all.
        let disk = rustix::fs::fstatvfs(self).ok().filter(|disk| disk.f_blocks > 0)?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}

/// The state of a digest of one algorithm.
#[derive(Clone)]
enum Hasher {
    Sha256(sha2::Sha256),
    Sha512(Box<sha2::Sha512>),
}

impl Hasher {
    /// One of the algorithm of a pin.
    fn of(pin: FileHash) -> Hasher {
        match pin {
            FileHash::Sha256(_) => Hasher::Sha256(sha2::Sha256::new()),
            FileHash::Sha512(_) => Hasher::Sha512(Box::new(sha2::Sha512::new())),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Hasher::Sha256(hasher) => hasher.update(bytes),
            Hasher::Sha512(hasher) => hasher.update(bytes),
        }
    }

    fn reset(&mut self) {
        match self {
            Hasher::Sha256(hasher) => Digest::reset(hasher),
            Hasher::Sha512(hasher) => Digest::reset(hasher.as_mut()),
        }
    }

    fn digest(&self) -> FileHash {
        match self.clone() {
            Hasher::Sha256(hasher) => FileHash::Sha256(Sha256(hasher.finalize().into())),
            Hasher::Sha512(hasher) => FileHash::Sha512(Sha512(hasher.finalize().into())),
        }
    }
}

/// A file that grows, and the digest of what it holds so far.
pub(crate) struct Part<S> {
    storage: S,
    hasher: Hasher,
    length: u64,
    received: u64,
}

impl<S: Storage> Part<S> {
    /// An empty one.
    #[cfg(test)]
    pub fn new(storage: S) -> Self {
        Part { storage, hasher: Hasher::Sha256(sha2::Sha256::new()), length: 0, received: 0 }
    }

    /// Bytes that it holds.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Bytes that were appended, dropped ones included: what the network carried.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// The digest of what it holds.
    pub fn digest(&self) -> FileHash {
        self.hasher.digest()
    }

    /// Writes all of `bytes` at the end.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.storage.append(bytes)?;
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        self.received += bytes.len() as u64;
        Ok(())
    }

    /// Whether the disk can hold all of it, which will have `total` bytes: better to say so before a long download than
    /// near its end.
    pub fn has_room_for(&self, total: Option<u64>) -> io::Result<()> {
        let missing = total.map_or(0, |total| total.saturating_sub(self.length));
        match self.storage.room().filter(|room| *room < missing) {
            Some(room) => {
                let problem = format!("{missing} bytes are needed, and {room} are free");
                Err(io::Error::new(io::ErrorKind::StorageFull, problem))
            }
            None => Ok(()),
        }
    }

    /// Drops everything that it holds.
    pub fn restart(&mut self) -> io::Result<()> {
        self.storage.clear()?;
        self.hasher.reset();
        self.length = 0;
        Ok(())
    }
}

/// Opens the `.part` file at `path` under an exclusive lock and hashes what an earlier run left in it.
///
/// The lock belongs to the open file, so the kernel drops it when a process dies and nothing stale stays behind. Calls
/// `waiting` once if another process holds it. What another process finished meanwhile is the caller's to look for.
pub(crate) fn open(path: &Path, pin: FileHash, waiting: impl FnOnce()) -> io::Result<Part<File>> {
    let mut waiting = Some(waiting);
    loop {
        // No link is followed: a `.part` that points elsewhere would have that file truncated.
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .custom_flags(OFlags::NOFOLLOW.union(OFlags::NONBLOCK).bits() as i32)
            .open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        lock(&file, &mut waiting)?;
        // The former holder of the lock may have renamed or removed the file. Then this lock protects nothing.
        let same = match fs::symlink_metadata(path) {
            Ok(there) => file.metadata().is_ok_and(|ours| (ours.dev(), ours.ino()) == (there.dev(), there.ino())),
            Err(_) => false,
        };
        if same {
            return rehash(file, pin);
        }
    }
}

/// Removes a `.part` file that is of no use: a killed run can leave one behind. One that somebody has locked is theirs.
pub(crate) fn tidy(path: &Path) -> io::Result<()> {
    let file = input::open_itself(path)?;
    // It may be another one by now, of a process that finds the file, too, and needs none.
    if take(&file) { fs::remove_file(path) } else { Ok(()) }
}

/// Locks a `.part` file as long as it is open; false if another process has it, which downloads it.
pub(crate) fn take(file: &File) -> bool {
    rustix::fs::flock(file.as_fd(), FlockOperation::NonBlockingLockExclusive).is_ok()
}

fn lock(file: &File, waiting: &mut Option<impl FnOnce()>) -> io::Result<()> {
    match rustix::fs::flock(file.as_fd(), FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => return Ok(()),
        Err(rustix::io::Errno::WOULDBLOCK) => {}
        Err(error) => return Err(error.into()),
    }
    if let Some(waiting) = waiting.take() {
        waiting();
    }
    loop {
        match rustix::fs::flock(file.as_fd(), FlockOperation::LockExclusive) {
            Err(rustix::io::Errno::INTR) => {}
            result => return result.map_err(io::Error::from),
        }
    }
}

fn rehash(mut file: File, pin: FileHash) -> io::Result<Part<File>> {
    let mut hasher = Hasher::of(pin);
    let length = read_through(&mut file, |bytes| hasher.update(bytes))?;
    Ok(Part { storage: file, hasher, length, received: 0 })
}

fn read_through(reader: &mut impl Read, mut take: impl FnMut(&[u8])) -> io::Result<u64> {
    let mut buffer = vec![0; 1 << 16];
    let mut length = 0;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(length),
            Ok(n) => {
                take(buffer.get(..n).unwrap_or_default());
                length += n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The digest and the size of a file.
pub(crate) fn hash_file(mut file: File, pin: FileHash) -> io::Result<(FileHash, u64)> {
    let mut hasher = Hasher::of(pin);
    let length = read_through(&mut file, |bytes| hasher.update(bytes))?;
    Ok((hasher.digest(), length))
}

/// Puts the complete and verified `.part` at `path` in place and returns where: under `plain`, or under `prefixed`
/// when another file has that name. What stands at `plain` is never replaced: it may be the user's.
pub(crate) fn place(part: Part<File>, path: &Path, plain: &Path, prefixed: &Path) -> io::Result<PathBuf> {
    part.storage.sync_all()?;
    // In one step, and not where the name is taken. File systems that cannot do that get a link, after which a process
    // that is killed leaves two names.
    let moved = renameat_with(CWD, path, CWD, plain, RenameFlags::NOREPLACE).map_err(io::Error::from);
    let moved = match moved {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            fs::hard_link(path, plain).and_then(|()| fs::remove_file(path))
        }
        moved => moved,
    };
    let target = match moved {
        Ok(()) => plain,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::rename(path, prefixed)?;
            prefixed
        }
        // File systems without hard links.
        Err(_) if fs::symlink_metadata(plain).is_err() => {
            fs::rename(path, plain)?;
            plain
        }
        Err(_) => {
            fs::rename(path, prefixed)?;
            prefixed
        }
    };
    // So that the name survives a power cut, where directories can be synced at all; the bytes are safe already.
    if let Some(directory) = target.parent() {
        let _ = File::open(directory).and_then(|directory| directory.sync_all());
    }
    Ok(target.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_run_left_is_hashed_and_kept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.part");
        fs::write(&path, "hello ").unwrap();
        let mut part = open(&path, Sha256::of(b"").into(), || {}).unwrap();
        assert_eq!((part.length(), part.received()), (6, 0));
        part.append(b"world").unwrap();
        assert_eq!(part.digest(), Sha256::of(b"hello world"));
        assert_eq!((part.length(), part.received()), (11, 5));
        assert_eq!(fs::read(&path).unwrap(), b"hello world");
        part.restart().unwrap();
        part.append(b"x").unwrap();
        assert_eq!((part.digest(), fs::read(&path).unwrap()), (Sha256::of(b"x").into(), b"x".to_vec()));
    }

    #[test]
    fn a_link_is_not_followed() {
        let directory = tempfile::tempdir().unwrap();
        let (target, path) = (directory.path().join("precious"), directory.path().join("a.part"));
        fs::write(&target, "precious").unwrap();
        std::os::unix::fs::symlink(&target, &path).unwrap();
        assert!(open(&path, Sha256::of(b"").into(), || {}).is_err());
        assert_eq!(fs::read(&target).unwrap(), b"precious");
    }

    #[test]
    fn a_second_process_waits_and_then_sees_a_new_file() {
        let directory = tempfile::tempdir().unwrap();
        let [path, plain, prefixed] = ["a.part", "a", "b-a"].map(|name| directory.path().join(name));
        let mut first = open(&path, Sha256::of(b"").into(), || {}).unwrap();
        first.append(b"done").unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let second =
                scope.spawn(|| open(&path, Sha256::of(b"").into(), || sender.send(()).unwrap()).unwrap().length());
            // The second has found the lock taken; only now is the file moved away under it.
            receiver.recv().unwrap();
            assert_eq!(place(first, &path, &plain, &prefixed).unwrap(), plain);
            assert_eq!(second.join().unwrap(), 0);
        });
        assert_eq!(fs::read(&plain).unwrap(), b"done");
    }

    #[test]
    fn a_file_of_that_name_is_never_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let [path, plain, prefixed] = ["a.part", "a", "b-a"].map(|name| directory.path().join(name));
        fs::write(&plain, "mine").unwrap();
        let mut part = open(&path, Sha256::of(b"").into(), || {}).unwrap();
        part.append(b"new").unwrap();
        assert_eq!(place(part, &path, &plain, &prefixed).unwrap(), prefixed);
        assert_eq!((fs::read(&plain).unwrap(), fs::read(&prefixed).unwrap()), (b"mine".to_vec(), b"new".to_vec()));
        assert!(!path.exists());
    }
}
