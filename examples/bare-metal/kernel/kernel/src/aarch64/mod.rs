//! QEMU's machine `virt` of the 64-bit Arm architecture: exception levels, pages, the timer and the serial port.

mod exceptions;
mod memory;
mod task;

use core::arch::{asm, global_asm};
use core::ptr;

pub use exceptions::{breakpoint, start_timer, ticks};
pub use memory::map_heap;
pub use task::{run_task, user_bytes};

pub const NAME: &str = "aarch64";

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
    // Floating-point registers are off at first, and the compiler uses them.
    mov x0, #0x300000
    msr cpacr_el1, x0
    isb
    // Exceptions take the stack of this level.
    msr spsel, #1
    adrp x0, boot_stack_end
    add x0, x0, :lo12:boot_stack_end
    mov sp, x0
    mov x29, xzr
    bl aarch64_main
    brk #0

    .section .bss.boot, "aw", @nobits
    .balign 16
    .skip 65536
boot_stack_end:
"#
);

#[no_mangle]
extern "C" fn aarch64_main() -> ! {
    crate::main()
}

/// Sends a byte.
pub fn send(byte: u8) {
    // SAFETY: the register is there on this machine.
    unsafe { ptr::write_volatile(SERIAL, u32::from(byte)) };
}

/// Pages, and handlers of exceptions and interrupts.
pub fn start_exceptions() {
    exceptions::load();
    memory::start();
}

/// Sleeps until an interrupt comes.
pub fn wait() {
    // SAFETY: it waits and does nothing else.
    unsafe { asm!("wfi") };
}

/// Ends the emulator: status 0 for success, 1 otherwise.
pub fn exit(success: bool) -> ! {
    let arguments = [APPLICATION_EXIT, u64::from(!success)];
    // SAFETY: the emulator reads two words and ends.
    unsafe { asm!("hlt #0xf000", in("x0") SYS_EXIT, in("x1") arguments.as_ptr()) };
    loop {
        wait();
    }
}
