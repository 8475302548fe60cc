//! QEMU's machine `virt` of the 64-bit Arm architecture. As on entry of Linux, the MMU is off.

use core::arch::{asm, global_asm};
use core::fmt::{self, Write};
use core::ptr;

use crate::handover::Handover;

/// The data register of the serial port, a PL011.
const SERIAL: *mut u32 = 0x0900_0000 as *mut u32;
/// Semihosting's call that ends the emulator, and the reason that makes it take the status.
const SYS_EXIT: u64 = 0x18;
const APPLICATION_EXIT: u64 = 0x20026;

global_asm!(
    r#"
    .section .text.boot, "ax"
    .global _start
_start:
    // Floating-point registers can be off, and the compiler uses them.
    mov x9, #0x300000
    msr cpacr_el1, x9
    isb
    adrp x9, stack_end
    add x9, x9, :lo12:stack_end
    mov sp, x9
    mov x29, xzr
    bl start
    brk #0

    .section .bss.boot, "aw", @nobits
    .balign 16
    .skip 16384
stack_end:
"#
);

#[no_mangle]
extern "C" fn start(device_tree: u64, handover: &Handover) -> ! {
    // SAFETY: the loader passed both.
    crate::main(&unsafe { handover.read(device_tree) })
}

pub struct Console;

pub fn console() -> Console {
    Console
}

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // SAFETY: the register is there on this machine.
        text.bytes().for_each(|byte| unsafe { ptr::write_volatile(SERIAL, u32::from(byte)) });
        Ok(())
    }
}

pub fn exit(success: bool) -> ! {
    let arguments = [APPLICATION_EXIT, u64::from(!success)];
    // SAFETY: the emulator reads two words and ends.
    unsafe { asm!("hlt #0xf000", in("x0") SYS_EXIT, in("x1") arguments.as_ptr()) };
    loop {}
}
