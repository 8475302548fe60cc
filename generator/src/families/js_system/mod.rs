//! `[js-system]`: systems whose first process is JavaScript: a kernel, an initramfs with a JavaScript runtime, and a folder of
//! scripts.

mod configs;
mod disk;
mod nodejs;
mod packages;
mod plan;
mod root;

use crate::diag::Wrong;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::bare_metal::BareMetal;
use super::linux::{self, KernelCompiler, KernelConfig, KernelTarget, LINUX, Linux};
use super::musl_gcc::MuslGcc;
use crate::catalogue::Package;
use crate::family::{
    About, Axis, CellOf, Defect, Family, Kind, Misspelt, Reading, Registered, Setting, Suffix, Target, Values,
};
use crate::lock::Wanted;
use crate::plan::Planner;
use crate::platform::System;
use crate::service::Limits;
use crate::word::Word;
use crate::words;
use configs::SystemConfigs;
use nodejs::{Line, Linking};
use root::{Root, Roots};

const QUICKJS_NG: Package = Package::new("quickjs-ng");
const NODEJS: Package = Package::new("nodejs");
/// A second archive of Node.js' source, and Debian's patches for it.
const NODEJS_ADA: Package = Package::new("nodejs-ada");
const NODEJS_DEBIAN: Package = Package::new("nodejs-debian");
/// Parts of Node.js that Debian's source of it lacks.
const BROTLI: Package = Package::new("brotli");
const UNDICI: Package = Package::new("undici");
const BUSBOY: Package = Package::new("busboy");
const ACORN: Package = Package::new("acorn");
const ACORN_WALK: Package = Package::new("acorn-walk");
const CJS_MODULE_LEXER: Package = Package::new("cjs-module-lexer");
const AMARO: Package = Package::new("amaro");
const BALANCED_MATCH: Package = Package::new("balanced-match");
const BRACE_EXPANSION: Package = Package::new("brace-expansion");
const MINIMATCH: Package = Package::new("minimatch");
/// Packages of Python that its build runs.
const GYP_NEXT: Package = Package::new("gyp-next");
const JINJA2: Package = Package::new("jinja2");
const MARKUPSAFE: Package = Package::new("markupsafe");
const PACKAGING: Package = Package::new("packaging");
/// Its libraries, by the packages that have their sources: crates, packages of Python, and Debian's.
const ADA_URL: Package = Package::new("ada-url");
const AIOHTTP: Package = Package::new("aiohttp");
const C_ARES: Package = Package::new("c-ares");
const LIBHDR_HISTOGRAM: Package = Package::new("libhdr-histogram");
const NGHTTP2: Package = Package::new("nghttp2");
const LIBSQLITE3_SYS: Package = Package::new("libsqlite3-sys");
const LIBUV_SYS2: Package = Package::new("libuv-sys2");
const OPENSSL: Package = Package::new("openssl");
const SIMDJSON_SYS: Package = Package::new("simdjson-sys");
const SIMDUTF: Package = Package::new("simdutf");
const ZLIB: Package = Package::new("zlib");
const ZSTD: Package = Package::new("zstd");

/// The family.
#[derive(Debug)]
pub struct JsSystem;

static ABOUT: About = About {
    key: "js-system",
    summary: "Systems whose first process is JavaScript. Every combination of target, kernel, runtime and scripts is a cell.",
    example_target: "x86_64",
    spelling: linux::SPELLING,
    first_target_unnamed: false,
    // A cross compiler and a kernel come before it.
    limits: Limits { priority: 90, timeout: 21_600, silent: 3600 },
    example: "nodeos",
    packages: &[
        QUICKJS_NG,
        NODEJS,
        NODEJS_ADA,
        NODEJS_DEBIAN,
        BROTLI,
        UNDICI,
        BUSBOY,
        ACORN,
        ACORN_WALK,
        CJS_MODULE_LEXER,
        AMARO,
        BALANCED_MATCH,
        BRACE_EXPANSION,
        MINIMATCH,
        GYP_NEXT,
        JINJA2,
        MARKUPSAFE,
        PACKAGING,
        ADA_URL,
        AIOHTTP,
        C_ARES,
        LIBHDR_HISTOGRAM,
        NGHTTP2,
        LIBSQLITE3_SYS,
        LIBUV_SYS2,
        OPENSSL,
        SIMDJSON_SYS,
        SIMDUTF,
        ZLIB,
        ZSTD,
        LINUX,
    ],
    checks: &["js-system/boot.nix", "js-system/contents.nix", "js-system/nodejs/tests.nix"],
};

