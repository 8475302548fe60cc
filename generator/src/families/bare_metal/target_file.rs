//! Custom target files: JSON in rustc's form, checked before anything is compiled. Pure.
//!
//! rustc reads such a file when it first compiles for the target, and only warns of fields that it does not know.

use serde_json::{Map, Value};

use super::rust::{READS_TARGET_FILES, target_fields};
use super::targets::BareTarget;
use crate::diag::{Wrong, clip, nearest, quote};
use crate::family::Target;

/// Fields without which rustc takes no file.
const REQUIRED: [&str; 4] = ["arch", "data-layout", "llvm-target", "target-pointer-width"];
/// Flavours of the linker that kernels are linked with.
const FLAVOURS: [&str; 2] = ["gnu-lld", "ld.lld"];

/// Everything that is wrong with a file (its name, and its text) that stands in the place of a target.
pub fn problems(path: &str, text: &str, target: &BareTarget) -> Vec<Wrong> {
    let fields: Map<String, Value> = match serde_json::from_str(text) {
        Ok(fields) => fields,
        Err(error) => {
            let message = format!("{}, line {}: not a JSON object: {}", quote(path), error.line(), clip(&error));
            return vec![Wrong::new(message, "`rustc --print target-spec-json` shows such a file")];
        }
    };
    let mut wrong = Vec::new();
    let place = |key: &str| match line_of(text, key) {
        Some(line) => format!("{}, line {line}", quote(path)),
        None => quote(path),
    };
    for key in fields.keys().filter(|key| target_fields().all(|known| known != key.as_str())) {
        let message = format!("{}: Rust {READS_TARGET_FILES} knows no field {}", place(key), quote(key));
        let hint = match nearest(key, target_fields()) {
            Some(near) => format!("did you mean {}?", quote(near)),
            None => "remove it: the compiler would ignore it".to_owned(),
        };
        wrong.push(Wrong::new(message, hint));
    }
    // Whole, because a layout is longer than what a message quotes of a word.
    let like = |key: &str| format!("{target} has \"{key}\": \"{}\"", expected(key, target));
    for key in REQUIRED.iter().filter(|key| !fields.contains_key(**key)) {
        wrong.push(Wrong::new(format!("{} has no field {}", quote(path), quote(key)), like(key)));
    }
    for key in ["arch", "data-layout", "target-pointer-width", "os", "panic-strategy"] {
        let expected = expected(key, target);
        let found = match fields.get(key) {
            Some(Value::String(found)) => found.as_str(),
            Some(other) => {
                wrong.push(Wrong::new(format!("{}: {} is {other}, not a string", place(key), quote(key)), like(key)));
                continue;
            }
            // The required ones were reported; the others have defaults.
            None if key == "panic-strategy" => "unwind",
            None => expected,
        };
        if found != expected {
            let message = format!("{}: {} is {}, which contradicts {target}", place(key), quote(key), quote(found));
            wrong.push(Wrong::new(message, like(key)));
        }
    }
    let flavour = fields.get("linker-flavor").and_then(Value::as_str).unwrap_or("gnu-cc");
    if !FLAVOURS.contains(&flavour) {
        let message = format!("{}: {} is {}", place("linker-flavor"), quote("linker-flavor"), quote(flavour));
        wrong.push(Wrong::new(message, format!("kernels are linked with LLVM's linker: {}", FLAVOURS.join(" or "))));
    }
    let features: Vec<&str> =
        fields.get("features").and_then(Value::as_str).unwrap_or_default().split(',').map(str::trim).collect();
    let off = |feature: &&str| features.contains(feature) && !features.contains(&"+soft-float");
    if let Some(feature) = Some("-sse").filter(off) {
        let message = format!("{}: {feature} without +soft-float", place("features"));
        wrong.push(Wrong::new(message, "without SSE there are no registers for floating point: add +soft-float"));
    }
    wrong
}

/// Whether the text of a file sets a field.
pub fn sets(text: &str, field: &str) -> bool {
    serde_json::from_str::<Map<String, Value>>(text).is_ok_and(|fields| fields.contains_key(field))
}

/// The value that a file for machines of a target has to have.
fn expected(key: &str, target: &BareTarget) -> &'static str {
    match key {
        "arch" => target.arch(),
        "data-layout" => target.data_layout(),
        "target-pointer-width" => "64",
        "os" => "none",
        "panic-strategy" => "abort",
        _ => target.name(),
    }
}

/// The line on which a field begins.
fn line_of(text: &str, key: &str) -> Option<usize> {
    let name = format!("{key:?}");
    let place = text.match_indices(&name).find(|(place, _)| {
        let after = text.get(place + name.len()..).unwrap_or_default();
        after.trim_start().starts_with(':')
    });
    place.map(|(place, _)| text.get(..place).unwrap_or_default().matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{
        "arch": "x86_64",
        "data-layout": "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128",
        "llvm-target": "x86_64-unknown-none",
        "target-pointer-width": "64",
        "os": "none",
        "linker-flavor": "ld.lld",
        "linker": "rust-lld",
        "panic-strategy": "abort",
        "disable-redzone": true,
        "features": "-mmx,-sse,+soft-float"
    }"#;

    fn messages(text: &str) -> Vec<String> {
        let target = BareTarget::parse("x86_64-unknown-none").unwrap();
        problems("x.json", text, target).into_iter().map(|wrong| wrong.message).collect()
    }

    #[test]
    fn a_file_for_the_target_is_taken() {
        assert_eq!(messages(GOOD), Vec::<String>::new());
    }

    /// As the guide of a kernel in Rust writes its target: two fields are missing without which no compiler takes it.
    #[test]
    fn a_file_without_a_layout_is_refused() {
        let lines = GOOD.lines().filter(|line| !line.contains("data-layout") && !line.contains("pointer-width"));
        let text = lines.collect::<Vec<_>>().join("\n");
        assert_eq!(
            messages(&text),
            ["`x.json` has no field `data-layout`", "`x.json` has no field `target-pointer-width`"]
        );
    }

    #[test]
    fn unknown_and_contradictory_fields_have_their_lines() {
        for (from, to, message) in [
            ("\"os\"", "\"oss\"", "`x.json`, line 6: Rust 1.85.0 knows no field `oss`"),
            (
                "\"64\"",
                "\"32\"",
                "`x.json`, line 5: `target-pointer-width` is `32`, which contradicts x86_64-unknown-none",
            ),
            ("\"64\"", "64", "`x.json`, line 5: `target-pointer-width` is 64, not a string"),
            (
                "\"x86_64\"",
                "\"aarch64\"",
                "`x.json`, line 2: `arch` is `aarch64`, which contradicts x86_64-unknown-none",
            ),
            (
                "\"abort\"",
                "\"unwind\"",
                "`x.json`, line 9: `panic-strategy` is `unwind`, which contradicts x86_64-unknown-none",
            ),
            ("\"ld.lld\"", "\"gcc\"", "`x.json`, line 7: `linker-flavor` is `gcc`"),
            // A file for the programs of a kernel is none for the kernel.
            ("\"none\"", "\"linux\"", "`x.json`, line 6: `os` is `linux`, which contradicts x86_64-unknown-none"),
            (",+soft-float", "", "`x.json`, line 11: -sse without +soft-float"),
        ] {
            assert!(GOOD.contains(from), "{from}");
            assert_eq!(messages(&GOOD.replacen(from, to, 1)), [message]);
        }
        for text in ["", "[]", "{", "{\"arch\": }"] {
            assert!(messages(text).len() == 1 && messages(text)[0].contains("not a JSON object"), "{text}");
        }
    }
}
