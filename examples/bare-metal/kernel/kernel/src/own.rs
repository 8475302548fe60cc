//! Values of the only processor.

use core::cell::UnsafeCell;

/// A value that one part of the kernel alone uses.
pub struct Own<T>(UnsafeCell<T>);

// SAFETY: there is one processor, and each value has one user.
unsafe impl<T> Sync for Own<T> {}

impl<T> Own<T> {
    pub const fn new(value: T) -> Own<T> {
        Own(UnsafeCell::new(value))
    }

    pub fn get(&self) -> *mut T {
        self.0.get()
    }
}
