//! The rendered tree on disk: compared by [`check`], put in place by [`write`].
//!
//! Both look at the disk in the same way and refuse the same things, so a check that passes is a write that changes
//! nothing. The folder [`FOLDER`] belongs to crossloom as a whole: what the tree no longer has is stale there. Every
//! other file is overwritten only where its first line is [`MARKER`].
//!
//! **Invariant:** until every changed file lies complete beside its target, no target has been touched.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use similar::TextDiff;
use tempfile::TempPath;

/// How every file that crossloom may overwrite begins.
pub use crate::render::gate::HEADER as MARKER;
/// The folder that is crossloom's own, relative to the output directory.
pub const FOLDER: &str = "crossloom";
/// The file by whose marker the folder is known to be ours.
const INDEX: &str = "crossloom/default.nix";
/// Temporaries begin so; those that a killed run left behind count as stale.
const TEMPORARY: &str = ".crossloom-tmp-";

/// A diff longer than this many lines is cut.
const DIFF_LINES: usize = 200;
/// A line of a diff longer than this many characters is cut.
const DIFF_COLUMNS: usize = 400;
/// Files beyond these are compared, but not diffed: the diff's time grows with the square of the lines.
const DIFFABLE_BYTES: usize = 1 << 20;
const DIFFABLE_LINES: usize = 20_000;

/// Relative path with `/` → file.
pub type Tree = BTreeMap<String, TreeFile>;

/// One rendered file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    /// The whole text.
    pub text: String,
    /// Whether its owner may execute it; the umask decides on everybody else.
    pub executable: bool,
}

/// What [`write`] did; paths as in the tree, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// New, or replaced because text or executable bit differed.
    pub written: Vec<String>,
    /// Right already, and not touched.
    pub unchanged: Vec<String>,
    /// Stale files of the owned folder.
    pub removed: Vec<String>,
}

/// What stands on disk where the tree has a file or a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// A symbolic link, in place of a file or of a folder above one.
    Symlink,
    /// A folder in place of a file.
    Folder,
    /// A file in place of a folder.
    NotFolder,
    /// A device, socket or named pipe in place of a file.
    Special,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Obstacle::Symlink => "a symbolic link, and crossloom does not write through links",
            Obstacle::Folder => "a folder, and a file belongs there",
            Obstacle::NotFolder => "not a folder, and one belongs there",
            Obstacle::Special => "neither a file nor a folder",
        })
    }
}

/// The tree cannot be compared or written. Where the way out is known, the message ends with a line `hint: …`.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    #[error("the tree holds {path:?}, which is no path for a file: {problem}")]
    BadPath { path: String, problem: &'static str },
    #[error("the tree's {path:?} does not begin with crossloom's marker, so no later run could replace it")]
    Unmarked { path: String },
    #[error(
        "{} is not a file that crossloom generated; it is left alone\n  \
         hint: move it away, or pass --no-flake and import ./crossloom from your own flake.nix", .path.display()
    )]
    ForeignFile { path: PathBuf },
    #[error(
        "{} is not a folder that crossloom generated: its default.nix does not begin with crossloom's marker\n  \
         hint: move it away, or put its generated default.nix back", .path.display()
    )]
    ForeignFolder { path: PathBuf },
    #[error("{} is {obstacle}\n  hint: move it away", .path.display())]
    InTheWay { path: PathBuf, obstacle: Obstacle },
    #[error("cannot {action} {}: no space left\n  hint: free some space (or quota, or inodes)", .path.display())]
    NoSpace { action: &'static str, path: PathBuf },
    #[error(
        "cannot {action} {}: permission denied\n  hint: see who owns it and the folder it is in", .path.display()
    )]
    Denied { action: &'static str, path: PathBuf },
    #[error(
        "cannot {action} {}: its folder does not exist\n  hint: create {}",
        .path.display(), .path.parent().unwrap_or(Path::new(".")).display()
    )]
    NoFolder { action: &'static str, path: PathBuf },
    #[error("cannot {action} {}", .path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("only {done} of {total} changes were made\n  hint: when the cause is gone, generate again")]
    Partial {
        done: usize,
        total: usize,
        #[source]
        source: Box<OutputError>,
    },
}

