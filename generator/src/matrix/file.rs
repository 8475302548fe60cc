//! The text of a matrix file → [`MatrixFile`]: what the user wrote, checked word by word, with its places.
//!
//! The tree is walked by hand: serde stops at the first problem and loses places inside of tagged and flattened types.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::{DeTable, DeValue};

use super::cache;
use super::ci;
use super::source::{self, OwnReleases, Sources};
use super::table::{self, FamilyFile};
use super::versions::Releases;
use crate::catalogue::Variant;
use crate::diag::{Problem, clip, quote};
use crate::family;
use crate::family::{Entries, Import, Registered, Table};
use crate::lock::Versions;
use crate::nix::cache::Caches;
use crate::platform::{Seed, System};
use crate::reader::UserFiles;
use crate::reader::{Loc, MAX_ITEMS, Reader, Value};
use crate::service::Ci;
use crate::word::Word;

/// Keys at the top of the file beside tables of families and their tables.
const ROOT: [&str; 7] = [SCHEMA, "crossloom", "build", "sources", "source", "cache", "ci"];
/// The key by which some editors find the schema of a file. crossloom itself does nothing with its value.
pub const SCHEMA: &str = "$schema";
/// Keys of `[build]`.
pub const BUILD: [&str; 2] = ["systems", "seed"];
/// Keys of `[sources]`.
pub const SOURCES: [&str; 1] = ["prefer"];
/// The format version that this crossloom reads.
pub const FORMAT: i64 = 1;

/// Bytes of a matrix file that are read at most.
pub const MAX_FILE: usize = 1 << 20;

/// The contents of a matrix file, with defaults filled in.
#[derive(Debug)]
pub struct MatrixFile {
    pub systems: Vec<Loc<System>>,
    pub seed: Seed,
    pub prefer: Vec<Variant>,
    pub ci: Ci,
    pub caches: Caches,
    pub imports: BTreeMap<String, Import>,
    pub versions: Versions,
    /// The families whose extent is beyond doubt, in their order.
    pub families: Vec<FamilyFile>,
}

