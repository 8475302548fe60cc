//! The nodes of Node.js: its source, the parts of its build, and the program.

use super::{ACORN, ACORN_WALK, BROTLI, BUSBOY, CJS_MODULE_LEXER, NODEJS, NODEJS_ADA, NODEJS_DEBIAN, UNDICI};
use crate::catalogue::Package;
use crate::families::musl_gcc::MuslTarget;
use crate::lock::Wanted;
use crate::plan::{Arg, Node, Planner, attribute, node, node_name, source, text, texts};
use crate::platform::System;

/// Patches of Debian's archive that are applied: two that describe a source with parts missing, and those of defects.
const FIXES: [&str; 16] = [
    "build/more_shareable_builtins.patch",
    "build/ada.patch",
    // It is of a test that a later one changes, too.
    "build/openssl_3014.patch",
    "libuv/0000-bookworm-sync.patch",
    "libuv/path_max_zero_st_size",
    "libuv/fix-cve-2024-24806",
    "CVE-2025-55131.patch",
    "CVE-2025-59465.patch",
    "CVE-2025-59466.patch",
    "CVE-2025-23085.patch",
    "CVE-2025-23166.patch",
    "CVE-2026-21637.patch",
    "CVE-2026-21637_post1.patch",
    "CVE-2026-21710.patch",
    "CVE-2026-21713.patch",
    "CVE-2026-21714.patch",
];

/// The others of its `series`: they suit Debian's shared libraries, places, documentation, tests and processors. The recipe
/// stops at a patch that is in neither list.
const OTHERS: [&str; 26] = [
    "build/openssl_config_explicit_lower.patch",
    "build/openssl_3011_without_new_error_message.patch",
    "build/cctest_disable.patch",
    "build/doc.patch",
    "build/flag_atomic.patch",
    "build/test_ci.patch",
    "deps/cares.patch",
    "deps/localhost-no-addrconfig.patch",
    "deps/node_gyp.patch",
    "dfsg/benchmark_without_alice.patch",
    "dfsg/multilib_modules.patch",
    "dfsg/privacy_breach.patch",
    "mips/compilation_error.patch",
    "mips/fpu.patch",
    "mips/less_mem.patch",
    "mips/mipsel_is_32.patch",
    "mips/mipsel_even_register_fix.patch",
    "build/skip-buffer-nan-internal-check.patch",
    "riscv/flaky_tests.patch",
    "armel/configure.patch",
    "build/doc_template_home.html",
    "build/test_process_versions.patch",
    "arm64/stacksize.patch",
    "build/disable_sea_dfsg_postject.patch",
    "build/test_runner_escape_path.patch",
    "mips/flaky_tests.patch",
];

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

/// A part of the build: what one node makes.
struct Part {
    name: &'static str,
    /// The part that it needs beside the first one.
    needs: Option<&'static str>,
    /// Files below `out/Release`.
    goals: &'static [&'static str],
    /// gyp's targets of which it makes objects.
    objects: &'static [&'static str],
    /// Into how many nodes its objects are divided.
    nodes: usize,
}

/// The first part: it configures, and writes the headers and sources that others compile.
const GENERATED: Part = Part {
    name: "generated",
    needs: None,
    goals: &[
        "obj.target/tools/v8_gypfiles/run_torque.stamp",
        "obj.target/tools/v8_gypfiles/generate_bytecode_builtins_list.stamp",
        "obj.target/tools/v8_gypfiles/torque_generated_definitions.stamp",
        "obj.target/tools/v8_gypfiles/torque_generated_initializers.stamp",
        "obj.target/tools/v8_gypfiles/v8_internal_headers.stamp",
        "obj.target/tools/v8_gypfiles/postmortem-metadata.stamp",
        "obj/gen/inspector-generated-output-root/src/js_protocol.stamp",
        "obj/gen/inspector-generated-output-root/src/inspector/protocol/Forward.h",
    ],
    objects: &[],
    nodes: 1,
};

const OPENSSL: &str = "openssl";

/// The others. On two quiet cores each node takes some minutes.
const PARTS: [Part; 6] = [
    Part { name: "v8-base", needs: None, goals: &[], objects: &["v8_base_without_compiler"], nodes: 8 },
    Part { name: "v8-compiler", needs: None, goals: &[], objects: &["v8_compiler"], nodes: 2 },
    Part { name: "v8-builtins", needs: None, goals: &[], objects: &["v8_initializers"], nodes: 3 },
    Part { name: OPENSSL, needs: None, goals: &["openssl-cli"], objects: &[], nodes: 1 },
    Part {
        name: "libraries",
        needs: None,
        goals: &[],
        objects: &[
            "v8_libplatform",
            "v8_libsampler",
            "v8_zlib",
            "ada",
            "brotli",
            "cares",
            "libuv",
            "llhttp",
            "nghttp2",
            "nghttp3",
            "ngtcp2",
            "simdutf",
            "uvwasi",
            "zlib",
        ],
        nodes: 1,
    },
    // Its objects wait for the program `openssl-cli`.
    Part { name: "node", needs: Some(OPENSSL), goals: &[], objects: &["libnode"], nodes: 3 },
];

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

