//! `[musl-gcc]`: GCC cross compilers with musl, for every architecture that both support.

mod archive;
mod fixes;
mod gdb;
mod plan;
mod targets;

use super::languages::{Language, Languages, languages};
use crate::catalogue::{Package, Release};
use crate::diag::Wrong;
use crate::family::{
    About, Axis, CellOf, Defect, Family, Form, Kind, Misspelt, Reading, Setting, Suffix, Value, Values, too_old,
};
use crate::lock::Wanted;
use crate::plan::Planner;
use crate::reader::Fixed;
use crate::service::Limits;
use crate::word::Word;
use crate::words;

use fixes::MUSL_DEBIAN;
pub use plan::{compiler_wanted, default_compiler, default_toolchain, toolchain_wanted};
pub use targets::MuslTarget;

const GCC: Package = Package::new("gcc");
const MUSL: Package = Package::new("musl");
const BINUTILS: Package = Package::new("binutils");
const LINUX: Package = Package::new("linux");
const GMP: Package = Package::new("gmp");
const MPFR: Package = Package::new("mpfr");
const MPC: Package = Package::new("mpc");
const MIMALLOC: Package = Package::new("mimalloc");
const GDB: Package = Package::new("gdb");
const EXPAT: Package = Package::new("expat");
const NCURSES: Package = Package::new("ncurses");

/// The family.
#[derive(Debug)]
pub struct MuslGcc;

static ABOUT: About = About {
    key: "musl-gcc",
    summary: "GCC cross toolchains with musl. Every combination of target and versions is a cell.",
    example_target: "x86_64-linux-musl",
    spelling: "targets are GNU triples such as x86_64-linux-musl or armv7-linux-musleabihf",
    first_target_unnamed: false,
    // A whole GCC takes a quarter of an hour on a quiet machine with two cores. Its linking is long and silent.
    limits: Limits { priority: 100, timeout: 14_400, silent: 3600 },
    example: "quickstart",
    packages: &[GCC, MUSL, MUSL_DEBIAN, MIMALLOC, BINUTILS, LINUX, GMP, MPFR, MPC, GDB, EXPAT, NCURSES],
    checks: &[
        "musl-gcc/programs.nix",
        "musl-gcc/torture.nix",
        "musl-gcc/malloc.nix",
        "musl-gcc/fortran.nix",
        "musl-gcc/gdb.nix",
        "musl-gcc/archive-check.nix",
        "musl-gcc/seed-musl.nix",
    ],
};

const AXIS_GCC: &str = "gcc";
const AXIS_MUSL: &str = "musl";
const AXIS_BINUTILS: &str = "binutils";
const AXIS_LINUX_HEADERS: &str = "linux-headers";
const AXIS_MALLOC: &str = "malloc";

static AXES: [Axis; 5] = [
    Axis { key: AXIS_GCC, values: Values::Releases(GCC), suffix: Suffix::Package, doc: "Versions of GCC." },
    Axis { key: AXIS_MUSL, values: Values::Releases(MUSL), suffix: Suffix::Package, doc: "Versions of musl." },
    Axis {
        key: AXIS_BINUTILS,
        values: Values::Releases(BINUTILS),
        suffix: Suffix::Package,
        doc: "Versions of binutils.",
    },
    Axis {
        key: AXIS_LINUX_HEADERS,
        values: Values::Releases(LINUX),
        suffix: Suffix::Package,
        doc: "Versions of the Linux kernel whose headers programs see.",
    },
    Axis {
        key: AXIS_MALLOC,
        values: Values::Words(Malloc::WORDS),
        suffix: Suffix::Key,
        doc: "The memory allocator of programs: musl's own, or mimalloc, which is part of every program that is linked.",
    },
];

words! {
    /// A memory allocator. The first is the default.
    pub enum Malloc: "malloc" {
        /// The one in musl.
        Musl = "musl",
        /// An object that the compiler links programs with.
        Mimalloc = "mimalloc",
    }
}

const PREFIX: &str = "prefix";

const ARCHIVE: Setting = Setting {
    key: "archive",
    kind: Kind::Switch,
    doc: "Adds a package `<cell>-tarball` for each cell: the toolchain as an archive that runs on any Linux with the build machine's kind of processor. GCC is built once or twice more for it.",
};

const PIE: Setting = Setting {
    key: "pie",
    kind: Kind::Switch,
    doc: "Compilers make position-independent programs unless they are told otherwise, as those of most Linux distributions do.",
};

const GDB_SETTING: Setting = Setting {
    key: "gdb",
    kind: Kind::Switch,
    doc: "Adds a package `<cell>-gdb` for each cell: GDB for the target, and gdbserver to run on it. GDB is on PATH in the cell's development shell.",
};

