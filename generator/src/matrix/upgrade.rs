//! Versions that a matrix builds from, what is newer, and the text of a matrix with newer ones.

use std::cell::Cell;
use std::collections::BTreeSet;

use serde::Serialize;
use toml_edit::{DocumentMut, Item, TableLike, Value};

use super::edit::{EditError, parsed};
use crate::catalogue::{Package, Release, catalogue, version_key};
use crate::family::{Axis, Registered, Values};
use crate::lock::Versions;

/// One version of a package in a matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    pub package: &'static str,
    /// The families that have it.
    pub families: Vec<&'static str>,
    /// The word of the matrix: a version or a shorthand. None where the matrix leaves the choice to crossloom.
    pub written: Option<String>,
    pub now: String,
    /// The newest release of the same series, and of all, that this crossloom knows.
    pub newest_in_series: Option<&'static str>,
    pub newest: &'static str,
    pub state: State,
    /// The release that `crossloom upgrade` takes, where there is one.
    pub upgrade: Option<&'static str>,
    /// For how many of the families' targets crossloom's authors tested a cell with that release, and how many there are.
    pub tested: usize,
    pub targets: usize,
}

/// What can be said of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// There is nothing newer that `crossloom upgrade` would take.
    Current,
    /// There is.
    Outdated,
    /// A newer one stands beside it.
    Kept,
    /// It is this crossloom's default, and changes with crossloom.
    Default,
    /// It is the user's.
    Own,
}

impl Row {
    /// Its state for people.
    pub fn state(&self) -> String {
        match (self.state, self.tested, self.targets) {
            (State::Current, ..) => "current".to_owned(),
            (State::Kept, ..) => "current; a newer one is there, too".to_owned(),
            (State::Default, ..) => "default".to_owned(),
            (State::Own, ..) => "your source".to_owned(),
            (State::Outdated, 0, _) => "outdated; newer one not tested".to_owned(),
            (State::Outdated, tested, all) if tested < all => {
                format!("outdated; newer one tested for {tested} of {all} targets")
            }
            (State::Outdated, ..) => "outdated; newer one tested".to_owned(),
        }
    }
}

/// Versions cannot be upgraded as asked.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum UpgradeError {
    #[error("the matrix names no version of {name:?}")]
    #[diagnostic(help("{}", hint(known)))]
    NoPackage { name: String, known: Vec<&'static str> },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Edit(#[from] EditError),
}

fn hint(known: &[&str]) -> String {
    match known {
        [] => "it names no version of any package, and takes the defaults of the crossloom that reads it".to_owned(),
        known => format!("it names versions of {}", known.join(", ")),
    }
}

