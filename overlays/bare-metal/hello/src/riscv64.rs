//! QEMU's machine `virt` of the 64-bit RISC-V architecture, without firmware: the kernel is in machine mode.

use core::arch::global_asm;
use core::ptr;

global_asm!(
    r#"
    .section .text.boot, "ax"
    .global _start
_start:
    # Floating-point registers are off at first, and the compiler uses them.
    li t0, 0x2000
    csrs mstatus, t0
    la sp, stack_end
    call start

    .section .bss.boot, "aw", @nobits
    .balign 16
    .skip 16384
stack_end:
"#
);

/// The serial port's data register, and the device that ends the emulator.
const SERIAL: *mut u8 = 0x1000_0000 as *mut u8;
const TEST: *mut u32 = 0x0010_0000 as *mut u32;

pub fn send(byte: u8) {
    // SAFETY: the register is there on this machine.
    unsafe { ptr::write_volatile(SERIAL, byte) };
}

pub fn exit(success: bool) -> ! {
    // SAFETY: as above. A failure has its status in the upper half.
    unsafe { ptr::write_volatile(TEST, if success { 0x5555 } else { 0x1_3333 }) };
    loop {}
}
