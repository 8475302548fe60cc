//! Rules for configure.ac, files of macros, configure and config.sub.

use super::m4::{Call, calls, without_comments};
use super::rule::*;
use super::text::{Source, has_word, host_path, is_tool, shell_words, words};
use super::{Findings, Tree};

/// The macros whose answer is wrong where nothing can be run, and files that replace the function.
static FUNCTIONS: [(&str, &Rule, &[&str]); 8] = [
    ("AC_FUNC_MALLOC", &AC_MALLOC, &["malloc.c", "bsd-malloc.c", "rpl_malloc.c"]),
    ("AC_FUNC_REALLOC", &AC_REALLOC, &["realloc.c", "bsd-malloc.c", "rpl_realloc.c"]),
    ("AC_FUNC_MMAP", &AC_MMAP, &[]),
    ("AC_FUNC_CHOWN", &AC_CHOWN, &[]),
    ("AC_FUNC_GETGROUPS", &AC_GETGROUPS, &[]),
    ("AC_FUNC_STRCOLL", &AC_STRCOLL, &[]),
    ("AC_FUNC_LSTAT", &AC_LSTAT, &["lstat.c"]),
    ("AC_FUNC_LSTAT_FOLLOWS_SLASHED_SYMLINK", &AC_LSTAT, &["lstat.c"]),
];

/// Lines before a place in which a word shows that its author thought of cross builds.
const NEAR: usize = 25;

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
            && !files.iter().any(|file| tree.has_name(file))
            && !(call.name == "AC_FUNC_MMAP" && tree.answers_mmap(source.path))
        {
            found.add(rule, source, source.line_at(call.at));
        }
    }
    // What is in the arguments of a call with an answer for cross builds is reached in other builds only.
    let mut answered = 0;
    for call in calls(&text, &["AC_RUN_IFELSE", "AC_TRY_RUN", "AC_CHECK_FILE", "AC_CHECK_FILES"]) {
        if call.at < answered || thought_of(&text, call.at) {
            continue;
        }
        let line = source.line_at(call.at);
        if call.name.starts_with("AC_CHECK") {
            // Files of the source tree are looked for in the same way, which stops cross builds, too.
            found.add(&AC_CHECK_FILE, source, line);
        } else if call.args.get(3).is_some_and(|answer| !answer.is_empty() && !stops(answer)) {
            answered = call.end;
        } else if !call.args.is_empty() {
            found.add(&AC_RUN, source, line);
        }
    }
    for call in calls(&text, &["AC_CHECK_PROG", "AC_PATH_PROG", "AC_CHECK_PROGS", "AC_PATH_PROGS"]) {
        let names = call.args.get(1).copied().unwrap_or_default();
        // The variables of a compiler for the build machine hold its tools on purpose.
        let variable = call.args.first().copied().unwrap_or_default();
        if variable.contains("BUILD") || variable.contains("HOSTCC") || thought_of(&text, call.at) {
            continue;
        }
        if names.split_whitespace().any(|name| matches!(name, "pkg-config" | "pkgconf")) {
            found.add(&AC_PKG_PATH, source, source.line_at(call.at));
        } else if names.split_whitespace().any(is_tool) {
            found.add(&AC_BARE_TOOL, source, source.line_at(call.at));
        }
    }
    if source.path.ends_with("configure.ac") || source.path.ends_with("configure.in") {
        late(source, &text, found);
    }
    for call in calls(&text, &["IT_PROG_INTLTOOL", "AC_PROG_INTLTOOL"]) {
        found.add(&AC_INTLTOOL, source, source.line_at(call.at));
    }
    shell(source, &text, found);
}

/// Whether a file of macros is a copy of one of GNU's (gnulib, gettext, libtool), which has this notice and answers for cross builds.
fn foreign(source: &Source<'_>) -> bool {
    const NOTICE: [&str; 2] = ["This file is free software; the Free Software Foundation", "unlimited permission"];
    // A character may stand across the end.
    let head = (3000..3004).find_map(|end| source.text.get(..end)).unwrap_or(source.text);
    source.path.ends_with(".m4") && NOTICE.iter().all(|part| head.contains(part))
}

/// Whether shell code begins with a message that ends configure, which is not an answer.
fn stops(code: &str) -> bool {
    let first = code.trim_start_matches(['[', '(', ' ', '\t', '\n']);
    ["AC_MSG_ERROR", "AC_MSG_FAILURE"].iter().any(|message| first.starts_with(message))
}

/// Whether the lines before a place ask about cross builds.
fn thought_of(text: &str, at: usize) -> bool {
    near(text, at, NEAR, &["cross_compiling", "cross-compil"])
}

/// Whether one of so many lines before a place has one of the words.
fn near(text: &str, at: usize, lines: usize, words: &[&str]) -> bool {
    let before = text.as_bytes().get(at.saturating_sub(lines * 80)..at).unwrap_or_default();
    let before = String::from_utf8_lossy(before);
    before.rsplit('\n').take(lines).any(|line| words.iter().any(|word| line.contains(word)))
}

/// PKG_PROG_PKG_CONFIG after the first PKG_CHECK_MODULES.
fn late(source: &Source<'_>, text: &str, found: &mut Findings<'_>) {
    let all = calls(text, &["PKG_PROG_PKG_CONFIG", "PKG_CHECK_MODULES"]);
    let place = |name: &str| all.iter().find(|call: &&Call<'_>| call.name == name).map(|call| call.at);
    if let (Some(program), Some(modules)) = (place("PKG_PROG_PKG_CONFIG"), place("PKG_CHECK_MODULES"))
        && modules < program
    {
        found.add(&AC_PKG_LATE, source, source.line_at(program));
    }
}

/// The shell code between the macros.
fn shell(source: &Source<'_>, text: &str, found: &mut Findings<'_>) {
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
        let here = at;
        at += line.len();
        let number = index + 1;
        let named = line.find("uname").is_some_and(|place| !listed(here + place));
        if named && runs(line, "uname") && !thought_of(text, here) {
            found.add(&AC_UNAME, source, number);
        }
        if says(line) {
            continue;
        }
        // A comparison with a flag does not use it.
        if (line.contains("/usr/") || line.contains("/opt/local")) && !line.contains("test ") {
            let searched = shell_words(line).any(|word| {
                let word = word.trim_matches(|c| matches!(c, '[' | ']' | ','));
                host_path(word) || word.split_once('=').is_some_and(|(_, value)| host_path(value))
            });
            // An option that the user has to give names the folder, or allows it.
            let allowed = || near(text, here, 24, &["AC_ARG_WITH", "AC_ARG_ENABLE"]);
            if searched && !thought_of(text, here) && !allowed() {
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
    let stamp = source.text.lines().position(|line| line.starts_with("timestamp="));
    if let Some(index) = stamp
        && ["aarch64", "riscv", "musl"].iter().any(|word| !source.text.contains(word))
    {
        found.add(&AC_CONFIG_SUB, source, index + 1);
    }
}
