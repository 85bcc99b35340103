//! The room's log: in a file and nowhere else.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::alone::Alone;
use crate::hub::{PATIENCE, PROGRAM};
use crate::support::servers::free_address;
use crate::support::terminal::keys;

#[test]
fn a_room_and_its_hub_log_into_a_file_without_secrets_and_never_across_the_screen() {
    let alone = Alone::new();
    let terminal = alone.terminal(PROGRAM, &["--log", "trace"], &[]);
    terminal.wait_for_text("LIVE", PATIENCE);
    let declared = alone.command(&["incident", "declare", "Red \u{1b}[31m\u{9b}31m \u{202e}text"]).output();
    assert!(declared.unwrap().status.success());
    terminal.wait_for_text("Red", PATIENCE);
    terminal.send_keys("q");
    terminal.wait_for_exit(PATIENCE);
    let log = fs::read_to_string(alone.log()).unwrap();
    assert_eq!(fs::metadata(alone.log()).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(log.contains("the hub serves") && log.contains("the writer has ended"), "{log}");
    for line in log.lines() {
        let line: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
    }
    let acts = |character: char| character.is_control() && character != '\n' || character == '\u{202e}';
    assert!(!log.contains(acts));
    assert!(!log.contains(&alone.token()), "the token is in the log");
    let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
    assert!(!raw.contains("the hub serves"), "the log is on the screen");
}

#[test]
fn the_demo_logs_into_the_file_too_and_doctor_names_it() {
    let alone = Alone::new();
    let terminal = alone.terminal(PROGRAM, &["demo"], &[]);
    terminal.wait_for_text("LIVE", PATIENCE);
    terminal.send_keys("q");
    terminal.wait_for_exit(PATIENCE);
    let log = fs::read_to_string(alone.log()).unwrap();
    assert!(log.contains("the hub serves"), "{log}");
    let hub = format!("http://{}", free_address());
    let doctor = alone.command(&["--hub", &hub, "doctor"]).output().unwrap();
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(said.contains(&alone.log().display().to_string()), "{said}");
}

/// What a screen reader, a pipe or an editor's shell gets of the room.
#[test]
fn without_a_screen_the_room_comes_line_by_line() {
    for (term, program, args) in [
        ("dumb", PROGRAM.to_owned(), vec![]),
        ("xterm-256color", "sh".to_owned(), vec!["-c".to_owned(), format!("{PROGRAM} | cat")]),
    ] {
        let alone = Alone::new();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let terminal = alone.terminal(&program, &args, &[("TERM", term)]);
        terminal.wait_for_text("following", PATIENCE);
        assert!(alone.command(&["incident", "declare", "Line by line"]).status().unwrap().success());
        terminal.wait_for_text("Line by line", PATIENCE);
        assert!(!terminal.raw().contains(&0x1b), "{term}: no line needs an escape sequence");
        terminal.send_keys(keys::CTRL_C);
        terminal.wait_for_exit(PATIENCE);
        assert!(!alone.listens(), "{term}: the hub is still there");
    }
}
