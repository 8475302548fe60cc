//! The nodes of a Linux kernel.

use std::collections::BTreeMap;

use super::darwin::{self, sdk_releases};
use super::graph::{Graph, attribute, node, node_name, source, text};
use super::{Arg, Cell, Check, Node, Output, Shell, musl_gcc};
use crate::catalogue::Catalogue;
use crate::lock::Release;
use crate::matrix::{
    Family, Flavour, Fragment, KernelBase, KernelCompiler, KernelConfig, LinuxCell, LinuxModule, Matrix, Sdk, SdkKind,
};
use crate::nix::hash::Sha256;
use crate::seed::Tier;
use crate::target::{DarwinTarget, System};

/// Where a user's files stand in a tree.
const FILES: &str = "config";
/// Where the user's modules stand in a tree.
const MODULES: &str = "module";
/// Where crossloom's own fragment stands in a tree.
const BOOT: &str = "linux/config";

/// The Mac that programs of the build machine are compiled for, to see whether they could be there.
const MAC: &str = "arm64-apple-darwin22";

/// Whether kernels are built on macOS, so that Linux is to tell what becomes of them there.
pub fn for_macs(matrix: &Matrix) -> bool {
    matrix.linux.iter().flat_map(|cell| &cell.systems).any(|system| !system.is_linux())
}

/// What a cell is built from, and checked with.
pub fn releases(cell: &LinuxCell, for_macs: bool, catalogue: &Catalogue) -> Vec<Release> {
    let mut releases = vec![Release::known("linux", &cell.linux)];
    if for_macs && cell.systems.iter().any(|system| system.is_linux()) {
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
    let modules = cell.modules.iter().flat_map(|module| {
        let place = folder(module);
        module.files.iter().map(move |(path, text)| (format!("{place}/{path}"), text.clone()))
    });
    own.chain(modules).collect()
}

/// The place of a module's folder in a tree.
fn folder(module: &LinuxModule) -> String {
    format!("{MODULES}/{}", module.name)
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

/// What compiles a kernel.
struct Compiler {
    /// The node.
    name: String,
    /// What makefiles are told to use it.
    told: Arg,
    /// The command that compiles programs for the target.
    program: Arg,
}

fn compiler(graph: &mut Graph<'_>, cell: &LinuxCell) -> Option<Compiler> {
    let words = |words: &[&str]| Arg::Texts(words.iter().map(|word| (*word).to_owned()).collect());
    let target = cell.target.gcc()?;
    let triple = target.triple();
    match cell.compiler {
        KernelCompiler::Llvm => {
            let name = graph.add("kernel-llvm".to_owned(), "linux/kernel-llvm", []);
            let program = words(&["clang", &format!("--target={triple}"), "-fuse-ld=lld"]);
            Some(Compiler { name, told: words(&["LLVM=1", "LLVM_IAS=1"]), program })
        }
        KernelCompiler::Gcc => {
            let [binutils, gcc] = musl_gcc::default_compiler(graph, target);
            let name = graph.add(
                format!("kernel-gcc-{triple}"),
                "linux/kernel-gcc",
                [("target", text(triple)), ("binutils", node(&binutils)), ("gcc", node(&gcc))],
            );
            let told = words(&[&format!("CROSS_COMPILE={triple}-")]);
            Some(Compiler { name, told, program: words(&[&format!("{triple}-gcc")]) })
        }
    }
}

/// One kernel.
pub fn cell(graph: &mut Graph<'_>, system: System, cell: &LinuxCell) -> Option<Cell> {
    let compiler = compiler(graph, cell)?;
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
        ("sourceArch", text(cell.target.source_arch()?)),
        ("image", text(cell.target.image())),
        ("deviceTrees", Arg::Flag(cell.target.device_trees())),
        ("compiler", node(&compiler.name)),
        ("compilerFlags", compiler.told),
        ("programCompiler", compiler.program),
        ("fragments", Arg::Files(cell.config.fragments.iter().flat_map(|fragment| places(fragment, cell)).collect())),
    ]);
    match &cell.config.base {
        KernelBase::Goal(goal) => args.insert("base", text(goal)),
        KernelBase::File(file) => args.insert("baseFiles", Arg::Files(places(file, cell))),
    };
    graph.insert(Node { name: name.clone(), recipe: "linux/linux", args });
    let words = [("compiler", cell.compiler.as_str()), ("config", cell.config.name.as_str())];
    let built = graph.was_built(Family::Linux, cell.target.name(), &words, &[("linux", &cell.linux)]);
    Some(Cell {
        name: cell.name.clone(),
        shell: Some(Shell {
            name: cell.name.clone(),
            recipe: "linux/linux-shell",
            cxx: false,
            texts: vec![("cell", cell.name.clone())],
        }),
        output: Output::Node(name),
        family: Family::Linux,
        target: cell.target.name(),
        built: built && system == System::X86_64Linux,
    })
}

