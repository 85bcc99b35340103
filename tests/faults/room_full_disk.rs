//! The disk that the terminal keeps its things on takes nothing more.

use serde_json::json;

use crate::PATIENCE;
use crate::evidence::read_journal;
use crate::hub::Setup;
use crate::means::disk::Disk;
use crate::means::need_root;
use crate::room_visitor::{Visitor, write_note};
use crate::scene::Scene;
use crate::support::eventually;

#[track_caller]
fn in_the_journal(scene: &Scene, words: &str) {
    eventually(&format!("“{words}” is in the journal"), PATIENCE, || {
        read_journal(&scene.hub).iter().any(|(_, json)| json.contains(words)).then_some(())
    });
}

#[test]
fn a_terminal_on_a_full_disk_goes_on_and_says_before_anything_is_done_that_it_is_not_kept() {
    need_root!();
    let disk = Disk::tmpfs(512);
    let mut scene = Scene::open(Setup::default());
    let body = json!({ "title": "id-room-incident", "severity": "SEV2" });
    scene.runtime.block_on(scene.driver.command("id-room-incident", "/incidents", &body));
    let visitor = Visitor::of(&scene.hub).with_state(&disk.data());
    disk.fill();
    let terminal = visitor.open();
    terminal.wait_for_text("LIVE", PATIENCE);
    terminal.wait_for_text("NOT KEPT", PATIENCE);
    terminal.wait_for_text("lost if this terminal is killed", PATIENCE);
    // With the hub all works as ever.
    write_note(&terminal, "id-room-first with a full disk");
    in_the_journal(&scene, "id-room-first");
    // It is written before it is answered: until the answer is here it still counts as waiting. That the entry is in the
    // timeline tells that this screen is a later one than the prompt's, which has no line of what waits either.
    terminal.wait_for(
        |screen| {
            let text = screen.contents();
            let entered = text.lines().any(|line| line.contains("@admin") && line.contains("id-room-first"));
            entered && !text.contains("add a note:")
        },
        PATIENCE,
    );
    // Without it what is done waits in memory, and that shows.
    scene.hub.kill();
    terminal.wait_for_text("OFFLINE", PATIENCE);
    write_note(&terminal, "id-room-second with a full disk");
    terminal.wait_for_text("1 queued, not kept on disk", PATIENCE);
    assert!(!visitor.kept().contains("id-room-second"));
    // As soon as there is room all that waits is kept, without another key.
    disk.make_room();
    visitor.wait_until_kept("id-room-second");
    terminal.wait_for(
        |screen| {
            let text = screen.contents();
            text.contains("1 queued") && !text.contains("not kept on disk")
        },
        PATIENCE,
    );
    scene.hub.start_again();
    in_the_journal(&scene, "id-room-second");
    scene.ledger.accept("id-room-first", None);
    scene.ledger.accept("id-room-second", None);
    scene.check();
    drop(terminal);
    // Whoever has files there must have ended before the disk goes.
    drop(visitor);
}
