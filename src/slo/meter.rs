//! The counters of one SLO and what they counted over time: samples go in, figures of any window come out.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::burn::{self, Count, Measure, Nonsense};
use super::counters::{Counters, Delta, MAX_SERIES, Samples, Side, Taken};
use super::history::{Counts, History};
use super::period::Period;
use super::slices::{Slices, Verdict};
use super::slo::{Numerator, Objective, Slo};
use crate::domain::time::Timestamp;

/// What one window comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    pub measure: Result<Measure, Nonsense>,
    /// The share of the window for which the counts are known: between 0 and 1.
    pub coverage: f64,
}

impl Reading {
    const UNKNOWN: Reading = Reading { measure: Ok(Measure::NoData), coverage: 0.0 };

    /// How many of the events of a period may be bad, as far as they are known.
    pub fn budget(&self, objective: Objective) -> Option<f64> {
        let events = self.measure.ok()?.events()?;
        Some(objective.error_budget() * events.total())
    }
}

/// What is counted beside the total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Part {
    Good,
    Bad,
}

impl Part {
    const fn of(numerator: &Numerator) -> Self {
        match numerator {
            Numerator::Good(_) => Part::Good,
            Numerator::Bad(_) => Part::Bad,
        }
    }
}

/// Counts one SLO's events from the samples of its counters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Meter {
    part: Part,
    counters: Counters,
    history: History,
    /// Where slices are counted in place of events.
    slices: Option<Slices>,
    /// Until then it is settled which time is covered.
    covered: Timestamp,
    /// The latest sample of the total.
    until: Option<Timestamp>,
    /// Whether there ever was a series that is counted beside the total.
    has_part: bool,
}

impl Meter {
    /// Begins to count at `from`; windows of up to `longest` will be asked for.
    pub fn new(numerator: &Numerator, from: Timestamp, longest: Duration) -> Self {
        Meter {
            part: Part::of(numerator),
            counters: Counters::default(),
            history: History::new(from, longest),
            slices: None,
            covered: from,
            until: None,
            has_part: false,
        }
    }

    /// Counts one SLO from `from` on, which may lie before its period that holds `now`.
    pub fn of(slo: &Slo, from: Timestamp, now: Timestamp) -> Self {
        let mut meter = Meter::new(&slo.indicator.numerator, from, slo.window.longest());
        meter.slices = Slices::new(slo.method, meter.part);
        meter.keep(slo.window, now);
        meter
    }

    /// Takes an answer; see [`Counters::take`].
    pub fn take(&mut self, answer: &[Samples]) -> Taken {
        let taken = self.counters.take(answer);
        self.has_part |=
            answer.iter().any(|samples| samples.side == Side::Part && !samples.values.is_empty());
        for delta in &taken.deltas {
            let counts = match delta.side {
                Side::Total => Counts { total: delta.events, ..Counts::default() },
                Side::Part => Counts { part: delta.events, ..Counts::default() },
            };
            match &mut self.slices {
                None => self.history.add(delta.from, delta.to, counts),
                Some(slices) if delta.is_observed() => slices.add(delta.from, delta.to, counts),
                // Nobody knows which slices these belong to.
                Some(_) => {}
            }
            self.cover(delta);
        }
        self.until = self.until.max(taken.until);
        if let (Some(slices), Some(until)) = (&mut self.slices, self.until) {
            for Verdict { from, to, counts } in slices.settle(until) {
                self.history.add(from, to, counts);
            }
        }
        taken
    }

    /// Several series tell of the same time, which counts once.
    fn cover(&mut self, delta: &Delta) {
        let from = self.covered.max(delta.from);
        if delta.side == Side::Total && delta.to > self.covered {
            if delta.is_observed() {
                let covered = delta.to.since(from).as_secs_f64();
                self.history.add(from, delta.to, Counts { covered, ..Counts::default() });
            }
            self.covered = delta.to;
        }
    }

    /// Whether it is one that counts this SLO and could have been made here: it may have come from a disk.
    pub fn fits(&self, slo: &Slo) -> bool {
        let part = Part::of(&slo.indicator.numerator);
        let slices = match (&self.slices, Slices::new(slo.method, part)) {
            (None, None) => true,
            (Some(slices), Some(made)) => slices.fits(&made),
            (None, Some(_)) | (Some(_), None) => false,
        };
        let history = self.history.fits(slo.window.longest());
        self.part == part && slices && history && self.counters.series() <= MAX_SERIES
    }

    /// The moment up to which the figures are true, by the source's clock.
    pub const fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// The end of what figures are about: the latest sample, or the latest slice that was judged.
    pub fn figures_until(&self) -> Option<Timestamp> {
        let until = self.until?;
        Some(self.slices.as_ref().and_then(Slices::until).map_or(until, |judged| judged.min(until)))
    }

    /// Whether there ever was a series that is counted beside the total.
    pub const fn has_part(&self) -> bool {
        self.has_part
    }

    /// Forgets series that ended long before `now`.
    pub fn forget(&mut self, now: Timestamp) {
        self.counters.forget(now);
    }

    /// Makes ready to count a period of the calendar exactly, and the one that follows it. To be said before its samples come.
    pub fn keep(&mut self, period: Period, now: Timestamp) {
        if let Some(ends) = period.ends(now) {
            self.history.keep([period.begins(now), ends]);
        }
    }

    /// The period that holds the latest sample, until then. Its coverage is of the whole period: the time for which counts are
    /// known, or that of the slices that had events.
    pub fn over(&self, period: Period) -> Reading {
        let Some(until) = self.figures_until() else { return Reading::UNKNOWN };
        let reading = self.between(period.begins(until), until);
        let coverage = match &self.slices {
            None => reading.coverage * period.passed(until),
            Some(slices) => {
                let judged =
                    reading.measure.ok().and_then(Measure::events).map_or(0.0, |slices| slices.total());
                (judged * slices.length().as_secs_f64() / period.whole(until).as_secs_f64()).min(1.0)
            }
        };
        Reading { coverage, ..reading }
    }

    /// The window that ends with the latest sample or slice.
    pub fn reading(&self, window: Duration) -> Reading {
        let Some(until) = self.figures_until() else { return Reading::UNKNOWN };
        self.between(until.minus(window), until)
    }

    /// The time after `from` until `to`.
    pub fn between(&self, from: Timestamp, to: Timestamp) -> Reading {
        let counts = self.history.between(from, to);
        let length = to.since(from).as_secs_f64();
        let coverage = if length > 0.0 { (counts.covered / length).min(1.0) } else { 0.0 };
        let nothing_known = counts.covered <= 0.0 && counts.total <= 0.0;
        let total = (!nothing_known).then_some(counts.total);
        let count = match self.part {
            Part::Good => Count::Good(Some(counts.part)),
            Part::Bad => Count::Bad(Some(counts.part)),
        };
        Reading { measure: burn::measure(count, total), coverage }
    }
}

#[cfg(test)]
mod tests;
