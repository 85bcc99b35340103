//! The way to one destination: one message after another, and a longer wait after each try that came to nothing.

use std::sync::Arc;
use std::time::Duration;

use super::{Carrier, DeliveryOutcome, DeliveryState, Desk, STALE_AFTER, Unrecorded, report};
use crate::connect::{Handover, NotReady, Parcel};
use crate::domain::role::Slug;
use crate::domain::text::Line;

/// Between two tries, at the least and at the most.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));
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
        let mut failures = 0_u32;
        while !self.desk.shutdown.is_cancelled() {
            self.desk.head.borrow_and_update();
            let Some(parcel) = self.desk.first(DeliveryState::Pending, here) else {
                if !self.desk.news().await {
                    return;
                }
                continue;
            };
            match self.deliver(&parcel).await {
                Step::Done => failures = 0,
                Step::Again { retry_after } => {
                    failures = failures.saturating_add(1);
                    let wait = backoff(failures, (self.desk.random)()).max(retry_after.unwrap_or_default());
                    if !self.desk.pause(wait.min(self.until_stale(&parcel))).await {
                        return;
                    }
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

/// Full jitter over a doubling ceiling.
fn backoff(failures: u32, random: f64) -> Duration {
    let ceiling = BACKOFF.0.saturating_mul(2_u32.saturating_pow(failures.min(16))).min(BACKOFF.1);
    (BACKOFF.0 + ceiling.mul_f64(random.clamp(0.0, 1.0))).min(BACKOFF.1)
}
