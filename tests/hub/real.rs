//! A real Prometheus and a real Alertmanager, where they are installed.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};
use warroom::domain::time::Timestamp;

use crate::room::{Room, memory, settings};

/// Starts a server that ends with the test, or says what is missing.
fn server(program: &str, folder: &Path, arguments: &[String]) -> Option<Child> {
    let log = std::fs::File::create(folder.join(format!("{program}.log"))).unwrap();
    let started = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .kill_on_drop(true)
        .spawn();
    if let Err(error) = &started {
        eprintln!("skipped: `{program}` cannot be started ({error}); install Debian's package of that name");
    }
    started.ok()
}

async fn free_port() -> u16 {
    tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_the_same_from_prometheus_and_through_alertmanager() {
    let now = Timestamp::from(chrono::Utc::now());
    let room = Room::at(now, memory(), settings()).await;
    let folder = tempfile::tempdir().unwrap();
    let (manager, prometheus) = (free_port().await, free_port().await);
    let hub = room.hub.address;
    let write = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "alertmanager.yml",
        format!(
            "route: {{receiver: hub, group_wait: 0s, group_interval: 1s}}\nreceivers: [{{name: hub, webhook_configs: \
             [{{url: 'http://{hub}/hooks/alertmanager', http_config: {{basic_auth: {{username: x, password: wr_am}}}}}}]}}]\n"
        ),
    );
    write(
        "prometheus.yml",
        format!(
            "global: {{evaluation_interval: 1s}}\nrule_files: [rules.yml]\nalerting:\n  alertmanagers:\n  - \
             authorization: {{credentials: wr_prom}}\n    static_configs: [{{targets: ['{hub}']}}]\n  - static_configs: \
             [{{targets: ['127.0.0.1:{manager}']}}]\n"
        ),
    );
    let rule = "groups: [{name: g, rules: [{alert: Errors, expr: vector(1), labels: {severity: critical, service: \
                checkout}, annotations: {summary: it burns}}]}]\n";
    write("rules.yml", rule.to_owned());
    let manager_arguments = [
        "--config.file=alertmanager.yml".to_owned(),
        "--storage.path=am".to_owned(),
        "--cluster.listen-address=".to_owned(),
        format!("--web.listen-address=127.0.0.1:{manager}"),
    ];
    let prometheus_arguments = [
        "--config.file=prometheus.yml".to_owned(),
        "--storage.tsdb.path=data".to_owned(),
        // The first alert may come before Prometheus knows where to send it.
        "--rules.alert.resend-delay=1s".to_owned(),
        format!("--web.listen-address=127.0.0.1:{prometheus}"),
    ];
    let Some(_manager) = server("prometheus-alertmanager", folder.path(), &manager_arguments) else { return };
    let Some(_prometheus) = server("prometheus", folder.path(), &prometheus_arguments) else { return };
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
