//! Nix that people wrote, in the official style: what `crossloom format` does to a text.

use std::fmt;
use std::thread;

use rnix::SyntaxKind::{
    self, NODE_LITERAL, NODE_PAREN, NODE_STRING, TOKEN_ADD, TOKEN_AND_AND, TOKEN_ASSERT, TOKEN_COLON, TOKEN_COMMA,
    TOKEN_COMMENT, TOKEN_CONCAT, TOKEN_DIV, TOKEN_DOT, TOKEN_ELSE, TOKEN_IDENT, TOKEN_IF, TOKEN_IMPLICATION, TOKEN_IN,
    TOKEN_INHERIT, TOKEN_INTERPOL_END, TOKEN_INTERPOL_START, TOKEN_INVERT, TOKEN_L_BRACE, TOKEN_L_BRACK, TOKEN_L_PAREN,
    TOKEN_LET, TOKEN_MUL, TOKEN_OR, TOKEN_OR_OR, TOKEN_PIPE_LEFT, TOKEN_PIPE_RIGHT, TOKEN_QUESTION, TOKEN_R_BRACE,
    TOKEN_R_BRACK, TOKEN_R_PAREN, TOKEN_REC, TOKEN_SEMICOLON, TOKEN_STRING_CONTENT, TOKEN_STRING_END,
    TOKEN_STRING_START, TOKEN_SUB, TOKEN_UPDATE, TOKEN_URI, TOKEN_WITH,
};
use rnix::{NodeOrToken, SyntaxNode};
use rowan::WalkEvent;

use super::strings;

/// The most levels of nesting that are formatted. Parser and formatter call themselves for every level, so deeper text is
/// refused beforehand.
const MAX_DEPTH: usize = 300;
/// The most arguments of a function, and the most selections in a row (`a.b.c`). The formatter's time grows with the
/// second or third power of either.
const MAX_CHAIN: usize = 50;
/// The most bytes of the names in a row of selections: the time grows with their second power, times the selections.
const MAX_SELECTED: usize = 1000;
/// The most functions and arguments that brackets may stand among, for the same reason.
const MAX_APPLIED: usize = 1000;
/// The most comments on one line, for the same reason.
const MAX_COMMENTS: usize = 100;
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
    #[error("{path}: the formatter fails on it, which is a defect of the formatter")]
    Failed { path: String },
    #[error("{path}: the system gives no thread to format it in")]
    NoThread { path: String },
}

fn list(path: &str, findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("{path}:{finding}")).collect::<Vec<_>>().join("\n")
}

/// The text in the official style: the same expression with the same strings. Formatting the result again changes nothing.
///
/// # Errors
/// [`FormatError::Rejected`] for a text that is not Nix, is nested too deep, has too long a chain, or holds a string that can't be moved; `path`
/// is what messages call the text. [`FormatError::Formatter`] where the result would be another expression.
pub fn format(path: &str, text: &str) -> Result<String, FormatError> {
    if let Some((offset, message)) = beyond(text) {
        let findings = vec![at(text, offset, message)];
        return Err(FormatError::Rejected { path: path.to_owned(), findings });
    }
    thread::scope(|scope| {
        let work = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || format_here(path, text));
        let work = work.map_err(|_| FormatError::NoThread { path: path.to_owned() })?;
        work.join().map_err(|_| FormatError::Failed { path: path.to_owned() })?
    })
}

/// The same on whatever stack there is.
fn format_here(path: &str, text: &str) -> Result<String, FormatError> {
    let refused = |finding| FormatError::Rejected { path: path.to_owned(), findings: vec![finding] };
    let formatted = settled(text).map_err(refused)?.ok_or_else(|| FormatError::Formatter { path: path.to_owned() })?;
    let (before, after) = (rnix::Root::parse(text).syntax(), rnix::Root::parse(&formatted).syntax());
    if !meaning(&before).eq(meaning(&after)) {
        return Err(FormatError::Formatter { path: path.to_owned() });
    }
    let pairs = all_strings(&before).zip(all_strings(&after));
    let changed = pairs.filter(|(before, after)| value(before) != value(after)).map(|(before, _)| before);
    let findings: Vec<_> = changed.map(|string| moved(text, &string)).collect();
    if findings.is_empty() { Ok(formatted) } else { Err(FormatError::Rejected { path: path.to_owned(), findings }) }
}

/// The finding for a string that would hold something else after formatting.
fn moved(text: &str, string: &SyntaxNode) -> Finding {
    let start = string.text_range().start().into();
    match escaped_line_end(string) {
        Some(escape) => at(
            text,
            escape,
            "Nix strips blanks after this escape as indentation, so moving the string changes it; use double quotes"
                .to_owned(),
        ),
        None => {
            at(text, start, "the formatter would change this string, which is a defect of the formatter".to_owned())
        }
    }
}

