//! From what has been answered so far to the gauge that people see. Pure: the time is handed in.

use crate::domain::gauge::{SloGauge, SloState};
use crate::domain::text::Line;
use crate::domain::time::Timestamp;
use crate::hub::prometheus::{Answer, PrometheusError};
use crate::slo::burn::{self, Count, Measure, Nonsense};
use crate::slo::slo::Numerator;
use crate::slo::{Slo, promql};

use super::Polling;

/// A server whose clock differs by more than this is told of.
const CLOCK_TOLERANCE_MS: i64 = 30_000;

/// The counts of one answer, window by window.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answered {
    counts: Vec<Counts>,
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
    pub(super) fn new(answer: &Answer, windows: &[&str], received: Timestamp) -> Self {
        let value = |label: String| {
            let labelled = |sample: &&crate::hub::prometheus::Sample| {
                sample.labels.get(promql::LABEL).is_some_and(|value| *value == label)
            };
            answer.samples.iter().find(labelled).map(|sample| sample.value)
        };
        let counts = windows.iter().map(|window| Counts {
            part: value(promql::part_label(window)),
            total: value(promql::total_label(window)),
        });
        Answered {
            counts: counts.collect(),
            at: answer.samples.iter().map(|sample| sample.at).max().unwrap_or(received),
            received,
            warning: answer.warnings.first().cloned(),
        }
    }

    fn counts(&self, window: usize) -> Counts {
        self.counts.get(window).copied().unwrap_or_default()
    }

    fn has_part(&self) -> bool {
        self.counts.iter().any(|counts| counts.part.is_some())
    }
}

/// The last good answers, and the failures since.
#[derive(Debug, Default)]
pub(super) struct Known {
    short: Latest,
    period: Latest,
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
}

impl Windows {
    pub(super) fn gauge(
        &self,
        slo: &Slo,
        as_of: Option<Timestamp>,
        state: SloState,
        detail: Line,
    ) -> SloGauge {
        let burn = |measured: &Measured| {
            let events = measured.as_ref().ok()?.events()?;
            Some(events.burn_rate(slo.objective))
        };
        let budget_left = match &self.period {
            Some(Ok(measure)) => measure.events().map(|events| events.budget_left(slo.objective)),
            Some(Err(_)) | None => None,
        };
        let burn_1h = burn(&self.hour);
        let exhaustion = match (budget_left, burn_1h) {
            (Some(left), Some(burn)) => burn::time_to_exhaustion(left, burn, slo.window.duration()),
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
        }
    }
}

impl Known {
    pub(super) fn take_short(&mut self, answer: Result<Answered, PrometheusError>) {
        self.short.take(answer);
    }

    pub(super) fn take_period(&mut self, answer: Result<Answered, PrometheusError>) {
        self.period.take(answer);
    }

    pub(super) fn gauge(&self, slo: &Slo, now: Timestamp, polling: Polling) -> SloGauge {
        let [five_minutes, hour, six_hours] = [0, 1, 2].map(|window| self.short_window(slo, window));
        let period = self.period_window(slo, now, polling);
        let (state, detail) = self.state(slo, &five_minutes, &hour, &six_hours);
        let detail = detail.or_else(|| self.remark(slo, period.as_ref(), [&hour, &six_hours]));
        let as_of = self.short.good.as_ref().map(|good| good.at);
        let measured = Windows { five_minutes, hour, six_hours, period };
        measured.gauge(slo, as_of, state, detail.unwrap_or_default())
    }

    fn short_window(&self, slo: &Slo, window: usize) -> Measured {
        match &self.short.good {
            Some(good) => self.measure(slo, good.counts(window)),
            None => Ok(Measure::NoData),
        }
    }

    /// `None` when there is no answer that is young enough.
    fn period_window(&self, slo: &Slo, now: Timestamp, polling: Polling) -> Option<Measured> {
        let good = self.period.good.as_ref()?;
        let fresh = now.since(good.received) <= polling.period_interval * 3;
        fresh.then(|| self.measure(slo, good.counts(0)))
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
                    good.counts.iter().any(|counts| counts.total.is_some()),
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

const fn is_data(measured: &Measured) -> bool {
    !matches!(measured, Ok(Measure::NoData))
}

#[cfg(test)]
mod tests;
