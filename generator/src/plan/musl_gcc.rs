//! The nodes of a GCC with musl.

use std::collections::BTreeMap;

use super::graph::{Graph, attribute, node, node_name, source, text};
use super::{Arg, Cell, Check, Node, Output, Shell};
use crate::catalogue::Catalogue;
use crate::lock::Release;
use crate::matrix::{Family, Flags, Languages, MuslGccCell};
use crate::seed::Tier;
use crate::target::{System, Target};

/// The libraries that GCC's host programs are linked with, always at the catalogue's default version.
const HOST_LIBRARIES: [&str; 3] = ["gmp", "mpfr", "mpc"];

/// What a cell is built from.
pub fn releases(cell: &MuslGccCell, catalogue: &Catalogue) -> Vec<Release> {
    let own: [(&str, &str); 4] =
        [("gcc", &cell.gcc), ("binutils", &cell.binutils), ("musl", &cell.musl), ("linux", &cell.linux_headers)];
    let own = own.into_iter().map(|(package, version)| Release::known(package, version));
    own.chain(HOST_LIBRARIES.into_iter().map(|package| Release::default(package, catalogue))).collect()
}

/// Programs built with a cell, and run.
pub fn check(cell: &MuslGccCell, planned: &Cell, system: System) -> Option<Check> {
    // The suffix of the QEMU user-mode emulator that runs its programs; empty where the build machine itself does, or
    // nothing.
    let emulator = if system.runs(cell.target) { "" } else { cell.target.qemu_user().unwrap_or_default() };
    Some(Check {
        name: format!("programs-{}", cell.name),
        file: "musl-gcc/programs",
        args: vec![
            ("toolchain", node(planned.node()?)),
            ("target", text(cell.target.triple())),
            ("cxx", Arg::Flag(cell.languages.cxx)),
            ("emulator", text(emulator)),
        ],
        tiers: if emulator.is_empty() { Vec::new() } else { vec![Tier::Emulator] },
    })
}

/// musl at this version built with the seed's own compiler, and a program with that.
pub fn seed_check(version: &str) -> Check {
    Check {
        name: format!("seed-musl-{}", attribute(version)),
        file: "musl-gcc/seed-musl",
        args: vec![("src", source("musl", version)), ("version", text(version))],
        tiers: Vec::new(),
    }
}

fn was_built(graph: &Graph<'_>, cell: &MuslGccCell) -> bool {
    let releases: [(&str, &str); 4] =
        [("gcc", &cell.gcc), ("musl", &cell.musl), ("binutils", &cell.binutils), ("linux", &cell.linux_headers)];
    let plain = cell.languages.cxx && cell.flags == Flags::default();
    plain && graph.was_built(Family::MuslGcc, cell.target.triple(), &[], &releases)
}

fn host_library(graph: &mut Graph<'_>, (package, recipe): (&'static str, &'static str), needs: &[&'static str]) {
    let version = graph.default(package);
    let mut args = BTreeMap::from([("src", source(package, version)), ("version", text(version))]);
    args.extend(needs.iter().map(|need| (*need, node(need))));
    graph.insert(Node { name: package.to_owned(), recipe, args });
}

/// What a compiler is told apart by among those of one target.
struct Compiler<'a> {
    target: &'static Target,
    gcc: &'a str,
    binutils: &'a str,
    languages: Languages,
    flags: &'a Flags,
}

/// What languages add to the flags that a name stands for: nothing where they are the default.
fn languages_part(languages: Languages) -> Vec<String> {
    if languages.cxx { Vec::new() } else { vec!["c".to_owned()] }
}

