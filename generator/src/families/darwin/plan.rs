//! The nodes of a toolchain for macOS, and those that Valgrind shares with it: the SDK, and the compiler as it is
//! called.

use std::collections::BTreeMap;

use super::sdk::SdkSource;
use super::{
    ABOUT, BINDINGS, BOOTSTRAP_CMDS, CCTOOLS, CxxLibrary, Darwin, DarwinTarget, Flavour, LIBTAPI, LLVM, OBJC2, SQLITE,
    Sdk, Spec, XAR, ZIGLANG,
};
use crate::catalogue::Package;
use crate::family::CellOf;
use crate::lock::{Wanted, sdk_source_name};
use crate::plan::{Arg, Cell, Check, Node, Output, Planner, Shell, attribute, node, source, source_of, text};

/// The packages that an SDK is built from.
pub fn sdk_wanted(sdk: &Sdk) -> Vec<Wanted> {
    let zig = Wanted::Release(ZIGLANG.default());
    match sdk.source {
        SdkSource::Zig => vec![zig],
        SdkSource::File => Vec::new(),
        SdkSource::Apple(release) => vec![Wanted::Release(release)],
        SdkSource::Xnu { release, hash } => vec![zig, Wanted::Unpinned { release, hash }],
    }
}

/// The packages that a compiler is built from beside the SDK.
pub fn flavour_wanted(flavour: Flavour) -> Vec<Wanted> {
    match flavour {
        // The seed's own clang, or nixpkgs'.
        Flavour::Llvm => Vec::new(),
        Flavour::Osxcross => [CCTOOLS, LIBTAPI, XAR].map(|package| Wanted::Release(package.default())).to_vec(),
    }
}

/// The packages that a cell is built from.
pub fn wanted(spec: &Spec) -> Vec<Wanted> {
    let mut wanted = sdk_wanted(&spec.sdk);
    wanted.extend(flavour_wanted(spec.flavour));
    wanted.extend(spec.has_mig().then(mig_wanted));
    wanted.push(Wanted::Release(LLVM.default()));
    wanted.extend(stubs_wanted(&spec.sdk));
    wanted
}

/// The packages that stubs of macOS' libraries are made from.
pub fn stubs_wanted(sdk: &Sdk) -> Vec<Wanted> {
    let packages = [OBJC2, SQLITE].into_iter().chain(BINDINGS);
    packages.filter(|_| has_stubs(sdk)).map(|package| Wanted::Release(package.default())).collect()
}

/// Whether crossloom's own stubs of macOS' libraries join an SDK: those of Apple bring theirs.
fn has_stubs(sdk: &Sdk) -> bool {
    matches!(sdk.source, SdkSource::Zig | SdkSource::Xnu { .. })
}

pub fn plan(planner: &mut Planner<'_>, cells: &[CellOf<Darwin>]) {
    let system = planner.system;
    let mut any_mig = false;
    for cell in cells.iter().filter(|cell| cell.is_built_on(system)) {
        let planned = toolchain(planner, cell);
        match &planned.output {
            Output::Node(toolchain) => {
                if let Some(mig) = mig_package(planner, cell) {
                    if !any_mig {
                        planner.cell(mig.clone().renamed(|_| MIG_NAME.to_owned()));
                    }
                    any_mig = true;
                    planner.cell(mig);
                }
                let checks = checks(planner, cell, toolchain);
                checks.into_iter().for_each(|check| planner.check(check));
            }
            Output::MissingSdk(sdk) => {
                check_names(cell).into_iter().flatten().for_each(|name| planner.missing_check(name, sdk));
            }
        }
        planner.cell(planned);
    }
}

/// A compiler for macOS, and what it is told apart by.
pub struct Compiler {
    /// The SDK: a node, or a source where the user imported it.
    pub sdk: Arg,
    /// The node of the compiler as it is called, `<target>-clang` and its tools.
    pub cc: String,
    /// The suffix of its nodes' names: empty for zig's headers and LLVM's tools.
    pub suffix: String,
    /// The SDK's part of it.
    sdk_suffix: String,
    /// The arguments of its recipe. The toolchain is a second call with more arguments.
    args: BTreeMap<&'static str, Arg>,
}

