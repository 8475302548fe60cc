//! The text of a matrix file → [`MatrixFile`]: what the user wrote, checked word by word, with its places.
//!
//! The tree is walked by hand: serde stops at the first problem and loses places inside of tagged and flattened types.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::keys::{self, Axis};
use super::reader::{Loc, MAX_ITEMS, Reader, Value, not_among};
use super::{Flags, Languages};
use crate::catalogue::catalogue;
use crate::diag::{Problem, closest, quote};
use crate::target::{Seed, System, Target};

/// Bytes of a matrix file that are read at most.
pub const MAX_FILE: usize = 1 << 20;

/// What stands in a matrix file, with defaults filled in.
#[derive(Debug)]
pub struct MatrixFile {
    pub systems: Vec<Loc<System>>,
    pub seed: Seed,
    pub prefer: Vec<String>,
    pub musl_gcc: Option<MuslGccFile>,
}

/// `[musl-gcc]`.
#[derive(Debug)]
pub struct MuslGccFile {
    pub span: Range<usize>,
    pub targets: Vec<Loc<&'static Target>>,
    /// Every axis has an entry.
    pub axes: BTreeMap<Axis, Vec<Loc<&'static str>>>,
    pub languages: Languages,
    pub excludes: Vec<Exclude>,
    pub includes: Vec<Filter>,
    pub overrides: Vec<Override>,
}

/// Names cells by what they have in common; what is not named is not compared.
#[derive(Debug)]
pub struct Filter {
    pub span: Range<usize>,
    pub target: Option<&'static Target>,
    pub versions: BTreeMap<Axis, &'static str>,
}

/// One entry of `exclude`.
#[derive(Debug)]
pub struct Exclude {
    pub filter: Filter,
    pub system: Option<System>,
}

/// One `[[musl-gcc.override]]`.
#[derive(Debug)]
pub struct Override {
    pub filter: Filter,
    pub flags: Flags,
    pub languages: Option<Languages>,
}

