//! The sample SLO against a real Prometheus that is filled with counts we know: the queries that are sent have to be
//! ones that it takes, and the figures have to be those of the counts.
#![cfg(feature = "hub")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod support;

use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use support::require_or_skip;
use support::servers::{Program, Prometheus};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use warroom::domain::gauge::{SloGauge, SloState};
use warroom::domain::time::Timestamp;
use warroom::hub::prometheus::Prometheus as Client;
use warroom::hub::reactor::slo::{Polling, Servers, run};
use warroom::slo::openslo::{self, SourceFile};

/// Between two samples, in seconds.
const STEP: u64 = 30;

fn now() -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(now.as_millis()).unwrap())
}

/// Eight hours of two counters, 10 requests a second. One in a hundred fails, one in ten in the last half hour, and the
/// process restarts an hour and ten minutes before the end.
fn history() -> String {
    let end = u64::try_from(now().as_millis()).unwrap() / 1_000;
    let start = end - 8 * 3_600;
    let (mut good, mut bad) = (0_u64, 0_u64);
    let (mut good_lines, mut bad_lines) = (String::new(), String::new());
    for at in (start..=end).step_by(usize::try_from(STEP).unwrap()) {
        let before = end - at;
        if (4_200..4_200 + STEP).contains(&before) {
            (good, bad) = (0, 0);
        }
        let failed = if before < 1_800 { 30 } else { 3 };
        good += 300 - failed;
        bad += failed;
        writeln!(good_lines, "http_requests_total{{service=\"checkout\",code=\"200\"}} {good} {at}").unwrap();
        writeln!(bad_lines, "http_requests_total{{service=\"checkout\",code=\"503\"}} {bad} {at}").unwrap();
    }
    let gauges = gauges(start, end);
    format!("# TYPE http_requests_total counter\n{good_lines}{bad_lines}{gauges}# EOF\n")
}

/// What goes up and down: it is slow in the last half hour, and one in ten fails then. Nothing was asked of it for an hour
/// before, and so the ratio is no number.
fn gauges(start: u64, end: u64) -> String {
    let (mut latency, mut ratio) = (String::new(), String::new());
    for at in (start..=end).step_by(usize::try_from(STEP).unwrap()) {
        let (seconds, good) = match end - at {
            0..1_800 => (0.8, "0.9"),
            1_800..5_400 => (0.2, "NaN"),
            _ => (0.2, "0.99"),
        };
        writeln!(latency, "latency_seconds {seconds} {at}").unwrap();
        writeln!(ratio, "good_ratio {good} {at}").unwrap();
    }
    format!("# TYPE latency_seconds gauge\n{latency}# TYPE good_ratio gauge\n{ratio}")
}

/// The sample, and what is like it but for one thing.
fn documents(url: &str) -> Vec<String> {
    let sample = include_str!("../slos/checkout.yaml").replace("http://127.0.0.1:9090", url);
    let another = |name: &str, from: &str, to: &str| {
        assert!(sample.contains(from), "{from}");
        sample.replace("checkout-availability", name).replace("shop-prometheus", name).replace(from, to)
    };
    let total = "query: http_requests_total{service=\"checkout\"}";
    vec![
        another("by-good", "        bad:\n", "        good:\n").replace("5..", "2.."),
        another("templated", total, "query: sum(increase(http_requests_total[$window]))"),
        another("elsewhere", "service=\"checkout\"", "service=\"nobody\""),
        another("never-bad", "5..", "418"),
        sample,
    ]
}

