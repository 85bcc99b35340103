//! The shop's Prometheus as a sender of alerts: in its form, with its habit of repeating what still fires.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::script::{Signal, State};
use crate::domain::time::Timestamp;
use crate::link::HubUrl;

/// How often what fires is sent again, in real time: the hub forgets by the clock on the wall.
pub const REPEAT: Duration = Duration::from_secs(30);
/// How long an alert holds if it is not repeated: four times the repetition, as Prometheus has it.
const HOLDS: Duration = Duration::from_secs(120);
/// How long the end of an alert is repeated, in case it got lost.
const FAREWELL: Duration = Duration::from_secs(15 * 60);

#[derive(Debug)]
pub struct Monitoring {
    http: reqwest::Client,
    url: String,
    token: SecretString,
    alerts: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    signal: Signal,
    summary: &'static str,
    began: Timestamp,
    ended: Option<Timestamp>,
}

impl Monitoring {
    /// # Errors
    ///
    /// When no HTTP client can be made on this machine.
    pub fn new(hub: &HubUrl, token: SecretString) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build()?;
        Ok(Monitoring { http, url: format!("{hub}/api/v2/alerts"), token, alerts: Vec::new() })
    }

    /// Takes note of what begins and ends now, and sends it.
    pub async fn speak(&mut self, signals: &[Signal], now: Timestamp) {
        for signal in signals {
            match signal.state {
                State::Fires(summary) => {
                    self.alerts.push(Known { signal: *signal, summary, began: now, ended: None });
                }
                State::Ends => {
                    let same = |known: &&mut Known| {
                        known.ended.is_none()
                            && (known.signal.name, known.signal.service, known.signal.instance)
                                == (signal.name, signal.service, signal.instance)
                    };
                    if let Some(known) = self.alerts.iter_mut().find(same) {
                        known.ended = Some(now);
                    }
                }
            }
        }
        self.repeat(now).await;
    }

    /// Sends everything that fires or ended lately.
    pub async fn repeat(&mut self, now: Timestamp) {
        self.alerts.retain(|known| known.ended.is_none_or(|ended| now.since(ended) < FAREWELL));
        if self.alerts.is_empty() {
            return;
        }
        let body: Vec<Value> = self.alerts.iter().map(|known| known.to_json(now)).collect();
        let request = self.http.post(&self.url).bearer_auth(self.token.expose_secret()).json(&body);
        match request.send().await.and_then(reqwest::Response::error_for_status) {
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the demo's alerts did not arrive; they are sent again"),
        }
    }
}

impl Known {
    fn to_json(&self, now: Timestamp) -> Value {
        let Signal { name, service, instance, severity, state: _ } = self.signal;
        let mut labels =
            json!({ "alertname": name, "service": service, "severity": severity, "env": "prod" });
        if !instance.is_empty() {
            labels["instance"] = Value::from(instance);
        }
        json!({
            "labels": labels,
            "annotations": { "summary": self.summary },
            "startsAt": self.began,
            "endsAt": self.ended.unwrap_or_else(|| now.plus(HOLDS)),
        })
    }
}
