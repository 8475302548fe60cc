//! What rnix accepts but Nix rejects (attributes or arguments defined twice, undefined variables, dynamic names in
//! `let`), and what the project keeps out of rendered files: `with`, search paths, absolute paths, `builtins` that
//! read the machine. Without `with` every variable's definition is decidable.

use std::collections::{BTreeMap, BTreeSet};

use rnix::ast::{self, HasEntry};
use rnix::{NodeOrToken, ParseError, SyntaxKind, SyntaxKind::*, SyntaxNode, TextRange};
use rowan::ast::AstNode;

use super::{Finding, at};

/// Nix's global names that a rendered file may use.
const GLOBALS: [&str; 19] = [
    "abort",
    "baseNameOf",
    "builtins",
    "derivation",
    "dirOf",
    "false",
    "fetchGit",
    "fetchTarball",
    "fetchTree",
    "fromTOML",
    "import",
    "isNull",
    "map",
    "null",
    "placeholder",
    "removeAttrs",
    "throw",
    "toString",
    "true",
];

/// Members of `builtins` that answer differently on another machine or at another time.
const IMPURE: [&str; 4] = ["currentSystem", "currentTime", "getEnv", "nixPath"];

/// Everything that is wrong with a Nix text, in no particular order; empty when it may be formatted.
pub fn lint(text: &str) -> Vec<Finding> {
    let parse = rnix::Root::parse(text);
    if !parse.errors().is_empty() {
        return parse.errors().iter().map(|error| describe(text, error)).collect();
    }
    let mut lint = Lint { found: Vec::new() };
    let globals = Scope { names: GLOBALS.iter().map(|name| (*name).to_owned()).collect(), outer: None };
    lint.walk(&parse.syntax(), &globals);
    lint.found.into_iter().map(|(range, message)| at(text, usize::from(range.start()), message)).collect()
}

fn describe(text: &str, error: &ParseError) -> Finding {
    let wanted = |kinds: &[SyntaxKind]| {
        let names: Vec<String> = kinds.iter().map(|kind| spell(*kind)).collect();
        names.join(", ")
    };
    let start = |range: &TextRange| usize::from(range.start());
    match error {
        ParseError::Unexpected(range) => at(text, start(range), "this is no Nix".to_owned()),
        ParseError::UnexpectedExtra(range) => at(text, start(range), "text after the end of the expression".to_owned()),
        ParseError::UnexpectedWanted(got, range, kinds) => {
            at(text, start(range), format!("unexpected {}; expected {}", spell(*got), wanted(kinds)))
        }
        ParseError::UnexpectedDoubleBind(range) => at(text, start(range), "the argument is bound twice".to_owned()),
        ParseError::DuplicatedArgs(range, name) => {
            at(text, start(range), format!("the argument `{name}` stands twice"))
        }
        ParseError::UnexpectedEOF => at(text, text.len(), "the text ends too early".to_owned()),
        ParseError::UnexpectedEOFWanted(kinds) => {
            at(text, text.len(), format!("the text ends too early; expected {}", wanted(kinds)))
        }
        other => at(text, text.len(), other.to_string()),
    }
}

/// `TOKEN_R_BRACE` as `r brace`
fn spell(kind: SyntaxKind) -> String {
    match kind {
        TOKEN_SEMICOLON => "`;`".to_owned(),
        TOKEN_ASSIGN => "`=`".to_owned(),
        TOKEN_COLON => "`:`".to_owned(),
        TOKEN_COMMA => "`,`".to_owned(),
        TOKEN_L_BRACE => "`{`".to_owned(),
        TOKEN_R_BRACE => "`}`".to_owned(),
        TOKEN_L_BRACK => "`[`".to_owned(),
        TOKEN_R_BRACK => "`]`".to_owned(),
        TOKEN_L_PAREN => "`(`".to_owned(),
        TOKEN_R_PAREN => "`)`".to_owned(),
        TOKEN_IDENT => "a name".to_owned(),
        TOKEN_STRING_START => "a string".to_owned(),
        other => format!("{other:?}").trim_start_matches("TOKEN_").to_lowercase().replace('_', " "),
    }
}

/// The names that are defined at a place, innermost first.
struct Scope<'a> {
    names: BTreeSet<String>,
    outer: Option<&'a Scope<'a>>,
}

impl Scope<'_> {
    fn defines(&self, name: &str) -> bool {
        self.names.contains(name) || self.outer.is_some_and(|outer| outer.defines(name))
    }

    /// Whether `builtins` here means Nix's own.
    fn has_global(&self, name: &str) -> bool {
        match self.outer {
            Some(outer) => !self.names.contains(name) && outer.has_global(name),
            None => self.names.contains(name),
        }
    }
}

/// The attributes of one set, as a tree: `a.b` and `a.c` share `a`.
#[derive(Default)]
struct Names {
    below: BTreeMap<String, Names>,
    taken: bool,
}

