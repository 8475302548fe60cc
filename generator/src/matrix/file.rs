//! The text of a matrix file → [`MatrixFile`]: what the user wrote, checked word by word, with its places.
//!
//! The tree is walked by hand: serde stops at the first problem and loses places inside of tagged and flattened types.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::ci::{self, Ci};
use super::family::{self, FamilyFile, Named, system};
use super::kernel::{self, Configs, UserFiles};
use super::keys::{self, Axis, Family};
use super::module::{self, Modules};
use super::reader::{Loc, MAX_ITEMS, Reader, Value, not_among};
use super::sdk;
use super::sdk::Sdks;
use crate::diag::{Problem, quote};
use crate::target::{Seed, System};

/// Bytes of a matrix file that are read at most.
pub const MAX_FILE: usize = 1 << 20;

/// What stands in a matrix file, with defaults filled in.
#[derive(Debug)]
pub struct MatrixFile {
    pub systems: Vec<Loc<System>>,
    pub seed: Seed,
    pub prefer: Vec<String>,
    pub ci: Ci,
    pub sdks: Sdks,
    pub configs: Configs,
    pub modules: Modules,
    /// The families whose extent is beyond doubt, in the order of [`Family::ALL`].
    pub families: Vec<FamilyFile>,
}

/// Reads a file. The first value is none where the text is no TOML, so that nothing more can be said of it; families
/// whose extent is in doubt are left out of it.
pub fn read(text: &str, files: &dyn UserFiles) -> (Option<MatrixFile>, Vec<Problem>) {
    if text.len() > MAX_FILE {
        let problem = Problem::whole(format!("the file has {} bytes", text.len()));
        return (None, vec![problem.hint(format!("at most {MAX_FILE} bytes are read; is this a matrix file?"))]);
    }
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader::default();
    let file = read_root(&mut reader, root.get_ref(), files);
    if errors.is_empty() {
        reader.problems.append(&mut reader.missing);
        return (file, reader.problems);
    }
    // What the parser recovered is read too, so that all problems are seen at once; but on lines that it did not
    // understand, and in what seems absent, a second problem would only be an echo of the first.
    let starts: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    let line = |at: usize| starts.partition_point(|start| *start <= at);
    let mut problems: Vec<Problem> = errors.iter().map(syntax).collect();
    let broken: BTreeSet<usize> =
        problems.iter().filter_map(|problem| problem.span.as_ref()).map(|span| line(span.start)).collect();
    problems.dedup();
    reader.problems.retain(|problem| problem.span.as_ref().is_some_and(|span| !broken.contains(&line(span.start))));
    problems.append(&mut reader.problems);
    (None, problems)
}

fn syntax(error: &toml::de::Error) -> Problem {
    let hint = if error.message().contains("duplicate key") {
        "a key may stand only once in its table: merge the two"
    } else if error.message().contains("recurse") {
        "nothing in a matrix is nested this deep"
    } else {
        "strings stand in quotes, lists in brackets, one key per line: gcc = [\"14.2.0\"]"
    };
    let message = format!("not valid TOML: {}", error.message());
    Problem { span: error.span(), message, hint: None }.hint(hint)
}

