//! The matrix file's JSON Schema (draft 2020-12), for editors.
//!
//! Built by hand: what matters in it are the closed sets of targets and versions, which are data and not types.

use serde_json::{Map, Value, json};

use super::ci::Surface;
use super::keys::{self, Axis, Family, Values};
use crate::catalogue::catalogue;
use crate::target::{Seed, System};

/// What an SDK can be called; words that mean something in names are refused beside this.
const SDK_NAME: &str = "^[a-z0-9][a-z0-9-]{0,63}$";

/// A fragment: crossloom's own, or a file beside the matrix.
const FOLDER: &str = "^([A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*$";
const FRAGMENT: &str = "^(boot|([A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*\\.config)$";

/// The schema as JSON text, two spaces deep, ending in a newline.
pub fn schema() -> String {
    let mut root = object(keys::ROOT, &["crossloom", "build"], "", root_key);
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".to_owned(), json!("crossloom's target matrix"));
    if let Some(fields) = root.as_object_mut() {
        let families: Vec<_> = Family::ALL.iter().map(|family| json!({ "required": [family.key()] })).collect();
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

fn root_key(key: &str) -> Value {
    if let Some(family) = Family::ALL.into_iter().find(|family| family.key() == key) {
        let description = match family {
            Family::MuslGcc => "GCC cross toolchains with musl. Every combination of target and versions is a cell.",
            Family::Darwin => "Cross toolchains for macOS. Every combination of target, SDK and flavour is a cell.",
            Family::ValgrindDarwin => "Valgrind for macOS. Every combination of target and axes is a cell.",
            Family::Linux => {
                "Linux kernels. Every combination of target, version, compiler and configuration is a cell."
            }
        };
        return object(&family.keys(), &["targets"], description, |key| family_key(family, key));
    }
    match key {
        "crossloom" => json!({ "description": "Version of this file's format.", "const": keys::FORMAT }),
        "build" => object(keys::BUILD, &["systems"], "What builds, and from what.", build_key),
        "sources" => object(keys::SOURCES, &[], "Where sources come from.", sources_key),
        "ci" => object(keys::CI, &["surfaces"], "Services that build the matrix.", ci_key),
        "sdk" => json!({
            "description": "macOS SDKs by the names that `sdk` lists take. `zig` needs none of this.",
            "type": "object",
            "patternProperties": { SDK_NAME: object(keys::SDK, &["kind"], "One SDK.", sdk_key) },
            "additionalProperties": false,
        }),
        "kernel-config" => json!({
            "description": "Configurations of kernels by the names that `config` lists take.",
            "type": "object",
            "patternProperties": { SDK_NAME: object(keys::KERNEL_CONFIG, &[], "One configuration.", config_key) },
            "additionalProperties": false,
        }),
        "linux-module" => json!({
            "description": "Modules for kernels, built out of the kernel's tree, by the names that `modules` lists take.",
            "type": "object",
            "patternProperties": { SDK_NAME: object(keys::LINUX_MODULE, keys::LINUX_MODULE, "One module.", |_| json!({
                "description": "Its folder beside the matrix, with a Kbuild or a Makefile that says what is built.",
                "type": "string",
                "pattern": FOLDER,
            })) },
            "additionalProperties": false,
        }),
        _ => Value::Bool(true),
    }
}

fn config_key(key: &str) -> Value {
    let file = |description: &str| json!({ "description": description, "type": "string", "pattern": FRAGMENT });
    match key {
        "base" => json!({
            "description": "The goal of the kernel's makefile that it starts from.",
            "type": "string",
            "enum": keys::KERNEL_BASES,
            "default": keys::KERNEL_BASES.first(),
        }),
        "file" => file("A whole .config beside the matrix to start from, in place of a base."),
        _ => word_list(
            file("`boot`, crossloom's own; or a file beside the matrix."),
            "What is set on top, in order. A symbol that is not obtained is an error of the build.",
        ),
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

fn ci_key(key: &str) -> Value {
    match key {
        "surfaces" => words(&Surface::ALL.map(Surface::as_str), "Services that files are rendered for."),
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

fn sdk_key(key: &str) -> Value {
    let sdk_versions = || [catalogue().versions("macos-sdk"), catalogue().unpinned_versions("xnu")].concat();
    match key {
        "kind" => json!({
            "description": "file: imported by `crossloom sdk import`. apple: Apple's own. xnu: zig's headers with those of \
                            Apple's open-source kernel.",
            "type": "string",
            "enum": keys::SDK_KINDS,
        }),
        "version" => json!({
            "description": "Of apple or xnu: a version of the catalogue.",
            "type": "string",
            "enum": sdk_versions(),
        }),
        "accept-license" => json!({
            "description": "Of apple: you accept the licence of Apple's SDK, which bars redistribution and limits use.",
            "const": true,
        }),
        _ => json!({
            "description": "Of xnu: the NAR hash of its tree, as Nix writes it.",
            "type": "string",
            "pattern": "^(sha256-[A-Za-z0-9+/]{43}=|[0-9a-f]{64}|[0-9a-z]{52})$",
        }),
    }
}

fn family_key(family: Family, key: &str) -> Value {
    let list = |items: Value, description: &str| {
        let most = super::reader::MAX_ITEMS;
        json!({ "description": description, "type": "array", "items": items, "maxItems": most })
    };
    let filter = |keys: &[&str], required: &[&str], description: &str| {
        object(keys, required, description, |key| filter_key(family, key))
    };
    match key {
        "targets" => words(&family.triples(), "Targets by their triples."),
        "languages" => languages("Languages of the compilers; C is always among them."),
        "modules" => word_list(
            json!({ "description": "The name of one in [linux-module].", "type": "string", "pattern": SDK_NAME }),
            "Modules that are built against every kernel.",
        ),
        "exclude" => list(
            filter(&family.exclude_keys(), &[], "Drops the cells that match every key."),
            "Cells to leave out. An entry that matches nothing is an error.",
        ),
        "include" => list(
            filter(&family.cell_keys(), &[], "Adds one cell; what is not named is the first value of its axis."),
            "Cells to add to the product.",
        ),
        "override" => list(
            object(keys::OVERRIDE, &["match"], "Settings for the cells that match.", |key| override_key(family, key)),
            "Settings per cell, applied in order: flags are appended, languages replaced.",
        ),
        _ => axis(family, key).map_or(Value::Bool(true), axis_key),
    }
}

fn axis_key(axis: Axis) -> Value {
    let (what, default) = match axis.values() {
        Values::Versions(package) => {
            let default = catalogue().default_version(package).unwrap_or_default();
            (format!("Versions of {}", axis.key()), default)
        }
        Values::Words(words) => (format!("Words for {}", axis.key()), words.first().copied().unwrap_or_default()),
        Values::Sdks => ("SDKs: zig, or the name of one in [sdk]".to_owned(), keys::ZIG),
        Values::Configs => {
            let known = keys::KERNEL_CONFIGS.join(", ");
            let default = keys::KERNEL_CONFIGS.first().copied().unwrap_or_default();
            (format!("Configurations: {known}, or the name of one in [kernel-config]"), default)
        }
    };
    let mut words = word_list(axis_value(axis), &format!("{what}; the first does not appear in names of cells."));
    with_default(&mut words, json!([default]));
    words
}

fn axis_value(axis: Axis) -> Value {
    match axis.values() {
        Values::Versions(package) => json!({ "type": "string", "enum": catalogue().versions(package) }),
        Values::Words(words) => json!({ "type": "string", "enum": words }),
        Values::Sdks | Values::Configs => json!({ "type": "string", "pattern": SDK_NAME }),
    }
}

fn filter_key(family: Family, key: &str) -> Value {
    match key {
        "target" => json!({ "type": "string", "enum": family.triples() }),
        "system" => json!({ "type": "string", "enum": System::ALL.map(System::as_str) }),
        _ => axis(family, key).map_or(Value::Bool(true), axis_value),
    }
}

fn override_key(family: Family, key: &str) -> Value {
    match key {
        "match" => {
            let describe = |key: &str| filter_key(family, key);
            object(&family.cell_keys(), &[], "Which cells; {} is all of them.", describe)
        }
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

fn axis(family: Family, key: &str) -> Option<Axis> {
    family.axes().iter().copied().find(|axis| axis.key() == key)
}

fn with_default(schema: &mut Value, default: Value) {
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("default".to_owned(), default);
    }
}
