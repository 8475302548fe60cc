//! Whether two builds of a node are the same bits: a second build of this machine's, or another party's.
//!
//! [`digests`] is the file in which a party says what it built, [`narinfo`] and [`cache`] read a binary cache as
//! `nix copy --to file://DIR` writes it, and a [`Row`] is what came of one output. Nothing that another party published
//! is believed: where its files are there, they are hashed.

pub mod again;
pub mod cache;
pub mod digests;
pub mod narinfo;
pub mod own;

use std::path::PathBuf;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::nix::archive::{Difference, Kind, Side};
use crate::nix::hash::Sha256;
use digests::{Digest, Outputs};

/// The result of comparing one output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The same bits.
    Identical,
    /// Other bits.
    Differs,
    /// The other party has no such output.
    NotThere,
    /// The other party has the output of another derivation under this name.
    OtherDerivation,
    /// The contents do not match the description in the same place, so nothing follows from them.
    Damaged,
    /// There was nothing to compare with, or no way to read it.
    NotCompared,
}

impl Verdict {
    /// All of them, as they are counted.
    pub const ALL: [Verdict; 6] = [
        Verdict::Identical,
        Verdict::Differs,
        Verdict::NotThere,
        Verdict::OtherDerivation,
        Verdict::Damaged,
        Verdict::NotCompared,
    ];

    /// As it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Identical => "identical",
            Verdict::Differs => "differs",
            Verdict::NotThere => "not there",
            Verdict::OtherDerivation => "other derivation",
            Verdict::Damaged => "damaged",
            Verdict::NotCompared => "not compared",
        }
    }
}

/// An output as it was built here.
#[derive(Debug, Clone)]
pub struct Ours {
    /// Its store path.
    pub path: String,
    /// The place of its files.
    pub real: PathBuf,
    /// SHA-256 of its archive.
    pub nar: Sha256,
    /// Bytes of its archive.
    pub size: u64,
}

/// The findings about an output.
#[derive(Debug, Clone)]
pub struct Found {
    pub verdict: Verdict,
    /// The data that the other party gives for it.
    pub theirs: Option<Digest>,
    /// The first file in which they differ.
    pub difference: Option<Difference>,
    /// In words.
    pub detail: Option<String>,
}

impl Found {
    /// With nothing to add.
    pub fn new(verdict: Verdict) -> Found {
        Found { verdict, theirs: None, difference: None, detail: None }
    }

    /// With a word on it.
    pub fn saying(verdict: Verdict, detail: impl Into<String>) -> Found {
        Found { detail: Some(detail.into()), ..Found::new(verdict) }
    }

    /// Other bits, from the first file on in which they are other. `names` are what the two sides are called.
    pub fn differs(difference: Option<Difference>, names: [&str; 2]) -> Found {
        let detail = difference.as_ref().map(|difference| describe(&difference.kind, names));
        Found { difference, detail, ..Found::new(Verdict::Differs) }
    }
}

/// One line of the answer.
#[derive(Debug, Clone)]
pub struct Row {
    pub node: String,
    pub output: String,
    /// Its store path here.
    pub path: String,
    /// SHA-256 of its archive as built here, where it was.
    pub nar: Option<Sha256>,
    pub found: Found,
}

impl Row {
    /// Node, output, verdict, file and detail, with `-` for what there is not.
    pub fn columns(&self) -> Vec<String> {
        let none = || "-".to_owned();
        let file = self.file().unwrap_or_else(none);
        let detail = self.found.detail.as_deref().map_or_else(none, harmless);
        vec![self.node.clone(), self.output.clone(), self.found.verdict.as_str().to_owned(), file, detail]
    }

    /// The first file that differs, `.` for the output itself.
    fn file(&self) -> Option<String> {
        let difference = self.found.difference.as_ref()?;
        Some(if difference.file.is_empty() { ".".to_owned() } else { shown(&difference.file) })
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_struct("Row", 9)?;
        row.serialize_field("node", &self.node)?;
        row.serialize_field("output", &self.output)?;
        row.serialize_field("path", &self.path)?;
        row.serialize_field("nar", &self.nar)?;
        row.serialize_field("state", self.found.verdict.as_str())?;
        row.serialize_field("theirs", &self.found.theirs)?;
        row.serialize_field("file", &self.file())?;
        row.serialize_field("kind", &self.found.difference.as_ref().map(|difference| difference.kind.word()))?;
        row.serialize_field("detail", &self.found.detail.as_deref().map(harmless))?;
        row.end()
    }
}

