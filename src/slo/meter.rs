//! The counters of one SLO and what they counted over time: samples go in, figures of any window come out.

use std::time::Duration;

use super::burn::{self, Count, Measure, Nonsense};
use super::counters::{Counters, Delta, Samples, Side, Taken};
use super::history::{Counts, History};
use super::slo::Numerator;
use crate::domain::time::Timestamp;

/// What one window comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    pub measure: Result<Measure, Nonsense>,
    /// The share of the window for which the counts are known: between 0 and 1.
    pub coverage: f64,
}

/// What is counted beside the total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Good,
    Bad,
}

/// Counts one SLO's events from the samples of its counters.
#[derive(Debug, Clone, PartialEq)]
pub struct Meter {
    part: Part,
    counters: Counters,
    history: History,
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
        let part = match numerator {
            Numerator::Good(_) => Part::Good,
            Numerator::Bad(_) => Part::Bad,
        };
        Meter {
            part,
            counters: Counters::default(),
            history: History::new(from, longest),
            covered: from,
            until: None,
            has_part: false,
        }
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
            self.history.add(delta.from, delta.to, counts);
            self.cover(delta);
        }
        self.until = self.until.max(taken.until);
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

    /// The moment up to which the figures are true, by the source's clock.
    pub const fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// Whether there ever was a series that is counted beside the total.
    pub const fn has_part(&self) -> bool {
        self.has_part
    }

    /// Forgets series that ended long before `now`.
    pub fn forget(&mut self, now: Timestamp) {
        self.counters.forget(now);
    }

    /// The window that ends with the latest sample.
    pub fn reading(&self, window: Duration) -> Reading {
        let Some(until) = self.until else { return Reading { measure: Ok(Measure::NoData), coverage: 0.0 } };
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
