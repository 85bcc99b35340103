//! Who is connected and what they look at. Told to everybody at most once a second, however many come and go.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::domain::actor::Handle;
use crate::domain::gauge::Presence;
use crate::domain::ids::IncidentId;
use crate::domain::time::Timestamp;
use crate::hub::Hub;
use crate::hub::feed::encode;
use crate::wire::frame::Frame;

/// The shortest time between two frames.
const PACE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(in crate::hub) struct Presences {
    seats: Mutex<Seats>,
    changed: Notify,
    frame: watch::Sender<Utf8Bytes>,
}

#[derive(Debug, Default)]
struct Seats {
    next: u64,
    taken: BTreeMap<u64, Presence>,
}

impl Default for Presences {
    fn default() -> Self {
        let frame = watch::Sender::new(encode(&Frame::Presence { people: Vec::new() }));
        Presences { seats: Mutex::default(), changed: Notify::new(), frame }
    }
}

/// A place in the room; leaves with the session.
#[derive(Debug)]
pub(super) struct Seat<'a> {
    presences: &'a Presences,
    number: u64,
}

impl Presences {
    pub(super) fn sit(&self, handle: Handle, since: Timestamp) -> Seat<'_> {
        let number = {
            let mut seats = self.lock();
            seats.next += 1;
            let number = seats.next;
            seats.taken.insert(number, Presence { handle, incident: None, since });
            number
        };
        self.changed.notify_one();
        Seat { presences: self, number }
    }

    /// Everybody once, by what their newest terminal looks at, since their first one came.
    pub fn people(&self) -> Vec<Presence> {
        let mut people: BTreeMap<Handle, Presence> = BTreeMap::new();
        for presence in self.lock().taken.values() {
            people
                .entry(presence.handle.clone())
                .and_modify(|known| {
                    known.incident = presence.incident.or(known.incident);
                    known.since = known.since.min(presence.since);
                })
                .or_insert_with(|| presence.clone());
        }
        people.into_values().collect()
    }

    pub fn watch(&self) -> watch::Receiver<Utf8Bytes> {
        self.frame.subscribe()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat<'_> {
    pub fn look_at(&self, incident: Option<IncidentId>) {
        let changed = match self.presences.lock().taken.get_mut(&self.number) {
            Some(presence) if presence.incident != incident => {
                presence.incident = incident;
                true
            }
            Some(_) | None => false,
        };
        if changed {
            self.presences.changed.notify_one();
        }
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.presences.lock().taken.remove(&self.number);
        self.presences.changed.notify_one();
    }
}

impl Hub {
    /// Tells who is here whenever that changes, until the hub ends.
    pub(in crate::hub) async fn tell_presence(self) {
        let telling = async {
            loop {
                self.presences.changed.notified().await;
                self.presences
                    .frame
                    .send_replace(encode(&Frame::Presence { people: self.presences.people() }));
                tokio::time::sleep(PACE).await;
            }
        };
        self.shutdown.run_until_cancelled(telling).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_with_two_terminals_is_one_person_until_both_are_gone() {
        let presences = Presences::default();
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        let ana: Handle = "ana".parse().unwrap();
        let first = presences.sit(ana.clone(), at(1));
        let second = presences.sit(ana.clone(), at(5));
        first.look_at(Some(IncidentId(1)));
        second.look_at(Some(IncidentId(2)));
        let expected = Presence { handle: ana, incident: Some(IncidentId(2)), since: at(1) };
        assert_eq!(presences.people(), [expected]);
        drop(second);
        assert_eq!(presences.people()[0].incident, Some(IncidentId(1)));
        drop(first);
        assert!(presences.people().is_empty());
    }
}
