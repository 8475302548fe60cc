//! The conditions of shell code between macros: `if`, `case`, AS_IF and AS_CASE, as far as keywords show them. The text may hold
//! C code and English, too, so a keyword counts only where a command begins, and `if` only when its `then` comes.

use std::collections::BTreeSet;

use super::m4::{calls, place};
use super::text::of_word;

/// A branch of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Branch<'a> {
    /// The statement's first condition, or the word of a `case`.
    pub condition: &'a str,
    /// Which of the statement's branches it is.
    pub number: usize,
    /// Quotes of m4 around the statement.
    pub depth: usize,
}

/// The branches of a text.
#[derive(Debug, Default)]
pub struct Branches<'a> {
    /// For each place that was asked for, the branches that it is in, the outer ones first.
    pub at: Vec<Vec<Branch<'a>>>,
    /// Begins and ends of the code that is under a condition about cross builds; none is in another.
    crossing: Vec<(usize, usize)>,
}

/// A statement whose end has not come yet.
struct Open<'a> {
    branch: Branch<'a>,
    case: bool,
    /// Where its condition, or the one of `elif`, begins.
    from: usize,
    /// A `then` came.
    begun: bool,
    /// Where a branch begins from which on a condition about cross builds was asked.
    crossing: Option<usize>,
}

/// Statements in each other. Those in more are taken as parts of the last one.
const MAX_OPEN: usize = 64;
/// Bytes of the word of a `case`. A longer one is none, so that a long line is not searched again for each `case` on it.
const MAX_CASE: usize = 1024;

