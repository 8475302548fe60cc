//! One family's table → [`FamilyFile`]: targets, axes and filters, checked word by word, with their places.
//!
//! Every family is read by the same code; what it may hold is data in [`keys`](super::keys).

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::DeTable;

use super::kernel::Configs;
use super::keys::{self, Axis, Family, Values};
use super::module::Modules;
use super::reader::{Loc, Reader, Value, not_among};
use super::sdk::Sdks;
use super::{Flags, Languages};
use crate::catalogue::catalogue;
use crate::diag::{Problem, closest, quote};
use crate::target::{DarwinTarget, System};

/// A family's table, e.g. `[musl-gcc]`.
#[derive(Debug)]
pub struct FamilyFile {
    pub family: Family,
    pub span: Range<usize>,
    /// Triples of the family's own.
    pub targets: Vec<Loc<&'static str>>,
    /// Every axis of the family has an entry.
    pub axes: BTreeMap<Axis, Vec<Loc<String>>>,
    pub languages: Languages,
    /// Names of modules that are built against every cell.
    pub modules: Vec<Loc<String>>,
    pub excludes: Vec<Exclude>,
    pub includes: Vec<Filter>,
    pub overrides: Vec<Override>,
}

/// Names cells by what they have in common; what is not named is not compared.
#[derive(Debug)]
pub struct Filter {
    pub span: Range<usize>,
    pub target: Option<&'static str>,
    pub values: BTreeMap<Axis, String>,
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

/// What the words of a family's table can mean.
struct Words<'a> {
    family: Family,
    named: &'a Named,
}

/// What a file gives names to, for axes to take.
pub struct Named {
    pub sdks: Sdks,
    pub configs: Configs,
    pub modules: Modules,
}

impl Words<'_> {
    fn target(&self, word: &str, span: Range<usize>) -> Result<&'static str, Problem> {
        let known = self.family.triples();
        known.iter().find(|triple| **triple == word).copied().ok_or_else(|| unknown_target(self.family, word, span))
    }

    fn value(&self, axis: Axis, word: &str, span: Range<usize>) -> Result<String, Problem> {
        let known = match axis.values() {
            Values::Versions(package) => {
                let known = catalogue().versions(package);
                return known.iter().find(|version| **version == word).map(|version| (*version).to_owned()).ok_or_else(
                    || {
                        let message = format!("{} {} is not in the catalogue", axis.key(), quote(word));
                        Problem::at(span, message).hint(format!("it has {}", known.join(", ")))
                    },
                );
            }
            Values::Words(words) => words.to_vec(),
            Values::Sdks => std::iter::once(keys::ZIG).chain(self.named.sdks.keys().map(String::as_str)).collect(),
            Values::Configs => {
                let own = self.named.configs.keys().map(String::as_str);
                keys::KERNEL_CONFIGS.iter().copied().chain(own).collect()
            }
        };
        if known.contains(&word) {
            return Ok(word.to_owned());
        }
        let problem = not_among(span, axis.key(), word, known.iter().copied());
        Err(match problem.hint.as_deref() {
            Some("known: zig") => {
                problem.hint(format!("known: zig; others are tables of the file, e.g. [sdk.{}]", "mine"))
            }
            _ => problem,
        })
    }

    fn default(&self, axis: Axis) -> Option<&'static str> {
        match axis.values() {
            Values::Versions(package) => catalogue().default_version(package),
            Values::Words(words) => words.first().copied(),
            Values::Sdks => Some(keys::ZIG),
            Values::Configs => keys::KERNEL_CONFIGS.first().copied(),
        }
    }
}

