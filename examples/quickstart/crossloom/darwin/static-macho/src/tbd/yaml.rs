//! The part of YAML that text-based stubs are written in: block mappings and sequences, flow sequences over any number
//! of lines, plain and quoted scalars, several documents with tags.

use std::fmt;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Scalar(String),
    List(Vec<Value>),
    /// In the text's order.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The items of a list; none for everything else.
    pub fn items(&self) -> &[Value] {
        match self {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub fn scalar(&self) -> Option<&str> {
        match self {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }
}

/// A document: the tag after `---`, empty if there is none, and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub tag: String,
    pub value: Value,
}

/// What can't be read, and in which line, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    pub line: usize,
    pub message: &'static str,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for Error {}

/// A line that says something: its number, how far it is indented, and the rest without blanks around it.
#[derive(Clone, Copy)]
struct Line<'a> {
    number: usize,
    indent: usize,
    text: &'a str,
}

/// Lists within lists deeper than this are nobody's stub.
const DEPTH: usize = 16;

/// Reads every document of a text.
pub fn documents(text: &str) -> Result<Vec<Document>, Error> {
    let mut documents = Vec::new();
    let mut tag = String::new();
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if let Some(rest) = line.strip_prefix("---") {
            close(&mut documents, &mut tag, &mut lines)?;
            tag = rest.trim().to_owned();
        } else if line.trim_end() == "..." {
            close(&mut documents, &mut tag, &mut lines)?;
        } else if !trimmed.is_empty() && !trimmed.starts_with('#') {
            let indent = line.len() - line.trim_start().len();
            lines.push(Line { number: index + 1, indent, text: trimmed });
        }
    }
    close(&mut documents, &mut tag, &mut lines)?;
    Ok(documents)
}

fn close(documents: &mut Vec<Document>, tag: &mut String, lines: &mut Vec<Line>) -> Result<(), Error> {
    if !lines.is_empty() {
        let mut reader = Reader { lines: std::mem::take(lines), at: 0 };
        let value = reader.block(0)?;
        if let Some(line) = reader.lines.get(reader.at) {
            return Err(Error { line: line.number, message: "the line stands further left than those before it" });
        }
        documents.push(Document { tag: std::mem::take(tag), value });
    }
    tag.clear();
    Ok(())
}

struct Reader<'a> {
    lines: Vec<Line<'a>>,
    at: usize,
}