/// The versions in a matrix's text, whose shorthands the lock holds to `locked`. With `latest`, versions are compared with the
/// newest release of all, else with those of their series. Rows of several families that say the same are one.
///
/// # Errors
/// A text that is not TOML.
pub fn rows(
    families: &[&'static dyn Registered],
    text: &str,
    locked: &Versions,
    latest: bool,
) -> Result<Vec<Row>, EditError> {
    let mut matrix = parsed(text)?;
    let own = own(&matrix);
    let mut rows: Vec<Row> = Vec::new();
    for (family, axis, package) in axes(families) {
        let key = family.about().key;
        let Some(table) = matrix.get_mut(key).and_then(Item::as_table_like_mut) else { continue };
        let own: Vec<&String> =
            own.iter().filter(|(of, _)| of == package.as_str()).map(|(_, version)| version).collect();
        let targets = strings(table.get("targets"));
        let listed = strings(table.get(axis.key));
        let mut words = listed.clone();
        each(table, "include", axis, |value| words.extend(value.as_str().map(str::to_owned)));
        let mut seen = BTreeSet::new();
        words.retain(|word| seen.insert(word.clone()));
        // Shorthands move by themselves, so they come first.
        words.sort_by_key(|word| package.release(word).is_some());
        let taken: Vec<&str> = words.iter().map(|word| held(package, word, locked).taken()).collect();
        let mut found: Vec<Row> = Vec::new();
        if listed.is_empty() {
            found.push(row(package, key, None, package.default().version(), (State::Default, None)));
        }
        for word in &words {
            if own.contains(&word) {
                found.push(row(package, key, Some(word.clone()), word, (State::Own, None)));
                continue;
            }
            let Held { newest, now, lost } = held(package, word, locked);
            let exact = package.release(word).is_some();
            let next = match (exact, latest) {
                (true, true) => Some(package.newest()),
                (true, false) => package.newest_of_series(word),
                (false, _) => newest,
            };
            let next = next.map(|release| release.version());
            let newer = next.filter(|next| lost || version_key(next) > version_key(now));
            // The newest of those that would become one release moves, wherever it stands. The others are there on purpose.
            let between = |newer: &str| {
                let key = |version: &&str| {
                    version_key(version) > version_key(now) && version_key(version) <= version_key(newer)
                };
                taken.iter().any(key)
            };
            let state = match newer {
                None => (State::Current, None),
                Some(newer) if exact && between(newer) => (State::Kept, None),
                Some(newer) => (State::Outdated, Some(newer)),
            };
            found.push(row(package, key, Some(word.clone()), now, state));
        }
        for mut row in found {
            row.targets = targets.len();
            row.tested = row.upgrade.map_or(0, |version| tested(key, &targets, package, version));
            let same = |known: &&mut Row| {
                let of = |row: &Row| (row.package, row.written.clone(), row.now.clone(), row.state, row.upgrade);
                of(known) == of(&row)
            };
            match rows.iter_mut().find(same) {
                Some(known) => {
                    known.families.push(key);
                    known.tested += row.tested;
                    known.targets += row.targets;
                }
                None => rows.push(row),
            }
        }
    }
    rows.sort_by(|one, other| (one.package, version_key(&one.now)).cmp(&(other.package, version_key(&other.now))));
    Ok(rows)
}

/// The meaning of a word on an axis.
struct Held<'a> {
    /// The release that the word would take now, if it is a shorthand.
    newest: Option<&'static Release>,
    /// The version that it stands for.
    now: &'a str,
    /// Whether the lock holds it to a version that this crossloom has no release for, as a newer crossloom's lock may.
    lost: bool,
}

impl<'a> Held<'a> {
    /// The version that no other word can take.
    fn taken(&self) -> &'a str {
        self.newest.filter(|_| self.lost).map_or(self.now, |newest| newest.version())
    }
}

fn held<'a>(package: Package, word: &'a str, locked: &'a Versions) -> Held<'a> {
    let exact = package.release(word).is_some();
    let Some(newest) = package.shorthand(word).ok().filter(|_| !exact) else {
        return Held { newest: None, now: word, lost: false };
    };
    let locked = locked.get(package.as_str()).and_then(|words| words.get(word)).map(String::as_str);
    let now = locked.unwrap_or(newest.version());
    let lost = package.meant(word).all(|release| release.version() != now);
    Held { newest: Some(newest), now, lost }
}

fn row(
    package: Package,
    family: &'static str,
    written: Option<String>,
    now: &str,
    (state, upgrade): (State, Option<&'static str>),
) -> Row {
    Row {
        package: package.as_str(),
        families: vec![family],
        written,
        now: now.to_owned(),
        newest_in_series: package.newest_of_series(now).map(|release| release.version()),
        newest: package.newest().version(),
        state,
        upgrade,
        tested: 0,
        targets: 0,
    }
}

fn tested(family: &str, targets: &[String], package: Package, version: &str) -> usize {
    let built = |target: &&String| {
        catalogue().built().iter().any(|built| {
            let release = built.releases.get(package.as_str());
            built.family == family && built.target == **target && release.is_some_and(|release| release == version)
        })
    };
    targets.iter().filter(built).count()
}

/// Sees that every name is a package that a row is about, and whose version the matrix names.
///
/// # Errors
/// [`UpgradeError::NoPackage`].
pub fn packages(rows: &[Row], names: &[String]) -> Result<(), UpgradeError> {
    let mut known: Vec<&str> = rows.iter().filter(|row| row.written.is_some()).map(|row| row.package).collect();
    known.dedup();
    match names.iter().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(UpgradeError::NoPackage { name: name.clone(), known }),
        None => Ok(()),
    }
}

