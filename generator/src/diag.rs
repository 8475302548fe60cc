//! Problems of an input text as values, and how they are shown.

use std::cmp::Reverse;
use std::fmt::Display;
use std::ops::Range;
use std::path::Path;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// One thing that is wrong with a text, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Bytes of the text that are at fault; none when it is the text as a whole.
    pub span: Option<Range<usize>>,
    /// One sentence without a full stop.
    pub message: String,
    /// The hint, without that word.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem with a place.
    pub fn at(span: Range<usize>, message: impl Into<String>) -> Problem {
        Problem { span: Some(span), message: message.into(), hint: None }
    }

    /// A problem of the text as a whole.
    pub fn whole(message: impl Into<String>) -> Problem {
        Problem { span: None, message: message.into(), hint: None }
    }

    /// The same problem with a hint.
    pub fn hint(self, hint: impl Into<String>) -> Problem {
        Problem { hint: Some(hint.into()), ..self }
    }
}

/// What is wrong with something, and what to do about it: a [`Problem`] once it is known where that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// One sentence without a full stop.
    pub message: String,
    /// The hint, without that word.
    pub hint: String,
}

impl Wrong {
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Wrong {
        Wrong { message: message.into(), hint: hint.into() }
    }

    /// The same of a file or a folder beside the matrix that cannot be read.
    pub fn cannot_read(self, path: &str) -> Wrong {
        Wrong { message: format!("{} cannot be read: {}", quote(path), self.message), ..self }
    }

    /// The problem at a place.
    pub fn at(self, span: Range<usize>) -> Problem {
        Problem::at(span, self.message).hint(self.hint)
    }
}

/// Characters of a line that are shown at most, and how many of them stand before the fault.
const LINE_CHARS: usize = 110;
const LINE_CHARS_BEFORE: usize = 50;
/// Problems of one text that are shown; the rest are counted.
const MAX_SHOWN: usize = 100;
/// Characters of a message, hint or path that are shown at most.
const MESSAGE_CHARS: usize = 2000;
/// Characters of a word in a message.
const WORD_CHARS: usize = 60;

/// Shows problems in the order given: each with `path:line:column`, the line, and its hint. Ends in a newline unless
/// there are no problems. Lines and columns count from 1, columns in characters. Any text and any span will do.
pub fn render(path: &str, text: &str, problems: &[Problem], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    // The width is fixed so that the same text gives the same output everywhere; lines are cut here, not there.
    let renderer = renderer.decor_style(DecorStyle::Ascii).term_width(4 * LINE_CHARS);
    let starts = line_starts(text);
    let path = visible(path, MESSAGE_CHARS);
    let mut shown = String::new();
    for problem in problems.iter().take(MAX_SHOWN) {
        shown.push_str(&renderer.render(&[group(&path, text, &starts, problem)]));
        shown.push_str("\n\n");
    }
    let rest = problems.len().saturating_sub(MAX_SHOWN);
    if rest > 0 {
        let title = Level::ERROR.primary_title(format!("{rest} more problems are not shown"));
        shown.push_str(&renderer.render(&[Group::with_title(title)]));
        shown.push_str("\n\n");
    }
    // A blank line between problems, none at the end.
    if shown.ends_with("\n\n") {
        shown.pop();
    }
    shown
}

/// The line and the column at which each problem begins, as [`render`] counts them; none for the text as a whole.
pub fn places(text: &str, problems: &[Problem]) -> Vec<Option<(usize, usize)>> {
    let starts = line_starts(text);
    let of = |span: &Range<usize>| {
        let place = place(text, &starts, span);
        (place.line, place.column)
    };
    problems.iter().map(|problem| problem.span.as_ref().map(of)).collect()
}

fn group<'a>(path: &'a str, text: &str, starts: &[usize], problem: &Problem) -> Group<'a> {
    let group = Group::with_title(Level::ERROR.primary_title(visible(&problem.message, MESSAGE_CHARS)));
    let group = match &problem.span {
        None => group.element(Origin::path(path)),
        Some(span) => {
            let place = place(text, starts, span);
            // One line alone is handed over, already free of tabs and control characters: nothing in it can shift the
            // marks, and a large file is not scanned once per problem.
            let snippet = Snippet::source(place.shown)
                .line_start(place.line)
                .fold(false)
                .annotation(AnnotationKind::Primary.span(place.marked));
            if place.cut {
                // The snippet would count the column from where the line was cut.
                group.element(Origin::path(path).line(place.line).char_column(place.column)).element(snippet)
            } else {
                group.element(snippet.path(path))
            }
        }
    };
    match &problem.hint {
        Some(hint) => group.element(Level::HELP.with_name("hint").message(visible(hint, MESSAGE_CHARS))),
        None => group,
    }
}

