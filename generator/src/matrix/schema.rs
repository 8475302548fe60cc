//! The matrix file's JSON Schema (draft 2020-12), for editors.
//!
//! Built from what families say about themselves: their targets, axes, settings and tables are data and not types.

use serde_json::{Map, Value, json};

use super::cache;
use super::ci;
use super::file;
use super::source::{self, Sources};
use crate::catalogue::{LATEST, Variant};
use crate::family;
use crate::family::{Axis, Kind, Registered, Setting, Table, Values};
use crate::platform::{Seed, System};
use crate::reader::MAX_ITEMS;
use crate::service::Surface;
use crate::word::Word;

/// A name of the user's; words that mean something in names are refused beside this.
const OWN_NAME: &str = "^[a-z0-9][a-z0-9-]{0,63}$";

/// The title of the schema, by which it is known again.
pub const SCHEMA_TITLE: &str = "crossloom's target matrix";

/// The schema as JSON text, two spaces deep, ending in a newline.
pub fn schema(families: &[&'static dyn Registered]) -> String {
    let mut root = object(&file::root_keys(families), &["crossloom", "build"], "", |key| root_key(families, key));
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".to_owned(), json!(SCHEMA_TITLE));
    if let Some(fields) = root.as_object_mut() {
        let families: Vec<_> = families.iter().map(|family| json!({ "required": [family.about().key] })).collect();
        fields.insert("anyOf".to_owned(), json!(families));
        schema.append(fields);
    }
    // `{:#}` of a JSON value is two spaces deep and cannot fail.
    format!("{:#}\n", Value::Object(schema))
}

/// An object with exactly these keys, each described by `of`.
fn object(keys: &[&str], required: &[&str], description: &str, of: impl Fn(&str) -> Value) -> Value {
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
    word_list(json!({ "type": "string", "enum": known }), description)
}

fn word_list(items: Value, description: &str) -> Value {
    json!({
        "description": description,
        "type": "array",
        "items": items,
        "minItems": 1,
        "uniqueItems": true,
    })
}

fn described(mut schema: Value, description: &str) -> Value {
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("description".to_owned(), json!(description));
    }
    schema
}

