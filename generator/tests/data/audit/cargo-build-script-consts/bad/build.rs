fn main() {
    println!("cargo:rustc-env=EXAMPLE_ARCH={}", std::env::consts::ARCH);
}
