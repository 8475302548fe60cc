//! JSON values as YAML. Every string stands in double quotes with its odd characters escaped, so none can be taken for
//! something else; layout is all that is added.

use serde_json::Value as Json;

/// `value` in YAML's block style, ending in a newline.
pub fn print(value: &Json) -> String {
    let mut out = String::new();
    match value {
        Json::Object(fields) if !fields.is_empty() => block(value, 0, &mut out),
        Json::Array(items) if !items.is_empty() => block(value, 0, &mut out),
        _ => {
            scalar(value, &mut out);
            out.push('\n');
        }
    }
    out
}

/// A collection that is not empty, from the start of a line (or after `- `) to the end of one.
fn block(value: &Json, indent: usize, out: &mut String) {
    let pad = |first: bool| if first { String::new() } else { " ".repeat(indent) };
    match value {
        Json::Object(fields) => {
            for (index, (key, value)) in fields.iter().enumerate() {
                out.push_str(&pad(index == 0));
                name(key, out);
                out.push(':');
                member(value, indent + 2, true, out);
            }
        }
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                out.push_str(&pad(index == 0));
                out.push('-');
                member(item, indent + 2, false, out);
            }
        }
        _ => {}
    }
}

/// The value after `key:` or `-`. An item begins on the line of its dash, a field's value on the next.
fn member(value: &Json, indent: usize, field: bool, out: &mut String) {
    let filled = match value {
        Json::Object(fields) => !fields.is_empty(),
        Json::Array(items) => !items.is_empty(),
        _ => false,
    };
    if !filled {
        out.push(' ');
        scalar(value, out);
        out.push('\n');
        return;
    }
    if field {
        out.push('\n');
        out.push_str(&" ".repeat(indent));
    } else {
        out.push(' ');
    }
    block(value, indent, out);
}

fn scalar(value: &Json, out: &mut String) {
    match value {
        Json::String(text) => quoted(text, out),
        Json::Object(_) => out.push_str("{}"),
        Json::Array(_) => out.push_str("[]"),
        // Numbers, yes and no: the same words in both languages.
        other => out.push_str(&other.to_string()),
    }
}

/// A key without quotes where every YAML reads it as a string. Some take `on` and `y` for a truth value.
fn name(key: &str, out: &mut String) {
    const WORDS: [&str; 9] = ["false", "n", "no", "null", "off", "on", "true", "y", "yes"];
    let mut bytes = key.bytes();
    let plain = bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        && !WORDS.contains(&key.to_ascii_lowercase().as_str());
    if plain {
        out.push_str(key);
    } else {
        quoted(key, out);
    }
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(c),
            // Unlike JSON's, YAML's escapes know no surrogates.
            _ => match u32::from(c) {
                code @ 0..=0xff => out.push_str(&format!("\\x{code:02x}")),
                code @ 0x100..=0xffff => out.push_str(&format!("\\u{code:04x}")),
                code => out.push_str(&format!("\\U{code:08x}")),
            },
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_laid_out_in_blocks() {
        let value = json!({
            "on": ["push"],
            "jobs": { "a b": [{ "x": 1, "y": [] }, [["*.x", true]], {}], "c": "é\u{7f}\u{2028}😀\n\t\"\\${{ x }}" },
        });
        let expected = r#"
"on":
  - "push"
jobs:
  "a b":
    - x: 1
      "y": []
    - - - "*.x"
        - true
    - {}
  c: "\xe9\x7f\u2028\U0001f600\n\t\"\\${{ x }}"
"#;
        assert_eq!(print(&value), expected.trim_start());
        assert_eq!(print(&json!("*")), "\"*\"\n");
        assert_eq!(print(&json!([])), "[]\n");
    }
}
