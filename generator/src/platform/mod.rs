//! The machines that build: systems as Nix names them, and the Debian releases whose packages they start from.

use std::ops::Range;

use crate::diag::{Problem, quote};
use crate::word::Word;
use crate::words;

words! {
    /// A machine that builds, as Nix spells it.
    pub enum System: "build system" {
        Aarch64Darwin = "aarch64-darwin",
        Aarch64Linux = "aarch64-linux",
        X86_64Darwin = "x86_64-darwin",
        X86_64Linux = "x86_64-linux",
    }
}

impl System {
    /// The machine that this program was compiled for; `None` where crossloom has no build system of its kind.
    pub const fn of_this_program() -> Option<System> {
        match (cfg!(target_arch = "x86_64"), cfg!(target_arch = "aarch64"), System::is_linux_here()) {
            (true, _, Some(true)) => Some(System::X86_64Linux),
            (true, _, Some(false)) => Some(System::X86_64Darwin),
            (_, true, Some(true)) => Some(System::Aarch64Linux),
            (_, true, Some(false)) => Some(System::Aarch64Darwin),
            _ => None,
        }
    }

    const fn is_linux_here() -> Option<bool> {
        match (cfg!(target_os = "linux"), cfg!(target_os = "macos")) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        }
    }

    /// The system that another program's name means: `amd64-linux`, `linux/arm64`, `arm64-macos`, a compiler's triple.
    pub fn meant(text: &str) -> Option<System> {
        let text = text.to_lowercase();
        let holds = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let arm = holds(&["aarch64", "arm64"]);
        // `x86` alone may be the 32-bit one.
        let intel = holds(&["x86_64", "x86-64", "amd64", "x64"]);
        Self::ALL.iter().copied().find(|system| {
            let (cpu, kernel) = system.as_str().split_once('-').unwrap_or_default();
            let same_cpu = if cpu == "x86_64" { intel && !arm } else { arm && !intel };
            same_cpu && (holds(&[kernel]) || (!system.is_linux() && holds(&["macos", "osx"])))
        })
    }

    /// The system that a word of a matrix names.
    ///
    /// # Errors
    /// As [`Word::read`], with the system that another spelling means.
    pub fn in_matrix(text: &str, span: Range<usize>) -> Result<System, Problem> {
        if let Some(system) = Self::parse(text) {
            return Ok(system);
        }
        // `riscv64-linux` differs from `aarch64-linux` in few letters and is meant all the same.
        let alike = text.chars().next().is_some_and(|first| Self::WORDS.iter().any(|word| word.starts_with(first)));
        let hint = match Self::meant(text) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if alike => return Self::read(text, span),
            None => format!("known: {}", Self::WORDS.join(", ")),
        };
        Err(Problem::at(span, format!("unknown {} {}", Self::WHAT, quote(text))).hint(hint))
    }

    /// The machine as configure scripts call it, for `--build`. Recipes take the same from the seed or nixpkgs.
    pub const fn triple(self) -> &'static str {
        match self {
            System::X86_64Linux => "x86_64-pc-linux-gnu",
            System::Aarch64Linux => "aarch64-unknown-linux-gnu",
            System::X86_64Darwin => "x86_64-apple-darwin",
            System::Aarch64Darwin => "arm64-apple-darwin",
        }
    }

    /// Whether builds here can start from a seed; others need nixpkgs.
    pub const fn is_linux(self) -> bool {
        self.debian_architecture().is_some()
    }

    /// Debian's name of the architecture, where there is a seed.
    pub const fn debian_architecture(self) -> Option<&'static str> {
        match self {
            System::X86_64Linux => Some("amd64"),
            System::Aarch64Linux => Some("arm64"),
            System::X86_64Darwin | System::Aarch64Darwin => None,
        }
    }
}

words! {
    /// The Debian release whose packages Linux build systems start from. The first is the default.
    #[derive(Default)]
    pub enum Seed: "seed" {
        /// Debian 12. It is frozen, so its files stay where they are.
        #[default]
        Bookworm = "bookworm",
        /// Debian 13, the second opinion.
        Trixie = "trixie",
    }
}

words! {
    /// A Debian release that packages are locked from: a seed's, or the one that newer programs to test with come from.
    pub enum Suite: "Debian release" {
        /// Debian 12.
        Bookworm = "bookworm",
        /// Debian 13.
        Trixie = "trixie",
        /// Debian's unstable release. Its files go as soon as there are newer ones, so nothing is built from it.
        Sid = "sid",
    }
}

impl From<Seed> for Suite {
    fn from(seed: Seed) -> Suite {
        match seed {
            Seed::Bookworm => Suite::Bookworm,
            Seed::Trixie => Suite::Trixie,
        }
    }
}
