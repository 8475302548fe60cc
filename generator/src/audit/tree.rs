//! The files of a tree: which of them a rule looks at, and how they are read.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Instant;

use super::cargo::{is_build_script, named_scripts};
use super::text::{has_word, joined};
use super::{AuditError, Limits, SUPPRESSIONS, listfile, meson};
use crate::input::{self, Entry, Folder, Walk};

/// What a file is to the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Macros,
    Configure,
    ConfigSub,
    CMake,
    Meson,
    Make,
    CargoManifest,
    CargoConfig,
    BuildScript,
}

/// A file that was not looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    pub file: String,
    pub why: String,
}

/// What is left of the limits.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    entries: usize,
    bytes: u64,
    begun: Instant,
}

impl Budget {
    pub fn new(limits: Limits) -> Budget {
        Budget { limits, entries: 0, bytes: 0, begun: Instant::now() }
    }

    fn entry(&mut self) -> Result<(), AuditError> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(AuditError::TooLarge { what: "files", most: self.limits.entries as u64 });
        }
        self.time()
    }

    fn read(&mut self, bytes: usize) -> Result<(), AuditError> {
        self.bytes += bytes as u64;
        if self.bytes > self.limits.bytes {
            return Err(AuditError::TooLarge { what: "bytes of build files", most: self.limits.bytes });
        }
        self.time()
    }

    fn time(&self) -> Result<(), AuditError> {
        if self.begun.elapsed() > self.limits.time {
            return Err(AuditError::TooSlow { seconds: self.limits.time.as_secs() });
        }
        Ok(())
    }
}

/// The files of a tree.
#[derive(Debug)]
pub struct Tree {
    top: Folder,
    /// Relative paths of files and folders, with `/`.
    paths: BTreeSet<String>,
    /// The names of files that are not in a folder of tests.
    names: BTreeSet<String>,
    /// Which of [`REPLACED`] their sources have.
    replaced: BTreeSet<&'static str>,
    /// The programs that its CMake files build.
    programs: BTreeSet<String>,
    cmake: listfile::Uses,
    meson: meson::Uses,
    /// Folders, with `/` at the end, whose configure script says that mmap works under Linux.
    mmap: BTreeSet<String>,
    /// Folders, with `/` at the end, whose Cargo.toml names build scripts or none.
    naming: BTreeSet<String>,
    /// The build scripts that they name.
    scripts: BTreeSet<String>,
}

/// Functions that replace a target's, as macros of Autoconf call them, and the files in which people keep them.
const REPLACED: [&str; 2] = ["rpl_malloc", "rpl_realloc"];
const REPLACING: [&str; 5] = ["malloc.c", "realloc.c", "bsd-malloc.c", "rpl_malloc.c", "rpl_realloc.c"];

/// Folders of version control, and of dependencies that a package manager put there.
const NOT_ENTERED: [&str; 5] = [".git", ".hg", ".svn", "node_modules", "autom4te.cache"];

impl Tree {
    /// Finds the files of a folder. Links are not followed, and special files are left alone.
    pub fn walk(folder: &Path, budget: &mut Budget, skipped: &mut Vec<Skipped>) -> Result<Tree, AuditError> {
        let unread = |source| AuditError::Read { path: folder.display().to_string(), source };
        let open = || Folder::open(folder).map_err(unread);
        let (mut paths, mut names) = (BTreeSet::new(), BTreeSet::new());
        let mut walk = Walk::through(open()?).map_err(unread)?;
        while let Some((name, path)) = walk.next() {
            budget.entry()?;
            let relative = path.strip_prefix(folder).unwrap_or(&path);
            let skip = |skipped: &mut Vec<Skipped>, error: &io::Error| {
                skipped.push(Skipped { file: super::shown(&relative.to_string_lossy()), why: error.to_string() });
            };
            match walk.entry(&name) {
                Ok(Entry::Folder(folder)) => {
                    if NOT_ENTERED.iter().any(|one| name == *one) || made(&folder) {
                        continue;
                    }
                    paths.extend(relative.to_str().map(str::to_owned));
                    if let Err(error) = walk.enter(folder) {
                        skip(skipped, &error);
                    }
                }
                Ok(Entry::File(..)) => {
                    // No name that a rule looks for is anything but UTF-8, but a folder's may be.
                    if let (Some(path), Some(name)) = (relative.to_str(), name.to_str()) {
                        if !tests(path) {
                            names.insert(name.to_owned());
                        }
                        paths.insert(path.to_owned());
                    } else if name.to_str().is_some_and(|name| kind_of(name, "").is_some()) {
                        skip(skipped, &io::Error::new(ErrorKind::InvalidData, "its path is not UTF-8"));
                    }
                }
                Ok(Entry::Link(_) | Entry::Special(_)) if relative == Path::new(SUPPRESSIONS) => {
                    let source = io::Error::new(ErrorKind::InvalidInput, "it is a link or a special file");
                    return Err(AuditError::Suppressions { source });
                }
                Ok(Entry::Link(_) | Entry::Special(_)) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(source) if relative == Path::new(SUPPRESSIONS) => return Err(AuditError::Suppressions { source }),
                Err(error) => {
                    if name.to_str().is_none_or(|name| kind_of(name, "").is_some())
                        || error.kind() == ErrorKind::PermissionDenied
                    {
                        skip(skipped, &error);
                    }
                }
            }
        }
        Ok(Tree { paths, names, ..Tree::at(open()?) })
    }

