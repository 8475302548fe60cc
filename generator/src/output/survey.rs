//! A survey of the disk at the place of the tree. Checks and writes use the same survey, and it changes nothing.

use std::fs::{self, Metadata};
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::difference::shown;
use super::stage::{TEMPORARY, dir_or_dot};
use super::{FOLDER, INDEX, MARKER, OPTIONAL, Obstacle, OutputError, RENDERED, Tree, TreeFile};
use crate::input::{self, open_itself};

/// The state of one path of the tree on disk.
pub(super) enum Found {
    Missing,
    File { bytes: Vec<u8>, executable: bool },
    InTheWay { path: PathBuf, obstacle: Obstacle },
}

/// Each file of the tree with what is on disk for it.
pub(super) type Survey<'tree> = Vec<(&'tree str, &'tree TreeFile, Found)>;
/// How a stale file is shown, and where it is: a name on disk need not be text.
pub(super) type Stale = Vec<(String, PathBuf)>;

/// Looks at everything that a write would touch. Fails where that is not crossloom's own.
pub(super) fn survey<'tree>(dir: &Path, tree: &'tree Tree) -> Result<(Survey<'tree>, Stale), OutputError> {
    verify(tree)?;
    match fs::metadata(dir_or_dot(dir)) {
        Ok(metadata) if !metadata.is_dir() => {
            return Err(OutputError::InTheWay { path: dir.to_path_buf(), obstacle: Obstacle::NotFolder });
        }
        Err(source) if source.kind() != ErrorKind::NotFound => {
            return Err(OutputError::from_io("look at", dir, source));
        }
        _ => {}
    }
    let mut stale = Vec::new();
    if tree.keys().any(|path| owned(path)) {
        stale = own_folder(dir, tree)?;
        for path in OPTIONAL.into_iter().filter(|path| !tree.contains_key(*path)) {
            // A file of somebody else does not matter here, and neither does a file in the place of its folder.
            if let Found::File { bytes, .. } = find(dir, path)?
                && bytes.starts_with(MARKER.as_bytes())
            {
                stale.push((path.to_owned(), dir.join(path)));
            }
        }
    }
    let mut found = Vec::new();
    for (path, file) in tree {
        let on_disk = find(dir, path)?;
        if let Found::File { bytes, .. } = &on_disk
            && !owned(path)
            && !bytes.starts_with(MARKER.as_bytes())
        {
            unconflicted(&dir.join(path), bytes)?;
            return Err(OutputError::ForeignFile { path: dir.join(path) });
        }
        found.push((path.as_str(), file, on_disk));
    }
    Ok((found, stale))
}

/// Refuses trees that reach out of their directory, contradict themselves, or could not be replaced later.
fn verify(tree: &Tree) -> Result<(), OutputError> {
    for (path, file) in tree {
        let bad = |problem| Err(OutputError::BadPath { path: path.clone(), problem });
        if path.contains('\0') {
            return bad("it contains a NUL");
        }
        if path.starts_with('/') {
            return bad("it is absolute");
        }
        if path == FOLDER {
            return bad("this is crossloom's own folder");
        }
        for part in path.split('/') {
            match part {
                "" => return bad("a component is empty"),
                "." | ".." => return bad("it contains `.` or `..`"),
                _ if part.starts_with(TEMPORARY) => return bad("temporaries are named so"),
                _ => {}
            }
        }
        if path.match_indices('/').any(|(at, _)| path.get(..at).is_some_and(|above| tree.contains_key(above))) {
            return bad("the folder it is in is a file of the tree");
        }
        if (path == INDEX || !owned(path)) && !file.text.starts_with(MARKER) {
            return Err(OutputError::Unmarked { path: path.clone() });
        }
    }
    if let Some(first) = tree.keys().find(|path| owned(path))
        && !tree.contains_key(INDEX)
    {
        return Err(OutputError::BadPath { path: first.clone(), problem: "its folder has no default.nix" });
    }
    Ok(())
}

/// Whether a path of the tree is in crossloom's own folder.
fn owned(path: &str) -> bool {
    path.strip_prefix(FOLDER).is_some_and(|rest| rest.starts_with('/'))
}

