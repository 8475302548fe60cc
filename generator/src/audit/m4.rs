//! Autoconf's language: m4 with `[` and `]` as quotes around shell code, as far as calls of macros need it.

use super::text::of_word;

/// A call of a macro.
#[derive(Debug, PartialEq, Eq)]
pub struct Call<'a> {
    pub name: &'a str,
    /// Where the name begins, in bytes.
    pub at: usize,
    /// Where the call ends.
    pub end: usize,
    /// Without outer blanks and one pair of quotes. Empty if there are none.
    pub args: Vec<&'a str>,
}

/// The text with comments blanked: what follows `dnl` and, outside of words, `#`. Every other byte keeps its place, and so
/// do quotes in comments that are inside of quotes, because m4 counts them there.
pub fn without_comments(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at)).copied().unwrap_or(b'\n');
        let dnl = byte == b'd'
            && bytes[at..].starts_with(b"dnl")
            && !of_word(before)
            && !bytes.get(at + 3).copied().is_some_and(of_word);
        let comment = byte == b'#' && (before.is_ascii_whitespace() || matches!(before, b'[' | b'(' | b')' | b';'));
        if dnl || comment {
            let outer = depth;
            while let Some(&byte) = bytes.get(at).filter(|byte| **byte != b'\n') {
                match byte {
                    b'[' if comment && outer > 0 => depth += 1,
                    // The quote that the comment is in ends, and the comment with it.
                    b']' if comment && outer > 0 && depth == outer => break,
                    b']' if comment && outer > 0 => depth -= 1,
                    _ => {}
                }
                let quote = comment && outer > 0 && matches!(byte, b'[' | b']');
                out.push(if quote { byte } else { b' ' });
                at += 1;
            }
            continue;
        }
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        out.push(byte);
        at += 1;
    }
    // Only whole characters were replaced: a comment ends at a line's end.
    String::from_utf8_lossy(&out).into_owned()
}

/// Bytes of one call that are read at most: a call whose parenthesis is never closed ends there.
const MAX_CALL: usize = 64 << 10;
/// How often the text's length may be read for arguments: calls may be nested, and a hostile file nests without end.
const MAX_NESTED: usize = 16;

/// The calls of macros with one of these names, in a text without comments. Definitions do not count.
pub fn calls<'a>(text: &'a str, names: &[&str]) -> Vec<Call<'a>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    let mut left = bytes.len().saturating_mul(MAX_NESTED);
    while at < bytes.len() {
        let start = at;
        while bytes.get(at).copied().is_some_and(of_word) {
            at += 1;
        }
        if at == start {
            at += 1;
            continue;
        }
        let word = text.get(start..at).unwrap_or_default();
        if !names.contains(&word) || defined(&text[..start]) {
            continue;
        }
        // The `$` of a shell variable makes it no call.
        if text[..start].ends_with('$') || text[..start].ends_with("${") {
            continue;
        }
        let (args, end) =
            if bytes.get(at) == Some(&b'(') { arguments(text, at + 1, &mut left) } else { (Vec::new(), at) };
        found.push(Call { name: word, at: start, end, args });
    }
    found
}

/// Where a part of a text, such as an argument of a call, begins in it.
pub fn place(text: &str, part: &str) -> usize {
    part.as_ptr().addr().saturating_sub(text.as_ptr().addr())
}

/// Whether the name that follows is defined or asked about, and not called.
fn defined(before: &str) -> bool {
    let before = before.trim_end_matches('[');
    [
        "AC_DEFUN(",
        "AC_DEFUN_ONCE(",
        "AU_DEFUN(",
        "AU_ALIAS(",
        "m4_define(",
        "define(",
        "m4_ifdef(",
        "m4_ifndef(",
        "ifdef(",
        "m4_undefine(",
        "m4_pattern_allow(",
        "m4_pattern_forbid(",
        "m4_copy(",
        "m4_rename(",
    ]
    .iter()
    .any(|call| before.ends_with(call))
}

/// The arguments from the place after the parenthesis, and the place after the call. None if the call has no end.
fn arguments<'a>(text: &'a str, from: usize, left: &mut usize) -> (Vec<&'a str>, usize) {
    let bytes = text.as_bytes();
    let (mut quotes, mut parens) = (0_usize, 0_usize);
    let (mut args, mut start) = (Vec::new(), from);
    for at in from..bytes.len().min(from + MAX_CALL) {
        *left = left.saturating_sub(1);
        if *left == 0 {
            break;
        }
        match bytes.get(at) {
            Some(b'[') => quotes += 1,
            // The quote around the whole call ends inside of it: it is not one.
            Some(b']') if quotes == 0 => return (Vec::new(), at),
            Some(b']') => quotes -= 1,
            Some(b'(') if quotes == 0 => parens += 1,
            Some(b')') if quotes == 0 && parens == 0 => {
                args.push(unquoted(text.get(start..at).unwrap_or_default()));
                return (args, at + 1);
            }
            Some(b')') if quotes == 0 => parens -= 1,
            Some(b',') if quotes == 0 && parens == 0 => {
                args.push(unquoted(text.get(start..at).unwrap_or_default()));
                start = at + 1;
            }
            _ => {}
        }
    }
    (Vec::new(), from)
}

/// Without blanks, and without the quotes around all of it.
fn unquoted(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_have_arguments_and_comments_have_none() {
        let text = "dnl AC_X(1)\nAC_X([a, b], [[c]], d(e, f))\n# AC_X\nAS_IF([t], [AC_X([#include <a>\n], [])])\nAC_X\n\
                    AC_DEFUN([AC_X], [])\n$AC_X MY_AC_X\n";
        let text = without_comments(text);
        let calls: Vec<_> = calls(&text, &["AC_X"]).into_iter().map(|call| call.args).collect();
        assert_eq!(calls, [vec!["a, b", "[c]", "d(e, f)"], vec!["", ""], vec![]]);
    }

    #[test]
    fn a_comment_keeps_the_quotes_that_m4_counts() {
        assert_eq!(without_comments("[#x]y]\n[#x[y]z]\nz#a # b\n"), "[  ]y]\n[  [ ] ]\nz#a    \n");
        assert_eq!(without_comments("é # é\n"), "é     \n");
    }
}
