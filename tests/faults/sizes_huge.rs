//! An incident that went on for weeks, on a board that nobody cleared.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use warroom::domain::actor::Actor;
use warroom::domain::apply::apply;
use warroom::domain::event::{Declared, Entry, Event};
use warroom::domain::ids::{EntryId, IncidentId, Seq};
use warroom::domain::room::Room;
use warroom::domain::severity::Severity;
use warroom::domain::text::{Line, Text};
use warroom::domain::time::Timestamp;
use warroom::journal::{Batch, Encoded, Journal, OnLoss, Options, Seed, Sqlite};

use crate::PATIENCE;
use crate::hub::{Hub, Setup, memory_of};
use crate::support::eventually;
use crate::watcher::Watcher;

const INCIDENTS: u32 = 500;
/// Of the first incident.
const NOTES: u64 = 100_000;
/// Entries of one transaction.
const TOGETHER: usize = 5_000;
/// Of the hub and of the terminal, in KiB.
const MEMORY: u64 = 200 * 1024;

/// The number of the oldest note on the screen.
fn oldest(screen: &str) -> Option<u64> {
    let words = screen.split("note-").skip(1);
    words.filter_map(|rest| rest.get(..6)?.parse().ok()).min()
}

#[test]
fn an_incident_of_100_000_entries_among_500_open_ones_opens_scrolls_and_stays_within_bounds() {
    let mut hub = Hub::prepare(Setup::default());
    fs::create_dir_all(hub.data()).unwrap();
    let began = Instant::now();
    fill(&hub.journal());
    eprintln!("filled in {:?}", began.elapsed());
    hub.start_again();
    let watcher = Watcher::of(&hub);
    let opened = Instant::now();
    let room = watcher.terminal((120, 40), &[], &[]);
    // The gravest incident is selected, and its timeline stands at its end.
    room.wait_for_text("500 open", PATIENCE);
    room.wait_for_text("note-100000", PATIENCE);
    eprintln!("opened in {:?}", opened.elapsed());

    room.send_keys("gt");
    // The oldest that is held; what lies before it is fetched meanwhile, and the key leads there the next time.
    eventually("older and older entries", PATIENCE, || {
        room.send_keys("\x1b[H");
        oldest(&room.screen_text()).filter(|number| *number < NOTES - 1_000)
    });
    room.send_keys("\x1b[F");
    room.wait_for_text("note-100000", PATIENCE);
    room.send_keys("gi");
    room.send_keys("\x1b[F");
    // The gravest first, then the newest.
    room.wait_for_text("number 2 ", PATIENCE);
    room.send_keys("\x1b[H");
    room.wait_for_text("note-100000", PATIENCE);

    let list = watcher.run(&["--json", "incident", "list"]);
    assert_eq!(list.code, Some(0), "{}", list.err);
    let terminal = memory_of(room.process_id());
    eprintln!("hub {} KiB, terminal {terminal} KiB, all of it {:?}", hub.memory(), began.elapsed());
    assert!(hub.memory() < MEMORY, "the hub took {} KiB", hub.memory());
    assert!(terminal > 0 && terminal < MEMORY, "the terminal took {terminal} KiB");
    room.send_keys("q");
    assert!(room.wait_for_exit(PATIENCE).success());
}

/// What a hub would have written, and where it would have saved its room.
fn fill(path: &Path) {
    let began = Timestamp::from_millis(1_700_000_000_000);
    let options = Options { seed: Seed([7; 32]), now: began, on_loss: OnLoss::Refuse };
    let mut journal = Sqlite::open(path, &options).unwrap();
    let mut room = Room::default();
    let mut batch = Batch::default();
    let declared = (1..=INCIDENTS).map(|number| (IncidentId(number), declare(number)));
    let notes = (1..=NOTES).map(|number| {
        let text = Text::clean(&format!("note-{number:06}: the pool is exhausted on three of nine nodes"));
        (IncidentId(1), Event::NoteAdded { text, evidence: None })
    });
    for (seq, (incident, event)) in (1..).zip(declared.chain(notes)) {
        let entry = Entry {
            seq: Seq(seq),
            id: EntryId(uuid::Uuid::from_u128(u128::from(seq))),
            at: began.plus(Duration::from_secs(seq)),
            actor: Actor::Person("ana".parse().unwrap()),
            incident: Some(incident),
            event,
        };
        apply(&mut room, &entry);
        let json: Arc<str> = serde_json::to_string(&entry).unwrap().into();
        batch.entries.push(Encoded { entry, json });
        if batch.entries.len() == TOGETHER || seq == NOTES + u64::from(INCIDENTS) {
            journal.append(journal.head(), &batch).unwrap();
            batch.entries.clear();
        }
    }
    journal.save_snapshot(&room).unwrap();
}

fn declare(number: u32) -> Event {
    Event::Declared(Declared {
        title: Line::clean(&format!("number {number} of many")),
        kind: None,
        severity: if number == 1 { Severity::Sev0 } else { Severity::Sev2 },
        services: [Line::clean(&format!("service-{number}"))].into(),
        summary: Text::default(),
        drill: false,
        impact_started: None,
        group: None,
    })
}
