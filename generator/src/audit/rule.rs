//! The registry of rules: what each looks for, why that breaks a cross build, and what to write instead. Pages of the
//! documentation and all outputs are made from it.

/// A rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name in outputs, suppressions and the documentation.
    pub id: &'static str,
    /// Whose files it reads.
    pub system: BuildSystem,
    /// What it finds, in half a sentence.
    pub summary: &'static str,
    /// Why that breaks.
    pub reason: &'static str,
    /// What to write instead.
    pub fix: &'static str,
}

/// Who reads a file when a source tree is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BuildSystem {
    Autoconf,
    CMake,
    Meson,
    Make,
    Cargo,
}

impl BuildSystem {
    pub fn as_str(self) -> &'static str {
        match self {
            BuildSystem::Autoconf => "autoconf",
            BuildSystem::CMake => "CMake",
            BuildSystem::Meson => "Meson",
            BuildSystem::Make => "make",
            BuildSystem::Cargo => "cargo",
        }
    }
}

/// Declares the rules and the list of them. A scanner names a rule by its constant, so none can be misspelt.
macro_rules! rules {
    ($($name:ident, $system:ident, $id:literal, $summary:literal, $reason:literal, $fix:literal;)+) => {
        $(pub static $name: Rule = Rule {
            id: $id, system: BuildSystem::$system, summary: $summary, reason: $reason, fix: $fix,
        };)+

        /// Every rule, in the order of the documentation.
        pub static RULES: &[&Rule] = &[$(&$name,)+];
    };
}

/// The rule of a name.
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.id == id)
}

