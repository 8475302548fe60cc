//! Nix that people wrote, in the official style: what `crossloom format` does to a text.

use std::fmt;
use std::thread;

use rnix::SyntaxKind::{
    self, NODE_LITERAL, NODE_STRING, TOKEN_ADD, TOKEN_AND_AND, TOKEN_ASSERT, TOKEN_COLON, TOKEN_COMMA, TOKEN_CONCAT,
    TOKEN_DIV, TOKEN_ELSE, TOKEN_IF, TOKEN_IMPLICATION, TOKEN_IN, TOKEN_INTERPOL_END, TOKEN_INTERPOL_START,
    TOKEN_INVERT, TOKEN_L_BRACE, TOKEN_L_BRACK, TOKEN_L_PAREN, TOKEN_LET, TOKEN_MUL, TOKEN_OR, TOKEN_OR_OR,
    TOKEN_PIPE_LEFT, TOKEN_PIPE_RIGHT, TOKEN_QUESTION, TOKEN_R_BRACE, TOKEN_R_BRACK, TOKEN_R_PAREN, TOKEN_SEMICOLON,
    TOKEN_STRING_CONTENT, TOKEN_STRING_END, TOKEN_STRING_START, TOKEN_SUB, TOKEN_UPDATE, TOKEN_URI, TOKEN_WITH,
};
use rnix::ast::{self, InterpolPart};
use rnix::{NodeOrToken, SyntaxNode};
use rowan::ast::AstNode;

/// The most levels of nesting that are formatted. Parser and formatter call themselves for every level, so deeper text is
/// refused beforehand.
const MAX_DEPTH: usize = 300;
/// The stack that so many levels leave far from full, in an unoptimised build, too.
const STACK: usize = 256 << 20;

/// One problem of a text, at a line and column that count from 1 (in characters).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub line: usize,
    pub column: usize,
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

/// A text that is not formatted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    #[error("{}", list(path, findings))]
    Rejected {
        path: String,
        /// At least one, in the order of the text.
        findings: Vec<Finding>,
    },
    #[error("{path}: the formatter would change more than the layout, which is a defect of the formatter")]
    Formatter { path: String },
    #[error("{path}: the system gives no thread to format it in")]
    NoThread { path: String },
}

fn list(path: &str, findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("{path}:{finding}")).collect::<Vec<_>>().join("\n")
}

/// The text in the official style: the same expression with the same strings. Formatting the result again changes nothing.
///
/// # Errors
/// [`FormatError::Rejected`] for a text that is not Nix, is nested too deep, or holds a string that can't be moved; `path`
/// is what messages call the text. [`FormatError::Formatter`] where the result would be another expression.
pub fn format(path: &str, text: &str) -> Result<String, FormatError> {
    if let Some(offset) = too_deep(text) {
        let findings = vec![at(text, offset, format!("nested more than {MAX_DEPTH} deep"))];
        return Err(FormatError::Rejected { path: path.to_owned(), findings });
    }
    let no_thread = || FormatError::NoThread { path: path.to_owned() };
    thread::scope(|scope| {
        let work = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || format_here(path, text));
        work.map_err(|_| no_thread())?.join().map_err(|_| no_thread())?
    })
}

/// The same on whatever stack there is.
fn format_here(path: &str, text: &str) -> Result<String, FormatError> {
    let formatted = settle(path, text)?;
    let (before, after) = (rnix::Root::parse(text).syntax(), rnix::Root::parse(&formatted).syntax());
    if meaning(&before) != meaning(&after) {
        return Err(FormatError::Formatter { path: path.to_owned() });
    }
    let fragile = |(before, after): (SyntaxNode, SyntaxNode)| {
        let behind = escaped_line_end(&before).filter(|_| before.text() != after.text())?;
        let message =
            "Nix takes the blanks behind this escape for indentation: a formatter can't move them; write \"…\"";
        Some(at(text, behind, message.to_owned()))
    };
    let findings: Vec<_> = strings(&before).zip(strings(&after)).filter_map(fragile).collect();
    if findings.is_empty() { Ok(formatted) } else { Err(FormatError::Rejected { path: path.to_owned(), findings }) }
}

/// What the formatter makes of a text, once it changes nothing any more.
fn settle(path: &str, text: &str) -> Result<String, FormatError> {
    let format = |text: &str| {
        nixfmt_rs::format(text).map_err(|error| FormatError::Rejected {
            path: path.to_owned(),
            findings: vec![at(text, error.byte_range().start, error.message())],
        })
    };
    let once = format(text)?;
    // A text is settled after one pass but for rare comments.
    let twice = format(&once)?;
    let settled = once == twice || format(&twice)? == twice;
    if settled { Ok(twice) } else { Err(FormatError::Formatter { path: path.to_owned() }) }
}

