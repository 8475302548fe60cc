//! The table of targets: every architecture that musl 1.2.5 and GCC 14 both support, spelled as in musl-cross-make.
//!
//! Sources: the case statements of musl's `configure`, GCC's `gcc/config.gcc`, musl-cross-make's `litecross/Makefile`.
//! What GCC derives from a `*-musl*` triple by itself is not repeated here: secure PLT and 64-bit `long double` on
//! PowerPC, 128-bit `long double` on s390x, the instruction set that i486 to i686, sh2 and sh4 and mipsisa…r6 name.

use super::{Abi, Arch, Endian, Float, Libc, Target};
use Endian::{Big, Little};

/// A row with an architecture's ordinary ABI and no flags.
const fn musl(
    triple: &'static str,
    arch: Arch,
    endian: Endian,
    musl_arch: &'static str,
    qemu_user: Option<&'static str>,
) -> Target {
    Target {
        triple,
        arch,
        libc: Libc::Musl,
        endian,
        abi: Abi::Base,
        float: Float::Default,
        musl_arch,
        qemu_user,
        rust: None,
        gcc_flags: &[],
        since: &[],
    }
}

impl Target {
    const fn abi_is(self, abi: Abi) -> Target {
        Target { abi, ..self }
    }

    const fn float_is(self, float: Float) -> Target {
        Target { float, ..self }
    }

    const fn gcc(self, gcc_flags: &'static [&'static str]) -> Target {
        Target { gcc_flags, ..self }
    }

    const fn in_rust(self, rust: &'static str) -> Target {
        Target { rust: Some(rust), ..self }
    }

    const fn versions_since(self, since: &'static [(&'static str, &'static str)]) -> Target {
        Target { since, ..self }
    }
}

const HARD: &[&str] = &["--with-float=hard"];
const SOFT: &[&str] = &["--with-float=soft"];
// GCC's own default for 64-bit MIPS with any libc but glibc is n32.
const N64: &[&str] = &["--with-abi=64"];
const N64_SOFT: &[&str] = &["--with-abi=64", "--with-float=soft"];
const N32: &[&str] = &["--with-abi=n32"];
const N32_SOFT: &[&str] = &["--with-abi=n32", "--with-float=soft"];
// musl's port knows ELFv2 alone, and GCC's default on big-endian PowerPC64 is ELFv1.
const ELFV2: &[&str] = &["--with-abi=elfv2"];
// The triple's CPU does not select an instruction set on ARM; naming one without "+fp" needs the FPU beside it.
const ARMV5: &[&str] = &["--with-arch=armv5te", "--with-float=soft"];
const ARMV6: &[&str] = &["--with-arch=armv6", "--with-float=soft"];
const ARMV6_HARD: &[&str] = &["--with-arch=armv6", "--with-fpu=vfpv2", "--with-float=hard"];
const ARMV7: &[&str] = &["--with-arch=armv7-a", "--with-float=soft"];
const ARMV7_HARD: &[&str] = &["--with-arch=armv7-a", "--with-fpu=vfpv3-d16", "--with-float=hard"];

const LOONGARCH: &[(&str, &str)] = &[("gcc", "12.1.0"), ("musl", "1.2.5"), ("binutils", "2.38"), ("linux", "5.19")];
const OPENRISC: &[(&str, &str)] = &[("gcc", "9.1.0")];
// The kernel dropped riscv32's 32-bit time calls, so its ABI starts later than riscv64's.
const RISCV32: &[(&str, &str)] = &[("gcc", "7.1.0"), ("musl", "1.2.5"), ("binutils", "2.28"), ("linux", "5.4")];
const RISCV64: &[(&str, &str)] = &[("gcc", "7.1.0"), ("musl", "1.1.23"), ("binutils", "2.28"), ("linux", "4.15")];

