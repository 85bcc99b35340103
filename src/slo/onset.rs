//! When trouble began, from the counts themselves: an alert is late by as long as its windows take to fill.

use std::time::Duration;

use super::burn::Events;
use super::meter::Meter;
use super::slo::Objective;
use crate::domain::time::Timestamp;

/// So many steps back are looked at, at most.
const STEPS: u32 = 360;
/// Steps without trouble between two of the same trouble: one quiet minute is no end.
const QUIET: u32 = 3;
/// The parts of a step.
const FINE: u32 = 6;
/// Trouble is at least so many times as bad as what was before.
const LEAVES: f64 = 3.0;

/// The beginning of the first step of the trouble that goes on now, or that ended less than `QUIET` steps ago. A step is
/// in trouble when it spends the budget faster than allowed and is well above what was usual before.
pub fn onset(meter: &Meter, objective: Objective, step: Duration) -> Option<Timestamp> {
    let until = meter.figures_until()?;
    let usual_from = until.minus(step * STEPS * 2);
    let usual = events(meter, usual_from, until.minus(step * STEPS));
    let usual = usual.map_or(0.0, |events| events.burn_rate(objective));
    let least = (LEAVES * usual).clamp(1.0, 0.5 / objective.error_budget());
    let (mut began, mut quiet) = (None, 0);
    let burns = |from: Timestamp, to: Timestamp| {
        events(meter, from, to).is_some_and(|events| events.burn_rate(objective) > least)
    };
    for back in 0..STEPS {
        let from = until.minus(step * (back + 1));
        if burns(from, from.plus(step)) {
            (began, quiet) = (Some(from), 0);
        } else {
            quiet += 1;
            if quiet > QUIET {
                break;
            }
        }
    }
    // Within the first step, as finely as the newest counts are kept.
    let began = began?;
    let fine = step / FINE;
    (0..FINE).map(|place| began.plus(fine * place)).find(|from| burns(*from, from.plus(fine))).or(Some(began))
}

fn events(meter: &Meter, from: Timestamp, to: Timestamp) -> Option<Events> {
    meter.between(from, to).measure.ok()?.events()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::counters::{Samples, SeriesKey, Side};
    use crate::slo::promql::EventQuery;
    use crate::slo::slo::Numerator;

    const STEP: Duration = Duration::from_secs(60);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_795_332_000_000 + seconds * 1_000)
    }

    /// Ten hours at ten requests a second, of which `bad(second)` in a thousand fail; a sample each ten seconds.
    fn begun(bad: impl Fn(i64) -> f64) -> Option<i64> {
        let query = EventQuery::parse("errors_total").unwrap().0;
        let mut meter = Meter::new(&Numerator::Bad(query), at(0), Duration::from_secs(28 * 86_400));
        let mut errors = 0.0;
        let (mut totals, mut parts) = (Vec::new(), Vec::new());
        for second in (0..=36_000).step_by(10) {
            errors += 100.0 * bad(second) / 1_000.0;
            totals.push((at(second), second as f64 * 10.0));
            parts.push((at(second), errors));
        }
        let samples = |key, side, values| Samples { series: SeriesKey(key), target: None, side, values };
        meter.take(&[samples(1, Side::Total, totals), samples(2, Side::Part, parts)]);
        let onset = onset(&meter, Objective::new(0.999).unwrap(), STEP)?;
        Some((onset.as_millis() - at(0).as_millis()) / 1_000)
    }

    #[test]
    fn trouble_began_with_its_first_errors_and_not_when_a_window_was_full() {
        for began in [35_400, 34_000, 30_005] {
            let found = begun(|second| if second > began { 50.0 } else { 0.1 }).unwrap();
            assert!((found - began).abs() <= 20, "{found}, not {began}");
        }
    }

    #[test]
    fn a_quiet_minute_does_not_end_it_and_an_earlier_trouble_is_another() {
        let with_gap = |second: i64| if (34_000..34_060).contains(&second) { 0.0 } else { 50.0 };
        let found = begun(|second| if second > 33_000 { with_gap(second) } else { 0.1 }).unwrap();
        assert!((found - 33_000).abs() <= 20, "{found}");
        let two =
            |second: i64| if (20_000..22_000).contains(&second) || second > 35_000 { 50.0 } else { 0.1 };
        assert!((begun(two).unwrap() - 35_000).abs() <= 20);
    }

    #[test]
    fn where_errors_are_usual_only_more_of_them_are_trouble() {
        assert_eq!(begun(|_| 0.5), None);
        assert_eq!(begun(|_| 3.0), None);
        assert!(begun(|second| if second > 35_000 { 30.0 } else { 3.0 }).is_some());
    }
}
