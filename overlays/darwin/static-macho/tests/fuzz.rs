//! Mutated files: never a panic, never a hang, and what is made of them is what it should be.

use std::panic::{catch_unwind, AssertUnwindSafe};

use crate::mutate::{self, Rng};
use crate::writer::{self, arm64, library, linked, program, STACK, STACK_SIZE, TBD};
use static_macho::check::{check, Wanted};
use static_macho::container::{split, Content};
use static_macho::libraries::Libraries;
use static_macho::macho::MachO;
use static_macho::make::{make, Refusal, Stack};
use static_macho::show::show;
use static_macho::sign::verify;
use static_macho::stack;
use static_macho::tbd;

const AT: Option<Stack> = Some(Stack { address: STACK, size: STACK_SIZE });

/// Numbers at which sums and products go wrong.
const NUMBERS: [u64; 16] = [
    0,
    1,
    7,
    8,
    9,
    72,
    0xfff,
    0x1000,
    0x2000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    1 << 63,
    u64::MAX - 0xfff,
    u64::MAX,
];

/// One file of the corpus after a few edits. Most hit the front, where the numbers are.
fn mutated(rng: &mut Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = corpus[rng.below(corpus.len())].clone();
    for _ in 0..=rng.below(3) {
        let front = if rng.below(4) > 0 { 0x500.min(bytes.len()) } else { bytes.len() };
        let at = rng.below(front) & !3;
        match rng.below(8) {
            0 => bytes.truncate(rng.below(bytes.len() + 1)),
            1 | 2 if at < bytes.len() => bytes[at] ^= 1 << rng.below(8),
            3 => {
                // Another file's bytes, at the same place.
                let other = &corpus[rng.below(corpus.len())];
                let length = rng.below(64);
                for (byte, value) in bytes.iter_mut().zip(other).skip(at).take(length) {
                    *byte = *value;
                }
            }
            4 => {
                let end = (at + 8 * rng.below(20)).min(bytes.len());
                bytes.drain(at.min(end)..end);
            }
            5 => {
                let number = NUMBERS[rng.below(NUMBERS.len())].to_be_bytes();
                bytes.iter_mut().skip(at).zip(&number[4..]).for_each(|(byte, value)| *byte = *value);
            }
            wide => {
                let number = NUMBERS[rng.below(NUMBERS.len())].to_le_bytes();
                let width = if wide == 6 { 4 } else { 8 };
                bytes.iter_mut().skip(at).zip(&number[..width]).for_each(|(byte, value)| *byte = *value);
            }
        }
    }
    bytes
}

fn every_case(run: impl Fn(&mut Rng) -> bool) -> (u64, u64) {
    let cases = mutate::cases(2000);
    let count = cases.end.saturating_sub(cases.start);
    let mut good = 0;
    for case in cases {
        match catch_unwind(AssertUnwindSafe(|| run(&mut Rng::new(case)))) {
            Ok(fine) => good += u64::from(fine),
            Err(_) => panic!("case {case} fails"),
        }
    }
    (good, count)
}

/// A mutator that only ever breaks files, or never does, would test half of a reader.
fn balanced((good, cases): (u64, u64)) {
    assert!(cases < 1000 || (good > cases / 100 && good < cases * 99 / 100), "{good} of {cases} are good");
}

#[test]
fn files_that_are_checked() {
    let object = writer::Image { file_type: 1, linker: None, entry: None, ..linked() };
    let small = writer::Image { signed: true, ..library() };
    let corpus = [
        program().bytes(),
        library().bytes(),
        small.bytes(),
        make(&linked().bytes(), AT).unwrap(),
        writer::archive(&[("a.o", object.bytes()), ("a long name for an object.o", object.bytes())]),
        writer::archive(&[
            ("//", b"a long name for an object.o/\n".to_vec()),
            ("/0", object.bytes()),
            ("b.o/", object.bytes()),
        ]),
        writer::universal(&[(7, 3, program().bytes()), (0x0100_000c, 0, arm64().bytes())]),
    ];
    let sdk = writer::sdk("fuzz");
    balanced(every_case(|rng| {
        let bytes = mutated(rng, &corpus);
        let fixed = rng.below(2) == 0;
        let Some(Ok(content)) = split(&bytes) else { return false };
        let _ = show(&content);
        let mut libraries = Libraries::new(Some(sdk.clone()), &[]).unwrap();
        let report = check(&content, Wanted { minimum: None, fixed }, &mut libraries).unwrap();
        assert!(report.lines.iter().chain(&report.findings).all(|line| !line.contains('\n')), "{report:?}");
        report.findings.is_empty()
    }));
}

#[test]
fn files_that_are_made_static() {
    let chained = writer::Image { chained: Some(vec![0; 48]), ..linked() };
    let corpus = [linked().bytes(), chained.bytes()];
    balanced(every_case(|rng| {
        let bytes = mutated(rng, &corpus);
        let made = match make(&bytes, AT) {
            Ok(made) => made,
            Err(refusal) => {
                assert!(!refusal.to_string().trim().is_empty());
                return false;
            }
        };
        // Only what stood before the first section changed, and the result is nothing to be changed again.
        assert_eq!(made.len(), bytes.len());
        let first = MachO::parse(&bytes).unwrap().first_content() as usize;
        assert!(made[first..] == bytes[first..]);
        assert!(matches!(make(&made, AT), Err(Refusal::Missing { .. })));
        let wanted = Wanted { fixed: true, ..Wanted::default() };
        let report = check(&Content::MachO(&made), wanted, &mut Libraries::default()).unwrap();
        let thread =
            report.findings.iter().find(|line| line.contains("LC_UNIXTHREAD") || line.contains("__UNIXSTACK overlap"));
        assert_eq!(thread, None);
        true
    }));
}

#[test]
fn programs_that_get_another_stack() {
    let corpus = [program().bytes(), arm64().bytes(), library().bytes()];
    balanced(every_case(|rng| {
        let bytes = mutated(rng, &corpus);
        let Ok(changed) = stack::set(&bytes, 0x10_0000) else { return false };
        let signature = verify(&MachO::parse(&changed).unwrap());
        assert!(changed.len() == bytes.len() && signature.is_ok(), "{signature:?}");
        true
    }));
}

#[test]
fn stubs() {
    let old = TBD.replace("--- !tapi-tbd\n", "--- !tapi-tbd-v3\nplatform: macosx\n").replace("targets:", "archs:");
    let corpus = [TBD.as_bytes().to_vec(), old.into_bytes()];
    let tokens =
        ["[", "]", "'", "\"", "- ", "-", ": ", ":", ",", "\n", "\n    ", "--- ", "...", "#", "{", "\\x4", "é", "[[[["];
    balanced(every_case(|rng| match tbd::parse(&mutate::mutate(rng, &corpus, &tokens)) {
        Ok(stubs) => {
            assert!(!stubs.is_empty() && stubs.iter().all(|stub| !stub.install_name.is_empty()));
            true
        }
        Err(error) => {
            assert!(!error.to_string().trim().is_empty());
            false
        }
    }));
}
