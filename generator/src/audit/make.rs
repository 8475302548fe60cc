//! Rules for makefiles, and for the files that configure or automake make them from.

use std::collections::BTreeSet;

use super::rule::*;
use super::text::{Source, has_word, host_path, is_tool, native_flag, shell_words, words};
use super::{Findings, Tree};

/// A line with those that continue it, joined as they are written.
#[derive(Debug, PartialEq, Eq)]
struct Line<'a> {
    text: &'a str,
    at: usize,
    /// It begins with a tab: it is a part of a recipe if a rule comes before it.
    recipe: bool,
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let (mut all, mut from, mut at) = (Vec::new(), 0, 0);
    for line in text.split_inclusive('\n') {
        at += line.len();
        if !line.trim_end_matches(['\n', '\r']).ends_with('\\') || at == text.len() {
            let text = text.get(from..at).unwrap_or_default();
            all.push(Line { text, at: from, recipe: text.starts_with('\t') });
            from = at;
        }
    }
    all
}

/// The text before a comment. `#` in a word, such as a reference's, begins none.
fn without_comment(text: &str) -> &str {
    let bytes = text.as_bytes();
    let begins = |at: &usize| *at == 0 || bytes.get(at - 1).is_some_and(|byte| byte.is_ascii_whitespace());
    let end = text.match_indices('#').map(|(at, _)| at).find(begins).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// An assignment: its variable, its operator and its value.
fn assignment(text: &str) -> Option<(&str, &str, &str)> {
    let mut text = text.trim_start();
    for word in ["export ", "override "] {
        text = text.strip_prefix(word).unwrap_or(text).trim_start();
    }
    let name = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(name)?;
    let rest = rest.trim_start();
    let operator =
        [":::=", "::=", ":=", "?=", "+=", "!=", "="].into_iter().find(|operator| rest.starts_with(operator))?;
    (!name.is_empty()).then(|| (name, operator, rest.get(operator.len()..).unwrap_or_default().trim()))
}

/// The targets of a rule, and the recipe that stands on the same line.
fn rule(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'{' => depth += 1,
            b')' | b'}' => depth = depth.saturating_sub(1),
            b'=' if depth == 0 => return None,
            b':' if depth == 0 => {
                let rest = text.get(at + 1..).unwrap_or_default();
                let recipe = rest.split_once(';').map_or("", |(_, recipe)| recipe);
                return (!rest.starts_with(['=', ':'])).then(|| (text.get(..at).unwrap_or_default(), recipe));
            }
            _ => {}
        }
    }
    None
}

/// The commands of shell code, each with its place. Quotes hide their contents; references of make are words.
fn commands(text: &str) -> Vec<(usize, &str)> {
    let bytes = text.as_bytes();
    let (mut all, mut from, mut at, mut reference) = (Vec::new(), 0, 0, 0_usize);
    let mut end = |from: usize, to: usize| {
        let command = text.get(from..to).unwrap_or_default();
        let trimmed =
            command.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '@' | '-' | '+' | '\\' | '!' | '{'));
        if !trimmed.trim().is_empty() {
            all.push((from + command.len() - trimmed.len(), trimmed.trim_end()));
        }
    };
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\'' => {
                let length = bytes[at + 1..].iter().position(|byte| *byte == b'\'');
                at = length.map_or(bytes.len(), |length| at + 1 + length);
            }
            b'"' => {
                at += 1;
                while bytes.get(at).is_some_and(|byte| *byte != b'"') {
                    at += if bytes.get(at) == Some(&b'\\') { 2 } else { 1 };
                }
            }
            b'$' if matches!(bytes.get(at + 1), Some(b'(' | b'{')) => {
                reference += 1;
                at += 1;
            }
            b'(' | b'{' if reference > 0 => reference += 1,
            b')' | b'}' if reference > 0 => reference -= 1,
            b'#' if at == 0 || bytes.get(at - 1).is_some_and(u8::is_ascii_whitespace) => {
                end(from, at);
                while bytes.get(at).is_some_and(|byte| *byte != b'\n') {
                    at += 1;
                }
                from = at;
            }
            b';' | b'|' | b'&' | b'(' | b')' | b'`' if reference == 0 => {
                end(from, at);
                from = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    end(from, bytes.len());
    all
}

