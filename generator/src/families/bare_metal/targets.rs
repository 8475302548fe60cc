//! What kernels are built for: rustc's targets without an operating system, and the machine of QEMU's on which each boots.
//!
//! Sources: rustc's pages about the targets, QEMU's descriptions of its machines.

use std::fmt;

use crate::family::Target;

/// One target: a row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct BareTarget {
    name: &'static str,
    /// rustc's names of the architecture, and of how data are laid out in memory.
    arch: &'static str,
    data_layout: &'static str,
    /// Flags for everything that is compiled for it, if QEMU starts the kernel directly.
    direct_flags: &'static [&'static str],
    /// Whether the boot loader of the crate `bootloader` starts its kernels.
    loader: bool,
    emulator: Emulator,
}

/// The machine of QEMU's on which a kernel is started directly, without a boot loader.
#[derive(Debug, PartialEq, Eq)]
pub struct Emulator {
    /// The suffix of the program: `aarch64` of `qemu-system-aarch64`.
    pub program: &'static str,
    /// The machine, and the device by which a kernel ends it with a status.
    pub flags: &'static [&'static str],
    /// The status of a kernel that ends the machine as crossloom's own does.
    pub success: u8,
}

/// Every target.
static TARGETS: &[BareTarget] = &[
    BareTarget {
        name: "aarch64-unknown-none",
        arch: "aarch64",
        data_layout: "e-m:e-p270:32:32-p271:32:32-p272:64:64-i8:8:32-i16:16:32-i64:64-i128:128-n32:64-S128-Fn32",
        direct_flags: &[],
        loader: false,
        emulator: Emulator {
            program: "aarch64",
            flags: &["-M", "virt", "-cpu", "cortex-a57", "-semihosting"],
            success: 0,
        },
    },
    BareTarget {
        name: "riscv64gc-unknown-none-elf",
        arch: "riscv64",
        data_layout: "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128",
        direct_flags: &[],
        loader: false,
        emulator: Emulator { program: "riscv64", flags: &["-M", "virt", "-bios", "none"], success: 0 },
    },
    BareTarget {
        name: "x86_64-unknown-none",
        arch: "x86_64",
        data_layout: "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128",
        // rustc makes a static PIE for the topmost 2 GiB. `qemu -kernel` starts a program at the addresses for which it is
        // linked, below 4 GiB.
        direct_flags: &["-C", "relocation-model=static", "-C", "code-model=small"],
        loader: true,
        emulator: Emulator {
            program: "x86_64",
            flags: &["-M", "q35", "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"],
            // The device shifts every status to the left and adds 1: the kernel wrote 16.
            success: 33,
        },
    },
];

impl Target for BareTarget {
    fn name(&self) -> &'static str {
        self.name
    }
}

impl BareTarget {
    /// Every target, in the order of names.
    pub fn all() -> &'static [BareTarget] {
        TARGETS
    }

    /// The names of all targets.
    pub fn names() -> Vec<&'static str> {
        TARGETS.iter().map(|target| target.name).collect()
    }

    /// The target of this name.
    pub fn parse(name: &str) -> Option<&'static BareTarget> {
        TARGETS.iter().find(|target| target.name == name)
    }

    /// rustc's name of the architecture.
    pub fn arch(&self) -> &'static str {
        self.arch
    }

    /// How data are laid out in memory, as LLVM writes it.
    pub fn data_layout(&self) -> &'static str {
        self.data_layout
    }

    /// Flags for everything that is compiled for it, if QEMU starts the kernel directly.
    pub fn direct_flags(&self) -> &'static [&'static str] {
        self.direct_flags
    }

    /// Whether the boot loader of the crate `bootloader` starts its kernels.
    pub fn has_loader(&self) -> bool {
        self.loader
    }

    pub fn emulator(&self) -> &Emulator {
        &self.emulator
    }
}

impl fmt::Display for BareTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
