//! The text of derivations: `Derive([…],…)`, a term of the ATerm language.

use std::collections::{BTreeMap, BTreeSet};

use super::derivation::{Derivation, Output};
use super::store::{STORE_DIR, StoreError, StorePath};

/// A text is not a derivation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AtermError {
    /// Something else stands where a certain text should.
    #[error("byte {offset} of the derivation: expected {expected}")]
    Expected {
        /// Counted from 0.
        offset: usize,
        /// What should be there.
        expected: &'static str,
    },
    /// A name appears twice among outputs, inputs or variables.
    #[error("byte {offset} of the derivation: listed twice")]
    Twice {
        /// Just behind the second one.
        offset: usize,
    },
    /// A path is not one of the store.
    #[error("byte {offset} of the derivation: not a store path")]
    Path {
        /// Just behind it.
        offset: usize,
        /// Why.
        source: StoreError,
    },
    /// A derivation of an experimental format: `DrvWithVersion(…)`.
    #[error("the derivation has a newer format than this program reads")]
    Version,
}

/// The derivation's text, byte for byte as Nix writes it.
pub fn print(drv: &Derivation) -> Vec<u8> {
    print_in(drv, STORE_DIR)
}

/// [`print`] for another store.
pub fn print_in(drv: &Derivation, dir: &str) -> Vec<u8> {
    let inputs = drv.input_drvs.iter().map(|(path, outputs)| (path.path_in(dir), outputs.clone())).collect();
    print_with(drv, dir, &inputs)
}

/// The text with other names for the input derivations: Nix hashes it with their hashes instead of their paths.
pub(super) fn print_with(drv: &Derivation, dir: &str, inputs: &BTreeMap<String, BTreeSet<String>>) -> Vec<u8> {
    let mut out = b"Derive(".to_vec();
    list(&mut out, b"[]", &drv.outputs, |out, (name, Output { path, hash_algo, hash })| {
        let path = path.as_ref().map(|path| path.path_in(dir)).unwrap_or_default();
        list(out, b"()", [name, &path, hash_algo, hash], |out, text| quote(out, text.as_bytes()));
    });
    out.push(b',');
    list(&mut out, b"[]", inputs, |out, (name, outputs)| {
        out.push(b'(');
        quote(out, name.as_bytes());
        out.push(b',');
        list(out, b"[]", outputs, |out, output| quote(out, output.as_bytes()));
        out.push(b')');
    });
    out.push(b',');
    list(&mut out, b"[]", &drv.input_srcs, |out, path| quote(out, path.path_in(dir).as_bytes()));
    for text in [&drv.system, &drv.builder] {
        out.push(b',');
        quote(&mut out, text);
    }
    out.push(b',');
    list(&mut out, b"[]", &drv.args, |out, arg| quote(out, arg));
    out.push(b',');
    list(&mut out, b"[]", &drv.env, |out, (name, value)| list(out, b"()", [name, value], |out, text| quote(out, text)));
    out.push(b')');
    out
}

/// Writes `items` between the two brackets, with commas.
fn list<T>(
    out: &mut Vec<u8>,
    [open, close]: &[u8; 2],
    items: impl IntoIterator<Item = T>,
    print: impl Fn(&mut Vec<u8>, T),
) {
    out.push(*open);
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        print(out, item);
    }
    out.push(*close);
}

fn quote(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', *byte]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
}

/// Reads a derivation's text.
pub fn parse(text: &[u8]) -> Result<Derivation, AtermError> {
    parse_in(text, STORE_DIR)
}

/// [`parse`] for another store.
pub fn parse_in(text: &[u8], dir: &str) -> Result<Derivation, AtermError> {
    if text.starts_with(b"DrvWithVersion(") {
        return Err(AtermError::Version);
    }
    let mut at = Cursor { text, offset: 0, dir };
    let mut drv = Derivation::default();
    at.expect("Derive(")?;
    at.list(|at| {
        at.expect("(")?;
        let name = at.utf8()?;
        at.expect(",")?;
        let path = match at.utf8()?.as_str() {
            "" => None,
            path => Some(at.store_path(path)?),
        };
        at.expect(",")?;
        let hash_algo = at.utf8()?;
        at.expect(",")?;
        let hash = at.utf8()?;
        at.expect(")")?;
        at.once(drv.outputs.insert(name, Output { path, hash_algo, hash }).is_none())
    })?;
    at.expect(",")?;
    at.list(|at| {
        at.expect("(")?;
        let path = at.utf8()?;
        let path = at.store_path(&path)?;
        at.expect(",")?;
        let mut outputs = BTreeSet::new();
        at.list(|at| {
            let output = at.utf8()?;
            at.once(outputs.insert(output))
        })?;
        at.expect(")")?;
        at.once(drv.input_drvs.insert(path, outputs).is_none())
    })?;
    at.expect(",")?;
    at.list(|at| {
        let path = at.utf8()?;
        let path = at.store_path(&path)?;
        at.once(drv.input_srcs.insert(path))
    })?;
    at.expect(",")?;
    drv.system = at.string()?;
    at.expect(",")?;
    drv.builder = at.string()?;
    at.expect(",")?;
    at.list(|at| {
        drv.args.push(at.string()?);
        Ok(())
    })?;
    at.expect(",")?;
    at.list(|at| {
        at.expect("(")?;
        let name = at.string()?;
        at.expect(",")?;
        let value = at.string()?;
        at.expect(")")?;
        at.once(drv.env.insert(name, value).is_none())
    })?;
    at.expect(")")?;
    if at.offset != text.len() {
        return Err(AtermError::Expected { offset: at.offset, expected: "the end" });
    }
    Ok(drv)
}

