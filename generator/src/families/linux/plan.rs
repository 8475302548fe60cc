//! The nodes of a Linux kernel.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::config::{Fragment, Goal, KernelBase, KernelConfig};
use super::module::LinuxModule;
use super::{ABOUT, KernelCompiler, KernelTarget, Linux, Spec};
use crate::families::darwin::{self, DarwinTarget, Flavour, Sdk, sdk_wanted};
use crate::families::musl_gcc;
use crate::family::{CellOf, Target};
use crate::lock::Wanted;
use crate::plan::{
    Arg, Cell, Check, Node, Output, Planner, Shell, attribute, digits, node, node_name, source, text, texts,
};

/// The folder of a user's files in a tree.
const FILES: &str = "config";
/// The folder of the user's modules in a tree.
const MODULES: &str = "module";
/// The place of crossloom's own fragments in a tree.
const OWN: &str = "linux/config";

/// The Mac that programs of the build machine are compiled for, to see whether they could be there.
const MAC: &str = "arm64-apple-darwin22";

/// Whether kernels are built on macOS, so that Linux is to tell what becomes of them there.
fn for_macs(cells: &[CellOf<Linux>]) -> bool {
    cells.iter().flat_map(|cell| &cell.systems).any(|system| !system.is_linux())
}

/// The packages that cells are built from and checked with.
pub fn wanted(cells: &[CellOf<Linux>]) -> Vec<Wanted> {
    let for_macs = for_macs(cells);
    let mut wanted = Vec::new();
    for cell in cells {
        wanted.extend(kernel_wanted(&cell.spec));
        if for_macs && cell.systems.iter().any(|system| system.is_linux()) {
            wanted.extend(sdk_wanted(&Sdk::zig()));
        }
    }
    wanted
}

/// The packages that a kernel is built from.
pub fn kernel_wanted(spec: &Spec) -> Vec<Wanted> {
    let mut wanted = vec![Wanted::Release(spec.linux)];
    if spec.compiler == KernelCompiler::Gcc {
        wanted.extend(musl_gcc::compiler_wanted());
    }
    wanted
}

pub fn plan(planner: &mut Planner<'_>, cells: &[CellOf<Linux>]) {
    let system = planner.system;
    let (for_macs, mut shared) = (for_macs(cells) && system.is_linux(), BTreeSet::new());
    for cell in cells.iter().filter(|cell| cell.is_built_on(system)) {
        let kernel = kernel(planner, cell);
        let modules = modules(planner, cell, &kernel);
        check(cell, &kernel, &modules).into_iter().for_each(|check| planner.check(check));
        // Cells of one source share these.
        let checks = if for_macs { mac_checks(planner, cell) } else { Vec::new() };
        for check in checks.into_iter().filter(|check| shared.insert(check.name.clone())) {
            planner.check(check);
        }
        planner.cell(kernel);
        modules.into_iter().for_each(|module| planner.cell(module));
    }
}

/// The user's files that a kernel is configured with, by their places in a tree.
pub fn config_files(config: &KernelConfig) -> BTreeMap<String, String> {
    let base = match &config.base {
        KernelBase::File(fragment) => Some(fragment),
        KernelBase::Goal(_) => None,
    };
    let own = base.into_iter().chain(&config.fragments).filter_map(|fragment| match fragment {
        Fragment::File { path, text } => Some((format!("{FILES}/{path}"), text.clone())),
        Fragment::Boot | Fragment::System => None,
    });
    own.collect()
}

/// The user's files that a cell is made of, by their places in a tree.
pub fn files(cell: &CellOf<Linux>) -> BTreeMap<String, String> {
    let modules = cell.spec.modules.iter().flat_map(|module| {
        let place = folder(module);
        module.files.iter().map(move |(path, text)| (format!("{place}/{path}"), text.clone()))
    });
    config_files(&cell.spec.config).into_iter().chain(modules).collect()
}

/// The place of a module's folder in a tree.
fn folder(module: &LinuxModule) -> String {
    format!("{MODULES}/{}", module.name)
}

/// The places of a fragment's files in a tree.
fn places(fragment: &Fragment, target: &KernelTarget) -> Vec<String> {
    let own = |name: &str| vec![format!("{OWN}/{name}.config"), format!("{OWN}/{name}-{}.config", target.name())];
    match fragment {
        Fragment::Boot => own("boot"),
        Fragment::System => own("system"),
        Fragment::File { path, .. } => vec![format!("{FILES}/{path}")],
    }
}

