//! The outbox: takes what was published to where it belongs, and writes down what became of it.
//!
//! It keeps nothing of its own. What is to be sent stands in the room (deliveries that are pending), and so does every
//! attempt, written *before* the handover. A hub that dies in between finds the attempt at its next start and says that
//! it does not know: each route turns such deliveries into uncertain ones before it sends anything.
//!
//! ```text
//! route    the way to one destination         strays   what waits for a destination that is not there
//! waits    when each is tried again
//! ```

mod route;
mod strays;
#[cfg(test)]
pub(super) mod tests;
mod waits;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use route::Route;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use waits::Waits;

use super::{Carrier, Parcel};
use crate::domain::command::{Command, DeliveryOutcome};
use crate::domain::comms::{Comms, CommsState, Delivery, DeliveryState};
use crate::domain::ids::{Head, IncidentId};
use crate::domain::role::Slug;
use crate::domain::room::Room;
use crate::domain::severity::Severity;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;

/// How long a message may wait for its destination before it is held back: by then it may no longer be true.
pub const STALE_AFTER: Duration = Duration::from_secs(30 * 60);
/// Between two tries to write down an outcome while the journal cannot be written.
const RECORD_AGAIN: Duration = Duration::from_secs(1);
/// A burst of entries is looked at once.
const SETTLE: Duration = Duration::from_millis(50);

/// Writes an outcome into the journal; returns once it is on disk, or says why not.
pub trait Ledger: Send + Sync + fmt::Debug {
    fn record(&self, command: Command) -> Pin<Box<dyn Future<Output = Result<(), Unrecorded>> + Send + '_>>;
}

/// Why an outcome does not stand in the journal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unrecorded {
    /// The rules do not have it; saying it again would change nothing.
    #[error("{0}")]
    Refused(String),
    /// The journal cannot be written at the moment, or nobody knows whether it was.
    #[error("{0}")]
    NotNow(String),
}

/// What the outbox works with; all of it handed in.
pub struct Outbox {
    pub room: Arc<RwLock<Room>>,
    /// Moves whenever the room does.
    pub head: watch::Receiver<Head>,
    pub carriers: BTreeMap<Slug, Carrier>,
    pub ledger: Arc<dyn Ledger>,
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Numbers between 0 and 1 for the jitter.
    pub random: Arc<dyn Fn() -> f64 + Send + Sync>,
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("carriers", &self.carriers).finish_non_exhaustive()
    }
}

impl Outbox {
    /// Works until `shutdown`, one destination apart from the other: the updates of one incident in the order of
    /// publishing, of several incidents the more severe first. A handover that has begun is finished.
    pub async fn run(self, shutdown: CancellationToken) {
        let Outbox { room, head, carriers, ledger, clock, random } = self;
        let mut tasks = JoinSet::new();
        let desk = Desk { room, head, ledger, clock, random, shutdown };
        let known = carriers.keys().cloned().collect();
        tasks.spawn(strays::fail(desk.clone(), known));
        for (destination, carrier) in carriers {
            tasks.spawn(route::keep(Route::new(destination, carrier, desk.clone())));
        }
        while let Some(ended) = tasks.join_next().await {
            // Half an outbox would leave updates waiting for ever. What it was at is found at the next start.
            if let Err(broken) = ended {
                resume_unwind(broken.into_panic());
            }
        }
    }
}

/// What every route works with. Cheap to clone.
#[derive(Clone)]
struct Desk {
    room: Arc<RwLock<Room>>,
    head: watch::Receiver<Head>,
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    random: Arc<dyn Fn() -> f64 + Send + Sync>,
    shutdown: CancellationToken,
}

impl Desk {
    /// Of the deliveries in this state and to such destinations, the one that was published first.
    fn first(&self, state: DeliveryState, to: impl Fn(&Slug) -> bool) -> Option<Parcel> {
        let room = self.room.read().unwrap_or_else(PoisonError::into_inner);
        let found = sendings(&room).filter(|found| found.delivery.state == state && to(found.destination));
        let first = found.min_by_key(|found| (found.published_at, found.incident, found.comms.id))?;
        Some(self.parcel(first))
    }

