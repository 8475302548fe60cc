//! The nodes of a Valgrind for macOS.

use std::collections::BTreeMap;

use super::darwin::{Compiler, compiler, flavour_releases, is_checked, sdk_releases, static_macho};
use super::graph::{Graph, attribute, node, source, text};
use super::{Cell, Check, Node, Output};
use crate::catalogue::Catalogue;
use crate::lock::Release;
use crate::matrix::{Family, Mig, ValgrindCell};
use crate::seed::Tier;
use crate::target::System;

/// The build system whose Python the emulator's package is made for.
const EMULATES: System = System::X86_64Linux;

/// The macOS that everything of Valgrind's says it needs: its configure script asks for this on every x86_64 macOS.
const MINIMUM: &str = "10.8";

/// What a cell is built from, and checked with.
pub fn releases(cell: &ValgrindCell, catalogue: &Catalogue) -> Vec<Release> {
    let mut releases = sdk_releases(&cell.sdk, catalogue);
    releases.extend(flavour_releases(cell.flavour, catalogue));
    releases.push(Release::known("valgrind", &cell.valgrind));
    releases.extend((cell.mig == Mig::BootstrapCmds).then(|| Release::default("bootstrap-cmds", catalogue)));
    let emulated = is_to_be_checked(cell) && cell.systems.contains(&EMULATES);
    releases.extend(emulated.then(|| Release::default("unicorn", catalogue)));
    releases
}

fn is_to_be_checked(cell: &ValgrindCell) -> bool {
    is_checked(&cell.sdk, cell.flavour) && cell.mig == Mig::Builtin
}

/// One Valgrind, and the archive of it: two packages.
pub fn cells(graph: &mut Graph<'_>, system: System, cell: &ValgrindCell) -> [Cell; 2] {
    let tarball_name = format!("{}-tarball", cell.name);
    let planned = |name: &str, output, built: bool| Cell {
        name: name.to_owned(),
        family: Family::ValgrindDarwin,
        shell: None,
        output,
        target: cell.target.triple(),
        built: built && system == System::X86_64Linux,
    };
    let Some(compiler) = compiler(graph, cell.target, &cell.sdk, cell.flavour) else {
        let missing = || Output::MissingSdk(cell.sdk.name.clone());
        return [planned(&cell.name, missing(), false), planned(&tarball_name, missing(), false)];
    };
    let triple = cell.target.triple();
    let version = cell.valgrind.as_str();
    let mut args = BTreeMap::from([
        ("src", source("valgrind", version)),
        ("version", text(version)),
        ("target", text(triple)),
        ("darwinVersion", text(cell.target.release())),
        ("cc", node(&compiler.cc)),
        ("sdk", compiler.sdk.clone()),
    ]);
    let mig = match cell.mig {
        Mig::Builtin => "",
        Mig::BootstrapCmds => {
            args.insert("mig", node(&cross_mig(graph, cell, &compiler)));
            "-mig-bootstrap-cmds"
        }
    };
    let suffix = format!("{}-{triple}{}{mig}", attribute(version), compiler.suffix);
    let valgrind = format!("valgrind-{suffix}");
    graph.insert(Node { name: valgrind.clone(), recipe: "valgrind-darwin/valgrind-darwin", args });
    let tarball = graph.add(
        format!("valgrind-tarball-{suffix}"),
        "valgrind-darwin/valgrind-darwin-tarball",
        [
            ("valgrind", node(&valgrind)),
            ("version", text(version)),
            ("target", text(triple)),
            ("darwinVersion", text(cell.target.release())),
        ],
    );
    let words = [("sdk", cell.sdk.name.as_str()), ("flavour", cell.flavour.as_str()), ("mig", cell.mig.as_str())];
    let releases = [("valgrind", version), ("ziglang", graph.default("ziglang"))];
    let built = graph.was_built(Family::ValgrindDarwin, triple, &words, &releases);
    [planned(&cell.name, Output::Node(valgrind), built), planned(&tarball_name, Output::Node(tarball), built)]
}

/// Apple's MIG for the build machine, which has the target's compiler read interfaces.
fn cross_mig(graph: &mut Graph<'_>, cell: &ValgrindCell, compiler: &Compiler) -> String {
    let version = graph.default("bootstrap-cmds");
    let triple = cell.target.triple();
    graph.add(
        format!("cross-mig-{triple}{}", compiler.suffix),
        "darwin/bootstrap-cmds",
        [
            ("src", source("bootstrap-cmds", version)),
            ("version", text(version)),
            ("target", text(triple)),
            ("arch", text(cell.target.arch())),
            ("cc", node(&compiler.cc)),
            ("sdk", compiler.sdk.clone()),
        ],
    )
}

/// What the checks of a cell are called: that of its files, and that of its tools where they can be run.
pub fn check_names(system: System, cell: &ValgrindCell) -> Vec<String> {
    let kinds: &[&str] = match system {
        _ if !is_to_be_checked(cell) => &[],
        EMULATES => &["structure", "emulated"],
        _ => &["structure"],
    };
    kinds.iter().map(|kind| format!("{kind}-{}", cell.name)).collect()
}

/// What the files of a Valgrind are made of; and its tools, run under a CPU emulator.
pub fn checks(graph: &mut Graph<'_>, system: System, cell: &ValgrindCell, planned: &Cell) -> Vec<Check> {
    let Some(valgrind) = planned.node().map(node) else { return Vec::new() };
    let mut names = check_names(system, cell).into_iter();
    let Some(structure) = names.next() else { return Vec::new() };
    // All of it is there already: this only says what it is called.
    let Some(compiler) = compiler(graph, cell.target, &cell.sdk, cell.flavour) else { return Vec::new() };
    let target = text(cell.target.triple());
    let mut checks = vec![Check {
        name: structure,
        file: "valgrind-darwin/structure",
        args: vec![
            ("valgrind", valgrind.clone()),
            ("sdk", compiler.sdk),
            ("staticMacho", node(&static_macho(graph))),
            ("target", target.clone()),
            ("minimum", text(MINIMUM)),
        ],
        tiers: vec![Tier::Python, Tier::Llvm, Tier::Rust],
    }];
    checks.extend(names.next().map(|name| Check {
        name,
        file: "valgrind-darwin/emulated",
        args: vec![
            ("unicorn", source("unicorn", graph.default("unicorn"))),
            ("valgrind", valgrind),
            ("cc", node(&compiler.cc)),
            ("target", target),
            ("release", text(cell.target.release())),
        ],
        tiers: vec![Tier::Python, Tier::Llvm],
    }));
    checks
}
