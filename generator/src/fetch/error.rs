//! Errors of fetching: per address ([`Failure`]) and per file ([`FetchError`]).

use std::error::Error as _;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::nix::hash::{FileHash, Sha256};

use super::mirrors::MirrorError;
use super::unpack::UnpackError;

/// Why one address, or one file on disk, did not do.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum Failure {
    /// The `mirror://` address has no base on this machine, or none that was understood.
    #[error("{source}")]
    Mirror {
        /// Printed in its place, and asked for its hint.
        #[diagnostic_source]
        source: MirrorError,
    },
    /// Not an http, https or file address.
    #[error("not an http, https or file address")]
    Address,
    /// The HTTP client could not be made, or not with TLS.
    #[error("no HTTPS here: {cause} (install the ca-certificates package, or set SSL_CERT_FILE)")]
    Client {
        /// The message of the client's builder.
        cause: String,
    },
    /// The host's name did not resolve.
    #[error("{} cannot be resolved", proxy.as_ref().map_or_else(|| "the host's name".to_owned(), |proxy| format!("the name of the proxy {proxy}")))]
    Dns {
        /// The proxy that was asked, of the environment's variables.
        proxy: Option<String>,
        /// The resolver's error.
        source: reqwest::Error,
    },
    /// No connection, or no TLS session.
    #[error("cannot connect{}", proxy.as_ref().map_or_else(String::new, |proxy| format!(" through the proxy {proxy}")))]
    Connect {
        /// The proxy that was asked, of the environment's variables.
        proxy: Option<String>,
        /// The transport's error.
        source: reqwest::Error,
    },
    /// An earlier file's address on the same host found it unreachable.
    #[error("{host} was unreachable a moment ago")]
    Unreachable {
        /// `host:port`.
        host: String,
    },
    /// The server answered, but not with the file.
    #[error("HTTP status {code}{}", reason_text(.reason, .retry_after))]
    Status {
        /// The status code.
        code: u16,
        /// Its canonical phrase, may be empty.
        reason: String,
        /// The time that the server asked to wait, in seconds.
        retry_after: Option<u64>,
    },
    /// Nothing arrived for the time that was allowed.
    #[error("stalled: nothing arrived for {} after {got} bytes", seconds(.limit))]
    Stalled {
        /// Bytes of the file that are there.
        got: u64,
        /// How long nothing arrived.
        limit: Duration,
    },
    /// Too little arrived for too long.
    #[error("too slow: {bytes} bytes in {}, where {least} are expected, after {got} bytes", seconds(.time))]
    Slow {
        /// Bytes of the file that are there.
        got: u64,
        /// Bytes that arrived in `time`.
        bytes: u64,
        /// How long it was watched.
        time: Duration,
        /// Bytes that should have arrived.
        least: u64,
    },
    /// The body ended early.
    #[error("truncated: got {got} of {expected} bytes")]
    Truncated {
        /// Bytes of the file that are there.
        got: u64,
        /// Bytes that the file has.
        expected: u64,
    },
    /// The connection broke.
    #[error("the connection broke after {got} bytes")]
    Broken {
        /// Bytes of the file that are there.
        got: u64,
        /// The transport's error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file has, or is announced to have, another size than the pinned one.
    #[error("wrong size: expected {expected} bytes, got {got}")]
    Size {
        /// Pinned size.
        expected: u64,
        /// Size of what is there.
        got: u64,
    },
    /// A page is larger than its reader allows, or a file without a pinned size larger than any source.
    #[error("larger than the {limit} bytes that are allowed")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The file's digest is another.
    #[error("hash mismatch: expected {expected}, got {got}")]
    Hash {
        /// Pinned digest.
        expected: Box<FileHash>,
        /// Digest of what is there.
        got: Box<FileHash>,
    },
    /// The unpacked archive has another hash.
    #[error("hash mismatch of what it unpacks to: expected {expected}, got {got}")]
    Tree {
        /// Pinned NAR hash.
        expected: FileHash,
        /// NAR hash of what is there.
        got: Sha256,
    },
    /// An archive could not be unpacked.
    #[error("cannot be unpacked")]
    Archive {
        /// Why.
        #[diagnostic_source]
        source: UnpackError,
    },
    /// git is not there, or did not get the commit.
    #[error("git: {cause}")]
    Git {
        /// git's own last line.
        cause: String,
    },
    /// An index page was read, but it does not list the file.
    #[error("{index} does not list it")]
    NotListed {
        /// The index page's address.
        index: String,
    },
    /// A local file could not be read.
    #[error("cannot be read")]
    Read {
        /// The system's error.
        source: io::Error,
    },
}

