//! A real Prometheus and a real Alertmanager, where they are installed.

use std::time::Duration;

use warroom::domain::time::Timestamp;

use crate::room::{Room, memory, settings};
use crate::support::require_or_skip;
use crate::support::servers::{Alertmanager, Program, Prometheus};

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_the_same_from_prometheus_and_through_alertmanager() {
    require_or_skip!(Program::Prometheus, Program::Alertmanager);
    let now = Timestamp::from(chrono::Utc::now());
    let room = Room::at(now, memory(), settings()).await;
    let hub = room.hub.address;
    let manager = Alertmanager::start(&format!(
        "route: {{receiver: hub, group_wait: 0s, group_interval: 1s}}\nreceivers: [{{name: hub, webhook_configs: \
         [{{url: 'http://{hub}/hooks/alertmanager', http_config: {{basic_auth: {{username: x, password: wr_am}}}}}}]}}]\n"
    ));
    let config = format!(
        "global: {{evaluation_interval: 1s}}\nrule_files: [rules.yml]\nalerting:\n  alertmanagers:\n  - \
         authorization: {{credentials: wr_prom}}\n    static_configs: [{{targets: ['{hub}']}}]\n  - static_configs: \
         [{{targets: ['{}']}}]\n",
        manager.address()
    );
    let rules = "groups: [{name: g, rules: [{alert: Errors, expr: vector(1), labels: {severity: critical, service: \
                 checkout}, annotations: {summary: it burns}}]}]\n";
    // The first alert may come before Prometheus knows where to send it.
    let resend = "--rules.alert.resend-delay=1s";
    let _prometheus = Prometheus::start_with(&config, &[("rules.yml", rules)], &[resend]);
    let both_have_sent = async {
        loop {
            let senders = room.get("adi", "/tokens").await;
            let used =
                senders["items"].as_array().unwrap().iter().filter(|token| !token["last_used_at"].is_null());
            let used: Vec<&str> = used.filter_map(|token| token["handle"].as_str()).collect();
            if used.contains(&"prom") && used.contains(&"am") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), both_have_sent).await.expect("both have sent the alert");
    let open = room.get("oli", "/incidents").await;
    assert_eq!(open["items"].as_array().unwrap().len(), 1, "{open}");
    assert_eq!(open["items"][0]["alerts"]["fired"], 1, "{open}");
    assert_eq!(room.get("ana", "/deadletters").await["items"].as_array().unwrap().len(), 0);
    room.close().await;
}
