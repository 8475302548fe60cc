//! One family's table → [`FamilyFile`]: targets, axes, settings and filters, checked word by word, with their places.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::versions::Releases;
use crate::catalogue::Release;
use crate::diag::{Problem, closest, quote};
use crate::family::Value as AxisValue;
use crate::family::{Axis, Entries, Kind, Misspelt, Named, Registered, Setting, SettingValue, Table, TargetId, Values};
use crate::platform::System;
use crate::reader::{Loc, Reader, Value, not_among};

/// A family's table.
#[derive(Debug)]
pub struct FamilyFile {
    pub family: &'static dyn Registered,
    pub span: Range<usize>,
    pub targets: Vec<Loc<TargetId>>,
    /// For each axis of the family, in their order, at least one value.
    pub axes: Vec<Vec<Loc<AxisValue>>>,
    pub settings: BTreeMap<&'static str, SettingValue>,
    pub excludes: Vec<Exclude>,
    pub includes: Vec<Filter>,
    pub overrides: Vec<Override>,
}

/// Names cells by what they have in common; what is not named is not compared.
#[derive(Debug)]
pub struct Filter {
    pub span: Range<usize>,
    pub target: Option<TargetId>,
    /// By place of the axis.
    pub values: BTreeMap<usize, AxisValue>,
}

/// One entry of `exclude`.
#[derive(Debug)]
pub struct Exclude {
    pub filter: Filter,
    pub system: Option<System>,
}

/// One entry of `override`.
#[derive(Debug)]
pub struct Override {
    pub filter: Filter,
    pub settings: BTreeMap<&'static str, SettingValue>,
}

impl FamilyFile {
    /// Whether a release stands on one of its axes, or in an `include`.
    pub fn has(&self, release: &'static Release) -> bool {
        let included = self.includes.iter().flat_map(|include| include.values.values());
        let mut values = self.axes.iter().flatten().map(|value| &value.value).chain(included);
        values.any(|value| matches!(value, AxisValue::Release(known) if std::ptr::eq(*known, release)))
    }

    /// The names of a table that the family uses.
    pub fn names_of(&self, table: &dyn Table) -> Vec<&str> {
        let of_table = |axis: &Axis| matches!(axis.values, Values::Names(of) if of.key() == table.key());
        let places: Vec<_> = self.family.axes().iter().enumerate().filter(|(_, axis)| of_table(axis)).collect();
        let mut names = Vec::new();
        for (place, _) in places {
            names.extend(self.axes.get(place).into_iter().flatten().map(|value| value.value.as_str()));
            names.extend(self.includes.iter().filter_map(|include| include.values.get(&place)).map(AxisValue::as_str));
        }
        for setting in self.family.settings() {
            if let (Kind::Names(of), Some(SettingValue::Names(named))) = (setting.kind, self.settings.get(setting.key))
                && of.key() == table.key()
            {
                names.extend(named.iter().map(|named| named.name.as_str()));
            }
        }
        names
    }
}

/// The meanings of the words in a family's table.
struct Words<'a> {
    family: &'static dyn Registered,
    tables: &'a [(&'static dyn Table, Entries)],
    releases: &'a Releases<'a>,
}

impl Words<'_> {
    fn target(&self, word: &str, span: Range<usize>) -> Result<TargetId, Problem> {
        let mut known = self.family.targets().into_iter().enumerate();
        let found = known.find(|(_, name)| *name == word).map(|(index, name)| TargetId { index, name });
        found.ok_or_else(|| unknown_target(self.family, word, span))
    }

    fn value(&self, axis: &Axis, word: &str, span: Range<usize>) -> Result<AxisValue, Problem> {
        match axis.values {
            Values::Releases(package) => self.releases.find(axis.key, package, word, span).map(AxisValue::Release),
            Values::Words(words) => {
                let found = words.iter().find(|known| **known == word).copied();
                found.map(AxisValue::Word).ok_or_else(|| not_among(span, axis.key, word, axis.known()))
            }
            Values::Names(table) => self.named(table, axis.key, word, span).map(AxisValue::Name),
        }
    }

    /// An entry of a table, or one of the names that need none.
    fn named(
        &self,
        table: &'static dyn Table,
        what: &str,
        word: &str,
        span: Range<usize>,
    ) -> Result<Arc<Named>, Problem> {
        if table.built_in().contains(&word) {
            return Ok(table.built_in_entry(word));
        }
        let entries = self.tables.iter().find(|(of, _)| of.key() == table.key()).map(|(_, entries)| entries);
        if let Some(entry) = entries.and_then(|entries| entries.get(word)) {
            return Ok(entry.named.clone());
        }
        let own = entries.into_iter().flatten().map(|(name, _)| name.as_str());
        let known: Vec<&str> = table.built_in().iter().copied().chain(own).collect();
        let problem = not_among(span, what, word, known.iter().copied());
        let far = problem.hint.as_deref().is_some_and(|hint| hint.starts_with("known:"));
        Err(match known.len() == table.built_in().len() && far {
            true => problem.hint(table.missing_hint()),
            false => problem,
        })
    }
}

