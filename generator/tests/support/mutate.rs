//! A deterministic mutator, and the runner of the tests that use it: the same case number gives the same input on every
//! machine.

use std::fs;
use std::io::{self, Write};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How many cases a fuzz test runs unless that takes more than about three seconds in a debug build: then it says how many.
pub const CASES: u64 = 20_000;
/// A case takes milliseconds. One that takes so long never ends, or nearly so.
const PATIENCE: Duration = Duration::from_secs(120);
/// Bytes that an input grows by at most.
const SWOLLEN: usize = 64 << 10;
/// After so many panics a test has said enough.
const MAX_PANICS: usize = 10;

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

    /// A number as sizes and offsets go wrong: small, around a power of two, or anything.
    pub fn number(&mut self) -> u64 {
        match self.below(4) {
            0 => self.below(64) as u64,
            1 => self.next(),
            _ => (1_u64 << self.below(64)).wrapping_add(self.below(3) as u64).wrapping_sub(1),
        }
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
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

/// How the cases of a test went.
pub struct Tally {
    name: &'static str,
    pub cases: u64,
    /// In how many the input was accepted.
    good: u64,
}

impl Tally {
    /// Between half a hundredth and 99 of 100 inputs were accepted: a mutator that only ever breaks files, or never does, would test half
    /// of a parser.
    pub fn balanced(&self) {
        let (good, cases) = (self.good, self.cases);
        let fine = good > cases / 200 && good < cases - cases / 100;
        assert!(cases < 500 || fine, "{}: {good} of {cases} are good", self.name);
    }
}

/// Makes an input for every case and checks it, the slowest ones several times; `check` says whether it was accepted.
/// Prints how many cases there were, which took longest, and which panicked; fails if any did, or if one takes longer
/// than [`PATIENCE`].
///
/// `CROSSLOOM_FUZZ=N` runs N cases in place of `usual`, and `CROSSLOOM_FUZZ=FROM..TO` those from FROM up to TO. With
/// `CROSSLOOM_FUZZ_SECONDS=S`, no case begins after so many seconds. Tests of different names have different inputs.
pub fn run(name: &'static str, usual: u64, make: impl Fn(&mut Rng) -> Vec<u8>, check: impl Fn(&[u8]) -> bool) -> Tally {
    let seed = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let begun = Instant::now();
    let until = std::env::var("CROSSLOOM_FUZZ_SECONDS")
        .map_or(Duration::MAX, |text| Duration::from_secs(text.parse().expect("CROSSLOOM_FUZZ_SECONDS is a number")));
    let watch = Watch::new(name);
    let mut tally = Tally { name, cases: 0, good: 0 };
    let mut slowest = (Duration::ZERO, 0, 0);
    let mut panics = Vec::new();
    for case in cases(usual) {
        watch.see(case);
        let input = make(&mut Rng::new(seed.wrapping_add(case)));
        let started = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| check(&input)));
        let mut time = started.elapsed();
        // On a machine that does other things, too, nearly any case can take long once.
        for _ in 0..4 {
            if time <= slowest.0 || result.is_err() {
                break;
            }
            let started = Instant::now();
            check(&input);
            time = time.min(started.elapsed());
        }
        slowest = slowest.max((time, case, input.len()));
        tally.cases += 1;
        match result {
            Ok(good) => tally.good += u64::from(good),
            Err(_) => {
                println!("{name}: case {case} fails; its input is:\n{}", input.escape_ascii());
                panics.push(case);
            }
        }
        if panics.len() == MAX_PANICS || begun.elapsed() > until {
            break;
        }
    }
    let (time, case, length) = slowest;
    println!(
        "fuzz: {name} | {} cases | {} accepted | {} panics | slowest {:.1} ms (case {case}, {length} bytes) | {}",
        tally.cases,
        tally.good,
        panics.len(),
        time.as_secs_f64() * 1e3,
        peak().map_or("peak memory unknown".to_owned(), |peak| format!("peak {} MB", peak.div_ceil(1024))),
    );
    assert!(panics.is_empty(), "{name}: cases {panics:?} fail; CROSSLOOM_FUZZ=FROM..TO runs some alone");
    tally
}

/// The most memory that this process had at once, in kilobytes: of one test if it runs alone. Linux tells it.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok())
}

