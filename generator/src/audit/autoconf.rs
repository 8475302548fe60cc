//! Rules for configure.ac, files of macros, configure and config.sub.

use std::collections::BTreeSet;

use super::branch::{Branch, Branches};
use super::m4::{Call, calls, without_comments};
use super::rule::*;
use super::text::{Source, has_word, host_path, is_pkg_config, is_tool, shell_words, unprefixed, words};
use super::{Findings, Tree};

/// The macros whose answer is wrong where nothing can be run, and functions or files that replace the target's.
static FUNCTIONS: [(&str, &Rule, &[&str]); 7] = [
    ("AC_FUNC_MALLOC", &AC_MALLOC, &["rpl_malloc"]),
    ("AC_FUNC_REALLOC", &AC_REALLOC, &["rpl_realloc"]),
    ("AC_FUNC_MMAP", &AC_MMAP, &[]),
    ("AC_FUNC_CHOWN", &AC_CHOWN, &[]),
    ("AC_FUNC_GETGROUPS", &AC_GETGROUPS, &[]),
    ("AC_FUNC_STRCOLL", &AC_STRCOLL, &[]),
    ("AC_FUNC_LSTAT_FOLLOWS_SLASHED_SYMLINK", &AC_LSTAT, &["lstat.c"]),
];

/// Macros that take the target's function for broken where nothing can be run, the answers that make them take it for working, and
/// the files that replace it.
static GUESSED: [(&str, &str, &str); 7] = [
    ("AC_FUNC_FNMATCH", "ac_cv_func_fnmatch_works=yes", ""),
    (
        "AC_FUNC_LSTAT",
        "ac_cv_func_lstat_empty_string_bug=no ac_cv_func_lstat_dereferences_slashed_symlink=yes",
        "lstat.c",
    ),
    ("AC_FUNC_MEMCMP", "ac_cv_func_memcmp_working=yes", "memcmp.c"),
    ("AC_FUNC_MKTIME", "ac_cv_func_working_mktime=yes", "mktime.c"),
    ("AC_FUNC_STAT", "ac_cv_func_stat_empty_string_bug=no ac_cv_func_lstat_dereferences_slashed_symlink=yes", "stat.c"),
    ("AC_FUNC_STRTOD", "ac_cv_func_strtod=yes", "strtod.c"),
    ("AC_FUNC_WAIT3", "ac_cv_func_wait3_rusage=yes", ""),
];

/// Calls of one kind that are compared with those of another.
const MAX_COMPARED: usize = 64;
/// Bytes of a list of commands that are read at most.
const MAX_GUARD: usize = 1024;

