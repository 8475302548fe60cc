//! Reading typed values out of a spanned TOML tree, with every problem kept and none fatal; and the files that a matrix may
//! name.

mod files;
mod fixed;

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub use files::{Beside, MAX_USER_FILE, PATH_PATTERN, UserFiles, is_path};
#[cfg(test)]
pub use files::{MAX_USER_FILES, NoFiles};
pub use fixed::Fixed;

use crate::diag::{Problem, nearest, quote};
use crate::lock::is_sdk_name;

/// A TOML value with its place in the text.
pub type Value<'i> = Spanned<DeValue<'i>>;

/// Something read, with its place in the text.
#[derive(Debug, Clone)]
pub struct Loc<T> {
    pub value: T,
    pub span: Range<usize>,
}

/// Entries of one list that are read at most: far beyond any use, and it bounds what filters cost.
pub const MAX_ITEMS: usize = 1000;
/// Known words that a hint lists at most.
const MAX_NAMED: usize = 20;
/// Bytes of one string that are read at most.
const MAX_STRING: usize = 4096;

/// The problems that were found so far.
#[derive(Debug, Default)]
pub struct Reader {
    /// Problems of what stands in the file.
    pub problems: Vec<Problem>,
    /// Problems of what does not stand in the file. Apart, because a syntax error can make things look absent.
    pub missing: Vec<Problem>,
}

impl Reader {
    /// How many problems there are so far, of both kinds.
    pub fn count(&self) -> usize {
        self.problems.len() + self.missing.len()
    }

    pub fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The value as a table, whose keys outside of `keys` are reported. `place` names it in messages.
    pub fn table<'v, 'i>(&mut self, value: &'v Value<'i>, place: &str, keys: &[&str]) -> Option<&'v DeTable<'i>> {
        match value.get_ref() {
            DeValue::Table(table) => {
                self.keys(table, place, keys);
                Some(table)
            }
            other => {
                self.wrong_type(value.span(), place, "a table", other);
                None
            }
        }
    }

