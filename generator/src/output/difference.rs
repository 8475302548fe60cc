//! How the disk differs from the tree, for people.

use std::fmt::{self, Write as _};
use std::path::Path;

use anstyle::{AnsiColor, Style};
use similar::TextDiff;

/// A diff longer than this many lines is cut.
const DIFF_LINES: usize = 200;
/// A line of a diff longer than this many characters is cut.
const DIFF_COLUMNS: usize = 400;
/// Files beyond these are compared, but not diffed: the diff's time grows with the square of the lines.
const DIFFABLE_BYTES: usize = 1 << 20;
const DIFFABLE_LINES: usize = 20_000;

/// One way in which the disk is not the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The tree has the file, the disk has not.
    Missing { path: String },
    /// The file's text is another one. `diff` is a unified diff from the disk to the tree, without a final newline,
    /// control characters escaped; or a sentence, where there is nothing to diff.
    Differs { path: String, diff: String },
    /// The owned folder holds a file that the tree has not.
    Stale { path: String },
    /// The executable bit is wrong; `executable` is what it should be.
    ModeDiffers { path: String, executable: bool },
}

impl Difference {
    /// The file's path, relative to the output directory; a stale file's is escaped where it is not plain text.
    pub fn path(&self) -> &str {
        match self {
            Difference::Missing { path }
            | Difference::Differs { path, .. }
            | Difference::Stale { path }
            | Difference::ModeDiffers { path, .. } => path,
        }
    }

    /// The way in one word, for programs.
    pub fn state(&self) -> &'static str {
        match self {
            Difference::Missing { .. } => "missing",
            Difference::Differs { .. } => "differs",
            Difference::Stale { .. } => "stale",
            Difference::ModeDiffers { .. } => "mode",
        }
    }

    /// Text for a terminal, without a final newline; `colour` adds ANSI escapes.
    pub fn render(&self, colour: bool) -> String {
        let paint = |text: &str, style: Style| {
            if colour { format!("{style}{text}{style:#}") } else { text.to_string() }
        };
        let say = |path: &str, what: &str| format!("{}: {what}", paint(path, Style::new().bold()));
        match self {
            Difference::Missing { path } => say(path, "missing"),
            Difference::Stale { path } => say(path, "no longer generated"),
            Difference::ModeDiffers { path, executable: true } => say(path, "should be executable"),
            Difference::ModeDiffers { path, executable: false } => say(path, "should not be executable"),
            Difference::Differs { path, diff } => {
                let mut text = say(path, "differs from what crossloom generates");
                for line in diff.split('\n') {
                    let style = match line.as_bytes().first() {
                        Some(b'+') => AnsiColor::Green.on_default(),
                        Some(b'-') => AnsiColor::Red.on_default(),
                        Some(b'@') => AnsiColor::Cyan.on_default(),
                        _ => Style::new(),
                    };
                    text.push('\n');
                    text.push_str(&paint(line, style));
                }
                text
            }
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

/// A path for people: one line, without control characters.
pub(super) fn shown(path: &Path) -> String {
    plain(&path.to_string_lossy())
}

/// The diff from what is on disk to what the tree has, bounded in lines and columns.
pub(super) fn diff(path: &str, disk: &[u8], tree: &str) -> String {
    let Ok(disk) = std::str::from_utf8(disk) else {
        return "what is on disk is not UTF-8 text".to_string();
    };
    let diffable = |text: &str| text.len() <= DIFFABLE_BYTES && text.lines().count() <= DIFFABLE_LINES;
    if !diffable(disk) || !diffable(tree) {
        return format!("{} bytes on disk, {} generated: too large for a diff", disk.len(), tree.len());
    }
    let all = TextDiff::from_lines(disk, tree)
        .unified_diff()
        .header(&format!("{path} (on disk)"), &format!("{path} (generated)"))
        .to_string();
    let all = all.strip_suffix('\n').unwrap_or(&all);
    let mut text = String::new();
    for (number, line) in all.split('\n').take(DIFF_LINES).enumerate() {
        if number > 0 {
            text.push('\n');
        }
        match line.char_indices().nth(DIFF_COLUMNS).and_then(|(at, _)| line.get(..at)) {
            Some(start) => text.push_str(&(plain(start) + "…")),
            None => text.push_str(&plain(line)),
        }
    }
    let more = all.split('\n').count().saturating_sub(DIFF_LINES);
    if more > 0 {
        // Writing to a string does not fail.
        let _ = write!(text, "\n… and {more} more lines");
    }
    text
}

/// Escapes control characters, which a terminal would obey and a reader would not see; tabs stay.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\t' { plain.extend(c.escape_default()) } else { plain.push(c) }
    }
    plain
}
