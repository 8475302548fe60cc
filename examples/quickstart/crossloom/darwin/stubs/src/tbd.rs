//! Stubs as text: `.tbd`, version 4.

use std::collections::BTreeSet;
use std::fmt::Write;

/// Both of a Mac's processors.
pub const BOTH: &[&str] = &["x86_64-macos", "arm64-macos"];

/// A library.
#[derive(Debug)]
pub struct Stub {
    pub install_name: String,
    pub reexports: Vec<String>,
    pub parts: Vec<Part>,
}

/// What a library exports for some processors.
#[derive(Debug)]
pub struct Part {
    pub targets: &'static [&'static str],
    /// With the underscore of C's names.
    pub symbols: BTreeSet<String>,
    /// Of Objective-C: each stands for its class and its metaclass.
    pub classes: BTreeSet<String>,
}

fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<_> = words.into_iter().map(|word| format!("'{word}'")).collect();
    format!("[ {} ]", words.join(", "))
}

impl Stub {
    /// The versions are the lowest, since a program records them, and a Mac refuses one that wants newer ones than it has.
    pub fn text(&self) -> String {
        let both = list(BOTH.iter().copied());
        let mut text = String::from("--- !tapi-tbd\ntbd-version: 4\n");
        let _ = writeln!(text, "targets: {both}\ninstall-name: '{}'", self.install_name);
        text += "current-version: 1\ncompatibility-version: 1\n";
        if !self.reexports.is_empty() {
            let libraries = list(self.reexports.iter().map(String::as_str));
            let _ = writeln!(text, "reexported-libraries:\n  - targets: {both}\n    libraries: {libraries}");
        }
        if self.parts.iter().any(|part| !part.symbols.is_empty() || !part.classes.is_empty()) {
            text += "exports:\n";
        }
        for part in &self.parts {
            let lists = [("symbols", &part.symbols), ("objc-classes", &part.classes)];
            if lists.iter().all(|(_, names)| names.is_empty()) {
                continue;
            }
            let _ = writeln!(text, "  - targets: {}", list(part.targets.iter().copied()));
            for (key, names) in lists {
                if !names.is_empty() {
                    let _ = writeln!(text, "    {key}: {}", list(names.iter().map(String::as_str)));
                }
            }
        }
        text + "...\n"
    }
}

/// Every word of a stub that is a symbol of C's: what it exports, in whatever version it is written.
pub fn symbols(text: &str) -> BTreeSet<String> {
    let ends = |character: char| character.is_whitespace() || "[],'\"".contains(character);
    text.split(ends).filter(|word| word.starts_with('_')).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read() {
        let part = Part {
            targets: &["arm64-macos"],
            symbols: ["_a", "_b$c"].map(str::to_owned).into(),
            classes: ["NSThing".to_owned()].into(),
        };
        let stub = Stub {
            install_name: "/usr/lib/libA.dylib".into(),
            reexports: vec!["/usr/lib/libB.dylib".into()],
            parts: vec![part],
        };
        let text = stub.text();
        assert!(text.contains("    symbols: [ '_a', '_b$c' ]\n    objc-classes: [ 'NSThing' ]\n...\n"), "{text}");
        assert!(text.contains("reexported-libraries:\n  - targets: [ 'x86_64-macos', 'arm64-macos' ]\n"), "{text}");
        assert_eq!(symbols(&text), ["_a", "_b$c"].map(str::to_owned).into());
    }
}
