fn main() {
    // Not cfg!(target_os = "linux"), which describes the build machine.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-link-lib=rt");
    }
}
