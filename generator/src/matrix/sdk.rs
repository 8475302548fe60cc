//! `[sdk.NAME]`: the macOS SDKs that a matrix names.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::keys;
use super::reader::{Reader, Value, not_among, own_name};
use super::{Sdk, SdkKind};
use crate::catalogue::catalogue;
use crate::diag::{Problem, quote};
use crate::nix::hash::Sha256;

/// Words that stand in names of cells and nodes: with one of them in an SDK's name, two cells could have one name.
const RESERVED: &[&str] = &["zig", "sdk", "llvm", "osxcross", "mig", "tarball"];

/// The SDKs of a file, with the place of each. One that has problems of its own is none, but its name is known.
pub type Sdks = BTreeMap<String, (Range<usize>, Option<Sdk>)>;

/// Tables that are read at most. Each word that is no SDK's name is compared with all of those names, letter by letter.
const MAX_SDKS: usize = 100;

/// Reads `[sdk]`.
pub fn read(reader: &mut Reader, value: Option<&Value<'_>>) -> Sdks {
    let mut sdks = Sdks::new();
    let table = value.and_then(|value| reader.tables(value, "[sdk]", MAX_SDKS));
    for (key, value) in table.into_iter().flatten() {
        let name: &str = key.get_ref();
        if let Err(problem) = own_name("an SDK", name, RESERVED, key.span()) {
            reader.report(problem);
            // Known all the same: its uses are no problems of their own.
            sdks.insert(name.to_owned(), (key.span(), None));
            continue;
        }
        let sdk = read_kind(reader, name, value).map(|kind| Sdk { name: name.to_owned(), kind });
        sdks.insert(name.to_owned(), (key.span(), sdk));
    }
    alike(reader, &sdks);
    sdks
}

/// Two names for one SDK would be two names for one cell.
fn alike(reader: &mut Reader, sdks: &Sdks) {
    let mut seen: Vec<(&str, &SdkKind)> = Vec::new();
    for (span, sdk) in sdks.values() {
        let Some(sdk) = sdk else { continue };
        let same = |kind: &SdkKind| match (&sdk.kind, kind) {
            // Files are told apart by their names.
            (SdkKind::File, _) => false,
            // One version of xnu has one hash; two of them contradict each other.
            (SdkKind::Xnu { version, .. }, SdkKind::Xnu { version: other, .. }) => version == other,
            (one, other) => one == other,
        };
        match seen.iter().find(|(_, kind)| same(kind)) {
            Some((other, _)) => {
                let message = format!("[sdk.{}] is the SDK that [sdk.{other}] is already", sdk.name);
                reader.report(Problem::at(span.clone(), message).hint("keep one of the two"));
            }
            None => seen.push((&sdk.name, &sdk.kind)),
        }
    }
}

fn read_kind(reader: &mut Reader, name: &str, value: &Value<'_>) -> Option<SdkKind> {
    let place = format!("[sdk.{name}]");
    let table = reader.table(value, &place, keys::SDK)?;
    let before = reader.problems.len() + reader.missing.len();
    let read = |reader: &mut Reader, key: &str| {
        let value = table.get(key)?;
        reader.string(value, &format!("`{key}` of {place}")).map(str::to_owned)
    };
    let accepted = table.get("accept-license").and_then(|value| match value.get_ref() {
        DeValue::Boolean(accepted) => Some(*accepted),
        other => {
            reader.wrong_type(value.span(), "`accept-license`", "true or false", other);
            None
        }
    });
    let version = read(reader, "version");
    let kind = match table.get("kind") {
        Some(value) => reader.word(value, "kind", |word, span| match keys::SDK_KINDS.contains(&word) {
            true => Ok(word.to_owned()),
            false => Err(not_among(span, "kind of SDK", word, keys::SDK_KINDS.iter().copied())),
        })?,
        None => {
            let hint = "kind = \"file\" is an SDK of your own; \"apple\" and \"xnu\" are fetched";
            reader.missing.push(Problem::at(value.span(), format!("`kind` is missing in {place}")).hint(hint));
            return None;
        }
    };
    let kind = match kind.value.as_str() {
        "file" => {
            let hint =
                format!("everything else stands in the lock: `crossloom sdk import --name {name} FILE` puts it there");
            idle(reader, table, &place, "file", &["version", "accept-license", "hash"], &hint);
            Some(SdkKind::File)
        }
        "apple" => {
            idle(reader, table, &place, "apple", &["hash"], "the catalogue knows the hash");
            if accepted != Some(true) {
                let span = table.get("accept-license").map_or(value.span(), |value| value.span());
                reader.report(licence(span, &place));
            }
            let version = known_version(reader, table, version, "macos-sdk", catalogue().versions("macos-sdk"));
            version.map(|version| SdkKind::Apple { version })
        }
        _ => {
            let hint = "xnu's headers are under Apple's open-source licence, which asks for nothing here";
            idle(reader, table, &place, "xnu", &["accept-license"], hint);
            let version = known_version(reader, table, version, "xnu", catalogue().unpinned_versions("xnu"));
            let hash = table.get("hash").and_then(|value| reader.word(value, "hash", read_hash)).map(|hash| hash.value);
            if table.get("hash").is_none() {
                let hint = "give the NAR hash of the unpacked archive, hash = \"sha256-…\": no independent set of packages \
                            publishes it, so crossloom has none to vouch for";
                reader.missing.push(Problem::at(value.span(), format!("`hash` is missing in {place}")).hint(hint));
            }
            version.zip(hash).map(|(version, hash)| SdkKind::Xnu { version, hash })
        }
    };
    kind.filter(|_| reader.problems.len() + reader.missing.len() == before)
}

fn licence(span: Range<usize>, place: &str) -> Problem {
    let message = format!("{place} is Apple's SDK, and its licence has not been accepted");
    Problem::at(span, message).hint(
        "the licence bars redistribution and limits use to Apple's hardware; `accept-license = true` says that you accept \
         it. Without it: sdk = [\"zig\"], open headers that are the default; or kind = \"file\", an SDK of your own",
    )
}

/// Reports keys that mean nothing for a kind.
fn idle(reader: &mut Reader, table: &DeTable<'_>, place: &str, kind: &str, keys: &[&str], hint: &str) {
    for key in keys {
        if let Some(value) = table.get(*key) {
            let message = format!("`{key}` means nothing in {place}, whose kind is {kind}");
            reader.report(Problem::at(value.span(), message).hint(format!("remove it: {hint}")));
        }
    }
}

fn known_version(
    reader: &mut Reader,
    table: &DeTable<'_>,
    version: Option<String>,
    package: &str,
    known: Vec<&str>,
) -> Option<String> {
    let Some(value) = table.get("version") else { return known.first().map(|first| (*first).to_owned()) };
    let version = version?;
    if known.contains(&version.as_str()) {
        return Some(version);
    }
    let message = format!("{package} {} is not in the catalogue", quote(&version));
    reader.report(Problem::at(value.span(), message).hint(format!("it has {}", known.join(", "))));
    None
}

fn read_hash(word: &str, span: Range<usize>) -> Result<Sha256, Problem> {
    word.parse().map_err(|_| {
        let message = format!("{} is no SHA-256 hash", quote(word));
        Problem::at(span, message).hint("write it as Nix does: sha256- and 44 characters of base 64")
    })
}