fn layout(kind: SyntaxKind) -> bool {
    kind.is_trivia() || matches!(kind, TOKEN_L_PAREN | TOKEN_R_PAREN | TOKEN_COMMA)
}

/// A part of an expression's [`meaning`].
#[derive(PartialEq)]
enum Part {
    Token(SyntaxKind, String),
    /// What a string holds, however it is spelled; `None` stands for what the tokens behind this say.
    Text(Vec<Option<String>>),
}

/// An expression without its layout.
fn meaning(root: &SyntaxNode) -> Vec<Part> {
    let parts = root.descendants_with_tokens().filter_map(|element| match element {
        NodeOrToken::Node(node) => {
            let parts = ast::Str::cast(node)?.normalized_parts();
            let text = parts.into_iter().map(|part| match part {
                InterpolPart::Literal(text) => Some(text),
                InterpolPart::Interpolation(_) => None,
            });
            Some(Part::Text(text.filter(|text| text.as_deref() != Some("")).collect()))
        }
        NodeOrToken::Token(token) => match token.kind() {
            TOKEN_STRING_START | TOKEN_STRING_CONTENT | TOKEN_STRING_END => None,
            TOKEN_URI => Some(Part::Text(vec![Some(token.text().to_owned())])),
            kind if layout(kind) => None,
            kind => Some(Part::Token(kind, token.text().to_owned())),
        },
    });
    parts.collect()
}

/// Every string, in the order in which they begin; an address without quotes is one.
fn strings(root: &SyntaxNode) -> impl Iterator<Item = SyntaxNode> {
    let address = |node: &SyntaxNode| node.first_token().is_some_and(|token| token.kind() == TOKEN_URI);
    root.descendants().filter(move |node| match node.kind() {
        NODE_STRING => true,
        NODE_LITERAL => address(node),
        _ => false,
    })
}

/// Where blanks follow the escape of a line's end in an indented string. Nix strips them as if a line began there.
fn escaped_line_end(string: &SyntaxNode) -> Option<usize> {
    let mut tokens = string.children_with_tokens().filter_map(NodeOrToken::into_token);
    tokens.next().filter(|start| start.text() == "''")?;
    tokens.filter(|token| token.kind() == TOKEN_STRING_CONTENT).find_map(|token| {
        let place = ["n ", "n\t", "\n ", "\n\t"].iter().find_map(|end| token.text().find(&format!("''\\{end}")))?;
        Some(usize::from(token.text_range().start()) + place)
    })
}

/// The offset at which brackets, bindings and operators are nested too deep.
fn too_deep(text: &str) -> Option<usize> {
    // One counter for each open bracket: what is pending there and ends with the next separator.
    let mut levels = vec![0_usize];
    let mut depth = 0_usize;
    let mut asserts = 0_usize;
    let mut offset = 0;
    for (kind, token) in rnix::tokenize(text) {
        match kind {
            TOKEN_L_BRACE | TOKEN_L_BRACK | TOKEN_L_PAREN | TOKEN_INTERPOL_START | TOKEN_LET => {
                levels.push(0);
                depth += 1;
            }
            TOKEN_R_BRACE | TOKEN_R_BRACK | TOKEN_R_PAREN | TOKEN_INTERPOL_END | TOKEN_IN => {
                depth = depth.saturating_sub(levels.pop().unwrap_or(0) + 1);
                if kind == TOKEN_IN {
                    depth += 1;
                    match levels.last_mut() {
                        Some(pending) => *pending += 1,
                        None => levels.push(1),
                    }
                }
            }
            TOKEN_SEMICOLON | TOKEN_COMMA => {
                depth = depth.saturating_sub(levels.last().copied().unwrap_or(0));
                if let Some(pending) = levels.last_mut() {
                    *pending = 0;
                }
            }
            // These end no expression before them, so that their bodies nest even over a `;`.
            TOKEN_ASSERT | TOKEN_WITH => asserts += 1,
            TOKEN_COLON | TOKEN_IF | TOKEN_ELSE | TOKEN_ADD | TOKEN_SUB | TOKEN_MUL | TOKEN_DIV | TOKEN_CONCAT
            | TOKEN_UPDATE | TOKEN_INVERT | TOKEN_IMPLICATION | TOKEN_AND_AND | TOKEN_OR_OR | TOKEN_OR
            | TOKEN_PIPE_LEFT | TOKEN_PIPE_RIGHT | TOKEN_QUESTION => {
                depth += 1;
                if let Some(pending) = levels.last_mut() {
                    *pending += 1;
                }
            }
            _ => {}
        }
        if depth + asserts > MAX_DEPTH {
            return Some(offset);
        }
        offset += token.len();
    }
    None
}

/// A finding at a byte offset; one beyond the end, or within a character, falls on the nearest place before.
fn at(text: &str, offset: usize, message: String) -> Finding {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = text.get(..offset).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Finding {
        line: before.matches('\n').count() + 1,
        column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        message,
    }
}
