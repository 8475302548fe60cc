//! Derivations: what Nix builds, and how the paths of its outputs follow from it (`libstore/derivations.cc`).

use std::collections::{BTreeMap, BTreeSet};

use super::aterm;
use super::hash::Sha256;
use super::store::{self, StoreError, StoreName, StorePath};

/// A store derivation, as in a `.drv` file. Texts are bytes: Nix strings need not be UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Derivation {
    /// By name; `out` is the usual one.
    pub outputs: BTreeMap<String, Output>,
    /// Derivations that are built first, and which of their outputs are wanted.
    pub input_drvs: BTreeMap<StorePath, BTreeSet<String>>,
    /// Store paths that have to be there.
    pub input_srcs: BTreeSet<StorePath>,
    /// The machine that can build this: `x86_64-linux`.
    pub system: Vec<u8>,
    /// The program.
    pub builder: Vec<u8>,
    /// Its arguments.
    pub args: Vec<Vec<u8>>,
    /// Its environment.
    pub env: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// One output of a derivation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Output {
    /// Where it will live; `None` until known.
    pub path: Option<StorePath>,
    /// Of a fixed output `sha256`, `r:sha256`, `sha512`…; empty otherwise.
    pub hash_algo: String,
    /// Of a fixed output the hash in hexadecimal; empty otherwise.
    pub hash: String,
}

/// A derivation's paths can't be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DerivationError {
    /// The hash of an input was not given.
    #[error("the hash of the input {path} is not known; inputs have to be hashed first")]
    MissingInput {
        /// The input.
        path: StorePath,
    },
    /// An experimental kind of output.
    #[error("the output {output:?} has the hash type {hash_algo:?}, whose path this program can't compute")]
    Unsupported {
        /// Its name.
        output: String,
        /// As in the derivation.
        hash_algo: String,
    },
    /// An output has no path yet.
    #[error("the output {output:?} has no path; outputs have to be filled in first")]
    Unfilled {
        /// Its name.
        output: String,
    },
    /// A name of the derivation with its output is none for the store.
    #[error("an output has no valid store name")]
    Name {
        /// Why.
        source: StoreError,
    },
}

/// Hashes of derivations modulo their fixed outputs' provenance, by the derivations' paths.
pub type Modulos = BTreeMap<StorePath, Sha256>;

impl Derivation {
    /// The only output, if it is a fixed one.
    fn fixed_output(&self) -> Result<Option<&Output>, DerivationError> {
        let mut fixed = None;
        for (name, output) in &self.outputs {
            if output.hash_algo.is_empty() && output.hash.is_empty() {
                continue;
            }
            let known = ["md5", "sha1", "sha256", "sha512"];
            let algorithm = output.hash_algo.strip_prefix("r:").unwrap_or(&output.hash_algo);
            // Without a hash it is content-addressed, with `text:` or `git:` a dynamic derivation or a git tree.
            if self.outputs.len() != 1 || name != "out" || output.hash.is_empty() || !known.contains(&algorithm) {
                let hash_algo = output.hash_algo.clone();
                return Err(DerivationError::Unsupported { output: name.clone(), hash_algo });
            }
            fixed = Some(output);
        }
        Ok(fixed)
    }

    /// Nix's `hashDerivationModulo`, for derivations that have this one as an input. `inputs` holds the same hash of
    /// every input. Changing where a fixed output comes from changes no hash.
    pub fn modulo(&self, inputs: &Modulos) -> Result<Sha256, DerivationError> {
        self.modulo_in(store::STORE_DIR, inputs)
    }

    /// [`Derivation::modulo`] in another store.
    pub fn modulo_in(&self, dir: &str, inputs: &Modulos) -> Result<Sha256, DerivationError> {
        let Some(Output { path, hash_algo, hash }) = self.fixed_output()? else {
            return self.hash_with(dir, inputs);
        };
        let path = path.as_ref().ok_or_else(|| DerivationError::Unfilled { output: "out".into() })?;
        Ok(Sha256::of(format!("fixed:out:{hash_algo}:{hash}:{}", path.path_in(dir)).as_bytes()))
    }

