//! A shared library for programs in C: a panic ends inside it.

/// The answer.
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> i32 {
    std::panic::catch_unwind(|| std::panic::panic_any("thrown")).map_or(42, |()| 0)
}
