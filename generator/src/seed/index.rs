//! A `Packages` index as a value that can be asked for packages and providers.

use std::collections::BTreeMap;

use super::control::{Stanza, stanzas};
use super::error::SeedError;
use super::relation::{Alternative, Operator, Relation, parse_relations};
use super::release::clip;
use super::version::compare_versions;
use crate::nix::hash::Sha256;

/// One package of an index. Relations are parsed when they are asked for: a closure needs 200 of 60,000.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Package<'a> {
    /// Line of the stanza in the index, from 1.
    pub line: usize,
    /// The package's name.
    pub name: &'a str,
    /// Its version, epoch included.
    pub version: &'a str,
    /// The architecture that it was built for, or `all`.
    pub architecture: &'a str,
    /// Path of the `.deb` below the archive's base.
    pub path: &'a str,
    size: &'a str,
    sha256: &'a str,
    pre_depends: &'a str,
    depends: &'a str,
    provides: &'a str,
}

/// The newest package of each name in one index, and who provides what.
#[derive(Debug, Clone, Default)]
pub struct Index<'a> {
    file: String,
    /// Debian's name of the architecture that the index is of.
    pub architecture: &'a str,
    packages: BTreeMap<&'a str, Package<'a>>,
    /// Virtual name → (provider, version that is provided), sorted by provider.
    providers: BTreeMap<&'a str, Vec<(&'a str, Option<&'a str>)>>,
}

impl<'a> Package<'a> {
    fn of(stanza: &Stanza<'a>) -> Package<'a> {
        let mut package = Package { line: stanza.line, ..Package::default() };
        for (name, value) in stanza.fields() {
            match name {
                "Package" => package.name = value,
                "Version" => package.version = value,
                "Architecture" => package.architecture = value,
                "Filename" => package.path = value,
                "Size" => package.size = value,
                "SHA256" => package.sha256 = value,
                "Pre-Depends" => package.pre_depends = value,
                "Depends" => package.depends = value,
                "Provides" => package.provides = value,
                _ => {}
            }
        }
        package
    }
}

impl<'a> Index<'a> {
    /// Reads an index. `file` names it in errors. Of several versions of one package the newest counts.
    pub fn parse(text: &'a str, architecture: &'a str, file: &str) -> Result<Index<'a>, SeedError> {
        let mut index = Index { file: file.to_owned(), architecture, ..Index::default() };
        for stanza in stanzas(text) {
            let package = Package::of(&stanza);
            if package.name.is_empty() || package.version.is_empty() {
                return Err(index.malformed(&package, "Package or Version is missing"));
            }
            if package.architecture != architecture && package.architecture != "all" {
                let problem = format!("{} is of architecture {:?}", clip(package.name), clip(package.architecture));
                return Err(index.malformed(&package, &problem));
            }
            match index.packages.get(package.name) {
                Some(other) if compare_versions(other.version, package.version).is_ge() => {}
                _ => {
                    index.packages.insert(package.name, package);
                }
            }
        }
        for package in index.packages.values() {
            let provided = parse_relations(package.provides).map_err(|problem| index.malformed(package, &problem))?;
            for alternative in provided.iter().flat_map(|relation| &relation.alternatives) {
                let version = match alternative.version {
                    Some((Operator::Exactly, version)) => Some(version),
                    _ => None,
                };
                index.providers.entry(alternative.name).or_default().push((package.name, version));
            }
        }
        Ok(index)
    }

    /// The index's name in errors.
    pub fn name(&self) -> &str {
        &self.file
    }

    /// The package of this name.
    pub fn get(&self, name: &str) -> Option<&Package<'a>> {
        self.packages.get(name)
    }

    /// `Pre-Depends`, then `Depends`.
    pub fn relations(&self, package: &Package<'a>) -> Result<Vec<Relation<'a>>, SeedError> {
        let parse = |text| parse_relations(text).map_err(|problem| self.malformed(package, &problem));
        let mut relations = parse(package.pre_depends)?;
        relations.extend(parse(package.depends)?);
        Ok(relations)
    }

    /// The packages that satisfy an alternative: the one of that name first, then providers by name.
    ///
    /// `:any` and `:native` ask for nothing here, since there is one architecture; any other qualifier has to be it.
    pub fn candidates(&self, wanted: &Alternative<'_>) -> Vec<&'a str> {
        if wanted.qualifier.is_some_and(|name| !["any", "native", self.architecture].contains(&name)) {
            return Vec::new();
        }
        let real = self
            .packages
            .get(wanted.name)
            .filter(|package| wanted.version.is_none_or(|(operator, bound)| operator.holds(package.version, bound)));
        // An unversioned Provides does not satisfy a versioned relation (Debian policy 7.5).
        let providers = self.providers.get(wanted.name).into_iter().flatten().filter(|(_, provided)| {
            wanted
                .version
                .is_none_or(|(operator, bound)| provided.is_some_and(|version| operator.holds(version, bound)))
        });
        real.map(|package| package.name).into_iter().chain(providers.map(|(name, _)| *name)).collect()
    }

    /// Size in bytes and digest of a package's file.
    pub fn file(&self, package: &Package<'a>) -> Result<(u64, Sha256), SeedError> {
        let size = package.size.parse().map_err(|_| self.malformed(package, "Size is not a number"))?;
        let sha256 = package.sha256.parse().map_err(|_| self.malformed(package, "SHA256 is not a digest"))?;
        Ok((size, sha256))
    }

    fn malformed(&self, package: &Package<'_>, problem: &str) -> SeedError {
        let problem = format!("line {} ({}): {problem}", package.line, clip(package.name));
        SeedError::Malformed { file: self.file.clone(), problem }
    }
}
