//! From the first error that a real Prometheus scrapes to an incident on the screen, and back: by the budget alone.

use std::fmt::Write as _;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::hub::{Hub, PATIENCE};
use crate::support::exporter::Exporter;
use crate::support::servers::{Program, Prometheus};
use crate::support::{eventually, require_or_skip};

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Requests of a shop until now, in OpenMetrics: so many a second, of which one in `bad` fails, a sample each `step`.
fn past(length: u64, step: u64, rate: u64, bad: u64) -> String {
    let (mut good_lines, mut bad_lines) = (String::new(), String::new());
    let end = now();
    for at in (end - length..=end).step_by(usize::try_from(step).unwrap()) {
        let all = (at + length - end) * rate;
        let failed = all / bad;
        let labels = "job=\"shop\",instance=\"before\"";
        writeln!(good_lines, "http_requests_total{{{labels},code=\"200\"}} {} {at}", all - failed).unwrap();
        writeln!(bad_lines, "http_requests_total{{{labels},code=\"500\"}} {failed} {at}").unwrap();
    }
    format!("# TYPE http_requests_total counter\n{good_lines}{bad_lines}# EOF\n")
}

fn shop() -> Exporter {
    let exporter = Exporter::start();
    exporter.add("http_requests_total", &[("code", "200")], 0.0);
    exporter.add("http_requests_total", &[("code", "500")], 0.0);
    exporter
}

fn config(exporter: &Exporter) -> String {
    format!(
        "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\nrule_files: [rules.yml]\n\
         scrape_configs:\n  - job_name: shop\n    static_configs: [{{ targets: [\"{}\"] }}]\n",
        exporter.address()
    )
}

fn hub(prometheus: &Prometheus, period: &str) -> Hub {
    let slos = tempfile::tempdir().unwrap().keep();
    let document = format!(
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: {{ name: checkout-availability }}\nspec:\n  service: checkout\n  \
         budgetingMethod: Occurrences\n  timeWindow: [{{ duration: {period}, isRolling: true }}]\n  indicator:\n    \
         metadata: {{ name: ok }}\n    spec:\n      ratioMetric:\n        counter: true\n        bad:\n          \
         metricSource: {{ type: Prometheus, spec: {{ query: 'http_requests_total{{code=\"500\"}}' }} }}\n        \
         total:\n          metricSource: {{ type: Prometheus, spec: {{ query: 'http_requests_total' }} }}\n  \
         objectives: [{{ displayName: good, target: 0.99 }}]\n"
    );
    fs::write(slos.join("checkout.yaml"), document).unwrap();
    Hub::start(&format!(
        "slos = \"{}\"\nprometheus = \"{}\"\nslo_interval = 1\n",
        slos.display(),
        prometheus.url()
    ))
}

fn gauge(hub: &Hub) -> Value {
    hub.json(&["slo", "list"])[0].clone()
}

#[test]
fn a_budget_that_burns_opens_an_incident_which_knows_what_it_costs_and_ends_its_alert_when_it_recovers() {
    require_or_skip!(Program::Prometheus);
    let exporter = shop();
    // Three weeks at a request a second.
    let past = past(21 * 86_400, 60, 1, 500);
    let prometheus =
        Prometheus::filled_and_scraping(&config(&exporter), &[("rules.yml", "groups: []")], &past);
    let mut hub = hub(&prometheus, "28d");
    let terminal = hub.terminal("ana", 120, 40);
    terminal.wait_for_text("checkout-availability", PATIENCE);
    let quiet = eventually("the period has been read", PATIENCE, || {
        Some(gauge(&hub)).filter(|gauge| gauge["budget_left"].is_number() && gauge["state"] == "ok")
    });
    assert!((0.79..0.81).contains(&quiet["budget_left"].as_f64().unwrap()), "{quiet}");
    assert!((0.70..0.80).contains(&quiet["coverage"].as_f64().unwrap()), "three weeks of four: {quiet}");
    assert!(hub.json(&["incident", "list"]).as_array().unwrap().is_empty());

    let onset = now();
    for _ in 0..6 {
        exporter.wait_for_scrapes(1, PATIENCE);
        exporter.add("http_requests_total", &[("code", "200")], 500.0);
        exporter.add("http_requests_total", &[("code", "500")], 500.0);
    }
    terminal.wait_for_text("checkout-availability burns", PATIENCE);
    terminal.wait_for_text("SEV2", PATIENCE);
    let incident = hub.json(&["incident", "show", "INC-1"]);
    let began: chrono::DateTime<chrono::Utc> =
        incident["milestones"]["impact_started"].as_str().unwrap().parse().unwrap();
    let late = began.timestamp() - i64::try_from(onset).unwrap();
    assert!((-25..=15).contains(&late), "the onset is that of the series: {late} s, {incident}");
    let burning = eventually("the incident's cost is known", PATIENCE, || {
        let gauge = gauge(&hub);
        let spent = gauge["spent"][0]["share"].as_f64()?;
        (gauge["pairs"][0]["state"] == "firing" && spent > 0.15).then_some(gauge)
    });
    let left = |gauge: &Value| gauge["budget_left"].as_f64().unwrap();
    let spent = burning["spent"][0]["share"].as_f64().unwrap();
    assert!((spent - (left(&quiet) - left(&burning))).abs() < 0.02, "{spent}: {quiet} {burning}");

    terminal.wait_for_text("of checkout-availability's 28d since", PATIENCE);
    let (_, code) = hub.run(&["slo", "gate", "checkout"]);
    assert_eq!(code, 1, "a pipeline is stopped while it burns");

    // Many requests that work: the last five minutes are well again, the hour is not.
    exporter.wait_for_scrapes(1, PATIENCE);
    exporter.add("http_requests_total", &[("code", "200")], 40_000.0);
    terminal.wait_for_text("1 alert resolved: ErrorBudgetBurn", PATIENCE);
    let recovered = gauge(&hub);
    assert_ne!(recovered["pairs"][0]["state"], "firing", "{recovered}");
    assert_eq!(hub.json(&["incident", "list"]).as_array().unwrap().len(), 1, "nobody is called twice");

    // The hub is killed; what it kept and what it missed make the same figures.
    exporter.wait_for_scrapes(3, PATIENCE);
    let before = eventually("the last requests are counted", PATIENCE, || {
        let gauge = gauge(&hub);
        (left(&gauge) > left(&burning)).then_some(gauge)
    });
    hub.kill();
    hub.start_again();
    let after = eventually("the figures are there again", PATIENCE, || {
        Some(gauge(&hub)).filter(|gauge| gauge["budget_left"].is_number() && gauge["state"] == "ok")
    });
    assert!((left(&after) - left(&before)).abs() < 0.001, "{before} {after}");
    let spent = |gauge: &Value| gauge["spent"][0]["share"].as_f64().unwrap();
    assert!((spent(&after) - spent(&before)).abs() < 0.001, "{before} {after}");

    // Without Prometheus they are the last known ones, and say of when they are.
    drop(prometheus);
    terminal.wait_for_text("failing as of", PATIENCE);
    let last = gauge(&hub);
    assert_eq!((&last["state"], last["budget_left"].is_number()), (&Value::from("failing"), true), "{last}");
    let (_, code) = hub.run(&["slo", "gate", "checkout"]);
    assert_eq!(code, 1, "what nobody knows is no go");
}

