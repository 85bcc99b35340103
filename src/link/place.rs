//! Where we are in the journal, and whether what the hub says fits to it: no hole, no repetition, no way back.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::event::Entry;
use crate::domain::ids::{Cursor, Head, JournalId, Seq};

/// The last entry that was handed on, and the newest head that the hub ever showed us.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub cursor: Option<Cursor>,
    /// A witness against a journal that goes back or is rewritten: kept with its hash.
    pub witness: Option<Head>,
}

/// The hub lacks, or contradicts, what it told us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WentBack {
    pub known: Cursor,
    pub hub: Head,
}

/// Entries that do not follow the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the hub sent entry {found} where {expected} was to come")]
pub struct Broken {
    pub expected: Seq,
    pub found: Seq,
}

impl Place {
    /// Compares a head that the hub shows with all that is known, and remembers it.
    ///
    /// # Errors
    ///
    /// When the hub's journal is behind what we saw of it, or another one under the same name.
    pub fn see(&mut self, head: Head) -> Result<(), WentBack> {
        let cursor = self.cursor.filter(|cursor| cursor.journal == head.journal);
        let witness = self.witness.filter(|witness| witness.journal == head.journal);
        let known = cursor.map(|cursor| cursor.seq).max(witness.map(|witness| witness.seq));
        let rewritten = witness.is_some_and(|witness| witness.seq == head.seq && witness.hash != head.hash);
        match known {
            Some(seq) if head.seq < seq || rewritten => {
                Err(WentBack { known: Cursor { journal: head.journal, seq }, hub: head })
            }
            _ => {
                self.witness = Some(head);
                Ok(())
            }
        }
    }

    /// The last entry that was handed on, if it is of this journal.
    pub fn seq(&self, journal: JournalId) -> Option<Seq> {
        self.cursor.filter(|cursor| cursor.journal == journal).map(|cursor| cursor.seq)
    }

    /// A snapshot takes the place of everything before it.
    ///
    /// # Errors
    ///
    /// When it is older than what we have.
    pub fn jump(&mut self, journal: JournalId, seq: Seq) -> Result<(), Broken> {
        match self.seq(journal) {
            Some(own) if seq < own => Err(Broken { expected: own, found: seq }),
            _ => {
                self.cursor = Some(Cursor { journal, seq });
                Ok(())
            }
        }
    }

    /// Goes on by these entries.
    ///
    /// # Errors
    ///
    /// At a gap or a repetition; then none of them counts.
    pub fn advance(&mut self, journal: JournalId, entries: &[Arc<Entry>]) -> Result<(), Broken> {
        let mut last = self.seq(journal).unwrap_or(Seq::START);
        for entry in entries {
            let expected = last.next();
            if entry.seq != expected {
                return Err(Broken { expected, found: entry.seq });
            }
            last = expected;
        }
        self.cursor = Some(Cursor { journal, seq: last });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::testing::{entries, head, journal};

    fn at(seq: u64) -> Place {
        Place { cursor: Some(Cursor { journal: journal(1), seq: Seq(seq) }), witness: None }
    }

    #[test]
    fn entries_must_follow_one_another_without_gap_or_repetition() {
        let mut place = at(3);
        assert!(place.advance(journal(1), &entries(4..=6)).is_ok());
        assert_eq!(place, at(6));
        for (first, last) in [(8, 9), (6, 7), (5, 5)] {
            let error = place.advance(journal(1), &entries(first..=last)).unwrap_err();
            assert_eq!(error, Broken { expected: Seq(7), found: Seq(first) });
            assert_eq!(place, at(6));
        }
    }

    #[test]
    fn a_journal_that_is_behind_what_was_seen_is_an_alarm() {
        let mut place = at(6);
        assert!(place.see(head(1, 9)).is_ok());
        let back = place.see(head(1, 8)).unwrap_err();
        assert_eq!(back.known.seq, Seq(9));
        assert_eq!(at(6).see(head(1, 5)).unwrap_err().known.seq, Seq(6));
    }

    #[test]
    fn the_same_place_with_another_hash_is_an_alarm() {
        let mut place = at(6);
        assert!(place.see(head(1, 6)).is_ok());
        assert!(place.see(head(1, 6)).is_ok());
        let rewritten = Head { hash: crate::domain::ids::Hash([9; 32]), ..head(1, 6) };
        assert!(place.see(rewritten).is_err());
    }

    #[test]
    fn another_journal_is_no_alarm_and_begins_anew() {
        let mut place = at(900);
        assert!(place.see(head(2, 4)).is_ok());
        assert_eq!(place.seq(journal(2)), None);
        assert!(place.jump(journal(2), Seq(4)).is_ok());
        assert!(place.jump(journal(2), Seq(3)).is_err());
    }
}
