//! The feed in a pipe.

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStderr, ChildStdout, Stdio};

use serde_json::Value;

use crate::hub::{Hub, PATIENCE};
use crate::support::eventually;
use warroom::domain::time::Timestamp;
use warroom::journal::{Batch, Encoded, Location, OnLoss, Options, Seed, open};

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

/// Writes this many more notes into a journal whose hub is not there: through the hub it would take minutes.
fn lengthen(journal: &std::path::Path, note: &Value, more: u64) {
    let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    let options = Options { seed: Seed([7; 32]), now, on_loss: OnLoss::Refuse };
    let mut journal = open(&Location::Sqlite(journal.to_owned()), &options).unwrap();
    let head = journal.head();
    let entry = |number: u64| {
        let mut note = note.clone();
        note["seq"] = Value::from(head.seq.0 + number);
        note["id"] = Value::from(format!("01932c07-209c-7d55-b4c1-{number:012}"));
        let json = note.to_string().into();
        Encoded { entry: serde_json::from_value(note).unwrap(), json }
    };
    let batch = Batch { entries: (1..=more).map(entry).collect(), outcomes: Vec::new(), at: now };
    journal.append(head, &batch).unwrap();
}

#[test]
fn a_place_further_back_than_the_feed_goes_is_fetched_without_a_gap() {
    let mut hub = Hub::start("");
    hub.json(&["incident", "declare", "Long ago"]);
    hub.json(&["note", "INC-1", "again and again"]);
    let (lines, _) = hub.run(&["--json", "incident", "timeline", "INC-1", "--limit", "1"]);
    let after = format!("{}:1", journal(&hub));
    hub.kill();
    lengthen(&hub.journal(), &serde_json::from_str(lines.trim()).unwrap(), 5_400);
    hub.start_again();
    let mut tail = Tail::start(&hub, &["--after", &after]);
    for expected in 2..=5_402 {
        assert_eq!(tail.next().0, expected);
    }
    hub.json(&["note", "INC-1", "and on"]);
    assert_eq!(tail.next().0, 5_403);
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