const UNPATCHED_MUSL: Setting = Setting {
    key: "unpatched-musl",
    kind: Kind::Switch,
    doc: "Builds musl as its authors released it, without the security fixes that Debian publishes for it.",
};

const LANGUAGES: Setting = languages(Language::WORDS);

static SETTINGS: [Setting; 6] = [
    LANGUAGES,
    PIE,
    UNPATCHED_MUSL,
    ARCHIVE,
    GDB_SETTING,
    Setting {
        key: PREFIX,
        kind: Kind::Switch,
        doc: "Adds a package with the toolchains of all targets side by side in one prefix, for each combination of versions.",
    },
];

const TOOL_PREFIX: &str = "tool-prefix";

static TOOL_PREFIX_FORM: Form = Form {
    pattern: "^[a-z0-9_]+(-[a-z0-9_]+)+$",
    is_met_by: is_tool_prefix,
    hint: "words of lower-case letters, digits and _ with - between them, without one at the end: armv7-arm-linux-musleabihf",
};

fn is_tool_prefix(word: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let is_plain = |part: &str| !part.is_empty() && part.bytes().all(plain);
    word.len() <= 64 && word.contains('-') && word.split('-').all(is_plain)
}

const GCC_FLAGS: &str = "gcc-flags";
const BINUTILS_FLAGS: &str = "binutils-flags";
const MUSL_FLAGS: &str = "musl-flags";
const LIBSTDCXX_FLAGS: &str = "libstdcxx-flags";

// The recipes in overlays/musl-gcc set these, and other recipes look for their outputs accordingly.
const TARGET: Fixed = Fixed {
    flags: &["--target", "--host", "--build", "--with-cross-host"],
    instead: "`targets` says for which machines, and `systems` in [build] on which; a vendor's triple cannot be given",
};
const LAYOUT: Fixed = Fixed {
    flags: &[
        "--prefix",
        "--exec-prefix",
        "--bindir",
        "--sbindir",
        "--libexecdir",
        "--libdir",
        "--syslibdir",
        "--includedir",
        "--oldincludedir",
        "--datarootdir",
        "--datadir",
        "--sysconfdir",
        "--localstatedir",
        "--sharedstatedir",
        "--infodir",
        "--mandir",
        "--docdir",
        "--srcdir",
        "--with-slibdir",
        "--with-toolexeclibdir",
        "--with-gxx-include-dir",
        "--with-local-prefix",
        "--with-sysroot",
        "--with-build-sysroot",
        "--with-native-system-header-dir",
        "--enable-version-specific-runtime-libs",
    ],
    instead: "remove it: toolchains are laid out alike and can be moved; -L, -isystem and --sysroot of the compiler name \
              other places when it is called",
};
const MULTILIB: Fixed = Fixed {
    flags: &["--enable-multilib"],
    instead: "remove it: a toolchain has one ABI; name the other target in `targets`",
};
const NAMES: Fixed = Fixed {
    flags: &["--program-prefix", "--program-suffix", "--program-transform-name"],
    instead: "remove it: other recipes call these programs by the target's triple; `tool-prefix` adds other names",
};
const NO_BUILD: Fixed =
    Fixed { flags: &["--help", "--version", "--no-create"], instead: "remove it: nothing would be configured" };

static GCC_FIXED: [Fixed; 8] = [
    TARGET,
    LAYOUT,
    MULTILIB,
    NAMES,
    NO_BUILD,
    Fixed {
        flags: &["--enable-shared", "--enable-threads"],
        instead: "remove it: libgcc is built static and shared, with the threads of musl",
    },
    Fixed { flags: &["--enable-languages"], instead: "`languages` chooses them: languages = [\"c\"]" },
    Fixed {
        flags: &[
            "--with-gmp",
            "--with-gmp-include",
            "--with-gmp-lib",
            "--with-mpfr",
            "--with-mpfr-include",
            "--with-mpfr-lib",
            "--with-mpc",
            "--with-mpc-include",
            "--with-mpc-lib",
            "--with-as",
            "--with-ld",
        ],
        instead: "remove it: GCC is built with GMP, MPFR, MPC and binutils that crossloom builds; `binutils` names versions",
    },
];
static BINUTILS_FIXED: [Fixed; 5] = [TARGET, LAYOUT, MULTILIB, NAMES, NO_BUILD];
static MUSL_FIXED: [Fixed; 5] = [
    TARGET,
    LAYOUT,
    MULTILIB,
    NO_BUILD,
    Fixed { flags: &["--enable-wrapper"], instead: "remove it: the compiler is one for musl and needs no wrapper" },
];
static LIBSTDCXX_FIXED: [Fixed; 4] = [TARGET, LAYOUT, MULTILIB, NO_BUILD];