/// The SDK as an argument, and its part in names; `None` when it is a file that the lock does not know.
fn sdk(planner: &mut Planner<'_>, sdk: &Sdk) -> Option<(Arg, String)> {
    let zig = |planner: &mut Planner<'_>| {
        let zig = ZIGLANG.default();
        let args = [("src", source(zig)), ("version", text(zig.version()))];
        planner.add(format!("sdk-zig-{}", attribute(zig.version())), "darwin/sdk-zig", args)
    };
    Some(match sdk.source {
        SdkSource::Zig => (Arg::Node(zig(planner)), String::new()),
        SdkSource::File => {
            planner.lock.sdks.get(&sdk.name)?;
            (Arg::Source(sdk_source_name(&sdk.name)), format!("-sdk-{}", sdk.name))
        }
        // Named by what they are: the user's name for one is nothing that a node is made of.
        SdkSource::Apple(release) => {
            let name = format!("sdk-apple-{}", attribute(release.version()));
            let args = [("src", source(release)), ("version", text(release.version()))];
            (Arg::Node(planner.add(name.clone(), "darwin/sdk-apple", args)), format!("-{name}"))
        }
        SdkSource::Xnu { release, hash } => {
            let base = zig(planner);
            let name = format!("sdk-xnu-{}", attribute(&release.version));
            let src = source_of(Wanted::Unpinned { release, hash });
            let args = [("src", src), ("version", text(&release.version)), ("base", node(&base))];
            (Arg::Node(planner.add(name.clone(), "darwin/sdk-xnu", args)), format!("-{name}"))
        }
    })
}

/// The compiler of a target with an SDK; `None` when the SDK is missing.
pub fn compiler(
    planner: &mut Planner<'_>,
    target: &'static DarwinTarget,
    chosen: &Sdk,
    flavour: Flavour,
) -> Option<Compiler> {
    let (sdk, sdk_suffix) = sdk(planner, chosen)?;
    let triple = target.triple();
    let mut args = BTreeMap::from([
        ("target", text(triple)),
        ("arch", text(target.arch())),
        ("minimum", text(target.minimum())),
        ("sdk", sdk.clone()),
        ("staticMacho", node(&static_macho(planner))),
        ("version", text(LLVM.default().version())),
        // Said in so many words: nixpkgs has a package of this name, which would be taken otherwise.
        ("cctools", text("")),
    ]);
    let (role, flavour) = match flavour {
        Flavour::Llvm => ("darwin-cc", ""),
        Flavour::Osxcross => {
            args.insert("cctools", node(&cctools(planner, triple)));
            ("osxcross-cc", "-osxcross")
        }
    };
    let cc = format!("{role}-{triple}{sdk_suffix}");
    planner.insert(Node { name: cc.clone(), recipe: "darwin/darwin-cc", args: args.clone() });
    Some(Compiler { sdk, cc, suffix: format!("{sdk_suffix}{flavour}"), sdk_suffix, args })
}

/// Apple's linker and tools, with the libraries that they read SDKs and archives by.
fn cctools(planner: &mut Planner<'_>, triple: &str) -> String {
    let library = |planner: &mut Planner<'_>, name: &str, recipe, package: Package| {
        let release = package.default();
        planner.add(name.to_owned(), recipe, [("src", source(release)), ("version", text(release.version()))])
    };
    let libtapi = library(planner, "libtapi", "darwin/libtapi", LIBTAPI);
    let xar = library(planner, "xar", "darwin/xar", XAR);
    let release = CCTOOLS.default();
    let args = [
        ("src", source(release)),
        ("version", text(release.version())),
        ("target", text(triple)),
        ("libtapi", node(&libtapi)),
        ("xar", node(&xar)),
    ];
    planner.add(format!("cctools-{triple}"), "darwin/cctools", args)
}

/// What packages of MIG are called. The first cell's has no more to its name than this.
const MIG_NAME: &str = "cross-mig";

/// MIG as a package, of a cell that asks for it.
fn mig_package(planner: &mut Planner<'_>, cell: &CellOf<Darwin>) -> Option<Cell> {
    if !cell.spec.has_mig() {
        return None;
    }
    let compiler = compiler(planner, cell.target, &cell.spec.sdk, cell.spec.flavour)?;
    let mig = cross_mig(planner, cell.target, &compiler);
    let rename = |name: &str| format!("{MIG_NAME}{}", name.strip_prefix(ABOUT.key).unwrap_or(name));
    Some(cell.package(&ABOUT, Output::Node(mig)).renamed(rename))
}

