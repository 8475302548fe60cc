//! Files that others may have put there are opened in `input.rs` alone, which looks at their type and bounds every read.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// How a program opens files, or follows paths that it does not hold open.
const OPENS: [&str; 10] = [
    "fs::read(",
    "fs::read_to_string(",
    "fs::copy(",
    "File::open(",
    "File::options(",
    "File::create",
    "OpenOptions",
    "fs::open(",
    "openat(",
    "io::read_to_string(",
];

/// The module itself.
const MODULE: &str = "input.rs";

/// Where else a file is opened, how often that is written there, and why it may be.
const ALLOWED: [(&str, usize, &str); 10] = [
    ("families/bare_metal/kernel/tests.rs", 1, "a test of this repository's own files"),
    ("families/contract.rs", 3, "a test of this repository's own files"),
    ("fetch/part.rs", 2, "a part is locked, follows no link and is compared with a digest; its folder is synced"),
    ("fetch/unpack.rs", 1, "a new file is written, and nothing may have its name"),
    ("nix/stage.rs", 1, "trees of crossloom's own are copied where the file system has no hard links"),
    ("output/guard.rs", 1, "a folder is locked, and nothing in it is read"),
    ("project/revision.rs", 1, "new files are written into a temporary directory of crossloom's own"),
    ("sdk/tree.rs", 1, "a new file is written, and nothing may have its name"),
    ("seed/signature.rs", 1, "a file in a temporary directory of crossloom's own is written"),
    ("temporary.rs", 1, "a folder of crossloom's own is locked, and nothing in it is read"),
];

#[test]
fn files_are_opened_in_one_module() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    let mut folders = vec![source.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let count = opens(&text);
            let file = path.strip_prefix(&source).unwrap().to_str().unwrap();
            if count > 0 && file != MODULE {
                found.insert(file.to_owned(), count);
            }
        }
    }
    let allowed = ALLOWED.iter().map(|(file, count, _)| ((*file).to_owned(), *count)).collect();
    assert_eq!(found, allowed, "open files with the functions of input.rs, or say here why not");
}

/// How often the program's part of a text opens a file.
fn opens(text: &str) -> usize {
    let program = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let lines = program.lines().filter(|line| !line.trim_start().starts_with("//") && !line.starts_with("use "));
    lines.map(|line| OPENS.iter().filter(|open| line.contains(**open)).count()).sum()
}

#[test]
fn a_read_that_goes_past_the_module_is_seen() {
    for line in
        ["let a = std::fs::read(path)?;", "File::open(path)", "    fs::read_to_string(&a)", "OpenOptions::new()"]
    {
        assert_eq!(opens(&format!("use std::fs::File;\nfn f() {{\n{line}\n}}\n")), 1, "{line}");
    }
    assert_eq!(opens("// File::open(\n#[cfg(test)]\nmod tests {\nfs::read(a)\n}\n"), 0);
}
