//! `static-macho strip`: Apple's strip, said in the words of LLVM's.
//!
//! Build systems for macOS call `strip` with BSD's options. LLVM's program does not know `-u -r`, which CMake gives; its `-s`,
//! `-R` and `-T` mean something else; and its options about single symbols change nothing in Mach-O files, without a word. So
//! `-s` and `-R` are errors here. LLVM's program signs anew what it changes, if it was signed.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use crate::bytes::printable;
use crate::container::{self, Content};
use crate::macho::names::MH_EXECUTE;
use crate::macho::symbols::{self, Symbol};
use crate::macho::MachO;
use crate::response;

/// Why nothing was stripped. A failure of LLVM's programs, which say why themselves, is not one of them.
#[derive(Debug)]
pub enum Error {
    Missing { option: String },
    Unknown { option: String },
    OneOutput,
    Temporary { path: PathBuf, name: String },
    NoFile,
    Response { path: PathBuf },
    Read { path: PathBuf, source: io::Error },
    Run { path: PathBuf, source: io::Error },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Missing { option } => write!(f, "{option} needs a value"),
            Error::Unknown { option } => write!(
                f,
                "{option} is not known here\n\
                 hint: these of Apple's options are: -u -r -S -x -X -T -D -o FILE; and LLVM's long options"
            ),
            Error::OneOutput => f.write_str("-o names one output, for one file"),
            Error::Temporary { path, name } => {
                write!(
                    f,
                    "{}: LLVM's strip cannot remove {name} alone (-X), only all local symbols (-x)",
                    path.display()
                )
            }
            Error::NoFile => f.write_str("no file is given"),
            Error::Response { path } => write!(f, "can't read the arguments in {}", path.display()),
            Error::Read { path, source } => write!(f, "can't read {}: {source}", path.display()),
            Error::Run { path, source } => write!(f, "can't run {}: {source}", path.display()),
        }
    }
}

/// What the options say.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `-u` or `-r`: everything but undefined symbols, and those that are looked up when the program runs.
    undefined: bool,
    debug: bool,
    local: bool,
    temporary: bool,
    swift: bool,
    /// LLVM's own long options.
    long: Vec<OsString>,
    output: Option<OsString>,
    files: Vec<PathBuf>,
}

/// Sorts Apple's options.
pub fn request(arguments: Vec<OsString>) -> Result<Request, Error> {
    let mut request = Request::default();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let option = argument.to_string_lossy().into_owned();
        let mut value = || arguments.next().ok_or_else(|| Error::Missing { option: option.clone() });
        match &*option {
            "-o" => request.output = Some(value()?),
            "-no_code_signature_warning" => {}
            "-" | "--" => request.files.extend(arguments.by_ref().map(PathBuf::from)),
            _ if option.starts_with("--") => request.long.push(argument),
            _ => match option.strip_prefix('-') {
                Some(letters) => request.letters(letters).ok_or(Error::Unknown { option })?,
                None => request.files.push(argument.into()),
            },
        }
    }
    if request.files.is_empty() && request.long.is_empty() {
        return Err(Error::NoFile);
    }
    if request.output.is_some() && request.files.len() != 1 {
        return Err(Error::OneOutput);
    }
    Ok(request)
}

impl Request {
    /// Options that take no value, several of which may be one word.
    fn letters(&mut self, letters: &str) -> Option<()> {
        for letter in letters.chars() {
            match letter {
                'u' | 'r' => self.undefined = true,
                'S' | 'g' => self.debug = true,
                'x' => self.local = true,
                'X' => self.temporary = true,
                'T' => self.swift = true,
                // Archives are written without dates in any case.
                'D' => {}
                _ => return None,
            }
        }
        Some(())
    }

    /// Everything that a program does not need to start: what Apple's strip does where it is told nothing.
    fn all(&self) -> bool {
        let few = self.debug || self.local || self.temporary || self.swift;
        self.undefined || (!few && self.long.is_empty())
    }

    /// The options of LLVM's strip for a file. `linked`: a library, a plug-in, an object file, whose global symbols others
    /// look up; only a program is stripped of them.
    fn options(&self, linked: bool) -> Vec<OsString> {
        let mut options: Vec<OsString> = self.long.clone();
        let mut option = |text: &str| options.push(text.into());
        match (self.all(), linked) {
            (true, false) => option("--strip-all"),
            (true, true) => option("--discard-all"),
            // Without a word about it the program removes all symbols.
            (false, _) if !(self.debug || self.local) && self.long.is_empty() => option("--no-strip-all"),
            (false, _) => {}
        }
        if self.all() {
            option("--keep-undefined");
        }
        if self.debug {
            option("--strip-debug");
        }
        if self.local {
            option("--discard-all");
        }
        if self.swift {
            option("-T");
        }
        options
    }
}

