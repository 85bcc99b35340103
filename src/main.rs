//! The program. All that it does is in the library.

use std::process::ExitCode;

use warroom::cli::environment::Process;

fn main() -> ExitCode {
    warroom::cli::run(Process::this())
}
