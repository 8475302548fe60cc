//! The nodes of a GCC with musl.

use std::collections::BTreeMap;

use super::archive::{self, archive};
use super::fixes::{MUSL_DEBIAN, fixes};
use super::gdb::{self, gdb};
use super::targets::{LIBGFORTRAN, LIBGOMP, LIBITM, LIBQUADMATH};
use super::{ABOUT, BINUTILS, Flags, GCC, GMP, Languages, MIMALLOC, MPC, MPFR, Malloc, MuslGcc, MuslTarget, Spec};
use crate::catalogue::{Package, Release};
use crate::family::CellOf;
use crate::lock::Wanted;
use crate::plan::{
    Arg, Cell, Check, Node, Output, Planner, SEVERAL, Shell, Tools, attribute, digits, node, node_name, source, text,
};
use crate::platform::System;
use crate::service::Limits;

/// A library that GCC's host programs are linked with, always at the catalogue's default version.
pub struct HostLibrary {
    pub package: Package,
    pub recipe: &'static str,
    /// The others that it needs itself.
    pub needs: &'static [&'static str],
}

pub const HOST_LIBRARIES: [HostLibrary; 3] = [
    HostLibrary { package: GMP, recipe: "musl-gcc/gmp", needs: &[] },
    HostLibrary { package: MPFR, recipe: "musl-gcc/mpfr", needs: &["gmp"] },
    HostLibrary { package: MPC, recipe: "musl-gcc/mpc", needs: &["gmp", "mpfr"] },
];

/// The packages that cells are built from.
pub fn wanted(cells: &[CellOf<MuslGcc>]) -> Vec<Wanted> {
    let own = cells.iter().flat_map(|cell| releases(&cell.spec)).map(Wanted::Release);
    let host = HOST_LIBRARIES.iter().map(|library| library.package);
    let beside = cells.iter().flat_map(|cell| [gdb::packages(&cell.spec), archive::packages(&cell.spec)]).flatten();
    let others = host.chain(beside);
    own.chain(others.map(|package| Wanted::Release(package.default()))).collect()
}

/// The packages that [`default_compiler`] is built from.
pub fn compiler_wanted() -> Vec<Wanted> {
    let packages = [GCC, BINUTILS].into_iter().chain(HOST_LIBRARIES.iter().map(|library| library.package));
    packages.map(|package| Wanted::Release(package.default())).collect()
}

/// The packages that a toolchain is built from, its host programs' libraries among them.
pub fn made_of(spec: &Spec) -> Vec<Wanted> {
    let own = releases(spec);
    let beside = HOST_LIBRARIES.iter().map(|library| library.package).chain(archive::packages(spec));
    // The allocator is there already if the target's programs have it, too.
    let beside: Vec<_> = beside.map(|package| package.default()).filter(|release| !own.contains(release)).collect();
    own.into_iter().chain(beside).map(Wanted::Release).collect()
}

fn releases(spec: &Spec) -> Vec<&'static Release> {
    let own = [spec.gcc, spec.musl, spec.binutils, spec.linux_headers];
    let malloc = (spec.malloc == Malloc::Mimalloc).then(|| MIMALLOC.default());
    own.into_iter().chain(fixes_of(spec).map(|_| MUSL_DEBIAN.default())).chain(malloc).collect()
}

/// The patches to apply to a cell's musl, and those to leave out; none where it is built as it is.
fn fixes_of(spec: &Spec) -> Option<[Vec<String>; 2]> {
    if spec.unpatched_musl { None } else { fixes(spec.musl) }
}

/// The source of a cell's musl: with its fixes it is a node.
fn musl_source(planner: &mut Planner<'_>, spec: &Spec) -> Arg {
    let release = spec.musl;
    let Some([applied, left]) = fixes_of(spec) else { return source(release) };
    let debian = MUSL_DEBIAN.default();
    let name = format!("musl-source-{}-debian-{}", attribute(release.version()), attribute(debian.version()));
    node(&planner.add(
        name,
        "musl-gcc/musl-source",
        [
            ("src", source(release)),
            ("name", text(&Wanted::Release(release).name())),
            ("debian", source(debian)),
            ("fixes", Arg::Texts(applied)),
            ("others", Arg::Texts(left)),
        ],
    ))
}