rules! {
    AC_MALLOC, Autoconf, "autoconf-func-malloc",
    "AC_FUNC_MALLOC without a replacement for malloc",
    "The macro runs a program to see what malloc(0) returns. When it cannot run one, it assumes the worst on systems that this \
     version of Autoconf does not know, and defines malloc as rpl_malloc. No file of this tree defines rpl_malloc, so linking \
     ends with \"undefined reference to rpl_malloc\".",
    "Remove the macro if the program does not depend on malloc(0); otherwise use gnulib's module malloc-gnu, which has the \
     replacement. Without a change of the tree, configure with ac_cv_func_malloc_0_nonnull=yes.";

    AC_REALLOC, Autoconf, "autoconf-func-realloc",
    "AC_FUNC_REALLOC without a replacement for realloc",
    "The macro runs a program to see what realloc(0, 0) returns. When it cannot run one, it assumes the worst on systems that \
     this version of Autoconf does not know, and defines realloc as rpl_realloc. No file of this tree defines rpl_realloc, so \
     linking ends with \"undefined reference to rpl_realloc\".",
    "Remove the macro if the program does not depend on realloc(0, 0); otherwise use gnulib's module realloc-gnu, which has the \
     replacement. Without a change of the tree, configure with ac_cv_func_realloc_0_nonnull=yes.";

    AC_MMAP, Autoconf, "autoconf-func-mmap",
    "AC_FUNC_MMAP",
    "The macro runs a program to see whether mmap works. When it cannot run one, it answers no (newer versions of Autoconf: on \
     systems that they do not know), so HAVE_MMAP stays undefined and the program silently takes its slow path or none.",
    "Use AC_CHECK_FUNCS([mmap]), which links and does not run. Without a change of the tree, configure with \
     ac_cv_func_mmap_fixed_mapped=yes.";

    AC_CHOWN, Autoconf, "autoconf-func-chown",
    "AC_FUNC_CHOWN",
    "The macro runs a program to see whether chown accepts -1. When it cannot run one, it answers no (newer versions of Autoconf: \
     on systems that they do not know), so HAVE_CHOWN stays undefined although the target has the function.",
    "Use AC_CHECK_FUNCS([chown]): every system of this century accepts -1. Without a change of the tree, configure with \
     ac_cv_func_chown_works=yes.";

    AC_GETGROUPS, Autoconf, "autoconf-func-getgroups",
    "AC_FUNC_GETGROUPS",
    "The macro runs a program to see whether getgroups works. When it cannot run one, it answers no (newer versions of Autoconf: \
     on systems that they do not know), so HAVE_GETGROUPS stays undefined although the target has the function.",
    "Use AC_CHECK_FUNCS([getgroups]). Without a change of the tree, configure with ac_cv_func_getgroups_works=yes.";

    AC_STRCOLL, Autoconf, "autoconf-func-strcoll",
    "AC_FUNC_STRCOLL",
    "The macro runs a program to see whether strcoll compares as it should. When it cannot run one, it answers no (newer versions \
     of Autoconf: on systems that they do not know), so HAVE_STRCOLL stays undefined and texts are sorted by bytes.",
    "Use AC_CHECK_FUNCS([strcoll]). Without a change of the tree, configure with ac_cv_func_strcoll_works=yes.";

    AC_LSTAT, Autoconf, "autoconf-func-lstat",
    "AC_FUNC_LSTAT_FOLLOWS_SLASHED_SYMLINK",
    "The macro runs a program to see whether lstat follows a link whose name ends in a slash. When it cannot run one, it assumes \
     that lstat does not (newer versions of Autoconf: on systems that they do not know), and asks for a replacement, lstat.c.",
    "Remove the macro, or use gnulib's module lstat, which has the replacement. Without a change of the tree, configure with \
     ac_cv_func_lstat_dereferences_slashed_symlink=yes.";

    AC_GUESS, Autoconf, "autoconf-func-guess",
    "another macro that takes a function for broken where it cannot run a program",
    "AC_FUNC_FNMATCH, AC_FUNC_LSTAT, AC_FUNC_MEMCMP, AC_FUNC_MKTIME, AC_FUNC_STAT, AC_FUNC_STRTOD and AC_FUNC_WAIT3 look for faults \
     of systems of the last century. When they cannot run a program, they take the target's function for broken: HAVE_FNMATCH and \
     HAVE_WAIT3 stay undefined, and the others ask for a replacement, such as memcmp.c, that this tree does not have.",
    "Remove the macro. Without a change of the tree, configure with the answer that the finding names.";

    AC_RUN, Autoconf, "autoconf-run-without-cross-answer",
    "AC_RUN_IFELSE or AC_TRY_RUN without an answer for cross builds",
    "A test program of the target does not run on the build machine. Without the fourth argument, configure stops with \"cannot run \
     test program while cross compiling\". A fourth argument that always calls AC_MSG_ERROR stops it, too, and so does the old macro \
     AC_SYS_RESTARTABLE_SYSCALLS, which has no answer.",
    "Test with AC_COMPILE_IFELSE, AC_LINK_IFELSE or AC_COMPUTE_INT if you can. Otherwise give a fourth argument with an answer for \
     cross builds, and keep the result in a cache variable that users can set.";

    AC_PKG_PATH, Autoconf, "autoconf-pkg-config-path",
    "pkg-config looked up as a program of the build machine",
    "AC_PATH_PROG and AC_CHECK_PROG look for exactly this name, so they find the build machine's pkg-config, which answers with flags \
     for the build machine's libraries.",
    "Use PKG_PROG_PKG_CONFIG, which prefers HOST-pkg-config and respects PKG_CONFIG.";

    AC_PKG_LATE, Autoconf, "autoconf-pkg-config-late",
    "pkg-config looked for in one branch of shell code, and used outside of it",
    "PKG_CHECK_MODULES and PKG_CHECK_EXISTS look for pkg-config where the first of them stands. If that is between if and fi, PKG_CONFIG \
     is empty for those that follow when the branch is not taken, and configure ends with \"The pkg-config script could not be found\", or \
     finds no library. It fails with options that nobody tried, such as those that a cross build switches off.",
    "Call PKG_PROG_PKG_CONFIG once, outside of any condition and before the first PKG_CHECK_MODULES; or use AS_IF instead of if, which \
     looks for pkg-config in front of the condition.";

    AC_BARE_TOOL, Autoconf, "autoconf-bare-tool",
    "a tool of the toolchain that is looked up without the host's prefix",
    "AC_CHECK_PROG and AC_PATH_PROG look for exactly this name, so they find the build machine's tool. An archive or a program of \
     the target that it works on is damaged or refused.",
    "Use AC_CHECK_TOOL or AC_PATH_TOOL, which look for HOST-TOOL first. AM_PROG_AR, AC_PROG_RANLIB and LT_INIT do the same for their tools.";

    AC_CHECK_FILE, Autoconf, "autoconf-check-file",
    "AC_CHECK_FILE or AC_CHECK_FILES",
    "The macro looks for a file of the target on the build machine. In a cross build configure stops with \"cannot check for file \
     existence when cross compiling\".",
    "Look for files of the source tree with test -f. For files of the target, add an option (AC_ARG_WITH), or decide at run time.";

    AC_UNAME, Autoconf, "autoconf-uname",
    "uname in configure.ac",
    "uname describes the build machine, so a cross build takes decisions for the wrong system or processor.",
    "Call AC_CANONICAL_HOST, and decide by $host_os and $host_cpu.";

    AC_HOST_PATH, Autoconf, "autoconf-absolute-path",
    "a flag that leads to the build machine's headers or libraries",
    "/usr/include and /usr/lib are the build machine's. Their headers hide the target's, and their libraries are for another \
     processor or another libc.",
    "Leave the search to the compiler and to pkg-config, which know the sysroot; add an option for unusual places.";

    AC_PREFIX_DATA, Autoconf, "autoconf-data-through-prefix",
    "a folder that is derived from prefix",
    "The target's headers and libraries can be below exec_prefix and includedir, and data below datarootdir, none of which need to be \
     in prefix: --prefix=/usr --exec-prefix=/usr/TARGET --includedir=/usr/TARGET/include. Files of the build machine are found, or none.",
    "Use $datadir, $libdir, $includedir and $sysconfdir; for files of another package use a variable of its .pc file, such as \
     pkgdatadir.";

    AC_CONFIG_SUB, Autoconf, "autoconf-stale-config-sub",
    "a config.sub that does not know current targets",
    "config.sub turns --host into its canonical form. For a target whose name it does not know, configure stops with \
     \"machine not recognized\" or \"system not recognized\".",
    "Replace config.sub and config.guess with those of GNU config, or run autoreconf --force --install.";

    AC_OLD_CONFIGURE, Autoconf, "autoconf-old-configure",
    "a configure script too old for --datarootdir",
    "Autoconf before 2.60 (2006) does not know --datarootdir, so configure refuses the option with which distributions share data \
     between targets. Such scripts are also older than most of the target's names.",
    "Generate configure again: autoreconf --force --install.";

    AC_INTLTOOL, Autoconf, "autoconf-intltool",
    "intltool",
    "intltool's macros take paths of data from prefix, and a copy of intltool that is older than the installed one breaks as soon as \
     configure is generated again, which cross builds often need.",
    "Use gettext 0.19.8 or later (msgfmt --desktop, msgfmt --xml). To keep intltool, run intltoolize --force --automake before autoreconf.";

    CMAKE_TRY_RUN, CMake, "cmake-try-run",
    "try_run or check_c_source_runs without a cached answer",
    "CMake cannot run a program of the target. It stops with \"TRY_RUN() invoked in cross-compiling mode\" unless the results are \
     in the cache, or takes the check for failed.",
    "Use try_compile or check_c_source_compiles if you can. Otherwise set the result under if(CMAKE_CROSSCOMPILING), or document \
     the cache variables that a toolchain file has to set.";

    CMAKE_HOST, CMake, "cmake-host-system",
    "a decision by CMAKE_HOST_SYSTEM_NAME or CMAKE_HOST_SYSTEM_PROCESSOR",
    "CMAKE_HOST_… and cmake_host_system_information describe the machine that CMake runs on. A cross build takes decisions for the \
     wrong system or processor.",
    "Use CMAKE_SYSTEM_NAME and CMAKE_SYSTEM_PROCESSOR, which are the target's. Use CMAKE_HOST_… only for programs that run during \
     the build.";

    CMAKE_UNAME, CMake, "cmake-uname",
    "a program that describes the build machine",
    "uname, arch and dpkg --print-architecture describe the build machine, so a cross build takes decisions for the wrong system or \
     processor.",
    "Use CMAKE_SYSTEM_NAME and CMAKE_SYSTEM_PROCESSOR.";

    CMAKE_NATIVE, CMake, "cmake-march-native",
    "-march=native",
    "The flag asks for the processor of the build machine. A cross compiler refuses it, or makes programs that the target cannot run.",
    "Make it an option that is off by default, or leave it to the user's CFLAGS.";

    CMAKE_BARE_TOOL, CMake, "cmake-bare-tool",
    "a tool of the toolchain by its bare name",
    "The name is that of the build machine's tool. A cross toolchain's tools have a prefix.",
    "Use CMAKE_C_COMPILER, CMAKE_AR, CMAKE_STRIP, CMAKE_OBJCOPY and so on, which come from the toolchain; for pkg-config, \
     find_package(PkgConfig) and PKG_CONFIG_EXECUTABLE.";

    CMAKE_RUNS, CMake, "cmake-runs-built-program",
    "a program that is built for the target and run during the build",
    "add_executable makes programs for the target. A command that runs one during the build fails with \"Exec format error\" unless the \
     user has an emulator.",
    "Build the generator for the build machine (ExternalProject, or an option for the path of a native build), use find_program for \
     an installed one, or write it in a language that is interpreted.";

    CMAKE_HOST_PATH, CMake, "cmake-absolute-path",
    "a folder of the build machine's headers or libraries",
    "/usr/include and /usr/lib are the build machine's. Their headers hide the target's, and their libraries are for another processor \
     or another libc.",
    "Use find_package, find_path and find_library, which look below the sysroot.";

    MESON_RUN, Meson, "meson-run",
    "run() of a compiler without a condition",
    "run() starts a program of the target. Without an exe wrapper in the cross file Meson stops with \"Can not run test applications in \
     this cross environment\".",
    "Use compiles(), links() or compute_int() if you can. Otherwise ask meson.can_run_host_binaries() first, and have an answer for \
     cross builds.";

    MESON_NATIVE, Meson, "meson-missing-native",
    "a program that is built for the target and run during the build",
    "executable() without native: true makes a program for the target. A custom_target or generator that runs it needs an exe wrapper; \
     without one Meson stops.",
    "Build it with native: true, and its dependencies, too: dependency(…, native: true).";

    MESON_BUILD_MACHINE, Meson, "meson-build-machine",
    "a decision by build_machine",
    "build_machine is where Meson runs. In a cross build a decision by it is for the wrong system or processor.",
    "Use host_machine, which is where the results run. Use build_machine only for programs that run during the build.";

    MESON_UNAME, Meson, "meson-uname",
    "a program that describes the build machine",
    "uname and arch describe the build machine, so a cross build takes decisions for the wrong system or processor.",
    "Use host_machine.system() and host_machine.cpu_family().";

    MESON_BARE_TOOL, Meson, "meson-bare-tool",
    "a tool of the toolchain by its bare name in run_command",
    "run_command starts the build machine's tool. A cross toolchain's tools have a prefix, and pkg-config needs the target's folders.",
    "Use meson.get_compiler(), dependency(), and find_program(), which reads the section [binaries] of the cross file.";

    MESON_NATIVE_FLAG, Meson, "meson-march-native",
    "-march=native",
    "The flag asks for the processor of the build machine. A cross compiler refuses it, or makes programs that the target cannot run.",
    "Make it an option that is off by default, or leave it to the user's c_args.";

    MAKE_BARE_TOOL, Make, "make-bare-tool",
    "a command of a recipe that calls a tool of the toolchain by its bare name",
    "The name is that of the build machine's tool, whatever CC or AR are. Objects for the wrong processor are made, or the target's are \
     damaged or refused.",
    "Use $(CC), $(AR), $(RANLIB), $(STRIP), $(OBJCOPY), $(PKG_CONFIG), and let users set them.";

    MAKE_FIXED_TOOL, Make, "make-fixed-tool",
    "a variable that names the build machine's tool and ignores the environment",
    "An assignment with = or := overrides CC, CXX, AR and so on from the environment, where development shells and package builders set \
     them. Only variables on make's command line still win.",
    "Remove the assignment if make has a default (CC, AR), use ?=, or begin the value with $(CROSS_COMPILE).";

    MAKE_UNAME, Make, "make-uname",
    "uname, whose answer cannot be set from the environment",
    "uname describes the build machine, so a cross build takes decisions for the wrong system or processor.",
    "Ask the compiler ($(CC) -dumpmachine), or assign with ?= so that users can set the variable.";

    MAKE_HOST_PATH, Make, "make-absolute-path",
    "a flag that leads to the build machine's headers or libraries",
    "/usr/include and /usr/lib are the build machine's. Their headers hide the target's, and their libraries are for another processor \
     or another libc.",
    "Remove the flag, or use what $(PKG_CONFIG) prints.";

    MAKE_INSTALL_STRIP, Make, "make-install-strip",
    "install -s",
    "install -s calls the build machine's strip, which does not know the target's programs: installing fails or damages them.",
    "Install without -s, and strip with $(STRIP) in a target of its own, such as install-strip. With GNU install, --strip-program=$(STRIP) works, too.";

    MAKE_NATIVE, Make, "make-march-native",
    "-march=native",
    "The flag asks for the processor of the build machine. A cross compiler refuses it, or makes programs that the target cannot run.",
    "Leave it to the user's CFLAGS.";

    MAKE_RUNS, Make, "make-runs-built-program",
    "a program that is built with $(CC) and run during the build",
    "$(CC) makes programs for the target. A recipe that runs one fails with \"Exec format error\" in a cross build.",
    "Build the generator with a compiler of its own, such as $(CC_FOR_BUILD) or $(HOSTCC), which defaults to cc.";

    CARGO_CFG, Cargo, "cargo-build-script-cfg",
    "a build script that decides by cfg! or #[cfg] of the build machine",
    "A build script is compiled for the build machine, so cfg!(target_os = …), cfg!(windows) and #[cfg(…)] in it describe that machine \
     and not the target.",
    "Read CARGO_CFG_TARGET_OS, CARGO_CFG_TARGET_ARCH, CARGO_CFG_WINDOWS and so on from the environment, which Cargo sets for the target.";

    CARGO_CONSTS, Cargo, "cargo-build-script-consts",
    "a build script that reads std::env::consts",
    "std::env::consts::OS and ARCH in a build script are those of the build machine.",
    "Read CARGO_CFG_TARGET_OS and CARGO_CFG_TARGET_ARCH from the environment, which Cargo sets for the target.";

    CARGO_BARE_TOOL, Cargo, "cargo-build-script-bare-tool",
    "a build script that starts a tool of the toolchain by its bare name",
    "The name is that of the build machine's compiler or archiver, so the objects are for the wrong processor.",
    "Use the crate cc, which reads CC_<target>, AR_<target> and the like; for pkg-config, the crate pkg-config.";

    CARGO_BUILD_DEPENDENCY, Cargo, "cargo-target-build-dependency",
    "build-dependencies under a condition on the target",
    "Build dependencies are compiled for the build machine, and Cargo compares the condition with that machine: in a cross build the \
     dependency is missing, or there although nothing needs it.",
    "Move the dependency to [build-dependencies] without a condition, and decide in the build script by CARGO_CFG_….";

    CARGO_GIT, Cargo, "cargo-git-without-revision",
    "a git dependency without rev, in a tree without Cargo.lock",
    "A branch or a tag can move, and nothing records the commit: two builds of the same tree, such as the native and the cross build, \
     use different sources. Builders without a network cannot fetch it in advance.",
    "Add rev = \"COMMIT\", and commit Cargo.lock.";

    CARGO_LOCK, Cargo, "cargo-missing-lock",
    "a program without Cargo.lock",
    "Without Cargo.lock every build resolves versions anew, so two builds of the same tree can use different crates, and builders \
     without a network cannot fetch them in advance.",
    "Commit Cargo.lock.";

    CARGO_NATIVE, Cargo, "cargo-target-cpu-native",
    "target-cpu=native in Cargo's configuration",
    "rustc takes the processor of the build machine, and makes programs that the target cannot run.",
    "Remove the flag, or leave it to the user's RUSTFLAGS.";
}
