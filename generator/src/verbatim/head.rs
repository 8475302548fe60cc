//! The head of a recipe: which arguments its function takes, in its own order.

use rnix::SyntaxKind::{
    self, TOKEN_AT, TOKEN_COLON, TOKEN_COMMA, TOKEN_ELLIPSIS, TOKEN_IDENT, TOKEN_INTERPOL_END, TOKEN_INTERPOL_START,
    TOKEN_L_BRACE, TOKEN_L_BRACK, TOKEN_L_PAREN, TOKEN_QUESTION, TOKEN_R_BRACE, TOKEN_R_BRACK, TOKEN_R_PAREN,
};

/// The attributes that a function accepts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// The arguments in the order of the text.
    pub formals: Vec<Formal>,
    /// Whether it takes others, too: `{ a, ... }:` or `args:`.
    pub open: bool,
}

/// One argument of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formal {
    /// Its name.
    pub name: String,
    /// Whether it has a default.
    pub optional: bool,
}

impl Head {
    /// Reads the head of a file; nothing if the file is not a function. No more of the text is read than the head.
    pub fn parse(text: &str) -> Option<Head> {
        let mut tokens = rnix::tokenize(text).filter(|(kind, _)| !kind.is_trivia());
        match tokens.next()?.0 {
            TOKEN_L_BRACE => {
                let head = formals(&mut tokens)?;
                match tokens.next()?.0 {
                    TOKEN_COLON => Some(head),
                    TOKEN_AT => Some(head).filter(|_| is_next(&mut tokens, &[TOKEN_IDENT, TOKEN_COLON])),
                    _ => None,
                }
            }
            TOKEN_IDENT => match tokens.next()?.0 {
                TOKEN_COLON => Some(Head { formals: Vec::new(), open: true }),
                TOKEN_AT => {
                    let head = Some(()).filter(|()| is_next(&mut tokens, &[TOKEN_L_BRACE]));
                    head.and_then(|()| formals(&mut tokens)).filter(|_| is_next(&mut tokens, &[TOKEN_COLON]))
                }
                _ => None,
            },
            _ => None,
        }
    }
}

fn is_next<'a>(tokens: &mut impl Iterator<Item = (SyntaxKind, &'a str)>, kinds: &[SyntaxKind]) -> bool {
    kinds.iter().all(|kind| tokens.next().is_some_and(|(next, _)| next == *kind))
}

/// The arguments after an opening brace, up to and with the brace that closes it.
fn formals<'a>(tokens: &mut impl Iterator<Item = (SyntaxKind, &'a str)>) -> Option<Head> {
    let mut head = Head::default();
    // Brackets within the default of an argument.
    let mut depth = 0_usize;
    let mut expected = true;
    for (kind, text) in tokens {
        match kind {
            TOKEN_R_BRACE if depth == 0 => return Some(head),
            TOKEN_L_BRACE | TOKEN_L_BRACK | TOKEN_L_PAREN | TOKEN_INTERPOL_START => depth += 1,
            TOKEN_R_BRACE | TOKEN_R_BRACK | TOKEN_R_PAREN | TOKEN_INTERPOL_END => depth = depth.checked_sub(1)?,
            TOKEN_COMMA if depth == 0 => expected = true,
            TOKEN_IDENT if expected => {
                head.formals.push(Formal { name: text.to_owned(), optional: false });
                expected = false;
            }
            TOKEN_ELLIPSIS if expected => head.open = true,
            TOKEN_QUESTION if depth == 0 => head.formals.last_mut()?.optional = true,
            // A set, and no arguments.
            _ if expected => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::Head;

    #[test]
    fn heads_are_read() {
        for (text, expected) in [
            ("# A recipe.\n{\n  stdenv,\n  # Why.\n  a ? { x = [ 1, ]; },\n  b,\n}:\nb", Some("stdenv a? b")),
            ("{ a ? b ? c, d }: a", Some("a? d")),
            ("{ a ? \"${b}, c\", d ? ''${e}'' }: a", Some("a? d?")),
            ("{ }: 1", Some("")),
            ("{ a, ... }@all: 1", Some("a ...")),
            ("all@{ ..., }: 1", Some("...")),
            ("args: derivation args", Some("...")),
            ("{ a = 1; }", None),
            ("{ inherit a; }", None),
            ("{ }", None),
            ("{ a, b }", None),
            ("{ a, b", None),
            ("a b", None),
            ("[ ]", None),
            ("", None),
        ] {
            let found = Head::parse(text).map(|head| {
                let formals =
                    head.formals.iter().map(|it| format!("{}{}", it.name, if it.optional { "?" } else { "" }));
                formals.chain(head.open.then(|| "...".to_owned())).collect::<Vec<_>>().join(" ")
            });
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