pub fn plan(planner: &mut Planner<'_>, cells: &[CellOf<MuslGcc>]) {
    let system = planner.system;
    let mut prefixes: Vec<(String, Vec<Member<'_>>)> = Vec::new();
    for cell in cells.iter().filter(|cell| cell.is_built_on(system)) {
        let toolchain = toolchain(planner, cell.target, &cell.spec);
        planner.check(programs(system, cell, &toolchain));
        planner.check(torture(system, cell, &toolchain));
        if cell.spec.malloc == Malloc::Mimalloc {
            let mut args = run_with(system, cell, &toolchain);
            args.push(("version", text(MIMALLOC.default().version())));
            planner.check(Check::new(format!("malloc-{}", cell.name), "musl-gcc/malloc", args));
        }
        if cell.spec.languages.fortran {
            planner.check(fortran(system, cell, &toolchain));
        }
        let debugger = gdb(planner, cell, &toolchain);
        let built = was_built(planner, cell);
        let output = match &cell.spec.tool_prefix {
            None => toolchain.clone(),
            Some(prefix) => side_by_side(planner, format!("{toolchain}-as-{prefix}"), &[(cell, toolchain.clone())]),
        };
        let tools = vec![tools(cell, cell.spec.tool_prefix.is_some())];
        let package = cell.package(&ABOUT, Output::Node(output));
        let archive = archive(planner, cell, &toolchain);
        let shell = shell(system, cell, debugger.as_deref());
        planner.cell(Cell { shell: Some(shell), built, tools, archive: archive.clone(), ..package });
        let beside = |node: &str, end: &str| {
            cell.package(&ABOUT, Output::Node(node.to_owned())).renamed(|name| format!("{name}{end}"))
        };
        if let Some(node) = archive {
            planner.cell(Cell { archive: Some(node.clone()), ..beside(&node, TARBALL) });
        }
        if let Some(node) = debugger {
            planner.cell(beside(&node, DEBUGGER));
        }
        if cell.spec.prefix {
            let name = in_prefix(cell, &cell.name);
            match prefixes.iter_mut().find(|(known, _)| *known == name) {
                Some((_, members)) => members.push((cell, toolchain)),
                None => prefixes.push((name, vec![(cell, toolchain)])),
            }
        }
    }
    for (name, members) in prefixes {
        prefix(planner, name, &members);
    }
    let mut versions: Vec<_> = cells.iter().map(|cell| cell.spec.musl).collect();
    versions.sort_by_key(|release| release.version());
    versions.dedup();
    for release in versions {
        planner.check(seed_check(release));
    }
}

/// What the name of the archive of a cell ends in.
const TARBALL: &str = "-tarball";

/// What the name of the debugger of a cell ends in.
const DEBUGGER: &str = "-gdb";

/// A cell and the node of its toolchain.
type Member<'a> = (&'a CellOf<MuslGcc>, String);

/// The name of the package that all targets of a cell's versions are in.
fn in_prefix(cell: &CellOf<MuslGcc>, name: &str) -> String {
    let own = format!("{}-{}", ABOUT.key, cell.target.triple());
    format!("{}-prefix{}", ABOUT.key, name.strip_prefix(&own).unwrap_or_default())
}

/// The package with all targets of some versions.
fn prefix(planner: &mut Planner<'_>, name: String, members: &[Member<'_>]) {
    let Some((first, _)) = members.first() else { return };
    let parts = members
        .iter()
        .flat_map(|(cell, toolchain)| [toolchain.as_str(), cell.spec.tool_prefix.as_deref().unwrap_or("")]);
    // What it consists of tells it from others: a name with every target would be too long.
    let digits = digits(&parts.collect::<Vec<_>>().join("\0"));
    let node = side_by_side(planner, format!("prefix-{}-{digits}", attribute(first.spec.gcc.version())), members);
    planner.cell(Cell {
        name,
        full_name: in_prefix(first, &first.full_name),
        target: SEVERAL,
        tools: members.iter().map(|(cell, _)| tools(cell, true)).collect(),
        ..first.package(&ABOUT, Output::Node(node))
    });
}

