//! Canary against baseline by a gauge (memory, saturation, queue length): values of each, one an interval.
//!
//! The rules and the defaults are those of the metric classifier in Kayenta's judge NetflixACAJudge-v1.0 (spinnaker/kayenta,
//! a69573b). With the shift and its interval of `canary::rank`:
//!
//! | class | when |
//! | --- | --- |
//! | high | low > tolerance × \|estimate\|, and the effect size is at least the allowed increase |
//! | low | high < −tolerance × \|estimate\|, and the effect size is at most the allowed decrease |
//! | no data | one of the samples is empty, and what is missing is not taken for zero |
//! | pass | else; equal samples always |
//!
//! An effect size that cannot be computed asks for nothing. Two differences, both on purpose: where each sample is of one
//! value, Kayenta adds a little chance and we compute what that tends to; and ends of an interval that lie at 0 are 0 here,
//! where the root finder's rounding has made them the one or the other side of it. Not taken over: the removal of outliers, and
//! the score over groups of metrics.
//!
//! Other than counts, this is no judgement to repeat until it says what one wants: each look is a chance of its own.

#[cfg(test)]
mod tests;

use super::rank::{can_tell, larger_share, shift};
use crate::domain::text::Line;

/// Which change of a gauge is a bad one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Increase,
    Decrease,
    Either,
}

/// What to make of an interval without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// It tells nothing.
    Remove,
    /// It is 0; a sample of nothing is as good as any.
    Replace,
}

/// What a difference is measured by, beside its certainty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// The canary's mean over the baseline's; none when one of them is 0.
    MeanRatio,
    /// The share of pairs in which the canary's value is the larger: a half when they are alike.
    CommonLanguage,
}

/// Effect sizes from which on a decrease and an increase count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    pub decrease: f64,
    pub increase: f64,
}

/// What a gauge that is out of bounds does to the rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It is told.
    Advisory,
    /// It makes the canary worse when the effect size is beyond the critical bounds too, and is waited for.
    Critical,
}

/// How one gauge is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GaugeTest {
    /// The part of the estimated shift that is not minded.
    pub tolerance: f64,
    /// Of the interval, between 0 and 1.
    pub confidence: f64,
    pub direction: Direction,
    pub missing: Missing,
    pub measure: Measure,
    pub allowed: Bounds,
    pub critical: Bounds,
    pub weight: Weight,
}

impl GaugeTest {
    /// The judge's own settings, by this measure.
    pub const fn by(measure: Measure) -> Self {
        let even = match measure {
            Measure::MeanRatio => 1.0,
            Measure::CommonLanguage => 0.5,
        };
        let even = Bounds { decrease: even, increase: even };
        GaugeTest {
            tolerance: 0.25,
            confidence: 0.98,
            direction: Direction::Either,
            missing: Missing::Remove,
            measure,
            allowed: even,
            critical: even,
            weight: Weight::Advisory,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Pass,
    High,
    Low,
    NoData,
}

/// What a class means for the rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gravity {
    Ordinary,
    Critical,
}

/// One gauge, judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Classified {
    pub class: Class,
    pub gravity: Gravity,
    /// The canary's mean over the baseline's.
    pub mean_ratio: Option<f64>,
}

/// The gauge of a canary beside that of its baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Gauge {
    pub name: Line,
    pub weight: Weight,
    pub reading: Reading,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    Classified(Classified),
    /// So few values that no difference between them could have the confidence asked for.
    TooFew {
        canary: usize,
        baseline: usize,
    },
}

impl Gauge {
    /// Judges the values of the same intervals; NaN where there is none. Unlike Kayenta it does not call two values a trend.
    pub fn of(name: Line, canary: &[f64], baseline: &[f64], test: &GaugeTest) -> Self {
        let (canary, baseline) = (values(canary, test.missing), values(baseline, test.missing));
        let (m, n) = (canary.len(), baseline.len());
        let reading = if m > 0 && n > 0 && !can_tell(m, n, test.confidence) {
            Reading::TooFew { canary: m, baseline: n }
        } else {
            Reading::Classified(classify(&canary, &baseline, test))
        };
        Gauge { name, weight: test.weight, reading }
    }
}

/// What can be ranked, in order. An infinite value is no measurement.
fn values(sample: &[f64], missing: Missing) -> Vec<f64> {
    let mut values: Vec<f64> = sample
        .iter()
        .map(|value| match missing {
            Missing::Replace if value.is_nan() => 0.0,
            Missing::Replace | Missing::Remove => *value,
        })
        .filter(|value| value.is_finite())
        .collect();
    values.sort_by(f64::total_cmp);
    values
}

/// Kayenta's rule, for sorted values.
fn classify(canary: &[f64], baseline: &[f64], test: &GaugeTest) -> Classified {
    if canary.is_empty() || baseline.is_empty() {
        let (class, gravity) = match (test.missing, test.weight) {
            (Missing::Remove, Weight::Critical) => (Class::NoData, Gravity::Critical),
            (Missing::Remove, Weight::Advisory) => (Class::NoData, Gravity::Ordinary),
            (Missing::Replace, _) => (Class::Pass, Gravity::Ordinary),
        };
        return Classified { class, gravity, mean_ratio: None };
    }
    let mean_ratio = mean_ratio(canary, baseline);
    let pass = Classified { class: Class::Pass, gravity: Gravity::Ordinary, mean_ratio };
    if canary == baseline {
        return pass;
    }
    let effect = match test.measure {
        Measure::MeanRatio => mean_ratio,
        Measure::CommonLanguage => Some(larger_share(canary, baseline)),
    };
    let shift = shift(canary, baseline, test.confidence);
    let tolerated = test.tolerance * shift.estimate.abs();
    let (up, down) = match test.direction {
        Direction::Increase => (true, false),
        Direction::Decrease => (false, true),
        Direction::Either => (true, true),
    };
    let increased = |bounds: Bounds| effect.is_none_or(|effect| effect >= bounds.increase);
    let decreased = |bounds: Bounds| effect.is_none_or(|effect| effect <= bounds.decrease);
    let (class, is_beyond) = if up && shift.low > tolerated && increased(test.allowed) {
        (Class::High, increased(test.critical))
    } else if down && shift.high < -tolerated && decreased(test.allowed) {
        (Class::Low, decreased(test.critical))
    } else {
        return pass;
    };
    let gravity = match test.weight {
        Weight::Critical if is_beyond => Gravity::Critical,
        Weight::Critical | Weight::Advisory => Gravity::Ordinary,
    };
    Classified { class, gravity, mean_ratio }
}

fn mean_ratio(canary: &[f64], baseline: &[f64]) -> Option<f64> {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (over, under) = (mean(canary), mean(baseline));
    (over != 0.0 && under != 0.0).then(|| over / under)
}
