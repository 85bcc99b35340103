//! Follows the counters of one SLO sample by sample: what is recent at every poll, the rest of its period once, and after
//! an absence what was missed. Nothing is extrapolated and nothing counts twice, whatever overlaps.

mod cohorts;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::gauge::{Beside, Measured, Windows, is_current};
use super::kept;
use super::{AskPrometheus, Episode, JITTER, SHORT_WINDOWS, Surroundings, Watcher};
use crate::domain::gauge::{CanaryGauge, SloGauge, SloState, Spent};
use crate::domain::text::Line;
use crate::domain::time::Timestamp;
use crate::hub::prometheus::{PrometheusError, Series};
use crate::slo::alerting::{Alarms, Sight};
use crate::slo::burn::Measure;
use crate::slo::counters::{Samples, Side, Taken};
use crate::slo::meter::{Meter, Reading};
use crate::slo::slo::{Indicator, Numerator};
use crate::slo::{Slo, counters, onset};

/// What is older than this is read in steps, not as it was scraped.
const RECENT: Duration = Duration::from_secs(3_600);
/// Asked for again at each poll, because a scrape may come late.
const OVERLAP: Duration = Duration::from_secs(60);
/// Between two readings of what is older: a reset loses what happened since the last of them.
const STEP: Duration = Duration::from_secs(60);
/// How much of what is older is asked for at once, at most and at least.
const CHUNK: (Duration, Duration) = (Duration::from_secs(86_400), Duration::from_secs(1_800));
/// Without samples for so long, or for three polls, an SLO is stale.
const SILENCE: Duration = Duration::from_secs(150);
/// The counts are kept for the next start so often; what came since is read again, sample by sample.
const SAVE: Duration = Duration::from_secs(600);
/// A writer that stands still must not hold up the figures.
const SAVED: Duration = Duration::from_secs(2);
/// Series that ended long ago are forgotten so often.
const TIDY: Duration = Duration::from_secs(3_600);

/// The two selectors of an SLO of which both counts are counters.
pub(super) struct Selectors {
    total: String,
    part: String,
}

impl Selectors {
    /// Those of the series that a matcher takes.
    fn narrowed(slo: &Slo, matcher: &str) -> Option<Self> {
        let Indicator { total, numerator } = &slo.indicator;
        Some(Selectors { total: total.narrowed(matcher)?, part: numerator.query().narrowed(matcher)? })
    }

    pub(super) fn of(slo: &Slo) -> Option<Self> {
        let (total, part) = (slo.indicator.total.selector()?, slo.indicator.numerator.query().selector()?);
        Some(Selectors { total: total.to_owned(), part: part.to_owned() })
    }

    pub(super) fn total(&self) -> &str {
        &self.total
    }

    pub(super) fn part(&self) -> &str {
        &self.part
    }
}

/// What is known so far.
struct Known {
    meter: Meter,
    /// Since the last answer.
    failure: Option<PrometheusError>,
    past: Past,
    /// What is odd about the samples.
    remark: Option<Line>,
    alarms: Alarms,
    canary: Option<CanaryGauge>,
}

/// The period before the start.
enum Past {
    /// Read up to there.
    Reading {
        to: Timestamp,
        failure: Option<PrometheusError>,
    },
    Known,
}

/// Counts one SLO for ever.
pub(super) struct Counting<'a, A, S> {
    watcher: &'a Watcher<A, S>,
    selectors: Selectors,
    known: Mutex<Known>,
}

impl<'a, A: AskPrometheus, S: Surroundings> Counting<'a, A, S> {
    pub(super) fn new(watcher: &'a Watcher<A, S>, selectors: Selectors) -> Self {
        let now = watcher.surroundings.now();
        let Watcher { slo, surroundings, .. } = watcher;
        let meter = Meter::of(slo, now.minus(RECENT + OVERLAP), now);
        let past = Past::Reading { to: slo.looks_back_to(now), failure: None };
        let alarms = Alarms::new(slo, |severity| surroundings.fires(slo, severity));
        let canary = slo.canary.as_ref().map(|_| CanaryGauge::Idle);
        let known = Known { meter, failure: None, past, remark: None, alarms, canary };
        Counting { watcher, selectors, known: Mutex::new(known) }
    }

