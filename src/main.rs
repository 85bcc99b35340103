//! The program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    // What is not text is no setting of ours.
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    let env = std::env::vars_os().filter_map(text).collect();
    ExitCode::from(warroom::cli::run(std::env::args_os(), env))
}
