//! `[kernel-config.NAME]`: configurations of kernels, and the files beside the matrix that they are made of.

use std::ops::Range;
use std::sync::Arc;

use serde_json::json;

use super::KernelTarget;
use crate::diag::{Problem, Wrong, quote};
use crate::families::folder;
use crate::family::table::Meaning;
use crate::family::{Key, Table};
use crate::reader::{MAX_USER_FILE, UserFiles};
use crate::reader::{Reader, Value};
use crate::word::Word;
use crate::words;

/// The configuration that is crossloom's smallest that boots.
const BOOT: &str = "boot";
/// The configuration of a kernel for a system in an initramfs.
pub const SYSTEM: &str = "system";
/// A fragment: crossloom's own, or a file beside the matrix.
const FRAGMENT: &str = "^(boot|system|([A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*\\.config)$";
/// Wrong lines of one file that are reported.
const MAX_WRONG: usize = 3;

/// The inputs of a kernel configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelConfig {
    /// As the matrix calls it.
    pub name: String,
    pub base: KernelBase,
    /// Applied in order; where two set one symbol the later one wins.
    pub fragments: Vec<Fragment>,
}

impl KernelConfig {
    /// Whether kernels of it can load modules. Kconfig switches that on for no one by itself, except in a `defconfig`.
    pub fn takes_modules(&self) -> bool {
        let first = match &self.base {
            KernelBase::Goal(goal) => *goal == Goal::Defconfig,
            KernelBase::File(file) => file.sets_modules().unwrap_or(false),
        };
        self.fragments.iter().rev().find_map(Fragment::sets_modules).unwrap_or(first)
    }

    /// Why a kernel of a target cannot be configured with it, and what to do: the whole configuration that it starts from is of
    /// another architecture, and Kconfig would drop most of it without an error.
    pub fn refuse(&self, target: &KernelTarget) -> Option<Wrong> {
        let KernelBase::File(Fragment::File { path, text }) = &self.base else { return None };
        let arch = written_for(text).filter(|arch| !is_arch_of(arch, target))?;
        let name = &self.name;
        let message =
            format!("{} of [kernel-config.{name}] is a configuration for {arch}, not for {target}", quote(path));
        let hint = format!(
            "configurations of other architectures are tables of their own; exclude = [{{ target = \"{target}\", config = \"{name}\" }}]"
        );
        Some(Wrong::new(message, hint))
    }
}

/// The configuration that fragments are added to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KernelBase {
    /// A goal of the kernel's own makefile.
    Goal(Goal),
    /// A whole configuration of the user's.
    File(Fragment),
}

/// Settings of symbols, as a `.config` holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fragment {
    /// crossloom's own: what a kernel needs to boot in an emulator, with each architecture's console.
    Boot,
    /// crossloom's own, on top of it: networking, virtual devices, and file systems.
    System,
    /// A file beside the matrix: its path there, and its text.
    File { path: String, text: String },
}

impl Fragment {
    /// Whether it switches modules on or off, if it says anything about them.
    fn sets_modules(&self) -> Option<bool> {
        let text = match self {
            Fragment::Boot => return Some(true),
            Fragment::System => return None,
            Fragment::File { text, .. } => text,
        };
        text.lines().rev().find_map(|line| match line {
            "CONFIG_MODULES=y" => Some(true),
            "CONFIG_MODULES=n" | "# CONFIG_MODULES is not set" => Some(false),
            _ => None,
        })
    }
}

/// The value of the kernel's `ARCH=` that a whole configuration was written for, by the comment that Kconfig begins it with.
fn written_for(text: &str) -> Option<&str> {
    let title = text.lines().find_map(|line| line.strip_prefix("# Linux/")?.strip_suffix(" Kernel Configuration"))?;
    let arch = title.split(' ').next()?;
    // Without `ARCH=` a build on x86 calls both of its targets so.
    let says = |setting: &str| text.lines().any(|line| line == setting);
    Some(match arch {
        "x86" if says("CONFIG_X86_64=y") => "x86_64",
        "x86" if says("CONFIG_X86_32=y") => "i386",
        arch => arch,
    })
}

