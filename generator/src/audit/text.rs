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
const TOOLS: [&str; 16] = [
    "gcc",
    "g++",
    "clang",
    "clang++",
    "cc",
    "c++",
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
    TOOLS.contains(&word)
}

/// A flag, or a path alone, that leads to the build machine's headers or libraries.
pub fn host_path(word: &str) -> bool {
    const FOLDERS: [&str; 8] = [
        "/usr/include",
        "/usr/lib",
        "/usr/lib64",
        "/usr/local/include",
        "/usr/local/lib",
        "/usr/local/lib64",
        "/opt/local/include",
        "/opt/local/lib",
    ];
    const FLAGS: [&str; 6] = ["-I", "-L", "-isystem", "-idirafter", "-Wl,-rpath,", "-Wl,-rpath-link,"];
    FLAGS.iter().filter_map(|flag| word.strip_prefix(flag)).any(|path| {
        FOLDERS
            .iter()
            .any(|folder| path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    })
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
        assert!(native_flag("-O2 -march=native") && !native_flag("-march=natively"));
    }
}