/// The table of `family`; none when its extent is in doubt, so that nothing more can be said of it. Filters that have
/// problems of their own are left out of it. `sound`: whether what stands outside of it is beyond doubt.
pub fn read(
    reader: &mut Reader,
    family: &'static dyn Registered,
    key: Range<usize>,
    value: &Value<'_>,
    (tables, releases): (&[(&'static dyn Table, Entries)], &Releases<'_>),
    sound: bool,
) -> Option<FamilyFile> {
    let before = reader.count();
    let words = Words { family, tables, releases };
    let about = family.about();
    let table = reader.table(value, &format!("[{}]", about.key), &family.keys())?;
    let targets = match table.get("targets") {
        Some(value) => reader.words(value, "targets", |word, span| words.target(word, span)),
        None => {
            let hint = format!("say what to build for: targets = [\"{}\"]", about.example_target);
            let message = format!("`targets` is missing in [{}]", about.key);
            reader.missing.push(Problem::at(key.clone(), message).hint(hint));
            Vec::new()
        }
    };
    let mut axes = Vec::new();
    for axis in family.axes() {
        axes.push(match table.get(axis.key) {
            Some(value) => {
                let values = reader.words(value, axis.key, |word, span| words.value(axis, word, span));
                // In a table with a problem, any version may be another than the one that stands for it here.
                if releases.own.is_doubtful() { values } else { once(reader, axis, values) }
            }
            // The default stands for the family as a whole; nothing in the text is its place.
            None => axis.default().into_iter().map(|value| Loc { value, span: key.clone() }).collect(),
        });
    }
    // Any problem so far, a misspelt axis too, would make filters look stale that are not.
    let sound = sound && reader.count() == before;

    let settings = read_settings(reader, &words, family.settings(), table);
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
    if !family.overrides().is_empty() {
        for value in entries(reader, table, "override") {
            overrides.extend(read_override(reader, &words, value));
        }
    }
    sound.then_some(FamilyFile { family, span: key, targets, axes, settings, excludes, includes, overrides })
}

/// The values without those that a word before them means already, which are reported: two shorthands may mean one release.
fn once(reader: &mut Reader, axis: &Axis, values: Vec<Loc<AxisValue>>) -> Vec<Loc<AxisValue>> {
    let mut distinct: Vec<Loc<AxisValue>> = Vec::new();
    for value in values {
        if distinct.iter().any(|known| known.value == value.value) {
            let message = format!("two words of {} mean {}", axis.key, quote(value.value.as_str()));
            reader.report(Problem::at(value.span, message).hint("remove one of them"));
        } else {
            distinct.push(value);
        }
    }
    distinct
}

fn entries<'v, 'i>(reader: &mut Reader, table: &'v DeTable<'i>, key: &str) -> Vec<&'v Value<'i>> {
    table.get(key).map(|value| reader.list(value, &format!("`{key}`"), "tables")).unwrap_or_default()
}

/// The settings of a table that are there and have no problem.
fn read_settings(
    reader: &mut Reader,
    words: &Words<'_>,
    settings: &'static [Setting],
    table: &DeTable<'_>,
) -> BTreeMap<&'static str, SettingValue> {
    let mut read = BTreeMap::new();
    for setting in settings {
        let Some(value) = table.get(setting.key) else { continue };
        if let Some(value) = read_setting(reader, words, setting, value) {
            read.insert(setting.key, value);
        }
    }
    read
}

fn read_setting(reader: &mut Reader, words: &Words<'_>, setting: &Setting, value: &Value<'_>) -> Option<SettingValue> {
    let key = setting.key;
    match setting.kind {
        Kind::Flags(fixed) => Some(SettingValue::Flags(reader.flags(value, key, fixed))),
        Kind::Text(form) => {
            let text = reader.string(value, key)?;
            if !(form.is_met_by)(text) {
                let message = format!("{} cannot be the `{key}`", quote(text));
                reader.report(Problem::at(value.span(), message).hint(form.hint));
                return None;
            }
            Some(SettingValue::Text(text.to_owned()))
        }
        Kind::Switch => match value.get_ref() {
            DeValue::Boolean(on) => Some(SettingValue::Switch(*on)),
            other => {
                reader.wrong_type(value.span(), key, "true or false", other);
                None
            }
        },
        Kind::Names(table) => {
            let what = table.what().split_once(' ').map_or(key, |(_, what)| what);
            let names = reader.words(value, key, |word, span| words.named(table, what, word, span));
            Some(SettingValue::Names(names.into_iter().map(|name| name.value).collect()))
        }
        Kind::Words { known, required, default } => {
            let before = reader.count();
            let what = key.strip_suffix('s').unwrap_or(key);
            let read = reader.words(value, key, |word, span| {
                let found = known.iter().find(|known| **known == word).copied();
                found.ok_or_else(|| not_among(span, what, word, known.iter().copied()))
            });
            if reader.count() > before {
                return None;
            }
            let read: Vec<_> = read.into_iter().map(|word| word.value).collect();
            if let Some((word, why)) = required.filter(|(word, _)| !read.contains(word)) {
                let problem = Problem::at(value.span(), format!("`{key}` lacks `{word}`, {why}"));
                let all: Vec<_> = default.iter().map(|word| format!("\"{word}\"")).collect();
                reader.report(problem.hint(format!("write {key} = [{}]", all.join(", "))));
                return None;
            }
            Some(SettingValue::Words(read))
        }
    }
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
    for (place, axis) in words.family.axes().iter().enumerate() {
        let Some(value) = table.get(axis.key) else { continue };
        if let Some(found) = reader.word(value, axis.key, |word, span| words.value(axis, word, span)) {
            values.insert(place, found.value);
        }
    }
    let filter = Filter { span: value.span(), target: wanted.map(|target| target.value), values };
    (reader.problems.len() == before).then_some((filter, table))
}

fn read_exclude(reader: &mut Reader, words: &Words<'_>, value: &Value<'_>) -> Option<Exclude> {
    let (filter, table) = read_filter(reader, words, value, "an entry of `exclude`", &words.family.exclude_keys())?;
    if table.is_empty() {
        let problem = Problem::at(value.span(), "an empty entry of `exclude` would drop every cell");
        let axis = words.family.axes().first().map_or("system", |axis| axis.key);
        reader.report(problem.hint(format!("name what to drop: {{ target = \"…\", {axis} = \"…\" }}")));
        return None;
    }
    let system = match table.get("system") {
        Some(value) => Some(reader.word(value, "system", System::in_matrix)?.value),
        None => None,
    };
    Some(Exclude { filter, system })
}

fn read_override(reader: &mut Reader, words: &Words<'_>, value: &Value<'_>) -> Option<Override> {
    let place = "an entry of `override`";
    let table = reader.table(value, place, &words.family.override_keys())?;
    let settings = read_settings(reader, words, words.family.overrides(), table);
    if table.keys().all(|key| key.get_ref() == "match") {
        let keys: Vec<_> = words.family.overrides().iter().map(|setting| setting.key).collect();
        let hint = format!("set one of {}", keys.join(", "));
        reader.report(Problem::at(value.span(), format!("{place} sets nothing")).hint(hint));
    }
    let Some(matching) = table.get("match") else {
        let hint = "say which cells it is for: match = { target = \"…\" }; match = {} is for all";
        reader.missing.push(Problem::at(value.span(), format!("`match` is missing in {place}")).hint(hint));
        return None;
    };
    let (filter, _) = read_filter(reader, words, matching, "`match`", &words.family.cell_keys())?;
    Some(Override { filter, settings })
}

fn unknown_target(family: &dyn Registered, word: &str, span: Range<usize>) -> Problem {
    let known = family.targets();
    let alias = match family.misspelt(word) {
        Some(Misspelt::Refused(wrong)) => return wrong.at(span),
        Some(Misspelt::Alias(alias)) => known.iter().find(|target| **target == alias),
        None => None,
    };
    let mut near = match alias {
        Some(target) => vec![*target],
        None => closest(word, known.iter().copied(), 3),
    };
    if near.is_empty() {
        // `aarch64-unknown-linux-gnu` is far from any triple, but its first word is not.
        let cpu = word.split('-').next().unwrap_or_default();
        let same = |triple: &&&str| !cpu.is_empty() && triple.split('-').next() == Some(cpu);
        near = known.iter().filter(same).take(3).copied().collect();
    }
    let hint = match near.is_empty() {
        false => {
            format!("did you mean {}?", near.iter().map(|near| format!("`{near}`")).collect::<Vec<_>>().join(" or "))
        }
        true => family.about().spelling.to_owned(),
    };
    Problem::at(span, format!("unknown target {}", quote(word))).hint(hint)
}