/// Ten times a second, as evenly as a thread can.
const BEAT: Duration = Duration::from_millis(100);

/// When each of the two first said so, and when they no longer did, in seconds after the first error.
#[derive(Debug, Default)]
struct Told {
    fired: Option<f64>,
    ended: Option<f64>,
}

impl Told {
    fn note(&mut self, fires: bool, after: f64) {
        if fires {
            self.fired.get_or_insert(after);
        } else if self.fired.is_some() {
            self.ended.get_or_insert(after);
        }
    }
}

#[test]
fn a_pair_of_a_minute_fires_and_ends_when_the_formulas_and_prometheus_say() {
    require_or_skip!(Program::Prometheus);
    // A period of 12 hours scales the pair of an hour and five minutes to these.
    let (long, short, threshold) = (3_600.0 / 56.0, 300.0 / 56.0, 13.44);
    let outage = 30.0;
    let exporter = shop();
    let ratio = |window: f64| {
        let rate = |what: &str| format!("sum(rate(http_requests_total{what}[{:.0}ms]))", window * 1_000.0);
        format!("{} / {} > {}", rate("{code=\"500\"}"), rate(""), threshold * 0.01)
    };
    let rules = format!(
        "groups:\n  - name: burn\n    interval: 1s\n    rules:\n      - alert: Burn\n        expr: ({}) and ({})\n",
        ratio(long),
        ratio(short)
    );
    let past = past(1_800, 1, 100, 1_000_000_000);
    let prometheus = Prometheus::filled_and_scraping(&config(&exporter), &[("rules.yml", &rules)], &past);
    let hub = hub(&prometheus, "12h");

    let stop = AtomicBool::new(false);
    let fails = AtomicBool::new(false);
    let (mut ours, mut theirs) = (Told::default(), Told::default());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut next = Instant::now();
            while !stop.load(Ordering::Relaxed) {
                let code = if fails.load(Ordering::Relaxed) { "500" } else { "200" };
                exporter.add("http_requests_total", &[("code", code)], 10.0);
                next += BEAT;
                std::thread::sleep(next.saturating_duration_since(Instant::now()));
            }
        });
        eventually("the SLO is measured", PATIENCE, || (gauge(&hub)["state"] == "ok").then_some(()));
        exporter.wait_for_scrapes(70, Duration::from_secs(90));
        let began = Instant::now();
        fails.store(true, Ordering::Relaxed);
        while ours.ended.is_none() || theirs.ended.is_none() {
            let after = began.elapsed().as_secs_f64();
            assert!(after < 90.0, "ours {ours:?}, theirs {theirs:?}: {}", gauge(&hub));
            if after > outage {
                fails.store(false, Ordering::Relaxed);
            }
            ours.note(gauge(&hub)["pairs"][0]["state"] == "firing", after);
            theirs.note(!prometheus.alerts().is_empty(), after);
        }
        stop.store(true, Ordering::Relaxed);
    });
    eprintln!("ours {ours:?}, Prometheus {theirs:?}");
    // A scrape and a poll, and what this machine adds to them.
    let interval = 2.0;
    let detection = long * threshold / 100.0;
    let reset = outage + short * (1.0 - threshold / 100.0);
    let (fired, ended) = (ours.fired.unwrap(), ours.ended.unwrap());
    for (what, time, expected) in [
        ("detection by the formula", fired, detection),
        ("detection by Prometheus", fired, theirs.fired.unwrap()),
        ("reset by the formula", ended, reset),
        ("reset by Prometheus", ended, theirs.ended.unwrap()),
    ] {
        assert!((time - expected).abs() <= interval, "{what}: {time:.1} s, not {expected:.1} s");
    }
}
