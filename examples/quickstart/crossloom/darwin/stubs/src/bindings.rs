//! What the crates `objc2-*` declare: bindings in Rust that a program of their project made out of Apple's headers.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Names;

/// Adds the functions, variables and classes that a crate declares, or a part of one.
pub fn declared(directory: &Path, names: &mut Names) -> Result<(), String> {
    let mut files = Vec::new();
    let source = directory.join("src");
    let source = if source.exists() { source } else { directory.to_owned() };
    collect(&source, &mut files).map_err(|error| format!("can't read {}: {error}", source.display()))?;
    files.sort();
    for path in files {
        source_file(&crate::read(&path)?, names);
    }
    // Functions that Rust can't call, such as those with a variable number of arguments, stand in the translator's notes alone.
    let notes = directory.join("translation-config.toml");
    if notes.exists() {
        left_out(&crate::read(&notes)?, names);
    }
    Ok(())
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// A word of Rust: a name, a mark, or a string with its quotes.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let bytes = text.as_bytes();
    let at = |index: usize| bytes.get(index).copied().unwrap_or(0);
    let mut index = 0;
    while index < bytes.len() {
        let start = index;
        match at(index) {
            b'/' if at(index + 1) == b'/' => {
                index = text[index..].find('\n').map_or(bytes.len(), |end| index + end);
                continue;
            }
            b'/' if at(index + 1) == b'*' => {
                index = text[index..].find("*/").map_or(bytes.len(), |end| index + end + 2);
                continue;
            }
            b'"' => {
                index += 1;
                while index < bytes.len() && at(index) != b'"' {
                    index += if at(index) == b'\\' { 2 } else { 1 };
                }
                index += 1;
            }
            // A character, and not the name of a lifetime.
            b'\'' if at(index + 1) == b'\\' || at(index + 2) == b'\'' => {
                index += if at(index + 1) == b'\\' { 3 } else { 2 };
                while index < bytes.len() && at(index) != b'\'' {
                    index += 1;
                }
                index += 1;
            }
            byte if byte.is_ascii_alphanumeric() || byte == b'_' => {
                while at(index).is_ascii_alphanumeric() || at(index) == b'_' {
                    index += 1;
                }
            }
            byte if byte.is_ascii_whitespace() => {
                index += 1;
                continue;
            }
            _ => {
                index += 1;
                while index < bytes.len() && !text.is_char_boundary(index) {
                    index += 1;
                }
            }
        }
        if let Some(word) = text.get(start..index.min(bytes.len())) {
            words.push(word);
        }
    }
    words
}

fn quoted(word: &str) -> Option<&str> {
    word.strip_prefix('"')?.strip_suffix('"')
}

fn source_file(text: &str, names: &mut Names) {
    let words = words(text);
    let mut index = 0;
    while let Some(rest) = words.get(index..).filter(|rest| !rest.is_empty()) {
        index += match rest {
            ["extern", abi, "{", ..] if quoted(abi).is_some() => 3 + block(&rest[3..], names),
            // The same by a macro of the crate `objc2`.
            ["extern_c" | "extern_c_unwind", "!", "{", ..] => 3 + block(&rest[3..], names),
            ["extern_class", "!", open, ..] if matches!(*open, "(" | "{" | "[") => {
                let length = group(&rest[2..]);
                class(&rest[3..2 + length], names);
                2 + length
            }
            _ => 1,
        };
    }
}

/// The number of words from an opening bracket to the one that closes it.
fn group(words: &[&str]) -> usize {
    let mut depth = 0usize;
    for (index, word) in words.iter().enumerate() {
        match *word {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return index + 1;
                }
            }
            _ => {}
        }
    }
    words.len()
}

/// The declarations in `extern "C" { … }`, from behind the brace on; how many words they are.
fn block(words: &[&str], names: &mut Names) -> usize {
    let mut index = 0;
    let mut own_name = None;
    let mut foreign = false;
    while let Some(rest) = words.get(index..).filter(|rest| !rest.is_empty()) {
        index += match rest {
            ["}", ..] => return index + 1,
            ["#", "[", ..] => {
                let length = 1 + group(&rest[1..]);
                let attribute = &rest[..length];
                let named = attribute.windows(3).find_map(|words| match words {
                    ["link_name", "=", name] => quoted(name),
                    _ => None,
                });
                match named {
                    Some(name) => own_name = Some(name),
                    // Declared for other systems than macOS alone.
                    None => foreign |= matches!(attribute, ["#", "[", "cfg", "(", rest @ ..] if !holds(rest).0),
                }
                length
            }
            ["fn" | "static", name, ..] => {
                let name = if *name == "mut" { rest.get(2).copied().unwrap_or_default() } else { name };
                let name = own_name.take().unwrap_or(name);
                if !foreign && !name.starts_with('$') {
                    names.symbols.insert(name.trim_start_matches('\u{1}').to_owned());
                }
                foreign = false;
                end_of_declaration(rest)
            }
            _ => 1,
        };
    }
    index
}

