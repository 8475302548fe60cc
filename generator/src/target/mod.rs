//! What programs are built for (targets), and what they are built on (systems and their seeds): closed enums and data.
//!
//! A target is spelled one way: its GNU triple. Adding a target is adding a row to [`table`].

mod darwin;
mod kernel;
mod table;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use darwin::DarwinTarget;
pub use kernel::{Emulator, KernelTarget};
pub use table::TARGETS;

/// A family of instruction sets, as the kernel's source tree divides them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arch {
    Aarch64,
    Arm,
    Loongarch,
    M68k,
    Microblaze,
    Mips,
    Openrisc,
    Powerpc,
    Riscv,
    S390,
    Superh,
    X86,
}

impl Arch {
    /// The kernel's `ARCH=` for this family.
    pub const fn linux_arch(self) -> &'static str {
        match self {
            Arch::Aarch64 => "arm64",
            Arch::Arm => "arm",
            Arch::Loongarch => "loongarch",
            Arch::M68k => "m68k",
            Arch::Microblaze => "microblaze",
            Arch::Mips => "mips",
            Arch::Openrisc => "openrisc",
            Arch::Powerpc => "powerpc",
            Arch::Riscv => "riscv",
            Arch::S390 => "s390",
            Arch::Superh => "sh",
            Arch::X86 => "x86",
        }
    }
}

/// The C library of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Libc {
    Musl,
}

/// Byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endian {
    Little,
    Big,
}

impl Endian {
    /// As Meson and others spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Endian::Little => "little",
            Endian::Big => "big",
        }
    }
}

/// Which calling convention a target uses among those of its architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Abi {
    /// The architecture's ordinary one.
    Base,
    /// 32-bit pointers in x86-64's long mode.
    X32,
    /// 32-bit pointers with 64-bit MIPS registers.
    N32,
    /// Position-independent function descriptors, for machines without an MMU.
    Fdpic,
}

/// How floating point is passed and computed, where the triple says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Float {
    /// What the architecture's ordinary triple means.
    Default,
    Hard,
    Soft,
}

/// One target: a row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Target {
    triple: &'static str,
    arch: Arch,
    libc: Libc,
    endian: Endian,
    abi: Abi,
    float: Float,
    musl_arch: &'static str,
    qemu_user: Option<&'static str>,
    rust: Option<&'static str>,
    gcc_flags: &'static [&'static str],
    since: &'static [(&'static str, &'static str)],
}

/// What holds for every musl target: GCC knows musl triples from this release on.
const MUSL_SINCE: &[(&str, &str)] = &[("gcc", "6.1.0")];

impl Target {
    /// The target of a triple, spelled exactly so.
    pub fn parse(triple: &str) -> Option<&'static Target> {
        TARGETS.iter().find(|target| target.triple == triple)
    }

    /// Every target, in the table's order.
    pub fn all() -> &'static [Target] {
        TARGETS
    }

    /// The GNU triple, e.g. `x86_64-linux-musl`.
    pub fn triple(&self) -> &'static str {
        self.triple
    }

    pub fn arch(&self) -> Arch {
        self.arch
    }

    pub fn libc(&self) -> Libc {
        self.libc
    }

    pub fn endian(&self) -> Endian {
        self.endian
    }

    pub fn abi(&self) -> Abi {
        self.abi
    }

    pub fn float(&self) -> Float {
        self.float
    }

    /// The directory under musl's `arch/`, which its configure script finds by itself from the triple.
    pub fn musl_arch(&self) -> &'static str {
        self.musl_arch
    }

    /// The kernel's `ARCH=` for `headers_install`.
    pub fn linux_arch(&self) -> &'static str {
        self.arch.linux_arch()
    }

    /// The suffix of QEMU's user-mode emulator (`aarch64` of `qemu-aarch64`); none where QEMU runs no such programs.
    pub fn qemu_user(&self) -> Option<&'static str> {
        self.qemu_user
    }

    /// Rust's name of it, as `cargo build --target` takes it; none where rustc has no such target.
    pub fn rust(&self) -> Option<&'static str> {
        self.rust
    }

    /// The processor as `uname -m` begins to name it: the triple's first part.
    pub fn cpu(&self) -> &'static str {
        self.triple.split_once('-').map_or(self.triple, |(cpu, _)| cpu)
    }

    /// Meson's name of the family of processors: `cpu_family` of a cross file.
    pub fn meson_family(&self) -> &'static str {
        let wide = self.cpu().contains("64");
        match self.arch {
            Arch::Aarch64 => "aarch64",
            Arch::Arm => "arm",
            Arch::Loongarch => "loongarch64",
            Arch::M68k => "m68k",
            Arch::Microblaze => "microblaze",
            Arch::Mips if wide => "mips64",
            Arch::Mips => "mips",
            // Not in Meson's list, which takes it with a warning.
            Arch::Openrisc => "or1k",
            Arch::Powerpc if wide => "ppc64",
            Arch::Powerpc => "ppc",
            Arch::Riscv if wide => "riscv64",
            Arch::Riscv => "riscv32",
            Arch::S390 => "s390x",
            Arch::Superh => "sh4",
            Arch::X86 if wide => "x86_64",
            Arch::X86 => "x86",
        }
    }

    /// What GCC's configure script must be told beyond the triple.
    pub fn gcc_flags(&self) -> &'static [&'static str] {
        self.gcc_flags
    }

    /// The first version of a package (`gcc`, `musl`, `binutils`, `linux`) that supports this target; none where every
    /// release that the catalogue could hold does.
    pub fn since(&self, package: &str) -> Option<&'static str> {
        let of = |rows: &'static [(&str, &'static str)]| {
            rows.iter().find(|(name, _)| *name == package).map(|(_, version)| *version)
        };
        of(self.since).or_else(|| match self.libc {
            Libc::Musl => of(MUSL_SINCE),
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.triple)
    }
}

