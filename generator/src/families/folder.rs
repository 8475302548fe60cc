//! Folders beside the matrix that families read whole: a user's own sources, and other files of theirs.

use std::collections::BTreeMap;

use crate::diag::{Wrong, quote};
use crate::nix::hash::base64;
use crate::reader::{MAX_USER_FILE, UserFiles};
pub use crate::reader::{PATH_PATTERN as PATTERN, is_path};

/// Bytes of one folder's files that are read at most.
pub const MAX_BYTES: usize = 8 << 20;
/// Characters of a line of base 64: as many as `base64` writes.
const LINE: usize = 76;

/// How messages and hints speak of a folder.
pub struct Kind {
    /// `a source of a module`.
    pub what: &'static str,
    /// `a module's files`.
    pub files: &'static str,
    /// What to do about a file that has to be text and is not.
    pub not_text: &'static str,
}

/// What a file of a folder may be.
pub struct Rule {
    /// Bytes at most. A file that may have more than [`MAX_BYTES`] does not count among the others.
    pub most: usize,
    /// Whether it has to be text.
    pub is_text: bool,
}

/// The files of a folder, by their paths in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    pub texts: BTreeMap<String, String>,
    /// Those that are not UTF-8 text, as lines of base 64: a tree holds text alone.
    pub encoded: BTreeMap<String, String>,
}

impl Files {
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.encoded.is_empty()
    }
}

/// The texts of the files below a folder that are wanted, by their paths in it.
///
/// # Errors
/// What is wrong with the folder, and what to do.
pub fn texts(
    folder: &str,
    files: &dyn UserFiles,
    kind: &Kind,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<BTreeMap<String, String>, Wrong> {
    let rule = |name: &str| is_wanted(name).then_some(Rule { most: MAX_USER_FILE, is_text: true });
    Ok(read(folder, files, kind, rule)?.texts)
}

/// The files below a folder that have a rule.
///
/// # Errors
/// What is wrong with the folder, and what to do.
pub fn read(
    folder: &str,
    files: &dyn UserFiles,
    kind: &Kind,
    rule: impl Fn(&str) -> Option<Rule>,
) -> Result<Files, Wrong> {
    if !is_path(folder) {
        let hint = "it is a folder beside the matrix; letters, digits and . _ - / make its name";
        return Err(Wrong::new(format!("{} is not {}", quote(folder), kind.what), hint));
    }
    let unread = |wrong: Wrong| wrong.cannot_read(folder);
    let (mut found, mut left) = (Files::default(), MAX_BYTES);
    for name in files.list(folder).map_err(unread)? {
        let Some(Rule { most, is_text }) = rule(&name) else { continue };
        let path = format!("{folder}/{name}");
        if !is_path(&path) {
            let hint = format!("letters, digits and . _ - / make the names of {}", kind.files);
            return Err(Wrong::new(format!("{} has a name that not every machine takes", quote(&path)), hint));
        }
        let bytes = files.read_most(&path, most).map_err(unread)?;
        let counted = if most > MAX_BYTES { 0 } else { bytes.len() };
        let Some(rest) = left.checked_sub(counted).filter(|_| bytes.len() <= most) else {
            let hint = match most > MAX_BYTES {
                true => format!("at most {most} bytes of it are read"),
                false => format!("files of at most {most} bytes are read, and {MAX_BYTES} bytes in all"),
            };
            return Err(Wrong::new(format!("{} is too large", quote(&path)), hint));
        };
        left = rest;
        match String::from_utf8(bytes) {
            Ok(text) => found.texts.insert(name, text),
            Err(_) if is_text => {
                return Err(Wrong::new(format!("{} is not UTF-8 text", quote(&path)), kind.not_text));
            }
            Err(error) => found.encoded.insert(name, lines(error.as_bytes())),
        };
    }
    Ok(found)
}

/// Bytes as lines of base 64.
fn lines(bytes: &[u8]) -> String {
    bytes.chunks(LINE / 4 * 3).map(|chunk| base64(chunk) + "\n").collect()
}
