//! A rule fires in a real Prometheus, and people see it on real terminals.

use std::fs;

use crate::hub::{Hub, PATIENCE};
use crate::support::exporter::Exporter;
use crate::support::require_or_skip;
use crate::support::servers::{Alertmanager, Program, Prometheus};

const RULES: &str = r#"
groups:
  - name: shop
    interval: 1s
    rules:
      - alert: HighErrorRate
        expr: sum(rate(http_requests_total{code="500"}[10s])) > 0
        labels: { severity: critical, service: checkout }
        annotations: { summary: "checkout requests fail" }
"#;

fn scrape(exporter: &Exporter) -> String {
    format!(
        "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\nrule_files: [rules.yml]\n\
         scrape_configs:\n  - job_name: shop\n    static_configs: [{{ targets: [\"{}\"] }}]\n",
        exporter.address()
    )
}

fn failing_shop() -> Exporter {
    let exporter = Exporter::start();
    exporter.set("http_requests_total", &[("code", "200")], 1000.0);
    exporter.set("http_requests_total", &[("code", "500")], 0.0);
    exporter
}

/// Lets requests fail until the screens have seen it; the counter has to move between scrapes.
fn fail_requests(exporter: &Exporter) {
    exporter.add("http_requests_total", &[("code", "200")], 50.0);
    exporter.add("http_requests_total", &[("code", "500")], 5.0);
}

#[test]
fn an_alert_of_prometheus_is_on_every_terminal_and_one_key_acknowledges_it_for_all() {
    require_or_skip!(Program::Prometheus);
    let hub = Hub::start("");
    let (ana, bo) = (hub.terminal("ana", 120, 40), hub.terminal("bo", 80, 24));
    ana.wait_for_text("No incidents", PATIENCE);
    bo.wait_for_text("LIVE", PATIENCE);
    let exporter = failing_shop();
    let alerting = format!(
        "alerting:\n  alertmanagers:\n    - authorization: {{ credentials: \"{}\" }}\n      static_configs: [{{ targets: [\"{}\"] }}]\n",
        hub.token(),
        hub.address
    );
    let _prometheus = Prometheus::start(&format!("{}{alerting}", scrape(&exporter)), &[("rules.yml", RULES)]);
    for _ in 0..6 {
        exporter.wait_for_scrapes(1, PATIENCE);
        fail_requests(&exporter);
    }
    ana.wait_for_text("checkout requests fail", PATIENCE);
    ana.wait_for_text("UNACKED", PATIENCE);
    bo.wait_for_text("SEV1", PATIENCE);
    ana.send_keys("a");
    bo.wait_for_text("investigating", PATIENCE);
    ana.wait_for_text("u undoes", PATIENCE);
    assert!(!bo.screen_text().contains("UNACKED"), "{}", bo.screen_text());
    // Prometheus repeats itself each minute, and resends at once what it resolves: still one incident.
    assert_eq!(hub.json(&["incident", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn the_same_through_alertmanager_is_the_same_incident() {
    require_or_skip!(Program::Prometheus, Program::Alertmanager);
    let hub = Hub::start("");
    let terminal = hub.terminal("ana", 120, 40);
    let exporter = failing_shop();
    let alertmanager = Alertmanager::start(&format!(
        "route: {{ receiver: warroom, group_wait: 0s, group_interval: 1s, group_by: [service] }}\n\
         receivers:\n  - name: warroom\n    webhook_configs:\n      - url: {}/hooks/alertmanager\n        \
         http_config: {{ authorization: {{ credentials: \"{}\" }} }}\n",
        hub.url(),
        hub.token()
    ));
    let alerting = format!(
        "alerting:\n  alertmanagers:\n    - static_configs: [{{ targets: [\"{}\"] }}]\n    - authorization: {{ credentials: \"{}\" }}\n      static_configs: [{{ targets: [\"{}\"] }}]\n",
        alertmanager.address(),
        hub.token(),
        hub.address
    );
    let _prometheus = Prometheus::start(&format!("{}{alerting}", scrape(&exporter)), &[("rules.yml", RULES)]);
    for _ in 0..6 {
        exporter.wait_for_scrapes(1, PATIENCE);
        fail_requests(&exporter);
    }
    terminal.wait_for_text("checkout requests fail", PATIENCE);
    terminal.wait_for_text("1 of 1 firing", PATIENCE);
    let seen_by_alertmanager = || alertmanager.log().contains("Notify") || !alertmanager.alerts().is_empty();
    crate::support::eventually("Alertmanager has the alert", PATIENCE, || {
        seen_by_alertmanager().then_some(())
    });
    exporter.wait_for_scrapes(3, PATIENCE);
    assert_eq!(hub.json(&["incident", "list"]).as_array().unwrap().len(), 1);
    assert!(terminal.screen_text().contains("1 of 1 firing"), "{}", terminal.screen_text());
}

#[test]
fn burn_on_the_screen_follows_what_a_real_prometheus_scrapes() {
    require_or_skip!(Program::Prometheus);
    let exporter = failing_shop();
    let prometheus = Prometheus::start(&scrape(&exporter), &[("rules.yml", "groups: []")]);
    let slos = tempfile::tempdir().unwrap();
    fs::write(
        slos.path().join("checkout.yaml"),
        "apiVersion: openslo/v1\nkind: SLO\nmetadata: { name: checkout-availability }\nspec:\n  service: checkout\n  \
             budgetingMethod: Occurrences\n  timeWindow: [{ duration: 28d, isRolling: true }]\n  indicator:\n    \
             metadata: { name: ok }\n    spec:\n      ratioMetric:\n        counter: true\n        bad:\n          \
             metricSource: { type: Prometheus, spec: { query: 'http_requests_total{code=\"500\"}' } }\n        \
             total:\n          metricSource: { type: Prometheus, spec: { query: 'http_requests_total' } }\n  \
             objectives: [{ displayName: good, target: 0.99 }]\n",
    )
    .unwrap();
    let settings = format!(
        "slos = \"{}\"\nprometheus = \"{}\"\nslo_interval = 1\n",
        slos.path().display(),
        prometheus.url()
    );
    let hub = Hub::start(&settings);
    let terminal = hub.terminal("ana", 120, 40);
    terminal.wait_for_text("checkout-availability", PATIENCE);
    for _ in 0..4 {
        exporter.wait_for_scrapes(1, PATIENCE);
        exporter.add("http_requests_total", &[("code", "200")], 100.0);
    }
    terminal.wait_for_text("0.0×", PATIENCE);
    // One in two fails: 50 times what a 99 % objective allows.
    for _ in 0..4 {
        exporter.wait_for_scrapes(1, PATIENCE);
        exporter.add("http_requests_total", &[("code", "200")], 1000.0);
        exporter.add("http_requests_total", &[("code", "500")], 1000.0);
    }
    terminal.wait_for(|screen| screen.contents().contains("1 burning"), PATIENCE);
    let gauge = &hub.json(&["slo", "list"])[0];
    let burn = gauge["burn_5m"].as_f64().unwrap();
    assert!((30.0..=50.5).contains(&burn), "{gauge}");
}
