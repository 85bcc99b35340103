//! A machine without any network: no route, no name service, nothing but itself.

use serde_json::Value;

use crate::PATIENCE;
use crate::evidence::read_journal;
use crate::hub::{Hub, Setup};
use crate::means::network::entering;
use crate::means::{attempt, need_root, run};
use crate::room_visitor::{Visitor, write_note, write_update};
use crate::support::servers::Program;
use crate::support::terminal::keys;
use crate::support::{eventually, require_or_skip};

const NAME: &str = "warroom-nowhere";

/// A name space with nothing but a loopback in it; gone when it is dropped.
struct Nowhere;

impl Nowhere {
    fn new() -> Self {
        // Of a run that was killed.
        attempt(&["ip", "netns", "del", NAME]).ok();
        run(&["ip", "netns", "add", NAME]);
        run(&["ip", "-n", NAME, "link", "set", "lo", "up"]);
        Nowhere
    }
}

impl Drop for Nowhere {
    fn drop(&mut self) {
        attempt(&["ip", "netns", "del", NAME]).ok();
    }
}

#[test]
fn an_incident_is_run_from_its_declaration_to_its_end_on_a_machine_without_any_network() {
    need_root!();
    require_or_skip!(Program::Ip);
    let _nowhere = Nowhere::new();
    let settings = "[hub.audiences.customers]\nlabel = 'Customers'\ndestinations = ['list']\n\
                    [hub.destinations.list]\nkind = 'mail'\nserver = 'mail.shop.example'\nport = 587\n\
                    security = 'starttls'\nfrom = 'Shop status <status@shop.example>'\nto = ['one@shop.example']\n";
    let before = entering(NAME);
    let mut hub =
        Hub::prepare(Setup { settings: settings.to_owned(), before: before.clone(), ..Setup::default() });
    hub.launch();
    // Nobody outside can ask it whether it is ready.
    eventually("the first token is there", PATIENCE, || hub.data().join("token").is_file().then_some(()));
    let visitor = Visitor::of(&hub).started_by(before);
    let terminal = visitor.open();
    terminal.wait_for_text("LIVE", PATIENCE);

    terminal.send_keys("D");
    terminal.wait_for_text("Declare an incident", PATIENCE);
    terminal.send_keys("Nothing answers any more");
    terminal.wait_for_text("Nothing answers any more", PATIENCE);
    terminal.send_keys(keys::ENTER);
    terminal.wait_for_text("How bad is it?", PATIENCE);
    terminal.send_keys(keys::ENTER);
    terminal.wait_for_text("INC-1", PATIENCE);
    terminal.send_keys("a");
    terminal.wait_for_text("investigating", PATIENCE);
    write_note(&terminal, "The switch has lost its power");
    write_update(&terminal);
    terminal.send_keys(keys::ENTER);
    terminal.wait_for_text("published", PATIENCE);
    // Who cannot be told, and why.
    terminal.wait_for_text("mail.shop.example", PATIENCE);
    terminal.send_keys("ed");
    terminal.wait_for_text("it is over", PATIENCE);
    terminal.send_keys(keys::ENTER);
    eventually("it is over", PATIENCE, || {
        let journal = read_journal(&hub);
        journal.iter().any(|(_, json)| json.contains("\"resolved\"")).then_some(())
    });
    let journal = read_journal(&hub);
    let events =
        journal.iter().map(|(_, json)| serde_json::from_str::<Value>(json).unwrap()["event"].clone());
    let kinds: Vec<String> = events.map(|event| event["type"].as_str().unwrap().to_owned()).collect();
    for kind in ["incident.declared", "incident.acknowledged", "note.added", "comms.published"] {
        assert_eq!(kinds.iter().filter(|had| *had == kind).count(), 1, "{kind}: {kinds:?}");
    }
    assert!(!kinds.iter().any(|kind| kind == "comms.delivered"), "{kinds:?}");
    hub.verify().unwrap();
}
