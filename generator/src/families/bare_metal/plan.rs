//! The nodes of a kernel: the compiler, the crates, the kernel, and disk images that boot it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::git::Tree;
use super::kernel::{CCompiler, Kernel};
use super::loader::{self, Firmware, Loader};
use super::rust::{Crate, RustVersion, mac_triple};
use super::targets::BareTarget;
use super::{ABOUT, AXIS_RUST, BareMetal, Spec};
use crate::families::darwin::{self, DarwinTarget, Flavour, Sdk, sdk_wanted, stubs_wanted};
use crate::family::{CellOf, Target};
use crate::lock::{Given, Wanted, source_name};
use crate::plan::{Arg, Cell, Check, Node, Output, Planner, Shell, attribute, digits_of, node, source, text, texts};

/// The Mac that programs of the build machine are compiled for, to see whether they could be there; as crossloom's
/// toolchain and as rustc call it.
const MAC: &str = "arm64-apple-darwin22";
const MAC_RUST: &str = "aarch64-apple-darwin";

/// Where workspaces stand in a tree.
const PLACE: &str = "kernel";

/// Every crate that a kernel is built from, the standard library's among them.
fn kernel_crates(spec: &Spec) -> BTreeSet<Crate> {
    spec.rust.std_crates().into_iter().chain(spec.kernel.crates.iter().cloned()).collect()
}

/// The same of the boot loader.
fn loader_crates(target: &'static BareTarget, spec: &Spec) -> BTreeSet<Crate> {
    let own = match target.loader() {
        Loader::Crate => loader::crates(),
        Loader::Own { .. } => loader::own_crates(),
    };
    spec.rust.std_crates().into_iter().chain(own).collect()
}

fn wanted_crate(it: Crate) -> Wanted {
    let Crate { name, version, sha256 } = it;
    let (file, urls) = (format!("{name}-{version}.crate"), vec![format!("mirror://crates/{name}/{version}")]);
    Wanted::Given(Arc::new(Given {
        package: format!("crate-{name}"),
        version,
        file,
        hash: sha256.into(),
        tree: false,
        urls,
    }))
}

/// What a cell is built from and checked with.
pub fn wanted(cell: &CellOf<BareMetal>) -> Vec<Wanted> {
    let mut crates = kernel_crates(&cell.spec);
    let firmware = cell.spec.kernel.firmware(cell.target);
    if !firmware.is_empty() {
        crates.extend(loader_crates(cell.target, &cell.spec));
        crates.extend(loader::image_crates());
    }
    let release = || Wanted::Release(cell.target.efi().firmware.default());
    let uefi = firmware.contains(&Firmware::Uefi).then(release);
    let git = cell.spec.kernel.git.iter().map(Tree::wanted);
    let mut macs = Vec::new();
    for system in &cell.systems {
        macs.extend(cell.spec.rust.mac_files(*system).into_iter().map(|(_, file)| file));
    }
    crates.into_iter().map(wanted_crate).chain(git).chain(uefi).chain(macs).collect()
}

/// Whether kernels are built on macOS, so that Linux is to tell what becomes of their tools there.
pub fn for_macs(cells: &[CellOf<BareMetal>]) -> bool {
    cells.iter().flat_map(|cell| &cell.systems).any(|system| !system.is_linux())
}

/// What Linux needs to tell that.
pub fn wanted_for_macs(cells: &[CellOf<BareMetal>]) -> Vec<Wanted> {
    let on_linux = cells.iter().flat_map(|cell| &cell.systems).any(|system| system.is_linux());
    if !for_macs(cells) || !on_linux {
        return Vec::new();
    }
    let sdk = Sdk::zig();
    sdk_wanted(&sdk).into_iter().chain(stubs_wanted(&sdk)).collect()
}

