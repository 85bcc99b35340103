//! Answers in, gauges out; an objective of 99 % makes a burn rate a hundred times the error ratio.

use std::time::Duration;

use super::*;
use crate::hub::prometheus::Sample;
use crate::slo::promql::EventQuery;
use crate::slo::{DataSource, Indicator, Method, Objective, Window};

const NOW: Timestamp = Timestamp::from_millis(1_795_332_280_000);

fn slo(numerator: fn(EventQuery) -> Numerator) -> Slo {
    let query = |raw| EventQuery::parse(raw).unwrap().0;
    Slo {
        name: Line::clean("checkout"),
        service: Line::clean("shop"),
        objective: Objective::new(0.99).unwrap(),
        window: "28d".parse::<Window>().unwrap().into(),
        method: Method::Occurrences,
        indicator: Indicator { numerator: numerator(query("part")), total: query("total") },
        source: DataSource::Default,
        policies: Vec::new(),
        canary: None,
    }
}

/// `None` for a series that is not there.
type Pair = (Option<f64>, Option<f64>);

fn answered(pairs: &[(&str, Pair)]) -> Answered {
    answered_at(pairs, NOW)
}

fn answered_at(pairs: &[(&str, Pair)], at: Timestamp) -> Answered {
    let mut samples = Vec::new();
    for (window, (part, total)) in pairs {
        for (label, value) in [(promql::part_label(window), part), (promql::total_label(window), total)] {
            let labels = [(promql::LABEL.to_owned(), label)].into();
            samples.extend(value.map(|value| Sample { labels, at, value }));
        }
    }
    let windows: Vec<Duration> =
        pairs.iter().map(|(window, _)| window.parse::<Window>().unwrap().duration()).collect();
    Answered::new(&Answer { samples, warnings: Vec::new() }, &windows, NOW)
}

fn short(five_minutes: Pair, hour: Pair, six_hours: Pair) -> Answered {
    answered(&[("5m", five_minutes), ("1h", hour), ("6h", six_hours)])
}

fn period(pair: Pair) -> Answered {
    answered(&[("28d", pair)])
}

fn known(short: Answered, period: Option<Answered>) -> Known {
    let mut known = Known::default();
    known.take_short(Ok(short));
    if let Some(period) = period {
        known.take_period(Ok(period));
    }
    known
}

fn gauge_of(known: &mut Known, numerator: fn(EventQuery) -> Numerator) -> SloGauge {
    known.gauge(&slo(numerator), &|| NOW, Polling::default())
}

fn close(value: Option<f64>, expected: f64) -> bool {
    value.is_some_and(|value| (value - expected).abs() < 1e-9)
}

const QUIET: Pair = (Some(0.0), Some(0.0));
const ABSENT: Pair = (None, None);

const fn pair(part: f64, total: f64) -> Pair {
    (Some(part), Some(total))
}

#[test]
fn fresh_counts_give_every_figure() {
    let mut known = known(
        short(pair(20.0, 100.0), pair(30.0, 1_000.0), pair(60.0, 6_000.0)),
        Some(period(pair(500.0, 1e5))),
    );
    let gauge = gauge_of(&mut known, Numerator::Bad);
    assert_eq!((gauge.state, gauge.detail.as_str(), gauge.as_of), (SloState::Ok, "", Some(NOW)));
    assert!(
        close(gauge.burn_5m, 20.0) && close(gauge.burn_1h, 3.0) && close(gauge.burn_6h, 1.0),
        "{gauge:?}"
    );
    assert!(close(gauge.budget_left, 0.5), "{gauge:?}");
    // Half of 28 days, three times as fast.
    assert_eq!(gauge.exhaustion, Some(28 * 86_400 / 6));
    assert_eq!((gauge.window.as_str(), gauge.objective), ("28d", 0.99));
}

#[test]
fn an_overspent_budget_is_below_zero_and_exhausted() {
    let mut known = known(short(QUIET, QUIET, QUIET), Some(period(pair(2_000.0, 1e5))));
    let gauge = gauge_of(&mut known, Numerator::Bad);
    assert!(close(gauge.budget_left, -1.0), "{gauge:?}");
    assert_eq!(gauge.exhaustion, Some(0));
}

#[test]
fn no_traffic_has_no_burn_rate() {
    let mut known = known(short(QUIET, pair(30.0, 1_000.0), pair(60.0, 6_000.0)), None);
    let gauge = gauge_of(&mut known, Numerator::Bad);
    assert_eq!((gauge.state, gauge.burn_5m), (SloState::NoTraffic, None));
    assert!(close(gauge.burn_1h, 3.0));
    assert_eq!((gauge.budget_left, gauge.exhaustion), (None, None));
}

#[test]
fn series_that_nobody_knows_are_no_data_and_no_figure() {
    let mut known = known(short(ABSENT, ABSENT, ABSENT), Some(period(ABSENT)));
    for numerator in [Numerator::Bad, Numerator::Good] {
        let gauge = gauge_of(&mut known, numerator);
        assert_eq!((gauge.state, gauge.burn_5m, gauge.budget_left), (SloState::NoData, None, None));
        assert!(gauge.detail.contains("matches no series"), "{}", gauge.detail);
    }
}

