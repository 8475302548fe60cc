//! The targets: every architecture that musl 1.2.5 and GCC 14 both support, spelled as in musl-cross-make.
//!
//! Sources: the case statements of musl's `configure`, GCC's `gcc/config.gcc`, musl-cross-make's `litecross/Makefile`.
//! 32-bit little-endian PowerPC is left out, although GCC and musl's `configure` take it: musl's headers for PowerPC say that
//! it is big-endian (`arch/powerpc/bits/alltypes.h.in`), and its loader has no name for the other one.
//! The table does not repeat what GCC derives from a `*-musl*` triple by itself: secure PLT and 64-bit `long double` on
//! PowerPC, 128-bit `long double` on s390x, the instruction set that i486 to i686, sh2 and sh4 and mipsisa…r6 name.

use std::fmt;

use crate::families::languages::Languages;
use crate::family::Target;
use crate::platform::System;
use Endian::{Big, Little};

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

/// One target: a row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct MuslTarget {
    triple: &'static str,
    arch: Arch,
    endian: Endian,
    musl_arch: &'static str,
    qemu_user: Option<&'static str>,
    rust: Option<&'static str>,
    gcc_flags: &'static [&'static str],
    since: &'static [(&'static str, &'static str)],
}

/// GCC's library for transactional memory, which is written in C++.
pub const LIBITM: &str = "libitm";
pub const LIBGOMP: &str = "libgomp";
pub const LIBQUADMATH: &str = "libquadmath";
pub const LIBGFORTRAN: &str = "libgfortran";

/// GCC knows musl triples from this release on.
const MUSL_SINCE: &[(&str, &str)] = &[("gcc", "6.1.0")];

impl Target for MuslTarget {
    fn name(&self) -> &'static str {
        self.triple
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let code = |word: &str| format!("`{word}`");
        vec![
            ("byte order", self.endian.as_str().to_owned()),
            (
                "flags of GCC's configure script",
                self.gcc_flags.iter().map(|flag| code(flag)).collect::<Vec<_>>().join(" "),
            ),
            ("QEMU", self.qemu_user.map(|suffix| code(&format!("qemu-{suffix}"))).unwrap_or_default()),
            ("Rust", self.rust.map(code).unwrap_or_default()),
        ]
    }
}

