//! OpenSLO files that were made to break parsers, read by the program itself within limits.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::allowed::{Sender, assert_allowed};
use crate::corpus::{need_the_collection, rows_of};
use crate::hub::PROGRAM;

/// How a run of the program within limits ended.
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs the program with 1 GiB of addresses, 128 MiB of memory of its own and 2 s of processor time, in a folder that
/// stands for its person's home. What it says has to be fit for a terminal.
#[track_caller]
pub fn limited(home: &Path, args: &[&str]) -> Ran {
    within(2, home, args)
}

/// The same with so many seconds of processor time.
#[track_caller]
pub fn within(seconds: u32, home: &Path, args: &[&str]) -> Ran {
    let limits = format!("ulimit -v 1048576 && ulimit -d 131072 && ulimit -t {seconds} && exec \"$@\"");
    let output = Command::new("sh")
        .args(["-c", &limits, "sh", PROGRAM])
        .args(args)
        .env_clear()
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_STATE_HOME", home.join("state"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_allowed(&output.stdout, Sender::Lines, &format!("what {args:?} printed"));
    assert_allowed(&output.stderr, Sender::Lines, &format!("what {args:?} said"));
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let ran = Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
    assert!(ran.code.is_some_and(|code| code < 5), "{args:?} ended with {:?}: {}", output.status, ran.err);
    assert!(!ran.err.contains("panicked"), "{args:?}: {}", ran.err);
    ran
}

/// A word that the finding has, where the manifest asks for one.
fn says(id: &str) -> &'static [&'static str] {
    match id {
        "Y011" => &[":3"],
        "Y013" => &[":2"],
        "Y022" => &["document"],
        "Y025" => &["larger", "long", "openslo", "apiVersion"],
        _ => &[],
    }
}

#[test]
fn every_hostile_slo_file_is_a_finding_in_little_time_and_memory() {
    need_the_collection!();
    let home = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for row in rows_of("openslo-yaml") {
        let file = crate::corpus::folder().unwrap().join(&row.file);
        let ran = limited(home.path(), &["slo", "check", file.to_str().unwrap()]);
        let what = format!("{} {}", row.id, row.what);
        if ran.code != Some(1) {
            wrong.push(format!(
                "{what}: ended with {:?} and not with a finding: {}{}",
                ran.code, ran.out, ran.err
            ));
        }
        let words = says(&row.id);
        if !words.is_empty() && !words.iter().any(|word| ran.out.contains(word)) {
            wrong.push(format!("{what}: says none of {words:?}: {}", ran.out));
        }
        if ran.out.len() > 64 * 1024 {
            wrong.push(format!("{what}: {} bytes of findings", ran.out.len()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