    /// A tree without files.
    fn at(top: Folder) -> Tree {
        Tree {
            top,
            paths: BTreeSet::new(),
            names: BTreeSet::new(),
            replaced: BTreeSet::new(),
            programs: BTreeSet::new(),
            cmake: listfile::Uses::default(),
            meson: meson::Uses::default(),
            mmap: BTreeSet::new(),
            naming: BTreeSet::new(),
            scripts: BTreeSet::new(),
        }
    }

    /// A tree of these paths, of which no file can be read.
    #[cfg(test)]
    pub fn of(paths: &[&str]) -> Tree {
        let top = Folder::open(Path::new("/")).unwrap();
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        let programs = BTreeSet::from(["mktable".to_owned()]);
        Tree { paths, programs, ..Tree::at(top) }
    }

    /// Reads the files whose contents decide about findings in others.
    pub fn learn(&mut self, budget: &mut Budget) -> Result<(), AuditError> {
        let mut wanted = self.wanted();
        // Files of outer folders say what those of inner ones use.
        wanted.sort_by_key(|(path, _)| path.matches('/').count());
        for (path, kind) in wanted {
            if !matches!(kind, Kind::CMake | Kind::Configure | Kind::Meson | Kind::CargoManifest) {
                continue;
            }
            // The same files are read again, and named then if that fails.
            let Some(text) = self.read(&path, budget, &mut Vec::new())? else { continue };
            if kind == Kind::CMake {
                self.programs.extend(listfile::executables(&text));
                self.cmake.learn(&path, &text);
            } else if kind == Kind::Meson {
                self.meson.learn(&path, &text);
            } else if kind == Kind::CargoManifest {
                let folder = path.strip_suffix("Cargo.toml").unwrap_or_default();
                if let Some(named) = named_scripts(&text) {
                    self.scripts.extend(named.iter().filter_map(|name| joined(folder, name)));
                    self.naming.insert(folder.to_owned());
                }
            } else if text.contains("linux*) ac_cv_func_mmap_fixed_mapped=yes") {
                self.mmap.extend(path.strip_suffix("configure").map(str::to_owned));
            }
        }
        let sources = |path: &&String| path.rsplit('/').next().is_some_and(|name| REPLACING.contains(&name));
        for path in self.paths.iter().filter(sources).cloned().collect::<Vec<_>>() {
            if let Some(text) = self.read(&path, budget, &mut Vec::new())? {
                self.replaced.extend(REPLACED.iter().filter(|name| has_word(&text, name)));
            }
        }
        Ok(())
    }

    /// The files that rules look at.
    pub fn wanted(&self) -> Vec<(String, Kind)> {
        let kind = |path: &String| {
            if self.scripts.contains(path) {
                return Some((path.clone(), Kind::BuildScript));
            }
            let name = path.rsplit('/').next().unwrap_or_default();
            let kind = kind_of(name, path)?;
            (kind != Kind::BuildScript || is_build_script(path, self)).then(|| (path.clone(), kind))
        };
        self.paths.iter().filter_map(kind).collect()
    }

    /// The text of a file; bytes that are not UTF-8 are replaced. None if there is no such file, or if it was skipped.
    pub fn read(
        &self,
        path: &str,
        budget: &mut Budget,
        skipped: &mut Vec<Skipped>,
    ) -> Result<Option<String>, AuditError> {
        if !self.paths.contains(path) {
            return Ok(None);
        }
        let kind = input::Kind { what: "a build file", most: budget.limits.file };
        let bytes = match self.top.below(Path::new(path)) {
            Ok((_, Entry::File(file, _))) => kind.bytes(file),
            // It was a file a moment ago.
            Ok(_) => Err(io::Error::new(ErrorKind::InvalidInput, "it is no longer a file")),
            Err(error) => Err(error),
        };
        match bytes {
            Ok(bytes) => {
                budget.read(bytes.len())?;
                Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
            }
            Err(source) if path == SUPPRESSIONS => Err(AuditError::Suppressions { source }),
            Err(error) => {
                // A folder has a path, too.
                if error.kind() != ErrorKind::InvalidInput {
                    skipped.push(Skipped { file: super::shown(path), why: error.to_string() });
                }
                Ok(None)
            }
        }
    }