/// The words of a command from its program on, without what shells read before it.
fn program(command: &str) -> Vec<&str> {
    // A value that is a command, or has blanks in quotes, goes on in the next words: such a command assigns and runs nothing.
    let goes_on = |word: &str| {
        let odd = |sign: char| word.matches(sign).count() % 2 == 1;
        odd('"') || odd('\'') || word.contains("$(")
    };
    let skipped = |word: &str| {
        let variable = word
            .split_once('=')
            .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
        variable
            || matches!(
                word,
                "\\" | "if" | "then" | "else" | "elif" | "do" | "while" | "exec" | "env" | "time" | "!" | "{"
            )
    };
    let words: Vec<&str> =
        command.split_whitespace().skip_while(|word| skipped(word) && !goes_on(word)).take(64).collect();
    if words.first().is_some_and(|word| skipped(word)) { Vec::new() } else { words }
}

/// The conditions that a line is under.
#[derive(Debug, Clone, Copy, Default)]
struct Under {
    crossing: bool,
    any: bool,
    /// One asks whether a variable is empty or undefined.
    unset: bool,
}

/// What a makefile makes.
struct Made<'a> {
    /// The programs that `$(CC)` makes.
    programs: BTreeSet<&'a str>,
    /// The programs that recipes run.
    run: BTreeSet<&'a str>,
    /// Targets that people ask for by name.
    tasks: BTreeSet<&'a str>,
    /// It has the variable in which kernels list programs for the build machine.
    hostprogs: bool,
    /// A configure script that Autoconf did not make writes it, and replaces such assignments.
    edited: bool,
}

/// Whether a template is beside a configure script that people wrote.
fn edited(path: &str, tree: &Tree) -> bool {
    let folder = path.strip_suffix("Makefile.in");
    let beside = |name: &str| folder.is_some_and(|folder| tree.has(&format!("{folder}{name}")));
    beside("configure") && !beside("configure.ac") && !beside("configure.in")
}

/// The programs of a makefile that `$(CC)` makes.
fn built<'a>(lines: &[Line<'a>]) -> BTreeSet<&'a str> {
    let (mut found, mut native) = (BTreeSet::new(), BTreeSet::new());
    let mut targets = "";
    for line in lines {
        if line.recipe {
            // Automake's lists name a program that a rule builds for the build machine, too.
            let own = ["$(BUILD", "${BUILD", "$(HOST", "${HOST", "_FOR_BUILD"];
            if line.text.contains("-o") && own.iter().any(|compiler| line.text.contains(compiler)) {
                native.extend(targets.split_whitespace());
            }
            let links = commands(line.text).into_iter().any(|(_, command)| {
                let words = program(command);
                let compiler = matches!(words.first(), Some(&("$(CC)" | "${CC}" | "$(CXX)" | "${CXX}" | "$(LINK)")));
                compiler
                    && words.contains(&"-o")
                    && !words.iter().any(|word| matches!(*word, "-c" | "-shared" | "-E" | "-S"))
            });
            if links {
                found.extend(targets.split_whitespace().filter(|name| !name.contains(['$', '%', '@'])));
            }
        } else if let Some((variable, _, value)) = assignment(line.text) {
            if matches!(variable, "noinst_PROGRAMS" | "bin_PROGRAMS") {
                found.extend(value.split_whitespace().filter(|name| !name.contains(['$', '\\'])));
            }
        } else if let Some((names, _)) = rule(without_comment(line.text)) {
            targets = names;
        }
    }
    let native: BTreeSet<&str> = native.into_iter().map(|name| name.trim_end_matches("$(EXEEXT)")).collect();
    found.into_iter().map(|name| name.trim_end_matches("$(EXEEXT)")).filter(|name| !native.contains(name)).collect()
}

