//! Asks the data sources for the counts of every SLO, again and again, and keeps the latest gauge of each.
//!
//! Where both counts are counters, their samples are followed one by one (`counting`). Any other expression is asked for its
//! value: there are two loops, one for the short windows at every poll and one for the whole period every few minutes.
//! SLOs share nothing but the permits of their data source, so that one that fails or hangs delays nobody.

mod counting;
mod gauge;
mod kept;
mod server;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use self::counting::{Counting, Selectors};
use self::gauge::{Answered, Known};
pub use self::server::{AskPrometheus, Servers};
use crate::domain::change::ChangeId;
use crate::domain::gauge::SloGauge;
use crate::domain::ids::IncidentId;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;
use crate::hub::prometheus::{Answer, PrometheusError};
use crate::slo::{DataSource, Slo, promql};

/// What the burn rates on the screen are over.
const SHORT_WINDOWS: [Duration; 3] =
    [Duration::from_secs(300), Duration::from_secs(3_600), Duration::from_secs(6 * 3_600)];

/// How much longer or shorter than the interval a pause may be, so that SLOs do not march in step.
const JITTER: std::ops::Range<f64> = 0.9..1.1;

/// Between the first polls of two SLOs, so that a start is no stampede.
const STAGGER: Duration = Duration::from_millis(20);

/// How often and how long to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Polling {
    /// Between two polls of the short windows.
    pub interval: Duration,
    /// For one answer, the wait for a permit included; less than the interval.
    pub deadline: Duration,
    /// Between two polls of the whole period, which is dear to answer and changes slowly.
    pub period_interval: Duration,
    /// For one answer about a whole period.
    pub period_deadline: Duration,
    /// After a whole period could not be had.
    pub period_retry: Duration,
    /// Queries under way at one data source; whole periods have a quarter of it to themselves.
    pub concurrency: usize,
}

impl Default for Polling {
    fn default() -> Self {
        Polling {
            interval: Duration::from_secs(15),
            deadline: Duration::from_secs(10),
            period_interval: Duration::from_secs(5 * 60),
            period_deadline: Duration::from_secs(30),
            period_retry: Duration::from_secs(60),
            concurrency: 8,
        }
    }
}

impl Polling {
    /// The usual manners with another interval: a demo's or a test's is short.
    pub fn every(interval: Duration) -> Self {
        let usual = Polling::default();
        Polling {
            interval,
            deadline: usual.deadline.min(interval.mul_f64(0.7)),
            period_interval: usual.period_interval.min(interval * 20),
            ..usual
        }
    }
}

/// What the rest of the room says to who counts. A clock alone knows no incidents.
pub trait Surroundings: Clone + Send + Sync + 'static {
    /// The time of answers that do not tell their own.
    fn now(&self) -> Timestamp;

    /// The open incidents of a service.
    fn episodes(&self, _service: &Line) -> Vec<Episode> {
        Vec::new()
    }

    /// The stage of the rollout of a service that goes on.
    fn stage(&self, _service: &Line) -> Option<StageOf> {
        None
    }

    /// What was kept under a name before the last end of the hub.
    fn kept(&self, _name: String) -> impl Future<Output = Option<Vec<u8>>> + Send {
        std::future::ready(None)
    }

    /// Keeps bytes for the next start.
    fn keep(&self, _name: String, _bytes: Vec<u8>) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// Whether an SLO's alert of this severity fires.
    fn fires(&self, _slo: &Slo, _severity: &Line) -> bool {
        false
    }
}

impl<C: Fn() -> Timestamp + Clone + Send + Sync + 'static> Surroundings for C {
    fn now(&self) -> Timestamp {
        self()
    }
}

/// An incident, for what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Episode {
    pub incident: IncidentId,
    pub from: Timestamp,
    /// Absent while it goes on.
    pub to: Option<Timestamp>,
}

/// A stage of a rollout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageOf {
    pub change: ChangeId,
    pub version: Option<Line>,
    /// Since when the traffic is split as it is.
    pub since: Timestamp,
}

/// The names under which the counts of these SLOs are kept.
pub fn kept_names(slos: &[Slo]) -> BTreeSet<String> {
    let name = |slo: &Slo| Some(kept::name(slo, &Selectors::of(slo)?));
    slos.iter().filter_map(name).collect()
}