    /// Reports the keys of a table that are not among `keys`.
    pub fn keys(&mut self, table: &DeTable<'_>, place: &str, keys: &[&str]) {
        for key in table.keys() {
            let name: &str = key.get_ref();
            if keys.contains(&name) {
                continue;
            }
            // Keys are few and short: a word that differs in more letters is one that no key here stands for.
            let most = (name.chars().count() / 3).max(1);
            let alike = |key: &&str| strsim::damerau_levenshtein(&name.to_lowercase(), key) <= most;
            let near = (name.len() <= 100).then(|| nearest(name, keys.iter().copied().filter(alike))).flatten();
            let hint = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known here: {}", keys.join(", ")),
            };
            self.report(Problem::at(key.span(), format!("unknown key {} in {place}", quote(name))).hint(hint));
        }
    }

    /// The value as a list with at most [`MAX_ITEMS`] entries.
    pub fn list<'v, 'i>(&mut self, value: &'v Value<'i>, place: &str, of: &str) -> Vec<&'v Value<'i>> {
        match value.get_ref() {
            DeValue::Array(array) if array.len() > MAX_ITEMS => {
                let message = format!("{place} has {} entries", array.len());
                self.report(Problem::at(value.span(), message).hint(format!("at most {MAX_ITEMS} are read")));
                Vec::new()
            }
            DeValue::Array(array) => array.iter().collect(),
            other => {
                self.wrong_type(value.span(), place, &format!("a list of {of}"), other);
                Vec::new()
            }
        }
    }

    /// The value as a string of bounded length without control characters.
    pub fn string<'v>(&mut self, value: &'v Value<'_>, place: &str) -> Option<&'v str> {
        match value.get_ref() {
            DeValue::String(text) if text.len() > MAX_STRING => {
                let message = format!("a string of {} bytes in {place}", text.len());
                self.report(Problem::at(value.span(), message).hint(format!("at most {MAX_STRING} bytes are read")));
                None
            }
            DeValue::String(text) if text.chars().any(char::is_control) => {
                let message = format!("a control character in {place}");
                let hint = "newlines, tabs, NUL and the like cannot stand in names or flags";
                self.report(Problem::at(value.span(), message).hint(hint));
                None
            }
            DeValue::String(text) => Some(text),
            other => {
                self.wrong_type(value.span(), place, "a string", other);
                None
            }
        }
    }

    /// A list of distinct words, at least one, each turned into what it means.
    pub fn words<T>(
        &mut self,
        value: &Value<'_>,
        place: &str,
        mut meaning: impl FnMut(&str, Range<usize>) -> Result<T, Problem>,
    ) -> Vec<Loc<T>> {
        let before = self.problems.len();
        let items = self.list(value, place, "strings");
        if items.is_empty() && self.problems.len() == before {
            let hint = "name at least one, or leave the key out if it has a default";
            self.report(Problem::at(value.span(), format!("{place} is empty")).hint(hint));
        }
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let mut words = Vec::new();
        for item in items {
            let Some(word) = self.string(item, &format!("an entry of {place}")) else { continue };
            let count = seen.entry(word).or_default();
            *count += 1;
            if *count > 1 {
                let message = format!("{} stands more than once in {place}", quote(word));
                self.report(Problem::at(item.span(), message).hint("remove this one"));
                continue;
            }
            match meaning(word, item.span()) {
                Ok(value) => words.push(Loc { value, span: item.span() }),
                Err(problem) => self.report(problem),
            }
        }
        words
    }

    /// A table of tables by names of the user's, `most` of them.
    pub fn tables<'v, 'i>(&mut self, value: &'v Value<'i>, place: &str, most: usize) -> Option<&'v DeTable<'i>> {
        match value.get_ref() {
            DeValue::Table(table) if table.len() > most => {
                let message = format!("{place} has {} tables", table.len());
                self.report(Problem::at(value.span(), message).hint(format!("at most {most} are read")));
                None
            }
            DeValue::Table(table) => Some(table),
            other => {
                self.wrong_type(value.span(), place, "a table", other);
                None
            }
        }
    }

    /// One word, turned into what it means.
    pub fn word<T>(
        &mut self,
        value: &Value<'_>,
        place: &str,
        meaning: impl FnOnce(&str, Range<usize>) -> Result<T, Problem>,
    ) -> Option<Loc<T>> {
        let word = self.string(value, place)?;
        match meaning(word, value.span()) {
            Ok(meant) => Some(Loc { value: meant, span: value.span() }),
            Err(problem) => {
                self.report(problem);
                None
            }
        }
    }

    /// A list of flags for a configure script, none of them `fixed`. Order and repetition mean something there, so both
    /// stay.
    pub fn flags(&mut self, value: &Value<'_>, place: &str, fixed: &[Fixed]) -> Vec<String> {
        let mut flags = Vec::new();
        for item in self.list(value, place, "strings") {
            let Some(flag) = self.string(item, &format!("an entry of {place}")) else { continue };
            // Flags pass through shells and make on their way: none of these characters means anything there.
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_+=,./:@%~".contains(&byte);
            if !flag.starts_with('-') {
                let message = format!("{} in {place} is not a flag", quote(flag));
                self.report(Problem::at(item.span(), message).hint("flags start with `-`, one flag per string"));
            } else if let Some(odd) = flag.chars().find(|c| !u8::try_from(*c).is_ok_and(plain)) {
                let message = format!("{} in {place} holds {}", quote(flag), quote(&odd.to_string()));
                let hint = "a flag is made of letters, digits and - _ + = , . / : @ % ~; give two flags as two strings";
                self.report(Problem::at(item.span(), message).hint(hint));
            } else if let Some(fixed) = fixed.iter().find(|fixed| fixed.covers(flag)) {
                let message = format!("{} in {place} would override what crossloom sets", quote(flag));
                self.report(Problem::at(item.span(), message).hint(fixed.instead));
            } else {
                flags.push(flag.to_owned());
            }
        }
        flags
    }

    /// Reports a value of another type than `expected`.
    pub fn wrong_type(&mut self, span: Range<usize>, place: &str, expected: &str, found: &DeValue<'_>) {
        let message = format!("{place} must be {expected}, not {}", with_article(found.type_str()));
        let hint = match (expected, found) {
            ("a list of strings", DeValue::String(_)) => "put it into brackets: [\"…\"]",
            ("a list of strings", _) => "strings in brackets: [\"…\", \"…\"]",
            ("a list of tables", DeValue::Table(_)) => "put it into brackets: [{ … }]",
            ("a list of tables", _) => "tables in brackets: [{ key = \"…\" }]",
            ("a string", DeValue::Float(_) | DeValue::Integer(_)) => "put it into quotes: \"…\"",
            ("a string", _) => "one word in quotes: \"…\"",
            ("a table", _) => "keys and values in braces, { key = \"…\" }, or on lines of their own below a [header]",
            _ => "write it without quotes or brackets",
        };
        self.report(Problem::at(span, message).hint(hint));
    }
}

fn with_article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {kind}")
}

/// Whether a variable of make or of the environment can be called so: letters, digits and `_`, and no digit first.
pub fn is_variable(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether a table of the user's can have this name. It becomes part of names of cells, so that `reserved`, words that
/// mean something there, cannot stand in it.
pub fn own_name(what: &str, name: &str, reserved: &[&str], span: Range<usize>) -> Result<(), Problem> {
    if !is_sdk_name(name) {
        let message = format!("{} cannot be the name of {what}", quote(name));
        return Err(Problem::at(span, message).hint("lower-case letters, digits and -, at most 64, not - in front"));
    }
    // A word such as `nodejs-18` has hyphens itself.
    let parts = format!("-{name}-");
    if let Some(word) = reserved.iter().find(|word| parts.contains(&format!("-{word}-"))) {
        let message =
            format!("the name {} holds the word {}, which means something in names", quote(name), quote(word));
        return Err(Problem::at(span, message).hint(format!("choose one without {}", reserved.join(", "))));
    }
    Ok(())
}

/// The problem of a word that is none of a closed set.
pub fn not_among<'a>(
    span: Range<usize>,
    what: &str,
    word: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> Problem {
    let hint = match nearest(word, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let all: Vec<_> = known.into_iter().collect();
            let first = all.get(..MAX_NAMED).unwrap_or(&all).join(", ");
            match all.len().saturating_sub(MAX_NAMED) {
                0 => format!("known: {first}"),
                more => format!("known: {first} and {more} more"),
            }
        }
    };
    Problem::at(span, format!("unknown {what} {}", quote(word))).hint(hint)
}
