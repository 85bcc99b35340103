//! The program. All that it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    warroom::cli::run(std::env::args_os(), warroom::cli::environment::of_the_process())
}