/// Ends the process when one case goes on and on, since nothing else would say which one it is.
struct Watch {
    case: Arc<AtomicU64>,
    /// Its end tells the other thread to end, too.
    _alive: Sender<()>,
}

impl Watch {
    fn new(name: &'static str) -> Watch {
        let case = Arc::new(AtomicU64::new(u64::MAX));
        let (alive, ended) = channel();
        let seen = Arc::clone(&case);
        thread::spawn(move || {
            let mut before = u64::MAX;
            while ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                let now = seen.load(Ordering::Relaxed);
                if now == before {
                    // Past the capture of a test's output, which would be lost.
                    let _ = writeln!(io::stderr(), "{name}: case {now} takes longer than {PATIENCE:?}");
                    std::process::abort();
                }
                before = now;
            }
        });
        Watch { case, _alive: alive }
    }

    fn see(&self, case: u64) {
        self.case.store(case, Ordering::Relaxed);
    }
}

/// As [`run`], of inputs that are mutated and nothing else.
pub fn run_bytes(
    name: &'static str,
    usual: u64,
    corpus: &[Vec<u8>],
    tokens: &[&str],
    check: impl Fn(&[u8]) -> bool,
) -> Tally {
    run(name, usual, |rng| mutate_bytes(rng, corpus, tokens), check)
}

/// As [`run`], for texts. Broken UTF-8 is replaced as a lossy reader would.
pub fn run_texts(
    name: &'static str,
    usual: u64,
    corpus: &[Vec<u8>],
    tokens: &[&str],
    check: impl Fn(&str) -> bool,
) -> Tally {
    run(name, usual, |rng| mutate(rng, corpus, tokens).into_bytes(), |text| check(&String::from_utf8_lossy(text)))
}

/// Every message of an error says something, and is not as long as a file.
pub fn told(error: &dyn std::error::Error) {
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        assert!(!text.trim().is_empty());
        assert!(text.len() < 20_000, "a message of {} bytes: {:.200}", text.len(), text);
        next = error.source();
    }
}

pub fn cases(usual: u64) -> Range<u64> {
    let number = |text: &str| text.parse().expect("CROSSLOOM_FUZZ is a number, or two with .. between them");
    match std::env::var("CROSSLOOM_FUZZ") {
        Err(_) => 0..usual,
        Ok(text) => match text.split_once("..") {
            Some((from, to)) => number(from)..number(to),
            None => 0..number(&text),
        },
    }
}

/// One text of the corpus after one to eight edits, few more often than many.
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
    if rng.below(100) == 0 {
        swell(rng, &mut text, tokens);
    }
    text
}

/// A few bytes or a token, hundreds of times in a row: time and memory that grow faster than an input show there.
fn swell(rng: &mut Rng, text: &mut Vec<u8>, tokens: &[&str]) {
    let from = rng.below(text.len() + 1);
    let to = (from + 1 + rng.below(24)).min(text.len());
    let stretch = if rng.below(2) == 0 { text[from..to].to_vec() } else { rng.pick(tokens).as_bytes().to_vec() };
    let times = (1 << rng.below(13)).min(SWOLLEN / stretch.len().max(1));
    text.splice(to..to, stretch.repeat(times));
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

mod tests {
    use super::*;

    #[test]
    fn the_mutator_gives_the_same_inputs_everywhere() {
        let corpus = [b"version = 1\nname = \"x\"\n".to_vec(), b"[a.b]\nc = 2\n".to_vec()];
        let all: Vec<u8> = (0..1000).flat_map(|case| mutate_bytes(&mut Rng::new(case), &corpus, &["]", "é"])).collect();
        let sum = all.iter().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
        assert_eq!((all.len(), sum), (31875, 11_117_585_518_964_491_736));
    }

    #[test]
    fn a_check_that_panics_fails_its_test() {
        let check = |bytes: &[u8]| {
            assert!(bytes != [7], "seven");
            true
        };
        let run = || run("a failing check", 100, |rng| vec![rng.below(9) as u8], check);
        let failed = catch_unwind(AssertUnwindSafe(|| run().cases)).unwrap_err();
        let message = failed.downcast_ref::<String>().unwrap();
        assert!(message.starts_with("a failing check: cases [") && message.contains(" fail; "), "{message}");
    }
}