/// Looks at configure.ac, configure.in or a file of macros.
pub fn macros(source: &Source<'_>, tree: &Tree, found: &mut Findings<'_>) {
    if foreign(source) {
        return;
    }
    let text = without_comments(source.text);
    // Gnulib's modules redefine the macros with better guesses, and have the replacements.
    let gnulib = ["gl_EARLY", "gl_INIT"].iter().any(|word| has_word(&text, word));
    for call in calls(&text, &FUNCTIONS.map(|(name, ..)| name)) {
        if let Some((_, rule, files)) = FUNCTIONS.iter().find(|(name, ..)| *name == call.name)
            && !gnulib
            && !files.iter().any(|file| tree.replaces(file))
            && !(call.name == "AC_FUNC_MMAP" && tree.answers_mmap(source.path))
        {
            found.add(rule, source, source.line_at(call.at));
        }
    }
    for call in calls(&text, &GUESSED.map(|(name, ..)| name)).iter().filter(|_| !gnulib) {
        if let Some((_, answer, file)) = GUESSED.iter().find(|(name, ..)| *name == call.name)
            && !tree.replaces(file)
        {
            found.add_with(&AC_GUESS, source, source.line_at(call.at), (*answer).to_owned());
        }
    }
    let branches = Branches::of(&text, &[]);
    // What is in the arguments of a call with an answer for cross builds is reached in other builds only.
    let mut answered = 0;
    let runs = ["AC_RUN_IFELSE", "AC_TRY_RUN", "AC_SYS_RESTARTABLE_SYSCALLS", "AC_CHECK_FILE", "AC_CHECK_FILES"];
    for call in calls(&text, &runs) {
        if call.at < answered || thought_of(&text, &branches, call.at) {
            continue;
        }
        let line = source.line_at(call.at);
        if call.name.starts_with("AC_CHECK") {
            // Files of the source tree are looked for in the same way, which stops cross builds, too.
            found.add(&AC_CHECK_FILE, source, line);
        } else if call.args.get(3).is_some_and(|answer| !answer.is_empty() && !stops(answer)) {
            answered = call.end;
        } else if call.name.starts_with("AC_SYS") {
            found.add_with(&AC_RUN, source, line, "ac_cv_sys_restartable_syscalls=yes".to_owned());
        } else if !call.args.is_empty() {
            found.add(&AC_RUN, source, line);
        }
    }
    let prefixed = calls(&text, &["AC_CHECK_TOOL", "AC_CHECK_TOOLS", "AC_PATH_TOOL"]);
    let prefixed: BTreeSet<&str> = prefixed.iter().filter_map(|call| call.args.first().copied()).collect();
    for call in calls(&text, &["AC_CHECK_PROG", "AC_PATH_PROG", "AC_CHECK_PROGS", "AC_PATH_PROGS"]) {
        let names: Vec<&str> = unprefixed(call.args.get(1).copied().unwrap_or_default().split_whitespace()).collect();
        // The variables of a compiler for the build machine hold its tools on purpose.
        let variable = call.args.first().copied().unwrap_or_default();
        // What was looked up with the prefix before is not looked up again, and old Autoconf has no macro for that.
        if prefixed.contains(variable) {
            continue;
        }
        if variable.contains("BUILD") || variable.contains("HOSTCC") || thought_of(&text, &branches, call.at) {
            continue;
        }
        if names.iter().any(|name| is_pkg_config(name)) {
            found.add(&AC_PKG_PATH, source, source.line_at(call.at));
        } else if names.iter().any(|name| is_tool(name)) {
            found.add(&AC_BARE_TOOL, source, source.line_at(call.at));
        }
    }
    if source.path.ends_with("configure.ac") || source.path.ends_with("configure.in") {
        late(source, &text, found);
    }
    for call in calls(&text, &["IT_PROG_INTLTOOL", "AC_PROG_INTLTOOL"]) {
        found.add(&AC_INTLTOOL, source, source.line_at(call.at));
    }
    shell(source, &text, &branches, found);
}

/// Whether a file of macros is a copy of one of GNU's (gnulib, gettext, libtool), which has this notice and answers for cross
/// builds, or a collection of copies.
fn foreign(source: &Source<'_>) -> bool {
    const NOTICE: [&str; 2] = ["This file is free software; the Free Software Foundation", "unlimited permission"];
    // A character may stand across the end.
    let head = (3000..3004).find_map(|end| source.text.get(..end)).unwrap_or(source.text);
    let collected = source.path.ends_with("aclocal.m4") && head.contains("generated automatically by aclocal");
    collected || source.path.ends_with(".m4") && NOTICE.iter().all(|part| head.contains(part))
}

/// Whether shell code ends configure with a message under no condition, which is not an answer.
fn stops(code: &str) -> bool {
    let mut messages = calls(code, &["AC_MSG_ERROR", "AC_MSG_FAILURE"]);
    messages.truncate(MAX_COMPARED);
    let places: Vec<usize> = messages.iter().map(|message| message.at).collect();
    let chosen = calls(code, &["AS_IF", "AS_CASE"]);
    let free = |at: &usize| !chosen.iter().any(|call| (call.at..call.end).contains(at)) && guard(code, *at).is_none();
    let branches = Branches::of(code, &places).at;
    branches.iter().zip(&places).any(|(branches, at)| branches.is_empty() && free(at))
}

/// Whether a place is under a condition about cross builds.
fn thought_of(text: &str, branches: &Branches<'_>, at: usize) -> bool {
    branches.crossing(at) || guard(text, at).is_some_and(|guard| guard.contains("cross_compiling"))
}

/// The commands on the line of a place, or on lines that it continues, whose result decides whether it is reached.
fn guard(text: &str, at: usize) -> Option<&str> {
    let begin = (at.saturating_sub(MAX_GUARD)..=at).find(|begin| text.is_char_boundary(*begin))?;
    let before = text.get(begin..at)?;
    let mut from = before.len();
    // A line that ends in an operator goes on in the next one.
    while from > 0 {
        from = before.get(..from)?.rfind('\n').map_or(0, |end| end + 1);
        let above = before.get(..from)?.trim_end();
        if !["&&", "||", "\\"].iter().any(|end| above.ends_with(end)) {
            break;
        }
        from = above.len();
    }
    let line = before.get(from..)?;
    let end = line.rfind("&&").max(line.rfind("||"))?;
    let command = line.rfind(';').map_or(0, |end| end + 1);
    (command <= end).then(|| line.get(command..end)).flatten()
}

