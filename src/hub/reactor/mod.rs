//! What acts by itself on what happens: each reactor hears every entry, reads the room, and submits commands like
//! anybody else.

mod alarms;
pub mod burn;
pub mod expiry;
pub mod outbox;
mod rollouts;
pub mod slo;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::clock::{Clock, Random};
use super::error::HubError;
use super::feed::Feed;
use super::gauges::Gauges;
use super::metrics::Metrics;
use super::settings::Settings;
use super::vital::Vital;
use super::writer::{SharedRoom, Shelf, Submitter};
use crate::domain::actor::Actor;
use crate::domain::command::{Command, Submission};

/// What a reactor is given. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Context {
    pub settings: Arc<Settings>,
    /// The way to act.
    pub submitter: Submitter,
    /// Subscribe before reading the room, and nothing falls between the two. Who lags reads the room again.
    pub feed: Arc<Feed>,
    pub room: SharedRoom,
    /// For what a reactor wants to find again after a start.
    pub shelf: Shelf,
    pub gauges: Gauges,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub metrics: Arc<Metrics>,
    /// End when it is cancelled; the hub waits for it.
    pub shutdown: CancellationToken,
}

impl Context {
    /// Says what follows from the gauges. What could not be written is still so at the next look at them.
    async fn submit(&self, actor: Actor, command: Command) {
        if let Err(error) = self.submitter.submit(Submission { id: None, actor, seen: None, command }).await {
            tracing::warn!(%error, "what the SLOs say could not be written; trying again");
        }
    }
}

/// Starts all reactors. The hub ends only after their tasks.
///
/// # Errors
///
/// When a setting cannot work: an unreadable secret, a folder that is not there.
pub(super) fn start(context: &Context, expiry: &Arc<expiry::Expiry>, tasks: &Vital) -> Result<(), HubError> {
    let outbox = outbox::outbox(context)?;
    let burn = burn::burn(context)?;
    tasks.spawn("expiry", Arc::clone(expiry).run(context.clone()));
    tasks.spawn("outbox", outbox.run(context.shutdown.clone()));
    if let Some(burn) = burn {
        tasks.spawn("burn", burn);
    }
    Ok(())
}
