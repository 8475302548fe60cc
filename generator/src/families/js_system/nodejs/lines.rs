//! The lines of releases of Node.js: what each is made of, and the parts of its build.

use super::super::{
    ACORN, ACORN_WALK, ADA_URL, AIOHTTP, AMARO, BALANCED_MATCH, BRACE_EXPANSION, BROTLI, BUSBOY, C_ARES,
    CJS_MODULE_LEXER, GYP_NEXT, JINJA2, LIBHDR_HISTOGRAM, LIBSQLITE3_SYS, LIBUV_SYS2, MARKUPSAFE, MINIMATCH, NGHTTP2,
    NODEJS, NODEJS_ADA, NODEJS_DEBIAN, OPENSSL, PACKAGING, SIMDJSON_SYS, SIMDUTF, UNDICI, ZLIB, ZSTD,
};
use crate::catalogue::{Package, Release};
use crate::families::musl_gcc::MuslTarget;
use crate::lock::Wanted;

/// A line of releases of Node.js, with the releases that its source and its libraries come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Node.js 18, whose source has its libraries in it.
    V18,
    /// Node.js 24, whose source has V8 and little else in it.
    V24,
}

impl Line {
    /// Its major version.
    pub fn as_str(self) -> &'static str {
        match self {
            Line::V18 => "18",
            Line::V24 => "24",
        }
    }

    /// The releases that all of it is made of: Node.js first.
    fn releases(self) -> &'static [(Package, &'static str)] {
        match self {
            Line::V18 => &RELEASES_18,
            Line::V24 => &RELEASES_24,
        }
    }

    /// The release of one of its packages.
    pub fn of(self, package: Package) -> &'static Release {
        let version = self.releases().iter().find(|(name, _)| *name == package).map(|(_, version)| *version);
        version.and_then(|version| package.release(version)).expect("a test looks each of them up")
    }

    /// The release of Node.js.
    pub fn release(self) -> &'static Release {
        self.of(NODEJS)
    }

    /// What every cell with it is built from.
    pub fn wanted(self) -> impl Iterator<Item = Wanted> {
        self.releases().iter().map(move |(package, _)| Wanted::Release(self.of(*package)))
    }

    /// The first part of its build, and the others.
    pub fn parts(self) -> (&'static Part, &'static [Part]) {
        match self {
            Line::V18 => (&GENERATED_18, &PARTS_18),
            Line::V24 => (&GENERATED_24, &PARTS_24),
        }
    }

    /// The libraries that are built as separate nodes.
    pub fn libraries(self) -> &'static [Library] {
        match self {
            Line::V18 => &[],
            Line::V24 => &LIBRARIES_24,
        }
    }

    /// All its libraries whose versions are said: those that are nodes, and those that its source has from other packages.
    pub fn all_libraries(self) -> impl Iterator<Item = &'static Library> {
        let inside: &[Library] = match self {
            Line::V18 => &[],
            Line::V24 => &INSIDE_24,
        };
        self.libraries().iter().chain(inside)
    }

    /// The packages of npm in it whose versions its source names as well, in `src/NAME_version.h`.
    pub fn packages(self) -> &'static [(&'static str, Package)] {
        match self {
            Line::V18 => &[],
            Line::V24 => &PACKAGES_24,
        }
    }

    /// Patches of Debian's archive that are applied, and the others.
    pub fn patches(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Line::V18 => (&FIXES_18, &OTHERS_18),
            Line::V24 => (&FIXES_24, &OTHERS_24),
        }
    }

    /// V8's name of a target's processor, where this line can be built for it: the programs that write parts of V8 run on the
    /// build machine, though they are built for the target.
    pub fn cpu(self, target: &MuslTarget) -> Option<&'static str> {
        match (self, target.triple()) {
            (Line::V18, "i686-linux-musl") => Some("ia32"),
            (_, "x86_64-linux-musl") => Some("x64"),
            _ => None,
        }
    }
}

