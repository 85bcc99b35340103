//! The outbox: takes what was published to where it belongs, and writes down what became of it.
//!
//! It keeps nothing of its own. What is to be sent stands in the room (deliveries that are pending), and so does every
//! attempt, written *before* the handover. A hub that dies in between finds the attempt at its next start and says that
//! it does not know: [`Outbox::run`] turns such deliveries into uncertain ones before it sends anything.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Carrier, Handover, NotReady, Parcel};
use crate::domain::command::{Command, DeliveryOutcome};
use crate::domain::comms::{CommsState, DeliveryState};
use crate::domain::ids::{Head, JournalId};
use crate::domain::role::Slug;
use crate::domain::room::Room;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;

/// How long a message may wait for its destination before it is held back: by then it may no longer be true.
pub const STALE_AFTER: Duration = Duration::from_secs(30 * 60);
/// Between two tries at the same destination, at the least and at the most.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));
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
    /// Works until `shutdown`, one destination apart from the other, each in the order of publishing. A handover that
    /// has begun is finished.
    pub async fn run(self, shutdown: CancellationToken) {
        let journal = self.head.borrow().journal;
        let orphans = parcels(&read(&self.room), journal, DeliveryState::Sending);
        for orphan in orphans {
            let detail = Line::clean("the hub stopped while it was being handed over");
            record(&*self.ledger, &orphan, DeliveryOutcome::Uncertain, detail, &shutdown).await;
        }
        let mut routes = JoinSet::new();
        for (destination, carrier) in self.carriers {
            let route = Route {
                destination,
                carrier,
                journal,
                room: Arc::clone(&self.room),
                head: self.head.clone(),
                ledger: Arc::clone(&self.ledger),
                clock: Arc::clone(&self.clock),
                random: Arc::clone(&self.random),
                shutdown: shutdown.clone(),
            };
            routes.spawn(route.run());
        }
        while routes.join_next().await.is_some() {}
    }
}

/// The way to one destination.
struct Route {
    destination: Slug,
    carrier: Carrier,
    journal: JournalId,
    room: Arc<RwLock<Room>>,
    head: watch::Receiver<Head>,
    ledger: Arc<dyn Ledger>,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    random: Arc<dyn Fn() -> f64 + Send + Sync>,
    shutdown: CancellationToken,
}

impl Route {
    async fn run(mut self) {
        let mut failures = 0;
        let mut told: Option<(String, Line)> = None;
        while !self.shutdown.is_cancelled() {
            self.head.borrow_and_update();
            let Some(parcel) = self.next_parcel() else {
                let changed = tokio::select! {
                    () = self.shutdown.cancelled() => return,
                    changed = self.head.changed() => changed.is_ok(),
                };
                if !changed || !self.pause(SETTLE).await {
                    return;
                }
                continue;
            };
            match self.deliver(&parcel).await {
                Step::Done => failures = 0,
                Step::Again { detail, retry_after } => {
                    failures += 1;
                    let news = (parcel.key(), detail);
                    if told.as_ref() != Some(&news) {
                        self.record(&parcel, DeliveryOutcome::Deferred, news.1.clone()).await;
                        told = Some(news);
                    }
                    let wait = retry_after.unwrap_or_else(|| backoff(failures, (self.random)()));
                    if !self.pause(wait.min(BACKOFF.1)).await {
                        return;
                    }
                }
            }
        }
    }

    /// The oldest that is due here.
    fn next_parcel(&self) -> Option<Parcel> {
        let mut pending = parcels(&read(&self.room), self.journal, DeliveryState::Pending);
        pending.retain(|parcel| parcel.destination == self.destination);
        pending.into_iter().min_by_key(|parcel| (parcel.published_at, parcel.incident, parcel.comms))
    }