/// The node of toolchains in one prefix, each with the second names of its programs.
pub fn side_by_side(planner: &mut Planner<'_>, name: String, members: &[Member<'_>]) -> String {
    let toolchains = members.iter().map(|(_, toolchain)| toolchain.clone()).collect();
    let targets = members.iter().map(|(cell, _)| cell.target.triple().to_owned()).collect();
    let prefixes = members.iter().map(|(cell, _)| tool_prefix(cell).to_owned()).collect();
    let args = [
        ("name", text(&format!("{}-{name}", ABOUT.key))),
        ("toolchains", Arg::Nodes(toolchains)),
        ("targets", Arg::Texts(targets)),
        ("toolPrefixes", Arg::Texts(prefixes)),
    ];
    planner.add(name, "musl-gcc/prefix", args)
}

/// The prefix of the names that a cell's programs are asked for by.
pub fn tool_prefix(cell: &CellOf<MuslGcc>) -> &str {
    cell.spec.tool_prefix.as_deref().unwrap_or(cell.target.triple())
}

/// Programs of GCC and binutils, by the names that build scripts know them by.
const PROGRAMS: [(&str, &str); 14] = [
    ("cc", "gcc"),
    ("cxx", "g++"),
    ("cpp", "cpp"),
    ("fc", "gfortran"),
    ("ar", "ar"),
    ("as", "as"),
    ("ld", "ld"),
    ("nm", "nm"),
    ("objcopy", "objcopy"),
    ("objdump", "objdump"),
    ("ranlib", "ranlib"),
    ("readelf", "readelf"),
    ("strip", "strip"),
    ("pkg-config", "pkg-config"),
];

/// How to build for a cell's target. Only the packages that the recipe `prefix` makes have a pkg-config.
fn tools(cell: &CellOf<MuslGcc>, pkg_config: bool) -> Tools {
    let (target, prefix) = (cell.target.triple(), tool_prefix(cell));
    let there = |name: &str| match name {
        "g++" => cell.spec.languages.cxx,
        "gfortran" => cell.spec.languages.fortran,
        "pkg-config" => pkg_config,
        _ => true,
    };
    let programs = PROGRAMS.into_iter().filter(|(_, name)| there(name));
    let places = [
        ("prefix", String::new()),
        ("exec-prefix", target.to_owned()),
        ("sysroot", target.to_owned()),
        ("bindir", "bin".to_owned()),
        ("libdir", format!("{target}/lib")),
        ("includedir", format!("{target}/include")),
        ("datarootdir", "share".to_owned()),
    ];
    Tools {
        target,
        prefix: prefix.to_owned(),
        programs: programs.map(|(key, name)| (key, format!("{prefix}-{name}"))).collect(),
        places: places.to_vec(),
    }
}

/// What every check has that builds programs with a toolchain and runs them.
pub fn run_with(system: System, cell: &CellOf<MuslGcc>, toolchain: &str) -> Vec<(&'static str, Arg)> {
    let emulator = if cell.target.runs_on(system) { "" } else { cell.target.qemu_user().unwrap_or_default() };
    let mut args =
        vec![("toolchain", node(toolchain)), ("target", text(cell.target.triple())), ("emulator", text(emulator))];
    args.extend(without_emulator(emulator).map(|arg| (arg, text(""))));
    args
}

/// Programs built with a toolchain, and run.
fn programs(system: System, cell: &CellOf<MuslGcc>, toolchain: &str) -> Check {
    let mut args = run_with(system, cell, toolchain);
    args.extend([
        ("cxx", Arg::Flag(cell.spec.languages.cxx)),
        ("libraries", libraries(cell)),
        ("fixed", Arg::Flag(fixes_of(&cell.spec).is_some())),
        ("pie", Arg::Flag(is_pie_default(&cell.spec.flags))),
    ]);
    Check::new(format!("programs-{}", cell.name), "musl-gcc/programs", args)
}