impl MuslTarget {
    /// The target of a triple, spelled exactly so.
    pub fn parse(triple: &str) -> Option<&'static MuslTarget> {
        TARGETS.iter().find(|target| target.triple == triple)
    }

    /// Every target, in the table's order.
    pub fn all() -> &'static [MuslTarget] {
        TARGETS
    }

    /// The GNU triple, e.g. `x86_64-linux-musl`.
    pub fn triple(&self) -> &'static str {
        self.triple
    }

    pub fn endian(&self) -> Endian {
        self.endian
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

    /// The processor as the kernel names it there, which `uname -m` prints. For 32-bit Arm, which has many names, the baseline's.
    pub fn uname(&self) -> &'static str {
        let cpu = self.cpu();
        match self.arch {
            Arch::Arm => match cpu {
                "armv5te" => "armv5tel",
                "armv6" => "armv6l",
                "armv7" => "armv7l",
                _ => cpu,
            },
            Arch::Microblaze => "microblaze",
            Arch::Mips if cpu.contains("64") => "mips64",
            Arch::Mips => "mips",
            Arch::Openrisc => "openrisc",
            Arch::Powerpc => match cpu {
                "powerpc64le" => "ppc64le",
                "powerpc64" => "ppc64",
                _ => "ppc",
            },
            _ => cpu,
        }
    }

    /// The processor as the triple's first part names it.
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

    /// Flags that GCC's configure script needs beyond the triple.
    pub fn gcc_flags(&self) -> &'static [&'static str] {
        self.gcc_flags
    }

    /// Whether GCC's own description of the target says how `-static-pie` links. Where it does not, GCC links a dynamic program
    /// at a fixed address and says nothing.
    ///
    /// Source: `LINK_SPEC` in `gcc/config`.
    pub fn knows_static_pie(&self) -> bool {
        match self.arch {
            Arch::Aarch64 | Arch::Loongarch | Arch::Openrisc | Arch::Powerpc | Arch::Riscv | Arch::S390 | Arch::X86 => {
                true
            }
            Arch::Arm | Arch::M68k | Arch::Microblaze | Arch::Mips | Arch::Superh => false,
        }
    }

    /// Whether gdbserver is ported to the target.
    ///
    /// Source: GDB's `gdbserver/configure.srv`.
    pub fn has_gdbserver(&self) -> bool {
        self.arch != Arch::Microblaze
    }

    /// GCC's libraries for programs that its own configure scripts build for the target, beside libgcc and libstdc++; those
    /// that are written in C++, or are for Fortran, only if there is that language. Each comes after those that it needs.
    pub fn libraries(&self, languages: Languages) -> Vec<&'static str> {
        // It is for `__float128`, which other processors have as `long double`, or not at all.
        let quadmath = self.arch == Arch::X86 || self.triple.starts_with("powerpc64le-");
        // The processors that libitm/config has a folder for.
        let itm = match self.arch {
            Arch::Aarch64
            | Arch::Arm
            | Arch::Loongarch
            | Arch::Powerpc
            | Arch::Riscv
            | Arch::S390
            | Arch::Superh
            | Arch::X86 => languages.cxx,
            Arch::M68k | Arch::Microblaze | Arch::Mips | Arch::Openrisc => false,
        };
        let all = [
            ("libatomic", true),
            (LIBGOMP, true),
            (LIBQUADMATH, quadmath),
            (LIBITM, itm),
            (LIBGFORTRAN, languages.fortran),
        ];
        all.into_iter().filter(|(_, built)| *built).map(|(name, _)| name).collect()
    }

    /// The first version of a package (`gcc`, `musl`, `binutils`, `linux`) that supports this target; `None` where every
    /// release that the catalogue could hold does.
    pub fn since(&self, package: &str) -> Option<&'static str> {
        let of = |rows: &'static [(&str, &'static str)]| {
            rows.iter().find(|(name, _)| *name == package).map(|(_, version)| *version)
        };
        of(self.since).or_else(|| of(MUSL_SINCE))
    }

    /// Whether a machine of this system can be counted on to run the target's programs. A 64-bit x86 kernel may have been
    /// built without its 32-bit half, and an ARM processor may lack it: those do not count.
    pub fn runs_on(&self, system: System) -> bool {
        let own = match system {
            System::X86_64Linux => "x86_64-linux-musl",
            System::Aarch64Linux => "aarch64-linux-musl",
            System::X86_64Darwin | System::Aarch64Darwin => return false,
        };
        self.triple == own
    }
}

impl fmt::Display for MuslTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.triple)
    }
}

/// A row with an architecture's ordinary ABI and no flags.
const fn musl(
    triple: &'static str,
    arch: Arch,
    endian: Endian,
    musl_arch: &'static str,
    qemu_user: Option<&'static str>,
) -> MuslTarget {
    MuslTarget { triple, arch, endian, musl_arch, qemu_user, rust: None, gcc_flags: &[], since: &[] }
}

impl MuslTarget {
    const fn gcc(self, gcc_flags: &'static [&'static str]) -> MuslTarget {
        MuslTarget { gcc_flags, ..self }
    }

    const fn in_rust(self, rust: &'static str) -> MuslTarget {
        MuslTarget { rust: Some(rust), ..self }
    }

    const fn versions_since(self, since: &'static [(&'static str, &'static str)]) -> MuslTarget {
        MuslTarget { since, ..self }
    }
}

