//! `[kernel-config.NAME]`: configurations of kernels, and the files beside the matrix that they are made of.

use std::collections::BTreeMap;
use std::ops::Range;

use super::keys;
use super::reader::{Reader, Value, not_among, own_name};
use crate::diag::{Problem, quote};

/// Words that stand in names of cells: with one of them in a configuration's name, two cells could have one name.
const RESERVED: &[&str] = &["llvm", "gcc"];
/// Tables that are read at most.
const MAX_CONFIGS: usize = 100;
/// Bytes of one file that are read at most: a whole `.config` of a distribution has some 300,000.
pub const MAX_FRAGMENT: usize = 1 << 20;
/// Wrong lines of one file that are reported.
const MAX_WRONG: usize = 3;

/// What a kernel is configured from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelConfig {
    /// As the matrix calls it.
    pub name: String,
    pub base: KernelBase,
    /// Applied in order; where two set one symbol the later one wins.
    pub fragments: Vec<Fragment>,
}

/// What fragments are put on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KernelBase {
    /// A goal of the kernel's own makefile: `allnoconfig`, `tinyconfig`, `defconfig`.
    Goal(&'static str),
    /// A whole configuration of the user's.
    File(Fragment),
}

/// Settings of symbols, as a `.config` holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fragment {
    /// crossloom's own: what a kernel needs to boot in an emulator, with each architecture's console.
    Boot,
    /// A file beside the matrix: its path there, and its text.
    File { path: String, text: String },
}

/// The files that a matrix may name.
pub trait UserFiles {
    /// The bytes of a file beside the matrix, by its relative path; at most one more than [`MAX_FRAGMENT`].
    ///
    /// # Errors
    /// Why it cannot be read, and what to do: shown where the matrix names it.
    fn read(&self, path: &str) -> Result<Vec<u8>, (String, String)>;

    /// The paths of all files below a folder beside the matrix, relative to it and sorted. What is hidden is left out.
    ///
    /// # Errors
    /// As [`read`](UserFiles::read); for links, and for more than [`MAX_FILES`](super::MAX_FILES), too.
    fn list(&self, folder: &str) -> Result<Vec<String>, (String, String)>;
}

/// No file at all.
pub struct NoFiles;

