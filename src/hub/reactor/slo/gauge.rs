//! From what has been answered so far to the gauge that people see. Pure: the time is handed in.

use std::time::Duration;

use crate::domain::gauge::{CanaryGauge, PairGauge, SloGauge, SloState, Spent};
use crate::domain::text::Line;
use crate::domain::time::Timestamp;
use crate::hub::prometheus::{Answer, PrometheusError};
use crate::slo::alerting::{Alarms, Sight};
use crate::slo::burn::{self, Count, Measure, Nonsense};
use crate::slo::meter::Reading;
use crate::slo::slo::Numerator;
use crate::slo::{Slo, promql};

use super::{Polling, SHORT_WINDOWS, Surroundings};

/// A server whose clock differs by more than this is told of.
const CLOCK_TOLERANCE_MS: i64 = 30_000;

/// Windows up to this are asked for at every poll, longer ones with the period.
const SHORT: Duration = SHORT_WINDOWS[2];

/// What is asked at every poll: what is shown, and what policies look at.
pub(super) fn short_windows(slo: &Slo) -> Vec<Duration> {
    let mut windows = SHORT_WINDOWS.to_vec();
    windows.extend(policy_windows(slo).filter(|window| *window <= SHORT));
    windows.sort_unstable();
    windows.dedup();
    windows
}

/// What is asked now and then: first the period, as far as it is over, and what policies look at beyond a quarter of a day.
pub(super) fn long_windows(slo: &Slo, now: Timestamp) -> Vec<Duration> {
    let period = Duration::from_secs(now.since(slo.window.begins(now)).as_secs().max(1));
    let mut windows: Vec<Duration> =
        policy_windows(slo).filter(|window| *window > SHORT && *window != period).collect();
    windows.sort_unstable();
    windows.dedup();
    windows.insert(0, period);
    windows
}

fn policy_windows(slo: &Slo) -> impl Iterator<Item = Duration> {
    let pairs = slo.policies.iter().flat_map(|policy| &policy.pairs);
    pairs.flat_map(|pair| [Some(pair.long), pair.short]).flatten()
}

/// The counts of one answer, window by window.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answered {
    counts: Vec<(Duration, Counts)>,
    /// By the server's clock.
    at: Timestamp,
    /// By ours.
    received: Timestamp,
    warning: Option<Line>,
}

/// What the two queries gave for one window; absent when no series matched.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Counts {
    part: Option<f64>,
    total: Option<f64>,
}

impl Answered {
    pub(super) fn new(answer: &Answer, windows: &[Duration], received: Timestamp) -> Self {
        let value = |label: String| {
            let labelled = |sample: &&crate::hub::prometheus::Sample| {
                sample.labels.get(promql::LABEL).is_some_and(|value| *value == label)
            };
            answer.samples.iter().find(labelled).map(|sample| sample.value)
        };
        let counts = windows.iter().map(|window| {
            let name = promql::duration(*window);
            let (part, total) = (value(promql::part_label(&name)), value(promql::total_label(&name)));
            (*window, Counts { part, total })
        });
        Answered {
            counts: counts.collect(),
            at: answer.samples.iter().map(|sample| sample.at).max().unwrap_or(received),
            received,
            warning: answer.warnings.first().cloned(),
        }
    }

    fn counts(&self, window: Duration) -> Option<Counts> {
        self.counts.iter().find(|(length, _)| *length == window).map(|(_, counts)| *counts)
    }

    /// The first that was asked.
    fn first(&self) -> Option<Counts> {
        self.counts.first().map(|(_, counts)| *counts)
    }

    fn has_part(&self) -> bool {
        self.counts.iter().any(|(_, counts)| counts.part.is_some())
    }
}

/// The last good answers, and the failures since.
#[derive(Debug, Default)]
pub(super) struct Known {
    short: Latest,
    /// The whole period, and the longer windows of policies.
    period: Latest,
    alarms: Option<Alarms>,
}

#[derive(Debug, Default)]
struct Latest {
    good: Option<Answered>,
    failure: Option<PrometheusError>,
}

impl Latest {
    fn take(&mut self, answer: Result<Answered, PrometheusError>) {
        match answer {
            Ok(good) => *self = Latest { good: Some(good), failure: None },
            Err(failure) => self.failure = Some(failure),
        }
    }
}

/// What one window comes to.
pub(super) type Measured = Result<Measure, Nonsense>;

/// What all windows come to, however they were counted.
pub(super) struct Windows {
    pub five_minutes: Measured,
    pub hour: Measured,
    pub six_hours: Measured,
    /// Absent while nobody knows.
    pub period: Option<Measured>,
    pub now: Timestamp,
}

