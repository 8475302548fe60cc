//! A small kernel: it prints to the serial port, allocates from a heap, is interrupted by a timer, runs a task in user
//! mode, and ends the emulator.

#![no_std]
#![no_main]
#![cfg_attr(target_arch = "x86_64", feature(abi_x86_interrupt))]
// The standard library's tests need an operating system.
#![cfg_attr(test, feature(custom_test_frameworks), test_runner(tests::run), reexport_test_harness_main = "run_tests")]

extern crate alloc;

#[cfg_attr(target_arch = "aarch64", path = "aarch64/mod.rs")]
#[cfg_attr(target_arch = "riscv64", path = "riscv64/mod.rs")]
#[cfg_attr(target_arch = "x86_64", path = "x86_64/mod.rs")]
mod machine;
mod native;
mod own;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::panic::PanicInfo;

use linked_list_allocator::LockedHeap;

#[macro_use]
mod console;
#[cfg(test)]
mod tests;

/// Ticks of the timer that the kernel waits for.
const TICKS: u64 = 5;
/// The number with which the task in user mode ends.
const ANSWER: u64 = 42;

#[global_allocator]
static HEAP: LockedHeap = LockedHeap::empty();

/// Everything that is the same on all machines. The machine's own code calls it, once there are a stack and a console.
fn main() -> ! {
    println!("kernel: started on {}", machine::NAME);
    machine::start_exceptions();
    println!("kernel: exceptions are handled: {}", machine::breakpoint());

    let (start, size) = machine::map_heap();
    // SAFETY: the memory was mapped a moment ago, and nothing else uses it.
    unsafe { HEAP.lock().init(start, size) };
    #[cfg(test)]
    {
        run_tests();
        machine::exit(true)
    }
    #[cfg(not(test))]
    work()
}

/// What the kernel does with a machine that is ready.
#[cfg_attr(test, allow(dead_code))]
fn work() -> ! {
    allocate();
    println!("kernel: C computes {:#x}", native::checksum(b"123456789"));
    println!("kernel: assembly computes {}", native::upper_half(10_000_000_000, 10_000_000_000));

    machine::start_timer();
    while machine::ticks() < TICKS {
        machine::wait();
    }
    println!("kernel: the timer ticks");

    println!("kernel: entering user mode");
    machine::run_task(ended)
}

/// Fills the heap with something that has to be looked up again.
fn allocate() {
    let squares: BTreeMap<u64, u64> = (0..100).map(|number| (number, number * number)).collect();
    let words: Vec<String> = squares.values().map(|square| alloc::format!("{square}")).collect();
    let digits: usize = words.iter().map(String::len).sum();
    println!("kernel: the heap holds {} numbers of {digits} digits", squares.len());
}

/// What the task in user mode asks the kernel for.
fn system_call(number: u64, argument: u64, length: u64) {
    match number {
        1 => {
            let bytes = machine::user_bytes(argument, length);
            match core::str::from_utf8(bytes) {
                Ok(text) => println!("task: {text}"),
                Err(_) => println!("task: not UTF-8"),
            }
        }
        _ => println!("kernel: there is no system call {number}"),
    }
}

/// The task's end is the kernel's.
fn ended(status: u64) -> ! {
    println!("kernel: the task ended with {status}");
    machine::exit(status == ANSWER)
}

#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    println!("kernel: {info}");
    machine::exit(false)
}