/// The modules that are built against a kernel.
pub fn modules(graph: &mut Graph<'_>, cell: &LinuxCell, planned: &Cell) -> Vec<Cell> {
    let Some(kernel) = planned.node() else { return Vec::new() };
    let of = |prefix: &str, name: &str| format!("{prefix}{}", name.strip_prefix("linux").unwrap_or(name));
    let built = cell.modules.iter().map(|module| {
        let files: Vec<_> = module.files.iter().flat_map(|(path, text)| [path.as_str(), text.as_str()]).collect();
        // The name is the user's alone: what the module is made of tells it from others.
        let digits = &Sha256::of(files.join("\0").as_bytes()).to_hex()[..10];
        let args = [("linux", node(kernel)), ("module", text(&module.name)), ("src", Arg::Folder(folder(module)))];
        let name = of(&format!("linux-module-{}-{digits}", module.name), kernel);
        let name = graph.add(name, "linux/linux-module", args);
        Cell {
            name: of(&format!("linux-module-{}", module.name), &cell.name),
            shell: None,
            output: Output::Node(name),
            family: Family::Linux,
            target: cell.target.name(),
            built: false,
        }
    });
    built.collect()
}

/// zig's headers, for programs that no one runs.
fn zig() -> Sdk {
    Sdk { name: "zig".to_owned(), kind: SdkKind::Zig }
}

/// What Linux can tell of a build on macOS: whether the programs of the build machine compile and link for it, and what
/// becomes of the sources where names that differ by case alone are one. Two cells of one source give the same. What no
/// Mac can build is looked at, too: it is where it shows that one could.
pub fn mac_checks(graph: &mut Graph<'_>, cell: &LinuxCell) -> Vec<Check> {
    let Some(target) = DarwinTarget::parse(MAC) else { return Vec::new() };
    let Some(compiler) = darwin::compiler(graph, target, &zig(), Flavour::Llvm) else { return Vec::new() };
    let Some(arch) = cell.target.source_arch() else { return Vec::new() };
    let version = attribute(&cell.linux);
    let sources = [("src", source("linux", &cell.linux)), ("version", text(&cell.linux))];
    let mut tools = vec![
        ("cc", node(&compiler.cc)),
        ("target", text(MAC)),
        ("arch", text(cell.target.arch())),
        ("sourceArch", text(arch)),
    ];
    tools.extend(sources.clone());
    vec![
        Check {
            name: format!("kernel-host-tools-darwin-{version}-{arch}"),
            file: "linux/kernel-host-tools-darwin",
            args: tools,
            tiers: vec![Tier::Kernel, Tier::Llvm, Tier::Osxcross],
        },
        Check {
            name: format!("kernel-case-insensitive-{version}"),
            file: "linux/kernel-case-insensitive",
            args: sources.into(),
            tiers: Vec::new(),
        },
    ]
}

/// The kernel started on QEMU's machine, with a module that was built against it, and the user's. Only of configurations that are known
/// to boot there.
pub fn check(cell: &LinuxCell, planned: &Cell, modules: &[Cell]) -> Option<Check> {
    if !cell.config.fragments.contains(&Fragment::Boot) {
        return None;
    }
    let emulator = cell.target.emulator();
    let mut args = vec![
        ("linux", node(planned.node()?)),
        ("emulator", text(emulator.program)),
        ("machine", Arg::Texts(emulator.flags.iter().map(|flag| (*flag).to_owned()).collect())),
        ("commandLine", text(emulator.command_line)),
        ("end", text(emulator.end)),
    ];
    if !modules.is_empty() {
        args.push(("modules", Arg::Nodes(modules.iter().filter_map(Cell::node).map(str::to_owned).collect())));
    }
    Some(Check {
        name: format!("boot-{}", cell.name),
        file: "linux/boot-linux",
        args,
        tiers: vec![Tier::Machine, Tier::Kernel],
    })
}
