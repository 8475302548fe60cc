//! Errors between an archive and a lock.

use std::path::PathBuf;

use crate::diag::{Reason, start};

/// An error of the seed module. The cause, where there is one, is the source and not part of the message.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum SeedError {
    /// Debian does not have the build machine's system.
    #[error("there is no seed for {system}")]
    #[diagnostic(help("seeds are made for x86_64-linux and aarch64-linux; others build from nixpkgs"))]
    NoSeed {
        /// The system.
        system: crate::platform::System,
    },
    /// A file could not be read, written or made.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// The action that failed: `read`, `write`, `create`, …
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: std::io::Error,
    },
    /// None of the archive's addresses gave the file.
    #[error("cannot fetch {path} from the Debian archive: {}", problems.join("; "))]
    Fetch {
        /// Path below the archive's base.
        path: String,
        /// One line per address that was tried.
        problems: Vec<String>,
        /// The hint.
        #[help]
        hint: &'static str,
    },
    /// The signature of a suite's `InRelease` was not accepted.
    #[error("dists/{suite}/InRelease is not trusted: {problem}")]
    Signature {
        /// The suite.
        suite: String,
        /// The problem.
        problem: String,
        /// The hint.
        #[help]
        hint: &'static str,
    },
    /// The archive is older than the one that was locked before.
    #[error("dists/{suite}/InRelease has the date {date}, which is older than the existing lock ({locked})")]
    #[diagnostic(help(
        "the mirror is out of date, or somebody holds it back: try another mirror, or accept this one \
         with `--allow-older`"
    ))]
    Older {
        /// The suite.
        suite: String,
        /// The date of what was found.
        date: String,
        /// The date of what is locked.
        locked: String,
    },
    /// A suite's `InRelease` says that it no longer counts.
    #[error("dists/{suite}/InRelease was valid until {until}")]
    #[diagnostic(help(
        "the mirror is no longer updated, or this machine's clock is wrong: try another mirror, or accept this one with \
         `--allow-expired`"
    ))]
    Expired {
        /// The suite.
        suite: String,
        /// The date from which it no longer counts.
        until: String,
    },
    /// A file of the archive does not read as what it should be.
    #[error("{file}: {problem}")]
    Malformed {
        /// The file, as a path in the archive.
        file: String,
        /// The problem, with its line or stanza.
        problem: String,
    },
    /// A file's content is not what a signed or pinned digest says.
    #[error("{file} is not the file that {authority} names: expected {expected}, got {found}")]
    #[diagnostic(help(
        "a mirror that is being updated can be out of step for some minutes; try again, or use another mirror"
    ))]
    Mismatch {
        /// The file, as a path in the archive.
        file: String,
        /// The file that has the digest.
        authority: String,
        /// Size and digest wanted.
        expected: String,
        /// Size and digest found.
        found: String,
    },
    /// A package or a relation has nothing that satisfies it.
    #[error("nothing in {suite} ({architecture}) satisfies `{wanted}`, needed by {}", chain.join(" → "))]
    Unsatisfiable {
        /// The suite.
        suite: String,
        /// Debian's name of the architecture.
        architecture: String,
        /// The relation as the index has it, or the name of a root.
        wanted: String,
        /// From the root to the package that has the relation. `the seed's roots` alone for a root.
        chain: Vec<String>,
    },
    /// A seed lock is not JSON of the right shape.
    #[error("the seed lock {name} does not parse")]
    #[diagnostic(help("make it again with `crossloom seed lock`"))]
    LockSyntax {
        /// The lock's name, usually its path.
        name: String,
        /// The parser's reason, with line and column.
        #[source]
        source: Reason,
    },
    /// A seed lock parses but says something impossible.
    #[error("the seed lock {name} is not valid:\n  {}", problems.join("\n  "))]
    #[diagnostic(help("make it again with `crossloom seed lock`"))]
    LockInvalid {
        /// The lock's name, usually its path.
        name: String,
        /// Everything that is wrong, each with its place.
        problems: Vec<String>,
    },
    /// A name is not that of a suite, tier or build system that a seed exists for.
    #[error("{:?} is not a {what} with a seed", start(text))]
    #[diagnostic(help("use one of {}", known.join(", ")))]
    Unknown {
        /// The kind of name.
        what: &'static str,
        /// The given text.
        text: String,
        /// The known names.
        known: Vec<&'static str>,
    },
    /// The HTTP client could not be made.
    #[error("cannot set up HTTP")]
    Client {
        /// The client's reason.
        #[source]
        #[diagnostic_source]
        source: crate::fetch::Failure,
    },
}