/// Every target. Order is by architecture; nothing depends on it but listings.
///
/// Rust's name stands where its standard library is made for the same instructions and the same calls: its MIPS32 is
/// soft-float, its only PowerPC without a suffix hard-float, and its 32-bit x86 begins with the Pentium.
pub const TARGETS: &[Target] = &[
    musl("x86_64-linux-musl", Arch::X86, Little, "x86_64", Some("x86_64")).in_rust("x86_64-unknown-linux-musl"),
    // qemu-x86_64 refuses x32 programs; a kernel with CONFIG_X86_X32_ABI runs them.
    musl("x86_64-linux-muslx32", Arch::X86, Little, "x32", None).abi_is(Abi::X32).gcc(&["--with-abi=x32"]),
    // musl's atomics are cmpxchg, which the 80386 lacks: without this, libgcc and libstdc++ would be slower and no more
    // portable than the libc beside them.
    musl("i386-linux-musl", Arch::X86, Little, "i386", Some("i386")).gcc(&["--with-arch=i486"]),
    musl("i486-linux-musl", Arch::X86, Little, "i386", Some("i386")),
    musl("i586-linux-musl", Arch::X86, Little, "i386", Some("i386")).in_rust("i586-unknown-linux-musl"),
    musl("i686-linux-musl", Arch::X86, Little, "i386", Some("i386")).in_rust("i686-unknown-linux-musl"),
    musl("aarch64-linux-musl", Arch::Aarch64, Little, "aarch64", Some("aarch64")).in_rust("aarch64-unknown-linux-musl"),
    musl("aarch64_be-linux-musl", Arch::Aarch64, Big, "aarch64", Some("aarch64_be"))
        .in_rust("aarch64_be-unknown-linux-musl"),
    musl("arm-linux-musleabi", Arch::Arm, Little, "arm", Some("arm"))
        .in_rust("arm-unknown-linux-musleabi")
        .float_is(Float::Soft)
        .gcc(SOFT),
    musl("arm-linux-musleabihf", Arch::Arm, Little, "arm", Some("arm"))
        .in_rust("arm-unknown-linux-musleabihf")
        .float_is(Float::Hard)
        .gcc(HARD),
    musl("armeb-linux-musleabi", Arch::Arm, Big, "arm", Some("armeb")).float_is(Float::Soft).gcc(SOFT),
    musl("armeb-linux-musleabihf", Arch::Arm, Big, "arm", Some("armeb")).float_is(Float::Hard).gcc(HARD),
    musl("armv5te-linux-musleabi", Arch::Arm, Little, "arm", Some("arm"))
        .in_rust("armv5te-unknown-linux-musleabi")
        .float_is(Float::Soft)
        .gcc(ARMV5),
    musl("armv6-linux-musleabi", Arch::Arm, Little, "arm", Some("arm"))
        .in_rust("arm-unknown-linux-musleabi")
        .float_is(Float::Soft)
        .gcc(ARMV6),
    musl("armv6-linux-musleabihf", Arch::Arm, Little, "arm", Some("arm"))
        .in_rust("arm-unknown-linux-musleabihf")
        .float_is(Float::Hard)
        .gcc(ARMV6_HARD),
    musl("armv7-linux-musleabi", Arch::Arm, Little, "arm", Some("arm"))
        .in_rust("armv7-unknown-linux-musleabi")
        .float_is(Float::Soft)
        .gcc(ARMV7),
    musl("armv7-linux-musleabihf", Arch::Arm, Little, "arm", Some("arm"))
        .in_rust("armv7-unknown-linux-musleabihf")
        .float_is(Float::Hard)
        .gcc(ARMV7_HARD),
    musl("loongarch64-linux-musl", Arch::Loongarch, Little, "loongarch64", Some("loongarch64"))
        .in_rust("loongarch64-unknown-linux-musl")
        .versions_since(LOONGARCH),
    musl("m68k-linux-musl", Arch::M68k, Big, "m68k", Some("m68k")),
    musl("microblaze-linux-musl", Arch::Microblaze, Big, "microblaze", Some("microblaze")),
    musl("microblazeel-linux-musl", Arch::Microblaze, Little, "microblaze", Some("microblazeel")),
    musl("mips-linux-musl", Arch::Mips, Big, "mips", Some("mips")),
    musl("mips-linux-muslsf", Arch::Mips, Big, "mips", Some("mips"))
        .in_rust("mips-unknown-linux-musl")
        .float_is(Float::Soft)
        .gcc(SOFT),
    musl("mipsel-linux-musl", Arch::Mips, Little, "mips", Some("mipsel")),
    musl("mipsel-linux-muslsf", Arch::Mips, Little, "mips", Some("mipsel"))
        .in_rust("mipsel-unknown-linux-musl")
        .float_is(Float::Soft)
        .gcc(SOFT),
    musl("mips64-linux-musl", Arch::Mips, Big, "mips64", Some("mips64"))
        .in_rust("mips64-unknown-linux-muslabi64")
        .gcc(N64),
    musl("mips64-linux-muslsf", Arch::Mips, Big, "mips64", Some("mips64")).float_is(Float::Soft).gcc(N64_SOFT),
    musl("mips64el-linux-musl", Arch::Mips, Little, "mips64", Some("mips64el"))
        .in_rust("mips64el-unknown-linux-muslabi64")
        .gcc(N64),
    musl("mips64el-linux-muslsf", Arch::Mips, Little, "mips64", Some("mips64el")).float_is(Float::Soft).gcc(N64_SOFT),
    musl("mips64-linux-musln32", Arch::Mips, Big, "mipsn32", Some("mipsn32")).abi_is(Abi::N32).gcc(N32),
    musl("mips64-linux-musln32sf", Arch::Mips, Big, "mipsn32", Some("mipsn32"))
        .abi_is(Abi::N32)
        .float_is(Float::Soft)
        .gcc(N32_SOFT),
    musl("mips64el-linux-musln32", Arch::Mips, Little, "mipsn32", Some("mipsn32el")).abi_is(Abi::N32).gcc(N32),
    musl("mips64el-linux-musln32sf", Arch::Mips, Little, "mipsn32", Some("mipsn32el"))
        .abi_is(Abi::N32)
        .float_is(Float::Soft)
        .gcc(N32_SOFT),
    musl("mipsisa32r6-linux-musl", Arch::Mips, Big, "mips", Some("mips")),
    musl("mipsisa32r6el-linux-musl", Arch::Mips, Little, "mips", Some("mipsel")),
    musl("mipsisa64r6-linux-musl", Arch::Mips, Big, "mips64", Some("mips64")).gcc(N64),
    musl("mipsisa64r6el-linux-musl", Arch::Mips, Little, "mips64", Some("mips64el")).gcc(N64),
    musl("or1k-linux-musl", Arch::Openrisc, Big, "or1k", Some("or1k")).versions_since(OPENRISC),
    musl("powerpc-linux-musl", Arch::Powerpc, Big, "powerpc", Some("ppc")).in_rust("powerpc-unknown-linux-musl"),
    musl("powerpc-linux-muslsf", Arch::Powerpc, Big, "powerpc", Some("ppc")).float_is(Float::Soft).gcc(SOFT),
    // QEMU has no user-mode emulator for 32-bit little-endian PowerPC.
    musl("powerpcle-linux-musl", Arch::Powerpc, Little, "powerpc", None),
    musl("powerpcle-linux-muslsf", Arch::Powerpc, Little, "powerpc", None).float_is(Float::Soft).gcc(SOFT),
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
    musl("sh2-linux-muslfdpic", Arch::Superh, Little, "sh", None).abi_is(Abi::Fdpic).gcc(&["--enable-fdpic"]),
    musl("sh2eb-linux-musl", Arch::Superh, Big, "sh", None),
    musl("sh2eb-linux-muslfdpic", Arch::Superh, Big, "sh", None).abi_is(Abi::Fdpic).gcc(&["--enable-fdpic"]),
    musl("sh4-linux-musl", Arch::Superh, Little, "sh", Some("sh4")),
    musl("sh4eb-linux-musl", Arch::Superh, Big, "sh", Some("sh4eb")),
];
