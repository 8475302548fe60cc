//! `[linux-module.NAME]`: modules for kernels that are built out of the kernel's tree, from folders beside the matrix.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use serde_json::json;

use crate::diag::{Problem, Wrong, quote};
use crate::families::folder;
use crate::family::table::{Entry, Meaning};
use crate::family::{Entries, Key, Table};
use crate::reader::{Reader, UserFiles, Value, is_variable, not_among};

const FOLDER: folder::Kind = folder::Kind {
    what: "a source of a module",
    files: "a module's files",
    not_text: "a module has only source files: move the other files away",
};

/// Files that a build leaves in a module's folder. They are not sources, and differ between machines.
const BUILT: &[&str] = &[".a", ".ko", ".mod", ".mod.c", ".o", "Module.symvers", "modules.order"];

/// Variables of make that the recipe sets.
const SET: &[&str] =
    &["ARCH", "CROSS_COMPILE", "KAFLAGS", "KBUILD_EXTRA_SYMBOLS", "KCFLAGS", "LLVM", "LLVM_IAS", "M", "SHELL"];
/// A variable of make and its value, which passes through shells: no character of it means anything there.
const MAKE_FLAG: &str = "^[A-Za-z_][A-Za-z0-9_]*=[A-Za-z0-9_+=,./:@%~-]*$";

/// A module's source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinuxModule {
    /// As the matrix calls it.
    pub name: String,
    /// The texts of its files by their paths in the folder, a `Kbuild` or a `Makefile` among them.
    pub files: BTreeMap<String, String>,
    /// The names of the modules whose symbols it uses.
    pub needs: Vec<String>,
    /// What make is told: `NAME=value`, in the matrix's order.
    pub make_flags: Vec<String>,
}

/// The table.
pub struct LinuxModules;

static KEYS: [Key; 3] = [
    Key {
        name: "source",
        required: true,
        doc: "Its folder beside the matrix, with a Kbuild or a Makefile that names the module.",
        schema: || json!({ "type": "string", "pattern": folder::PATTERN }),
    },
    Key {
        name: "needs",
        required: false,
        doc: "The modules whose exported symbols it uses, by their names; `modules` has to name them, too.",
        schema: || json!({ "type": "array", "items": { "type": "string" }, "minItems": 1, "uniqueItems": true }),
    },
    Key {
        name: "make-flags",
        required: false,
        doc: "Variables for make, as for a Kbuild that asks for them: `CONFIG_GREETING=m`.",
        schema: || {
            json!({
                "type": "array",
                "items": { "type": "string", "pattern": MAKE_FLAG },
                "minItems": 1,
                "uniqueItems": true,
            })
        },
    },
];

impl Table for LinuxModules {
    fn key(&self) -> &'static str {
        "linux-module"
    }

    fn summary(&self) -> &'static str {
        "Modules for kernels, built out of the kernel's tree, by the names that `modules` lists take."
    }

    fn what(&self) -> &'static str {
        "a module"
    }

    fn used_in(&self) -> &'static str {
        "[linux] with modules"
    }

    fn keys(&self) -> &'static [Key] {
        &KEYS
    }

    fn reserved(&self) -> &'static [&'static str] {
        &["llvm", "gcc", "arm64", "i386", "riscv64", "module"]
    }

    fn read(&self, reader: &mut Reader, name: &str, value: &Value<'_>, files: &dyn UserFiles) -> Option<Meaning> {
        read_module(reader, name, value, files).map(|module| Arc::new(module) as Meaning)
    }

    /// What a module needs is there, and can be built before it.
    fn compare(&self, reader: &mut Reader, entries: &Entries) {
        let needs: BTreeMap<_, _> = entries.iter().map(|(name, entry)| (name.as_str(), needs_of(entry))).collect();
        for (name, entry) in entries {
            let direct = needs.get(name.as_str()).into_iter().flatten();
            for need in direct.filter(|need| !entries.contains_key(*need)) {
                let problem = not_among(entry.span.clone(), "module", need, entries.keys().map(String::as_str));
                let message = format!("[linux-module.{name}] needs {}, which is no module of the matrix", quote(need));
                reader.report(Problem { message, ..problem });
            }
            if reaches(name, name, &needs) {
                let message =
                    format!("[linux-module.{name}] needs itself, directly or through the modules that it needs");
                let hint = "modules that use each other's symbols are one folder: obj-m := a.o b.o";
                reader.report(Problem::at(entry.span.clone(), message).hint(hint));
            }
        }
    }

    fn missing_hint(&self) -> &'static str {
        "a module is a table of the file: [linux-module.hello] with source = \"hello\", its folder"
    }
}