impl OutputError {
    /// Sorts what the system said about `path` while trying to `action` it, so that common causes come with a hint.
    pub fn from_io(action: &'static str, path: &Path, source: io::Error) -> OutputError {
        let path = path.to_path_buf();
        match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => OutputError::NoSpace { action, path },
            ErrorKind::PermissionDenied => OutputError::Denied { action, path },
            ErrorKind::IsADirectory => OutputError::InTheWay { path, obstacle: Obstacle::Folder },
            _ => OutputError::Io { action, path, source },
        }
    }
}

/// One way in which the disk is not the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The tree has the file, the disk has not.
    Missing { path: String },
    /// The file's text is another one. `diff` is a unified diff from the disk to the tree, without a final newline,
    /// control characters escaped; or a sentence, where there is nothing to diff.
    Differs { path: String, diff: String },
    /// The owned folder holds a file that the tree has not.
    Stale { path: String },
    /// The executable bit is wrong; `executable` is what it should be.
    ModeDiffers { path: String, executable: bool },
}

impl Difference {
    /// The file's path, relative to the output directory; a stale file's is escaped where it is not plain text.
    pub fn path(&self) -> &str {
        match self {
            Difference::Missing { path }
            | Difference::Differs { path, .. }
            | Difference::Stale { path }
            | Difference::ModeDiffers { path, .. } => path,
        }
    }