/// Polls until `stop` is cancelled. `gauges` holds one gauge an SLO, in the order of `slos`, from the first moment on.
///
/// `seed` makes the jitter.
pub async fn run<A: AskPrometheus, S: Surroundings>(
    slos: Vec<Slo>,
    ask: A,
    polling: Polling,
    surroundings: S,
    seed: u64,
    gauges: watch::Sender<Vec<SloGauge>>,
    stop: CancellationToken,
) {
    let unknown = |slo| Known::default().gauge(slo, &surroundings, polling);
    gauges.send_replace(slos.iter().map(unknown).collect());

    let mut random = StdRng::seed_from_u64(seed);
    let spread = polling.interval.min(STAGGER * u32::try_from(slos.len()).unwrap_or(u32::MAX));
    let mut permits: HashMap<DataSource, Permits> = HashMap::new();
    let mut watchers = JoinSet::new();
    for (slot, slo) in slos.into_iter().enumerate() {
        let permits = permits.entry(slo.source.clone()).or_insert_with(|| Permits::new(polling.concurrency));
        let first = Instant::now() + spread.mul_f64(random.random());
        let watcher = Watcher {
            slot,
            slo,
            ask: ask.clone(),
            polling,
            surroundings: surroundings.clone(),
            permits: permits.clone(),
            known: Mutex::new(Known::default()),
            gauges: gauges.clone(),
        };
        let (seed, stop) = (random.random(), stop.clone());
        watchers.spawn(async move { watcher.watch(first, seed, &stop).await });
    }
    while let Some(ended) = watchers.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "the poller of an SLO ended by itself; its gauge stands still until the hub restarts");
        }
    }
    // Without SLOs there is nothing to do until then.
    stop.cancelled().await;
}

/// Held while a data source answers.
#[derive(Clone)]
struct Permits {
    short: Arc<Semaphore>,
    period: Arc<Semaphore>,
}

impl Permits {
    fn new(concurrency: usize) -> Self {
        let short = concurrency.clamp(1, 1_000);
        Permits {
            short: Arc::new(Semaphore::new(short)),
            period: Arc::new(Semaphore::new(short.div_ceil(4))),
        }
    }
}

/// Everything one SLO needs to be watched by itself.
struct Watcher<A, S> {
    slot: usize,
    slo: Slo,
    ask: A,
    polling: Polling,
    surroundings: S,
    permits: Permits,
    known: Mutex<Known>,
    gauges: watch::Sender<Vec<SloGauge>>,
}

impl<A: AskPrometheus, S: Surroundings> Watcher<A, S> {
    async fn watch(&self, first: Instant, seed: u64, stop: &CancellationToken) {
        stop.run_until_cancelled(sleep_until(first)).await;
        let mut random = StdRng::seed_from_u64(seed);
        let (short, period) = (StdRng::from_rng(&mut random), random);
        let Some(selectors) = Selectors::of(&self.slo) else {
            let watched = async { tokio::join!(self.watch_short(short), self.watch_period(period)) };
            stop.run_until_cancelled(watched).await;
            return;
        };
        let counting = Counting::new(self, selectors);
        let watched = async {
            counting.restore().await;
            counting.watch(short, period).await;
        };
        stop.run_until_cancelled(watched).await;
        counting.save().await;
    }

    async fn watch_short(&self, mut random: StdRng) {
        let windows = gauge::short_windows(&self.slo);
        let query = promql::counts(&self.slo.indicator, &windows);
        loop {
            let next = Instant::now() + self.polling.interval.mul_f64(random.random_range(JITTER));
            let answer = timeout(
                self.polling.deadline,
                self.asked(&self.permits.short, &query, self.polling.deadline),
            );
            let answer = answer.await.unwrap_or(Err(PrometheusError::Deadline(self.polling.deadline)));
            self.learn(|known, now| known.take_short(answered(answer, &windows, now)));
            sleep_until(next).await;
        }
    }

    async fn watch_period(&self, mut random: StdRng) {
        loop {
            let windows = gauge::long_windows(&self.slo, self.surroundings.now());
            let query = promql::counts(&self.slo.indicator, &windows);
            let answer = self.asked(&self.permits.period, &query, self.polling.period_deadline).await;
            let pause = if answer.is_ok() { self.polling.period_interval } else { self.polling.period_retry };
            self.learn(|known, now| known.take_period(answered(answer, &windows, now)));
            sleep(pause.mul_f64(random.random_range(JITTER))).await;
        }
    }

    async fn asked(
        &self,
        permits: &Semaphore,
        query: &str,
        deadline: Duration,
    ) -> Result<Answer, PrometheusError> {
        // It is never closed; if it were, asking without a permit would be the lesser evil.
        let _permit = permits.acquire().await.ok();
        let asked = timeout(deadline, self.ask.ask(&self.slo.source, query, deadline));
        asked.await.unwrap_or(Err(PrometheusError::Deadline(deadline)))
    }

    fn learn(&self, take: impl FnOnce(&mut Known, Timestamp)) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        take(&mut known, self.surroundings.now());
        self.show(known.gauge(&self.slo, &self.surroundings, self.polling));
    }

    fn show(&self, gauge: SloGauge) {
        self.gauges.send_if_modified(|gauges| match gauges.get_mut(self.slot) {
            Some(slot) if *slot != gauge => {
                if slot.state != gauge.state {
                    let SloGauge { name, state, detail, .. } = &gauge;
                    tracing::info!(slo = %name, ?state, %detail, "the state of an SLO changed");
                }
                *slot = gauge;
                true
            }
            _ => false,
        });
    }
}

fn answered(
    answer: Result<Answer, PrometheusError>,
    windows: &[Duration],
    now: Timestamp,
) -> Result<Answered, PrometheusError> {
    answer.map(|answer| Answered::new(&answer, windows, now))
}

#[cfg(test)]
mod tests;
