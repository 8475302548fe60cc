//! The nodes of a Valgrind for macOS.

use std::collections::BTreeMap;

use super::{ABOUT, Mig, UNICORN, ValgrindDarwin, ZIGLANG};
use crate::families::darwin::{compiler, cross_mig, flavour_wanted, is_checked, mig_wanted, sdk_wanted, static_macho};
use crate::family::CellOf;
use crate::lock::Wanted;
use crate::plan::{Cell, Check, Node, Output, Planner, attribute, node, source, text};
use crate::platform::System;
use crate::service::Limits;

/// The build system whose Python the emulator's package is made for.
const EMULATES: System = System::X86_64Linux;

/// The macOS that everything of Valgrind's says it needs: its configure script asks for this on every x86_64 macOS.
const MINIMUM: &str = "10.8";

/// The packages that a cell is built from and checked with.
pub fn wanted(cell: &CellOf<ValgrindDarwin>) -> Vec<Wanted> {
    let spec = &cell.spec;
    let mut wanted = sdk_wanted(&spec.sdk);
    wanted.extend(flavour_wanted(spec.flavour));
    wanted.push(Wanted::Release(spec.valgrind));
    wanted.extend((spec.mig == Mig::BootstrapCmds).then(mig_wanted));
    let emulated = is_to_be_checked(cell) && cell.is_built_on(EMULATES);
    wanted.extend(emulated.then(|| Wanted::Release(UNICORN.default())));
    wanted
}

pub fn plan(planner: &mut Planner<'_>, cells: &[CellOf<ValgrindDarwin>]) {
    let system = planner.system;
    for cell in cells.iter().filter(|cell| cell.is_built_on(system)) {
        let (planned, archives) = valgrind(planner, cell);
        match &planned.output {
            Output::Node(valgrind) => {
                checks(planner, cell, valgrind).into_iter().for_each(|check| planner.check(check));
            }
            Output::MissingSdk(sdk) => {
                let names = check_names(planner.system, cell);
                names.into_iter().for_each(|name| planner.missing_check(name, sdk));
            }
        }
        std::iter::once(planned).chain(archives).for_each(|cell| planner.cell(cell));
    }
}

fn is_to_be_checked(cell: &CellOf<ValgrindDarwin>) -> bool {
    is_checked(&cell.spec.sdk, cell.spec.flavour) && cell.spec.mig == Mig::Builtin
}

/// The archives of a cell: the end of their names, and the tool that they are for where it is one alone.
const ARCHIVES: [(&str, &str); 2] = [("tarball", ""), ("memcheck-tarball", "memcheck")];

/// One Valgrind, and the archives of it.
fn valgrind(planner: &mut Planner<'_>, cell: &CellOf<ValgrindDarwin>) -> (Cell, [Cell; 2]) {
    let spec = &cell.spec;
    let planned = |suffix: &str, output, built: bool| Cell {
        built,
        ..cell.package(&ABOUT, output).renamed(|name| format!("{name}{suffix}"))
    };
    let Some(compiler) = compiler(planner, cell.target, &spec.sdk, spec.flavour) else {
        let missing = || Output::MissingSdk(spec.sdk.name.clone());
        let archives = ARCHIVES.map(|(name, _)| planned(&format!("-{name}"), missing(), false));
        return (planned("", missing(), false), archives);
    };
    let triple = cell.target.triple();
    let version = spec.valgrind.version();
    let mut args = BTreeMap::from([
        ("src", source(spec.valgrind)),
        ("version", text(version)),
        ("target", text(triple)),
        ("darwinVersion", text(cell.target.release())),
        ("cc", node(&compiler.cc)),
        ("sdk", compiler.sdk.clone()),
    ]);
    let mig = match spec.mig {
        Mig::Builtin => "",
        Mig::BootstrapCmds => {
            args.insert("mig", node(&cross_mig(planner, cell.target, &compiler)));
            "-mig-bootstrap-cmds"
        }
    };
    let suffix = format!("{}-{triple}{}{mig}", attribute(version), compiler.suffix);
    let valgrind = format!("valgrind-{suffix}");
    planner.insert(Node { name: valgrind.clone(), recipe: "valgrind-darwin/valgrind-darwin", args });
    let words = [("sdk", spec.sdk.name.as_str()), ("flavour", spec.flavour.as_str()), ("mig", spec.mig.as_str())];
    let built = planner.was_built(ABOUT.key, triple, &words, &[spec.valgrind, ZIGLANG.default()]);
    let archives = ARCHIVES.map(|(name, tool)| {
        let mut args = vec![
            ("valgrind", node(&valgrind)),
            ("version", text(version)),
            ("target", text(triple)),
            ("darwinVersion", text(cell.target.release())),
        ];
        args.extend((!tool.is_empty()).then(|| ("tool", text(tool))));
        let node = format!("valgrind-{name}-{suffix}");
        planner.insert(Node {
            name: node.clone(),
            recipe: "valgrind-darwin/valgrind-darwin-tarball",
            args: args.into_iter().collect(),
        });
        Cell { archive: Some(node.clone()), ..planned(&format!("-{name}"), Output::Node(node), built) }
    });
    // `crossloom export` of Valgrind unpacks all of it.
    let archive = archives[0].archive.clone();
    (Cell { archive, ..planned("", Output::Node(valgrind), built) }, archives)
}

/// The names of the checks of a cell: those of its files, and that of its tools if they can run.
fn check_names(system: System, cell: &CellOf<ValgrindDarwin>) -> Vec<String> {
    let kinds: &[&str] = match system {
        _ if !is_to_be_checked(cell) => &[],
        EMULATES => &["structure", "dyld", "emulated"],
        _ => &["structure", "dyld"],
    };
    kinds.iter().map(|kind| format!("{kind}-{}", cell.name)).collect()
}

/// The checks of a cell: the structure of its files, what dyld would find for them, and its tools under a CPU emulator.
fn checks(planner: &mut Planner<'_>, cell: &CellOf<ValgrindDarwin>, valgrind: &str) -> Vec<Check> {
    let mut names = check_names(planner.system, cell).into_iter();
    let (Some(structure), Some(dyld)) = (names.next(), names.next()) else { return Vec::new() };
    // All of it is there already: this only says what it is called.
    let compiler = compiler(planner, cell.target, &cell.spec.sdk, cell.spec.flavour);
    let Some(compiler) = compiler else { return Vec::new() };
    let target = text(cell.target.triple());
    let args = vec![
        ("valgrind", node(valgrind)),
        ("sdk", compiler.sdk.clone()),
        ("staticMacho", node(&static_macho(planner))),
        ("target", target.clone()),
        ("minimum", text(MINIMUM)),
    ];
    let loaded = vec![("valgrind", node(valgrind)), ("sdk", compiler.sdk), ("target", target.clone())];
    let mut checks = vec![
        Check::new(structure, "valgrind-darwin/structure", args),
        Check::new(dyld, "valgrind-darwin/dyld", loaded),
    ];
    if let Some(name) = names.next() {
        let args = vec![
            ("unicorn", source(UNICORN.default())),
            ("valgrind", node(valgrind)),
            ("cc", node(&compiler.cc)),
            ("target", target),
            ("release", text(cell.target.release())),
        ];
        // It says what it found when it has ended.
        let limits = Limits { priority: 90, timeout: 7200, silent: 7200 };
        checks.push(Check { limits, ..Check::new(name, "valgrind-darwin/emulated", args) });
    }
    checks
}
