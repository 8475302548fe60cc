//! Opening files that others may have put there: what stands in a clone of somebody's repository, on a medium, in a
//! cache, or in a folder that more than one account can write to.
//!
//! A pipe might never open, a device never end, and a link may lead anywhere. So the type of a file is looked at once
//! more when it is open, every read has a bound, and where links are not to be followed the system is told so: a path
//! that was looked at may be another file a moment later.
//!
//! **Invariant:** no other module of the program opens a file to read it (a test looks at the sources).

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, mkdirat, openat, readlinkat, statat};
use rustix::io::Errno;

/// What a file is meant to be, and how much of it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// With its article: `a lock file`.
    pub what: &'static str,
    /// Bytes.
    pub most: usize,
}

/// Settings of other programs, which crossloom looks into: apt's, pip's, cargo's. They have some kilobytes.
pub const SETTINGS: Kind = Kind { what: "a file of settings", most: 1 << 20 };
/// A file with Nix code. The largest of nixpkgs has 20 megabytes.
pub const NIX: Kind = Kind { what: "a Nix file", most: 64 << 20 };

impl Kind {
    /// All bytes of a file that is open.
    ///
    /// # Errors
    /// As the system says; `FileTooLarge` where there are more bytes than this kind of file has.
    pub fn bytes(self, file: File) -> io::Result<Vec<u8>> {
        let too_large = || {
            let problem = format!("it is larger than {} bytes; is it {}?", self.most, self.what);
            Err(io::Error::new(ErrorKind::FileTooLarge, problem))
        };
        // The files of /proc say that they are empty, and a file may grow: what is read counts, too.
        if file.metadata()?.len() > self.most as u64 {
            return too_large();
        }
        let mut bytes = Vec::new();
        file.take(self.most as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() > self.most { too_large() } else { Ok(bytes) }
    }
}

/// A file holds the lines that git writes where it could not merge two versions.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{path} has an unresolved merge conflict, line {line}: {marker}")]
#[diagnostic(help("{}", way_out(path)))]
pub struct Conflict {
    pub path: String,
    pub line: usize,
    /// The line itself, without what follows the sign.
    marker: &'static str,
}

/// The first line of a merge conflict in the text of the file at `path`.
///
/// # Errors
/// [`Conflict`] with its line.
pub fn unconflicted(path: &Path, text: &str) -> Result<(), Conflict> {
    // Seven equals signs may underline a heading in a text, but mean nothing in these formats.
    let strict = matches!(extension(path), "toml" | "json" | "lock");
    let sign = |line: &str| match line.trim_end_matches('\r') {
        "=======" if strict => Some("======="),
        line => ["<<<<<<<", ">>>>>>>"]
            .into_iter()
            .find(|sign| line.strip_prefix(sign).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))),
    };
    let found = text.lines().enumerate().find_map(|(place, line)| Some((place + 1, sign(line)?)));
    match found {
        Some((line, marker)) => Err(Conflict { path: path.display().to_string(), line, marker }),
        None => Ok(()),
    }
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(OsStr::to_str).unwrap_or_default()
}

fn way_out(path: &str) -> &'static str {
    match extension(Path::new(path)) {
        "lock" => "keep one side of it without the marker lines, then run `crossloom lock`",
        "toml" | "json" => "edit it: keep what you want of both sides, and remove the marker lines",
        _ => "keep one side of it without the marker lines, then run `crossloom generate`",
    }
}

/// Never waits for the other end of a pipe, and leaves nothing open in programs that are started.
const CAREFUL: OFlags = OFlags::NONBLOCK.union(OFlags::CLOEXEC);

/// Opens a file, or the file that a link leads to.
///
/// # Errors
/// As the system says; what is neither is one, too.
pub fn open(path: &Path) -> io::Result<File> {
    // Looked at before, since opening some devices does something, and after, since it may be another by then.
    regular(&fs::metadata(path)?)?;
    opened(path, CAREFUL)
}

/// Opens a file, and no link to one.
///
/// # Errors
/// As the system says; what is not a file is one, too.
pub fn open_itself(path: &Path) -> io::Result<File> {
    regular(&fs::symlink_metadata(path)?)?;
    opened(path, CAREFUL.union(OFlags::NOFOLLOW))
}

