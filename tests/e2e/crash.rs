//! What was acknowledged stays, whatever happens to the hub; terminals go on by themselves.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::hub::{Hub, PATIENCE};

#[test]
fn nothing_acknowledged_is_missing_or_doubled_after_kill_9_under_load() {
    let mut hub = Hub::start("");
    hub.json(&["incident", "declare", "Under load"]);
    let terminal = hub.terminal("ana", 100, 30);
    terminal.wait_for_text("Under load", PATIENCE);
    let accepted = Arc::new(Mutex::new(BTreeSet::new()));
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..3)
        .map(|writer| {
            let (url, token) = (hub.url(), hub.token());
            let (accepted, stop) = (Arc::clone(&accepted), Arc::clone(&stop));
            std::thread::spawn(move || write_notes(writer, &url, &token, &accepted, &stop))
        })
        .collect();
    for round in 1..=3 {
        let enough = round * 150;
        crate::support::eventually("notes are accepted", PATIENCE, || {
            (accepted.lock().unwrap().len() >= enough).then_some(())
        });
        hub.kill();
        hub.start_again();
    }
    stop.store(true, Ordering::Relaxed);
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let texts: Vec<String> = notes(&hub);
    let unique: BTreeSet<String> = texts.iter().cloned().collect();
    assert_eq!(texts.len(), unique.len(), "a note was doubled");
    let accepted = accepted.lock().unwrap();
    let missing: Vec<_> = accepted.difference(&unique).collect();
    assert!(
        missing.is_empty(),
        "{} of {} accepted notes are missing: {missing:?}",
        missing.len(),
        accepted.len()
    );
    // The terminal has come back by itself and shows the newest.
    let newest = texts.last().unwrap();
    terminal.wait_for_text("LIVE", PATIENCE);
    terminal.wait_for_text(newest, PATIENCE);
    let (out, code) = hub.run(&["verify", &hub.journal().display().to_string()]);
    assert_eq!(code, 0, "{out}");
}

/// Every note has a key of its own; without an answer it is sent again under the same one.
fn write_notes(writer: usize, url: &str, token: &str, accepted: &Mutex<BTreeSet<String>>, stop: &AtomicBool) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    rustls::crypto::ring::default_provider().install_default().ok();
    let client = reqwest::Client::builder().timeout(Duration::from_secs(2)).build().unwrap();
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        let text = format!("note {writer}-{number}");
        let request = client
            .post(format!("{url}/api/v1/incidents/INC-1/notes"))
            .bearer_auth(token)
            .header("Idempotency-Key", format!("w{writer}-{number}"))
            .json(&serde_json::json!({ "text": text }));
        match runtime.block_on(async { request.send().await }) {
            Ok(response) if response.status().is_success() => {
                accepted.lock().unwrap().insert(text);
                number += 1;
            }
            Ok(response) => {
                // Too fast for the rate limit, or the hub is going: the same again.
                let status = response.status();
                assert!(status == 429 || status.is_server_error(), "{status}");
                std::thread::yield_now();
            }
            Err(_) => std::thread::yield_now(),
        }
    }
}

fn notes(hub: &Hub) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = reqwest::Client::new();
    let mut texts = Vec::new();
    let mut before = String::new();
    loop {
        let url = format!("{}/api/v1/incidents/INC-1/timeline?limit=200{before}", hub.url());
        let page: serde_json::Value = runtime
            .block_on(async { client.get(url).bearer_auth(hub.token()).send().await.unwrap().json().await })
            .unwrap();
        let entries = page["entries"].as_array().unwrap();
        let found = entries.iter().filter(|entry| entry["event"]["type"] == "note.added");
        let mut older: Vec<String> =
            found.map(|entry| entry["event"]["text"].as_str().unwrap().to_owned()).collect();
        older.append(&mut texts);
        texts = older;
        match page["older_before"].as_u64() {
            Some(seq) => before = format!("&before={seq}"),
            None => return texts,
        }
    }
}

#[test]
fn a_terminal_lives_through_a_hub_that_stops_and_one_that_comes_back_with_more() {
    let mut hub = Hub::start("");
    hub.json(&["incident", "declare", "The long night"]);
    let terminal = hub.terminal("ana", 100, 30);
    terminal.wait_for_text("LIVE", PATIENCE);
    // Silent, but not gone.
    hub.signal("STOP");
    terminal.wait_for_text("LATE", PATIENCE);
    terminal.wait_for_text("OFFLINE", Duration::from_secs(40));
    assert!(terminal.screen_text().contains("The long night"), "what was known stays readable");
    // A command that is safe to send late waits and shows as waiting.
    terminal.send_keys("a");
    terminal.wait_for_text("queued", PATIENCE);
    hub.signal("CONT");
    terminal.wait_for_text("LIVE", Duration::from_secs(40));
    terminal.wait_for_text("investigating", PATIENCE);
    // Gone, and back with entries that nobody on this terminal has seen.
    terminal.pause();
    hub.kill();
    hub.start_again();
    for number in 0..20 {
        hub.json(&["note", "INC-1", &format!("while you were away {number}")]);
    }
    terminal.resume();
    terminal.wait_for_text("while you were away 19", Duration::from_secs(40));
    assert_eq!(hub.json(&["incident", "list"])[0]["status"], "investigating");
}
