//! QEMU's machine `virt` of the 64-bit RISC-V architecture, in supervisor mode and without translation of addresses.

use core::arch::global_asm;
use core::fmt::{self, Write};
use core::ptr;

use crate::handover::Handover;

/// The data register of the serial port, and the device that ends the emulator.
const SERIAL: *mut u8 = 0x1000_0000 as *mut u8;
const TEST: *mut u32 = 0x0010_0000 as *mut u32;

global_asm!(
    r#"
    .section .text.boot, "ax"
    .global _start
_start:
    # Floating-point registers can be off, and the compiler uses them.
    li t0, 0x2000
    csrs sstatus, t0
    la sp, stack_end
    call start
    ebreak

    .section .bss.boot, "aw", @nobits
    .balign 16
    .skip 16384
stack_end:
"#
);

#[no_mangle]
extern "C" fn start(_hart: u64, device_tree: u64, handover: &Handover) -> ! {
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
        text.bytes().for_each(|byte| unsafe { ptr::write_volatile(SERIAL, byte) });
        Ok(())
    }
}

pub fn exit(success: bool) -> ! {
    // SAFETY: the register is there on this machine. A failure has its status in the upper half.
    unsafe { ptr::write_volatile(TEST, if success { 0x5555 } else { 0x1_3333 }) };
    loop {}
}
