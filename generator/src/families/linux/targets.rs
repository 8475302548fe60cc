//! The targets of Linux kernels: the kernel's own names of architectures, the files that its makefiles build, and the
//! machine of QEMU's on which each boots.
//!
//! Sources: the kernel's `arch/*/Makefile` (names of images), QEMU's descriptions of its machines.

use std::fmt;

use crate::families::musl_gcc::MuslTarget;
use crate::family::Target;

/// One architecture as a kernel's target: a row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct KernelTarget {
    name: &'static str,
    arch: &'static str,
    triple: &'static str,
    image: &'static str,
    device_trees: bool,
    not_on_macos: Option<&'static str>,
    emulator: Emulator,
}

/// QEMU's machine that boots a kernel without a separate firmware file.
#[derive(Debug, PartialEq, Eq)]
pub struct Emulator {
    /// The suffix of the program: `aarch64` of `qemu-system-aarch64`.
    pub program: &'static str,
    /// The options for its machine.
    pub flags: &'static [&'static str],
    /// The kernel's command line, with the console.
    pub command_line: &'static str,
    /// How the machine is ended from inside: `poweroff`; or `restart`, where it knows no power-off and QEMU ends in
    /// place of a restart.
    pub end: &'static str,
}

/// Every architecture.
static KERNEL_TARGETS: &[KernelTarget] = &[
    KernelTarget {
        name: "arm64",
        arch: "arm64",
        triple: "aarch64-linux-musl",
        image: "arch/arm64/boot/Image",
        device_trees: true,
        not_on_macos: None,
        emulator: Emulator {
            program: "aarch64",
            flags: &["-M", "virt", "-cpu", "cortex-a57"],
            command_line: "console=ttyAMA0 panic=-1",
            end: "poweroff",
        },
    },
    KernelTarget {
        name: "i386",
        arch: "i386",
        triple: "i686-linux-musl",
        image: "arch/x86/boot/bzImage",
        device_trees: false,
        not_on_macos: Some("nobody has built the host programs of its 32-bit kernels on macOS"),
        emulator: Emulator {
            // Debian's program for i386 is a script that looks for another one outside of its package.
            program: "x86_64",
            flags: &["-M", "pc", "-cpu", "qemu32"],
            command_line: "console=ttyS0 panic=-1 reboot=t",
            end: "restart",
        },
    },
    KernelTarget {
        name: "riscv64",
        arch: "riscv",
        triple: "riscv64-linux-musl",
        image: "arch/riscv/boot/Image",
        device_trees: true,
        not_on_macos: None,
        emulator: Emulator {
            program: "riscv64",
            flags: &["-M", "virt"],
            command_line: "console=ttyS0 panic=-1",
            end: "poweroff",
        },
    },
    KernelTarget {
        name: "x86_64",
        arch: "x86_64",
        triple: "x86_64-linux-musl",
        image: "arch/x86/boot/bzImage",
        device_trees: false,
        not_on_macos: Some("objtool, through which every object of it goes, needs libelf, which macOS lacks"),
        emulator: Emulator {
            program: "x86_64",
            flags: &["-M", "pc"],
            // Without ACPI the kernel knows no power-off here, and restarts by a triple fault.
            command_line: "console=ttyS0 panic=-1 reboot=t",
            end: "restart",
        },
    },
];

impl Target for KernelTarget {
    fn name(&self) -> &'static str {
        self.name
    }
}

impl KernelTarget {
    /// Every target, in the order of names.
    pub fn all() -> &'static [KernelTarget] {
        KERNEL_TARGETS
    }

    /// The value of the kernel's `ARCH=`, e.g. `riscv`.
    pub fn arch(&self) -> &'static str {
        self.arch
    }

    /// The target of the GCC that builds it. A kernel takes no C library, so that any of the architecture's would do.
    pub fn gcc(&self) -> Option<&'static MuslTarget> {
        MuslTarget::parse(self.triple)
    }

    /// The image that boot loaders take, from the root of a built kernel.
    pub fn image(&self) -> &'static str {
        self.image
    }

    /// Whether the kernel's makefiles know the goal `dtbs`.
    pub fn device_trees(&self) -> bool {
        self.device_trees
    }

    /// Why it cannot be built on macOS; none where it can.
    pub fn not_on_macos(&self) -> Option<&'static str> {
        self.not_on_macos
    }

    pub fn emulator(&self) -> &Emulator {
        &self.emulator
    }
}

impl fmt::Display for KernelTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_name_compilers() {
        let names: Vec<_> = KernelTarget::all().iter().map(KernelTarget::name).collect();
        assert!(names.is_sorted());
        for target in KernelTarget::all() {
            let gcc = target.gcc().unwrap_or_else(|| panic!("{target}: no compiler for {}", target.triple));
            // The kernel's makefiles take these for variants of x86.
            let x86 = ["i386", "x86_64"].contains(&target.arch);
            assert_eq!(gcc.linux_arch(), if x86 { "x86" } else { target.arch });
            let end = target.emulator.end;
            assert!(["poweroff", "restart"].contains(&end), "{target}: {end}");
        }
    }
}
