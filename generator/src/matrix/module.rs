//! `[linux-module.NAME]`: modules for kernels that are built out of the kernel's tree, from folders beside the matrix.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::kernel::{MAX_FRAGMENT, UserFiles, is_plain};
use super::keys;
use super::reader::{Reader, Value, own_name};
use crate::diag::{Problem, quote};

/// Words that stand in names of cells: with one of them in a module's name, two cells could have one name.
const RESERVED: &[&str] = &["llvm", "gcc", "arm64", "riscv64", "module"];
/// Tables that are read at most.
const MAX_MODULES: usize = 100;
/// Files of one folder that are read at most.
pub const MAX_FILES: usize = 1000;
/// Bytes of one folder's files that are read at most.
const MAX_BYTES: usize = 8 << 20;

/// What building leaves in a module's folder: no source, and of one machine alone.
const BUILT: &[&str] = &[".a", ".ko", ".mod", ".mod.c", ".o", "Module.symvers", "modules.order"];

/// A module's source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinuxModule {
    /// As the matrix calls it.
    pub name: String,
    /// The texts of its files by their paths in the folder, a `Kbuild` or a `Makefile` among them.
    pub files: BTreeMap<String, String>,
}

/// A file's modules, with the place of each. One that has problems of its own is none, but its name is known.
pub type Modules = BTreeMap<String, (Range<usize>, Option<Arc<LinuxModule>>)>;

/// Reads `[linux-module]`.
pub fn read(reader: &mut Reader, value: Option<&Value<'_>>, files: &dyn UserFiles) -> Modules {
    let mut modules = Modules::new();
    let tables = value.and_then(|value| reader.tables(value, "[linux-module]", MAX_MODULES));
    for (key, value) in tables.into_iter().flatten() {
        let name: &str = key.get_ref();
        let module = match own_name("a module", name, RESERVED, key.span()) {
            Ok(()) => read_module(reader, name, value, files),
            Err(problem) => {
                reader.report(problem);
                None
            }
        };
        // Known all the same: its uses are no problems of their own.
        modules.insert(name.to_owned(), (key.span(), module));
    }
    modules
}

fn read_module(reader: &mut Reader, name: &str, value: &Value<'_>, files: &dyn UserFiles) -> Option<Arc<LinuxModule>> {
    let place = format!("[linux-module.{name}]");
    let table = reader.table(value, &place, keys::LINUX_MODULE)?;
    let Some(value) = table.get("source") else {
        let problem = Problem::at(value.span(), format!("`source` is missing in {place}"));
        reader.missing.push(problem.hint(format!("name the folder beside the matrix: source = \"{name}\"")));
        return None;
    };
    let folder = reader.string(value, &format!("`source` of {place}"))?;
    match source(folder, files) {
        Ok(files) => Some(Arc::new(LinuxModule { name: name.to_owned(), files })),
        Err((message, hint)) => {
            reader.report(Problem::at(value.span(), message).hint(hint));
            None
        }
    }
}

/// The texts below a folder; or what is wrong with it and what to do.
fn source(folder: &str, files: &dyn UserFiles) -> Result<BTreeMap<String, String>, (String, String)> {
    let plain = |path: &str| path.len() <= 200 && path.split('/').all(is_plain);
    if !plain(folder) {
        let hint = "it is a folder beside the matrix; letters, digits and . _ - / make its name";
        return Err((format!("{} is no source of a module", quote(folder)), hint.to_owned()));
    }
    let unread = |(message, hint): (String, String)| (format!("{} cannot be read: {message}", quote(folder)), hint);
    let names = files.list(folder).map_err(unread)?;
    let mut texts = BTreeMap::new();
    let mut left = MAX_BYTES;
    for name in names.into_iter().filter(|name| !BUILT.iter().any(|end| name.ends_with(end))) {
        let path = format!("{folder}/{name}");
        if !plain(&path) {
            let hint = "letters, digits and . _ - / make the names of a module's files";
            return Err((format!("{} has a name that not every machine takes", quote(&path)), hint.to_owned()));
        }
        let bytes = files.read(&path).map_err(unread)?;
        let Some(rest) = left.checked_sub(bytes.len()).filter(|_| bytes.len() <= MAX_FRAGMENT) else {
            let hint = format!("files of at most {MAX_FRAGMENT} bytes are read, and {MAX_BYTES} bytes in all");
            return Err((format!("{} is too large", quote(&path)), hint));
        };
        left = rest;
        let Ok(text) = String::from_utf8(bytes) else {
            let hint = "a module is made of sources: move away what is none";
            return Err((format!("{} is not UTF-8 text", quote(&path)), hint.to_owned()));
        };
        texts.insert(name, text);
    }
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
