//! What goes wrong ends with its exit code and one sentence that says what to do.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::hub::{Hub, PROGRAM};
use crate::support::servers::free_address;

/// In a home of its own; its output, its words and its exit code.
fn run(home: &tempfile::TempDir, args: &[&str], env: &[(&str, &str)]) -> (String, String, i32) {
    let mut command = Command::new(PROGRAM);
    command.args(args).env_clear().env("HOME", home.path()).envs(env.iter().copied()).stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

#[test]
fn the_exit_codes_are_those_that_are_written_down() {
    let hub = Hub::start("");
    assert_eq!(hub.run(&["incident", "list"]).1, 0);
    assert_eq!(hub.run(&["--version"]).1, 0);
    assert_eq!(hub.run(&["incident", "ack", "nonsense"]).1, 2);
    assert_eq!(hub.run(&["incident", "explode", "INC-1"]).1, 2);
    assert_eq!(hub.run(&["incident", "ack", "INC-9"]).1, 3);
    assert_eq!(hub.run(&["incident", "list", "--hub", "http://127.0.0.1:9"]).1, 4);
    assert_eq!(hub.run(&["incident", "list", "--hub", "http://warroom.example"]).1, 2);
    assert_eq!(hub.run(&["incident", "list", "--hub", "nonsense"]).1, 2);
}

#[test]
fn a_status_line_never_hangs_a_prompt() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(run(&home, &["status"], &[]), ("no hub\n".to_owned(), String::new(), 4));
    // Somebody who takes the connection and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let began = Instant::now();
    let (out, _, code) = run(&home, &["status"], &[("WARROOM_HUB", &url), ("WARROOM_TOKEN", "wr_x")]);
    assert_eq!((out.as_str(), code), ("no hub\n", 4));
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    let (out, _, _) = run(&home, &["--json", "status"], &[("WARROOM_HUB", &url), ("WARROOM_TOKEN", "wr_x")]);
    assert!(serde_json::from_str::<serde_json::Value>(&out).unwrap()["hub"].is_null(), "{out}");
}

#[test]
fn settings_that_are_wrong_are_told_with_file_line_and_nearest_key() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/warroom");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), "[hub]\nlistn = \"127.0.0.1:1\"\n").unwrap();
    for args in [&["incident", "list"][..], &["hub"], &["status"]] {
        let (_, why, code) = run(&home, args, &[]);
        assert_eq!(code, 2, "{why}");
        assert!(why.contains("config.toml:2: unknown key “listn”; did you mean “listen”?"), "{why}");
    }
    let (_, why, code) = run(&home, &["check"], &[]);
    assert_eq!(code, 1, "{why}");
    assert!(why.contains("config.toml:2: unknown key “listn”"), "{why}");
}

#[test]
fn every_sample_of_settings_is_taken_or_refused_as_it_says() {
    let home = tempfile::tempdir().unwrap();
    let samples = |folder: &str| {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path())
    };
    for path in samples("valid_configs") {
        let (out, why, code) = run(&home, &["check", "--config", path.to_str().unwrap()], &[]);
        assert_eq!(code, 0, "{}: {why}", path.display());
        assert!(out.parse::<toml::Table>().is_ok(), "{out}");
    }
    for path in samples("invalid_configs") {
        let text = std::fs::read_to_string(&path).unwrap();
        let expected = text.lines().next().and_then(|line| line.strip_prefix("# expect: ")).unwrap();
        let (_, why, code) = run(&home, &["check", "--config", path.to_str().unwrap()], &[]);
        assert_eq!(code, 1, "{}: {why}", path.display());
        assert!(why.contains(expected), "{}: {why}", path.display());
    }
}

#[test]
fn a_second_hub_is_told_what_stands_in_its_way() {
    let hub = Hub::start("");
    let home = tempfile::tempdir().unwrap();
    let (_, why, code) = run(&home, &["hub", "--listen", &hub.address.to_string()], &[]);
    assert_eq!(code, 2, "{why}");
    assert!(why.contains("is taken, most likely by another hub"), "{why}");
    let (other, journal) = (free_address().to_string(), hub.journal());
    let (_, why, code) =
        run(&home, &["hub", "--listen", &other, "--journal", journal.to_str().unwrap()], &[]);
    assert_eq!(code, 2, "{why}");
    assert!(why.contains("is in use by pid"), "{why}");
    for (args, expected) in [
        (&["hub", "--journal", "postgres://x"][..], "PostgreSQL is not in this version"),
        (&["hub", "--listen", "everywhere"], "--listen"),
        (&["hub", "--listen", "0.0.0.0:0", "--journal", "memory:"], "reachable from other machines"),
        (&["hub", "--listen", "127.0.0.1:0", "--log", "=,="], "no filter for the log"),
    ] {
        let (_, why, code) = run(&home, args, &[]);
        assert_eq!(code, 2, "{args:?}: {why}");
        assert!(why.contains(expected), "{args:?}: {why}");
    }
}

#[test]
fn an_update_needs_a_yes_that_nobody_can_give_in_a_pipe() {
    let hub = Hub::start("");
    hub.json(&["incident", "declare", "Comms"]);
    assert_eq!(hub.run(&["comms", "send", "INC-1", "-a", "customers", "--what", "x"]).1, 3);
}
