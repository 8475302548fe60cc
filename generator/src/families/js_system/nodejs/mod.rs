//! The nodes of Node.js: its source, the parts of its build, and the program.

mod lines;

use super::{
    ACORN, ACORN_WALK, AMARO, BALANCED_MATCH, BRACE_EXPANSION, BROTLI, BUSBOY, CJS_MODULE_LEXER, GYP_NEXT, JINJA2,
    MARKUPSAFE, MINIMATCH, NODEJS, NODEJS_ADA, NODEJS_DEBIAN, PACKAGING, SIMDUTF, UNDICI,
};
use crate::families::musl_gcc::MuslTarget;
use crate::lock::Wanted;
use crate::plan::{Arg, Node, Planner, attribute, node, node_name, source, text, texts};
use crate::platform::System;
pub use lines::Line;
use lines::{Library, origin};

/// How the program is linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linking {
    /// With everything in it.
    Static,
    /// With musl's loader, so that it loads native addons.
    Dynamic,
}

impl Linking {
    /// The recipe's word for it.
    fn as_str(self) -> &'static str {
        match self {
            Linking::Static => "static",
            Linking::Dynamic => "dynamic",
        }
    }

    /// The beginning of the node's name.
    fn package(self) -> &'static str {
        match self {
            Linking::Static => "nodejs",
            Linking::Dynamic => "nodejs-dynamic",
        }
    }
}

/// Patterns of the file names of Node.js' own tests that run in a system, below its folder `test`: those of what programs use
/// most.
const TESTS: [&str; 6] = [
    "parallel/test-fs-*",
    "parallel/test-net-*",
    "parallel/test-http-*",
    "parallel/test-crypto-*",
    "parallel/test-worker-*",
    "es-module/test-*",
];

/// Whether machines of a build system run the programs that write parts of V8. One of x86_64-linux whose kernel was built without
/// its 32-bit half does not run those for i686, and its build stops.
pub fn is_built_on(target: &MuslTarget, system: System) -> bool {
    target.runs_on(system) || (target.triple() == "i686-linux-musl" && system == System::X86_64Linux)
}

/// The node of the source.
fn complete_source(planner: &mut Planner<'_>, line: Line) -> String {
    let of = |package| source(line.of(package));
    let name = text(&Wanted::Release(line.release()).name());
    let (fixes, others) = line.patches();
    let (debian, undici) = (line.of(NODEJS_DEBIAN), line.of(UNDICI));
    let mut args = vec![
        ("src", of(NODEJS)),
        ("name", name),
        ("debian", source(debian)),
        ("fixes", texts(fixes)),
        ("others", texts(others)),
        ("acorn", of(ACORN)),
        ("acornWalk", of(ACORN_WALK)),
        ("undici", source(undici)),
    ];
    let recipe = match line {
        Line::V18 => {
            args.extend([
                ("ada", of(NODEJS_ADA)),
                ("brotli", of(BROTLI)),
                ("undiciVersion", text(undici.version())),
                ("busboy", of(BUSBOY)),
                ("cjsModuleLexer", of(CJS_MODULE_LEXER)),
            ]);
            "js-system/nodejs/source-18"
        }
        Line::V24 => {
            let said = line.packages().iter().map(|(name, package)| format!("{name}={}", line.of(*package).version()));
            args.extend([
                ("amaro", of(AMARO)),
                ("balancedMatch", of(BALANCED_MATCH)),
                ("braceExpansion", of(BRACE_EXPANSION)),
                ("minimatch", of(MINIMATCH)),
                ("versions", Arg::Texts(said.collect())),
                ("gyp", of(GYP_NEXT)),
                ("jinja", of(JINJA2)),
                ("markupsafe", of(MARKUPSAFE)),
                ("packaging", of(PACKAGING)),
                ("simdutf", of(SIMDUTF)),
            ]);
            "js-system/nodejs/source-24"
        }
    };
    let name = format!("nodejs-source-{}-undici-{}", attribute(debian.version()), attribute(undici.version()));
    planner.insert(Node { name: name.clone(), recipe, args: args.into_iter().collect() });
    name
}

/// The nodes of a line's libraries, which are laid over its source as parts of its build are.
fn libraries(planner: &mut Planner<'_>, line: Line, triple: &str, toolchain: &str) -> Vec<String> {
    let node_of = |library: &Library| {
        let release = line.of(library.package);
        let attribute = format!("nodejs-{}-{}-{triple}", library.name, attribute(library.version(line)));
        let args = [
            ("name", text(library.name)),
            ("version", text(library.version(line))),
            ("src", source(release)),
            ("target", text(triple)),
            ("toolchain", node(toolchain)),
        ];
        planner.insert(Node {
            name: attribute.clone(),
            recipe: "js-system/nodejs/library",
            args: args.into_iter().collect(),
        });
        attribute
    };
    line.libraries().iter().map(node_of).collect()
}

