//! Rules for CMakeLists.txt and files of CMake code.

use super::listfile::{Arg, Command, MAX_WORDS, Place, Under, commands};
use super::rule::*;
use super::text::{
    Source, host_folder, host_paths, is_pkg_config, is_tool, native_flag, tool_of, unprefixed, unwrapped,
};
use super::{Findings, Tree};

/// Looks at a file.
pub fn look(source: &Source<'_>, tree: &Tree, found: &mut Findings<'_>) {
    let uses = tree.cmake();
    if uses.thought_of_file(source.path) {
        return;
    }
    let mut place = Place::new(Some(uses));
    for command in &commands(source.text) {
        if found.late() {
            return;
        }
        let under = place.enter(command);
        if under.crossing {
            continue;
        }
        look_at(source, command, tree, found);
        let operation = command.args.first().map_or("", |arg| arg.text.as_str());
        // What asks the compiler about a flag, or tells people about it, does not use it.
        let uses = match command.name.as_str() {
            "message" | "option" | "if" | "elseif" | "foreach" => false,
            "list" | "string" => matches!(operation, "APPEND" | "PREPEND" | "INSERT" | "CONCAT"),
            name => !name.starts_with("check_"),
        };
        if uses {
            flags(source, command, under, found);
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
        | "check_fortran_source_runs"
            if !words().any(|word| tree.cmake().answers(word)) =>
        {
            found.add(&CMAKE_TRY_RUN, source, line);
        }
        "if" | "elseif" | "string" | "cmake_host_system_information" => host(source, command, found),
        "set" => {
            host(source, command, found);
            searched(source, command, 0, found);
        }
        "list" if words().next() == Some("APPEND") => searched(source, command, 1, found),
        "execute_process" | "exec_program" => process(source, command, found),
        "find_program" => {
            let names = words().skip(1).take_while(|word| !matches!(*word, "PATHS" | "HINTS" | "DOC"));
            let variable = command.args.first().map_or("", |arg| arg.text.as_str());
            let named = unprefixed(names).any(|word| is_tool(word) || is_pkg_config(word));
            // CMake's own variables come from the toolchain file before find_program looks.
            if named && !variable.starts_with("CMAKE_") && !variable.contains("HOST") {
                found.add(&CMAKE_BARE_TOOL, source, line);
            }
        }
        "add_custom_command" | "add_custom_target" => custom(source, command, tree, found),
        "include_directories"
        | "link_directories"
        | "link_libraries"
        | "target_include_directories"
        | "target_link_directories"
        | "target_link_libraries" => {
            for arg in command.args.iter().filter(|arg| host_folder(&arg.text)) {
                found.add(&CMAKE_HOST_PATH, source, source.line_at(arg.at));
            }
        }
        _ => {}
    }
}

/// Folders and libraries in a variable whose name says that the compiler or the linker gets them.
fn searched(source: &Source<'_>, command: &Command, index: usize, found: &mut Findings<'_>) {
    const ENDS: [&str; 8] = [
        "INCLUDE_DIR",
        "INCLUDE_DIRS",
        "INCLUDE_DIRECTORIES",
        "INCLUDES",
        "LIBRARY",
        "LIBRARIES",
        "LIBRARY_DIR",
        "LIBRARY_DIRS",
    ];
    let Some((variable, values)) = command.args.get(index..).and_then(|args| args.split_first()) else { return };
    // A variable of the cache is for users to set. Places of installed files are the target's.
    let name = variable.text.to_ascii_uppercase();
    let told = values.iter().any(|arg| arg.text == "CACHE") || name.contains("INSTALL") || name.contains("SEARCH");
    if told || !ENDS.iter().any(|end| name.ends_with(end)) {
        return;
    }
    for arg in values.iter().filter(|arg| host_folder(&arg.text)) {
        found.add(&CMAKE_HOST_PATH, source, source.line_at(arg.at));
    }
}

/// Flags in a command's arguments.
fn flags(source: &Source<'_>, command: &Command, under: Under, found: &mut Findings<'_>) {
    // The flags of checks that follow.
    let asks = command.args.iter().take(2).any(|arg| arg.text.starts_with("CMAKE_REQUIRED_"));
    let mut leads = host_paths();
    for arg in &command.args {
        if arg.text.contains("=native") && native_flag(&arg.text) && !under.chosen && !asks {
            found.add(&CMAKE_NATIVE, source, source.line_at(arg.at));
        }
        if arg.text.split_whitespace().any(|word| leads(&word)) {
            found.add(&CMAKE_HOST_PATH, source, source.line_at(arg.at));
        }
    }
}

/// Decisions by the build machine.
fn host(source: &Source<'_>, command: &Command, found: &mut Findings<'_>) {
    const NAMES: [&str; 3] = ["CMAKE_HOST_SYSTEM_PROCESSOR", "CMAKE_HOST_SYSTEM_NAME", "CMAKE_HOST_SYSTEM"];
    let named = |arg: &Arg| {
        let refers = |name: &&str| arg.text == **name || arg.text.contains(&format!("${{{name}}}"));
        arg.text.contains("CMAKE_HOST_") && NAMES.iter().any(refers)
    };
    let whole = command.args.iter().any(|arg| arg.text.contains("CROSS"));
    // A variable that is named after the host is for programs that run during the build.
    let hosts = |arg: &Arg| arg.text.to_ascii_uppercase().contains("HOST");
    let kept = match command.name.as_str() {
        "set" => command.args.first().is_some_and(hosts),
        "string" => command.args.iter().any(|arg| !named(arg) && hosts(arg)),
        _ => false,
    };
    if whole || kept {
        return;
    }
    if command.name == "cmake_host_system_information" {
        let asks = command.args.iter().any(|arg| matches!(arg.text.as_str(), "OS_NAME" | "OS_PLATFORM" | "IS_64BIT"));
        if asks {
            found.add(&CMAKE_HOST, source, source.line_at(command.at));
        }
        return;
    }
    if let Some(arg) = command.args.iter().find(|arg| named(arg)) {
        found.add(&CMAKE_HOST, source, source.line_at(arg.at));
    }
}

/// The command that begins with an argument, without what starts it for somebody else, such as `cmake -E env A=b`.
fn started(args: &[Arg]) -> Vec<&str> {
    let args = args.iter().map(|arg| arg.text.as_str()).take_while(|word| *word != "COMMAND").take(MAX_WORDS);
    let words: Vec<&str> =
        args.flat_map(str::split_whitespace).filter(|word| *word != "ARGS").take(MAX_WORDS).collect();
    let words = match words.as_slice() {
        ["${CMAKE_COMMAND}" | "cmake", "-E", "env" | "time", rest @ ..] | ["env", rest @ ..] => {
            let settings = rest.iter().take_while(|word| word.contains('=') || word.starts_with('-')).count();
            &rest[settings..]
        }
        words => words,
    };
    unwrapped(words).to_vec()
}

/// Programs that are run while CMake configures.
fn process(source: &Source<'_>, command: &Command, found: &mut Findings<'_>) {
    let starts = command.args.iter().enumerate().filter(|(_, arg)| arg.text == "COMMAND").map(|(index, _)| index + 1);
    let starts: Vec<usize> = if command.name == "exec_program" { vec![0] } else { starts.collect() };
    for start in starts {
        let Some(args) = command.args.get(start..).filter(|args| !args.is_empty()) else { continue };
        let words = started(args);
        let (program, next) = (words.first().copied().unwrap_or_default(), words.get(1).copied().unwrap_or_default());
        let line = source.line_at(args[0].at);
        let asks = match tool_of(program) {
            "uname" | "arch" | "lsb_release" => true,
            "dpkg" => next == "--print-architecture",
            "getconf" => next == "LONG_BIT",
            _ => false,
        };
        if asks {
            found.add(&CMAKE_UNAME, source, line);
        } else if is_tool(program) || is_pkg_config(program) {
            found.add(&CMAKE_BARE_TOOL, source, line);
        }
    }
}

/// The target whose program a word of a command names: by itself, by its file, or in a folder of the build.
fn target(word: &str) -> &str {
    const FOLDERS: [&str; 5] = [
        "${CMAKE_CURRENT_BINARY_DIR}/",
        "${CMAKE_BINARY_DIR}/",
        "${PROJECT_BINARY_DIR}/",
        "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/",
        "${EXECUTABLE_OUTPUT_PATH}/",
    ];
    let file = word.strip_prefix("$<TARGET_FILE:").and_then(|rest| rest.strip_suffix('>'));
    let below = || FOLDERS.iter().find_map(|folder| word.strip_prefix(folder)).or_else(|| word.strip_prefix("./"));
    // Programs for the build machine may be in a folder of that name.
    let name = |path: &'_ str| !["native", "host"].iter().any(|part| path.to_ascii_lowercase().contains(part));
    let below = || below().filter(|path| name(path)).and_then(|path| path.rsplit('/').next());
    file.or_else(below).map_or(word, |name| name.trim_end_matches("${CMAKE_EXECUTABLE_SUFFIX}"))
}

/// Whether a word is about tests.
fn tests(word: &str) -> bool {
    word.to_ascii_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .any(|part| part.starts_with("test") || part.ends_with("unittest") || part.ends_with("tests"))
}

/// Commands that run while the tree is built.
fn custom(source: &Source<'_>, command: &Command, tree: &Tree, found: &mut Findings<'_>) {
    let name = command.args.first().map_or("", |arg| arg.text.as_str());
    // A target that nothing needs, such as one that runs tests, is not part of the build.
    let built = command.name == "add_custom_command" || tree.cmake().needs(name);
    let tested = command.args.iter().any(|arg| tests(&arg.text));
    for (index, _) in command.args.iter().enumerate().filter(|(_, arg)| arg.text == "COMMAND") {
        let Some(args) = command.args.get(index + 1..).filter(|args| !args.is_empty()) else { continue };
        let words = started(args);
        let program = words.first().copied().unwrap_or_default();
        if is_tool(program) || is_pkg_config(program) {
            found.add(&CMAKE_BARE_TOOL, source, source.line_at(args[0].at));
        } else if built && !tested && tree.builds(target(program)) {
            found.add(&CMAKE_RUNS, source, source.line_at(args[0].at));
        }
    }
}