/// Whether one of so many lines before a place has one of the words.
fn near(text: &str, at: usize, lines: usize, words: &[&str]) -> bool {
    let before = text.as_bytes().get(at.saturating_sub(lines * 80)..at).unwrap_or_default();
    let before = String::from_utf8_lossy(before);
    before.rsplit('\n').take(lines).any(|line| words.iter().any(|word| line.contains(word)))
}

/// The first macro that looks for pkg-config, if that is in a branch of shell code and another one, which relies on it, is not.
fn late(source: &Source<'_>, text: &str, found: &mut Findings<'_>) {
    const LOOKS: [&str; 5] = ["PKG_PROG_PKG_CONFIG", "AC_PATH_TOOL", "AC_CHECK_TOOL", "AC_PATH_PROG", "AC_CHECK_PROG"];
    // Macros that look for it the first time that one of them is used.
    const USES: [&str; 10] = [
        "PKG_CHECK_MODULES",
        "PKG_CHECK_MODULES_STATIC",
        "PKG_CHECK_EXISTS",
        "PKG_CHECK_VAR",
        "PKG_HAVE_WITH_MODULES",
        "GTK_DOC_CHECK",
        "GLIB_GSETTINGS",
        "GOBJECT_INTROSPECTION_CHECK",
        "GOBJECT_INTROSPECTION_REQUIRE",
        "AM_PATH_GLIB_2_0",
    ];
    let looks = |call: &Call<'_>| {
        call.name == LOOKS[0] || LOOKS.contains(&call.name) && call.args.first() == Some(&"PKG_CONFIG")
    };
    let mut all = calls(text, &[&LOOKS[..], &USES[..]].concat());
    all.retain(|call| looks(call) || USES.contains(&call.name));
    let places: Vec<usize> = all.iter().map(|call| call.at).collect();
    // Where pkg-config was looked for. What is in the arguments of a macro is looked for in front of the outermost one.
    let mut known: Vec<Vec<Branch<'_>>> = Vec::new();
    for (call, mut branches) in all.iter().zip(Branches::of(text, &places).at) {
        branches.retain(|branch| branch.depth == 0);
        if known.is_empty() || looks(call) {
            known.push(branches);
        } else if !known.iter().take(MAX_COMPARED).any(|known| branches.starts_with(known)) {
            found.add(&AC_PKG_LATE, source, source.line_at(places.first().copied().unwrap_or_default()));
            return;
        }
    }
}

/// The shell code between the macros.
fn shell(source: &Source<'_>, text: &str, branches: &Branches<'_>, found: &mut Findings<'_>) {
    // Names of functions that are looked for. They may stand at the beginning of a line, as commands do.
    let lists = calls(text, &["AC_CHECK_FUNC", "AC_CHECK_FUNCS", "AC_CHECK_FUNCS_ONCE", "AC_REPLACE_FUNCS"]);
    let lists: Vec<(usize, usize)> = lists
        .into_iter()
        .filter_map(|call| {
            let names = *call.args.first()?;
            let from = call.at + text.get(call.at..)?.find(names)?;
            Some((from, from + names.len()))
        })
        .collect();
    let listed = |at: usize| {
        let before = lists.partition_point(|(from, _)| *from <= at);
        before.checked_sub(1).and_then(|index| lists.get(index)).is_some_and(|(_, to)| at < *to)
    };
    let mut at = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if found.late() {
            return;
        }
        let here = at;
        at += line.len();
        let number = index + 1;
        let named = line.find("uname").filter(|place| !listed(here + place));
        if let Some(place) = named
            && runs(line, "uname")
            && !thought_of(text, branches, here + place)
        {
            found.add(&AC_UNAME, source, number);
        }
        if says(line) {
            continue;
        }
        if line.contains("/usr/") || line.contains("/opt/local") {
            let searched = shell_words(&without_tests(line)).any(|word| {
                let word = word.trim_matches(|c| matches!(c, '[' | ']' | ','));
                host_path(word) || word.split_once('=').is_some_and(|(_, value)| host_path(value))
            });
            // An option that the user has to give names the folder, or allows it.
            let allowed = || near(text, here, 24, &["AC_ARG_WITH", "AC_ARG_ENABLE"]);
            let place = line.find("/usr/").or_else(|| line.find("/opt/local")).unwrap_or_default();
            if searched && !thought_of(text, branches, here + place) && !allowed() {
                found.add(&AC_HOST_PATH, source, number);
            }
        }
        if through_prefix(line) {
            found.add(&AC_PREFIX_DATA, source, number);
        }
    }
}

