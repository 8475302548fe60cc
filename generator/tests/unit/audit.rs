//! Every rule of `crossloom audit` against a tree that triggers it and a clean twin; its pages; suppressions, baselines,
//! SARIF, and trees that mean harm.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::processor::processor_time;
use super::project::repository;
use crate::audit::{self, Audit, AuditError, Baseline, Finding, LIMITS, Limits, RULES, Rule, audit, sarif};

fn data() -> PathBuf {
    repository().join("generator/tests/data/audit")
}

fn looked(folder: &Path) -> Audit {
    audit(folder, &[], LIMITS).unwrap()
}

/// Findings in short: file, line and rule.
fn short(audit: &Audit) -> Vec<String> {
    audit.findings.iter().map(|one| format!("{}:{} {}", one.file, one.line, one.rule.id)).collect()
}

/// A tree of these files.
fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = place.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    place
}

#[test]
fn every_rule_has_a_tree_that_triggers_it_and_a_clean_twin() {
    for rule in RULES {
        let bad = looked(&data().join(rule.id).join("bad"));
        assert!(!bad.findings.is_empty(), "{} is not found", rule.id);
        assert!(bad.findings.iter().all(|one| one.rule == *rule), "{}: {:?}", rule.id, short(&bad));
        let good = looked(&data().join(rule.id).join("good"));
        assert!(good.files > 0 && good.findings.is_empty(), "{}: {:?}", rule.id, short(&good));
    }
    let mut folders: Vec<_> = fs::read_dir(data()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    folders.sort();
    let mut ids: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
    ids.sort_unstable();
    assert_eq!(folders, ids);
}

#[test]
fn rules_are_complete_and_told_apart() {
    for rule in RULES {
        let system = rule.system.as_str().to_ascii_lowercase();
        assert!(rule.id.starts_with(&system), "{}", rule.id);
        assert!(rule.id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", rule.id);
        for text in [rule.reason, rule.fix] {
            assert!(text.ends_with('.') && !text.contains("  "), "{}: {text}", rule.id);
        }
        assert!(!rule.summary.ends_with('.') && rule.summary.len() <= 90, "{}", rule.id);
        assert_eq!(audit::find(rule.id), Some(*rule));
    }
    assert_eq!(audit::find("no-such-rule"), None);
}

/// The files of an example, each with its path above it.
fn example(folder: &Path) -> String {
    let mut text = String::new();
    let mut left = vec![folder.to_owned()];
    let mut files = Vec::new();
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { left.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    for file in files {
        let name = file.strip_prefix(folder).unwrap().display().to_string();
        let language = if name.ends_with(".toml") { "toml" } else { "text" };
        let contents = fs::read_to_string(&file).unwrap();
        text.push_str(&format!("`{name}`:\n\n```{language}\n{}\n```\n\n", contents.trim_end()));
    }
    text
}

/// The page of a rule.
fn page(rule: &Rule) -> String {
    let Rule { id, summary, reason, fix, system } = rule;
    let (bad, good) = (example(&data().join(id).join("bad")), example(&data().join(id).join("good")));
    let found = looked(&data().join(id).join("bad"));
    let detail = |one: &Finding| one.detail.as_ref().map_or(String::new(), |detail| format!(" ({detail})"));
    let line = |one: &Finding| format!("{}:{}: {id}: {}{}\n", one.file, one.line, one.code, detail(one));
    let lines: String = found.findings.iter().map(line).collect();
    format!(
        "# {id}\n\n{}: {summary}.\n\n## Why it breaks\n\n{reason}\n\n## Fix\n\n{fix}\n\n## Example\n\n{bad}`crossloom audit` prints:\n\n\
         ```text\n{lines}```\n\nNothing is found in this tree:\n\n{good}## Suppress it\n\nWrite a comment with \
         `crossloom-audit: ignore {id} REASON` at the end of the line or on the line before it, or a line `{id} PATTERN` in \
         `.crossloom-audit`. [All rules](README.md)\n",
        system.as_str()
    )
}

/// The rows of the overview.
fn overview() -> String {
    let row =
        |rule: &&Rule| format!("| {} | [{}]({}.md) | {} |\n", rule.system.as_str(), rule.id, rule.id, rule.summary);
    format!("| reads | rule | finds |\n|---|---|---|\n{}", RULES.iter().map(row).collect::<String>())
}

#[test]
fn contract_of_the_pages_of_rules() {
    let folder = repository().join("docs/audit");
    let bless = std::env::var_os("CROSSLOOM_BLESS").is_some();
    let mut pages: Vec<_> = RULES.iter().map(|rule| (format!("{}.md", rule.id), page(rule))).collect();
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    let (begin, end) = ("<!-- rules -->\n", "<!-- end of rules -->\n");
    let (before, rest) = readme.split_once(begin).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    pages.push(("README.md".to_owned(), format!("{before}{begin}{}{end}{after}", overview())));
    for (name, text) in &pages {
        if bless {
            fs::write(folder.join(name), text).unwrap();
        }
        let there = fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(there == *text, "docs/audit/{name} is stale: CROSSLOOM_BLESS=1 writes it");
    }
    let files = fs::read_dir(&folder).unwrap().count();
    assert_eq!(files, pages.len(), "docs/audit has a page without a rule");
}

const BAD_MAKE: &str = "all:\n\tstrip a\n";

/// What real packages taught: code that a rule would take for a fault and that is right in cross builds, beside code that
/// looks like it and is not.
#[test]
fn code_that_cross_builds_do_not_reach_is_not_found() {
    let runs = "macro(asks_a)\n  check_c_source_runs(\"int main() {}\" A)\nendmacro()\n";
    let cmake = |guard: &str| {
        let top = format!("if({guard})\n  asks_a()\n  include(Detect)\nendif()\n");
        short(&looked(tree(&[("CMakeLists.txt", &top), ("m/asks.cmake", runs), ("m/Detect.cmake", runs)]).path()))
    };
    assert_eq!(cmake("NOT CMAKE_CROSSCOMPILING"), [""; 0]);
    assert_eq!(cmake("NOT MSVC"), ["m/Detect.cmake:2 cmake-try-run", "m/asks.cmake:2 cmake-try-run"]);

    let lists = "AC_INIT([a], [1])\nAC_CHECK_FUNCS(getcwd \\\nuname \\\natoll)\ncase `\nuname -s` in\nesac\n";
    assert_eq!(short(&looked(tree(&[("configure.ac", lists)]).path())), ["configure.ac:6 autoconf-uname"]);
    let reads = "test -z \"$A\" && A=${prefix}/lib\ntest -d \"${prefix}/lib\" && A=${prefix}/lib\n";
    assert_eq!(
        short(&looked(tree(&[("configure.ac", reads)]).path())),
        ["configure.ac:2 autoconf-data-through-prefix"]
    );

    let answer = |answer: &str| format!("AC_RUN_IFELSE([int main() {{}}], [a=1], [a=0], [{answer}])\n");
    assert_eq!(short(&looked(tree(&[("configure.ac", &answer("a=1"))]).path())), [""; 0]);
    let stops = tree(&[("configure.ac", &answer("AC_MSG_ERROR([cannot be cross compiled])"))]);
    assert_eq!(short(&looked(stops.path())), ["configure.ac:1 autoconf-run-without-cross-answer"]);

    let (map, yes) = ("AC_FUNC_MMAP\n", "  linux*) ac_cv_func_mmap_fixed_mapped=yes ;;\n# datarootdir\n");
    let files = [("a/configure.ac", map), ("a/configure", yes), ("b/configure.ac", map), ("b/configure", "#\n")];
    assert_eq!(short(&looked(tree(&files).path())), ["b/configure.ac:1 autoconf-func-mmap"]);
}

/// Code that asks about cross builds is known by its structure, not by a word close to it.
#[test]
fn conditions_about_cross_builds_reach_as_far_as_their_code() {
    let found = |text: &str| short(&looked(tree(&[("configure.ac", text)]).path()));
    let run = "AC_RUN_IFELSE([int main() {}], [a=1], [a=0]";
    let unanswered = |line: usize| vec![format!("configure.ac:{line} autoconf-run-without-cross-answer")];
    assert_eq!(found(&format!("{run}, [AC_MSG_RESULT([cross-compiling, assuming yes])])\n{run})\n")), unanswered(2));
    let filler = "a=b\n".repeat(60);
    let inside = format!("if test \"$cross_compiling\" = yes; then\n{filler}else\n{filler}a=`uname -s`\n{run})\nfi\n");
    assert_eq!(found(&inside), [""; 0]);
    assert_eq!(found(&format!("{inside}{run})\n")), unanswered(126));
    let around =
        format!("AS_IF([test $cross_compiling = no], [\nCC=`uname`\nAC_PATH_PROG([STRIP], [strip])\n])\n{run})\n");
    assert_eq!(found(&around), unanswered(5));
    assert_eq!(found(&format!("test \"$cross_compiling\" = yes ||\n  {run})\n")), [""; 0]);
    assert_eq!(found(&format!("test \"$cross_compiling\" = yes && a=b; {run})\n")), unanswered(1));
    assert_eq!(found(&format!("AS_IF([test \"$build\" = \"$host\"], [\n  {run})])\n")), [""; 0]);
    // A message that always stops is no answer, whatever is printed before it.
    for (answer, expected) in [
        ("AC_MSG_RESULT([unknown]); AC_MSG_ERROR([cannot])", unanswered(1)),
        ("AS_IF([test -z \"$a\"], [AC_MSG_ERROR([set a])])", vec![]),
        ("if test -z \"$a\"; then AC_MSG_ERROR([set a]); fi", vec![]),
        ("test -n \"$a\" || AC_MSG_ERROR([set a])", vec![]),
    ] {
        assert_eq!(found(&format!("{run}, [{answer}])\n")), expected, "{answer}");
    }
}

#[test]
fn pkg_config_is_looked_for_where_its_users_find_it() {
    let found = |text: &str| short(&looked(tree(&[("configure.ac", text)]).path()));
    let (a, b) = ("PKG_CHECK_MODULES([A], [a])\n", "PKG_CHECK_MODULES([B], [b])\n");
    let late = ["configure.ac:2 autoconf-pkg-config-late"];
    assert_eq!(found(&format!("if x; then\n{a}fi\n{b}")), late);
    assert_eq!(found(&format!("if x; then\n{a}else\n{b}fi\n")), late);
    assert_eq!(found(&format!("if x; then\nPKG_PROG_PKG_CONFIG\n{a}fi\nif y; then {b}fi\n")), late);
    for text in [
        format!("{a}PKG_PROG_PKG_CONFIG\n{b}"),
        format!("AS_IF([x], [{a}])\n{b}"),
        format!("if x; then\n{a}fi\nPKG_PROG_PKG_CONFIG\n{b}"),
        format!("PKG_PROG_PKG_CONFIG\nif x; then\n{a}fi\n{b}"),
        format!("AC_PATH_TOOL([PKG_CONFIG], [pkg-config])\nif x; then\n{a}fi\n{b}"),
        format!("if x; then\n{a}{b}fi\n"),
        format!("if x; then\n{a}fi\nif x; then\n{b}fi\n"),
        format!("AC_ARG_WITH([x], [], [if x; then {a}fi])\n{b}"),
    ] {
        assert_eq!(found(&text), [""; 0], "{text}");
    }
}

#[test]
fn more_of_configure() {
    let found = |text: &str| short(&looked(tree(&[("configure.ac", text)]).path()));
    let path = ["configure.ac:1 autoconf-absolute-path"];
    assert_eq!(found("if test -d /usr/local/include; then CPPFLAGS=\"-I/usr/local/include\"; fi\n"), path);
    assert_eq!(found("AS_IF([test \"$a\" = 1], [LIBS=\"-L/usr/lib\"])\n"), path);
    assert_eq!(found("if test \"$a\" = -L/usr/lib; then a=; fi\n"), [""; 0]);
    assert_eq!(found("if test \"[$]NAME[]_LIB\" = \"-L/usr/lib\"\n"), [""; 0]);
    // The second is for versions of Autoconf without the first.
    let both = "IF_OLD([AC_PATH_TOOL(PKG_CONFIG, pkg-config)], [AC_PATH_PROG(PKG_CONFIG, pkg-config)])\n";
    assert_eq!(found(both), [""; 0]);
    assert_eq!(found(&both.replace("TOOL(PKG", "TOOL(OTHER")), ["configure.ac:1 autoconf-pkg-config-path"]);
    let guess = "if test -f config.guess; then AC_CANONICAL_HOST\nelse\n  a=`uname -s`\nfi\n";
    assert_eq!(found(guess), [""; 0]);
    // A test of malloc replaces nothing.
    let malloc = |path: &str, text: &str| {
        let place = tree(&[("configure.ac", "AC_FUNC_MALLOC\nAC_FUNC_MKTIME\n"), (path, text), ("lib/mktime.c", "")]);
        looked(place.path()).findings.len()
    };
    assert_eq!(malloc("tests/malloc.c", "int main(void) {}\n"), 1);
    assert_eq!(malloc("lib/malloc.c", "void *rpl_malloc(size_t);\n"), 0);
    let guessed = looked(
        tree(&[("configure.ac", "AC_FUNC_MKTIME\nAC_SYS_RESTARTABLE_SYSCALLS\n"), ("tests/mktime.c", "")]).path(),
    );
    assert_eq!(
        short(&guessed),
        ["configure.ac:1 autoconf-func-guess", "configure.ac:2 autoconf-run-without-cross-answer"]
    );
    assert_eq!(guessed.findings[0].detail.as_deref(), Some("ac_cv_func_working_mktime=yes"));
    // aclocal's output is a collection of copies, but people write such files, too.
    let macros =
        |head: &str| looked(tree(&[("aclocal.m4", &format!("{head}\nAC_FUNC_CHOWN\n"))]).path()).findings.len();
    assert_eq!((macros("# generated automatically by aclocal 1.16.5"), macros("dnl Macros of ours")), (0, 1));
    let old =
        looked(tree(&[("config.sub", "timestamp='2019-05-23'\n# aarch64 riscv64 musl or1k microblazeel\n")]).path());
    assert_eq!(old.findings[0].detail.as_deref(), Some("does not know loongarch"));
}

#[test]
fn makefiles_have_many_names() {
    for (name, read) in [
        ("Makefile.pre.in", true),
        ("src/Makefile.global.in", true),
        ("Makefile.linux-gcc", true),
        ("scripts/makefile.linux", true),
        ("config.mak.uname", true),
        ("unix.mak", true),
        ("rules.make", true),
        ("make.inc", true),
        ("rules_c.mk", true),
        ("pc-bios/Makefile", true),
        ("Makefile.PL", false),
        ("Makefile.SH", false),
        ("Makefile.vc", false),
        ("makefile.vcwin32", false),
        ("makefile.amiga", false),
        ("makefile.hpux", false),
        ("Makefile.in~", false),
        ("win32.mak", false),
        ("win32/Makefile", false),
        ("mymakefile.txt", false),
    ] {
        assert_eq!(looked(tree(&[(name, "CC = gcc\n")]).path()).findings.len(), usize::from(read), "{name}");
    }
}

#[test]
fn manifests_say_where_things_are() {
    let found = |files: &[(&str, &str)]| short(&looked(tree(files).path()));
    let git = "[package]\nname = \"b\"\ndescription = \"reads git logs\"\n\n[dependencies.log]\nversion = \"1\"\ngit = \"https://x\"\n";
    assert_eq!(found(&[("Cargo.toml", git)]), ["Cargo.toml:7 cargo-git-without-revision"]);
    for place in ["[dependencies.log]", "git ="] {
        let hidden = git.replace(place, &format!("# crossloom-audit: ignore cargo-git-without-revision ours\n{place}"));
        assert_eq!(found(&[("Cargo.toml", &hidden)]), [""; 0], "{place}");
    }
    let patch = "[patch.crates-io]\nfoo = { git = \"https://x\", branch = \"main\" }\n[replace]\n\"a:1.0.0\" = { git = \"https://y\" }\n";
    assert_eq!(
        found(&[("Cargo.toml", patch)]),
        ["Cargo.toml:2 cargo-git-without-revision", "Cargo.toml:4 cargo-git-without-revision"]
    );
    // The time grows with the size only.
    let many: String = (0..20_000).map(|n| format!("dep{n} = {{ git = \"https://x/{n}\" }}\n")).collect();
    assert_eq!(found(&[("Cargo.toml", &format!("[dependencies]\n{many}"))]).len(), 20_000);

    let (script, other) = ("fn main() { cfg!(windows); }\n", "a/script/main.rs:1 cargo-build-script-cfg");
    let built = |build: &str| {
        let manifest = format!("[package]\nname = \"a\"\n{build}\n");
        found(&[("a/Cargo.toml", &manifest), ("a/build.rs", script), ("a/script/main.rs", script)])
    };
    assert_eq!(built(""), ["a/build.rs:1 cargo-build-script-cfg"]);
    assert_eq!(built("build = \"./b/../script/main.rs\""), [other]);
    assert_eq!(built("build = false"), [""; 0]);
}

#[test]
fn build_scripts_are_read_as_rust() {
    let found = |text: &str| short(&looked(tree(&[("Cargo.toml", ""), ("build.rs", text)]).path()));
    let (cfg, consts, tool) = (
        ["build.rs:2 cargo-build-script-cfg"],
        ["build.rs:2 cargo-build-script-consts"],
        ["build.rs:2 cargo-build-script-bare-tool"],
    );
    assert_eq!(found("let quote = '\\\"';\nif cfg!(windows) {}\n"), cfg);
    assert_eq!(found("let quote = \"\\\"\";\nlet not = \"cfg!(windows)\";\n"), [""; 0]);
    assert_eq!(found("\n#[cfg(all(target_os=\"linux\", target_feature=\"sse2\"))]\n"), cfg);
    assert_eq!(found("\n#[cfg(target_feature=\"sse2\")]\n"), [""; 0]);
    for named in ["::{ARCH, OS}", "::DLL_SUFFIX", "::*", "::OS"] {
        assert_eq!(found(&format!("\nuse std::env::consts{named};\n")), consts, "{named}");
    }
    // What names a program that the script runs is right.
    for named in ["", "::EXE_SUFFIX", "::{EXE_SUFFIX}"] {
        assert_eq!(found(&format!("\nuse std::env::consts{named};\n")), [""; 0], "{named}");
    }
    for name in ["\n  \"ar\"", "\"/usr/bin/cc\""] {
        assert_eq!(found(&format!("\nCommand::new({name})\n")), tool, "{name}");
    }
}

/// As above, for makefiles.
#[test]
fn makefiles_may_build_programs_for_the_build_machine() {
    let made = |text: &str| short(&looked(tree(&[("Makefile", text)]).path()));
    let generator = "a.html: gen\n\t./gen > $@\ngen: gen.c\n\tcc -o gen gen.c\n";
    assert_eq!(made(generator), [""; 0]);
    assert_eq!(made(&generator.replace("a.html", "test")), ["Makefile:4 make-bare-tool"]);
    assert_eq!(made("FLAGS.native = -march=native\nFLAGS.fast = -march=native\n"), ["Makefile:2 make-march-native"]);
    let perl =
        "# This Makefile is for an extension to perl.\n#\n# It was generated automatically by MakeMaker\nCC = gcc\n";
    assert_eq!((made(perl).len(), made(&perl.replace("MakeMaker", "hand")).len()), (0, 1));
    let listed =
        "noinst_PROGRAMS = gen\nout: gen$(EXEEXT)\n\t./gen$(EXEEXT) > $@\ngen$(EXEEXT): gen.c\n\t$(A) -o $@ gen.c\n";
    let by = |compiler: &str| made(&listed.replace("$(A)", compiler));
    assert_eq!(by("$(BUILDCXX)"), [""; 0]);
    assert_eq!(by("$(LINK)"), ["Makefile:3 make-runs-built-program"]);
    let told = |rules: &str| made(&format!("prog: prog.c\n\t$(CC) -o $@ prog.c\n{rules}"));
    assert_eq!(told(".PHONY: info\ninfo: prog\n\t./prog -V > out\n"), [""; 0]);
    assert_eq!(told("info: prog\n\t./prog -V > info\n"), ["Makefile:4 make-runs-built-program"]);
    assert_eq!(told("out: info\ninfo: prog\n\t./prog -V\n"), ["Makefile:5 make-runs-built-program"]);
    assert_eq!(told("install-data-local: prog\n\t./prog -V\n"), ["Makefile:4 make-runs-built-program"]);
}

/// Findings in a makefile beside a file `gen.c`: line and rule.
fn in_make(text: &str) -> Vec<String> {
    let found = looked(tree(&[("Makefile", text), ("gen.c", "")]).path());
    found.findings.iter().map(|one| format!("{} {}", one.line, one.rule.id)).collect()
}

#[test]
fn makefiles_call_tools_in_many_ways() {
    let recipe = |command: &str| in_make(&format!("x:\n\t{command}\n"));
    for command in [
        "gcc -c -o $(BUILDDIR)/f.o f.c",
        "gcc -DHAVE_GETHOSTBYNAME -c g.c",
        "/usr/bin/gcc -c a.c",
        "gcc-12 -c a.c",
        "$(Q)gcc -c a.c",
        "$(Q) gcc -c a.c",
        "@ccache gcc -c a.c",
        "$(AM_V_at)libtool --tag=CC --mode=link gcc a.o",
        "sh -c 'gcc a.c'",
        "as -o x.o x.s",
    ] {
        assert_eq!(recipe(command), ["2 make-bare-tool"], "{command}");
    }
    for command in [
        "$(CROSS_COMPILE)gcc -c a.c",
        "/opt/cross/bin/gcc -c a.c",
        "gcc $(HOSTCFLAGS) -c a.c",
        "gcc $(BUILD_CFLAGS) -c a.c",
        "gcc $(CFLAGS_FOR_BUILD) -c a.c",
        "gcc-12 --version",
        "$(HOSTCC) -c a.c",
    ] {
        assert_eq!(recipe(command), [""; 0], "{command}");
    }
    for line in [
        "A := $(shell uname -m)",
        "A := $(shell /bin/uname -m)",
        "A := $(shell sh -c 'uname -s 2>/dev/null || echo not')",
        "A := `uname -s`",
        "A != uname",
        "x:: a\n\t/usr/bin/uname -m > $@",
    ] {
        assert!(in_make(line).iter().all(|one| one.ends_with("make-uname")), "{line}");
        assert_eq!(in_make(line).len(), 1, "{line}");
    }
    for line in ["A ?= $(shell uname -m)", "A := $(shell uname -n)", "A := $(shell echo uname)", "A := `x` uname"] {
        assert_eq!(in_make(line), [""; 0], "{line}");
    }
    assert_eq!(in_make("BUILD_CFLAGS := $(shell pkg-config --cflags x)"), ["1 make-bare-tool"]);
    assert_eq!(in_make("BUILD_CC ?= cc\nBUILD_CFLAGS := $(shell pkg-config --cflags x)"), [""; 0]);
    assert_eq!(in_make("HOSTCFLAGS := $(shell pkg-config --cflags x)"), [""; 0]);
}

#[test]
fn variables_of_makefiles_fix_tools() {
    for line in [
        "CC = /usr/bin/gcc",
        "CXX := g++-12",
        "CC = ccache gcc",
        "FC = gfortran",
        "AS = as",
        "CPP = gcc -E",
        "LDSHARED = gcc -shared",
        "CCLD = gcc",
        "LINK = g++",
        "prog: CC = gcc",
        "ifeq ($(DEBUG),1)\nCC = gcc -g\nendif",
        "ifeq ($(DEBUG),1)\n\tCC = gcc -g\nendif",
    ] {
        let line = in_make(line);
        assert!(matches!(line.as_slice(), [one] if one.ends_with("make-fixed-tool")), "{line:?}");
    }
    for line in [
        "CC ?= gcc",
        "CC = $(CROSS_COMPILE)gcc",
        "ifndef CC\nCC = gcc\nendif",
        "ifeq ($(CC),)\nCC = gcc\nendif",
        "ifeq ($(CC),cc)\nCC = gcc\nendif",
        "ifeq ($(origin CC),default)\nCC = gcc\nendif",
        "ifdef CC\nX = 1\nelse\nCC = gcc\nendif",
        "ifndef CROSS\nCC = gcc\nendif",
        "if !CROSS_COMPILING\nCC = gcc\nendif",
        "a.h: gen\n\t./gen > a.h\ngen: CC = gcc",
        "$(HOST_CC): CC = gcc",
        "AS = nasm",
        "ifeq ($(UNAME),OpenBSD)\nCXX = c++\nendif",
        "all: x\nusan: CC = clang\nusan: x\n\techo",
        "clangtest: CC = clang",
    ] {
        assert_eq!(in_make(line), [""; 0], "{line}");
    }
    assert_eq!(in_make("ifeq ($(DEBUG),1)\nCC = gcc -g\nelse\nCC = gcc\nendif").len(), 2);
}

#[test]
fn makefiles_run_programs_under_other_names() {
    let made = |link: &str, run: &str| in_make(&format!("all: t.h\ngen: gen.c\n\t{link}\nt.h: gen\n\t{run}\n"));
    let link = "$(CC) -o $@ gen.c";
    for run in [
        "./gen > $@",
        "./$< > $@",
        "$(Q)./gen > $@",
        "${builddir}/gen > $@",
        "$(abs_builddir)/gen > $@",
        "LC_ALL=C ./gen$(EXEEXT) > $@",
    ] {
        assert_eq!(made(link, run), ["5 make-runs-built-program"], "{run}");
        assert_eq!(made("$(HOSTCC) -o $@ gen.c", run), [""; 0], "{run}");
    }
    for link in ["$(Q)$(CC) -o $@ gen.c", "$(LIBTOOL) --mode=link $(CC) -o $@ gen.c", "${LINK} -o gen gen.c"] {
        assert_eq!(made(link, "./gen > $@"), ["5 make-runs-built-program"], "{link}");
    }
    for run in ["gen > $@", "$(EMULATOR) ./gen > $@", "./other > $@", "$(NATIVE)/gen > $@"] {
        assert_eq!(made(link, run), [""; 0], "{run}");
    }
    let implied = "all: t.h\ngen: gen.o\nt.h: gen\n\t./gen > t.h\n";
    assert_eq!(in_make(implied), ["4 make-runs-built-program"]);
    assert_eq!(in_make(&implied.replace("gen: gen.o", "gen: CC = $(HOSTCC)\ngen: gen.o")), [""; 0]);
    assert_eq!(in_make(&implied.replace("gen: gen.o\n", "")), ["3 make-runs-built-program"]);
    assert_eq!(in_make(&implied.replace("gen: gen.o\n", "include x.mk\n")), [""; 0]);
    assert_eq!(in_make(&format!("CC = $(CC_FOR_BUILD)\n{implied}")), [""; 0]);
    assert_eq!(in_make(&format!("%: %.o\n\t$(HOSTCC) -o $@ $<\n{implied}")), [""; 0]);
    let variable =
        |line: &str| in_make(&format!("{line}\nzic: zic.o\n\t$(CC) -o $@ zic.o\ndata: zic\n\t$(ZIC) -d $@ x\n"));
    assert_eq!(variable("ZIC = ./zic"), ["5 make-runs-built-program"]);
    for line in ["ZIC ?= ./zic", "ifeq (,$(ZIC))\nZIC = ./zic\nendif", "ZIC = zic\nZIC = ./zic"] {
        assert_eq!(variable(line), [""; 0], "{line}");
    }
}

#[test]
fn makefiles_name_folders_and_strip_in_many_ways() {
    for line in [
        "A = -I /usr/include/x",
        "A = -isystem /usr/include/x",
        "A = -L/lib64",
        "A = -L/usr/lib32",
        "A = -I/usr/X11R6/include",
        "A = -L/usr/pkg/lib",
        "A = -I/opt/homebrew/include",
        "A = -Wl,-rpath-link,/usr/lib",
        "LIBS = /usr/lib/libfoo.a",
    ] {
        assert_eq!(in_make(line), ["1 make-absolute-path"], "{line}");
    }
    for line in [
        "A = -Wl,-rpath,/usr/lib/mypkg",
        "LIBS = $(ROOT)/lib/libx.a",
        "A = /usr/lib/mypkg",
        "A = -I include /usr/include",
        "x: /usr/lib/x.a",
    ] {
        assert_eq!(in_make(line), [""; 0], "{line}");
    }
    let strips = |command: &str| in_make(&format!("install:\n\t{command} a $(DESTDIR)/b\n")).len();
    for command in [
        "install -s",
        "install --strip",
        "./install-sh -c -s",
        "$(SHELL) ./install-sh -s",
        "$(install_sh) -s",
        "@$(INSTALL) -s",
    ] {
        assert_eq!(strips(command), 1, "{command}");
    }
    for command in
        ["install -m 755", "./install-sh -c", "install -s --strip-program=$(STRIP)", "install --strip-program=x"]
    {
        assert_eq!(strips(command), 0, "{command}");
    }
}

/// Findings in a CMakeLists.txt: line and rule.
fn in_cmake(text: &str) -> Vec<String> {
    let found = looked(tree(&[("CMakeLists.txt", text)]).path());
    found.findings.iter().map(|one| format!("{} {}", one.line, one.rule.id)).collect()
}

#[test]
fn only_options_that_are_off_excuse_native_flags_in_cmake() {
    let flag = "string(APPEND CMAKE_C_FLAGS \" -march=native\")\nlist(APPEND X -march=native)\n";
    let under = |before: &str, condition: &str| in_cmake(&format!("{before}\n{condition}\n{flag}endif()\n")).len();
    assert_eq!(in_cmake(flag).len(), 2);
    for (before, condition) in [
        ("check_c_compiler_flag(-march=native HAVE_MARCH_NATIVE)", "if(HAVE_MARCH_NATIVE)"),
        ("option(ENABLE_NATIVE \"\" ON)", "if(ENABLE_NATIVE)"),
        ("option(PORTABLE \"\" OFF)", "if(NOT PORTABLE)"),
        ("option(PORTABLE \"\" OFF)", "if(PORTABLE)\nelse()"),
        ("set(USE_NATIVE ON)", "if(USE_NATIVE)"),
        ("", "if(NOT MSVC)"),
        ("set(CMAKE_BUILD_TYPE Release CACHE STRING x)", "if(CMAKE_BUILD_TYPE STREQUAL Release)"),
    ] {
        assert_eq!(under(before, condition), 2, "{before} {condition}");
    }
    for (before, condition) in [
        ("option(ENABLE_NATIVE \"\" OFF)", "if(ENABLE_NATIVE)"),
        ("option(native \"\")", "if(native AND NOT MSVC)"),
        ("cmake_dependent_option(NATIVE \"\" OFF X ON)", "if(NATIVE)"),
        ("set(USE_NATIVE OFF CACHE BOOL \"\")", "if(${USE_NATIVE})"),
        ("option(PORTABLE \"\" ON)", "if(NOT PORTABLE)"),
        ("option(PORTABLE \"\" ON)", "if(PORTABLE)\nelse()"),
        ("option(PORTABLE \"\" ON)", "if(PORTABLE)\nelseif(UNIX)"),
        ("", "if(ENABLE_NATIVE)"),
    ] {
        assert_eq!(under(before, condition), 0, "{before} {condition}");
    }
    // The option can be in another file.
    let files = [
        ("CMakeLists.txt", "option(FAST \"\" OFF)\n"),
        ("a/CMakeLists.txt", "if(FAST)\nadd_compile_options(-march=native)\nendif()"),
    ];
    assert_eq!(short(&looked(tree(&files).path())), [""; 0]);
    for line in [
        "list(FIND X -march=native i)",
        "string(REPLACE -march=native \"\" X Y)",
        "set(CMAKE_REQUIRED_FLAGS -march=native)",
    ] {
        assert_eq!(in_cmake(line), [""; 0], "{line}");
    }
}

#[test]
fn answers_for_cross_builds_reach_further_in_cmake() {
    let asks = "check_c_source_runs(\"int main() {}\" HAVE_X)\n";
    for before in [
        "if(CMAKE_CROSSCOMPILING)\nset(HAVE_X 1 CACHE BOOL \"\")\nendif()\n",
        "if(CMAKE_CROSSCOMPILING)\nreturn()\nendif()\n",
    ] {
        assert_eq!(in_cmake(&format!("{before}{asks}")), [""; 0], "{before}");
    }
    assert_eq!(in_cmake(&format!("if(CMAKE_CROSSCOMPILING)\nset(HAVE_Y 1)\nendif()\n{asks}")), ["4 cmake-try-run"]);
    let function = format!("function(f)\nif(CMAKE_CROSSCOMPILING)\nreturn()\nendif()\n{asks}endfunction()\n{asks}");
    assert_eq!(in_cmake(&function), ["7 cmake-try-run"]);
    let below = |top: &str| short(&looked(tree(&[("a/CMakeLists.txt", top), ("a/t/b/CMakeLists.txt", asks)]).path()));
    let asked = "if(NOT CMAKE_CROSSCOMPILING)\nadd_subdirectory(${CMAKE_CURRENT_SOURCE_DIR}/t)\nendif()\n";
    assert_eq!(below(asked), [""; 0]);
    assert_eq!(below(&format!("{asked}add_subdirectory(t)")), ["a/t/b/CMakeLists.txt:1 cmake-try-run"]);
    assert_eq!(below(&asked.replace("NOT CMAKE_CROSSCOMPILING", "UNIX")).len(), 1);
}

#[test]
fn cmake_runs_programs_under_other_names() {
    let made = |rest: &str| in_cmake(&format!("add_executable(gen gen.c)\nadd_library(l l.c)\n{rest}\n"));
    let custom = |command: &str| made(&format!("add_custom_command(OUTPUT latest.h COMMAND {command} latest.h)"));
    for command in [
        "gen",
        "$<TARGET_FILE:gen>",
        "${CMAKE_CURRENT_BINARY_DIR}/gen",
        "${CMAKE_BINARY_DIR}/bin/gen${CMAKE_EXECUTABLE_SUFFIX}",
        "${CMAKE_COMMAND} -E env X=1 $<TARGET_FILE:gen>",
        "env X=1 gen",
    ] {
        assert_eq!(custom(command), ["3 cmake-runs-built-program"], "{command}");
    }
    for command in
        ["${CMAKE_BINARY_DIR}/native/gen", "${NATIVE_DIR}/gen", "$ENV{EMULATOR} gen", "python gen", "gen a/test/b"]
    {
        assert_eq!(custom(command), [""; 0], "{command}");
    }
    let target = "add_custom_target(h COMMAND gen l.h)\n";
    assert_eq!(made(target), [""; 0]);
    assert_eq!(made(&format!("{target}add_dependencies(l h)")), ["3 cmake-runs-built-program"]);
    assert_eq!(made(&format!("{target}add_custom_target(docs)\nadd_dependencies(docs h)")), [""; 0]);

    for line in [
        "add_custom_command(TARGET a POST_BUILD COMMAND /usr/bin/strip a)",
        "execute_process(COMMAND gcc-12 -v)",
        "find_program(X NAMES gcc-ar ${PREFIX}gcc-ar)",
    ] {
        assert_eq!(in_cmake(line), ["1 cmake-bare-tool"], "{line}");
    }
    for line in
        ["find_program(X NAMES ${_CMAKE_TOOLCHAIN_PREFIX}gcc-ar gcc-ar)", "execute_process(COMMAND ${TOOLS}/ar t)"]
    {
        assert_eq!(in_cmake(line), [""; 0], "{line}");
    }
    assert_eq!(in_cmake("execute_process(COMMAND sh -c \"uname -m\" OUTPUT_VARIABLE X)"), ["1 cmake-uname"]);
}

#[test]
fn cmake_names_folders_and_the_build_machine_in_many_ways() {
    for line in [
        "set(X_INCLUDE_DIR /usr/include/x)",
        "list(APPEND CMAKE_REQUIRED_INCLUDES /usr/local/include)",
        "set(X_LIBRARIES /usr/lib/libfoo.a)",
        "string(APPEND CMAKE_C_FLAGS \" -I/usr/local/include\")",
        "add_compile_options(-isystem /usr/include/x)",
        "target_link_libraries(a /usr/lib/libfoo.a)",
    ] {
        assert_eq!(in_cmake(line), ["1 cmake-absolute-path"], "{line}");
    }
    for line in [
        "set(X_INCLUDE_DIR /usr/include/x CACHE PATH \"\")",
        "set(INSTALL_INCLUDE_DIR /usr/include)",
        "set(PLUGIN_DIR /usr/lib/x)",
        "set(L -Wl,-rpath,/usr/lib/x)",
        "list(REMOVE_ITEM X_INCLUDE_DIRS /usr/include)",
    ] {
        assert_eq!(in_cmake(line), [""; 0], "{line}");
    }
    for line in [
        "set(P \"${CMAKE_HOST_SYSTEM_NAME}-x\")",
        "if(CMAKE_HOST_SYSTEM_NAME STREQUAL Linux)",
        "string(TOLOWER ${CMAKE_HOST_SYSTEM_PROCESSOR} p)",
    ] {
        assert_eq!(in_cmake(line), ["1 cmake-host-system"], "{line}");
    }
    for line in [
        "set(HOST_P \"${CMAKE_HOST_SYSTEM_NAME}-x\")",
        "set(CMAKE_HOST_SYSTEM_NAME MSYS)",
        "string(TOLOWER ${CMAKE_HOST_SYSTEM_NAME} host_p)",
        "set(P \"CMAKE_HOST_SYSTEM_NAME is\")",
    ] {
        assert_eq!(in_cmake(line), [""; 0], "{line}");
    }
}

#[test]
fn meson_files_share_programs_compilers_and_answers() {
    let meson = |files: &[(&str, &str)]| short(&looked(tree(files).path()));
    let one = |text: &str| meson(&[("meson.build", text)]);
    let used = ("src/meson.build", "custom_target('t', output: 't.h', command: [mkt, '@OUTPUT@'])");
    let found = ["src/meson.build:1 meson-missing-native"];
    assert_eq!(meson(&[("tools/meson.build", "mkt = executable('mkt', 'a.c')"), used]), found);
    assert_eq!(meson(&[("tools/meson.build", "mkt = executable('mkt', 'a.c', native : false)"), used]), found);
    assert_eq!(meson(&[("tools/meson.build", "mkt = executable('mkt', 'a.c', native: true)"), used]), [""; 0]);
    // Another value, or another project.
    let other = ("x/meson.build", "mkt = find_program('mkt')");
    assert_eq!(meson(&[("tools/meson.build", "mkt = executable('mkt', 'a.c')"), other, used]), [""; 0]);
    assert_eq!(meson(&[("subprojects/a/meson.build", "mkt = executable('mkt', 'a.c')"), used]), [""; 0]);
    let both = "if meson.is_cross_build()\n  g = find_program('g')\nelse\n  g = executable('g', 'g.c')\nendif\ncustom_target('t', output: 't', command: [g])";
    assert_eq!(one(both), [""; 0]);

    assert_eq!(one("lang = meson.get_compiler('c')\nlang.run('x')"), ["meson.build:2 meson-run"]);
    assert_eq!(one("c = meson.get_compiler('c', native: true)\nc.run('x')"), [""; 0]);
    assert_eq!(one("meson.get_compiler('c').run('x')"), ["meson.build:1 meson-run"]);
    assert_eq!(
        meson(&[("meson.build", "lang = meson.get_compiler('c')"), ("a/meson.build", "lang.run('x')")]),
        ["a/meson.build:1 meson-run"]
    );

    let top = "can_run = meson.can_run_host_binaries()\n";
    assert_eq!(meson(&[("meson.build", top), ("a/meson.build", "if can_run\ncc.run('x')\nendif")]), [""; 0]);
    let install = "i = get_option('i')\nmkt = executable('mkt', 'a.c', install: i)";
    assert_eq!(meson(&[("tools/meson.build", install), used]), found);
    let entered = format!("{top}if can_run\n  subdir('a')\nendif\n");
    assert_eq!(meson(&[("meson.build", &entered), ("a/b/meson.build", "cc.run('x')")]), [""; 0]);
    assert_eq!(
        meson(&[("meson.build", &format!("{entered}subdir('a')")), ("a/b/meson.build", "cc.run('x')")]).len(),
        1
    );
    assert_eq!(one("if meson.is_cross_build()\n  subdir_done()\nendif\ncc.run('x')"), [""; 0]);

    for text in [
        "run_command(['uname', '-m'])",
        "run_command(find_program('uname'), '-m')",
        "run_command('/usr/bin/uname', '-m')",
        "run_command('sh', '-c', 'uname -m')",
    ] {
        assert_eq!(one(text), ["meson.build:1 meson-uname"], "{text}");
    }
    assert_eq!(one("u = find_program('uname')\nx = run_command(u, '-m')"), ["meson.build:2 meson-uname"]);
    assert_eq!(one("run_command('gcc-12', '-v')"), ["meson.build:1 meson-bare-tool"]);
    assert_eq!(one("run_command(find_program('pkg-config'), '--version')"), [""; 0]);
}

#[test]
fn only_options_of_the_project_excuse_native_flags_in_meson() {
    let under = |condition: &str| {
        let text = format!("{condition}\n  add_project_arguments('-march=native', language: 'c')\nendif\n");
        looked(tree(&[("meson.build", &text)]).path()).findings.len()
    };
    assert_eq!(under("if get_option('buildtype') == 'release'"), 1);
    assert_eq!(under("if cc.has_argument('-march=native')"), 1);
    assert_eq!(under("if get_option('native')"), 0);
    assert_eq!(under("fast = get_option('fast')\nif fast"), 0);
    assert_eq!(under("fast = get_option('debug')\nif fast"), 1);
    for text in ["x = cc.has_argument('-march=native')", "x = cc.compiles('', args: ['-march=native'])"] {
        assert_eq!(short(&looked(tree(&[("meson.build", text)]).path())), [""; 0], "{text}");
    }
    let files =
        [("meson.build", "fast = get_option('fast')"), ("a/meson.build", "if fast\nx = ['-march=native']\nendif")];
    assert_eq!(short(&looked(tree(&files).path())), [""; 0]);
}

#[test]
fn lists_of_programs_may_begin_with_the_hosts() {
    let configure = |line: &str| short(&looked(tree(&[("configure.ac", line)]).path()));
    for line in
        ["AC_CHECK_PROGS([AR], [$host_alias-ar ar])", "AC_PATH_PROGS(X, [${ac_tool_prefix}pkg-config pkg-config])"]
    {
        assert_eq!(configure(line), [""; 0], "{line}");
    }
    assert_eq!(configure("AC_CHECK_PROGS([AR], [ar $host_alias-ar])"), ["configure.ac:1 autoconf-bare-tool"]);
    assert_eq!(configure("AC_CHECK_PROG([CC], [gcc-12], [gcc-12])"), ["configure.ac:1 autoconf-bare-tool"]);
}

#[test]
fn comments_and_the_file_of_suppressions_hide_findings() {
    let marked = "all:\n\t# crossloom-audit: ignore make-bare-tool tested by hand\n\tstrip a\n\tar b\n\tobjcopy c # crossloom-audit: ignore make-bare-tool\n";
    let place = tree(&[("Makefile", marked), ("sub/x/Makefile", BAD_MAKE), ("other/Makefile", BAD_MAKE)]);
    let before = looked(place.path());
    assert_eq!((short(&before).len(), before.suppressed), (3, 2), "{:?}", short(&before));
    fs::write(place.path().join(".crossloom-audit"), "# known\nmake-bare-tool sub/**\nmake-uname other/*\n").unwrap();
    let after = looked(place.path());
    assert_eq!(short(&after), ["Makefile:4 make-bare-tool", "other/Makefile:2 make-bare-tool"]);
    assert_eq!(after.suppressed, 3);
}

#[test]
fn a_comment_beside_code_hides_its_own_line() {
    let ignored = "*x = Command::new(\"ar\"); // crossloom-audit: ignore cargo-build-script-bare-tool\n";
    let script = format!("fn main() {{\n{ignored}Command::new(\"ar\");\n}}\n");
    let place = tree(&[("Cargo.toml", "[package]\nname = \"a\"\n"), ("build.rs", &script)]);
    let found = looked(place.path());
    let found: Vec<_> = short(&found).into_iter().filter(|line| line.contains("bare-tool")).collect();
    assert_eq!(found, ["build.rs:3 cargo-build-script-bare-tool"]);
}

#[test]
fn suppressions_that_hide_nothing_they_name_are_errors() {
    for (file, text, expected) in [
        ("Makefile", "# crossloom-audit: ignore make-strip\n", "Makefile, line 1: there is no rule \"make-strip\""),
        ("Makefile", "\n# crossloom-audit: ignore\n", "Makefile, line 2: there is no rule \"\""),
        (
            ".crossloom-audit",
            "make-bare-tool a\nmake-bear a\n",
            ".crossloom-audit, line 2: there is no rule \"make-bear\"",
        ),
        (".crossloom-audit", "make-uname\n", ".crossloom-audit, line 1: expected a rule and a pattern of paths"),
    ] {
        let error = audit(tree(&[(file, text)]).path(), &[], LIMITS).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    // Links are not followed: the file would hide nothing.
    let place = tree(&[("Makefile", BAD_MAKE), ("list", "make-bare-tool **\n")]);
    symlink("list", place.path().join(".crossloom-audit")).unwrap();
    let error = audit(place.path(), &[], LIMITS).unwrap_err();
    assert_eq!(error.to_string(), "cannot read .crossloom-audit");
    let place = tree(&[(".crossloom-audit/a", "")]);
    assert!(matches!(audit(place.path(), &[], LIMITS), Err(AuditError::Suppressions { .. })));
}

/// The place of a comment says which line it is about.
#[test]
fn comments_hide_one_statement() {
    let found = |path: &str, text: &str| short(&looked(tree(&[(path, text)]).path()));
    let make = |text: &str| found("Makefile", text);
    let ignore = |rule: &str| format!("# crossloom-audit: ignore {rule} for us");
    let (fixed, native, bare) = (ignore("make-fixed-tool"), ignore("make-march-native"), ignore("make-bare-tool"));
    // At the end of a line, this line.
    assert_eq!(make(&format!("CC = gcc {fixed}\nAR = ar\n")), ["Makefile:2 make-fixed-tool"]);
    // On a line of its own, the next one that is not a comment.
    assert_eq!(make(&format!("{fixed}\nCC = gcc\nAR = ar\n")), ["Makefile:3 make-fixed-tool"]);
    assert_eq!(make(&format!("{fixed}\n# and more\n{native}\nCC = gcc -march=native\n")), [""; 0]);
    assert_eq!(make(&format!("{fixed}\n\nCC = gcc\n")), ["Makefile:3 make-fixed-tool"]);
    assert_eq!(make(&format!("all:\n\t@{bare}\n\tstrip a\n")), [""; 0]);
    // Lines that backslashes join are one statement, in which there is no place for a comment.
    let flags = "CFLAGS += -O2 \\\n  -Wall \\\n  -march=native\n";
    assert_eq!(make(&format!("{native}\n{flags}{flags}")), ["Makefile:7 make-march-native"]);
    assert_eq!(make(&format!("all:\n\t{bare}\n\tcd x; \\\n\tstrip a\n\tstrip b\n")), ["Makefile:5 make-bare-tool"]);
    assert_eq!(
        found("configure.ac", "AC_FUNC_CHOWN dnl crossloom-audit: ignore autoconf-func-chown\nAC_FUNC_MMAP\n"),
        ["configure.ac:2 autoconf-func-mmap"]
    );
    // The `#` of an attribute begins no comment.
    let script = "#[cfg(windows)] // crossloom-audit: ignore cargo-build-script-cfg\n#[cfg(unix)]\nfn a() {}\n";
    let place = tree(&[("Cargo.toml", ""), ("build.rs", script)]);
    assert_eq!(short(&looked(place.path())), ["build.rs:2 cargo-build-script-cfg"]);
}

#[test]
fn a_baseline_hides_what_it_lists_wherever_it_moved() {
    let place = tree(&[("Makefile", "all:\n\tstrip a\n\tar b\n\tar b\n")]);
    let text = Baseline::of(&looked(place.path()).findings).to_json();
    assert!(text.contains("\"count\": 2") && !text.contains("line"), "{text}");
    let read = || Baseline::parse(&text, "b.json").unwrap();
    fs::write(place.path().join("Makefile"), "\n\nall:\n\tobjcopy new\n\tar b\n\tar b\n\tar b\n").unwrap();
    let mut now = looked(place.path()).findings;
    let gone = read().hide(&mut now);
    let left: Vec<_> = now.iter().map(|one| (one.line, one.code.as_str())).collect();
    assert_eq!(left, [(4, "objcopy new"), (7, "ar b")]);
    let gone: Vec<_> = gone.iter().map(|entry| (entry.code.as_str(), entry.count)).collect();
    assert_eq!(gone, [("strip a", 1)]);
    for (text, expected) in [
        ("{}", "b.json is not a baseline"),
        ("{\"version\": 2, \"findings\": []}", "b.json is a baseline of version 2, and this crossloom reads version 1"),
        (
            "{\"version\": 1, \"findings\": [{\"rule\": \"x\", \"file\": \"\", \"code\": \"\", \"count\": 1}]}",
            "b.json: there is no rule \"x\"",
        ),
    ] {
        assert_eq!(Baseline::parse(text, "b.json").unwrap_err().to_string(), expected);
    }
}

#[test]
fn sarif_has_the_fields_that_the_standard_requires() {
    let place = tree(&[("a b/Makefile", BAD_MAKE)]);
    let audit = looked(place.path());
    for (docs, expected) in
        [(None, "urn:crossloom:audit:"), (Some("https://example.org/audit/"), "https://example.org/audit/")]
    {
        let log = sarif(&audit, docs, "src/");
        assert_eq!(log["version"], "2.1.0");
        assert!(log["$schema"].as_str().unwrap().ends_with("sarif-2.1.0.json"));
        let run = &log["runs"][0];
        assert_eq!(run["tool"]["driver"]["name"], "crossloom");
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(rules.len(), RULES.len());
        for rule in rules {
            let id = rule["id"].as_str().unwrap();
            assert!(rule["helpUri"].as_str().unwrap().starts_with(&format!("{expected}{id}")), "{rule}");
            for field in ["shortDescription", "fullDescription", "help"] {
                assert!(!rule[field]["text"].as_str().unwrap().is_empty(), "{id} {field}");
            }
        }
        assert_eq!(run["invocations"][0]["executionSuccessful"], true);
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), 1);
        let result = &results[0];
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!((&result["ruleId"], &rules[index]["id"]), (&"make-bare-tool".into(), &"make-bare-tool".into()));
        assert_eq!(result["level"], "warning");
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "src/a%20b/Makefile");
        assert_eq!(
            (&place["region"]["startLine"], &place["region"]["snippet"]["text"]),
            (&2.into(), &"strip a".into())
        );
    }
}

#[test]
fn hostile_trees_are_read_within_bounds() {
    let place = tree(&[("one/Makefile", BAD_MAKE), ("two/Makefile", BAD_MAKE), ("latin/Makefile", "")]);
    let path = |name: &str| place.path().join(name);
    fs::write(path("latin/Makefile"), b"# \xe9\x1b[2J\nall:\n\tstrip \x1b[31m\xe9\n").unwrap();
    symlink("/dev/zero", path("Makefile")).unwrap();
    symlink("..", path("one/up")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, path("configure.ac"), rustix::fs::Mode::RUSR).unwrap();
    fs::create_dir(path("meson.build")).unwrap();
    let found = looked(place.path());
    assert_eq!((found.findings.len(), found.files, found.skipped.len()), (3, 3, 0), "{:?}", found.skipped);
    assert_eq!(found.findings[0].code, "strip  [31m\u{fffd}");

    let limited = |limits| audit(place.path(), &[], limits).unwrap_err().to_string();
    for (limits, expected) in [
        (Limits { entries: 3, ..LIMITS }, "the tree has more than 3 files"),
        (Limits { bytes: 20, ..LIMITS }, "the tree has more than 20 bytes of build files"),
        (Limits { findings: 1, ..LIMITS }, "the tree has more than 1 findings"),
        (Limits { time: Duration::ZERO, ..LIMITS }, "the tree was not read in 0 seconds"),
    ] {
        let error = limited(limits);
        assert!(error.starts_with(expected), "{error}");
    }
    // A file that is too large is named, and the others are looked at.
    let found = audit(place.path(), &[], Limits { file: 20, ..LIMITS }).unwrap();
    assert_eq!(found.skipped.len(), 1);
    assert_eq!((found.skipped[0].file.as_str(), found.findings.len()), ("latin/Makefile", 2));

    let deep = tempfile::tempdir().unwrap();
    fs::create_dir_all(deep.path().join("x/".repeat(70))).unwrap();
    let found = looked(deep.path());
    assert!(found.skipped.len() == 1 && found.skipped[0].why.contains("more than 64 folders"), "{:?}", found.skipped);
    let error = audit(&place.path().join("nothing"), &[], LIMITS).unwrap_err();
    assert!(matches!(error, AuditError::Read { .. }));
}

/// Text that costs the most: calls without an end in each other, conditions in each other, lines without an end.
#[test]
fn files_of_hostile_shape_take_bounded_time() {
    let long = 1 << 19;
    let of = |unit: &str| unit.repeat(long / unit.len());
    let files = [
        ("a/configure.ac", of("AC_RUN_IFELSE(")),
        ("b/configure.ac", of("AC_RUN_IFELSE([")),
        ("c/configure.ac", of("`uname` test -I$prefix/lib -I/usr/lib ")),
        ("d/configure.ac", of("[")),
        ("e/configure.ac", of("AC_CHECK_FUNCS(a)\n`uname`\n")),
        ("f/configure.ac", of("if x\nthen\nPKG_CHECK_MODULES(a)\n")),
        ("g/configure.ac", of("if ")),
        ("h/configure.ac", of("case $a in ")),
        ("i/configure.ac", of("if $cross_compiling; then a=no;fi ")),
        ("j/configure.ac", of("AS_IF([$cross_compiling],[")),
        ("k/configure.ac", of("then ")),
        ("l/configure.ac", of("PKG_PROG_PKG_CONFIG\nif x;then PKG_CHECK_MODULES(a);fi\n")),
        ("m/configure.ac", of("AC_RUN_IFELSE(a,b,c,[AC_MSG_ERROR(a)])||\n")),
        ("a/CMakeLists.txt", of("if(a)\n")),
        ("e/CMakeLists.txt", of("macro(a)\nset(a b)\n")),
        ("b/CMakeLists.txt", of("if(USE_NATIVE \"-march=native\"\n")),
        ("c/CMakeLists.txt", of("#[[")),
        ("d/CMakeLists.txt", of("a([=[")),
        ("f/CMakeLists.txt", of("add_custom_target(a COMMAND a)\nadd_dependencies(b a)\n")),
        ("g/CMakeLists.txt", format!("add_custom_command({})", of("COMMAND a "))),
        ("a/meson.build", of("if a\n")),
        ("b/meson.build", of("x = (")),
        ("c/meson.build", of(").run(")),
        ("d/meson.build", of("if get_option('a')\nsubdir('a')\nx = a\n")),
        ("a/Makefile", of("ifeq (a,)\n")),
        ("b/Makefile", of("\t'\\\n")),
        ("c/Makefile", of("a: $(shell uname) gcc -I/usr/include\\\n")),
        ("d/Makefile", of("a: b\n\t./a -o a\n")),
        ("e/Makefile", format!("{}: b\n{}", of("target "), of("\t$(CC) -o $@ $<\n"))),
        ("f/Makefile", of("$(shell ")),
        ("g/Makefile", of("a a a a a a a a: b\n\t$(Q)$(CC) -o $(HOSTCC a\n")),
        ("a/Cargo.toml", of("[a]\n")),
        ("a/build.rs", of("cfg!(")),
        ("b/Cargo.toml", String::new()),
        ("b/build.rs", of("/*")),
        ("c/Cargo.toml", of("a.")),
        ("c/build.rs", of("r#\"")),
        ("d/Cargo.toml", String::new()),
        ("d/build.rs", of("consts::{Command::new( '\\")),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let place = tree(&files);
    // Quadratic time at this size would be minutes of a processor, whatever else the machine does.
    let limits = Limits { time: Duration::from_secs(7200), ..LIMITS };
    let started = processor_time();
    let found = audit(place.path(), &[], limits).unwrap();
    let took = processor_time() - started;
    assert!(took.as_secs() < 120, "{took:?}");
    assert_eq!(found.files, files.len());
}
