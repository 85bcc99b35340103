use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::room::Room;

const ALERTS: &str = "/api/v2/alerts";
const WEBHOOK: &str = "/hooks/alertmanager";

fn alert(name: &str, instance: usize, ends_at: &str) -> Value {
    json!({
        "labels": {"alertname": name, "service": "checkout", "severity": "critical", "instance": format!("web-{instance}")},
        "annotations": {"summary": "errors"},
        "startsAt": "2026-11-23T11:59:00Z",
        "endsAt": ends_at,
        "generatorURL": "http://prometheus/graph"
    })
}

fn post(room: &Room, path: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
    let request = room.ask(Method::POST, "prom", path).header("content-type", "application/json");
    request.body(body)
}

async fn open_incidents(room: &Room) -> Vec<Value> {
    room.get("oli", "/incidents").await["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_critical_alert_of_prometheus_opens_an_incident_once() {
    let room = Room::open().await;
    let body = json!([alert("Errors", 1, "2026-11-23T12:04:00Z")]).to_string();
    for _ in 0..3 {
        let answer = post(&room, ALERTS, body.clone()).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.text().await.unwrap(), "");
    }
    let open = open_incidents(&room).await;
    assert_eq!(open.len(), 1);
    assert_eq!((&open[0]["alerts"]["fired"], &open[0]["alerts"]["firing"]), (&json!(1), &json!(1)));
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_alerts_at_once_make_few_incidents() {
    let room = Room::open().await;
    let alerts: Vec<Value> = (0..10_000)
        .map(|number| {
            let mut alert = alert(&format!("Alert{}", number % 200), number, "2026-11-23T12:04:00Z");
            alert["labels"]["service"] = json!(format!("service-{}", number % 50));
            alert
        })
        .collect();
    let answer = post(&room, ALERTS, json!(alerts).to_string()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let open = open_incidents(&room).await;
    assert!((1..=10).contains(&open.len()), "{} incidents", open.len());
    assert_eq!(room.hub.room.read().alerts.firing.len(), 10_000);
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_prometheus_does_not_repeat_ends_by_itself() {
    let room = Room::open().await;
    let body = json!([alert("Errors", 1, "2026-11-23T12:00:20Z")]).to_string();
    assert_eq!(post(&room, ALERTS, body).send().await.unwrap().status(), 200);
    // Not so far that the hub takes it for sleep.
    room.clock.advance(25);
    let gone = async {
        while !room.hub.room.read().alerts.firing.is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), gone).await.expect("the alert ends");
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_senders_come_in_every_way_that_senders_know() {
    let room = Room::open().await;
    let url = |path: &str| format!("http://{}{path}", room.hub.address);
    let basic = format!("Basic {}", STANDARD.encode("warroom:wr_prom"));
    let (list, hook) = ("[]", "{\"alerts\":[]}");
    let cases = [
        (room.http.post(url("/wr_prom/api/v2/alerts")).body(list), 200),
        (room.http.post(url("/hooks/alertmanager/wr_prom")).body(hook), 200),
        (room.http.post(url(WEBHOOK)).header("authorization", basic).body(hook), 200),
        (room.ask(Method::POST, "prom", WEBHOOK).body(hook), 200),
        (room.http.post(url(WEBHOOK)).body(hook), 401),
        (room.http.post(url("/hooks/alertmanager/wr_nobody")).body(hook), 401),
        (room.http.post(url("/hooks/alertmanager/wr_oli")).body(hook), 403),
    ];
    for (index, (request, expected)) in cases.into_iter().enumerate() {
        assert_eq!(request.send().await.unwrap().status(), expected, "case {index}");
    }
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_alert_does_not_spoil_the_others_and_a_person_can_read_it() {
    let room = Room::open().await;
    let body = json!([alert("Errors", 1, ""), {"labels": {"a": 1}}, 7, alert("Slow", 2, "")]);
    assert_eq!(post(&room, ALERTS, body.to_string()).send().await.unwrap().status(), 200);
    assert_eq!(room.hub.room.read().alerts.firing.len(), 2);
    let letters = room.get("ana", "/deadletters").await;
    assert_eq!(letters["items"].as_array().unwrap().len(), 2);
    assert_eq!(letters["items"][0]["body"], "7");
    assert_eq!(letters["items"][0]["source"], "prom");
    room.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_in_an_alert_is_harmless_wherever_it_is_read() {
    let room = Room::open().await;
    let mut evil = alert("Err\u{1b}[2Jors", 1, "");
    evil["annotations"]["summary"] = json!("\u{1b}]0;owned\u{7}\u{202e}abc\u{0}");
    assert_eq!(post(&room, ALERTS, json!([evil]).to_string()).send().await.unwrap().status(), 200);
    let incidents = serde_json::to_string(&open_incidents(&room).await).unwrap();
    for hidden in ["\u{1b}", "\\u001b", "\\u0007", "\u{202e}", "\\u0000"] {
        assert!(!incidents.contains(hidden), "{hidden:?} in {incidents}");
    }
    room.close().await;
}