impl<'a> Reader<'a> {
    fn line(&self) -> Option<Line<'a>> {
        self.lines.get(self.at).copied()
    }

    fn error<T>(&self, message: &'static str) -> Result<T, Error> {
        let line = self.line().or(self.lines.last().copied()).map_or(0, |line| line.number);
        Err(Error { line, message })
    }

    /// The mapping or sequence that begins in the current line, up to the first line that stands further left.
    fn block(&mut self, depth: usize) -> Result<Value, Error> {
        if depth > DEPTH {
            return self.error("the nesting is too deep");
        }
        let Some(first) = self.line() else { return self.error("a value is missing") };
        let (mut items, mut entries) = (Vec::new(), Vec::new());
        let sequence = is_item(first.text);
        while let Some(line) = self.line().filter(|line| line.indent == first.indent) {
            if is_item(line.text) != sequence {
                // A sequence may stand as far left as the key that it belongs to: the next key ends it.
                break;
            }
            if sequence {
                self.item(line)?;
                items.push(self.block_or_flow(depth + 1)?);
            } else {
                entries.push(self.entry(line, depth)?);
            }
        }
        match self.line() {
            Some(line) if line.indent > first.indent => self.error("the line stands further right than it may"),
            _ if sequence => Ok(Value::List(items)),
            _ => Ok(Value::Map(entries)),
        }
    }

    /// Takes the dash away: what follows it stands as if in a line of its own.
    fn item(&mut self, line: Line<'a>) -> Result<(), Error> {
        let rest = line.text.strip_prefix('-').unwrap_or_default();
        let text = rest.trim_start();
        if text.is_empty() {
            self.at += 1;
            return match self.line() {
                Some(next) if next.indent > line.indent => Ok(()),
                _ => self.error("an item is missing"),
            };
        }
        let indent = line.indent + line.text.len() - text.len();
        if let Some(current) = self.lines.get_mut(self.at) {
            *current = Line { number: line.number, indent, text };
        }
        Ok(())
    }

    fn block_or_flow(&mut self, depth: usize) -> Result<Value, Error> {
        match self.line() {
            Some(line) if is_item(line.text) || key(line.text).is_some() => self.block(depth),
            Some(line) => self.flow(line.text, depth),
            None => self.error("a value is missing"),
        }
    }

    fn entry(&mut self, line: Line<'a>, depth: usize) -> Result<(String, Value), Error> {
        let Some((name, rest)) = key(line.text) else { return self.error("expected 'key: value'") };
        let name = name.to_owned();
        if !rest.is_empty() {
            return Ok((name, self.flow(rest, depth + 1)?));
        }
        self.at += 1;
        match self.line() {
            Some(next) if next.indent > line.indent || (next.indent == line.indent && is_item(next.text)) => {
                Ok((name, self.block_or_flow(depth + 1)?))
            }
            // A key without a value.
            _ => Ok((name, Value::Scalar(String::new()))),
        }
    }

    /// A scalar or a bracketed list that begins within the current line; the line that it ends in is used up.
    fn flow(&mut self, text: &'a str, depth: usize) -> Result<Value, Error> {
        let mut rest = text;
        let value = if rest.starts_with('[') { self.list(&mut rest, depth)? } else { self.scalar(&mut rest, false)? };
        let rest = rest.trim_start();
        if !rest.is_empty() && !rest.starts_with('#') {
            return self.error("there is something after the value");
        }
        self.at += 1;
        Ok(value)
    }

    fn list(&mut self, rest: &mut &'a str, depth: usize) -> Result<Value, Error> {
        if depth > DEPTH {
            return self.error("the nesting is too deep");
        }
        let mut items = Vec::new();
        *rest = rest.strip_prefix('[').unwrap_or_default();
        loop {
            self.skip(rest)?;
            if let Some(after) = rest.strip_prefix(']') {
                *rest = after;
                return Ok(Value::List(items));
            }
            items.push(if rest.starts_with('[') { self.list(rest, depth + 1)? } else { self.scalar(rest, true)? });
            self.skip(rest)?;
            match rest.strip_prefix(',') {
                Some(after) => *rest = after,
                None if rest.starts_with(']') => {}
                None => return self.error("expected ',' or ']' in a list"),
            }
        }
    }

    /// Goes on to the next character of a list, in a following line if need be.
    fn skip(&mut self, rest: &mut &'a str) -> Result<(), Error> {
        *rest = rest.trim_start();
        while rest.is_empty() {
            self.at += 1;
            match self.line() {
                Some(line) => *rest = line.text,
                None => return self.error("a list has no end"),
            }
        }
        Ok(())
    }

    fn scalar(&mut self, rest: &mut &'a str, listed: bool) -> Result<Value, Error> {
        if let Some(quoted) = rest.strip_prefix('\'') {
            return self.single(quoted, rest);
        }
        if let Some(quoted) = rest.strip_prefix('"') {
            return self.double(quoted, rest);
        }
        if rest.starts_with(['{', '&', '*', '!', '|', '>', '%', '@', '`']) {
            return self.error("this part of YAML is not read here");
        }
        let end = if listed { rest.find([',', ']', '[']) } else { rest.find(" #") };
        let (text, after) = rest.split_at(end.unwrap_or(rest.len()));
        *rest = after;
        match text.trim() {
            "" => self.error("a value is missing"),
            text => Ok(Value::Scalar(text.to_owned())),
        }
    }

    /// Between single quotes two of them are one.
    fn single(&self, quoted: &'a str, rest: &mut &'a str) -> Result<Value, Error> {
        let (mut text, mut quoted) = (String::new(), quoted);
        loop {
            let Some((part, after)) = quoted.split_once('\'') else { return self.error("a text has no closing quote") };
            text.push_str(part);
            match after.strip_prefix('\'') {
                Some(more) => {
                    text.push('\'');
                    quoted = more;
                }
                None => {
                    *rest = after;
                    return Ok(Value::Scalar(text));
                }
            }
        }
    }

    fn double(&self, quoted: &'a str, rest: &mut &'a str) -> Result<Value, Error> {
        let mut text = String::new();
        let mut characters = quoted.chars();
        loop {
            match characters.next() {
                Some('"') => {
                    *rest = characters.as_str();
                    return Ok(Value::Scalar(text));
                }
                Some('\\') => match characters.next() {
                    Some(escaped @ ('"' | '\\' | '/')) => text.push(escaped),
                    // \x01 marks a symbol that is taken as it stands.
                    Some('x') => {
                        let digits =
                            characters.as_str().get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
                        let Some(code) = digits else { return self.error("an escape that is none") };
                        text.push(code.into());
                        characters = characters.as_str().get(2..).unwrap_or_default().chars();
                    }
                    _ => return self.error("an escape that is not read here"),
                },
                Some(character) => text.push(character),
                None => return self.error("a text has no closing quote"),
            }
        }
    }
}