/// Whether a value of the kernel's `ARCH=` can be for a target.
fn is_arch_of(arch: &str, target: &KernelTarget) -> bool {
    arch == target.arch() || (arch == "x86" && ["i386", "x86_64"].contains(&target.arch()))
}

words! {
    /// A goal of the kernel's own makefile that writes a configuration. The first is the default.
    pub enum Goal: "base" {
        Allnoconfig = "allnoconfig",
        Tinyconfig = "tinyconfig",
        Defconfig = "defconfig",
    }
}

/// The table.
pub struct KernelConfigs;

static KEYS: [Key; 3] = [
    Key {
        name: "base",
        required: false,
        doc: "Where it starts: `allnoconfig` (the default), `tinyconfig` or `defconfig`.",
        schema: || json!({ "type": "string", "enum": Goal::WORDS, "default": Goal::Allnoconfig.as_str() }),
    },
    Key {
        name: "file",
        required: false,
        doc: "A whole .config beside the matrix to start from, in place of a base. It is for one architecture.",
        schema: || json!({ "type": "string", "pattern": FRAGMENT }),
    },
    Key {
        name: "fragments",
        required: false,
        doc: "Settings on top, applied in order: `boot` and `system`, crossloom's own, or files beside the matrix whose names \
              end in .config. If Kconfig does not grant a symbol, the build fails.",
        schema: || {
            json!({
                "type": "array",
                "items": { "type": "string", "pattern": FRAGMENT },
                "minItems": 1,
                "uniqueItems": true,
            })
        },
    },
];

impl Table for KernelConfigs {
    fn key(&self) -> &'static str {
        "kernel-config"
    }

    fn summary(&self) -> &'static str {
        "Configurations of kernels by the names that `config` lists take."
    }

    fn what(&self) -> &'static str {
        "a configuration"
    }

    fn used_in(&self) -> &'static str {
        "[linux] with config"
    }

    fn keys(&self) -> &'static [Key] {
        &KEYS
    }

    fn reserved(&self) -> &'static [&'static str] {
        &["llvm", "gcc", "qemu", "disk", "quickjs-ng", "nodejs-18", "nodejs-24", "dynamic"]
    }

    fn built_in(&self) -> &'static [&'static str] {
        &[BOOT, SYSTEM, "tinyconfig", "defconfig", "allnoconfig"]
    }

    fn built_in_value(&self, name: &str) -> Option<Meaning> {
        let (base, fragments) = match Goal::parse(name) {
            Some(goal) => (goal, Vec::new()),
            None if name == BOOT => (Goal::Allnoconfig, vec![Fragment::Boot]),
            None if name == SYSTEM => (Goal::Allnoconfig, vec![Fragment::Boot, Fragment::System]),
            None => return None,
        };
        Some(Arc::new(KernelConfig { name: name.to_owned(), base: KernelBase::Goal(base), fragments }))
    }

    fn read(&self, reader: &mut Reader, name: &str, value: &Value<'_>, files: &dyn UserFiles) -> Option<Meaning> {
        read_config(reader, name, value, files).map(|config| Arc::new(config) as Meaning)
    }

    fn missing_hint(&self) -> &'static str {
        "known: boot, system, tinyconfig, defconfig, allnoconfig; others are tables of the file, e.g. [kernel-config.mine]"
    }
}

