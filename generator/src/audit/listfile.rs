//! Reads files of CMake code: commands, the conditions that they are under, and what the files of a tree say about each other.

use std::collections::{BTreeMap, BTreeSet};

use super::text::joined;

/// Words of a command, and targets that need one, that are read at most.
pub const MAX_WORDS: usize = 64;

/// A command with its arguments.
#[derive(Debug, PartialEq, Eq)]
pub struct Command {
    /// In lower case, as CMake reads it.
    pub name: String,
    /// Where it begins, in bytes.
    pub at: usize,
    pub args: Vec<Arg>,
}

/// An argument without its quotes. Parentheses among the arguments are arguments.
#[derive(Debug, PartialEq, Eq)]
pub struct Arg {
    pub text: String,
    pub at: usize,
}

/// The place after a bracket, `[=[…]=]`, and what is in it. None if none begins here. One without an end ends the file.
fn bracket(text: &str, at: usize) -> Option<(usize, &str)> {
    let rest = text.get(at..)?.strip_prefix('[')?;
    let equals = rest.bytes().take_while(|byte| *byte == b'=').count();
    let inside = rest.get(equals..)?.strip_prefix('[')?;
    let end = format!("]{}]", "=".repeat(equals));
    let from = at + equals + 2;
    match inside.find(&end) {
        Some(length) => Some((from + length + end.len(), &inside[..length])),
        None => Some((text.len(), inside)),
    }
}

/// The commands of a text. What CMake would refuse is skipped.
pub fn commands(text: &str) -> Vec<Command> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    let mut name: Option<(usize, usize)> = None;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'#' => at = comment(text, at),
            b'(' => {
                let (args, end) = arguments(text, at + 1);
                if let Some((from, to)) = name.take() {
                    found.push(Command {
                        name: text.get(from..to).unwrap_or_default().to_ascii_lowercase(),
                        at: from,
                        args,
                    });
                }
                at = end;
            }
            byte if byte.is_ascii_alphanumeric() || byte == b'_' => {
                let from = at;
                while bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
                    at += 1;
                }
                name = Some((from, at));
            }
            byte => {
                if !matches!(byte, b' ' | b'\t') {
                    name = None;
                }
                at += 1;
            }
        }
    }
    found
}

/// The place after a comment.
fn comment(text: &str, at: usize) -> usize {
    match bracket(text, at + 1) {
        Some((end, _)) => end,
        None => text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |length| at + length),
    }
}

/// The arguments up to the parenthesis that ends them, and the place after it.
fn arguments(text: &str, from: usize) -> (Vec<Arg>, usize) {
    let bytes = text.as_bytes();
    let (mut args, mut depth, mut at) = (Vec::new(), 0_usize, from);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'#' => at = comment(text, at),
            b')' if depth == 0 => return (args, at + 1),
            b'(' | b')' => {
                depth = if byte == b'(' { depth + 1 } else { depth - 1 };
                args.push(Arg { text: char::from(byte).to_string(), at });
                at += 1;
            }
            b'"' => {
                let start = at + 1;
                at = start;
                while let Some(&byte) = bytes.get(at).filter(|byte| **byte != b'"') {
                    at += if byte == b'\\' { 2 } else { 1 };
                }
                let end = at.min(text.len());
                args.push(Arg { text: text.get(start..end).unwrap_or_default().to_owned(), at: start });
                at = end + 1;
            }
            byte if byte.is_ascii_whitespace() || byte == b';' => at += 1,
            _ => {
                if let Some((end, inside)) = bracket(text, at) {
                    args.push(Arg { text: inside.to_owned(), at });
                    at = end;
                    continue;
                }
                let start = at;
                while let Some(&byte) = bytes.get(at) {
                    // Quotes inside of a word belong to it, such as -DA="b c".
                    if byte == b'"' {
                        at += 1;
                        while bytes.get(at).is_some_and(|byte| *byte != b'"' && *byte != b'\n') {
                            at += 1;
                        }
                    } else if byte.is_ascii_whitespace() || matches!(byte, b'(' | b')' | b'#') {
                        break;
                    } else if byte == b'\\' {
                        at += 1;
                    }
                    at += 1;
                }
                let end = at.min(text.len());
                args.push(Arg { text: text.get(start..end).unwrap_or_default().to_owned(), at: start });
            }
        }
    }
    (args, text.len())
}

/// The names of the programs that a file builds in cross builds, too.
pub fn executables(text: &str) -> BTreeSet<String> {
    let (mut built, mut native) = (BTreeSet::new(), BTreeSet::new());
    let mut place = Place::new(None);
    for command in commands(text) {
        let under = place.enter(&command);
        let imported = command.args.iter().any(|arg| matches!(arg.text.as_str(), "IMPORTED" | "ALIAS"));
        if let Some(name) = command.args.first().filter(|_| command.name == "add_executable") {
            let known = if under.crossing || imported { &mut native } else { &mut built };
            known.insert(name.text.clone());
        }
    }
    built.into_iter().filter(|name| !native.contains(name) && !name.contains('$')).collect()
}