/// Whether the names of targets say that they test or tidy, which a build does not.
fn not_built(targets: &str) -> bool {
    const WORDS: [&str; 9] = ["check", "test", "bench", "run", "demo", "valgrind", "clean", "dist", "profile"];
    targets.split_whitespace().any(|target| WORDS.iter().any(|word| target.to_ascii_lowercase().contains(word)))
}

/// The programs of this folder that recipes run, but for tests.
fn run<'a>(lines: &[Line<'a>]) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut targets = "";
    for line in lines {
        if line.recipe && !not_built(targets) {
            let first = commands(line.text).into_iter().filter_map(|(_, command)| program(command).first().copied());
            found.extend(first.map(|word| word.strip_prefix("./").unwrap_or(word)));
        } else if !line.recipe
            && assignment(line.text).is_none()
            && let Some((names, _)) = rule(without_comment(line.text))
        {
            targets = names;
        }
    }
    found
}

/// The targets that no rule needs and that their own recipes do not name: people ask for them, and a build does not.
fn tasks<'a>(lines: &[Line<'a>]) -> BTreeSet<&'a str> {
    let (mut found, mut built) = (BTreeSet::new(), BTreeSet::new());
    let mut target = "";
    for line in lines {
        let code = if line.recipe { line.text } else { without_comment(line.text) };
        let (recipe, made) = if line.recipe {
            (code, target)
        } else if assignment(code).is_none()
            && let Some((names, inline)) = rule(code)
        {
            target = names.trim();
            // What .PHONY and its like list is not needed by that.
            if !target.starts_with('.') {
                let needs = code.get(names.len() + 1..code.len() - inline.len()).unwrap_or_default();
                built.extend(needs.split_whitespace());
                // The first rule is what make builds if nothing is named.
                if found.is_empty() {
                    built.insert(target);
                }
                found.insert(target);
            }
            (inline, target)
        } else {
            continue;
        };
        if recipe.contains("$@") || !made.is_empty() && has_word(recipe, made) {
            built.insert(made);
        }
    }
    let named = |target: &&str| target.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let part = |target: &&str| {
        matches!(*target, "all" | "default")
            || target.starts_with("install")
            || ["-local", "-hook", "-am"].iter().any(|end| target.ends_with(end))
    };
    found.into_iter().filter(named).filter(|target| !built.contains(target) && !part(target)).collect()
}

/// Whether a makefile says that a program wrote it: it is written again for each build, and its input is looked at.
fn generated(text: &str) -> bool {
    const SIGNS: [&str; 4] = [
        "generated by automake",
        "generated automatically by MakeMaker",
        "enerated automatically from Makefile.in",
        "CMAKE generated file",
    ];
    text.lines().take(5).any(|line| SIGNS.iter().any(|sign| line.contains(sign)))
}

