//! A PC: segments, interrupts, pages, the timer and the serial port.

mod boot;
mod interrupts;
mod memory;
mod segments;
mod task;

use uart_16550::SerialPort;
use x86_64::instructions::port::Port;

pub use interrupts::{breakpoint, ticks};
pub use memory::map_heap;
pub use task::{run_task, user_bytes};

pub const NAME: &str = "x86_64";

/// The first serial port.
const COM1: u16 = 0x3f8;
/// QEMU's `isa-debug-exit`: a number N ends the emulator with status 2N + 1.
const DEBUG_EXIT: u16 = 0xf4;

/// Sets the serial port up.
fn start_console() {
    // SAFETY: the port is there on every PC, and nothing else uses it.
    unsafe { SerialPort::new(COM1) }.init();
}

/// Sends a byte.
pub fn send(byte: u8) {
    // SAFETY: as above; the driver keeps no state of its own.
    unsafe { SerialPort::new(COM1) }.send_raw(byte);
}

/// Segments, and handlers of exceptions and interrupts.
pub fn start_exceptions() {
    segments::load();
    interrupts::load();
}

/// Interrupts of the timer, a hundred a second.
pub fn start_timer() {
    interrupts::start_timer();
}

/// Sleeps until an interrupt comes.
pub fn wait() {
    x86_64::instructions::hlt();
}

/// Ends the emulator: status 33 for success, 35 otherwise.
pub fn exit(success: bool) -> ! {
    // SAFETY: where the device is not there, nothing listens to the port.
    unsafe { Port::new(DEBUG_EXIT).write(if success { 0x10_u32 } else { 0x11 }) };
    loop {
        x86_64::instructions::interrupts::disable();
        x86_64::instructions::hlt();
    }
}
