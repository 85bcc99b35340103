//! Deliveries that were well-formed and not understood, for a person to read. Bounded: the oldest go.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::domain::actor::Handle;
use crate::domain::mask;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;
use crate::wire::body::DeadLetter;

/// How many are kept.
const KEPT: usize = 200;
/// How many bytes of each.
const BYTES: usize = 2 * 1024;
/// How many are looked at for secrets, so that one which begins in what is kept is seen whole.
const LOOK: usize = 4 * BYTES;

/// Kept in memory only: they tell of a sender that is set up wrongly, and it will send again.
#[derive(Debug, Default)]
pub(in crate::hub) struct DeadLetters(Mutex<VecDeque<DeadLetter>>);

impl DeadLetters {
    pub fn keep(&self, at: Timestamp, source: &Handle, path: &str, reason: &str, raw: &str) {
        let looked_at = raw.get(..raw.floor_char_boundary(LOOK)).unwrap_or_default();
        let letter = DeadLetter {
            at,
            source: source.clone(),
            path: Line::clean(path),
            // It may quote what was sent.
            reason: mask::line(reason),
            body: mask::beginning(looked_at, BYTES),
        };
        let mut letters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        letters.push_front(letter);
        letters.truncate(KEPT);
    }

    pub fn newest_first(&self) -> Vec<DeadLetter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_are_kept_and_only_their_beginning() {
        let letters = DeadLetters::default();
        for number in 0..KEPT + 10 {
            let at = Timestamp::from_millis(number as i64);
            letters.keep(at, &"prom".parse().unwrap(), "/hooks/x", "odd", &"ä".repeat(BYTES));
        }
        let kept = letters.newest_first();
        assert_eq!(kept.len(), KEPT);
        assert_eq!(kept[0].at, Timestamp::from_millis(KEPT as i64 + 9));
        assert!(kept[0].body.len() <= BYTES);
    }
}