fn reason_text(reason: &str, retry_after: &Option<u64>) -> String {
    let mut text = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
    if let Some(wait) = retry_after {
        text.push_str(&format!(", asks to come back in {wait} s"));
    }
    text
}

/// A duration for messages: `30 s`, `300 ms`.
pub(super) fn seconds(time: &Duration) -> String {
    if time.subsec_millis() == 0 { format!("{} s", time.as_secs()) } else { format!("{} ms", time.as_millis()) }
}

/// One place that was tried and why it did not do.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub struct Attempt {
    /// An address (without credentials) or a path.
    pub place: String,
    /// The reason, which is part of the message.
    #[diagnostic_source]
    pub failure: Failure,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.failure)?;
        // A transport's chain says one thing in five ways; what happened stands at its end.
        match &self.failure {
            Failure::Mirror { .. } => Ok(()),
            failure => match failure.source() {
                Some(source) => write!(f, ": {}", innermost(source)),
                None => Ok(()),
            },
        }
    }
}

/// The last cause of an error, which for transports is the one that says what happened.
pub(super) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// A file could not be fetched.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum FetchError {
    /// Every address failed.
    #[error("{}", unavailable_text(.name, .file, .attempts))]
    #[diagnostic(help("put the file into a directory DIR and run crossloom fetch --from DIR"))]
    Unavailable {
        /// For messages, e.g. `gcc-14.2.0`.
        name: String,
        /// File name.
        file: String,
        /// Every place that was tried, in order.
        #[related]
        attempts: Vec<Attempt>,
    },
    /// The file system is full, or the user's quota is.
    #[error("no space left for {name} in {}", .directory.display())]
    #[diagnostic(help("free some space and run the command again, or name another directory with --to DIR"))]
    DiskFull {
        /// For messages.
        name: String,
        /// The directory that the file was to be written to.
        directory: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The cache directory or a file in it cannot be written.
    #[error("cannot {action} {} for {name}", .path.display())]
    #[diagnostic(help("make the directory writable, or name another one with --to DIR"))]
    Write {
        /// For messages.
        name: String,
        /// `create`, `write`, `lock`, …
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A pin's file name could leave the cache directory, or be hidden in it.
    #[error("{name}: {file:?} cannot be a file's name in the cache")]
    #[diagnostic(help("a name is 1 to 200 bytes, does not begin with a dot and has no slash or control character"))]
    FileName {
        /// For messages.
        name: String,
        /// The name that was refused.
        file: String,
    },
}

fn unavailable_text(name: &str, file: &str, attempts: &[Attempt]) -> String {
    let mut text = if attempts.is_empty() {
        format!("{name} has no address to be fetched from")
    } else {
        format!("cannot fetch {name}: no address gave {file}")
    };
    for attempt in attempts {
        text.push_str(&format!("\n  {attempt}"));
    }
    text
}

/// The error of a failed write: a full disk is told from everything else.
pub(super) fn write_error(name: &str, action: &'static str, path: &std::path::Path, source: io::Error) -> FetchError {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            FetchError::DiskFull { name: name.to_owned(), directory: path.parent().unwrap_or(path).to_owned(), source }
        }
        _ => FetchError::Write { name: name.to_owned(), action, path: path.to_owned(), source },
    }
}
