//! The feed in a pipe.

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStderr, ChildStdout, Stdio};

use serde_json::Value;

use crate::hub::{Hub, PATIENCE};
use crate::support::eventually;
use crate::support::http::post_json;

struct Tail {
    process: Child,
    lines: Option<Lines<BufReader<ChildStdout>>>,
    words: Lines<BufReader<ChildStderr>>,
}

impl Tail {
    /// Follows when this returns.
    fn start(hub: &Hub, args: &[&str]) -> Self {
        let args = [&["--json", "tail"], args].concat();
        let mut command = hub.command(&args);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = Some(BufReader::new(process.stdout.take().unwrap()).lines());
        let mut words = BufReader::new(process.stderr.take().unwrap()).lines();
        if !args.contains(&"--after") {
            let said = words.next().unwrap().unwrap();
            assert!(said.contains("following"), "{said}");
        }
        Tail { process, lines, words }
    }

    fn next(&mut self) -> (u64, Value) {
        let entry: Value =
            serde_json::from_str(&self.lines.as_mut().unwrap().next().unwrap().unwrap()).unwrap();
        (seq(&entry), entry)
    }

    fn says(&mut self, expected: &str) {
        let found = self.words.by_ref().map(Result::unwrap).any(|words| words.contains(expected));
        assert!(found, "tail never said “{expected}”");
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn seq(entry: &Value) -> u64 {
    entry["seq"].to_string().trim_matches('"').parse().unwrap()
}

fn journal(hub: &Hub) -> String {
    let report = hub.json(&["verify", &hub.journal().display().to_string()]);
    report["journal"].as_str().unwrap().to_owned()
}

#[test]
fn one_entry_a_line_and_only_of_the_incident_that_was_asked_for() {
    let hub = Hub::start("");
    hub.json(&["incident", "declare", "First"]);
    hub.json(&["incident", "declare", "Second"]);
    let mut all = Tail::start(&hub, &[]);
    let mut second = Tail::start(&hub, &["--incident", "INC-2"]);
    hub.json(&["note", "INC-1", "one"]);
    hub.json(&["note", "INC-2", "two"]);
    assert_eq!((all.next().0, all.next().0), (3, 4));
    let (seq, entry) = second.next();
    assert_eq!((seq, &entry["event"]["text"]), (4, &Value::from("two")));
}

#[test]
fn after_a_place_everything_follows_from_there() {
    let hub = Hub::start("");
    hub.json(&["incident", "declare", "First"]);
    hub.json(&["note", "INC-1", "one"]);
    let after = format!("{}:1", journal(&hub));
    let mut tail = Tail::start(&hub, &["--after", &after]);
    assert_eq!(tail.next().0, 2);
    let (_, code) = hub.run(&["tail", "--after", &format!("{}:99", journal(&hub))]);
    assert_eq!(code, 3);
    let (_, code) = hub.run(&["tail", "--after", "01932c07-209c-7d55-b4c1-9b0f4a6f1a10:1"]);
    assert_eq!(code, 3);
}

#[test]
fn a_place_further_back_than_the_feed_goes_is_fetched_without_a_gap() {
    let hub = Hub::start("");
    let token = hub.json(&["token", "create", "prometheus", "--role", "ingest"])["token"]
        .as_str()
        .unwrap()
        .to_owned();
    for batch in 0..6 {
        let alert =
            |n: usize| format!(r#"{{"labels": {{"alertname": "Alert{batch}x{n}", "severity": "none"}}}}"#);
        let alerts: Vec<String> = (0..1000).map(alert).collect();
        let body = format!("[{}]", alerts.join(","));
        assert_eq!(post_json(hub.address, &format!("/{token}/api/v2/alerts"), &body).unwrap().status, 200);
    }
    let report = hub.json(&["verify", &hub.journal().display().to_string()]);
    let last = report["entries"].to_string().trim_matches('"').parse::<u64>().unwrap();
    let mut tail = Tail::start(&hub, &["--after", &format!("{}:0", journal(&hub))]);
    for expected in 1..=last {
        assert_eq!(tail.next().0, expected);
    }
    eprintln!("{last} entries");
}

#[test]
fn a_hub_that_is_killed_and_comes_back_leaves_no_gap_and_no_repetition() {
    let mut hub = Hub::start("");
    hub.json(&["incident", "declare", "Long night"]);
    let mut tail = Tail::start(&hub, &[]);
    hub.json(&["note", "INC-1", "before"]);
    assert_eq!(tail.next().0, 2);
    hub.kill();
    tail.says("offline");
    hub.start_again();
    for number in 0..5 {
        hub.json(&["note", "INC-1", &format!("after {number}")]);
    }
    for expected in 3..=7 {
        assert_eq!(tail.next().0, expected);
    }
    tail.says("following");
}

#[test]
fn it_ends_quietly_when_nobody_reads() {
    let hub = Hub::start("");
    let mut tail = Tail::start(&hub, &[]);
    hub.json(&["incident", "declare", "Seen by head"]);
    assert_eq!(tail.next().0, 1);
    let Tail { process, lines, words } = &mut tail;
    // Dropping the reader closes the pipe.
    drop(lines.take());
    let ended = eventually("tail ends", PATIENCE, || {
        hub.json(&["note", "INC-1", "more"]);
        process.try_wait().unwrap()
    });
    assert!(ended.success(), "{ended}");
    assert_eq!(words.next().map(Result::unwrap), None, "it says nothing");
}

#[test]
fn without_a_hub_at_the_start_it_says_so() {
    let hub = Hub::start("");
    assert_eq!(hub.run(&["tail", "--hub", "http://127.0.0.1:9"]).1, 4);
}
