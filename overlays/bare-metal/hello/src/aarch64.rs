//! QEMU's machine `virt` of the 64-bit Arm architecture.

use core::arch::{asm, global_asm};
use core::ptr;

global_asm!(
    r#"
    .section .text.boot, "ax"
    .global _start
_start:
    // Floating-point registers are off at first, and the compiler uses them.
    mov x0, #0x300000
    msr cpacr_el1, x0
    isb
    adrp x0, stack_end
    add x0, x0, :lo12:stack_end
    mov sp, x0
    bl start

    .section .bss.boot, "aw", @nobits
    .balign 16
    .skip 16384
stack_end:
"#
);

/// The serial port's data register.
const SERIAL: *mut u32 = 0x0900_0000 as *mut u32;
/// Semihosting's call that ends the emulator, and the reason that makes it take the status.
const SYS_EXIT: u64 = 0x18;
const APPLICATION_EXIT: u64 = 0x20026;

pub fn send(byte: u8) {
    // SAFETY: the register is there on this machine.
    unsafe { ptr::write_volatile(SERIAL, u32::from(byte)) };
}

pub fn exit(success: bool) -> ! {
    let arguments = [APPLICATION_EXIT, u64::from(!success)];
    // SAFETY: the emulator reads two words and ends.
    unsafe { asm!("hlt #0xf000", in("x0") SYS_EXIT, in("x1") arguments.as_ptr()) };
    loop {}
}