    /// Goes on where the hub stood when it ended, if that was kept and is not older than the period.
    pub(super) async fn restore(&self) {
        let Watcher { slo, surroundings, .. } = self.watcher;
        let Some(bytes) = surroundings.kept(kept::name(slo, &self.selectors)).await else { return };
        let Some(meter) = kept::decode(&bytes, slo) else {
            tracing::warn!(slo = %slo.name, "the counts that were kept cannot be used; the period is read anew");
            return;
        };
        let now = surroundings.now();
        if meter.until().is_some_and(|until| until <= now && until > slo.looks_back_to(now)) {
            self.learn(|known| {
                known.meter = meter;
                known.past = Past::Known;
            });
        }
    }

    /// Keeps what is counted for the next start, once the whole period is.
    pub(super) async fn save(&self) {
        let Watcher { slo, surroundings, .. } = self.watcher;
        let bytes = {
            let known = self.lock();
            if !matches!(known.past, Past::Known) || known.meter.until().is_none() {
                return;
            }
            kept::encode(&known.meter)
        };
        if let Some(bytes) = bytes {
            let kept = timeout(SAVED, surroundings.keep(kept::name(slo, &self.selectors), bytes));
            if kept.await.is_err() {
                tracing::warn!(slo = %slo.name, "the counts were not kept in time; the next start reads more");
            }
        }
    }

    pub(super) async fn watch(&self, recent: StdRng, past: StdRng) {
        let is_known = matches!(self.lock().past, Past::Known);
        let read_past = async {
            if !is_known {
                self.read_past(past).await;
                self.save().await;
            }
        };
        tokio::join!(self.follow(recent), read_past, self.compare());
    }

    /// The recent samples, again and again.
    async fn follow(&self, mut random: StdRng) {
        let polling = self.watcher.polling;
        let mut tidied = Instant::now();
        // So that they do not all save at once.
        let mut saved =
            Instant::now().checked_sub(SAVE.mul_f64(random.random())).unwrap_or_else(Instant::now);
        loop {
            let next = Instant::now() + polling.interval.mul_f64(random.random_range(JITTER));
            let polled = timeout(polling.deadline, self.poll()).await;
            let failure = polled.unwrap_or(Err(PrometheusError::Deadline(polling.deadline))).err();
            self.learn(|known| known.failure = failure);
            if saved.elapsed() > SAVE {
                saved = Instant::now();
                self.save().await;
            }
            if tidied.elapsed() > TIDY {
                tidied = Instant::now();
                let now = self.watcher.surroundings.now();
                self.learn(|known| known.meter.forget(now));
            }
            sleep_until(next).await;
        }
    }

    async fn poll(&self) -> Result<(), PrometheusError> {
        let until = self.lock().meter.until();
        self.catch_up(&self.selectors, until, None, |answer| self.learn(|known| known.take(answer))).await
    }

    /// What came since `until`; where nothing is known yet, since `first`, or else the recent samples.
    async fn catch_up(
        &self,
        selectors: &Selectors,
        until: Option<Timestamp>,
        first: Option<Timestamp>,
        mut take: impl FnMut(&[Samples]),
    ) -> Result<(), PrometheusError> {
        let polling = self.watcher.polling;
        let now = self.watcher.surroundings.now();
        let mut from = until.or(first).unwrap_or(now.minus(RECENT));
        while now.since(from) > RECENT {
            let to = now.min(from.plus(CHUNK.0));
            take(&self.span(selectors, &self.watcher.permits.short, from, to).await?);
            from = to;
        }
        let behind = now.since(from);
        let range = (behind + OVERLAP).clamp(2 * polling.interval + OVERLAP, RECENT + OVERLAP);
        take(&self.recent(selectors, &self.watcher.permits.short, range, polling.deadline).await?);
        Ok(())
    }

