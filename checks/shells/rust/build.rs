//! Compiles the C half, with whatever the environment names as the target's compiler.

fn main() {
    println!("cargo::rerun-if-changed=../tally.c");
    cc::Build::new().file("../tally.c").include("..").compile("tally");
}