/// What `process.versions` has to say of libraries and packages that are not part of a line's source: `uv=1.53.0`.
fn versions(line: Line) -> Vec<String> {
    let libraries = line.all_libraries().filter_map(|library| Some((library.said?, library.version(line))));
    let all = libraries.chain(line.packages().iter().map(|(name, package)| (*name, line.of(*package).version())));
    all.map(|(name, version)| format!("{name}={version}")).collect()
}

/// What the check that runs its own tests takes beside a system and an emulator.
pub fn tests(planner: &mut Planner<'_>, line: Line) -> [(&'static str, Arg); 3] {
    let src = complete_source(planner, line);
    [("src", node(&src)), ("line", text(line.as_str())), ("tests", texts(&TESTS))]
}

/// The node of packages whose native addons are compiled for the dynamic program, from the node of packages with their sources.
/// `optional` are the places of those that may be left out.
pub fn addons(
    planner: &mut Planner<'_>,
    line: Line,
    target: &'static MuslTarget,
    (cpu, toolchain): (&str, &str),
    packages: &str,
    optional: Vec<String>,
) -> String {
    let runtime = program(planner, (line, Linking::Dynamic), target, cpu, toolchain);
    let interpreter = program(planner, (line, Linking::Static), target, cpu, toolchain);
    let src = complete_source(planner, line);
    planner.add(
        format!("{packages}-{runtime}"),
        "js-system/nodejs/addons",
        [
            ("packages", node(packages)),
            ("optional", Arg::Texts(optional)),
            ("src", node(&src)),
            ("runtime", node(&runtime)),
            ("interpreter", node(&interpreter)),
            ("target", text(target.triple())),
            ("toolchain", node(toolchain)),
        ],
    )
}

/// The node of the program.
pub fn program(
    planner: &mut Planner<'_>,
    (line, linking): (Line, Linking),
    target: &'static MuslTarget,
    cpu: &str,
    toolchain: &str,
) -> String {
    let (release, triple) = (line.release(), target.triple());
    let src = complete_source(planner, line);
    let common = [
        ("src", node(&src)),
        ("version", text(release.version())),
        ("target", text(triple)),
        ("toolchain", node(toolchain)),
        ("cpu", text(cpu)),
    ];
    let libraries = libraries(planner, line, triple, toolchain);
    let mut first = None;
    let mut all: Vec<String> = Vec::new();
    let (generated, parts) = line.parts();
    for part in [generated].into_iter().chain(parts) {
        let mut needs: Vec<String> = first.iter().cloned().collect();
        needs.extend(libraries.iter().filter(|_| part.libraries).cloned());
        needs.extend(part.needs.map(|name| node_name(&format!("nodejs-{name}"), release, triple, &[], &[])));
        for number in 1..=part.nodes {
            let name = if part.nodes == 1 { part.name.to_owned() } else { format!("{}-{number}", part.name) };
            let objects = part.objects.iter().map(|object| format!("{object}={number}/{}", part.nodes)).collect();
            let precompiled = Some(part.precompiled).filter(|files| !files.is_empty());
            let own = [
                ("name", text(&name)),
                ("needs", Arg::Nodes(needs.clone())),
                ("goals", texts(part.goals)),
                ("objects", Arg::Texts(objects)),
            ];
            let own = own.into_iter().chain(precompiled.map(|files| ("precompiled", texts(files))));
            let name = node_name(&format!("nodejs-{name}"), release, triple, &[], &[]);
            let args = common.iter().cloned().chain(own).collect();
            planner.insert(Node { name: name.clone(), recipe: "js-system/nodejs/part", args });
            first.get_or_insert_with(|| name.clone());
            all.push(name);
        }
    }
    all.extend(libraries);
    let name = node_name(linking.package(), release, triple, &[], &[]);
    let (components, licence) = origin(line);
    let own = [
        ("parts", Arg::Nodes(all)),
        ("linking", text(linking.as_str())),
        ("versions", Arg::Texts(versions(line))),
        ("components", text(&components)),
        ("licence", text(licence)),
    ];
    let args = common.into_iter().chain(own).collect();
    planner.insert(Node { name: name.clone(), recipe: "js-system/nodejs/nodejs", args });
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_has_all_releases_of_a_line() {
        for line in [Line::V18, Line::V24] {
            assert!(line.release().version().starts_with(line.as_str()));
            // Both look every release up.
            assert!(line.wanted().count() > 1);
            assert!(line.all_libraries().all(|library| library.version(line).contains('.')));
        }
    }
}