/// Strips. Says what LLVM's program exited with: the first that failed.
pub fn run(strip: &Path, arguments: Vec<OsString>) -> Result<ExitStatus, Error> {
    let arguments = response::expand(arguments).map_err(|error| match error {
        response::Error::Read { path, .. } | response::Error::Recursive { path } => Error::Response { path },
    })?;
    let call = |arguments: &[OsString]| {
        let status = Command::new(strip).args(arguments).status();
        status.map_err(|source| Error::Run { path: strip.to_owned(), source })
    };
    // Another system's files, in whose build Apple's options mean nothing: the build machine's own, most likely.
    let foreign = |argument: &OsString| {
        let mut first = [0; 4];
        let read = fs::File::open(argument).and_then(|mut file| file.read_exact(&mut first));
        read.is_ok() && first == *b"\x7fELF"
    };
    if arguments.iter().any(foreign) {
        return call(&arguments);
    }
    let request = request(arguments)?;
    if request.files.is_empty() {
        return call(&request.long);
    }
    let mut last = None;
    for path in &request.files {
        let bytes = fs::read(path).map_err(|source| Error::Read { path: path.clone(), source })?;
        let images = images(&bytes);
        if request.temporary && !request.local && !request.all() {
            if let Some(name) = images.iter().find_map(temporary) {
                return Err(Error::Temporary { path: path.clone(), name });
            }
        }
        let program = !images.is_empty() && images.iter().all(|file| file.header.file_type == MH_EXECUTE);
        let mut arguments = request.options(!program);
        if let Some(output) = &request.output {
            arguments.extend(["-o".into(), output.clone()]);
        }
        arguments.extend(["--".into(), path.into()]);
        let status = call(&arguments)?;
        if !status.success() {
            return Ok(status);
        }
        last = Some(status);
    }
    last.ok_or(Error::NoFile)
}

/// The Mach-O files in a file that can be read: LLVM's program says what is wrong with the others.
fn images(bytes: &[u8]) -> Vec<MachO<'_>> {
    let parts = match container::split(bytes) {
        Some(Ok(Content::MachO(bytes))) => vec![bytes],
        Some(Ok(Content::Universal(slices))) => slices.iter().map(|slice| slice.bytes).collect(),
        Some(Ok(Content::Archive(members))) => members.iter().map(|member| member.1).collect(),
        _ => Vec::new(),
    };
    parts.into_iter().filter_map(|bytes| MachO::parse(bytes).ok()).collect()
}

/// A local symbol of the kind that assemblers make up.
fn temporary(file: &MachO<'_>) -> Option<String> {
    let symbols = symbols::symbols(file).ok()?;
    let local = |symbol: &&Symbol<'_>| !symbol.is_debugging() && symbol.kind & 0x01 == 0;
    symbols.iter().filter(local).find(|symbol| symbol.name.starts_with(b"L")).map(|symbol| printable(symbol.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(arguments: &str, linked: bool) -> Result<String, String> {
        let words = arguments.split(' ').map(OsString::from).collect();
        let request = request(words).map_err(|error| error.to_string())?;
        let words: Vec<_> = request.options(linked).iter().map(|word| word.to_string_lossy().into_owned()).collect();
        Ok(words.join(" "))
    }

    #[test]
    fn apples_options_in_llvms_words() {
        for (given, program, library) in [
            ("f", "--strip-all --keep-undefined", "--discard-all --keep-undefined"),
            ("-u -r f", "--strip-all --keep-undefined", "--discard-all --keep-undefined"),
            ("-x f", "--discard-all", "--discard-all"),
            ("-S f", "--strip-debug", "--strip-debug"),
            ("-T f", "--no-strip-all -T", "--no-strip-all -T"),
            ("-uxS f", "--strip-all --keep-undefined --strip-debug --discard-all", ""),
            ("-X -S f", "--strip-debug", "--strip-debug"),
            ("-X f", "--no-strip-all", "--no-strip-all"),
            ("--strip-unneeded f", "--strip-unneeded", "--strip-unneeded"),
        ] {
            assert_eq!(options(given, false).unwrap(), program, "{given}");
            if !library.is_empty() {
                assert_eq!(options(given, true).unwrap(), library, "{given}");
            }
        }
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        for option in ["-A", "-xA", "-no_uuid", "-s", "-R"] {
            let message = options(&format!("{option} f"), false).unwrap_err();
            assert!(message.starts_with(&format!("{option} is not known here")), "{message}");
        }
        assert_eq!(options("-u", false).unwrap_err(), "no file is given");
        assert_eq!(options("f -o", false).unwrap_err(), "-o needs a value");
        assert_eq!(options("-o o f g", false).unwrap_err(), "-o names one output, for one file");
    }
}
