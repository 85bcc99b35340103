//! An alert: what a monitoring system says is wrong, told apart by its labels (fingerprint) and the time it began.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::actor::Handle;
use super::ids::{IncidentId, InvalidId, serde_as_string};
use super::labels::Labels;
use super::text::{Line, Text};
use super::time::Timestamp;

/// The hash of an alert's labels, the same as Alertmanager's: 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u64);

impl Fingerprint {
    /// FNV-1a over the labels in the order of their names, each name and value followed by 0xff, as
    /// `LabelSet.Fingerprint` of prometheus/common computes it, so that an alert is the same one whether it came from
    /// Prometheus or through Alertmanager. Labels must come sorted by name.
    pub fn of<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        const OFFSET: u64 = 14_695_981_039_346_656_037;
        const PRIME: u64 = 1_099_511_628_211;
        let mut hash = OFFSET;
        let mut add = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        for (name, value) in labels {
            name.bytes().for_each(&mut add);
            add(0xff);
            value.bytes().for_each(&mut add);
            add(0xff);
        }
        Fingerprint(hash)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Fingerprint {
    type Err = InvalidId;

    fn from_str(raw: &str) -> Result<Self, InvalidId> {
        let hex = raw.len() <= 16 && raw.bytes().all(|byte| byte.is_ascii_hexdigit());
        match u64::from_str_radix(raw, 16) {
            Ok(hash) if hex => Ok(Fingerprint(hash)),
            _ => Err(InvalidId::new(raw, "an alert's fingerprint: up to 16 hexadecimal digits")),
        }
    }
}

serde_as_string!(Fingerprint, "d9f0a1b2c3d4e5f6");

/// Who says that an alert is over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ends {
    /// Its sender, in so many words. Silence means nothing.
    #[default]
    ByWord,
    /// Also its sender's silence: it repeats what still fires.
    BySilence,
}

impl Ends {
    fn is_by_word(&self) -> bool {
        *self == Ends::ByWord
    }
}

/// What a sender reports about one alert; ingest makes it from each vendor's form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertReport {
    pub fingerprint: Fingerprint,
    pub labels: Labels,
    /// What a person should read: the annotation `summary`, or else `description`, or empty.
    #[serde(default)]
    pub summary: Line,
    pub started_at: Timestamp,
    /// Set once the alert is over. A time to come is not an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Where the sender says more (`generatorURL`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Line>,
    /// The annotation `description`, where `summary` says something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// What to do about it (the annotation `runbook_url`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<Line>,
    #[serde(default, skip_serializing_if = "Ends::is_by_word")]
    pub ends: Ends,
}

/// An alert that the room knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Alert {
    pub fingerprint: Fingerprint,
    /// The label `alertname`, or what stands for it.
    pub name: Line,
    /// The label `severity` as it came; empty when there is none.
    #[serde(default)]
    pub severity: Line,
    pub labels: Labels,
    #[serde(default)]
    pub summary: Line,
    /// The integration that reported it.
    pub source: Handle,
    pub started_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Line>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<Line>,
    #[serde(default, skip_serializing_if = "Ends::is_by_word")]
    pub ends: Ends,
}

impl Alert {
    pub fn from_report(report: &AlertReport, source: Handle) -> Self {
        let label = |name: &str| report.labels.get(name).cloned().unwrap_or_default();
        Alert {
            fingerprint: report.fingerprint,
            name: label("alertname"),
            severity: label("severity"),
            labels: report.labels.clone(),
            summary: report.summary.clone(),
            source,
            started_at: report.started_at,
            ended_at: report.ended_at,
            link: report.link.clone(),
            description: report.description.clone(),
            runbook: report.runbook.clone(),
            ends: report.ends,
        }
    }

    pub fn is_firing(&self) -> bool {
        self.ended_at.is_none()
    }
}

/// What an entry says happened to one alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertChange {
    /// It began, or began again.
    Fired(Alert),
    Resolved {
        fingerprint: Fingerprint,
        name: Line,
        ended_at: Timestamp,
    },
}

impl AlertChange {
    pub fn fingerprint(&self) -> Fingerprint {
        match self {
            AlertChange::Fired(alert) => alert.fingerprint,
            AlertChange::Resolved { fingerprint, .. } => *fingerprint,
        }
    }
}

/// What the hub must remember of every firing alert to know a repetition when it sees one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Firing {
    pub started_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
}

/// The alerts of one incident: how many, and the first of them in full.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IncidentAlerts {
    /// How many ever fired for this incident.
    pub fired: u32,
    /// How many still do.
    pub firing: u32,
    /// At most [`IncidentAlerts::SHOWN`], in order of fingerprint.
    pub shown: BTreeMap<Fingerprint, Alert>,
}

impl IncidentAlerts {
    /// The most alerts of one incident that are kept in full; the rest are counted.
    pub const SHOWN: usize = 200;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_the_one_that_alertmanager_gives() {
        // No labels: the FNV-1a offset. One label: fingerprints of prometheus/common for {a="b"}.
        assert_eq!(Fingerprint::of([]).to_string(), "cbf29ce484222325");
        let one = Fingerprint::of([("a", "b")]);
        assert_ne!(one, Fingerprint::of([("ab", "")]));
        assert_eq!(one.to_string().parse(), Ok(one));
    }
}