/// Reads a file. The first value is none where the text is no TOML, so that nothing more can be said of it; families
/// whose extent is in doubt are left out of it.
pub fn read(
    families: &[&'static dyn Registered],
    text: &str,
    files: &dyn UserFiles,
    locked: &Versions,
) -> (Option<MatrixFile>, Vec<Problem>) {
    if text.len() > MAX_FILE {
        let problem = Problem::whole(format!("the file has {} bytes", text.len()));
        return (None, vec![problem.hint(format!("at most {MAX_FILE} bytes are read; is this a matrix file?"))]);
    }
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader::default();
    let file = read_root(families, &mut reader, root.get_ref(), files, locked);
    if errors.is_empty() {
        reader.problems.append(&mut reader.missing);
        return (file, reader.problems);
    }
    // The parts that the parser recovered are read, too, so that all problems are seen at once; but on lines that it did not
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
    let message = format!("not valid TOML: {}", clip(&error.message()));
    Problem { span: error.span(), message, hint: None }.hint(hint)
}

/// Keys at the top of the file.
pub fn root_keys(families: &[&'static dyn Registered]) -> Vec<&'static str> {
    let tables = family::tables(families).into_iter().map(|table| table.key());
    let own = families.iter().map(|family| family.about().key);
    ROOT.into_iter().chain(tables).chain(own).collect()
}

/// A matrix to start from: a plain cell of one family, for a target of its own, built on that system.
pub fn first_matrix(family: &dyn Registered, target: &str, system: System) -> String {
    let about = family.about();
    format!(
        "#:schema ./matrix.schema.json\n\
         # `crossloom schema --write matrix.schema.json` writes that file, for completion in an editor.\n\
         # Which cross toolchains this project needs, and where they are built.\n\
         # Next: crossloom sync && crossloom plan\n\
         crossloom = {FORMAT}\n\n\
         [build]\nsystems = [\"{}\"]\n\n\
         [sources]\n\
         # Debian's archive holds every source that is built by default; `upstream` takes the authors' own files.\n\
         prefer = [\"debian\", \"upstream\"]\n\n\
         # {}\n[{}]\ntargets = [\"{target}\"]\n",
        system, about.summary, about.key,
    )
}

fn read_root(
    families: &[&'static dyn Registered],
    reader: &mut Reader,
    root: &DeTable<'_>,
    files: &dyn UserFiles,
    locked: &Versions,
) -> Option<MatrixFile> {
    reader.keys(root, "the file", &root_keys(families));
    if let Some(value) = root.get(SCHEMA) {
        reader.string(value, SCHEMA);
    }
    match root.get("crossloom") {
        Some(version) => read_version(reader, version),
        None => reader.missing.push(
            Problem::whole("`crossloom`, the format version, is missing")
                .hint(format!("write `crossloom = {FORMAT}` as the first line")),
        ),
    }
    // From here on a problem with a list leaves the matrix's extent in doubt.
    let before = reader.count();
    let (systems, seed) = read_build(reader, root);
    let tables: Vec<(&dyn Table, Entries)> = family::tables(families)
        .into_iter()
        .map(|table| (table, table.read_all(reader, root.get(table.key()), files)))
        .collect();
    let sources = (&Sources(families) as &dyn Table).read_all(reader, root.get("source"), files);
    let releases = Releases::new(OwnReleases::of(&sources), locked);
    let sound = reader.count() == before;
    let present: Vec<_> = families
        .iter()
        .filter_map(|family| root.get_key_value(family.about().key).map(|(key, value)| (*family, key, value)))
        .collect();
    if present.is_empty() {
        let mut all = families.iter().map(|family| family.about());
        let first = all.next().map(|first| format!("[{}] with targets = [\"{}\"]", first.key, first.example_target));
        let others: Vec<_> = all.map(|about| format!("[{}]", about.key)).collect();
        let hint = format!("add a table {}, or {}", first.unwrap_or_default(), others.join(", "));
        reader.missing.push(Problem::whole("the matrix has no table of a family").hint(hint));
    }
    let mut read = Vec::new();
    for (family, key, value) in &present {
        read.extend(table::read(reader, *family, key.span(), value, (&tables, &releases), sound));
    }
    // A family in doubt may use what the others do not.
    if !present.is_empty() && read.len() == present.len() {
        for (table, entries) in &tables {
            let used: BTreeSet<&str> = read.iter().flat_map(|family| family.names_of(*table)).collect();
            unused(reader, *table, entries, &used);
        }
        unused_sources(families, reader, &sources, &read);
    }
    let prefer = read_prefer(reader, root.get("sources"));
    let ci = root.get_key_value("ci").map(|(key, value)| ci::read(reader, key.span(), value)).unwrap_or_default();
    let caches =
        root.get_key_value("cache").map(|(key, value)| cache::read(reader, key.span(), value)).unwrap_or_default();
    let imports = tables.iter().flat_map(|(table, entries)| imports(*table, entries)).collect();
    let versions = releases.found.into_inner();
    Some(MatrixFile { systems, seed, prefer, ci, caches, imports, versions, families: read })
}

/// Reports each entry of a table that no axis, `include` or setting of a family names.
fn unused(reader: &mut Reader, table: &dyn Table, entries: &Entries, used: &BTreeSet<&str>) {
    for (name, entry) in entries.iter().filter(|(name, _)| !used.contains(name.as_str())) {
        let problem = Problem::at(entry.span.clone(), format!("no family uses [{}.{name}]", table.key()));
        reader.report(problem.hint(format!("name it: {} = [\"{name}\"]; or remove it", table.used_in())));
    }
}

/// Reports each source whose version no axis and no `include` of a family names.
fn unused_sources(families: &[&'static dyn Registered], reader: &mut Reader, sources: &Entries, read: &[FamilyFile]) {
    let packages = source::packages(families);
    for (name, entry) in sources {
        let Some(release) = source::release_of(entry.named.meaning.as_ref()) else { continue };
        if read.iter().any(|family| family.has(release)) {
            continue;
        }
        let (package, version) = (release.package(), release.version());
        let axis = packages.get(package).map_or(package, |(_, axis)| axis);
        let problem =
            Problem::at(entry.span.clone(), format!("no family uses [source.{name}], which is {package} {version}"));
        reader.report(problem.hint(format!("name it on an axis: {axis} = [\"{version}\"]; or remove it")));
    }
}

fn read_build(reader: &mut Reader, root: &DeTable<'_>) -> (Vec<Loc<System>>, Seed) {
    let mut seed = Seed::default();
    let add_systems = "say which machines build: [build] with systems = [\"x86_64-linux\"]";
    let Some((key, value)) = root.get_key_value("build") else {
        reader.missing.push(Problem::whole("[build] is missing").hint(add_systems));
        return (Vec::new(), seed);
    };
    let Some(build) = reader.table(value, "[build]", &BUILD) else { return (Vec::new(), seed) };
    let systems = match build.get("systems") {
        Some(value) => reader.words(value, "build.systems", System::in_matrix),
        None => {
            reader.missing.push(Problem::at(key.span(), "`systems` is missing in [build]").hint(add_systems));
            Vec::new()
        }
    };
    if let Some(value) = build.get("seed") {
        seed = reader.word(value, "build.seed", Seed::read).map_or(seed, |seed| seed.value);
    }
    (systems, seed)
}

/// How the entries of a table, and those that need none, come to a machine.
fn imports(table: &dyn Table, entries: &Entries) -> Vec<(String, Import)> {
    let built_in = table.built_in().iter().map(|name| table.built_in_entry(name));
    let all = built_in.chain(entries.values().map(|entry| entry.named.clone()));
    all.filter_map(|named| Some((named.name.clone(), table.import(named.meaning.as_ref()?)?))).collect()
}

fn read_version(reader: &mut Reader, value: &Value<'_>) {
    match value.get_ref() {
        DeValue::Integer(number) => {
            let version = i64::from_str_radix(number.as_str(), number.radix());
            if version != Ok(FORMAT) {
                let message = format!("format version {} is not known", quote(number.as_str()));
                let hint = format!("this crossloom reads `crossloom = {}`; a newer one may read more", FORMAT);
                reader.report(Problem::at(value.span(), message).hint(hint));
            }
        }
        other => reader.wrong_type(value.span(), "`crossloom`", "a whole number", other),
    }
}

fn read_prefer(reader: &mut Reader, sources: Option<&Value<'_>>) -> Vec<Variant> {
    let table = sources.and_then(|value| reader.table(value, "[sources]", &SOURCES));
    match table.and_then(|table| table.get("prefer")) {
        Some(value) => {
            reader.words(value, "sources.prefer", Variant::read).into_iter().map(|word| word.value).collect()
        }
        None => Variant::ALL.to_vec(),
    }
}

// Filters are compared with every cell, which these two bounds keep to some ten million comparisons.
const _: () = assert!(MAX_ITEMS * super::MAX_CELLS <= 10_000_000);
