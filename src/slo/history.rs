//! What an SLO counted over time, kept as sums that only grow: the counts of any window are one subtraction.
//!
//! ```text
//!   sums ▲                      ▁▂▄▅▆▇█  now
//!        │             ▂▃▃▃▄▅▅▆▇
//!        │   ▁▁▁▂▂▃▃▃▄▅                   events(W) = sums(now) − sums(now − W)
//!        └──┬────┬────┬────┬──┬┬┬┬┬──▶ time
//!          2 h apart … 10 min, 1 min, 10 s
//! ```
//!
//! Kept is the same growing function at boundaries that lie the further apart the older they are (`STEPS`); between two
//! of them it is taken as straight. So a count over W is wrong by at most what happened within the one step at the old
//! edge of W, whatever the traffic was, and nothing is ever averaged.

use std::ops::{Add, AddAssign, Mul, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;

/// Counts within a window, or since the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Events.
    pub total: f64,
    /// Those of them that the indicator counts beside the total: the good or the bad ones.
    pub part: f64,
    /// Seconds for which the counts are known.
    pub covered: f64,
}

impl Add for Counts {
    type Output = Counts;

    fn add(self, other: Counts) -> Counts {
        Counts {
            total: self.total + other.total,
            part: self.part + other.part,
            covered: self.covered + other.covered,
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        *self = *self + other;
    }
}

impl Sub for Counts {
    type Output = Counts;

    fn sub(self, other: Counts) -> Counts {
        self + other * -1.0
    }
}

impl Mul<f64> for Counts {
    type Output = Counts;

    fn mul(self, factor: f64) -> Counts {
        Counts { total: self.total * factor, part: self.part * factor, covered: self.covered * factor }
    }
}

/// Milliseconds between two boundaries, and how many boundaries there are. The last tier is as long as the period needs.
///
/// With these the edge of a window lies within a step of 1/30 of 5 minutes, and of at most 1/120 of all windows from 30
/// minutes to 3 days. A period of less than 28 days has windows that are shorter in proportion, and so are its steps.
const STEPS: [(i64, usize); 4] = [(10_000, 372), (60_000, 362), (600_000, 434), (7_200_000, 1)];

/// The period for which the steps are made.
const PERIOD: f64 = 28.0 * 86_400.0;
/// No step is shorter, in milliseconds.
const SHORTEST: f64 = 100.0;

/// Moments that are kept exactly, at most.
const MARKS: usize = 2;

/// The growing sums of one SLO.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct History {
    tiers: [Tier; STEPS.len()],
    /// All that was added.
    sums: Counts,
    /// The latest moment of which something is known, in milliseconds.
    until: i64,
    /// The sums at moments that have to be exact.
    marks: Vec<(i64, Counts)>,
}

/// The sums at boundaries of one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Tier {
    step: i64,
    /// The newest boundary, in steps since 1970; it is not after `History::until`.
    newest: i64,
    /// A ring: the boundary `n` stands at `n` modulo the length.
    sums: Box<[Counts]>,
}

impl History {
    /// Without events; it begins at `from` and will be asked for windows of up to `longest`. Earlier events may come later.
    pub fn new(from: Timestamp, longest: Duration) -> Self {
        let from = from.as_millis();
        let scale = (longest.as_secs_f64() / PERIOD).min(1.0);
        let tiers = STEPS.map(|(full, boundaries)| {
            #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // Less than a day.
            let step = (full as f64 * scale).max(SHORTEST) as i64;
            let needed = i64::try_from(longest.as_millis()).unwrap_or(i64::MAX) / step + 2;
            let boundaries =
                if full == LAST_STEP { usize::try_from(needed).unwrap_or(boundaries) } else { boundaries };
            Tier { step, newest: from.div_euclid(step), sums: vec![Counts::default(); boundaries].into() }
        });
        History { tiers, sums: Counts::default(), until: from, marks: Vec::new() }
    }

    /// Whether it is one that could have been made here for windows of up to `longest`: it may have come from a disk.
    pub fn fits(&self, longest: Duration) -> bool {
        let made = History::new(Timestamp::from_millis(self.until), longest);
        let tiers = self.tiers.iter().zip(&made.tiers);
        let finite =
            |counts: &Counts| [counts.total, counts.part, counts.covered].iter().all(|sum| sum.is_finite());
        finite(&self.sums)
            && self.marks.len() <= MARKS
            && self.marks.iter().all(|(_, sums)| finite(sums))
            && tiers.into_iter().all(|(tier, made)| {
                tier.step == made.step
                    && tier.newest == made.newest
                    && tier.sums.len() == made.sums.len()
                    && tier.sums.iter().all(finite)
            })
    }