const AXIS_ROOT: &str = "root";
const AXIS_RUNTIME: &str = "runtime";
const AXIS_LINUX: &str = "linux";
const AXIS_COMPILER: &str = "compiler";
const AXIS_CONFIG: &str = "config";

static AXES: [Axis; 5] = [
    Axis {
        key: AXIS_ROOT,
        values: Values::Names(&Roots),
        suffix: Suffix::Value,
        doc: "The system's own files: `repl`, which has none and is a REPL on the console, or the name of one in \
              [js-system-root].",
    },
    Axis {
        key: AXIS_RUNTIME,
        values: Values::Words(Runtime::WORDS),
        suffix: Suffix::Value,
        doc: "The JavaScript runtime, linked with musl: statically, except `nodejs-18-dynamic` and `nodejs-24-dynamic`, which can load native addons.",
    },
    Axis { key: AXIS_LINUX, values: Values::Releases(LINUX), suffix: Suffix::Package, doc: "Versions of the kernel." },
    Axis {
        key: AXIS_COMPILER,
        values: Values::Words(KernelCompiler::WORDS),
        suffix: Suffix::Value,
        doc: "The kernel's compiler, as in [linux].",
    },
    Axis {
        key: AXIS_CONFIG,
        values: Values::Names(&SystemConfigs),
        suffix: Suffix::Value,
        doc: "The kernel's configuration: `system`, defconfig, or the name of one in [kernel-config].",
    },
];

const DISK_IMAGE: &str = "disk-image";

static SETTINGS: [Setting; 1] = [Setting {
    key: DISK_IMAGE,
    kind: Kind::Switch,
    doc: "Adds the package `CELL-disk` for x86_64 and arm64: a disk image of the system that UEFI starts.",
}];

words! {
    /// A JavaScript runtime.
    pub enum Runtime: "runtime" {
        /// The interpreter with the module `qjs:system`.
        QuickjsNg = "quickjs-ng",
        /// Node.js 18, which is for x86 so far.
        Nodejs18 = "nodejs-18",
        /// The same with musl's loader, which loads native addons.
        Nodejs18Dynamic = "nodejs-18-dynamic",
        /// Node.js 24, which is for x86_64 so far.
        Nodejs24 = "nodejs-24",
        /// The same with musl's loader, which loads native addons.
        Nodejs24Dynamic = "nodejs-24-dynamic",
    }
}

impl Runtime {
    /// Which Node.js it is, and how that is linked; none for another runtime.
    fn nodejs(self) -> Option<(Line, Linking)> {
        match self {
            Runtime::QuickjsNg => None,
            Runtime::Nodejs18 => Some((Line::V18, Linking::Static)),
            Runtime::Nodejs18Dynamic => Some((Line::V18, Linking::Dynamic)),
            Runtime::Nodejs24 => Some((Line::V24, Linking::Static)),
            Runtime::Nodejs24Dynamic => Some((Line::V24, Linking::Dynamic)),
        }
    }

    /// Whether there is one for a target.
    fn is_for(self, target: &KernelTarget) -> bool {
        self.nodejs().is_none_or(|(line, _)| target.gcc().and_then(|gcc| line.cpu(gcc)).is_some())
    }

    /// Whether machines of a build system can build it for a target.
    fn is_built_on(self, target: &KernelTarget, system: System) -> bool {
        self.nodejs().is_none() || target.gcc().is_some_and(|gcc| nodejs::is_built_on(gcc, system))
    }
}