/// The text with the upgrades of these rows in the place of exact versions, on axes and wherever else cells are named by them.
/// Shorthands stay; the lock has what they mean. A text that needs no change stays as it is, byte for byte.
///
/// # Errors
/// A text that is not TOML.
pub fn upgraded(families: &[&'static dyn Registered], text: &str, rows: &[Row]) -> Result<String, EditError> {
    let mut matrix: DocumentMut = parsed(text)?;
    let changed = Cell::new(false);
    for (family, axis, package) in axes(families) {
        let key = family.about().key;
        let Some(table) = matrix.get_mut(key).and_then(Item::as_table_like_mut) else { continue };
        let next = |word: &str| {
            let of = |row: &&Row| row.package == package.as_str() && row.families.contains(&key) && row.now == word;
            rows.iter().find(|row| of(row) && row.written.as_deref() == Some(word))?.upgrade
        };
        let change = |value: &mut Value| {
            let Some(next) = value.as_str().and_then(&next) else { return };
            let decor = value.decor().clone();
            *value = Value::from(next);
            *value.decor_mut() = decor;
            changed.set(true);
        };
        if let Some(list) = table.get_mut(axis.key).and_then(Item::as_array_mut) {
            list.iter_mut().for_each(&change);
        }
        for filters in ["include", "exclude", "override"] {
            each(table, filters, axis, &change);
        }
    }
    Ok(if changed.get() { matrix.to_string() } else { text.to_owned() })
}

/// Every axis of versions.
fn axes(
    families: &[&'static dyn Registered],
) -> impl Iterator<Item = (&'static dyn Registered, &'static Axis, Package)> {
    let of = |family: &'static dyn Registered| {
        family.axes().iter().filter_map(move |axis| match axis.values {
            Values::Releases(package) => Some((family, axis, package)),
            Values::Words(_) | Values::Names(_) => None,
        })
    };
    families.iter().copied().flat_map(of)
}

fn strings(list: Option<&Item>) -> Vec<String> {
    let values = list.and_then(Item::as_array).into_iter().flatten();
    values.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The packages and versions of the user's own sources.
fn own(matrix: &DocumentMut) -> Vec<(String, String)> {
    let tables = matrix.get("source").and_then(Item::as_table_like).map(|tables| tables.iter().collect::<Vec<_>>());
    let text = |table: &Item, key: &str| Some(table.as_table_like()?.get(key)?.as_str()?.to_owned());
    let of = |(_, table): (&str, &Item)| Some((text(table, "package")?, text(table, "version")?));
    tables.into_iter().flatten().filter_map(of).collect()
}

/// Calls a function with the value that each entry of a list of filters has for an axis. The list may be inline tables, or tables
/// with headers.
fn each(table: &mut dyn TableLike, list: &str, axis: &Axis, mut then: impl FnMut(&mut Value)) {
    let mut filter = |entry: &mut dyn TableLike| {
        let value = match entry.contains_key("match") {
            true => entry.get_mut("match").and_then(Item::as_table_like_mut).and_then(|inner| inner.get_mut(axis.key)),
            false => entry.get_mut(axis.key),
        };
        if let Some(value) = value.and_then(Item::as_value_mut) {
            then(value);
        }
    };
    match table.get_mut(list) {
        Some(Item::Value(Value::Array(entries))) => {
            for entry in entries.iter_mut().filter_map(Value::as_inline_table_mut) {
                filter(entry);
            }
        }
        Some(Item::ArrayOfTables(entries)) => entries.iter_mut().for_each(|entry| filter(entry)),
        _ => {}
    }
}
