//! A deterministic mutator of texts: the same case number gives the same text on every machine.

use std::fs;
use std::path::Path;

/// Xorshift64*: small, fast, and good enough to choose edits.
pub struct Rng(u64);

impl Rng {
    /// A generator of its own for every case, so that a failing case can be run alone.
    pub fn new(case: u64) -> Rng {
        // Neighbouring numbers must not give neighbouring streams, and the state must not be 0.
        let mut state = case.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state ^= state >> 31;
        Rng(state.max(1))
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`; 0 if there is none.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() >> 33) as usize % end.max(1)
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// The files with one of these extensions in these folders, sorted by path.
pub fn corpus(folders: &[&Path], extension: &str) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// How many cases to run: `CROSSLOOM_FUZZ`, else a number that fits into every test run.
pub fn cases() -> u64 {
    std::env::var("CROSSLOOM_FUZZ").ok().map_or(2000, |cases| cases.parse().expect("CROSSLOOM_FUZZ is a number"))
}

/// One text of the corpus after one to eight edits, few more often than many.
///
/// Broken UTF-8 is replaced as a lossy reader would.
pub fn mutate(rng: &mut Rng, corpus: &[Vec<u8>], tokens: &[&str]) -> String {
    String::from_utf8_lossy(&mutate_bytes(rng, corpus, tokens)).into_owned()
}

/// The same of files that are no text.
pub fn mutate_bytes(rng: &mut Rng, corpus: &[Vec<u8>], tokens: &[&str]) -> Vec<u8> {
    let mut text = rng.pick(corpus).clone();
    let most = rng.below(8) + 1;
    for _ in 0..=rng.below(most) {
        edit(rng, &mut text, corpus, tokens);
    }
    text
}

fn edit(rng: &mut Rng, text: &mut Vec<u8>, corpus: &[Vec<u8>], tokens: &[&str]) {
    let from = rng.below(text.len() + 1);
    let to = (from + rng.below(24)).min(text.len());
    match rng.below(10) {
        // A bit flips, a byte becomes another.
        0 if from < text.len() => text[from] ^= 1 << rng.below(8),
        1 if from < text.len() => text[from] = rng.next() as u8,
        // A stretch is lost, stands twice, or moves.
        2 => drop(text.drain(from..to)),
        3 => {
            let stretch = text[from..to].to_vec();
            text.splice(to..to, stretch);
        }
        4 => {
            let stretch: Vec<u8> = text.drain(from..to).collect();
            let at = rng.below(text.len() + 1);
            text.splice(at..at, stretch);
        }
        // The file ends early.
        5 => text.truncate(from),
        // A token appears, or takes a word's place.
        6 => {
            let token = rng.pick(tokens).bytes();
            text.splice(from..from, token);
        }
        7 => {
            let (start, end) = word(text, from);
            let token = rng.pick(tokens).bytes();
            text.splice(start..end, token);
        }
        // Two words change places.
        8 => {
            let (first, second) = (word(text, from), word(text, rng.below(text.len() + 1)));
            let (first, second) = if first <= second { (first, second) } else { (second, first) };
            if first.1 <= second.0 {
                let (a, b) = (text[first.0..first.1].to_vec(), text[second.0..second.1].to_vec());
                text.splice(second.0..second.1, a);
                text.splice(first.0..first.1, b);
            }
        }
        // A line comes from elsewhere.
        _ => {
            let other = rng.pick(corpus);
            let lines: Vec<&[u8]> = other.split_inclusive(|byte| *byte == b'\n').collect();
            if !lines.is_empty() {
                let line = rng.pick(&lines).to_vec();
                let at = text[..from].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                text.splice(at..at, line);
            }
        }
    }
}

/// The word (letters, digits and what joins them) at or before a place.
fn word(text: &[u8], at: usize) -> (usize, usize) {
    let of_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.+".contains(byte);
    let start = text[..at].iter().rposition(|byte| !of_word(byte)).map_or(0, |at| at + 1);
    let end = text[at..].iter().position(|byte| !of_word(byte)).map_or(text.len(), |length| at + length);
    (start, end)
}
