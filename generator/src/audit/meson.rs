//! Rules for meson.build.

use std::collections::{BTreeMap, BTreeSet};

use super::rule::*;
use super::text::{Source, is_pkg_config, is_tool, native_flag, of_word, tool_of, unwrapped};
use super::{Findings, Tree};

/// A part of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    /// Without its quotes.
    Text(&'a str),
    Sign(u8),
}

/// A statement: its tokens, each with its place in bytes. Line breaks in brackets do not end one.
type Statement<'a> = Vec<(Token<'a>, usize)>;

fn statements(text: &str) -> Vec<Statement<'_>> {
    let bytes = text.as_bytes();
    let (mut all, mut now, mut depth, mut at) = (Vec::new(), Vec::new(), 0_usize, 0);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'#' => at = text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |length| at + length),
            b'\n' => {
                if depth == 0 && !now.is_empty() {
                    all.push(std::mem::take(&mut now));
                }
                at += 1;
            }
            b'\'' => {
                let long = bytes[at..].starts_with(b"'''");
                let from = at + if long { 3 } else { 1 };
                let mut end = from;
                while let Some(&byte) = bytes.get(end) {
                    if long && bytes[end..].starts_with(b"'''") || !long && matches!(byte, b'\'' | b'\n') {
                        break;
                    }
                    end += if byte == b'\\' && !long { 2 } else { 1 };
                }
                let end = end.min(text.len());
                now.push((Token::Text(text.get(from..end).unwrap_or_default()), at));
                at = end + if long { 3 } else { 1 };
            }
            b'\\' => at += 2,
            byte if of_word(byte) => {
                let from = at;
                while bytes.get(at).copied().is_some_and(of_word) {
                    at += 1;
                }
                now.push((Token::Word(text.get(from..at).unwrap_or_default()), from));
            }
            byte => {
                match byte {
                    b'(' | b'[' | b'{' => depth += 1,
                    b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                if !byte.is_ascii_whitespace() {
                    now.push((Token::Sign(byte), at));
                }
                at += 1;
            }
        }
    }
    all.push(now);
    all
}

/// Methods that tell whether programs of the target run here.
const ASKS: [&str; 4] = ["is_cross_build", "can_run_host_binaries", "has_exe_wrapper", "can_run_host"];

/// Options of Meson itself, which every user has.
const BUILTIN: [&str; 3] = ["buildtype", "optimization", "debug"];

fn words<'a>(statement: &[(Token<'a>, usize)]) -> impl Iterator<Item = &'a str> {
    statement.iter().filter_map(|(token, _)| if let Token::Word(word) = token { Some(*word) } else { None })
}

