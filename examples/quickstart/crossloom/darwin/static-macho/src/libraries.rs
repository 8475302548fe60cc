//! What libraries export: those of an SDK, read when one is asked for, and those given as files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::bytes::{printable, Malformed};
use crate::container::{self, Content};
use crate::macho::commands::Body;
use crate::macho::names::{self, LC_ID_DYLIB, LC_REEXPORT_DYLIB};
use crate::macho::{symbols, MachO};
use crate::tbd::{self, Stub};
use crate::version::Version;

/// A library's symbols, with those of the libraries that it passes on.
#[derive(Debug, Default)]
pub struct Exports {
    pub symbols: BTreeSet<String>,
    /// Libraries that it should pass on and that are nowhere.
    pub missing: BTreeSet<String>,
}

/// Why libraries could not be read.
#[derive(Debug)]
pub enum Error {
    Read { path: PathBuf, source: io::Error },
    Stub { path: PathBuf, source: tbd::Error },
    Library { path: PathBuf, source: Malformed },
    NoLibrary { path: PathBuf },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Read { path, source } => write!(f, "can't read {}: {source}", path.display()),
            Error::Stub { path, source } => write!(f, "{}: {source}", path.display()),
            Error::Library { path, source } => write!(f, "{}: {source}", path.display()),
            Error::NoLibrary { path } => {
                write!(f, "{} is not a dynamic library\nhint: --library takes one with an install name", path.display())
            }
        }
    }
}

impl std::error::Error for Error {}

/// A library given as a file, for one CPU.
#[derive(Debug, Default)]
struct Given {
    symbols: Vec<String>,
    reexported: Vec<String>,
}

/// Where libraries are found.
#[derive(Debug, Default)]
pub struct Libraries {
    sdk: Option<PathBuf>,
    given: BTreeMap<(String, u32), Given>,
    /// What was read of the SDK, by install name; `None` for what it lacks.
    stubs: BTreeMap<String, Option<Rc<Vec<Stub>>>>,
    exports: BTreeMap<(String, u32, Version), Option<Rc<Exports>>>,
}

impl Libraries {
    /// `sdk` is the directory that has `usr/lib`; `files` are libraries in the flesh, which come before the SDK's.
    pub fn new(sdk: Option<PathBuf>, files: &[PathBuf]) -> Result<Libraries, Error> {
        if let Some(sdk) = &sdk {
            let directory = sdk.join("usr/lib");
            fs::read_dir(&directory).map_err(|source| Error::Read { path: directory, source })?;
        }
        let mut libraries = Libraries { sdk, ..Libraries::default() };
        for path in files {
            let bytes = fs::read(path).map_err(|source| Error::Read { path: path.clone(), source })?;
            let none = || Error::NoLibrary { path: path.clone() };
            let malformed = |source| Error::Library { path: path.clone(), source };
            match container::split(&bytes).ok_or_else(none)?.map_err(malformed)? {
                Content::MachO(bytes) => libraries.give(bytes).map_err(malformed)?.ok_or_else(none)?,
                Content::Universal(slices) => {
                    for slice in slices {
                        libraries.give(slice.bytes).map_err(malformed)?.ok_or_else(none)?;
                    }
                }
                Content::Archive(_) => return Err(none()),
            }
        }
        Ok(libraries)
    }

    /// Whether there is anything to find.
    pub fn any(&self) -> bool {
        self.sdk.is_some() || !self.given.is_empty()
    }

    fn give(&mut self, bytes: &[u8]) -> Result<Option<()>, Malformed> {
        let file = MachO::parse(bytes)?;
        let mut given = Given::default();
        let mut name = None;
        for command in &file.commands {
            if let Body::Dylib { name: library, .. } = command.body {
                match command.number {
                    LC_ID_DYLIB => name = Some(printable(library)),
                    LC_REEXPORT_DYLIB => given.reexported.push(printable(library)),
                    _ => {}
                }
            }
        }
        let Some(name) = name else { return Ok(None) };
        let symbols = symbols::symbols(&file)?;
        given.symbols =
            symbols.iter().filter(|symbol| symbol.is_exported()).map(|symbol| printable(symbol.name)).collect();
        self.given.insert((name, file.header.cpu), given);
        Ok(Some(()))
    }

    /// What the library of an install name exports for a CPU and a minimum OS. `None` if there is no such library.
    pub fn exports(&mut self, name: &str, cpu: u32, minimum: Version) -> Result<Option<Rc<Exports>>, Error> {
        let key = (name.to_owned(), cpu, minimum);
        if let Some(known) = self.exports.get(&key) {
            return Ok(known.clone());
        }
        let mut exports = Exports::default();
        let found = self.collect(name, &names::cpu(cpu), cpu, &[], &mut exports, &mut BTreeSet::new())?;
        directives(&mut exports.symbols, minimum);
        let exports = found.then(|| Rc::new(exports));
        self.exports.insert(key, exports.clone());
        Ok(exports)
    }

