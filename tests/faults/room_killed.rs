//! A terminal that is killed, or whose window is closed, while what was done in it waits for a hub that is away.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::PATIENCE;
use crate::evidence::read_journal;
use crate::hub::Setup;
use crate::room_visitor::{Visitor, write_note, write_update};
use crate::scene::Scene;
use crate::support::eventually;
use crate::support::terminal::{Terminal, keys};

const NOTE: &str = "id-room-note while the hub was away";

/// How many entries of this kind the journal has.
fn count(scene: &Scene, kind: &str) -> usize {
    let kind = format!("\"type\":\"{kind}\"");
    read_journal(&scene.hub).iter().filter(|(_, json)| json.contains(&kind)).count()
}

#[track_caller]
fn in_the_journal(scene: &Scene, kind: &str) {
    eventually(&format!("{kind} is in the journal"), PATIENCE, || (count(scene, kind) > 0).then_some(()));
}

#[track_caller]
fn what_waits_outlives(end: impl Fn(&Terminal)) {
    let mut scene = Scene::open(Setup::default());
    let body = json!({ "title": "id-room-incident", "severity": "SEV2" });
    scene.runtime.block_on(scene.driver.command("id-room-incident", "/incidents", &body));
    let visitor = Visitor::of(&scene.hub);
    let terminal = visitor.open();
    terminal.wait_for_text("LIVE", PATIENCE);
    terminal.wait_for_text("id-room-incident", PATIENCE);
    // The hub goes between the preview and the yes: what goes outside is not even begun without a link.
    write_update(&terminal);
    scene.hub.kill();
    terminal.send_keys(keys::ENTER);
    visitor.wait_until_kept("send-update");
    // Escape and a letter at once would be another key.
    terminal.wait_for_text("Leaving does not call it back", PATIENCE);
    terminal.send_keys(keys::ESCAPE);
    terminal.wait_for(|screen| !screen.contents().contains("Leaving does not call it back"), PATIENCE);
    write_note(&terminal, NOTE);
    terminal.send_keys("a");
    visitor.wait_until_kept("id-room-note");
    visitor.wait_until_kept("\"acknowledge\"");
    end(&terminal);
    terminal.wait_for_exit(PATIENCE);

    scene.hub.start_again();
    let terminal = visitor.open();
    terminal.wait_for_text("id-room-note", PATIENCE);
    terminal.wait_for_text("needs a new yes", PATIENCE);
    scene.ledger.accept("id-room-note", None);
    in_the_journal(&scene, "incident.acknowledged");
    scene.settle();
    assert_eq!(count(&scene, "note.added"), 1);
    assert_eq!(count(&scene, "incident.acknowledged"), 1);
    assert_eq!(count(&scene, "comms.drafted"), 0, "nobody said yes again, and it went out");

    // With a fresh yes it goes out after all, once.
    terminal.send_keys("U");
    terminal.wait_for_text("sent: the update", PATIENCE);
    terminal.send_keys(keys::ENTER);
    terminal.wait_for_text("Send the update", PATIENCE);
    // A key before the question has been there for a moment does not count, and each that counts moves the choice.
    let mut moved: Option<Instant> = None;
    eventually("the yes is chosen", PATIENCE, || {
        let chosen = terminal.screen_text().contains("[ Send ]");
        if !chosen && moved.is_none_or(|moved| moved.elapsed() > Duration::from_secs(3)) {
            terminal.send_keys(keys::RIGHT);
            moved = Some(Instant::now());
        }
        chosen.then_some(())
    });
    terminal.send_keys(keys::ENTER);
    in_the_journal(&scene, "comms.published");
    scene.check();
    assert_eq!(count(&scene, "comms.published"), 1);
    assert_eq!(count(&scene, "note.added"), 1);
}

#[test]
fn what_waits_in_a_terminal_that_is_killed_is_sent_once_by_the_next_and_outward_after_a_fresh_yes() {
    what_waits_outlives(Terminal::kill);
}

#[test]
fn what_waits_in_a_terminal_that_is_closed_is_sent_once_by_the_next_and_outward_after_a_fresh_yes() {
    what_waits_outlives(|terminal| terminal.signal("HUP"));
}
