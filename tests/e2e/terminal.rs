//! The terminal is left as it was found, whichever way it ends.

use std::time::Duration;

use crate::hub::{Hub, PATIENCE};
use crate::support::terminal::Terminal;

/// What is on the way out in the terminal's own bytes: the main screen, the cursor, and no modes.
fn assert_clean(terminal: &Terminal, settings_before: &str) {
    let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
    for mode in ["\x1b[?1049", "\x1b[?2004", "\x1b[?1004"] {
        let on = raw.rfind(&format!("{mode}h"));
        let off = raw.rfind(&format!("{mode}l"));
        assert!(on.is_some() && off > on, "{mode:?} stays on");
    }
    assert!(raw.rfind("\x1b[?25h") > raw.rfind("\x1b[?25l"), "the cursor stays hidden");
    assert_eq!(terminal.line_settings(), settings_before, "the line settings have changed");
}

fn room(hub: &Hub) -> (Terminal, String) {
    let idle = Terminal::spawn("sleep", &["0"], &[], 80, 24);
    let before = idle.line_settings();
    let terminal = hub.terminal("ana", 80, 24);
    terminal.wait_for_text("LIVE", PATIENCE);
    (terminal, before)
}

#[test]
fn quitting_and_being_told_to_end_leave_a_clean_terminal() {
    let hub = Hub::start("");
    for end in ["q", "TERM", "INT"] {
        let (terminal, before) = room(&hub);
        match end {
            "q" => terminal.send_keys("q"),
            signal => terminal.signal(signal),
        }
        let status = terminal.wait_for_exit(PATIENCE);
        assert!(status.success(), "{end}: {status:?}");
        assert_clean(&terminal, &before);
    }
}

#[test]
fn a_hang_up_ends_it_at_once() {
    let hub = Hub::start("");
    let (terminal, _) = room(&hub);
    terminal.signal("HUP");
    terminal.wait_for_exit(Duration::from_secs(5));
}

#[test]
fn a_screen_that_is_too_small_still_says_the_worst() {
    let hub = Hub::start("");
    hub.json(&["incident", "declare", "Everything", "--severity", "0"]);
    let terminal = hub.terminal("ana", 80, 24);
    terminal.wait_for_text("Everything", PATIENCE);
    terminal.resize(40, 10);
    terminal.wait_for_text("SEV0", PATIENCE);
    terminal.resize(120, 40);
    terminal.wait_for_text("Everything", PATIENCE);
}
