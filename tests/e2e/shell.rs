//! In the shell: pipes, prompts and programs.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use crate::hub::{Hub, PATIENCE};

#[test]
fn the_feed_can_be_read_by_jq_and_ends_quietly_when_nobody_reads() {
    let hub = Hub::start("");
    let mut tail = hub.command(&["tail", "--json"]);
    let mut tail = tail.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // From here on, and not from when it was started.
    let mut words = BufReader::new(tail.stderr.take().unwrap()).lines();
    assert!(words.next().unwrap().unwrap().contains("following"));
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    let (sender, first) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        sender.send(lines.next().unwrap().unwrap()).unwrap();
        lines
    });
    // The feed begins when the program is connected; nobody but it can say when that is.
    let line = crate::support::eventually("the feed has begun", PATIENCE, || {
        hub.json(&["incident", "declare", "Seen by programs"]);
        first.try_recv().ok()
    });
    let entry: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(entry["event"]["type"], "incident.declared");
    assert_eq!(entry["event"]["title"], "Seen by programs");
    let lines = reader.join().unwrap();
    drop(lines);
    for number in 0..20 {
        hub.json(&["note", "INC-1", &format!("note {number}")]);
    }
    let ended = crate::support::eventually("tail ends", PATIENCE, || tail.try_wait().unwrap());
    assert!(ended.success(), "{ended}");
}

#[test]
fn what_a_command_says_becomes_evidence_on_the_screen() {
    let hub = Hub::start("");
    hub.json(&["incident", "declare", "Evidence"]);
    let terminal = hub.terminal("ana", 120, 40);
    terminal.wait_for_text("Evidence", PATIENCE);
    let mut note = hub.command(&["note", "INC-1", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    note.stdin.take().unwrap().write_all(b"\x1b[31mpod checkout-7 CrashLoopBackOff\x1b[0m\n").unwrap();
    assert!(note.wait().unwrap().success());
    terminal.wait_for_text("checkout-7", PATIENCE);
    let (_, code) = hub.run(&["note", "INC-1", "--run", "echo from the shell; exit 3"]);
    assert_eq!(code, 0);
    terminal.wait_for_text("from the shell", PATIENCE);
    assert!(terminal.screen_text().contains("exit"), "{}", terminal.screen_text());
}

#[test]
fn a_status_line_says_the_one_thing_that_matters() {
    let mut hub = Hub::start("");
    assert_eq!(hub.run(&["status"]), ("all quiet\n".to_owned(), 0));
    hub.json(&["incident", "declare", "Checkout fails", "--severity", "1"]);
    assert_eq!(hub.run(&["status"]).0, "SEV1 INC-1 Checkout fails · 1 unacknowledged\n");
    hub.kill();
    let (_, code) = hub.run(&["status"]);
    assert_eq!(code, 4);
}

#[test]
fn refusals_have_their_exit_code_and_a_sentence() {
    let hub = Hub::start("");
    assert_eq!(hub.run(&["incident", "ack", "INC-9"]).1, 3);
    assert_eq!(hub.run(&["incident", "ack", "nonsense"]).1, 2);
    assert_eq!(hub.run(&["no-such-command"]).1, 2);
}