#[tokio::test]
async fn the_sample_slo_is_measured_by_a_real_prometheus() {
    require_or_skip!(Program::Prometheus);
    let server = Prometheus::filled(&history());
    let documents = documents(&server.url());
    let files: Vec<_> =
        documents.iter().map(|text| SourceFile { name: "slo.yaml", bytes: text.as_bytes() }).collect();
    let reading = openslo::read(&files);
    assert_eq!(reading.findings, []);

    let (sender, mut gauges) = watch::channel(Vec::<SloGauge>::new());
    let stop = CancellationToken::new();
    let servers = Servers { client: Client::new().unwrap() };
    // Quick, because the end of the server is to be noticed.
    let polling = Polling { interval: Duration::from_millis(500), ..Polling::default() };
    let task = tokio::spawn(run(reading.slos, servers, polling, now, 1, sender, stop.clone()));
    let all_known = |gauges: &Vec<SloGauge>| {
        gauges.len() == documents.len()
            && gauges.iter().all(|gauge| match gauge.name.as_str() {
                "elsewhere" => gauge.state == SloState::NoData,
                _ => gauge.state == SloState::Ok && gauge.budget_left.is_some(),
            })
    };
    let minute = Duration::from_secs(60);
    let known = tokio::time::timeout(minute, gauges.wait_for(all_known)).await;
    let known = known.expect("figures within a minute").unwrap().clone();
    all_are_right(&known);

    drop(server);
    let all_fail = |gauges: &Vec<SloGauge>| gauges.iter().all(|gauge| gauge.state == SloState::Failing);
    let failing = tokio::time::timeout(minute, gauges.wait_for(all_fail)).await;
    let failing = failing.expect("noticed within a minute").unwrap().clone();
    for (failing, known) in failing.iter().zip(&known) {
        assert_eq!(failing.budget_left, known.budget_left);
        assert_eq!(failing.burn_6h.is_some(), known.burn_6h.is_some());
        assert!(failing.as_of >= known.as_of && !failing.detail.is_empty(), "{failing:?}");
    }
    stop.cancel();
    task.await.unwrap();
}

fn all_are_right(gauges: &[SloGauge]) {
    for gauge in gauges {
        match gauge.name.as_str() {
            "elsewhere" => {
                assert_eq!((gauge.burn_5m, gauge.burn_6h, gauge.budget_left), (None, None, None));
            }
            "never-bad" => {
                assert_eq!((gauge.burn_1h, gauge.budget_left), (Some(0.0), Some(1.0)));
                assert!(gauge.detail.contains("no series"), "{}", gauge.detail);
            }
            _ => {
                // One in ten is a hundred times the budget; before the last half hour it was one in a hundred.
                near(gauge, "5m", gauge.burn_5m, 100.0);
                near(gauge, "1h", gauge.burn_1h, 55.0);
                near(gauge, "6h", gauge.burn_6h, 17.5);
                // Eight hours are all there is of the 28 days.
                near(gauge, "28d", gauge.budget_left.map(|left| 1.0 - left), 15.6);
                assert_eq!(gauge.exhaustion, Some(0));
                let age = now().since(gauge.as_of.unwrap());
                assert!(age < Duration::from_secs(30), "{age:?}");
            }
        }
    }
}

/// Within what Prometheus adds at the edges of a window.
fn near(gauge: &SloGauge, window: &str, value: Option<f64>, expected: f64) {
    let value = value.unwrap_or(f64::NAN);
    assert!(
        (value - expected).abs() < expected * 0.04,
        "{} over {window}: {value}, not {expected}",
        gauge.name
    );
}