const RELEASES_18: [(Package, &str); 9] = [
    (NODEJS, "18.20.4"),
    (NODEJS_ADA, "2.7.8"),
    (NODEJS_DEBIAN, "18.20.4-1"),
    (BROTLI, "1.0.9"),
    (UNDICI, "5.29.0"),
    (BUSBOY, "2.1.1"),
    (ACORN, "8.11.3"),
    (ACORN_WALK, "8.3.2"),
    (CJS_MODULE_LEXER, "1.2.2"),
];

/// Debian's archive has a release of a library until it has a newer one. Sources of libraries that are also in packages of Rust
/// or Python are taken from those, whose registries keep every release.
const RELEASES_24: [(Package, &str); 26] = [
    (NODEJS, "24.21.0"),
    (NODEJS_DEBIAN, "24.21.0-1"),
    (ACORN, "8.18.0"),
    (ACORN_WALK, "8.3.5"),
    (AMARO, "1.1.11"),
    (BALANCED_MATCH, "4.0.4"),
    (BRACE_EXPANSION, "5.1.0"),
    (MINIMATCH, "10.2.6"),
    (UNDICI, "7.29.1"),
    (GYP_NEXT, "0.21.1"),
    (JINJA2, "3.1.6"),
    (MARKUPSAFE, "3.0.4"),
    (PACKAGING, "26.4"),
    (SIMDUTF, "0.7.0"),
    (ADA_URL, "3.4.4"),
    (AIOHTTP, "3.14.5"),
    (BROTLI, "1.2.1"),
    (C_ARES, "1.34.8"),
    (LIBHDR_HISTOGRAM, "0.11.8"),
    (NGHTTP2, "1.70.0"),
    (LIBSQLITE3_SYS, "0.40.0"),
    (LIBUV_SYS2, "1.53.1"),
    (OPENSSL, "3.5.7"),
    (SIMDJSON_SYS, "0.4.0-alpha.2"),
    (ZLIB, "1.3.2"),
    (ZSTD, "1.5.7"),
];

/// A library that is built as a separate node, by the script `libraries/NAME.sh`.
pub struct Library {
    pub name: &'static str,
    /// The package that has its source.
    pub package: Package,
    /// Its version, where the package has another one.
    version: Option<&'static str>,
    /// Its name in `process.versions`, if it is there.
    pub said: Option<&'static str>,
}

impl Library {
    const fn new(name: &'static str, package: Package, said: Option<&'static str>) -> Library {
        Library { name, package, version: None, said }
    }

    const fn within(name: &'static str, package: Package, version: &'static str, said: &'static str) -> Library {
        Library { name, package, version: Some(version), said: Some(said) }
    }

    /// Its version in a line.
    pub fn version(&self, line: Line) -> &'static str {
        self.version.unwrap_or_else(|| line.of(self.package).version())
    }
}

/// The libraries of Node.js 24. The program is run once it is linked, and has to say these versions.
const LIBRARIES_24: [Library; 12] = [
    Library::new("ada", ADA_URL, Some("ada")),
    Library::new("brotli", BROTLI, Some("brotli")),
    Library::new("c-ares", C_ARES, Some("ares")),
    Library::new("hdr-histogram", LIBHDR_HISTOGRAM, None),
    Library::within("libuv", LIBUV_SYS2, "1.53.0", "uv"),
    Library::within("llhttp", AIOHTTP, "9.4.2", "llhttp"),
    Library::new("nghttp2", NGHTTP2, Some("nghttp2")),
    Library::new("openssl", OPENSSL, Some("openssl")),
    Library::within("simdjson", SIMDJSON_SYS, "4.6.4", "simdjson"),
    Library::within("sqlite", LIBSQLITE3_SYS, "3.54.1", "sqlite"),
    Library::new("zlib", ZLIB, Some("zlib")),
    Library::new("zstd", ZSTD, Some("zstd")),
];

/// Libraries that its source has from packages with other versions.
const INSIDE_24: [Library; 1] = [Library::within("simdutf", SIMDUTF, "7.7.1", "simdutf")];

const PACKAGES_24: [(&str, Package); 3] = [("acorn", ACORN), ("amaro", AMARO), ("undici", UNDICI)];

