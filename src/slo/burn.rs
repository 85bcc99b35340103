//! From counted events to the three figures people act on. All windows end now; `budget` knows periods of the calendar.
//!
//! With T the objective, b = 1 − T its error budget, N(W) the events and B(W) the bad events within a window W, and P the
//! period of the objective:
//!
//! | figure | formula | source |
//! | --- | --- | --- |
//! | burn rate | (B(W) / N(W)) / b | Site Reliability Workbook, chapter 5, "Alert on Burn Rate" |
//! | budget left | 1 − B(P) / (b N(P)) | OpenSLO v1, budgeting method Occurrences |
//! | time to exhaustion | budget left × P / burn rate | the two above: a burn rate of 1 spends a whole budget in P |
//!
//! The ratio is always one of sums, never a mean of ratios: a mean lets a quiet night weigh as much as a busy day.

use std::time::Duration;

use thiserror::Error;

use super::slo::Objective;

/// Events within one window. There is at least a trace of one, and no more bad ones than there are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Events {
    total: f64,
    bad: f64,
}

/// What one window's counts say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measure {
    Events(Events),
    /// The series are there and did not move. Not 0 % and not 100 %: nothing was asked of the service.
    NoTraffic,
    /// The source knows no such series in this window.
    NoData,
}

/// Counts that cannot be counts.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum Nonsense {
    #[error("the {0} query answered with {1}, which counts nothing; look for a division in it")]
    NotFinite(Counted, f64),
    #[error("the {0} query answered with {1}, but a count of events cannot be below 0")]
    Negative(Counted, f64),
    #[error(
        "there are more {0} events ({1:.1}) than events in all ({2:.1}); the two queries count different things"
    )]
    MoreThanTotal(Counted, f64, f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    Good,
    Bad,
    Total,
}

impl std::fmt::Display for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Counted::Good => "good",
            Counted::Bad => "bad",
            Counted::Total => "total",
        })
    }
}

/// The events counted beside the total; a count is absent when the source knows no such series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Count {
    Good(Option<f64>),
    Bad(Option<f64>),
}

/// By how much of the total the numerator may exceed it before the two are said to count different things. Prometheus
/// extrapolates each series to the edges of the window by itself, so that two sums over the same events can differ.
const EXTRAPOLATION: f64 = 0.01;

/// What the answers for one window come to.
///
/// An absent numerator beside a total that moved is no event of that kind: a counter that never had an error often is
/// not exported at all. Whether a query can ever match is asked over the whole period, by the caller.
pub fn measure(count: Count, total: Option<f64>) -> Result<Measure, Nonsense> {
    let Some(total) = total else { return Ok(Measure::NoData) };
    let total = sane(Counted::Total, total)?;
    let (counted, part) = match count {
        Count::Good(part) => (Counted::Good, part),
        Count::Bad(part) => (Counted::Bad, part),
    };
    let part = sane(counted, part.unwrap_or(0.0))?;
    if part > total * (1.0 + EXTRAPOLATION) {
        return Err(Nonsense::MoreThanTotal(counted, part, total));
    }
    if total == 0.0 {
        return Ok(Measure::NoTraffic);
    }
    let part = part.min(total);
    let bad = match counted {
        Counted::Good => total - part,
        Counted::Bad | Counted::Total => part,
    };
    Ok(Measure::Events(Events { total, bad }))
}

fn sane(counted: Counted, value: f64) -> Result<f64, Nonsense> {
    if !value.is_finite() {
        Err(Nonsense::NotFinite(counted, value))
    } else if value < 0.0 {
        Err(Nonsense::Negative(counted, value))
    } else {
        Ok(value)
    }
}

impl Measure {
    pub const fn events(self) -> Option<Events> {
        match self {
            Measure::Events(events) => Some(events),
            Measure::NoTraffic | Measure::NoData => None,
        }
    }
}

impl Events {
    pub const fn total(self) -> f64 {
        self.total
    }

    pub const fn bad(self) -> f64 {
        self.bad
    }

    /// B(W) / N(W), between 0 and 1.
    pub fn error_ratio(self) -> f64 {
        self.bad / self.total
    }

    /// How many times faster than allowed the budget is spent; between 0 and 1 / (1 − objective).
    pub fn burn_rate(self, objective: Objective) -> f64 {
        self.error_ratio() / objective.error_budget()
    }

    /// Share of the budget that is left when these are the events of the whole period. At most 1; below 0 when overspent.
    pub fn budget_left(self, objective: Objective) -> f64 {
        1.0 - self.burn_rate(objective)
    }
}

