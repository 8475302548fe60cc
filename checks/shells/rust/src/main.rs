//! C below, Rust's standard library above: a thread, a panic that is caught, and the sum.

unsafe extern "C" {
    fn tally(last: i32) -> std::ffi::c_long;
}

fn main() {
    let sum = std::thread::spawn(|| unsafe { tally(10) }).join().unwrap();
    let caught = std::panic::catch_unwind(|| std::panic::panic_any("thrown")).unwrap_err();
    println!("Rust counts to {sum}, {}", caught.downcast_ref::<&str>().unwrap());
}
