//! When what was not taken is tried again. Each update waits for itself: one that a destination puts off does not hold up
//! those of other incidents, unless the destination said how long it wants to be left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use super::Parcel;
use crate::domain::ids::{CommsId, IncidentId};

/// Between two tries at one update, at the least and at the most.
pub(super) const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

/// One sending of one update.
pub(super) type Key = (IncidentId, CommsId, u32);

/// The waits at one destination.
#[derive(Debug, Default)]
pub(super) struct Waits {
    sendings: BTreeMap<Key, Wait>,
    /// Until when the destination wants nothing.
    all: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Wait {
    failures: u32,
    until: Instant,
}

impl Waits {
    /// Not before then; none when it can go at once.
    pub(super) fn until(&self, key: Key, now: Instant) -> Option<Instant> {
        let own = self.sendings.get(&key).map(|wait| wait.until);
        own.max(self.all).filter(|until| *until > now)
    }

    /// It was not taken. It waits longer after each try, and never beyond `at_most`; `asked` is what the destination
    /// asked for. `random` lies between 0 and 1.
    pub(super) fn put_off(
        &mut self,
        parcel: &Parcel,
        now: Instant,
        asked: Option<Duration>,
        at_most: Duration,
        random: f64,
    ) {
        let wait = self.sendings.entry(key(parcel)).or_insert(Wait { failures: 0, until: now });
        wait.failures = wait.failures.saturating_add(1);
        wait.until = now + backoff(wait.failures, random).max(asked.unwrap_or_default()).min(at_most);
        if let Some(asked) = asked {
            self.all = Some(now + asked.min(at_most));
        }
    }

    /// Forgets those that do not wait any more.
    pub(super) fn keep(&mut self, waiting: &BTreeSet<Key>) {
        self.sendings.retain(|key, _| waiting.contains(key));
    }
}

pub(super) fn key(parcel: &Parcel) -> Key {
    (parcel.incident, parcel.comms, parcel.round)
}

/// Full jitter over a doubling ceiling.
fn backoff(failures: u32, random: f64) -> Duration {
    let ceiling = BACKOFF.0.saturating_mul(2_u32.saturating_pow(failures.min(16))).min(BACKOFF.1);
    (BACKOFF.0 + ceiling.mul_f64(random.clamp(0.0, 1.0))).min(BACKOFF.1)
}
