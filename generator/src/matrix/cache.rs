//! `[cache]`: binary caches that a project offers. They are used only by whoever asks for them: a matrix that could name a key to
//! trust would let its author replace what other projects on the machine build.

use std::ops::Range;

use crate::diag::{Problem, quote};
use crate::nix::cache::{Caches, is_public_key, is_store, needs_no_key};
use crate::reader::{Reader, Value};

/// Keys of `[cache]`, Nix's own names.
pub const KEYS: [&str; 2] = ["substituters", "trusted-public-keys"];

/// The function that reads one word.
type Read = fn(&str, Range<usize>) -> Result<String, Problem>;

pub fn read(reader: &mut Reader, span: Range<usize>, value: &Value<'_>) -> Caches {
    let mut caches = Caches::default();
    let Some(table) = reader.table(value, "[cache]", &KEYS) else { return caches };
    let hints = ["name a cache: [\"https://cache.example.org\"]", "name the keys that it signs with: [\"NAME:KEY\"]"];
    let reads: [Read; 2] = [substituter, key];
    let places = [&mut caches.substituters, &mut caches.keys];
    for (((name, hint), read), place) in KEYS.into_iter().zip(hints).zip(reads).zip(places) {
        match table.get(name) {
            Some(value) => {
                let words = reader.words(value, &format!("cache.{name}"), read);
                *place = words.into_iter().map(|word| word.value).collect();
            }
            None => {
                reader.missing.push(Problem::at(span.clone(), format!("`{name}` is missing in [cache]")).hint(hint));
            }
        }
    }
    caches
}

fn substituter(word: &str, span: Range<usize>) -> Result<String, Problem> {
    if !is_store(word) {
        let problem = Problem::at(span, format!("{} is not the address of a binary cache", quote(word)));
        return Err(problem.hint("as Nix writes it: https://cache.example.org, s3://BUCKET or ssh-ng://HOST"));
    }
    if needs_no_key(word) {
        let problem = Problem::at(span, format!("{} asks to be trusted without signatures", quote(word)));
        return Err(problem.hint("remove the parameter `trusted`, and name the key that the cache signs with"));
    }
    Ok(word.to_owned())
}

fn key(word: &str, span: Range<usize>) -> Result<String, Problem> {
    match is_public_key(word) {
        true => Ok(word.to_owned()),
        false => {
            let problem = Problem::at(span, format!("{} is not a public key", quote(word)));
            Err(problem.hint("as Nix writes it: NAME:KEY, where KEY is 44 characters of base 64"))
        }
    }
}
