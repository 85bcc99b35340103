//! Joins the SLO poller to the hub: documents from the folder, gauges onto the feed.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::Context;
use super::alarms::{self, Alarms};
use super::rollouts;
use super::slo::{self, Episode, Polling, Servers, StageOf, Surroundings};
use crate::domain::incident::Incident;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;
use crate::hub::error::HubError;
use crate::hub::prometheus::Prometheus;
use crate::hub::slo_files;
use crate::slo::Slo;
use crate::slo::finding::Level;

/// Between two values that everybody hears of.
const PACE: Duration = Duration::from_millis(250);

/// The room and the clock, as the poller needs them.
#[derive(Clone)]
struct Around(Context);

impl Surroundings for Around {
    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    fn episodes(&self, service: &Line) -> Vec<Episode> {
        let room = self.0.room.read();
        let of_service =
            room.open_incidents().filter(|incident| !incident.drill && incident.services.contains(service));
        let episode = |incident: &Incident| Episode {
            incident: incident.id,
            from: incident.began_at(),
            to: incident.milestones.resolved,
        };
        of_service.map(episode).collect()
    }

    fn stage(&self, service: &Line) -> Option<StageOf> {
        let (room, now) = (self.0.room.read(), self.0.clock.now());
        let of_service = room.changes.iter().filter(|change| change.service.as_ref() == Some(service));
        let going_on = of_service.filter_map(|change| Some((change, change.going_on(now)?.since()?)));
        let (change, since) = going_on.max_by_key(|(change, _)| (change.phase_at, &change.id))?;
        Some(StageOf { change: change.id.clone(), version: change.version.clone(), since })
    }

    async fn kept(&self, name: String) -> Option<Vec<u8>> {
        self.0.shelf.kept(name).await
    }

    async fn keep(&self, name: String, bytes: Vec<u8>) {
        self.0.shelf.keep(name, bytes).await;
    }

    fn fires(&self, slo: &Slo, severity: &Line) -> bool {
        alarms::burns(&self.0.room.read(), slo, severity)
    }
}

/// The poller of this hub's SLOs, ready to run; none when no folder is set.
///
/// # Errors
///
/// When the folder cannot be read. A document that is wrong is told in the log and left out: it stops no other.
pub(super) fn burn(context: &Context) -> Result<Option<impl Future<Output = ()> + Send + 'static>, HubError> {
    let Some(folder) = context.settings.slos.clone() else { return Ok(None) };
    let mut reading = slo_files::load(&[folder]).map_err(|error| HubError::Settings(error.to_string()))?;
    for finding in &reading.findings {
        match finding.level {
            Level::Error => tracing::error!("{finding}"),
            Level::Warning => tracing::warn!("{finding}"),
        }
    }
    let client = Prometheus::new().map_err(|error| HubError::Settings(error.to_string()))?;
    let default = context.settings.prometheus.as_ref();
    for slo in &mut reading.slos {
        slo.source = slo.source.clone().or(default);
    }
    let servers = Servers { client };
    let interval = Duration::from_secs(context.settings.slo_interval.clamp(1, 300));
    let polling = Polling::every(interval);
    let mut seed = [0; 8];
    context.random.fill(&mut seed);
    let (sender, mut receiver) = watch::channel(Vec::new());
    let (gauges, shutdown) = (context.gauges.clone(), context.shutdown.clone());
    let alarms = Alarms::new(&reading.slos, context.clock.now()).run(context.clone());
    let judge = rollouts::judge(context.clone());
    let (shelf, names) = (context.shelf.clone(), slo::kept_names(&reading.slos));
    let poll = slo::run(
        reading.slos,
        servers,
        polling,
        Around(context.clone()),
        u64::from_be_bytes(seed),
        sender,
        shutdown.clone(),
    );
    let publish = async move {
        while receiver.changed().await.is_ok() {
            gauges.publish(receiver.borrow_and_update().clone());
            // Thousands of SLOs move many times a second, one after another.
            shutdown.run_until_cancelled(sleep(PACE)).await;
        }
    };
    Ok(Some(async move {
        // The poller ends on shutdown and drops the sender; then publishing ends too.
        // Of SLOs that no document names any more, or that are counted in another way now, nothing is kept.
        tokio::join!(poll, publish, alarms, judge, shelf.keep_only(names));
    }))
}
