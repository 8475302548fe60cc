//! The nodes of a kernel: the compiler, the crates, the kernel.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::kernel::Kernel;
use super::rust::Crate;
use super::{ABOUT, BareMetal, Spec};
use crate::family::{CellOf, Target};
use crate::lock::{Given, Wanted};
use crate::nix::hash::Sha256;
use crate::plan::{Arg, Cell, Check, Node, Output, Planner, attribute, node, text};

/// Where workspaces stand in a tree.
const PLACE: &str = "kernel";

/// Every crate that a kernel is built from, the standard library's among them.
fn crates(spec: &Spec) -> Vec<Wanted> {
    let all: BTreeSet<Crate> = spec.rust.std_crates().into_iter().chain(spec.kernel.crates.iter().cloned()).collect();
    all.into_iter().map(wanted_crate).collect()
}

fn wanted_crate(it: Crate) -> Wanted {
    let Crate { name, version, sha256 } = it;
    let (file, urls) = (format!("{name}-{version}.crate"), vec![format!("mirror://crates/{name}/{version}")]);
    Wanted::Given(Arc::new(Given { package: format!("crate-{name}"), version, file, sha256, urls }))
}

/// What a cell is built from.
pub fn wanted(cell: &CellOf<BareMetal>) -> Vec<Wanted> {
    crates(&cell.spec)
}

/// The place of a kernel's workspace in a tree.
fn folder(kernel: &Kernel) -> String {
    format!("{PLACE}/{}", kernel.name)
}

/// The user's files that a cell is made of, by their places in a tree.
pub fn files(cell: &CellOf<BareMetal>) -> BTreeMap<String, String> {
    let place = folder(&cell.spec.kernel);
    cell.spec.kernel.files.iter().map(|(path, text)| (format!("{place}/{path}"), text.clone())).collect()
}

/// Ten digits that stand for texts.
fn digits<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut joined = String::new();
    for text in texts {
        joined.push_str(&format!("{}:{text},", text.len()));
    }
    Sha256::of(joined.as_bytes()).to_hex().chars().take(10).collect()
}

pub fn plan(planner: &mut Planner<'_>, cell: &CellOf<BareMetal>) {
    let (target, spec) = (cell.target, &cell.spec);
    let kernel = &spec.kernel;
    let version = spec.rust.as_str();
    let rust = planner.add(format!("rust-{}", attribute(version)), "bare-metal/rust", [("version", text(version))]);
    let sources: Vec<Wanted> = crates(spec);
    let names: Vec<String> = sources.iter().map(Wanted::name).collect();
    let hashes: Vec<String> = sources.iter().filter_map(Wanted::hash).map(|hash| hash.to_hex()).collect();
    let crates = planner.add(
        format!("crates-{}", digits(names.iter().chain(&hashes).map(String::as_str))),
        "bare-metal/crates",
        [("crates", Arg::Sources(names))],
    );

    let script = kernel.linker_script.of(target).map(String::as_str).unwrap_or_default();
    let own = [&kernel.package, &kernel.program, &kernel.profile, script, rust.as_str(), crates.as_str()];
    let files = kernel.files.iter().flat_map(|(path, text)| [path.as_str(), text.as_str()]);
    let digits = digits(own.into_iter().chain(kernel.features.iter().map(String::as_str)).chain(files));
    let words = |words: &[&str]| Arg::Texts(words.iter().map(|word| (*word).to_owned()).collect());
    let mut args = BTreeMap::from([
        ("rust", node(&rust)),
        ("crates", node(&crates)),
        ("kernel", text(&kernel.name)),
        ("src", Arg::Folder(folder(kernel))),
        ("target", text(target.name())),
        ("rustflags", words(target.rustflags())),
        ("package", text(&kernel.package)),
        ("program", text(&kernel.program)),
        ("features", Arg::Texts(kernel.features.clone())),
        ("profile", text(&kernel.profile)),
    ]);
    if !script.is_empty() {
        args.insert("linkerScript", text(script));
    }
    let name = format!("kernel-{}-{digits}-{}", kernel.name, target.name());
    planner.insert(Node { name: name.clone(), recipe: "bare-metal/kernel", args });
    if let Some(check) = check(cell, &name) {
        planner.check(check);
    }
    let words = [("kernel", kernel.name.as_str()), ("rust", version)];
    let built = planner.was_built(ABOUT.key, target.name(), &words, &[]);
    planner.cell(Cell {
        name: cell.name.clone(),
        full_name: cell.full_name.clone(),
        family: ABOUT.key,
        limits: ABOUT.limits,
        shell: None,
        output: Output::Node(name),
        target: target.name(),
        built,
    });
}

/// The kernel started on QEMU's machine, if something is expected of it there.
fn check(cell: &CellOf<BareMetal>, kernel: &str) -> Option<Check> {
    let boots = cell.spec.kernel.boots.as_ref()?;
    let status = boots.status.of(cell.target)?;
    let emulator = cell.target.emulator();
    let args = vec![
        ("kernel", node(kernel)),
        ("emulator", text(emulator.program)),
        ("machine", Arg::Texts(emulator.flags.iter().map(|flag| (*flag).to_owned()).collect())),
        ("serial", Arg::Texts(boots.serial.clone())),
        ("status", text(&status.to_string())),
    ];
    Some(Check::new(format!("boot-{}", cell.name), "bare-metal/boot-kernel", args))
}
