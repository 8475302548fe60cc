//! Rules for Cargo.toml, Cargo's configuration and build scripts.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::rule::*;
use super::text::{Source, has_word, is_tool, words};
use super::{Findings, Tree};

/// What cargo passes to every rustc; a key of the table `env` of its configuration here.
const FLAGS: &str = "RUSTFLAGS";

/// A value with its place in the text.
type Value<'i> = Spanned<DeValue<'i>>;

/// The table that a key of a table has.
fn table<'v, 'i>(table: &'v DeTable<'i>, key: &str) -> Option<&'v DeTable<'i>> {
    table.get(key)?.get_ref().as_table()
}

/// The tables in the table that a key of a table has.
fn tables<'v, 'i>(outer: &'v DeTable<'i>, key: &str) -> impl Iterator<Item = &'v DeTable<'i>> {
    table(outer, key).into_iter().flat_map(|outer| outer.values()).filter_map(|value| value.get_ref().as_table())
}

/// The line of a key or a value.
fn line_of<T>(source: &Source<'_>, part: &Spanned<T>) -> usize {
    source.line_at(part.span().start)
}

/// Looks at a Cargo.toml. One that is not valid says nothing.
pub fn manifest(source: &Source<'_>, tree: &Tree, found: &mut Findings<'_>) {
    let Ok(root) = DeTable::parse(source.text) else { return };
    let root = root.get_ref();
    let folder = source.path.strip_suffix("Cargo.toml").unwrap_or_default();
    let locked = locked(folder, tree);
    let program =
        root.contains_key("bin") || ["src/main.rs", "src/bin"].iter().any(|path| tree.has(&format!("{folder}{path}")));
    if let Some((package, _)) = root.get_key_value("package").filter(|_| program && !locked) {
        found.add(&CARGO_LOCK, source, line_of(source, package));
    }
    for target in tables(root, "target") {
        let needs = target.get_key_value("build-dependencies");
        let needs = needs.filter(|(_, needs)| needs.get_ref().as_table().is_some_and(|needs| !needs.is_empty()));
        if let Some((key, _)) = needs {
            found.add(&CARGO_BUILD_DEPENDENCY, source, line_of(source, key));
        }
    }
    if locked {
        return;
    }
    let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
    let outer = [root].into_iter().chain(table(root, "workspace")).chain(tables(root, "target"));
    let lists = outer.flat_map(|outer| kinds.iter().filter_map(|kind| table(outer, kind)));
    for list in lists.chain(tables(root, "patch")).chain(table(root, "replace")) {
        for (name, needed) in list {
            let Some(needed) = needed.get_ref().as_table().filter(|needed| !needed.contains_key("rev")) else {
                continue;
            };
            if let Some((git, _)) = needed.get_key_value("git") {
                found.add_in(&CARGO_GIT, source, line_of(source, git), line_of(source, name));
            }
        }
    }
}

/// The build scripts that a manifest names, relative to it. None if it names none: then cargo looks for build.rs.
pub fn named_scripts(text: &str) -> Option<Vec<String>> {
    let root = DeTable::parse(text).ok()?;
    match table(root.get_ref(), "package")?.get("build")?.get_ref() {
        DeValue::String(path) => Some(vec![path.to_string()]),
        DeValue::Array(paths) => {
            Some(paths.iter().filter_map(|path| path.get_ref().as_str()).map(str::to_owned).collect())
        }
        DeValue::Boolean(false) => Some(Vec::new()),
        _ => None,
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

/// Looks at a file of Cargo's configuration.
pub fn config(source: &Source<'_>, found: &mut Findings<'_>) {
    let Ok(root) = DeTable::parse(source.text) else { return };
    let root = root.get_ref();
    let holders = table(root, "build").into_iter().chain(tables(root, "target"));
    let flags = holders.filter_map(|holder| holder.get_key_value("rustflags"));
    let env = table(root, "env").and_then(|env| env.get_key_value(FLAGS));
    for (key, value) in flags.chain(env) {
        let native =
            |value: &&Value<'_>| value.get_ref().as_str().is_some_and(|text| text.contains("target-cpu=native"));
        let values: Vec<&Value<'_>> = value.get_ref().as_array().map_or(vec![value], |items| items.iter().collect());
        if let Some(value) = values.into_iter().find(native) {
            found.add_in(&CARGO_NATIVE, source, line_of(source, value), line_of(source, key));
        }
    }
}

/// Whether a file of this name is the build script of the crate whose manifest is beside it and names no other.
pub fn is_build_script(path: &str, tree: &Tree) -> bool {
    path.strip_suffix("build.rs")
        .filter(|folder| folder.is_empty() || folder.ends_with('/'))
        .is_some_and(|folder| tree.has(&format!("{folder}Cargo.toml")) && !tree.names_scripts(folder))
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
    for at in words(&code, "consts") {
        let rest = code.get(at + "consts".len()..).and_then(|rest| rest.strip_prefix("::")).unwrap_or_default();
        // A list in braces, or one name.
        let named = match rest.strip_prefix('{') {
            Some(list) => {
                let end = list.bytes().take(MAX_CONDITION).position(|byte| byte == b'}');
                list.get(..end.unwrap_or_default()).unwrap_or_default()
            }
            None => {
                rest.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '*'))).next().unwrap_or_default()
            }
        };
        // EXE_SUFFIX and EXE_EXTENSION are right for programs that the script runs.
        const TARGETS: [&str; 6] = ["OS", "ARCH", "FAMILY", "DLL_PREFIX", "DLL_SUFFIX", "DLL_EXTENSION"];
        if named.contains('*') || TARGETS.iter().any(|name| has_word(named, name)) {
            found.add(&CARGO_CONSTS, source, source.line_at(at));
        }
    }
    let code = blanked(source.text, false);
    for (at, call) in code.match_indices("Command::new(") {
        let argument = code.get(at + call.len()..).unwrap_or_default().trim_start();
        let Some(name) = argument.strip_prefix('"').and_then(|rest| rest.split('"').next()) else { continue };
        let name = name.strip_prefix("/usr/bin/").unwrap_or(name);
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
    // A feature of the processor is asked for to run code, which the script does on the build machine.
    let target = |(at, _)| condition.get(at..).is_some_and(|rest: &str| !rest.starts_with("target_feature"));
    condition.match_indices("target_").any(target) || ["windows", "unix"].iter().any(|word| has_word(condition, word))
}

/// Bytes after the first of an escaped character: `'\u{10ffff}'`.
const MAX_ESCAPE: usize = 10;

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
        } else if rest.starts_with(b"'\\") {
            // A character that is escaped, with or without more digits.
            let end = rest.iter().skip(3).take(MAX_ESCAPE).position(|byte| *byte == b'\'');
            at += end.map_or(2, |length| 3 + length + 1);
        } else if byte == b'\'' && rest.get(2) == Some(&b'\'') {
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
        let text = "fn a<'b>(c: &'b str) { ['\\\"', '\\'', b'\"', '\\u{22}', 'd', '\\\\'] } \"e\" // '\n";
        let blank = text.replace("\"e\"", "\" \"").replace("// '", "    ");
        assert_eq!(blanked(text, true), blank);
        for text in ["\"", "\"\\", "r#\"", "/*", "r#", "r", "/* /*", "\"é\\"] {
            blanked(text, true);
        }
    }
}