    /// The period before the start, from its beginning on, into a meter of its own that takes the place of the first.
    async fn read_past(&self, mut random: StdRng) {
        let Watcher { slo, polling, surroundings, permits, .. } = self.watcher;
        let now = surroundings.now();
        let (mut from, mut chunk) = (slo.looks_back_to(now), CHUNK.0);
        let mut meter = Meter::of(slo, from, now);
        loop {
            let now = surroundings.now();
            let left = now.since(from);
            let answer = if left > RECENT / 2 {
                self.span(&self.selectors, &permits.period, from, from.plus(chunk.min(left))).await
            } else {
                self.recent(&self.selectors, &permits.period, RECENT, polling.period_deadline).await
            };
            match answer {
                Ok(answer) => {
                    meter.take(&answer);
                    if left <= RECENT / 2 {
                        break;
                    }
                    from = from.plus(chunk.min(left));
                    self.learn(|known| known.past = Past::Reading { to: from, failure: None });
                }
                Err(PrometheusError::TooLarge(_)) if chunk > CHUNK.1 => chunk /= 2,
                Err(failure) => {
                    self.learn(|known| known.past = Past::Reading { to: from, failure: Some(failure) });
                    sleep(polling.period_retry.mul_f64(random.random_range(JITTER))).await;
                }
            }
        }
        self.learn(|known| {
            known.meter = meter;
            known.past = Past::Known;
        });
    }

    /// Both counts as they were scraped.
    async fn recent(
        &self,
        selectors: &Selectors,
        permits: &Semaphore,
        range: Duration,
        deadline: Duration,
    ) -> Result<Vec<Samples>, PrometheusError> {
        let ranged = |selector: &str| format!("{selector}[{}s]", range.as_secs());
        let (total, part) = (ranged(&selectors.total), ranged(&selectors.part));
        let Watcher { ask, slo, .. } = self.watcher;
        let _permit = permits.acquire().await.ok();
        let total = ask.samples(&slo.source, &total, deadline).await?;
        let part = ask.samples(&slo.source, &part, deadline).await?;
        Ok(samples(total, part))
    }