/// Whether a line is text for people: a message or the help of an option.
fn says(line: &str) -> bool {
    let line = line.trim_start();
    ["AC_MSG_", "AS_HELP_STRING", "AC_HELP_STRING", "echo ", "AC_ARG_VAR"].iter().any(|word| line.contains(word))
}

/// A line without its test commands: to compare with a flag does not use it.
fn without_tests(line: &str) -> String {
    let (mut kept, mut rest) = (String::new(), line);
    while let Some(at) = words(rest, "test").find(|at| rest.get(at + 4..).is_some_and(|after| after.starts_with(' '))) {
        let (before, test) = rest.split_at(at);
        kept.push_str(before);
        let bytes = test.as_bytes();
        // An argument of a macro ends with a quote and one of these.
        let ends = |at: &usize| match bytes.get(*at) {
            Some(b']') => matches!(bytes.get(at + 1), Some(b',' | b')')),
            Some(byte) => b";&|`".contains(byte),
            None => true,
        };
        let end = (0..bytes.len()).find(ends).unwrap_or(bytes.len());
        rest = test.get(end..).unwrap_or_default();
    }
    kept + rest
}

/// Whether shell code runs a program: in `$(…)` or backquotes, or at the beginning of a command.
fn runs(line: &str, program: &str) -> bool {
    words(line, program).any(|at| {
        let before = line[..at].trim_end_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '.'));
        let before = before.trim_end();
        let begins = before.is_empty() || before.ends_with(['`', '(', '|', ';', '&']);
        // A name in a list of programs, or a file, is no call.
        let after = line.get(at + program.len()..).unwrap_or_default();
        begins && (after.starts_with([' ', '`', ')', '|']) || after.trim().is_empty())
    })
}

/// Whether a line reads files below a folder that it derives from prefix.
fn through_prefix(line: &str) -> bool {
    let derived = ["${prefix}/", "$prefix/"].iter().any(|prefix| {
        line.match_indices(prefix).any(|(at, _)| {
            let rest = line.get(at + prefix.len()..).unwrap_or_default();
            ["share", "include", "lib"].iter().any(|folder| {
                rest.strip_prefix(folder).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
            })
        })
    });
    // Reading is testing, including or linking. A path that is compiled in, or a default of an option, reads nothing.
    let tests = ["test -", "[ -"].iter().any(|test| {
        line.match_indices(test).any(|(at, _)| {
            line.get(at + test.len()..).is_some_and(|rest| rest.starts_with(['d', 'e', 'f', 'h', 'L', 'r', 's', 'x']))
        })
    });
    let reads = tests || ["-I$", "-L$", "-I\"$", "-L\"$", "cat ", "ls "].iter().any(|word| line.contains(word));
    let asked = line.contains("--variable=prefix") || line.contains("variable prefix");
    (derived && reads) || asked
}

/// Looks at a configure script.
pub fn configure(source: &Source<'_>, found: &mut Findings<'_>) {
    let made = source.text.lines().take(40).position(|line| {
        ["enerated by GNU Autoconf", "enerated automatically using autoconf"].iter().any(|mark| line.contains(mark))
    });
    if let Some(index) = made
        && !source.text.contains("datarootdir")
    {
        found.add(&AC_OLD_CONFIGURE, source, index + 1);
    }
}

/// Looks at a config.sub.
pub fn config_sub(source: &Source<'_>, found: &mut Findings<'_>) {
    const NAMES: [&str; 6] = ["aarch64", "riscv", "musl", "loongarch", "or1k", "microblazeel"];
    let stamp = source.text.lines().position(|line| line.starts_with("timestamp="));
    let unknown: Vec<&str> = NAMES.into_iter().filter(|name| !source.text.contains(name)).collect();
    if let Some(index) = stamp.filter(|_| !unknown.is_empty()) {
        found.add_with(&AC_CONFIG_SUB, source, index + 1, format!("does not know {}", unknown.join(", ")));
    }
}
