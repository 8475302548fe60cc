//! Compiles the files in C and assembly, by the compiler that `CC_<target>` names.

fn main() {
    let arch = std::env::var("CARGO_CFG_TARGET_ARCH").expect("cargo sets it");
    let files = ["native/crc32.c".to_owned(), format!("native/{arch}.S")];
    cc::Build::new().files(&files).compile("native");
    for file in &files {
        println!("cargo:rerun-if-changed={file}");
    }
}
