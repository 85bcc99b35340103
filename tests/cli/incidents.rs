//! An incident from the shell: everything that keys do in the terminal.

use std::io::Write as _;
use std::process::Stdio;

use crate::hub::Hub;
use crate::support::http::post_json;

#[test]
fn an_incident_is_worked_on_from_declare_to_reopen() {
    let hub = Hub::start("");
    let declared = hub.json(&["incident", "declare", "Checkout fails", "-s", "1", "--service", "checkout"]);
    assert_eq!(declared["id"], "INC-1");
    for words in [
        &["incident", "ack", "INC-1"][..],
        &["incident", "unack", "1"],
        &["incident", "ack", "inc-1"],
        &["incident", "status", "INC-1", "identified", "--reason", "found it"],
        &["incident", "severity", "INC-1", "sev2"],
        &["incident", "title", "INC-1", "Checkout fails for cards"],
        &["incident", "summary", "INC-1", "A canary drops card payments."],
        &["incident", "milestone", "INC-1", "impact_started", "2026-01-02T03:04:05Z"],
        &["incident", "join", "INC-1", "@bo"],
        &["incident", "role", "INC-1", "commander", "@bo"],
        &["incident", "link", "INC-1", "https://grafana.example/d/1", "Dashboard"],
        &["task", "add", "INC-1", "Roll back", "--owner", "bo"],
        &["task", "accept", "INC-1", "T-1"],
        &["task", "done", "INC-1", "T-1"],
        &["task", "reopen", "INC-1", "T-1"],
        &["task", "assign", "INC-1", "T-1", "ana"],
        &["incident", "resolve", "INC-1"],
        &["incident", "reopen", "INC-1", "it came back"],
        &["incident", "release", "INC-1", "bo"],
    ] {
        hub.json(words);
    }
    let incident = hub.json(&["incident", "show", "INC-1"]);
    assert_eq!(incident["title"], "Checkout fails for cards");
    assert_eq!(incident["severity"], "SEV2");
    assert_eq!(incident["tasks"]["T-1"]["owner"], "ana");
    let tasks = hub.json(&["task", "list", "INC-1"]);
    assert_eq!(tasks[0]["title"], "Roll back");
    hub.json(&["incident", "declare", "Another"]);
    hub.json(&["incident", "merge", "INC-2", "INC-1"]);
    hub.json(&["incident", "declare", "A false alarm"]);
    hub.json(&["incident", "cancel", "INC-3", "a test of the pager"]);
    assert_eq!(hub.json(&["incident", "list"]).as_array().unwrap().len(), 1);
    assert_eq!(hub.json(&["incident", "list", "--all"]).as_array().unwrap().len(), 3);
    assert_eq!(hub.json(&["incident", "list", "--severity", "0"]).as_array().unwrap().len(), 0);
    assert_eq!(hub.json(&["incident", "list", "--service", "checkout"]).as_array().unwrap().len(), 1);
}

#[test]
fn people_read_columns_and_sentences() {
    let hub = Hub::start("");
    hub.json(&["incident", "declare", "Checkout fails", "--severity", "1"]);
    let (list, _) = hub.run(&["incident", "list"]);
    assert!(list.starts_with("INC-1  SEV1  triggered  "), "{list}");
    let (shown, _) = hub.run(&["incident", "show", "INC-1"]);
    assert!(shown.starts_with("INC-1 SEV1 triggered — Checkout fails\n"), "{shown}");
    let (timeline, _) = hub.run(&["incident", "timeline", "INC-1"]);
    assert!(timeline.contains("declared SEV1: Checkout fails"), "{timeline}");
    assert_eq!(hub.run(&["incident", "ack", "INC-1"]), ("INC-1 acknowledged\n".to_owned(), 0));
}

#[test]
fn a_timeline_longer_than_a_part_comes_whole_and_in_order() {
    let hub = Hub::start("");
    hub.json(&["incident", "declare", "Long"]);
    for number in 0..6 {
        hub.json(&["note", "INC-1", &format!("note {number}")]);
    }
    let all = |limit: &str| {
        let (out, _) = hub.run(&["--json", "incident", "timeline", "INC-1", "--limit", limit]);
        let seq = |line: &str| {
            let entry: serde_json::Value = serde_json::from_str(line).unwrap();
            entry["seq"].to_string().trim_matches('"').parse::<u64>().unwrap()
        };
        out.lines().map(seq).collect::<Vec<_>>()
    };
    assert_eq!(all("500"), (1..=7).collect::<Vec<_>>());
    assert_eq!(all("3"), [5, 6, 7]);
}

