//! Against exact sums, on a month of the traffic that makes other tools wrong: busy days, quiet nights, a bad hour at night
//! and one by day, a process that restarts, and trouble now.

use super::*;
use crate::slo::Objective;
use crate::slo::counters::{SeriesKey, TargetKey};
use crate::slo::promql::EventQuery;

const STEP: i64 = 30;
const DAY: i64 = 86_400;
const DAYS: i64 = 31;
const BEGIN: i64 = 1_790_000_000 / DAY * DAY;
const END: i64 = BEGIN + DAYS * DAY;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

fn bad() -> Numerator {
    Numerator::Bad(EventQuery::parse("errors_total").unwrap().0)
}

/// Requests and errors of each step, whole numbers.
fn traffic() -> Vec<(f64, f64)> {
    // Small and the same each time; chance has no say in a test of arithmetic.
    let mut seed = 7_u64;
    let mut chance = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as f64 / f64::from(u32::MAX >> 1)
    };
    (BEGIN..END)
        .step_by(usize::try_from(STEP).unwrap())
        .map(|second| {
            let (day, hour) = ((second - BEGIN) / DAY, (second % DAY) / 3_600);
            let rate = if (8..20).contains(&hour) { 40.0 } else { 0.2 };
            let share = match (day, hour) {
                (10, 2..4) => 0.02,
                (20, 14) => 0.03,
                _ if second >= END - 20 * 60 => 0.35,
                _ => 0.0001,
            };
            let requests = (rate * STEP as f64 * (0.5 + chance())).round();
            let errors = (0..requests as u32).filter(|_| chance() < share).count() as f64;
            (requests, errors)
        })
        .collect()
}

/// What a scrape sees every 30 s: counters that begin again at their process's restart.
fn scraped(traffic: &[(f64, f64)]) -> [Samples; 2] {
    let restart = 15 * DAY / STEP;
    let series = |key: u64, side: Side, count: fn(&(f64, f64)) -> f64| {
        let mut value = 0.0;
        let mut values = vec![(at(BEGIN), 0.0)];
        for (number, step) in (1..).zip(traffic) {
            value = if number == restart { count(step) } else { value + count(step) };
            values.push((at(BEGIN + number * STEP), value));
        }
        Samples { series: SeriesKey(key), target: Some(TargetKey(1)), side, values }
    };
    [series(1, Side::Total, |step| step.0), series(2, Side::Part, |step| step.1)]
}

/// The samples of both series from one place to another.
fn part(samples: &[Samples; 2], range: std::ops::Range<usize>) -> [Samples; 2] {
    samples
        .each_ref()
        .map(|samples| Samples { values: samples.values[range.clone()].to_vec(), ..samples.clone() })
}

#[test]
fn every_window_is_what_exact_sums_say() {
    let traffic = traffic();
    let samples = scraped(&traffic);
    let mut meter = Meter::new(&bad(), at(BEGIN), Duration::from_secs(30 * 86_400));
    // All but the last day at once, in answers that overlap.
    let last_day = usize::try_from((DAYS - 1) * DAY / STEP).unwrap();
    for begin in (0..last_day).step_by(100) {
        meter.take(&part(&samples, begin..(begin + 110).min(last_day)));
    }
    let mut sums = vec![(0.0, 0.0)];
    for (requests, errors) in &traffic {
        let (all, bad) = sums[sums.len() - 1];
        sums.push((all + requests, bad + errors));
    }
    let objective = Objective::new(0.999).unwrap();
    let exact = |window: i64, second: i64| {
        let index = |second: i64| usize::try_from((second - BEGIN) / STEP).unwrap();
        let ((all, bad), (old, old_bad)) = (sums[index(second)], sums[index(second - window)]);
        if all > old { (bad - old_bad) / (all - old) / objective.error_budget() } else { 0.0 }
    };
    // The worst that may be, in burn units: single errors at night that sit on the edge of the window.
    let bounds = [
        (300, 1.6),
        (1_800, 0.3),
        (3_600, 0.15),
        (7_200, 0.9),
        (21_600, 0.15),
        (DAY, 0.01),
        (3 * DAY, 0.005),
        (30 * DAY, 0.001),
    ];
    let pairs = [(3_600, 300, 14.4), (21_600, 1_800, 6.0)];
    let (mut worst, mut firing) = ([0.0_f64; 8], 0);
    for sample in last_day..=traffic.len() {
        meter.take(&part(&samples, sample - 3..sample + 1));
        let second = meter.until().unwrap().as_millis() / 1_000;
        let burn = |window: i64| {
            let reading = meter.reading(Duration::from_secs(u64::try_from(window).unwrap()));
            let events = reading.measure.unwrap().events();
            events.map_or(0.0, |events| events.burn_rate(objective))
        };
        for (slot, (window, bound)) in worst.iter_mut().zip(bounds) {
            let error = (burn(window) - exact(window, second)).abs();
            assert!(
                error <= bound,
                "{window} s at {second}: {} where {} is exact",
                burn(window),
                exact(window, second)
            );
            *slot = slot.max(error);
        }
        for (long, short, threshold) in pairs {
            let fires = burn(long) > threshold && burn(short) > threshold;
            assert_eq!(
                fires,
                exact(long, second) > threshold && exact(short, second) > threshold,
                "{long} s at {second}"
            );
            firing += usize::from(fires);
        }
    }
    assert!(firing > 20, "nothing ever fired");
}

