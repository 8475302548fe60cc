//! The machine that this program runs on.

use std::path::PathBuf;

use crate::platform::System;

/// The machine is of an unknown kind, or has no place for files.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum MachineError {
    #[error("this program runs on {host}, which is not a build system that crossloom knows")]
    #[diagnostic(help("name one with --system"))]
    Host { host: String },
    #[error("there is no directory for a cache")]
    #[diagnostic(help("set XDG_CACHE_HOME or HOME"))]
    NoCache,
}

/// Its build system.
pub fn system() -> Result<System, MachineError> {
    let host = || format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    System::of_this_program().ok_or_else(|| MachineError::Host { host: host() })
}

/// The folder of downloads: `$XDG_CACHE_HOME/crossloom`, else `~/.cache/crossloom`. A relative `XDG_CACHE_HOME` would mean
/// another folder after every `cd`, and the XDG Base Directory Specification tells programs to ignore one.
pub fn cache() -> Result<PathBuf, MachineError> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_CACHE_HOME").filter(|path| path.is_absolute()).or_else(|| Some(set("HOME")?.join(".cache")));
    Ok(base.ok_or(MachineError::NoCache)?.join("crossloom"))
}
