//! Rules for CMakeLists.txt and files of CMake code.

use std::collections::BTreeSet;

use super::rule::*;
use super::text::{Source, host_path, is_tool, native_flag};
use super::{Findings, Tree};

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
    let mut conditions: Vec<Under> = Vec::new();
    for command in commands(text) {
        let under = enter(&command, &mut conditions, &BTreeSet::new());
        let imported = command.args.iter().any(|arg| matches!(arg.text.as_str(), "IMPORTED" | "ALIAS"));
        if let Some(name) = command.args.first().filter(|_| command.name == "add_executable") {
            let known = if under.crossing || imported { &mut native } else { &mut built };
            known.insert(name.text.clone());
        }
    }
    built.into_iter().filter(|name| !native.contains(name) && !name.contains('$')).collect()
}

/// Which macros, functions and files the CMake files of a tree use.
#[derive(Debug, Default)]
pub struct Uses {
    /// Those that are used under no condition about cross builds.
    open: BTreeSet<String>,
    /// Those that are used under one.
    asked: BTreeSet<String>,
}

impl Uses {
    /// Notes what a file uses: commands in lower case, and files that it includes.
    pub fn learn(&mut self, text: &str) {
        let mut conditions: Vec<Under> = Vec::new();
        for command in commands(text) {
            let under = enter(&command, &mut conditions, &BTreeSet::new());
            let used = if under.crossing { &mut self.asked } else { &mut self.open };
            if let Some(file) = command.args.first().filter(|_| command.name == "include") {
                let name = file.text.rsplit('/').next().unwrap_or_default();
                used.insert(if name.ends_with(".cmake") { name.to_owned() } else { format!("{name}.cmake") });
            }
            used.insert(command.name);
        }
    }

    /// Whether a command, or a file by its name, is used only where somebody thought of cross builds.
    fn thought_of(&self, name: &str) -> bool {
        self.asked.contains(name) && !self.open.contains(name)
    }
}

/// The conditions that a command is under, with their `else` parts.
#[derive(Debug, Clone, Copy, Default)]
struct Under {
    /// One asks about cross builds.
    crossing: bool,
    /// One is a variable that is not on by itself: users who turn it on know their processor.
    chosen: bool,
}

impl Under {
    fn and(self, condition: &Command, on: &BTreeSet<&str>) -> Under {
        let words = || condition.args.iter().map(|arg| arg.text.as_str());
        Under {
            crossing: self.crossing || words().any(|word| word.contains("CROSS") || word.contains("EMULATOR")),
            chosen: self.chosen || words().any(|word| optional(word) && !on.contains(word)),
        }
    }
}

/// Whether a word of a condition is the name of an option of the project.
fn optional(word: &str) -> bool {
    const PARTS: [&str; 8] = ["NATIVE", "MARCH", "CPU", "OPTIM", "ENABLE", "USE", "WITH", "TUNE"];
    word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        && PARTS.iter().any(|part| word.contains(part))
        && !word.starts_with("CMAKE_")
}

/// The names of the options that are on unless the user turns them off.
fn options_on(commands: &[Command]) -> BTreeSet<&str> {
    let options = commands.iter().filter(|command| command.name == "option");
    let on = options
        .filter(|command| command.args.last().is_some_and(|arg| matches!(arg.text.as_str(), "ON" | "TRUE" | "1")));
    on.filter_map(|command| command.args.first()).map(|arg| arg.text.as_str()).collect()
}

/// The conditions of a command: those of the commands before it, and its own.
fn enter(command: &Command, conditions: &mut Vec<Under>, on: &BTreeSet<&str>) -> Under {
    let outer = conditions.last().copied().unwrap_or_default();
    match command.name.as_str() {
        "if" => conditions.push(outer.and(command, on)),
        "elseif" => {
            if let Some(last) = conditions.last_mut() {
                *last = last.and(command, on);
            }
        }
        "endif" => drop(conditions.pop()),
        _ => {}
    }
    conditions.last().copied().unwrap_or_default()
}

/// Looks at a file.
pub fn look(source: &Source<'_>, tree: &Tree, found: &mut Findings<'_>) {
    let commands = commands(source.text);
    if tree.cmake().thought_of(source.path.rsplit('/').next().unwrap_or_default()) {
        return;
    }
    let on = options_on(&commands);
    let mut conditions: Vec<Under> = Vec::new();
    // For each macro and function that a command is in, whether it or an outer one is used for native builds only.
    let mut bodies: Vec<bool> = Vec::new();
    for command in &commands {
        let under = enter(command, &mut conditions, &on);
        match command.name.as_str() {
            "macro" | "function" => {
                let name = command.args.first().map_or(String::new(), |name| name.text.to_ascii_lowercase());
                bodies.push(bodies.last() == Some(&true) || tree.cmake().thought_of(&name));
            }
            "endmacro" | "endfunction" => drop(bodies.pop()),
            _ => {}
        }
        if !under.crossing && bodies.last() != Some(&true) {
            look_at(source, command, tree, found);
            // What asks the compiler about a flag, or tells people about it, does not use it.
            let asks = command.name.starts_with("check_");
            if !asks
                && !matches!(
                    command.name.as_str(),
                    "message" | "option" | "if" | "elseif" | "list" | "foreach" | "string"
                )
            {
                flags(source, command, under, found);
            }
        }
    }
}

