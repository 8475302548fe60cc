//! `[sdk.NAME]`: the macOS SDKs that a matrix names.

use std::ops::Range;
use std::sync::Arc;

use serde_json::json;
use toml::de::{DeTable, DeValue};

use crate::catalogue::{Package, Release, Unpinned};
use crate::diag::{Problem, quote};
use crate::family::table::Meaning;
use crate::family::{Entries, Import, Key, Table};
use crate::nix::hash::Sha256;
use crate::reader::UserFiles;
use crate::reader::{Reader, Value};
use crate::word::Word;
use crate::words;

pub const MACOS_SDK: Package = Package::new("macos-sdk");
pub const XNU: Package = Package::new("xnu");

/// The SDK that needs no table.
pub const ZIG: &str = "zig";

/// A macOS SDK: headers, and stubs of the libraries that programs are linked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sdk {
    /// As the matrix calls it: lower-case letters, digits and `-`.
    pub name: String,
    pub source: SdkSource,
}

/// The source of an SDK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SdkSource {
    /// zig's open headers.
    Zig,
    /// A tree of the user's, which the lock knows by the SDK's name.
    File,
    /// Apple's own. The user accepted its licence.
    Apple(&'static Release),
    /// zig's headers with those of Apple's open-source kernel. The NAR hash of its tree is the user's.
    Xnu { release: &'static Unpinned, hash: Sha256 },
}

words! {
    /// A kind of SDK that a table can name.
    pub enum SdkKind: "kind of SDK" {
        File = "file",
        Apple = "apple",
        Xnu = "xnu",
    }
}

impl Sdk {
    /// zig's open headers.
    pub fn zig() -> Sdk {
        Sdk { name: ZIG.to_owned(), source: SdkSource::Zig }
    }

    /// Whether MIG's interface definitions come with it.
    pub fn has_defs(&self) -> bool {
        self.source != SdkSource::Zig
    }
}

/// The table.
pub struct Sdks;

static KEYS: [Key; 4] = [
    Key {
        name: "kind",
        required: true,
        doc: "`file` is your own SDK, imported with `crossloom sdk import`. `apple` is Apple's own. `xnu` is zig's headers \
              with those of Apple's open-source kernel.",
        schema: || json!({ "type": "string", "enum": SdkKind::WORDS }),
    },
    Key {
        name: "version",
        required: false,
        doc: "For `apple` and `xnu`: a version of the catalogue.",
        schema: || json!({ "type": "string", "enum": known_versions() }),
    },
    Key {
        name: "accept-license",
        required: false,
        doc: "Required for `apple`: you accept the licence of Apple's SDK, which forbids redistribution and limits \
              use.",
        schema: || json!({ "const": true }),
    },
    Key {
        name: "hash",
        required: false,
        doc: "Required for `xnu`: the NAR hash of its tree, as Nix writes it.",
        schema: || json!({ "type": "string", "pattern": "^(sha256-[A-Za-z0-9+/]{43}=|[0-9a-f]{64}|[0-9a-z]{52})$" }),
    },
];

fn known_versions() -> Vec<&'static str> {
    let apple = MACOS_SDK.releases().iter().map(Release::version);
    apple.chain(XNU.unpinned().map(|release| release.version.as_str())).collect()
}

impl Table for Sdks {
    fn key(&self) -> &'static str {
        "sdk"
    }

    fn summary(&self) -> &'static str {
        "macOS SDKs by the names that `sdk` lists take. `zig` needs no table."
    }

    fn what(&self) -> &'static str {
        "an SDK"
    }

    fn used_in(&self) -> &'static str {
        "[darwin] with sdk"
    }

    fn keys(&self) -> &'static [Key] {
        &KEYS
    }

    fn reserved(&self) -> &'static [&'static str] {
        &["zig", "sdk", "llvm", "osxcross", "mig", "tarball"]
    }

    fn built_in(&self) -> &'static [&'static str] {
        &[ZIG]
    }

    fn built_in_value(&self, name: &str) -> Option<Meaning> {
        (name == ZIG).then(|| Arc::new(Sdk::zig()) as Meaning)
    }

    fn read(&self, reader: &mut Reader, name: &str, value: &Value<'_>, _: &dyn UserFiles) -> Option<Meaning> {
        let source = read_source(reader, name, value)?;
        Some(Arc::new(Sdk { name: name.to_owned(), source }))
    }

    /// Two names for one SDK would be two names for one cell.
    fn compare(&self, reader: &mut Reader, entries: &Entries) {
        let mut seen: Vec<Arc<Sdk>> = Vec::new();
        for entry in entries.values() {
            let sdk = entry.named.meaning.clone().and_then(|meaning| meaning.downcast::<Sdk>().ok());
            let Some(sdk) = sdk else { continue };
            match seen.iter().find(|other| is_same(&sdk.source, &other.source)) {
                Some(other) => {
                    let message = format!("[sdk.{}] and [sdk.{}] are the same SDK", sdk.name, other.name);
                    reader.report(Problem::at(entry.span.clone(), message).hint("keep one of the two"));
                }
                None => seen.push(sdk),
            }
        }
    }

    fn import(&self, meaning: &Meaning) -> Option<Import> {
        let sdk = meaning.clone().downcast::<Sdk>().ok()?;
        Some(match sdk.source {
            SdkSource::Zig => Import::Fetched(ZIG),
            SdkSource::File => Import::Needed,
            SdkSource::Apple(_) => Import::Fetched(SdkKind::Apple.as_str()),
            SdkSource::Xnu { .. } => Import::Fetched(SdkKind::Xnu.as_str()),
        })
    }

    fn missing_hint(&self) -> &'static str {
        "known: zig; others are tables of the file, e.g. [sdk.mine]"
    }
}

