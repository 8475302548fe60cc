//! The nodes of a Linux kernel.

use std::collections::BTreeMap;

use super::darwin::{self, sdk_releases};
use super::graph::{Graph, attribute, node, node_name, source, text};
use super::{Arg, Cell, Check, Node, Output, Shell, musl_gcc};
use crate::catalogue::Catalogue;
use crate::lock::Release;
use crate::matrix::{Family, Flavour, Fragment, KernelBase, KernelCompiler, KernelConfig, LinuxCell, Sdk, SdkKind};
use crate::nix::hash::Sha256;
use crate::seed::Tier;
use crate::target::{DarwinTarget, System, Target};

/// Where a user's files stand in a tree.
const FILES: &str = "config";
/// Where crossloom's own fragment stands in a tree.
const BOOT: &str = "kernel/config";

/// The Mac that programs of the build machine are compiled for, to see whether they could be there.
const MAC: &str = "arm64-apple-darwin22";

/// Whether the cell is built on macOS and on Linux, so that Linux can tell what becomes of it on macOS.
fn is_for_macs(cell: &LinuxCell) -> bool {
    cell.systems.iter().any(|system| !system.is_linux()) && cell.systems.iter().any(|system| system.is_linux())
}

/// What a cell is built from, and checked with.
pub fn releases(cell: &LinuxCell, catalogue: &Catalogue) -> Vec<Release> {
    let mut releases = vec![Release::known("linux", &cell.linux)];
    if is_for_macs(cell) {
        releases.extend(sdk_releases(&zig(), catalogue));
    }
    if cell.compiler == KernelCompiler::Gcc {
        releases.extend(musl_gcc::compiler_releases(catalogue));
    }
    releases
}

/// The user's files that a cell is made of, by their places in a tree.
pub fn files(cell: &LinuxCell) -> BTreeMap<String, String> {
    let base = match &cell.config.base {
        KernelBase::File(fragment) => Some(fragment),
        KernelBase::Goal(_) => None,
    };
    let own = base.into_iter().chain(&cell.config.fragments).filter_map(|fragment| match fragment {
        Fragment::File { path, text } => Some((format!("{FILES}/{path}"), text.clone())),
        Fragment::Boot => None,
    });
    own.collect()
}

/// The places of a fragment's files in a tree.
fn places(fragment: &Fragment, cell: &LinuxCell) -> Vec<String> {
    match fragment {
        Fragment::Boot => vec![format!("{BOOT}/boot.config"), format!("{BOOT}/boot-{}.config", cell.target)],
        Fragment::File { path, .. } => vec![format!("{FILES}/{path}")],
    }
}

/// What a configuration adds to the name of a node: nothing for the default; the name of one that needs no table; ten
/// digits that stand for what a user's is made of, since its name is the user's alone.
fn config_part(config: &KernelConfig) -> String {
    let of = |fragment: &Fragment| match fragment {
        Fragment::Boot => "boot".to_owned(),
        Fragment::File { text, .. } => text.clone(),
    };
    let fragments: Vec<_> = config.fragments.iter().map(of).collect();
    match (&config.base, fragments.as_slice()) {
        (KernelBase::Goal("allnoconfig"), [only]) if *only == "boot" => String::new(),
        (KernelBase::Goal(goal), []) => format!("-{goal}"),
        (base, fragments) => {
            let base = match base {
                KernelBase::Goal(goal) => (*goal).to_owned(),
                KernelBase::File(file) => of(file),
            };
            let all: Vec<_> = std::iter::once(base).chain(fragments.iter().cloned()).collect();
            format!("-{}", &Sha256::of(all.join("\0").as_bytes()).to_hex()[..10])
        }
    }
}

/// The compiler as a kernel's makefiles call it, and what they are told to that end.
fn compiler(graph: &mut Graph<'_>, cell: &LinuxCell) -> Option<(String, Vec<String>)> {
    let told = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    match cell.compiler {
        KernelCompiler::Llvm => {
            let name = graph.add("kernel-llvm".to_owned(), "kernel-llvm", []);
            Some((name, told(&["LLVM=1", "LLVM_IAS=1"])))
        }
        KernelCompiler::Gcc => {
            let target = cell.target.gcc()?;
            let triple = target.triple();
            let [binutils, gcc] = musl_gcc::default_compiler(graph, target);
            let name = graph.add(
                format!("kernel-gcc-{triple}"),
                "kernel-gcc",
                [("target", text(triple)), ("binutils", node(&binutils)), ("gcc", node(&gcc))],
            );
            Some((name, told(&[&format!("CROSS_COMPILE={triple}-")])))
        }
    }
}

