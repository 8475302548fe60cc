use std::process::Command;

fn main() {
    Command::new("gcc").args(["-c", "example.c", "-o", "example.o"]).status().unwrap();
}
