//! Giving a file the base name that it shall have in the store: `nix-store --add-fixed` names a store path after the
//! file, and follows no symbolic link.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::temporary::{Folder, Purpose};

/// Temporary directories with renamed links or copies, removed when this is dropped.
#[derive(Default)]
pub(super) struct Stage {
    /// One per directory that files came from: hard links work within a file system only.
    directories: BTreeMap<PathBuf, Folder>,
    /// Files staged so far, to keep two of the same name apart.
    count: usize,
}

impl Stage {
    /// A path with the base name `name` for what `path` names: `path` itself where it has that name, and a tree of
    /// hard links (copies where those are impossible) otherwise.
    pub(super) fn named(&mut self, path: &Path, name: &str) -> io::Result<PathBuf> {
        // Absolute: a relative path could start with a dash and read as an option.
        let path = std::path::absolute(path)?;
        // Asked of the path's text, since `x/.` and `x/` have a last component that is not their end.
        if path.as_os_str().as_encoded_bytes().ends_with(format!("/{name}").as_bytes()) {
            fs::symlink_metadata(&path)?;
            return Ok(path);
        }
        let parent = path.parent().unwrap_or(&path).to_owned();
        let directory = match self.directories.entry(parent) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                // The directory of the files may be read-only.
                let made = Folder::new(entry.key(), Purpose::Stage)
                    .or_else(|_| Folder::new(&std::env::temp_dir(), Purpose::Stage))?;
                entry.insert(made)
            }
        };
        self.count += 1;
        let directory = directory.path().join(self.count.to_string());
        fs::create_dir(&directory)?;
        let staged = directory.join(name);
        link_tree(&path, &staged)?;
        Ok(staged)
    }
}

fn link_tree(from: &Path, to: &Path) -> io::Result<()> {
    let mut left = vec![(from.to_owned(), to.to_owned())];
    while let Some((from, to)) = left.pop() {
        let kind = fs::symlink_metadata(&from)?.file_type();
        if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&from)?, &to)?;
        } else if kind.is_dir() {
            fs::create_dir(&to)?;
            for entry in fs::read_dir(&from)? {
                let name = entry?.file_name();
                left.push((from.join(&name), to.join(&name)));
            }
        } else if kind.is_file() {
            fs::hard_link(&from, &to).or_else(|_| fs::copy(&from, &to).map(drop))?;
        } else {
            let name = from.file_name().unwrap_or(OsStr::new("it")).display().to_string();
            let message = format!("{name} is neither a file, a directory nor a symbolic link");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
    }
    Ok(())
}
