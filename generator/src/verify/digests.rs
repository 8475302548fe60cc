//! `digests.json`: which bits every node came out as, for others to compare with. It is kept in git.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::diag::{Reason, start};
use crate::nix::hash::Sha256;
use crate::nix::store::{StoreError, StorePath};

/// The only version of the format.
const VERSION: u64 = 1;

/// No such file is longer, in bytes: an output has about 200.
pub const MAX_BYTES: usize = 64 << 20;

/// One output of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    /// Its store path, which stands for the whole derivation.
    pub path: String,
    /// SHA-256 of its NAR.
    pub nar: Sha256,
}

/// Outputs of a node, by name.
pub type Outputs = BTreeMap<String, Digest>;

/// Digests by build system and node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digests {
    version: u64,
    /// By the build system's name: one that this crossloom does not know is kept.
    pub systems: BTreeMap<String, BTreeMap<String, Outputs>>,
}

/// A text is not such a file.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum DigestsError {
    #[error("not a file of digests: {bytes} bytes are more than {MAX_BYTES}")]
    TooLarge { bytes: usize },
    #[error("not a file of digests")]
    Syntax {
        #[source]
        source: Reason,
    },
    #[error("format version {found} is not {VERSION}, the one that this crossloom reads")]
    Version { found: u64 },
    #[error("{}: {:?} is not a name that a node, an output or a build system has", start(system), start(name))]
    Name { system: String, name: String },
    #[error("{system}: {node}, output {output}: its path")]
    Path {
        system: String,
        node: String,
        output: String,
        #[source]
        #[diagnostic_source]
        source: StoreError,
    },
}

impl Default for Digests {
    fn default() -> Digests {
        Digests { version: VERSION, systems: BTreeMap::new() }
    }
}

impl Digests {
    /// Reads what [`Digests::to_text`] wrote.
    ///
    /// # Errors
    /// Every way in which a text fails to be such a file of this version.
    pub fn parse(text: &str) -> Result<Digests, DigestsError> {
        if text.len() > MAX_BYTES {
            return Err(DigestsError::TooLarge { bytes: text.len() });
        }
        // The version is read first: a newer format should say so, not trip over its first unknown key.
        #[derive(Deserialize)]
        struct Version {
            version: u64,
        }
        let Version { version } =
            serde_json::from_str(text).map_err(|error| DigestsError::Syntax { source: error.into() })?;
        if version != VERSION {
            return Err(DigestsError::Version { found: version });
        }
        let digests: Digests =
            serde_json::from_str(text).map_err(|error| DigestsError::Syntax { source: error.into() })?;
        for (system, nodes) in &digests.systems {
            let bad = |name: &String| DigestsError::Name { system: system.clone(), name: name.clone() };
            let names = nodes.values().flat_map(|outputs| outputs.keys());
            if let Some(name) = std::iter::once(system).chain(nodes.keys()).chain(names).find(|name| !plain(name)) {
                return Err(bad(name));
            }
            for (node, outputs) in nodes {
                for (output, digest) in outputs {
                    // The other party's store need not be where this one is.
                    let dir = digest.path.rsplit_once('/').map_or("", |(dir, _)| dir);
                    StorePath::parse_in(dir, &digest.path).map_err(|source| {
                        let (system, node, output) = (system.clone(), node.clone(), output.clone());
                        DigestsError::Path { system, node, output, source }
                    })?;
                }
            }
        }
        Ok(digests)
    }

    /// The file's text: pretty JSON, sorted, with a final newline.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("digests are plain data with string keys");
        text.push('\n');
        text
    }

    /// Puts these nodes of a build system in the place of what is there of them; all others stay.
    pub fn replace(&mut self, system: &str, nodes: BTreeMap<String, Outputs>) {
        self.systems.entry(system.to_owned()).or_default().extend(nodes);
    }
}

/// Names are printed, and compared with those of the plan.
fn plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 300
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-._".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-gmp";

    fn outputs(text: &str) -> Outputs {
        [("out".to_owned(), Digest { path: PATH.to_owned(), nar: Sha256::of(text.as_bytes()) })].into()
    }

    fn sample() -> Digests {
        let mut digests = Digests::default();
        digests.replace("riscv64-linux", [("gmp".to_owned(), outputs("a"))].into());
        digests.replace("x86_64-linux", [("mpc", "b"), ("gmp", "c")].map(|(n, t)| (n.to_owned(), outputs(t))).into());
        digests
    }

    #[test]
    fn what_was_not_asked_for_stays() {
        let mut digests = sample();
        let text = digests.to_text();
        assert_eq!(Digests::parse(&text).unwrap(), digests);
        digests.replace("x86_64-linux", [("gmp".to_owned(), outputs("d"))].into());
        let there = Digests::parse(&digests.to_text()).unwrap();
        assert_eq!(there.systems["riscv64-linux"]["gmp"], outputs("a"));
        assert_eq!(there.systems["x86_64-linux"]["mpc"], outputs("b"));
        assert_eq!(there.systems["x86_64-linux"]["gmp"], outputs("d"));
        assert!(text.find("riscv64").unwrap() < text.find("x86_64").unwrap() && text.ends_with("}\n"));
    }

    #[test]
    fn what_is_no_such_file_is_refused_and_told_where() {
        let text = sample().to_text();
        let error = |text: String| {
            let error = Digests::parse(&text).unwrap_err();
            std::iter::successors(std::error::Error::source(&error), |it| it.source())
                .fold(error.to_string(), |all, it| format!("{all}: {it}"))
        };
        for (from, to, said) in [
            ("\"version\": 1", "\"version\": 2", "format version 2 is not 1"),
            ("\"version\": 1,", "", "missing field `version`"),
            ("\"out\"", "\"o u t\"", "riscv64-linux: \"o u t\" is not a name"),
            ("\"gmp\"", "\"g\\u001bmp\"", "is not a name"),
            ("/nix/store/0", "0", "riscv64-linux: gmp, output out: its path: "),
            ("sha256-", "sha512-", "is not a SHA-256"),
            ("\"nar\"", "\"nra\"", "unknown field `nra`, expected `path` or `nar` at line"),
            ("}", "", "not a file of digests: "),
        ] {
            let said_of = error(text.replacen(from, to, 1));
            assert!(said_of.contains(said), "{said_of}");
        }
        assert!(error(String::new()).contains("line 1 column 0"));
        let elsewhere = text.replace("/nix/store/", "/gnu/store/");
        assert!(Digests::parse(&elsewhere).is_ok());
    }
}
