//! Reads makefiles: lines, rules, the commands of recipes, and what they make.

use std::collections::{BTreeMap, BTreeSet};

use super::Tree;
use super::text::{Source, has_word, is_tool, loud, reference, references, unwrapped};

/// A line with those that continue it, joined as they are written.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'a> {
    pub text: &'a str,
    pub at: usize,
    pub what: What<'a>,
}

/// What a line is.
#[derive(Debug, PartialEq, Eq)]
pub enum What<'a> {
    /// It begins with a tab, and a rule comes before it.
    Recipe,
    Assignment(Assignment<'a>),
    /// An assignment for the targets before it only.
    Specific(&'a str, Assignment<'a>),
    Rule {
        targets: &'a str,
        needs: &'a str,
        /// The recipe on the same line; empty if there is none.
        recipe: &'a str,
    },
    /// A condition, or what make would refuse.
    Other,
}

/// A variable, an operator and a value.
pub type Assignment<'a> = (&'a str, &'a str, &'a str);

pub fn lines(text: &str) -> Vec<Line<'_>> {
    let (mut all, mut from, mut at, mut ruled) = (Vec::new(), 0, 0, false);
    for line in text.split_inclusive('\n') {
        at += line.len();
        if !line.trim_end_matches(['\n', '\r']).ends_with('\\') || at == text.len() {
            let text = text.get(from..at).unwrap_or_default();
            let what = if ruled && text.starts_with('\t') { What::Recipe } else { what(without_comment(text)) };
            ruled |= matches!(what, What::Rule { .. });
            all.push(Line { text, at: from, what });
            from = at;
        }
    }
    all
}

/// What a line is that is no part of a recipe.
fn what(code: &str) -> What<'_> {
    if let Some(assignment) = assignment(code) {
        return What::Assignment(assignment);
    }
    let Some((targets, rest)) = targets(code) else { return What::Other };
    if let Some(assignment) = assignment(rest) {
        return What::Specific(targets, assignment);
    }
    let (needs, recipe) = rest.split_once(';').unwrap_or((rest, ""));
    What::Rule { targets, needs, recipe }
}

/// The text before a comment. `#` in a word, such as a reference's, begins none.
pub fn without_comment(text: &str) -> &str {
    let bytes = text.as_bytes();
    let begins = |at: &usize| *at == 0 || bytes.get(at - 1).is_some_and(|byte| byte.is_ascii_whitespace());
    let end = text.match_indices('#').map(|(at, _)| at).find(begins).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

pub fn assignment(text: &str) -> Option<Assignment<'_>> {
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

/// The targets before the colon of a rule, and what follows it.
fn targets(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'{' => depth += 1,
            b')' | b'}' => depth = depth.saturating_sub(1),
            b'=' if depth == 0 => return None,
            b':' if depth == 0 => {
                let rest = text.get(at + 1..).unwrap_or_default();
                let rest = rest.strip_prefix(':').unwrap_or(rest);
                return (!rest.starts_with(['=', ':'])).then(|| (text.get(..at).unwrap_or_default(), rest));
            }
            _ => {}
        }
    }
    None
}

/// A rule with the lines of its recipe.
pub struct Rule<'a> {
    pub targets: &'a str,
    needs: &'a str,
    recipe: Vec<&'a str>,
    /// Its targets say that they test or tidy, which a build does not.
    pub not_built: bool,
}

/// The rules of a makefile, in its order.
pub fn rules<'a>(lines: &[Line<'a>]) -> Vec<Rule<'a>> {
    let mut all: Vec<Rule<'a>> = Vec::new();
    for line in lines {
        match line.what {
            What::Rule { targets, needs, recipe } => {
                let recipe = if recipe.is_empty() { Vec::new() } else { vec![recipe] };
                all.push(Rule { targets, needs, recipe, not_built: not_built(targets) });
            }
            What::Recipe => {
                if let Some(rule) = all.last_mut() {
                    rule.recipe.push(line.text);
                }
            }
            _ => {}
        }
    }
    all
}

