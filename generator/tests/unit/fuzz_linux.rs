//! Mutated fragments of kernel configurations and folders of modules: never a panic, and what is taken holds nothing but
//! settings and reaches the tree as it is.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::mutate::{self, Rng};
use super::project::{self, Files, refused};
use crate::matrix::Matrix;

/// Each case is a whole matrix, with the file.
const FILES: u64 = 5000;

const FRAGMENTS: &str = "crossloom = 1\nbuild.systems = [\"aarch64-darwin\"]\n\
    [linux]\ntargets = [\"arm64\"]\ncompiler = [\"llvm\"]\nconfig = [\"mine\"]\n\
    [kernel-config.mine]\nbase = \"tinyconfig\"\nfragments = [\"boot\", \"mine.config\"]\n";

/// Every line is a setting or says nothing, read in another way than the program does: by Kconfig's own rules, which pass
/// over a line that they do not understand.
fn is_understood(line: &str) -> bool {
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.trim().is_empty() {
        return true;
    }
    let symbol = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.is_empty();
    if let Some(comment) = line.strip_prefix('#') {
        let set = line.strip_prefix("# CONFIG_").and_then(|rest| rest.strip_suffix(" is not set"));
        return set.is_some_and(symbol) || !comment.trim_start().starts_with("CONFIG_");
    }
    let Some((name, value)) = line.strip_prefix("CONFIG_").and_then(|rest| rest.split_once('=')) else { return false };
    symbol(name) && !value.is_empty() && !value.starts_with(char::is_whitespace) && !value.contains(char::is_control)
}

#[test]
fn mutated_fragments() {
    let corpus = [
        "# What this machine needs.\nCONFIG_PRINTK=y\n# CONFIG_MODULES is not set\nCONFIG_NR_CPUS=4\n\n\
         CONFIG_CMDLINE=\"console=ttyAMA0 \\\"x\\\"\"\nCONFIG_PHYS=0x1f\nCONFIG_X=-3\n",
        "CONFIG_64BIT=y\r\nCONFIG_A=m\r\n# CONFIG_B is not set\r\nCONFIG_C=n\r\n",
    ];
    let corpus = corpus.map(|text| text.as_bytes().to_vec());
    let tokens = [
        "CONFIG_",
        "CONFIG_A=y\n",
        "# CONFIG_A is not set\n",
        "# ",
        "#",
        "=",
        "y",
        "m",
        "n",
        "\"",
        "\\",
        "\\\"",
        "0x",
        "-",
        " ",
        "\n",
        "\r",
        "\r\n",
        "\t",
        "\0",
        "é",
        "\u{feff}",
        "\u{85}",
        "\u{2028}",
        "${x}",
        "''",
        "'",
        "$(x)",
        "is not set",
        "18446744073709551616",
        "\u{1b}[31m",
    ];
    let rendered = Cell::new(0_u64);
    let tally = mutate::run_bytes("a kernel's fragment", FILES, &corpus, &tokens, |bytes| {
        let files = Files([("mine.config".to_owned(), bytes.to_vec())].into());
        let matrix = match Matrix::parse_with(FRAGMENTS, &files) {
            Ok(matrix) => matrix,
            Err(problems) => {
                refused(FRAGMENTS, &problems);
                return false;
            }
        };
        let text = std::str::from_utf8(bytes).unwrap();
        assert!(text.lines().all(is_understood), "{text}");
        // To render takes a hundred times as long as to read.
        if rendered.get() < 100 {
            rendered.set(rendered.get() + 1);
            let tree = project::rendered(&matrix);
            let holds = tree.iter().any(|(path, file)| path.ends_with(".config") && file.text == text);
            assert!(holds, "{:?}", tree.keys());
        }
        true
    });
    tally.balanced();
}

const MODULES: &str = "crossloom = 1\nbuild.systems = [\"x86_64-linux\"]\n\
    [linux]\ntargets = [\"arm64\"]\nmodules = [\"mine\"]\n[linux-module.mine]\nsource = \"mine\"\n";

#[test]
fn mutated_module_folders() {
    let makefile = b"obj-m := hello.o\nhello-y := a.o b.o\n".to_vec();
    let source = b"#include <linux/module.h>\nMODULE_LICENSE(\"GPL\");\n".to_vec();
    let names = [
        "Kbuild",
        "Makefile",
        "hello.c",
        "include/hello.h",
        "a b.c",
        "../x",
        ".hidden",
        "x/../y",
        "-x",
        "é.c",
        "hello.o",
        "hello.ko",
        "a/b/c/d/e.c",
        "",
        "x/",
        "/etc/passwd",
        "${x}.c",
        "a\nb",
    ];
    let tokens =
        ["obj-m", "obj-", ":=", "+=", "\\\n", "\t", "hello.o", "$(shell x)", "\0", "é", "''", "${x}", "\r\n", "#"];
    // A folder as text: a name, a length, and so many bytes.
    let make = |rng: &mut Rng| {
        let mut folder = Vec::new();
        for file in 0..rng.below(4) + 1 {
            let corpus = if file == 0 { &makefile } else { &source };
            let name = if file == 0 { names[rng.below(2)] } else { *rng.pick(&names) };
            let bytes = if rng.below(3) == 0 {
                mutate::mutate_bytes(rng, std::slice::from_ref(corpus), &tokens)
            } else {
                corpus.clone()
            };
            folder.extend(format!("{}\0{}\0", name.escape_default(), bytes.len()).into_bytes());
            folder.extend(bytes);
        }
        folder
    };
    let rendered = Cell::new(0_u64);
    mutate::run("a module's folder", FILES, make, |bytes| {
        let mut files = BTreeMap::new();
        let mut rest = bytes;
        while let Some((name, after)) = split(rest) {
            let (length, after) = split(after).unwrap();
            let length: usize = std::str::from_utf8(length).unwrap().parse().unwrap();
            let name = std::str::from_utf8(name).unwrap().replace("\\n", "\n").replace("\\u{e9}", "é");
            files.insert(format!("mine/{name}"), after[..length].to_vec());
            rest = &after[length..];
        }
        let files = Files(files);
        match Matrix::parse_with(MODULES, &files) {
            Ok(matrix) => {
                for path in files.0.keys() {
                    assert!(!path.contains("..") && path.is_ascii() && !path.contains(' '), "{path}");
                }
                if rendered.get() < 100 {
                    rendered.set(rendered.get() + 1);
                    let tree = project::rendered(&matrix);
                    let sources = files.0.iter().filter(|(path, _)| path.ends_with(".c") || path.ends_with("Kbuild"));
                    for (path, bytes) in sources {
                        let found = tree.iter().any(|(place, file)| {
                            place.ends_with(path.strip_prefix("mine").unwrap()) && file.text.as_bytes() == bytes
                        });
                        assert!(found, "{path}: {:?}", tree.keys());
                    }
                }
                true
            }
            Err(problems) => {
                refused(MODULES, &problems);
                false
            }
        }
    })
    .balanced();
}

fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|byte| *byte == 0)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}
