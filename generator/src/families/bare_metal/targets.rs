//! What kernels are built for: rustc's targets without an operating system, and the machine of QEMU's on which each boots.
//!
//! Sources: rustc's pages about the targets, QEMU's descriptions of its machines.

use std::fmt;

use super::loader::{Efi, Loader};
use crate::catalogue::Package;
use crate::family::Target;

/// UEFI for QEMU's machines: EDK2 and U-Boot.
const OVMF: Package = Package::new("ovmf");
const AAVMF: Package = Package::new("qemu-efi-aarch64");
const U_BOOT: Package = Package::new("u-boot-qemu");
/// All of them.
pub static FIRMWARE: [Package; 3] = [OVMF, AAVMF, U_BOOT];

/// One target: a row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct BareTarget {
    name: &'static str,
    /// rustc's names of the architecture, and of how data are laid out in memory.
    arch: &'static str,
    data_layout: &'static str,
    /// Flags of clang for C and assembly that fit rustc's code: the target, the registers and the layout.
    c_flags: &'static [&'static str],
    /// Options of rustc's code generation if QEMU starts the kernel directly. Target files have fields of these names.
    direct_options: &'static [(&'static str, &'static str)],
    /// What starts its kernels from disk images.
    loader: Loader,
    efi: Efi,
    emulator: Emulator,
}

/// The machine of QEMU's on which a kernel is started directly, without a boot loader.
#[derive(Debug, PartialEq, Eq)]
pub struct Emulator {
    /// The suffix of the program: `aarch64` of `qemu-system-aarch64`.
    pub program: &'static str,
    /// The machine, and the device by which a kernel ends it with a status.
    pub flags: &'static [&'static str],
    /// More of them for a kernel that it starts directly, and for a disk image.
    pub direct: &'static [&'static str],
    pub image: &'static [&'static str],
    /// The interface by which the machine has a disk that its firmware knows.
    pub disk: &'static str,
    /// The status of a kernel that ends the machine as crossloom's own does.
    pub success: u8,
}

/// Every target.
static TARGETS: &[BareTarget] = &[
    BareTarget {
        name: "aarch64-unknown-none",
        arch: "aarch64",
        data_layout: "e-m:e-p270:32:32-p271:32:32-p272:64:64-i8:8:32-i16:16:32-i64:64-i128:128-n32:64-S128-Fn32",
        c_flags: &["--target=aarch64-unknown-none", "-mstrict-align", "-fno-pic"],
        direct_options: &[],
        loader: Loader::Own {
            target: "aarch64-unknown-uefi",
            // The linker writes a digest of debugging data into the program, and that data names temporary files.
            flags: &["-C", "link-arg=/DEBUG:NONE"],
            script: "",
        },
        efi: Efi {
            loader: "efi/boot/bootaa64.efi",
            kernel: "kernel-aarch64",
            firmware: AAVMF,
            file: "usr/share/qemu-efi-aarch64/QEMU_EFI.fd",
            flag: "-bios",
        },
        emulator: Emulator {
            program: "aarch64",
            flags: &["-M", "virt", "-cpu", "cortex-a57", "-semihosting"],
            direct: &[],
            // The firmware offers either ACPI or a device tree.
            image: &["-M", "acpi=off"],
            disk: "virtio",
            success: 0,
        },
    },
    BareTarget {
        name: "riscv64gc-unknown-none-elf",
        arch: "riscv64",
        data_layout: "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128",
        c_flags: &["--target=riscv64-unknown-elf", "-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany", "-fno-pic"],
        direct_options: &[],
        // rustc has no target for UEFI: the loader is a position-independent program that begins with an image's headers.
        loader: Loader::Own {
            target: "riscv64gc-unknown-none-elf",
            flags: &["-C", "relocation-model=pic", "-C", "link-arg=-pie", "-C", "link-arg=--no-dynamic-linker"],
            script: "riscv64.ld",
        },
        // Without `-bios`, QEMU takes OpenSBI, which starts U-Boot in supervisor mode.
        efi: Efi {
            loader: "efi/boot/bootriscv64.efi",
            kernel: "kernel-riscv64",
            firmware: U_BOOT,
            file: "usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin",
            flag: "-kernel",
        },
        emulator: Emulator {
            program: "riscv64",
            flags: &["-M", "virt"],
            direct: &["-bios", "none"],
            image: &[],
            disk: "virtio",
            success: 0,
        },
    },
    BareTarget {
        name: "x86_64-unknown-none",
        arch: "x86_64",
        data_layout: "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128",
        // Neither the red zone nor vector registers: an interrupt would overwrite them. Position-independent code can be
        // linked for fixed addresses, too.
        c_flags: &["--target=x86_64-unknown-none-elf", "-mno-red-zone", "-mgeneral-regs-only", "-fPIE"],
        // rustc makes a static PIE for the topmost 2 GiB. `qemu -kernel` starts a program at the addresses for which it is
        // linked, below 4 GiB.
        direct_options: &[("relocation-model", "static"), ("code-model", "small")],
        loader: Loader::Crate,
        efi: Efi {
            loader: "efi/boot/bootx64.efi",
            kernel: "kernel-x86_64",
            firmware: OVMF,
            file: "usr/share/ovmf/OVMF.fd",
            flag: "-bios",
        },
        emulator: Emulator {
            program: "x86_64",
            flags: &["-M", "q35", "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"],
            direct: &[],
            image: &[],
            disk: "ide",
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

    /// Flags of clang for everything that it compiles for the target.
    pub fn c_flags(&self) -> Vec<&'static str> {
        // There is no library that a protected stack could call.
        self.c_flags.iter().copied().chain(["-ffreestanding", "-fno-stack-protector"]).collect()
    }

    /// Options of rustc's code generation, with their values, if QEMU starts the kernel directly.
    pub fn direct_options(&self) -> &'static [(&'static str, &'static str)] {
        self.direct_options
    }

    /// What starts its kernels from disk images.
    pub fn loader(&'static self) -> &'static Loader {
        &self.loader
    }

    pub fn efi(&'static self) -> &'static Efi {
        &self.efi
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
