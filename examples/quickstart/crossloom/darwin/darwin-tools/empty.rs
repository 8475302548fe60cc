// A program without any library, so that rustc alone makes it for every target: what matters is what rustc calls afterwards.
#![feature(no_core, lang_items)]
#![no_core]
#![no_main]
#![allow(internal_features)]

#[lang = "sized"]
trait Sized {}
#[lang = "copy"]
trait Copy {}
impl Copy for i32 {}

#[inline(never)]
fn inner() -> i32 {
    7
}

#[no_mangle]
pub extern "C" fn main() -> i32 {
    inner()
}