/// Makes sure that the owned folder is ours, or not there, or empty; gives the files that the tree does not have.
fn own_folder(dir: &Path, tree: &Tree) -> Result<Stale, OutputError> {
    let folder = dir.join(FOLDER);
    match look(&folder)? {
        None => return Ok(Vec::new()),
        Some(metadata) if metadata.is_dir() => {}
        Some(metadata) => {
            let obstacle = if metadata.is_symlink() { Obstacle::Symlink } else { Obstacle::NotFolder };
            return Err(OutputError::InTheWay { path: folder, obstacle });
        }
    }
    let files = files_below(&folder)?;
    // Leftovers of a killed run are accepted: it had no time to write the index.
    let empty = files
        .iter()
        .all(|file| file.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(TEMPORARY.as_bytes())));
    if !empty && !marked(&dir.join(INDEX))? {
        if let Found::File { bytes, .. } = find(dir, INDEX)? {
            unconflicted(&dir.join(INDEX), &bytes)?;
        }
        return Err(OutputError::ForeignFolder { path: folder });
    }
    let mut stale = Vec::new();
    for on_disk in files {
        let path = on_disk.strip_prefix(dir).unwrap_or(&on_disk);
        let known = path.to_str().is_some_and(|path| {
            // A link or file in the place of a folder of the tree is not stale: it is in the way, and said to be so.
            let inside = format!("{path}/");
            tree.contains_key(path) || tree.keys().any(|key| key.starts_with(&inside))
        });
        if !known {
            stale.push((shown(path), on_disk));
        }
    }
    Ok(stale)
}

/// Everything below a folder that is not a folder, sorted; links are listed, not followed.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>, OutputError> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let failed = |source| OutputError::from_io("list", &folder, source);
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let list = if entry.file_type().map_err(failed)?.is_dir() { &mut folders } else { &mut files };
            list.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// Whether this is a plain file that begins with the marker.
fn marked(path: &Path) -> Result<bool, OutputError> {
    if look(path)?.is_none_or(|metadata| !metadata.is_file()) {
        return Ok(false);
    }
    let mut start = Vec::new();
    open_itself(path)
        .and_then(|file| file.take(MARKER.len() as u64).read_to_end(&mut start))
        .map_err(|source| OutputError::from_io("read", path, source))?;
    Ok(start == MARKER.as_bytes())
}

/// The state of one path of the tree on disk. A component that is a link is not followed.
fn find(dir: &Path, path: &str) -> Result<Found, OutputError> {
    let mut on_disk = dir.to_path_buf();
    let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
    for part in above.split('/').filter(|part| !part.is_empty()) {
        on_disk.push(part);
        match look(&on_disk)? {
            None => return Ok(Found::Missing),
            Some(metadata) if metadata.is_dir() => {}
            Some(metadata) => {
                let obstacle = if metadata.is_symlink() { Obstacle::Symlink } else { Obstacle::NotFolder };
                return Ok(Found::InTheWay { path: on_disk, obstacle });
            }
        }
    }
    on_disk.push(name);
    let Some(metadata) = look(&on_disk)? else { return Ok(Found::Missing) };
    if let Some(obstacle) = obstacle(&metadata) {
        return Ok(Found::InTheWay { path: on_disk, obstacle });
    }
    let bytes = open_itself(&on_disk).and_then(|file| RENDERED.bytes(file));
    let bytes = bytes.map_err(|source| OutputError::from_io("read", &on_disk, source))?;
    // The owner's bit is the one that git records.
    Ok(Found::File { bytes, executable: metadata.permissions().mode() & 0o100 != 0 })
}

/// Sees that a file that is not what the tree has was not left in the middle of a merge.
pub(super) fn unconflicted(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(input::unconflicted(path, text)?),
        Err(_) => Ok(()),
    }
}

/// The metadata of what is at a path, links not followed; `None` where there is nothing.
pub(super) fn look(path: &Path) -> Result<Option<Metadata>, OutputError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(source) if source.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(OutputError::from_io("look at", path, source)),
    }
}

/// Why this is not a file that can be replaced, if so.
pub(super) fn obstacle(metadata: &Metadata) -> Option<Obstacle> {
    let kind = metadata.file_type();
    match () {
        () if kind.is_file() => None,
        () if kind.is_symlink() => Some(Obstacle::Symlink),
        () if kind.is_dir() => Some(Obstacle::Folder),
        () => Some(Obstacle::Special),
    }
}
