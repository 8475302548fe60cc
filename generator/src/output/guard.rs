//! One crossloom at a time in a folder.
//!
//! The lock is one on the folder itself. Nothing is written for it, so nothing is left behind, nothing goes through a link,
//! and a folder that cannot be written can be locked. The kernel drops it when the process ends, however that ends, and
//! programs that are started meanwhile do not inherit it. On a network file system it holds for one machine.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, OFlags};

use super::OutputError;
use super::stage::{TEMPORARY, dir_or_dot};

/// How long to wait for another process: many times the longest work that is done under this lock.
const PATIENCE: Duration = Duration::from_secs(10);
/// The time after which a message says what the program waits for.
const SILENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(20);

/// Folders of a project, beside its own, in which temporaries are made. Those in [`super::FOLDER`] are found as stale.
const BELOW: [&[&str]; 2] = [&[".github", "workflows"], &[".crossloom"]];

/// Holds a folder for as long as it lives.
#[derive(Debug)]
#[must_use]
pub struct Guard {
    folder: PathBuf,
    _lock: File,
}

impl Guard {
    /// Waits for whoever holds the folder, takes it, and removes the temporaries of killed runs that are in it or, if it
    /// is a project's, in folders of it that crossloom writes to.
    ///
    /// # Errors
    /// [`OutputError::Busy`] when the folder does not become free, and what the system says of a folder that cannot be
    /// opened.
    pub fn take(folder: &Path) -> Result<Guard, OutputError> {
        let guard = Guard::hold(folder)?;
        sweep(&guard.folder);
        for below in BELOW {
            let mut folder = guard.folder.clone();
            // No component may be a link: it could lead to somebody else's temporaries.
            let plain = below.iter().all(|part| {
                folder.push(part);
                folder.symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
            });
            if plain {
                sweep_if_free(&folder);
            }
        }
        Ok(guard)
    }

    /// As [`Guard::take`], and removes nothing.
    ///
    /// # Errors
    /// The same.
    pub fn hold(folder: &Path) -> Result<Guard, OutputError> {
        Guard::hold_within(folder, PATIENCE)
    }

    fn hold_within(folder: &Path, patience: Duration) -> Result<Guard, OutputError> {
        let (start, mut told) = (Instant::now(), false);
        loop {
            if let Some(guard) = Guard::if_free(folder)? {
                return Ok(guard);
            }
            let waited = start.elapsed();
            if waited >= patience {
                return Err(OutputError::Busy { path: folder.to_path_buf() });
            }
            if waited >= SILENCE && !std::mem::replace(&mut told, true) {
                tracing::info!("waiting for another crossloom that works in {}", folder.display());
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn if_free(folder: &Path) -> Result<Option<Guard>, OutputError> {
        let failed = |source| OutputError::from_io("open", folder, source);
        let open = OpenOptions::new().read(true).custom_flags(OFlags::DIRECTORY.bits() as i32).open(dir_or_dot(folder));
        let lock = open.map_err(failed)?;
        match rustix::fs::flock(lock.as_fd(), FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Guard { folder: dir_or_dot(folder).to_path_buf(), _lock: lock })),
            Err(error) if error.kind() == ErrorKind::WouldBlock || error.kind() == ErrorKind::Interrupted => Ok(None),
            Err(error) => Err(OutputError::from_io("lock", folder, error.into())),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Removes what killed runs left in a folder, unless somebody is at work there. Who writes there without holding it writes
/// a file again that was taken for such.
pub(super) fn sweep_if_free(folder: &Path) {
    if let Ok(Some(guard)) = Guard::if_free(folder) {
        sweep(&guard.folder);
    }
}

/// Failures are ignored, because the next run tries again.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let ours = entry.file_name().as_encoded_bytes().starts_with(TEMPORARY.as_bytes());
        if ours && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Report;

    #[test]
    fn a_folder_is_held_by_one_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let first = Guard::take(directory.path()).unwrap();
        let second = || Guard::hold_within(directory.path(), Duration::from_millis(50));
        let busy = Report::of(&second().unwrap_err()).to_string();
        assert!(busy.starts_with("another crossloom is working in ") && busy.contains("\n\nhint: wait "), "{busy}");
        // One that lets go in time is waited for.
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| Guard::take(directory.path()).map(drop));
            std::thread::sleep(Duration::from_millis(60));
            drop(first);
            waiting.join().unwrap().unwrap();
        });
        drop(second().unwrap());
        // Nothing is written for that.
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_killed_runs_left_goes_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        for folder in [".github/workflows", ".crossloom", "mine", ".crossloom-tmp-folder"] {
            fs::create_dir_all(path(folder)).unwrap();
        }
        let left = [".crossloom-tmp-a", ".github/workflows/.crossloom-tmp-b", ".crossloom/.crossloom-tmp-c"];
        let others =
            ["crossloom-tmp-a", ".github/.crossloom-tmp-b", "mine/.crossloom-tmp-c", ".github/workflows/x.yml"];
        for name in left.iter().chain(&others) {
            fs::write(path(name), "").unwrap();
        }
        let _guard = Guard::take(directory.path()).unwrap();
        assert!(left.iter().all(|name| !path(name).exists()));
        assert!(others.iter().all(|name| path(name).exists()) && path(".crossloom-tmp-folder").exists());
    }

    #[test]
    fn no_link_leads_out_of_the_folder() {
        let [directory, other] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let temporary = other.path().join(".crossloom-tmp-a");
        fs::write(&temporary, "").unwrap();
        std::os::unix::fs::symlink(other.path(), directory.path().join(".crossloom")).unwrap();
        std::os::unix::fs::symlink(&temporary, directory.path().join(".crossloom-tmp-link")).unwrap();
        let _guard = Guard::take(directory.path()).unwrap();
        assert!(temporary.exists());
    }
}