fn is_same(one: &SdkSource, other: &SdkSource) -> bool {
    match (one, other) {
        // Files are told apart by their names.
        (SdkSource::File, _) => false,
        // One version of xnu has one hash; two of them contradict each other.
        (SdkSource::Xnu { release, .. }, SdkSource::Xnu { release: other, .. }) => release == other,
        (one, other) => one == other,
    }
}

fn read_source(reader: &mut Reader, name: &str, value: &Value<'_>) -> Option<SdkSource> {
    let place = format!("[sdk.{name}]");
    let table = reader.table(value, &place, &(&Sdks as &dyn Table).key_names())?;
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
        Some(value) => reader.word(value, "kind", SdkKind::read)?,
        None => {
            let hint = "kind = \"file\" is your own SDK; \"apple\" and \"xnu\" are downloaded";
            reader.missing.push(Problem::at(value.span(), format!("`kind` is missing in {place}")).hint(hint));
            return None;
        }
    };
    let source = match kind.value {
        SdkKind::File => {
            let hint = format!("everything else is in the lock: `crossloom sdk import --name {name} FILE` writes it");
            idle(reader, table, &place, "file", &["version", "accept-license", "hash"], &hint);
            Some(SdkSource::File)
        }
        SdkKind::Apple => {
            idle(reader, table, &place, "apple", &["hash"], "the catalogue knows the hash");
            if accepted != Some(true) {
                let span = table.get("accept-license").map_or(value.span(), |value| value.span());
                reader.report(licence(span, &place));
            }
            let known = MACOS_SDK.releases().iter().map(|release| (release.version(), release)).collect();
            known_version(reader, table, version, MACOS_SDK, known).map(SdkSource::Apple)
        }
        SdkKind::Xnu => {
            let hint = "xnu's headers are under Apple's open-source licence, which asks for nothing here";
            idle(reader, table, &place, "xnu", &["accept-license"], hint);
            let known = XNU.unpinned().map(|release| (release.version.as_str(), release)).collect();
            let release = known_version(reader, table, version, XNU, known);
            let hash = table.get("hash").and_then(|value| reader.word(value, "hash", read_hash)).map(|hash| hash.value);
            if table.get("hash").is_none() {
                let hint = "give the NAR hash of the unpacked archive, hash = \"sha256-…\": no independent set of packages \
                            publishes it, so crossloom has none to vouch for";
                reader.missing.push(Problem::at(value.span(), format!("`hash` is missing in {place}")).hint(hint));
            }
            release.zip(hash).map(|(release, hash)| SdkSource::Xnu { release, hash })
        }
    };
    source.filter(|_| reader.problems.len() + reader.missing.len() == before)
}

fn licence(span: Range<usize>, place: &str) -> Problem {
    let message = format!("{place} is Apple's SDK, and its licence has not been accepted");
    Problem::at(span, message).hint(
        "the licence forbids redistribution and limits use to Apple's hardware; `accept-license = true` says that you accept \
         it. Without it: sdk = [\"zig\"], the default, which has open headers; or kind = \"file\", your own SDK",
    )
}

/// Reports keys that mean nothing for a kind.
fn idle(reader: &mut Reader, table: &DeTable<'_>, place: &str, kind: &str, keys: &[&str], hint: &str) {
    for key in keys {
        if let Some(value) = table.get(*key) {
            let message = format!("`{key}` has no meaning in {place}, whose kind is {kind}");
            reader.report(Problem::at(value.span(), message).hint(format!("remove it: {hint}")));
        }
    }
}

/// The release of a version among those that are known by theirs; the first where the table names none.
fn known_version<T: Copy>(
    reader: &mut Reader,
    table: &DeTable<'_>,
    version: Option<String>,
    package: Package,
    known: Vec<(&str, T)>,
) -> Option<T> {
    let Some(value) = table.get("version") else { return known.first().map(|(_, release)| *release) };
    let version = version?;
    if let Some((_, release)) = known.iter().find(|(name, _)| *name == version) {
        return Some(*release);
    }
    let message = format!("{} {} is not in the catalogue", package.as_str(), quote(&version));
    let versions: Vec<_> = known.iter().map(|(name, _)| *name).collect();
    reader.report(Problem::at(value.span(), message).hint(format!("it has {}", versions.join(", "))));
    None
}

fn read_hash(word: &str, span: Range<usize>) -> Result<Sha256, Problem> {
    word.parse().map_err(|_| {
        let message = format!("{} is not a SHA-256 hash", quote(word));
        Problem::at(span, message).hint("write it as Nix does: sha256- and 44 characters of base 64")
    })
}
