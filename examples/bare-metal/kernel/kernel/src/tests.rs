//! Tests, which `cargo test` compiles into a kernel of their own and starts in QEMU.

use alloc::boxed::Box;
use core::any::type_name;

use crate::{machine, native};

/// A function with `#[test_case]`.
pub trait Test {
    fn run(&self);
}

impl<T: Fn()> Test for T {
    fn run(&self) {
        self();
        println!("test {} ... ok", type_name::<T>());
    }
}

/// Runs all. A test that panics ends the emulator with another status.
pub fn run(tests: &[&dyn Test]) {
    println!("running {} tests", tests.len());
    tests.iter().for_each(|test| test.run());
}

#[test_case]
fn a_breakpoint_is_one_exception() {
    assert_eq!(machine::breakpoint(), 1);
}

#[test_case]
fn memory_is_given_back() {
    // More than the heap has, if nothing were.
    for number in 0..10_000 {
        assert_eq!(Box::new([number; 1000])[999], number);
    }
}

#[test_case]
fn the_checksum_is_the_standard_one() {
    assert_eq!(native::checksum(b"123456789"), 0xcbf4_3926);
}

#[test_case]
fn products_have_upper_halves() {
    assert_eq!(native::upper_half(u64::MAX, u64::MAX), u64::MAX - 1);
}
