fn main() {
    cc::Build::new().file("example.c").compile("example");
}
