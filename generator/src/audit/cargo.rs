//! Rules for Cargo.toml, Cargo's configuration and build scripts.

use toml::{Table, Value};

use super::rule::*;
use super::text::{Source, has_word, is_tool};
use super::{Findings, Tree};

/// What cargo passes to every rustc; a key of the table `env` of its configuration here.
const FLAGS: &str = "RUSTFLAGS";

/// Looks at a Cargo.toml. One that is not valid says nothing.
pub fn manifest(source: &Source<'_>, tree: &Tree, found: &mut Findings<'_>) {
    let Ok(table) = source.text.parse::<Table>() else { return };
    let folder = source.path.strip_suffix("Cargo.toml").unwrap_or_default();
    let locked = locked(folder, tree);
    let program =
        table.contains_key("bin") || ["src/main.rs", "src/bin"].iter().any(|path| tree.has(&format!("{folder}{path}")));
    if table.contains_key("package") && program && !locked {
        found.add(&CARGO_LOCK, source, line_of(source, "[package]", ""));
    }
    let mut tables = vec![&table];
    tables.extend(table.get("workspace").and_then(Value::as_table));
    for (condition, one) in table.get("target").and_then(Value::as_table).into_iter().flatten() {
        let Some(one) = one.as_table() else { continue };
        if one.get("build-dependencies").and_then(Value::as_table).is_some_and(|needs| !needs.is_empty()) {
            found.add(&CARGO_BUILD_DEPENDENCY, source, line_of(source, condition, "build-dependencies"));
        }
        tables.push(one);
    }
    let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
    let lists = tables.iter().flat_map(|table| kinds.iter().filter_map(|kind| table.get(*kind)));
    for (name, needed) in lists.filter_map(Value::as_table).flatten() {
        if needed.get("git").is_some() && needed.get("rev").is_none() && !locked {
            found.add(&CARGO_GIT, source, line_of(source, name, "git"));
        }
    }
}

/// Whether a Cargo.lock is in a folder (empty, or with a slash at its end) or above it.
fn locked(folder: &str, tree: &Tree) -> bool {
    let mut folder = folder;
    loop {
        if tree.has(&format!("{folder}Cargo.lock")) {
            return true;
        }
        if folder.is_empty() {
            return false;
        }
        let parent = folder.trim_end_matches('/').rfind('/').map_or(0, |at| at + 1);
        folder = folder.get(..parent).unwrap_or_default();
    }
}

/// The first line that has both words; else the first that has one; else the first line.
fn line_of(source: &Source<'_>, first: &str, second: &str) -> usize {
    let number = |both: bool| {
        let has = |line: &str| {
            line.contains(first) && (!both || line.contains(second)) && !line.trim_start().starts_with('#')
        };
        source.text.lines().position(has)
    };
    number(true).or_else(|| number(false)).unwrap_or(0) + 1
}

/// Looks at a file of Cargo's configuration.
pub fn config(source: &Source<'_>, found: &mut Findings<'_>) {
    let Ok(table) = source.text.parse::<Table>() else { return };
    let native = |value: &Value| match value {
        Value::String(text) => text.contains("target-cpu=native"),
        Value::Array(items) => {
            items.iter().any(|item| item.as_str().is_some_and(|text| text.contains("target-cpu=native")))
        }
        _ => false,
    };
    let build = table.get("build").into_iter();
    let targets = table.get("target").and_then(Value::as_table).into_iter().flat_map(|targets| targets.values());
    let env = table.get("env").and_then(|env| env.get(FLAGS));
    let flags = build.chain(targets).filter_map(|table| table.get("rustflags")).chain(env);
    if flags.into_iter().any(native) {
        found.add(&CARGO_NATIVE, source, line_of(source, "target-cpu=native", ""));
    }
}

/// Whether a file is the build script of a crate.
pub fn is_build_script(path: &str, tree: &Tree) -> bool {
    path.strip_suffix("build.rs")
        .filter(|folder| folder.is_empty() || folder.ends_with('/'))
        .is_some_and(|folder| tree.has(&format!("{folder}Cargo.toml")))
}

