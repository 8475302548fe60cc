//! Roots: links that protect store paths from the garbage collector.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;

use crate::input::{Entry, Folder};
use crate::nix::driver::{Nix, NixError};
use crate::nix::store::StorePath;
use crate::output::{Guard, OutputError};

/// Fetched files cannot be protected.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum RootsError {
    #[error("cannot make the folder {path} for links to fetched files")]
    Folder {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("{path} is {what}; crossloom keeps links to fetched files in a folder of that name")]
    #[diagnostic(help("remove it, and ask whoever put it there why"))]
    NotFolder { path: String, what: &'static str },
    #[error("{path} is there, and is not a link into the Nix store")]
    #[diagnostic(help("name another link with --out-link LINK, or make none with --no-out-link"))]
    NotOurs { path: String },
    #[error("cannot make the link {path}")]
    #[diagnostic(help("name another link with --out-link LINK, or make none with --no-out-link"))]
    Link {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Nix(#[from] NixError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Output(#[from] OutputError),
}

/// The folder beside the matrix for files of this machine.
const ROOTS: &str = ".crossloom";

/// Opens that folder, and makes it where it is not there. `project` holds the matrix's folder.
///
/// # Errors
/// A link in its place, among others: whoever commits one could choose where others write and remove files.
pub fn roots(project: &Guard) -> Result<Folder, RootsError> {
    let path = || project.folder().join(ROOTS).display().to_string();
    let fail = |source| RootsError::Folder { path: path(), source };
    let above = project.folder().canonicalize().and_then(|dir| Folder::open(&dir)).map_err(fail)?;
    above.make(ROOTS).map_err(fail)?;
    let roots = match above.entry(OsStr::new(ROOTS)).map_err(fail)? {
        Entry::Folder(roots) => roots,
        Entry::Link(_) => return Err(RootsError::NotFolder { path: path(), what: "a symbolic link" }),
        Entry::File(..) => return Err(RootsError::NotFolder { path: path(), what: "a file" }),
        Entry::Special(_) => return Err(RootsError::NotFolder { path: path(), what: "neither a file nor a folder" }),
    };
    // Links into one machine's store should not be committed. A .gitignore that somebody else wrote stays.
    if let Some(mut ignore) = roots.create(".gitignore").map_err(fail)? {
        ignore.write_all(b"*\n").map_err(fail)?;
    }
    Ok(roots)
}

/// Sees that Nix can make links of this name to `count` results: LINK, LINK-2 and so on. Nix replaces links into its store, as those
/// of an earlier build are, and refuses anything else, but says so only after the build.
///
/// # Errors
/// Something else in the place of a link, or a folder that cannot be written to.
pub fn can_be_made(nix: &Nix, link: &Path, count: usize) -> Result<(), RootsError> {
    let folder = link.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let access = rustix::fs::access(folder, rustix::fs::Access::WRITE_OK);
    access.map_err(|error| RootsError::Link { path: link.display().to_string(), source: error.into() })?;
    for number in 1..=count {
        let mut name = link.as_os_str().to_owned();
        if number > 1 {
            name.push(format!("-{number}"));
        }
        let path = Path::new(&name);
        let ours = match path.symlink_metadata() {
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
            Ok(_) => path.read_link().is_ok_and(|target| target.starts_with(nix.store_dir())),
        };
        if !ours {
            return Err(RootsError::NotOurs { path: path.display().to_string() });
        }
    }
    Ok(())
}

/// Registers a root for each path, so that fetched files are still there when something is built from them.
pub fn keep(nix: &Nix, paths: &[StorePath], dir: &Path) -> Result<(), RootsError> {
    // The folder is held while it is made. Nix makes each link in one step, and two runs make the same links.
    let roots = roots(&Guard::take(dir)?)?;
    for path in paths {
        let link = roots.path().join(path.base_name());
        // The name of a link follows from its target, so an existing link is right.
        if link.symlink_metadata().is_err() {
            nix.add_root(path, &link)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn the_folder_is_made_and_found_again() {
        let dir = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            let found = roots(&Guard::take(dir.path()).unwrap()).unwrap();
            assert_eq!(found.path(), dir.path().canonicalize().unwrap().join(".crossloom"));
            assert_eq!(fs::read(dir.path().join(".crossloom/.gitignore")).unwrap(), b"*\n");
        }
        fs::write(dir.path().join(".crossloom/.gitignore"), "mine").unwrap();
        roots(&Guard::take(dir.path()).unwrap()).unwrap();
        assert_eq!(fs::read(dir.path().join(".crossloom/.gitignore")).unwrap(), b"mine");
    }

    #[test]
    fn only_links_into_the_store_may_be_replaced() {
        // Without Nix there is nothing to link to.
        let Some(store) = crate::tests::temporary_store::Store::new() else { return };
        let nix = &store.nix;
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("result");
        let second = dir.path().join("result-2");
        can_be_made(nix, &link, 3).unwrap();
        symlink(Path::new(nix.store_dir()).join("x"), &link).unwrap();
        can_be_made(nix, &link, 3).unwrap();
        symlink("/etc", &second).unwrap();
        can_be_made(nix, &link, 1).unwrap();
        let error = can_be_made(nix, &link, 2).unwrap_err().to_string();
        assert_eq!(error, format!("{} is there, and is not a link into the Nix store", second.display()));
        for make in [|path: &Path| fs::write(path, "mine").unwrap(), |path: &Path| fs::create_dir(path).unwrap()] {
            fs::remove_file(&second).unwrap();
            make(&second);
            assert!(matches!(can_be_made(nix, &link, 2), Err(RootsError::NotOurs { .. })));
        }
        let nowhere = can_be_made(nix, &dir.path().join("no/result"), 1).unwrap_err();
        assert!(matches!(nowhere, RootsError::Link { .. }), "{nowhere}");
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        let base = tempfile::tempdir().unwrap();
        let [dir, target] = ["dir", "target"].map(|name| base.path().join(name));
        fs::create_dir(&dir).unwrap();
        fs::create_dir(&target).unwrap();
        fs::write(target.join(".gitignore"), "mine").unwrap();
        for to in [target.as_path(), Path::new("../target"), Path::new("../nothing")] {
            symlink(to, dir.join(ROOTS)).unwrap();
            let error = roots(&Guard::take(&dir).unwrap()).unwrap_err();
            assert!(matches!(&error, RootsError::NotFolder { what: "a symbolic link", .. }), "{error}");
            fs::remove_file(dir.join(ROOTS)).unwrap();
        }
        fs::write(dir.join(ROOTS), "").unwrap();
        assert!(matches!(roots(&Guard::take(&dir).unwrap()), Err(RootsError::NotFolder { what: "a file", .. })));
        let names =
            |path: &Path| fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
        assert_eq!((names(&target), names(base.path()).len()), (vec![".gitignore".into()], 2));
        assert_eq!(fs::read(target.join(".gitignore")).unwrap(), b"mine");
    }
}