static OVERRIDES: [Setting; 10] = [
    Setting {
        key: GCC_FLAGS,
        kind: Kind::Flags(&GCC_FIXED),
        doc: "Appended to the configure flags of gcc and of libgcc.",
    },
    Setting {
        key: BINUTILS_FLAGS,
        kind: Kind::Flags(&BINUTILS_FIXED),
        doc: "Appended to the configure flags of binutils.",
    },
    Setting { key: MUSL_FLAGS, kind: Kind::Flags(&MUSL_FIXED), doc: "Appended to the configure flags of musl." },
    Setting {
        key: LIBSTDCXX_FLAGS,
        kind: Kind::Flags(&LIBSTDCXX_FIXED),
        doc: "Appended to the configure flags of libstdcxx.",
    },
    Setting { doc: "Replaces the languages of these cells.", ..LANGUAGES },
    PIE,
    UNPATCHED_MUSL,
    Setting { doc: "Whether there is an archive of these cells.", ..ARCHIVE },
    Setting { doc: "Whether there is a GDB for these cells.", ..GDB_SETTING },
    Setting {
        key: TOOL_PREFIX,
        kind: Kind::Text(&TOOL_PREFIX_FORM),
        doc: "A second prefix of the programs' names, such as `armv7-arm-linux-musleabihf` for `…-gcc`, without the hyphen.",
    },
];

/// One cross toolchain.
#[derive(Debug, PartialEq, Eq)]
pub struct Spec {
    pub gcc: &'static Release,
    pub musl: &'static Release,
    pub binutils: &'static Release,
    pub linux_headers: &'static Release,
    pub languages: Languages,
    pub malloc: Malloc,
    /// Whether musl is built without Debian's security fixes.
    pub unpatched_musl: bool,
    pub flags: Flags,
    /// The prefix of the programs' second names.
    pub tool_prefix: Option<String>,
    /// Whether all targets stand side by side in a package.
    pub prefix: bool,
    /// Whether it is also an archive for other machines.
    pub archive: bool,
    /// Whether there is a debugger for it.
    pub gdb: bool,
}

impl Spec {
    /// The cell that a matrix gets which names a target alone.
    fn plain() -> Spec {
        Spec {
            gcc: GCC.default(),
            musl: MUSL.default(),
            binutils: BINUTILS.default(),
            linux_headers: LINUX.default(),
            languages: Languages::default(),
            malloc: Malloc::Musl,
            unpatched_musl: false,
            flags: Flags::default(),
            tool_prefix: None,
            prefix: false,
            archive: false,
            gdb: false,
        }
    }
}

/// Flags for configure scripts, in addition to what recipes and targets give.
///
/// Each starts with `-` and has no control characters.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Flags {
    pub gcc: Vec<String>,
    pub binutils: Vec<String>,
    pub musl: Vec<String>,
    pub libstdcxx: Vec<String>,
}