/// The formatted text, once formatting it again changes nothing; none where that never comes.
///
/// # Errors
/// What the formatter does not take.
pub fn settled(text: &str) -> Result<Option<String>, Finding> {
    let format =
        |text: &str| nixfmt_rs::format(text).map_err(|error| at(text, error.byte_range().start, error.message()));
    let once = format(text)?;
    // A text is settled after one pass but for rare comments.
    let twice = format(&once)?;
    let settled = once == twice || format(&twice)? == twice;
    Ok(settled.then_some(twice))
}

/// Whether a formatter may add or drop it.
pub fn layout(kind: SyntaxKind) -> bool {
    kind.is_trivia() || matches!(kind, TOKEN_L_PAREN | TOKEN_R_PAREN | TOKEN_COMMA)
}

/// A step through an expression.
#[derive(PartialEq)]
enum Step {
    Enter(SyntaxKind),
    Leave,
    Token(SyntaxKind, String),
    /// A string, whose [`value`] is compared by itself.
    Text,
}

/// An expression without its layout: the tree without parentheses, which it makes superfluous.
fn meaning(root: &SyntaxNode) -> impl Iterator<Item = Step> {
    let text = |node: &SyntaxNode| node.kind() == NODE_STRING || address(node).is_some();
    root.preorder_with_tokens().filter_map(move |event| match event {
        WalkEvent::Enter(NodeOrToken::Node(node)) if text(&node) => Some(Step::Text),
        WalkEvent::Enter(NodeOrToken::Node(node)) => (node.kind() != NODE_PAREN).then(|| Step::Enter(node.kind())),
        WalkEvent::Leave(NodeOrToken::Node(node)) => (node.kind() != NODE_PAREN).then_some(Step::Leave),
        WalkEvent::Enter(NodeOrToken::Token(token)) => match token.kind() {
            TOKEN_STRING_START | TOKEN_STRING_CONTENT | TOKEN_STRING_END | TOKEN_URI => None,
            kind if layout(kind) => None,
            kind => Some(Step::Token(kind, token.text().to_owned())),
        },
        WalkEvent::Leave(NodeOrToken::Token(_)) => None,
    })
}

/// Every string, in the order in which they begin; an address without quotes is one.
fn all_strings(root: &SyntaxNode) -> impl Iterator<Item = SyntaxNode> {
    root.descendants().filter(|node| node.kind() == NODE_STRING || address(node).is_some())
}

/// The contents of a string, with `None` for each interpolation.
fn value(string: &SyntaxNode) -> Vec<Option<String>> {
    address(string).map_or_else(|| strings::text(string), |address| vec![Some(address)])
}

/// The text of an address without quotes.
fn address(node: &SyntaxNode) -> Option<String> {
    let token = node.first_token().filter(|token| node.kind() == NODE_LITERAL && token.kind() == TOKEN_URI)?;
    Some(token.text().to_owned())
}

/// The place of the first escaped line end in a string, if there is one.
fn escaped_line_end(string: &SyntaxNode) -> Option<usize> {
    let content = string.children_with_tokens().filter_map(NodeOrToken::into_token);
    content.filter(|token| token.kind() == TOKEN_STRING_CONTENT).find_map(|token| {
        let escapes = ["''\\n", "''\\\n"].iter().filter_map(|escape| token.text().find(escape));
        Some(usize::from(token.text_range().start()) + escapes.min()?)
    })
}

/// The offset at which a text goes beyond what is formatted, and why. The text after it is not looked at: splitting it into
/// tokens may itself take more than proportional time.
fn beyond(text: &str) -> Option<(usize, String)> {
    let (mut depth, mut chains) = (Depth::default(), Chains::default());
    let mut offset = 0;
    for (kind, token) in rnix::tokenize(text) {
        if let Some(problem) = depth.take(kind).or_else(|| chains.take(kind, token)) {
            return Some((offset, problem));
        }
        offset += token.len();
    }
    None
}

/// How deep brackets, bindings and operators are nested.
#[derive(Default)]
struct Depth {
    /// The pending text that ends with the next separator: in the innermost bracket, and in those around it.
    pending: usize,
    around: Vec<usize>,
    depth: usize,
    /// How many bodies of `assert` and `with` there were. These end no expression before them, so that they nest even over
    /// a `;`.
    bodies: usize,
}

