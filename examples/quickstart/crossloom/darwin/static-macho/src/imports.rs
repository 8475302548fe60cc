//! Whether every symbol that a file leaves undefined is in a library that it names.

use crate::bytes::{printable, Malformed};
use crate::libraries::{self, Libraries};
use crate::macho::commands::{Body, Command};
use crate::macho::names::*;
use crate::macho::symbols::{self, Ordinal};
use crate::macho::MachO;
use crate::version::Version;

/// What was found out about a file's imports.
#[derive(Debug, Default)]
pub struct Imports {
    pub findings: Vec<String>,
    /// Libraries that the file names.
    pub libraries: usize,
    /// Symbols that were found in them.
    pub found: usize,
    /// Symbols that are looked up wherever the program has them, of which nothing can be said.
    pub lookups: usize,
    /// Symbols that may be missing, and are.
    pub weak: usize,
}

/// Looks every undefined symbol up.
pub fn imports(file: &MachO<'_>, libraries: &mut Libraries, minimum: Version) -> Result<Imports, libraries::Error> {
    let mut result = Imports::default();
    let named: Vec<String> = file.commands.iter().filter_map(library).collect();
    result.libraries = named.len();
    let mut exports = Vec::new();
    for name in &named {
        let found = libraries.exports(name, file.header.cpu, minimum)?;
        if found.is_none() {
            result.findings.push(format!("library {name} is not in the SDK"));
        }
        exports.push(found);
    }
    let undefined = match symbols::undefined(file) {
        Ok(undefined) => undefined,
        // The structure's check says what is wrong with the table.
        Err(_) => return Ok(result),
    };
    for symbol in undefined {
        let name = printable(symbol.name);
        let flat = file.header.flags & MH_TWOLEVEL == 0;
        let ordinal = if flat { Ordinal::Lookup } else { symbol.library() };
        match ordinal {
            Ordinal::Itself => {
                result.findings.push(format!("symbol {name} is said to be the file's own, and is undefined"))
            }
            Ordinal::Executable if file.header.file_type == MH_BUNDLE => result.lookups += 1,
            Ordinal::Executable => {
                result.findings.push(format!("symbol {name} is said to be the program's that loads this"))
            }
            Ordinal::Lookup => {
                let found = exports.iter().flatten().any(|library| library.symbols.contains(&name));
                *if found { &mut result.found } else { &mut result.lookups } += 1;
            }
            Ordinal::Library(number) => match (named.get(number - 1), exports.get(number - 1)) {
                (Some(_), Some(Some(library))) if library.symbols.contains(&name) => result.found += 1,
                (Some(_), Some(Some(_))) if symbol.is_weak_reference() => result.weak += 1,
                (Some(from), Some(Some(library))) => {
                    let missing: Vec<_> = library.missing.iter().map(String::as_str).collect();
                    let why = if missing.is_empty() {
                        String::new()
                    } else {
                        format!("; what it passes on is not in the SDK: {}", missing.join(", "))
                    };
                    result.findings.push(format!("symbol {name} is not exported by {from}{why}"));
                }
                // The library's absence is a finding already.
                (Some(_), _) => {}
                (None, _) => {
                    let finding = format!("symbol {name} is in library {number}, there are {}", named.len());
                    result.findings.push(finding);
                }
            },
        }
    }
    Ok(result)
}

/// The symbols without which a program starts all the same: weak imports.
pub fn weak(file: &MachO<'_>) -> Result<Vec<String>, Malformed> {
    let undefined = symbols::undefined(file)?;
    Ok(undefined.iter().filter(|symbol| symbol.is_weak_reference()).map(|symbol| printable(symbol.name)).collect())
}

/// The name of a library that the command loads.
fn library(command: &Command<'_>) -> Option<String> {
    match command.body {
        Body::Dylib { name, .. } if command.number != LC_ID_DYLIB => Some(printable(name)),
        _ => None,
    }
}