/// Compares with what another party's `digests.json` holds of the node.
pub fn published(node: Option<&Outputs>, output: &str, ours: &Ours) -> Found {
    let Some(outputs) = node else { return Found::saying(Verdict::NotThere, "no such node for this build system") };
    let Some(theirs) = outputs.get(output) else {
        return Found::saying(Verdict::NotThere, "the node has no such output there");
    };
    let found = if theirs.path != ours.path {
        Found::saying(Verdict::OtherDerivation, format!("{} there", theirs.path))
    } else if theirs.nar == ours.nar {
        Found::new(Verdict::Identical)
    } else {
        Found::saying(Verdict::Differs, format!("NAR hash {} there, {} here", theirs.nar, ours.nar))
    };
    Found { theirs: Some(theirs.clone()), ..found }
}

/// A difference in words.
fn describe(kind: &Kind, [ours, theirs]: [&str; 2]) -> String {
    let name = |side: &Side| if *side == Side::Left { ours } else { theirs };
    match kind {
        Kind::Content { from, left, right } if left == right => format!("content, from byte {from} of {left}"),
        Kind::Content { from, left, right } => {
            format!("content, from byte {from}: {left} bytes in {ours}, {right} in {theirs}")
        }
        Kind::Permissions { executable } => format!("permissions: executable in {} alone", name(executable)),
        Kind::Link { left, right } => {
            format!("link to {} in {ours}, to {} in {theirs}", shown(left), shown(right))
        }
        Kind::Missing { from } => format!("missing in {}", name(from)),
        Kind::Type { left, right } => format!("{left} in {ours}, {right} in {theirs}"),
    }
}

/// A file's name for people: what it holds may do nothing to a terminal, nor look like a column.
fn shown(bytes: &[u8]) -> String {
    harmless(&String::from_utf8_lossy(bytes))
}

fn harmless(text: &str) -> String {
    let plain = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_derivation_is_never_identical() {
        let nar = Sha256::of(b"a");
        let ours = Ours { path: "/nix/store/a-x".to_owned(), real: PathBuf::new(), nar, size: 1 };
        let of = |path: &str, nar| Outputs::from([("out".to_owned(), Digest { path: path.to_owned(), nar })]);
        let verdict = |outputs: Option<&Outputs>, output| published(outputs, output, &ours).verdict;
        assert_eq!(verdict(Some(&of("/nix/store/a-x", nar)), "out"), Verdict::Identical);
        assert_eq!(verdict(Some(&of("/nix/store/a-x", Sha256::of(b"b"))), "out"), Verdict::Differs);
        assert_eq!(verdict(Some(&of("/nix/store/b-x", nar)), "out"), Verdict::OtherDerivation);
        assert_eq!(verdict(Some(&of("/nix/store/a-x", nar)), "dev"), Verdict::NotThere);
        assert_eq!(verdict(None, "out"), Verdict::NotThere);
    }

    #[test]
    fn rows_hold_no_control_characters() {
        let difference = Difference { file: b"a\tb\x1b\xff".to_vec(), kind: Kind::Missing { from: Side::Right } };
        let found = Found::differs(Some(difference), ["ours", "theirs"]);
        let row = Row { node: "n".into(), output: "out".into(), path: "p".into(), nar: None, found };
        assert_eq!(row.columns(), ["n", "out", "differs", "a\\tb\\u{1b}\u{fffd}", "missing in theirs"]);
        let json = serde_json::to_value(&row).unwrap();
        assert_eq!((&json["file"], &json["kind"]), (&"a\\tb\\u{1b}\u{fffd}".into(), &"missing".into()));
        assert!(json["theirs"].is_null() && json["nar"].is_null());
    }
}
