//! The way to one destination: one message after another; one that is not taken steps aside and waits.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::waits::{BACKOFF, Waits};
use super::{Carrier, DeliveryOutcome, Desk, Due, STALE_AFTER, Unrecorded, report};
use crate::connect::{Handover, NotReady, Parcel};
use crate::domain::role::Slug;
use crate::domain::text::Line;

/// Before a route that broke begins anew.
const MENDING: Duration = Duration::from_secs(5);

/// Cheap to clone.
#[derive(Clone)]
pub(super) struct Route {
    destination: Slug,
    carrier: Arc<Carrier>,
    desk: Desk,
}

/// What became of a try.
enum Step {
    /// It is over with this one.
    Done,
    /// It was not sent, and waits.
    Again { retry_after: Option<Duration> },
    /// The hub is going down.
    Stop,
}

/// Runs a route until the hub goes down. A fault in it is logged and ends neither this destination nor another.
pub(super) async fn keep(route: Route) {
    loop {
        match tokio::spawn(route.clone().run()).await {
            Ok(()) => return,
            Err(fault) => {
                tracing::error!(destination = %route.destination, %fault, "a route broke and begins anew");
            }
        }
        if !route.desk.pause(MENDING).await {
            return;
        }
    }
}

impl Route {
    pub fn new(destination: Slug, carrier: Carrier, desk: Desk) -> Self {
        Route { destination, carrier: Arc::new(carrier), desk }
    }

    async fn run(mut self) {
        let destination = self.destination.clone();
        let here = |to: &Slug| *to == destination;
        self.desk.record_orphans(here).await;
        let mut waits = Waits::default();
        while !self.desk.shutdown.is_cancelled() {
            self.desk.head.borrow_and_update();
            let parcel = match self.desk.due(&self.destination, &mut waits) {
                Due::Now(parcel) => parcel,
                Due::At(next) => {
                    if let Ok(false) = tokio::time::timeout_at(next, self.desk.news()).await {
                        return;
                    }
                    continue;
                }
                Due::Nothing if self.desk.news().await => continue,
                Due::Nothing => return,
            };
            match self.deliver(&parcel).await {
                Step::Done => {}
                Step::Again { retry_after } => {
                    let (at_most, random) = (self.until_stale(&parcel), (self.desk.random)());
                    waits.put_off(&parcel, Instant::now(), retry_after, at_most, random);
                }
                Step::Stop => return,
            }
        }
    }

    /// A little longer than the parcel may wait, so that then it is held back and not tried once more.
    fn until_stale(&self, parcel: &Parcel) -> Duration {
        STALE_AFTER.saturating_sub((self.desk.clock)().since(parcel.asked_at)) + BACKOFF.0
    }

    async fn deliver(&self, parcel: &Parcel) -> Step {
        let now = (self.desk.clock)();
        if now.since(parcel.asked_at) > STALE_AFTER {
            let detail = "held back: it could not go out within 30 min and may no longer be true";
            self.record(parcel, DeliveryOutcome::Failed, Line::clean(detail)).await;
            return Step::Done;
        }
        let prepared = tokio::select! {
            biased;
            () = self.desk.shutdown.cancelled() => return Step::Stop,
            prepared = self.carrier.prepare(parcel, now) => prepared,
        };
        let ready = match prepared {
            Ok(ready) => ready,
            Err(NotReady::Later { detail, retry_after }) => {
                self.record(parcel, DeliveryOutcome::Deferred, detail).await;
                return Step::Again { retry_after };
            }
            Err(NotReady::Never(detail)) => {
                self.record(parcel, DeliveryOutcome::Failed, detail).await;
                return Step::Done;
            }
        };
        // Nothing goes out that is not written down first.
        let attempt = report(parcel, DeliveryOutcome::Attempting, Line::default());
        match self.desk.ledger.record(attempt).await {
            Ok(()) => {}
            Err(Unrecorded::Refused(why)) => {
                tracing::info!(destination = %self.destination, "not sent: {why}");
                return Step::Again { retry_after: None };
            }
            Err(Unrecorded::NotNow(why)) => {
                // Perhaps it was written all the same: without this it would look as if it were on its way for ever.
                let detail = Line::clean(&format!("not sent, since it could not be written down: {why}"));
                self.record(parcel, DeliveryOutcome::Deferred, detail).await;
                return Step::Again { retry_after: None };
            }
        }
        match ready.hand_over().await {
            Handover::Taken(detail) => self.record(parcel, DeliveryOutcome::Delivered, detail).await,
            Handover::Refused(detail) => self.record(parcel, DeliveryOutcome::Failed, detail).await,
            Handover::Unknown(detail) => self.record(parcel, DeliveryOutcome::Uncertain, detail).await,
            Handover::NotNow { detail, retry_after } => {
                self.record(parcel, DeliveryOutcome::Deferred, detail).await;
                return Step::Again { retry_after };
            }
        }
        Step::Done
    }

    async fn record(&self, parcel: &Parcel, outcome: DeliveryOutcome, detail: Line) {
        self.desk.record(parcel, outcome, detail).await;
    }
}
