//! QEMU's machine `virt` of the 64-bit RISC-V architecture, without firmware: the kernel is in machine mode, where
//! addresses are physical. Page tables are for the task.

mod memory;
mod task;
mod traps;

use core::arch::{asm, global_asm};
use core::ptr;

pub use memory::map_heap;
pub use task::{run_task, user_bytes};
pub use traps::{breakpoint, start_timer, ticks};

pub const NAME: &str = "riscv64";

/// The data register of the serial port, and the device that ends the emulator.
const SERIAL: *mut u8 = 0x1000_0000 as *mut u8;
const TEST: *mut u32 = 0x0010_0000 as *mut u32;

global_asm!(
    r#"
    .section .text.boot, "ax"
    .global _start
_start:
    # Floating-point registers are off at first, and the compiler uses them.
    li t0, 0x2000
    csrs mstatus, t0
    la sp, boot_stack_end
    call riscv64_main
    ebreak

    .section .bss.boot, "aw", @nobits
    .balign 16
    .skip 65536
boot_stack_end:
"#
);

#[no_mangle]
extern "C" fn riscv64_main() -> ! {
    crate::main()
}

/// Sends a byte.
pub fn send(byte: u8) {
    // SAFETY: the register is there on this machine.
    unsafe { ptr::write_volatile(SERIAL, byte) };
}

/// Handlers of exceptions and interrupts.
pub fn start_exceptions() {
    traps::load();
}

/// Sleeps until an interrupt comes.
pub fn wait() {
    // SAFETY: it waits and does nothing else.
    unsafe { asm!("wfi") };
}

/// Ends the emulator: status 0 for success, 1 otherwise.
pub fn exit(success: bool) -> ! {
    // SAFETY: the register is there on this machine. A failure has its status in the upper half.
    unsafe { ptr::write_volatile(TEST, if success { 0x5555 } else { 0x1_3333 }) };
    loop {
        wait();
    }
}
