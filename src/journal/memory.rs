//! A journal that is gone with its process: for tests, and for a demonstration that leaves nothing behind.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::chain::{self, Salts, Seed};
use super::{AppendError, Batch, Encoded, Journal, JournalError, OUTCOMES_KEPT_DAYS, Reader, Recorded};
use crate::domain::ids::{CommandId, Hash, Head, IncidentId, JournalId, Seq};
use crate::domain::room::Room;
use crate::domain::time::Timestamp;

#[derive(Debug)]
pub struct Memory {
    shared: Arc<Shared>,
    salts: Salts,
}

#[derive(Debug)]
struct Shared {
    journal: JournalId,
    contents: Mutex<Contents>,
}

#[derive(Debug, Default)]
struct Contents {
    entries: Vec<Encoded>,
    by_incident: HashMap<IncidentId, Vec<usize>>,
    hash: Option<Hash>,
    outcomes: HashMap<CommandId, (Timestamp, Recorded)>,
    outcomes_pruned: Timestamp,
    snapshot: Option<Room>,
    kept: HashMap<String, Vec<u8>>,
}

impl Memory {
    pub fn new(seed: Seed) -> Self {
        let mut salts = Salts::new(seed);
        let journal = JournalId(Uuid::from_bytes(salts.next()));
        Memory { shared: Arc::new(Shared { journal, contents: Mutex::default() }), salts }
    }
}

impl Shared {
    /// A panic elsewhere cannot leave the contents half-changed: a batch is put in whole or not at all.
    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn head(&self, contents: &Contents) -> Head {
        let seq = contents.entries.last().map_or(Seq::START, |encoded| encoded.entry.seq);
        Head { journal: self.journal, seq, hash: contents.hash.unwrap_or(Hash::ZERO) }
    }
}

impl Contents {
    fn prune(&mut self, at: Timestamp) {
        let kept = Duration::from_secs(OUTCOMES_KEPT_DAYS * 24 * 60 * 60);
        if at.since(self.outcomes_pruned) > Duration::from_secs(60 * 60) {
            self.outcomes_pruned = at;
            self.outcomes.retain(|_, (recorded_at, _)| at.since(*recorded_at) <= kept);
        }
    }
}

impl Journal for Memory {
    fn head(&self) -> Head {
        self.shared.head(&self.shared.lock())
    }

    fn append(&mut self, after: Head, batch: &Batch) -> Result<Head, AppendError> {
        let mut contents = self.shared.lock();
        let head = self.shared.head(&contents);
        if after != head {
            return Err(AppendError::Moved(head));
        }
        let links = chain::link(head, &batch.entries, &mut self.salts)?;
        for encoded in &batch.entries {
            if let Some(incident) = encoded.entry.incident {
                let place = contents.entries.len();
                contents.by_incident.entry(incident).or_default().push(place);
            }
            contents.entries.push(encoded.clone());
        }
        if let Some(last) = links.last() {
            contents.hash = Some(last.hash);
        }
        contents.prune(batch.at);
        for (id, recorded) in &batch.outcomes {
            contents.outcomes.entry(id.clone()).or_insert_with(|| (batch.at, recorded.clone()));
        }
        Ok(self.shared.head(&contents))
    }

    fn recorded(&self, id: &CommandId) -> Result<Option<Recorded>, JournalError> {
        Ok(self.shared.lock().outcomes.get(id).map(|(_, recorded)| recorded.clone()))
    }

    fn snapshot(&self) -> Result<Option<Room>, JournalError> {
        Ok(self.shared.lock().snapshot.clone())
    }

    fn save_snapshot(&mut self, room: &Room) -> Result<(), JournalError> {
        let mut contents = self.shared.lock();
        let newest = self.shared.head(&contents).seq;
        if room.seq > newest {
            return Err(snapshot_ahead(room.seq, newest));
        }
        contents.snapshot = Some(room.clone());
        Ok(())
    }

    fn keep(&mut self, name: &str, bytes: &[u8]) -> Result<(), JournalError> {
        self.shared.lock().kept.insert(name.to_owned(), bytes.to_owned());
        Ok(())
    }

    fn keep_only(&mut self, names: &BTreeSet<String>) -> Result<(), JournalError> {
        self.shared.lock().kept.retain(|name, _| names.contains(name));
        Ok(())
    }

    fn recover(&mut self) -> Result<Head, JournalError> {
        Ok(self.head())
    }

    fn reader(&self) -> Result<Box<dyn Reader>, JournalError> {
        Ok(Box::new(MemoryReader(Arc::clone(&self.shared))))
    }
}

pub(super) fn snapshot_ahead(room: Seq, newest: Seq) -> JournalError {
    JournalError::Unavailable(format!(
        "the room as of entry {room} was not saved: the journal ends at entry {newest}"
    ))
}

#[derive(Debug)]
struct MemoryReader(Arc<Shared>);

impl Reader for MemoryReader {
    fn read(&self, after: Seq, limit: usize) -> Result<Vec<Encoded>, JournalError> {
        let contents = self.0.lock();
        let start = usize::try_from(after.0).unwrap_or(usize::MAX);
        Ok(contents.entries.iter().skip(start).take(limit).cloned().collect())
    }

    fn timeline(
        &self,
        incident: IncidentId,
        after: Seq,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Encoded>, JournalError> {
        let contents = self.0.lock();
        let places = contents.by_incident.get(&incident).map_or(&[][..], Vec::as_slice);
        let mut entries: Vec<Encoded> = places
            .iter()
            .rev()
            .filter_map(|place| contents.entries.get(*place))
            .skip_while(|encoded| before.is_some_and(|before| encoded.entry.seq >= before))
            .take_while(|encoded| encoded.entry.seq > after)
            .take(limit)
            .cloned()
            .collect();
        entries.reverse();
        Ok(entries)
    }

    fn head(&self) -> Result<Head, JournalError> {
        Ok(self.0.head(&self.0.lock()))
    }

    fn kept(&self, name: &str) -> Result<Option<Vec<u8>>, JournalError> {
        Ok(self.0.lock().kept.get(name).cloned())
    }
}