/// What the manifest of a system says of the program beside Node.js itself and the toolchain's libraries: its parts, and all
/// licences as SPDX has them, but for the toolchain's.
pub fn origin(line: Line) -> (String, &'static str) {
    match line {
        Line::V18 => (
            "Debian's fixes, brotli, undici, busboy, acorn, acorn-walk, cjs-module-lexer and ada".to_owned(),
            "MIT AND Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND ISC AND MPL-2.0 AND Zlib",
        ),
        Line::V24 => {
            let packages = [ACORN, ACORN_WALK, AMARO, BALANCED_MATCH, BRACE_EXPANSION, MINIMATCH, UNDICI];
            let packages =
                packages.map(|package| format!("{} {}", line.of(package).package(), line.of(package).version()));
            let libraries = line.all_libraries().map(|library| format!("{} {}", library.name, library.version(line)));
            let all: Vec<String> = packages.into_iter().chain(libraries).collect();
            let licences = "MIT AND Apache-2.0 AND BlueOak-1.0.0 AND BSD-2-Clause AND BSD-3-Clause AND CC0-1.0 AND ISC AND \
                            MPL-2.0 AND Zlib AND blessing";
            (format!("Debian's fixes, {}", all.join(", ")), licences)
        }
    }
}

/// Patches of Debian's archive for Node.js 18 that are applied: two that describe a source with parts missing, and those of defects.
const FIXES_18: [&str; 16] = [
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
const OTHERS_18: [&str; 26] = [
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

/// The same for Node.js 24: two for libraries that its source lacks, and those of two defects.
const FIXES_24: [&str; 4] =
    ["deps/cares.patch", "deps/v8-no-static-zlib.patch", "build/32-bit.patch", "build/reproducibility-65684.patch"];

const OTHERS_24: [&str; 19] = [
    "build/install-no-build.patch",
    "build/more_shareable_builtins.patch",
    "build/system_builtins.patch",
    "build/builtins_module_paths_not_shareable.patch",
    "build/doc.patch",
    "build/flag_atomic.patch",
    "build/test_ci.patch",
    "deps/localhost-no-addrconfig.patch",
    "deps/node_gyp.patch",
    "dfsg/benchmark_without_alice.patch",
    "dfsg/multilib_modules.patch",
    "dfsg/privacy_breach.patch",
    "build/skip-buffer-nan-internal-check.patch",
    "build/doc_template_home.html",
    "arm64/stacksize.patch",
    "build/shared_simdutf.patch",
    "build/private-mapping-fork.patch",
    "build/test-tsc-5-6.patch",
    "build/riscv-disable-rvv.patch",
];

/// A part of the build: what one node makes.
pub struct Part {
    pub name: &'static str,
    /// The part that it needs beside the first one.
    pub needs: Option<&'static str>,
    /// Whether it needs the line's libraries, too.
    pub libraries: bool,
    /// Files below `out/Release`.
    pub goals: &'static [&'static str],
    /// gyp's targets of which it makes objects.
    pub objects: &'static [&'static str],
    /// Files of the source: the headers that they include are compiled once, and every object begins with them. Reading those
    /// headers takes most of the time in which V8 is compiled.
    pub precompiled: &'static [&'static str],
    /// Into how many nodes its objects are divided.
    pub nodes: usize,
}

impl Part {
    /// Objects of gyp's targets, in so many nodes.
    const fn of_objects(name: &'static str, objects: &'static [&'static str], nodes: usize) -> Part {
        Part { name, needs: None, libraries: false, goals: &[], objects, precompiled: &[], nodes }
    }

    /// Objects that begin with the headers of some files, in so many nodes.
    const fn of_precompiled(
        name: &'static str,
        objects: &'static [&'static str],
        precompiled: &'static [&'static str],
        nodes: usize,
    ) -> Part {
        Part { precompiled, ..Part::of_objects(name, objects, nodes) }
    }

    /// Files below `out/Release`, in one node.
    const fn of_goals(name: &'static str, goals: &'static [&'static str]) -> Part {
        Part { goals, ..Part::of_objects(name, &[], 1) }
    }
}

/// The name of the first part: it configures, and writes the headers and sources that others compile.
const GENERATED: &str = "generated";