    /// The latest moment of which something is known.
    pub const fn until(&self) -> Timestamp {
        Timestamp::from_millis(self.until)
    }

    /// Keeps the sums at these moments exactly, and of no others from now on. They may lie ahead; what was counted before
    /// one that lies back is as exact as the boundaries around it.
    pub fn keep(&mut self, moments: [Timestamp; MARKS]) {
        let mark = |moment: &Timestamp| (moment.as_millis(), self.at(moment.as_millis()));
        self.marks = moments.iter().map(mark).collect();
    }

    /// Adds what happened after `from` until `to`, spread evenly over that time; it may be older than what is known.
    /// Nothing happens within no time: such a span counts as the millisecond that ends at `to`.
    pub fn add(&mut self, from: Timestamp, to: Timestamp, counts: Counts) {
        let to = to.as_millis();
        let from = from.as_millis().min(to - 1);
        if to > self.until {
            for tier in &mut self.tiers {
                tier.advance(to, self.sums);
            }
            self.until = to;
        }
        self.sums += counts;
        for (moment, sums) in self.marks.iter_mut().filter(|(moment, _)| *moment > from) {
            *sums += counts * share(*moment, from, to);
        }
        for tier in &mut self.tiers {
            tier.add(from, to, counts);
        }
    }

    /// What happened after `from` until `to`.
    pub fn between(&self, from: Timestamp, to: Timestamp) -> Counts {
        let counts = self.at(to.as_millis()) - self.at(from.as_millis());
        // Two large sums that differ in their last bit are no negative count.
        Counts { total: counts.total.max(0.0), part: counts.part.max(0.0), covered: counts.covered.max(0.0) }
    }

    /// The sums at a moment. Before the oldest boundary they are taken for those at it.
    fn at(&self, moment: i64) -> Counts {
        if moment >= self.until {
            return self.sums;
        }
        if let Some((_, sums)) = self.marks.iter().find(|(mark, _)| *mark == moment) {
            return *sums;
        }
        for tier in &self.tiers {
            // Most moments are older than the finest tiers: no division for those.
            if moment < tier.begin() {
                continue;
            }
            let boundary = moment.div_euclid(tier.step);
            let Some(before) = tier.get(boundary) else { continue };
            let (after, end) = match tier.get(boundary + 1) {
                Some(after) => (after, (boundary + 1) * tier.step),
                None => (self.sums, self.until),
            };
            let begin = boundary * tier.step;
            return before + (after - before) * share(moment, begin, end);
        }
        let [.., coarsest] = &self.tiers;
        coarsest.get(*coarsest.boundaries().start()).unwrap_or_default()
    }
}

const LAST_STEP: i64 = STEPS[STEPS.len() - 1].0;

impl Tier {
    const fn len(&self) -> i64 {
        self.sums.len() as i64
    }

    /// Those that are kept.
    fn boundaries(&self) -> std::ops::RangeInclusive<i64> {
        self.newest - self.len() + 1..=self.newest
    }

    /// Its oldest boundary, in milliseconds.
    const fn begin(&self) -> i64 {
        (self.newest - self.len() + 1) * self.step
    }

    fn get(&self, boundary: i64) -> Option<Counts> {
        if !self.boundaries().contains(&boundary) {
            return None;
        }
        let place = usize::try_from(boundary.rem_euclid(self.len())).ok()?;
        self.sums.get(place).copied()
    }

    fn slot(&mut self, boundary: i64) -> &mut Counts {
        let place = boundary.rem_euclid(self.len());
        #[allow(clippy::indexing_slicing, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        &mut self.sums[place as usize]
    }

    /// Notes that the sums were the same until `until`.
    fn advance(&mut self, until: i64, sums: Counts) {
        let newest = until.div_euclid(self.step);
        let first = (self.newest + 1).max(newest - self.len() + 1);
        for boundary in first..=newest {
            *self.slot(boundary) = sums;
        }
        self.newest = self.newest.max(newest);
    }

    /// Raises each boundary after `from` by what had happened by then.
    fn add(&mut self, from: i64, to: i64, counts: Counts) {
        let first = (from.div_euclid(self.step) + 1).max(*self.boundaries().start());
        for boundary in first..=self.newest {
            let share = share(boundary * self.step, from, to);
            *self.slot(boundary) += counts * share;
        }
    }
}

/// How much of the time from `begin` to `end` is over at `moment`: between 0 and 1.
#[allow(clippy::cast_precision_loss)]
fn share(moment: i64, begin: i64, end: i64) -> f64 {
    let (over, whole) = ((moment - begin) as f64, (end - begin) as f64);
    if whole > 0.0 { (over / whole).clamp(0.0, 1.0) } else { 1.0 }
}

#[cfg(test)]
mod tests;