fn opened(path: &Path, flags: OFlags) -> io::Result<File> {
    let file = File::options().read(true).custom_flags(flags.bits() as i32).open(path)?;
    regular(&file.metadata()?)?;
    Ok(file)
}

fn regular(metadata: &Metadata) -> io::Result<()> {
    match metadata.file_type() {
        kind if kind.is_file() => Ok(()),
        kind if kind.is_dir() => Err(Errno::ISDIR.into()),
        kind if kind.is_symlink() => Err(io::Error::new(ErrorKind::InvalidInput, "it is a symbolic link")),
        _ => Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file")),
    }
}

/// The bytes of a file, or of the file that a link leads to.
///
/// # Errors
/// As those of [`open`] and [`Kind::bytes`].
pub fn bytes(path: &Path, kind: Kind) -> io::Result<Vec<u8>> {
    kind.bytes(open(path)?)
}

/// The text of a file, or of the file that a link leads to.
///
/// # Errors
/// As those of [`bytes`]; what is not UTF-8 is of kind `InvalidData`.
pub fn text(path: &Path, kind: Kind) -> io::Result<String> {
    into_text(bytes(path, kind)?)
}

/// The text of a file, and of no link to one.
///
/// # Errors
/// As those of [`text`].
pub fn text_itself(path: &Path, kind: Kind) -> io::Result<String> {
    into_text(kind.bytes(open_itself(path)?)?)
}

fn into_text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8 text"))
}

/// A folder that is open: what is in it is found there even if another takes its path.
#[derive(Debug)]
pub struct Folder {
    handle: OwnedFd,
    path: PathBuf,
}

/// What stands in a folder under a name.
#[derive(Debug)]
pub enum Entry {
    File(File, Metadata),
    Folder(Folder),
    /// A symbolic link, and where it leads.
    Link(Vec<u8>),
    Special(FileType),
}

impl Folder {
    /// Opens a folder, or the folder that a link leads to.
    ///
    /// # Errors
    /// As the system says.
    pub fn open(path: &Path) -> io::Result<Folder> {
        let handle = rustix::fs::open(path, CAREFUL.union(OFlags::DIRECTORY), Mode::empty())?;
        Ok(Folder { handle, path: path.to_owned() })
    }

