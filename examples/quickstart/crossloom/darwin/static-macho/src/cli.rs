//! The command line.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus};

use crate::archive::{self, Tools};
use crate::check::{self, Wanted};
use crate::container::{self, Content};
use crate::ld;
use crate::libraries::{self, Libraries};
use crate::make::{self, Stack};
use crate::output;
use crate::response;
use crate::show;
use crate::strip;
use crate::version::Version;

const USAGE: &str = "\
static-macho make [--stack-addr ADDRESS --stack-size SIZE] -o OUTPUT FILE
    Make the static executable that Apple's linker would have made with -static, out of what `ld64.lld -no_pie` linked
    for x86_64. ADDRESS is the end of the initial stack, as with -stack_addr of Apple's linker; without one the kernel
    makes the stack.

static-macho check [--sdk DIRECTORY] [--library FILE]… [--minimum VERSION] [--static] FILE…
    Check Mach-O files, universal files and archives: that their parts lie where they say, that every symbol is in a
    library that they name (a .tbd of the SDK, or a library given), that they are for macOS VERSION and later, that
    arm64 is signed ad hoc. With --static they are to be static executables. A line for each file on stdout: 'ok' or
    'bad', the path, what was found.

static-macho show FILE…
    List load commands.

static-macho ld --lld PROGRAM --arch ARCH --minimum VERSION --sdk DIRECTORY -- ARGUMENT…
    Call LLVM's linker with the defaults of a target. What it does not implement is an error, and -static is carried out.

static-macho expand -- ARGUMENT…
    Print the arguments with those of response files (@FILE) in their places, each with a NUL behind it.

static-macho strip --strip PROGRAM -- ARGUMENT…
    Call LLVM's strip by the options of Apple's.

static-macho ar --ar PROGRAM --libtool PROGRAM -- ARGUMENT…
static-macho ranlib --ranlib PROGRAM --libtool PROGRAM -- ARGUMENT…
    Call LLVM's ar or ranlib by the options of Apple's. An index over universal objects makes a universal library, as
    LLVM's libtool makes one.

Exit codes: 0 fine, 1 a check found something, 2 an error.
";

/// Why a command could not be carried out.
#[derive(Debug)]
pub enum Error {
    Usage { message: String },
    File { path: PathBuf, action: &'static str, source: std::io::Error },
    Refused { path: PathBuf, message: String },
    Libraries { source: libraries::Error },
    Link { error: ld::Error },
    Strip { error: strip::Error },
    Archive { error: archive::Error },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Usage { message } => write!(f, "{message}\nhint: static-macho --help tells how"),
            Error::File { path, action, source } => write!(f, "can't {action} {}: {source}", path.display()),
            Error::Refused { path, message } => write!(f, "{}: {message}", path.display()),
            Error::Libraries { source } => source.fmt(f),
            Error::Link { error } => error.fmt(f),
            Error::Strip { error } => error.fmt(f),
            Error::Archive { error } => error.fmt(f),
        }
    }
}

fn usage(message: impl Into<String>) -> Error {
    Error::Usage { message: message.into() }
}

/// Runs a command with the arguments after the program's name.
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    match dispatch(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn dispatch(arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let mut arguments = arguments.into_iter();
    let command = arguments.next().unwrap_or_default();
    let arguments: Vec<_> = arguments.collect();
    match command.to_str() {
        Some("make") => make(arguments),
        Some("check") => check(arguments),
        Some("show") => show(arguments),
        Some("ld") => ld(arguments),
        Some("expand") => expand(arguments),
        Some("strip") => strip(arguments),
        Some("ar") => archive(arguments, "--ar", archive::ar),
        Some("ranlib") => archive(arguments, "--ranlib", archive::ranlib),
        Some("--help" | "-h" | "help") => {
            say(USAGE)?;
            Ok(ExitCode::SUCCESS)
        }
        Some("") => Err(usage("no command is given")),
        _ => Err(usage(format!("{} is not a command", command.to_string_lossy()))),
    }
}

/// Options with their values, and the rest.
struct Arguments {
    options: Vec<(String, OsString)>,
    files: Vec<PathBuf>,
}

/// Sorts arguments; `valued` are the options that take a value, `plain` those that take none.
fn sort(arguments: Vec<OsString>, valued: &[&str], plain: &[&str]) -> Result<Arguments, Error> {
    let mut sorted = Arguments { options: Vec::new(), files: Vec::new() };
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--") => sorted.files.extend(arguments.by_ref().map(PathBuf::from)),
            Some(option) if valued.contains(&option) => {
                let value = arguments.next().ok_or_else(|| usage(format!("{option} needs a value")))?;
                sorted.options.push((option.to_owned(), value));
            }
            Some(option) if plain.contains(&option) => sorted.options.push((option.to_owned(), OsString::new())),
            Some(option) if option.starts_with('-') => return Err(usage(format!("{option} is not an option"))),
            _ => sorted.files.push(argument.into()),
        }
    }
    Ok(sorted)
}

