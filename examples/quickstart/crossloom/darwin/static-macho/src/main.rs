//! `static-macho`: makes static Mach-O executables out of what `ld64.lld` links.

use std::process::ExitCode;

fn main() -> ExitCode {
    static_macho::cli::run(std::env::args_os().skip(1).collect())
}
