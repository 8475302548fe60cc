//! Package relations: `Depends`, `Pre-Depends`, `Provides` (Debian policy 7.1).

use std::cmp::Ordering;
use std::fmt;

use super::version::compare_versions;
use crate::diag::start;

/// How a version must compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `<<`
    Earlier,
    /// `<=` (and the obsolete `<`)
    AtMost,
    /// `=`
    Exactly,
    /// `>=` (and the obsolete `>`)
    AtLeast,
    /// `>>`
    Later,
}

impl Operator {
    /// Whether `version` stands in this relation to `bound`.
    pub fn holds(self, version: &str, bound: &str) -> bool {
        let order = compare_versions(version, bound);
        match self {
            Operator::Earlier => order == Ordering::Less,
            Operator::AtMost => order != Ordering::Greater,
            Operator::Exactly => order == Ordering::Equal,
            Operator::AtLeast => order != Ordering::Less,
            Operator::Later => order == Ordering::Greater,
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Operator::Earlier => "<<",
            Operator::AtMost => "<=",
            Operator::Exactly => "=",
            Operator::AtLeast => ">=",
            Operator::Later => ">>",
        }
    }
}

/// One alternative: `name[:qualifier] [(operator version)]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternative<'a> {
    /// The package or virtual package.
    pub name: &'a str,
    /// The part after the colon: `any`, `native` or an architecture.
    pub qualifier: Option<&'a str>,
    /// The version that is asked for, or that a `Provides` gives.
    pub version: Option<(Operator, &'a str)>,
}

/// Alternatives in order of preference, at least one: `a | b`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation<'a> {
    /// The alternatives.
    pub alternatives: Vec<Alternative<'a>>,
}

/// Parses a relation field's value: `a | b (>= 1.2), c:any`. Empty items, as a trailing comma leaves, are skipped.
/// Architecture restrictions `[…]` and build profiles `<…>` do not occur in binary packages and are refused.
///
/// The error names the item that does not parse.
pub fn parse_relations(text: &str) -> Result<Vec<Relation<'_>>, String> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(|item| {
            item.split('|')
                .map(|alternative| parse_alternative(alternative.trim()))
                .collect::<Option<_>>()
                .map(|alternatives| Relation { alternatives })
                .ok_or_else(|| format!("{:?} is not a package relation", start(item)))
        })
        .collect()
}

fn parse_alternative(text: &str) -> Option<Alternative<'_>> {
    let (target, version) = match text.split_once('(') {
        Some((target, rest)) => (target.trim_end(), Some(parse_bound(rest.strip_suffix(')')?.trim())?)),
        None => (text, None),
    };
    let (name, qualifier) = match target.split_once(':') {
        Some((name, qualifier)) => (name, Some(qualifier)),
        None => (target, None),
    };
    let named = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    (!name.is_empty() && named(name) && qualifier.is_none_or(|text| !text.is_empty() && named(text)))
        .then_some(Alternative { name, qualifier, version })
}

fn parse_bound(text: &str) -> Option<(Operator, &str)> {
    // Longer signs first: `<` is a prefix of three others.
    let signs = [
        ("<<", Operator::Earlier),
        ("<=", Operator::AtMost),
        (">>", Operator::Later),
        (">=", Operator::AtLeast),
        ("=", Operator::Exactly),
        ("<", Operator::AtMost),
        (">", Operator::AtLeast),
    ];
    let (operator, rest) = signs.iter().find_map(|(sign, operator)| Some((*operator, text.strip_prefix(sign)?)))?;
    let version = rest.trim_start();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.~:".contains(&byte);
    (!version.is_empty() && version.bytes().all(allowed)).then_some((operator, version))
}

impl fmt::Display for Alternative<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        if let Some(qualifier) = self.qualifier {
            write!(f, ":{qualifier}")?;
        }
        if let Some((operator, version)) = self.version {
            write!(f, " ({} {version})", operator.sign())?;
        }
        Ok(())
    }
}

impl fmt::Display for Relation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, alternative) in self.alternatives.iter().enumerate() {
            if i > 0 {
                f.write_str(" | ")?;
            }
            alternative.fmt(f)?;
        }
        Ok(())
    }
}