impl Depth {
    fn take(&mut self, kind: SyntaxKind) -> Option<String> {
        match kind {
            TOKEN_L_BRACE | TOKEN_L_BRACK | TOKEN_L_PAREN | TOKEN_INTERPOL_START | TOKEN_LET => {
                self.around.push(std::mem::take(&mut self.pending));
                self.depth += 1;
            }
            TOKEN_R_BRACE | TOKEN_R_BRACK | TOKEN_R_PAREN | TOKEN_INTERPOL_END | TOKEN_IN => {
                self.depth = self.depth.saturating_sub(self.pending + 1);
                self.pending = self.around.pop().unwrap_or(0);
                if kind == TOKEN_IN {
                    self.pend();
                }
            }
            TOKEN_SEMICOLON | TOKEN_COMMA => self.depth = self.depth.saturating_sub(std::mem::take(&mut self.pending)),
            TOKEN_ASSERT | TOKEN_WITH => self.bodies += 1,
            TOKEN_COLON | TOKEN_IF | TOKEN_ELSE | TOKEN_ADD | TOKEN_SUB | TOKEN_MUL | TOKEN_DIV | TOKEN_CONCAT
            | TOKEN_UPDATE | TOKEN_INVERT | TOKEN_IMPLICATION | TOKEN_AND_AND | TOKEN_OR_OR | TOKEN_OR
            | TOKEN_PIPE_LEFT | TOKEN_PIPE_RIGHT | TOKEN_QUESTION => self.pend(),
            _ => {}
        }
        (self.depth + self.bodies > MAX_DEPTH).then(|| format!("nested more than {MAX_DEPTH} deep"))
    }

    fn pend(&mut self) {
        self.pending += 1;
        self.depth += 1;
    }
}

/// How many expressions stand side by side, for which the formatter takes far more than proportional time.
#[derive(Default)]
struct Chains {
    /// Since the last separator in the innermost bracket, and in those around it.
    chain: Chain,
    around: Vec<Chain>,
    /// The functions and arguments in all brackets around.
    applied: usize,
    /// The last token that is not layout.
    before: Option<SyntaxKind>,
    /// Comments since the last line end.
    comments: usize,
}

#[derive(Default)]
struct Chain {
    /// In a list or after `inherit`, where neighbours are not applied to each other.
    elements: bool,
    applied: usize,
    /// How many selections the last of them has, and the bytes of the names in them.
    selected: usize,
    width: usize,
}

impl Chains {
    fn take(&mut self, kind: SyntaxKind, token: &str) -> Option<String> {
        if kind.is_trivia() {
            self.comments = if token.contains('\n') { 0 } else { self.comments + usize::from(kind == TOKEN_COMMENT) };
        } else {
            let term = starts_term(kind);
            if term && self.before != Some(TOKEN_DOT) {
                self.chain.applied += usize::from(!self.chain.elements);
                self.chain.selected = 0;
                self.chain.width = 0;
            }
            if self.before == Some(TOKEN_DOT) {
                self.chain.width += token.len();
            }
            match kind {
                TOKEN_L_BRACE | TOKEN_L_BRACK | TOKEN_L_PAREN | TOKEN_INTERPOL_START | TOKEN_STRING_START => {
                    self.applied += self.chain.applied;
                    let inside = Chain { elements: kind == TOKEN_L_BRACK, ..Chain::default() };
                    self.around.push(std::mem::replace(&mut self.chain, inside));
                }
                TOKEN_R_BRACE | TOKEN_R_BRACK | TOKEN_R_PAREN | TOKEN_INTERPOL_END | TOKEN_STRING_END => {
                    self.chain = self.around.pop().unwrap_or_default();
                    self.applied = self.applied.saturating_sub(self.chain.applied);
                }
                TOKEN_DOT => self.chain.selected += 1,
                TOKEN_REC | TOKEN_STRING_CONTENT => {}
                _ if term => {}
                _ => self.chain = Chain { elements: kind == TOKEN_INHERIT, ..Chain::default() },
            }
            self.before = Some(kind);
        }
        let bounds = [
            (self.chain.applied, MAX_CHAIN, "arguments of one function"),
            (self.chain.selected, MAX_CHAIN, "selections in a row"),
            (self.chain.width, MAX_SELECTED, "bytes of names in one row of selections"),
            (self.applied, MAX_APPLIED, "arguments of functions around one place"),
            (self.comments, MAX_COMMENTS, "comments on one line"),
        ];
        let (_, most, of) = bounds.into_iter().find(|(count, most, _)| count > most)?;
        Some(format!("more than {most} {of}"))
    }
}

/// Whether a token begins an expression that may be a function or an argument.
fn starts_term(kind: SyntaxKind) -> bool {
    kind.is_literal()
        || matches!(kind, TOKEN_IDENT | TOKEN_L_BRACE | TOKEN_L_BRACK | TOKEN_L_PAREN | TOKEN_STRING_START)
}

/// A finding at a byte offset; one beyond the end, or within a character, falls on the nearest place before.
pub fn at(text: &str, offset: usize, message: String) -> Finding {
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