impl Arguments {
    fn values<'a>(&'a self, option: &'a str) -> impl Iterator<Item = &'a OsString> {
        self.options.iter().filter(move |(name, _)| name == option).map(|(_, value)| value)
    }

    /// The value of an option that may be given once.
    fn once<'a>(&'a self, option: &'a str) -> Result<Option<&'a OsString>, Error> {
        let mut values = self.values(option);
        let first = values.next();
        if values.next().is_some() {
            return Err(usage(format!("{option} is given twice")));
        }
        Ok(first)
    }

    fn required<'a>(&'a self, option: &'a str) -> Result<&'a OsString, Error> {
        self.once(option)?.ok_or_else(|| usage(format!("{option} is missing")))
    }

    fn number(&self, option: &str) -> Result<Option<u64>, Error> {
        let Some(value) = self.once(option)? else { return Ok(None) };
        let value = value.to_string_lossy();
        let number = match value.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => value.parse(),
        };
        number.map(Some).map_err(|_| usage(format!("{option} takes a number such as 0x800000, not {value}")))
    }
}

/// Prints to stdout. Nobody may be reading there.
fn say(text: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    let said = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    said.map_err(|source| Error::File { path: "standard output".into(), action: "write to", source })
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::File { path: path.to_owned(), action: "read", source })
}

fn make(arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let arguments = sort(arguments, &["--stack-addr", "--stack-size", "-o"], &[])?;
    let stack = match (arguments.number("--stack-addr")?, arguments.number("--stack-size")?) {
        (Some(address), Some(size)) => Some(Stack { address, size }),
        (None, None) => None,
        _ => return Err(usage("--stack-addr and --stack-size are given together")),
    };
    let target = PathBuf::from(arguments.required("-o")?);
    let [path] = arguments.files.as_slice() else {
        return Err(usage(format!("make takes one file, {} are given", arguments.files.len())));
    };
    let refused = |refusal: make::Refusal| Error::Refused { path: path.clone(), message: refusal.to_string() };
    let made = make::make(&read(path)?, stack).map_err(refused)?;
    output::write(&target, &made, path).map_err(|source| Error::File { path: target, action: "write", source })?;
    Ok(ExitCode::SUCCESS)
}

/// A file's content; what is neither Mach-O nor holds it is an error.
fn split<'a>(path: &Path, bytes: &'a [u8]) -> Result<Result<Content<'a>, String>, Error> {
    let none = || Error::Refused {
        path: path.to_owned(),
        message: "this is neither Mach-O nor universal nor an archive".to_owned(),
    };
    Ok(container::split(bytes).ok_or_else(none)?.map_err(|malformed| malformed.to_string()))
}

fn check(arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let arguments = sort(arguments, &["--sdk", "--library", "--minimum"], &["--static"])?;
    let minimum = match arguments.once("--minimum")? {
        Some(text) => {
            let text = text.to_string_lossy();
            let version = Version::parse(&text);
            Some(version.ok_or_else(|| usage(format!("--minimum takes a version such as 13.0, not {text}")))?)
        }
        None => None,
    };
    let fixed = arguments.once("--static")?.is_some();
    if fixed && minimum.is_some() {
        return Err(usage("--minimum and --static: a static executable does not say which OS it is for"));
    }
    if arguments.files.is_empty() {
        return Err(usage("no file is given"));
    }
    let given: Vec<_> = arguments.values("--library").map(PathBuf::from).collect();
    let failed = |source| Error::Libraries { source };
    let mut libraries = Libraries::new(arguments.once("--sdk")?.map(PathBuf::from), &given).map_err(failed)?;
    let mut code = 0;
    for path in &arguments.files {
        // One file that can't be read does not keep the others from being checked.
        match checked(path, Wanted { minimum, fixed }, &mut libraries) {
            Ok(true) => {}
            Ok(false) => code = code.max(1),
            Err(error) => {
                eprintln!("error: {error}");
                code = 2;
            }
        }
    }
    Ok(ExitCode::from(code))
}

