//! The widest lines, laid out as the official style has them.
//!
//! Templates and printer write each binding so that its value begins on the binding's own line. That is how nixfmt has
//! it, but where the line would be wider than [`WIDTH`]. Those lines alone are read here.

use std::str::Lines;

use super::value::is_bare_name;

/// The most columns of a line that can be broken, without those of its indentation.
pub const WIDTH: usize = 100;

/// The text with the lines broken that nixfmt breaks.
///
/// The text is of templates and of the printer, where no string is longer than its line. What begins as a binding is one.
pub fn break_lines(text: String) -> String {
    if !text.lines().any(is_wide) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        lay_out(line, &mut lines, 0, &mut out);
    }
    out
}

/// Whether a line is too wide. Its indentation does not count, and its bytes, which are quickly counted, are never fewer
/// than its columns.
fn is_wide(line: &str) -> bool {
    line.len() > WIDTH && line.trim_start_matches(' ').chars().count() > WIDTH
}

/// Writes one line, moved to the right by `shift`, with the lines that belong to it where those move, too.
fn lay_out(line: &str, rest: &mut Lines<'_>, shift: usize, out: &mut String) {
    let text = line.trim_start_matches(' ');
    let indent = line.len() - text.len() + shift;
    if !is_wide(line) {
        put(if text.is_empty() { 0 } else { indent }, text, out);
    } else if let Some(names) = text.strip_prefix("inherit ").and_then(|names| names.strip_suffix(';')) {
        put(indent, "inherit", out);
        names.split(' ').for_each(|name| put(indent + 2, name, out));
        put(indent + 2, ";", out);
    } else if let Some((name, value)) = binding(text) {
        broken(name, value, rest, indent, shift, out);
    } else {
        put(indent, text, out);
    }
}

/// Writes a binding that is too wide for its line.
fn broken(name: &str, value: &str, rest: &mut Lines<'_>, indent: usize, shift: usize, out: &mut String) {
    if let Some(item) = value.strip_prefix("[ ").and_then(|item| item.strip_suffix(" ];")) {
        put(indent, &format!("{name} = ["), out);
        put(indent + 2, item, out);
        return put(indent, "];", out);
    }
    // An opening bracket stays on its line, as do strings and paths: a separate line would gain nothing.
    if ["{", "["].contains(&value) || value.starts_with(['"', '.']) {
        return put(indent, &format!("{name} = {value}"), out);
    }
    put(indent, &format!("{name} ="), out);
    let Some((call, last)) = application(value) else { return put(indent + 2, value, out) };
    match call.rsplit_once(' ').filter(|_| call.chars().count() > WIDTH) {
        Some((function, argument)) => {
            put(indent + 2, function, out);
            put(indent + 4, argument, out);
        }
        None => put(indent + 2, call, out),
    }
    put(indent + 4, last, out);
    if last == "{" {
        // The set's own lines, up to the brace that closes it.
        while let Some(line) = rest.next() {
            lay_out(line, rest, shift + 4, out);
            if line.strip_suffix("};").is_some_and(|blanks| blanks.len() + shift == indent) {
                break;
            }
        }
    }
}

/// A function with its arguments, and the set that is the last of them: what opens it, or all of it where it is empty.
fn application(value: &str) -> Option<(&str, &str)> {
    ["{", "{ };"].into_iter().find_map(|last| Some((value.strip_suffix(last)?.strip_suffix(' ')?, last)))
}

/// The name and the rest of a line that begins a binding. Names of bindings in rendered files need no quotes.
fn binding(text: &str) -> Option<(&str, &str)> {
    text.split_once(" = ").filter(|(name, _)| is_bare_name(name))
}

fn put(indent: usize, text: &str, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
    out.push_str(text);
    out.push('\n');
}
