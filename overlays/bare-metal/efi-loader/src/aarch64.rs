//! The 64-bit Arm architecture. A kernel starts as Linux does: x0 is the device tree, and x1 the hand-over; the MMU and the
//! data cache are off, and the exception level is the firmware's.

use core::arch::{asm, global_asm};
use core::mem;
use core::slice;

use elf::abi::EM_AARCH64;

use crate::{Handover, Range};

pub const KERNEL: &str = "kernel-aarch64";
pub const ELF: u16 = EM_AARCH64;

global_asm!(
    r#"
    .text
    .balign 64
    .global jump_to_kernel
jump_to_kernel:
    mov x9, x2
    mov x2, xzr
    mov x3, xzr
    mrs x10, CurrentEL
    // The MMU, the data cache and the instruction cache.
    mov x11, #0x1005
    cmp x10, #8
    b.eq 2f
    mrs x10, sctlr_el1
    bic x10, x10, x11
    msr sctlr_el1, x10
    isb
    tlbi vmalle1
    b 3f
2:
    mrs x10, sctlr_el2
    bic x10, x10, x11
    msr sctlr_el2, x10
    isb
    tlbi alle2
3:
    ic iallu
    dsb sy
    isb
    br x9
    .balign 64
    .global jump_to_kernel_end
jump_to_kernel_end:
"#
);

extern "C" {
    fn jump_to_kernel(device_tree: u64, handover: u64, entry: u64) -> !;
    static jump_to_kernel_end: u8;
}

/// Nothing has to be known of the processor.
pub struct Place;

impl Place {
    pub fn find() -> Result<Place, &'static str> {
        Ok(Place)
    }

    pub fn jump(self, entry: u64, handover: &Handover, segments: &[Range]) -> ! {
        let code = (jump_to_kernel as *const () as u64, &raw const jump_to_kernel_end as u64);
        let this = handover as *const Handover as u64;
        let map = (handover.memory_map, handover.memory_map + handover.memory_map_size);
        let known = [code, map, (this, this + mem::size_of::<Handover>() as u64), device_tree(handover.device_tree)];
        // SAFETY: the kernel's memory was filled, the firmware is gone, and addresses of memory are physical ones.
        unsafe {
            asm!("msr daifset, #15");
            // Without the data cache, the processor reads what memory itself holds.
            segments.iter().chain(&known).for_each(|range| clean(*range));
            asm!("dsb sy");
            jump_to_kernel(handover.device_tree, this, entry)
        }
    }
}

/// Writes what the cache holds of this memory back to it.
///
/// # Safety
/// The memory is mapped.
unsafe fn clean((start, end): Range) {
    let sizes: u64;
    unsafe { asm!("mrs {}, ctr_el0", out(reg) sizes) };
    let line = 4 << (sizes >> 16 & 15);
    for address in (start / line * line..end).step_by(line as usize) {
        unsafe { asm!("dc civac, {}", in(reg) address) };
    }
}

/// The memory of a device tree, whose header has the size.
fn device_tree(start: u64) -> Range {
    if start == 0 {
        return (0, 0);
    }
    // SAFETY: the firmware's table is a device tree, whose header has 40 bytes.
    let header = unsafe { slice::from_raw_parts(start as *const u8, 8) };
    let size = header[4..].iter().fold(0, |size, byte| size << 8 | u64::from(*byte));
    (start, start + size)
}
