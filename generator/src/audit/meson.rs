//! Rules for meson.build.

use std::collections::BTreeSet;

use super::Findings;
use super::rule::*;
use super::text::{Source, is_tool, native_flag, of_word};

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

/// The conditions that a statement is under.
#[derive(Debug, Clone, Copy, Default)]
struct Under {
    crossing: bool,
    /// One asks for an option of the project.
    chosen: bool,
}

/// Looks at a file.
pub fn look(source: &Source<'_>, found: &mut Findings<'_>) {
    let statements = statements(source.text);
    // Variables that hold the answer to whether programs run here, and those that hold programs for the target.
    let (mut answers, mut programs) = (BTreeSet::new(), BTreeSet::new());
    let mut conditions: Vec<Under> = Vec::new();
    for statement in &statements {
        let words =
            || statement.iter().filter_map(|(token, _)| if let Token::Word(word) = token { Some(*word) } else { None });
        let first = words().next().unwrap_or_default();
        let asks = words().any(|word| ASKS.contains(&word) || answers.contains(word));
        let outer = conditions.last().copied().unwrap_or_default();
        let option = words().any(|word| word == "get_option");
        let joined = Under { crossing: outer.crossing || asks, chosen: outer.chosen || option };
        match first {
            "if" => conditions.push(joined),
            "elif" => {
                if let Some(last) = conditions.last_mut() {
                    *last = joined;
                }
            }
            "endif" => drop(conditions.pop()),
            _ => {}
        }
        let assigned = matches!(statement.as_slice(), [_, (Token::Sign(b'='), _), (Token::Word(_), _), ..]);
        if assigned && asks {
            answers.insert(first);
        }
        if assigned && words().nth(1) == Some("executable") && !words().any(|word| word == "native") {
            programs.insert(first);
        }
        let under = conditions.last().copied().unwrap_or_default();
        if !under.crossing && !asks {
            look_at(source, statement, under, &programs, found);
        }
    }
}

/// Looks at a statement that is under no condition about cross builds.
fn look_at(
    source: &Source<'_>,
    statement: &Statement<'_>,
    under: Under,
    programs: &BTreeSet<&str>,
    found: &mut Findings<'_>,
) {
    let has = |wanted: &str| statement.iter().any(|(token, _)| *token == Token::Word(wanted));
    let generates = has("custom_target") || has("generator");
    let both = has("host_machine") || has("target_machine") || has("native");
    for (index, (token, at)) in statement.iter().enumerate() {
        let back =
            |count: usize| index.checked_sub(count).and_then(|index| statement.get(index)).map(|(token, _)| *token);
        let next = |count: usize| statement.get(index + count).map(|(token, _)| *token);
        let line = source.line_at(*at);
        match token {
            Token::Word("run") if back(1) == Some(Token::Sign(b'.')) && next(1) == Some(Token::Sign(b'(')) => {
                // A module's run() is another one. A compiler is called so everywhere.
                let object = back(2);
                let compiler = matches!(object, Some(Token::Word(word)) if word.starts_with('c') || word.contains("comp"))
                    || object == Some(Token::Sign(b')')) && has("get_compiler");
                if compiler {
                    found.add(&MESON_RUN, source, line);
                }
            }
            Token::Word("build_machine") if next(1) == Some(Token::Sign(b'.')) && !both => {
                found.add(&MESON_BUILD_MACHINE, source, line);
            }
            Token::Text(name) if back(1) == Some(Token::Sign(b'(')) && back(2) == Some(Token::Word("run_command")) => {
                if matches!(*name, "uname" | "arch") {
                    found.add(&MESON_UNAME, source, line);
                } else if is_tool(name) || matches!(*name, "pkg-config" | "pkgconf") {
                    found.add(&MESON_BARE_TOOL, source, line);
                }
            }
            Token::Text(text) if text.contains("=native") && native_flag(text) && !under.chosen => {
                found.add(&MESON_NATIVE_FLAG, source, line);
            }
            Token::Word(word) if generates && programs.contains(word) => {
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
            _ => {}
        }
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
