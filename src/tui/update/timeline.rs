//! The entries that the terminal holds: kept in order, within bounds.

use std::sync::Arc;

use crate::domain::event::{Entry, Event};
use crate::domain::ids::IncidentId;
use crate::tui::model::Timeline;

impl Timeline {
    /// Takes an entry in; the oldest go when there are too many.
    pub fn insert(&mut self, entry: Arc<Entry>) {
        if let Some(incident) = entry.incident {
            self.by_incident.entry(incident).or_default().insert(entry.seq, Arc::clone(&entry));
        }
        if let Event::NoteCorrected { note, .. } = &entry.event {
            let newest = self.corrections.entry(*note).or_insert(entry.seq);
            *newest = entry.seq.max(*newest);
        }
        self.entries.insert(entry.seq, entry);
        while self.entries.len() > Self::HELD {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((seq, oldest)) = self.entries.pop_first() else { return };
        self.corrections.remove(&seq);
        let Some(incident) = oldest.incident else { return };
        self.complete.remove(&incident);
        if let Some(entries) = self.by_incident.get_mut(&incident) {
            entries.remove(&seq);
            if entries.is_empty() {
                self.by_incident.remove(&incident);
            }
        }
    }

    /// Older entries that were asked for. `complete` says that there is nothing before them.
    pub fn insert_older(&mut self, incident: IncidentId, entries: Vec<Arc<Entry>>, complete: bool) {
        self.fetching.remove(&incident);
        let room = Self::HELD.saturating_sub(self.entries.len());
        let skipped = entries.len().saturating_sub(room);
        entries.into_iter().skip(skipped).for_each(|entry| self.insert(entry));
        if complete && skipped == 0 {
            self.complete.insert(incident);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::actor::Actor;
    use crate::domain::ids::{EntryId, Seq};
    use crate::domain::time::Timestamp;

    fn entry(seq: u64) -> Arc<Entry> {
        Arc::new(Entry {
            seq: Seq(seq),
            id: EntryId(uuid::Uuid::nil()),
            at: Timestamp::from_millis(0),
            actor: Actor::Hub,
            incident: Some(IncidentId(1)),
            event: Event::Acknowledged,
        })
    }

    #[test]
    fn no_more_entries_are_held_than_the_bound_and_the_newest_stay() {
        let mut timeline = Timeline::default();
        let many = Timeline::HELD as u64 + 10;
        (1..=many).for_each(|seq| timeline.insert(entry(seq)));
        assert_eq!(timeline.entries.len(), Timeline::HELD);
        assert_eq!(timeline.by_incident[&IncidentId(1)].len(), Timeline::HELD);
        assert_eq!(timeline.entries.keys().next(), Some(&Seq(11)));
    }

    #[test]
    fn older_entries_never_push_out_newer_ones() {
        let mut timeline = Timeline::default();
        (11..=Timeline::HELD as u64 + 5).for_each(|seq| timeline.insert(entry(seq)));
        timeline.insert_older(IncidentId(1), (1..=10).map(entry).collect(), true);
        assert_eq!(timeline.entries.keys().next(), Some(&Seq(6)));
        assert_eq!(timeline.entries.len(), Timeline::HELD);
        assert!(!timeline.complete.contains(&IncidentId(1)));
    }
}
