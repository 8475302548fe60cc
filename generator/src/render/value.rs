//! Values as Nix text, safe against injection: whatever a string holds, Nix reads the same string back.

use serde_json::Value;

/// A value that Nix text cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    #[error("a string holds a NUL, which no Nix string can")]
    Nul,
    #[error("{value} is no value that is rendered: only strings, integers, booleans, lists and attribute sets are")]
    Kind { value: String },
}

/// The words that an attribute or a variable cannot be named without quotes.
const KEYWORDS: [&str; 9] = ["assert", "else", "if", "in", "inherit", "let", "or", "rec", "then"];

/// A complete string literal, quotes included.
///
/// # Errors
/// [`ValueError::Nul`].
pub fn string(text: &str) -> Result<String, ValueError> {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '\0' => return Err(ValueError::Nul),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            // Always: whether a `{` follows may depend on what is printed next.
            '$' => out.push_str("\\$"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
    Ok(out)
}

/// A name as an attribute: bare where Nix's grammar takes it bare, else quoted.
///
/// # Errors
/// [`ValueError::Nul`].
pub fn attribute(name: &str) -> Result<String, ValueError> {
    let mut bytes = name.bytes();
    let bare = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_-'".contains(&byte))
        && name != "with"
        && !KEYWORDS.contains(&name);
    if bare { Ok(name.to_owned()) } else { string(name) }
}

/// Any value but null and fractions.
///
/// # Errors
/// [`ValueError`].
pub fn value(json: &Value) -> Result<String, ValueError> {
    match json {
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::String(text) => string(text),
        Value::Number(number) => number
            .as_i64()
            .map(|number| number.to_string())
            .ok_or_else(|| ValueError::Kind { value: number.to_string() }),
        Value::Null => Err(ValueError::Kind { value: "null".to_owned() }),
        Value::Array(items) => {
            let items = items.iter().map(|item| {
                let text = value(item)?;
                // `[ -1 ]` is a list whose element is a subtraction that lacks its left side.
                Ok(if text.starts_with('-') { format!("({text})") } else { text })
            });
            Ok(format!("[ {} ]", items.collect::<Result<Vec<_>, ValueError>>()?.join(" ")))
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, item)| Ok(format!("{} = {};", attribute(name)?, value(item)?)));
            Ok(format!("{{ {} }}", fields.collect::<Result<Vec<_>, ValueError>>()?.join(" ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_stay_strings() {
        assert_eq!(string("a ${b} \" \\ \n").unwrap(), r#""a \${b} \" \\ \n""#);
        assert_eq!(string("\0"), Err(ValueError::Nul));
    }

    #[test]
    fn names_are_quoted_when_they_must_be() {
        for (name, text) in [("a-b_c'", "a-b_c'"), ("with", "\"with\""), ("or", "\"or\""), ("1a", "\"1a\""), ("", "\"\"")] {
            assert_eq!(attribute(name).unwrap(), text);
        }
    }

    #[test]
    fn what_nix_lacks_is_refused() {
        assert!(value(&Value::Null).is_err());
        assert!(value(&serde_json::json!(1.5)).is_err());
        assert_eq!(value(&serde_json::json!([-1, { "a b": true }])).unwrap(), r#"[ (-1) { "a b" = true; } ]"#);
    }
}
