//! Where samples are counted in place of events: metrics that go up and down, ratios that somebody computed before, and
//! slices of time. All of it is asked of Prometheus by subqueries.
//!
//! | counted | good, over a window W |
//! | --- | --- |
//! | samples that hold, `op: lt, value: 0.5` | `sum_over_time(((query) < bool 0.5)[W:1m])` |
//! | a ratio of successes | `sum_over_time(((query) >= 0)[W:1m])` |
//! | numbers that are no counters | `sum_over_time(((query) >= 0)[W:1m])` |
//! | slices of a minute | `sum_over_time((good over 1m / all over 1m >= bool 0.95)[W:1m])` |
//!
//! The comparisons also leave out what is no number, such as the ratio of a minute without traffic: one of those in a sum
//! makes all of it no number.

use std::time::Duration;

use super::{EventQuery, MAX_BYTES, NotUnderstood, Note, Shape, duration, scan};
use crate::slo::slo::{Indicator, Method, Numerator};

/// Between two samples.
const RESOLUTION: &str = "1m";

/// More than what 1 − 0.95 differs from 0.05, and less than any target tells apart.
const ROUNDING: f64 = 1e-9;

/// An expression with a value at each moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleQuery(String);

/// How a sample is compared with the value of an objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Lt,
    Lte,
    Gt,
    Gte,
}

/// What a ratio that was computed before is a ratio of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RawType {
    /// good / total
    Success,
    /// bad / total
    Failure,
}

impl Op {
    pub const ALL: [Op; 4] = [Op::Lt, Op::Lte, Op::Gt, Op::Gte];

    /// As OpenSLO writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Op::Lt => "lt",
            Op::Lte => "lte",
            Op::Gt => "gt",
            Op::Gte => "gte",
        }
    }

    const fn promql(self) -> &'static str {
        match self {
            Op::Lt => "<",
            Op::Lte => "<=",
            Op::Gt => ">",
            Op::Gte => ">=",
        }
    }
}

impl SampleQuery {
    /// A placeholder of a window takes the time between two samples.
    pub fn parse(raw: &str) -> Result<(Self, Option<Note>), NotUnderstood> {
        let text = pieces(raw)?.join(RESOLUTION);
        match text.trim() {
            "" => Err(NotUnderstood::Empty),
            text => Ok((SampleQuery(text.to_owned()), None)),
        }
    }

    /// Each sample is an event, good where the comparison holds.
    pub fn held(&self, op: Op, value: f64) -> Indicator {
        let (query, op) = (&self.0, op.promql());
        Indicator {
            numerator: Numerator::Good(over(&format!("sum_over_time((({query}) {op} bool {value})["))),
            total: over(&format!("count_over_time((({query}) <= Inf)[")),
        }
    }

    /// Each sample is an event, as good or bad as its value.
    pub fn ratio(&self, raw: RawType) -> Indicator {
        let total = over(&format!("count_over_time((({}) >= 0)[", self.0));
        let numerator = match raw {
            RawType::Success => Numerator::Good(self.summed()),
            RawType::Failure => Numerator::Bad(self.summed()),
        };
        Indicator { numerator, total }
    }

    /// Each sample is a number of events.
    fn summed(&self) -> EventQuery {
        over(&format!("sum_over_time((({}) >= 0)[", self.0))
    }
}

impl EventQuery {
    /// Of a metric that is no counter: its samples are added up, unless the expression says itself what it does.
    pub fn parse_sums(raw: &str) -> Result<(Self, Option<Note>), NotUnderstood> {
        let pieces = pieces(raw)?;
        if pieces.len() > 1 {
            return Ok((EventQuery(Shape::Template(pieces)), None));
        }
        SampleQuery::parse(raw).map(|(query, note)| (query.summed(), note))
    }
}

impl Indicator {
    /// Slices in place of events, where Prometheus is asked for their count. Counters are better followed sample by sample.
    pub fn sliced(&self, method: Method) -> Indicator {
        let (slice, target) = match method {
            Method::Occurrences => return self.clone(),
            Method::Timeslices { slice, target } => (slice, Some(target)),
            Method::RatioTimeslices { slice } => (slice, None),
        };
        // Subqueries stand at multiples of their step. A range that ends at one and is a hair shorter than it does not
        // reach the one before, whichever Prometheus counts as within it.
        let within = duration(slice.saturating_sub(Duration::from_millis(1)));
        let step = duration(slice);
        let all = format!("({} > 0)", self.total.over(&within));
        let share = format!("clamp_max({} / {all}, 1)", self.numerator.query().over(&within));
        let judged = match (&self.numerator, target) {
            (Numerator::Good(_) | Numerator::Bad(_), None) => share,
            (Numerator::Good(_), Some(target)) => format!("{share} >= bool {:.12}", target - ROUNDING),
            (Numerator::Bad(_), Some(target)) => format!("{share} > bool {:.12}", 1.0 - target + ROUNDING),
        };
        let counted = sliced(&format!("sum_over_time(({judged})["), &step);
        let numerator = match &self.numerator {
            Numerator::Good(_) => Numerator::Good(counted),
            Numerator::Bad(_) => Numerator::Bad(counted),
        };
        Indicator { numerator, total: sliced(&format!("count_over_time({all}["), &step) }
    }
}

