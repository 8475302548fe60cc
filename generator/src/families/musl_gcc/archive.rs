//! Toolchains for machines without Nix: GCC and binutils are built once more as static programs. A musl toolchain of our own
//! compiles them, so nothing of the seed is in them, and everything for the target is what the cell has.

use super::plan::{
    BINUTILS_RECIPE, Compiler, GCC_RECIPE, HOST_LIBRARIES, compiler, host_library, languages_part, made_of,
    side_by_side, tool_prefix, toolchain, without_emulator,
};
use super::{ABOUT, MIMALLOC, Malloc, MuslGcc, MuslTarget, Spec};
use crate::catalogue::{Package, Release};
use crate::family::CellOf;
use crate::lock::Wanted;
use crate::plan::{Arg, Check, Node, Planner, attribute, node, node_name, text};
use crate::platform::System;

/// The packages that an archive is built from, beside those of its toolchain.
pub fn packages(spec: &Spec) -> Vec<Package> {
    if spec.archive { vec![MIMALLOC] } else { Vec::new() }
}

/// The node of the archive of a cell's toolchain, and its check; none if the matrix asks for none, or where programs are for
/// macOS, which has no static ones.
pub fn archive(planner: &mut Planner<'_>, cell: &CellOf<MuslGcc>, shared: &str) -> Option<String> {
    let system = planner.system;
    let spec = &cell.spec;
    let host = MuslTarget::all().iter().find(|target| target.runs_on(system)).filter(|_| spec.archive)?;
    let toolchain = static_toolchain(planner, host, cell, shared);
    let prefix = tool_prefix(cell);
    let renamed = if prefix == cell.target.triple() { String::new() } else { format!("-as-{prefix}") };
    let in_prefix = format!("{toolchain}-in-prefix{renamed}");
    let in_prefix = side_by_side(planner, in_prefix, &[(cell, toolchain.clone())]);
    let target = cell.target;
    let sources: Vec<_> = made_of(spec).iter().map(Wanted::name).collect();
    let patches: Vec<_> = sources.iter().flat_map(|source| planner.patches(source)).collect();
    // `package/file`, without the folder of all.
    let patch_names = patches.iter().filter_map(|place| Some(place.split_once('/')?.1.to_owned())).collect();
    let archive = planner.add(
        format!("archive-{}{renamed}", suffix(shared)),
        "musl-gcc/archive",
        [
            ("toolchain", node(&in_prefix)),
            ("name", text(&folder(spec.gcc, shared))),
            ("version", text(spec.gcc.upstream())),
            ("target", text(target.triple())),
            ("toolPrefix", text(prefix)),
            ("cxx", Arg::Flag(spec.languages.cxx)),
            ("fortran", Arg::Flag(spec.languages.fortran)),
            ("cpu", text(target.cpu())),
            ("uname", text(target.uname())),
            ("family", text(target.meson_family())),
            ("endian", text(target.endian().as_str())),
            ("rust", text(target.rust().unwrap_or_default())),
            ("sources", Arg::Sources(sources.clone())),
            ("packages", Arg::Texts(sources)),
            ("patches", Arg::Files(patches)),
            ("patchnames", Arg::Texts(patch_names)),
        ],
    );
    planner.check(check(system, cell, &archive));
    Some(archive)
}

/// The name of a toolchain's node without its role.
fn suffix(toolchain: &str) -> &str {
    toolchain.strip_prefix("toolchain-").unwrap_or(toolchain)
}

/// The folder in an archive, which people see: `musl-gcc-14.2.0-i686-linux-musl`.
fn folder(gcc: &Release, toolchain: &str) -> String {
    let suffix = suffix(toolchain);
    let rest = suffix.strip_prefix(&attribute(gcc.version())).unwrap_or(suffix);
    format!("{}-{}{rest}", ABOUT.key, gcc.version())
}

/// The node of a toolchain with static programs and with the libraries of another one, `shared`.
fn static_toolchain(
    planner: &mut Planner<'_>,
    host: &'static MuslTarget,
    cell: &CellOf<MuslGcc>,
    shared: &str,
) -> String {
    let Spec { gcc, musl, binutils, linux_headers, languages, unpatched_musl, ref flags, .. } = cell.spec;
    // Of the cell's own releases: no other ones have to be fetched. Its nodes are a cell's, too, if the matrix has that one.
    // GCC asks for much memory, and takes a fifth longer with musl's own allocator.
    let malloc = Malloc::Mimalloc;
    let own = Spec { gcc, musl, binutils, linux_headers, unpatched_musl, malloc, ..Spec::plain() };
    let by = node(&toolchain(planner, host, &own));
    // Which toolchain it is follows from these, so names say them in its place. No flag is spelled like the word.
    let unpatched: Vec<_> = unpatched_musl.then(|| "unpatched-musl".to_owned()).into_iter().collect();
    let library = |name: &str| {
        let release = HOST_LIBRARIES.iter().map(|it| it.package).find(|package| package.as_str() == name);
        let others = [gcc, binutils, musl, linux_headers];
        release.map_or_else(String::new, |package| {
            node_name(&format!("static-{name}"), package.default(), host.triple(), &others, &[&unpatched])
        })
    };
    for it in &HOST_LIBRARIES {
        let mut node = host_library(it, library);
        node.args.insert("hostToolchain", by.clone());
        planner.insert(node);
    }

    let target = cell.target;
    let wanted = Compiler { target, gcc, binutils, languages, flags };
    let [native_binutils, native_gcc] = compiler(planner, &wanted);
    let triple = target.triple();
    let plain = languages_part(languages);
    let name =
        node_name("static-binutils", binutils, triple, &[gcc, musl, linux_headers], &[&flags.binutils, &unpatched]);
    let mut args = wanted.binutils_args();
    args.insert("hostToolchain", by.clone());
    planner.insert(Node { name: name.clone(), recipe: BINUTILS_RECIPE, args });
    let static_binutils = name;

    let parts: [&[String]; 4] = [&plain, &flags.binutils, &flags.gcc, &unpatched];
    let name = node_name("static-gcc", gcc, triple, &[binutils, musl, linux_headers], &parts);
    // The programs for the target that its build calls are the build machine's.
    let mut args = wanted.gcc_args(&native_binutils, library);
    args.extend([("hostToolchain", by), ("nativeGcc", node(&native_gcc))]);
    planner.insert(Node { name: name.clone(), recipe: GCC_RECIPE, args });

    planner.add(
        format!("static-{shared}"),
        "musl-gcc/static-toolchain",
        [
            ("binutils", node(&static_binutils)),
            ("gcc", node(&name)),
            ("toolchain", node(shared)),
            ("name", text(&folder(gcc, shared))),
            ("version", text(gcc.upstream())),
            ("target", text(triple)),
        ],
    )
}

/// An archive used where there is nothing else.
fn check(system: System, cell: &CellOf<MuslGcc>, archive: &str) -> Check {
    let emulator = if cell.target.runs_on(system) { "" } else { cell.target.qemu_user().unwrap_or_default() };
    let mut args = vec![
        ("archive", node(archive)),
        ("target", text(cell.target.triple())),
        ("cxx", Arg::Flag(cell.spec.languages.cxx)),
        ("fortran", Arg::Flag(cell.spec.languages.fortran)),
        ("emulator", text(emulator)),
    ];
    args.extend(without_emulator(emulator).map(|arg| (arg, text(""))));
    Check::new(format!("archive-{}", cell.name), "musl-gcc/archive-check", args)
}
