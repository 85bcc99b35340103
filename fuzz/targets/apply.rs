//! The fold: any entries on any room give a room; in two parts, with a snapshot between, or each entry twice, they give
//! the same.
#![no_main]

use libfuzzer_sys::arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use warroom::domain::apply::apply;
use warroom::domain::event::Entry;
use warroom::domain::room::Room;
use warroom_fuzz::{assert_all_harmless, assert_round_trip, events};

fuzz_target!(|data: &[u8]| {
    let mut bytes = Unstructured::new(data);
    let cut: u8 = bytes.arbitrary().unwrap_or_default();
    let entries = events::journal(&mut bytes);
    let at_once = fold(Room::default(), &entries);
    let (first, second) = entries.split_at(usize::from(cut).min(entries.len()));
    let snapshot = serde_json::to_string(&fold(Room::default(), first)).expect("a room can be written");
    let in_two = fold(serde_json::from_str(&snapshot).expect("a room can be read"), second);
    assert_eq!(in_two, at_once);
    let twice: Vec<Entry> = entries.iter().flat_map(|entry| [entry.clone(), entry.clone()]).collect();
    assert_eq!(fold(Room::default(), &twice), at_once);
    assert_eq!(fold(at_once.clone(), &entries), at_once);
    assert_all_harmless(&assert_round_trip(&at_once));
});

fn fold(mut room: Room, entries: &[Entry]) -> Room {
    for entry in entries {
        apply(&mut room, entry);
        assert!(room.seq >= entry.seq);
    }
    room
}
