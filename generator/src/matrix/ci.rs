//! `[ci]`: the services that build the matrix, for which files are rendered.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::Serialize;

use super::keys;
use super::reader::{Reader, Value, not_among};
use crate::diag::{Problem, quote};

/// What is rendered for services; nothing, where the file has no `[ci]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Ci {
    pub surfaces: BTreeSet<Surface>,
    /// Where Hydra finds the project's flake: an address of Nix's, which names no place on a machine.
    pub flake: Option<String>,
}

/// A service that files are rendered for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Surface {
    Hydra,
    Garnix,
    Github,
    Gitlab,
}

impl Surface {
    /// Every surface, in the order of the reference.
    pub const ALL: [Surface; 4] = [Surface::Hydra, Surface::Garnix, Surface::Github, Surface::Gitlab];

    /// The word in a matrix.
    pub const fn as_str(self) -> &'static str {
        match self {
            Surface::Hydra => "hydra",
            Surface::Garnix => "garnix",
            Surface::Github => "github",
            Surface::Gitlab => "gitlab",
        }
    }
}

/// How an address begins that another machine can read.
const SCHEMES: [&str; 8] = ["git+https", "git+http", "git+ssh", "github", "gitlab", "sourcehut", "hg+https", "https"];

pub fn read(reader: &mut Reader, span: Range<usize>, value: &Value<'_>) -> Ci {
    let mut ci = Ci::default();
    let Some(table) = reader.table(value, "[ci]", keys::CI) else { return ci };
    let hint = "say what to render files for: surfaces = [\"github\"]";
    let Some(value) = table.get("surfaces") else {
        if let Some(value) = table.get("flake") {
            reader.word(value, "ci.flake", address);
        }
        reader.missing.push(Problem::at(span, "`surfaces` is missing in [ci]").hint(hint));
        return ci;
    };
    let before = reader.problems.len();
    let words = reader.words(value, "ci.surfaces", |word, span| {
        let known = Surface::ALL.into_iter().find(|surface| surface.as_str() == word);
        known.ok_or_else(|| not_among(span, "surface", word, Surface::ALL.map(Surface::as_str)))
    });
    ci.surfaces = words.into_iter().map(|word| word.value).collect();
    // A misspelt word may have been the one that `flake` is for.
    let sound = reader.problems.len() == before;
    if let Some((key, value)) = table.get_key_value("flake") {
        ci.flake = reader.word(value, "ci.flake", address).map(|address| address.value);
        if sound && !ci.surfaces.contains(&Surface::Hydra) {
            let problem = Problem::at(key.span(), "`flake` is for Hydra, which is not among ci.surfaces");
            reader.report(problem.hint("add \"hydra\" to surfaces, or remove this key"));
        }
    }
    ci
}

fn address(word: &str, span: Range<usize>) -> Result<String, Problem> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?&=%+@".contains(c);
    let known = word.split_once(':').is_some_and(|(scheme, rest)| SCHEMES.contains(&scheme) && !rest.is_empty());
    if known && word.chars().all(plain) {
        return Ok(word.to_owned());
    }
    let message = format!("{} is no address of a flake that another machine can read", quote(word));
    let hint = "as Nix writes it: github:OWNER/REPOSITORY, or git+https://git.example.org/me/toolchains?ref=main";
    Err(Problem::at(span, message).hint(hint))
}
