//! What the tests of this room have in common.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;
use uuid::Uuid;

use super::Surroundings;
use crate::domain::actor::Actor;
use crate::domain::event::Entry;
use crate::domain::ids::{EntryId, Hash, Head, JournalId, Seq};
use crate::domain::time::Timestamp;

pub fn journal(number: u128) -> JournalId {
    JournalId(Uuid::from_u128(number))
}

pub fn head(number: u128, seq: u64) -> Head {
    Head { journal: journal(number), seq: Seq(seq), hash: Hash([u8::try_from(seq % 251).unwrap(); 32]) }
}

pub fn entry(seq: u64) -> Arc<Entry> {
    let event = serde_json::from_value(serde_json::json!({"type": "test.happened", "n": seq})).unwrap();
    let at = Timestamp::from_millis(1_790_000_000_000);
    Arc::new(Entry {
        seq: Seq(seq),
        id: EntryId(Uuid::from_u128(seq.into())),
        at,
        actor: Actor::Hub,
        incident: None,
        event,
    })
}

pub fn entries(seqs: RangeInclusive<u64>) -> Vec<Arc<Entry>> {
    seqs.map(entry).collect()
}

/// A wall clock that goes with tokio's, and ids that count.
pub fn surroundings() -> Surroundings {
    let (start, count) = (Instant::now(), AtomicU64::new(0));
    Surroundings::new(
        move || Timestamp::from_millis(1_790_000_000_000).plus(start.elapsed()),
        move || {
            let mut bytes = [0x80; 16];
            bytes[8..].copy_from_slice(&count.fetch_add(1, Ordering::SeqCst).to_be_bytes());
            bytes
        },
    )
}
