//! From what counters showed when they were scraped to what happened in between.
//!
//! A counter only grows, or begins again at 0 with its process. So each pair of neighbouring samples says how many events
//! there were between the two, exactly, with no extrapolation; and a sample that was seen before says nothing new, so that
//! whoever asks may ask for more than is missing.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;

/// Series of one SLO that are followed at most.
pub const MAX_SERIES: usize = 10_000;

/// A series that shows nothing for so long is forgotten; its process will not come back under the same labels.
const FORGOTTEN: Duration = Duration::from_secs(2 * 86_400);

/// Two samples further apart say how many events there were, but not when: the time between them is not covered.
const OBSERVED: Duration = Duration::from_secs(5 * 60);

/// Which series of an SLO, by a hash of its labels; equal labels under the two queries are two series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SeriesKey(pub u64);

/// Which target a series was scraped from, by a hash of `job` and `instance`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TargetKey(pub u64);

/// Which of the two counts a series belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    Total,
    Part,
}

/// The samples of one series, in order of time, as a source gave them.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    pub series: SeriesKey,
    pub target: Option<TargetKey>,
    pub side: Side,
    pub values: Vec<(Timestamp, f64)>,
}

/// So many events of one series after `from` until `to`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delta {
    pub from: Timestamp,
    pub to: Timestamp,
    pub side: Side,
    pub events: f64,
}

impl Delta {
    /// Whether the source looked often enough to say when the events were.
    pub fn is_observed(&self) -> bool {
        self.to.since(self.from) <= OBSERVED
    }
}

/// The last sample of each series.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Counters {
    last: HashMap<SeriesKey, Last>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Last {
    at: Timestamp,
    value: f64,
    target: Option<TargetKey>,
}

/// What the samples of one answer came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Taken {
    /// In order of their ends.
    pub deltas: Vec<Delta>,
    /// The latest sample of the total.
    pub until: Option<Timestamp>,
    /// Series that began with a value of which nobody knows when it was counted.
    pub unknown_births: usize,
    /// Values that no counter can have: negative, infinite or not a number.
    pub nonsense: usize,
    /// Series beyond [`MAX_SERIES`].
    pub too_many: usize,
}

impl Counters {
    /// Takes an answer: the samples of all series of both sides within one span of time. What was taken before is
    /// passed over, whatever the overlap.
    pub fn take(&mut self, answer: &[Samples]) -> Taken {
        let is_new = |samples: &Samples| !self.last.contains_key(&samples.series);
        let scrapes =
            if answer.iter().any(is_new) { Scrapes::of(answer, &self.last) } else { Scrapes::default() };
        let mut taken = Taken::default();
        for samples in answer {
            let mut last = self.last.get(&samples.series).copied();
            if last.is_none() && self.last.len() >= MAX_SERIES {
                taken.too_many += 1;
                continue;
            }
            for &(at, value) in &samples.values {
                if !value.is_finite() || value < 0.0 {
                    taken.nonsense += 1;
                    continue;
                }
                if samples.side == Side::Total {
                    taken.until = taken.until.max(Some(at));
                }
                let delta = |from, events| Delta { from, to: at, side: samples.side, events };
                match last {
                    Some(last) if at <= last.at => continue,
                    // A counter that fell began again at 0.
                    Some(last) if value < last.value => taken.deltas.push(delta(last.at, value)),
                    Some(last) => taken.deltas.push(delta(last.at, value - last.value)),
                    // A series that its target did not show at the scrape before began there at 0.
                    None => match scrapes.before(samples.target, at) {
                        Some(from) => taken.deltas.push(delta(from, value)),
                        None => taken.unknown_births += usize::from(value > 0.0),
                    },
                }
                last = Some(Last { at, value, target: samples.target });
            }
            if let Some(last) = last {
                self.last.insert(samples.series, last);
            }
        }
        taken.deltas.sort_by_key(|delta| (delta.to, delta.from));
        taken
    }

    /// Forgets series that ended long before `now`.
    pub fn forget(&mut self, now: Timestamp) {
        self.last.retain(|_, last| now.since(last.at) < FORGOTTEN);
    }

    pub fn series(&self) -> usize {
        self.last.len()
    }
}

/// When each target was scraped.
#[derive(Default)]
struct Scrapes(HashMap<TargetKey, BTreeSet<Timestamp>>);

impl Scrapes {
    fn of(answer: &[Samples], last: &HashMap<SeriesKey, Last>) -> Self {
        let mut scrapes: HashMap<TargetKey, BTreeSet<Timestamp>> = HashMap::new();
        for last in last.values() {
            if let Some(target) = last.target {
                scrapes.entry(target).or_default().insert(last.at);
            }
        }
        for samples in answer {
            if let Some(target) = samples.target {
                scrapes.entry(target).or_default().extend(samples.values.iter().map(|(at, _)| *at));
            }
        }
        Scrapes(scrapes)
    }

