//! Who sends while things break. Every command has an id of its own; without an answer it is sent again under the same id
//! until there is one, and now and then also after that.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::ledger::Ledger;

/// Nothing like this may act, or be readable as such, anywhere.
const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{1b}[31m\u{202e}\u{9b}2J";
/// How long an answer may take before the same is sent again.
const ANSWER: Duration = Duration::from_secs(3);
const AGAIN: Duration = Duration::from_millis(20);
/// Commands of one incident, before the next is declared.
const AN_INCIDENT: usize = 300;
/// Each so manieth command is repeated after it was answered.
const REPEATED: usize = 20;

/// What a driver needs.
#[derive(Debug, Clone)]
pub struct Driver {
    pub address: SocketAddr,
    pub token: String,
    /// For alerts.
    pub integration: String,
    pub ledger: Ledger,
    pub stop: Arc<AtomicBool>,
    pub http: reqwest::Client,
}

impl Driver {
    pub fn stops(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Declares incidents and writes notes, one after another, without a pause.
    pub async fn notes(self, name: String) {
        let mut path = String::new();
        for number in 0.. {
            if self.stops() {
                return;
            }
            if number % AN_INCIDENT == 0 {
                path = self.declare(&format!("id-{name}-declared-{number}")).await;
            }
            let id = format!("id-{name}-{number}");
            let body = json!({ "text": format!("{id} {HOSTILE}") });
            self.command(&id, &format!("{path}/notes"), &body).await;
            if number % REPEATED == 0 {
                self.command(&id, &format!("{path}/notes"), &body).await;
            }
        }
    }

    /// Publishes updates to people outside.
    pub async fn updates(self, name: String) {
        let mut path = String::new();
        for number in 0.. {
            if self.stops() {
                return;
            }
            if number % 50 == 0 {
                path = self.declare(&format!("id-{name}-declared-{number}")).await;
            }
            let id = format!("id-{name}-{number}");
            let message = json!({ "audience": "customers", "subject": id, "body": "We are on it." });
            self.command(&id, &format!("{path}/comms/send"), &json!({ "message": message })).await;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    /// Reports alerts, each of them new.
    pub async fn alerts(self, name: String) {
        for number in 0.. {
            if self.stops() {
                return;
            }
            self.alert(&format!("id-{name}-{number}")).await;
        }
    }

    /// Declares an incident and gives its path.
    async fn declare(&self, id: &str) -> String {
        let body = json!({ "title": format!("{id} {HOSTILE}"), "severity": "SEV2" });
        let answer = self.command(id, "/incidents", &body).await;
        format!("/incidents/{}", answer["id"].as_str().unwrap_or("INC-0"))
    }

    /// Until it is answered.
    pub async fn command(&self, id: &str, path: &str, body: &Value) -> Value {
        loop {
            let url = format!("http://{}/api/v1{path}", self.address);
            let request = self.http.post(url).bearer_auth(&self.token).header("Idempotency-Key", id);
            if let Some(answer) = self.once(id, request.json(body)).await {
                self.ledger.accept(id, answer["seq"].as_u64());
                return answer;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    pub async fn alert(&self, id: &str) {
        let alert = json!([{
            "labels": { "alertname": "Probe", "severity": "warning", "service": "shop", "instance": id },
            "annotations": { "summary": HOSTILE },
            "startsAt": "2026-11-23T12:00:00Z",
            "endsAt": "2126-11-23T12:00:00Z",
        }]);
        loop {
            let url = format!("http://{}/api/v2/alerts", self.address);
            let request = self.http.post(url).bearer_auth(&self.integration).json(&alert);
            if self.once(id, request).await.is_some() {
                return self.ledger.accept(id, None);
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// None while nobody knows, or it is to be sent again.
    async fn once(&self, id: &str, request: reqwest::RequestBuilder) -> Option<Value> {
        let answer = request.timeout(ANSWER).send().await.ok()?;
        let status = answer.status();
        let text = answer.text().await.ok()?;
        if status.is_success() {
            return Some(serde_json::from_str(&text).unwrap_or_default());
        }
        // Only a hub that has too much to do, or cannot write, may put a right command off.
        if status.as_u16() != 429 && status.as_u16() != 503 {
            self.ledger.surprise(format!("{id} was answered with {status}: {text}"));
            return Some(Value::Null);
        }
        None
    }
}