/// Looks at a makefile.
pub fn look(source: &Source<'_>, tree: &Tree, found: &mut Findings<'_>) {
    if generated(source.text) {
        return;
    }
    let lines = lines(source.text);
    let made = Made {
        programs: built(&lines),
        run: run(&lines),
        tasks: tasks(&lines),
        hostprogs: source.text.contains("hostprogs"),
        edited: edited(source.path, tree),
    };
    let mut conditions: Vec<Under> = Vec::new();
    let mut targets = "";
    for line in &lines {
        let code = if line.recipe { line.text } else { without_comment(line.text) };
        let outer = conditions.last().copied().unwrap_or_default();
        let first = code.split_whitespace().next().unwrap_or_default();
        let upper = code.to_ascii_uppercase();
        let joined = Under {
            crossing: outer.crossing
                || upper.contains("CROSS")
                || upper.contains("HOST_ARCH")
                || upper.contains("CBUILD"),
            any: true,
            unset: outer.unset || first == "ifndef" || code.trim_end().ends_with(",)") || code.contains("origin"),
        };
        match first {
            "ifeq" | "ifneq" | "ifdef" | "ifndef" => conditions.push(joined),
            "else" if !line.recipe => {
                if let Some(last) = conditions.last_mut() {
                    *last = joined;
                }
            }
            "endif" => drop(conditions.pop()),
            _ => {}
        }
        let under = conditions.last().copied().unwrap_or_default();
        if under.crossing || first.is_empty() || first.starts_with('#') {
            continue;
        }
        if line.recipe {
            recipe(source, line.text, line.at, targets, &made, found);
        } else if let Some((variable, operator, value)) = assignment(code) {
            variables(source, line, (variable, operator, value), under.any || made.edited, found);
        } else if let Some((names, inline)) = rule(code) {
            targets = names;
            if let Some(at) = code.len().checked_sub(inline.len()).filter(|_| !inline.is_empty()) {
                recipe(source, inline, line.at + at, targets, &made, found);
            }
        }
        // A condition is what decides, and an assignment with ?= asks the user first.
        let asked = assignment(code).is_some_and(|(_, operator, _)| operator == "?=");
        if !line.recipe && !asked && !under.unset {
            for at in words(code, "uname").filter(|at| shelled(code, *at, "uname")) {
                if !informs(code.get(at..).unwrap_or_default()) {
                    found.add(&MAKE_UNAME, source, source.line_at(line.at + at));
                }
            }
        }
        // A variable of the tools for the build machine, or a makefile of such tools.
        let host = assignment(code).is_some_and(|(name, ..)| name.contains("HOST") || name.contains("BUILD"));
        if !line.recipe && !asked && !host && !made.hostprogs {
            for name in ["pkg-config", "gcc", "cc"] {
                if let Some(at) = words(code, name).find(|at| shelled(code, *at, name)) {
                    found.add(&MAKE_BARE_TOOL, source, source.line_at(line.at + at));
                }
            }
        }
        flags(source, line, code, found);
    }
}

/// Whether a call of uname asks for the machine's name or for everything, which goes into messages and decides nothing.
fn informs(call: &str) -> bool {
    ["uname -n", "uname -a"].iter().any(|start| call.starts_with(start))
}

/// Whether a word is a program in `$(shell …)`, in backquotes or after `!=`.
fn shelled(code: &str, at: usize, name: &str) -> bool {
    let before = code.get(..at).unwrap_or_default().trim_end();
    let after = code.get(at + name.len()..).unwrap_or_default();
    let called =
        before.ends_with("$(shell") || before.ends_with("${shell") || before.ends_with('`') || before.ends_with("!=");
    called && (after.is_empty() || after.starts_with([' ', '`', ')', '\t', '\n']))
}

/// Flags, wherever they are.
fn flags(source: &Source<'_>, line: &Line<'_>, code: &str, found: &mut Findings<'_>) {
    // A variable of that name holds the flags of users who ask for them.
    let chosen = assignment(code).is_some_and(|(name, ..)| name.to_ascii_lowercase().contains("native"));
    if code.contains("=native")
        && !chosen
        && !code.contains("filter-out")
        && native_flag(code)
        && let Some(at) = code.find("=native")
    {
        found.add(&MAKE_NATIVE, source, source.line_at(line.at + at));
    }
    let said = program(code.trim_start_matches(['\t', '@', ' ']))
        .first()
        .is_some_and(|word| matches!(*word, "echo" | "printf"));
    if code.contains("/usr/") || code.contains("/opt/local") {
        for word in shell_words(code).filter(|word| !said && host_path(word)) {
            if let Some(at) = code.find(word) {
                found.add(&MAKE_HOST_PATH, source, source.line_at(line.at + at));
                break;
            }
        }
    }
}

/// Looks at an assignment.
fn variables(source: &Source<'_>, line: &Line<'_>, of: (&str, &str, &str), replaced: bool, found: &mut Findings<'_>) {
    const TOOLS: [&str; 12] =
        ["CC", "CXX", "AR", "LD", "RANLIB", "STRIP", "NM", "OBJCOPY", "OBJDUMP", "PKG_CONFIG", "PKGCONFIG", "WINDRES"];
    let (variable, operator, value) = of;
    let first = value.split_whitespace().next().unwrap_or_default();
    let tool = is_tool(first) || matches!(first, "pkg-config" | "pkgconf");
    if TOOLS.contains(&variable) && matches!(operator, "=" | ":=" | "::=") && tool && !replaced {
        found.add(&MAKE_FIXED_TOOL, source, source.line_at(line.at));
    }
    if variable.starts_with("INSTALL") && strips(&program(value)) {
        found.add(&MAKE_INSTALL_STRIP, source, source.line_at(line.at));
    }
}