/// The package that MIG is built from.
pub fn mig_wanted() -> Wanted {
    Wanted::Release(BOOTSTRAP_CMDS.default())
}

/// Apple's MIG for the build machine, which has the target's compiler read interfaces.
pub fn cross_mig(planner: &mut Planner<'_>, target: &DarwinTarget, compiler: &Compiler) -> String {
    let release = BOOTSTRAP_CMDS.default();
    let triple = target.triple();
    planner.add(
        format!("cross-mig-{triple}{}", compiler.suffix),
        "darwin/bootstrap-cmds",
        [
            ("src", source(release)),
            ("version", text(release.version())),
            ("target", text(triple)),
            ("arch", text(target.arch())),
            ("cc", node(&compiler.cc)),
            ("sdk", compiler.sdk.clone()),
        ],
    )
}

/// The program that turns a linked program into a static one, and looks into Mach-O files. It runs on the build machine.
pub fn static_macho(planner: &mut Planner<'_>) -> String {
    planner.add("static-macho".to_owned(), "darwin/static-macho", [])
}

/// A runtime library out of LLVM's sources: for both processors of one release of macOS, and for every flavour.
fn runtime(
    planner: &mut Planner<'_>,
    compiler: &Compiler,
    target: &DarwinTarget,
    role: &str,
    recipe: &'static str,
    more: &[(&'static str, Arg)],
) -> String {
    let llvm = LLVM.default();
    let name = format!("{role}-{}-darwin{}{}", attribute(llvm.version()), target.darwin(), compiler.sdk_suffix);
    let mut args = BTreeMap::from([
        ("src", source(llvm)),
        ("version", text(llvm.version())),
        ("sdk", compiler.sdk.clone()),
        ("darwin", text(target.darwin())),
        ("minimum", text(target.minimum())),
    ]);
    args.extend(more.iter().cloned());
    planner.insert(Node { name: name.clone(), recipe, args });
    name
}

/// The program that writes stubs. It runs on the build machine.
fn stubs(planner: &mut Planner<'_>) -> String {
    planner.add("stubs".to_owned(), "darwin/stubs", [])
}

/// Stubs of macOS' libraries and frameworks, the same for every target.
fn system_stubs(planner: &mut Planner<'_>, compiler: &Compiler) -> String {
    let version = OBJC2.default().version();
    let bindings = BINDINGS.map(|package| Wanted::Release(package.default()).name()).to_vec();
    let args = [
        ("stubs", node(&stubs(planner))),
        ("sdk", compiler.sdk.clone()),
        ("runtime", source(OBJC2.default())),
        ("sqlite", source(SQLITE.default())),
        ("bindings", Arg::Sources(bindings)),
        ("version", text(version)),
    ];
    planner.add(format!("macos-stubs-{}{}", attribute(version), compiler.sdk_suffix), "darwin/system-stubs", args)
}

/// The compiler with the libraries that every Mac has, for programs in C and Rust; `None` when the SDK is missing.
pub fn compiler_with_libraries(
    planner: &mut Planner<'_>,
    target: &'static DarwinTarget,
    chosen: &Sdk,
    flavour: Flavour,
) -> Option<String> {
    let compiler = compiler(planner, target, chosen, flavour)?;
    if !has_stubs(chosen) {
        return Some(compiler.cc);
    }
    let name = format!("{}-libraries", compiler.cc);
    let mut args = compiler.args.clone();
    args.extend([("name", text(&name)), ("systemStubs", node(&system_stubs(planner, &compiler)))]);
    planner.insert(Node { name: name.clone(), recipe: "darwin/darwin-cc", args });
    Some(name)
}

/// The stub of the C++ library that a release of macOS has.
fn libcxx_stub(planner: &mut Planner<'_>, compiler: &Compiler, target: &DarwinTarget, libcxx: &str) -> String {
    let llvm = LLVM.default();
    let args = [
        ("stubs", node(&stubs(planner))),
        ("libcxx", node(libcxx)),
        ("version", text(llvm.version())),
        ("darwin", text(target.darwin())),
        ("minimum", text(target.minimum())),
    ];
    let name = format!("libcxx-stub-{}-darwin{}{}", attribute(llvm.version()), target.darwin(), compiler.sdk_suffix);
    planner.add(name, "darwin/libcxx-stub", args)
}

/// One cross toolchain: the compiler, its runtime library, and the C++ library.
fn toolchain(planner: &mut Planner<'_>, cell: &CellOf<Darwin>) -> Cell {
    let (target, spec) = (cell.target, &cell.spec);
    let triple = target.triple();
    let cxx = spec.languages.cxx;
    let name = cell.short_name(&Darwin);
    let shell = Shell {
        recipe: "darwin/darwin-shell",
        cxx,
        args: vec![("cell", text(&name)), ("rust", text(target.rust()))],
        name,
    };
    let planned = |output, built| Cell { shell: Some(shell), built, ..cell.package(&ABOUT, output) };
    let Some(compiler) = compiler(planner, target, &spec.sdk, spec.flavour) else {
        return planned(Output::MissingSdk(spec.sdk.name.clone()), false);
    };
    let llvm = LLVM.default();
    let library =
        |planner: &mut Planner<'_>, role: &str, recipe| runtime(planner, &compiler, target, role, recipe, &[]);
    let builtins = library(planner, "compiler-rt", "darwin/darwin-compiler-rt");
    let plain = if cxx { "" } else { "-c" };
    let own = if spec.libcxx == CxxLibrary::Static && cxx { "-static-libcxx" } else { "" };
    let suffix = format!("{triple}{}{plain}{own}", compiler.suffix);
    let toolchain = format!("darwin-toolchain-{suffix}");
    let mut args = compiler.args.clone();
    let mut compiler_rt = vec![builtins];
    if has_stubs(&spec.sdk) {
        args.insert("systemStubs", node(&system_stubs(planner, &compiler)));
    }
    if cxx {
        let libcxx = library(planner, "libcxx", "darwin/darwin-libcxx");
        if has_stubs(&spec.sdk) {
            let stub = libcxx_stub(planner, &compiler, target, &libcxx);
            let more = [("libcxx", node(&libcxx)), ("libcxxStub", node(&stub))];
            compiler_rt.push(runtime(planner, &compiler, target, "runtimes", "darwin/darwin-runtimes", &more));
            args.insert("libcxxStub", node(&stub));
        }
        args.extend([("libcxx", node(&libcxx)), ("cxxDefault", text(spec.libcxx.as_str()))]);
    }
    if spec.has_mig() {
        args.insert("mig", node(&cross_mig(planner, target, &compiler)));
    }
    args.extend([("name", text(&format!("darwin-{suffix}"))), ("compilerRt", Arg::Nodes(compiler_rt))]);
    planner.insert(Node { name: toolchain.clone(), recipe: "darwin/darwin-cc", args });
    let words = [("sdk", spec.sdk.name.as_str()), ("flavour", spec.flavour.as_str())];
    let built = cxx && own.is_empty() && planner.was_built(ABOUT.key, triple, &words, &[llvm, ZIGLANG.default()]);
    planned(Output::Node(toolchain), built)
}

/// Whether a cell's sources can be had by anyone, or are there: a cell that cannot be built has nothing to check.
pub fn is_checked(sdk: &Sdk, flavour: Flavour) -> bool {
    flavour == Flavour::Llvm && matches!(sdk.source, SdkSource::Zig | SdkSource::File)
}

/// The names of the checks of a cell, if it has any: of what is built with it, and of how its tools are called.
fn check_names(cell: &CellOf<Darwin>) -> Option<[String; 2]> {
    is_checked(&cell.spec.sdk, cell.spec.flavour)
        .then(|| ["programs", "tools"].map(|kind| format!("{kind}-{}", cell.name)))
}

/// The checks of a cell, and what they are made of.
fn checks(planner: &mut Planner<'_>, cell: &CellOf<Darwin>, toolchain: &str) -> Vec<Check> {
    let Some([programs, tools]) = check_names(cell) else { return Vec::new() };
    let args = vec![
        ("toolchain", node(toolchain)),
        ("staticMacho", node(&static_macho(planner))),
        ("target", text(cell.target.triple())),
        ("arch", text(cell.target.arch())),
        ("minimum", text(cell.target.minimum())),
        ("cxx", Arg::Flag(cell.spec.languages.cxx)),
    ];
    let mut more = args.clone();
    more.push(("rust", text(cell.target.rust())));
    more.push(("stubs", Arg::Flag(has_stubs(&cell.spec.sdk))));
    vec![Check::new(programs, "darwin/darwin-programs", args), Check::new(tools, "darwin/darwin-tools", more)]
}