#[test]
fn time_counts_as_covered_once_and_a_gap_of_the_scraper_does_not() {
    let mut meter = Meter::new(&bad(), at(0), Duration::from_secs(86_400));
    let series = |key: u64, values: &[(i64, f64)]| Samples {
        series: SeriesKey(key),
        target: Some(TargetKey(key)),
        side: Side::Total,
        values: values.iter().map(|(second, value)| (at(*second), *value)).collect(),
    };
    meter.take(&[series(1, &[(0, 0.0), (60, 6.0), (120, 12.0)]), series(2, &[(30, 0.0), (90, 6.0)])]);
    assert_eq!(meter.reading(Duration::from_secs(120)).coverage, 1.0);
    // Nobody looked for ten minutes; the events are known, the time of each is not.
    meter.take(&[series(1, &[(720, 72.0)])]);
    let reading = meter.reading(Duration::from_secs(720));
    assert!((reading.coverage - 120.0 / 720.0).abs() < 1e-9, "{reading:?}");
    assert!((reading.measure.unwrap().events().unwrap().total() - 78.0).abs() < 1e-9);
}

#[test]
fn no_traffic_and_no_data_are_told_apart() {
    let mut meter = Meter::new(&bad(), at(0), Duration::from_secs(86_400));
    assert_eq!(meter.reading(Duration::from_secs(300)).measure, Ok(Measure::NoData));
    let values = vec![(at(0), 5.0), (at(60), 5.0)];
    meter.take(&[Samples { series: SeriesKey(1), target: None, side: Side::Total, values }]);
    assert_eq!(meter.reading(Duration::from_secs(60)).measure, Ok(Measure::NoTraffic));
    assert_eq!(meter.between(at(-600), at(-300)).measure, Ok(Measure::NoData));
}

/// The traffic of a month, followed from the beginning of a period of the calendar on.
#[test]
fn a_period_of_the_calendar_is_counted_from_its_first_moment_exactly() {
    use crate::slo::period::Calendar;

    let traffic = traffic();
    let samples = scraped(&traffic);
    // It begins 7 s after a scrape, at no boundary of anything.
    let start = chrono::DateTime::from_timestamp(BEGIN + 4 * DAY + 7, 0).unwrap().naive_utc();
    let period = Period::Calendar(Calendar { length: "1w".parse().unwrap(), start, zone: chrono_tz::UTC });
    let mut meter = Meter::new(&bad(), at(BEGIN), period.longest());
    meter.keep(period, at(BEGIN));
    let requests_since = |from: i64, to: usize| {
        let first = usize::try_from((from - BEGIN) / STEP).unwrap();
        let rest: f64 = traffic[first + 1..to].iter().map(|(requests, _)| requests).sum();
        rest + traffic[first].0 * 23.0 / 30.0
    };
    for begin in (0..traffic.len()).step_by(100) {
        let end = (begin + 110).min(traffic.len());
        meter.take(&part(&samples, begin..end));
        let until = meter.until().unwrap();
        meter.keep(period, until);
        let turn = period.begins(until).as_millis() / 1_000;
        if turn < BEGIN || until.as_millis() / 1_000 - turn < 600 {
            continue;
        }
        let events = meter.over(period).measure.unwrap().events().unwrap();
        let exact = requests_since(turn, end - 1);
        assert!((events.total() - exact).abs() < 1e-3, "{} and not {exact} since {turn}", events.total());
    }
}

#[test]
fn slices_are_counted_in_place_of_events_and_those_without_events_are_not_covered() {
    use crate::slo::slo::Method;

    let mut meter = Meter::new(&bad(), at(0), Duration::from_secs(86_400));
    meter.slices = Slices::new(Method::Timeslices { slice: Duration::from_secs(60), target: 0.9 }, Part::Bad);
    // A request a second, none in the third quarter of an hour; every second one fails in the minutes 10 and 11.
    let (mut all, mut errors) = (0.0, 0.0);
    let (mut totals, mut parts) = (vec![(at(0), 0.0)], vec![(at(0), 0.0)]);
    for minute in 0..62 {
        let requests = if (30..45).contains(&minute) { 0.0 } else { 60.0 };
        all += requests;
        errors += if (10..12).contains(&minute) { 30.0 } else { 0.01 * requests };
        totals.push((at((minute + 1) * 60), all));
        parts.push((at((minute + 1) * 60), errors));
    }
    let samples = |key, side, values| Samples { series: SeriesKey(key), target: None, side, values };
    meter.take(&[samples(1, Side::Total, totals), samples(2, Side::Part, parts)]);
    assert_eq!(meter.until(), Some(at(62 * 60)));
    assert_eq!(meter.figures_until(), Some(at(61 * 60)));
    let hour = Period::Rolling("1h".parse().unwrap());
    let reading = meter.over(hour);
    let events = reading.measure.unwrap().events().unwrap();
    // An hour that begins within a step of the history loses a part of that.
    assert!((events.total() - 45.0).abs() < 0.01 && (events.bad() - 2.0).abs() < 0.01, "{events:?}");
    assert!((reading.coverage - 0.75).abs() < 0.001, "{reading:?}");
    // That nothing was asked is known all the same.
    let quiet = meter.between(at(35 * 60), at(40 * 60));
    assert_eq!((quiet.measure, quiet.coverage), (Ok(Measure::NoTraffic), 1.0));
}