fn read_root(reader: &mut Reader, root: &DeTable<'_>, files: &dyn UserFiles) -> Option<MatrixFile> {
    reader.keys(root, "the file", keys::ROOT);
    match root.get("crossloom") {
        Some(version) => read_version(reader, version),
        None => reader.missing.push(
            Problem::whole("`crossloom`, the format version, is missing")
                .hint(format!("write `crossloom = {}` as the first line", keys::FORMAT)),
        ),
    }
    // From here on a problem with a list leaves the matrix's extent in doubt.
    let before = reader.problems.len() + reader.missing.len();
    let mut systems = Vec::new();
    let mut seed = Seed::default();
    let add_systems = "say which machines build: [build] with systems = [\"x86_64-linux\"]";
    match root.get_key_value("build") {
        Some((key, value)) => {
            if let Some(build) = reader.table(value, "[build]", keys::BUILD) {
                match build.get("systems") {
                    Some(value) => systems = reader.words(value, "build.systems", system),
                    None => reader
                        .missing
                        .push(Problem::at(key.span(), "`systems` is missing in [build]").hint(add_systems)),
                }
                if let Some(value) = build.get("seed") {
                    seed = reader.word(value, "build.seed", read_seed).map_or(seed, |seed| seed.value);
                }
            }
        }
        None => reader.missing.push(Problem::whole("[build] is missing").hint(add_systems)),
    }
    let sdks = sdk::read(reader, root.get("sdk"));
    let configs = kernel::read(reader, root.get("kernel-config"), files);
    let modules = module::read(reader, root.get("linux-module"), files);
    let named = Named { sdks, configs, modules };
    let sound = reader.problems.len() + reader.missing.len() == before;
    let present: Vec<_> = Family::ALL
        .into_iter()
        .filter_map(|family| root.get_key_value(family.key()).map(|(key, value)| (family, key, value)))
        .collect();
    if present.is_empty() {
        let others: Vec<_> = Family::ALL.iter().skip(1).map(|family| format!("[{}]", family.key())).collect();
        let hint = format!("add a table [musl-gcc] with targets = [\"x86_64-linux-musl\"], or {}", others.join(", "));
        reader.missing.push(Problem::whole("the matrix holds no family of toolchains").hint(hint));
    }
    let mut families = Vec::new();
    for (family, key, value) in &present {
        families.extend(family::read(reader, *family, key.span(), value, &named, sound));
    }
    // What a family in doubt would have used is not known.
    if !present.is_empty() && families.len() == present.len() {
        let used = |axis: Axis| {
            let on_axis = |family: &FamilyFile| family.axes.get(&axis).cloned().unwrap_or_default();
            let on_axis = families.iter().flat_map(on_axis).map(|word| word.value);
            let includes = families.iter().flat_map(|family| &family.includes);
            let included = includes.filter_map(|include| include.values.get(&axis).cloned());
            on_axis.chain(included).collect::<BTreeSet<String>>()
        };
        reader.unused("sdk", "[darwin] with sdk", &named.sdks, &used(Axis::Sdk));
        reader.unused("kernel-config", "[linux] with config", &named.configs, &used(Axis::Config));
        let used = families.iter().flat_map(|family| &family.modules).map(|word| word.value.clone()).collect();
        reader.unused("linux-module", "[linux] with modules", &named.modules, &used);
    }
    let prefer = read_prefer(reader, root.get("sources"));
    let ci = root.get_key_value("ci").map(|(key, value)| ci::read(reader, key.span(), value)).unwrap_or_default();
    let Named { sdks, configs, modules } = named;
    Some(MatrixFile { systems, seed, prefer, ci, sdks, configs, modules, families })
}

fn read_version(reader: &mut Reader, value: &Value<'_>) {
    match value.get_ref() {
        DeValue::Integer(number) => {
            let version = i64::from_str_radix(number.as_str(), number.radix());
            if version != Ok(keys::FORMAT) {
                let message = format!("format version {} is not known", quote(number.as_str()));
                let hint = format!("this crossloom reads `crossloom = {}`; a newer one may read more", keys::FORMAT);
                reader.report(Problem::at(value.span(), message).hint(hint));
            }
        }
        other => reader.wrong_type(value.span(), "`crossloom`", "a whole number", other),
    }
}

fn read_prefer(reader: &mut Reader, sources: Option<&Value<'_>>) -> Vec<String> {
    let default = || keys::VARIANTS.iter().map(|variant| (*variant).to_owned()).collect();
    let Some(table) = sources.and_then(|value| reader.table(value, "[sources]", keys::SOURCES)) else {
        return default();
    };
    let Some(value) = table.get("prefer") else { return default() };
    let variants = reader.words(value, "sources.prefer", |word, span| {
        let known = keys::VARIANTS.contains(&word);
        known
            .then(|| word.to_owned())
            .ok_or_else(|| not_among(span, "source variant", word, keys::VARIANTS.iter().copied()))
    });
    variants.into_iter().map(|variant| variant.value).collect()
}

fn read_seed(word: &str, span: Range<usize>) -> Result<Seed, Problem> {
    Seed::parse(word).ok_or_else(|| not_among(span, "seed", word, Seed::ALL.map(Seed::as_str)))
}

// Filters are compared with every cell, which these two bounds keep to some ten million comparisons.
const _: () = assert!(MAX_ITEMS * super::MAX_CELLS <= 10_000_000);
