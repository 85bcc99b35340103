//! How much of an error budget is left and for how long it lasts, by budgeting method and period.
//!
//! With T the objective, b = 1 − T, B the bad and N all events of the period so far, P its whole length and s a slice:
//!
//! | | budget left | lasts, at the burn rate β |
//! | --- | --- | --- |
//! | any period that rolls | 1 − B / (b N) | left × P / β |
//! | calendar, Occurrences | 1 − B / (b N): to date | (P − over × (1 − left)) / β, with as much traffic as so far |
//! | calendar, by slices | 1 − B / (b P / s): fixed at the start | left × P / β |
//!
//! What would last beyond the end of a period of the calendar is not exhausted in it: the next begins with all of its budget.

use std::time::Duration;

use super::burn::{self, Events};
use super::period::Period;
use super::slo::{Method, Slo};
use crate::domain::time::Timestamp;

impl Slo {
    /// Share of the period's budget that is left when these are its events until `now`. At most 1; below 0 when overspent.
    pub fn budget_left(&self, events: Events, now: Timestamp) -> f64 {
        match (self.window, self.method.slice()) {
            (Period::Calendar(_), Some(slice)) => {
                let slices = self.window.whole(now).as_secs_f64() / slice.as_secs_f64();
                1.0 - events.bad() / (self.objective.error_budget() * slices)
            }
            (Period::Rolling(_) | Period::Calendar(_), _) => events.budget_left(self.objective),
        }
    }

    /// How long until nothing is left if `burn_rate` goes on; zero when it is spent, `None` when it will not be.
    pub fn time_to_exhaustion(&self, left: f64, burn_rate: f64, now: Timestamp) -> Option<Duration> {
        let Some(ends) = self.window.ends(now) else {
            return burn::time_to_exhaustion(left, burn_rate, self.window.duration());
        };
        let whole = self.window.whole(now);
        let left = match self.method {
            // What was spent to date is spent of a part of the period.
            Method::Occurrences if left > 0.0 => 1.0 - self.window.passed(now) * (1.0 - left),
            Method::Occurrences | Method::Timeslices { .. } | Method::RatioTimeslices { .. } => left,
        };
        burn::time_to_exhaustion(left, burn_rate, whole).filter(|time| now.plus(*time) < ends)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Line;
    use crate::slo::burn::{Count, measure};
    use crate::slo::period::Calendar;
    use crate::slo::promql::EventQuery;
    use crate::slo::slo::{DataSource, Indicator, Numerator, Objective};

    const DAY: Duration = Duration::from_secs(86_400);

    fn slo(share: f64, method: Method, calendar: &str) -> Slo {
        let start = "2026-01-01T00:00:00".parse().unwrap();
        let query = |raw| EventQuery::parse(raw).unwrap().0;
        Slo {
            name: Line::clean("checkout"),
            service: Line::clean("shop"),
            objective: Objective::new(share).unwrap(),
            window: Period::Calendar(Calendar {
                length: calendar.parse().unwrap(),
                start,
                zone: chrono_tz::UTC,
            }),
            method,
            indicator: Indicator { numerator: Numerator::Bad(query("bad")), total: query("all") },
            source: DataSource::Default,
            policies: Vec::new(),
            canary: None,
        }
    }

    fn events(bad: f64, total: f64) -> Events {
        measure(Count::Bad(Some(bad)), Some(total)).unwrap().events().unwrap()
    }

    fn at(day: u64) -> Timestamp {
        "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap().plus(DAY * u32::try_from(day).unwrap())
    }

    #[test]
    fn slices_of_a_calendar_spend_a_budget_that_was_fixed_at_the_start() {
        // OpenSLO's example of a connection that is treated equally at low traffic: a week of 99.95 % has 5.04 bad minutes.
        let minute = Duration::from_secs(60);
        let week = slo(0.9995, Method::Timeslices { slice: minute, target: 0.95 }, "1w");
        let now = at(3);
        let spent = |slices: f64| 1.0 - week.budget_left(events(slices, 3.0 * 1_440.0), now);
        assert!((spent(5.04) - 1.0).abs() < 1e-9);
        assert!((spent(1.0) - 1.0 / 5.04).abs() < 1e-9);
        let allowed = minute.as_secs_f64() * 5.04;
        assert!((allowed - (5.0 * 60.0 + 2.4)).abs() < 1e-9, "5 min 2.4 s");
        // All bad from now on: a burn of 2000 spends what is left in as many minutes as are left.
        let left = week.budget_left(events(1.0, 4_320.0), now);
        let lasts = week.time_to_exhaustion(left, 2_000.0, now).unwrap();
        assert!((lasts.as_secs_f64() - 4.04 * 60.0).abs() < 0.001, "{lasts:?}");
    }

    #[test]
    fn occurrences_of_a_calendar_are_judged_to_date() {
        let month = slo(0.99, Method::Occurrences, "1M");
        // Ten days of 31, half of what was allowed so far.
        let (now, events) = (at(10), events(5.0, 1_000.0));
        let left = month.budget_left(events, now);
        assert!((left - 0.5).abs() < 1e-9);
        // 5 of the 31 days' worth of budget are spent; 26 go in 13 days at twice the rate.
        let lasts =
            |burn: f64| month.time_to_exhaustion(left, burn, now).map(|time| time.as_secs_f64() / 86_400.0);
        assert!((lasts(2.0).unwrap() - 13.0).abs() < 1e-6);
        assert_eq!(lasts(1.2), None, "the month ends before");
        assert_eq!(lasts(0.0), None);
        assert_eq!(month.time_to_exhaustion(-0.1, 1.0, now), Some(Duration::ZERO));
    }

    #[test]
    fn the_next_period_has_all_of_its_budget() {
        let month = slo(0.99, Method::RatioTimeslices { slice: Duration::from_secs(60) }, "1M");
        assert_eq!(month.budget_left(events(0.0, 60.0), at(31)), 1.0);
        assert_eq!(month.window.begins(at(31)), at(31));
        // 31 × 1440 × 1 % are 446.4 minutes, in February 403.2.
        assert!((1.0 - month.budget_left(events(44.64, 1e4), at(30)) - 0.1).abs() < 1e-9);
        assert!((1.0 - month.budget_left(events(40.32, 1e4), at(40)) - 0.1).abs() < 1e-9);
    }
}
