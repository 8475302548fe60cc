//! Nix values, and the one printer through which every piece of data enters Nix text.
//!
//! Nix reads the printed text as the same value and as nothing else: no string can end its literal early or start an
//! interpolation. The layout is the official style's, but for lines that are too wide ([`super::layout`]).
//!
//! A template's context is JSON, which has one kind of string. A string there prints as a literal; the other kinds are
//! arrays of `null` and a text, which nothing but [`Value`] makes: no data can pass for one.

use std::borrow::Cow;

use serde::ser::{Error as _, Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value as Json;

/// A Nix value as crossloom writes it. `null`, floats and negative numbers are left out: rendered files need none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    Bool(bool),
    Int(u32),
    Str(Cow<'a, str>),
    /// A path relative to the file that it stands in: `./x`, `./x/y.nix`, `../x`.
    Path(Cow<'a, str>),
    /// A variable, or an attribute of one: `gcc`, `source.gcc-14_2_0`.
    Variable(Cow<'a, str>),
    /// An attribute's name, where one is defined or selected. Unlike a variable it may be any text, and is then quoted.
    Attribute(Cow<'a, str>),
    List(Vec<Value<'a>>),
    /// A set with its attributes in this order, but for those that are variables of the same name: they stand first, as
    /// one `inherit`.
    Attrs(Vec<(&'a str, Value<'a>)>),
}

/// Why a value has no Nix spelling.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    #[error("the string {0:?} has a NUL character, which Nix strings cannot have")]
    Nul(String),
    #[error("{0:?} is not a relative path: ./NAME or ../NAME, of letters, digits and ._+-")]
    Path(String),
    #[error("{0:?} cannot be a variable's name")]
    Variable(String),
    #[error("two attributes of a set are named {0:?}")]
    Twice(String),
    #[error("the context holds {0}, which is not a value that crossloom writes")]
    Unknown(String),
}

impl<'a> Value<'a> {
    /// A string.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Value<'a> {
        Value::Str(text.into())
    }

    /// A list of strings.
    pub fn texts<S: AsRef<str>>(texts: &'a [S]) -> Value<'a> {
        Value::List(texts.iter().map(|text| Value::text(text.as_ref())).collect())
    }

    /// A path relative to the file that it stands in.
    pub fn path(path: impl Into<Cow<'a, str>>) -> Value<'a> {
        Value::Path(path.into())
    }

    /// A variable, or an attribute of one.
    pub fn variable(name: impl Into<Cow<'a, str>>) -> Value<'a> {
        Value::Variable(name.into())
    }

    /// An attribute's name.
    pub fn attribute(name: impl Into<Cow<'a, str>>) -> Value<'a> {
        Value::Attribute(name.into())
    }
}

/// A text that stands in Nix as it is.
fn code<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    ((), text).serialize(serializer)
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) => serializer.serialize_u32(*value),
            Value::Str(text) => serializer.serialize_str(text),
            Value::Path(text) if is_relative_path(text) => code(text, serializer),
            Value::Path(text) => Err(S::Error::custom(ValueError::Path(text.to_string()))),
            Value::Variable(name) if name.split('.').all(is_bare_name) => code(name, serializer),
            Value::Variable(name) => Err(S::Error::custom(ValueError::Variable(name.to_string()))),
            Value::Attribute(name) if is_bare_name(name) => code(name, serializer),
            // A string literal is just how such a name is spelled.
            Value::Attribute(name) => serializer.serialize_str(name),
            Value::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Value::Attrs(attrs) => {
                let mut map = serializer.serialize_map(Some(attrs.len()))?;
                for (index, (name, value)) in attrs.iter().enumerate() {
                    // JSON would silently take the last of them.
                    if attrs.iter().take(index).any(|(other, _)| other == name) {
                        return Err(S::Error::custom(ValueError::Twice((*name).to_owned())));
                    }
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

/// Prints a value of a context, whose first line is indented by `indent` blanks.
///
/// # Errors
/// [`ValueError::Nul`], and [`ValueError::Unknown`] for what no [`Value`] is serialized to.
pub fn print(json: &Json, indent: usize, out: &mut String) -> Result<(), ValueError> {
    match json {
        Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Json::Number(number) if number.is_u64() => out.push_str(&number.to_string()),
        Json::String(text) => string_literal(text, out)?,
        Json::Array(items) => match items.as_slice() {
            [Json::Null, Json::String(code)] => out.push_str(code),
            [] => out.push_str("[ ]"),
            [item] if is_atom(item) => {
                out.push_str("[ ");
                print(item, indent, out)?;
                out.push_str(" ]");
            }
            items => {
                out.push('[');
                for item in items {
                    new_line(indent + 2, out);
                    print(item, indent + 2, out)?;
                }
                new_line(indent, out);
                out.push(']');
            }
        },
        Json::Object(attrs) if attrs.is_empty() => out.push_str("{ }"),
        Json::Object(attrs) => {
            out.push('{');
            let inherited = |(name, value): &(&String, &Json)| is_code(value, name);
            if attrs.iter().any(|attr| inherited(&attr)) {
                new_line(indent + 2, out);
                out.push_str("inherit");
                for (name, _) in attrs.iter().filter(inherited) {
                    out.push(' ');
                    out.push_str(name);
                }
                out.push(';');
            }
            for (name, value) in attrs.iter().filter(|attr| !inherited(attr)) {
                new_line(indent + 2, out);
                attribute_name(name, out)?;
                out.push_str(" = ");
                print(value, indent + 2, out)?;
                out.push(';');
            }
            new_line(indent, out);
            out.push('}');
        }
        other => return Err(ValueError::Unknown(other.to_string())),
    }
    Ok(())
}

/// Whether a value takes no more than one line.
fn is_atom(json: &Json) -> bool {
    match json {
        Json::Array(items) => matches!(items.as_slice(), [] | [Json::Null, _]),
        Json::Object(attrs) => attrs.is_empty(),
        _ => true,
    }
}

/// Whether a value is this variable.
fn is_code(json: &Json, name: &str) -> bool {
    let parts = json.as_array().map(Vec::as_slice);
    matches!(parts, Some([Json::Null, Json::String(code)]) if code == name && is_bare_name(name))
}

fn new_line(indent: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

/// Prints `name` as an attribute's name: bare where Nix reads it so, else as a string literal.
fn attribute_name(name: &str, out: &mut String) -> Result<(), ValueError> {
    if !is_bare_name(name) {
        return string_literal(name, out);
    }
    out.push_str(name);
    Ok(())
}

/// Prints `text` as a string literal, quotes included.
pub fn string_literal(text: &str, out: &mut String) -> Result<(), ValueError> {
    out.push('"');
    let mut rest = text;
    // All that is escaped is ASCII, so that what lies between is text.
    while let Some(place) = rest.find(['\0', '"', '\\', '$', '\n', '\r', '\t']) {
        let (plain, special) = rest.split_at(place);
        out.push_str(plain);
        let mut chars = special.chars();
        match chars.next() {
            Some('\0') => return Err(ValueError::Nul(text.to_owned())),
            Some('$') if !chars.as_str().starts_with('{') => out.push('$'),
            Some('\n') => out.push_str("\\n"),
            // Nix turns a bare CR LF into LF.
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(c) => out.extend(['\\', c]),
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
    Ok(())
}

/// Whether `name` needs no quotes: an identifier that is not a keyword.
pub fn is_bare_name(name: &str) -> bool {
    // `or` is half a keyword, and `__curPos` is an expression.
    const RESERVED: [&str; 11] =
        ["__curPos", "assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with"];
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_-'".contains(&byte))
        && !RESERVED.contains(&name)
}

/// Whether Nix reads `text` as a path relative to its file. Interpolation is not a part of it.
fn is_relative_path(text: &str) -> bool {
    let mut segments = text.split('/').skip_while(|segment| *segment == "..").peekable();
    if !text.starts_with("../") && segments.next() != Some(".") {
        return false;
    }
    segments.peek().is_some()
        && segments.all(|segment| {
            !["", "."].contains(&segment)
                && segment != ".."
                && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte))
        })
}