/// Reads a file. The first value is none where the matrix's extent is in doubt, so that nothing more can be said of it;
/// filters that have problems of their own are left out of it.
pub fn read(text: &str) -> (Option<MatrixFile>, Vec<Problem>) {
    if text.len() > MAX_FILE {
        let problem = Problem::whole(format!("the file has {} bytes", text.len()));
        return (None, vec![problem.hint(format!("at most {MAX_FILE} bytes are read; is this a matrix file?"))]);
    }
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader::default();
    let file = read_root(&mut reader, root.get_ref());
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

fn read_root(reader: &mut Reader, root: &DeTable<'_>) -> Option<MatrixFile> {
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
    let musl_gcc = match root.get_key_value("musl-gcc") {
        Some((key, value)) => read_family(reader, key.span(), value, before),
        None => {
            reader.missing.push(
                Problem::whole("the matrix holds no family of toolchains")
                    .hint("add a table [musl-gcc] with targets = [\"x86_64-linux-musl\"]"),
            );
            None
        }
    };
    let prefer = read_prefer(reader, root.get("sources"));
    musl_gcc.map(|family| MatrixFile { systems, seed, prefer, musl_gcc: Some(family) })
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

/// `before`: how many problems there were before anything that says how far the matrix extends.
fn read_family(reader: &mut Reader, key: Range<usize>, value: &Value<'_>, before: usize) -> Option<MuslGccFile> {
    let table = reader.table(value, "[musl-gcc]", keys::FAMILY)?;
    let targets = match table.get("targets") {
        Some(value) => reader.words(value, "targets", target),
        None => {
            let hint = "say what to build for: targets = [\"x86_64-linux-musl\"]";
            reader.missing.push(Problem::at(key.clone(), "`targets` is missing in [musl-gcc]").hint(hint));
            Vec::new()
        }
    };
    let mut axes = BTreeMap::new();
    for axis in Axis::ALL {
        let versions = match table.get(axis.key()) {
            Some(value) => reader.words(value, axis.key(), |word, span| version(axis, word, span)),
            // The default stands for the family as a whole; nothing in the text is its place.
            None => catalogue()
                .default_version(axis.package())
                .into_iter()
                .map(|value| Loc { value, span: key.clone() })
                .collect(),
        };
        axes.insert(axis, versions);
    }
    // Any problem so far, a misspelt axis too, would make filters look stale that are not.
    let sound = reader.problems.len() + reader.missing.len() == before;

    let languages = table.get("languages").and_then(|value| read_languages(reader, value)).unwrap_or_default();
    let mut excludes = Vec::new();
    for value in entries(reader, table, "exclude") {
        excludes.extend(read_exclude(reader, value));
    }
    let mut includes = Vec::new();
    for value in entries(reader, table, "include") {
        includes.extend(read_filter(reader, value, "an entry of `include`", keys::CELL).map(|(filter, _)| filter));
    }
    let mut overrides = Vec::new();
    for value in entries(reader, table, "override") {
        overrides.extend(read_override(reader, value));
    }
    sound.then_some(MuslGccFile { span: key, targets, axes, languages, excludes, includes, overrides })
}

fn entries<'v, 'i>(reader: &mut Reader, table: &'v DeTable<'i>, key: &str) -> Vec<&'v Value<'i>> {
    table.get(key).map(|value| reader.list(value, &format!("`{key}`"), "tables")).unwrap_or_default()
}

/// A filter and its table, for the keys that only some filters have; none when any part of it is wrong, since what is
/// left would match more than was meant.
fn read_filter<'v, 'i>(
    reader: &mut Reader,
    value: &'v Value<'i>,
    place: &str,
    keys: &[&str],
) -> Option<(Filter, &'v DeTable<'i>)> {
    let before = reader.problems.len();
    let table = reader.table(value, place, keys)?;
    let wanted = table.get("target").and_then(|value| reader.word(value, "target", target));
    let mut versions = BTreeMap::new();
    for axis in Axis::ALL {
        let Some(value) = table.get(axis.key()) else { continue };
        if let Some(found) = reader.word(value, axis.key(), |word, span| version(axis, word, span)) {
            versions.insert(axis, found.value);
        }
    }
    let filter = Filter { span: value.span(), target: wanted.map(|target| target.value), versions };
    (reader.problems.len() == before).then_some((filter, table))
}

fn read_exclude(reader: &mut Reader, value: &Value<'_>) -> Option<Exclude> {
    let (filter, table) = read_filter(reader, value, "an entry of `exclude`", keys::EXCLUDE)?;
    if table.is_empty() {
        let problem = Problem::at(value.span(), "an entry of `exclude` names nothing, so it would drop every cell");
        reader.report(problem.hint("name what to drop: { target = \"…\", gcc = \"…\" }"));
        return None;
    }
    let system = match table.get("system") {
        Some(value) => Some(reader.word(value, "system", system)?.value),
        None => None,
    };
    Some(Exclude { filter, system })
}

fn read_override(reader: &mut Reader, value: &Value<'_>) -> Option<Override> {
    let place = "an entry of `override`";
    let table = reader.table(value, place, keys::OVERRIDE)?;
    let mut flags_of = |key: &str| table.get(key).map(|value| reader.flags(value, key)).unwrap_or_default();
    let flags = Flags {
        gcc: flags_of("gcc-flags"),
        binutils: flags_of("binutils-flags"),
        musl: flags_of("musl-flags"),
        libstdcxx: flags_of("libstdcxx-flags"),
    };
    let languages = table.get("languages").and_then(|value| read_languages(reader, value));
    if table.keys().all(|key| key.get_ref() == "match") {
        let hint = format!("set one of {}", keys::OVERRIDE.get(1..).unwrap_or_default().join(", "));
        reader.report(Problem::at(value.span(), format!("{place} sets nothing")).hint(hint));
    }
    let Some(matching) = table.get("match") else {
        let hint = "say which cells it is for: match = { target = \"…\" }; match = {} is for all";
        reader.missing.push(Problem::at(value.span(), format!("`match` is missing in {place}")).hint(hint));
        return None;
    };
    let (filter, _) = read_filter(reader, matching, "`match`", keys::CELL)?;
    Some(Override { filter, flags, languages })
}

fn read_languages(reader: &mut Reader, value: &Value<'_>) -> Option<Languages> {
    let before = reader.problems.len();
    let words = reader.words(value, "languages", |word, span| match word {
        "c" => Ok(false),
        "c++" => Ok(true),
        _ => Err(not_among(span, "language", word, keys::LANGUAGES.iter().copied())),
    });
    if reader.problems.len() > before {
        return None;
    }
    if words.iter().all(|word| word.value) {
        let problem = Problem::at(value.span(), "`languages` lacks `c`, without which there is no C library");
        reader.report(problem.hint("write languages = [\"c\", \"c++\"]"));
        return None;
    }
    Some(Languages { cxx: words.iter().any(|word| word.value) })
}

fn system(word: &str, span: Range<usize>) -> Result<System, Problem> {
    System::parse(word).ok_or_else(|| not_among(span, "system", word, System::ALL.map(System::as_str)))
}

fn read_seed(word: &str, span: Range<usize>) -> Result<Seed, Problem> {
    Seed::parse(word).ok_or_else(|| not_among(span, "seed", word, Seed::ALL.map(Seed::as_str)))
}

fn target(word: &str, span: Range<usize>) -> Result<&'static Target, Problem> {
    Target::parse(word).ok_or_else(|| {
        let triples = || Target::all().iter().map(Target::triple);
        let mut near = closest(word, triples(), 3);
        if near.is_empty() {
            // `aarch64-unknown-linux-gnu` is far from any triple, but its first word is not.
            let cpu = word.split('-').next().unwrap_or_default();
            near =
                triples().filter(|triple| !cpu.is_empty() && triple.split('-').next() == Some(cpu)).take(3).collect();
        }
        let hint = if near.is_empty() {
            "targets are GNU triples such as x86_64-linux-musl or armv7-linux-musleabihf".to_owned()
        } else {
            format!("did you mean {}?", near.iter().map(|near| format!("`{near}`")).collect::<Vec<_>>().join(" or "))
        };
        Problem::at(span, format!("unknown target {}", quote(word))).hint(hint)
    })
}

fn version(axis: Axis, word: &str, span: Range<usize>) -> Result<&'static str, Problem> {
    let known = catalogue().versions(axis.package());
    known.iter().find(|version| **version == word).copied().ok_or_else(|| {
        let message = format!("{} {} is not in the catalogue", axis.key(), quote(word));
        Problem::at(span, message).hint(format!("it has {}", known.join(", ")))
    })
}

// Filters are compared with every cell, which these two bounds keep to some ten million comparisons.
const _: () = assert!(MAX_ITEMS * super::MAX_CELLS <= 10_000_000);
