//! Entries as they lie in a journal, one a line: the same when written again, told in harmless words, and folded.
#![no_main]

use libfuzzer_sys::fuzz_target;
use warroom::domain::apply::apply;
use warroom::domain::event::{Entry, Event};
use warroom::domain::narrate::narrate;
use warroom::domain::room::Room;
use warroom::journal::chain::Header;
use warroom_fuzz::{assert_harmless, assert_round_trip};

fuzz_target!(|data: &[u8]| {
    let mut room = Room::default();
    for line in data.split(|byte| *byte == b'\n') {
        let Ok(entry) = serde_json::from_slice::<Entry>(line) else { continue };
        // What is unknown is kept as it was stored and never written anew.
        if !matches!(entry.event, Event::Unknown(_)) {
            assert_round_trip(&entry);
            let json = serde_json::to_string(&entry).unwrap_or_default();
            let again: Entry = serde_json::from_str(&json).expect("what was written can be read");
            assert_eq!(Header::of(&again).bytes(), Header::of(&entry).bytes());
        }
        assert_harmless(&narrate(&entry));
        apply(&mut room, &entry);
    }
    assert_round_trip(&room);
});
