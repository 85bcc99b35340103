//! Joins the SLO poller to the hub: documents from the folder, gauges onto the feed.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::Context;
use super::slo::{self, Polling, Servers};
use crate::hub::error::HubError;
use crate::hub::prometheus::Prometheus;
use crate::hub::slo_files;
use crate::slo::finding::Level;

/// The poller of this hub's SLOs, ready to run; none when no folder is set.
///
/// # Errors
///
/// When the folder cannot be read. A document that is wrong is told in the log and left out: it stops no other.
pub(super) fn burn(context: &Context) -> Result<Option<impl Future<Output = ()> + Send + 'static>, HubError> {
    let Some(folder) = context.settings.slos.clone() else { return Ok(None) };
    let reading = slo_files::load(&[folder]).map_err(|error| HubError::Settings(error.to_string()))?;
    for finding in &reading.findings {
        match finding.level {
            Level::Error => tracing::error!("{finding}"),
            Level::Warning => tracing::warn!("{finding}"),
        }
    }
    let client = Prometheus::new().map_err(|error| HubError::Settings(error.to_string()))?;
    let servers = Servers { client, default: context.settings.prometheus.clone() };
    let interval = Duration::from_secs(context.settings.slo_interval.clamp(1, 300));
    let polling = Polling::every(interval);
    let clock = Arc::clone(&context.clock);
    let mut seed = [0; 8];
    context.random.fill(&mut seed);
    let (sender, mut receiver) = watch::channel(Vec::new());
    let (gauges, shutdown) = (context.gauges.clone(), context.shutdown.clone());
    let poll = slo::run(
        reading.slos,
        servers,
        polling,
        move || clock.now(),
        u64::from_be_bytes(seed),
        sender,
        shutdown.clone(),
    );
    let publish = async move {
        while receiver.changed().await.is_ok() {
            gauges.publish(receiver.borrow_and_update().clone());
        }
    };
    Ok(Some(async move {
        // The poller ends on shutdown and drops the sender; then publishing ends too.
        tokio::join!(poll, publish);
    }))
}