impl UserFiles for NoFiles {
    fn read(&self, _: &str) -> Result<Vec<u8>, (String, String)> {
        Err(("there are no files here".to_owned(), "name no file".to_owned()))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, (String, String)> {
        self.read(folder).map(|_| Vec::new())
    }
}

/// The configurations of a file, with the place of each. One that has problems of its own is none, but its name is
/// known.
pub type Configs = BTreeMap<String, (Range<usize>, Option<KernelConfig>)>;

/// A file's configurations, and those that need no table.
pub fn with_built_in(configs: &Configs) -> BTreeMap<String, KernelConfig> {
    let built_in = keys::KERNEL_CONFIGS.iter().map(|name| match keys::KERNEL_BASES.iter().find(|base| *base == name) {
        Some(base) => KernelConfig { name: (*name).to_owned(), base: KernelBase::Goal(base), fragments: Vec::new() },
        None => KernelConfig {
            name: (*name).to_owned(),
            base: KernelBase::Goal("allnoconfig"),
            fragments: vec![Fragment::Boot],
        },
    });
    let own = configs.values().filter_map(|(_, config)| config.clone());
    built_in.chain(own).map(|config| (config.name.clone(), config)).collect()
}

/// Reads `[kernel-config]`.
pub fn read(reader: &mut Reader, value: Option<&Value<'_>>, files: &dyn UserFiles) -> Configs {
    let mut configs = Configs::new();
    let tables = value.and_then(|value| reader.tables(value, "[kernel-config]", MAX_CONFIGS));
    for (key, value) in tables.into_iter().flatten() {
        let name: &str = key.get_ref();
        let config = match check_name(name, key.span()) {
            Ok(()) => read_config(reader, name, value, files),
            Err(problem) => {
                reader.report(problem);
                None
            }
        };
        // Known all the same: its uses are no problems of their own.
        configs.insert(name.to_owned(), (key.span(), config));
    }
    configs
}

fn check_name(name: &str, span: Range<usize>) -> Result<(), Problem> {
    if keys::KERNEL_CONFIGS.contains(&name) {
        let message = format!("{} is a configuration that needs no table", quote(name));
        return Err(Problem::at(span, message).hint("choose another name for one of your own"));
    }
    own_name("a configuration", name, RESERVED, span)
}

fn read_config(reader: &mut Reader, name: &str, value: &Value<'_>, files: &dyn UserFiles) -> Option<KernelConfig> {
    let place = format!("[kernel-config.{name}]");
    let before = reader.problems.len() + reader.missing.len();
    let table = reader.table(value, &place, keys::KERNEL_CONFIG)?;
    let goal = table.get("base").and_then(|value| {
        reader.word(value, "base", |word, span| {
            let known = keys::KERNEL_BASES.iter().find(|base| **base == word).copied();
            known.ok_or_else(|| not_among(span, "base", word, keys::KERNEL_BASES.iter().copied()))
        })
    });
    let file = table.get("file").and_then(|value| {
        let path = reader.string(value, &format!("`file` of {place}"))?.to_owned();
        user_file(reader, &path, value.span(), files)
    });
    if let (Some(base), true) = (&goal, table.contains_key("file")) {
        let message = format!("{place} starts from a base and from a file");
        reader.report(Problem::at(base.span.clone(), message).hint("keep one of the two; fragments are put on it"));
    }
    let mut fragments = Vec::new();
    if let Some(value) = table.get("fragments") {
        let words = reader.words(value, "fragments", |word, span| Ok((word.to_owned(), span)));
        for word in words {
            let (path, span) = word.value;
            match path.as_str() {
                "boot" => fragments.push(Fragment::Boot),
                path => fragments.extend(user_file(reader, path, span, files)),
            }
        }
    }
    if table.is_empty() {
        let hint = "say what it starts from and what is set: base = \"tinyconfig\", fragments = [\"my.config\"]";
        reader.missing.push(Problem::at(value.span(), format!("{place} says nothing")).hint(hint));
    }
    let base = match (file, goal) {
        (Some(file), _) => KernelBase::File(file),
        (None, goal) => KernelBase::Goal(goal.map_or("allnoconfig", |goal| goal.value)),
    };
    let sound = reader.problems.len() + reader.missing.len() == before;
    sound.then(|| KernelConfig { name: name.to_owned(), base, fragments })
}

/// A file's settings, each of its lines looked at.
fn user_file(reader: &mut Reader, path: &str, span: Range<usize>, files: &dyn UserFiles) -> Option<Fragment> {
    if !is_path(path) {
        let message = format!("{} is no fragment", quote(path));
        let hint = "`boot` is crossloom's own; others are files beside the matrix whose names end in .config, of letters, \
                    digits and . _ - /";
        reader.report(Problem::at(span, message).hint(hint));
        return None;
    }
    let bytes = match files.read(path) {
        Ok(bytes) => bytes,
        Err((message, hint)) => {
            let message = format!("{} cannot be read: {message}", quote(path));
            reader.report(Problem::at(span, message).hint(hint));
            return None;
        }
    };
    if bytes.len() > MAX_FRAGMENT {
        let problem = Problem::at(span, format!("{} is too large", quote(path)));
        reader.report(problem.hint(format!("at most {MAX_FRAGMENT} bytes are read; is this a fragment?")));
        return None;
    }
    let Ok(text) = String::from_utf8(bytes) else {
        let problem = Problem::at(span, format!("{} is not UTF-8 text", quote(path)));
        reader.report(problem.hint("lines such as CONFIG_PRINTK=y"));
        return None;
    };
    let lines = text.lines().enumerate();
    let wrong: Vec<_> = lines.filter(|(_, line)| !is_setting(line)).take(MAX_WRONG).collect();
    for (number, line) in &wrong {
        let shown: String = line.chars().take(80).collect();
        let message = format!("{}, line {}: {} sets no symbol", quote(path), number + 1, quote(&shown));
        let hint = "lines are CONFIG_NAME=y, =m, =n, a number or a string in quotes, or `# CONFIG_NAME is not set`";
        reader.report(Problem::at(span.clone(), message).hint(hint));
    }
    wrong.is_empty().then(|| Fragment::File { path: path.to_owned(), text })
}

/// Whether it is a relative path that means the same to everyone: it goes into Nix text, and into the tree.
fn is_path(path: &str) -> bool {
    path.ends_with(".config") && path.len() <= 200 && path.split('/').all(is_plain)
}

/// Whether it can stand between slashes of such a path.
pub fn is_plain(part: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !part.is_empty() && !part.starts_with('.') && part.bytes().all(plain)
}

fn is_setting(line: &str) -> bool {
    let line = line.strip_suffix('\r').unwrap_or(line);
    let symbol = |name: &str| {
        let name = name.strip_prefix("CONFIG_").unwrap_or_default();
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if line.trim().is_empty() {
        return true;
    }
    if let Some(comment) = line.strip_prefix('#') {
        // One that looks like a setting but for a typing error, a space for one, would be lost in silence.
        let off = line.strip_prefix("# ").and_then(|rest| rest.strip_suffix(" is not set"));
        return off.is_some_and(symbol) || !comment.trim_start().starts_with("CONFIG_");
    }
    let Some((name, value)) = line.split_once('=') else { return false };
    let number = |value: &str| match value.strip_prefix("0x").or_else(|| value.strip_prefix("0X")) {
        Some(digits) => !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => value.parse::<i64>().is_ok(),
    };
    let string = |value: &str| {
        let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        inner.is_some_and(|inner| {
            let mut escaped = false;
            inner.chars().all(|c| {
                let plain = escaped || c != '"';
                escaped = !escaped && c == '\\';
                plain && !c.is_control()
            }) && !escaped
        })
    };
    symbol(name) && (["y", "m", "n"].contains(&value) || number(value) || string(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings() {
        let good = [
            "",
            "  ",
            "# a comment",
            "#",
            "# CONFIG_X is not set",
            "CONFIG_X=y",
            "CONFIG_64BIT=m",
            "CONFIG_X=n",
            "CONFIG_X=-3",
            "CONFIG_X=0x1f",
            "CONFIG_X=\"\"",
            "CONFIG_X=\"a \\\" b\"",
            "CONFIG_X=y\r",
            "# Where CONFIG_X is not set there is no X",
            "# CONFIG_X is not set\r",
        ];
        for line in good {
            assert!(is_setting(line), "{line:?}");
        }
        let bad = [
            "X=y",
            "CONFIG_X",
            "CONFIG_=y",
            "CONFIG_X=yes",
            "CONFIG_X = y",
            "CONFIG_X=",
            "CONFIG_X=0x",
            "CONFIG_X=\"a\"b\"",
            "CONFIG_X=\"a\\\"",
            "# CONFIG_X is not et",
            "# CONFIG_X=y",
            "CONFIG-X=y",
            "#CONFIG_X y is not set",
            // What Kconfig overlooks.
            "#CONFIG_X is not set",
            "# CONFIG_X  is not set",
            "# CONFIG_X is not set ",
            " CONFIG_X=y",
            "CONFIG_X=y ",
        ];
        for line in bad {
            assert!(!is_setting(line), "{line:?}");
        }
    }

    #[test]
    fn paths() {
        for path in ["a.config", "kernel/a-b_c.1.config"] {
            assert!(is_path(path), "{path}");
        }
        for path in [
            "a",
            "a.conf",
            "/a.config",
            "../a.config",
            "a//b.config",
            "a/../b.config",
            ".config",
            "a b.config",
            "ä.config",
        ] {
            assert!(!is_path(path), "{path}");
        }
    }
}