fn root_key(families: &[&'static dyn Registered], key: &str) -> Value {
    if let Some(family) = family::find(families, key) {
        return object(&family.keys(), &["targets"], family.about().summary, |key| family_key(family, key));
    }
    if let Some(table) = family::tables(families).into_iter().find(|table| table.key() == key) {
        return named(table);
    }
    if key == Sources(families).key() {
        return sources(families);
    }
    match key {
        file::SCHEMA => {
            json!({ "description": "The address of this schema, for editors; crossloom does nothing with it.", "type": "string" })
        }
        "crossloom" => json!({ "description": "Version of this file's format.", "const": file::FORMAT }),
        "build" => object(&file::BUILD, &["systems"], "What builds, and from what.", build_key),
        "sources" => object(&file::SOURCES, &[], "Where sources come from.", |_| {
            let description = "Variants in order of preference; the first that a release has is taken.";
            let mut prefer = words(Variant::WORDS, description);
            with_default(&mut prefer, json!(Variant::WORDS));
            prefer
        }),
        "cache" => {
            object(&cache::KEYS, &cache::KEYS, "Binary caches that `crossloom build --cache` takes from.", cache_key)
        }
        "ci" => object(&ci::KEYS, &["surfaces"], "Services that build the matrix.", ci_key),
        _ => Value::Bool(true),
    }
}

/// A table of tables by names of the user's.
fn named(table: &dyn Table) -> Value {
    let keys = table.keys();
    let of = |key: &str| {
        let key = keys.iter().find(|known| known.name == key);
        key.map_or(Value::Bool(true), |key| described((key.schema)(), key.doc))
    };
    let required: Vec<_> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let entry = object(&table.key_names(), &required, &format!("{}.", capitalised(table.what())), of);
    json!({
        "description": table.summary(),
        "type": "object",
        "patternProperties": { OWN_NAME: entry },
        "additionalProperties": false,
    })
}

/// `[source.NAME]`, with the packages and targets of these families.
fn sources(families: &[&'static dyn Registered]) -> Value {
    let mut table = named(&Sources(families));
    let packages: Vec<_> = source::packages(families).into_keys().collect();
    let keys = table.pointer_mut(&format!("/patternProperties/{OWN_NAME}/properties"));
    if let Some(package) = keys.and_then(|keys| keys.get_mut("package")).and_then(Value::as_object_mut) {
        package.insert("enum".to_owned(), json!(packages));
    }
    table
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn build_key(key: &str) -> Value {
    match key {
        "systems" => words(System::WORDS, "Machines that build, as Nix names them."),
        _ => json!({
            "description": "Debian release whose packages builds on Linux start from.",
            "type": "string",
            "enum": Seed::WORDS,
            "default": Seed::default().as_str(),
        }),
    }
}

fn cache_key(key: &str) -> Value {
    let list = |description: &str, pattern: &str| {
        let items = json!({ "type": "string", "pattern": pattern });
        let list =
            json!({ "type": "array", "items": items, "minItems": 1, "maxItems": MAX_ITEMS, "uniqueItems": true });
        described(list, description)
    };
    match key {
        "substituters" => list(
            "Their addresses, as Nix writes them.",
            r"^((https|http|s3|ssh-ng|ssh)://|file:///)[!#-&(-\[\]-_a-~]+$",
        ),
        _ => list("The public keys that they sign with: NAME:KEY.", "^[-A-Za-z0-9._/+@]+:[A-Za-z0-9+/]{43}=$"),
    }
}

fn ci_key(key: &str) -> Value {
    match key {
        "surfaces" => words(Surface::WORDS, "Services that files are rendered for."),
        "crossloom-git" => json!({
            "description": "Of github and gitlab: the repository that crossloom is built from.",
            "type": "string",
            "pattern": "^(https|http|ssh)://[-A-Za-z0-9._~:/@%+]+$",
        }),
        "crossloom-rev" => json!({
            "description": "Of github and gitlab: the commit that crossloom is built from.",
            "type": "string",
            "pattern": "^[0-9a-f]{40}$",
        }),
        _ => json!({
            "description": "Of hydra: the address of the project's flake, for the declarative jobset crossloom/spec.json.",
            "type": "string",
            "pattern": "^[a-z+]+:[-A-Za-z0-9._~:/?&=%+@]+$",
        }),
    }
}

fn family_key(family: &'static dyn Registered, key: &str) -> Value {
    let list = |items: Value, description: &str| json!({ "description": description, "type": "array", "items": items, "maxItems": MAX_ITEMS });
    let filter = |keys: &[&str], required: &[&str], description: &str| {
        object(keys, required, description, |key| filter_key(family, key))
    };
    match key {
        "targets" => words(&family.targets(), "Targets by their triples."),
        "exclude" => list(
            filter(&family.exclude_keys(), &[], "Drops the cells that match every key."),
            "Cells to leave out. An entry that matches nothing is an error.",
        ),
        "include" => list(
            filter(
                &family.cell_keys(),
                &[],
                "Adds one cell; a key that is absent stands for the first value of its axis.",
            ),
            "Cells to add to the product.",
        ),
        "override" => list(
            object(&family.override_keys(), &["match"], "Settings for the cells that match.", |key| {
                override_key(family, key)
            }),
            "Settings per cell, applied in order: flags are appended, everything else is replaced.",
        ),
        _ => match axis(family, key) {
            Some(axis) => axis_key(axis),
            None => setting_key(family.settings(), key),
        },
    }
}

fn axis_key(axis: &Axis) -> Value {
    let mut words = word_list(
        axis_value(axis),
        &format!("{} Every value but the first appears in the names of its cells.", axis.doc),
    );
    with_default(&mut words, json!([axis.known().first()]));
    words
}

fn axis_value(axis: &Axis) -> Value {
    match axis.values {
        Values::Words(_) => json!({ "type": "string", "enum": axis.known() }),
        // Those of the catalogue, and those that a table [source.NAME] of the file adds.
        Values::Releases(_) => {
            let known = json!({ "enum": axis.known() });
            // The pattern of a version is also that of the shorthand of a series.
            json!({ "type": "string", "anyOf": [known, { "const": LATEST }, { "pattern": source::VERSION }] })
        }
        Values::Names(_) => json!({ "type": "string", "pattern": OWN_NAME }),
    }
}

fn filter_key(family: &'static dyn Registered, key: &str) -> Value {
    match key {
        "target" => json!({ "type": "string", "enum": family.targets() }),
        "system" => json!({ "type": "string", "enum": System::WORDS }),
        _ => axis(family, key).map_or(Value::Bool(true), axis_value),
    }
}

fn override_key(family: &'static dyn Registered, key: &str) -> Value {
    match key {
        "match" => {
            let describe = |key: &str| filter_key(family, key);
            object(&family.cell_keys(), &[], "Which cells; {} is all of them.", describe)
        }
        _ => setting_key(family.overrides(), key),
    }
}

fn setting_key(settings: &[Setting], key: &str) -> Value {
    let Some(setting) = settings.iter().find(|setting| setting.key == key) else { return Value::Bool(true) };
    match setting.kind {
        Kind::Words { known, required, .. } => {
            let mut words = words(known, setting.doc);
            if let (Some((word, _)), Some(fields)) = (required, words.as_object_mut()) {
                fields.insert("contains".to_owned(), json!({ "const": word }));
            }
            words
        }
        Kind::Text(form) => json!({ "description": setting.doc, "type": "string", "pattern": form.pattern }),
        Kind::Switch => json!({ "description": setting.doc, "type": "boolean", "default": false }),
        Kind::Names(_) => word_list(json!({ "type": "string", "pattern": OWN_NAME }), setting.doc),
        Kind::Flags(_) => json!({
            "description": setting.doc,
            "type": "array",
            "items": { "type": "string", "pattern": "^-[^\\u0000-\\u001f\\u007f-\\u009f]*$", "maxLength": 4096 },
            "maxItems": MAX_ITEMS,
        }),
    }
}

fn axis(family: &'static dyn Registered, key: &str) -> Option<&'static Axis> {
    family.axes().iter().find(|axis| axis.key == key)
}

fn with_default(schema: &mut Value, default: Value) {
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("default".to_owned(), default);
    }
}
