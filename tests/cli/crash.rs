//! Commands from the shell while the hub is killed again and again.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::hub::{Hub, PATIENCE};
use crate::support::eventually;

#[test]
fn what_a_command_said_was_done_is_there_once_after_kill_9() {
    let mut hub = Hub::start("");
    hub.json(&["incident", "declare", "Under load"]);
    let (done, stop) = (Mutex::new(BTreeSet::new()), AtomicBool::new(false));
    let mut env = hub.env("client");
    env.push(("WARROOM_TOKEN".to_owned(), hub.token()));
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let (done, stop, env) = (&done, &stop, &env);
            scope.spawn(move || {
                for number in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let text = format!("note {writer}-{number}");
                    let mut note = std::process::Command::new(crate::hub::PROGRAM);
                    note.args(["note", "INC-1", &text]).env_clear().envs(env.iter().cloned());
                    let ended =
                        note.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
                    match ended.unwrap().code() {
                        Some(0) => drop(done.lock().unwrap().insert(text)),
                        // Not reached, or not known: it may be there, but not twice.
                        Some(4) => std::thread::yield_now(),
                        // The hub is going or not quite there.
                        Some(3) => std::thread::yield_now(),
                        code => panic!("{code:?}"),
                    }
                }
            });
        }
        for round in 1..=3 {
            eventually("notes are taken", PATIENCE, || {
                (done.lock().unwrap().len() >= round * 15).then_some(())
            });
            hub.kill();
            hub.start_again();
        }
        stop.store(true, Ordering::Relaxed);
    });
    let (lines, _) = hub.run(&["--json", "incident", "timeline", "INC-1", "--limit", "100000"]);
    let texts: Vec<String> = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter_map(|entry| entry["event"]["text"].as_str().map(str::to_owned))
        .collect();
    let there: BTreeSet<String> = texts.iter().cloned().collect();
    assert_eq!(there.len(), texts.len(), "a note is there twice");
    let missing: Vec<_> = done.lock().unwrap().difference(&there).cloned().collect();
    assert!(missing.is_empty(), "{missing:?}");
    let (report, code) = hub.run(&["verify", &hub.journal().display().to_string()]);
    assert_eq!(code, 0, "{report}");
}
