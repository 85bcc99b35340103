//! A machine whose clock is wrong by years.

use std::time::Duration;

use serde_json::json;

use crate::PATIENCE;
use crate::clock::faked;
use crate::hub::Setup;
use crate::room_visitor::{Visitor, write_note};
use crate::scene::Scene;
use crate::support::require_or_skip;
use crate::support::servers::Program;

/// The times of day, to the minute, in this and the last few minutes.
fn minutes() -> Vec<String> {
    let now = chrono::Utc::now();
    let back = (0..3).map(|minutes| now - chrono::Duration::minutes(minutes));
    back.map(|time| time.format("%H:%M:").to_string()).collect()
}

#[track_caller]
fn shows_the_hubs_time(by: &str, words: &str) {
    let mut scene = Scene::open(Setup::default());
    let body = json!({ "title": "id-room-incident", "severity": "SEV2" });
    scene.runtime.block_on(scene.driver.command("id-room-incident", "/incidents", &body));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("time");
    std::fs::write(&file, by).unwrap();
    let visitor = Visitor::of(&scene.hub).with_env(&faked(&file));
    let terminal = visitor.open();
    terminal.wait_for_text(words, PATIENCE);
    terminal.wait_for_text("LIVE", PATIENCE);
    write_note(&terminal, "id-room-note by a wrong clock");
    // On the header and at the note is the hub's time, and nothing is years old or of the future.
    terminal.wait_for(
        |screen| {
            let text = screen.contents();
            let minutes = minutes();
            let has_time = |line: &str| minutes.iter().any(|minute| line.contains(minute.as_str()));
            let note = text.lines().find(|line| line.contains("id-room-note"));
            has_time(text.lines().next().unwrap_or_default()) && note.is_some_and(has_time)
        },
        Duration::from_secs(30),
    );
    let screen = terminal.screen_text();
    for age in ["1500d", "1499d"] {
        assert!(!screen.contains(age), "{screen}");
    }
    scene.ledger.accept("id-room-note", None);
    scene.check();
}

#[test]
fn on_a_machine_whose_clock_is_years_behind_the_room_shows_the_hubs_time_and_says_so() {
    require_or_skip!(Program::Faketime);
    shows_the_hubs_time("-1500d", "days behind");
}

#[test]
fn on_a_machine_whose_clock_is_years_ahead_the_room_shows_the_hubs_time_and_says_so() {
    require_or_skip!(Program::Faketime);
    shows_the_hubs_time("+1500d", "days ahead of");
}