const GENERATED_18: Part = Part::of_goals(
    GENERATED,
    &[
        "obj.target/tools/v8_gypfiles/run_torque.stamp",
        "obj.target/tools/v8_gypfiles/generate_bytecode_builtins_list.stamp",
        "obj.target/tools/v8_gypfiles/torque_generated_definitions.stamp",
        "obj.target/tools/v8_gypfiles/torque_generated_initializers.stamp",
        "obj.target/tools/v8_gypfiles/v8_internal_headers.stamp",
        "obj.target/tools/v8_gypfiles/postmortem-metadata.stamp",
        "obj/gen/inspector-generated-output-root/src/js_protocol.stamp",
        "obj/gen/inspector-generated-output-root/src/inspector/protocol/Forward.h",
    ],
);

const GENERATED_24: Part = Part::of_goals(
    GENERATED,
    &[
        "obj.target/tools/v8_gypfiles/run_torque.stamp",
        "obj.target/tools/v8_gypfiles/generate_bytecode_builtins_list.stamp",
        "obj.target/tools/v8_gypfiles/torque_generated_definitions.stamp",
        "obj.target/tools/v8_gypfiles/torque_generated_initializers.stamp",
        "obj.target/tools/v8_gypfiles/v8_internal_headers.stamp",
        "obj.target/tools/v8_gypfiles/postmortem-metadata.stamp",
        "obj.target/tools/v8_gypfiles/v8_inspector_headers.stamp",
    ],
);

/// The headers that V8 precompiles itself where it is built for Windows.
const PRECOMPILED_V8: &str = "tools/msvs/pch/v8_pch.h";

/// Sources that Torque writes all include the same headers, and most of V8's built-in functions are such sources.
const PRECOMPILED_TORQUE: &str = "out/Release/obj/gen/torque-generated/src/builtins/array-find-tq-csa.cc";

/// The part of Node.js 18 with OpenSSL.
const OPENSSL_18: &str = "openssl";

/// The others of Node.js 18. On two quiet cores each node takes some minutes.
const PARTS_18: [Part; 6] = [
    Part::of_precompiled("v8-base", &["v8_base_without_compiler"], &[PRECOMPILED_V8], 2),
    Part::of_precompiled(
        "v8-compiler",
        &["v8_compiler"],
        &[PRECOMPILED_V8, "deps/v8/src/compiler/js-native-context-specialization.cc"],
        1,
    ),
    Part::of_precompiled("v8-builtins", &["v8_initializers"], &[PRECOMPILED_V8, PRECOMPILED_TORQUE], 1),
    Part::of_goals(OPENSSL_18, &["openssl-cli"]),
    Part::of_objects(
        "libraries",
        &[
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
        1,
    ),
    // Its objects wait for the program `openssl-cli`.
    Part { needs: Some(OPENSSL_18), ..Part::of_objects("node", &["libnode"], 3) },
];

/// The part of Node.js 24 with the program that turns its scripts into a source.
const SCRIPTS_24: &str = "scripts";

/// The others of Node.js 24.
const PARTS_24: [Part; 6] = [
    Part::of_precompiled("v8-base", &["v8_base_without_compiler"], &[PRECOMPILED_V8], 4),
    Part::of_precompiled(
        "v8-compiler",
        &["v8_compiler"],
        &[PRECOMPILED_V8, "deps/v8/src/compiler/turboshaft/operations.cc"],
        1,
    ),
    Part::of_precompiled("v8-builtins", &["v8_initializers"], &[PRECOMPILED_V8, PRECOMPILED_TORQUE], 2),
    Part::of_objects("v8-libraries", &["highway", "simdutf", "v8_init", "v8_initializers_slow", "v8_libplatform"], 1),
    Part { libraries: true, ..Part::of_goals(SCRIPTS_24, &["obj/gen/node_javascript.cc"]) },
    Part {
        needs: Some(SCRIPTS_24),
        libraries: true,
        ..Part::of_objects("node", &["node_base", "crdtp", "merve", "nbytes", "ncrypto", "ncrypto_engine", "uvwasi"], 4)
    },
];