/// A machine that builds, as Nix spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum System {
    #[serde(rename = "aarch64-darwin")]
    Aarch64Darwin,
    #[serde(rename = "aarch64-linux")]
    Aarch64Linux,
    #[serde(rename = "x86_64-darwin")]
    X86_64Darwin,
    #[serde(rename = "x86_64-linux")]
    X86_64Linux,
}

impl System {
    /// Every system; Linux first, since a seed exists there.
    pub const ALL: [System; 4] =
        [System::X86_64Linux, System::Aarch64Linux, System::X86_64Darwin, System::Aarch64Darwin];

    /// The system of a Nix name such as `x86_64-linux`.
    pub fn parse(name: &str) -> Option<System> {
        System::ALL.into_iter().find(|system| system.as_str() == name)
    }

    /// Nix's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            System::Aarch64Darwin => "aarch64-darwin",
            System::Aarch64Linux => "aarch64-linux",
            System::X86_64Darwin => "x86_64-darwin",
            System::X86_64Linux => "x86_64-linux",
        }
    }

    /// Whether a machine of this system can be counted on to run programs of `target`. A 64-bit x86 kernel may have
    /// been built without its 32-bit half, an ARM processor may lack it: those do not count.
    pub fn runs(self, target: &Target) -> bool {
        let own = match self {
            System::X86_64Linux => "x86_64-linux-musl",
            System::Aarch64Linux => "aarch64-linux-musl",
            System::X86_64Darwin | System::Aarch64Darwin => return false,
        };
        target.triple == own
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

/// A word is not one of a closed list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no {what}\nhint: one of {}", known.join(", "))]
pub struct UnknownName {
    /// What was read.
    pub text: String,
    /// What was expected.
    pub what: &'static str,
    /// The list.
    pub known: Vec<&'static str>,
}

impl FromStr for System {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let known = System::ALL.map(System::as_str).to_vec();
        System::parse(text).ok_or_else(|| UnknownName { text: text.to_owned(), what: "build system", known })
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The Debian release whose packages Linux build systems start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Seed {
    /// Debian 12. Frozen, so its files stay where they are.
    #[default]
    Bookworm,
    /// Debian 13, the second opinion.
    Trixie,
}

impl Seed {
    /// Every seed, the default first.
    pub const ALL: [Seed; 2] = [Seed::Bookworm, Seed::Trixie];

    /// The seed of a Debian codename.
    pub fn parse(name: &str) -> Option<Seed> {
        Seed::ALL.into_iter().find(|seed| seed.as_str() == name)
    }

    /// Debian's codename.
    pub const fn as_str(self) -> &'static str {
        match self {
            Seed::Bookworm => "bookworm",
            Seed::Trixie => "trixie",
        }
    }
}

impl FromStr for Seed {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let known = Seed::ALL.map(Seed::as_str).to_vec();
        Seed::parse(text).ok_or_else(|| UnknownName { text: text.to_owned(), what: "Debian release of a seed", known })
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A Debian release that packages are locked from: a seed's, or the one that newer programs to test with come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Suite {
    /// Debian 12.
    Bookworm,
    /// Debian 13.
    Trixie,
    /// Debian's unstable: the newest, and its files go as soon as there are newer ones. Nothing is built from it.
    Sid,
}

impl Suite {
    /// Every suite, the oldest first.
    pub const ALL: [Suite; 3] = [Suite::Bookworm, Suite::Trixie, Suite::Sid];

    /// Debian's codename.
    pub const fn as_str(self) -> &'static str {
        match self {
            Suite::Bookworm => Seed::Bookworm.as_str(),
            Suite::Trixie => Seed::Trixie.as_str(),
            Suite::Sid => "sid",
        }
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

impl FromStr for Suite {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let known = Suite::ALL.map(Suite::as_str).to_vec();
        let suite = Suite::ALL.into_iter().find(|suite| suite.as_str() == text);
        suite.ok_or_else(|| UnknownName { text: text.to_owned(), what: "Debian release", known })
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::catalogue::catalogue;

    #[test]
    fn triples_are_unique_and_well_formed() {
        let triples: BTreeSet<_> = Target::all().iter().map(Target::triple).collect();
        assert_eq!(triples.len(), Target::all().len());
        for target in Target::all() {
            let triple = target.triple();
            let (cpu, rest) = triple.split_once("-linux-musl").unwrap_or_else(|| panic!("{triple}"));
            assert!(cpu.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{triple}");
            assert!(rest.chars().all(|c| c.is_ascii_alphanumeric()), "{triple}");
            assert_eq!(Target::parse(triple), Some(target));
            for flag in target.gcc_flags() {
                assert!(flag.starts_with("--"), "{triple}: {flag}");
            }
        }
        assert_eq!(Target::parse("x86_64-linux-gnu"), None);
        assert_eq!(Target::parse(""), None);
    }

    /// The rules by which musl's and GCC's own configure scripts read a triple: the table must not contradict them.
    #[test]
    fn rows_agree_with_their_triples() {
        for target in Target::all() {
            let triple = target.triple();
            let (cpu, rest) = triple.split_once("-linux-musl").unwrap_or_default();
            assert_eq!(target.float() == Float::Soft, rest.ends_with("sf") || rest == "eabi", "{triple}");
            assert_eq!(target.float() == Float::Hard, rest.ends_with("hf"), "{triple}");
            let flag = |wanted: &str| target.gcc_flags().contains(&wanted);
            assert_eq!(flag("--with-float=soft"), target.float() == Float::Soft, "{triple}");
            assert_eq!(flag("--with-float=hard"), target.float() == Float::Hard, "{triple}");
            assert_eq!(flag("--with-abi=x32"), target.abi() == Abi::X32, "{triple}");
            assert_eq!(flag("--with-abi=n32"), target.abi() == Abi::N32, "{triple}");
            assert_eq!(flag("--enable-fdpic"), target.abi() == Abi::Fdpic, "{triple}");
            assert_eq!(flag("--with-abi=elfv2"), cpu.starts_with("powerpc64"), "{triple}");
            let big = match target.arch() {
                Arch::Aarch64 | Arch::Arm => cpu.contains("eb") || cpu.ends_with("_be"),
                Arch::M68k | Arch::Openrisc | Arch::S390 => true,
                Arch::Microblaze | Arch::Mips => !cpu.ends_with("el"),
                Arch::Powerpc => !cpu.ends_with("le"),
                Arch::Superh => cpu.ends_with("eb"),
                Arch::Loongarch | Arch::Riscv | Arch::X86 => false,
            };
            assert_eq!(target.endian() == Endian::Big, big, "{triple}");
        }
    }

    #[test]
    fn rust_has_names_of_its_own() {
        let rust = |triple| Target::parse(triple).and_then(Target::rust);
        assert_eq!(rust("x86_64-linux-musl"), Some("x86_64-unknown-linux-musl"));
        assert_eq!(rust("riscv64-linux-musl"), Some("riscv64gc-unknown-linux-musl"));
        assert_eq!(rust("mips-linux-musl"), None);
        for target in Target::all() {
            let Some(name) = target.rust() else { continue };
            let (cpu, rest) = name.split_once('-').unwrap();
            assert!(rest.starts_with("unknown-linux-musl"), "{target}: {name}");
            // The same letters begin both, but for a version that is part of one name alone.
            let common = target.cpu().strip_prefix("armv6").map_or(target.cpu(), |_| "arm");
            assert!(cpu.starts_with(common), "{target}: {name}");
            assert_eq!(rest.ends_with("hf"), target.float() == Float::Hard, "{target}: {name}");
        }
    }

    #[test]
    fn meson_names_families() {
        let family = |triple| Target::parse(triple).map(|target| (target.cpu(), target.meson_family()));
        assert_eq!(family("i686-linux-musl"), Some(("i686", "x86")));
        assert_eq!(family("x86_64-linux-muslx32"), Some(("x86_64", "x86_64")));
        assert_eq!(family("mipsisa64r6el-linux-musl"), Some(("mipsisa64r6el", "mips64")));
        assert_eq!(family("powerpc64le-linux-musl"), Some(("powerpc64le", "ppc64")));
        assert_eq!(Endian::Big.as_str(), "big");
    }

    #[test]
    fn supported_since() {
        let since = |triple, package| Target::parse(triple).and_then(|target| target.since(package));
        assert_eq!(since("loongarch64-linux-musl", "gcc"), Some("12.1.0"));
        assert_eq!(since("x86_64-linux-musl", "gcc"), Some("6.1.0"));
        assert_eq!(since("x86_64-linux-musl", "linux"), None);
        // A version requirement on a package that the catalogue does not know would never be looked up.
        for target in Target::all() {
            for (package, version) in target.since {
                assert!(catalogue().packages().any(|known| known == *package), "{target}: {package} {version}");
            }
        }
    }

    #[test]
    fn names_parse_back() {
        for system in System::ALL {
            assert_eq!(System::parse(system.as_str()), Some(system));
        }
        for seed in Seed::ALL {
            assert_eq!(Seed::parse(seed.as_str()), Some(seed));
        }
        assert_eq!(System::parse("x86_64-windows"), None);
        assert_eq!(Seed::parse("sid"), None);
    }
}