/// How long until nothing is left of the budget if `burn_rate` goes on; zero when it is spent already, `None` when it
/// will never be at this rate.
///
/// Simple on purpose: it does not know that old events leave a rolling period. The window of `burn_rate` belongs beside it.
pub fn time_to_exhaustion(budget_left: f64, burn_rate: f64, period: Duration) -> Option<Duration> {
    if budget_left <= 0.0 {
        return Some(Duration::ZERO);
    }
    if burn_rate <= 0.0 {
        return None;
    }
    // Too far away for a Duration is never.
    Duration::try_from_secs_f64(budget_left * period.as_secs_f64() / burn_rate).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MONTH: Duration = Duration::from_secs(30 * 86_400);

    fn objective(share: f64) -> Objective {
        Objective::new(share).unwrap()
    }

    fn events(bad: f64, total: f64) -> Events {
        measure(Count::Bad(Some(bad)), Some(total)).unwrap().events().unwrap()
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9 * b.abs().max(1.0)
    }

    #[test]
    fn burn_rates_are_those_of_the_workbook() {
        // Chapter 5, table 5-4: error rate for a 99.9 % objective over 30 days, and time to exhaustion.
        for (burn, ratio, hours) in
            [(1.0, 0.001, 720.0), (2.0, 0.002, 360.0), (10.0, 0.01, 72.0), (1000.0, 1.0, 0.72)]
        {
            let events = events(ratio * 1e6, 1e6);
            assert!(close(events.burn_rate(objective(0.999)), burn), "{burn}");
            let left = time_to_exhaustion(1.0, burn, MONTH).unwrap().as_secs_f64();
            assert!(close(left, hours * 3600.0), "{burn}: {left}");
        }
    }

    #[test]
    fn good_events_and_bad_events_tell_the_same_story() {
        let by_good = measure(Count::Good(Some(990.0)), Some(1000.0)).unwrap();
        let by_bad = measure(Count::Bad(Some(10.0)), Some(1000.0)).unwrap();
        assert_eq!(by_good, by_bad);
    }

    #[test]
    fn a_budget_can_be_overspent() {
        assert!(close(events(3.0, 1000.0).budget_left(objective(0.999)), -2.0));
        assert!(close(events(0.0, 1000.0).budget_left(objective(0.999)), 1.0));
        assert_eq!(time_to_exhaustion(-2.0, 1.0, MONTH), Some(Duration::ZERO));
        assert_eq!(time_to_exhaustion(0.0, 0.0, MONTH), Some(Duration::ZERO));
    }

    #[test]
    fn without_errors_the_budget_lasts_for_ever() {
        assert_eq!(time_to_exhaustion(0.4, 0.0, MONTH), None);
        assert_eq!(time_to_exhaustion(1.0, f64::MIN_POSITIVE, MONTH), None);
    }

    #[test]
    fn no_traffic_and_no_data_are_neither_good_nor_bad() {
        assert_eq!(measure(Count::Bad(Some(0.0)), Some(0.0)), Ok(Measure::NoTraffic));
        assert_eq!(measure(Count::Good(None), Some(0.0)), Ok(Measure::NoTraffic));
        assert_eq!(measure(Count::Bad(Some(5.0)), None), Ok(Measure::NoData));
        assert_eq!(measure(Count::Good(None), None), Ok(Measure::NoData));
    }

    #[test]
    fn an_error_counter_that_was_never_exported_is_no_error() {
        let measured = measure(Count::Bad(None), Some(100.0)).unwrap().events().unwrap();
        assert_eq!(measured.bad(), 0.0);
        let measured = measure(Count::Good(None), Some(100.0)).unwrap().events().unwrap();
        assert_eq!(measured.bad(), 100.0);
    }

    #[test]
    fn what_cannot_be_a_count_is_refused() {
        assert!(matches!(
            measure(Count::Bad(Some(f64::NAN)), Some(1.0)),
            Err(Nonsense::NotFinite(Counted::Bad, _))
        ));
        for total in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(matches!(
                measure(Count::Bad(None), Some(total)),
                Err(Nonsense::NotFinite(Counted::Total, _))
            ));
        }
        assert!(matches!(
            measure(Count::Good(Some(-1.0)), Some(1.0)),
            Err(Nonsense::Negative(Counted::Good, _))
        ));
        assert!(matches!(measure(Count::Good(Some(12.0)), Some(10.0)), Err(Nonsense::MoreThanTotal(..))));
        assert!(matches!(measure(Count::Bad(Some(1.0)), Some(0.0)), Err(Nonsense::MoreThanTotal(..))));
    }

    #[test]
    fn a_hair_over_the_total_is_extrapolation() {
        let measured = measure(Count::Good(Some(100.5)), Some(100.0)).unwrap().events().unwrap();
        assert_eq!(measured.bad(), 0.0);
    }

    #[test]
    fn figures_of_whatever_is_accepted_are_finite() {
        for total in [5e-324, 1e-9, 1.0, 1e15, f64::MAX] {
            for bad in [0.0, total / 2.0, total] {
                let events = events(bad, total);
                assert!((0.0..=1.0).contains(&events.error_ratio()), "{bad} of {total}");
                assert!(events.burn_rate(objective(0.999)).is_finite());
                assert!(events.budget_left(objective(0.999)).is_finite());
            }
        }
    }
}
