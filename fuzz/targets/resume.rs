//! The place in a journal: `JOURNAL:SEQ` as clients name it, and a terminal's place, which never goes back in silence.
#![no_main]

use libfuzzer_sys::arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use warroom::domain::ids::{Cursor, Hash, Head, JournalId, Seq};
use warroom::link::place::Place;
use warroom_fuzz::assert_round_trip;

fuzz_target!(|data: &[u8]| {
    if let Ok(raw) = std::str::from_utf8(data)
        && let Ok(cursor) = raw.parse::<Cursor>()
    {
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        assert_round_trip(&cursor);
    }
    if let Ok(place) = serde_json::from_slice::<Place>(data) {
        assert_round_trip(&place);
    }

    let mut bytes = Unstructured::new(data);
    let mut place = Place::default();
    while !bytes.is_empty() {
        let Ok((what, journal, seq)) = bytes.arbitrary::<(u8, bool, u8)>() else { break };
        let journal = JournalId(uuid(journal));
        let before = place;
        let known = place.seq(journal);
        if what % 2 == 0 {
            let head = Head { journal, seq: Seq(seq.into()), hash: Hash([what & 2; 32]) };
            if place.see(head).is_ok() {
                assert!(known.is_none_or(|known| known <= head.seq), "a head behind what was handed on");
                let witness = before.witness.filter(|witness| witness.journal == journal);
                assert!(witness.is_none_or(|witness| witness.seq < head.seq || witness == head));
            } else {
                assert_eq!(place, before, "an alarm changes nothing");
            }
        } else if place.jump(journal, Seq(seq.into())).is_ok() {
            assert!(
                known.is_none_or(|known| known.0 <= seq.into()),
                "a snapshot older than what was handed on"
            );
        } else {
            assert_eq!(place, before);
        }
    }
});

fn uuid(second: bool) -> warroom_fuzz::Uuid {
    warroom_fuzz::Uuid::from_u128(u128::from(second))
}