struct Cursor<'a> {
    text: &'a [u8],
    offset: usize,
    dir: &'a str,
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

    /// `[` items `]`.
    fn list(&mut self, mut item: impl FnMut(&mut Self) -> Result<(), AtermError>) -> Result<(), AtermError> {
        self.expect("[")?;
        if self.eat("]") {
            return Ok(());
        }
        loop {
            item(self)?;
            if self.eat("]") {
                return Ok(());
            }
            self.expect(",")?;
        }
    }

    fn string(&mut self) -> Result<Vec<u8>, AtermError> {
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
        Ok(out)
    }

    fn utf8(&mut self) -> Result<String, AtermError> {
        let offset = self.offset;
        String::from_utf8(self.string()?).map_err(|_| AtermError::Expected { offset, expected: "UTF-8" })
    }

    fn store_path(&self, text: &str) -> Result<StorePath, AtermError> {
        StorePath::parse_in(self.dir, text).map_err(|source| AtermError::Path { offset: self.offset, source })
    }

    fn once(&self, first: bool) -> Result<(), AtermError> {
        if first { Ok(()) } else { Err(AtermError::Twice { offset: self.offset }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = r#"Derive([("out","","","")],[],[],"s","b",[],[])"#;

    #[test]
    fn every_truncation_and_every_stray_byte_is_refused() {
        assert_eq!(print(&parse(EMPTY.as_bytes()).unwrap()), EMPTY.as_bytes());
        for end in 0..EMPTY.len() {
            assert!(matches!(parse(&EMPTY.as_bytes()[..end]), Err(AtermError::Expected { .. })), "{}", &EMPTY[..end]);
        }
        let longer = format!("{EMPTY}\n");
        let end = AtermError::Expected { offset: EMPTY.len(), expected: "the end" };
        assert_eq!(parse(longer.as_bytes()), Err(end));
    }

    #[test]
    fn duplicates_foreign_paths_and_newer_formats_are_refused() {
        let twice = EMPTY.replace("[(", r#"[("out","","",""),("#);
        assert!(matches!(parse(twice.as_bytes()), Err(AtermError::Twice { .. })));
        let twice = EMPTY.replace("[])", r#"[("a",""),("a","")])"#);
        assert!(matches!(parse(twice.as_bytes()), Err(AtermError::Twice { .. })));
        let foreign = EMPTY.replace(r#""out","""#, r#""out","/tmp/x""#);
        assert!(matches!(parse(foreign.as_bytes()), Err(AtermError::Path { .. })));
        assert_eq!(parse(br#"DrvWithVersion("xp-dyn-drv",[])"#), Err(AtermError::Version));
    }

    fn bytes() -> impl proptest::strategy::Strategy<Value = Vec<u8>> {
        let byte = proptest::prop_oneof![proptest::sample::select(b"\"\\\n\r\t,)]".to_vec()), proptest::num::u8::ANY];
        proptest::collection::vec(byte, 0..9)
    }

    proptest::proptest! {
        #[test]
        fn printing_and_parsing_round_trip(
            args in proptest::collection::vec(bytes(), 0..4),
            env in proptest::collection::btree_map(bytes(), bytes(), 0..4),
            builder in bytes(),
        ) {
            let drv = Derivation { builder, args, env, ..Default::default() };
            proptest::prop_assert_eq!(parse(&print(&drv)), Ok(drv));
        }

        #[test]
        fn parsing_never_panics(offset in 0..EMPTY.len(), bytes in bytes()) {
            let mut text = EMPTY.as_bytes().to_vec();
            text.splice(offset..offset, bytes);
            let _ = parse(&text);
        }
    }
}
