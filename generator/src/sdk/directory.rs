//! An SDK that is a directory already, read as an archive of itself.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::error::SdkError;
use super::gauge::{Gauge, Limits};
use super::member::{Contents, Kind, Member, Visit};
use super::scan::Found;
use super::settings::{FILES, MAX_BYTES};

struct OnDisk<'p>(Option<File>, &'p Path);

impl Contents for OnDisk<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, SdkError> {
        let OnDisk(Some(file), path) = self else { return Ok(0) };
        loop {
            match file.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result.map_err(failed(path)),
            }
        }
    }
}

/// Hands everything below `root` over, directories before what is in them. Links are not followed.
pub(super) fn each_member(root: &Path, limits: &Limits, visit: &mut Visit<'_>) -> Result<(), SdkError> {
    let gauge = Gauge::new(limits);
    // Sorted, and with the next one last.
    let mut left = children(root)?;
    while let Some(path) = left.pop() {
        let relative = path.strip_prefix(root).unwrap_or(&path);
        let relative = gauge.member(relative.as_os_str().as_bytes())?;
        let metadata = fs::symlink_metadata(&path).map_err(failed(&path))?;
        let kind = metadata.file_type();
        let mut contents = OnDisk(None, &path);
        let kind = if kind.is_symlink() {
            let target = fs::read_link(&path).map_err(failed(&path))?.into_os_string().into_vec();
            gauge.name(&target)?;
            Kind::Symlink(target)
        } else if kind.is_dir() {
            left.extend(children(&path)?);
            Kind::Directory
        } else if kind.is_file() {
            contents.0 = Some(File::open(&path).map_err(failed(&path))?);
            Kind::File { executable: metadata.permissions().mode() & 0o100 != 0, size: metadata.len() }
        } else if kind.is_fifo() {
            Kind::Special("a named pipe")
        } else if kind.is_socket() {
            Kind::Special("a socket")
        } else {
            Kind::Special("a device")
        };
        visit(&Member { part: 0, path: relative, kind }, &mut contents)?;
    }
    Ok(())
}

fn children(directory: &Path) -> Result<Vec<PathBuf>, SdkError> {
    let entries = fs::read_dir(directory).map_err(failed(directory))?;
    let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(failed(directory))?;
    paths.sort_by(|a, b| b.cmp(a));
    Ok(paths)
}

/// Directories that have settings: `directory` itself, else those directly in it, sorted. Links are passed over:
/// `MacOSX.sdk` is one that stands beside what it points to.
pub(super) fn candidates(directory: &Path) -> Result<Vec<Found>, SdkError> {
    let found = |directory: &Path, (file, bytes)| {
        let path = directory.as_os_str().as_bytes().to_vec();
        Found { part: 0, path, file, bytes }
    };
    if let Some(settings) = settings(directory)? {
        return Ok(vec![found(directory, settings)]);
    }
    let mut all = Vec::new();
    for path in children(directory)?.into_iter().rev() {
        if fs::symlink_metadata(&path).map_err(failed(&path))?.is_dir()
            && let Some(settings) = settings(&path)?
        {
            all.push(found(&path, settings));
        }
    }
    Ok(all)
}

fn settings(directory: &Path) -> Result<Option<(&'static str, Vec<u8>)>, SdkError> {
    for file in FILES {
        let path = directory.join(file);
        // Also a directory that is none of this user's business has no settings for them.
        if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file()) {
            let mut bytes = Vec::new();
            let opened = File::open(&path).map_err(failed(&path))?;
            opened.take(MAX_BYTES).read_to_end(&mut bytes).map_err(failed(&path))?;
            return Ok(Some((file, bytes)));
        }
    }
    Ok(None)
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> SdkError {
    let path = path.to_owned();
    move |source| SdkError::Io { action: "read", path, source }
}