#[test]
fn what_is_piped_or_run_becomes_evidence_with_where_and_how_it_ended() {
    let hub = Hub::start("");
    hub.json(&["incident", "declare", "Evidence"]);
    let mut note =
        hub.command(&["note", "INC-1", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    note.stdin.take().unwrap().write_all(b"\x1b[31mpod checkout-7 CrashLoopBackOff\x1b[0m\n\0").unwrap();
    assert!(note.wait().unwrap().success());
    let (out, code) = hub.run(&["note", "INC-1", "looks bad", "--run", "echo out; echo err >&2; exit 3"]);
    assert_eq!(code, 0, "{out}");
    let (lines, _) = hub.run(&["--json", "incident", "timeline", "INC-1"]);
    let entries: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (piped, run) = (&entries[1]["event"]["evidence"], &entries[2]["event"]["evidence"]);
    assert_eq!(piped["output"].as_str().unwrap().lines().next(), Some("pod checkout-7 CrashLoopBackOff"));
    assert!(piped["host"].is_string() && piped["command"].is_null());
    assert_eq!((run["exit_code"].as_i64(), run["output"].as_str()), (Some(3), Some("out\nerr\n")));
    assert_eq!(entries[2]["event"]["text"], "looks bad");
    let seq = entries[2]["seq"].to_string();
    let seq = seq.trim_matches('"');
    for words in [
        &["note", "INC-1", "--pin", seq][..],
        &["note", "INC-1", "--unpin", seq],
        &["note", "INC-1", "fine", "--correct", seq],
    ] {
        hub.json(words);
    }
}

#[test]
fn a_note_keeps_the_end_of_a_long_output_and_no_word_is_cut() {
    let hub = Hub::start("");
    hub.json(&["incident", "declare", "Logs"]);
    let mut note =
        hub.command(&["note", "INC-1", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let log = "\tgehört zu 日本\n".repeat(100_000) + "the error";
    note.stdin.take().unwrap().write_all(log.as_bytes()).unwrap();
    assert!(note.wait().unwrap().success());
    let (lines, _) = hub.run(&["--json", "incident", "timeline", "INC-1"]);
    let entry: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    let kept = entry["event"]["evidence"]["output"].as_str().unwrap();
    assert!(kept.starts_with(&format!("… this is the end of {} bytes; ", log.len())), "{kept:.200}");
    assert!(kept.ends_with("        gehört zu 日本\nthe error") && !kept.contains('\u{FFFD}'), "{kept:.200}");
    // What somebody wrote is not a log: it goes whole or not at all.
    let long = "word ".repeat(10_000);
    for words in [&["note", "INC-1", &long][..], &["note", "INC-1", &long, "--correct", "2"]] {
        let refused = hub.command(words).stdin(Stdio::null()).output().unwrap();
        let why = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{why}");
        assert!(why.contains("longer than a note can be (32 KiB, 2000 lines)"), "{why}");
    }
}

#[test]
fn what_a_command_writes_is_shown_as_it_is_and_noted_clean() {
    let hub = Hub::start("");
    hub.json(&["incident", "declare", "Colours"]);
    let run = r"printf '\033[31mred\033[0m \033]0;title\007\n'";
    let noted = hub.command(&["note", "INC-1", "--run", run]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(String::from_utf8(noted.stderr).unwrap(), "\x1b[31mred\x1b[0m \x1b]0;title\x07\n");
    assert!(!noted.stdout.contains(&0x1b));
    let (lines, _) = hub.run(&["--json", "incident", "timeline", "INC-1", "--limit", "1"]);
    let entry: serde_json::Value = serde_json::from_str(lines.trim()).unwrap();
    assert_eq!(entry["event"]["evidence"]["output"], "red \n");
}

#[test]
fn a_command_that_is_run_does_not_see_the_token() {
    let hub = Hub::start("");
    hub.json(&["incident", "declare", "Secrets"]);
    let mut note = hub.command(&["note", "INC-1", "--run", "env"]);
    let noted = note.env("WARROOM_TOKEN", hub.token()).stdin(Stdio::null()).output().unwrap();
    assert!(noted.status.success());
    let (lines, _) = hub.run(&["--json", "incident", "timeline", "INC-1"]);
    assert!(lines.contains("PATH=") && !lines.contains(&hub.token()), "{lines}");
}

#[test]
fn alerts_that_wait_are_listed_and_put_into_an_incident() {
    let hub = Hub::start("");
    let token = hub.json(&["token", "create", "prometheus", "--role", "ingest"])["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let alert = r#"[{"labels": {"alertname": "DiskFillsUp", "severity": "warning"}}]"#;
    let taken = post_json(hub.address, &format!("/{token}/api/v2/alerts"), alert).unwrap();
    assert_eq!(taken.status, 200, "{}", taken.body);
    let waiting = hub.json(&["alert", "list"]);
    assert_eq!(waiting[0]["name"], "DiskFillsUp");
    hub.json(&["incident", "declare", "Disk"]);
    hub.json(&["alert", "attach", "INC-1", waiting[0]["fingerprint"].as_str().unwrap()]);
    assert_eq!(hub.json(&["alert", "list"]).as_array().unwrap().len(), 0);
    assert_eq!(hub.json(&["slo", "list"]).as_array().unwrap().len(), 0);
}