    /// Whether a file or folder has this relative path.
    pub fn has(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// Whether a source of it has a function of [`REPLACED`], or whether a file of this name is in it, but not for tests.
    pub fn replaces(&self, name: &str) -> bool {
        self.replaced.contains(name) || self.names.contains(name)
    }

    /// Whether the Cargo.toml in a folder names build scripts or none.
    pub fn names_scripts(&self, folder: &str) -> bool {
        self.naming.contains(folder)
    }

    /// What its CMake files use.
    pub fn cmake(&self) -> &listfile::Uses {
        &self.cmake
    }

    /// What its Meson files use.
    pub fn meson(&self) -> &meson::Uses {
        &self.meson
    }

    /// Whether the configure script beside a file has an answer about mmap for cross builds to Linux.
    pub fn answers_mmap(&self, path: &str) -> bool {
        let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        self.mmap.contains(&folder)
    }

    /// Whether a CMake file builds a program of this name.
    pub fn builds(&self, name: &str) -> bool {
        self.programs.contains(name)
    }
}

/// Whether a file is in a folder of tests.
fn tests(path: &str) -> bool {
    path.split('/').rev().skip(1).any(|folder| matches!(folder, "test" | "tests" | "testsuite"))
}

/// Whether a program marked a folder as one that it can make again.
fn made(folder: &Folder) -> bool {
    folder.entry("CACHEDIR.TAG".as_ref()).is_ok()
}

/// What a file is by its name and path.
fn kind_of(name: &str, path: &str) -> Option<Kind> {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    Some(match name {
        "configure.ac" | "configure.in" | "acinclude.m4" => Kind::Macros,
        // What libtool and gettext put there is not the tree's.
        "libtool.m4" | "ltoptions.m4" | "ltsugar.m4" | "ltversion.m4" | "lt~obsolete.m4" | "gettext.m4"
        | "intltool.m4" | "std-gnu11.m4" => return None,
        "configure" => Kind::Configure,
        "config.sub" => Kind::ConfigSub,
        "CMakeLists.txt" => Kind::CMake,
        "meson.build" => Kind::Meson,
        "Cargo.toml" => Kind::CargoManifest,
        "build.rs" => Kind::BuildScript,
        "config.toml" | "config" if path.ends_with(".cargo/config.toml") || path.ends_with(".cargo/config") => {
            Kind::CargoConfig
        }
        "Android.mk" => return None,
        "Makefile" | "makefile" | "GNUmakefile" | "make.inc" => make(path)?,
        _ => match extension {
            _ if ["Makefile.", "makefile.", "GNUmakefile.", "config.mak"]
                .iter()
                .any(|start| name.starts_with(start)) =>
            {
                make(path)?
            }
            "cmake" => Kind::CMake,
            "m4" => Kind::Macros,
            "mk" | "mak" | "make" => make(path)?,
            _ => return None,
        },
    })
}

/// Makefiles for another operating system, by their folder or a part of their name, are for that system's own compiler.
fn make(path: &str) -> Option<Kind> {
    const OTHERS: [&str; 21] = [
        "win32", "windows", "wince", "vcnet", "cygwin", "mingw", "msvc", "vms", "os2", "emx", "dos", "msdos", "pc",
        "amiga", "djgpp", "acorn", "atari", "atheos", "beos", "human68k", "macos9",
    ];
    // Such systems and their compilers; systems that nobody builds for on another machine; texts, scripts and copies.
    const SUFFIXES: [&str; 43] = [
        "vc", "vcwin32", "msc", "nt", "w32", "bcc", "bc32", "bor", "wat", "watcom", "dj2", "mingw32", "msys", "cegcc",
        "aix", "dec", "hp64", "hpgcc", "hpux", "irix", "osf1", "sco", "sgi", "sggcc", "so9", "32sunu", "64sunu",
        "sunos", "solaris", "SH", "PL", "pl", "py", "sh", "md", "txt", "html", "pod", "c", "bak", "orig", "rej", "old",
    ];
    let foreign = |part: &str| OTHERS.contains(&part.to_ascii_lowercase().as_str());
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let suffix = name.rsplit('.').next().unwrap_or_default();
    let no_make = SUFFIXES.contains(&suffix) || suffix.ends_with('~');
    let other = folders.split('/').any(foreign) || name.split(['.', '-', '_']).any(foreign);
    (!other && !no_make).then_some(Kind::Make)
}
