//! An SDK as it is written to disk, with all that an SDK can't hold refused.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsStr;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::error::{MemberProblem, SdkError, damaged, refused, shown};
use super::gauge::{Limits, MAX_PATH, size};
use super::member::{Contents, Kind};

/// Symbolic links that are followed for one path: Linux's own limit.
const MAX_HOPS: usize = 40;
/// Components that are looked at to see where all links of an SDK lead. A real one needs some hundred thousand.
const MAX_STEPS: u64 = 50_000_000;

enum Entry {
    Directory,
    File { size: u64 },
    Symlink(Vec<u8>),
}

/// A directory that grows. Nothing else writes into it, so what it holds is known without a look at the disk.
///
/// **Invariant:** nothing is ever written through a link, and no path leaves the directory.
pub(super) struct Tree<'a> {
    root: PathBuf,
    limits: &'a Limits,
    entries: BTreeMap<Vec<u8>, Entry>,
    written: u64,
}

impl<'a> Tree<'a> {
    /// Makes the directory `root`, which must not be there.
    pub(super) fn new(root: &Path, limits: &'a Limits) -> Result<Tree<'a>, SdkError> {
        make_directory(root)?;
        let entries = [(Vec::new(), Entry::Directory)].into();
        Ok(Tree { root: root.to_owned(), limits, entries, written: 0 })
    }

    /// Files, directories and links in it.
    pub(super) fn count(&self) -> usize {
        self.entries.len()
    }

    /// Bytes of its files.
    pub(super) fn bytes(&self) -> u64 {
        self.written
    }

    /// Adds a member. `path` and the target of a hard link are relative to the SDK; `shown_as` is what messages call
    /// it.
    pub(super) fn add(
        &mut self,
        path: &[u8],
        kind: &Kind,
        contents: &mut dyn Contents,
        shown_as: &[u8],
    ) -> Result<(), SdkError> {
        let refuse = |problem| Err(refused(shown_as, problem));
        if let Kind::Special(what) = kind {
            return refuse(MemberProblem::Special { what });
        }
        self.parents(path, shown_as)?;
        match (self.entries.get(path), kind) {
            (None, _) => {}
            (Some(Entry::Directory), Kind::Directory) => return Ok(()),
            (Some(Entry::Directory), _) | (Some(_), Kind::Directory) => {
                return refuse(MemberProblem::Clash { path: shown(path) });
            }
            (Some(_), _) => return refuse(MemberProblem::Twice),
        }
        let on_disk = self.on_disk(path);
        let entry = match kind {
            Kind::Directory => {
                make_directory(&on_disk)?;
                Entry::Directory
            }
            Kind::File { executable, size } => {
                self.grow(*size)?;
                write_file(&on_disk, *executable, *size, contents, shown_as)?;
                Entry::File { size: *size }
            }
            Kind::HardLink(target) => {
                let Some(Entry::File { size }) = self.entries.get(target) else {
                    return refuse(MemberProblem::HardLink { target: shown(target) });
                };
                let size = *size;
                // In a NAR, which knows no hard links, each of them is a file.
                self.grow(size)?;
                fs::hard_link(self.on_disk(target), &on_disk).map_err(failed("write", &on_disk))?;
                Entry::File { size }
            }
            Kind::Symlink(target) => {
                check_target(path, target).map_err(|problem| refused(shown_as, problem))?;
                symlink(OsStr::from_bytes(target), &on_disk).map_err(failed("write", &on_disk))?;
                Entry::Symlink(target.clone())
            }
            Kind::Special(_) => return Ok(()),
        };
        self.entries.insert(path.to_vec(), entry);
        Ok(())
    }

    /// Sees that no link leads out by way of other links, which its own text does not show.
    pub(super) fn check_links(&self) -> Result<(), SdkError> {
        let mut steps = 0;
        for (path, entry) in &self.entries {
            let Entry::Symlink(target) = entry else { continue };
            if !self.stays_inside(path, target, &mut steps)? {
                return Err(refused(path, MemberProblem::LinkEscapes { target: shown(target) }));
            }
        }
        Ok(())
    }

    /// Follows a link as the system would, up to where the system would give up.
    fn stays_inside(&self, path: &[u8], target: &[u8], steps: &mut u64) -> Result<bool, SdkError> {
        let mut at = parent(path).to_vec();
        let mut left: VecDeque<&[u8]> = target.split(|byte| *byte == b'/').collect();
        let mut hops = 0;
        while let Some(component) = left.pop_front() {
            *steps += 1;
            if *steps > MAX_STEPS {
                return Err(SdkError::TooLarge { limit: "more symbolic links than can be followed".to_owned() });
            }
            match component {
                b"" | b"." => continue,
                b".." if at.is_empty() => return Ok(false),
                b".." => at.truncate(parent(&at).len()),
                name => {
                    if !at.is_empty() {
                        at.push(b'/');
                    }
                    at.extend_from_slice(name);
                }
            }
            match self.entries.get(&at) {
                Some(Entry::Directory) => {}
                Some(Entry::Symlink(target)) => {
                    hops += 1;
                    if hops > MAX_HOPS {
                        return Ok(true);
                    }
                    at.truncate(parent(&at).len());
                    for component in target.split(|byte| *byte == b'/').rev() {
                        left.push_front(component);
                    }
                }
                // Nothing leads on from here.
                Some(Entry::File { .. }) | None => return Ok(true),
            }
        }
        Ok(true)
    }

    /// Makes the directories that a member is in, where the archive has not named them.
    fn parents(&mut self, path: &[u8], shown_as: &[u8]) -> Result<(), SdkError> {
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        for above in slashes.filter_map(|at| path.get(..at)) {
            match self.entries.get(above) {
                Some(Entry::Directory) => {}
                Some(Entry::Symlink(_)) => {
                    return Err(refused(shown_as, MemberProblem::Through { link: shown(above) }));
                }
                Some(Entry::File { .. }) => {
                    return Err(refused(shown_as, MemberProblem::Clash { path: shown(above) }));
                }
                None => {
                    // The archive's reader counts members, and these are none: each path may bring dozens.
                    if self.entries.len() as u64 > self.limits.members {
                        let limit = format!("more than {} files, directories and links", self.limits.members);
                        return Err(SdkError::TooLarge { limit });
                    }
                    make_directory(&self.on_disk(above))?;
                    self.entries.insert(above.to_vec(), Entry::Directory);
                }
            }
        }
        Ok(())
    }

    fn grow(&mut self, by: u64) -> Result<(), SdkError> {
        let Limits { bytes, file, .. } = *self.limits;
        self.written = self.written.saturating_add(by);
        let limit = match () {
            () if by > file => format!("a file of more than {}", size(file)),
            () if self.written > bytes => format!("more than {} unpacked", size(bytes)),
            () => return Ok(()),
        };
        Err(SdkError::TooLarge { limit })
    }

    fn on_disk(&self, path: &[u8]) -> PathBuf {
        match path {
            b"" => self.root.clone(),
            path => self.root.join(OsStr::from_bytes(path)),
        }
    }
}

/// The directory of a path; empty for the top.
pub(super) fn parent(path: &[u8]) -> &[u8] {
    path.iter().rposition(|byte| *byte == b'/').and_then(|at| path.get(..at)).unwrap_or_default()
}

/// Whether a link's text keeps it inside, were all before it directories.
fn check_target(path: &[u8], target: &[u8]) -> Result<(), MemberProblem> {
    if target.is_empty() || target.contains(&0) || target.len() > MAX_PATH {
        return Err(MemberProblem::LinkTarget);
    }
    if target.first() == Some(&b'/') {
        return Err(MemberProblem::LinkAbsolute { target: shown(target) });
    }
    let mut depth = path.iter().filter(|byte| **byte == b'/').count();
    for component in target.split(|byte| *byte == b'/') {
        depth = match component {
            b"" | b"." => depth,
            b".." => depth.checked_sub(1).ok_or_else(|| MemberProblem::LinkEscapes { target: shown(target) })?,
            _ => depth + 1,
        };
    }
    Ok(())
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SdkError {
    let path = path.to_owned();
    move |source| SdkError::Io { action, path, source }
}

fn make_directory(path: &Path) -> Result<(), SdkError> {
    let made = fs::create_dir(path).and_then(|()| fs::set_permissions(path, Permissions::from_mode(0o755)));
    made.map_err(failed("create", path))
}

fn write_file(
    path: &Path,
    executable: bool,
    size: u64,
    contents: &mut dyn Contents,
    shown_as: &[u8],
) -> Result<(), SdkError> {
    let mode = if executable { 0o755 } else { 0o644 };
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(failed("write", path))?;
    let mut buffer = vec![0; 64 * 1024];
    let mut written = 0;
    loop {
        let count = contents.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
        written += count as u64;
        if written > size {
            break;
        }
        file.write_all(bytes).map_err(failed("write", path))?;
    }
    if written != size {
        return Err(damaged(format!("{} changed while it was read", shown(shown_as))));
    }
    // The umask does not have a say.
    file.set_permissions(Permissions::from_mode(mode)).map_err(failed("write", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Text(&'static [u8]);

    impl Contents for Text {
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize, SdkError> {
            let count = self.0.len().min(buffer.len());
            let (now, later) = self.0.split_at(count);
            buffer[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    /// An archive's first pass refuses this, too; a file may change between the two.
    #[test]
    fn nothing_is_written_through_a_link_or_beyond_its_size() {
        let directory = tempfile::tempdir().unwrap();
        let limits = Limits::default();
        let mut tree = Tree::new(&directory.path().join("sdk"), &limits).unwrap();
        let file = |size| Kind::File { executable: false, size };
        let mut add = |path: &[u8], kind: &Kind| tree.add(path, kind, &mut Text(b"abc"), path);
        add(b"usr/x", &file(3)).unwrap();
        add(b"link", &Kind::Symlink(b"usr".to_vec())).unwrap();
        for path in [&b"link/y"[..], b"link/y/z"] {
            let error = add(path, &file(3)).unwrap_err();
            let through = MemberProblem::Through { link: "link".to_owned() };
            assert!(matches!(&error, SdkError::Member { problem, .. } if *problem == through), "{error}");
        }
        assert!(!directory.path().join("sdk/usr/y").exists());
        for size in [2, 4] {
            assert!(matches!(add(b"usr/z", &file(size)), Err(SdkError::Damaged { .. })));
            fs::remove_file(directory.path().join("sdk/usr/z")).unwrap();
        }
        assert!(matches!(add(b"usr/big", &file(u64::MAX)), Err(SdkError::TooLarge { .. })));
    }
}