/// The sample with another indicator, method or objective.
fn measured_otherwise(url: &str) -> Vec<String> {
    let sample = include_str!("../slos/checkout.yaml").replace("http://127.0.0.1:9090", url);
    let (before, rest) = sample.split_once("      ratioMetric:\n").unwrap();
    let (ratio, after) = rest.split_once("  # The period").unwrap();
    let template = ratio.replace(
        "query: http_requests_total{service=\"checkout\"}",
        "query: sum(increase(http_requests_total[$window]))",
    );
    let source = |query: &str| {
        format!(
            "metricSource: {{metricSourceRef: shop-prometheus, type: Prometheus, spec: {{query: {query}}}}}\n"
        )
    };
    let document = |name: &str, indicator: &str, method: &str, objective: &str| {
        let after = after.replace("Occurrences", method);
        let after = after.replace("      target: 0.999", &format!("      target: 0.999\n{objective}"));
        let text = format!("{before}      {indicator}  # The period{after}");
        text.replace("checkout-availability", name).replace("shop-prometheus", name)
    };
    let ratio_of = |queries: &str| format!("ratioMetric:\n{queries}");
    let target = "      timeSliceTarget: 0.95\n      timeSliceWindow: 1m\n";
    let window = "      timeSliceWindow: 1m\n";
    let threshold = format!("thresholdMetric:\n        {}", source("latency_seconds"));
    let raw =
        format!("ratioMetric:\n        rawType: success\n        raw:\n          {}", source("good_ratio"));
    vec![
        document("held", &threshold, "Occurrences", "      op: lte\n      value: 0.5\n"),
        document(
            "held-slices",
            &threshold,
            "Timeslices",
            &format!("      op: lte\n      value: 0.5\n{target}"),
        ),
        document("raw", &raw, "RatioTimeslices", window),
        document("slices", &ratio_of(ratio), "Timeslices", target),
        document("ratio-slices", &ratio_of(ratio), "RatioTimeslices", window),
        document("asked-slices", &ratio_of(&template), "Timeslices", target),
        document("asked-ratio-slices", &ratio_of(&template), "RatioTimeslices", window),
    ]
}

#[tokio::test]
async fn samples_ratios_and_slices_are_measured_by_a_real_prometheus() {
    require_or_skip!(Program::Prometheus);
    let server = Prometheus::filled(&history());
    let documents = measured_otherwise(&server.url());
    let files: Vec<_> =
        documents.iter().map(|text| SourceFile { name: "slo.yaml", bytes: text.as_bytes() }).collect();
    let reading = openslo::read(&files);
    assert_eq!(reading.findings, []);

    let (sender, mut gauges) = watch::channel(Vec::<SloGauge>::new());
    let stop = CancellationToken::new();
    let servers = Servers { client: Client::new().unwrap() };
    let task = tokio::spawn(run(reading.slos, servers, Polling::default(), now, 1, sender, stop.clone()));
    let all_known = |gauges: &Vec<SloGauge>| {
        gauges.len() == documents.len() && gauges.iter().all(|gauge| gauge.budget_left.is_some())
    };
    let known = tokio::time::timeout(Duration::from_secs(60), gauges.wait_for(all_known)).await;
    let known = known.expect("figures within a minute").unwrap().clone();
    for gauge in &known {
        // Half of the last hour and a sixteenth of the eight hours was bad, all of it or by a tenth.
        let (now, hour, six_hours, period) = match gauge.name.as_str() {
            "held" | "held-slices" => (1_000.0, 500.0, 83.3, 62.5),
            "slices" | "asked-slices" => (1_000.0, 500.0, 83.3, 62.5),
            // Half of the hour is no number.
            "raw" => (100.0, 100.0, 19.0, 16.4),
            _ => (100.0, 55.0, 17.5, 15.6),
        };
        assert_eq!(gauge.state, SloState::Ok, "{}: {}", gauge.name, gauge.detail);
        about(gauge, "5m", gauge.burn_5m, now);
        about(gauge, "1h", gauge.burn_1h, hour);
        about(gauge, "6h", gauge.burn_6h, six_hours);
        about(gauge, "28d", gauge.budget_left.map(|left| 1.0 - left), period);
    }
    stop.cancel();
    task.await.unwrap();
}

/// Within a slice at either end of the half hour.
fn about(gauge: &SloGauge, window: &str, value: Option<f64>, expected: f64) {
    let value = value.unwrap_or(f64::NAN);
    let name = &gauge.name;
    assert!((value - expected).abs() < expected * 0.08, "{name} over {window}: {value}, not {expected}");
}
