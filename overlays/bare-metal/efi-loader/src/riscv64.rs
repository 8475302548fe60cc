//! The 64-bit RISC-V architecture. A kernel starts as Linux does: a0 is the number of the hart, a1 the device tree, and a2
//! the hand-over; there is no translation of addresses, and the mode is the firmware's, which is supervisor mode.
//!
//! rustc has no target for UEFI on RISC-V. So this is a position-independent program whose bytes are an image for UEFI: they
//! begin with the headers of one, and the entry point relocates the program by itself.

use core::arch::{asm, global_asm};
use core::ffi::c_void;

use elf::abi::EM_RISCV;
use uefi::boot::{self, OpenProtocolAttributes, OpenProtocolParams};
use uefi::proto::unsafe_protocol;
use uefi::Status;

use crate::{Handover, Range};

pub const KERNEL: &str = "kernel-riscv64";
pub const ELF: u16 = EM_RISCV;

global_asm!(
    r#"
    .section .header, "a"
    // What DOS reads: the place of the other headers.
    .ascii "MZ"
    .skip 58
    .long pe - image_start
pe:
    .ascii "PE\0\0"
    // RISC-V of 64 bits, one section, no date, no symbols; an executable image with 64-bit addresses and without debugging data.
    .short 0x5064, 1
    .long 0, 0, 0
    .short section - optional, 0x0226
optional:
    // PE32+, no version of a linker, sizes of code and data, the entry point, the start of code.
    .short 0x20b, 0
    .long image_end - code_start, 0, 0, efi_start - image_start, code_start - image_start
    // Any address; sections and their places in the file.
    .quad 0
    .long 4096, 512
    .short 0, 0, 0, 0, 0, 0
    .long 0, image_end - image_start, code_start - image_start, 0
    // An application of UEFI.
    .short 10, 0
    .quad 0, 0, 0, 0
    .long 0, 6
    // No tables: exports, imports, resources, exceptions, certificates, relocations.
    .quad 0, 0, 0, 0, 0, 0
section:
    .ascii ".text\0\0\0"
    .long image_end - code_start, code_start - image_start, file_end - code_start, code_start - image_start
    .long 0, 0
    .short 0, 0
    // Code that can be read, written and executed.
    .long 0xe0000020

    .section .text.start, "ax"
    .global efi_start
efi_start:
    // Every entry is an address, a kind and an addend. Relative addresses (3) are the only kind in this program.
    lla t0, relocations_start
    lla t1, relocations_end
    lla t2, image_start
    li t3, 3
1:
    bgeu t0, t1, 2f
    ld t4, 8(t0)
    bne t4, t3, 3f
    ld t4, 0(t0)
    ld t5, 16(t0)
    add t4, t4, t2
    add t5, t5, t2
    sd t5, 0(t4)
    addi t0, t0, 24
    j 1b
2:
    fence.i
    tail efi_main
3:
    // EFI_LOAD_ERROR.
    li a0, 1
    slli a0, a0, 63
    addi a0, a0, 1
    ret
"#
);

/// UEFI's protocol that tells the number of the hart that boots (RISC-V UEFI Protocol Specification).
#[unsafe_protocol("ccd15fec-6f73-4eec-8395-3e69e4b940bf")]
#[repr(C)]
struct BootProtocol {
    _revision: u64,
    hart: unsafe extern "efiapi" fn(this: *const BootProtocol, hart: *mut usize) -> Status,
}

/// The hart on which the loader runs.
pub struct Place {
    hart: usize,
}

impl Place {
    pub fn find() -> Result<Place, &'static str> {
        const NONE: &str = "the firmware does not tell the number of the hart";
        let handle = boot::get_handle_for_protocol::<BootProtocol>().map_err(|_| NONE)?;
        let params = OpenProtocolParams { handle, agent: boot::image_handle(), controller: None };
        // SAFETY: the protocol is only read.
        let protocol = unsafe { boot::open_protocol::<BootProtocol>(params, OpenProtocolAttributes::GetProtocol) };
        let protocol = protocol.map_err(|_| NONE)?;
        let mut hart = 0;
        // SAFETY: the function belongs to this protocol.
        let status = unsafe { (protocol.hart)(&raw const *protocol, &mut hart) };
        if status.is_success() {
            Ok(Place { hart })
        } else {
            Err(NONE)
        }
    }

    pub fn jump(self, entry: u64, handover: &Handover, _: &[Range]) -> ! {
        // SAFETY: the kernel's memory was filled, the firmware is gone, and addresses of memory are physical ones.
        unsafe {
            asm!(
                "csrw sie, zero",
                "csrci sstatus, 2",
                "csrw satp, zero",
                "sfence.vma",
                "fence rw, rw",
                "fence.i",
                "jr {entry}",
                entry = in(reg) entry,
                in("a0") self.hart,
                in("a1") handover.device_tree,
                in("a2") handover as *const Handover as *const c_void,
                options(noreturn)
            )
        }
    }
}