/// Whether compilers make position-independent programs unless they are told otherwise: the last flag counts.
fn is_pie_default(flags: &Flags) -> bool {
    let last = flags.gcc.iter().rfind(|flag| flag.contains("able-default-pie"));
    last.is_some_and(|flag| flag.starts_with("--enable") && !flag.ends_with("=no"))
}

/// GCC's libraries for programs of a cell.
fn libraries(cell: &CellOf<MuslGcc>) -> Arg {
    Arg::Texts(cell.target.libraries(cell.spec.languages).into_iter().map(str::to_owned).collect())
}

/// Programs in Fortran built with a toolchain, and run.
fn fortran(system: System, cell: &CellOf<MuslGcc>, toolchain: &str) -> Check {
    let mut args = run_with(system, cell, toolchain);
    args.push(("libraries", libraries(cell)));
    Check::new(format!("fortran-{}", cell.name), "musl-gcc/fortran", args)
}

/// GCC's own test programs, compiled with a toolchain and run.
fn torture(system: System, cell: &CellOf<MuslGcc>, toolchain: &str) -> Check {
    let mut args = run_with(system, cell, toolchain);
    args.extend([("src", source(cell.spec.gcc)), ("cxx", Arg::Flag(cell.spec.languages.cxx))]);
    // Thousands of programs, each compiled and run; an emulator takes a second or more for each.
    let limits = Limits { priority: 50, timeout: 14_400, silent: 7200 };
    Check { limits, ..Check::new(format!("torture-{}", cell.name), "musl-gcc/torture", args) }
}

/// The argument that a recipe takes from the scope for its emulator, where it uses none: given, nothing is fetched for it.
/// `emulator` is the suffix of a QEMU user-mode emulator, and empty where the build machine itself runs programs, or where
/// QEMU has none.
pub fn without_emulator(emulator: &str) -> Option<&'static str> {
    emulator.is_empty().then_some("qemu-user")
}

/// musl at this version built with the seed's own compiler, and a program with that.
fn seed_check(musl: &'static Release) -> Check {
    let args = vec![("src", source(musl)), ("version", text(musl.version()))];
    let name = format!("seed-musl-{}", attribute(musl.version()));
    // Only the seed's compiler takes part: when this fails, everything else will.
    let limits = Limits { priority: 150, timeout: 1800, silent: 900 };
    Check { limits, ..Check::new(name, "musl-gcc/seed-musl", args) }
}

fn was_built(planner: &Planner<'_>, cell: &CellOf<MuslGcc>) -> bool {
    let own = cell.spec.malloc == Malloc::Musl;
    let plain = own && cell.spec.languages == Languages::default() && cell.spec.flags == Flags::default();
    plain && planner.was_built(ABOUT.key, cell.target.triple(), &[], &releases(&cell.spec))
}

/// One of the libraries; `name` says what the node of one is called.
pub fn host_library(library: &HostLibrary, name: impl Fn(&str) -> String) -> Node {
    let release = library.package.default();
    let mut args = BTreeMap::from([("src", source(release)), ("version", text(release.version()))]);
    args.extend(library.needs.iter().map(|need| (*need, node(&name(need)))));
    Node { name: name(library.package.as_str()), recipe: library.recipe, args }
}

/// The differences between the compilers of one target.
pub struct Compiler<'a> {
    pub target: &'static MuslTarget,
    pub gcc: &'static Release,
    pub binutils: &'static Release,
    pub languages: Languages,
    pub flags: &'a Flags,
}

/// The recipe of binutils.
pub const BINUTILS_RECIPE: &str = "musl-gcc/binutils";
/// The recipe of GCC's host programs.
pub const GCC_RECIPE: &str = "musl-gcc/gcc";