struct Lint {
    found: Vec<(TextRange, String)>,
}

impl Lint {
    fn note(&mut self, node: &SyntaxNode, message: impl Into<String>) {
        self.found.push((node.text_range(), message.into()));
    }

    fn children(&mut self, node: &SyntaxNode, scope: &Scope<'_>) {
        for child in node.children() {
            self.walk(&child, scope);
        }
    }

    fn walk(&mut self, node: &SyntaxNode, scope: &Scope<'_>) {
        match node.kind() {
            NODE_IDENT => self.variable(node, scope),
            NODE_ATTRPATH => self.attributes(node, scope),
            NODE_LAMBDA => self.lambda(node, scope),
            NODE_LET_IN => self.let_in(node, scope),
            NODE_ATTR_SET => self.attr_set(node, scope),
            NODE_SELECT | NODE_HAS_ATTR => self.select(node, scope),
            NODE_LITERAL => self.literal(node),
            NODE_BIN_OP => self.operator(node, scope),
            NODE_WITH => self.note(node, "`with` hides where names come from; name them"),
            NODE_LEGACY_LET => self.note(node, "`let { … }` is obsolete; write `let … in …`"),
            NODE_CUR_POS => self.note(node, "`__curPos` depends on where the file lies"),
            NODE_PATH_ABS => self.note(node, "an absolute path"),
            NODE_PATH_HOME => self.note(node, "a path in somebody's home folder"),
            NODE_PATH_SEARCH => self.note(node, "a search path; take it as an argument"),
            _ => self.children(node, scope),
        }
    }

    fn variable(&mut self, node: &SyntaxNode, scope: &Scope<'_>) {
        let name = node.text().to_string();
        if !scope.defines(&name) {
            self.note(node, format!("`{name}` is not defined"));
        } else if name == "builtins" && scope.has_global("builtins") {
            // Whoever holds the whole set can reach the members that are kept out.
            self.note(node, "`builtins` as a value; name the member, `builtins.x`");
        }
    }

    /// The names in an attribute path are no variables; what they interpolate is.
    fn attributes(&mut self, path: &SyntaxNode, scope: &Scope<'_>) {
        for attribute in path.children().filter(|child| child.kind() != NODE_IDENT) {
            self.walk(&attribute, scope);
        }
    }

    fn select(&mut self, node: &SyntaxNode, scope: &Scope<'_>) {
        let base = node.children().next();
        let builtins = base.as_ref().is_some_and(|base| base.kind() == NODE_IDENT && base.text() == "builtins")
            && scope.has_global("builtins");
        if !builtins {
            return self.children(node, scope);
        }
        let path = node.children().find_map(ast::Attrpath::cast);
        match path.and_then(|path| path.attrs().next()).map(|attr| (static_name(&attr), attr)) {
            Some((Some(name), attr)) => self.builtin(attr.syntax(), &name),
            _ => self.note(node, "a computed member of `builtins`"),
        }
        for child in node.children().skip(1) {
            self.walk(&child, scope);
        }
    }

    fn builtin(&mut self, node: &SyntaxNode, name: &str) {
        if IMPURE.contains(&name) {
            self.note(node, format!("`builtins.{name}` depends on the machine; take it as an argument"));
        }
    }

    fn literal(&mut self, node: &SyntaxNode) {
        for token in node.children_with_tokens().filter_map(NodeOrToken::into_token) {
            match token.kind() {
                TOKEN_URI => self.note(node, "an address without quotes"),
                TOKEN_INTEGER if token.text().parse::<i64>().is_err() => self.note(node, "no 64-bit integer"),
                _ => {}
            }
        }
    }

    fn operator(&mut self, node: &SyntaxNode, scope: &Scope<'_>) {
        let tokens = node.children_with_tokens().filter_map(NodeOrToken::into_token);
        if tokens.into_iter().any(|token| matches!(token.kind(), TOKEN_PIPE_LEFT | TOKEN_PIPE_RIGHT)) {
            self.note(node, "a pipe operator, which most versions of Nix don't know");
        }
        self.children(node, scope);
    }

    fn lambda(&mut self, node: &SyntaxNode, scope: &Scope<'_>) {
        let Some(lambda) = ast::Lambda::cast(node.clone()) else { return };
        let mut inner = Scope { names: BTreeSet::new(), outer: Some(scope) };
        let idents: Vec<ast::Ident> = match lambda.param() {
            Some(ast::Param::IdentParam(param)) => param.ident().into_iter().collect(),
            Some(ast::Param::Pattern(pattern)) => {
                let bound = pattern.pat_bind().and_then(|bind| bind.ident());
                pattern.pat_entries().filter_map(|entry| entry.ident()).chain(bound).collect()
            }
            None => Vec::new(),
        };
        for ident in idents {
            let name = ident.syntax().text().to_string();
            if inner.names.contains(&name) {
                self.note(ident.syntax(), format!("the argument `{name}` stands twice"));
            }
            inner.names.insert(name);
        }
        if let Some(ast::Param::Pattern(pattern)) = lambda.param() {
            for default in pattern.pat_entries().filter_map(|entry| entry.default()) {
                self.walk(default.syntax(), &inner);
            }
        }
        if let Some(body) = lambda.body() {
            self.walk(body.syntax(), &inner);
        }
    }