    /// Where it was when it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names of what is in it, sorted.
    ///
    /// # Errors
    /// As the system says.
    pub fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.handle)? {
            let name = entry?.file_name().to_bytes().to_vec();
            if !matches!(name.as_slice(), b"." | b"..") {
                names.push(OsString::from_vec(name));
            }
        }
        names.sort();
        Ok(names)
    }

    /// What stands here under a name, open. No link is followed.
    ///
    /// # Errors
    /// As the system says, `NotFound` among it.
    pub fn entry(&self, name: &OsStr) -> io::Result<Entry> {
        let path = self.path.join(name);
        let seen = statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let flags = match FileType::from_raw_mode(seen.st_mode) {
            FileType::RegularFile => CAREFUL,
            FileType::Directory => CAREFUL.union(OFlags::DIRECTORY),
            FileType::Symlink => {
                return Ok(Entry::Link(readlinkat(&self.handle, name, Vec::new())?.into_bytes()));
            }
            special => return Ok(Entry::Special(special)),
        };
        let file = File::from(openat(&self.handle, name, flags.union(OFlags::NOFOLLOW), Mode::empty())?);
        let metadata = file.metadata()?;
        if metadata.ino() != seen.st_ino {
            return Err(io::Error::other("it was replaced while it was looked at"));
        }
        Ok(if metadata.is_dir() {
            Entry::Folder(Folder { handle: file.into(), path })
        } else {
            Entry::File(file, metadata)
        })
    }

    /// What stands at a relative path below. No link on the way is followed: one is what is found, with its own path.
    ///
    /// # Errors
    /// As those of [`entry`](Folder::entry); for a path that leads out, too.
    pub fn below(&self, path: &Path) -> io::Result<(PathBuf, Entry)> {
        let mut place = self.path.clone();
        let mut entry = Entry::Folder(Folder { handle: self.handle.try_clone()?, path: place.clone() });
        for part in path.components() {
            let name = match part {
                Component::Normal(name) => name,
                Component::CurDir => continue,
                _ => return Err(io::Error::new(ErrorKind::InvalidInput, "its path leads out of the folder")),
            };
            entry = match entry {
                Entry::Folder(folder) => {
                    place.push(name);
                    folder.entry(name)?
                }
                link @ Entry::Link(_) => return Ok((place, link)),
                Entry::File(..) | Entry::Special(_) => return Err(Errno::NOTDIR.into()),
            };
        }
        Ok((place, entry))
    }

    /// Makes a folder here unless something has its name.
    ///
    /// # Errors
    /// As the system says.
    pub fn make(&self, name: &str) -> io::Result<()> {
        match mkdirat(&self.handle, name, Mode::from_raw_mode(0o777)) {
            Ok(()) | Err(Errno::EXIST) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a file here; nothing where something has its name.
    ///
    /// # Errors
    /// As the system says.
    pub fn create(&self, name: &str) -> io::Result<Option<File>> {
        let flags = CAREFUL.union(OFlags::WRONLY).union(OFlags::CREATE).union(OFlags::EXCL);
        match openat(&self.handle, name, flags, Mode::from_raw_mode(0o666)) {
            Ok(file) => Ok(Some(file.into())),
            Err(Errno::EXIST) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Folders within folders that a walk goes into: each is open while it is in it.
const MAX_DEPTH: usize = 64;

/// A walk through a folder and those in it that [`enter`](Walk::enter) is called for, in the order of their names.
#[derive(Debug)]
pub struct Walk {
    /// From the top to where the walk is, with the names that are left there, the next one last.
    open: Vec<(Folder, Vec<OsString>)>,
}

impl Walk {
    /// A walk that begins in a folder.
    ///
    /// # Errors
    /// As the system says.
    pub fn through(folder: Folder) -> io::Result<Walk> {
        let mut walk = Walk { open: Vec::new() };
        walk.enter(folder)?;
        Ok(walk)
    }

    /// What is in the folder that was just found comes next.
    ///
    /// # Errors
    /// As the system says; for folders that stand deeper than any that are read, too.
    pub fn enter(&mut self, folder: Folder) -> io::Result<()> {
        if self.open.len() > MAX_DEPTH {
            return Err(io::Error::other(format!("it stands in more than {MAX_DEPTH} folders")));
        }
        let mut names = folder.names()?;
        names.reverse();
        self.open.push((folder, names));
        Ok(())
    }

    /// The next name, and its path.
    pub fn next(&mut self) -> Option<(OsString, PathBuf)> {
        while let Some((folder, left)) = self.open.last_mut() {
            if let Some(name) = left.pop() {
                let path = folder.path.join(&name);
                return Some((name, path));
            }
            self.open.pop();
        }
        None
    }

    /// What stands under the name that came last.
    ///
    /// # Errors
    /// As those of [`Folder::entry`].
    pub fn entry(&self, name: &OsStr) -> io::Result<Entry> {
        match self.open.last() {
            Some((folder, _)) => folder.entry(name),
            None => Err(ErrorKind::NotFound.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    const SMALL: Kind = Kind { what: "a small file", most: 4 };

    fn place() -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        fs::create_dir(path("folder")).unwrap();
        fs::write(path("folder/file"), "1234").unwrap();
        fs::write(path("large"), "12345").unwrap();
        fs::write(path("bytes"), b"\xff").unwrap();
        symlink("folder", path("to-folder")).unwrap();
        symlink("folder/file", path("to-file")).unwrap();
        symlink("/dev/zero", path("to-zero")).unwrap();
        symlink("nothing", path("to-nothing")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, path("pipe"), Mode::RUSR).unwrap();
        place
    }

    #[test]
    fn files_alone_are_read_and_within_their_bound() {
        let place = place();
        let read = |name: &str| text(&place.path().join(name), SMALL).map_err(|error| error.to_string());
        assert_eq!((read("folder/file"), read("to-file")), (Ok("1234".to_owned()), Ok("1234".to_owned())));
        for (name, expected) in [
            ("large", "it is larger than 4 bytes; is it a small file?"),
            ("bytes", "it is not UTF-8 text"),
            ("pipe", "it is not a regular file"),
            ("to-zero", "it is not a regular file"),
            ("folder", "Is a directory"),
            ("to-nothing", "No such file"),
        ] {
            let error = read(name).unwrap_err();
            assert!(error.contains(expected), "{name}: {error}");
        }
        // The files of /proc have no length.
        if Path::new("/proc/self/status").exists() {
            assert_eq!(bytes(Path::new("/proc/self/status"), SMALL).unwrap_err().kind(), ErrorKind::FileTooLarge);
        }
        assert!(text_itself(&place.path().join("folder/file"), SMALL).is_ok());
        let error = text_itself(&place.path().join("to-file"), SMALL).unwrap_err().to_string();
        assert_eq!(error, "it is a symbolic link");
    }

    #[test]
    fn no_link_below_a_folder_is_followed() {
        let place = place();
        let top = Folder::open(place.path()).unwrap();
        let kind = |path: &str| match top.below(Path::new(path)) {
            Ok((at, Entry::Link(_))) => format!("link {}", at.strip_prefix(place.path()).unwrap().display()),
            Ok((_, Entry::File(..))) => "file".to_owned(),
            Ok((_, Entry::Folder(_))) => "folder".to_owned(),
            Ok((_, Entry::Special(_))) => "special".to_owned(),
            Err(error) => format!("{:?}", error.kind()),
        };
        for (path, expected) in [
            ("folder", "folder"),
            ("./folder/file", "file"),
            ("", "folder"),
            ("to-folder/file", "link to-folder"),
            ("to-file", "link to-file"),
            ("pipe", "special"),
            ("large/x", "NotADirectory"),
            ("folder/x", "NotFound"),
            ("folder/../large", "InvalidInput"),
            ("/etc/passwd", "InvalidInput"),
        ] {
            assert_eq!(kind(path), expected, "{path}");
        }
    }

    #[test]
    fn a_walk_goes_where_it_is_told_to_in_order() {
        let place = place();
        fs::create_dir(place.path().join("other")).unwrap();
        fs::write(place.path().join("other/file"), "").unwrap();
        let mut walk = Walk::through(Folder::open(place.path()).unwrap()).unwrap();
        let mut names = Vec::new();
        while let Some((name, path)) = walk.next() {
            names.push(path.strip_prefix(place.path()).unwrap().to_str().unwrap().to_owned());
            match walk.entry(&name).unwrap() {
                Entry::Folder(folder) if name == "folder" => walk.enter(folder).unwrap(),
                _ => {}
            }
        }
        let expected = [
            "bytes",
            "folder",
            "folder/file",
            "large",
            "other",
            "pipe",
            "to-file",
            "to-folder",
            "to-nothing",
            "to-zero",
        ];
        assert_eq!(names, expected);

        let deep = tempfile::tempdir().unwrap();
        fs::create_dir_all(deep.path().join("x/".repeat(MAX_DEPTH + 1))).unwrap();
        let mut walk = Walk::through(Folder::open(deep.path()).unwrap()).unwrap();
        let mut depth = 0;
        let error = loop {
            let (name, _) = walk.next().unwrap();
            let Entry::Folder(folder) = walk.entry(&name).unwrap() else { panic!() };
            match walk.enter(folder) {
                Ok(()) => depth += 1,
                Err(error) => break error.to_string(),
            }
        };
        assert_eq!((depth, error.as_str()), (MAX_DEPTH, "it stands in more than 64 folders"));
    }

    #[test]
    fn a_file_is_made_where_nothing_has_its_name() {
        let place = place();
        let top = Folder::open(place.path()).unwrap();
        assert!(top.create("to-nothing").unwrap().is_none() && top.create("newer").unwrap().is_some());
        assert!(!place.path().join("nothing").exists());
    }
}
