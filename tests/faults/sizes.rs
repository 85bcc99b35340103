//! Terminals that are tiny, huge, or can show little.

use std::time::Duration;

use crate::PATIENCE;
use crate::hub::{Hub, Setup};
use crate::support::eventually;
use crate::watcher::Watcher;

fn with_an_incident() -> (Hub, Watcher) {
    let hub = Hub::start(Setup::default());
    let watcher = Watcher::of(&hub);
    let ran = watcher.run(&["incident", "declare", "Zahlung fällt aus → 支付", "--severity", "0"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    (hub, watcher)
}

#[test]
fn a_terminal_of_one_cell_and_one_of_a_wall_lose_nothing_and_the_smallest_says_the_worst() {
    let (_hub, watcher) = with_an_incident();
    let room = watcher.terminal((100, 30), &[], &[]);
    room.wait_for_text("Zahlung fällt aus", PATIENCE);
    for (cols, rows) in [(1, 1), (2, 1), (1, 50), (500, 1), (500, 200), (1, 1)] {
        room.resize(cols, rows);
        // What does not fit is drawn all the same, and whatever is pressed there harms nothing.
        room.send_keys("?");
        room.send_keys("?");
        room.resize(12, 2);
        room.wait_for_text("SEV0", PATIENCE);
        room.resize(500, 200);
        room.wait_for_text("Zahlung fällt aus", PATIENCE);
        // All of the wall is drawn: the footer stands in its last row.
        room.wait_for(
            |screen| screen.rows(0, 500).last().is_some_and(|row| !row.trim().is_empty()),
            PATIENCE,
        );
    }
    room.resize(40, 10);
    room.wait_for_text("need 60×20, have 40×10", PATIENCE);
    room.resize(100, 30);
    room.wait_for_text("Zahlung fällt aus", PATIENCE);
    room.wait_for_text("Timeline", PATIENCE);
    room.send_keys("q");
    let ended = room.wait_for_exit(PATIENCE);
    assert!(ended.success(), "{ended:?}");
}

#[test]
fn where_the_locale_has_no_utf_8_the_whole_screen_is_ascii_at_every_size() {
    let (_hub, watcher) = with_an_incident();
    let room = watcher.terminal((100, 30), &[], &[("LANG", "C")]);
    room.wait_for_text("Zahlung f", PATIENCE);
    room.send_keys("?");
    room.wait_for_text("Keys", PATIENCE);
    room.send_keys("?");
    room.resize(12, 2);
    room.wait_for_text("SEV0", PATIENCE);
    room.resize(500, 200);
    room.wait_for_text("Zahlung f", PATIENCE);
    room.send_keys("\x03");
    assert!(room.wait_for_exit(PATIENCE).success());
    let strange = room.raw().into_iter().filter(|byte| !byte.is_ascii()).count();
    assert_eq!(strange, 0, "{}", String::from_utf8_lossy(&room.raw()));
}

#[test]
fn a_terminal_that_cannot_be_drawn_on_gets_the_entries_line_by_line_and_no_sequence() {
    let (_hub, watcher) = with_an_incident();
    let room = watcher.terminal((100, 30), &[], &[("TERM", "dumb")]);
    room.wait_for_text("following", PATIENCE);
    // The feed begins when the program is connected; an entry from before that is not shown.
    eventually("an entry comes by", PATIENCE, || {
        watcher.run(&["note", "INC-1", "seen on a printer"]);
        room.screen_text().contains("seen on a printer").then_some(())
    });
    room.resize(1, 1);
    room.resize(100, 30);
    room.signal("TERM");
    assert!(room.wait_for_exit(Duration::from_secs(10)).success());
    let raw = room.raw();
    assert!(!raw.contains(&0x1b), "{}", String::from_utf8_lossy(&raw).escape_debug());
}
