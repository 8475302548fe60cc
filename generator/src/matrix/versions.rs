//! Versions as a matrix names them: exact ones, and shorthands that the lock holds to one release.

use std::cell::RefCell;
use std::ops::Range;

use super::source::OwnReleases;
use crate::catalogue::{LATEST, Package, Release, Unfound};
use crate::diag::{Problem, quote};
use crate::lock::Versions;

/// The releases that words of a matrix can mean, and what its shorthands turned out to mean.
pub struct Releases<'a> {
    pub own: OwnReleases,
    /// The meanings that the lock holds.
    pub locked: &'a Versions,
    /// Every shorthand that was looked up, with its release.
    pub found: RefCell<Versions>,
}

impl<'a> Releases<'a> {
    pub fn new(own: OwnReleases, locked: &'a Versions) -> Releases<'a> {
        Releases { own, locked, found: RefCell::default() }
    }

    /// The release of a word on the axis of this key. An exact version has precedence over a shorthand.
    pub fn find(
        &self,
        axis: &str,
        package: Package,
        word: &str,
        span: Range<usize>,
    ) -> Result<&'static Release, Problem> {
        if let Some(release) = self.own.find(package, word) {
            return Ok(release);
        }
        match package.shorthand(word) {
            Ok(newest) => self.held(axis, package, word, span, newest),
            Err(Unfound::Ambiguous(series)) => {
                let message = format!("{axis} {} is ambiguous: it could be {}", quote(word), either(&series));
                Err(Problem::at(span, message).hint(format!("name one of these series, a version, or \"{LATEST}\"")))
            }
            Err(Unfound::Unknown) => self.own.instead(package).ok_or_else(|| self.unknown(axis, package, word, span)),
        }
    }

    /// The release that the lock holds a shorthand to; the newest where it holds it to none.
    fn held(
        &self,
        axis: &str,
        package: Package,
        word: &str,
        span: Range<usize>,
        newest: &'static Release,
    ) -> Result<&'static Release, Problem> {
        let name = package.as_str();
        let release = match self.locked.get(name).and_then(|words| words.get(word)) {
            None => newest,
            Some(version) => package.meant(word).find(|release| release.version() == version).ok_or_else(|| {
                let message = format!(
                    "the lock holds {axis} {} to {}, which this crossloom has no release for",
                    quote(word),
                    quote(version)
                );
                Problem::at(span, message).hint(format!("`crossloom upgrade {name}` takes {}", newest.version()))
            })?,
        };
        let mut found = self.found.borrow_mut();
        found.entry(name.to_owned()).or_default().insert(word.to_owned(), release.version().to_owned());
        Ok(release)
    }

    fn unknown(&self, axis: &str, package: Package, word: &str, span: Range<usize>) -> Problem {
        let message = format!("{axis} {} is not in the catalogue", quote(word));
        let known = package.releases().iter().map(Release::version).collect::<Vec<_>>().join(", ");
        let own = self.own.versions(package).collect::<Vec<_>>();
        let hint = match own.as_slice() {
            [] => format!("it has {known}; a table [source.NAME] adds a version"),
            own => format!("it has {known}, and [source] adds {}", own.join(", ")),
        };
        Problem::at(span, message).hint(hint)
    }
}

fn either(words: &[&str]) -> String {
    match words {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        words => words.join(""),
    }
}