/// The commands of shell code, each with its place. Quotes hide their contents; references of make are words.
pub fn commands(text: &str) -> Vec<(usize, &str)> {
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
pub fn program(command: &str) -> Vec<&str> {
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
    let before = |word: &&str| loud(word).is_empty() || skipped(word) && !goes_on(word);
    let words: Vec<&str> = command.split_whitespace().skip_while(before).take(64).collect();
    if words.first().is_some_and(|word| skipped(word)) { Vec::new() } else { words }
}

/// What a makefile makes.
pub struct Made<'a> {
    /// The programs that `$(CC)` makes.
    pub programs: BTreeSet<&'a str>,
    /// Variables whose value is a program of this folder.
    pub variables: BTreeMap<&'a str, &'a str>,
    /// The programs that recipes run.
    pub run: BTreeSet<&'a str>,
    /// Targets that people ask for by name.
    pub tasks: BTreeSet<&'a str>,
    /// It has the variable in which kernels list programs for the build machine.
    pub hostprogs: bool,
    /// It has a compiler for the build machine of its own.
    pub build_compiler: bool,
    /// A configure script that Autoconf did not make writes it, and replaces such assignments.
    pub edited: bool,
}

impl<'a> Made<'a> {
    pub fn of(source: &Source<'_>, lines: &[Line<'a>], rules: &[Rule<'a>], tree: &Tree) -> Made<'a> {
        let variables = variables(lines);
        let folder = source.path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        // A file that others include does not have all the rules.
        let part = [".mk", ".inc"].iter().any(|end| source.path.ends_with(end));
        Made {
            programs: built(lines, rules, |name| !part && tree.has(&format!("{folder}{name}"))),
            run: run(rules, &variables),
            variables,
            tasks: tasks(rules),
            hostprogs: source.text.contains("hostprogs"),
            build_compiler: ["BUILD_CC", "BUILDCC"].iter().any(|name| source.text.contains(name)),
            edited: edited(source.path, tree),
        }
    }
}

/// Whether a template is beside a configure script that people wrote.
fn edited(path: &str, tree: &Tree) -> bool {
    let folder = path.strip_suffix("Makefile.in");
    let beside = |name: &str| folder.is_some_and(|folder| tree.has(&format!("{folder}{name}")));
    beside("configure") && !beside("configure.ac") && !beside("configure.in")
}

/// Whether a variable holds a compiler, or its flags, for programs that run during the build.
pub fn for_build(name: &str) -> bool {
    const TOOLS: [&str; 8] = ["CC", "CXX", "CPP", "LD", "AR", "RANLIB", "GCC", "LINK"];
    const FLAGS: [&str; 5] = ["CFLAGS", "CPPFLAGS", "CXXFLAGS", "LDFLAGS", "LDLIBS"];
    let holds = |rest: &str| {
        let rest = rest.trim_matches('_');
        TOOLS.contains(&rest) || FLAGS.iter().any(|flags| rest.ends_with(flags))
    };
    let name = name.to_ascii_uppercase();
    let hosts = name.split_once("HOST").map(|(_, rest)| rest);
    let parts = [hosts, name.strip_prefix("BUILD"), name.strip_suffix("_HOST"), name.strip_suffix("_BUILD")];
    name.ends_with("_FOR_BUILD") || hosts == Some("FLAGS") || parts.into_iter().flatten().any(holds)
}

/// Whether a text refers to such a variable.
pub fn builds_here(text: &str) -> bool {
    references(text).any(for_build)
}

/// A program's name as rules and commands share it: without `./` or the folder of the build, and without `$(EXEEXT)`.
pub fn base(name: &str) -> &str {
    let name = local(name).unwrap_or(name);
    name.strip_suffix("$(EXEEXT)").or_else(|| name.strip_suffix("${EXEEXT}")).unwrap_or(name)
}

/// The name of a program in the folder of the build, if a word says that it is there.
fn local(word: &str) -> Option<&str> {
    let word = loud(word);
    let below = || {
        let (name, rest) = reference(word)?;
        let builds =
            matches!(name, "builddir" | "abs_builddir" | "top_builddir" | "abs_top_builddir" | "CURDIR" | "PWD");
        rest.strip_prefix('/').filter(|_| builds)
    };
    word.strip_prefix("./").or_else(below)
}

/// The program of the tree that a command's first word runs, if its name shows that it is one.
pub fn ran<'a>(word: &'a str, rule: &Rule<'a>, variables: &BTreeMap<&'a str, &'a str>) -> Option<&'a str> {
    let word = loud(word);
    let name = match word {
        "$<" | "./$<" => rule.needs.split_whitespace().next()?,
        "./$@" => rule.targets.trim(),
        _ => match reference(word) {
            Some((name, "")) => variables.get(name)?,
            // Rules name a program in such a folder in the same way.
            Some((_, rest)) if rest.starts_with('/') => word,
            _ => local(word)?,
        },
    };
    Some(base(name)).filter(|name| !name.is_empty())
}

/// The variables of a makefile whose only value is a program of this folder. Users can set one that is assigned with `?=`,
/// or if a condition asks for it.
fn variables<'a>(lines: &[Line<'a>]) -> BTreeMap<&'a str, &'a str> {
    let mut found: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for line in lines {
        let (What::Assignment((name, operator, value)) | What::Specific(_, (name, operator, value))) = line.what else {
            if line.what == What::Other {
                let names = references(line.text).chain(line.text.split_whitespace().nth(1));
                found.extend(names.map(|name| (name, None)));
            }
            continue;
        };
        let program = Some(value).filter(|value| matches!(operator, "=" | ":=" | "::=") && local(value).is_some());
        let program = program.filter(|value| !value.contains(char::is_whitespace));
        found.entry(name).and_modify(|known| *known = None).or_insert(program);
    }
    found.into_iter().filter_map(|(name, program)| Some((name, program?))).collect()
}

