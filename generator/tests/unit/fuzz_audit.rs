//! Mutated build files: never a panic, never a hang, and every finding is of a line that there is.

use super::mutate::{self, CASES};
use super::project::repository;
use crate::audit::{RULES, audit_text};

const TOKENS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "[[",
    "]]",
    "[=[",
    "#[[",
    "{",
    "}",
    "\"",
    "'",
    "'''",
    "`",
    "#",
    "dnl",
    "//",
    "/*",
    "*/",
    "r#\"",
    "\\",
    "\\\n",
    "\n",
    "\n\t",
    "\t",
    ":",
    ":=",
    "?=",
    "!=",
    ";",
    "&&",
    "$(",
    "${",
    "$(shell uname -m)",
    "uname",
    "gcc",
    "install -s",
    "ifeq (",
    "endif",
    "if(",
    "endif()",
    "if ",
    ";case ",
    "case $x in ",
    " in",
    "esac",
    "; then",
    "fi",
    "AC_RUN_IFELSE(",
    "AC_FUNC_MALLOC",
    "AC_DEFUN([",
    "PKG_CHECK_MODULES",
    "try_run(",
    "COMMAND",
    "run_command(",
    ".run(",
    "executable(",
    "native: true",
    "cfg!(",
    "#[cfg(",
    "-march=native",
    "-I/usr/include",
    "é",
    "\0",
    "\r\n",
    "crossloom-audit: ignore make-uname",
    "crossloom-audit: ignore ",
];

/// The files of the trees of the rules: the path, and the text after a line with it.
fn corpus() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    let mut left = vec![repository().join("generator/tests/data/audit")];
    while let Some(folder) = left.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let cargo = path.parent().unwrap().ends_with(".cargo");
            let name = path.file_name().unwrap().to_str().unwrap();
            files.push(format!("{}{name}\n{text}", if cargo { ".cargo/" } else { "" }).into_bytes());
        }
    }
    files.sort();
    assert!(files.len() > 2 * RULES.len());
    files
}

/// Whether a file was read; what was found has its place in it.
fn taken(input: &str) -> bool {
    let (path, text) = input.split_once('\n').unwrap_or((input, ""));
    match audit_text(path, text) {
        Ok(audit) => {
            for finding in &audit.findings {
                assert!(finding.line >= 1 && finding.line <= text.lines().count().max(1), "{finding:?}");
                assert!(!finding.code.chars().any(char::is_control), "{finding:?}");
            }
            !audit.findings.is_empty()
        }
        Err(error) => {
            mutate::told(&error);
            false
        }
    }
}

#[test]
fn mutated_build_files() {
    mutate::run_texts("build files", CASES, &corpus(), TOKENS, taken).balanced();
}
