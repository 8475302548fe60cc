//! `[ci]`: the services that build the matrix, for which files are rendered.

use std::ops::Range;

use crate::diag::{Problem, quote};
use crate::forge;
use crate::reader::{Reader, Value};
use crate::service::{Ci, Surface};
use crate::word::Word;

/// Keys of `[ci]`.
pub const KEYS: [&str; 4] = ["surfaces", "flake", "crossloom-git", "crossloom-rev"];

/// How an address begins that another machine can read.
const SCHEMES: [&str; 8] = ["git+https", "git+http", "git+ssh", "github", "gitlab", "sourcehut", "hg+https", "https"];

/// How a repository's address begins that cargo reads on another machine.
const REPOSITORIES: [&str; 3] = ["https://", "http://", "ssh://"];

/// The function that reads one of the keys that are text.
type Read = fn(&str, Range<usize>) -> Result<String, Problem>;

/// The keys that are for some services alone: how they are read, for whom they are, and the first of these.
const PARTIAL: [(&str, Read, &str, &[Surface]); 3] = [
    ("flake", address, "Hydra, which is not", &[Surface::Hydra]),
    ("crossloom-git", repository, "GitHub and GitLab, which are not", &[Surface::Github, Surface::Gitlab]),
    ("crossloom-rev", commit, "GitHub and GitLab, which are not", &[Surface::Github, Surface::Gitlab]),
];

pub fn read(reader: &mut Reader, span: Range<usize>, value: &Value<'_>) -> Ci {
    let mut ci = Ci::default();
    let Some(table) = reader.table(value, "[ci]", &KEYS) else { return ci };
    let hint = "say what to render files for: surfaces = [\"github\"]";
    let Some(value) = table.get("surfaces") else {
        for (key, read, ..) in PARTIAL {
            if let Some(value) = table.get(key) {
                reader.word(value, &format!("ci.{key}"), read);
            }
        }
        reader.missing.push(Problem::at(span, "`surfaces` is missing in [ci]").hint(hint));
        return ci;
    };
    let before = reader.problems.len();
    let words = reader.words(value, "ci.surfaces", Surface::read);
    ci.surfaces = words.into_iter().map(|word| word.value).collect();
    // A misspelt word may have been the one that a key is for.
    let sound = reader.problems.len() == before;
    for ((name, read, whose, surfaces), place) in
        PARTIAL.into_iter().zip([&mut ci.flake, &mut ci.crossloom_git, &mut ci.crossloom_rev])
    {
        let Some((key, value)) = table.get_key_value(name) else { continue };
        *place = reader.word(value, &format!("ci.{name}"), read).map(|word| word.value);
        if sound
            && let Some(first) = surfaces.first()
            && !surfaces.iter().any(|one| ci.surfaces.contains(one))
        {
            let problem = Problem::at(key.span(), format!("`{name}` is for {whose} among ci.surfaces"));
            reader.report(problem.hint(format!("add \"{}\" to surfaces, or remove this key", first.as_str())));
        }
    }
    ci
}

fn repository(word: &str, span: Range<usize>) -> Result<String, Problem> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/@%+".contains(c);
    let known = REPOSITORIES.iter().any(|scheme| word.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
    if known && word.chars().all(plain) {
        return Ok(word.to_owned());
    }
    let message = format!("{} is not an address of a repository that another machine can read", quote(word));
    Err(Problem::at(span, message).hint("as cargo takes it: https://git.example.org/tools/crossloom"))
}

fn commit(word: &str, span: Range<usize>) -> Result<String, Problem> {
    if forge::is_commit(word) {
        return Ok(word.to_owned());
    }
    let message = format!("{} is not a commit: a branch or a tag may move", quote(word));
    Err(Problem::at(span, message).hint("its 40 hexadecimal digits, as `git rev-parse` prints them"))
}

fn address(word: &str, span: Range<usize>) -> Result<String, Problem> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?&=%+@".contains(c);
    let known = word.split_once(':').is_some_and(|(scheme, rest)| SCHEMES.contains(&scheme) && !rest.is_empty());
    if known && word.chars().all(plain) {
        return Ok(word.to_owned());
    }
    let message = format!("{} is not an address of a flake that another machine can read", quote(word));
    let hint = "as Nix writes it: github:OWNER/REPOSITORY, or git+https://git.example.org/me/toolchains?ref=main";
    Err(Problem::at(span, message).hint(hint))
}