fn is_item(text: &str) -> bool {
    text == "-" || text.starts_with("- ")
}

/// A key and what follows it in its line.
fn key(text: &str) -> Option<(&str, &str)> {
    if text.starts_with(['[', '\'', '"']) {
        return None;
    }
    let (name, rest) = text.split_once(':')?;
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then(|| (name.trim_end(), rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(text: &str) -> Value {
        Value::Scalar(text.to_owned())
    }

    fn one(text: &str) -> Value {
        let documents = documents(text).unwrap();
        assert_eq!(documents.len(), 1);
        documents[0].value.clone()
    }

    #[test]
    fn every_way_to_write_a_value() {
        let value = one("a: 1
b:   'it''s' # why
c: [ _x, 'y z',
     \"q\\\"\\x41\" ]
d:
  - e: f
    g: []
  - e: h
i:
- j
- [ k ]
l:
");
        assert_eq!(value.get("a"), Some(&scalar("1")));
        assert_eq!(value.get("b"), Some(&scalar("it's")));
        assert_eq!(value.get("c"), Some(&Value::List(vec![scalar("_x"), scalar("y z"), scalar("q\"A")])));
        let items = value.get("d").unwrap().items();
        assert_eq!(items[0].get("e"), Some(&scalar("f")));
        assert_eq!(items[0].get("g"), Some(&Value::List(vec![])));
        assert_eq!(items[1].get("e"), Some(&scalar("h")));
        assert_eq!(value.get("i"), Some(&Value::List(vec![scalar("j"), Value::List(vec![scalar("k")])])));
        assert_eq!(value.get("l"), Some(&scalar("")));
    }

    #[test]
    fn documents_have_tags() {
        let documents = documents("--- !a\nx: 1\n--- !b\n# nothing\ny: 2\n...\n").unwrap();
        let tags: Vec<_> = documents.iter().map(|document| document.tag.as_str()).collect();
        assert_eq!(tags, ["!a", "!b"]);
        assert_eq!(documents[1].value.get("y"), Some(&scalar("2")));
    }

    #[test]
    fn errors_name_the_line() {
        for (text, line, message) in [
            ("a: [ b", 1, "a list has no end"),
            ("a: 1\nb: 'c", 2, "a text has no closing quote"),
            ("a: 1\n   b: 2\n", 2, "the line stands further right than it may"),
            ("  a: 1\nb: 2\n", 2, "the line stands further left than those before it"),
            ("a: 1\nnothing\n", 2, "expected 'key: value'"),
            ("a: {b: c}\n", 1, "this part of YAML is not read here"),
            ("a: [b] c\n", 1, "there is something after the value"),
            ("a: [b 'c' [d]\n", 1, "expected ',' or ']' in a list"),
            ("a: [,]\n", 1, "a value is missing"),
            ("a:\n  -\n", 2, "an item is missing"),
            ("a: [[[[[[[[[[[[[[[[[[[[\n", 1, "the nesting is too deep"),
        ] {
            assert_eq!(documents(text).unwrap_err(), Error { line, message }, "{text}");
        }
    }
}