    /// Adds a library's exports. `local` are the stubs that stand beside the one that names this library.
    fn collect(
        &mut self,
        name: &str,
        architecture: &str,
        cpu: u32,
        local: &[Stub],
        exports: &mut Exports,
        seen: &mut BTreeSet<String>,
    ) -> Result<bool, Error> {
        if !seen.insert(name.to_owned()) {
            return Ok(true);
        }
        let file;
        let (local, reexported) = if let Some(given) = self.given.get(&(name.to_owned(), cpu)) {
            exports.symbols.extend(given.symbols.iter().cloned());
            (&[][..], given.reexported.clone())
        } else {
            let mut stubs = local;
            if !local.iter().any(|stub| stub.install_name == name) {
                let Some(read) = self.stubs(name)? else { return Ok(false) };
                file = read;
                stubs = &file;
            }
            let mut reexported = Vec::new();
            for stub in stubs.iter().filter(|stub| stub.install_name == name) {
                let listed = |listed: &&tbd::Listed| listed.architectures.contains(architecture);
                let symbols = stub.exports.iter().filter(listed).flat_map(|listed| &listed.names);
                exports.symbols.extend(symbols.cloned());
                reexported.extend(stub.reexported.iter().filter(listed).flat_map(|listed| &listed.names).cloned());
            }
            (stubs, reexported)
        };
        for library in reexported {
            if !self.collect(&library, architecture, cpu, local, exports, seen)? {
                exports.missing.insert(library);
            }
        }
        Ok(true)
    }

    /// The SDK's stub for an install name.
    fn stubs(&mut self, name: &str) -> Result<Option<Rc<Vec<Stub>>>, Error> {
        if let Some(known) = self.stubs.get(name) {
            return Ok(known.clone());
        }
        let mut found = None;
        for path in self.sdk.iter().flat_map(|sdk| places(sdk, name)) {
            let text = match fs::read_to_string(&path) {
                Ok(text) => text,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(source) => return Err(Error::Read { path, source }),
            };
            let stubs = tbd::parse(&text).map_err(|source| Error::Stub { path, source })?;
            if stubs.iter().any(|stub| stub.install_name == name) {
                found = Some(Rc::new(stubs));
                break;
            }
        }
        self.stubs.insert(name.to_owned(), found.clone());
        Ok(found)
    }
}

/// Where an SDK may have the stub of an install name: under its name, or under that without a version, as
/// `libSystem.tbd` stands for `libSystem.B.dylib`.
fn places(sdk: &Path, name: &str) -> Vec<PathBuf> {
    let Some(relative) = name.strip_prefix('/') else { return Vec::new() };
    if relative.split('/').any(|part| part == "..") {
        return Vec::new();
    }
    let stem = relative.strip_suffix(".dylib").unwrap_or(relative);
    let (directory, base) = stem.rsplit_once('/').unwrap_or(("", stem));
    let plain = base.split('.').next().unwrap_or(base);
    let mut places = vec![sdk.join(format!("{stem}.tbd"))];
    if plain != base {
        places.push(sdk.join(directory).join(format!("{plain}.tbd")));
    }
    places
}

/// Symbols that tell the linker which others a program for an old OS sees there: `$ld$hide$os10.4$_name` and
/// `$ld$add$os10.4$_name`. Those that say that a symbol moved between libraries are not followed.
fn directives(symbols: &mut BTreeSet<String>, minimum: Version) {
    let directives: Vec<_> = symbols.iter().filter(|symbol| symbol.starts_with("$ld$")).cloned().collect();
    for directive in directives {
        let mut parts = directive.splitn(5, '$').skip(2);
        let (action, system, symbol) = (parts.next(), parts.next(), parts.next());
        let version = system.and_then(|system| system.strip_prefix("os")).and_then(Version::parse);
        match (action, symbol) {
            (Some("hide"), Some(symbol)) if version == Some(minimum) => drop(symbols.remove(symbol)),
            (Some("add"), Some(symbol)) if version == Some(minimum) => drop(symbols.insert(symbol.to_owned())),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_an_install_name() {
        let sdk = Path::new("S");
        let place = |name| places(sdk, name).iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
        assert_eq!(place("/usr/lib/libSystem.B.dylib"), ["S/usr/lib/libSystem.B.tbd", "S/usr/lib/libSystem.tbd"]);
        assert_eq!(place("/A/B.framework/Versions/A/B"), ["S/A/B.framework/Versions/A/B.tbd"]);
        assert_eq!(place("@rpath/libA.dylib"), [""; 0]);
        assert_eq!(place("/usr/../etc/x.dylib"), [""; 0]);
    }

    #[test]
    fn symbols_of_old_systems() {
        let given = ["_a", "_b", "$ld$hide$os10.4$_a", "$ld$add$os10.4$_c", "$ld$weak$os10.4$_b"];
        let of = |minimum| {
            let mut symbols: BTreeSet<_> = given.iter().map(|symbol| (*symbol).to_owned()).collect();
            directives(&mut symbols, Version::parse(minimum).unwrap());
            symbols.into_iter().filter(|symbol| !symbol.starts_with('$')).collect::<Vec<_>>()
        };
        assert_eq!(of("10.4"), ["_b", "_c"]);
        assert_eq!(of("10.5"), ["_a", "_b"]);
    }
}