fn pieces(raw: &str) -> Result<Vec<String>, NotUnderstood> {
    if raw.len() > MAX_BYTES {
        return Err(NotUnderstood::TooLong);
    }
    scan::pieces(raw)
}

fn over(opening: &str) -> EventQuery {
    sliced(opening, RESOLUTION)
}

/// `opening` ends where the window goes.
fn sliced(opening: &str, step: &str) -> EventQuery {
    EventQuery(Shape::Template(vec![opening.to_owned(), format!(":{step}])")]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(indicator: &Indicator) -> (String, String) {
        (indicator.numerator.query().over("1h"), indicator.total.over("1h"))
    }

    #[test]
    fn a_sample_holds_or_does_not_and_one_that_is_no_number_is_none() {
        let query = SampleQuery::parse("avg(latency) # seconds").unwrap().0;
        let (good, all) = asked(&query.held(Op::Lt, 0.5));
        assert_eq!(good, "sum(sum_over_time(((avg(latency)) < bool 0.5)[1h:1m]))");
        assert_eq!(all, "sum(count_over_time(((avg(latency)) <= Inf)[1h:1m]))");
        let (good, _) = asked(&query.held(Op::Gte, -2.0));
        assert!(good.contains(">= bool -2"), "{good}");
    }

    #[test]
    fn a_ratio_is_as_good_or_bad_as_its_value() {
        let query = SampleQuery::parse("1 - sum(sum_over_time(x[{{.window}}]))").unwrap().0;
        let indicator = query.ratio(RawType::Failure);
        assert!(matches!(indicator.numerator, Numerator::Bad(_)));
        let (bad, all) = asked(&indicator);
        assert_eq!(bad, "sum(sum_over_time(((1 - sum(sum_over_time(x[1m]))) >= 0)[1h:1m]))");
        assert_eq!(all, "sum(count_over_time(((1 - sum(sum_over_time(x[1m]))) >= 0)[1h:1m]))");
        assert!(matches!(query.ratio(RawType::Success).numerator, Numerator::Good(_)));
    }

    #[test]
    fn numbers_that_are_no_counters_are_added_up() {
        let over = |raw| EventQuery::parse_sums(raw).map(|(query, _)| query.over("1h"));
        assert_eq!(over("sum(x)").as_deref(), Ok("sum(sum_over_time(((sum(x)) >= 0)[1h:1m]))"));
        assert_eq!(over("sum_over_time(x[$window])").as_deref(), Ok("sum(sum_over_time(x[1h]))"));
        assert_eq!(over(" "), Err(NotUnderstood::Empty));
        assert_eq!(over("sum(x"), Err(NotUnderstood::Unbalanced));
    }

    #[test]
    fn slices_are_judged_one_by_one() {
        let query = |raw: &str| EventQuery::parse(raw).unwrap().0;
        let (good, bad) = (Numerator::Good(query("good[$window]")), Numerator::Bad(query("bad[$window]")));
        let slice = Duration::from_secs(60);
        let sliced = |numerator: &Numerator, method| {
            let indicator = Indicator { numerator: numerator.clone(), total: query("all[$window]") };
            asked(&indicator.sliced(method))
        };
        let target = Method::Timeslices { slice, target: 0.95 };
        let (counted, all) = sliced(&good, target);
        assert_eq!(all, "sum(count_over_time((sum(all[59999ms]) > 0)[1h:1m]))");
        assert_eq!(
            counted,
            "sum(sum_over_time((clamp_max(sum(good[59999ms]) / (sum(all[59999ms]) > 0), 1) >= bool 0.949999999000)[1h:1m]))"
        );
        let (counted, _) = sliced(&bad, target);
        assert!(counted.contains("> bool 0.050000001000)[1h:1m]"), "{counted}");
        let (counted, _) = sliced(&bad, Method::RatioTimeslices { slice });
        assert_eq!(
            counted,
            "sum(sum_over_time((clamp_max(sum(bad[59999ms]) / (sum(all[59999ms]) > 0), 1))[1h:1m]))"
        );
    }
}
