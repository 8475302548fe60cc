//! Files that lie complete beside their targets, until they are renamed.

use std::fs::{self, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::{OutputError, TreeFile};

/// The names of temporary files begin with this. Those of a killed run count as stale.
pub(super) const TEMPORARY: &str = ".crossloom-tmp-";

/// Writes every file as a temporary beside its target; gives them in the same order. The folders made for it are appended
/// to `created`, outermost first. The temporaries vanish with the value, so also on an error.
pub(super) fn stage<'tree>(
    dir: &Path,
    files: &[(&str, &'tree TreeFile)],
    created: &mut Vec<PathBuf>,
) -> Result<Vec<Staged<'tree>>, OutputError> {
    make_folder(dir_or_dot(dir), created)?;
    let mut staged = Vec::new();
    for (path, file) in files {
        let target = dir.join(path);
        for (at, _) in path.match_indices('/') {
            make_folder(&dir.join(path.get(..at).unwrap_or_default()), created)?;
        }
        // Less the umask, as if the file were simply created.
        let mode = if file.executable { 0o777 } else { 0o666 };
        staged.push(Staged::beside(target, &file.text, mode, None)?);
    }
    Ok(staged)
}

/// Makes one folder unless there is something already, and notes that it did.
fn make_folder(folder: &Path, created: &mut Vec<PathBuf>) -> Result<(), OutputError> {
    match fs::create_dir(folder) {
        Ok(()) => created.push(folder.to_path_buf()),
        Err(_) if folder.is_dir() => {}
        Err(source) if source.kind() == ErrorKind::NotFound => {
            return Err(OutputError::NoFolder { action: "create", path: folder.to_path_buf() });
        }
        Err(source) => return Err(OutputError::from_io("create", folder, source)),
    }
    Ok(())
}

/// A file that lies complete beside its target.
pub(super) struct Staged<'text> {
    temporary: TempPath,
    target: PathBuf,
    text: &'text str,
    mode: u32,
    /// Those of the file that it replaces, where they are kept.
    permissions: Option<Permissions>,
}

impl<'text> Staged<'text> {
    /// Writes the temporary. With `mode`, less the umask, unless it shall have certain permissions.
    pub(super) fn beside(
        target: PathBuf,
        text: &'text str,
        mode: u32,
        permissions: Option<Permissions>,
    ) -> Result<Staged<'text>, OutputError> {
        let temporary = temporary_beside(&target, text, mode)?;
        if let Some(permissions) = &permissions {
            fs::set_permissions(&temporary, permissions.clone())
                .map_err(|source| OutputError::from_io("set the permissions of", &target, source))?;
        }
        Ok(Staged { temporary, target, text, mode, permissions })
    }

    /// Renames the temporary to its target.
    pub(super) fn put_in_place(self) -> Result<(), OutputError> {
        let Staged { temporary, target, text, mode, permissions } = self;
        let failed = |error| OutputError::from_io("replace", &target, error);
        match temporary.persist(&target) {
            Err(error) if error.error.kind() == ErrorKind::NotFound => {
                // Another process took it for what a killed one left. That cannot happen a second time to all purposes.
                let again = Staged::beside(target.clone(), text, mode, permissions)?;
                again.temporary.persist(&target).map_err(|error| failed(error.error))
            }
            result => result.map_err(|error| failed(error.error)),
        }
    }
}

/// A complete file with this text in the folder of `target`. Errors name the target: the temporary says nothing.
fn temporary_beside(target: &Path, text: &str, mode: u32) -> Result<TempPath, OutputError> {
    let mut file = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(dir_or_dot(target.parent().unwrap_or(Path::new(""))))
        .map_err(|source| match source.kind() {
            ErrorKind::NotFound => OutputError::NoFolder { action: "write", path: target.to_path_buf() },
            // The library wraps the cause with the temporary's path; the system's own words are enough.
            kind => OutputError::from_io("write", target, kind.into()),
        })?;
    file.write_all(text.as_bytes()).map_err(|source| OutputError::from_io("write", target, source))?;
    Ok(file.into_temp_path())
}

/// `Path::parent` of a bare name is empty, which the system takes for no folder at all.
pub(super) fn dir_or_dot(dir: &Path) -> &Path {
    if dir.as_os_str().is_empty() { Path::new(".") } else { dir }
}