/// Whether a line of a recipe links a program with `$(CC)`.
fn links(text: &str) -> bool {
    commands(text).into_iter().any(|(_, command)| {
        let words = program(command);
        let words = unwrapped(&words);
        let first = words.first().and_then(|first| reference(loud(first)));
        let compiler =
            matches!(first, Some(("CC" | "CXX" | "LINK" | "CCLD" | "CXXLD" | "CXXLINK" | "LINK.c" | "LINK.o", "")));
        compiler && words.contains(&"-o") && !words.iter().any(|word| matches!(*word, "-c" | "-shared" | "-E" | "-S"))
    })
}

/// Whether make's own rules link a program of this name: no recipe makes it, and it needs nothing but its source or object.
fn implied(rule: &Rule<'_>) -> bool {
    let name = base(rule.targets.trim());
    let own = |need: &str| {
        need.strip_prefix(name).is_some_and(|end| matches!(end, ".c" | ".o" | ".cc" | ".cpp" | ".$(OBJEXT)"))
    };
    rule.recipe.is_empty() && rule.needs.split_whitespace().next().is_some_and(own)
}

/// The programs of a makefile that `$(CC)` makes. `beside` tells whether its folder has a file.
fn built<'a>(lines: &[Line<'a>], rules: &[Rule<'a>], beside: impl Fn(&str) -> bool) -> BTreeSet<&'a str> {
    let (mut found, mut native) = (BTreeSet::new(), BTreeSet::new());
    for line in lines {
        match line.what {
            // All of it is for the build machine.
            What::Assignment(("CC", _, value)) if builds_here(value) => return BTreeSet::new(),
            What::Assignment((name, _, value)) => {
                if name.ends_with("_PROGRAMS") && !name.starts_with("check_") {
                    found.extend(value.split_whitespace().filter(|name| !name.contains(['$', '\\'])));
                }
                if let Some(name) = name.strip_suffix("_LINK").filter(|_| builds_here(value)) {
                    native.insert(name);
                }
            }
            What::Specific(targets, ("CC" | "CXX" | "LINK", _, value))
                if builds_here(value) || value.split_whitespace().next().is_some_and(is_tool) =>
            {
                native.extend(targets.split_whitespace());
                native.extend(references(targets).filter_map(|name| name.strip_suffix("_OBJECTS")));
            }
            _ => {}
        }
    }
    // A rule of the makefile's own can link in another way.
    let general = rules.iter().any(|rule| matches!(rule.targets.trim(), "%" | "%$(EXEEXT)" | ".c" | ".o"));
    let made: BTreeSet<&str> =
        rules.iter().filter(|rule| !rule.recipe.is_empty()).flat_map(|rule| rule.targets.split_whitespace()).collect();
    for rule in rules {
        let names = rule.targets.split_whitespace();
        // Automake's lists name a program that a rule builds for the build machine, too.
        if rule.recipe.iter().any(|line| line.contains("-o") && builds_here(line)) {
            native.extend(names);
        } else if rule.recipe.iter().any(|line| links(line))
            || !general && implied(rule) && !made.contains(rule.targets.trim())
        {
            found.extend(names.filter(|name| !name.contains(['%', '@'])));
        }
    }
    // What is needed and has no rule is made by make's own, too, unless another file has one.
    let includes = |line: &Line<'_>| {
        line.what == What::Other && line.text.trim_start_matches(['-', 's', ' ']).starts_with("include")
    };
    if !general && !lines.iter().any(includes) {
        let named: BTreeSet<&str> = rules.iter().flat_map(|rule| rule.targets.split_whitespace()).collect();
        let needs = rules.iter().flat_map(|rule| rule.needs.split_whitespace());
        found.extend(needs.filter(|need| !named.contains(need) && beside(&format!("{need}.c"))));
    }
    let native: BTreeSet<&str> = native.into_iter().map(base).collect();
    found.into_iter().map(base).filter(|name| !native.contains(name)).collect()
}