/// One system.
#[derive(Debug, PartialEq, Eq)]
pub struct Spec {
    pub root: Arc<Root>,
    pub runtime: Runtime,
    pub kernel: linux::Spec,
    /// Whether disk images are asked for.
    wants_disk: bool,
}

impl Family for JsSystem {
    type Target = KernelTarget;
    type Spec = Spec;

    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn targets(&self) -> Vec<&'static KernelTarget> {
        KernelTarget::all().iter().collect()
    }

    fn axes(&self) -> &'static [Axis] {
        &AXES
    }

    fn settings(&self) -> &'static [Setting] {
        &SETTINGS
    }

    fn needs(&self) -> &'static [&'static dyn Registered] {
        &[&MuslGcc, &Linux, &BareMetal]
    }

    fn misspelt(&self, word: &str) -> Option<Misspelt> {
        linux::misspelt(word)
    }

    fn cannot_build(&self, target: &'static KernelTarget, system: System) -> Option<&'static str> {
        Family::cannot_build(&Linux, target, system)
    }

    fn refuse(&self, target: &'static KernelTarget, cell: &Reading<'_>, axis: &str) -> Option<Wrong> {
        if axis == AXIS_CONFIG {
            let config: Arc<KernelConfig> = cell.named(AXIS_CONFIG).ok()?;
            return config.refuse(target);
        }
        let runtime: Runtime = cell.word(AXIS_RUNTIME).ok()?;
        (axis == AXIS_RUNTIME && !runtime.is_for(target)).then(|| {
            let message = format!("the runtime {} cannot be built for {target}", runtime.as_str());
            let hint = format!("exclude = [{{ target = \"{target}\", runtime = \"{}\" }}]", runtime.as_str());
            Wrong::new(message, hint)
        })
    }

    fn refuse_all(&self, cells: &[CellOf<JsSystem>]) -> Option<Wrong> {
        let asked = cells.iter().any(|cell| cell.spec.wants_disk);
        if asked && !cells.iter().any(|cell| disk::of(cell).is_some()) {
            let message = format!("{DISK_IMAGE} is for x86_64 and arm64, and no cell is for one of them");
            return Some(Wrong::new(message, format!("leave out {DISK_IMAGE}, or add a target")));
        }
        // Programs for the target write parts of Node.js, so the build machine has to run them.
        cells.iter().find_map(|cell| {
            let runtime = cell.spec.runtime;
            let system = cell.systems.iter().find(|system| !runtime.is_built_on(cell.target, **system))?;
            let message = format!("{system} cannot build {} for {}", runtime.as_str(), cell.target);
            let hint = format!(
                "exclude = [{{ runtime = \"{}\", system = \"{system}\" }}]: its build runs programs for {}",
                runtime.as_str(),
                cell.target
            );
            Some(Wrong::new(message, hint))
        })
    }

    fn spec(&self, target: &'static KernelTarget, cell: &Reading<'_>) -> Result<Spec, Defect> {
        let lost = || Defect { family: ABOUT.key, key: target.name().to_owned() };
        let config: Arc<KernelConfig> = cell.named(AXIS_CONFIG)?;
        Ok(Spec {
            root: cell.named(AXIS_ROOT)?,
            runtime: cell.word(AXIS_RUNTIME)?,
            wants_disk: cell.is_on(DISK_IMAGE)?,
            kernel: linux::Spec {
                linux: cell.release(AXIS_LINUX)?,
                gcc: target.gcc().ok_or_else(lost)?,
                compiler: cell.word(AXIS_COMPILER)?,
                config,
                modules: Vec::new(),
            },
        })
    }

    fn wanted(&self, cells: &[CellOf<JsSystem>]) -> Vec<Wanted> {
        cells.iter().flat_map(plan::wanted).collect()
    }

    fn files(&self, cells: &[CellOf<JsSystem>]) -> BTreeMap<String, String> {
        cells.iter().flat_map(plan::files).collect()
    }

    fn plan(&self, planner: &mut Planner<'_>, cells: &[CellOf<JsSystem>]) {
        let system = planner.system;
        for cell in cells.iter().filter(|cell| cell.is_built_on(system)) {
            plan::plan(planner, cell);
        }
    }
}