/// The start of a span, and its first line in a form that can be shown.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    line: usize,
    column: usize,
    shown: String,
    /// Whether `shown` lacks the line's beginning or end.
    cut: bool,
    /// Bytes of `shown`.
    marked: Range<usize>,
}

/// The byte at which each line begins. There is always a first line.
fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

fn place(text: &str, starts: &[usize], span: &Range<usize>) -> Place {
    let from = span.start.min(text.len());
    // A text that ends in a newline has an empty last line; the end of such a text belongs to the line before it.
    let at_end = from == text.len() && text.ends_with('\n') && from > 0;
    let index = starts.partition_point(|start| *start <= if at_end { from - 1 } else { from }).saturating_sub(1);
    let start = starts.get(index).copied().unwrap_or(0);
    let end = starts.get(index + 1).copied().unwrap_or(text.len());
    let line = text.get(start..end).unwrap_or_default();
    let line = line.strip_suffix('\n').unwrap_or(line);
    let line = line.strip_suffix('\r').unwrap_or(line);

    // A span that begins within a character is taken to begin with it; one that ends within a character, to cover it.
    let column = line.char_indices().take_while(|(at, c)| start + at + c.len_utf8() <= from).count();
    let count = line.chars().count();
    let marked_to = line.char_indices().take_while(|(at, _)| start + at < span.end).count().clamp(column, count);

    let cut = count > LINE_CHARS;
    let first = if !cut { 0 } else { column.saturating_sub(LINE_CHARS_BEFORE) };
    let mut shown = String::new();
    let mut marked = None;
    if first > 0 {
        shown.push('…');
    }
    let mut marked_end = 0;
    for (at, c) in line.chars().enumerate().skip(first).take(LINE_CHARS) {
        if at == column {
            marked = Some(shown.len());
        }
        shown.push(plain(c));
        if at < marked_to {
            marked_end = shown.len();
        }
    }
    let marked_start = marked.unwrap_or(shown.len());
    if first + LINE_CHARS < count {
        shown.push('…');
    }
    Place { line: index + 1, column: column + 1, cut, marked: marked_start..marked_end.max(marked_start), shown }
}