/// Looks at a build script.
pub fn build_script(source: &Source<'_>, found: &mut Findings<'_>) {
    let code = blanked(source.text, true);
    for call in ["cfg!(", "cfg(", "cfg_attr("] {
        for (at, _) in code.match_indices(call) {
            let before = code.get(..at).unwrap_or_default();
            let attribute = before.ends_with("#[") || before.ends_with("#![");
            if call != "cfg!(" && !attribute {
                continue;
            }
            let words = condition(code.get(at + call.len()..).unwrap_or_default());
            if asks(words) {
                found.add(&CARGO_CFG, source, source.line_at(at));
            }
        }
    }
    for name in ["consts::OS", "consts::ARCH", "consts::FAMILY"] {
        for (at, _) in code.match_indices(name) {
            found.add(&CARGO_CONSTS, source, source.line_at(at));
        }
    }
    let code = blanked(source.text, false);
    for (at, call) in code.match_indices("Command::new(\"") {
        let name = code.get(at + call.len()..).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        if is_tool(name) || matches!(name, "pkg-config" | "pkgconf") {
            found.add(&CARGO_BARE_TOOL, source, source.line_at(at));
        }
    }
}

/// Bytes of a condition that are read at most.
const MAX_CONDITION: usize = 1024;

/// The text up to the parenthesis that ends it.
fn condition(rest: &str) -> &str {
    let mut depth = 0_usize;
    for (at, byte) in rest.bytes().enumerate().take(MAX_CONDITION) {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return rest.get(..at).unwrap_or_default(),
            b')' => depth -= 1,
            _ => {}
        }
    }
    ""
}

/// Whether a condition is about a machine.
fn asks(condition: &str) -> bool {
    condition.contains("target_") && !condition.contains("target_feature")
        || ["windows", "unix"].iter().any(|word| has_word(condition, word))
}

/// Rust code with comments blanked and, if asked, the contents of strings. Every other byte keeps its place.
fn blanked(text: &str, strings: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut blank = |from: usize, to: usize| {
        for byte in out.get_mut(from..to.min(bytes.len())).into_iter().flatten().filter(|byte| **byte != b'\n') {
            *byte = b' ';
        }
    };
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.starts_with(b"//") {
            let end = rest.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |length| at + length);
            blank(at, end);
            at = end;
        } else if rest.starts_with(b"/*") {
            let (from, mut depth) = (at, 0_usize);
            while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
                if rest.starts_with(b"/*") {
                    depth += 1;
                    at += 2;
                } else if rest.starts_with(b"*/") {
                    depth -= 1;
                    at += 2;
                    if depth == 0 {
                        break;
                    }
                } else {
                    at += 1;
                }
            }
            blank(from, at);
        } else if byte == b'r' && rest.get(1).is_some_and(|byte| matches!(byte, b'"' | b'#')) {
            let signs = rest.get(1..).unwrap_or_default().iter().take_while(|byte| **byte == b'#').count();
            if rest.get(1 + signs) != Some(&b'"') {
                at += 1 + signs;
                continue;
            }
            let end = format!("\"{}", "#".repeat(signs.min(256)));
            let from = at + 2 + signs;
            let length = text.get(from..).and_then(|rest| rest.find(&end)).unwrap_or(bytes.len().saturating_sub(from));
            if strings {
                blank(from, from + length);
            }
            at = from + length + end.len();
        } else if byte == b'"' {
            let from = at + 1;
            at = from;
            while bytes.get(at).is_some_and(|byte| *byte != b'"') {
                at += if bytes.get(at) == Some(&b'\\') { 2 } else { 1 };
            }
            if strings {
                blank(from, at);
            }
            at += 1;
        } else if rest.starts_with(b"'\"'") {
            at += 3;
        } else {
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_blank() {
        let text = "a // b\n/* c /* d */ e */ f \"g\\\"h\" r#\"i\"j\"# '\"' k\n";
        assert_eq!(blanked(text, true), "a     \n                  f \"    \" r#\"   \"# '\"' k\n");
        assert!(blanked(text, false).contains("g\\\"h") && !blanked(text, false).contains("c /*"));
        for text in ["\"", "\"\\", "r#\"", "/*", "r#", "r", "/* /*", "\"é\\"] {
            blanked(text, true);
        }
    }
}
