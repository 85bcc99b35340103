//! The hub's clock jumps; the order of things does not.

use std::fs;
use std::path::{Path, PathBuf};

use warroom::domain::event::Entry;

use crate::evidence::read_journal;
use crate::hub::Setup;
use crate::scene::Scene;
use crate::support::require_or_skip;
use crate::support::servers::Program;

/// What Debian's faketime puts before the C library.
fn library() -> PathBuf {
    let folders = fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
    let mut libraries = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
    libraries.find(|library| library.is_file()).expect("faketime's library")
}

/// The environment of a process whose clock a file moves.
pub fn faked(file: &Path) -> Vec<(String, String)> {
    let env = [
        ("LD_PRELOAD", library().display().to_string()),
        ("FAKETIME_TIMESTAMP_FILE", file.display().to_string()),
        ("FAKETIME_NO_CACHE", "1".to_owned()),
        // Timers run on the other clock, which does not jump on a real machine either.
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
    ];
    env.map(|(name, value)| (name.to_owned(), value)).into()
}

/// Sets the clock of whoever runs with [`faked`].
pub fn jump(file: &Path, by: &str) {
    let fresh = file.with_extension("new");
    fs::write(&fresh, by).unwrap();
    fs::rename(fresh, file).unwrap();
}

#[test]
fn a_clock_that_jumps_by_hours_and_days_leaves_the_order_as_it_is() {
    require_or_skip!(Program::Faketime);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("time");
    jump(&file, "+0");
    let mut scene = Scene::open(Setup { env: faked(&file), ..Setup::default() });
    scene.load();
    for by in ["-2h", "+24h", "-1h", "+3d", "+0"] {
        scene.accepts(25);
        jump(&file, by);
    }
    scene.accepts(25);
    scene.check();
    let times: Vec<_> = read_journal(&scene.hub)
        .iter()
        .map(|(_, json)| serde_json::from_str::<Entry>(json).unwrap().at)
        .collect();
    assert!(times.is_sorted(), "the time of entries went back");
    let jumped = times.windows(2).any(|pair| pair[1].since(pair[0]).as_secs() > 20 * 3600);
    assert!(jumped, "the hub never saw a jump");
}
