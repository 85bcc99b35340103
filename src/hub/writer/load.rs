//! The start: the last snapshot, and the entries since.

use std::sync::Arc;

use super::{SharedRoom, Start};
use crate::domain::apply::apply;
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::hub::clock::{Clock, Random};
use crate::hub::metrics::Metrics;
use crate::journal::{Journal, JournalError, Reader};

/// How many entries are read at a time.
pub(super) const CHUNK: usize = 1_000;

/// A journal with the room that it comes to.
pub(super) struct Loaded {
    pub journal: Box<dyn Journal>,
    pub reader: Box<dyn Reader>,
    pub room: SharedRoom,
    /// When the newest entry was taken.
    pub last_at: Timestamp,
    pub policy: Arc<Policy>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub metrics: Arc<Metrics>,
}

pub(super) fn load(start: Start) -> Result<Loaded, JournalError> {
    let Start { stage: _, journal, policy, clock, random, metrics } = start;
    let reader = journal.reader()?;
    let head = journal.head();
    // A snapshot that is ahead of its journal belongs to entries that are gone: the journal is the truth.
    let mut room = journal.snapshot()?.filter(|room| room.seq <= head.seq).unwrap_or_default();
    let from = room.seq;
    while room.seq < head.seq {
        let entries = reader.read(room.seq, CHUNK)?;
        if entries.is_empty() {
            let hint = "an entry before the head is missing; run `warroom verify`";
            return Err(JournalError::Damaged(hint.to_owned()));
        }
        for encoded in &entries {
            apply(&mut room, &encoded.entry);
        }
    }
    let before = crate::domain::ids::Seq(head.seq.0.saturating_sub(1));
    let last_at = reader.read(before, 1)?.last().map_or(Timestamp::MIN, |encoded| encoded.entry.at);
    tracing::info!(journal = %head.journal, seq = %head.seq, snapshot = %from, "the room is loaded");
    let shared = SharedRoom::default();
    *shared.write() = room;
    Ok(Loaded { journal, reader, room: shared, last_at, policy, clock, random, metrics })
}