/// The packages that its source consists of.
const PACKAGES: [Package; 9] =
    [NODEJS, NODEJS_ADA, NODEJS_DEBIAN, BROTLI, UNDICI, BUSBOY, ACORN, ACORN_WALK, CJS_MODULE_LEXER];

pub fn wanted() -> impl Iterator<Item = Wanted> {
    PACKAGES.into_iter().map(|package| Wanted::Release(package.default()))
}

/// V8's name of a target's processor, where Node.js can be built for it: the programs that write parts of V8 run on the build
/// machine, though they are built for the target.
pub fn cpu(target: &MuslTarget) -> Option<&'static str> {
    match target.triple() {
        "i686-linux-musl" => Some("ia32"),
        "x86_64-linux-musl" => Some("x64"),
        _ => None,
    }
}

/// Whether machines of a build system run the programs that write parts of V8. One of x86_64-linux whose kernel was built without
/// its 32-bit half does not run those for i686, and its build stops.
pub fn is_built_on(target: &MuslTarget, system: System) -> bool {
    target.runs_on(system) || (target.triple() == "i686-linux-musl" && system == System::X86_64Linux)
}

/// The node of the source.
fn complete_source(planner: &mut Planner<'_>) -> String {
    let release = NODEJS.default();
    let (debian, undici) = (NODEJS_DEBIAN.default(), UNDICI.default());
    planner.add(
        format!("nodejs-source-{}-undici-{}", attribute(debian.version()), attribute(undici.version())),
        "js-system/nodejs/source",
        [
            ("src", source(release)),
            ("name", text(&Wanted::Release(release).name())),
            ("ada", source(NODEJS_ADA.default())),
            ("debian", source(debian)),
            ("fixes", texts(&FIXES)),
            ("others", texts(&OTHERS)),
            ("brotli", source(BROTLI.default())),
            ("undici", source(undici)),
            ("undiciVersion", text(undici.version())),
            ("busboy", source(BUSBOY.default())),
            ("acorn", source(ACORN.default())),
            ("acornWalk", source(ACORN_WALK.default())),
            ("cjsModuleLexer", source(CJS_MODULE_LEXER.default())),
        ],
    )
}

/// What the check that runs its own tests takes beside a system and an emulator.
pub fn tests(planner: &mut Planner<'_>) -> [(&'static str, Arg); 2] {
    let src = complete_source(planner);
    let tests = TESTS.map(str::to_owned).to_vec();
    [("src", node(&src)), ("tests", Arg::Texts(tests))]
}

/// The node of packages whose native addons are compiled for the dynamic program, from the node of packages with their sources.
/// `optional` are the places of those that may be left out.
pub fn addons(
    planner: &mut Planner<'_>,
    target: &'static MuslTarget,
    (cpu, toolchain): (&str, &str),
    packages: &str,
    optional: Vec<String>,
) -> String {
    let runtime = program(planner, target, cpu, toolchain, Linking::Dynamic);
    let interpreter = program(planner, target, cpu, toolchain, Linking::Static);
    let src = complete_source(planner);
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
    target: &'static MuslTarget,
    cpu: &str,
    toolchain: &str,
    linking: Linking,
) -> String {
    let (release, triple) = (NODEJS.default(), target.triple());
    let src = complete_source(planner);
    let common = [
        ("src", node(&src)),
        ("version", text(release.version())),
        ("target", text(triple)),
        ("toolchain", node(toolchain)),
        ("cpu", text(cpu)),
    ];
    let mut first = None;
    let mut all: Vec<String> = Vec::new();
    for part in [GENERATED].into_iter().chain(PARTS) {
        let mut needs: Vec<String> = first.iter().cloned().collect();
        needs.extend(part.needs.map(|name| node_name(&format!("nodejs-{name}"), release, triple, &[], &[])));
        for number in 1..=part.nodes {
            let name = if part.nodes == 1 { part.name.to_owned() } else { format!("{}-{number}", part.name) };
            let objects = part.objects.iter().map(|object| format!("{object}={number}/{}", part.nodes)).collect();
            let goals = part.goals.iter().map(|goal| (*goal).to_owned()).collect();
            let own = [
                ("name", text(&name)),
                ("needs", Arg::Nodes(needs.clone())),
                ("goals", Arg::Texts(goals)),
                ("objects", Arg::Texts(objects)),
            ];
            let name = node_name(&format!("nodejs-{name}"), release, triple, &[], &[]);
            let args = common.iter().cloned().chain(own).collect();
            planner.insert(Node { name: name.clone(), recipe: "js-system/nodejs/part", args });
            first.get_or_insert_with(|| name.clone());
            all.push(name);
        }
    }
    let name = node_name(linking.package(), release, triple, &[], &[]);
    let own = [("parts", Arg::Nodes(all)), ("linking", text(linking.as_str()))];
    let args = common.into_iter().chain(own).collect();
    planner.insert(Node { name: name.clone(), recipe: "js-system/nodejs/nodejs", args });
    name
}