/// The nodes of binutils and of GCC's host programs.
fn compiler(graph: &mut Graph<'_>, wanted: &Compiler<'_>) -> [String; 2] {
    let Compiler { target, flags, .. } = wanted;
    let triple = target.triple();
    let plain = languages_part(wanted.languages);
    let binutils_name = node_name(graph.catalogue, "binutils", wanted.binutils, triple, &[], &[&flags.binutils]);
    let gcc_name = node_name(
        graph.catalogue,
        "gcc",
        wanted.gcc,
        triple,
        &[("binutils", wanted.binutils)],
        &[&plain, &flags.binutils, &flags.gcc],
    );
    host_library(graph, ("gmp", "musl-gcc/gmp"), &[]);
    host_library(graph, ("mpfr", "musl-gcc/mpfr"), &["gmp"]);
    host_library(graph, ("mpc", "musl-gcc/mpc"), &["gmp", "mpfr"]);
    let binutils = graph.add(
        binutils_name,
        "musl-gcc/binutils",
        [
            ("src", source("binutils", wanted.binutils)),
            ("version", text(wanted.binutils)),
            ("target", text(triple)),
            ("flags", Arg::Texts(flags.binutils.clone())),
        ],
    );
    let gcc_flags = target.gcc_flags().iter().map(|flag| (*flag).to_owned()).chain(flags.gcc.iter().cloned());
    let gcc = graph.add(
        gcc_name,
        "musl-gcc/gcc",
        [
            ("src", source("gcc", wanted.gcc)),
            ("version", text(wanted.gcc)),
            ("target", text(triple)),
            ("languages", text(wanted.languages.gcc_list())),
            ("flags", Arg::Texts(gcc_flags.collect())),
            ("binutils", node(&binutils)),
            ("gmp", node("gmp")),
            ("mpfr", node("mpfr")),
            ("mpc", node("mpc")),
        ],
    );
    [binutils, gcc]
}

/// The same for who needs a compiler of C alone and no library, at the catalogue's versions: the node that a matrix's
/// plain toolchain has, too.
pub fn default_compiler(graph: &mut Graph<'_>, target: &'static Target) -> [String; 2] {
    let (gcc, binutils) = (graph.default("gcc"), graph.default("binutils"));
    let flags = Flags::default();
    compiler(graph, &Compiler { target, gcc, binutils, languages: Languages::default(), flags: &flags })
}

/// What [`default_compiler`] is built from.
pub fn compiler_releases(catalogue: &Catalogue) -> Vec<Release> {
    let packages = ["gcc", "binutils"].into_iter().chain(HOST_LIBRARIES);
    packages.map(|package| Release::default(package, catalogue)).collect()
}

