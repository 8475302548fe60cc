//! Tables of tables in a matrix, such as `[sdk.NAME]`: names that axes and settings take, and what they stand for.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::diag::{Problem, quote};
use crate::reader::UserFiles;
use crate::reader::{Reader, Value, own_name};

/// A kind of table.
pub trait Table: Sync {
    /// The key of the matrix: `sdk`.
    fn key(&self) -> &'static str;

    /// One sentence for the manual and the schema.
    fn summary(&self) -> &'static str;

    /// One of them, with its article: `an SDK`.
    fn what(&self) -> &'static str;

    /// The place where its names are used, for the hint about an unused one: `[FAMILY] with KEY`.
    fn used_in(&self) -> &'static str;

    /// Keys of one entry.
    fn keys(&self) -> &'static [Key];

    /// Tables that are read at most.
    fn most(&self) -> usize {
        100
    }

    /// Words that stand in names of cells: with one of them in an entry's name, two cells could have one name.
    fn reserved(&self) -> &'static [&'static str];

    /// Names that need no table, the default first.
    fn built_in(&self) -> &'static [&'static str] {
        &[]
    }

    /// The meaning of one of [`built_in`](Table::built_in).
    fn built_in_value(&self, _name: &str) -> Option<Meaning> {
        None
    }

    /// Reads one entry. `None` when it has a problem, which is reported.
    fn read(&self, reader: &mut Reader, name: &str, value: &Value<'_>, files: &dyn UserFiles) -> Option<Meaning>;

    /// Reports problems that entries have with each other.
    fn compare(&self, _reader: &mut Reader, _entries: &Entries) {}

    /// How an entry's source comes to a machine.
    fn import(&self, _meaning: &Meaning) -> Option<Import> {
        None
    }

    /// The hint for the name of an entry that does not exist, if no similar name exists.
    fn missing_hint(&self) -> &'static str;
}

/// A value of a type that the table and the families that take it know.
pub type Meaning = Arc<dyn Any + Send + Sync>;

/// One key of an entry.
pub struct Key {
    pub name: &'static str,
    pub required: bool,
    /// One sentence for the manual and the schema.
    pub doc: &'static str,
    /// Its JSON Schema without the description.
    pub schema: fn() -> Json,
}

/// A name and what it stands for.
pub struct Named {
    pub name: String,
    /// Nothing where the entry has problems of its own. Its name is known all the same, so that its uses are no problems.
    pub meaning: Option<Meaning>,
}

impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// An entry, and where it is in the file.
#[derive(Debug, Clone)]
pub struct Entry {
    pub span: Range<usize>,
    pub named: Arc<Named>,
}

/// The entries of a file, by their names.
pub type Entries = BTreeMap<String, Entry>;

/// What a lock file beside the matrix says of one package.
pub struct Locked<'a, D> {
    pub name: &'a str,
    pub version: &'a str,
    /// Of its archive.
    pub digest: &'a D,
}

/// Reports packages that two entries lock in one version with different digests: one of their lock files was changed.
///
/// `key` is the table's, `T` the meaning of its entries, `locked` what an entry's lock says. `digests` names what differs,
/// and `hint` is the problem's.
pub fn same_digests<T: Any + Send + Sync, D: PartialEq>(
    reader: &mut Reader,
    (key, entries): (&str, &Entries),
    locked: impl Fn(&T) -> Vec<Locked<'_, D>>,
    (digests, hint): (&str, &str),
) {
    let mut known: BTreeMap<(&str, &str), (&D, &str)> = BTreeMap::new();
    for (name, entry) in entries {
        let meaning = entry.named.meaning.as_ref().and_then(|meaning| meaning.downcast_ref::<T>());
        for it in meaning.map(&locked).into_iter().flatten() {
            let (first, owner) = *known.entry((it.name, it.version)).or_insert((it.digest, name));
            if first != it.digest {
                let message = format!(
                    "[{key}.{name}] and [{key}.{owner}] lock {} {} with different {digests}",
                    it.name, it.version
                );
                reader.report(Problem::at(entry.span.clone(), message).hint(hint));
            }
        }
    }
}

/// How an entry's source comes to a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Import {
    /// The user brings it with `crossloom sdk import`, and the lock records it.
    Needed,
    /// crossloom fetches it: an entry of this kind.
    Fetched(&'static str),
}

impl dyn Table + '_ {
    /// One of the names that need no table.
    pub fn built_in_entry(&self, name: &str) -> Arc<Named> {
        Arc::new(Named { name: name.to_owned(), meaning: self.built_in_value(name) })
    }

    /// The names of its keys.
    pub fn key_names(&self) -> Vec<&'static str> {
        self.keys().iter().map(|key| key.name).collect()
    }

    /// Reads all of its entries.
    pub fn read_all(&self, reader: &mut Reader, value: Option<&Value<'_>>, files: &dyn UserFiles) -> Entries {
        let mut entries = Entries::new();
        let place = format!("[{}]", self.key());
        let tables = value.and_then(|value| reader.tables(value, &place, self.most()));
        for (key, value) in tables.into_iter().flatten() {
            let name: &str = key.get_ref();
            let meaning = match self.check_name(name, key.span()) {
                Ok(()) => self.read(reader, name, value, files),
                Err(problem) => {
                    reader.report(problem);
                    None
                }
            };
            let named = Arc::new(Named { name: name.to_owned(), meaning });
            entries.insert(name.to_owned(), Entry { span: key.span(), named });
        }
        self.compare(reader, &entries);
        entries
    }

    fn check_name(&self, name: &str, span: Range<usize>) -> Result<(), Problem> {
        if self.built_in().contains(&name) {
            let message = format!("{} is {} that does not need a table", quote(name), self.what());
            return Err(Problem::at(span, message).hint("choose another name"));
        }
        own_name(self.what(), name, self.reserved(), span)
    }
}