    fn hash_with(&self, dir: &str, inputs: &Modulos) -> Result<Sha256, DerivationError> {
        // Inputs that share a hash become one input that wants the outputs of them all.
        let mut hashes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (path, outputs) in &self.input_drvs {
            let hash = inputs.get(path).ok_or_else(|| DerivationError::MissingInput { path: path.clone() })?;
            hashes.entry(hash.to_hex()).or_default().extend(outputs.iter().cloned());
        }
        Ok(Sha256::of(&aterm::print_with(self, dir, &hashes)))
    }

    /// Computes the path of every output and writes it into `outputs` and into the environment variable of its name,
    /// as `derivation` in the Nix language does. `name` is the derivation's own, without `.drv`.
    pub fn fill_outputs(&mut self, name: &StoreName, inputs: &Modulos) -> Result<(), DerivationError> {
        self.fill_outputs_in(store::STORE_DIR, name, inputs)
    }

    /// [`Derivation::fill_outputs`] in another store.
    pub fn fill_outputs_in(&mut self, dir: &str, name: &StoreName, inputs: &Modulos) -> Result<(), DerivationError> {
        let mut paths = BTreeMap::new();
        if let Some(Output { hash_algo, hash, .. }) = self.fixed_output()? {
            paths.insert("out".to_owned(), store::fixed_path(dir, name, hash_algo, hash));
        } else {
            let mut masked = self.clone();
            for (output, value) in &mut masked.outputs {
                value.path = None;
                masked.env.insert(output.clone().into_bytes(), Vec::new());
            }
            let modulo = masked.hash_with(dir, inputs)?;
            for output in self.outputs.keys() {
                let path = store::output_path(dir, name.as_str(), output, modulo);
                paths.insert(output.clone(), path.map_err(|source| DerivationError::Name { source })?);
            }
        }
        for (output, path) in paths {
            self.env.insert(output.clone().into_bytes(), path.path_in(dir).into_bytes());
            self.outputs.entry(output).or_default().path = Some(path);
        }
        Ok(())
    }

    /// Where the derivation itself lives. `name` is its own, without `.drv`.
    pub fn path(&self, name: &StoreName) -> Result<StorePath, StoreError> {
        self.path_in(store::STORE_DIR, name)
    }

    /// [`Derivation::path`] in another store.
    pub fn path_in(&self, dir: &str, name: &StoreName) -> Result<StorePath, StoreError> {
        let file = StoreName::new(&format!("{name}.drv"))?;
        let references = self.input_srcs.iter().chain(self.input_drvs.keys()).cloned().collect();
        Ok(store::text_path_in(dir, &file, &aterm::print_in(self, dir), &references))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> StoreName {
        StoreName::new("x").unwrap()
    }

    #[test]
    fn what_cannot_be_hashed_is_an_error() {
        let input = StorePath::parse(&format!("/nix/store/{}-i.drv", "0".repeat(32))).unwrap();
        let mut drv = Derivation::default();
        drv.outputs.insert("out".into(), Output::default());
        drv.input_drvs.insert(input.clone(), ["out".to_owned()].into());
        assert_eq!(
            drv.clone().fill_outputs(&name(), &Modulos::new()),
            Err(DerivationError::MissingInput { path: input })
        );

        for (output, hash_algo, hash) in
            [("out", "r:sha256", ""), ("dev", "sha256", "00"), ("out", "text:sha256", "00")]
        {
            let value = Output { path: None, hash_algo: hash_algo.into(), hash: hash.into() };
            let drv = Derivation { outputs: [(output.to_owned(), value)].into(), ..Default::default() };
            let error = DerivationError::Unsupported { output: output.into(), hash_algo: hash_algo.into() };
            assert_eq!(drv.modulo(&Modulos::new()), Err(error));
        }

        let value = Output { path: None, hash_algo: "sha256".into(), hash: "00".into() };
        let drv = Derivation { outputs: [("out".to_owned(), value)].into(), ..Default::default() };
        assert_eq!(drv.modulo(&Modulos::new()), Err(DerivationError::Unfilled { output: "out".into() }));

        let long = StoreName::new(&"x".repeat(209)).unwrap();
        assert!(Derivation::default().path(&long).is_err());
        let outputs = [("dev".to_owned(), Output::default())].into();
        let mut drv = Derivation { outputs, ..Default::default() };
        assert!(matches!(drv.fill_outputs(&long, &Modulos::new()), Err(DerivationError::Name { .. })));
    }
}
