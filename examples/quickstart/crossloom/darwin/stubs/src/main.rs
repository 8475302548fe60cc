//! `stubs`: writes stubs (`.tbd`) of libraries that every Mac has, which a linker reads in their place.
//!
//! The names of a library's symbols come out of what publishes them: the declarations in open headers, the bindings in the
//! `objc2-*` crates, the lists that LLVM keeps of its C++ library. Only the standard library is used: in the Nix sandbox
//! `rustc` compiles this without cargo.

mod abi;
mod ast;
mod bindings;
mod tbd;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use tbd::{Part, Stub, BOTH};

const USAGE: &str = "\
stubs library --install-name PATH [--ast FILE]… [--bindings DIRECTORY]… [--names FILE]… [--reexport PATH]…
              [--without FILE]… [--without-ast FILE]…
    Write the stub of a library to stdout. Its symbols are the functions and variables that an AST of clang declares
    (-Xclang -ast-dump), those that a crate of bindings declares, with its classes, and names in a file. What a stub given by
    --without exports, or another AST declares, is left out.

stubs libcxx --library NAME --abi DIRECTORY --availability FILE --minimum VERSION
    Write the stub of libc++ or libc++abi as macOS VERSION has it, from LLVM's lists, its changelog and its header of availability.
";

/// The symbols of a library, as C and Objective-C name them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Without the underscore that Mach-O puts before C's names.
    pub symbols: BTreeSet<String>,
    pub classes: BTreeSet<String>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(text) => match std::io::stdout().write_all(text.as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&format!("can't write to standard output: {error}")),
        },
        Err(message) => failed(&message),
    }
}

fn failed(message: &str) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::from(2)
}

fn read(path: impl AsRef<Path>) -> Result<String, String> {
    let path = path.as_ref();
    fs::read_to_string(path).map_err(|error| format!("can't read {}: {error}", path.display()))
}

fn run(arguments: &[String]) -> Result<String, String> {
    let Some((command, options)) = arguments.split_first() else { return Err(format!("no command\n{USAGE}")) };
    let mut pairs = Vec::new();
    for pair in options.chunks(2) {
        match pair {
            [option, value] => pairs.push((option.as_str(), value.as_str())),
            _ => return Err(format!("{} needs a value\n{USAGE}", pair.join(" "))),
        }
    }
    let one = |name: &str| {
        let mut values = pairs.iter().filter(|(option, _)| *option == name).map(|(_, value)| *value);
        values.next().filter(|_| values.next().is_none()).ok_or_else(|| format!("{name} is given once"))
    };
    let known = |names: &[&str]| match pairs.iter().find(|(option, _)| !names.contains(option)) {
        Some((option, _)) => Err(format!("{option} is not an option\n{USAGE}")),
        None => Ok(()),
    };
    match command.as_str() {
        "library" => {
            known(&["--install-name", "--ast", "--bindings", "--names", "--reexport", "--without", "--without-ast"])?;
            library(one("--install-name")?, &pairs)
        }
        "libcxx" => {
            known(&["--library", "--abi", "--availability", "--minimum"])?;
            let minimum = one("--minimum")?;
            abi::stub(one("--library")?, Path::new(one("--abi")?), &read(one("--availability")?)?, minimum)
        }
        _ => Err(format!("{command} is not a command\n{USAGE}")),
    }
}

fn library(install_name: &str, pairs: &[(&str, &str)]) -> Result<String, String> {
    let mut names = Names::default();
    let mut without = BTreeSet::new();
    let mut reexports = Vec::new();
    for (option, value) in pairs {
        match *option {
            "--ast" => ast::declared(&read(value)?, &mut names),
            "--bindings" => bindings::declared(Path::new(value), &mut names)?,
            "--names" => {
                let text = read(value)?;
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
                names.symbols.extend(lines.map(str::to_owned));
            }
            "--reexport" => reexports.push((*value).to_owned()),
            "--without" => without.extend(tbd::symbols(&read(value)?)),
            "--without-ast" => {
                let mut others = Names::default();
                ast::declared(&read(value)?, &mut others);
                without.extend(others.symbols.iter().map(|name| format!("_{name}")));
            }
            _ => {}
        }
    }
    let symbols: BTreeSet<String> =
        names.symbols.iter().map(|name| format!("_{name}")).filter(|name| !without.contains(name)).collect();
    if symbols.is_empty() && names.classes.is_empty() && reexports.is_empty() {
        return Err(format!("nothing names a symbol of {install_name}"));
    }
    let part = Part { targets: BOTH, symbols, classes: names.classes };
    Ok(Stub { install_name: install_name.to_owned(), reexports, parts: vec![part] }.text())
}
