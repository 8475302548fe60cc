//! The nodes of a toolchain for macOS, and those that Valgrind shares with it: the SDK, and the compiler as it is
//! called.

use std::collections::BTreeMap;

use super::graph::{Graph, attribute, node, source, text};
use super::{Arg, Cell, Check, Node, Output, Shell};
use crate::catalogue::Catalogue;
use crate::lock::{Release, sdk_source_name};
use crate::matrix::{DarwinCell, Family, Flavour, Sdk, SdkKind};
use crate::seed::Tier;
use crate::target::{DarwinTarget, System};

/// What an SDK is built from.
pub fn sdk_releases(sdk: &Sdk, catalogue: &Catalogue) -> Vec<Release> {
    let zig = Release::default("ziglang", catalogue);
    match &sdk.kind {
        SdkKind::Zig => vec![zig],
        SdkKind::File => Vec::new(),
        SdkKind::Apple { version } => vec![Release::known("macos-sdk", version)],
        SdkKind::Xnu { version, hash } => {
            let xnu = Release { hash: Some(*hash), ..Release::known("xnu", version) };
            vec![zig, xnu]
        }
    }
}

/// What a compiler is built from beside the SDK.
pub fn flavour_releases(flavour: Flavour, catalogue: &Catalogue) -> Vec<Release> {
    match flavour {
        // The seed's own clang, or nixpkgs'.
        Flavour::Llvm => Vec::new(),
        Flavour::Osxcross => {
            ["cctools-port", "apple-libtapi", "xar"].map(|package| Release::default(package, catalogue)).to_vec()
        }
    }
}

/// What a cell is built from.
pub fn releases(cell: &DarwinCell, catalogue: &Catalogue) -> Vec<Release> {
    let mut releases = sdk_releases(&cell.sdk, catalogue);
    releases.extend(flavour_releases(cell.flavour, catalogue));
    releases.push(Release::default("llvm", catalogue));
    releases
}

/// A compiler for macOS, and what it is told apart by.
pub struct Compiler {
    /// The SDK: a node, or a source where the user imported it.
    pub sdk: Arg,
    /// The node of the compiler as it is called, `<target>-clang` and its tools.
    pub cc: String,
    /// What names of nodes that it builds get: nothing for zig's headers and LLVM's tools.
    pub suffix: String,
    /// What its recipe is called with. The toolchain is a second call with more.
    args: BTreeMap<&'static str, Arg>,
}

/// The SDK as an argument, and its part in names; none when it is a file that the lock does not know.
fn sdk(graph: &mut Graph<'_>, sdk: &Sdk) -> Option<(Arg, String)> {
    let zig = |graph: &mut Graph<'_>| {
        let version = graph.default("ziglang");
        let args = [("src", source("ziglang", version)), ("version", text(version))];
        graph.add(format!("sdk-zig-{}", attribute(version)), "darwin/sdk-zig", args)
    };
    Some(match &sdk.kind {
        SdkKind::Zig => (Arg::Node(zig(graph)), String::new()),
        SdkKind::File => {
            graph.lock.sdks.get(&sdk.name)?;
            (Arg::Source(sdk_source_name(&sdk.name)), format!("-sdk-{}", sdk.name))
        }
        // Named by what they are: the user's name for one is nothing that a node is made of.
        SdkKind::Apple { version } => {
            let name = format!("sdk-apple-{}", attribute(version));
            let args = [("src", source("macos-sdk", version)), ("version", text(version))];
            (Arg::Node(graph.add(name.clone(), "darwin/sdk-apple", args)), format!("-{name}"))
        }
        SdkKind::Xnu { version, .. } => {
            let base = zig(graph);
            let name = format!("sdk-xnu-{}", attribute(version));
            let args = [("src", source("xnu", version)), ("version", text(version)), ("base", node(&base))];
            (Arg::Node(graph.add(name.clone(), "darwin/sdk-xnu", args)), format!("-{name}"))
        }
    })
}

/// The compiler of a target with an SDK; none when the SDK is missing.
pub fn compiler(
    graph: &mut Graph<'_>,
    target: &'static DarwinTarget,
    chosen: &Sdk,
    flavour: Flavour,
) -> Option<Compiler> {
    let (sdk, sdk_suffix) = sdk(graph, chosen)?;
    let triple = target.triple();
    let mut args = BTreeMap::from([
        ("target", text(triple)),
        ("arch", text(target.arch())),
        ("minimum", text(target.minimum())),
        ("sdk", sdk.clone()),
        ("staticMacho", node(&static_macho(graph))),
        ("version", text(graph.default("llvm"))),
        // Said in so many words: nixpkgs has a package of this name, which would be taken otherwise.
        ("cctools", text("")),
    ]);
    let (role, flavour) = match flavour {
        Flavour::Llvm => ("darwin-cc", ""),
        Flavour::Osxcross => {
            args.insert("cctools", node(&cctools(graph, triple)));
            ("osxcross-cc", "-osxcross")
        }
    };
    let cc = format!("{role}-{triple}{sdk_suffix}");
    graph.insert(Node { name: cc.clone(), recipe: "darwin/darwin-cc", args: args.clone() });
    Some(Compiler { sdk, cc, suffix: format!("{sdk_suffix}{flavour}"), args })
}