    /// Text for a terminal, without a final newline; `colour` adds ANSI escapes.
    pub fn render(&self, colour: bool) -> String {
        let paint = |text: &str, style: Style| {
            if colour { format!("{style}{text}{style:#}") } else { text.to_string() }
        };
        let say = |path: &str, what: &str| format!("{}: {what}", paint(path, Style::new().bold()));
        match self {
            Difference::Missing { path } => say(path, "missing"),
            Difference::Stale { path } => say(path, "no longer generated"),
            Difference::ModeDiffers { path, executable: true } => say(path, "should be executable"),
            Difference::ModeDiffers { path, executable: false } => say(path, "should not be executable"),
            Difference::Differs { path, diff } => {
                let mut text = say(path, "differs from what crossloom generates");
                for line in diff.split('\n') {
                    let style = match line.as_bytes().first() {
                        Some(b'+') => AnsiColor::Green.on_default(),
                        Some(b'-') => AnsiColor::Red.on_default(),
                        Some(b'@') => AnsiColor::Cyan.on_default(),
                        _ => Style::new(),
                    };
                    text.push('\n');
                    text.push_str(&paint(line, style));
                }
                text
            }
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

/// Compares the tree with what is below `dir`, and changes nothing. In the tree's order, stale files last.
///
/// # Errors
/// What [`write`] would refuse as not crossloom's own, and what cannot be read. Links, folders and the like in place
/// of a single file are differences.
pub fn check(dir: &Path, tree: &Tree) -> Result<Vec<Difference>, OutputError> {
    let (found, stale) = survey(dir, tree)?;
    let mut differences = Vec::new();
    for (path, file, found) in found {
        match found {
            Found::Missing => differences.push(Difference::Missing { path: path.to_string() }),
            Found::InTheWay { path: at, obstacle } => differences.push(Difference::Differs {
                path: path.to_string(),
                diff: format!("{} is {obstacle}", shown(at.strip_prefix(dir).unwrap_or(&at))),
            }),
            Found::File { bytes, executable } => {
                if bytes != file.text.as_bytes() {
                    let diff = diff(path, &bytes, &file.text);
                    differences.push(Difference::Differs { path: path.to_string(), diff });
                }
                if executable != file.executable {
                    let executable = file.executable;
                    differences.push(Difference::ModeDiffers { path: path.to_string(), executable });
                }
            }
        }
    }
    differences.extend(stale.into_iter().map(|(path, _)| Difference::Stale { path }));
    Ok(differences)
}

/// Makes what is below `dir` the tree: writes what is new or different, removes what is stale, touches nothing else.
/// `dir` itself is created when only its last component is missing. A tree without any file in the owned folder
/// leaves that folder alone.
///
/// # Errors
/// Whatever is found before the first rename leaves the disk as it was. [`OutputError::Partial`] says that a rename or
/// removal failed after that; every file is then either the old one or the new one, and another run finishes the work.
pub fn write(dir: &Path, tree: &Tree) -> Result<Report, OutputError> {
    let (found, stale) = survey(dir, tree)?;
    let mut report = Report::default();
    let mut changed = Vec::new();
    for (path, file, found) in found {
        match found {
            Found::InTheWay { path, obstacle } => return Err(OutputError::InTheWay { path, obstacle }),
            Found::File { bytes, executable } if bytes == file.text.as_bytes() && executable == file.executable => {
                report.unchanged.push(path.to_string());
            }
            Found::File { .. } | Found::Missing => {
                report.written.push(path.to_string());
                changed.push((path, file));
            }
        }
    }
    // The index goes first: were the rest of a first run lost, the next run would still know the folder as ours.
    changed.sort_by_key(|(path, _)| *path != INDEX);

    let mut created = Vec::new();
    let staged = stage(dir, &changed, &mut created).inspect_err(|_| {
        // The temporaries inside are gone by now. A folder that somebody else has filled meanwhile stays.
        for folder in created.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    })?;

    let total = staged.len() + stale.len();
    let mut done = 0;
    let partial = |done, source: OutputError| match done {
        0 => source,
        _ => OutputError::Partial { done, total, source: Box::new(source) },
    };
    for (temporary, target) in staged {
        put_in_place(temporary, &target).map_err(|source| partial(done, source))?;
        done += 1;
    }
    for (path, on_disk) in stale {
        match fs::remove_file(&on_disk) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(partial(done, OutputError::from_io("remove", &on_disk, source)));
            }
            _ => {}
        }
        done += 1;
        report.removed.push(path);
        // Folders that this emptied; removing one that is not empty fails, which is the test.
        let folder = dir.join(FOLDER);
        for parent in on_disk.ancestors().skip(1).take_while(|parent| **parent != folder) {
            if fs::remove_dir(parent).is_err() {
                break;
            }
        }
    }
    Ok(report)
}

/// Writes one file as a whole: under another name in the same folder, then renamed. An existing file's permissions
/// are kept; the folder has to exist.
///
/// # Errors
/// As [`write`]'s; the file is then what it was before.
pub fn write_file(path: &Path, text: &str) -> Result<(), OutputError> {
    write_files(&[(path.to_path_buf(), text.to_owned())])
}

/// [`write_file`] for files that belong together: each lies complete beside its target before the first takes its place.
///
/// # Errors
/// As [`write`]'s.
pub fn write_files(files: &[(PathBuf, String)]) -> Result<(), OutputError> {
    let mut staged = Vec::new();
    for (path, text) in files {
        let old = match look(path)? {
            None => None,
            Some(metadata) => match obstacle(&metadata) {
                Some(obstacle) => return Err(OutputError::InTheWay { path: path.to_path_buf(), obstacle }),
                None => Some(metadata.permissions()),
            },
        };
        let temporary = temporary_beside(path, text, 0o666)?;
        if let Some(permissions) = old {
            fs::set_permissions(&temporary, permissions)
                .map_err(|source| OutputError::from_io("set the permissions of", path, source))?;
        }
        staged.push((temporary, path));
    }
    let total = staged.len();
    for (done, (temporary, path)) in staged.into_iter().enumerate() {
        put_in_place(temporary, path).map_err(|source| match done {
            0 => source,
            _ => OutputError::Partial { done, total, source: Box::new(source) },
        })?;
    }
    Ok(())
}

/// What is on disk for one path of the tree.
enum Found {
    Missing,
    File { bytes: Vec<u8>, executable: bool },
    InTheWay { path: PathBuf, obstacle: Obstacle },
}

/// Each file of the tree with what is on disk for it.
type Survey<'tree> = Vec<(&'tree str, &'tree TreeFile, Found)>;
/// How a stale file is shown, and where it is: a name on disk need not be text.
type Stale = Vec<(String, PathBuf)>;

/// Looks at everything that a write would touch. Fails where that is not crossloom's own.
fn survey<'tree>(dir: &Path, tree: &'tree Tree) -> Result<(Survey<'tree>, Stale), OutputError> {
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
    let stale = if tree.keys().any(|path| owned(path)) { own_folder(dir, tree)? } else { Vec::new() };
    let mut found = Vec::new();
    for (path, file) in tree {
        let on_disk = find(dir, path)?;
        if let Found::File { bytes, .. } = &on_disk
            && !owned(path)
            && !bytes.starts_with(MARKER.as_bytes())
        {
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
    // What a killed run left is no reason to doubt: it had no time to write the index.
    let empty = files
        .iter()
        .all(|file| file.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(TEMPORARY.as_bytes())));
    if !empty && !marked(&dir.join(INDEX))? {
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
    File::open(path)
        .and_then(|file| file.take(MARKER.len() as u64).read_to_end(&mut start))
        .map_err(|source| OutputError::from_io("read", path, source))?;
    Ok(start == MARKER.as_bytes())
}

/// What is on disk for one path of the tree. No component of it is followed where it is a link.
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
    let bytes = fs::read(&on_disk).map_err(|source| OutputError::from_io("read", &on_disk, source))?;
    // The owner's bit is the one that git records.
    Ok(Found::File { bytes, executable: metadata.permissions().mode() & 0o100 != 0 })
}

/// The metadata of what is at a path, links not followed; `None` where there is nothing.
fn look(path: &Path) -> Result<Option<Metadata>, OutputError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(source) if source.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(OutputError::from_io("look at", path, source)),
    }
}

