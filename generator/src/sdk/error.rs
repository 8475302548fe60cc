//! Errors of a file or directory that should be an SDK.

use std::io;
use std::path::PathBuf;

/// An error of the sdk module. The file or directory that was to be imported is not named: the caller knows it.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum SdkError {
    /// A file or directory on disk could not be read, written or made.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// The action that failed: `read`, `write`, `create`, …
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// The archive itself could not be read from disk.
    #[error("cannot read it")]
    Read {
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// Not in one of the forms that are read.
    #[error("it is {form}")]
    Form {
        /// Its apparent form.
        form: String,
        /// The hint.
        #[help]
        hint: String,
    },
    /// The file ends too early.
    #[error("it is cut short")]
    #[diagnostic(help("copy or download it again"))]
    CutShort,
    /// The file does not read as what it begins like.
    #[error("it is damaged: {problem}")]
    #[diagnostic(help("copy or download it again"))]
    Damaged {
        /// The problem, with its place.
        problem: String,
    },
    /// A member that no honest SDK archive has.
    #[error("its member {member:?} is refused: {problem}")]
    #[diagnostic(help("{PACK_AGAIN}"))]
    Member {
        /// The member's path as the archive has it, with what is not UTF-8 replaced.
        member: String,
        /// Why.
        problem: MemberProblem,
    },
    /// More than an SDK is.
    #[error("it is too large for an SDK: {limit}")]
    #[diagnostic(help("{PACK_AGAIN}"))]
    TooLarge {
        /// Which limit was hit.
        limit: String,
    },
    /// It has no SDK.
    #[error("it has no macOS SDK: {found}")]
    NoSdk {
        /// Its contents.
        found: String,
        /// The hint.
        #[help]
        hint: String,
    },
    /// There are several SDKs in it, or not the one that was asked for.
    #[error("it holds {}{}", names.join(", "), other(wanted))]
    #[diagnostic(help("name one with --sdk"))]
    Choose {
        /// The SDKs that it holds, e.g. `MacOSX15.5.sdk`.
        names: Vec<String>,
        /// The one that was asked for.
        wanted: Option<String>,
    },
    /// It calls itself an SDK, but its settings do not say of what.
    #[error("{file} {problem}")]
    Settings {
        /// The settings' path.
        file: String,
        /// The problem.
        problem: String,
        /// The hint.
        #[help]
        hint: &'static str,
    },
    /// Files that every macOS SDK has are not there.
    #[error("{sdk} is not a whole macOS SDK: it lacks {}", missing.join(" and "))]
    #[diagnostic(help("{PACK_AGAIN}"))]
    Lacks {
        /// The SDK's path.
        sdk: String,
        /// Each a file, or files of which one would do.
        missing: Vec<&'static str>,
    },
}

/// How an archive that is read comes to be.
pub(super) const PACK_AGAIN: &str = "pack the SDK on the Mac that it is installed on: \
     `COPYFILE_DISABLE=1 tar -cJf MacOSX.sdk.tar.xz -C \"$(xcrun --show-sdk-path)\" .`";

/// The forms that [`super::unpack`] takes.
pub(super) const FORMS: &str =
    "an SDK comes as .tar.xz, .tar.gz or .tar, as an Apple .pkg, or as a directory such as MacOSX15.5.sdk";

fn other(wanted: &Option<String>) -> String {
    wanted.as_ref().map_or(String::new(), |wanted| format!(", not {wanted}"))
}

/// Why a member of an archive is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum MemberProblem {
    /// `/etc/passwd`.
    #[error("its path is absolute")]
    Absolute,
    /// `a/../b`.
    #[error("its path holds `..`")]
    Parent,
    /// A file or link without a name, or a name with a NUL.
    #[error("it has no proper name")]
    Name,
    /// More bytes or components than macOS itself takes.
    #[error("its path is too long: {what}")]
    TooLong {
        /// The length, and the limit.
        what: String,
    },
    /// An ancestor is a symbolic link.
    #[error("it would be written through the symbolic link {link:?}")]
    Through {
        /// The link's path.
        link: String,
    },
    /// A symbolic link to an absolute path.
    #[error("it is a symbolic link to the absolute path {target:?}")]
    LinkAbsolute {
        /// The target.
        target: String,
    },
    /// A symbolic link that leaves the SDK.
    #[error("it is a symbolic link out of the SDK, to {target:?}")]
    LinkEscapes {
        /// The target.
        target: String,
    },
    /// A symbolic link to nothing, or to what can't be a path.
    #[error("it is a symbolic link without a proper target")]
    LinkTarget,
    /// A hard link to something that is not a file of the SDK.
    #[error("it is a hard link to {target:?}, which is not an earlier file of the SDK")]
    HardLink {
        /// The target.
        target: String,
    },
    /// A device, a pipe, a socket, or something else that only a running system has.
    #[error("it is {what}")]
    Special {
        /// The kind, with its article.
        what: &'static str,
    },
    /// The same path twice.
    #[error("it is there twice")]
    Twice,
    /// A file or link, and a directory (or what is in one) of the same path.
    #[error("{path:?} is both a directory and something else")]
    Clash {
        /// The path.
        path: String,
    },
}

/// A path or target for a message.
pub(super) fn shown(bytes: &[u8]) -> String {
    const MOST: usize = 200;
    let text = String::from_utf8_lossy(bytes);
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.into_owned(),
    }
}

/// A member is refused.
pub(super) fn refused(path: &[u8], problem: MemberProblem) -> SdkError {
    SdkError::Member { member: shown(path), problem }
}

/// The file does not read as it should.
pub(super) fn damaged(problem: impl Into<String>) -> SdkError {
    SdkError::Damaged { problem: problem.into() }
}
