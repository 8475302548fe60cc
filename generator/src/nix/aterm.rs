//! The text of derivations: `Derive([…],…)`, a term of the ATerm language. Only the outputs, which come first, are read.

use std::collections::BTreeMap;

use super::store::{StoreError, StorePath};

/// A text does not start as a derivation does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum AtermError {
    /// Something else stands where a certain text should.
    #[error("byte {offset} of the derivation: expected {expected}")]
    Expected {
        /// Counted from 0.
        offset: usize,
        /// The expected token.
        expected: &'static str,
    },
    /// Two outputs have one name.
    #[error("byte {offset} of the derivation: listed twice")]
    Twice {
        /// Just after the second one.
        offset: usize,
    },
    /// A path is not one of the store.
    #[error("byte {offset} of the derivation: not a store path")]
    Path {
        /// Just after it.
        offset: usize,
        /// Why.
        #[diagnostic_source]
        source: StoreError,
    },
    /// A derivation of an experimental format: `DrvWithVersion(…)`.
    #[error("the derivation has a newer format than this program reads")]
    Version,
}

/// The outputs of a derivation of the store `dir`, by name. An output whose path follows from its content has none yet.
pub fn outputs(text: &[u8], dir: &str) -> Result<BTreeMap<String, Option<StorePath>>, AtermError> {
    if text.starts_with(b"DrvWithVersion(") {
        return Err(AtermError::Version);
    }
    let mut at = Cursor { text, offset: 0 };
    let mut outputs = BTreeMap::new();
    at.expect("Derive([")?;
    while !at.eat("]") {
        if !outputs.is_empty() {
            at.expect(",")?;
        }
        at.expect("(")?;
        let name = at.string()?;
        at.expect(",")?;
        let path = at.string()?;
        let path = match path.as_str() {
            "" => None,
            path => {
                let offset = at.offset;
                Some(StorePath::parse_in(dir, path).map_err(|source| AtermError::Path { offset, source })?)
            }
        };
        // How a fixed output is hashed, and its hash.
        for _ in 0..2 {
            at.expect(",")?;
            at.string()?;
        }
        at.expect(")")?;
        if outputs.insert(name, path).is_some() {
            return Err(AtermError::Twice { offset: at.offset });
        }
    }
    at.expect(",")?;
    Ok(outputs)
}

struct Cursor<'a> {
    text: &'a [u8],
    offset: usize,
}

impl Cursor<'_> {
    fn rest(&self) -> &[u8] {
        self.text.get(self.offset..).unwrap_or_default()
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token.as_bytes());
        if found {
            self.offset += token.len();
        }
        found
    }

    fn expect(&mut self, expected: &'static str) -> Result<(), AtermError> {
        if self.eat(expected) { Ok(()) } else { Err(AtermError::Expected { offset: self.offset, expected }) }
    }

    fn string(&mut self) -> Result<String, AtermError> {
        self.expect("\"")?;
        let start = self.offset;
        let mut out = Vec::new();
        let mut bytes = self.rest().iter();
        loop {
            let unended = AtermError::Expected { offset: start, expected: "a text that ends in \"" };
            match bytes.next() {
                None => return Err(unended),
                Some(b'"') => break,
                Some(b'\\') => out.push(match bytes.next().ok_or(unended)? {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    other => *other,
                }),
                Some(byte) => out.push(*byte),
            }
        }
        self.offset = self.text.len() - bytes.len();
        String::from_utf8(out).map_err(|_| AtermError::Expected { offset: start, expected: "UTF-8" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nix::store::STORE_DIR;

    const TWO: &str =
        r#"Derive([("dev","","r:sha256",""),("out","/nix/store/00000000000000000000000000000000-x","","")],"#;

    fn read(text: &str) -> Result<BTreeMap<String, Option<StorePath>>, AtermError> {
        outputs(text.as_bytes(), STORE_DIR)
    }

    #[test]
    fn outputs_have_names_and_perhaps_paths() {
        let path = StorePath::parse("/nix/store/00000000000000000000000000000000-x").unwrap();
        let expected = BTreeMap::from([("dev".to_owned(), None), ("out".to_owned(), Some(path))]);
        assert_eq!(read(TWO), Ok(expected));
        assert_eq!(read("Derive([],[],"), Ok(BTreeMap::new()));
        let odd = read(r#"Derive([("a\"\\\n\x","","","")],"#).unwrap();
        assert_eq!(odd.into_keys().collect::<Vec<_>>(), ["a\"\\\nx"]);
    }

    #[test]
    fn every_truncation_is_refused() {
        for end in 0..TWO.len() {
            assert!(matches!(read(&TWO[..end]), Err(AtermError::Expected { .. })), "{}", &TWO[..end]);
        }
    }

    #[test]
    fn duplicates_foreign_paths_and_newer_formats_are_refused() {
        assert!(matches!(read(&TWO.replace("dev", "out")), Err(AtermError::Twice { .. })));
        assert!(matches!(read(&TWO.replace("/nix/store", "/opt/store")), Err(AtermError::Path { .. })));
        assert_eq!(read(r#"DrvWithVersion("xp-dyn-drv",[])"#), Err(AtermError::Version));
        let bytes = [b"Derive([(\"".as_slice(), b"\xff", b"\",\"\",\"\",\"\")],"].concat();
        let error = AtermError::Expected { offset: 10, expected: "UTF-8" };
        assert_eq!(outputs(&bytes, STORE_DIR), Err(error));
    }

    proptest::proptest! {
        #[test]
        fn reading_never_panics(offset in 0..TWO.len(), bytes: Vec<u8>) {
            let mut text = TWO.as_bytes().to_vec();
            text.splice(offset..offset, bytes);
            let _ = outputs(&text, STORE_DIR);
        }
    }
}
