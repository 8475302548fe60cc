//! `static-macho ranlib` and `static-macho ar`: LLVM's programs, and what Apple's do with universal objects.
//!
//! An archive of universal objects has no index, and no linker reads it. Apple's ranlib makes a universal library out of it: an
//! archive for each processor. LLVM's ranlib leaves it as it is, without a word; its libtool makes the library.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use crate::container::{self, Content};
use crate::output;
use crate::response;

/// Why an archive could not be written. A failure of LLVM's programs, which say why themselves, is not one of them.
#[derive(Debug)]
pub enum Error {
    NoFile,
    Universal { path: PathBuf },
    Response { path: PathBuf },
    File { path: PathBuf, source: io::Error },
    Run { path: PathBuf, source: io::Error },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NoFile => f.write_str("no archive is given"),
            Error::Universal { path } => write!(
                f,
                "{} is a universal library, and ar reads archives for one processor\n\
                 hint: take such an archive out with <target>-lipo -thin ARCH, or make the library anew",
                path.display()
            ),
            Error::Response { path } => write!(f, "can't read the arguments in {}", path.display()),
            Error::File { path, source } => write!(f, "can't read or write {}: {source}", path.display()),
            Error::Run { path, source } => write!(f, "can't run {}: {source}", path.display()),
        }
    }
}

/// LLVM's programs.
#[derive(Debug, Clone)]
pub struct Tools {
    /// The one that is called: ar or ranlib.
    pub program: PathBuf,
    pub libtool: PathBuf,
}

fn run(program: &Path, arguments: &[OsString]) -> Result<ExitStatus, Error> {
    Command::new(program).args(arguments).status().map_err(|source| Error::Run { path: program.to_owned(), source })
}

fn expanded(arguments: &[OsString]) -> Result<Vec<OsString>, Error> {
    response::expand(arguments.to_vec()).map_err(|error| match error {
        response::Error::Read { path, .. } | response::Error::Recursive { path } => Error::Response { path },
    })
}

/// Writes the indices of archives. Says what LLVM's program exited with: the first that failed.
pub fn ranlib(tools: &Tools, arguments: &[OsString]) -> Result<ExitStatus, Error> {
    // Apple's options. They are about symbols that compilers do not make any more, warnings, and the archive's date.
    let apples = ["-c", "-s", "-a", "-f", "-q", "-t", "-L", "-no_warning_for_no_symbols"];
    let arguments = expanded(arguments)?;
    let arguments = arguments.into_iter().filter(|argument| !apples.iter().any(|option| argument == option));
    let (options, files): (Vec<_>, Vec<_>) = arguments.partition(|argument| argument.as_bytes().starts_with(b"-"));
    if files.is_empty() {
        if options.is_empty() {
            return Err(Error::NoFile);
        }
        return run(&tools.program, &options);
    }
    for file in files {
        let path = PathBuf::from(&file);
        let status = match kind(&path)? {
            // Its index is there.
            Kind::Universal => ExitStatus::default(),
            Kind::Members => universal(&tools.libtool, &path)?,
            Kind::Other => run(&tools.program, &[options.clone(), vec![file]].concat())?,
        };
        if !status.success() {
            return Ok(status);
        }
    }
    Ok(ExitStatus::default())
}

/// Calls LLVM's ar, and if it was told to write an index (`s`), makes a universal library of universal objects.
pub fn ar(tools: &Tools, arguments: &[OsString]) -> Result<ExitStatus, Error> {
    let call = Call::of(expanded(arguments)?);
    if let Some(path) = call.archive.as_ref().filter(|path| path.is_file()) {
        if matches!(kind(path)?, Kind::Universal) {
            return Err(Error::Universal { path: path.clone() });
        }
    }
    let status = run(&tools.program, arguments)?;
    match call.archive {
        Some(path) if call.indexed && status.success() && matches!(kind(&path)?, Kind::Members) => {
            universal(&tools.libtool, &path)
        }
        _ => Ok(status),
    }
}

/// What there is to know of a call of ar.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    archive: Option<PathBuf>,
    /// Whether it asks for an index.
    indexed: bool,
}