/// The table of `family`; none when its extent is in doubt, so that nothing more can be said of it. Filters that have
/// problems of their own are left out of it. `sound`: whether what stands outside of it is beyond doubt.
pub fn read(
    reader: &mut Reader,
    family: Family,
    key: Range<usize>,
    value: &Value<'_>,
    named: &Named,
    sound: bool,
) -> Option<FamilyFile> {
    let before = reader.problems.len() + reader.missing.len();
    let words = Words { family, named };
    let table = reader.table(value, &format!("[{}]", family.key()), &family.keys())?;
    let targets = match table.get("targets") {
        Some(value) => reader.words(value, "targets", |word, span| words.target(word, span)),
        None => {
            let hint = format!("say what to build for: targets = [\"{}\"]", family.example());
            let message = format!("`targets` is missing in [{}]", family.key());
            reader.missing.push(Problem::at(key.clone(), message).hint(hint));
            Vec::new()
        }
    };
    let mut axes = BTreeMap::new();
    for axis in family.axes().iter().copied() {
        let values = match table.get(axis.key()) {
            Some(value) => reader.words(value, axis.key(), |word, span| words.value(axis, word, span)),
            // The default stands for the family as a whole; nothing in the text is its place.
            None => {
                let default = words.default(axis).into_iter();
                default.map(|value| Loc { value: value.to_owned(), span: key.clone() }).collect()
            }
        };
        axes.insert(axis, values);
    }
    // Any problem so far, a misspelt axis too, would make filters look stale that are not.
    let sound = sound && reader.problems.len() + reader.missing.len() == before;

    let languages = table.get("languages").filter(|_| family.has_languages());
    let languages = languages.and_then(|value| read_languages(reader, value)).unwrap_or_default();
    let modules = table.get("modules").filter(|_| family.has_modules());
    let modules = modules.map(|value| reader.words(value, "modules", |word, span| module(named, word, span)));
    let modules = modules.unwrap_or_default();
    let mut excludes = Vec::new();
    for value in entries(reader, table, "exclude") {
        excludes.extend(read_exclude(reader, &words, value));
    }
    let mut includes = Vec::new();
    for value in entries(reader, table, "include") {
        let filter = read_filter(reader, &words, value, "an entry of `include`", &family.cell_keys());
        includes.extend(filter.map(|(filter, _)| filter));
    }
    let mut overrides = Vec::new();
    if family.has_overrides() {
        for value in entries(reader, table, "override") {
            overrides.extend(read_override(reader, &words, value));
        }
    }
    sound.then_some(FamilyFile { family, span: key, targets, axes, languages, modules, excludes, includes, overrides })
}

fn entries<'v, 'i>(reader: &mut Reader, table: &'v DeTable<'i>, key: &str) -> Vec<&'v Value<'i>> {
    table.get(key).map(|value| reader.list(value, &format!("`{key}`"), "tables")).unwrap_or_default()
}

/// A filter and its table, for the keys that only some filters have; none when any part of it is wrong, since what is
/// left would match more than was meant.
fn read_filter<'v, 'i>(
    reader: &mut Reader,
    words: &Words<'_>,
    value: &'v Value<'i>,
    place: &str,
    keys: &[&str],
) -> Option<(Filter, &'v DeTable<'i>)> {
    let before = reader.problems.len();
    let table = reader.table(value, place, keys)?;
    let target = |reader: &mut Reader, value| reader.word(value, "target", |word, span| words.target(word, span));
    let wanted = table.get("target").and_then(|value| target(reader, value));
    let mut values = BTreeMap::new();
    for axis in words.family.axes().iter().copied() {
        let Some(value) = table.get(axis.key()) else { continue };
        if let Some(found) = reader.word(value, axis.key(), |word, span| words.value(axis, word, span)) {
            values.insert(axis, found.value);
        }
    }
    let filter = Filter { span: value.span(), target: wanted.map(|target| target.value), values };
    (reader.problems.len() == before).then_some((filter, table))
}