/// Why this is not a file that can be replaced, if so.
fn obstacle(metadata: &Metadata) -> Option<Obstacle> {
    let kind = metadata.file_type();
    match () {
        () if kind.is_file() => None,
        () if kind.is_symlink() => Some(Obstacle::Symlink),
        () if kind.is_dir() => Some(Obstacle::Folder),
        () => Some(Obstacle::Special),
    }
}

/// Writes every file as a temporary beside its target; gives (temporary, target). The folders made for it are appended
/// to `created`, outermost first. The temporaries vanish with the value, so also on an error.
fn stage(
    dir: &Path,
    files: &[(&str, &TreeFile)],
    created: &mut Vec<PathBuf>,
) -> Result<Vec<(TempPath, PathBuf)>, OutputError> {
    make_folder(dir_or_dot(dir), created)?;
    let mut staged = Vec::new();
    for (path, file) in files {
        let target = dir.join(path);
        for (at, _) in path.match_indices('/') {
            make_folder(&dir.join(path.get(..at).unwrap_or_default()), created)?;
        }
        // Less the umask, as if the file were simply created.
        let temporary = temporary_beside(&target, &file.text, if file.executable { 0o777 } else { 0o666 })?;
        staged.push((temporary, target));
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

/// Renames a temporary to its target.
fn put_in_place(temporary: TempPath, target: &Path) -> Result<(), OutputError> {
    temporary.persist(target).map_err(|failed| OutputError::from_io("replace", target, failed.error))
}

/// `Path::parent` of a bare name is empty, which the system takes for no folder at all.
fn dir_or_dot(dir: &Path) -> &Path {
    if dir.as_os_str().is_empty() { Path::new(".") } else { dir }
}

/// A path for people: one line, without control characters.
fn shown(path: &Path) -> String {
    plain(&path.to_string_lossy())
}

/// The diff from what is on disk to what the tree has, bounded in lines and columns.
fn diff(path: &str, disk: &[u8], tree: &str) -> String {
    let Ok(disk) = std::str::from_utf8(disk) else {
        return "what is on disk is not UTF-8 text".to_string();
    };
    let diffable = |text: &str| text.len() <= DIFFABLE_BYTES && text.lines().count() <= DIFFABLE_LINES;
    if !diffable(disk) || !diffable(tree) {
        return format!("{} bytes on disk, {} generated: too large for a diff", disk.len(), tree.len());
    }
    let all = TextDiff::from_lines(disk, tree)
        .unified_diff()
        .header(&format!("{path} (on disk)"), &format!("{path} (generated)"))
        .to_string();
    let all = all.strip_suffix('\n').unwrap_or(&all);
    let mut text = String::new();
    for (number, line) in all.split('\n').take(DIFF_LINES).enumerate() {
        if number > 0 {
            text.push('\n');
        }
        match line.char_indices().nth(DIFF_COLUMNS).and_then(|(at, _)| line.get(..at)) {
            Some(start) => text.push_str(&(plain(start) + "…")),
            None => text.push_str(&plain(line)),
        }
    }
    let more = all.split('\n').count().saturating_sub(DIFF_LINES);
    if more > 0 {
        // Writing to a string does not fail.
        let _ = write!(text, "\n… and {more} more lines");
    }
    text
}

/// Escapes control characters, which a terminal would obey and a reader would not see; tabs stay.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\t' { plain.extend(c.escape_default()) } else { plain.push(c) }
    }
    plain
}