/// Whether a command installs and strips.
fn strips(words: &[&str]) -> bool {
    let Some((first, args)) = words.split_first() else { return false };
    let installs = matches!(*first, "install" | "/usr/bin/install" | "ginstall")
        || first.starts_with("$(INSTALL")
        || first.starts_with("${INSTALL");
    // Letters after one that takes a value, such as a mode, are that value.
    let strips = |word: &&str| {
        let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-')).unwrap_or_default();
        letters.chars().take_while(|c| !matches!(c, 'm' | 'o' | 'g' | 't' | 'S')).any(|c| c == 's')
    };
    installs && args.iter().any(strips) && !args.iter().any(|word| word.starts_with("--strip-program"))
}

/// Looks at a line of a recipe.
fn recipe(source: &Source<'_>, text: &str, at: usize, targets: &str, made: &Made<'_>, found: &mut Findings<'_>) {
    let phony = not_built(targets);
    let tested = source.path.split('/').any(|part| matches!(part, "test" | "tests" | "testsuite"));
    for (place, command) in commands(text) {
        let words = program(command);
        let Some(first) = words.first() else { continue };
        let line = source.line_at(at + place + command.find(first).unwrap_or_default());
        let host = words.iter().any(|word| word.contains("HOST") || word.contains("BUILD"));
        // To ask for a version makes nothing.
        let asks = words.get(1).is_some_and(|word| matches!(*word, "-v" | "--version" | "-V"));
        // A compiler of the build machine is right for a program that runs on it.
        let output = words.iter().skip_while(|word| **word != "-o").nth(1).copied().unwrap_or_default();
        let output = if output == "$@" { targets.trim() } else { output };
        let runs = made.run.contains(output.strip_prefix("./").unwrap_or(output));
        if (is_tool(first) || *first == "pkg-config") && !host && !asks && !runs && !made.hostprogs {
            found.add(&MAKE_BARE_TOOL, source, line);
        }
        if *first == "uname"
            && !informs(command.get(command.find("uname").unwrap_or_default()..).unwrap_or_default())
            && !phony
            && !tested
        {
            found.add(&MAKE_UNAME, source, line);
        }
        if strips(&words) {
            found.add(&MAKE_INSTALL_STRIP, source, line);
        }
        let local = first.strip_prefix("./").or_else(|| first.strip_prefix("$(builddir)/")).unwrap_or_default();
        let task = made.tasks.contains(targets.trim());
        if !phony && !task && made.programs.contains(local.trim_end_matches("$(EXEEXT)")) && !local.is_empty() {
            found.add(&MAKE_RUNS, source, line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_have_commands() {
        let words: Vec<_> = commands("\t@if a; then $(CC) -o 'x; y' $(f (g); h) `i j` && A=b k; fi # l; m\n")
            .into_iter()
            .map(|(_, command)| program(command).first().copied().unwrap_or_default())
            .collect();
        assert_eq!(words, ["a", "$(CC)", "i", "k", "fi"]);
        for text in ["'", "\"\\", "$(", "`", "#", ""] {
            commands(text);
        }
    }

    #[test]
    fn lines_rules_and_assignments() {
        let found: Vec<_> = lines("a \\\n b\n\tc\\\n").into_iter().map(|line| (line.text, line.recipe)).collect();
        assert_eq!(found, [("a \\\n b\n", false), ("\tc\\\n", true)]);
        assert_eq!(assignment("export CC := gcc -O2 "), Some(("CC", ":=", "gcc -O2")));
        assert_eq!((assignment("a: b"), rule("a $(b:c=d): e; f")), (None, Some(("a $(b:c=d)", " f"))));
        assert_eq!((rule("a := b"), rule("a = b:c")), (None, None));
        assert!(strips(&["install", "-sm755"]) && !strips(&["install", "-m", "644"]) && !strips(&["install", "-ms"]));
    }
}
