//! What the scanners share: places in a text, words, and the names of tools and paths that are of the build machine.

/// A file's text with the beginnings of its lines.
#[derive(Debug)]
pub struct Source<'a> {
    /// Relative to the folder that is looked at, with `/`.
    pub path: &'a str,
    pub text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Source<'a> {
    pub fn new(path: &'a str, text: &'a str) -> Source<'a> {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Source { path, text, starts }
    }

    /// The line, from 1, of a place in bytes.
    pub fn line_at(&self, place: usize) -> usize {
        self.starts.partition_point(|start| *start <= place).max(1)
    }

    /// The text of a line without its end; empty if there is no such line.
    pub fn line(&self, number: usize) -> &'a str {
        let from = number.checked_sub(1).and_then(|index| self.starts.get(index)).copied().unwrap_or(self.text.len());
        self.text.get(from..).and_then(|rest| rest.lines().next()).unwrap_or_default()
    }
}

/// Letters, digits and `_`.
pub fn of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The places at which a word stands in a text, and not only as a part of a longer word.
pub fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let bytes = text.as_bytes();
    text.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at)).copied();
        let after = bytes.get(at + word.len()).copied();
        !before.is_some_and(of_word) && !after.is_some_and(of_word)
    })
}

/// Whether a word stands in a text.
pub fn has_word(text: &str, word: &str) -> bool {
    words(text, word).next().is_some()
}

/// Programs of a toolchain, which a cross toolchain has under other names. Not nm and readelf, which read the
/// objects of other processors, too.
const TOOLS: [&str; 17] = [
    "gcc",
    "g++",
    "clang",
    "clang++",
    "cc",
    "c++",
    "as",
    "ar",
    "ranlib",
    "strip",
    "ld",
    "objcopy",
    "objdump",
    "windres",
    "gfortran",
    "gcc-ar",
    "gcc-ranlib",
];

/// Whether a word names a program of the build machine's toolchain.
pub fn is_tool(word: &str) -> bool {
    TOOLS.contains(&tool_of(word))
}

/// Whether a word names the build machine's pkg-config.
pub fn is_pkg_config(word: &str) -> bool {
    matches!(tool_of(word), "pkg-config" | "pkgconf")
}

/// The program that a word of a command names, without a folder of the build machine's programs and without a release:
/// gcc for `$(Q)/usr/bin/gcc-12`.
pub fn tool_of(word: &str) -> &str {
    const FOLDERS: [&str; 6] =
        ["/bin/", "/usr/bin/", "/usr/local/bin/", "/usr/ccs/bin/", "/opt/local/bin/", "/opt/homebrew/bin/"];
    let word = loud(word.trim_matches(['\'', '"']));
    let name = FOLDERS.iter().find_map(|folder| word.strip_prefix(folder)).unwrap_or(word);
    let release = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_digit() || c == '.')
    };
    name.rsplit_once('-').filter(|(_, end)| release(end)).map_or(name, |(tool, _)| tool)
}

/// The name in a reference of make or a shell that a text begins with, `$(NAME)` or `${NAME}`, and the text after it.
pub fn reference(text: &str) -> Option<(&str, &str)> {
    let (rest, end) =
        text.strip_prefix("$(").map(|rest| (rest, ')')).or_else(|| text.strip_prefix("${").map(|rest| (rest, '}')))?;
    let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')))?;
    let (name, rest) = rest.split_at_checked(length)?;
    Some((name, rest.strip_prefix(end)?))
}

/// The names in all references of a text.
pub fn references(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('$').filter_map(|(at, _)| text.get(at..).and_then(reference)).map(|(name, _)| name)
}

/// A word without the references before it that only silence a command, such as `$(Q)`.
pub fn loud(word: &str) -> &str {
    let silent = |name: &str| {
        matches!(name, "Q" | "V" | "AT" | "at" | "HIDE" | "hide")
            || ["QUIET", "quiet", "SILENT", "silent", "VERBOSE", "AM_V_"].iter().any(|part| name.contains(part))
    };
    let mut word = word;
    while let Some((_, rest)) = reference(word).filter(|(name, _)| silent(name)) {
        word = rest;
    }
    word
}

/// The words of a command without those that start it for somebody else: compiler caches, libtool and `sh -c`.
pub fn unwrapped<'w, 'a>(words: &'w [&'a str]) -> &'w [&'a str] {
    let mut words = words;
    while let Some((first, rest)) = words.split_first() {
        words = match tool_of(first) {
            "ccache" | "sccache" | "distcc" => rest,
            "sh" | "bash" | "$(SHELL)" | "${SHELL}" if rest.first() == Some(&"-c") => &rest[1..],
            name if name.ends_with("libtool") || matches!(name, "$(LIBTOOL)" | "${LIBTOOL}") => {
                let options = rest.iter().take_while(|word| word.starts_with('-')).count();
                &rest[options..]
            }
            _ => return words,
        };
    }
    words
}

/// The names of programs to look for, up to one with the host's prefix, such as `$host_alias-ar`, or one that a command
/// makes: the others are only taken if that is not found.
pub fn unprefixed<'a>(names: impl Iterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    let ends = |name: &str, tool: &str| {
        name.trim_end_matches('"').strip_suffix(tool).is_some_and(|prefix| prefix.ends_with(['-', '}', ')', '"']))
    };
    let first = move |name: &str| {
        name.starts_with('`')
            || name.contains('$') && TOOLS.iter().chain(&["pkg-config", "pkgconf"]).any(|tool| ends(name, tool))
    };
    names.take_while(move |name| !first(name))
}