/// One kernel.
pub fn cell(graph: &mut Graph<'_>, system: System, cell: &LinuxCell) -> Option<Cell> {
    let (compiler, told) = compiler(graph, cell)?;
    let suffix = match cell.compiler {
        KernelCompiler::Llvm => "",
        KernelCompiler::Gcc => "-gcc",
    };
    let name = node_name(graph.catalogue, "linux", &cell.linux, cell.target.name(), &[], &[]);
    let name = format!("{name}{suffix}{}", config_part(&cell.config));
    let mut args = BTreeMap::from([
        ("src", source("linux", &cell.linux)),
        ("version", text(&cell.linux)),
        ("target", text(cell.target.name())),
        ("arch", text(cell.target.arch())),
        ("image", text(cell.target.image())),
        ("deviceTrees", Arg::Flag(cell.target.device_trees())),
        ("compiler", node(&compiler)),
        ("compilerFlags", Arg::Texts(told)),
        ("fragments", Arg::Files(cell.config.fragments.iter().flat_map(|fragment| places(fragment, cell)).collect())),
    ]);
    match &cell.config.base {
        KernelBase::Goal(goal) => args.insert("base", text(goal)),
        KernelBase::File(file) => args.insert("baseFiles", Arg::Files(places(file, cell))),
    };
    graph.insert(Node { name: name.clone(), recipe: "linux", args });
    let words = [("compiler", cell.compiler.as_str()), ("config", cell.config.name.as_str())];
    let built = graph.was_built(Family::Linux, cell.target.name(), &words, &[("linux", &cell.linux)]);
    Some(Cell {
        name: cell.name.clone(),
        shell: Some(Shell { name: cell.name.clone(), recipe: "linux-shell", cxx: false, texts: Vec::new() }),
        output: Output::Node(name),
        family: Family::Linux,
        target: cell.target.name(),
        built: built && system == System::X86_64Linux,
    })
}

/// zig's headers, for programs that no one runs.
fn zig() -> Sdk {
    Sdk { name: "zig".to_owned(), kind: SdkKind::Zig }
}

/// What Linux can tell of a build on macOS: whether the programs of the build machine compile and link for it, and what
/// becomes of the sources where names that differ by case alone are one. Two cells of one source give the same.
pub fn mac_checks(graph: &mut Graph<'_>, cell: &LinuxCell) -> Vec<Check> {
    let (true, Some(target)) = (is_for_macs(cell), DarwinTarget::parse(MAC)) else { return Vec::new() };
    let Some(compiler) = darwin::compiler(graph, target, &zig(), Flavour::Llvm) else { return Vec::new() };
    let Some(arch) = cell.target.gcc().map(Target::linux_arch) else { return Vec::new() };
    let version = attribute(&cell.linux);
    let sources = [("src", source("linux", &cell.linux)), ("version", text(&cell.linux))];
    let mut tools = vec![("cc", node(&compiler.cc)), ("target", text(MAC)), ("arch", text(arch))];
    tools.extend(sources.clone());
    vec![
        Check {
            name: format!("kernel-host-tools-darwin-{version}-{arch}"),
            file: "kernel-host-tools-darwin",
            args: tools,
            tiers: vec![Tier::Kernel, Tier::Llvm, Tier::Osxcross],
        },
        Check {
            name: format!("kernel-case-insensitive-{version}"),
            file: "kernel-case-insensitive",
            args: sources.into(),
            tiers: Vec::new(),
        },
    ]
}

/// The kernel started on QEMU's machine, with a module that was built against it. Only of configurations that are known
/// to boot there.
pub fn check(cell: &LinuxCell, planned: &Cell) -> Option<Check> {
    if !cell.config.fragments.contains(&Fragment::Boot) {
        return None;
    }
    let emulator = cell.target.emulator();
    Some(Check {
        name: format!("boot-{}", cell.name),
        file: "boot-linux",
        args: vec![
            ("linux", node(planned.node()?)),
            ("emulator", text(emulator.program)),
            ("machine", Arg::Texts(emulator.flags.iter().map(|flag| (*flag).to_owned()).collect())),
            ("commandLine", text(emulator.command_line)),
            ("end", text(emulator.end)),
        ],
        tiers: vec![Tier::Machine, Tier::Kernel],
    })
}
