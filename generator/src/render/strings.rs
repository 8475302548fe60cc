//! The text of Nix strings, as Nix itself reads it.
//!
//! Written after Nix's lexer and its `stripIndentation`, and not with the parser's own reading of strings: Nix strips
//! blanks after an escaped line end, which that reading keeps.

use rnix::SyntaxKind::{TOKEN_STRING_CONTENT, TOKEN_STRING_START};
use rnix::{NodeOrToken, SyntaxNode};

/// A part of an indented string, as Nix's lexer hands it to the parser.
enum Piece {
    /// Text in which blanks at the start of a line count as indentation.
    Plain(String),
    /// Text that stood as an escape. It ends the blanks before it, but a line end in it begins a line to strip.
    Escaped(String),
    Interpolation,
}

/// The text of a string, however it is spelled, with `None` for each interpolation. No two texts are neighbours, and none
/// is empty.
pub fn text(string: &SyntaxNode) -> Vec<Option<String>> {
    let mut indented = false;
    let mut pieces = Vec::new();
    for element in string.children_with_tokens() {
        match element {
            NodeOrToken::Node(_) => pieces.push(Piece::Interpolation),
            NodeOrToken::Token(token) => match token.kind() {
                TOKEN_STRING_START => indented = token.text() == "''",
                TOKEN_STRING_CONTENT if indented => lex(token.text(), pieces.is_empty(), &mut pieces),
                TOKEN_STRING_CONTENT => pieces.push(Piece::Escaped(unescaped(token.text()))),
                _ => {}
            },
        }
    }
    let parts = if indented { stripped(&pieces) } else { pieces.into_iter().map(Piece::into_text).collect() };
    let mut joined: Vec<Option<String>> = Vec::new();
    for part in parts.into_iter().filter(|part| part.as_deref() != Some("")) {
        match (joined.last_mut(), part) {
            (Some(Some(before)), Some(text)) => before.push_str(&text),
            (_, part) => joined.push(part),
        }
    }
    joined
}

impl Piece {
    fn into_text(self) -> Option<String> {
        match self {
            Piece::Plain(text) | Piece::Escaped(text) => Some(text),
            Piece::Interpolation => None,
        }
    }
}

/// Takes the text of an indented string between two interpolations apart. At the string's start, blanks before the first
/// line end belong to the quotes.
fn lex(text: &str, first: bool, pieces: &mut Vec<Piece>) {
    let mut rest = text;
    if first && let Some(line) = rest.trim_start_matches(' ').strip_prefix('\n') {
        rest = line;
    }
    let mut plain = String::new();
    while let Some(next) = rest.chars().next() {
        let (piece, length) = if rest.starts_with("'''") {
            (Some("''".to_owned()), 3)
        } else if rest.starts_with("''$") {
            (Some("$".to_owned()), 3)
        } else if let Some(escaped) = rest.strip_prefix("''\\") {
            let length = 3 + escaped.chars().next().map_or(0, char::len_utf8);
            (Some(unescaped(rest.get(2..length).unwrap_or_default())), length)
        } else {
            // `$` and `'` take the character after them along, so that it begins no escape.
            let pair = match (next, rest.chars().nth(1)) {
                ('$', Some(after)) if after != '{' && after != '\'' => after.len_utf8(),
                ('\'', Some(after)) if after != '$' && after != '\'' => after.len_utf8(),
                _ => 0,
            };
            (None, next.len_utf8() + pair)
        };
        let (taken, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        match piece {
            None => plain.push_str(taken),
            Some(escaped) => {
                if !plain.is_empty() {
                    pieces.push(Piece::Plain(std::mem::take(&mut plain)));
                }
                pieces.push(Piece::Escaped(escaped));
            }
        }
        rest = after;
    }
    if !plain.is_empty() {
        pieces.push(Piece::Plain(plain));
    }
}

/// Text with backslashes that escape the character after them. Nix reads every line end in it as `\n`.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(next) = chars.next() {
        match next {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('t') => out.push('\t'),
                escaped => out.extend(escaped),
            },
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push('\n');
            }
            _ => out.push(next),
        }
    }
    out
}

/// The pieces without the blanks that all lines begin with, and without those of a last line that holds nothing else.
fn stripped(pieces: &[Piece]) -> Vec<Option<String>> {
    let indent = indent(pieces);
    let mut at_start = true;
    let mut dropped = 0;
    let mut parts = Vec::with_capacity(pieces.len());
    for (index, piece) in pieces.iter().enumerate() {
        let (Piece::Plain(text) | Piece::Escaped(text)) = piece else {
            (at_start, dropped) = (false, 0);
            parts.push(None);
            continue;
        };
        let mut kept = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                ' ' if at_start => {
                    if dropped >= indent {
                        kept.push(c);
                    }
                    dropped += 1;
                }
                _ => {
                    at_start = c == '\n';
                    dropped = 0;
                    kept.push(c);
                }
            }
        }
        if index + 1 == pieces.len()
            && let Some((lines, last)) = kept.rsplit_once('\n')
            && last.chars().all(|c| c == ' ')
        {
            kept.truncate(lines.len() + 1);
        }
        parts.push(Some(kept));
    }
    parts
}

/// How many blanks every line that holds more than blanks begins with.
fn indent(pieces: &[Piece]) -> usize {
    // So many stand in Nix's source. A string without a line that counts loses all blanks.
    let mut least = 1_000_000;
    let mut at_start = true;
    let mut current = 0;
    for piece in pieces {
        let text = if let Piece::Plain(text) = piece { text.as_str() } else { "\0" };
        for c in text.chars() {
            match c {
                '\n' => (at_start, current) = (true, 0),
                ' ' if at_start => current += 1,
                _ => {
                    if at_start {
                        least = least.min(current);
                    }
                    at_start = false;
                }
            }
        }
    }
    least
}