/// Prints what there is to say of a file, and whether that is good.
fn checked(path: &Path, wanted: Wanted, libraries: &mut Libraries) -> Result<bool, Error> {
    let bytes = read(path)?;
    let report = match split(path, &bytes)? {
        Ok(content) => check::check(&content, wanted, libraries).map_err(|source| Error::Libraries { source })?,
        Err(malformed) => check::Report { lines: Vec::new(), findings: vec![malformed] },
    };
    let name = path.display();
    let mut text = String::new();
    for finding in &report.findings {
        text += &format!("bad  {name}: {finding}\n");
    }
    if report.findings.is_empty() {
        for line in &report.lines {
            text += &format!("ok   {name}  {line}\n");
        }
    }
    say(&text)?;
    Ok(report.findings.is_empty())
}

fn show(arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let arguments = sort(arguments, &[], &[])?;
    if arguments.files.is_empty() {
        return Err(usage("no file is given"));
    }
    for path in &arguments.files {
        let bytes = read(path)?;
        let refused = |message| Error::Refused { path: path.clone(), message };
        let content = split(path, &bytes)?.map_err(refused)?;
        say(&show::show(&content).map_err(|malformed| refused(malformed.to_string()))?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The options before `--`, and the arguments behind it.
fn split_off(mut arguments: Vec<OsString>, valued: &[&str]) -> Result<(Arguments, Vec<OsString>), Error> {
    let end = arguments.iter().position(|argument| argument == "--").ok_or_else(|| usage("there is no --"))?;
    let behind = arguments.split_off(end).into_iter().skip(1).collect();
    Ok((sort(arguments, valued, &[])?, behind))
}

/// The exit code of a program that was called. One that a signal ended has none.
fn passed_on(status: ExitStatus) -> ExitCode {
    ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

fn ld(arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let (options, arguments) = split_off(arguments, &["--lld", "--arch", "--minimum", "--sdk"])?;
    let target = ld::Target {
        lld: options.required("--lld")?.into(),
        arch: options.required("--arch")?.clone(),
        minimum: options.required("--minimum")?.clone(),
        sdk: options.required("--sdk")?.clone(),
    };
    ld::run(&target, arguments).map(passed_on).map_err(|error| Error::Link { error })
}

fn expand(arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let (_, arguments) = split_off(arguments, &[])?;
    let failed = |error| Error::Link { error: ld::Error::Response { error } };
    let mut text = Vec::new();
    for argument in response::expand(arguments).map_err(failed)? {
        text.extend_from_slice(argument.as_bytes());
        text.push(0);
    }
    let mut stdout = io::stdout().lock();
    let said = stdout.write_all(&text).and_then(|()| stdout.flush());
    said.map_err(|source| Error::File { path: "standard output".into(), action: "write to", source })?;
    Ok(ExitCode::SUCCESS)
}

fn strip(arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let (options, arguments) = split_off(arguments, &["--strip"])?;
    let program = PathBuf::from(options.required("--strip")?);
    strip::run(&program, arguments).map(passed_on).map_err(|error| Error::Strip { error })
}

fn archive(
    arguments: Vec<OsString>,
    program: &str,
    call: fn(&Tools, &[OsString]) -> Result<ExitStatus, archive::Error>,
) -> Result<ExitCode, Error> {
    let (options, arguments) = split_off(arguments, &[program, "--libtool"])?;
    let tools = Tools { program: options.required(program)?.into(), libtool: options.required("--libtool")?.into() };
    call(&tools, &arguments).map(passed_on).map_err(|error| Error::Archive { error })
}