impl Compiler<'_> {
    /// The arguments of the recipe of binutils.
    pub fn binutils_args(&self) -> BTreeMap<&'static str, Arg> {
        BTreeMap::from([
            ("src", source(self.binutils)),
            ("version", text(self.binutils.version())),
            ("target", text(self.target.triple())),
            ("flags", Arg::Texts(self.flags.binutils.clone())),
        ])
    }

    /// What GCC's configure script is told: what the target needs, and what the matrix says.
    fn gcc_flags(&self) -> Vec<String> {
        let own = self.target.gcc_flags().iter().map(|flag| (*flag).to_owned());
        own.chain(self.flags.gcc.iter().cloned()).collect()
    }

    /// The arguments of the recipe of GCC's host programs; `library` says what the node of a library is called.
    pub fn gcc_args(&self, binutils: &str, library: impl Fn(&str) -> String) -> BTreeMap<&'static str, Arg> {
        let mut args = BTreeMap::from([
            ("src", source(self.gcc)),
            // GCC's own version: it is in the names of its folders, where other recipes look.
            ("version", text(self.gcc.upstream())),
            ("target", text(self.target.triple())),
            ("languages", text(&gcc_languages(self.languages))),
            ("flags", Arg::Texts(self.gcc_flags())),
            ("binutils", node(binutils)),
        ]);
        let libraries = HOST_LIBRARIES.iter().map(|library| library.package.as_str());
        args.extend(libraries.map(|name| (name, node(&library(name)))));
        if !self.target.knows_static_pie() {
            args.insert("addStaticPie", Arg::Flag(true));
        }
        args
    }
}

/// The part of a name that stands for languages: empty if they are the default.
pub fn languages_part(languages: Languages) -> Vec<String> {
    let words = [("c", !languages.cxx), ("fortran", languages.fortran)];
    words.into_iter().filter(|(_, named)| *named).map(|(word, _)| word.to_owned()).collect()
}

/// The value of GCC's `--enable-languages=`.
fn gcc_languages(languages: Languages) -> String {
    let words = [("c", true), ("c++", languages.cxx), ("fortran", languages.fortran)];
    words.into_iter().filter(|(_, wanted)| *wanted).map(|(word, _)| word).collect::<Vec<_>>().join(",")
}

/// The nodes of binutils and of GCC's host programs.
pub fn compiler(planner: &mut Planner<'_>, wanted: &Compiler<'_>) -> [String; 2] {
    let Compiler { target, flags, .. } = wanted;
    let triple = target.triple();
    let plain = languages_part(wanted.languages);
    let binutils = node_name("binutils", wanted.binutils, triple, &[], &[&flags.binutils]);
    let gcc = node_name("gcc", wanted.gcc, triple, &[wanted.binutils], &[&plain, &flags.binutils, &flags.gcc]);
    for library in &HOST_LIBRARIES {
        planner.insert(host_library(library, str::to_owned));
    }
    planner.insert(Node { name: binutils.clone(), recipe: BINUTILS_RECIPE, args: wanted.binutils_args() });
    let args = wanted.gcc_args(&binutils, str::to_owned);
    planner.insert(Node { name: gcc.clone(), recipe: GCC_RECIPE, args });
    [binutils, gcc]
}

/// The nodes of binutils and GCC at the catalogue's versions, for who needs a compiler and no library: the nodes that a
/// matrix's plain toolchain has, too.
pub fn default_compiler(planner: &mut Planner<'_>, target: &'static MuslTarget) -> [String; 2] {
    let flags = Flags::default();
    let (gcc, binutils) = (GCC.default(), BINUTILS.default());
    compiler(planner, &Compiler { target, gcc, binutils, languages: Languages::default(), flags: &flags })
}

/// The node of the toolchain at the catalogue's versions, which is also that of a matrix's plain cell.
pub fn default_toolchain(planner: &mut Planner<'_>, target: &'static MuslTarget) -> String {
    toolchain(planner, target, &Spec::plain())
}

/// The packages that [`default_toolchain`] is built from.
pub fn toolchain_wanted() -> Vec<Wanted> {
    let own = releases(&Spec::plain()).into_iter().map(Wanted::Release);
    own.chain(compiler_wanted()).collect()
}