fn read_exclude(reader: &mut Reader, words: &Words<'_>, value: &Value<'_>) -> Option<Exclude> {
    let (filter, table) = read_filter(reader, words, value, "an entry of `exclude`", &words.family.exclude_keys())?;
    if table.is_empty() {
        let problem = Problem::at(value.span(), "an entry of `exclude` names nothing, so it would drop every cell");
        let axis = words.family.axes().first().map_or("system", |axis| axis.key());
        reader.report(problem.hint(format!("name what to drop: {{ target = \"…\", {axis} = \"…\" }}")));
        return None;
    }
    let system = match table.get("system") {
        Some(value) => Some(reader.word(value, "system", system)?.value),
        None => None,
    };
    Some(Exclude { filter, system })
}

fn read_override(reader: &mut Reader, words: &Words<'_>, value: &Value<'_>) -> Option<Override> {
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
    let (filter, _) = read_filter(reader, words, matching, "`match`", &words.family.cell_keys())?;
    Some(Override { filter, flags, languages })
}

fn module(named: &Named, word: &str, span: Range<usize>) -> Result<String, Problem> {
    if named.modules.contains_key(word) {
        return Ok(word.to_owned());
    }
    let problem = not_among(span, "module", word, named.modules.keys().map(String::as_str));
    Err(match named.modules.is_empty() {
        true => {
            problem.hint("a module is a table of the file: [linux-module.hello] with source = \"hello\", its folder")
        }
        false => problem,
    })
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

pub fn system(word: &str, span: Range<usize>) -> Result<System, Problem> {
    System::parse(word).ok_or_else(|| not_among(span, "system", word, System::ALL.map(System::as_str)))
}

fn unknown_target(family: Family, word: &str, span: Range<usize>) -> Problem {
    let known = family.triples();
    if let Some(problem) = no_valgrind(family, word, span.clone()) {
        return problem;
    }
    // What GNU calls aarch64 is arm64 in Apple's triples, and in the kernel's sources.
    let apple = word.strip_prefix("aarch64-apple-").map(|rest| format!("arm64-apple-{rest}"));
    let apple = apple.or_else(|| (family == Family::Linux && word == "aarch64").then(|| "arm64".to_owned()));
    let mut near = match apple.as_deref().and_then(|apple| known.iter().find(|triple| **triple == apple)) {
        Some(triple) => vec![*triple],
        None => closest(word, known.iter().copied(), 3),
    };
    if near.is_empty() {
        // `aarch64-unknown-linux-gnu` is far from any triple, but its first word is not.
        let cpu = word.split('-').next().unwrap_or_default();
        let same = |triple: &&&str| !cpu.is_empty() && triple.split('-').next() == Some(cpu);
        near = known.iter().filter(same).take(3).copied().collect();
    }
    let hint = match (near.is_empty(), family) {
        (false, _) => {
            format!("did you mean {}?", near.iter().map(|near| format!("`{near}`")).collect::<Vec<_>>().join(" or "))
        }
        (true, Family::MuslGcc) => {
            "targets are GNU triples such as x86_64-linux-musl or armv7-linux-musleabihf".to_owned()
        }
        (true, Family::Linux) => format!("targets are {}", known.join(", ")),
        (true, _) => "targets are Apple's triples such as x86_64-apple-darwin22 or arm64-apple-darwin22".to_owned(),
    };
    Problem::at(span, format!("unknown target {}", quote(word))).hint(hint)
}

/// A macOS that there is, and that no Valgrind runs on.
fn no_valgrind(family: Family, word: &str, span: Range<usize>) -> Option<Problem> {
    let target = DarwinTarget::parse(word).filter(|_| family == Family::ValgrindDarwin)?;
    let hint = if target.arch() == "arm64" {
        "upstream's sources hold no port to macOS on arm64; x86_64-apple-darwin22 is the newest that there is"
            .to_owned()
    } else {
        let known = family.triples();
        let (first, last) = (known.first().copied().unwrap_or_default(), known.last().copied().unwrap_or_default());
        format!("it runs on {first} to {last}")
    };
    Some(Problem::at(span, format!("Valgrind does not run on {target}")).hint(hint))
}