/// Whether the names of targets say that they test or tidy, which a build does not.
pub fn not_built(targets: &str) -> bool {
    const WORDS: [&str; 9] = ["check", "test", "bench", "run", "demo", "valgrind", "clean", "dist", "profile"];
    let targets = targets.to_ascii_lowercase();
    WORDS.iter().any(|word| targets.contains(word))
}

/// The programs of this folder that recipes run, but for tests.
fn run<'a>(rules: &[Rule<'a>], variables: &BTreeMap<&'a str, &'a str>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    for rule in rules.iter().filter(|rule| !rule.not_built) {
        for line in &rule.recipe {
            let first = commands(line).into_iter().filter_map(|(_, command)| program(command).first().copied());
            found.extend(first.map(|word| ran(word, rule, variables).unwrap_or(word)));
        }
    }
    found
}

/// The targets that no rule needs and that their own recipes do not name: people ask for them, and a build does not.
fn tasks<'a>(rules: &[Rule<'a>]) -> BTreeSet<&'a str> {
    let (mut found, mut built) = (BTreeSet::new(), BTreeSet::new());
    // What .PHONY and its like list is not needed by that.
    for rule in rules.iter().filter(|rule| !rule.targets.trim_start().starts_with('.')) {
        let target = rule.targets.trim();
        built.extend(rule.needs.split_whitespace());
        // The first rule is what make builds if nothing is named.
        if found.is_empty() {
            built.insert(target);
        }
        found.insert(target);
        if rule.recipe.iter().any(|line| line.contains("$@") || line.len() > target.len() && has_word(line, target)) {
            built.insert(target);
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
        let found: Vec<_> =
            lines("\tx\na: \\\n b\n\tc\\\n").into_iter().map(|line| (line.text, line.what == What::Recipe)).collect();
        assert_eq!(found, [("\tx\n", false), ("a: \\\n b\n", false), ("\tc\\\n", true)]);
        assert_eq!(assignment("export CC := gcc -O2 "), Some(("CC", ":=", "gcc -O2")));
        assert_eq!(assignment("a: b"), None);
        assert_eq!(what("a $(b:c=d): e; f"), What::Rule { targets: "a $(b:c=d)", needs: " e", recipe: " f" });
        assert_eq!(what("a:: b"), What::Rule { targets: "a", needs: " b", recipe: "" });
        assert_eq!(what("a: b := c"), What::Specific("a", ("b", ":=", "c")));
        assert!(matches!(what("a := b"), What::Assignment(..)) && matches!(what("a = b:c"), What::Assignment(..)));
    }
}