    /// Both counts in steps.
    async fn span(
        &self,
        selectors: &Selectors,
        permits: &Semaphore,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Samples>, PrometheusError> {
        let Watcher { ask, slo, polling, .. } = self.watcher;
        let deadline = polling.period_deadline;
        let _permit = permits.acquire().await.ok();
        let total = ask.range(&slo.source, &selectors.total, (from, to), STEP, deadline).await?;
        let part = ask.range(&slo.source, &selectors.part, (from, to), STEP, deadline).await?;
        Ok(samples(total, part))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn learn(&self, learn: impl FnOnce(&mut Known)) {
        let mut known = self.lock();
        learn(&mut known);
        let Watcher { slo, surroundings, polling, .. } = self.watcher;
        self.watcher.show(known.gauge(slo, surroundings, polling.interval));
    }
}

impl Known {
    fn take(&mut self, answer: &[Samples]) {
        let Taken { nonsense, too_many, .. } = self.meter.take(answer);
        self.remark = match (too_many, nonsense) {
            (0, 0) => None,
            (0, values) => Some(format!(
                "{values} samples were left out that no counter can have; look whether the metric is a counter"
            )),
            (series, _) => Some(format!(
                "{series} series were left out: at most {} are counted; name fewer in the query",
                counters::MAX_SERIES
            )),
        }
        .map(|remark| Line::clean(&remark));
    }

    fn gauge(&mut self, slo: &Slo, around: &impl Surroundings, interval: Duration) -> SloGauge {
        let now = around.now();
        self.meter.keep(slo.window, self.meter.until().unwrap_or(now));
        let meter = &self.meter;
        let [five_minutes, hour, six_hours] = SHORT_WINDOWS.map(|window| meter.reading(window).measure);
        let period = meter.over(slo.window);
        let (state, detail) = self.state(slo, now, interval, &five_minutes);
        let detail = detail.or_else(|| self.remark(slo, now, &period.measure)).unwrap_or_default();
        let known = matches!(self.past, Past::Known).then_some(period);
        let sight = Sight {
            now,
            is_current: is_current(state),
            reading: &|window| meter.reading(window),
            period: known,
        };
        let beside = Beside {
            pairs: self.alarms.look(slo, &sight),
            coverage: known.map(|period| period.coverage),
            onset: onset(meter, slo),
            spent: known.map(|period| spent(meter, slo, period, around)).unwrap_or_default(),
            canary: self.canary.clone(),
        };
        let period = known.map(|period| period.measure);
        let now = meter.until().unwrap_or(now);
        let windows = Windows { five_minutes, hour, six_hours, period, now };
        windows.gauge(slo, meter.until(), (state, detail), beside)
    }

    fn state(
        &self,
        slo: &Slo,
        now: Timestamp,
        interval: Duration,
        five_minutes: &Measured,
    ) -> (SloState, Option<Line>) {
        let told = |state, sentence: &str| (state, Some(Line::clean(sentence)));
        if let Some(failure) = &self.failure {
            return told(SloState::Failing, &failure.to_string());
        }
        let Some(until) = self.meter.until() else {
            return match &self.past {
                Past::Reading { .. } => told(SloState::Stale, "there is no answer yet"),
                Past::Known => told(
                    SloState::NoData,
                    "the query for all events matches no series; look whether the service is scraped, and at the query",
                ),
            };
        };
        if matches!(slo.indicator.numerator, Numerator::Good(_)) && !self.meter.has_part() {
            return told(
                SloState::NoData,
                "the query for good events matches no series; correct it in the SLO",
            );
        }
        let silent = now.since(until);
        if silent > SILENCE.max(3 * interval) {
            let told = format!(
                "no samples came in for {}s; look whether the service is still scraped",
                silent.as_secs()
            );
            return (SloState::Stale, Some(Line::clean(&told)));
        }
        match five_minutes {
            Err(nonsense) => told(SloState::Failing, &nonsense.to_string()),
            Ok(Measure::Events(_)) => (SloState::Ok, None),
            Ok(Measure::NoTraffic) => told(SloState::NoTraffic, "nothing was asked of the service for 5m"),
            Ok(Measure::NoData) => told(SloState::Stale, "a second sample is not there yet"),
        }
    }

    /// What is worth knowing beside the figures.
    fn remark(&self, slo: &Slo, now: Timestamp, period: &Measured) -> Option<Line> {
        let window = slo.window;
        let told = match (&self.past, period) {
            (Past::Reading { failure: Some(failure), .. }, _) => {
                format!("the budget over {window} is not known: {failure}")
            }
            (Past::Reading { to, failure: None }, _) => {
                let whole = now.since(slo.looks_back_to(now)).as_secs_f64();
                let left = now.since(*to).as_secs_f64() / whole.max(1.0);
                format!("{window} are being read: {:.0} %", 100.0 * (1.0 - left).clamp(0.0, 1.0))
            }
            (Past::Known, Err(nonsense)) => format!("the budget over {window} cannot be known: {nonsense}"),
            (Past::Known, Ok(_)) if self.remark.is_some() => return self.remark.clone(),
            (Past::Known, Ok(_)) if !self.meter.has_part() => {
                format!("the query for bad events matches no series in {window}; check it if there were any")
            }
            (Past::Known, Ok(_)) => return None,
        };
        Some(Line::clean(&told))
    }
}

/// The shortest window of the policies says how fine trouble is looked at.
fn onset(meter: &Meter, slo: &Slo) -> Option<Timestamp> {
    let windows = slo
        .policies
        .iter()
        .flat_map(|policy| policy.pairs.iter().map(|pair| pair.short.unwrap_or(pair.long)));
    let step = windows.min().unwrap_or(SHORT_WINDOWS[0]) / 5;
    onset::onset(meter, slo.objective, step)
}

/// What the open incidents of its service have spent: bad events since each began, of all that the period may hold.
fn spent(meter: &Meter, slo: &Slo, period: Reading, around: &impl Surroundings) -> Vec<Spent> {
    let Some(budget) = period.budget(slo.objective) else { return Vec::new() };
    let cost = |episode: Episode| {
        let until = meter.until()?;
        let to = episode.to.map_or(until, |to| to.min(until));
        let events = meter.between(episode.from, to).measure.ok()?.events()?;
        Some(Spent { incident: episode.incident, since: episode.from, share: events.bad() / budget })
    };
    around.episodes(&slo.service).into_iter().filter_map(cost).collect()
}

fn samples(total: Vec<Series>, part: Vec<Series>) -> Vec<Samples> {
    let of = |side: Side| move |series: Series| series.samples(side);
    total.into_iter().map(of(Side::Total)).chain(part.into_iter().map(of(Side::Part))).collect()
}

#[cfg(test)]
mod tests;
