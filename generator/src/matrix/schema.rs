//! The matrix file's JSON Schema (draft 2020-12), for editors.
//!
//! Built by hand: what matters in it are the closed sets of targets and versions, which are data and not types.

use serde_json::{Map, Value, json};

use super::keys::{self, Axis};
use crate::catalogue::catalogue;
use crate::target::{Seed, System, Target};

/// The schema as JSON text, two spaces deep, ending in a newline.
pub fn schema() -> String {
    let mut root = object(keys::ROOT, &["crossloom", "build", "musl-gcc"], "", root_key);
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".to_owned(), json!("crossloom's target matrix"));
    if let Some(fields) = root.as_object_mut() {
        schema.append(fields);
    }
    // `{:#}` of a JSON value is two spaces deep and cannot fail.
    format!("{:#}\n", Value::Object(schema))
}

/// An object with exactly these keys, each described by `of`.
fn object(keys: &[&str], required: &[&str], description: &str, of: fn(&str) -> Value) -> Value {
    let properties: Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), of(key))).collect();
    let mut object = json!({ "type": "object" });
    if let Some(fields) = object.as_object_mut() {
        if !description.is_empty() {
            fields.insert("description".to_owned(), json!(description));
        }
        fields.insert("properties".to_owned(), Value::Object(properties));
        if !required.is_empty() {
            fields.insert("required".to_owned(), json!(required));
        }
        fields.insert("additionalProperties".to_owned(), json!(false));
    }
    object
}

fn words(known: &[&str], description: &str) -> Value {
    json!({
        "description": description,
        "type": "array",
        "items": { "type": "string", "enum": known },
        "minItems": 1,
        "uniqueItems": true,
    })
}

fn root_key(key: &str) -> Value {
    match key {
        "crossloom" => json!({ "description": "Version of this file's format.", "const": keys::FORMAT }),
        "build" => object(keys::BUILD, &["systems"], "What builds, and from what.", build_key),
        "sources" => object(keys::SOURCES, &[], "Where sources come from.", sources_key),
        "musl-gcc" => object(
            keys::FAMILY,
            &["targets"],
            "GCC cross toolchains with musl. Every combination of target and versions is a cell.",
            family_key,
        ),
        _ => Value::Bool(true),
    }
}

fn build_key(key: &str) -> Value {
    match key {
        "systems" => words(&System::ALL.map(System::as_str), "Machines that build, as Nix names them."),
        "seed" => json!({
            "description": "Debian release whose packages builds on Linux start from.",
            "type": "string",
            "enum": Seed::ALL.map(Seed::as_str),
            "default": Seed::default().as_str(),
        }),
        _ => Value::Bool(true),
    }
}

fn sources_key(key: &str) -> Value {
    match key {
        "prefer" => {
            let mut words = words(keys::VARIANTS, "Variants of sources in order of preference.");
            with_default(&mut words, json!(keys::VARIANTS));
            words
        }
        _ => Value::Bool(true),
    }
}

fn family_key(key: &str) -> Value {
    let list = |items: Value, description: &str| {
        let most = super::reader::MAX_ITEMS;
        json!({ "description": description, "type": "array", "items": items, "maxItems": most })
    };
    match key {
        "targets" => words(&triples(), "Targets by their GNU triples."),
        "languages" => languages("Languages of the compilers; C is always among them."),
        "exclude" => list(
            object(keys::EXCLUDE, &[], "Drops the cells that match every key.", filter_key),
            "Cells to leave out. An entry that matches nothing is an error.",
        ),
        "include" => list(
            object(keys::CELL, &[], "Adds one cell; what is not named is the first value of its axis.", filter_key),
            "Cells to add to the product.",
        ),
        "override" => list(
            object(keys::OVERRIDE, &["match"], "Settings for the cells that match.", override_key),
            "Settings per cell, applied in order: flags are appended, languages replaced.",
        ),
        _ => axis(key).map_or(Value::Bool(true), |axis| {
            let versions = catalogue().versions(axis.package());
            let mut words =
                words(&versions, &format!("Versions of {}; the first does not appear in names of cells.", axis.key()));
            with_default(
                &mut words,
                json!(catalogue().default_version(axis.package()).into_iter().collect::<Vec<_>>()),
            );
            words
        }),
    }
}

fn filter_key(key: &str) -> Value {
    match key {
        "target" => json!({ "type": "string", "enum": triples() }),
        "system" => json!({ "type": "string", "enum": System::ALL.map(System::as_str) }),
        _ => axis(key).map_or(
            Value::Bool(true),
            |axis| json!({ "type": "string", "enum": catalogue().versions(axis.package()) }),
        ),
    }
}

fn override_key(key: &str) -> Value {
    match key {
        "match" => object(keys::CELL, &[], "Which cells; {} is all of them.", filter_key),
        "languages" => languages("Replaces the languages of these cells."),
        _ => json!({
            "description": format!("Appended to the configure flags of {}.", key.trim_end_matches("-flags")),
            "type": "array",
            "items": { "type": "string", "pattern": "^-[^\\u0000-\\u001f\\u007f-\\u009f]*$", "maxLength": 4096 },
            "maxItems": super::reader::MAX_ITEMS,
        }),
    }
}

fn languages(description: &str) -> Value {
    let mut words = words(keys::LANGUAGES, description);
    if let Some(fields) = words.as_object_mut() {
        fields.insert("contains".to_owned(), json!({ "const": "c" }));
    }
    words
}

fn axis(key: &str) -> Option<Axis> {
    Axis::ALL.into_iter().find(|axis| axis.key() == key)
}

fn triples() -> Vec<&'static str> {
    Target::all().iter().map(Target::triple).collect()
}

fn with_default(schema: &mut Value, default: Value) {
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("default".to_owned(), default);
    }
}