impl Windows {
    pub(super) fn gauge(
        &self,
        slo: &Slo,
        as_of: Option<Timestamp>,
        (state, detail): (SloState, Line),
        beside: Beside,
    ) -> SloGauge {
        let burn = |measured: &Measured| {
            let events = measured.as_ref().ok()?.events()?;
            Some(events.burn_rate(slo.objective))
        };
        let budget_left = match &self.period {
            Some(Ok(measure)) => measure.events().map(|events| slo.budget_left(events, self.now)),
            Some(Err(_)) | None => None,
        };
        let burn_1h = burn(&self.hour);
        let exhaustion = match (budget_left, burn_1h) {
            (Some(left), Some(burn)) => slo.time_to_exhaustion(left, burn, self.now),
            (Some(left), None) if left <= 0.0 => Some(std::time::Duration::ZERO),
            (_, _) => None,
        };
        SloGauge {
            name: slo.name.clone(),
            service: slo.service.clone(),
            objective: slo.objective.share(),
            window: Line::clean(&slo.window.to_string()),
            state,
            budget_left,
            burn_5m: burn(&self.five_minutes),
            burn_1h,
            burn_6h: burn(&self.six_hours),
            exhaustion: exhaustion.map(|left| left.as_secs()),
            as_of,
            detail,
            coverage: beside.coverage,
            onset: beside.onset,
            pairs: beside.pairs,
            spent: beside.spent,
            canary: beside.canary,
        }
    }
}

/// What belongs to a gauge beside its windows.
#[derive(Debug, Default)]
pub(super) struct Beside {
    pub pairs: Vec<PairGauge>,
    pub coverage: Option<f64>,
    pub onset: Option<Timestamp>,
    pub spent: Vec<Spent>,
    pub canary: Option<CanaryGauge>,
}

impl Known {
    pub(super) fn take_short(&mut self, answer: Result<Answered, PrometheusError>) {
        self.short.take(answer);
    }

    pub(super) fn take_period(&mut self, answer: Result<Answered, PrometheusError>) {
        self.period.take(answer);
    }

    pub(super) fn gauge(&mut self, slo: &Slo, around: &impl Surroundings, polling: Polling) -> SloGauge {
        let now = around.now();
        let [five_minutes, hour, six_hours] = SHORT_WINDOWS.map(|window| self.short_window(slo, window));
        let period = self.period_window(slo, now, polling);
        let (state, detail) = self.state(slo, &five_minutes, &hour, &six_hours);
        let detail = detail.or_else(|| self.remark(slo, period.as_ref(), [&hour, &six_hours]));
        let as_of = self.short.good.as_ref().map(|good| good.at);
        let mut alarms =
            self.alarms.take().unwrap_or_else(|| Alarms::new(slo, |severity| around.fires(slo, severity)));
        let reading = |window: Duration| {
            let measure = match window <= SHORT {
                true => self.short_window(slo, window),
                false => self.long_window(slo, window, now, polling).unwrap_or(Ok(Measure::NoData)),
            };
            // The source knows how much of it is covered, and does not say.
            Reading { measure, coverage: 1.0 }
        };
        let sight = Sight {
            now,
            is_current: is_current(state),
            reading: &reading,
            period: period.map(|measure| Reading { measure, coverage: slo.window.passed(now) }),
        };
        let coverage = slo.window.ends(now).map(|_| slo.window.passed(now));
        let beside = Beside { pairs: alarms.look(slo, &sight), coverage, ..Beside::default() };
        self.alarms = Some(alarms);
        let measured = Windows { five_minutes, hour, six_hours, period, now };
        measured.gauge(slo, as_of, (state, detail.unwrap_or_default()), beside)
    }

    fn short_window(&self, slo: &Slo, window: Duration) -> Measured {
        let counts = self.short.good.as_ref().and_then(|good| good.counts(window));
        counts.map_or(Ok(Measure::NoData), |counts| self.measure(slo, counts))
    }

    fn long_window(&self, slo: &Slo, window: Duration, now: Timestamp, polling: Polling) -> Option<Measured> {
        let counts = self.fresh_period(slo, now, polling)?.counts(window)?;
        Some(self.measure(slo, counts))
    }

    fn period_window(&self, slo: &Slo, now: Timestamp, polling: Polling) -> Option<Measured> {
        let counts = self.fresh_period(slo, now, polling)?.first()?;
        Some(self.measure(slo, counts))
    }