/// Whether a condition of `cfg` holds on a Mac with every feature, and how many words it is.
fn holds(words: &[&str]) -> (bool, usize) {
    match words {
        [kind @ ("any" | "all" | "not"), "(", rest @ ..] => {
            let (mut some, mut every, mut index) = (false, true, 0);
            while let Some(word) = rest.get(index).filter(|word| **word != ")") {
                if *word == "," {
                    index += 1;
                    continue;
                }
                let (held, length) = holds(&rest[index..]);
                (some, every) = (some | held, every & held);
                index += length.max(1);
            }
            let held = match *kind {
                "any" => some,
                "all" => every,
                _ => !every,
            };
            (held, index + 3)
        }
        [key, "=", value, ..] => {
            let value = quoted(value).unwrap_or_default();
            let held = match *key {
                "feature" => !value.starts_with("gnustep") && !value.ends_with("objfw"),
                "target_os" => value == "macos",
                "target_vendor" => value == "apple",
                "target_arch" => matches!(value, "x86_64" | "aarch64"),
                "target_pointer_width" => value == "64",
                _ => false,
            };
            (held, 3)
        }
        // `doc`, `test` and the like.
        _ => (false, 1),
    }
}

/// Up to the semicolon that ends a declaration.
fn end_of_declaration(words: &[&str]) -> usize {
    let mut index = 0;
    while let Some(word) = words.get(index) {
        match *word {
            ";" => return index + 1,
            "(" | "[" | "{" => index += group(&words[index..]),
            // The block's end: this was none.
            "}" => return index,
            _ => index += 1,
        }
    }
    index
}

/// `extern_class!(#[unsafe(super(NSObject))] #[name = "NSOther"] pub struct NSThing<T>;)`
fn class(words: &[&str], names: &mut Names) {
    let own = words.windows(5).find_map(|words| match words {
        ["#", "[", "name", "=", name] => quoted(name),
        _ => None,
    });
    let given = words.windows(2).find_map(|words| match words {
        ["struct", name] => Some(*name),
        _ => None,
    });
    // In the macro's own definition the name is a variable.
    if let Some(name) = own.or(given).filter(|name| !name.starts_with('$')) {
        names.classes.insert(name.to_owned());
    }
}

/// `fn.NAME.skipped = true` below a comment that tells of a function which is there.
fn left_out(notes: &str, names: &mut Names) {
    for paragraph in notes.split("\n\n") {
        let comment: Vec<_> = paragraph.lines().filter(|line| line.starts_with('#')).collect();
        let there = ["# Needs", "# Uses variadics", "# ns_consumed"];
        if !comment.first().is_some_and(|line| there.iter().any(|start| line.starts_with(start))) {
            continue;
        }
        for line in paragraph.lines() {
            let name = line.strip_prefix("fn.").and_then(|rest| rest.split_once(".skipped = true"));
            if let Some((name, _)) = name.filter(|(name, _)| !name.contains(['.', '"'])) {
                names.symbols.insert(name.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations() {
        let mut names = Names::default();
        source_file(
            r#"
            //! extern "C" { fn in_a_comment(); }
            #[link(name = "Things", kind = "framework")]
            extern "C" {}
            extern_class!(
                /// A class.
                #[unsafe(super(NSObject))]
                #[derive(Debug)]
                pub struct NSThing<T: ?Sized = AnyObject>;
            );
            extern_class!(#[name = "NSOther"] pub struct Renamed;);
            impl NSThing {
                pub fn new(callback: unsafe extern "C-unwind" fn(*mut c_void)) -> Self {
                    extern "C-unwind" {
                        fn ThingCreate(name: &[u8; 4], callback: extern "C" fn(c_int)) -> NonNull<Thing>;
                        #[cfg_attr(target_os = "macos", link_name = "ThingOld$LEGACYMAC")]
                        fn ThingOld();
                    }
                    unsafe { ThingCreate() }
                }
            }
            pub unsafe extern "C-unwind" fn inlined() { other() }
            extern "C" {
                #[cfg(feature = "x")]
                pub static kThingName: &'static NSString;
                pub static mut thingCount: c_int;
                #[cfg(not(target_os = "macos"))]
                pub fn onlyElsewhere();
                pub fn ThingDone(c: [u8; 2]);
                #[cfg(any(doc, feature = "gnustep-1-7", all(target_vendor = "apple", target_arch = "x86")))]
                pub fn onlyGnustep();
                #[cfg(any(doc, all(target_vendor = "apple", not(all(target_os = "macos", target_arch = "x86")))))]
                pub fn here();
            }
            const C: char = '"';
            extern "C" { fn after(); }
            "#,
            &mut names,
        );
        let symbols = ["ThingCreate", "ThingDone", "ThingOld$LEGACYMAC", "after", "here", "kThingName", "thingCount"];
        assert_eq!(names.symbols, symbols.map(str::to_owned).into());
        assert_eq!(names.classes, ["NSOther", "NSThing"].map(str::to_owned).into());
    }

    #[test]
    fn functions_that_were_left_out() {
        let mut names = Names::default();
        let notes = "# Uses variadics\nfn.Format.skipped = true\nclass.A.methods.\"b:\".skipped = true\n\n\
                     # Custom-defined inline functions\nfn.Make.skipped = true\n\nfn.Bare.skipped = true\n\n\
                     # Needs acl_t\nfn.List.skipped = true # later\n";
        left_out(notes, &mut names);
        assert_eq!(names.symbols, ["Format", "List"].map(str::to_owned).into());
    }
}
