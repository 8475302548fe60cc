//! Folders beside the matrix that families read whole: the sources of a user's own, as texts.

use std::collections::BTreeMap;

use crate::diag::{Wrong, quote};
use crate::reader::{MAX_USER_FILE, UserFiles};
pub use crate::reader::{PATH_PATTERN as PATTERN, is_path};

/// Bytes of one folder's files that are read at most.
const MAX_BYTES: usize = 8 << 20;

/// How messages and hints speak of a folder.
pub struct Kind {
    /// `a source of a module`.
    pub what: &'static str,
    /// `a module's files`.
    pub files: &'static str,
    /// What to do about a file that is not text.
    pub not_text: &'static str,
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
    if !is_path(folder) {
        let hint = "it is a folder beside the matrix; letters, digits and . _ - / make its name";
        return Err(Wrong::new(format!("{} is not {}", quote(folder), kind.what), hint));
    }
    let unread = |wrong: Wrong| wrong.cannot_read(folder);
    let names = files.list(folder).map_err(unread)?;
    let (mut texts, mut left) = (BTreeMap::new(), MAX_BYTES);
    for name in names.into_iter().filter(|name| is_wanted(name)) {
        let path = format!("{folder}/{name}");
        if !is_path(&path) {
            let hint = format!("letters, digits and . _ - / make the names of {}", kind.files);
            return Err(Wrong::new(format!("{} has a name that not every machine takes", quote(&path)), hint));
        }
        let bytes = files.read(&path).map_err(unread)?;
        let Some(rest) = left.checked_sub(bytes.len()).filter(|_| bytes.len() <= MAX_USER_FILE) else {
            let hint = format!("files of at most {MAX_USER_FILE} bytes are read, and {MAX_BYTES} bytes in all");
            return Err(Wrong::new(format!("{} is too large", quote(&path)), hint));
        };
        left = rest;
        let Ok(text) = String::from_utf8(bytes) else {
            return Err(Wrong::new(format!("{} is not UTF-8 text", quote(&path)), kind.not_text));
        };
        texts.insert(name, text);
    }
    Ok(texts)
}
