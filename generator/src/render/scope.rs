//! What rnix accepts and Nix refuses: names that nothing binds, attributes that are defined twice.

use std::collections::BTreeSet;

use rnix::ast::{self, Attr, Expr, HasEntry};
use rowan::ast::AstNode;

/// What Nix binds by itself and a rendered file may use.
const GLOBALS: [&str; 14] = [
    "abort", "baseNameOf", "builtins", "derivation", "dirOf", "false", "import", "isNull", "map", "null", "placeholder",
    "removeAttrs", "throw", "true",
];
const MORE_GLOBALS: [&str; 1] = ["toString"];

/// An offset into the text and what is wrong there.
type Problem = (usize, String);

/// Checks that every name is bound and no attribute is defined twice.
///
/// # Errors
/// The first problem, in the order of the text.
pub fn check(root: &Expr) -> Result<(), Problem> {
    let globals = GLOBALS.iter().chain(&MORE_GLOBALS).map(|name| (*name).to_owned()).collect();
    expr(root, &globals)
}

type Scope = BTreeSet<String>;

fn expr(node: &Expr, scope: &Scope) -> Result<(), Problem> {
    match node {
        Expr::Ident(ident) => bound(ident, scope),
        Expr::Lambda(lambda) => {
            let mut inner = scope.clone();
            if let Some(param) = lambda.param() {
                bind_param(&param, &mut inner)?;
                if let ast::Param::Pattern(pattern) = &param {
                    for default in pattern.pat_entries().filter_map(|entry| entry.default()) {
                        expr(&default, &inner)?;
                    }
                }
            }
            lambda.body().map_or(Ok(()), |body| expr(&body, &inner))
        }
        Expr::LetIn(let_in) => {
            let inner = with_names(let_in, scope);
            entries(let_in, scope, &inner)?;
            let_in.body().map_or(Ok(()), |body| expr(&body, &inner))
        }
        Expr::AttrSet(set) if set.rec_token().is_some() => entries(set, scope, &with_names(set, scope)),
        Expr::AttrSet(set) => entries(set, scope, scope),
        // The names behind the dot are attributes; what stands in `${…}` there is an expression.
        Expr::Select(select) => {
            select.expr().map_or(Ok(()), |of| expr(&of, scope))?;
            select.attrpath().map_or(Ok(()), |path| dynamic(&path, scope))?;
            select.default_expr().map_or(Ok(()), |default| expr(&default, scope))
        }
        Expr::HasAttr(has) => {
            has.expr().map_or(Ok(()), |of| expr(&of, scope))?;
            has.attrpath().map_or(Ok(()), |path| dynamic(&path, scope))
        }
        other => other.syntax().children().try_for_each(|child| below(&child, scope)),
    }
}

/// Expressions that stand in a node which is none itself: an interpolation, a parenthesis' content.
fn below(node: &rnix::SyntaxNode, scope: &Scope) -> Result<(), Problem> {
    match Expr::cast(node.clone()) {
        Some(inner) => expr(&inner, scope),
        None => node.children().try_for_each(|child| below(&child, scope)),
    }
}

fn bound(ident: &ast::Ident, scope: &Scope) -> Result<(), Problem> {
    let name = ident.to_string();
    if scope.contains(&name) {
        return Ok(());
    }
    Err((ident.syntax().text_range().start().into(), format!("nothing binds `{name}`")))
}

fn bind_param(param: &ast::Param, scope: &mut Scope) -> Result<(), Problem> {
    match param {
        ast::Param::IdentParam(param) => scope.extend(param.ident().map(|ident| ident.to_string())),
        ast::Param::Pattern(pattern) => {
            let mut formals = BTreeSet::new();
            for ident in pattern.pat_entries().filter_map(|entry| entry.ident()) {
                if !formals.insert(ident.to_string()) {
                    let place = ident.syntax().text_range().start().into();
                    return Err((place, format!("the argument `{ident}` stands twice")));
                }
            }
            scope.extend(formals);
            scope.extend(pattern.pat_bind().and_then(|bind| bind.ident()).map(|ident| ident.to_string()));
        }
    }
    Ok(())
}

/// The scope with what a `let` or a `rec` set binds.
fn with_names(node: &impl HasEntry, scope: &Scope) -> Scope {
    let mut inner = scope.clone();
    for entry in node.attrpath_values() {
        let first = entry.attrpath().and_then(|path| path.attrs().next());
        inner.extend(first.and_then(|attr| static_name(&attr)));
    }
    for inherit in node.inherits() {
        inner.extend(inherit.attrs().filter_map(|attr| static_name(&attr)));
    }
    inner
}

fn static_name(attr: &Attr) -> Option<String> {
    match attr {
        Attr::Ident(ident) => Some(ident.to_string()),
        Attr::Str(text) => {
            let text = text.to_string();
            (!text.contains("${")).then(|| text.trim_matches('"').to_owned())
        }
        Attr::Dynamic(_) => None,
    }
}

/// Values see `inner`; what is inherited without a source comes from `outer`.
fn entries(node: &impl HasEntry, outer: &Scope, inner: &Scope) -> Result<(), Problem> {
    let mut defined = BTreeSet::new();
    let mut define = |path: Option<String>, place: rowan::TextSize| match path {
        Some(path) if !defined.insert(path.clone()) => Err((place.into(), format!("`{path}` is defined twice"))),
        _ => Ok(()),
    };
    for entry in node.entries() {
        match entry {
            ast::Entry::Inherit(inherit) => {
                for attr in inherit.attrs() {
                    define(static_name(&attr), attr.syntax().text_range().start())?;
                    if let (None, Attr::Ident(ident)) = (inherit.from(), &attr) {
                        bound(ident, outer)?;
                    }
                }
                inherit.from().and_then(|from| from.expr()).map_or(Ok(()), |from| expr(&from, inner))?;
            }
            ast::Entry::AttrpathValue(entry) => {
                if let Some(path) = entry.attrpath() {
                    let names: Option<Vec<_>> = path.attrs().map(|attr| static_name(&attr)).collect();
                    define(names.map(|names| names.join(".")), path.syntax().text_range().start())?;
                    dynamic(&path, inner)?;
                }
                entry.value().map_or(Ok(()), |value| expr(&value, inner))?;
            }
        }
    }
    Ok(())
}

fn dynamic(path: &ast::Attrpath, scope: &Scope) -> Result<(), Problem> {
    path.attrs().filter(|attr| !matches!(attr, Attr::Ident(_))).try_for_each(|attr| below(attr.syntax(), scope))
}