    async fn deliver(&self, parcel: &Parcel) -> Step {
        let now = (self.clock)();
        // A person's fresh yes (a later round) is never stale.
        if parcel.round == 0 && now.since(parcel.published_at) > STALE_AFTER {
            let detail =
                Line::clean("held back: it could not go out within 30 min and may no longer be true");
            self.record(parcel, DeliveryOutcome::Failed, detail).await;
            return Step::Done;
        }
        let ready = match self.carrier.prepare(parcel, now).await {
            Ok(ready) => ready,
            Err(NotReady::Later { detail, retry_after }) => return Step::Again { detail, retry_after },
            Err(NotReady::Never(detail)) => {
                self.record(parcel, DeliveryOutcome::Failed, detail).await;
                return Step::Done;
            }
        };
        // Nothing goes out that is not written down first.
        if let Err(refusal) =
            self.ledger.record(report(parcel, DeliveryOutcome::Attempting, Line::default())).await
        {
            let detail = Line::clean(&format!("not sent, since it could not be written down: {refusal}"));
            tracing::warn!(destination = %self.destination, "{detail}");
            return Step::Again { detail, retry_after: Some(RECORD_AGAIN) };
        }
        match ready.hand_over().await {
            Handover::Taken(detail) => self.record(parcel, DeliveryOutcome::Delivered, detail).await,
            Handover::Refused(detail) => self.record(parcel, DeliveryOutcome::Failed, detail).await,
            Handover::Unknown(detail) => self.record(parcel, DeliveryOutcome::Uncertain, detail).await,
            Handover::NotNow { detail, retry_after } => {
                self.record(parcel, DeliveryOutcome::Deferred, detail.clone()).await;
                return Step::Again { detail, retry_after };
            }
        }
        Step::Done
    }

    async fn record(&self, parcel: &Parcel, outcome: DeliveryOutcome, detail: Line) {
        record(&*self.ledger, parcel, outcome, detail, &self.shutdown).await;
    }

    /// False when the hub is going down.
    async fn pause(&self, wait: Duration) -> bool {
        tokio::select! {
            () = self.shutdown.cancelled() => false,
            () = tokio::time::sleep(wait) => true,
        }
    }
}

enum Step {
    Done,
    Again { detail: Line, retry_after: Option<Duration> },
}

/// Full jitter over a doubling ceiling.
fn backoff(failures: u32, random: f64) -> Duration {
    let ceiling = BACKOFF.0.saturating_mul(2_u32.saturating_pow(failures.min(16))).min(BACKOFF.1);
    BACKOFF.0 + ceiling.mul_f64(random.clamp(0.0, 1.0))
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

/// Until it is written down, or the hub goes down; an attempt without an outcome is found at the next start.
async fn record(
    ledger: &dyn Ledger,
    parcel: &Parcel,
    outcome: DeliveryOutcome,
    detail: Line,
    shutdown: &CancellationToken,
) {
    loop {
        match ledger.record(report(parcel, outcome, detail.clone())).await {
            Ok(()) => return,
            Err(Unrecorded::Refused(why)) => {
                tracing::error!(destination = %parcel.destination, "an outcome is refused: {why}");
                return;
            }
            Err(Unrecorded::NotNow(why)) => {
                tracing::warn!(destination = %parcel.destination, "an outcome cannot be written down yet: {why}");
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(RECORD_AGAIN) => {}
        }
    }
}

/// All deliveries in one state, with what they carry.
fn parcels(room: &Room, journal: JournalId, state: DeliveryState) -> Vec<Parcel> {
    let mut parcels = Vec::new();
    for incident in room.incidents.values() {
        for comms in incident.comms.values() {
            let CommsState::Published { at, .. } = comms.state else { continue };
            for (destination, delivery) in &comms.deliveries {
                if delivery.state == state {
                    parcels.push(Parcel {
                        incident: incident.id,
                        comms: comms.id,
                        destination: destination.clone(),
                        round: delivery.round,
                        subject: comms.message.subject.clone(),
                        body: comms.message.body.clone(),
                        published_at: at,
                        journal,
                    });
                }
            }
        }
    }
    parcels
}

fn read(room: &RwLock<Room>) -> std::sync::RwLockReadGuard<'_, Room> {
    room.read().unwrap_or_else(PoisonError::into_inner)
}
