//! Store paths: which names Nix allows, and under which path it puts what (`libstore/path.cc`, `store-api.cc`).

use std::fmt;
use std::str::FromStr;

use super::hash::{FileHash, Sha256, to_nix32};
use crate::diag::start;

/// The folder where nearly every Nix keeps its store. Functions named `…_in` take another directory.
pub const STORE_DIR: &str = "/nix/store";

/// Digits of a store path's digest: 160 bits in Nix's base 32.
const DIGEST: usize = 32;

/// The longest name, in bytes: with digest, dash and a `.lock` suffix a file name stays within 255.
const LONGEST: usize = 211;

/// A text is not a store name or store path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum StoreError {
    /// No name at all.
    #[error("a Nix store name must not be empty")]
    Empty,
    /// More than 211 bytes.
    #[error("{:?} has {} bytes; a Nix store name has at most {LONGEST}", start(name), name.len())]
    Long {
        /// The name.
        name: String,
    },
    /// A leading dot.
    #[error("{:?} starts with a dot, which not every version of Nix allows in a store name", start(name))]
    Dot {
        /// The name.
        name: String,
    },
    /// A character outside `0-9 a-z A-Z + - . _ ? =`.
    #[error(
        "{:?} holds {character:?}; Nix allows only ASCII letters, digits and + - . _ ? = in a store name",
        start(name)
    )]
    Character {
        /// The name.
        name: String,
        /// The first such character.
        character: char,
    },
    /// Not `<store>/<digest>-<name>`.
    #[error(
        "{:?} is not a path directly in {1}: expected {1}/<32 digits of Nix's base 32>-<name>",
        start(text),
        start(dir)
    )]
    Path {
        /// The text that was read.
        text: String,
        /// The store that it should be in.
        dir: String,
    },
}

/// A name that every version of Nix accepts after the digest of a store path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoreName(String);

impl StoreName {
    /// The name of `text`, if it is one. Leading dots are refused: Nix 2.3 and 2.19 do so, and the versions around
    /// them and after 2.20 accept them (the latest with exceptions).
    pub fn new(text: &str) -> Result<StoreName, StoreError> {
        let name = || text.to_owned();
        if text.starts_with('.') {
            return Err(StoreError::Dot { name: name() });
        }
        check_name(text)?;
        Ok(StoreName(name()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for StoreName {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        StoreName::new(text)
    }
}

impl fmt::Display for StoreName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A path directly in the store: a digest and a name. Prints as in `/nix/store`; ordered as its text, as Nix orders.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StorePath {
    /// `<digest>-<name>`, checked.
    base: String,
}

impl StorePath {
    /// Reads `/nix/store/<digest>-<name>`.
    pub fn parse(text: &str) -> Result<StorePath, StoreError> {
        StorePath::parse_in(STORE_DIR, text)
    }

    /// Reads `<dir>/<digest>-<name>`. Names with leading dots are read: some versions of Nix make such paths.
    pub fn parse_in(dir: &str, text: &str) -> Result<StorePath, StoreError> {
        let error = || StoreError::Path { text: text.to_owned(), dir: dir.to_owned() };
        let base = text.strip_prefix(dir).and_then(|rest| rest.strip_prefix('/')).ok_or_else(error)?;
        let (digest, name) = base.split_at_checked(DIGEST).ok_or_else(error)?;
        let name = name.strip_prefix('-').ok_or_else(error)?;
        let digit = |c: char| c.is_ascii_digit() || (c.is_ascii_lowercase() && !"eotu".contains(c));
        if !digest.chars().all(digit) {
            return Err(error());
        }
        check_name(name)?;
        Ok(StorePath { base: base.to_owned() })
    }

    /// The 32 digits.
    pub fn digest(&self) -> &str {
        self.base.get(..DIGEST).unwrap_or_default()
    }

    /// The part after digest and dash.
    pub fn name(&self) -> &str {
        self.base.get(DIGEST + 1..).unwrap_or_default()
    }

    /// `<digest>-<name>`: the file name in the store.
    pub fn base_name(&self) -> &str {
        &self.base
    }

    /// The path in the store `dir`.
    pub fn path_in(&self, dir: &str) -> String {
        format!("{dir}/{}", self.base)
    }
}

impl FromStr for StorePath {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        StorePath::parse(text)
    }
}

impl fmt::Display for StorePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{STORE_DIR}/{}", self.base)
    }
}

