//! The files that go into a tree as they are, and which of them a plan needs.

use std::collections::{BTreeMap, BTreeSet};

use rnix::SyntaxKind::{TOKEN_INTERPOL_START, TOKEN_PATH_REL};

use super::TreeError;

/// Every file of `overlays/` and `checks/variations/`, by its place in a tree.
const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/verbatim.rs"));

/// Files by their places in a tree, e.g. `seed/default.nix`.
#[derive(Debug, Clone)]
pub struct Verbatim(BTreeMap<String, String>);

impl Verbatim {
    /// Those that are part of this program.
    pub fn embedded() -> Verbatim {
        Verbatim(EMBEDDED.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    /// The same with one more file, or another one in its place.
    #[must_use]
    pub fn with(mut self, path: &str, text: &str) -> Verbatim {
        self.0.insert(path.to_owned(), text.to_owned());
        self
    }

    /// A file's text.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Whether there is such a file.
    pub fn holds(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// The files and folders in `wanted`, and all that Nix files among them refer to by relative paths.
    ///
    /// # Errors
    /// [`TreeError::NoFile`] when one of them is not there; [`TreeError::Interpolated`] when what a file refers to is
    /// known only once it is evaluated.
    pub fn needed(&self, wanted: &BTreeSet<String>) -> Result<BTreeMap<&str, &str>, TreeError> {
        let mut needed = BTreeMap::new();
        let mut left: Vec<(String, String)> = wanted.iter().map(|path| (path.clone(), "the plan".to_owned())).collect();
        while let Some((path, from)) = left.pop() {
            let below = format!("{path}/");
            let mut found = false;
            for (name, text) in self.0.iter().filter(|(name, _)| **name == path || name.starts_with(&below)) {
                found = true;
                if needed.insert(name.as_str(), text.as_str()).is_none() && name.ends_with(".nix") {
                    left.extend(references(name, text)?.into_iter().map(|path| (path, name.clone())));
                }
            }
            if !found {
                return Err(TreeError::NoFile { path, from });
            }
        }
        Ok(needed)
    }
}

/// What a Nix file refers to by relative paths, from the tree's root.
fn references(file: &str, text: &str) -> Result<Vec<String>, TreeError> {
    let mut references = Vec::new();
    let mut tokens = rnix::tokenize(text).peekable();
    while let Some((kind, path)) = tokens.next() {
        if kind != TOKEN_PATH_REL {
            continue;
        }
        if tokens.peek().is_some_and(|(next, _)| *next == TOKEN_INTERPOL_START) {
            return Err(TreeError::Interpolated { path: path.to_owned(), file: file.to_owned() });
        }
        references.push(resolved(file, path));
    }
    Ok(references)
}

fn resolved(file: &str, path: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{RECIPES, SHELLS};

    fn needed(files: &Verbatim, wanted: &str) -> Result<Vec<String>, TreeError> {
        let needed = files.needed(&BTreeSet::from([wanted.to_owned()]))?;
        Ok(needed.into_keys().map(str::to_owned).collect())
    }

    #[test]
    fn every_recipe_that_a_plan_can_name_is_embedded() {
        let files = Verbatim::embedded();
        let missing: Vec<_> = RECIPES
            .iter()
            .chain(SHELLS)
            .filter_map(|(recipe, _)| needed(&files, &format!("{recipe}.nix")).err())
            .map(|error| error.to_string())
            .collect();
        assert!(missing.is_empty(), "{}", missing.join("\n"));
    }

    #[test]
    fn a_file_brings_what_it_refers_to() {
        let files = Verbatim(BTreeMap::new())
            .with("recipes/a.nix", "{ b, }: [ (import ./b.nix) ../data/x \"./${b}/no.nix\" \"./no.nix\" ]")
            .with("recipes/b.nix", "{ tool = ../tools/t; }")
            .with("recipes/c.nix", "../none")
            .with("data/x/1.h", "./nothing")
            .with("data/x/deep/2.h", "")
            .with("data/xy", "")
            .with("tools/t/main.rs", "");
        let all = ["data/x/1.h", "data/x/deep/2.h", "recipes/a.nix", "recipes/b.nix", "tools/t/main.rs"];
        assert_eq!(needed(&files, "recipes/b.nix").unwrap(), ["recipes/b.nix", "tools/t/main.rs"]);
        assert_eq!(needed(&files, "recipes/a.nix").unwrap(), all);
        for path in ["./${b}/c", "../data/${b}", "../data/x${b}", "./${b}"] {
            let a = files.clone().with("recipes/a.nix", &format!("{{ b, }}: import {path}"));
            let error = needed(&a, "recipes/a.nix").unwrap_err().to_string();
            assert!(error.starts_with("recipes/a.nix refers to ."), "{path}: {error}");
        }
        let error = needed(&files, "recipes/c.nix").unwrap_err().to_string();
        assert_eq!(error, "recipes/c.nix needs none, which is no part of crossloom");
        assert!(needed(&files, "recipes/d.nix").is_err());
    }

    #[test]
    fn a_musl_gcc_needs_nothing_of_macos() {
        let files = Verbatim::embedded();
        assert_eq!(needed(&files, "musl-gcc/gcc.nix").unwrap(), ["musl-gcc/gcc-archive.nix", "musl-gcc/gcc.nix"]);
        assert!(needed(&files, "musl-gcc/toolchain.nix").unwrap().len() == 1);
        let checks = needed(&files, "musl-gcc/programs.nix").unwrap();
        assert_eq!(checks.len(), 4, "{checks:?}");
    }
}
