//! Canary against baseline by counts: bad requests among all, since the cohort began.
//!
//! With p₁ the share of bad requests of the canary, p₀ that of the baseline, and m the margin, the three verdicts each
//! refute a null, with the evidence of `canary::evidence` at [`DOUBT`]:
//!
//! | verdict | refutes | says |
//! | --- | --- | --- |
//! | worse | p₁ ≤ p₀ + m | the canary is worse by more than the margin |
//! | better | p₁ ≥ p₀ − m | the canary is better by more than the margin |
//! | same | p₁ ≥ p₀ + m | the canary is not worse by more than the margin |
//!
//! Each holds however often one asks: in at most one of a hundred cohorts is a wrong one of its kind ever given. Evidence
//! may fall again later; who asks repeatedly may keep the first verdict.

#[cfg(test)]
mod tests;

use std::time::Duration;

use thiserror::Error;

use super::evidence::{Trials, against};
use crate::domain::change::Verdict;

/// α: how often, at most, a verdict of one kind is ever given that is wrong, over the whole life of a cohort.
pub const DOUBT: f64 = 0.01;

/// More requests than that are not worth waiting for.
const FAR: f64 = 1e9;

/// Bad requests, and all requests, of one cohort. Never more bad ones than there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    bad: u64,
    total: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "there are more bad requests ({bad}) than requests in all ({total}); the two queries count different things"
)]
pub struct MoreBadThanAll {
    pub bad: u64,
    pub total: u64,
}

impl Counts {
    pub const fn new(bad: u64, total: u64) -> Result<Self, MoreBadThanAll> {
        if bad > total { Err(MoreBadThanAll { bad, total }) } else { Ok(Counts { bad, total }) }
    }

    pub const fn bad(self) -> u64 {
        self.bad
    }

    pub const fn total(self) -> u64 {
        self.total
    }

    const fn trials(self) -> Trials {
        Trials { bad: self.bad as f64, total: self.total as f64 }
    }
}

/// The difference between two shares of bad requests that nobody minds; half the error budget is a good one. More than 0,
/// because nothing is ever proven to be exactly the same, and less than 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Margin(f64);

#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("a margin is a share above 0 and below 1, not {0}; write 0.005 for half a percentage point")]
pub struct NoMargin(pub f64);

impl Margin {
    pub fn new(share: f64) -> Result<Self, NoMargin> {
        if share > 0.0 && share < 1.0 { Ok(Margin(share)) } else { Err(NoMargin(share)) }
    }

    pub const fn share(self) -> f64 {
        self.0
    }
}

/// What makes a request a bad one. The test is the same; so latency is never an average, nor a quantile of quantiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Failed,
    /// It took longer than the objective allows: all requests less those in the histogram's bucket of that bound.
    Slow {
        over: Duration,
    },
}

/// The canary beside its baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    pub fault: Fault,
    pub canary: Counts,
    pub baseline: Counts,
    pub margin: Margin,
    pub verdict: Verdict,
}

impl Comparison {
    /// Judges counts since the cohort began; its traffic was split in one ratio from then on.
    pub fn of(fault: Fault, canary: Counts, baseline: Counts, margin: Margin) -> Self {
        let verdict =
            decide(canary.trials(), baseline.trials(), margin).unwrap_or_else(|| Verdict::NotEnoughData {
                more_requests: more_requests(canary.trials(), baseline.trials(), margin),
            });
        Comparison { fault, canary, baseline, margin, verdict }
    }

    /// The harm done: x₁ − n₁ x₀ / n₀, how many bad requests more there were than the baseline would have had of as many
    /// requests. Below 0 when there were fewer; `None` when nothing went to the baseline.
    pub fn excess(&self) -> Option<f64> {
        let share = self.baseline.trials().share()?;
        Some(self.canary.bad as f64 - self.canary.total as f64 * share)
    }
}

fn decide(canary: Trials, baseline: Trials, margin: Margin) -> Option<Verdict> {
    if is_worse(canary, baseline, margin) {
        Some(Verdict::Worse)
    } else if is_better(canary, baseline, margin) {
        Some(Verdict::Better)
    } else if is_same(canary, baseline, margin) {
        Some(Verdict::Same)
    } else {
        None
    }
}

fn is_worse(canary: Trials, baseline: Trials, margin: Margin) -> bool {
    is_refuted(against(canary, baseline, margin.0))
}

fn is_better(canary: Trials, baseline: Trials, margin: Margin) -> bool {
    is_refuted(against(baseline, canary, margin.0))
}

fn is_same(canary: Trials, baseline: Trials, margin: Margin) -> bool {
    is_refuted(against(baseline, canary, -margin.0))
}

fn is_refuted(ln_evidence: f64) -> bool {
    ln_evidence >= -DOUBT.ln()
}

/// The least number of requests of the canary at which there would be a verdict, less those it had.
fn more_requests(canary: Trials, baseline: Trials, margin: Margin) -> Option<u64> {
    let together = Trials { bad: canary.bad + baseline.bad, total: canary.total + baseline.total };
    // Of whom nothing is known yet, it is taken to be like the other, and to get as much.
    let usual = together.share().unwrap_or(0.0);
    let share = canary.share().unwrap_or(usual);
    let baseline_share = baseline.share().unwrap_or(usual);
    let split = if canary.total > 0.0 && baseline.total > 0.0 { baseline.total / canary.total } else { 1.0 };
    let is_enough = |total: f64| {
        let baseline = Trials { bad: total * split * baseline_share, total: total * split };
        decide(Trials { bad: total * share, total }, baseline, margin).is_some()
    };
    let mut enough = canary.total.max(1.0);
    while !is_enough(enough) {
        enough *= 2.0;
        if enough > FAR {
            return None;
        }
    }
    let mut not_enough = (enough / 2.0).floor();
    while enough - not_enough > 1.0 {
        let middle = f64::midpoint(not_enough, enough).floor();
        if is_enough(middle) {
            enough = middle;
        } else {
            not_enough = middle;
        }
    }
    Some(((enough - canary.total) as u64).max(1))
}