impl fmt::Debug for StorePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How a fixed output's hash is taken: Nix's `outputHashMode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Over the bytes of one file, which is not executable.
    Flat,
    /// Over the NAR of a file, directory or link.
    Recursive,
}

/// The path of a fixed output of that name and hash; the same for `nix-store --add-fixed`, and for source paths, which
/// are recursive.
pub fn fixed_output_path(name: &StoreName, method: Method, hash: impl Into<FileHash>) -> StorePath {
    fixed_output_path_in(STORE_DIR, name, method, hash.into())
}

/// [`fixed_output_path`] in another store.
pub fn fixed_output_path_in(dir: &str, name: &StoreName, method: Method, hash: FileHash) -> StorePath {
    let (algorithm, hex) = (hash.algorithm(), hash.to_hex());
    match (method, hash) {
        (Method::Recursive, FileHash::Sha256(_)) => make_path(dir, "source", &hex, &name.0),
        (method, _) => {
            let how = if method == Method::Recursive { "r:" } else { "" };
            let inner = Sha256::of(format!("fixed:out:{how}{algorithm}:{hex}:").as_bytes());
            make_path(dir, "output:out", &inner.to_hex(), &name.0)
        }
    }
}

/// Nix's `makeStorePath`: the SHA-256 of kind, inner hash, store and name, folded to 160 bits.
fn make_path(dir: &str, kind: &str, inner_hex: &str, name: &str) -> StorePath {
    let full = Sha256::of(format!("{kind}:sha256:{inner_hex}:{dir}:{name}").as_bytes());
    let mut digest = [0u8; 20];
    for (i, byte) in full.0.iter().enumerate() {
        digest[i % 20] ^= byte;
    }
    StorePath { base: format!("{}-{name}", to_nix32(&digest)) }
}

fn allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+-._?=".contains(c)
}

fn check_name(name: &str) -> Result<(), StoreError> {
    if name.is_empty() {
        return Err(StoreError::Empty);
    }
    if name.len() > LONGEST {
        return Err(StoreError::Long { name: name.to_owned() });
    }
    match name.chars().find(|c| !allowed(*c)) {
        Some(character) => Err(StoreError::Character { name: name.to_owned(), character }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        let long = "x".repeat(LONGEST);
        for name in ["a", "gcc-14.2.0.tar.xz", "A+-._?=9", &long] {
            assert_eq!(StoreName::new(name).unwrap().as_str(), name);
        }
        assert_eq!(StoreName::new(""), Err(StoreError::Empty));
        for name in [".", "..", ".x", "..-x"] {
            assert!(matches!(StoreName::new(name), Err(StoreError::Dot { .. })), "{name}");
        }
        assert!(matches!(StoreName::new(&format!("{long}x")), Err(StoreError::Long { .. })));
        for (name, character) in [("a~b:c", '~'), ("a/b", '/'), ("aé", 'é'), ("a b", ' '), ("a\0", '\0')] {
            assert_eq!(StoreName::new(name), Err(StoreError::Character { name: name.into(), character }));
        }
    }

    #[test]
    fn what_is_not_a_store_path_is_refused() {
        let digest = "0123456789abcdfghijklmnpqrsvwxyz";
        let path = StorePath::parse(&format!("/nix/store/{digest}-a-b")).unwrap();
        assert_eq!((path.digest(), path.name(), path.to_string()), (digest, "a-b", format!("/nix/store/{digest}-a-b")));
        assert_eq!(StorePath::parse_in("/s", &path.path_in("/s")), Ok(path.clone()));
        for text in [
            "".to_owned(),
            "/nix/store".into(),
            "/nix/store/".into(),
            format!("/nix/store/{digest}"),
            format!("/nix/store/{digest}-"),
            format!("/nix/store/{digest}-a/b"),
            format!("/nix/store/{digest}_a"),
            format!("/nix/store/{}-a", "e".repeat(32)),
            format!("/nix/store/{}-a", "é".repeat(16)),
            format!("/nix/store/{}é-a", "0".repeat(31)),
            format!("/nix/store2/{digest}-a"),
            path.path_in("/s"),
        ] {
            assert!(StorePath::parse(&text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn parsing_never_panics(text in "(/nix/store/)?.{0,40}-.{0,9}") {
            let _ = StorePath::parse(&text);
        }
    }
}