/// The programs for the build machine. Cells share them.
#[derive(Debug, Default)]
pub struct Tools {
    /// The names of their cells.
    cells: BTreeSet<String>,
    /// Their nodes, by the compilers that make them.
    nodes: BTreeMap<RustVersion, BTreeSet<String>>,
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

/// Lines of cargo's configuration by which compilers and build scripts have a kernel's variables, whatever stands in the
/// environment of a build.
fn settings(kernel: &Kernel) -> Vec<String> {
    let variable = |(name, value): (&String, &String)| {
        // A string in JSON is one in TOML.
        format!("{name} = {{ value = {}, force = true }}", serde_json::Value::from(value.as_str()))
    };
    let header = (!kernel.env.is_empty()).then(|| "[env]".to_owned());
    header.into_iter().chain(kernel.env.iter().map(variable)).collect()
}

/// Unpacked crates.
fn unpacked(planner: &mut Planner<'_>, crates: BTreeSet<Crate>) -> String {
    let sources: Vec<Wanted> = crates.into_iter().map(wanted_crate).collect();
    let names: Vec<String> = sources.iter().map(Wanted::name).collect();
    let hashes: Vec<String> = sources.iter().filter_map(Wanted::hash).map(|hash| hash.to_hex()).collect();
    let digits = digits_of(names.iter().chain(&hashes).map(String::as_str));
    planner.add(format!("crates-{digits}"), "bare-metal/crates", [("crates", Arg::Sources(names))])
}

/// Packages from git, a node for each repository.
fn from_git(planner: &mut Planner<'_>, kernel: &Kernel) -> Vec<String> {
    let node = |tree: &Tree| {
        let (references, packages) = (tree.references(), tree.packages());
        let hash = tree.sha256.to_hex();
        let words = [tree.url(), tree.commit(), hash.as_str()].into_iter();
        let digits = digits_of(words.chain(references.iter().chain(&packages).map(String::as_str)));
        let args = [
            ("src", Arg::Source(source_name(&tree.package(), tree.commit()))),
            ("url", text(tree.url())),
            ("references", Arg::Texts(references)),
            ("packages", Arg::Texts(packages)),
        ];
        planner.add(format!("{}-{digits}", tree.package()), "bare-metal/git-crates", args)
    };
    kernel.git.iter().map(node).collect()
}

/// The programs of a kernel's workspace for the build machine, each in a cell of its own. They are compiled apart from the
/// kernel, so that no crate of it is compiled for the build machine.
fn host_tools(
    planner: &mut Planner<'_>,
    cell: &CellOf<BareMetal>,
    (rust, crates, git): (&str, &str, &[String]),
    tools: &mut Tools,
) {
    let kernel = &cell.spec.kernel;
    let files = kernel.files.iter().flat_map(|(path, text)| [path.as_str(), text.as_str()]);
    let git_names = git.iter().map(String::as_str);
    let digits = digits_of([rust, crates].into_iter().chain(git_names).chain(files));
    for package in &kernel.host_tools {
        let mut args = BTreeMap::from([
            ("rust", node(rust)),
            ("crates", node(crates)),
            ("src", Arg::Folder(folder(kernel))),
            ("package", text(package)),
        ]);
        if !git.is_empty() {
            args.insert("git", Arg::Nodes(git.to_vec()));
        }
        let tool = format!("host-tool-{package}-{digits}");
        planner.insert(Node { name: tool.clone(), recipe: "bare-metal/host-tool", args });
        tools.nodes.entry(cell.spec.rust).or_default().insert(tool.clone());
        // Packages of two kernels can have one name, and each compiler makes another program.
        let suffix = format!("-{AXIS_RUST}-{}", cell.spec.rust.as_str());
        let renamed = cell.package(&ABOUT, Output::Node(tool)).renamed(|name| {
            let suffix = if name.ends_with(&attribute(&suffix)) { attribute(&suffix) } else { String::new() };
            format!("{}-host-{}-{}{suffix}", ABOUT.key, kernel.name, attribute(package))
        });
        if tools.cells.insert(renamed.name.clone()) {
            planner.cell(renamed);
        }
    }
}

/// The node of a compiler.
fn compiler(planner: &mut Planner<'_>, rust: RustVersion) -> String {
    let (name, version) = (format!("rust-{}", attribute(rust.as_str())), rust.as_str());
    let Some(triple) = mac_triple(planner.system) else { return planner.add(name, rust.recipe(), []) };
    let files = rust.mac_files(planner.system);
    let mut args: BTreeMap<_, _> = files.iter().map(|(arg, file)| (*arg, Arg::Source(file.name()))).collect();
    args.extend([("version", text(version)), ("triple", text(triple))]);
    planner.insert(Node { name: name.clone(), recipe: "bare-metal/rust-macos", args });
    name
}

/// The checks on Linux of programs of the build machine on macOS: whether they compile and link for it. Each compiler has
/// one, for everything that it makes of the matrix's kernels.
pub fn mac_checks(planner: &mut Planner<'_>, tools: &Tools) {
    let Some(target) = DarwinTarget::parse(MAC) else { return };
    for (rust, tools) in &tools.nodes {
        // The standard library needs more than libSystem.
        let cc = darwin::compiler_with_libraries(planner, target, &Sdk::zig(), Flavour::Llvm);
        let Some(cc) = cc else { return };
        let args = vec![
            ("rust", node(&compiler(planner, *rust))),
            ("standard", node(&unpacked(planner, rust.std_crates().into_iter().collect()))),
            ("tools", Arg::Nodes(tools.iter().cloned().collect())),
            ("cc", node(&cc)),
            ("target", text(MAC_RUST)),
        ];
        let name = format!("{}-host-tools-darwin-{}", ABOUT.key, attribute(rust.as_str()));
        planner.check(Check::new(name, "bare-metal/host-tools-darwin", args));
    }
}

/// Everything of one cell; the first program that starts it in QEMU is returned.
pub fn plan(planner: &mut Planner<'_>, cell: &CellOf<BareMetal>, tools: &mut Tools) -> Option<Cell> {
    let (target, spec) = (cell.target, &cell.spec);
    let kernel = &spec.kernel;
    let version = spec.rust.as_str();
    let rust = compiler(planner, spec.rust);
    let crates = unpacked(planner, kernel_crates(spec));
    let git = from_git(planner, kernel);

    let script = kernel.linker_script.of(target).map(String::as_str).unwrap_or_default();
    let file = kernel.target_files.get(target.name()).map(String::as_str).unwrap_or_default();
    let own = [&kernel.package, &kernel.program, &kernel.profile, script, file, rust.as_str(), crates.as_str()];
    let (flags, settings) = (kernel.flags(target), settings(kernel));
    let default_features = (!kernel.default_features).then_some("no default features");
    let files = kernel.files.iter().flat_map(|(path, text)| [path.as_str(), text.as_str()]);
    let c_compiler = kernel.c_compiler.map(CCompiler::as_str);
    let digits = digits_of(
        own.into_iter()
            .chain(git.iter().map(String::as_str))
            .chain(c_compiler)
            .chain(flags.iter().map(String::as_str))
            .chain(settings.iter().map(String::as_str))
            .chain(default_features)
            .chain(kernel.features.iter().map(String::as_str))
            .chain(files),
    );
    let mut args = BTreeMap::from([
        ("rust", node(&rust)),
        ("crates", node(&crates)),
        ("kernel", text(&kernel.name)),
        ("src", Arg::Folder(folder(kernel))),
        ("target", text(target.name())),
        ("rustflags", Arg::Texts(flags)),
        ("package", text(&kernel.package)),
        ("program", text(&kernel.program)),
        ("features", Arg::Texts(kernel.features.clone())),
        ("profile", text(&kernel.profile)),
    ]);
    let c_flags = target.c_flags();
    if kernel.c_compiler == Some(CCompiler::Llvm) {
        let compiler = planner.add("kernel-c-compiler".to_owned(), "bare-metal/c-compiler", []);
        args.extend([("compiler", node(&compiler)), ("cflags", texts(&c_flags))]);
    }
    if !settings.is_empty() {
        args.insert("settings", Arg::Texts(settings));
    }
    if !kernel.default_features {
        args.insert("defaultFeatures", Arg::Flag(false));
    }
    if !script.is_empty() {
        args.insert("linkerScript", text(script));
    }
    if !file.is_empty() {
        args.insert("targetFile", text(file));
    }
    if !git.is_empty() {
        args.insert("git", Arg::Nodes(git.clone()));
    }
    let name = format!("kernel-{}-{digits}-{}", kernel.name, target.name());
    planner.insert(Node { name: name.clone(), recipe: "bare-metal/kernel", args });
    let values = [("kernel", kernel.name.as_str()), ("rust", version)];
    let built = planner.was_built(ABOUT.key, target.name(), &values, &[]);
    let package = Cell { built, ..cell.package(&ABOUT, Output::Node(name.clone())) };
    planner.cell(Cell { shell: shell(cell, &package.name), ..package.clone() });
    host_tools(planner, cell, (&rust, &crates, &git), tools);
    if kernel.tests {
        tests(planner, cell, &package.name, &name);
    }
    let mut first = None;
    if kernel.is_direct(target) {
        let machine = target.emulator().direct;
        first = started(planner, cell, package, "bare-metal/boot-kernel", ("kernel", &name), machine, Vec::new());
    }
    for firmware in kernel.firmware(target) {
        let runner = image(planner, cell, firmware, (&rust, &name), tools);
        first = first.or(runner);
    }
    first
}

/// The programs of a loader. Each compiler makes others.
fn loaders(planner: &mut Planner<'_>, cell: &CellOf<BareMetal>, firmware: Firmware, rust: &str) -> Vec<String> {
    let crates = unpacked(planner, loader_crates(cell.target, &cell.spec));
    match cell.target.loader() {
        Loader::Crate => {
            let loaders = firmware.programs().iter().map(|program| {
                let src = source_name(&format!("crate-{}", program.package), loader::VERSION);
                planner.add(
                    format!("{}-{}-{rust}", program.package, attribute(loader::VERSION)),
                    "bare-metal/loader",
                    [
                        ("rust", node(rust)),
                        ("crates", node(&crates)),
                        ("src", Arg::Source(src)),
                        ("version", text(loader::VERSION)),
                        ("package", text(program.package)),
                        ("target", text(program.target)),
                        ("profile", text(program.profile)),
                    ],
                )
            });
            loaders.collect()
        }
        Loader::Own { target, flags, script } => {
            let args = [
                ("rust", node(rust)),
                ("crates", node(&crates)),
                ("target", text(target)),
                ("rustflags", texts(flags)),
                ("linkerScript", text(script)),
            ];
            vec![planner.add(format!("efi-loader-{target}-{rust}"), "bare-metal/efi-loader", args)]
        }
    }
}

/// The node of the writer of disk images.
fn disk_writer(planner: &mut Planner<'_>, rust: &str) -> String {
    let crates = unpacked(planner, loader::image_crates());
    let writer = [("rust", node(rust)), ("crates", node(&crates))];
    planner.add(format!("disk-image-{rust}"), "bare-metal/disk-image", writer)
}

/// The firmware for an emulator: its node, and QEMU's flag that takes the file.
fn uefi(planner: &mut Planner<'_>, target: &'static BareTarget) -> [(&'static str, Arg); 2] {
    let efi = target.efi();
    let (release, name) = (efi.firmware.default(), efi.firmware.as_str());
    let args = [
        ("src", source(release)),
        ("version", text(release.version())),
        ("package", text(name)),
        ("file", text(efi.file)),
    ];
    let firmware = planner.add(format!("{name}-{}", attribute(release.version())), "bare-metal/firmware", args);
    [("firmware", node(&firmware)), ("firmwareFlag", text(efi.flag))]
}

/// The tools with which other families make disk images that UEFI starts.
pub struct Disks {
    /// The node of the writer.
    pub writer: String,
    /// The nodes of the compiler and of the crates that a loader is built from.
    pub rust: String,
    pub crates: String,
    /// QEMU's flags beside those of the machine.
    pub machine: &'static [&'static str],
    /// Arguments of a check that starts an image.
    pub firmware: [(&'static str, Arg); 2],
}

/// The crates of the loader whose package is in `folder`, and those of the standard library.
fn crates_of_loader(folder: &str) -> BTreeSet<Crate> {
    let rust = RustVersion::V1_85_0;
    rust.std_crates().into_iter().chain(loader::embedded_crates(folder)).collect()
}

/// The sources of what [`disks`] plans.
pub fn disks_wanted(target: &'static BareTarget, folder: &str) -> Vec<Wanted> {
    let crates = crates_of_loader(folder).into_iter().chain(loader::image_crates());
    let crates: BTreeSet<Crate> = crates.collect();
    crates.into_iter().map(wanted_crate).chain([Wanted::Release(target.efi().firmware.default())]).collect()
}

/// Plans the tools for an image whose loader is the package in `folder`, a folder of recipes.
pub fn disks(planner: &mut Planner<'_>, target: &'static BareTarget, folder: &str) -> Disks {
    let rust = compiler(planner, RustVersion::V1_85_0);
    Disks {
        writer: disk_writer(planner, &rust),
        crates: unpacked(planner, crates_of_loader(folder)),
        machine: target.emulator().image,
        firmware: uefi(planner, target),
        rust,
    }
}

/// A disk image that boots the kernel; the program that starts it is returned.
fn image(
    planner: &mut Planner<'_>,
    cell: &CellOf<BareMetal>,
    firmware: Firmware,
    (rust, kernel): (&str, &str),
    tools: &mut Tools,
) -> Option<Cell> {
    let efi = cell.target.efi();
    let loaders = loaders(planner, cell, firmware, rust);
    let writer = disk_writer(planner, rust);
    tools.nodes.entry(cell.spec.rust).or_default().insert(writer.clone());
    let args = [
        ("diskImage", node(&writer)),
        ("kernel", node(kernel)),
        ("loaders", Arg::Nodes(loaders)),
        ("firmware", text(firmware.as_str())),
        ("loaderPlace", text(efi.loader)),
        ("kernelPlace", text(efi.kernel)),
    ];
    let image = planner.add(format!("image-{}-{kernel}", firmware.as_str()), "bare-metal/image", args);
    let mut more = vec![("disk", text(cell.target.emulator().disk))];
    if firmware == Firmware::Uefi {
        more.extend(uefi(planner, cell.target));
    }
    let package = cell.package(&ABOUT, Output::Node(image.clone()));
    let package = package.renamed(|name| format!("{name}-{}", firmware.as_str()));
    planner.cell(package.clone());
    let machine = cell.target.emulator().image;
    started(planner, cell, package, "bare-metal/boot-image", ("image", &image), machine, more)
}

/// What QEMU needs to start a kernel directly: the emulator, its flags, and the status of success.
fn direct(cell: &CellOf<BareMetal>) -> Option<(&'static str, Vec<&'static str>, String)> {
    let status = cell.spec.kernel.boots.as_ref()?.status.of(cell.target)?;
    let emulator = cell.target.emulator();
    Some((emulator.program, [emulator.flags, emulator.direct].concat(), status.to_string()))
}

/// The development shell of a kernel. A kernel for a loader is started from an image, and not by cargo.
fn shell(cell: &CellOf<BareMetal>, name: &str) -> Option<Shell> {
    let (emulator, machine, status) = direct(cell).filter(|_| cell.spec.kernel.is_direct(cell.target))?;
    let texts = [("cell", name), ("emulator", emulator), ("machine", &machine.join(" ")), ("status", &status)];
    Some(Shell {
        name: name.to_owned(),
        recipe: "bare-metal/kernel-shell",
        cxx: false,
        args: texts.into_iter().map(|(arg, value)| (arg, text(value))).collect(),
    })
}

/// The check that runs a kernel's tests.
fn tests(planner: &mut Planner<'_>, cell: &CellOf<BareMetal>, name: &str, kernel: &str) {
    let Some((emulator, machine, status)) = direct(cell) else { return };
    let args = vec![
        ("kernel", node(kernel)),
        ("emulator", text(emulator)),
        ("machine", texts(&machine)),
        ("status", text(&status)),
    ];
    planner.check(Check::new(format!("test-{name}"), "bare-metal/test-kernel", args));
}

/// A kernel or an image, which is a package, started on QEMU's machine: a check, and a program for people, which is returned.
fn started(
    planner: &mut Planner<'_>,
    cell: &CellOf<BareMetal>,
    package: Cell,
    check: &'static str,
    (arg, what): (&'static str, &str),
    machine: &[&str],
    more: Vec<(&'static str, Arg)>,
) -> Option<Cell> {
    let boots = cell.spec.kernel.boots.as_ref()?;
    let status = boots.status.of(cell.target)?;
    let emulator = cell.target.emulator();
    let mut args = vec![(arg, node(what))];
    args.extend(more);
    args.extend([("emulator", text(emulator.program)), ("machine", texts(&[emulator.flags, machine].concat()))]);
    let run = format!("run-{what}");
    planner.insert(Node { name: run.clone(), recipe: "bare-metal/run-qemu", args: args.iter().cloned().collect() });
    args.extend([("serial", Arg::Texts(boots.serial.clone())), ("status", text(&status.to_string()))]);
    planner.check(Check::new(format!("boot-{}", package.name), check, args));
    let runner = Cell { output: Output::Node(run), built: false, ..package };
    planner.cell(runner.clone().renamed(|name| format!("{name}-qemu")));
    Some(runner)
}