impl<'a> Branches<'a> {
    /// The branches of a text without comments. The places have to be in order.
    pub fn of(text: &'a str, places: &[usize]) -> Branches<'a> {
        let bytes = text.as_bytes();
        let (mut at, mut depth) = (0, 0_usize);
        let (mut all, mut open) = (Branches::default(), Vec::<Open<'a>>::new());
        let mut answers = BTreeSet::new();
        let mut places = places.iter().copied().peekable();
        let mut macros = calls(text, &["AS_IF", "AS_CASE", "AM_COND_IF"]).into_iter().peekable();
        while let Some(&byte) = bytes.get(at) {
            while places.next_if(|place| *place <= at).is_some() {
                all.at.push(open.iter().filter(|one| one.begun).map(|one| one.branch).collect());
            }
            if let Some(call) = macros.next_if(|call| call.at <= at) {
                // Conditions and branches take turns, but AS_CASE has one word.
                let conditions = if call.name == "AS_IF" { call.args.len() } else { 1 };
                let mut conditions = call.args.iter().take(conditions).step_by(2);
                let asked = conditions.position(|condition| asks(condition, &answers));
                if let Some(first) = asked.and_then(|asked| call.args.get(asked * 2 + 1)) {
                    all.crossing.push((place(text, first), call.end));
                }
            }
            if !of_word(byte) {
                match byte {
                    b'[' => depth += 1,
                    b']' => {
                        depth = depth.saturating_sub(1);
                        while let Some(one) = open.pop_if(|one| one.branch.depth > depth) {
                            all.close(&one, at);
                        }
                    }
                    b';' if bytes.get(at + 1) == Some(&b';') => {
                        if let Some(one) = open.last_mut().filter(|one| one.case && one.branch.depth == depth) {
                            one.branch.number += 1;
                        }
                        at += 1;
                    }
                    _ => {}
                }
                at += 1;
                continue;
            }
            let from = at;
            while bytes.get(at).copied().is_some_and(of_word) {
                at += 1;
            }
            let word = text.get(from..at).unwrap_or_default();
            if !begins(text, from) {
                continue;
            }
            if bytes.get(at) == Some(&b'=') {
                if all.crosses(&open, from) && decides(text.get(at + 1..).unwrap_or_default()) {
                    answers.insert(word);
                }
                continue;
            }
            if bytes.get(at).is_some_and(|byte| !byte.is_ascii_whitespace() && !b";])&|,`".contains(byte)) {
                continue;
            }
            let innermost = open.iter().rposition(|one| one.begun && !one.case && one.branch.depth == depth);
            match word {
                "if" if open.len() < MAX_OPEN => {
                    let branch = Branch { condition: "", number: 0, depth };
                    open.push(Open { branch, case: false, from: at, begun: false, crossing: None });
                }
                "case" if open.len() < MAX_OPEN => {
                    if let Some(condition) = case_word(text.get(at..).unwrap_or_default()) {
                        let crossing = asks(condition, &answers).then_some(at + condition.len());
                        let branch = Branch { condition, number: 0, depth };
                        open.push(Open { branch, case: true, from: at, begun: true, crossing });
                    }
                }
                "then" => {
                    if let Some(one) = open.last_mut().filter(|one| !one.case) {
                        let condition =
                            text.get(one.from..from).unwrap_or_default().trim_matches([' ', '\t', '\n', ';']);
                        if !one.begun {
                            one.branch.condition = condition;
                        }
                        one.begun = true;
                        one.from = at;
                        if asks(condition, &answers) {
                            one.crossing.get_or_insert(at);
                        }
                    }
                }
                "elif" | "else" => {
                    if let Some(index) = innermost {
                        all.cut(&mut open, index + 1, from);
                        if let Some(one) = open.last_mut() {
                            one.branch.number += 1;
                            one.from = at;
                        }
                    }
                }
                "fi" | "esac" => {
                    let ends = |one: &Open<'_>| one.begun && one.case == (word == "esac") && one.branch.depth <= depth;
                    if let Some(index) = open.iter().rposition(ends) {
                        all.cut(&mut open, index, from);
                    }
                }
                _ => {}
            }
        }
        all.at.extend(places.map(|_| Vec::new()));
        all.cut(&mut open, 0, text.len());
        all.crossing.sort_unstable();
        all.crossing.dedup_by(|next, before| {
            next.0 <= before.1 && {
                before.1 = before.1.max(next.1);
                true
            }
        });
        all
    }

    /// Notes the end of all statements but the first ones.
    fn cut(&mut self, open: &mut Vec<Open<'a>>, keep: usize, at: usize) {
        for one in open.drain(keep..) {
            self.close(&one, at);
        }
    }

    fn close(&mut self, one: &Open<'_>, at: usize) {
        self.crossing.extend(one.crossing.map(|from| (from, at)));
    }

    /// Whether a place is under a condition about cross builds while the text is read.
    fn crosses(&self, open: &[Open<'_>], at: usize) -> bool {
        open.iter().any(|one| one.crossing.is_some()) || self.crossing.iter().rev().take(16).any(|(_, to)| at < *to)
    }

    /// Whether a place is under a condition about cross builds.
    pub fn crossing(&self, at: usize) -> bool {
        let before = self.crossing.partition_point(|(from, _)| *from <= at);
        before.checked_sub(1).and_then(|index| self.crossing.get(index)).is_some_and(|(_, to)| at < *to)
    }
}

/// Whether a command begins at a place.
fn begins(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default().trim_end_matches([' ', '\t']);
    let word = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    before.is_empty()
        || before.ends_with(['\n', ';', '&', '|', '(', ')', '[', ',', '{', '`', '!'])
        || matches!(word, "if" | "then" | "elif" | "else" | "do" | "while")
}

/// The word of a `case`: what is before `in` on its line, within [`MAX_CASE`]. C code has no `$`.
fn case_word(rest: &str) -> Option<&str> {
    let near = (0..=MAX_CASE.min(rest.len())).rev().find_map(|end| rest.get(..end)).unwrap_or_default();
    let line = near.lines().next().unwrap_or_default();
    let end = line
        .match_indices(" in")
        .map(|(at, _)| at)
        .find(|at| line.get(at + 3..).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t'])))?;
    line.get(..end).filter(|word| word.contains(['$', '`'])).map(str::trim)
}

/// Whether a condition asks about cross builds, itself or by a variable that has the answer.
fn asks(condition: &str, answers: &BTreeSet<&str>) -> bool {
    let has = |word: &str| condition.contains(&format!("${word}")) || condition.contains(&format!("${{{word}"));
    // Where there is a config.guess, AC_CANONICAL_HOST knows the target.
    if ["cross_compiling", "CROSS_COMPIL", "cc_cross", "config.guess"].iter().any(|word| condition.contains(word)) {
        return true;
    }
    let variable = |(at, _): (usize, &str)| {
        let rest = condition.get(at + 1..).unwrap_or_default().trim_start_matches('{');
        let end = rest.bytes().position(|byte| !of_word(byte)).unwrap_or(rest.len());
        rest.get(..end).is_some_and(|name| answers.contains(name))
    };
    has("build") && has("host") || condition.match_indices('$').any(variable)
}

/// Whether an assigned value is an answer, and no name.
fn decides(value: &str) -> bool {
    let value = value.trim_start_matches(['"', '\'']);
    let end = value.bytes().position(|byte| !of_word(byte)).unwrap_or(value.len());
    matches!(value.get(..end), Some("yes" | "no" | "true" | "false" | "0" | "1" | "cross" | "unknown" | "maybe"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether each `x` in a text is under a condition about cross builds.
    fn crossing(text: &str) -> Vec<bool> {
        let branches = Branches::of(text, &[]);
        super::super::text::words(text, "x").map(|at| branches.crossing(at)).collect()
    }

    #[test]
    fn conditions_about_cross_builds_cover_their_branches() {
        for (text, expected) in [
            ("x\nif test $cross_compiling = yes; then\n x\nelse\n x\nfi\nx\n", &[false, true, true, false][..]),
            ("if a; then x; elif test $cross_compiling = no; then x; else x; fi; x", &[false, true, true, false]),
            ("if test \"$build\" = \"$host\"; then if a; then x; fi; x; fi; x", &[true, true, false]),
            ("case $cross_compiling in\nno) x ;;\n*) x\nesac\nx", &[true, true, false]),
            ("AS_IF([test $cross_compiling = yes], [x], [x])\nx", &[true, true, false]),
            ("AS_IF([a], [x], [test $cross_compiling = yes], [x], [x])\nx", &[false, true, true, false]),
            ("AS_CASE([$cross_compiling], [yes], [x])x", &[true, false]),
            // Texts, C code and English are no conditions, and end none.
            ("AC_MSG_RESULT([cross_compiling, assuming yes])\nx", &[false]),
            ("if test $cross_compiling = no; then\nA([[if (a) b; else c;]])\nx\nfi\nx", &[true, false]),
            ("A([if cross_compiling, use b])\nx\nif a; then\nx\nfi\nx", &[false, false, false]),
            ("A([if test $cross_compiling = yes; then x])\nx", &[true, false]),
            // A variable has the answer.
            ("if test $cross_compiling = yes; then a=no\nfi\nif test $a = yes; then x; fi", &[true]),
            ("if test $cross_compiling = yes; then a=Linux\nfi\nif test $a = Linux; then x; fi", &[false]),
        ] {
            assert_eq!(crossing(text), expected, "{text}");
        }
    }

    #[test]
    fn places_have_their_branches() {
        let text = "if a; then x; else case $b in c) ;; *) x ;; esac; fi; A([if d; then x; fi])";
        let places: Vec<usize> = super::super::text::words(text, "x").collect();
        let found: Vec<Vec<_>> = Branches::of(text, &places)
            .at
            .into_iter()
            .map(|path| path.into_iter().map(|one| (one.condition, one.number, one.depth)).collect())
            .collect();
        assert_eq!(found, [vec![("a", 0, 0)], vec![("a", 1, 0), ("$b", 1, 0)], vec![("d", 0, 1)]]);
        for text in ["if", "then", "fi", "esac", "case $a in", "]", "if é; then é", "a="] {
            Branches::of(text, &[0, 9]);
        }
    }
}
