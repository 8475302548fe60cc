//! The gate: every rendered text passes it, and leaves it as it is.
//!
//! Nix is parsed (rnix), linted for code that rnix accepts and Nix or the project refuses ([`lint`]), and formatted in the
//! official style. Shell, JSON and everything else get the few checks that hold for any generated text. Templates are
//! checked by themselves ([`templates`]).

pub use crate::render::format::at;
use crate::render::format::{Finding, layout, settled};
use crate::render::header::{HEADER, bears_header};
use rnix::SyntaxKind::{self, TOKEN_COMMENT, TOKEN_STRING_CONTENT};

pub mod lint;
pub mod templates;

/// A text that must not be written. These are defects of a template or a recipe, not of the user's matrix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    #[error("{}", list(path, findings))]
    Rejected {
        path: String,
        /// At least one, in the order of the text.
        findings: Vec<Finding>,
    },
    #[error(
        "{path}: the formatter changed more than the layout\n\
         hint: this is a defect of the formatter; spell the text in another way"
    )]
    Formatter { path: String },
}

fn list(path: &str, findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("{path}:{finding}")).collect::<Vec<_>>().join("\n")
}

/// The text as it is to be written, or everything that is wrong with it. What passed passes again, unchanged.
///
/// `path` is relative to the rendered tree; its end (`.nix`, `.sh`, `.yml`, `.json`, `flake.lock`, anything else) decides what
/// is checked.
pub fn gate(path: &str, text: &str) -> Result<String, GateError> {
    let mut findings = check_text(text);
    let name = path.rsplit('/').next().unwrap_or_default();
    let extension = name.rsplit_once('.').map_or("", |(_, end)| end);
    let kind = if name == "flake.lock" { "json" } else { extension };
    match kind {
        "nix" => {
            findings.extend(check_header(text));
            findings.extend(check_comment_dates(text, rnix_comments(text)));
            findings.extend(lint::lint(text));
        }
        // Comments begin alike, and what is rendered has no block of text in which a line could seem to be one.
        "sh" | "yaml" | "yml" => {
            findings.extend(check_header(text));
            findings.extend(check_comment_dates(text, shell_comments(text)));
        }
        "json" => {
            if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
                findings.push(Finding {
                    line: error.line().max(1),
                    column: error.column().max(1),
                    message: error.to_string(),
                });
            }
        }
        _ => {}
    }
    if !findings.is_empty() {
        findings.sort();
        findings.dedup();
        return Err(GateError::Rejected { path: path.to_owned(), findings });
    }
    if kind != "nix" {
        return Ok(text.to_owned());
    }
    let refused = |finding| GateError::Rejected { path: path.to_owned(), findings: vec![finding] };
    let formatted = settled(text).map_err(refused)?.ok_or_else(|| GateError::Formatter { path: path.to_owned() })?;
    // `or./x` shows that tokens have to be compared.
    if tokens(text) != tokens(&formatted) {
        return Err(GateError::Formatter { path: path.to_owned() });
    }
    Ok(formatted)
}

/// The text's tokens without those that a formatter may add, drop or indent.
fn tokens(text: &str) -> Vec<(SyntaxKind, &str)> {
    rnix::tokenize(text).filter(|(kind, _)| !layout(*kind) && *kind != TOKEN_STRING_CONTENT).collect()
}

/// `text` with [`HEADER`] where it belongs: on the first line, or after `#!`. Text that has a header keeps it.
pub fn with_header(text: &str) -> String {
    if bears_header(text.as_bytes()) {
        return text.to_owned();
    }
    match text.split_once('\n') {
        Some((first, rest)) if first.starts_with("#!") => format!("{first}\n{HEADER}\n{rest}"),
        _ => format!("{HEADER}\n{text}"),
    }
}

fn check_header(text: &str) -> Option<Finding> {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let (line, header) = if first.starts_with("#!") { (2, lines.next().unwrap_or_default()) } else { (1, first) };
    (header != HEADER).then(|| Finding { line, column: 1, message: format!("this line must read `{HEADER}`") })
}

/// What holds for every generated text, whatever its language.
fn check_text(text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !text.ends_with('\n') {
        findings.push(at(text, text.len(), "the text doesn't end in a newline".to_owned()));
    }
    if let Some(position) = text.find('\r') {
        findings.push(at(text, position, "a carriage return".to_owned()));
    }
    if let Some(position) = text.find('\0') {
        findings.push(at(text, position, "a NUL character".to_owned()));
    }
    // Where the machine that rendered keeps its files. A rendered text must read the same everywhere.
    for folder in ["/home/", "/root/", "/tmp/", "/Users/"] {
        for (position, _) in text.match_indices(folder) {
            // `$out/tmp/x` and `https://host/home/x` only hold the same letters.
            let before = text.get(..position).and_then(|head| head.chars().next_back());
            let within = before.is_some_and(|c| c.is_alphanumeric() || "_-.+}~)".contains(c));
            if !within {
                findings.push(at(text, position, format!("the absolute path `{folder}…`")));
            }
        }
    }
    findings
}

/// Dates in comments would change with every generation. Dates in data (addresses, versions) are data.
fn check_comment_dates(text: &str, comments: Vec<(usize, &str)>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (start, comment) in comments {
        let shape: Vec<u8> = comment.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte }).collect();
        if let Some(position) = shape.windows(10).position(|window| window == b"0000-00-00") {
            findings.push(at(text, start + position, "a date in a comment".to_owned()));
        }
    }
    findings
}

fn rnix_comments(text: &str) -> Vec<(usize, &str)> {
    let mut position = 0;
    let mut comments = Vec::new();
    for (kind, token) in rnix::tokenize(text) {
        if kind == TOKEN_COMMENT {
            comments.push((position, token));
        }
        position += token.len();
    }
    comments
}

fn shell_comments(text: &str) -> Vec<(usize, &str)> {
    let mut position = 0;
    let mut comments = Vec::new();
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with('#') {
            comments.push((position, line));
        }
        position += line.len();
    }
    comments
}
