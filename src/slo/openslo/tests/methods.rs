//! What a budget is a share of: events, slices of time, samples that hold.

use std::time::Duration;

use super::*;
use crate::slo::slo::{Method, Numerator, Slo};

/// The document of the checkout with these lines in place of others, all in order.
fn edited(edits: &[(&str, &str)]) -> Reading {
    let mut text = CHECKOUT.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    read_one(&text)
}

fn only(reading: &Reading) -> &Slo {
    let [slo] = reading.slos.as_slice() else { panic!("one SLO: {:#?}", said(reading)) };
    slo
}

const MINUTE: Duration = Duration::from_secs(60);

fn sliced(method: &str, objective: &str) -> Reading {
    edited(&[
        ("Occurrences", method),
        ("    - target: 0.999", &format!("    - {{target: 0.999{objective}}}")),
    ])
}

#[test]
fn slices_are_read_with_their_length_and_their_target() {
    for (method, objective, expected) in [
        (
            "Timeslices",
            ", timeSliceTarget: 0.95, timeSliceWindow: 1m",
            Method::Timeslices { slice: MINUTE, target: 0.95 },
        ),
        (
            "Timeslices",
            ", timeSliceTarget: 1, timeSliceWindow: 1h",
            Method::Timeslices { slice: MINUTE * 60, target: 1.0 },
        ),
        ("RatioTimeslices", ", timeSliceWindow: 5m", Method::RatioTimeslices { slice: MINUTE * 5 }),
        // The specification allows minutes without a unit.
        ("RatioTimeslices", ", timeSliceWindow: 10", Method::RatioTimeslices { slice: MINUTE * 10 }),
    ] {
        let reading = sliced(method, objective);
        assert_eq!((only(&reading).method, said(&reading)), (expected, Vec::new()), "{method} {objective}");
        // Counters are followed, whatever becomes of them.
        assert!(only(&reading).indicator.is_followed());
    }
}

#[test]
fn a_slice_that_cannot_be_judged_is_an_error_and_what_is_odd_about_one_a_warning() {
    for (method, objective, words) in [
        ("Timeslices", ", timeSliceWindow: 1m", "`timeSliceTarget` is missing"),
        ("Timeslices", ", timeSliceTarget: 95, timeSliceWindow: 1m", "0.95"),
        ("Timeslices", ", timeSliceTarget: 0, timeSliceWindow: 1m", "above 0"),
        ("RatioTimeslices", ", timeSliceWindow: 0m", "nothing"),
        ("RatioTimeslices", ", timeSliceWindow: 15d", "half of the period"),
        ("RatioTimeslices", ", timeSliceWindow: often", "one letter"),
        ("Slices", "", "no budgeting method"),
    ] {
        let reading = sliced(method, objective);
        assert!(reading.slos.is_empty() && reading.has_errors(), "{objective}");
        assert!(said(&reading).concat().contains(words), "{objective}: {:?}", said(&reading));
    }
    for (method, objective, words) in [
        ("RatioTimeslices", "", "slices of 1m are taken"),
        ("RatioTimeslices", ", timeSliceWindow: 1m, timeSliceTarget: 0.9", "no meaning for RatioTimeslices"),
        ("Occurrences", ", timeSliceWindow: 1m", "no meaning for Occurrences"),
    ] {
        let reading = sliced(method, objective);
        assert!(!reading.has_errors() && reading.slos.len() == 1, "{objective}");
        assert!(said(&reading).concat().contains(words), "{objective}: {:?}", said(&reading));
    }
}

#[test]
fn slices_of_an_expression_are_counted_by_prometheus_and_are_short() {
    let template = ("query: http_requests_total", "query: 'sum(increase(http_requests_total[$window]))'");
    let objective = |window: &str| format!("    - {{target: 0.999, timeSliceWindow: {window}}}");
    let reading =
        edited(&[template, ("Occurrences", "RatioTimeslices"), ("    - target: 0.999", &objective("1m"))]);
    let asked = only(&reading).indicator.total.over("1h");
    assert_eq!(asked, "sum(count_over_time((sum(sum(increase(http_requests_total[59999ms]))) > 0)[1h:1m]))");
    let reading =
        edited(&[template, ("Occurrences", "RatioTimeslices"), ("    - target: 0.999", &objective("1h"))]);
    assert!(reading.slos.is_empty());
    assert!(said(&reading).concat().contains("computed of counters only"), "{:?}", said(&reading));
}

/// The ratio of the checkout as something else.
fn with_metric(metric: &str, objective: &str) -> Reading {
    let (before, rest) = CHECKOUT.split_once("      ratioMetric:\n").unwrap();
    let (_, after) = rest.split_once("  timeWindow:").unwrap();
    let after = after.replacen("    - target: 0.999", objective, 1);
    read_one(&format!("{before}{metric}  timeWindow:{after}"))
}

fn source(query: &str) -> String {
    format!("metricSource: {{metricSourceRef: shop, spec: {{query: {query}}}, type: Prometheus}}")
}

#[test]
fn a_threshold_makes_each_sample_good_or_bad() {
    let metric = format!("      thresholdMetric: {{{}}}\n", source("latency_seconds"));
    let reading = with_metric(&metric, "    - {target: 0.99, op: lte, value: 0.5}");
    assert_eq!(said(&reading), Vec::<String>::new());
    let indicator = &only(&reading).indicator;
    assert!(matches!(indicator.numerator, Numerator::Good(_)));
    let good = indicator.numerator.query().over("1h");
    assert_eq!(good, "sum(sum_over_time(((latency_seconds) <= bool 0.5)[1h:1m]))");
    for (objective, words) in [
        ("    - {target: 0.99, value: 0.5}", "`op` is missing"),
        ("    - {target: 0.99, op: lt}", "`value` is missing"),
        ("    - {target: 0.99, op: below, value: 1}", "no operator"),
        ("    - {target: 0.99, op: lt, value: low}", "a number"),
    ] {
        let reading = with_metric(&metric, objective);
        assert!(reading.slos.is_empty() && said(&reading).concat().contains(words), "{objective}");
    }
}

#[test]
fn a_ratio_that_was_computed_before_is_read_with_its_type() {
    let metric = |raw_type: &str| format!("      ratioMetric: {{raw: {{{}}}{raw_type}}}\n", source("ratio"));
    for (raw_type, is_good) in [("success", true), ("failure", false)] {
        let reading = with_metric(&metric(&format!(", rawType: {raw_type}")), "    - target: 0.99");
        assert!(said(&reading).concat().contains("whatever the traffic was"), "{:?}", said(&reading));
        assert_eq!(matches!(only(&reading).indicator.numerator, Numerator::Good(_)), is_good);
    }
    for (raw_type, words) in [("", "`rawType` is missing"), (", rawType: good", "no type of a ratio")] {
        let reading = with_metric(&metric(raw_type), "    - target: 0.99");
        assert!(reading.slos.is_empty() && said(&reading).concat().contains(words), "{raw_type}");
    }
}

#[test]
fn metrics_that_are_no_counters_are_added_up() {
    let reading = changed("counter: true", "counter: false");
    assert_eq!(said(&reading), Vec::<String>::new());
    let slo = only(&reading);
    assert_eq!(slo.indicator.total.over("5m"), "sum(sum_over_time(((http_requests_total) >= 0)[5m:1m]))");
    assert!(!slo.indicator.is_followed());
}