impl Call {
    /// Reads `[options] [-]letters [position] [count] archive files`.
    fn of(arguments: Vec<OsString>) -> Call {
        let mut letters = String::new();
        let mut words = arguments.into_iter().peekable();
        while let Some(word) = words.next_if(|word| letters.is_empty() || word.as_bytes().starts_with(b"-")) {
            let word = word.to_string_lossy();
            match word.strip_prefix("--") {
                // The long options whose values may be the next words.
                Some("format" | "output" | "plugin" | "rsp-quoting") => drop(words.next()),
                Some(_) => {}
                None => letters.push_str(word.trim_start_matches('-')),
            }
        }
        let has = |letter: &[char]| letters.contains(letter);
        let before = usize::from(has(&['a', 'b', 'i'])) + usize::from(has(&['N']));
        Call { archive: words.nth(before).map(PathBuf::from), indexed: has(&['s']) && !has(&['S']) }
    }
}

/// What an archive is.
enum Kind {
    /// A universal library already.
    Universal,
    /// An archive of universal objects.
    Members,
    /// Anything else, of which LLVM's programs say what is wrong with it.
    Other,
}

fn kind(path: &Path) -> Result<Kind, Error> {
    let bytes = read(path)?;
    Ok(match container::split(&bytes) {
        Some(Ok(Content::Universal(_))) => Kind::Universal,
        Some(Ok(Content::Archive(members))) if members.iter().any(|member| is_universal(member.1)) => Kind::Members,
        _ => Kind::Other,
    })
}

fn is_universal(bytes: &[u8]) -> bool {
    matches!(container::split(bytes), Some(Ok(Content::Universal(_))))
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::File { path: path.to_owned(), source })
}

/// Makes a universal library out of an archive of universal objects, in its place.
fn universal(libtool: &Path, path: &Path) -> Result<ExitStatus, Error> {
    let directory = temporary().map_err(|source| Error::File { path: std::env::temp_dir(), source })?;
    let made = build(libtool, path, &directory);
    let _ = fs::remove_dir_all(&directory);
    made
}

fn build(libtool: &Path, path: &Path, directory: &Path) -> Result<ExitStatus, Error> {
    let bytes = read(path)?;
    // Of a file without members libtool says what is wrong.
    let members = match container::split(&bytes) {
        Some(Ok(Content::Archive(members))) => members,
        _ => Vec::new(),
    };
    let mut list = Vec::new();
    for (index, (name, content)) in members.iter().enumerate() {
        // A folder for each: two members may have one name.
        let folder = directory.join(index.to_string());
        let member = folder.join(Path::new(OsStr::from_bytes(name)).file_name().unwrap_or(OsStr::new("member")));
        let failed = |source| Error::File { path: member.clone(), source };
        fs::create_dir(&folder).map_err(failed)?;
        fs::write(&member, content).map_err(failed)?;
        list.extend(member.as_os_str().as_bytes());
        list.push(b'\n');
    }
    let (names, library) = (directory.join("names"), directory.join("library"));
    let failed = |source| Error::File { path: names.clone(), source };
    fs::File::create(&names).and_then(|mut file| file.write_all(&list)).map_err(failed)?;
    let mut arguments: Vec<OsString> = ["-static", "-no_warning_for_no_symbols", "-o"].map(OsString::from).into();
    arguments.extend([library.clone().into(), "-filelist".into(), names.into()]);
    let status = run(libtool, &arguments)?;
    if status.success() {
        let failed = |source| Error::File { path: path.to_owned(), source };
        output::write(path, &read(&library)?, path).map_err(failed)?;
    }
    Ok(status)
}

/// A new directory for temporary files.
fn temporary() -> io::Result<PathBuf> {
    let mut tries = 0;
    loop {
        let path = std::env::temp_dir().join(format!("archive-{}-{tries}", std::process::id()));
        match fs::create_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries < 1000 => tries += 1,
            made => return made.map(|()| path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(arguments: &str) -> (Option<String>, bool) {
        let call = Call::of(arguments.split(' ').map(OsString::from).collect());
        (call.archive.map(|path| path.display().to_string()), call.indexed)
    }

    #[test]
    fn which_archive_and_whether_it_gets_an_index() {
        let archive = Some("l.a".to_owned());
        for (given, indexed) in [
            ("qc l.a s.o", false),
            ("cr l.a s.o", false),
            ("csrD l.a a.o b.o", true),
            ("s l.a", true),
            ("-r -c -s l.a a.o", true),
            ("rcsS l.a a.o", false),
            ("--format=darwin rcs l.a a.o", true),
            ("rbs a.o l.a b.o", true),
            ("xN 2 l.a s.o", false),
            ("--output x x l.a", false),
            ("--plugin s.so rcs l.a a.o", true),
            ("--plugin=s.so rc l.a a.o", false),
        ] {
            assert_eq!(call(given), (archive.clone(), indexed), "{given}");
        }
        assert_eq!(call("--version"), (None, false));
    }
}
