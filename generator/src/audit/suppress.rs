//! Findings that the authors of a tree know about: comments beside them, and the file `.crossloom-audit`.

use std::collections::BTreeSet;

use super::AuditError;
use super::rule::{Rule, find};
use super::text::Source;

/// The file in the folder that is looked at.
pub const FILE: &str = ".crossloom-audit";
/// The beginning of a comment.
const MARK: &str = "crossloom-audit: ignore";
/// Lines of the file, and bytes of one of its patterns.
const MAX_PATTERNS: usize = 10_000;
const MAX_PATTERN: usize = 1024;

/// The comments of a file.
#[derive(Debug, Default)]
pub struct Comments {
    /// Lines and the rules that comments hide there.
    known: BTreeSet<(usize, &'static str)>,
    /// For each line, the first of the lines that backslashes join with it. Empty without comments.
    begins: Vec<usize>,
}

impl Comments {
    /// # Errors
    /// A comment that names no rule, or one that does not exist.
    pub fn of(source: &Source<'_>) -> Result<Comments, AuditError> {
        let mut known = BTreeSet::new();
        if !source.text.contains(MARK) {
            return Ok(Comments::default());
        }
        let signs: &[&str] = if source.path.ends_with(".rs") { &["//", "/*", "* ", "*/"] } else { &["#", "dnl"] };
        let (mut begins, mut continues) = (Vec::new(), false);
        // Rules of comments that have lines of their own. They are about the next line that is not a comment.
        let mut above = Vec::new();
        for (index, line) in source.text.lines().enumerate() {
            let number = index + 1;
            let begin = begins.last().copied().filter(|_| continues).unwrap_or(number);
            begins.push(begin);
            continues = line.ends_with('\\');
            let code = line.trim_start_matches(['@', ' ', '\t']);
            let alone =
                code.starts_with(MARK) || signs.iter().any(|sign| code.starts_with(sign)) || code.trim_end() == "*";
            if !alone {
                known.extend(above.drain(..).map(|id| (number, id)));
            }
            let Some((_, rest)) = line.split_once(MARK) else { continue };
            let name = rest.split_whitespace().next().unwrap_or_default();
            let rule = find(name).ok_or_else(|| unknown(source.path, number, name))?;
            if alone {
                above.push(rule.id);
            } else {
                known.insert((number, rule.id));
            }
        }
        Ok(Comments { known, begins })
    }

    /// Whether a comment names the rule, at this line, at the line where its statement begins, or above one of both.
    pub fn hide(&self, rule: &Rule, line: usize, begin: usize) -> bool {
        let joined =
            |line: usize| line.checked_sub(1).and_then(|index| self.begins.get(index)).copied().unwrap_or(line);
        [line, begin, joined(line)].iter().any(|line| self.known.contains(&(*line, rule.id)))
    }
}

fn unknown(path: &str, line: usize, name: &str) -> AuditError {
    AuditError::UnknownRule { place: format!("{path}, line {line}"), name: name.chars().take(64).collect() }
}

/// The lines of [`FILE`].
#[derive(Debug, Default)]
pub struct Patterns(Vec<(&'static str, String)>);

impl Patterns {
    /// # Errors
    /// A line that is not a rule and a pattern; too many or too long ones.
    pub fn parse(text: &str) -> Result<Patterns, AuditError> {
        let mut patterns = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, pattern) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            let rule = find(name).ok_or_else(|| unknown(FILE, index + 1, name))?;
            let pattern = pattern.trim();
            if pattern.is_empty() || pattern.len() > MAX_PATTERN || patterns.len() == MAX_PATTERNS {
                return Err(AuditError::Pattern { line: index + 1 });
            }
            patterns.push((rule.id, pattern.to_owned()));
        }
        Ok(Patterns(patterns))
    }

    /// Whether a line names the rule and a pattern that the path matches.
    pub fn hide(&self, rule: &Rule, path: &str) -> bool {
        self.0.iter().any(|(id, pattern)| *id == rule.id && matches(pattern, path))
    }
}

/// Whether a path matches a pattern: `*` and `?` stand for characters of one name, `**` for any characters.
fn matches(pattern: &str, path: &str) -> bool {
    // The places in the path up to which the pattern so far can reach: time grows with the product of both lengths only.
    let path: Vec<char> = path.chars().collect();
    let mut reached = vec![false; path.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    let mut signs = pattern.chars().peekable();
    while let Some(sign) = signs.next() {
        let any = sign == '*' && signs.next_if_eq(&'*').is_some();
        // `**/` stands for no folder, too.
        if any && signs.peek() == Some(&'/') {
            signs.next();
            let mut inside = false;
            reached = reached
                .iter()
                .enumerate()
                .map(|(at, here)| {
                    let begins = *here || inside && at.checked_sub(1).and_then(|at| path.get(at)) == Some(&'/');
                    inside |= *here;
                    begins
                })
                .collect();
            continue;
        }
        let mut before = false;
        let mut next = Vec::with_capacity(reached.len());
        for (at, here) in reached.iter().enumerate() {
            let passed = at.checked_sub(1).and_then(|at| path.get(at)).copied();
            let now = match sign {
                '*' => *here || before && passed.is_some_and(|c| any || c != '/'),
                '?' => before && passed.is_some_and(|c| c != '/'),
                sign => before && passed == Some(sign),
            };
            next.push(now);
            before = if sign == '*' { now } else { *here };
        }
        reached = next;
    }
    reached.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_paths() {
        for (pattern, path, expected) in [
            ("a/b", "a/b", true),
            ("a/*", "a/b", true),
            ("a/*", "a/b/c", false),
            ("a/**", "a/b/c", true),
            ("**/c", "a/b/c", true),
            ("**/c", "c", true),
            ("**/c", "a/bc", false),
            ("a/**/c", "a/c", true),
            ("*.m?", "x.m4", true),
            ("*", "", true),
            ("?", "", false),
            ("é*", "éa", true),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
        // Backtracking would take years.
        assert!(!matches(&"*a".repeat(500), &"a".repeat(400)));
    }
}
