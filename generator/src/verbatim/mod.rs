//! The files that go into a tree as they are: which of them a plan needs, and what their functions ask for.

mod head;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{LazyLock, OnceLock};

use rnix::SyntaxKind::{TOKEN_INTERPOL_START, TOKEN_PATH_REL};

use crate::platform::System;
use crate::seed::{Tier, tier_of};
pub use head::Head;

/// Every file of `overlays/` and `checks/`, by its place in a tree.
const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/verbatim.rs"));

/// A defect of crossloom's own files, or of the plan that names them.
#[derive(Debug, thiserror::Error)]
pub enum VerbatimError {
    #[error("{from} needs {path}, which is not part of crossloom")]
    NoFile { path: String, from: String },
    #[error("{file} refers to {path}${{…}}: which file that is cannot be told before it is evaluated")]
    Interpolated { path: String, file: String },
    #[error("{path} is not a function, and the plan calls it")]
    NoFunction { path: String },
}

/// The place in a tree of a recipe or a check's file, whose name is that place without its ending.
pub fn place(name: &str) -> String {
    format!("{name}.nix")
}

/// Files by their places in a tree, e.g. `seed/default.nix`.
#[derive(Debug, Clone)]
pub struct Verbatim(BTreeMap<Cow<'static, str>, File>);

#[derive(Debug, Clone)]
struct File {
    text: Cow<'static, str>,
    /// Read when it is first asked for, and then kept: thousands of nodes call one recipe.
    head: OnceLock<Option<Head>>,
}

impl From<Cow<'static, str>> for File {
    fn from(text: Cow<'static, str>) -> File {
        File { text, head: OnceLock::new() }
    }
}

impl Verbatim {
    /// The files that are part of this program.
    pub fn embedded() -> &'static Verbatim {
        static FILES: LazyLock<Verbatim> = LazyLock::new(|| {
            let files = EMBEDDED.iter().map(|(path, text)| (Cow::Borrowed(*path), File::from(Cow::Borrowed(*text))));
            Verbatim(files.collect())
        });
        &FILES
    }

    /// The same with one more file, or another one in its place.
    #[must_use]
    pub fn with(mut self, path: &str, text: &str) -> Verbatim {
        self.0.insert(Cow::Owned(path.to_owned()), File::from(Cow::Owned(text.to_owned())));
        self
    }

    /// The places of all files.
    #[cfg(test)]
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(Cow::as_ref)
    }

    /// A file's text.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(|file| file.text.as_ref())
    }

    /// Whether there is such a file.
    pub fn holds(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// The arguments of the function in a file.
    ///
    /// # Errors
    /// [`VerbatimError::NoFile`] and [`VerbatimError::NoFunction`].
    pub fn head(&self, path: &str) -> Result<&Head, VerbatimError> {
        let no_file = || VerbatimError::NoFile { path: path.to_owned(), from: "the plan".to_owned() };
        let file = self.0.get(path).ok_or_else(no_file)?;
        let head = file.head.get_or_init(|| Head::parse(&file.text));
        head.as_ref().ok_or_else(|| VerbatimError::NoFunction { path: path.to_owned() })
    }

    /// The tiers of the seed beside its base that a call of a file takes packages from: `callPackage` gives a function
    /// each argument that the scope knows by its name, unless the call itself gives it. None for a file that is not there.
    pub fn tiers(&self, path: &str, given: &[&str]) -> BTreeSet<Tier> {
        let formals = self.head(path).map(|head| head.formals.as_slice()).unwrap_or_default();
        // An argument with a default is taken from the scope all the same.
        let taken = formals.iter().filter(|formal| !given.contains(&formal.name.as_str()));
        taken.filter_map(|formal| tier_of(&formal.name)).collect()
    }

    /// The locks of packages that a recipe brings itself, for a build system: the files `NAME-SYSTEM.json` that it refers
    /// to, in the form of a seed's lock. Their paths and texts.
    ///
    /// # Errors
    /// As [`needed`](Verbatim::needed).
    pub fn package_locks(&self, path: &str, system: System) -> Result<BTreeMap<&str, &str>, VerbatimError> {
        let end = format!("-{system}.json");
        let mut files = self.needed(&BTreeSet::from([path.to_owned()]))?;
        files.retain(|path, _| path.ends_with(&end));
        Ok(files)
    }

    /// The files and folders in `wanted`, and all that Nix files among them refer to by relative paths.
    ///
    /// # Errors
    /// [`VerbatimError::NoFile`] when one of them is not there; [`VerbatimError::Interpolated`] when a file refers to one
    /// that is known only once it is evaluated.
    pub fn needed(&self, wanted: &BTreeSet<String>) -> Result<BTreeMap<&str, &str>, VerbatimError> {
        let mut needed = BTreeMap::new();
        let mut left: Vec<(String, String)> = wanted.iter().map(|path| (path.clone(), "the plan".to_owned())).collect();
        while let Some((path, from)) = left.pop() {
            let below = format!("{path}/");
            let mut found = false;
            // All that begins with the path stands together; `seed-musl.nix` is among it, and not in the folder `seed`.
            let start = (Bound::Included(path.as_str()), Bound::Unbounded);
            let from_here = self.0.range::<str, _>(start).take_while(|(name, _)| name.starts_with(&path));
            for (name, file) in from_here.filter(|(name, _)| **name == path || name.starts_with(&below)) {
                found = true;
                if needed.insert(name.as_ref(), file.text.as_ref()).is_none() && name.ends_with(".nix") {
                    let references = references(name, &file.text)?;
                    left.extend(references.into_iter().map(|path| (path, name.clone().into_owned())));
                }
            }
            if !found {
                return Err(VerbatimError::NoFile { path, from });
            }
        }
        Ok(needed)
    }
}

