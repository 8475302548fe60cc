//! The archive of a cell, unpacked to a folder of the user's.
//!
//! **Invariant:** the folder appears complete or not at all, and nothing that was there before is touched.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::fetch::unpack::{Limits, UnpackError, unpack};
use crate::input;
use crate::temporary::{self, Purpose};

/// A cell cannot be exported.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ExportError {
    #[error("{name} has no archive")]
    NoArchive {
        name: String,
        #[help]
        hint: String,
    },
    #[error("the archive of {cell} is not in this machine's store")]
    #[diagnostic(help("run `crossloom build {package}` first"))]
    NotBuilt { cell: String, package: String },
    #[error("{} is not empty", path.display())]
    #[diagnostic(help("name a folder that is not there yet, or an empty one"))]
    Full { path: PathBuf },
    #[error("{} holds no archive, or several", path.display())]
    Archive { path: PathBuf },
    #[error("cannot {action} {}", path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot unpack {}", path.display())]
    Unpack {
        path: PathBuf,
        #[source]
        #[diagnostic_source]
        source: UnpackError,
    },
}

fn failed(action: &'static str, path: &Path) -> impl Fn(io::Error) -> ExportError {
    move |source| ExportError::Io { action, path: path.to_owned(), source }
}

/// Unpacks the archive that the output of a node holds, without its top folder, to `folder`: one that is not there, or an
/// empty one.
///
/// # Errors
/// Then nothing is there that was not there before.
pub fn export(output: &Path, folder: &Path) -> Result<(), ExportError> {
    // A link to an empty folder stays one.
    let target = match fs::canonicalize(folder) {
        Ok(path) => path,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            std::path::absolute(folder).map_err(failed("use", folder))?
        }
        Err(source) => return Err(failed("use", folder)(source)),
    };
    match fs::read_dir(&target) {
        Ok(mut entries) => match entries.next() {
            None => {}
            Some(_) => return Err(ExportError::Full { path: folder.to_owned() }),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(source) => return Err(failed("use", folder)(source)),
    }
    let archive = archive(output)?;
    let parent = target.parent().unwrap_or(Path::new("/"));
    let temporary = temporary::Folder::new(parent, Purpose::Tree).map_err(failed("make a folder in", parent))?;
    let tree = temporary.path().join("tree");
    let file = input::open(&archive).map_err(failed("read", &archive))?;
    let unpacked = |source| ExportError::Unpack { path: archive.clone(), source };
    unpack(file, &tree, &Limits::default()).map_err(unpacked)?;
    // The place of an empty folder is taken, too.
    fs::rename(&tree, &target).map_err(failed("write", folder))
}

/// The one archive in an output.
fn archive(output: &Path) -> Result<PathBuf, ExportError> {
    let folder = input::Folder::open(output).map_err(failed("read", output))?;
    let names = folder.names().map_err(failed("read", output))?;
    let mut archives = names.iter().filter(|name| is_archive(name));
    match (archives.next(), archives.next()) {
        (Some(name), None) => Ok(output.join(name)),
        _ => Err(ExportError::Archive { path: output.to_owned() }),
    }
}

fn is_archive(name: &OsStr) -> bool {
    name.as_encoded_bytes().ends_with(b".tar.gz")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// An output with an archive of two files and a link; `cut` bytes are missing at its end.
    fn output(dir: &Path, cut: usize) -> PathBuf {
        let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
        let mut file = |path: &str, mode, text: &str| {
            let mut header = tar::Header::new_gnu();
            header.set_mode(mode);
            header.set_size(text.len() as u64);
            archive.append_data(&mut header, path, text.as_bytes()).unwrap();
        };
        file("tools/bin/cc", 0o755, "a compiler");
        file("tools/README", 0o644, &"read me ".repeat(4096));
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        archive.append_link(&mut header, "tools/bin/gcc", "cc").unwrap();
        let bytes = archive.into_inner().unwrap().finish().unwrap();
        let output = dir.join("output");
        fs::create_dir_all(output.join("nix-support")).unwrap();
        fs::write(output.join("tools.tar.gz"), &bytes[..bytes.len() - cut]).unwrap();
        output
    }

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = entries.collect();
        names.sort();
        names
    }

    #[test]
    fn an_archive_becomes_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let output = output(dir.path(), 0);
        let (new, empty, link) = (dir.path().join("new"), dir.path().join("empty"), dir.path().join("link"));
        fs::create_dir(&empty).unwrap();
        fs::create_dir(dir.path().join("behind")).unwrap();
        symlink("behind", &link).unwrap();
        for folder in [&new, &empty, &link] {
            export(&output, folder).unwrap();
            assert_eq!(names(folder), ["README", "bin"]);
            let compiler = folder.join("bin/cc");
            assert_eq!(fs::metadata(&compiler).unwrap().permissions().mode() & 0o111, 0o111);
            assert_eq!(fs::read_link(folder.join("bin/gcc")).unwrap(), Path::new("cc"));
        }
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(names(dir.path()), ["behind", "empty", "link", "new", "output"]);
    }

    #[test]
    fn nothing_is_left_of_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let whole = output(dir.path(), 0);
        let full = dir.path().join("full");
        fs::create_dir(&full).unwrap();
        fs::write(full.join("mine"), "precious").unwrap();
        let message = |result: Result<(), ExportError>| result.unwrap_err().to_string();
        assert_eq!(message(export(&whole, &full)), format!("{} is not empty", full.display()));
        assert_eq!(names(&full), ["mine"]);

        let file = dir.path().join("full/mine");
        assert_eq!(message(export(&whole, &file)), format!("cannot use {}", file.display()));
        let nowhere = dir.path().join("no/where");
        assert!(message(export(&whole, &nowhere)).starts_with("cannot make a folder in "));

        let broken = tempfile::tempdir().unwrap();
        let output = output(broken.path(), 9);
        let new = broken.path().join("new");
        assert!(message(export(&output, &new)).starts_with("cannot unpack "));
        fs::remove_file(output.join("tools.tar.gz")).unwrap();
        assert!(message(export(&output, &new)).ends_with("output holds no archive, or several"));
        for name in ["a.tar.gz", "b.tar.gz"] {
            fs::write(output.join(name), "").unwrap();
        }
        assert!(message(export(&output, &new)).ends_with("output holds no archive, or several"));
        assert_eq!(names(broken.path()), ["output"]);
    }
}
