use std::process::ExitCode;

fn main() -> ExitCode {
    crossloom::cli::run()
}
