//! Frames of a hub: the same when written and read again, and entries are taken in their order or not at all.
#![no_main]

use libfuzzer_sys::fuzz_target;
use warroom::domain::apply::apply;
use warroom::domain::event::Event;
use warroom::domain::ids::{JournalId, Seq};
use warroom::domain::room::Room;
use warroom::link::place::Place;
use warroom::wire::frame::Frame;
use warroom_fuzz::assert_round_trip;

fuzz_target!(|data: &[u8]| {
    let Ok(frame) = serde_json::from_slice::<Frame>(data) else { return };
    if !has_unknown_events(&frame) {
        assert_round_trip(&frame);
    }
    let (journal, mut place) = (JournalId(Default::default()), Place::default());
    match frame {
        Frame::Entries { entries } => {
            let in_order = (1..).zip(&entries).all(|(seq, entry)| entry.seq == Seq(seq));
            assert_eq!(place.advance(journal, &entries).is_ok(), in_order);
            let mut room = Room::default();
            entries.iter().for_each(|entry| apply(&mut room, entry));
            if in_order {
                assert_eq!(place.seq(journal), Some(room.seq));
            } else {
                assert_eq!(place, Place::default(), "what does not fit counts not even in part");
            }
        }
        Frame::Snapshot { mut room, recent, .. } => recent.iter().for_each(|entry| apply(&mut room, entry)),
        Frame::Hello(_)
        | Frame::Policy { .. }
        | Frame::Gauges { .. }
        | Frame::Presence { .. }
        | Frame::Heartbeat { .. }
        | Frame::Health(_)
        | Frame::Resync { .. }
        | Frame::Unknown => {}
    }
});

/// What is unknown is kept as it came and never written anew.
fn has_unknown_events(frame: &Frame) -> bool {
    let (Frame::Entries { entries } | Frame::Snapshot { recent: entries, .. }) = frame else { return false };
    entries.iter().any(|entry| matches!(entry.event, Event::Unknown(_)))
}