/// Looks at a command that is under no condition about cross builds.
fn look_at(source: &Source<'_>, command: &Command, tree: &Tree, found: &mut Findings<'_>) {
    let words = || command.args.iter().map(|arg| arg.text.as_str());
    let line = source.line_at(command.at);
    match command.name.as_str() {
        "try_run"
        | "check_c_source_runs"
        | "check_cxx_source_runs"
        | "check_source_runs"
        | "check_fortran_source_runs" => {
            found.add(&CMAKE_TRY_RUN, source, line);
        }
        "if" | "elseif" | "set" | "string" | "cmake_host_system_information" => host(source, command, found),
        "execute_process" | "exec_program" => process(source, command, found),
        "find_program" => {
            let names = words().skip(1).take_while(|word| !matches!(*word, "PATHS" | "HINTS" | "DOC"));
            let variable = command.args.first().map_or("", |arg| arg.text.as_str());
            let named = names.filter(|word| *word != "NAMES").any(|word| is_tool(word) || word == "pkg-config");
            // CMake's own variables come from the toolchain file before find_program looks.
            if named && !variable.starts_with("CMAKE_") && !variable.contains("HOST") {
                found.add(&CMAKE_BARE_TOOL, source, line);
            }
        }
        "add_custom_command" | "add_custom_target" => custom(source, command, tree, found),
        "include_directories" | "link_directories" | "target_include_directories" | "target_link_directories" => {
            for arg in command.args.iter().filter(|arg| host_path(&format!("-I{}", arg.text))) {
                found.add(&CMAKE_HOST_PATH, source, source.line_at(arg.at));
            }
        }
        _ => {}
    }
}

/// Flags in a command's arguments.
fn flags(source: &Source<'_>, command: &Command, under: Under, found: &mut Findings<'_>) {
    for arg in &command.args {
        if arg.text.contains("=native") && native_flag(&arg.text) && !under.chosen {
            found.add(&CMAKE_NATIVE, source, source.line_at(arg.at));
        }
        if arg.text.contains("/usr") && arg.text.split_whitespace().any(host_path) {
            found.add(&CMAKE_HOST_PATH, source, source.line_at(arg.at));
        }
    }
}

/// Decisions by the build machine.
fn host(source: &Source<'_>, command: &Command, found: &mut Findings<'_>) {
    const NAMES: [&str; 3] = ["CMAKE_HOST_SYSTEM_PROCESSOR", "CMAKE_HOST_SYSTEM_NAME", "CMAKE_HOST_SYSTEM"];
    let whole = command.args.iter().any(|arg| arg.text.contains("CROSS"));
    let first = command.args.first().map_or("", |arg| arg.text.as_str());
    // A variable that is named after the host is for programs that run during the build.
    if whole || first.contains("HOST") && command.name == "set" {
        return;
    }
    if command.name == "cmake_host_system_information" {
        let asks = command.args.iter().any(|arg| matches!(arg.text.as_str(), "OS_NAME" | "OS_PLATFORM" | "IS_64BIT"));
        if asks {
            found.add(&CMAKE_HOST, source, source.line_at(command.at));
        }
        return;
    }
    let named =
        command.args.iter().find(|arg| NAMES.contains(&arg.text.trim_start_matches("${").trim_end_matches('}')));
    if let Some(arg) = named {
        found.add(&CMAKE_HOST, source, source.line_at(arg.at));
    }
}

/// Programs that are run while CMake configures.
fn process(source: &Source<'_>, command: &Command, found: &mut Findings<'_>) {
    let words: Vec<&str> = command.args.iter().map(|arg| arg.text.as_str()).collect();
    let starts = words.iter().enumerate().filter(|(_, word)| **word == "COMMAND").map(|(index, _)| index + 1);
    let starts: Vec<usize> = if command.name == "exec_program" { vec![0] } else { starts.collect() };
    for start in starts {
        let (program, next) =
            (words.get(start).copied().unwrap_or_default(), words.get(start + 1).copied().unwrap_or_default());
        let mut parts = program.split_whitespace();
        let (program, inner) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let line = command.args.get(start).map_or(command.at, |arg| arg.at);
        let name = program.rsplit('/').next().unwrap_or_default();
        let asks = matches!(name, "uname" | "arch" | "lsb_release")
            || name == "dpkg" && [next, inner].contains(&"--print-architecture")
            || name == "getconf" && [next, inner].contains(&"LONG_BIT");
        if asks {
            found.add(&CMAKE_UNAME, source, source.line_at(line));
        } else if is_tool(name) || name == "pkg-config" {
            found.add(&CMAKE_BARE_TOOL, source, source.line_at(line));
        }
    }
}

/// Commands that run while the tree is built.
fn custom(source: &Source<'_>, command: &Command, tree: &Tree, found: &mut Findings<'_>) {
    let words: Vec<&str> = command.args.iter().map(|arg| arg.text.as_str()).collect();
    // A target that nothing needs, such as one that runs tests, is not part of the build.
    let built = command.name == "add_custom_command" || words.get(1) == Some(&"ALL");
    let tested = words.iter().any(|word| word.to_ascii_lowercase().contains("test"));
    for (index, _) in words.iter().enumerate().filter(|(_, word)| **word == "COMMAND") {
        let (Some(program), Some(arg)) = (words.get(index + 1), command.args.get(index + 1)) else { continue };
        let target = program.strip_prefix("$<TARGET_FILE:").and_then(|rest| rest.strip_suffix('>')).unwrap_or(program);
        if is_tool(program) || *program == "pkg-config" {
            found.add(&CMAKE_BARE_TOOL, source, source.line_at(arg.at));
        } else if built && !tested && tree.builds(target) {
            found.add(&CMAKE_RUNS, source, source.line_at(arg.at));
        }
    }
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
