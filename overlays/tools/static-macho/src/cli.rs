//! The command line.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::make::{self, Stack};
use crate::output;

const USAGE: &str = "\
static-macho make --stack-addr ADDRESS --stack-size SIZE -o OUTPUT FILE
    Make the static executable that Apple's linker would have made with -static, out of what `ld64.lld -no_pie` linked
    for x86_64. ADDRESS is the end of the initial stack, as with -stack_addr of Apple's linker.

Exit codes: 0 fine, 1 a check found something, 2 an error.
";

/// Why a command could not be carried out.
#[derive(Debug)]
pub enum Error {
    Usage { message: String },
    File { path: PathBuf, action: &'static str, source: std::io::Error },
    Refused { path: PathBuf, message: String },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Usage { message } => write!(f, "{message}\nhint: static-macho --help tells how"),
            Error::File { path, action, source } => write!(f, "can't {action} {}: {source}", path.display()),
            Error::Refused { path, message } => write!(f, "{}: {message}", path.display()),
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
        Some("--help" | "-h" | "help") => {
            print!("{USAGE}");
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

    fn number(&self, option: &str) -> Result<u64, Error> {
        let value = self.required(option)?.to_string_lossy();
        let number = match value.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => value.parse(),
        };
        number.map_err(|_| usage(format!("{option} takes a number such as 0x800000, not {value}")))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::File { path: path.to_owned(), action: "read", source })
}

fn make(arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let arguments = sort(arguments, &["--stack-addr", "--stack-size", "-o"], &[])?;
    let stack = Stack { address: arguments.number("--stack-addr")?, size: arguments.number("--stack-size")? };
    let target = PathBuf::from(arguments.required("-o")?);
    let [path] = arguments.files.as_slice() else {
        return Err(usage(format!("make takes one file, {} are given", arguments.files.len())));
    };
    let refused = |refusal: make::Refusal| Error::Refused { path: path.clone(), message: refusal.to_string() };
    let made = make::make(&read(path)?, stack).map_err(refused)?;
    output::write(&target, &made, path).map_err(|source| Error::File { path: target, action: "write", source })?;
    Ok(ExitCode::SUCCESS)
}