/// The part that a configuration adds to the name of a node: nothing for the default; the name of one that needs no table; ten
/// digits that stand for what a user's is made of, since its name is the user's alone.
fn config_part(config: &KernelConfig) -> String {
    let of = |fragment: &Fragment| match fragment {
        Fragment::Boot => "boot".to_owned(),
        Fragment::System => "system".to_owned(),
        Fragment::File { text, .. } => text.clone(),
    };
    let fragments: Vec<_> = config.fragments.iter().map(of).collect();
    match (&config.base, fragments.as_slice()) {
        (KernelBase::Goal(Goal::Allnoconfig), [only]) if *only == "boot" => String::new(),
        (KernelBase::Goal(Goal::Allnoconfig), [boot, system]) if *boot == "boot" && *system == "system" => {
            "-system".to_owned()
        }
        (KernelBase::Goal(goal), []) => format!("-{goal}"),
        (base, fragments) => {
            let base = match base {
                KernelBase::Goal(goal) => goal.as_str().to_owned(),
                KernelBase::File(file) => of(file),
            };
            let all: Vec<_> = std::iter::once(base).chain(fragments.iter().cloned()).collect();
            format!("-{}", digits(&all.join("\0")))
        }
    }
}

/// The compiler of a kernel.
struct Compiler {
    /// The node.
    name: String,
    /// The variables with which makefiles use it.
    told: Arg,
    /// The command that compiles programs for the target.
    program: Arg,
}

fn compiler(planner: &mut Planner<'_>, spec: &Spec) -> Compiler {
    let triple = spec.gcc.triple();
    match spec.compiler {
        KernelCompiler::Llvm => {
            let name = planner.add("kernel-llvm".to_owned(), "linux/kernel-llvm", []);
            let program = texts(&["clang", &format!("--target={triple}"), "-fuse-ld=lld"]);
            Compiler { name, told: texts(&["LLVM=1", "LLVM_IAS=1"]), program }
        }
        KernelCompiler::Gcc => {
            let [binutils, gcc] = musl_gcc::default_compiler(planner, spec.gcc);
            let name = planner.add(
                format!("kernel-gcc-{triple}"),
                "linux/kernel-gcc",
                [("target", text(triple)), ("binutils", node(&binutils)), ("gcc", node(&gcc))],
            );
            let told = texts(&[&format!("CROSS_COMPILE={triple}-")]);
            Compiler { name, told, program: texts(&[&format!("{triple}-gcc")]) }
        }
    }
}

/// The node of a kernel.
pub fn kernel_node(planner: &mut Planner<'_>, target: &'static KernelTarget, spec: &Spec) -> String {
    let compiler = compiler(planner, spec);
    let suffix = match spec.compiler {
        KernelCompiler::Llvm => "",
        KernelCompiler::Gcc => "-gcc",
    };
    let name = node_name("linux", spec.linux, target.name(), &[], &[]);
    let name = format!("{name}{suffix}{}", config_part(&spec.config));
    let mut args = BTreeMap::from([
        ("src", source(spec.linux)),
        ("version", text(spec.linux.version())),
        ("target", text(target.name())),
        ("arch", text(target.arch())),
        ("sourceArch", text(spec.gcc.linux_arch())),
        ("image", text(target.image())),
        ("deviceTrees", Arg::Flag(target.device_trees())),
        ("compiler", node(&compiler.name)),
        ("compilerFlags", compiler.told),
        ("programCompiler", compiler.program),
        ("fragments", Arg::Files(spec.config.fragments.iter().flat_map(|it| places(it, target)).collect())),
    ]);
    match &spec.config.base {
        KernelBase::Goal(goal) => args.insert("base", text(goal.as_str())),
        KernelBase::File(file) => args.insert("baseFiles", Arg::Files(places(file, target))),
    };
    planner.insert(Node { name: name.clone(), recipe: "linux/linux", args });
    name
}

/// One kernel.
fn kernel(planner: &mut Planner<'_>, cell: &CellOf<Linux>) -> Cell {
    let (target, spec) = (cell.target, &cell.spec);
    let name = kernel_node(planner, target, spec);
    let words = [("compiler", spec.compiler.as_str()), ("config", spec.config.name.as_str())];
    let built = planner.was_built(ABOUT.key, target.name(), &words, &[spec.linux]);
    let shell = Shell {
        name: cell.name.clone(),
        recipe: "linux/linux-shell",
        cxx: false,
        args: vec![("cell", text(&cell.name))],
    };
    Cell { shell: Some(shell), built, ..cell.package(&ABOUT, Output::Node(name)) }
}

