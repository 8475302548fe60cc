//! The smallest kernel that boots: it says hello on the serial port, and ends the emulator.

#![no_std]
#![no_main]

#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
#[cfg_attr(target_arch = "riscv64", path = "riscv64.rs")]
mod machine;

use core::panic::PanicInfo;

/// The entry point's assembly jumps here.
#[no_mangle]
extern "C" fn start() -> ! {
    "hello from a kernel without an operating system\n".bytes().for_each(machine::send);
    machine::exit(true)
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    machine::exit(false)
}