    /// What is to be tried now at this destination: of each incident its first, and of these the most severe, then the
    /// newest.
    fn due(&self, destination: &Slug, waits: &mut Waits) -> Due {
        let room = self.room.read().unwrap_or_else(PoisonError::into_inner);
        let waiting = || {
            let here = |found: &Sending<'_>| found.destination == destination;
            sendings(&room).filter(|found| found.delivery.state == DeliveryState::Pending).filter(here)
        };
        waits.keep(&waiting().map(|found| found.key()).collect::<BTreeSet<_>>());
        let mut firsts: BTreeMap<IncidentId, Sending<'_>> = BTreeMap::new();
        for found in waiting() {
            let order = |found: &Sending<'_>| (found.published_at, found.comms.id);
            if firsts.get(&found.incident).is_none_or(|first| order(&found) < order(first)) {
                firsts.insert(found.incident, found);
            }
        }
        let now = Instant::now();
        let (mut ready, mut next): (Option<Sending<'_>>, Option<Instant>) = (None, None);
        for found in firsts.into_values() {
            let rank = |found: &Sending<'_>| (found.severity, Reverse(found.published_at));
            match waits.until(found.key(), now) {
                Some(until) => next = Some(next.map_or(until, |next| next.min(until))),
                None if ready.as_ref().is_none_or(|ready| rank(&found) < rank(ready)) => ready = Some(found),
                None => {}
            }
        }
        match (ready, next) {
            (Some(ready), _) => Due::Now(Box::new(self.parcel(ready))),
            (None, Some(next)) => Due::At(next),
            (None, None) => Due::Nothing,
        }
    }

    fn parcel(&self, sending: Sending<'_>) -> Parcel {
        let Sending { incident, comms, destination, delivery, published_at, .. } = sending;
        Parcel {
            incident,
            comms: comms.id,
            destination: destination.clone(),
            round: delivery.round,
            subject: comms.message.subject.clone(),
            body: comms.message.body.clone(),
            published_at,
            asked_at: delivery.asked_at,
            journal: self.head.borrow().journal,
        }
    }

    /// Waits until something new happened since it was last asked. False when the hub is going down.
    async fn news(&mut self) -> bool {
        let changed = tokio::select! {
            () = self.shutdown.cancelled() => false,
            changed = self.head.changed() => changed.is_ok(),
        };
        changed && self.pause(SETTLE).await
    }

    /// False when the hub is going down.
    async fn pause(&self, wait: Duration) -> bool {
        tokio::select! {
            () = self.shutdown.cancelled() => false,
            () = tokio::time::sleep(wait) => true,
        }
    }

    /// Until it is written down, or the hub goes down; an attempt without an outcome is found at the next start.
    async fn record(&self, parcel: &Parcel, outcome: DeliveryOutcome, detail: Line) {
        loop {
            match self.ledger.record(report(parcel, outcome, detail.clone())).await {
                Ok(()) => return,
                Err(Unrecorded::Refused(why)) => {
                    tracing::error!(destination = %parcel.destination, "an outcome is refused: {why}");
                    // Nothing has changed, and so the same would come next.
                    self.pause(RECORD_AGAIN).await;
                    return;
                }
                Err(Unrecorded::NotNow(why)) => {
                    tracing::warn!(destination = %parcel.destination, "an outcome cannot be written down yet: {why}");
                }
            }
            if !self.pause(RECORD_AGAIN).await {
                return;
            }
        }
    }

    /// An attempt without an outcome: whoever made it is gone.
    async fn record_orphans(&self, to: impl Fn(&Slug) -> bool) {
        while let Some(orphan) = self.first(DeliveryState::Sending, &to) {
            let detail = Line::clean("the hub stopped while it was being handed over");
            self.record(&orphan, DeliveryOutcome::Uncertain, detail).await;
            if self.shutdown.is_cancelled() {
                return;
            }
        }
    }
}

fn report(parcel: &Parcel, outcome: DeliveryOutcome, detail: Line) -> Command {
    Command::ReportDelivery {
        incident: parcel.incident,
        comms: parcel.comms,
        destination: parcel.destination.clone(),
        outcome,
        detail,
    }
}

/// What a destination is to do next.
enum Due {
    Now(Box<Parcel>),
    /// Everything waits until then, or until there is news.
    At(Instant),
    Nothing,
}

/// One delivery where it stands in the room.
struct Sending<'a> {
    incident: IncidentId,
    severity: Severity,
    comms: &'a Comms,
    destination: &'a Slug,
    delivery: &'a Delivery,
    published_at: Timestamp,
}

impl Sending<'_> {
    fn key(&self) -> waits::Key {
        (self.incident, self.comms.id, self.delivery.round)
    }
}

fn sendings(room: &Room) -> impl Iterator<Item = Sending<'_>> {
    let updates = room.incidents.values().flat_map(|incident| {
        incident.comms.values().filter_map(move |comms| match comms.state {
            CommsState::Published { at, .. } => Some((incident, comms, at)),
            CommsState::Draft | CommsState::Discarded => None,
        })
    });
    updates.flat_map(|(incident, comms, published_at)| {
        comms.deliveries.iter().map(move |(destination, delivery)| Sending {
            incident: incident.id,
            severity: incident.severity,
            comms,
            destination,
            delivery,
            published_at,
        })
    })
}