/// A character that takes one cell and does nothing to a terminal.
fn plain(c: char) -> char {
    match c {
        '\t' => ' ',
        // Marks that reorder or hide what follows, and separators that terminals take for line ends.
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

fn visible(text: &str, most: usize) -> String {
    let mut shown: String = text.chars().take(most).map(plain).collect();
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}

/// The start of a text that others wrote, for a message that shows it in another way than [`quote`]: a message must not be
/// as long as a file.
pub fn start(text: &str) -> String {
    const MOST: usize = 300;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The reason that a parser of a library gives. It may repeat any part of the text, at any length; its beginning says what is
/// wrong, and its end where, so that these are kept.
pub fn clip(reason: &dyn Display) -> String {
    const HEAD: usize = 200;
    const TAIL: usize = 100;
    let text = reason.to_string();
    let count = text.chars().count();
    if count <= HEAD + TAIL {
        return text;
    }
    text.chars().take(HEAD).chain(['…']).chain(text.chars().skip(count - TAIL)).collect()
}

/// An error of a library's parser, as [`clip`] shows it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Reason(String);

impl From<serde_json::Error> for Reason {
    fn from(error: serde_json::Error) -> Reason {
        Reason(clip(&error))
    }
}

/// A word of the input as it stands in a message: between backticks, harmless, and of bounded length.
pub fn quote(word: &str) -> String {
    format!("`{}`", visible(word, WORD_CHARS))
}

/// A path in a command that a message asks to run, as a shell reads it.
pub fn for_shell(path: impl AsRef<Path>) -> String {
    let word = path.as_ref().to_string_lossy();
    // No file's name has a NUL, which is the one thing that cannot be quoted.
    shlex::try_quote(&word).map_or_else(|_| word.to_string(), |quoted| quoted.into_owned())
}

/// The candidate that is most like `word`, if one is near enough to be what was meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    closest(word, candidates, 1).into_iter().next()
}

/// Up to `most` candidates that are about as near to `word` as the nearest, which is the first.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    // Distances cost the product of both lengths, and nothing that crossloom knows is this long.
    if word.is_empty() || word.len() > 100 {
        return Vec::new();
    }
    let lower = word.to_lowercase();
    let allowed = word.chars().count().div_ceil(3);
    let mut near: Vec<(usize, Reverse<usize>, &str)> = candidates
        .into_iter()
        .map(|candidate| {
            let known = candidate.to_lowercase();
            let common = lower.chars().zip(known.chars()).take_while(|(a, b)| a == b).count();
            (strsim::damerau_levenshtein(&lower, &known), Reverse(common), candidate)
        })
        .filter(|(distance, _, _)| *distance <= allowed)
        .collect();
    // Among equally near words, the one with the same first letter is the likelier one; beyond that the given order stays.
    near.sort_by_key(|(distance, common, _)| (*distance, *common));
    let best = near.first().map_or(0, |(distance, _, _)| *distance);
    near.into_iter().filter(|(distance, _, _)| *distance <= best + 1).take(most).map(|(_, _, word)| word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, span: Range<usize>) -> String {
        render("m.toml", text, &[Problem::at(span, "it is wrong").hint("do it right")], false)
    }

    #[test]
    fn a_problem_shows_place_line_and_hint() {
        let text = "a = 1\nbb = \"x\"\n";
        assert_eq!(
            shown(text, 11..14),
            "error: it is wrong\n --> m.toml:2:6\n  |\n2 | bb = \"x\"\n  |      ^^^\n  |\n  = hint: do it right\n"
        );
    }

    #[test]
    fn columns_count_characters_and_line_ends_do_not_matter() {
        let at = |text: &str, from: usize| {
            let place = place(text, &line_starts(text), &(from..from + 1));
            (place.line, place.column, place.shown.get(place.marked.clone()).map(str::to_owned))
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(at("ä = b", 5), (1, 5, some("b")));
        assert_eq!(at("x\r\n\ty\r\n", 4), (2, 2, some("y")));
        // Within a character, at the end of a line, at the end of the text with and without a newline, beyond it.
        assert_eq!(at("aäb", 2), (1, 2, some("ä")));
        assert_eq!(at("ab\ncd", 2), (1, 3, some("")));
        assert_eq!(at("ab\n", 3), (1, 3, some("")));
        assert_eq!(at("ab", 2), (1, 3, some("")));
        assert_eq!(at("ab", 1000), (1, 3, some("")));
        assert_eq!(at("", 0), (1, 1, some("")));
        assert_eq!(at("\n\n", 1), (2, 1, some("")));
    }

    #[test]
    fn long_lines_are_cut_around_the_fault() {
        let text = format!("{}FAULT{}", "x".repeat(5000), "y".repeat(5000));
        let shown = shown(&text, 5000..5005);
        assert!(shown.contains("m.toml:1:5001"), "{shown}");
        assert!(shown.contains("FAULT"), "{shown}");
        assert!(shown.contains("^^^^^") && !shown.contains("^^^^^^"), "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() < 130), "{shown}");
        // A mark as long as the line stays as short as what is shown of it.
        assert!(self::shown(&text, 0..10_000).len() < 1000);
    }

    #[test]
    fn nothing_reaches_the_terminal_that_could_confuse_it() {
        let text = "a = \"\u{1b}[31m\u{202e}\u{7}\"\r\n";
        let problem = Problem::at(0..3, "bad\n\u{1b}[2J").hint("a\u{8}b");
        let shown = render("a\u{1b}b", text, &[problem], false);
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
        assert!(!shown.contains('\u{202e}'));
    }

    #[test]
    fn any_span_in_any_text_is_shown() {
        let texts = ["", "\n", "\r\n", "\t\tx\r\n\n", "日本語 = \"ünï\"\n\n", "a\rb\n", "\u{feff}x = 1", "🦀\n🦀"];
        for text in texts {
            for from in 0..text.len() + 3 {
                for to in 0..text.len() + 3 {
                    let problems = [Problem::at(from..to, "m")];
                    let place = place(text, &line_starts(text), &(from..to));
                    let shown = render("p", text, &problems, false);
                    let expected = format!(" p:{}:{}\n", place.line, place.column);
                    assert!(shown.contains(&expected), "{text:?} {from}..{to}: {shown}");
                    assert!(!render("p", text, &problems, true).is_empty());
                }
            }
        }
    }

    #[test]
    fn many_problems_are_counted() {
        let problems = vec![Problem::whole("no"); MAX_SHOWN + 7];
        let shown = render("p", "", &problems, false);
        assert!(shown.contains("7 more problems are not shown"), "{shown}");
        assert_eq!(render("p", "", &[], false), "");
    }

    #[test]
    fn near_words() {
        let keys = ["targets", "gcc", "musl", "binutils", "linux-headers"];
        assert_eq!(nearest("target", keys), Some("targets"));
        assert_eq!(nearest("GCC", keys), Some("gcc"));
        assert_eq!(nearest("bintuils", keys), Some("binutils"));
        assert_eq!(nearest("c+", ["c", "c++"]), Some("c++"));
        assert_eq!(nearest("zzzzzz", keys), None);
        assert_eq!(nearest("", keys), None);
        assert_eq!(nearest(&"g".repeat(1 << 20), keys), None);
    }
}