impl Family for MuslGcc {
    type Target = MuslTarget;
    type Spec = Spec;

    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn targets(&self) -> Vec<&'static MuslTarget> {
        MuslTarget::all().iter().collect()
    }

    /// Other programs write Debian's or Go's word for the processor, and a vendor between it and the system.
    fn misspelt(&self, word: &str) -> Option<Misspelt> {
        let (cpu, rest) = word.split_once('-')?;
        let cpu = match cpu {
            "amd64" | "x64" => "x86_64",
            "arm64" => "aarch64",
            cpu => cpu,
        };
        let system = rest.find("linux").and_then(|start| rest.get(start..))?;
        Some(Misspelt::Alias(format!("{cpu}-{}", system.replace("gnu", "musl"))))
    }

    fn axes(&self) -> &'static [Axis] {
        &AXES
    }

    fn settings(&self) -> &'static [Setting] {
        &SETTINGS
    }

    fn overrides(&self) -> &'static [Setting] {
        &OVERRIDES
    }

    fn refuse(&self, target: &'static MuslTarget, cell: &Reading<'_>, axis: &str) -> Option<Wrong> {
        let Value::Release(release) = cell.value(axis).ok()? else { return None };
        too_old(axis, release, target.triple(), target.since(release.package())?)
    }

    fn spec(&self, _: &'static MuslTarget, cell: &Reading<'_>) -> Result<Spec, Defect> {
        // Before the user's own, which may say the opposite.
        let pie = cell.is_on(PIE.key)?.then(|| "--enable-default-pie".to_owned());
        Ok(Spec {
            gcc: cell.release(AXIS_GCC)?,
            musl: cell.release(AXIS_MUSL)?,
            binutils: cell.release(AXIS_BINUTILS)?,
            linux_headers: cell.release(AXIS_LINUX_HEADERS)?,
            languages: Languages::of(cell)?,
            malloc: cell.word(AXIS_MALLOC)?,
            unpatched_musl: cell.is_on(UNPATCHED_MUSL.key)?,
            flags: Flags {
                gcc: pie.into_iter().chain(cell.flags(GCC_FLAGS)?).collect(),
                binutils: cell.flags(BINUTILS_FLAGS)?,
                musl: cell.flags(MUSL_FLAGS)?,
                libstdcxx: cell.flags(LIBSTDCXX_FLAGS)?,
            },
            tool_prefix: cell.text(TOOL_PREFIX)?,
            prefix: cell.is_on(PREFIX)?,
            archive: cell.is_on(ARCHIVE.key)?,
            gdb: cell.is_on(GDB_SETTING.key)?,
        })
    }

    /// Programs of two targets must not have one name, whether they are in one package or two on PATH. And gdbserver
    /// needs a compiler for C++.
    fn refuse_all(&self, cells: &[CellOf<MuslGcc>]) -> Option<Wrong> {
        let lacks_cxx = |cell: &&CellOf<MuslGcc>| cell.target.has_gdbserver() && !cell.spec.languages.cxx;
        if let Some(cell) = cells.iter().filter(|cell| cell.spec.gdb).find(lacks_cxx) {
            let message = format!("gdb = true for {} needs C++, which gdbserver is written in", cell.name);
            return Some(Wrong::new(message, "add \"c++\" to `languages`, or set gdb = false in an override"));
        }
        cells.iter().find_map(|cell| {
            let prefix = cell.spec.tool_prefix.as_deref()?;
            let is_of = |other: &&CellOf<MuslGcc>| {
                let named = other.spec.tool_prefix.as_deref() == Some(prefix) && other.target != cell.target;
                named || other.target.triple() == prefix
            };
            let other = cells.iter().find(is_of)?.target.triple();
            let target = cell.target.triple();
            let message = match other == target {
                true => format!("the tool-prefix of {target} is the target itself"),
                false => format!("{target} has the tool-prefix {prefix}, which is a prefix of {other}, too"),
            };
            Some(Wrong::new(message, "choose another, or leave the key out"))
        })
    }

    fn wanted(&self, cells: &[CellOf<MuslGcc>]) -> Vec<Wanted> {
        plan::wanted(cells)
    }

    fn plan(&self, planner: &mut Planner<'_>, cells: &[CellOf<MuslGcc>]) {
        plan::plan(planner, cells);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::version_key;
    use crate::verbatim::Verbatim;

    #[test]
    fn versions_that_are_too_old_for_a_target() {
        let since = |triple: &str, package: &str| {
            MuslTarget::parse(triple).and_then(|target| target.since(package)).map(version_key)
        };
        assert!(since("loongarch64-linux-musl", "gcc") > Some(version_key("11.4.0")));
        assert_eq!(since("x86_64-linux-musl", "linux"), None);
        let oldest = GCC.releases().iter().min_by_key(|release| version_key(release.version())).unwrap();
        let Wrong { message, hint } = too_old(AXIS_GCC, oldest, "x-linux-musl", "99").unwrap();
        let version = oldest.version();
        assert_eq!(message, format!("gcc does not support x-linux-musl: gcc {version}"));
        assert_eq!(
            hint,
            format!(
                "supported since gcc 99; take that or newer, or exclude = [{{ target = \"x-linux-musl\", gcc = \
                 \"{version}\" }}]"
            )
        );
        assert_eq!(too_old(AXIS_GCC, oldest, "x-linux-musl", version), None);
    }

    /// The flags that recipes set to a place or a machine, read from the recipes themselves.
    #[test]
    fn what_recipes_depend_on_cannot_be_set_again() {
        let recipes: [(&str, &[Fixed]); 4] = [
            ("gcc", &GCC_FIXED),
            ("binutils", &BINUTILS_FIXED),
            ("musl", &MUSL_FIXED),
            ("libstdcxx", &LIBSTDCXX_FIXED),
        ];
        for (recipe, fixed) in recipes {
            let text = Verbatim::embedded().text(&format!("musl-gcc/{recipe}.nix")).unwrap();
            let flags = text.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix('"'));
            let set: Vec<_> = flags.filter(|flag| flag.starts_with("--") && flag.contains(['$', '/'])).collect();
            assert!(set.len() > 1, "{recipe}: {set:?}");
            for flag in set.into_iter().chain(["--prefix=/usr", "--libdir=/lib64", "--disable-multilib"]) {
                assert!(fixed.iter().any(|fixed| fixed.covers(flag)), "{recipe}: {flag}");
            }
            for flag in ["--with-arch=armv7-a", "--enable-default-pie", "--disable-nls", "--enable-checking=yes"] {
                assert!(fixed.iter().all(|fixed| !fixed.covers(flag)), "{recipe}: {flag}");
            }
        }
    }
}