/// The files that a Nix file refers to by relative paths, from the tree's root.
fn references(file: &str, text: &str) -> Result<Vec<String>, VerbatimError> {
    let mut references = Vec::new();
    let mut tokens = rnix::tokenize(text).peekable();
    while let Some((kind, path)) = tokens.next() {
        if kind != TOKEN_PATH_REL {
            continue;
        }
        if tokens.peek().is_some_and(|(next, _)| *next == TOKEN_INTERPOL_START) {
            return Err(VerbatimError::Interpolated { path: path.to_owned(), file: file.to_owned() });
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

    fn needed(files: &Verbatim, wanted: &str) -> Result<Vec<String>, VerbatimError> {
        let needed = files.needed(&BTreeSet::from([wanted.to_owned()]))?;
        Ok(needed.into_keys().map(str::to_owned).collect())
    }

    #[test]
    fn every_recipe_is_a_function_and_brings_what_it_refers_to() {
        let files = Verbatim::embedded();
        let recipes: Vec<_> = crate::tests::project::recipes().collect();
        assert!(recipes.len() > 20, "{recipes:?}");
        for path in recipes {
            needed(files, path).unwrap_or_else(|error| panic!("{error}"));
            assert!(files.head(path).is_ok(), "{path} is not a function");
        }
    }

    /// The seed's stdenv has the function `words`, and nixpkgs' has not.
    #[test]
    fn scripts_that_split_words_bring_the_function() {
        let files = Verbatim::embedded();
        let splits = |path: &str| {
            path.ends_with(".sh") && files.0[path].text.lines().any(|line| line.trim_start().starts_with("words \""))
        };
        let mut seen = 0;
        for path in crate::tests::project::recipes() {
            let needed = needed(files, path).unwrap();
            if needed.iter().any(|path| splits(path)) {
                seen += 1;
                assert!(needed.iter().any(|path| path.ends_with("/words.nix")), "{path} does not import words.nix");
            }
        }
        assert!(seen > 5, "{seen}");
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
        assert_eq!(error, "recipes/c.nix needs none, which is not part of crossloom");
        assert!(needed(&files, "recipes/d.nix").is_err());
    }

    #[test]
    fn a_musl_gcc_needs_nothing_of_macos() {
        let files = Verbatim::embedded();
        let gcc = needed(files, "musl-gcc/gcc.nix").unwrap();
        assert_eq!(
            gcc,
            [
                "musl-gcc/gcc-archive.nix",
                "musl-gcc/gcc-edits.nix",
                "musl-gcc/gcc.nix",
                "musl-gcc/host.nix",
                "musl-gcc/microblaze-sync.md"
            ]
        );
        let toolchain = needed(files, "musl-gcc/toolchain.nix").unwrap();
        let own = ["forget.nix", "no-sanitizer.ld", "static-pie.awk", "toolchain.nix"];
        assert_eq!(toolchain, own.map(|name| format!("musl-gcc/{name}")));
        let checks = needed(files, "musl-gcc/programs.nix").unwrap();
        let own = |file: &str| {
            ["musl-gcc/programs", "musl-gcc/processors"].iter().any(|name| file.starts_with(name))
                || file == "musl-gcc/ways.sh"
        };
        assert!(checks.iter().all(|file| own(file)), "{checks:?}");
        assert!(checks.len() > 4, "{checks:?}");
    }
}
