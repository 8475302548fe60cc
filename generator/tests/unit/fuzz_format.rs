//! Mutated Nix: never a panic, never a hang, and what is formatted means the same, to Nix too.

use std::cell::RefCell;
use std::path::Path;
use std::process::Command;

use super::mutate;
use super::project;
use crate::render::format::{FormatError, format};

/// A thread with a stack of its own formats each text several times.
const TEXTS: u64 = 500;
/// Texts that Nix reads before and after. It takes all of them at once.
const COMPARED: usize = 100;

const TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "''",
    "${",
    "$",
    "$$",
    "''${",
    "'''",
    "''\\n",
    "''\\",
    "\\",
    "\\n",
    ";",
    ":",
    "=",
    ".",
    ",",
    "...",
    "@",
    "?",
    "let ",
    " in ",
    "rec ",
    "inherit ",
    "if ",
    " then ",
    " else ",
    " or ",
    "a",
    "b",
    "./x",
    "/x",
    "~/x",
    "<x>",
    "1",
    "1.5",
    "-",
    "!",
    "++",
    "//",
    "->",
    "||",
    "&&",
    "==",
    "# x\n",
    "#\n",
    "/* x */",
    "/**\n x\n*/",
    "\n",
    "\n\n",
    " ",
    "\t",
    "\r\n",
    "\r",
    "é",
    "\u{feff}",
    "\0",
    "http://x.org",
    "__curPos",
    "|>",
    "<|",
    "assert a; ",
    "with a; ",
    "a = 1;",
    "{ a }:",
    "a: ",
    "x.y",
    "x ? y",
];

/// What Nix's own parser makes of files, one after the other; none where it takes one of them for no Nix.
fn parsed(folder: &Path, texts: &[String]) -> Option<String> {
    let mut files = Vec::new();
    for (number, text) in texts.iter().enumerate() {
        let file = folder.join(format!("{number}.nix"));
        std::fs::write(&file, text).unwrap();
        files.push(file);
    }
    let output = Command::new("nix-instantiate")
        .args(["--store", "dummy://", "--parse"])
        .args(&files)
        .env("NIX_STATE_DIR", folder)
        .output()
        .expect("nix-instantiate is needed: make test brings it");
    // A string in double quotes that begins with `${` is printed with an empty one before it, and an indented one is not.
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).replace("\"\" + ", ""))
}

#[test]
fn mutated_nix() {
    let mut corpus: Vec<Vec<u8>> = Vec::new();
    for place in project::recipes() {
        let text = crate::verbatim::Verbatim::embedded().text(place).unwrap();
        if text.len() < 3000 {
            corpus.push(text.as_bytes().to_vec());
        }
    }
    assert!(corpus.len() > 10, "{}", corpus.len());
    corpus.extend(
        [
            "{ a.b = 1; d = { }; }",
            "{ lib, stdenv ? lib.x, ... }@args: args // { x = stdenv; }",
            "x: ''\n  ${x}/bin/sh $out\n    a ''${b} '''\n  ''",
            "{ a ? 1, b }: [ (a + -b) \"x${toString a}\" ./c ] ++ (if a == b then [ ] else with b; [ c ])",
            "let inherit (builtins) toJSON; f = x: y: x.y or y; in assert true; f",
        ]
        .map(|text| text.as_bytes().to_vec()),
    );
    let pairs = RefCell::new(Vec::<(String, String)>::new());
    mutate::run_texts("Nix that is formatted", TEXTS, &corpus, TOKENS, |text| match format("x.nix", text) {
        Ok(formatted) => {
            assert_eq!(format("x.nix", &formatted).as_ref(), Ok(&formatted), "once is enough");
            assert!(formatted.ends_with('\n') || formatted.is_empty());
            let mut pairs = pairs.borrow_mut();
            // A slow case is checked several times, to measure it, and counts once.
            if pairs.len() < COMPARED && formatted != text && pairs.iter().all(|(before, _)| before != text) {
                pairs.push((text.to_owned(), formatted));
            }
            true
        }
        Err(FormatError::Rejected { findings, .. }) => {
            assert!(!findings.is_empty());
            for finding in findings {
                assert!(!finding.message.trim().is_empty());
                assert!(finding.line >= 1 && finding.line <= text.matches('\n').count() + 1 && finding.column >= 1);
            }
            false
        }
        // A defect that was seen in time: the text stays as it is.
        Err(FormatError::Formatter { .. }) => false,
        Err(error @ (FormatError::Failed { .. } | FormatError::NoThread { .. })) => panic!("{error}"),
    })
    .balanced();
    // The formatter's parser takes texts that Nix does not, with duplicate attributes for one.
    let folder = tempfile::tempdir().unwrap();
    let mut compared = 0;
    for (before, after) in pairs.into_inner() {
        let Some(old) = parsed(folder.path(), std::slice::from_ref(&before)) else { continue };
        let new = parsed(folder.path(), std::slice::from_ref(&after));
        assert_eq!(new.as_ref(), Some(&old), "{before}\nbecomes\n{after}");
        compared += 1;
    }
    assert!(std::env::var_os("CROSSLOOM_FUZZ").is_some() || compared > 15, "{compared} were compared");
}