fn read_module(reader: &mut Reader, name: &str, value: &Value<'_>, files: &dyn UserFiles) -> Option<LinuxModule> {
    let place = format!("[linux-module.{name}]");
    let table = reader.table(value, &place, &(&LinuxModules as &dyn Table).key_names())?;
    let before = reader.count();
    let mut words = |key: &str, meaning: fn(&str, Range<usize>) -> Result<String, Problem>| {
        let words = table.get(key).map(|value| reader.words(value, &format!("`{key}` of {place}"), meaning));
        words.into_iter().flatten().map(|word| word.value).collect()
    };
    let needs = words("needs", |word, _| Ok(word.to_owned()));
    let make_flags = words("make-flags", make_flag);
    let Some(value) = table.get("source") else {
        let problem = Problem::at(value.span(), format!("`source` is missing in {place}"));
        reader.missing.push(problem.hint(format!("name the folder beside the matrix: source = \"{name}\"")));
        return None;
    };
    let folder = reader.string(value, &format!("`source` of {place}"))?;
    match source(folder, files) {
        Ok(files) if reader.count() == before => Some(LinuxModule { name: name.to_owned(), files, needs, make_flags }),
        Ok(_) => None,
        Err(wrong) => {
            reader.report(wrong.at(value.span()));
            None
        }
    }
}

fn make_flag(word: &str, span: Range<usize>) -> Result<String, Problem> {
    let (name, value) = word.split_once('=').unwrap_or_default();
    let is_plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,./:@%~-".contains(&byte));
    if !is_variable(name) || !is_plain {
        let problem = Problem::at(span, format!("{} is not a variable for make", quote(word)));
        return Err(problem.hint("NAME=value; the value is of letters, digits and _ + = , . / : @ % ~ -"));
    }
    if SET.contains(&name) {
        let problem = Problem::at(span, format!("{} would override what crossloom sets", quote(word)));
        return Err(problem.hint("flags of the compiler belong into the module's Kbuild: ccflags-y := -DNAME"));
    }
    Ok(word.to_owned())
}

/// What an entry needs; nothing if it has problems.
fn needs_of(entry: &Entry) -> Vec<String> {
    let module = entry.named.meaning.clone().and_then(|meaning| meaning.downcast::<LinuxModule>().ok());
    module.map(|module| module.needs.clone()).unwrap_or_default()
}

/// Whether a module needs another, directly or by way of others.
fn reaches(from: &str, to: &str, needs: &BTreeMap<&str, Vec<String>>) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(name) = open.pop() {
        for need in needs.get(name).into_iter().flatten() {
            if need == to {
                return true;
            }
            if seen.insert(need.as_str()) {
                open.push(need);
            }
        }
    }
    false
}

/// The texts below a folder; or what is wrong with it and what to do.
fn source(folder: &str, files: &dyn UserFiles) -> Result<BTreeMap<String, String>, Wrong> {
    let is_source = |name: &str| !BUILT.iter().any(|end| name.ends_with(end));
    let texts = folder::texts(folder, files, &FOLDER, is_source)?;
    // Kbuild takes the one where both are there.
    let Some((name, makefile)) = ["Kbuild", "Makefile"].iter().find_map(|name| texts.get_key_value(*name)) else {
        let hint = "a module's folder says what is built: write `obj-m := hello.o` into Kbuild";
        return Err(Wrong::new(format!("{} holds no Kbuild and no Makefile", quote(folder)), hint));
    };
    // The list can also stand in a file that it includes, which is not read here: the build fails if no module comes of it.
    let says_what = |line: &str| ["obj-", "include ", "-include "].iter().any(|start| line.starts_with(start));
    if !makefile.lines().any(|line| says_what(line.trim_start())) {
        let hint = "what is built is a list in it: obj-m := hello.o";
        return Err(Wrong::new(format!("{} names no module", quote(&format!("{folder}/{name}"))), hint));
    }
    Ok(texts)
}