/// The modules that are built against a kernel.
fn modules(planner: &mut Planner<'_>, cell: &CellOf<Linux>, planned: &Cell) -> Vec<Cell> {
    let Some(kernel) = planned.node().filter(|_| cell.spec.config.takes_modules()) else { return Vec::new() };
    let mut nodes = BTreeMap::new();
    let built = cell.spec.modules.iter().map(|module| {
        let name = module_node(planner, kernel, module, &cell.spec.modules, &mut nodes);
        let package = cell.package(&ABOUT, Output::Node(name));
        package.renamed(|name| beside(&format!("linux-module-{}", module.name), name))
    });
    built.collect()
}

/// A name with that of a kernel, without its `linux`.
fn beside(prefix: &str, kernel: &str) -> String {
    format!("{prefix}{}", kernel.strip_prefix("linux").unwrap_or(kernel))
}

/// The node of a module for a kernel, after those of the modules that it needs. `nodes` are those that are planned, by modules.
fn module_node(
    planner: &mut Planner<'_>,
    kernel: &str,
    module: &LinuxModule,
    all: &[Arc<LinuxModule>],
    nodes: &mut BTreeMap<String, String>,
) -> String {
    if let Some(name) = nodes.get(&module.name) {
        return name.clone();
    }
    let needs = all.iter().filter(|other| module.needs.contains(&other.name));
    let needs: Vec<_> = needs.map(|other| module_node(planner, kernel, other, all, nodes)).collect();
    let files = module.files.iter().flat_map(|(path, text)| [path.as_str(), text.as_str()]);
    let made_of: Vec<_> = files.chain(module.make_flags.iter().chain(&needs).map(String::as_str)).collect();
    // The name is the user's alone: what the module is made of tells it from others.
    let digits = digits(&made_of.join("\0"));
    let name = beside(&format!("linux-module-{}-{digits}", module.name), kernel);
    let mut args =
        BTreeMap::from([("linux", node(kernel)), ("module", text(&module.name)), ("src", Arg::Folder(folder(module)))]);
    if !needs.is_empty() {
        args.insert("needs", Arg::Nodes(needs));
    }
    if !module.make_flags.is_empty() {
        args.insert("makeFlags", Arg::Texts(module.make_flags.clone()));
    }
    planner.insert(Node { name: name.clone(), recipe: "linux/linux-module", args });
    nodes.insert(module.name.clone(), name.clone());
    name
}

/// The checks on Linux of a build on macOS: whether the programs of the build machine compile and link for it, and what
/// becomes of the sources where names that differ by case alone are one. Two cells of one source and architecture give the same. What no
/// Mac can build is looked at, too: it is where it shows that one could.
fn mac_checks(planner: &mut Planner<'_>, cell: &CellOf<Linux>) -> Vec<Check> {
    let Some(target) = DarwinTarget::parse(MAC) else { return Vec::new() };
    let Some(compiler) = darwin::compiler(planner, target, &Sdk::zig(), Flavour::Llvm) else { return Vec::new() };
    let arch = cell.spec.gcc.linux_arch();
    let version = attribute(cell.spec.linux.version());
    let sources = [("src", source(cell.spec.linux)), ("version", text(cell.spec.linux.version()))];
    let mut tools = vec![
        ("cc", node(&compiler.cc)),
        ("target", text(MAC)),
        ("arch", text(cell.target.arch())),
        ("sourceArch", text(arch)),
    ];
    tools.extend(sources.clone());
    vec![
        Check::new(
            format!("kernel-host-tools-darwin-{version}-{}", cell.target.arch()),
            "linux/kernel-host-tools-darwin",
            tools,
        ),
        Check::new(format!("kernel-case-insensitive-{version}"), "linux/kernel-case-insensitive", sources.into()),
    ]
}

/// The kernel started on QEMU's machine, with a module that was built against it, and the user's. Only of configurations that are known
/// to boot there.
fn check(cell: &CellOf<Linux>, planned: &Cell, modules: &[Cell]) -> Option<Check> {
    if !cell.spec.config.fragments.contains(&Fragment::Boot) {
        return None;
    }
    let emulator = cell.target.emulator();
    let mut args = vec![
        ("linux", node(planned.node()?)),
        ("emulator", text(emulator.program)),
        ("machine", texts(emulator.flags)),
        ("commandLine", text(emulator.command_line)),
        ("end", text(emulator.end)),
    ];
    if !modules.is_empty() {
        args.push(("modules", Arg::Nodes(modules.iter().filter_map(Cell::node).map(str::to_owned).collect())));
    }
    Some(Check::new(format!("boot-{}", cell.name), "linux/boot-linux", args))
}