/// Whether a path leads to the build machine's headers or libraries.
pub fn host_folder(path: &str) -> bool {
    const FOLDERS: [&str; 20] = [
        "/lib",
        "/lib32",
        "/lib64",
        "/usr/include",
        "/usr/lib",
        "/usr/lib32",
        "/usr/lib64",
        "/usr/local/include",
        "/usr/local/lib",
        "/usr/local/lib64",
        "/usr/X11R6/include",
        "/usr/X11R6/lib",
        "/usr/X11R6/lib64",
        "/usr/pkg/include",
        "/usr/pkg/lib",
        "/opt/local/include",
        "/opt/local/lib",
        "/opt/homebrew/include",
        "/opt/homebrew/lib",
        "/opt/homebrew/opt",
    ];
    FOLDERS.iter().any(|folder| path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// Whether a word is a flag that leads to the build machine's headers or libraries.
pub fn host_path(word: &str) -> bool {
    // Not -rpath, whose folder is one of the machine that runs the program.
    const FLAGS: [&str; 5] = ["-I", "-L", "-isystem", "-idirafter", "-Wl,-rpath-link,"];
    FLAGS.iter().filter_map(|flag| word.strip_prefix(flag)).any(host_folder)
}

/// Whether a word is a static library of the build machine.
pub fn host_archive(word: &str) -> bool {
    host_folder(word) && word.ends_with(".a")
}

/// Asks of one word after another whether it is such a flag, or a folder that follows one as a word of its own.
pub fn host_paths<'a>() -> impl FnMut(&&'a str) -> bool {
    // Not -L, which also is an option of test, cp and find.
    let mut before = "";
    move |word| {
        let named = matches!(std::mem::replace(&mut before, word), "-I" | "-isystem" | "-idirafter");
        host_path(word) || named && host_folder(word)
    }
}

/// Words that are split at blanks and at quotes.
pub fn shell_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '`' | '(' | ')'))
        .filter(|word| !word.is_empty())
}

/// The flag that asks a compiler for the processor of the machine that it runs on.
pub fn native_flag(text: &str) -> bool {
    ["-march=native", "-mtune=native", "-mcpu=native"].iter().any(|flag| {
        text.match_indices(flag).any(|(at, _)| !text.as_bytes().get(at + flag.len()).copied().is_some_and(of_word))
    })
}

/// A path in a folder without `.` and `..`. None if it leads out of the tree.
pub fn joined(folder: &str, path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_lines() {
        let source = Source::new("a/b", "one\ntwo\n\nfour");
        let lines: Vec<_> = [0, 3, 4, 8, 9, 99].iter().map(|place| source.line_at(*place)).collect();
        assert_eq!(lines, [1, 1, 2, 3, 4, 4]);
        assert_eq!((source.line(0), source.line(2), source.line(4), source.line(5)), ("", "two", "four", ""));
    }

    #[test]
    fn words_are_whole_and_paths_are_the_build_machines() {
        assert_eq!(words("uname runame uname_x (uname)", "uname").collect::<Vec<_>>(), [0, 22]);
        assert!(host_path("-I/usr/include/x") && host_path("-L/usr/lib") && !host_path("-I/usr/includes"));
        assert!(!host_path("/usr/lib/sendmail") && !host_path("-I$(SYSROOT)/usr/include"));
        assert!(host_path("-L/lib64") && host_path("-I/usr/pkg/include") && !host_path("-Wl,-rpath,/usr/lib/x"));
        assert!(host_path("-Wl,-rpath-link,/usr/lib") && host_archive("/usr/lib/libx.a") && !host_archive("/srv/x.a"));
        let text = "-I /usr/include/x -isystem /usr/lib/y -I/usr/lib /usr/lib/z -L /usr/lib -I x";
        let found: Vec<_> = shell_words(text).filter(host_paths()).collect();
        assert_eq!(found, ["/usr/include/x", "/usr/lib/y", "-I/usr/lib"]);
        assert!(native_flag("-O2 -march=native") && !native_flag("-march=natively"));
    }

    #[test]
    fn tools_have_folders_releases_and_wrappers() {
        for word in ["gcc", "/usr/bin/gcc", "gcc-12", "g++-4.8", "$(Q)gcc", "${AM_V_at}/bin/ar", "'cc'", "gcc-ar-12"] {
            assert!(is_tool(word), "{word}");
        }
        for word in ["$(CROSS_COMPILE)gcc", "$(CC)", "/opt/x/bin/gcc", "aarch64-linux-gnu-gcc", "gcc-x", "-12", ""] {
            assert!(!is_tool(word), "{word}");
        }
        assert!(is_pkg_config("/usr/bin/pkg-config") && !is_pkg_config("${PREFIX}pkg-config"));
        let program = |command: &str| {
            let words: Vec<&str> = command.split_whitespace().collect();
            unwrapped(&words).first().map(|word| tool_of(word).to_owned())
        };
        for command in ["ccache gcc -c", "libtool --tag=CC --mode=link gcc", "$(LIBTOOL) gcc", "sh -c 'gcc -v'"] {
            assert_eq!(program(command).as_deref(), Some("gcc"), "{command}");
        }
        assert_eq!((program("sh x.sh").as_deref(), program("ccache")), (Some("sh"), None));
        assert_eq!(references("$(a)x${b-c} $d $(e f) $(").collect::<Vec<_>>(), ["a", "b-c"]);
        let names = |text: &'static str| unprefixed(text.split_whitespace()).collect::<Vec<_>>();
        assert_eq!(names("x $host_alias-ar ar"), ["x"]);
        assert_eq!(names("${ac_tool_prefix}pkg-config pkg-config"), [""; 0]);
        assert_eq!(names("$my_bar ar"), ["$my_bar", "ar"]);
        assert_eq!(names("`echo $LD` \"ar\""), [""; 0]);
    }
}
