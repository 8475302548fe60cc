//! A kernel for a boot loader, which starts it with a description of the machine. It reads the description, and ends the
//! emulator.

#![no_std]
#![no_main]

#[cfg(not(target_arch = "x86_64"))]
mod handover;
#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
#[cfg_attr(target_arch = "riscv64", path = "riscv64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
mod machine;

use core::fmt::Write;
use core::panic::PanicInfo;

/// What the machine's own code read of the description.
struct Description {
    /// Bytes of memory that nobody uses.
    usable: u64,
    /// Whether what the description says was found to be so.
    is_true: bool,
}

fn main(description: &Description) -> ! {
    let mut console = machine::console();
    let _ = writeln!(console, "loaded: started by a boot loader");
    let enough = description.usable >= 64 << 20;
    let _ = writeln!(console, "loaded: there is {}", if enough { "enough memory" } else { "little memory" });
    let words = if description.is_true { "is" } else { "is not" };
    let _ = writeln!(console, "loaded: the description {words} true");
    machine::exit(enough && description.is_true)
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let _ = writeln!(machine::console(), "loaded: {info}");
    machine::exit(false)
}