const HARD: &[&str] = &["--with-float=hard"];
const SOFT: &[&str] = &["--with-float=soft"];
// GCC's own default for 64-bit MIPS with any libc but glibc is n32.
const N64: &[&str] = &["--with-abi=64"];
const N64_SOFT: &[&str] = &["--with-abi=64", "--with-float=soft"];
const N32: &[&str] = &["--with-abi=n32"];
const N32_SOFT: &[&str] = &["--with-abi=n32", "--with-float=soft"];
// GCC's libraries for decimal numbers want a long double of 128 bits, and with musl it has 64.
const POWERPC: &[&str] = &["--disable-decimal-float"];
const POWERPC_SOFT: &[&str] = &["--disable-decimal-float", "--with-float=soft"];
// musl's port knows ELFv2 alone, and GCC's default on big-endian PowerPC64 is ELFv1.
const ELFV2: &[&str] = &["--disable-decimal-float", "--with-abi=elfv2"];
// The triple's CPU does not select an instruction set on ARM; naming one without "+fp" needs the FPU beside it.
const ARMV5: &[&str] = &["--with-arch=armv5te", "--with-float=soft"];
const ARMV6: &[&str] = &["--with-arch=armv6", "--with-float=soft"];
const ARMV6_HARD: &[&str] = &["--with-arch=armv6", "--with-fpu=vfpv2", "--with-float=hard"];
const ARMV7: &[&str] = &["--with-arch=armv7-a", "--with-float=soft"];
const ARMV7_HARD: &[&str] = &["--with-arch=armv7-a", "--with-fpu=vfpv3-d16", "--with-float=hard"];

// GCC 14's own default has vector instructions, which some of these processors lack, and QEMU before 8.1.
const LOONGARCH_BASE: &[&str] = &["--with-arch=loongarch64"];

const LOONGARCH: &[(&str, &str)] = &[("gcc", "12.1.0"), ("musl", "1.2.5"), ("binutils", "2.38"), ("linux", "5.19")];
const OPENRISC: &[(&str, &str)] = &[("gcc", "9.1.0")];
// The kernel dropped riscv32's 32-bit time calls, so its ABI starts later than riscv64's.
const RISCV32: &[(&str, &str)] = &[("gcc", "7.1.0"), ("musl", "1.2.5"), ("binutils", "2.28"), ("linux", "5.4")];
const RISCV64: &[(&str, &str)] = &[("gcc", "7.1.0"), ("musl", "1.1.23"), ("binutils", "2.28"), ("linux", "4.15")];