fn has(statement: &[(Token<'_>, usize)], wanted: &str) -> bool {
    words(statement).any(|word| word == wanted)
}

/// Whether a statement asks for something of the build machine: `native: true`, or an answer that is found out.
fn native(statement: &[(Token<'_>, usize)]) -> bool {
    statement.windows(3).any(|three| {
        matches!(three, [(Token::Word("native"), _), (Token::Sign(b':'), _), (value, _)] if *value != Token::Word("false"))
    })
}

/// What variables hold.
#[derive(Debug, Default)]
struct Names {
    /// Programs for the target.
    programs: BTreeSet<String>,
    /// Compilers for the target.
    compilers: BTreeSet<String>,
    /// The answer to whether programs run here.
    answers: BTreeSet<String>,
    /// Options of the project.
    options: BTreeSet<String>,
    /// Programs such as uname.
    describing: BTreeSet<String>,
    /// All that hold something else.
    others: BTreeSet<String>,
}

impl Names {
    /// Notes what a statement assigns.
    fn note(&mut self, statement: &[(Token<'_>, usize)], under: Under, around: Option<&Names>) {
        let [(Token::Word(name), _), (Token::Sign(b'='), _), value @ ..] = statement else { return };
        let first = words(value).next().unwrap_or_default();
        let text = value.iter().find_map(|(token, _)| if let Token::Text(text) = token { Some(*text) } else { None });
        // A condition, and not a call that has one among its arguments.
        let decides = matches!(first, "meson" | "not" | "get_option") || has(value, "and") || has(value, "or");
        let kind = if first == "executable" {
            if native(value) || under.crossing { &mut self.others } else { &mut self.programs }
        } else if decides && self.ask(value, around) {
            &mut self.answers
        } else if decides && self.choose(value, around) {
            &mut self.options
        } else if first == "meson" && has(value, "get_compiler") && !native(value) {
            &mut self.compilers
        } else if first == "find_program" && text.is_some_and(describes) {
            &mut self.describing
        } else {
            &mut self.others
        };
        kind.insert((*name).to_owned());
    }

    /// Whether a statement asks if programs run here.
    fn ask(&self, statement: &[(Token<'_>, usize)], around: Option<&Names>) -> bool {
        let known = |word: &str| [Some(self), around].into_iter().flatten().any(|names| names.answers.contains(word));
        words(statement).any(|word| ASKS.contains(&word) || known(word))
    }

    /// Whether a statement asks for an option of the project.
    fn choose(&self, statement: &[(Token<'_>, usize)], around: Option<&Names>) -> bool {
        let known = |word: &str| [Some(self), around].into_iter().flatten().any(|names| names.options.contains(word));
        statement.iter().enumerate().any(|(index, (token, _))| match token {
            Token::Word("get_option") => !matches!(
                statement.get(index + 2), Some((Token::Text(name), _)) if BUILTIN.contains(name)
            ),
            Token::Word(word) => known(word),
            _ => false,
        })
    }

    /// Whether a variable is one of a kind here, or around here and nothing else.
    fn are(&self, around: Option<&Names>, name: &str, kind: fn(&Names) -> &BTreeSet<String>) -> bool {
        kind(self).contains(name)
            || !self.others.contains(name)
                && around.is_some_and(|around| kind(around).contains(name) && !around.others.contains(name))
    }
}

/// What the Meson files of a tree say about each other.
#[derive(Debug, Default)]
pub struct Uses {
    /// The variables of each project, by its folder.
    projects: BTreeMap<String, Names>,
    /// Folders, with `/` at the end, that are entered under no condition about cross builds, and those under one.
    open: BTreeSet<String>,
    asked: BTreeSet<String>,
}

impl Uses {
    /// Notes what a file assigns, and which folders it enters.
    pub fn learn(&mut self, path: &str, text: &str) {
        let names = self.projects.entry(project(path).to_owned()).or_default();
        let here = path.strip_suffix("meson.build").unwrap_or_default();
        let mut place = Place::default();
        for statement in &statements(text) {
            let under = place.enter(statement, names, None);
            names.note(statement, under, None);
            if let [(Token::Word("subdir"), _), (Token::Sign(b'('), _), (Token::Text(folder), _), ..] =
                statement.as_slice()
            {
                let entered = if under.crossing { &mut self.asked } else { &mut self.open };
                entered.insert(format!("{here}{}/", folder.trim_end_matches('/')));
            }
        }
    }

    /// Whether a file is in a folder that is entered only where somebody thought of cross builds.
    fn thought_of(&self, path: &str) -> bool {
        let asked = |folder: &str| self.asked.contains(folder) && !self.open.contains(folder);
        path.match_indices('/').any(|(at, _)| path.get(..=at).is_some_and(asked))
    }
}

/// The folder of the project that a file belongs to: a subproject has variables of its own.
fn project(path: &str) -> &str {
    let end = path.rfind("subprojects/").and_then(|at| {
        let name = at + "subprojects/".len();
        path.get(name..)?.find('/').map(|length| name + length)
    });
    path.get(..end.unwrap_or_default()).unwrap_or_default()
}

/// Whether a program describes the machine that it runs on.
fn describes(name: &str) -> bool {
    matches!(tool_of(name), "uname" | "arch")
}

/// The conditions that a statement is under.
#[derive(Debug, Clone, Copy, Default)]
struct Under {
    crossing: bool,
    /// One asks for an option of the project.
    chosen: bool,
}

/// Where a statement is in a file.
#[derive(Debug, Default)]
struct Place {
    conditions: Vec<Under>,
    /// A condition about cross builds ended the file before.
    done: bool,
}

impl Place {
    /// The conditions of a statement: those of the statements before it, and its own.
    fn enter(&mut self, statement: &[(Token<'_>, usize)], names: &Names, around: Option<&Names>) -> Under {
        let outer = self.conditions.last().copied().unwrap_or_default();
        let asks = names.ask(statement, around);
        let chosen = outer.chosen || names.choose(statement, around);
        let joined = Under { crossing: outer.crossing || asks, chosen };
        match words(statement).next() {
            Some("if") => self.conditions.push(joined),
            Some("elif") => {
                if let Some(last) = self.conditions.last_mut() {
                    *last = joined;
                }
            }
            Some("endif") => drop(self.conditions.pop()),
            Some("subdir_done") => self.done |= outer.crossing,
            _ => {}
        }
        let under = self.conditions.last().copied().unwrap_or_default();
        Under { crossing: under.crossing || asks || self.done, chosen: under.chosen || chosen }
    }
}

/// Looks at a file.
pub fn look(source: &Source<'_>, tree: &Tree, found: &mut Findings<'_>) {
    let uses = tree.meson();
    if uses.thought_of(source.path) {
        return;
    }
    let around = uses.projects.get(project(source.path));
    let mut names = Names::default();
    let mut place = Place::default();
    for statement in &statements(source.text) {
        if found.late() {
            return;
        }
        let under = place.enter(statement, &names, around);
        names.note(statement, under, around);
        if !under.crossing {
            look_at(source, statement, under, (&names, around), found);
        }
    }
}

/// Looks at a statement that is under no condition about cross builds.
fn look_at(
    source: &Source<'_>,
    statement: &[(Token<'_>, usize)],
    under: Under,
    (names, around): (&Names, Option<&Names>),
    found: &mut Findings<'_>,
) {
    let generates = has(statement, "custom_target") || has(statement, "generator");
    let both = has(statement, "host_machine") || has(statement, "target_machine") || has(statement, "native");
    let asked = has(statement, "get_compiler") && !native(statement);
    let program = |word: &str| names.are(around, word, |names| &names.programs);
    let compiler = |word: &str| {
        let known = [Some(names), around].into_iter().flatten().any(|names| names.others.contains(word));
        // One of a loop's values is called so everywhere.
        let called = || !known && (word.starts_with('c') || word.contains("comp"));
        names.are(around, word, |names| &names.compilers) || called()
    };
    // The calls and lists around a token, each with whether it only asks the compiler about a flag.
    let mut calls: Vec<bool> = Vec::new();
    for (index, (token, at)) in statement.iter().enumerate() {
        let back =
            |count: usize| index.checked_sub(count).and_then(|index| statement.get(index)).map(|(token, _)| *token);
        let next = |count: usize| statement.get(index + count).map(|(token, _)| *token);
        let line = source.line_at(*at);
        match token {
            Token::Sign(b'(' | b'[' | b'{') => {
                let asks = matches!(back(1), Some(Token::Word(word)) if word.starts_with("has_") || matches!(word, "compiles" | "links"));
                calls.push(asks || calls.last() == Some(&true));
            }
            Token::Sign(b')' | b']' | b'}') => drop(calls.pop()),
            Token::Word("run") if back(1) == Some(Token::Sign(b'.')) && next(1) == Some(Token::Sign(b'(')) => {
                // A module's run() is another one.
                let compiler = match back(2) {
                    Some(Token::Word(word)) => compiler(word),
                    object => object == Some(Token::Sign(b')')) && asked,
                };
                if compiler {
                    found.add(&MESON_RUN, source, line);
                }
            }
            Token::Word("build_machine") if next(1) == Some(Token::Sign(b'.')) && !both => {
                found.add(&MESON_BUILD_MACHINE, source, line);
            }
            Token::Text(text) if text.contains("=native") && native_flag(text) => {
                if !under.chosen && calls.last() != Some(&true) {
                    found.add(&MESON_NATIVE_FLAG, source, line);
                }
            }
            Token::Word(word) if generates && program(word) => {
                let opened = match back(1) {
                    Some(Token::Sign(b'[')) => {
                        back(2) == Some(Token::Sign(b':')) && back(3) == Some(Token::Word("command"))
                    }
                    Some(Token::Sign(b':')) => back(2) == Some(Token::Word("command")),
                    Some(Token::Sign(b'(')) => back(2) == Some(Token::Word("generator")),
                    _ => false,
                };
                if opened {
                    found.add(&MESON_NATIVE, source, line);
                }
            }
            Token::Word(_) | Token::Text(_) => {
                if let Some(rule) = started(statement, index, names, around) {
                    found.add(rule, source, line);
                }
            }
            Token::Sign(_) => {}
        }
    }
}

/// What is wrong with a token that run_command starts.
fn started(
    statement: &[(Token<'_>, usize)],
    index: usize,
    names: &Names,
    around: Option<&Names>,
) -> Option<&'static Rule> {
    let before = statement.get(index.saturating_sub(4)..index).unwrap_or_default();
    let found = match before {
        [.., (Token::Word("run_command"), _), (Token::Sign(b'('), _)]
        | [.., (Token::Word("run_command"), _), (Token::Sign(b'('), _), (Token::Sign(b'['), _)] => false,
        // This reads the cross file, which does not name programs such as uname.
        [
            (Token::Word("run_command"), _),
            (Token::Sign(b'('), _),
            (Token::Word("find_program"), _),
            (Token::Sign(b'('), _),
        ] => true,
        _ => return None,
    };
    let args = statement.get(index..).unwrap_or_default().iter().take(5);
    let words: Vec<&str> = match statement.get(index)?.0 {
        Token::Word(word) => {
            let known = names.are(around, word, |names| &names.describing);
            return known.then_some(&MESON_UNAME);
        }
        _ => args.filter_map(|(token, _)| if let Token::Text(text) = token { Some(*text) } else { None }).collect(),
    };
    let words: Vec<&str> = words.into_iter().flat_map(|text| text.split_whitespace().take(4)).collect();
    let program = *unwrapped(&words).first()?;
    if describes(program) {
        Some(&MESON_UNAME)
    } else {
        (!found && (is_tool(program) || is_pkg_config(program))).then_some(&MESON_BARE_TOOL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_texts_are_no_words() {
        let text = "# cc.run()\na = 'cc.run() # \\' x'\nb = '''y\n' z'''\nc = f(1,\n  2)\n";
        let found = statements(text);
        assert_eq!(found.len(), 4);
        assert_eq!(found[0][2].0, Token::Text("cc.run() # \\' x"));
        assert_eq!(found[1][2].0, Token::Text("y\n' z"));
        assert_eq!(found[2].len(), 8);
        assert!(found[3].is_empty());
        for text in ["'", "'''", "'\\", "\\", "'é\\"] {
            statements(text);
        }
    }
}
