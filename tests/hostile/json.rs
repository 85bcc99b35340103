//! Bodies that were made to break parsers, posted to where alerts come in and to where people's commands come in.

use crate::allowed::{Sender, assert_allowed};
use crate::bystander::Bystander;
use crate::corpus::{need_the_collection, rows_of};

const WEBHOOK: &str = "/hooks/alertmanager";
const ALERTS: &str = "/api/v2/alerts";
const COMMAND: &str = "/api/v1/incidents";
const JSON: &str = "Content-Type: application/json\r\n";

/// What the webhook does with a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reaction {
    /// 400: it is not JSON.
    Refused,
    /// 200, and a person can read it among the dead letters: it is JSON, and we do not understand it. Alertmanager and
    /// its like give up on a 400 and never send it again.
    SetAside,
    /// 200: it says that there is nothing.
    Empty,
    /// 200, and all of its alerts are in the journal, with this delivery or since an earlier one that said the same.
    Taken,
}

/// By row. What is not here is an error.
fn reaction(id: &str) -> Reaction {
    match id {
        "J001" | "J002" | "J006" | "J007" | "J008" | "J009" | "J011" | "J014" | "J015" | "J016" | "J042"
        | "J044" | "J045" | "J046" => Reaction::Refused,
        "J003" | "J004" | "J023" | "J024" | "J025" | "J030" | "J033" | "J034" | "J048" | "J049" => {
            Reaction::SetAside
        }
        "J017" | "J020" | "J022" | "J029" => Reaction::Empty,
        "J012" | "J019" | "J027" | "J028" | "J032" | "J036" | "J037" | "J039" | "J040" | "J041" | "J050" => {
            Reaction::Taken
        }
        other => panic!("{other} is new; say what becomes of it"),
    }
}

#[test]
fn no_body_breaks_the_ingest_and_each_is_refused_set_aside_or_taken_as_a_whole() {
    need_the_collection!();
    let mut bystander = Bystander::start();
    let mut wrong = Vec::new();
    nul(&bystander);
    for row in rows_of("webhook-json") {
        let (body, what) = (row.bytes(), format!("{} {}", row.id, row.what));
        let letters = bystander.set_aside();
        let before = bystander.before();
        let answer = bystander.post(WEBHOOK, &bystander.ingest, JSON, &body);
        assert_allowed(&answer.body, Sender::Lines, &what);
        assert!(answer.body.len() < 2_000, "{what}: an answer of {} bytes", answer.body.len());
        let stored = bystander.head() > before.head;
        let aside = bystander.set_aside() > letters;
        let did = match (answer.status, stored, aside) {
            (400, false, false) => Reaction::Refused,
            (200, false, true) => Reaction::SetAside,
            (200, false, false) if String::from_utf8_lossy(&body).contains("\"alerts\":[]") => {
                Reaction::Empty
            }
            (200, _, false) => Reaction::Taken,
            other => panic!("{what}: {other:?}"),
        };
        if did != reaction(&row.id) {
            wrong.push(format!("{what}: {did:?} instead of {:?}", reaction(&row.id)));
        }
        if stored { bystander.moved(before, &what) } else { bystander.unmoved(before, &what) }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    secrets_and_text(&bystander);
}

/// The label of J012 among those of its alert, where it is read.
fn nul(bystander: &Bystander) {
    let body = rows_of("webhook-json").into_iter().find(|row| row.id == "J012").unwrap().bytes();
    let body = String::from_utf8(body).unwrap();
    let known = r#""labels": {"alertname": "X"}"#;
    assert!(body.contains(known) && body.contains(r"\u0000"));
    let body = body.replace(known, r#""labels": {"alertname": "NUL", "severity": "cri\u0000tical"}"#);
    assert_eq!(bystander.post(WEBHOOK, &bystander.ingest, JSON, body.as_bytes()).status, 200);
}

/// What was taken is kept harmless, and what was planted in it is not in the log.
fn secrets_and_text(bystander: &Bystander) {
    let log = bystander.hub.log();
    assert_allowed(&log, Sender::Lines, "the log");
    let planted =
        String::from_utf8(rows_of("webhook-json").into_iter().find(|row| row.id == "J041").unwrap().bytes());
    let planted: serde_json::Value = serde_json::from_str(&planted.unwrap()).unwrap();
    let log = String::from_utf8(log).unwrap();
    let annotations = planted["alerts"][0]["annotations"].as_object().unwrap();
    assert!(!annotations.is_empty());
    for value in annotations.values().filter_map(|value| value.as_str()).filter(|value| value.len() > 8) {
        assert!(!log.contains(value), "the log holds what was planted in an alert");
    }
    let entries = bystander.get(&format!("/entries?after={}&limit=200", bystander.beginning())).to_string();
    let alerts = bystander.get("/alerts?limit=200").to_string();
    let incidents = bystander.get("/incidents?status=all&limit=200").to_string();
    for told in [&entries, &alerts, &incidents] {
        assert_allowed(told.as_bytes(), Sender::Lines, "what the API tells");
    }
    assert!(entries.contains("cri␀tical"), "a NUL is kept as its picture");
    assert!(entries.contains("␁␁␁"), "and so is any control");
    assert!(!entries.contains("\\u0000") && !entries.contains("\\u0001"));
}

#[test]
fn no_body_breaks_prometheus_way_in_or_a_command() {
    need_the_collection!();
    let mut bystander = Bystander::start();
    let person = bystander.hub.token();
    for row in rows_of("webhook-json") {
        let body = row.bytes();
        let what = format!("{} as a list of alerts", row.id);
        let before = bystander.before();
        let answer = bystander.post(ALERTS, &bystander.ingest, JSON, &body);
        assert!(matches!(answer.status, 200 | 400 | 413), "{what}: {}", answer.status);
        bystander.unmoved(before, &what);

        let what = format!("{} as a command", row.id);
        let before = bystander.before();
        let answer = bystander.post(COMMAND, &person, JSON, &body);
        assert!(matches!(answer.status, 400 | 413 | 415 | 422), "{what}: {}", answer.status);
        assert_allowed(&answer.body, Sender::Lines, &what);
        assert!(answer.body.len() < 2_000, "{what}: an answer of {} bytes", answer.body.len());
        let problem: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(problem["status"], answer.status, "{what}");
        bystander.unmoved(before, &what);
    }
}