/// One cross toolchain: one node for GCC's host programs, and one for each of the target's libraries.
pub fn toolchain(planner: &mut Planner<'_>, target: &'static MuslTarget, spec: &Spec) -> String {
    let triple = target.triple();
    let Spec { gcc: gcc_release, musl: musl_release, binutils: binutils_release, linux_headers, .. } = *spec;
    let flags = &spec.flags;
    let plain = languages_part(spec.languages);
    let plain = plain.as_slice();
    let compiler_flags = [plain, &flags.binutils, &flags.gcc];
    let libgcc_name = node_name("libgcc", gcc_release, triple, &[binutils_release, musl_release], &compiler_flags);
    // No flag is spelled so: all begin with a hyphen.
    let unpatched = spec.unpatched_musl.then(|| "unpatched-musl".to_owned());
    let musl_flags: Vec<_> = flags.musl.iter().cloned().chain(unpatched).collect();
    let all_flags = [plain, &flags.binutils, &flags.gcc, &musl_flags];
    let musl_name = node_name("musl", musl_release, triple, &[binutils_release, gcc_release], &all_flags);
    let cxx_flags = [plain, &flags.binutils, &flags.gcc, &musl_flags, &flags.libstdcxx];
    let libstdcxx_name = node_name("libstdcxx", gcc_release, triple, &[binutils_release, musl_release], &cxx_flags);
    let others = [binutils_release, musl_release, linux_headers];
    let mimalloc = (spec.malloc == Malloc::Mimalloc).then(|| MIMALLOC.default());
    let malloc_flags: Vec<_> = mimalloc.map(|release| format!("mimalloc-{}", release.version())).into_iter().collect();
    let toolchain_flags: Vec<&[String]> =
        cxx_flags.iter().copied().chain(mimalloc.map(|_| malloc_flags.as_slice())).collect();
    let toolchain_name = node_name("toolchain", gcc_release, triple, &others, &toolchain_flags);
    let role = format!("toolchain-{}-", attribute(gcc_release.version()));
    let toolchain_suffix = toolchain_name.strip_prefix(&role).unwrap_or(triple).to_owned();

    let arch = target.linux_arch();
    let linux_headers = planner.add(
        format!("linux-headers-{}-{arch}", attribute(linux_headers.version())),
        "musl-gcc/linux-headers",
        [("src", source(linux_headers)), ("version", text(linux_headers.version())), ("arch", text(arch))],
    );
    let arch = target.musl_arch();
    let musl_headers = planner.add(
        format!("musl-headers-{}-{arch}", attribute(musl_release.version())),
        "musl-gcc/musl-headers",
        [("src", source(musl_release)), ("version", text(musl_release.version())), ("arch", text(arch))],
    );
    let wanted = Compiler { target, gcc: gcc_release, binutils: binutils_release, languages: spec.languages, flags };
    let [binutils, gcc] = compiler(planner, &wanted);
    let libgcc = planner.add(
        libgcc_name,
        "musl-gcc/libgcc",
        [
            ("src", source(gcc_release)),
            ("version", text(gcc_release.upstream())),
            ("target", text(triple)),
            ("flags", Arg::Texts(wanted.gcc_flags())),
            ("binutils", node(&binutils)),
            ("gcc", node(&gcc)),
            ("muslHeaders", node(&musl_headers)),
        ],
    );
    let musl_source = musl_source(planner, spec);
    let musl = planner.add(
        musl_name,
        "musl-gcc/musl",
        [
            ("src", musl_source),
            ("version", text(musl_release.version())),
            ("target", text(triple)),
            ("flags", Arg::Texts(flags.musl.clone())),
            ("binutils", node(&binutils)),
            ("gcc", node(&gcc)),
            ("libgcc", node(&libgcc)),
        ],
    );
    let mut libraries = Vec::new();
    if spec.languages.cxx {
        libraries.push(planner.add(
            libstdcxx_name.clone(),
            "musl-gcc/libstdcxx",
            [
                ("src", source(gcc_release)),
                ("version", text(gcc_release.upstream())),
                ("target", text(triple)),
                ("flags", Arg::Texts(flags.libstdcxx.clone())),
                ("binutils", node(&binutils)),
                ("gcc", node(&gcc)),
                ("libgcc", node(&libgcc)),
                ("musl", node(&musl)),
            ],
        ));
    }
    let name_of = |library: &str, flags: &[&[String]]| {
        node_name(library, gcc_release, triple, &[binutils_release, musl_release], flags)
    };
    let of_gcc = target.libraries(spec.languages);
    for &library in &of_gcc {
        let mut args = vec![
            ("src", source(gcc_release)),
            ("version", text(gcc_release.upstream())),
            ("target", text(triple)),
            ("library", text(library)),
            ("binutils", node(&binutils)),
            ("gcc", node(&gcc)),
            ("libgcc", node(&libgcc)),
            ("musl", node(&musl)),
        ];
        // The flags of libstdc++ are part of a library's name only if it is built with it.
        let own_flags = if library == LIBITM { cxx_flags.as_slice() } else { all_flags.as_slice() };
        let name = name_of(library, own_flags);
        if library == LIBITM {
            args.push(("libstdcxx", node(&libstdcxx_name)));
        }
        // Passed also where there is none: a package set may have a package of that name.
        let fortran = spec.languages.fortran && [LIBGFORTRAN, LIBGOMP].contains(&library);
        args.push(("fortran", Arg::Flag(fortran)));
        let quadmath = library == LIBGFORTRAN && of_gcc.contains(&LIBQUADMATH);
        let quadmath = if quadmath { node(&name_of(LIBQUADMATH, &all_flags)) } else { text("") };
        args.push(("libquadmath", quadmath));
        planner.insert(Node { name: name.clone(), recipe: "musl-gcc/gcc-library", args: args.into_iter().collect() });
        libraries.push(name);
    }
    if let Some(release) = mimalloc {
        let name = node_name("mimalloc", release, triple, &[gcc_release, binutils_release, musl_release], &all_flags);
        let args = [
            ("src", source(release)),
            ("version", text(release.version())),
            ("gccVersion", text(gcc_release.upstream())),
            ("target", text(triple)),
            ("binutils", node(&binutils)),
            ("gcc", node(&gcc)),
            ("libgcc", node(&libgcc)),
            ("musl", node(&musl)),
        ];
        libraries.push(planner.add(name, "musl-gcc/mimalloc", args));
    }
    planner.add(
        toolchain_name,
        "musl-gcc/toolchain",
        [
            // Named as the node, not as the cell: a cell is named by its place in the matrix, and another order of an axis
            // must not rebuild anything.
            ("name", text(&format!("musl-gcc-{toolchain_suffix}"))),
            ("version", text(gcc_release.upstream())),
            ("target", text(triple)),
            ("binutils", node(&binutils)),
            ("gcc", node(&gcc)),
            ("libgcc", node(&libgcc)),
            ("linuxHeaders", node(&linux_headers)),
            ("musl", node(&musl)),
            ("libraries", Arg::Nodes(libraries)),
        ],
    )
}

fn shell(system: System, cell: &CellOf<MuslGcc>, debugger: Option<&str>) -> Shell {
    let target = cell.target;
    let name = cell.short_name(&MuslGcc);
    // Here the build machine's own kernel is not enough: it finds no musl to load programs with.
    let emulator = if system.is_linux() { target.qemu_user().unwrap_or_default() } else { "" };
    let mut texts = vec![
        ("cell", name.as_str()),
        ("cpu", target.cpu()),
        ("uname", target.uname()),
        ("family", target.meson_family()),
        ("endian", target.endian().as_str()),
        ("rust", target.rust().unwrap_or_default()),
        ("emulator", emulator),
    ];
    texts.extend(without_emulator(emulator).map(|arg| (arg, "")));
    let mut args: Vec<_> = texts.into_iter().map(|(arg, value)| (arg, text(value))).collect();
    args.push(("fortran", Arg::Flag(cell.spec.languages.fortran)));
    args.extend(debugger.map(|name| ("debugger", node(name))));
    Shell { recipe: "musl-gcc/shell", cxx: cell.spec.languages.cxx, args, name }
}
