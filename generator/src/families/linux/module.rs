//! `[linux-module.NAME]`: modules for kernels that are built out of the kernel's tree, from folders beside the matrix.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use crate::diag::{Problem, quote};
use crate::families::folder;
use crate::family::table::Meaning;
use crate::family::{Key, Table};
use crate::reader::{Reader, UserFiles, Value};

const FOLDER: folder::Kind = folder::Kind {
    what: "a source of a module",
    files: "a module's files",
    not_text: "a module has only source files: move the other files away",
};

/// Files that a build leaves in a module's folder. They are not sources, and differ between machines.
const BUILT: &[&str] = &[".a", ".ko", ".mod", ".mod.c", ".o", "Module.symvers", "modules.order"];

/// A module's source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinuxModule {
    /// As the matrix calls it.
    pub name: String,
    /// The texts of its files by their paths in the folder, a `Kbuild` or a `Makefile` among them.
    pub files: BTreeMap<String, String>,
}

/// The table.
pub struct LinuxModules;

static KEYS: [Key; 1] = [Key {
    name: "source",
    required: true,
    doc: "Its folder beside the matrix, with a Kbuild or a Makefile that names the module.",
    schema: || json!({ "type": "string", "pattern": folder::PATTERN }),
}];

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

    fn missing_hint(&self) -> &'static str {
        "a module is a table of the file: [linux-module.hello] with source = \"hello\", its folder"
    }
}

fn read_module(reader: &mut Reader, name: &str, value: &Value<'_>, files: &dyn UserFiles) -> Option<LinuxModule> {
    let place = format!("[linux-module.{name}]");
    let table = reader.table(value, &place, &(&LinuxModules as &dyn Table).key_names())?;
    let Some(value) = table.get("source") else {
        let problem = Problem::at(value.span(), format!("`source` is missing in {place}"));
        reader.missing.push(problem.hint(format!("name the folder beside the matrix: source = \"{name}\"")));
        return None;
    };
    let folder = reader.string(value, &format!("`source` of {place}"))?;
    match source(folder, files) {
        Ok(files) => Some(LinuxModule { name: name.to_owned(), files }),
        Err((message, hint)) => {
            reader.report(Problem::at(value.span(), message).hint(hint));
            None
        }
    }
}

/// The texts below a folder; or what is wrong with it and what to do.
fn source(folder: &str, files: &dyn UserFiles) -> Result<BTreeMap<String, String>, (String, String)> {
    let is_source = |name: &str| !BUILT.iter().any(|end| name.ends_with(end));
    let texts = folder::texts(folder, files, &FOLDER, is_source)?;
    // Kbuild takes the one where both are there.
    let Some((name, makefile)) = ["Kbuild", "Makefile"].iter().find_map(|name| texts.get_key_value(*name)) else {
        let hint = "a module's folder says what is built: write `obj-m := hello.o` into Kbuild";
        return Err((format!("{} holds no Kbuild and no Makefile", quote(folder)), hint.to_owned()));
    };
    if !makefile.lines().any(|line| line.trim_start().starts_with("obj-")) {
        let hint = "what is built is a list in it: obj-m := hello.o";
        return Err((format!("{} names no module", quote(&format!("{folder}/{name}"))), hint.to_owned()));
    }
    Ok(texts)
}