#[test]
fn a_service_that_is_scraped_no_more_is_stale() {
    let mut known = known(short(ABSENT, pair(30.0, 1_000.0), pair(60.0, 6_000.0)), None);
    let gauge = gauge_of(&mut known, Numerator::Bad);
    assert_eq!((gauge.state, gauge.burn_5m), (SloState::Stale, None));
    assert!(gauge.detail.contains("still scraped"), "{}", gauge.detail);
}

#[test]
fn a_bad_series_that_was_never_there_is_no_error_but_is_mentioned() {
    let counts: Pair = (None, Some(100.0));
    let gauge = gauge_of(&mut known(short(counts, counts, counts), None), Numerator::Bad);
    assert_eq!((gauge.state, gauge.burn_5m, gauge.detail.as_str()), (SloState::Ok, Some(0.0), ""));
    let gauge = gauge_of(&mut known(short(counts, counts, counts), Some(period(counts))), Numerator::Bad);
    assert!(gauge.detail.contains("no series in 28d"), "{}", gauge.detail);
    let mut seen = known(short(counts, counts, counts), Some(period(pair(1.0, 100.0))));
    assert_eq!(gauge_of(&mut seen, Numerator::Bad).detail, "");
}

#[test]
fn a_good_series_that_was_never_there_is_a_wrong_query_and_one_that_went_is_an_outage() {
    let counts: Pair = (None, Some(100.0));
    let gauge = gauge_of(&mut known(short(counts, counts, counts), Some(period(counts))), Numerator::Good);
    assert_eq!((gauge.state, gauge.burn_5m, gauge.budget_left), (SloState::NoData, None, None));
    assert!(gauge.detail.contains("good events"), "{}", gauge.detail);
    let gauge =
        gauge_of(&mut known(short(counts, counts, counts), Some(period(pair(9e4, 1e5)))), Numerator::Good);
    assert_eq!(gauge.state, SloState::Ok);
    assert!(close(gauge.burn_5m, 100.0), "{gauge:?}");
}

#[test]
fn counts_that_cannot_be_are_failing_and_never_a_figure() {
    for part in [f64::NAN, f64::INFINITY, -1.0, 200.0] {
        for numerator in [Numerator::Bad, Numerator::Good] {
            let counts = pair(part, 100.0);
            let gauge = gauge_of(&mut known(short(counts, counts, counts), Some(period(counts))), numerator);
            assert_eq!(gauge.state, SloState::Failing, "{part}");
            assert_eq!(
                (gauge.burn_5m, gauge.burn_1h, gauge.burn_6h, gauge.budget_left),
                (None, None, None, None)
            );
            assert!(!gauge.detail.is_empty());
        }
    }
}

#[test]
fn a_failure_keeps_the_last_figures_and_their_age_until_the_next_answer() {
    let counts = pair(1.0, 100.0);
    let mut known = known(short(counts, counts, counts), Some(period(counts)));
    known.take_short(Err(PrometheusError::Deadline(Duration::from_secs(10))));
    let later = NOW.plus(Duration::from_secs(30));
    let gauge = known.gauge(&slo(Numerator::Bad), &move || later, Polling::default());
    assert_eq!((gauge.state, gauge.as_of), (SloState::Failing, Some(NOW)));
    assert!(close(gauge.burn_5m, 1.0) && close(gauge.budget_left, 0.0), "{gauge:?}");
    assert!(gauge.detail.contains("10s"), "{}", gauge.detail);
    known.take_short(Ok(short(counts, counts, counts)));
    assert_eq!(gauge_of(&mut known, Numerator::Bad).state, SloState::Ok);
}

#[test]
fn before_the_first_answer_nothing_is_known() {
    let gauge = gauge_of(&mut Known::default(), Numerator::Bad);
    assert_eq!(
        (gauge.state, gauge.as_of, gauge.burn_5m, gauge.budget_left),
        (SloState::Stale, None, None, None)
    );
}

#[test]
fn a_budget_that_is_too_old_or_never_came_is_not_shown() {
    let counts = pair(1.0, 100.0);
    let mut known = known(short(counts, counts, counts), Some(period(counts)));
    known.take_period(Err(PrometheusError::Execution(Line::clean("too many samples"))));
    assert!(gauge_of(&mut known, Numerator::Bad).budget_left.is_some());
    let later = NOW.plus(Duration::from_secs(16 * 60));
    let gauge = known.gauge(&slo(Numerator::Bad), &move || later, Polling::default());
    assert_eq!((gauge.state, gauge.budget_left), (SloState::Ok, None));
    assert!(
        gauge.detail.contains("budget over 28d") && gauge.detail.contains("too many samples"),
        "{}",
        gauge.detail
    );
}

#[test]
fn a_clock_that_differs_is_told_of() {
    let counts = pair(1.0, 100.0);
    let all = [("5m", counts), ("1h", counts), ("6h", counts)];
    for (at, told) in [
        (NOW.minus(Duration::from_secs(90)), "90 s behind"),
        (NOW.plus(Duration::from_secs(90)), "90 s ahead of"),
        (NOW.plus(Duration::from_secs(5)), ""),
    ] {
        let gauge = gauge_of(&mut known(answered_at(&all, at), Some(period(counts))), Numerator::Bad);
        assert_eq!((gauge.state, gauge.as_of), (SloState::Ok, Some(at)));
        assert!(
            gauge.detail.contains(told) && gauge.detail.is_empty() == told.is_empty(),
            "{}",
            gauge.detail
        );
    }
}
