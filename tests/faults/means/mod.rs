//! How things are broken: what needs root or a program that is missing says so.

pub mod disk;
pub mod network;
pub mod shim;

use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};

/// Whether this process may mount, and make networks.
pub fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

/// Runs what must work.
#[track_caller]
pub fn run(words: &[&str]) {
    if let Err(why) = attempt(words) {
        panic!("{words:?}: {why}");
    }
}

pub fn attempt(words: &[&str]) -> Result<(), String> {
    let output = Command::new(words[0]).args(&words[1..]).stdin(Stdio::null()).output();
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim()))
}

/// Leaves the test with one line where there is no root, also in CI: nothing that could be installed would help.
macro_rules! need_root {
    () => {
        if !$crate::means::is_root() {
            eprintln!("skipped: it needs root");
            return;
        }
    };
}
pub(crate) use need_root;