/// One cross toolchain: GCC's host programs once, the target's libraries each as a node of its own.
pub fn cell(graph: &mut Graph<'_>, system: System, cell: &MuslGccCell) -> Cell {
    let target = cell.target;
    let triple = target.triple();
    let catalogue = graph.catalogue;
    let name = |role, version: &str, others: &[(&str, &str)], flags: &[&[String]]| {
        node_name(catalogue, role, version, triple, others, flags)
    };

    let binutils_version = ("binutils", cell.binutils.as_str());
    let gcc_version = ("gcc", cell.gcc.as_str());
    let musl_version = ("musl", cell.musl.as_str());
    let linux_version = ("linux", cell.linux_headers.as_str());
    let flags = &cell.flags;
    let plain = languages_part(cell.languages);
    let plain = plain.as_slice();
    let compiler_flags = [plain, &flags.binutils, &flags.gcc];
    let libgcc_name = name("libgcc", &cell.gcc, &[binutils_version, musl_version], &compiler_flags);
    let all_flags = [plain, &flags.binutils, &flags.gcc, &flags.musl];
    let musl_name = name("musl", &cell.musl, &[binutils_version, gcc_version], &all_flags);
    let cxx_flags = [plain, &flags.binutils, &flags.gcc, &flags.musl, &flags.libstdcxx];
    let others = [binutils_version, musl_version];
    let libstdcxx_name = name("libstdcxx", &cell.gcc, &others, &cxx_flags);
    let others = [binutils_version, musl_version, linux_version];
    let toolchain_name = name("toolchain", &cell.gcc, &others, &cxx_flags);
    let role = format!("toolchain-{}-", attribute(&cell.gcc));
    let toolchain_suffix = toolchain_name.strip_prefix(&role).unwrap_or(triple).to_owned();

    let arch = target.linux_arch();
    let linux_headers = graph.add(
        format!("linux-headers-{}-{arch}", attribute(&cell.linux_headers)),
        "musl-gcc/linux-headers",
        [("src", source("linux", &cell.linux_headers)), ("version", text(&cell.linux_headers)), ("arch", text(arch))],
    );
    let arch = target.musl_arch();
    let musl_headers = graph.add(
        format!("musl-headers-{}-{arch}", attribute(&cell.musl)),
        "musl-gcc/musl-headers",
        [("src", source("musl", &cell.musl)), ("version", text(&cell.musl)), ("arch", text(arch))],
    );
    let wanted = Compiler { target, gcc: &cell.gcc, binutils: &cell.binutils, languages: cell.languages, flags };
    let [binutils, gcc] = compiler(graph, &wanted);
    let libgcc = graph.add(
        libgcc_name,
        "musl-gcc/libgcc",
        [
            ("src", source("gcc", &cell.gcc)),
            ("version", text(&cell.gcc)),
            ("target", text(triple)),
            ("binutils", node(&binutils)),
            ("gcc", node(&gcc)),
            ("muslHeaders", node(&musl_headers)),
        ],
    );
    let musl = graph.add(
        musl_name,
        "musl-gcc/musl",
        [
            ("src", source("musl", &cell.musl)),
            ("version", text(&cell.musl)),
            ("target", text(triple)),
            ("flags", Arg::Texts(flags.musl.clone())),
            ("binutils", node(&binutils)),
            ("gcc", node(&gcc)),
            ("libgcc", node(&libgcc)),
        ],
    );
    let mut libraries = Vec::new();
    if cell.languages.cxx {
        libraries.push(graph.add(
            libstdcxx_name,
            "musl-gcc/libstdcxx",
            [
                ("src", source("gcc", &cell.gcc)),
                ("version", text(&cell.gcc)),
                ("target", text(triple)),
                ("flags", Arg::Texts(flags.libstdcxx.clone())),
                ("binutils", node(&binutils)),
                ("gcc", node(&gcc)),
                ("libgcc", node(&libgcc)),
                ("musl", node(&musl)),
            ],
        ));
    }
    let toolchain = graph.add(
        toolchain_name,
        "musl-gcc/toolchain",
        [
            // As the node, not as the cell: a cell is named by its place in the matrix, and the order of an axis
            // rebuilds nothing.
            ("name", text(&format!("musl-gcc-{toolchain_suffix}"))),
            ("version", text(&cell.gcc)),
            ("target", text(triple)),
            ("binutils", node(&binutils)),
            ("gcc", node(&gcc)),
            ("libgcc", node(&libgcc)),
            ("linuxHeaders", node(&linux_headers)),
            ("musl", node(&musl)),
            ("libraries", Arg::Nodes(libraries)),
        ],
    );
    let name = cell.name.strip_prefix("musl-gcc-").unwrap_or(&cell.name).to_owned();
    // Here the build machine's own kernel is not enough: it finds no musl to load programs with.
    let emulator = if system.is_linux() { target.qemu_user().unwrap_or_default() } else { "" };
    let texts = [
        ("cell", name.as_str()),
        ("cpu", target.cpu()),
        ("family", target.meson_family()),
        ("endian", target.endian().as_str()),
        ("rust", target.rust().unwrap_or_default()),
        ("emulator", emulator),
    ];
    let shell = Shell {
        recipe: "musl-gcc/shell",
        cxx: cell.languages.cxx,
        texts: texts.map(|(arg, value)| (arg, value.to_owned())).to_vec(),
        name,
    };
    Cell {
        name: cell.name.clone(),
        family: Family::MuslGcc,
        shell: Some(shell),
        output: Output::Node(toolchain),
        target: triple,
        built: system == System::X86_64Linux && was_built(graph, cell),
    }
}