    /// The scrape before `at`, unless it was too long ago to be the one before.
    fn before(&self, target: Option<TargetKey>, at: Timestamp) -> Option<Timestamp> {
        let before = self.0.get(&target?)?.range(..at).next_back().copied()?;
        (at.since(before) <= OBSERVED).then_some(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    fn samples(series: u64, target: Option<u64>, values: &[(i64, f64)]) -> Samples {
        Samples {
            series: SeriesKey(series),
            target: target.map(TargetKey),
            side: Side::Total,
            values: values.iter().map(|(seconds, value)| (at(*seconds), *value)).collect(),
        }
    }

    fn events(taken: &Taken) -> Vec<(i64, i64, f64)> {
        let seconds = |time: Timestamp| time.as_millis() / 1_000;
        taken.deltas.iter().map(|delta| (seconds(delta.from), seconds(delta.to), delta.events)).collect()
    }

    #[test]
    fn each_pair_of_samples_says_what_happened_between_and_an_overlap_says_nothing_twice() {
        let mut counters = Counters::default();
        let taken = counters.take(&[samples(1, None, &[(0, 100.0), (15, 103.0), (30, 103.0)])]);
        assert_eq!(events(&taken), [(0, 15, 3.0), (15, 30, 0.0)]);
        assert_eq!(taken.unknown_births, 1, "nobody knows when the first hundred were");
        let taken = counters.take(&[samples(1, None, &[(15, 103.0), (30, 103.0), (45, 110.0)])]);
        assert_eq!(events(&taken), [(30, 45, 7.0)]);
        assert_eq!(taken.until, Some(at(45)));
        assert!(counters.take(&[samples(1, None, &[(0, 100.0), (45, 110.0)])]).deltas.is_empty());
    }

    #[test]
    fn a_counter_that_falls_began_again_at_nothing() {
        let mut counters = Counters::default();
        let taken = counters.take(&[samples(1, None, &[(0, 100.0), (15, 4.0), (30, 3.0), (45, 0.0)])]);
        assert_eq!(events(&taken), [(0, 15, 4.0), (15, 30, 3.0), (30, 45, 0.0)]);
    }

    #[test]
    fn a_series_that_its_target_did_not_show_before_began_at_nothing() {
        let mut counters = Counters::default();
        let steady = samples(1, Some(7), &[(0, 50.0), (15, 50.0), (30, 50.0)]);
        let born = samples(2, Some(7), &[(30, 2.0), (45, 5.0)]);
        let taken = counters.take(&[born.clone(), steady]);
        assert_eq!(events(&taken), [(0, 15, 0.0), (15, 30, 2.0), (15, 30, 0.0), (30, 45, 3.0)]);
        // Another answer, and the scrape before is known from the last one.
        let taken = counters.take(&[samples(3, Some(7), &[(60, 4.0)])]);
        assert_eq!(events(&taken), [(45, 60, 4.0)]);
        // A target of which nothing is known may have counted for years.
        let taken = counters.take(&[samples(4, Some(8), &[(60, 1e6)]), samples(5, None, &[(60, 1e6)])]);
        assert!(taken.deltas.is_empty());
        assert_eq!(taken.unknown_births, 2);
    }

    #[test]
    fn what_no_counter_shows_is_counted_and_passed_over() {
        let mut counters = Counters::default();
        let values = [(0, 1.0), (15, f64::NAN), (30, f64::INFINITY), (45, -1.0), (60, 2.0)];
        let taken = counters.take(&[samples(1, None, &values)]);
        assert_eq!((taken.nonsense, events(&taken)), (3, vec![(0, 60, 1.0)]));
    }

    #[test]
    fn deltas_come_in_the_order_of_time_whatever_the_order_of_series() {
        let mut counters = Counters::default();
        let answer = [samples(1, None, &[(0, 0.0), (40, 1.0)]), samples(2, None, &[(5, 0.0), (20, 1.0)])];
        assert_eq!(events(&counters.take(&answer)), [(5, 20, 1.0), (0, 40, 1.0)]);
    }

    #[test]
    fn so_many_series_and_no_more_are_followed_and_old_ones_are_forgotten() {
        let mut counters = Counters::default();
        let answer: Vec<Samples> =
            (0..MAX_SERIES as u64 + 2).map(|series| samples(series, None, &[(0, 0.0)])).collect();
        assert_eq!(counters.take(&answer).too_many, 2);
        counters.forget(at(86_400));
        assert_eq!(counters.series(), MAX_SERIES);
        counters.forget(at(2 * 86_400));
        assert_eq!(counters.series(), 0);
    }
}
