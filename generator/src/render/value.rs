//! Nix values, and the one printer through which every piece of data enters Nix text.
//!
//! What is printed reads back as the same value and nothing else: no string can end its literal early or start an
//! interpolation. The layout is plain; the gate formats.

use std::collections::BTreeMap;

/// A Nix value as crossloom writes it. `null` and floats are left out on purpose: rendered files need neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Bool(bool),
    Int(i64),
    Str(String),
    /// A path relative to the file that it stands in: `./x`, `./x/y.nix`, `../x`.
    Path(String),
    List(Vec<Value>),
    Attrs(BTreeMap<String, Value>),
    /// A Nix expression of crossloom's own making, e.g. `nodes.gcc`; never anything that a user typed.
    Raw(String),
}

/// Why a value has no Nix spelling. `at` is the way to it: `gcc.flags[2]`, empty for the value itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    #[error("the string{} holds a NUL character, which no Nix string can\nhint: remove it", place(at))]
    Nul { at: String },
    #[error(
        "`{}`{} is no relative path\n\
         hint: it must read ./NAME or ../NAME, of letters, digits and ._+-",
        text.escape_debug(), place(at)
    )]
    Path { at: String, text: String },
    #[error("the value{} is null\nhint: leave the field out, or give it an empty list or string", place(at))]
    Null { at: String },
    #[error("the number {text}{} is no 64-bit integer", place(at))]
    Number { at: String, text: String },
    #[error("the value{} is nested more than {MAX_DEPTH} deep", place(at))]
    Deep { at: String },
    #[error("`{}` can't be the name of a variable", name.escape_debug())]
    Variable { name: String },
}

/// Less than what the gate lets through, so that a value is refused by name rather than by offset.
const MAX_DEPTH: usize = 32;

fn place(at: &str) -> String {
    if at.is_empty() { String::new() } else { format!(" at `{at}`") }
}

impl Value {
    /// The value as one Nix expression that can stand anywhere: as an attribute's value, an argument or a list item.
    pub fn print(&self) -> Result<String, ValueError> {
        let mut out = String::new();
        self.print_to(&mut out, &mut Vec::new())?;
        Ok(out)
    }

    /// The Nix value of a JSON value. Null, and numbers that are no 64-bit integers, are errors.
    pub fn from_json(json: &serde_json::Value) -> Result<Self, ValueError> {
        convert(json, &mut Vec::new())
    }

    fn print_to(&self, out: &mut String, at: &mut Vec<Step>) -> Result<(), ValueError> {
        if at.len() > MAX_DEPTH {
            return Err(ValueError::Deep { at: render_steps(at) });
        }
        match self {
            Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            // The smallest integer has no literal: Nix reads the digits first and negates them then.
            Value::Int(i64::MIN) => out.push_str(&format!("({} - 1)", i64::MIN + 1)),
            // Without parentheses `[ 1 -2 ]` and `f -2` are subtractions.
            Value::Int(value) if *value < 0 => out.push_str(&format!("({value})")),
            Value::Int(value) => out.push_str(&value.to_string()),
            Value::Str(text) => print_string(text, out).map_err(|Nul| ValueError::Nul { at: render_steps(at) })?,
            Value::Path(text) if is_relative_path(text) => out.push_str(text),
            Value::Path(text) => return Err(ValueError::Path { at: render_steps(at), text: text.clone() }),
            Value::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push(' ');
                    at.push(Step::Index(index));
                    item.print_to(out, at)?;
                    at.pop();
                }
                out.push_str(" ]");
            }
            Value::Attrs(attrs) => {
                out.push('{');
                for (name, value) in attrs {
                    out.push(' ');
                    at.push(Step::Key(name.clone()));
                    print_name(name, out).map_err(|Nul| ValueError::Nul { at: render_steps(at) })?;
                    out.push_str(" = ");
                    value.print_to(out, at)?;
                    out.push(';');
                    at.pop();
                }
                out.push_str(" }");
            }
            Value::Raw(text) if text.chars().all(|c| c.is_ascii_alphanumeric() || "_-'.".contains(c)) => {
                out.push_str(text);
            }
            Value::Raw(text) => out.push_str(&format!("({text})")),
        }
        Ok(())
    }
}

/// `text` as a Nix string literal, quotes included.
pub fn string_literal(text: &str) -> Result<String, ValueError> {
    Value::Str(text.to_owned()).print()
}

/// `name` as an attribute's name: bare where Nix reads it so, else as a string literal. A *variable* can't be quoted
/// (`"x y"` would be a string): see [`variable`].
pub fn attribute_name(name: &str) -> Result<String, ValueError> {
    let mut out = String::new();
    print_name(name, &mut out).map_err(|Nul| ValueError::Nul { at: String::new() })?;
    Ok(out)
}

/// `name` as a variable; an error when Nix wouldn't read it as one.
pub fn variable(name: &str) -> Result<String, ValueError> {
    if is_bare_name(name) { Ok(name.to_owned()) } else { Err(ValueError::Variable { name: name.to_owned() }) }
}

/// Whether `name` needs no quotes: an identifier that is no keyword.
pub fn is_bare_name(name: &str) -> bool {
    // `or` is half a keyword and `__curPos` an expression of its own.
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

struct Nul;

fn print_string(text: &str, out: &mut String) -> Result<(), Nul> {
    out.push('"');
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\0' => return Err(Nul),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '$' if chars.peek() == Some(&'{') => out.push_str("\\$"),
            '\n' => out.push_str("\\n"),
            // Nix turns a bare CR LF into LF.
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ => out.push(c),
        }
    }
    out.push('"');
    Ok(())
}

fn print_name(name: &str, out: &mut String) -> Result<(), Nul> {
    if is_bare_name(name) {
        out.push_str(name);
        return Ok(());
    }
    print_string(name, out)
}

fn convert(json: &serde_json::Value, at: &mut Vec<Step>) -> Result<Value, ValueError> {
    use serde_json::Value as Json;
    if at.len() > MAX_DEPTH {
        return Err(ValueError::Deep { at: render_steps(at) });
    }
    Ok(match json {
        Json::Null => return Err(ValueError::Null { at: render_steps(at) }),
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(value) => Value::Int(value),
            None => return Err(ValueError::Number { at: render_steps(at), text: number.to_string() }),
        },
        Json::String(text) => Value::Str(text.clone()),
        Json::Array(items) => {
            let mut list = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                at.push(Step::Index(index));
                list.push(convert(item, at)?);
                at.pop();
            }
            Value::List(list)
        }
        Json::Object(fields) => {
            let mut attrs = BTreeMap::new();
            for (name, value) in fields {
                at.push(Step::Key(name.clone()));
                attrs.insert(name.clone(), convert(value, at)?);
                at.pop();
            }
            Value::Attrs(attrs)
        }
    })
}

/// One step of the way into a value.
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// `gcc.flags[2]`
pub(super) fn render_steps(steps: &[Step]) -> String {
    let mut out = String::new();
    for step in steps {
        match step {
            Step::Key(key) if out.is_empty() => out.push_str(&key.escape_debug().to_string()),
            Step::Key(key) => out.push_str(&format!(".{}", key.escape_debug())),
            Step::Index(index) => out.push_str(&format!("[{index}]")),
        }
    }
    out
}