    /// `None` when there is no answer that is young enough, or none of this period.
    fn fresh_period(&self, slo: &Slo, now: Timestamp, polling: Polling) -> Option<&Answered> {
        let begins = slo.window.begins(now);
        let fresh = |good: &&Answered| {
            now.since(good.received) <= polling.period_interval * 3 && good.received >= begins
        };
        self.period.good.as_ref().filter(fresh)
    }

    /// Good events that no window has ever seen are more likely a wrong query than an outage that was always there. Once
    /// they have been seen, their absence is an outage: a restarted service that only fails exports no good ones.
    fn measure(&self, slo: &Slo, counts: Counts) -> Measured {
        match slo.indicator.numerator {
            Numerator::Bad(_) => burn::measure(Count::Bad(counts.part), counts.total),
            Numerator::Good(_) if counts.part.is_none() && !self.has_part() => match counts.total {
                Some(total) if total > 0.0 => Ok(Measure::NoData),
                total => burn::measure(Count::Good(None), total),
            },
            Numerator::Good(_) => burn::measure(Count::Good(counts.part), counts.total),
        }
    }

    /// Whether the query of the part matched a series in any window that was answered.
    fn has_part(&self) -> bool {
        [&self.short, &self.period].iter().any(|latest| latest.good.as_ref().is_some_and(Answered::has_part))
    }

    fn state(
        &self,
        slo: &Slo,
        five_minutes: &Measured,
        hour: &Measured,
        six_hours: &Measured,
    ) -> (SloState, Option<Line>) {
        if let Some(failure) = &self.short.failure {
            return (SloState::Failing, Some(Line::clean(&failure.to_string())));
        }
        let Some(good) = &self.short.good else {
            return (SloState::Stale, Some(Line::clean("there is no answer yet")));
        };
        match five_minutes {
            Err(nonsense) => (SloState::Failing, Some(Line::clean(&nonsense.to_string()))),
            Ok(Measure::Events(_)) => (SloState::Ok, None),
            Ok(Measure::NoTraffic) => {
                (SloState::NoTraffic, Some(Line::clean("nothing was asked of the service for 5m")))
            }
            Ok(Measure::NoData) if [hour, six_hours].iter().any(|window| is_data(window)) => {
                let told = "no samples came in for 5m, but some did before; look whether the service is still scraped";
                (SloState::Stale, Some(Line::clean(told)))
            }
            Ok(Measure::NoData) => {
                let told = match (
                    &slo.indicator.numerator,
                    good.counts.iter().any(|(_, counts)| counts.total.is_some()),
                ) {
                    (Numerator::Good(_), true) => {
                        "the query for good events matches no series; correct it in the SLO"
                    }
                    (_, _) => {
                        "the query for all events matches no series; look whether the service is scraped, and at the query"
                    }
                };
                (SloState::NoData, Some(Line::clean(told)))
            }
        }
    }

    /// What is worth knowing beside the figures.
    fn remark(&self, slo: &Slo, period: Option<&Measured>, longer: [&Measured; 2]) -> Option<Line> {
        let window = slo.window;
        if let Some(nonsense) = longer.into_iter().find_map(|measured| measured.as_ref().err()) {
            return Some(Line::clean(&nonsense.to_string()));
        }
        match (period, &self.period.failure) {
            (Some(Err(nonsense)), _) => {
                return Some(Line::clean(&format!("the budget over {window} cannot be known: {nonsense}")));
            }
            (None, Some(failure)) => {
                return Some(Line::clean(&format!("the budget over {window} is not known: {failure}")));
            }
            (Some(Ok(_)) | None, _) => {}
        }
        let never_bad =
            matches!(slo.indicator.numerator, Numerator::Bad(_)) && period.is_some() && !self.has_part();
        if never_bad {
            let told =
                format!("the query for bad events matches no series in {window}; check it if there were any");
            return Some(Line::clean(&told));
        }
        let good = self.short.good.as_ref()?;
        let ahead = good.at.as_millis() - good.received.as_millis();
        if ahead.abs() > CLOCK_TOLERANCE_MS {
            let (seconds, way) = (ahead.abs() / 1_000, if ahead > 0 { "ahead of" } else { "behind" });
            return Some(Line::clean(&format!(
                "the clock of the data source is {seconds} s {way} the hub's; set one of them"
            )));
        }
        good.warning.clone()
    }
}

/// Whether the figures are those of now, be they about no traffic.
pub(super) const fn is_current(state: SloState) -> bool {
    match state {
        SloState::Ok | SloState::NoTraffic => true,
        SloState::NoData | SloState::Stale | SloState::Failing => false,
    }
}

const fn is_data(measured: &Measured) -> bool {
    !matches!(measured, Ok(Measure::NoData))
}

#[cfg(test)]
mod tests;