/// Apple's linker and tools, with the libraries that they read SDKs and archives by.
fn cctools(graph: &mut Graph<'_>, triple: &str) -> String {
    let library = |graph: &mut Graph<'_>, name: &str, recipe, package| {
        let version = graph.default(package);
        graph.add(name.to_owned(), recipe, [("src", source(package, version)), ("version", text(version))])
    };
    let libtapi = library(graph, "libtapi", "darwin/libtapi", "apple-libtapi");
    let xar = library(graph, "xar", "darwin/xar", "xar");
    let version = graph.default("cctools-port");
    let args = [
        ("src", source("cctools-port", version)),
        ("version", text(version)),
        ("target", text(triple)),
        ("libtapi", node(&libtapi)),
        ("xar", node(&xar)),
    ];
    graph.add(format!("cctools-{triple}"), "darwin/cctools", args)
}

/// What turns a linked program into a static one, and looks into Mach-O files. It runs on the build machine.
pub fn static_macho(graph: &mut Graph<'_>) -> String {
    graph.add("static-macho".to_owned(), "darwin/static-macho", [])
}

/// One cross toolchain: the compiler, its runtime library, and the C++ library.
pub fn cell(graph: &mut Graph<'_>, system: System, cell: &DarwinCell) -> Cell {
    let target = cell.target;
    let name = cell.name.strip_prefix("darwin-").unwrap_or(&cell.name).to_owned();
    let shell = Shell {
        recipe: "darwin/darwin-shell",
        cxx: cell.languages.cxx,
        texts: vec![("cell", name.clone()), ("rust", target.rust().to_owned())],
        name,
    };
    let planned = |output, built| Cell {
        name: cell.name.clone(),
        family: Family::Darwin,
        shell: Some(shell),
        output,
        target: target.triple(),
        built: built && system == System::X86_64Linux,
    };
    let Some(compiler) = compiler(graph, target, &cell.sdk, cell.flavour) else {
        return planned(Output::MissingSdk(cell.sdk.name.clone()), false);
    };
    let llvm = graph.default("llvm");
    let triple = target.triple();
    let name = |role: &str| format!("{role}-{}-{triple}{}", attribute(llvm), compiler.suffix);
    let compiler_rt = graph.add(
        name("compiler-rt"),
        "darwin/darwin-compiler-rt",
        [("src", source("llvm", llvm)), ("version", text(llvm)), ("target", text(triple)), ("cc", node(&compiler.cc))],
    );
    let mut libraries = Vec::new();
    if cell.languages.cxx {
        libraries.push(graph.add(
            name("libcxx"),
            "darwin/darwin-libcxx",
            [
                ("src", source("llvm", llvm)),
                ("version", text(llvm)),
                ("target", text(triple)),
                ("cc", node(&compiler.cc)),
            ],
        ));
    }
    let plain = if cell.languages.cxx { "" } else { "-c" };
    let suffix = format!("{triple}{}{plain}", compiler.suffix);
    let toolchain = format!("darwin-toolchain-{suffix}");
    let mut args = compiler.args;
    args.extend([
        ("name", text(&format!("darwin-{suffix}"))),
        ("compilerRt", node(&compiler_rt)),
        ("libraries", Arg::Nodes(libraries)),
    ]);
    graph.insert(Node { name: toolchain.clone(), recipe: "darwin/darwin-cc", args });
    let words = [("sdk", cell.sdk.name.as_str()), ("flavour", cell.flavour.as_str())];
    let releases = [("llvm", llvm), ("ziglang", graph.default("ziglang"))];
    let built = cell.languages.cxx && graph.was_built(Family::Darwin, triple, &words, &releases);
    planned(Output::Node(toolchain), built)
}

/// Whether a cell's sources can be had by anyone, or are there: what cannot be built is nothing to check.
pub fn is_checked(sdk: &Sdk, flavour: Flavour) -> bool {
    flavour == Flavour::Llvm && matches!(sdk.kind, SdkKind::Zig | SdkKind::File)
}

/// What the check of a cell is called, if it has one.
pub fn check_name(cell: &DarwinCell) -> Option<String> {
    is_checked(&cell.sdk, cell.flavour).then(|| format!("programs-{}", cell.name))
}

/// Programs built with a cell, and what they are made of.
pub fn check(graph: &mut Graph<'_>, cell: &DarwinCell, planned: &Cell) -> Option<Check> {
    let toolchain = node(planned.node()?);
    let name = check_name(cell)?;
    // All of it is there already: this only says what it is called.
    let sdk = sdk(graph, &cell.sdk)?.0;
    Some(Check {
        name,
        file: "darwin/darwin-programs",
        args: vec![
            ("toolchain", toolchain),
            ("sdk", sdk),
            ("staticMacho", node(&static_macho(graph))),
            ("target", text(cell.target.triple())),
            ("arch", text(cell.target.arch())),
            ("minimum", text(cell.target.minimum())),
            ("cxx", Arg::Flag(cell.languages.cxx)),
        ],
        tiers: vec![Tier::Llvm, Tier::Python, Tier::Buildsystems],
    })
}
