use std::time::Duration;

use super::*;
use crate::canary::gauge::{GaugeTest, Measure};
use crate::canary::{Counts, Margin};

fn comparison(fault: Fault, canary: (u64, u64), baseline: (u64, u64)) -> Comparison {
    let counts = |(bad, total)| Counts::new(bad, total).unwrap();
    Comparison::of(fault, counts(canary), counts(baseline), Margin::new(0.005).unwrap())
}

const SLOW: Fault = Fault::Slow { over: Duration::from_millis(300) };

fn worse() -> Comparison {
    comparison(Fault::Failed, (41, 800), (3, 2_400))
}

fn same(fault: Fault) -> Comparison {
    comparison(fault, (20, 20_000), (60, 60_000))
}

fn waiting(fault: Fault) -> Comparison {
    comparison(fault, (0, 40), (0, 120))
}

fn gauge(level: f64, weight: Weight) -> Gauge {
    let values = |level: f64| (0..30).map(|at| level + f64::from(at % 7)).collect::<Vec<_>>();
    let test = GaugeTest { weight, ..GaugeTest::by(Measure::MeanRatio) };
    Gauge::of(Line::clean("memory"), &values(level), &values(100.0), &test)
}

fn judge(counts: &[Comparison], gauges: &[Gauge]) -> (Verdict, Vec<String>) {
    let rollout = Rollout { counts: counts.to_vec(), gauges: gauges.to_vec() };
    let Judgement { verdict, reasons } = rollout.judge();
    (verdict, reasons.iter().map(ToString::to_string).collect())
}

#[test]
fn the_reasons_say_what_was_seen_and_what_harm_it_did() {
    let (verdict, reasons) = judge(&[same(SLOW), worse()], &[gauge(100.0, Weight::Advisory)]);
    assert_eq!(verdict, Verdict::Worse);
    assert_eq!(
        reasons,
        [
            "canary 41 of 800 bad, baseline 3 of 2,400: worse; 40 bad requests more than the baseline would have had",
            "canary 20 of 20,000 slower than 300ms, baseline 60 of 60,000: same, within 0.5 %",
            "memory: no difference that counts, 1.00 times the baseline in the mean",
        ]
    );
}

#[test]
fn fewer_bad_requests_are_told_as_such() {
    let (verdict, reasons) = judge(&[comparison(SLOW, (3, 2_400), (41, 800))], &[]);
    assert_eq!(verdict, Verdict::Better);
    assert_eq!(
        reasons,
        [
            "canary 3 of 2,400 slower than 300ms, baseline 41 of 800: better; 120 slow requests fewer than the baseline would have had"
        ]
    );
}

#[test]
fn what_is_worse_is_worse_whatever_else_is_not_known_yet() {
    assert_eq!(judge(&[waiting(SLOW), worse()], &[]).0, Verdict::Worse);
}

#[test]
fn nothing_is_the_same_until_all_of_it_is_known() {
    let (verdict, reasons) = judge(&[same(Fault::Failed), waiting(SLOW)], &[]);
    let Verdict::NotEnoughData { more_requests: Some(more) } = verdict else { panic!("{verdict}") };
    assert_eq!(
        reasons[0],
        format!(
            "canary 0 of 40 slower than 300ms, baseline 0 of 120: not enough data; about {} more canary requests at these rates",
            grouped(more)
        )
    );
    assert_eq!(judge(&[same(Fault::Failed), same(SLOW)], &[]).0, Verdict::Same);
}

#[test]
fn it_waits_for_the_one_that_needs_the_most() {
    let more = |counts: &[Comparison]| match judge(counts, &[]).0 {
        Verdict::NotEnoughData { more_requests } => more_requests,
        told => panic!("{told}"),
    };
    let (long, short) = (comparison(Fault::Failed, (2, 400), (1, 400)), comparison(SLOW, (30, 400), (1, 40)));
    assert!(more(&[long]) > more(&[short]));
    assert_eq!(more(&[long, short]), more(&[long]));
}

#[test]
fn nothing_compared_is_nothing_known() {
    assert_eq!(judge(&[], &[]).0, Verdict::NotEnoughData { more_requests: None });
    assert_eq!(
        judge(&[], &[gauge(100.0, Weight::Advisory)]).0,
        Verdict::NotEnoughData { more_requests: None }
    );
}

#[test]
fn a_gauge_decides_only_where_somebody_asked_for_that() {
    let same = [same(Fault::Failed)];
    let (verdict, reasons) = judge(&same, &[gauge(300.0, Weight::Advisory)]);
    assert_eq!(verdict, Verdict::Same);
    assert_eq!(reasons[1], "memory: high, 2.94 times the baseline in the mean");
    let (verdict, reasons) = judge(&same, &[gauge(300.0, Weight::Critical)]);
    assert_eq!(verdict, Verdict::Worse);
    assert!(reasons[0].starts_with("memory: high"), "{reasons:?}");
    assert_eq!(judge(&[], &[gauge(100.0, Weight::Critical)]).0, Verdict::Same);
}

#[test]
fn a_gauge_that_decides_is_waited_for() {
    let test = GaugeTest { weight: Weight::Critical, ..GaugeTest::by(Measure::MeanRatio) };
    for canary in [&[][..], &[1.0, 2.0]] {
        let gauge = Gauge::of(Line::clean("memory"), canary, &[1.0, 2.0], &test);
        let (verdict, reasons) = judge(&[same(Fault::Failed)], &[gauge]);
        assert_eq!(verdict, Verdict::NotEnoughData { more_requests: None });
        assert!(reasons[0].starts_with("memory: "), "{reasons:?}");
    }
}
