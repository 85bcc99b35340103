//! The terminal is left as it was found, whichever way it ends.

use std::fs;
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use crate::alone::Alone;
use crate::hub::{Hub, PATIENCE};
use crate::support::eventually;
use crate::support::http::get;
use crate::support::terminal::{Terminal, keys};

/// What a new terminal's driver is set to.
fn untouched() -> String {
    Terminal::spawn("sleep", &["0"], &[], 100, 30).line_settings()
}

/// What is on the way out in the terminal's own bytes, and what a terminal made of them: the main screen, the cursor, no
/// modes, no colour.
fn assert_clean(terminal: &Terminal, settings_before: &str) {
    let raw = String::from_utf8_lossy(&terminal.raw()).into_owned();
    for mode in ["\x1b[?1049", "\x1b[?2004", "\x1b[?1004"] {
        let on = raw.rfind(&format!("{mode}h"));
        let off = raw.rfind(&format!("{mode}l"));
        assert!(on.is_some() && off > on, "{mode:?} stays on");
    }
    for mouse in ["\x1b[?1000", "\x1b[?1002", "\x1b[?1003", "\x1b[?1006"] {
        let off = raw.rfind(&format!("{mouse}l"));
        assert!(raw.rfind(&format!("{mouse}h")) <= off, "{mouse:?} stays on");
    }
    assert!(raw.rfind("\x1b[?2026l") >= raw.rfind("\x1b[?2026h"), "a synchronized frame stays open");
    let screen = terminal.screen();
    assert!(!screen.alternate_screen(), "the alternate screen stays");
    assert!(!screen.hide_cursor(), "the cursor stays hidden");
    assert!(!screen.bracketed_paste(), "pastes stay marked");
    assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    let colours = (screen.fgcolor(), screen.bgcolor(), screen.bold(), screen.inverse());
    assert_eq!(colours, (vt100::Color::Default, vt100::Color::Default, false, false));
    assert_eq!(terminal.line_settings(), settings_before, "the line settings have changed");
}

#[test]
fn quitting_and_being_told_to_end_leave_a_clean_terminal_and_no_hub() {
    let before = untouched();
    for end in ["q", "TERM", "INT", "HUP"] {
        let alone = Alone::new();
        let terminal = alone.room(&[]);
        terminal.wait_for_text("LIVE", PATIENCE);
        match end {
            "q" => terminal.send_keys("q"),
            signal => terminal.signal(signal),
        }
        let status = terminal.wait_for_exit(Duration::from_secs(5));
        assert!(status.success(), "{end}: {status:?}");
        assert_clean(&terminal, &before);
        assert!(!alone.listens(), "{end}: the hub is still there");
    }
}

#[test]
fn a_room_whose_hub_is_killed_stays_and_leaves_a_clean_terminal() {
    let before = untouched();
    let mut hub = Hub::start("");
    let terminal = hub.terminal("ana", 100, 30);
    terminal.wait_for_text("LIVE", PATIENCE);
    hub.kill();
    terminal.wait_for_text("OFFLINE", PATIENCE);
    terminal.send_keys("q");
    let status = terminal.wait_for_exit(PATIENCE);
    assert!(status.success(), "{status:?}");
    assert_clean(&terminal, &before);
}

/// A panic of each part, and what brings that part to the place where it panics.
#[test]
fn a_panic_of_any_part_ends_the_room_with_a_sentence_and_a_clean_terminal() {
    let before = untouched();
    let press = |_: &Alone, terminal: &Terminal| terminal.send_keys("?");
    let declare = |alone: &Alone, _: &Terminal| {
        alone.command(&["incident", "declare", "x"]).output().unwrap();
    };
    let knock = |alone: &Alone, _: &Terminal| {
        TcpStream::connect(alone.address).unwrap();
    };
    type Bring<'a> = &'a dyn Fn(&Alone, &Terminal);
    let places: [(&str, &str, Bring<'_>); 7] = [
        ("loop", "a fault in the room;", &press),
        ("screen", "a fault in its writing to the screen;", &press),
        ("keyboard", "a fault in its reading of the keyboard;", &press),
        ("link", "a fault in its link to the hub;", &declare),
        ("outbox", "a fault in its link to the hub;", &declare),
        ("door", "a fault in the hub in this process;", &knock),
        ("writer", "a fault in the hub in this process;", &declare),
    ];
    for (place, words, bring) in places {
        let alone = Alone::new();
        let now = alone.path("now").display().to_string();
        let terminal = alone.room(&[("WARROOM_TEST_PANIC", &format!("{place}:{now}"))]);
        terminal.wait_for_text("LIVE", PATIENCE);
        fs::write(&now, "").unwrap();
        bring(&alone, &terminal);
        let status = terminal.wait_for_exit(PATIENCE);
        assert_eq!(status.exit_code(), 70, "{place}: {status:?}");
        terminal
            .wait_for(|screen| screen.contents().replace('\n', "").contains("start warroom again"), PATIENCE);
        let said = terminal.screen_text().replace('\n', "");
        assert!(said.contains(words), "{place}: {said}");
        assert!(said.contains(&alone.log().display().to_string()), "{place}: {said}");
        assert_clean(&terminal, &before);
        assert!(!said.contains("panicked"), "{place}: that is for the log: {said}");
        let log = fs::read_to_string(alone.log()).unwrap();
        assert!(log.contains(&format!("a test wants the place {place} to panic")), "{place}: {log}");
        assert!(!alone.listens(), "{place}: the hub is still there");
    }
}

#[test]
fn a_hub_of_its_own_process_ends_with_an_error_when_a_part_of_it_panics() {
    let alone = Alone::new();
    let now = alone.path("now");
    let log = fs::File::create(alone.path("hub.log")).unwrap();
    let mut hub = alone
        .command(&["hub"])
        .env("WARROOM_TEST_PANIC", format!("writer:{}", now.display()))
        .stderr(log)
        .spawn()
        .unwrap();
    eventually("the hub is ready", PATIENCE, || {
        get(alone.address, "/readyz").ok().filter(|response| response.status == 200).map(|_| ())
    });
    fs::write(&now, "").unwrap();
    alone.command(&["incident", "declare", "x"]).output().unwrap();
    let status = eventually("the hub has ended", PATIENCE, || hub.try_wait().unwrap());
    assert_eq!(status.code(), Some(70));
    let said = fs::read_to_string(alone.path("hub.log")).unwrap();
    assert!(said.contains("the hub has ended because of a fault of its own"), "{said}");
}

#[test]
fn a_terminal_that_takes_nothing_any_more_does_not_hold_up_the_end() {
    let hub = Hub::start("");
    let terminal = hub.terminal("ana", 80, 24);
    terminal.wait_for_text("LIVE", PATIENCE);
    terminal.pause();
    // Full frames, until nothing goes through any more.
    for number in 0..40 {
        terminal.resize(100 + number % 2, 40);
        terminal.send_keys(keys::DOWN);
        Command::new("true").status().unwrap();
    }
    terminal.signal("TERM");
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

#[test]
fn more_text_at_once_than_one_read_takes_arrives_whole() {
    let hub = Hub::start("");
    hub.json(&["incident", "declare", "Everything"]);
    let terminal = hub.terminal("ana", 100, 30);
    terminal.wait_for_text("Everything", PATIENCE);
    terminal.send_keys("n");
    let text: String = (0..400).map(|number| format!("{number} ")).collect();
    terminal.send_keys(&format!("\x1b[200~{text}the last\x1b[201~"));
    terminal.wait_for_text("the last", PATIENCE);
}
