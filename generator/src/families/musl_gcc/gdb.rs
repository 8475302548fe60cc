//! The debugger of a cell: GDB for the build machine, and its server for the target.

use std::collections::BTreeMap;

use super::plan::run_with;
use super::{EXPAT, GDB, GMP, MPFR, MuslGcc, NCURSES, Spec};
use crate::catalogue::Package;
use crate::family::CellOf;
use crate::plan::{Check, Node, Planner, attribute, node, node_name, source, text};

/// The libraries of GDB alone.
const LIBRARIES: [(Package, &str); 2] = [(EXPAT, "musl-gcc/gdb/expat"), (NCURSES, "musl-gcc/gdb/ncurses")];

/// The packages that a debugger is built from, beside the libraries that GCC needs, too.
pub fn packages(spec: &Spec) -> Vec<Package> {
    let all = [GDB].into_iter().chain(LIBRARIES.map(|(package, _)| package));
    all.filter(|_| spec.gdb).collect()
}

/// The node of a cell's debugger, and its check; none if the matrix asks for none. `toolchain` is the cell's node.
pub fn gdb(planner: &mut Planner<'_>, cell: &CellOf<MuslGcc>, toolchain: &str) -> Option<String> {
    if !cell.spec.gdb {
        return None;
    }
    let release = GDB.default();
    let triple = cell.target.triple();
    let own = |release| [("src", source(release)), ("version", text(release.version()))];
    let mut args: BTreeMap<_, _> = own(release).into_iter().chain([("target", text(triple))]).collect();
    // Nodes of the toolchain's own.
    args.extend([GMP, MPFR].map(|package| (package.as_str(), node(package.as_str()))));
    for (package, recipe) in LIBRARIES {
        let name = planner.add(package.as_str().to_owned(), recipe, own(package.default()));
        args.insert(package.as_str(), node(&name));
    }
    let program = node_name("gdb", release, triple, &[], &[]);
    planner.insert(Node { name: program.clone(), recipe: "musl-gcc/gdb/gdb", args });

    // The version of GCC, and what else tells a toolchain from others.
    let of = format!("gcc-{}", toolchain.strip_prefix("toolchain-").unwrap_or(toolchain));
    let name = |role: &str| format!("{role}-{}-{of}", attribute(release.version()));
    let server = cell.target.has_gdbserver().then(|| {
        let [src, version] = own(release);
        let args = [src, version, ("toolchain", node(toolchain)), ("target", text(triple))];
        planner.add(name("gdbserver"), "musl-gcc/gdb/gdbserver", args)
    });
    let package = planner.add(
        name("debugger"),
        "musl-gcc/gdb/debugger",
        [
            ("gdb", node(&program)),
            ("gdbserver", server.map_or_else(|| text(""), |server| node(&server))),
            ("toolchain", node(toolchain)),
            ("version", text(release.version())),
            ("target", text(triple)),
        ],
    );
    let mut args = run_with(planner.system, cell, toolchain);
    args.push(("gdb", node(&package)));
    planner.check(Check::new(format!("gdb-{}", cell.name), "musl-gcc/gdb", args));
    Some(package)
}