/// What the CMake files of a tree say about each other.
#[derive(Debug, Default)]
pub struct Uses {
    /// Macros, functions, files and folders (with `/` at the end) that are used under no condition about cross builds.
    open: BTreeSet<String>,
    /// Those that are used under one.
    asked: BTreeSet<String>,
    /// Variables that are set under one.
    answers: BTreeSet<String>,
    /// Options, and whether they are on by themselves.
    options: BTreeMap<String, bool>,
    /// Names that checks of the compiler set.
    checked: BTreeSet<String>,
    /// Names like those of options that other commands may set.
    given: BTreeSet<String>,
    /// Libraries and programs, and custom targets that belong to `all`.
    made: BTreeSet<String>,
    /// Targets, each with one that needs it.
    needed: BTreeSet<(String, String)>,
}

impl Uses {
    /// Notes what a file uses: commands in lower case, files that it includes, and folders.
    pub fn learn(&mut self, path: &str, text: &str) {
        let mut place = Place::new(None);
        for command in commands(text) {
            let under = place.enter(&command);
            self.note(&command);
            let used = if under.crossing { &mut self.asked } else { &mut self.open };
            if let Some(first) = command.args.first() {
                match command.name.as_str() {
                    "include" => {
                        let name = first.text.rsplit('/').next().unwrap_or_default();
                        let file = name.ends_with(".cmake");
                        used.insert(if file { name.to_owned() } else { format!("{name}.cmake") });
                    }
                    "add_subdirectory" => used.extend(folder(path, &first.text)),
                    "set" if under.crossing => drop(self.answers.insert(first.text.clone())),
                    _ => {}
                }
            }
            used.insert(command.name);
        }
    }

    /// Whether a variable is set where somebody thought of cross builds.
    pub fn answers(&self, name: &str) -> bool {
        self.answers.contains(name)
    }

    /// Notes what a command declares, sets and needs.
    fn note(&mut self, command: &Command) {
        let word = |index: usize| command.args.get(index).map_or("", |arg| arg.text.as_str());
        let on = |value: &str| matches!(value.to_ascii_uppercase().as_str(), "ON" | "TRUE" | "YES" | "1" | "NATIVE");
        let cached = command.args.iter().any(|arg| arg.text == "CACHE");
        match command.name.as_str() {
            name if name.ends_with("option") => {
                *self.options.entry(word(0).to_owned()).or_default() |= on(word(2));
            }
            "set" if cached && (word(3) == "BOOL" || optional(word(0))) => {
                *self.options.entry(word(0).to_owned()).or_default() |= on(word(1));
            }
            "set" if matches!(word(1), "" | "OFF" | "FALSE" | "0") => {}
            "if" | "elseif" | "else" | "endif" | "while" | "message" => {}
            "add_library" | "add_executable" => drop(self.made.insert(word(0).to_owned())),
            "add_custom_target" if word(1) == "ALL" => drop(self.made.insert(word(0).to_owned())),
            "add_dependencies" => {
                let needs = command.args.iter().skip(1).map(|arg| (arg.text.clone(), word(0).to_owned()));
                self.needed.extend(needs);
            }
            name => {
                let known = if name.starts_with("check_") { &mut self.checked } else { &mut self.given };
                known.extend(command.args.iter().filter(|arg| optional(&arg.text)).map(|arg| arg.text.clone()));
            }
        }
    }

    /// Whether a command, or a file by its name, is used only where somebody thought of cross builds.
    fn thought_of(&self, name: &str) -> bool {
        self.asked.contains(name) && !self.open.contains(name)
    }

    /// Whether a file is used only there, by its name or by a folder that it is in.
    pub fn thought_of_file(&self, path: &str) -> bool {
        self.thought_of(path.rsplit('/').next().unwrap_or_default())
            || path.match_indices('/').any(|(at, _)| path.get(..=at).is_some_and(|folder| self.thought_of(folder)))
    }

    /// Whether a name is an option of the project that is off or on by itself.
    fn option(&self, name: &str) -> Option<bool> {
        let known = self.options.get(name).copied();
        // A user can give one that no file declares.
        let free = || (optional(name) && !self.given.contains(name)).then_some(false);
        known.or_else(free).filter(|_| !self.checked.contains(name) && !name.starts_with("CMAKE_"))
    }

    /// Whether only users who ask for it reach what is under a condition, and what is under its `else`.
    fn chosen(&self, condition: &Command) -> (bool, bool) {
        let (mut then, mut otherwise, mut not) = (false, false, false);
        for arg in &condition.args {
            let name = arg.text.strip_prefix("${").and_then(|name| name.strip_suffix('}')).unwrap_or(&arg.text);
            match self.option(name) {
                Some(on) if on == not => then = true,
                Some(_) => otherwise = condition.args.len() <= 2,
                None => {}
            }
            not = arg.text == "NOT";
        }
        (then, otherwise)
    }

    /// Whether a build needs a custom target.
    pub fn needs(&self, target: &str) -> bool {
        let from = (target.to_owned(), String::new());
        let mut by = self.needed.range(from..).take_while(|(needed, _)| needed == target).take(MAX_WORDS);
        self.made.contains(target) || by.any(|(_, by)| self.made.contains(by))
    }
}

