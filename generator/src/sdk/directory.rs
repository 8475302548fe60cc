//! An SDK that is a directory already, read as an archive of itself.
//!
//! Somebody else may change it meanwhile. Everything is opened from the directory that it is in and without following
//! links, so that no file from elsewhere is taken for one of the SDK.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::fs::FileType;

use super::error::SdkError;
use super::gauge::{Gauge, Limits};
use super::member::{Contents, Kind, Member, Visit};
use super::scan::Found;
use super::settings::{FILES, MAX_BYTES};
use crate::input::{self, Entry, Folder, Walk};

const SETTINGS: input::Kind = input::Kind { what: "an SDK's file of settings", most: MAX_BYTES as usize };

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
pub(super) fn each_member(root: Folder, limits: &Limits, visit: &mut Visit<'_>) -> Result<(), SdkError> {
    let gauge = Gauge::new(limits);
    let top = root.path().to_owned();
    let mut walk = Walk::through(root).map_err(failed(&top))?;
    while let Some((name, path)) = walk.next() {
        let relative = gauge.member(path.strip_prefix(&top).unwrap_or(&path).as_os_str().as_bytes())?;
        let mut contents = OnDisk(None, &path);
        let kind = match walk.entry(&name).map_err(failed(&path))? {
            Entry::Link(target) => {
                gauge.name(&target)?;
                Kind::Symlink(target)
            }
            Entry::Folder(folder) => {
                walk.enter(folder).map_err(failed(&path))?;
                Kind::Directory
            }
            Entry::File(file, metadata) => {
                contents.0 = Some(file);
                Kind::File { executable: metadata.permissions().mode() & 0o100 != 0, size: metadata.len() }
            }
            Entry::Special(FileType::Fifo) => Kind::Special("a named pipe"),
            Entry::Special(FileType::Socket) => Kind::Special("a socket"),
            Entry::Special(_) => Kind::Special("a device"),
        };
        visit(&Member { part: 0, path: relative, kind }, &mut contents)?;
    }
    Ok(())
}

/// Directories that have settings: `directory` itself, else those directly in it, sorted. Links are passed over:
/// `MacOSX.sdk` is one that stands beside what it points to.
pub(super) fn candidates(directory: &Folder) -> Result<Vec<Found>, SdkError> {
    let found = |directory: &Folder, (file, bytes)| {
        let path = directory.path().as_os_str().as_bytes().to_vec();
        Found { part: 0, path, file, bytes }
    };
    if let Some(settings) = settings(directory)? {
        return Ok(vec![found(directory, settings)]);
    }
    let mut all = Vec::new();
    for name in directory.names().map_err(failed(directory.path()))? {
        // One that is none of this user's business has no settings for them.
        if let Ok(Entry::Folder(directory)) = directory.entry(&name)
            && let Some(settings) = settings(&directory)?
        {
            all.push(found(&directory, settings));
        }
    }
    Ok(all)
}

fn settings(directory: &Folder) -> Result<Option<(&'static str, Vec<u8>)>, SdkError> {
    for name in FILES {
        let path = directory.path().join(name);
        match directory.entry(name.as_ref()) {
            Ok(Entry::File(file, _)) => return Ok(Some((name, SETTINGS.bytes(file).map_err(failed(&path))?))),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&path)(error)),
            _ => {}
        }
    }
    Ok(None)
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> SdkError {
    let path = path.to_owned();
    move |source| SdkError::Io { action: "read", path, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn what_takes_the_place_of_a_directory_is_not_read() {
        let directory = tempfile::tempdir().unwrap();
        let [sdk, secret] = ["sdk", "secret"].map(|name| directory.path().join(name));
        for (path, text) in [(sdk.join("usr"), "mine"), (secret.clone(), "secret")] {
            fs::create_dir_all(&path).unwrap();
            fs::write(path.join("file"), text).unwrap();
        }
        let mut read = Vec::new();
        let root = Folder::open(&sdk).unwrap();
        let walked = each_member(root, &Limits::default(), &mut |member, contents| {
            if member.path == b"usr" {
                fs::rename(sdk.join("usr"), sdk.join("was")).unwrap();
                symlink(&secret, sdk.join("usr")).unwrap();
            }
            let mut buffer = [0; 100];
            let count = contents.read(&mut buffer)?;
            read.extend(buffer.get(..count).unwrap_or_default());
            Ok(())
        });
        walked.unwrap();
        assert_eq!(String::from_utf8(read).unwrap(), "mine");
    }
}