fn read_config(reader: &mut Reader, name: &str, value: &Value<'_>, files: &dyn UserFiles) -> Option<KernelConfig> {
    let place = format!("[kernel-config.{name}]");
    let before = reader.problems.len() + reader.missing.len();
    let table = reader.table(value, &place, &(&KernelConfigs as &dyn Table).key_names())?;
    let goal = table.get("base").and_then(|value| reader.word(value, "base", Goal::read));
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
                BOOT => fragments.push(Fragment::Boot),
                SYSTEM => fragments.push(Fragment::System),
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
        (None, goal) => KernelBase::Goal(goal.map_or(Goal::Allnoconfig, |goal| goal.value)),
    };
    let sound = reader.problems.len() + reader.missing.len() == before;
    sound.then(|| KernelConfig { name: name.to_owned(), base, fragments })
}

/// A file's settings, each of its lines looked at.
fn user_file(reader: &mut Reader, path: &str, span: Range<usize>, files: &dyn UserFiles) -> Option<Fragment> {
    if !is_path(path) {
        let message = format!("{} is not a fragment", quote(path));
        let hint = "`boot` and `system` are crossloom's own; others are files beside the matrix whose names end in .config, of letters, \
                    digits and . _ - /";
        reader.report(Problem::at(span, message).hint(hint));
        return None;
    }
    let bytes = match files.read(path) {
        Ok(bytes) => bytes,
        Err(wrong) => {
            reader.report(wrong.cannot_read(path).at(span));
            return None;
        }
    };
    if bytes.len() > MAX_USER_FILE {
        let problem = Problem::at(span, format!("{} is too large", quote(path)));
        reader.report(problem.hint(format!("at most {MAX_USER_FILE} bytes are read; is this a fragment?")));
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
    path.ends_with(".config") && folder::is_path(path)
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
            // Kconfig overlooks these.
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
    fn modules() {
        let file = |text: &str| Fragment::File { path: "a.config".to_owned(), text: text.to_owned() };
        let config = |base, fragments| KernelConfig { name: "mine".to_owned(), base, fragments }.takes_modules();
        let goal = KernelBase::Goal;
        let (on, off) = (|| file("CONFIG_MODULES=y\r\nCONFIG_A=y\n"), || file("# CONFIG_MODULES is not set\n"));
        assert!(config(goal(Goal::Tinyconfig), vec![Fragment::Boot, file("CONFIG_A=y\n")]));
        assert!(config(goal(Goal::Defconfig), vec![]));
        assert!(config(KernelBase::File(on()), vec![]));
        assert!(config(KernelBase::File(off()), vec![on()]));
        assert!(!config(goal(Goal::Allnoconfig), vec![file("CONFIG_A=y\n")]));
        assert!(!config(goal(Goal::Defconfig), vec![on(), off()]));
        assert!(!config(KernelBase::File(file("")), vec![]));
    }

    #[test]
    fn architectures_of_whole_configurations() {
        let title = |arch: &str| format!("#\n# Linux/{arch} 6.1.176 Kernel Configuration\r\n#\n");
        let wrong = |text: String| {
            let base = KernelBase::File(Fragment::File { path: "a.config".to_owned(), text });
            let config = KernelConfig { name: "mine".to_owned(), base, fragments: Vec::new() };
            let refused = KernelTarget::all().iter().filter(|target| config.refuse(target).is_some());
            refused.map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(wrong(title("arm64")), ["i386", "riscv64", "x86_64"]);
        assert_eq!(wrong(title("riscv")), ["arm64", "i386", "x86_64"]);
        assert_eq!(wrong(title("x86_64")), ["arm64", "i386", "riscv64"]);
        assert_eq!(wrong(title("x86")), ["arm64", "riscv64"]);
        assert_eq!(wrong(title("x86") + "CONFIG_X86_32=y\n"), ["arm64", "riscv64", "x86_64"]);
        assert_eq!(wrong(title("x86") + "CONFIG_X86_64=y\n"), ["arm64", "i386", "riscv64"]);
        assert_eq!(wrong(title("s390")).len(), 4);
        assert_eq!(wrong("CONFIG_ARM64=y\n".to_owned()).len(), 0);
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