/// A folder that a file adds, with `/` at the end; None if its name is not known.
fn folder(path: &str, name: &str) -> Option<String> {
    let here = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let below = |variables: &[&str]| variables.iter().find_map(|variable| name.strip_prefix(variable));
    let (from, name) = if let Some(name) = below(&["${CMAKE_CURRENT_SOURCE_DIR}/", "${CMAKE_CURRENT_LIST_DIR}/"]) {
        (here, name)
    } else if let Some(name) = below(&["${CMAKE_SOURCE_DIR}/", "${PROJECT_SOURCE_DIR}/"]) {
        ("", name)
    } else {
        (here, name)
    };
    if name.contains('$') {
        return None;
    }
    joined(from, name).map(|path| format!("{path}/"))
}

/// The conditions that a command is under.
#[derive(Debug, Clone, Copy, Default)]
pub struct Under {
    /// One asks about cross builds.
    pub crossing: bool,
    /// Only users who ask for it come here: they know their processor.
    pub chosen: bool,
    /// `chosen` before the last `if`, and in its `else`.
    outside: bool,
    otherwise: bool,
}

/// Where a command is in a file.
pub struct Place<'a> {
    /// None while they are learnt.
    uses: Option<&'a Uses>,
    conditions: Vec<Under>,
    /// For each macro and function that it is in, whether that or an outer one is used for native builds only.
    bodies: Vec<bool>,
    /// The macros and functions around a `return()` that ends them, or the file, for cross or for native builds.
    returned: Option<usize>,
}

impl<'a> Place<'a> {
    pub fn new(uses: Option<&'a Uses>) -> Place<'a> {
        Place { uses, conditions: Vec::new(), bodies: Vec::new(), returned: None }
    }

    /// The conditions of a command: those of the commands before it, and its own.
    pub fn enter(&mut self, command: &Command) -> Under {
        let outer = self.conditions.last().copied().unwrap_or_default();
        let asks = || command.args.iter().any(|arg| arg.text.contains("CROSS") || arg.text.contains("EMULATOR"));
        let chosen = || self.uses.map_or((false, false), |uses| uses.chosen(command));
        match command.name.as_str() {
            "if" => {
                let (then, otherwise) = chosen();
                let outside = outer.chosen;
                let crossing = outer.crossing || asks();
                self.conditions.push(Under { crossing, chosen: outside || then, outside, otherwise });
            }
            "elseif" => {
                let ((then, otherwise), crossing) = (chosen(), outer.crossing || asks());
                if let Some(last) = self.conditions.last_mut() {
                    let chosen = last.outside || last.otherwise || then;
                    *last = Under { crossing, chosen, otherwise: last.otherwise || otherwise, ..*last };
                }
            }
            "else" => {
                if let Some(last) = self.conditions.last_mut() {
                    last.chosen = last.outside || last.otherwise;
                }
            }
            "endif" => drop(self.conditions.pop()),
            "macro" | "function" => {
                let name = command.args.first().map_or(String::new(), |name| name.text.to_ascii_lowercase());
                let native = self.uses.is_some_and(|uses| uses.thought_of(&name));
                self.bodies.push(native || self.bodies.last() == Some(&true));
            }
            "endmacro" | "endfunction" => {
                self.bodies.pop();
                self.returned = self.returned.filter(|depth| *depth <= self.bodies.len());
            }
            "return" if outer.crossing && self.returned.is_none() => self.returned = Some(self.bodies.len()),
            _ => {}
        }
        let under = self.conditions.last().copied().unwrap_or_default();
        let left = self.returned.is_some() || self.bodies.last() == Some(&true);
        Under { crossing: under.crossing || left, ..under }
    }
}

/// Whether a word is a name like that of an option.
fn optional(word: &str) -> bool {
    const PARTS: [&str; 8] = ["NATIVE", "MARCH", "CPU", "OPTIM", "ENABLE", "USE", "WITH", "TUNE"];
    word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        && PARTS.iter().any(|part| word.contains(part))
        && !word.starts_with("CMAKE_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_brackets_are_no_commands() {
        let text = "# try_run(a)\n#[[ try_run(b)\n]] try_run (C \"d \\\" ) e\" [=[f ]] )]=] (g) # h)\n  -DI=\"j k\")\nmessage([[try_run(l)]])\n";
        let found = commands(text);
        let names: Vec<_> = found.iter().map(|command| command.name.as_str()).collect();
        assert_eq!(names, ["try_run", "message"]);
        let args: Vec<_> = found[0].args.iter().map(|arg| arg.text.as_str()).collect();
        assert_eq!(args, ["C", "d \\\" ) e", "f ]] )", "(", "g", ")", "-DI=\"j k\""]);
    }

    #[test]
    fn files_without_an_end_are_read() {
        for text in ["a(", "a(\"b", "a([[b", "#[[", "a(\"b\\", "a(\\", "a((b)", ")", "a(é\\"] {
            commands(text);
        }
    }
}