    fn let_in(&mut self, node: &SyntaxNode, scope: &Scope<'_>) {
        let Some(bindings) = ast::LetIn::cast(node.clone()) else { return };
        let inner = self.bindings(&bindings, scope, true);
        for entry in bindings.attrpath_values() {
            let first = entry.attrpath().and_then(|path| path.attrs().next());
            if first.is_some_and(|attr| static_name(&attr).is_none()) {
                self.note(entry.syntax(), "a computed name in `let`");
            }
        }
        if let Some(body) = bindings.body() {
            self.walk(body.syntax(), &inner);
        }
    }

    fn attr_set(&mut self, node: &SyntaxNode, scope: &Scope<'_>) {
        let Some(set) = ast::AttrSet::cast(node.clone()) else { return };
        self.bindings(&set, scope, set.rec_token().is_some());
    }

    /// Checks the entries of a set or `let`; the answer is the scope of its body.
    fn bindings<'a>(&mut self, entries: &impl HasEntry, scope: &'a Scope<'a>, recursive: bool) -> Scope<'a> {
        let mut inner = Scope { names: BTreeSet::new(), outer: Some(scope) };
        let mut names = Names::default();
        for entry in entries.attrpath_values() {
            let Some(path) = entry.attrpath() else { continue };
            let path: Vec<Option<String>> = path.attrs().map(|attr| static_name(&attr)).collect();
            inner.names.extend(path.first().cloned().flatten().filter(|_| recursive));
            // Only a path that is spelled out can be compared with others.
            if let Some(path) = path.into_iter().collect::<Option<Vec<String>>>() {
                self.take(&mut names, &path, entry.syntax());
            }
        }
        for attr in entries.inherits().flat_map(|inherit| inherit.attrs()) {
            let Some(name) = static_name(&attr) else {
                self.note(attr.syntax(), "a computed name in `inherit`");
                continue;
            };
            self.take(&mut names, std::slice::from_ref(&name), attr.syntax());
            inner.names.extend(Some(name).filter(|_| recursive));
        }
        for entry in entries.attrpath_values() {
            self.children(entry.syntax(), &inner);
        }
        for inherit in entries.inherits() {
            self.inherit(&inherit, scope, &inner);
        }
        inner
    }

    /// `inherit x` takes from outside of the set, `inherit (e) x` reads `e` inside of it.
    fn inherit(&mut self, inherit: &ast::Inherit, outer: &Scope<'_>, inner: &Scope<'_>) {
        let source = inherit.from().and_then(|from| from.expr());
        let builtins =
            source.as_ref().is_some_and(|source| source.syntax().text() == "builtins") && inner.has_global("builtins");
        if let Some(source) = source.as_ref().filter(|_| !builtins) {
            self.walk(source.syntax(), inner);
        }
        for attr in inherit.attrs() {
            let Some(name) = static_name(&attr) else { continue };
            if builtins {
                self.builtin(attr.syntax(), &name);
            } else if source.is_none() && !outer.defines(&name) {
                self.note(attr.syntax(), format!("`{name}` is not defined"));
            }
        }
    }

    /// Nix merges `a = { x = 1; }; a.y = 2;`; here that counts as twice: rendered text says each thing in one place.
    fn take(&mut self, names: &mut Names, path: &[String], node: &SyntaxNode) {
        let mut names = names;
        let mut clash = false;
        for name in path {
            clash |= names.taken;
            names = names.below.entry(name.clone()).or_default();
        }
        if clash || names.taken || !names.below.is_empty() {
            self.note(node, format!("the attribute `{}` is defined twice", path.join(".")));
        }
        names.taken = true;
    }
}

/// An attribute's name when it is spelled out; none when it is computed.
fn static_name(attr: &ast::Attr) -> Option<String> {
    match attr {
        ast::Attr::Ident(ident) => Some(ident.syntax().text().to_string()),
        ast::Attr::Str(text) => text.normalized_parts().into_iter().map(literal_part).collect(),
        ast::Attr::Dynamic(_) => None,
    }
}

fn literal_part(part: ast::InterpolPart<String>) -> Option<String> {
    match part {
        ast::InterpolPart::Literal(text) => Some(text),
        ast::InterpolPart::Interpolation(_) => None,
    }
}
