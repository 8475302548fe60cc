//! Everything that makes, checks and shows Mach-O files, in one binary.

mod check;
mod fuzz;
mod linked;
mod make;
#[expect(dead_code, reason = "crossloom's own tests use the rest")]
#[path = "../../../../generator/tests/support/mutate.rs"]
mod mutate;
mod stack;
mod writer;
