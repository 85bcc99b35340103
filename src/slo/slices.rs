//! Time cut into slices of one length, each judged as a whole once its events are known: OpenSLO's budgeting methods
//! Timeslices and RatioTimeslices.
//!
//! A slice becomes one event, bad or good or something between, and goes into the same history as events would. One
//! without events is passed over: nobody was served well or badly in it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::history::Counts;
use super::meter::Part;
use super::slo::Method;
use crate::domain::time::Timestamp;

/// A slice is judged so long after its end: samples of one series may come later than those of another.
const LATE: i64 = 60_000;
/// Until so long after its end what comes even later changes what was said of it.
const KEPT: i64 = 900_000;
/// A share of good events that is less than this below its target is rounding.
const ROUNDING: f64 = 1e-9;

/// The slices of one SLO that are not settled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slices {
    /// Milliseconds.
    length: i64,
    judge: Judge,
    part: Part,
    /// By their number since 1970.
    slices: BTreeMap<i64, Slice>,
    /// All slices before this one were judged.
    next: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Judge {
    /// Bad when less than this share is good.
    Target(f64),
    Ratio,
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Slice {
    events: Counts,
    /// What was said of it so far.
    told: Counts,
}

/// What a slice adds to the history: all it comes to, or what is different since it was judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    pub from: Timestamp,
    pub to: Timestamp,
    pub counts: Counts,
}

impl Slices {
    /// `None` where events are counted one by one.
    pub(super) fn new(method: Method, part: Part) -> Option<Self> {
        let (length, judge) = match method {
            Method::Occurrences => return None,
            Method::Timeslices { slice, target } => (slice, Judge::Target(target)),
            Method::RatioTimeslices { slice } => (slice, Judge::Ratio),
        };
        let length = i64::try_from(length.as_millis()).unwrap_or(i64::MAX).max(1);
        Some(Slices { length, judge, part, slices: BTreeMap::new(), next: None })
    }

    /// Whether they are judged like these and could have been: they may have come from a disk.
    pub(super) fn fits(&self, made: &Slices) -> bool {
        let Slices { length, judge, part, slices, next } = self;
        let bounds = i64::MIN / length.max(&1)..i64::MAX / length.max(&1) - 1;
        let finite = |slice: &Slice| {
            [slice.events, slice.told].iter().all(|counts| (counts.total + counts.part).is_finite())
        };
        (*length, *judge, *part) == (made.length, made.judge, made.part)
            && next.is_none_or(|next| bounds.contains(&next))
            && slices.iter().all(|(number, slice)| bounds.contains(number) && finite(slice))
    }

    pub(super) const fn length(&self) -> Duration {
        Duration::from_millis(self.length.unsigned_abs())
    }

    /// Adds what happened after `from` until `to`, spread evenly over that time.
    pub fn add(&mut self, from: Timestamp, to: Timestamp, counts: Counts) {
        let to = to.as_millis();
        let from = from.as_millis().min(to - 1);
        let first = from.div_euclid(self.length);
        let last = (to - 1).div_euclid(self.length);
        // What is too late for its slice is not known to belong to another.
        let settled = self.next.map_or(i64::MIN, |next| next - KEPT / self.length - 1);
        for number in first.max(settled)..=last {
            let (begin, end) = (number * self.length, (number + 1) * self.length);
            #[allow(clippy::cast_precision_loss)] // Spans of less than ten years.
            let share = (to.min(end) - from.max(begin)) as f64 / (to - from) as f64;
            self.slices.entry(number).or_default().events += counts * share;
        }
    }

    /// Judges what ended long enough before `until`, the latest sample.
    pub fn settle(&mut self, until: Timestamp) -> Vec<Verdict> {
        let next = (until.as_millis() - LATE).div_euclid(self.length);
        let next = self.next.map_or(next, |before| before.max(next));
        self.next = Some(next);
        let mut verdicts = Vec::new();
        for (number, slice) in self.slices.range_mut(..next) {
            let told = self.judge.counts(self.part, slice.events);
            if told != slice.told {
                let moment = |number: i64| Timestamp::from_millis(number * self.length);
                let counts = told - slice.told;
                verdicts.push(Verdict { from: moment(*number), to: moment(number + 1), counts });
                slice.told = told;
            }
        }
        let kept = next - KEPT / self.length - 1;
        self.slices = self.slices.split_off(&kept);
        verdicts
    }

    /// The end of the latest slice that was judged.
    pub(super) fn until(&self) -> Option<Timestamp> {
        self.next.map(|next| Timestamp::from_millis(next * self.length))
    }
}

impl Judge {
    /// One event, beside which the history counts what the SLO's queries count beside the total.
    fn counts(self, part: Part, events: Counts) -> Counts {
        if events.total <= 0.0 {
            return Counts::default();
        }
        let counted = (events.part / events.total).clamp(0.0, 1.0);
        let good = match part {
            Part::Good => counted,
            Part::Bad => 1.0 - counted,
        };
        let good = match self {
            Judge::Target(target) if good < target - ROUNDING => 0.0,
            Judge::Target(_) => 1.0,
            Judge::Ratio => good,
        };
        let part = match part {
            Part::Good => good,
            Part::Bad => 1.0 - good,
        };
        Counts { total: 1.0, part, covered: 0.0 }
    }
}

#[cfg(test)]
mod tests;