/// Every target. Order is by architecture; only listings depend on it.
///
/// Rust's name stands where its standard library is made for the same instructions and the same calls: its MIPS32 is
/// soft-float, its only PowerPC without a suffix hard-float, and its 32-bit x86 begins with the Pentium.
static TARGETS: &[MuslTarget] = &[
    musl("x86_64-linux-musl", Arch::X86, Little, "x86_64", Some("x86_64")).in_rust("x86_64-unknown-linux-musl"),
    // qemu-x86_64 refuses x32 programs; a kernel with CONFIG_X86_X32_ABI runs them.
    musl("x86_64-linux-muslx32", Arch::X86, Little, "x32", None).gcc(&["--with-abi=x32"]),
    // musl's atomics are cmpxchg, which the 80386 lacks: without this, libgcc and libstdc++ would be slower and no more
    // portable than the libc beside them.
    musl("i386-linux-musl", Arch::X86, Little, "i386", Some("i386")).gcc(&["--with-arch=i486"]),
    musl("i486-linux-musl", Arch::X86, Little, "i386", Some("i386")),
    musl("i586-linux-musl", Arch::X86, Little, "i386", Some("i386")).in_rust("i586-unknown-linux-musl"),
    musl("i686-linux-musl", Arch::X86, Little, "i386", Some("i386")).in_rust("i686-unknown-linux-musl"),
    musl("aarch64-linux-musl", Arch::Aarch64, Little, "aarch64", Some("aarch64")).in_rust("aarch64-unknown-linux-musl"),
    musl("aarch64_be-linux-musl", Arch::Aarch64, Big, "aarch64", Some("aarch64_be"))
        .in_rust("aarch64_be-unknown-linux-musl"),
    musl("arm-linux-musleabi", Arch::Arm, Little, "arm", Some("arm")).in_rust("arm-unknown-linux-musleabi").gcc(SOFT),
    musl("arm-linux-musleabihf", Arch::Arm, Little, "arm", Some("arm"))
        .in_rust("arm-unknown-linux-musleabihf")
        .gcc(HARD),
    musl("armeb-linux-musleabi", Arch::Arm, Big, "arm", Some("armeb")).gcc(SOFT),
    musl("armeb-linux-musleabihf", Arch::Arm, Big, "arm", Some("armeb")).gcc(HARD),
    musl("armv5te-linux-musleabi", Arch::Arm, Little, "arm", Some("arm"))
        .in_rust("armv5te-unknown-linux-musleabi")
        .gcc(ARMV5),
    musl("armv6-linux-musleabi", Arch::Arm, Little, "arm", Some("arm"))
        .in_rust("arm-unknown-linux-musleabi")
        .gcc(ARMV6),
    musl("armv6-linux-musleabihf", Arch::Arm, Little, "arm", Some("arm"))
        .in_rust("arm-unknown-linux-musleabihf")
        .gcc(ARMV6_HARD),
    musl("armv7-linux-musleabi", Arch::Arm, Little, "arm", Some("arm"))
        .in_rust("armv7-unknown-linux-musleabi")
        .gcc(ARMV7),
    musl("armv7-linux-musleabihf", Arch::Arm, Little, "arm", Some("arm"))
        .in_rust("armv7-unknown-linux-musleabihf")
        .gcc(ARMV7_HARD),
    musl("loongarch64-linux-musl", Arch::Loongarch, Little, "loongarch64", Some("loongarch64"))
        .in_rust("loongarch64-unknown-linux-musl")
        .gcc(LOONGARCH_BASE)
        .versions_since(LOONGARCH),
    musl("m68k-linux-musl", Arch::M68k, Big, "m68k", Some("m68k")),
    musl("microblaze-linux-musl", Arch::Microblaze, Big, "microblaze", Some("microblaze")),
    musl("microblazeel-linux-musl", Arch::Microblaze, Little, "microblaze", Some("microblazeel")),
    musl("mips-linux-musl", Arch::Mips, Big, "mips", Some("mips")),
    musl("mips-linux-muslsf", Arch::Mips, Big, "mips", Some("mips")).in_rust("mips-unknown-linux-musl").gcc(SOFT),
    musl("mipsel-linux-musl", Arch::Mips, Little, "mips", Some("mipsel")),
    musl("mipsel-linux-muslsf", Arch::Mips, Little, "mips", Some("mipsel"))
        .in_rust("mipsel-unknown-linux-musl")
        .gcc(SOFT),
    musl("mips64-linux-musl", Arch::Mips, Big, "mips64", Some("mips64"))
        .in_rust("mips64-unknown-linux-muslabi64")
        .gcc(N64),
    musl("mips64-linux-muslsf", Arch::Mips, Big, "mips64", Some("mips64")).gcc(N64_SOFT),
    musl("mips64el-linux-musl", Arch::Mips, Little, "mips64", Some("mips64el"))
        .in_rust("mips64el-unknown-linux-muslabi64")
        .gcc(N64),
    musl("mips64el-linux-muslsf", Arch::Mips, Little, "mips64", Some("mips64el")).gcc(N64_SOFT),
    musl("mips64-linux-musln32", Arch::Mips, Big, "mipsn32", Some("mipsn32")).gcc(N32),
    musl("mips64-linux-musln32sf", Arch::Mips, Big, "mipsn32", Some("mipsn32")).gcc(N32_SOFT),
    musl("mips64el-linux-musln32", Arch::Mips, Little, "mipsn32", Some("mipsn32el")).gcc(N32),
    musl("mips64el-linux-musln32sf", Arch::Mips, Little, "mipsn32", Some("mipsn32el")).gcc(N32_SOFT),
    musl("mipsisa32r6-linux-musl", Arch::Mips, Big, "mips", Some("mips")),
    musl("mipsisa32r6el-linux-musl", Arch::Mips, Little, "mips", Some("mipsel")),
    musl("mipsisa64r6-linux-musl", Arch::Mips, Big, "mips64", Some("mips64")).gcc(N64),
    musl("mipsisa64r6el-linux-musl", Arch::Mips, Little, "mips64", Some("mips64el")).gcc(N64),
    musl("or1k-linux-musl", Arch::Openrisc, Big, "or1k", Some("or1k")).versions_since(OPENRISC),
    musl("powerpc-linux-musl", Arch::Powerpc, Big, "powerpc", Some("ppc"))
        .in_rust("powerpc-unknown-linux-musl")
        .gcc(POWERPC),
    musl("powerpc-linux-muslsf", Arch::Powerpc, Big, "powerpc", Some("ppc")).gcc(POWERPC_SOFT),
    musl("powerpc64-linux-musl", Arch::Powerpc, Big, "powerpc64", Some("ppc64"))
        .in_rust("powerpc64-unknown-linux-musl")
        .gcc(ELFV2),
    musl("powerpc64le-linux-musl", Arch::Powerpc, Little, "powerpc64", Some("ppc64le"))
        .in_rust("powerpc64le-unknown-linux-musl")
        .gcc(ELFV2),
    musl("riscv32-linux-musl", Arch::Riscv, Little, "riscv32", Some("riscv32"))
        .in_rust("riscv32gc-unknown-linux-musl")
        .versions_since(RISCV32),
    musl("riscv64-linux-musl", Arch::Riscv, Little, "riscv64", Some("riscv64"))
        .in_rust("riscv64gc-unknown-linux-musl")
        .versions_since(RISCV64),
    musl("s390x-linux-musl", Arch::S390, Big, "s390x", Some("s390x")).in_rust("s390x-unknown-linux-musl"),
    // QEMU's SuperH is an SH-4: it has no no-MMU loader, nor the atomics that musl chooses on an SH-2.
    musl("sh2-linux-musl", Arch::Superh, Little, "sh", None),
    musl("sh2-linux-muslfdpic", Arch::Superh, Little, "sh", None).gcc(&["--enable-fdpic"]),
    musl("sh2eb-linux-musl", Arch::Superh, Big, "sh", None),
    musl("sh2eb-linux-muslfdpic", Arch::Superh, Big, "sh", None).gcc(&["--enable-fdpic"]),
    musl("sh4-linux-musl", Arch::Superh, Little, "sh", Some("sh4")),
    musl("sh4eb-linux-musl", Arch::Superh, Big, "sh", Some("sh4eb")),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::catalogue::Package;

    #[test]
    fn triples_are_unique_and_well_formed() {
        let triples: BTreeSet<_> = MuslTarget::all().iter().map(MuslTarget::triple).collect();
        assert_eq!(triples.len(), MuslTarget::all().len());
        for target in MuslTarget::all() {
            let triple = target.triple();
            let (cpu, rest) = triple.split_once("-linux-musl").unwrap_or_else(|| panic!("{triple}"));
            assert!(cpu.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{triple}");
            assert!(rest.chars().all(|c| c.is_ascii_alphanumeric()), "{triple}");
            assert_eq!(MuslTarget::parse(triple), Some(target));
            for flag in target.gcc_flags() {
                assert!(flag.starts_with("--"), "{triple}: {flag}");
            }
        }
        assert_eq!(MuslTarget::parse("x86_64-linux-gnu"), None);
        assert_eq!(MuslTarget::parse(""), None);
    }

    /// The rules by which musl's and GCC's own configure scripts read a triple: the table must not contradict them.
    #[test]
    fn rows_agree_with_their_triples() {
        for target in MuslTarget::all() {
            let triple = target.triple();
            let (cpu, rest) = triple.split_once("-linux-musl").unwrap_or_default();
            let flag = |wanted: &str| target.gcc_flags().contains(&wanted);
            assert_eq!(flag("--with-float=soft"), rest.ends_with("sf") || rest == "eabi", "{triple}");
            assert_eq!(flag("--with-float=hard"), rest.ends_with("hf"), "{triple}");
            assert_eq!(flag("--with-abi=x32"), rest == "x32", "{triple}");
            assert_eq!(flag("--with-abi=n32"), rest.starts_with("n32"), "{triple}");
            assert_eq!(flag("--enable-fdpic"), rest == "fdpic", "{triple}");
            assert_eq!(flag("--with-abi=elfv2"), cpu.starts_with("powerpc64"), "{triple}");
            assert_eq!(flag("--disable-decimal-float"), target.arch == Arch::Powerpc, "{triple}");
            let big = match target.arch {
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
        let rust = |triple| MuslTarget::parse(triple).and_then(MuslTarget::rust);
        assert_eq!(rust("x86_64-linux-musl"), Some("x86_64-unknown-linux-musl"));
        assert_eq!(rust("riscv64-linux-musl"), Some("riscv64gc-unknown-linux-musl"));
        assert_eq!(rust("mips-linux-musl"), None);
        for target in MuslTarget::all() {
            let Some(name) = target.rust() else { continue };
            let (cpu, rest) = name.split_once('-').unwrap();
            assert!(rest.starts_with("unknown-linux-musl"), "{target}: {name}");
            // The same letters begin both, but for a version that is part of one name alone.
            let common = target.cpu().strip_prefix("armv6").map_or(target.cpu(), |_| "arm");
            assert!(cpu.starts_with(common), "{target}: {name}");
            assert_eq!(rest.ends_with("hf"), target.triple().ends_with("hf"), "{target}: {name}");
        }
    }

    #[test]
    fn the_kernel_names_processors() {
        let name = |triple| MuslTarget::parse(triple).map(MuslTarget::uname);
        for (triple, known) in [
            ("x86_64-linux-musl", "x86_64"),
            ("i686-linux-musl", "i686"),
            ("aarch64_be-linux-musl", "aarch64_be"),
            ("armv7-linux-musleabihf", "armv7l"),
            ("mipsel-linux-musl", "mips"),
            ("mips64el-linux-musl", "mips64"),
            ("powerpc64le-linux-musl", "ppc64le"),
            ("or1k-linux-musl", "openrisc"),
            ("microblazeel-linux-musl", "microblaze"),
        ] {
            assert_eq!(name(triple), Some(known), "{triple}");
        }
    }

    #[test]
    fn meson_names_families() {
        let family = |triple| MuslTarget::parse(triple).map(|target| (target.cpu(), target.meson_family()));
        assert_eq!(family("i686-linux-musl"), Some(("i686", "x86")));
        assert_eq!(family("x86_64-linux-muslx32"), Some(("x86_64", "x86_64")));
        assert_eq!(family("mipsisa64r6el-linux-musl"), Some(("mipsisa64r6el", "mips64")));
        assert_eq!(family("powerpc64le-linux-musl"), Some(("powerpc64le", "ppc64")));
    }

    #[test]
    fn static_pie() {
        let knows = |triple| MuslTarget::parse(triple).map(MuslTarget::knows_static_pie);
        for triple in ["armv7-linux-musleabihf", "mips64-linux-musln32", "m68k-linux-musl", "sh4-linux-musl"] {
            assert_eq!(knows(triple), Some(false), "{triple}");
        }
        for triple in ["x86_64-linux-muslx32", "powerpc-linux-musl", "riscv64-linux-musl", "s390x-linux-musl"] {
            assert_eq!(knows(triple), Some(true), "{triple}");
        }
    }

    #[test]
    fn libraries_of_gcc() {
        let of = |triple, languages| MuslTarget::parse(triple).map(|target| target.libraries(languages).join(" "));
        let libraries = |triple, cxx| of(triple, Languages { cxx, fortran: false });
        let all = Some("libatomic libgomp libquadmath libitm".to_owned());
        assert_eq!(libraries("x86_64-linux-musl", true), all);
        assert_eq!(libraries("powerpc64le-linux-musl", true), all);
        assert_eq!(libraries("x86_64-linux-musl", false).as_deref(), Some("libatomic libgomp libquadmath"));
        assert_eq!(libraries("powerpc64-linux-musl", true).as_deref(), Some("libatomic libgomp libitm"));
        assert_eq!(libraries("m68k-linux-musl", true).as_deref(), Some("libatomic libgomp"));
        let fortran = of("m68k-linux-musl", Languages { cxx: false, fortran: true });
        assert_eq!(fortran.as_deref(), Some("libatomic libgomp libgfortran"));
    }

    #[test]
    fn supported_since() {
        let since = |triple, package| MuslTarget::parse(triple).and_then(|target| target.since(package));
        assert_eq!(since("loongarch64-linux-musl", "gcc"), Some("12.1.0"));
        assert_eq!(since("x86_64-linux-musl", "gcc"), Some("6.1.0"));
        assert_eq!(since("x86_64-linux-musl", "linux"), None);
        // A requirement on a package that the catalogue does not know would never be looked up.
        for target in MuslTarget::all() {
            for (package, version) in target.since {
                assert!(!Package::new(package).releases().is_empty(), "{target}: {package} {version}");
            }
        }
    }
}
