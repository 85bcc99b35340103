//! Alerts that quote secrets, in whatever part of them.

use std::fs;
use std::sync::{Arc, Mutex};

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::PATIENCE;
use crate::feeds::{Resync, connect};
use crate::hub::Setup;
use crate::scene::Scene;
use crate::support::eventually;
use crate::support::http::get;

/// One of each kind in the words around it, and what of it must be nowhere.
const SECRETS: [(&str, &str); 19] = [
    ("AKIAIOSFODNN7PLANTED", "IOSFODNN7PLANTED"),
    ("ghp_planted0123456789abcdefghijklmnopqrs", "planted0123456789abcdefghijklmnopqrs"),
    ("github_pat_11PLANTED0123456789_abcdefghijklmnop", "11PLANTED0123456789"),
    ("glpat-planted0123456789abcd", "planted0123456789abcd"),
    ("xoxb-210987654321-plantedABCDEF", "210987654321-plantedABCDEF"),
    ("AIzaSyPlanted0123456789abcdefghijklmnopq", "SyPlanted0123456789"),
    ("sk_live_planted0123456789abcd", "planted0123456789abcd"),
    ("rk_live_planted9876543210abcd", "planted9876543210abcd"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJwbGFudGVkIjoxfQ.cGxhbnRlZHNpZ25hdHVyZQ", "eyJwbGFudGVkIjoxfQ"),
    ("-----BEGIN PRIVATE KEY-----\nUGxhbnRlZEtleUxpbmU\n-----END PRIVATE KEY-----", "UGxhbnRlZEtleUxpbmU"),
    ("Authorization: Bearer planted-bearer", "planted-bearer"),
    ("Authorization: Basic cGxhbnRlZDpiYXNpYw==", "cGxhbnRlZDpiYXNpYw"),
    ("postgres://shop:planted-in-address@db/orders", "planted-in-address"),
    ("password=planted-password", "planted-password"),
    ("passwd=planted-passwd", "planted-passwd"),
    ("secret=planted-secret", "planted-secret"),
    ("{\"token\": \"planted-token\"}", "planted-token"),
    ("api_key=planted-api-key", "planted-api-key"),
    ("4111 1111 1111 1111", "1111 1111 1111"),
];
/// What nobody sees does not hide a secret either.
const HIDDEN: (&str, &str) = ("AKIAHIDDEN\u{200b}PLANTED012", "PLANTED012");

fn all() -> impl Iterator<Item = (usize, &'static str)> {
    SECRETS.iter().chain([&HIDDEN]).map(|(said, _)| *said).enumerate()
}

/// One alert with a secret in each of its parts.
fn alert(number: usize, said: &str) -> Value {
    json!({
        "labels": {
            "alertname": format!("Leak {number}: {said}"), "severity": "critical", "service": format!("shop {said}"),
            "instance": format!("node-{number}"), "said": said, "db_password": "planted-by-name", (said): "a name",
        },
        "annotations": {
            "summary": format!("it says {said}, which it should not"),
            "description": format!("{}\n{said}\nand on", "a line before it. ".repeat(number)),
            "runbook_url": format!("https://runbooks.example/{number}?about={said}"),
        },
        "startsAt": "2026-11-23T12:00:00Z",
        "endsAt": "2126-11-23T12:00:00Z",
        "generatorURL": format!("http://prometheus.example/graph?g0.expr=x&said={said}"),
    })
}

#[test]
fn no_secret_in_an_alert_is_in_the_journal_the_log_the_metrics_an_answer_or_the_feed() {
    let env = vec![("RUST_LOG".to_owned(), "trace".to_owned())];
    let settings = "[hub.policy.storm]\nincidents = 1000\nwithin = 300\n".to_owned();
    let mut scene = Scene::open(Setup { env, settings, ..Setup::default() });
    scene.resync = Resync::Allowed;
    let heard: Arc<Mutex<String>> = Arc::default();
    let (address, token, log) = (scene.driver.address, scene.driver.token.clone(), Arc::clone(&heard));
    scene.runtime.spawn(async move {
        let mut socket = connect(address, &token, "").await.unwrap();
        while let Some(Ok(message)) = socket.next().await {
            if let Message::Text(text) = message {
                log.lock().unwrap().push_str(text.as_str());
            }
        }
    });
    eventually("the feed speaks", PATIENCE, || (!heard.lock().unwrap().is_empty()).then_some(()));

    let post = |path: &str, body: String| {
        let url = format!("http://{}{path}", scene.driver.address);
        let request = scene.driver.http.post(url).bearer_auth(&scene.driver.integration).body(body);
        let answer = scene.runtime.block_on(request.send()).unwrap();
        (answer.status().as_u16(), scene.runtime.block_on(answer.text()).unwrap())
    };
    let alerts: Vec<Value> = all().map(|(number, said)| alert(number, said)).collect();
    let over: Vec<Value> = all()
        .map(|(number, said)| {
            let mut over = alert(number, said);
            over["status"] = json!("resolved");
            over
        })
        .collect();
    let odd: Vec<Value> =
        all().map(|(_, said)| json!({ "labels": { "said": said }, "startsAt": said })).collect();
    let odder: Vec<Value> = all().map(|(_, said)| json!({ "labels": said })).collect();
    let mut said = vec![
        post("/api/v2/alerts", json!(alerts).to_string()),
        post("/hooks/alertmanager", json!({ "alerts": over[..10] }).to_string()),
        post("/api/v2/alerts", json!(odd).to_string()),
        post("/hooks/alertmanager", json!({ "alerts": odder }).to_string()),
        post("/api/v2/alerts", json!({ "not": "a list", "said": SECRETS.map(|(said, _)| said) }).to_string()),
    ];
    assert!(said.iter().all(|(status, _)| *status == 200), "{said:?}");
    let (status, answer) = post("/api/v2/alerts", format!("[{{\"labels\": {}", SECRETS[13].0));
    said.push((status, answer));
    assert_eq!(status, 400);

    let room = scene.settle();
    assert_eq!(room.incidents.values().map(|incident| incident.alerts.fired).sum::<u32>(), 20);
    let mut seen: Vec<(String, String)> =
        said.into_iter().map(|(_, body)| ("an answer".to_owned(), body)).collect();
    let mut paths: Vec<String> =
        ["incidents?status=all", "alerts", "deadletters", "entries", "deliveries", "responders"]
            .map(str::to_owned)
            .into();
    for id in room.incidents.keys() {
        paths.extend([
            format!("incidents/{id}"),
            format!("incidents/{id}/timeline"),
            format!("incidents/{id}/comms"),
        ]);
    }
    for path in paths {
        let url = format!("http://{}/api/v1/{path}", scene.driver.address);
        let request = scene.driver.http.get(url).bearer_auth(&scene.driver.token);
        let body = scene.runtime.block_on(async { request.send().await.unwrap().text().await.unwrap() });
        seen.push((path, body));
    }
    let letters = seen.iter().find(|(path, _)| path == "deadletters").unwrap();
    assert_eq!(letters.1.matches("\"body\"").count(), 41, "{}", letters.1);
    seen.push(("metrics".to_owned(), get(scene.hub.metrics, "/metrics").unwrap().body));
    eventually("the feed tells all", PATIENCE, || heard.lock().unwrap().contains("Leak 19").then_some(()));
    seen.push(("the feed".to_owned(), heard.lock().unwrap().clone()));
    let files = |scene: &Scene| -> Vec<(String, String)> {
        let files = fs::read_dir(scene.hub.data()).unwrap().map(|file| file.unwrap().path());
        files
            .map(|file| {
                (file.display().to_string(), String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned())
            })
            .collect()
    };
    seen.extend(files(&scene));
    scene.check();
    scene.hub.end();
    seen.extend(files(&scene));
    seen.push(("the log".to_owned(), String::from_utf8_lossy(&scene.hub.log()).into_owned()));

    assert!(seen.iter().any(|(place, _)| place.ends_with("-wal")));
    assert!(seen.iter().filter(|(_, text)| text.contains("[masked: AWS key]")).count() >= 6);
    let planted = SECRETS.iter().chain([&HIDDEN]).map(|(_, secret)| *secret).chain(["planted-by-name"]);
    for secret in planted {
        for (place, text) in &seen {
            let found = text.find(secret);
            let around = found.map(|at| &text[text.floor_char_boundary(at.saturating_sub(80))..at]);
            assert!(found.is_none(), "{secret} is in {place}, behind {}", around.unwrap_or_default());
        }
    }
}
