//! The gate that every rendered Nix text goes through before it is written: it parses (rnix), it has no defect that rnix
//! accepts and Nix does not, it says nothing that depends on the machine, and it stands in the official format.

use rnix::ast::{self, AstToken, Expr};
use rowan::ast::AstNode;

use super::scope;
use crate::output::MARKER;

/// Why a text does not pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    #[error("line {line}, column {column}: {message}")]
    At { line: usize, column: usize, message: String },
    #[error("it cannot be formatted: {message}")]
    Format { message: String },
}

/// Checks `text`, the body of a rendered file, and returns it formatted, under the header that marks it as rendered.
///
/// # Errors
/// The first problem found.
pub fn gate(text: &str) -> Result<String, GateError> {
    check(text)?;
    let body = nixfmt_rs::format(text).map_err(|error| GateError::Format { message: format!("{error:?}") })?;
    Ok(format!("{MARKER}\n{body}"))
}

/// Checks a Nix text without changing it: what a file that is taken over verbatim goes through.
///
/// # Errors
/// The first problem found.
pub fn check(text: &str) -> Result<(), GateError> {
    let parse = rnix::Root::parse(text);
    let at = |offset: usize, message: String| {
        let before = &text.as_bytes()[..offset.min(text.len())];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let column = 1 + before.iter().rev().take_while(|byte| **byte != b'\n').count();
        GateError::At { line, column, message }
    };
    if let Some(error) = parse.errors().first() {
        let message = error.to_string();
        return Err(at(place(&message).unwrap_or(text.len()), message));
    }
    let Some(root) = parse.tree().expr() else {
        return Err(at(0, "there is no expression".to_owned()));
    };
    if let Expr::With(with) = &root {
        return Err(at(start(with), "a top-level `with` hides where names come from".to_owned()));
    }
    for node in root.syntax().descendants() {
        if let Some(message) = ast::Expr::cast(node.clone()).and_then(|expr| forbidden(&expr)) {
            return Err(at(node.text_range().start().into(), message));
        }
    }
    for token in parse.syntax().descendants_with_tokens().filter_map(|element| element.into_token()) {
        if let Some(comment) = ast::Comment::cast(token.clone())
            && has_date(comment.text())
        {
            return Err(at(token.text_range().start().into(), "a comment holds a date".to_owned()));
        }
    }
    scope::check(&root).map_err(|(offset, message)| at(offset, message))
}

/// The offset that an error of rnix names. Its type is private; its text says `… at <start>..<end>`.
fn place(error: &str) -> Option<usize> {
    let (before, _) = error.split_once("..")?;
    before.rsplit(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn start(node: &impl AstNode<Language = rnix::NixLanguage>) -> usize {
    node.syntax().text_range().start().into()
}

/// What would make a rendered file depend on the machine that evaluates it.
fn forbidden(expr: &Expr) -> Option<String> {
    match expr {
        Expr::PathSearch(path) => Some(format!("`{path}` is looked up on the machine's own search path")),
        Expr::PathAbs(path) => Some(format!("`{path}` is an absolute path")),
        Expr::PathHome(path) => Some(format!("`{path}` is a path of one user")),
        Expr::Select(select) => {
            let Some(Expr::Ident(set)) = select.expr() else { return None };
            let attribute = select.attrpath()?.to_string();
            let impure = ["currentSystem", "currentTime", "getEnv", "nixPath", "storePath", "fetchTarball", "fetchGit"];
            (set.to_string() == "builtins" && impure.contains(&attribute.as_str()))
                .then(|| format!("`builtins.{attribute}` depends on the machine"))
        }
        _ => None,
    }
}

/// Whether a text holds something like 2026-01-31.
fn has_date(text: &str) -> bool {
    text.as_bytes().windows(10).any(|window| {
        window.iter().enumerate().all(|(i, byte)| if i == 4 || i == 7 { *byte == b'-' } else { byte.is_ascii_digit() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_text_comes_out_formatted_under_its_header() {
        let text = gate("{ a, b ? a, ... }@args: let c = args; in rec { inherit a; d = [ b c d ]; }").unwrap();
        assert!(text.starts_with(MARKER), "{text}");
        assert_eq!(gate(text.strip_prefix(MARKER).unwrap()).unwrap(), text, "formatting is idempotent");
    }

    #[test]
    fn defects_are_named_with_their_place() {
        for (text, place, word) in [
            ("{ a = 1;\n  b = ; }", (2, 7), ""),
            ("{ a = 1;\n  a = 2; }", (2, 3), "twice"),
            ("{ a.b = 1; a.b = 2; }", (1, 12), "twice"),
            ("{ a, a }: a", (1, 6), ""),
            ("x: y", (1, 4), "y"),
            ("{ a = b; }", (1, 7), "b"),
            ("rec { a = b; }", (1, 11), "b"),
            ("let inherit (x) a; in a", (1, 14), "x"),
            ("{ inherit a; }", (1, 11), "a"),
            ("with { }; 1", (1, 1), "with"),
            ("[ <nixpkgs> ]", (1, 3), "search path"),
            ("builtins.currentSystem", (1, 1), "currentSystem"),
            ("[ /etc/passwd ]", (1, 3), "absolute"),
            ("1 # written on 2026-01-31", (1, 3), "date"),
            ("", (1, 1), ""),
        ] {
            match check(text) {
                Err(GateError::At { line, column, message }) => {
                    assert_eq!((line, column), place, "{text}: {message}");
                    assert!(message.contains(word), "{text}: {message}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn names_in_scope_are_found_wherever_they_are_bound() {
        for text in [
            "{ a ? b, b }: a",
            "a@{ b, ... }: a b",
            "let a = b; b = 1; in a",
            "rec { a = b; b.c = 1; }",
            "{ a.b = 1; a.c = 2; }",
            "let inherit (builtins) map; in map",
            "x: { inherit (x) y; z = x.y.z or x; }",
            "x: \"${x}\"",
            "map (x: x) [ true false null ]",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }
}
