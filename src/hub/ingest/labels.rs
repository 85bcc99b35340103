//! Labels as they come over the wire, and the alert that they make. The fingerprint is over what was sent, byte for byte;
//! what is kept is clean and without secrets.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::domain::alert::{AlertReport, Ends, Fingerprint};
use crate::domain::labels::last_of_each;
use crate::domain::mask;
use crate::domain::time::Timestamp;

/// How many labels an alert has that is like others.
const USUAL: usize = 12;
/// The most labels of one alert.
const MAX_LABELS: usize = 256;
/// The most bytes of a label's name.
const MAX_NAME: usize = 1_024;
/// The most bytes of a description; what is longer keeps its beginning.
const MAX_DESCRIPTION: usize = 4 * 1024;
/// The most bytes of all names and values of one alert, which is to fit into one frame of the feed.
const MAX_BYTES: usize = 64 * 1024;

/// A string as it was sent: a piece of the body, unless it has escapes.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct Word<'a>(#[serde(borrow)] Cow<'a, str>);

impl std::ops::Deref for Word<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

/// Labels or annotations as they were sent, in the order of their names' bytes.
#[derive(Debug, Default)]
pub(super) struct Raw<'a>(Vec<(Word<'a>, Word<'a>)>);

impl<'a> Raw<'a> {
    fn get(&self, name: &str) -> Option<&Word<'a>> {
        self.0.iter().find(|(known, _)| **known == *name).map(|(_, value)| value)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Raw<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("names with their values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw<'de>, A::Error> {
                let mut pairs = Vec::with_capacity(USUAL);
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                last_of_each(&mut pairs);
                Ok(Raw(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// The parts of an alert that Prometheus and Alertmanager name alike.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawAlert<'a> {
    #[serde(borrow)]
    pub labels: Raw<'a>,
    #[serde(borrow, default)]
    pub annotations: Option<Raw<'a>>,
    #[serde(borrow, default)]
    pub starts_at: Option<Word<'a>>,
    #[serde(borrow, default)]
    pub ends_at: Option<Word<'a>>,
    #[serde(borrow, default, rename = "generatorURL")]
    pub generator_url: Option<Word<'a>>,
    /// Only webhooks have it.
    #[serde(borrow, default)]
    pub status: Option<Word<'a>>,
}

impl RawAlert<'_> {
    /// The alert, begun at `started_at` and over at `ended_at`.
    pub fn report(self, started_at: Timestamp, ended_at: Option<Timestamp>) -> Result<AlertReport, String> {
        let mut raw = self.labels.0;
        // As Alertmanager does before it computes the fingerprint.
        raw.retain(|(_, value)| !value.is_empty());
        check(&raw)?;
        let fingerprint = Fingerprint::of(raw.iter().map(|(name, value)| (&**name, &**value)));
        let labels = raw.iter().map(|(name, value)| (mask::line(name), mask::value(name, value))).collect();
        let annotations = self.annotations.unwrap_or_default();
        let said = ["summary", "description", "message", "title"];
        let annotation = |name: &str| annotations.get(name).filter(|text| !text.is_empty());
        let summary = said.iter().find_map(|name| annotation(name));
        let description = annotation("description").filter(|text| Some(*text) != summary);
        let runbook = annotation("runbook_url").or_else(|| annotation("runbook"));
        Ok(AlertReport {
            fingerprint,
            labels,
            summary: mask::line(summary.map_or("", |summary| &**summary)),
            started_at,
            ended_at,
            link: self.generator_url.filter(|url| !url.is_empty()).map(|url| mask::line(&url)),
            description: description.map(|text| mask::beginning(text, MAX_DESCRIPTION)),
            runbook: runbook.map(|url| mask::line(url)),
            ends: Ends::default(),
        })
    }
}

fn check(raw: &[(Word<'_>, Word<'_>)]) -> Result<(), String> {
    if raw.is_empty() {
        return Err("an alert without labels cannot be told from others".to_owned());
    }
    if raw.len() > MAX_LABELS {
        return Err(format!("an alert has {} labels, and at most {MAX_LABELS} are taken", raw.len()));
    }
    let bytes: usize = raw.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > MAX_BYTES {
        return Err(format!("the labels of an alert have {bytes} bytes, and at most {MAX_BYTES} are taken"));
    }
    for (name, _) in raw {
        if name.is_empty() {
            return Err("a label has no name".to_owned());
        }
        if name.len() > MAX_NAME {
            return Err(format!("a label's name is longer than {MAX_NAME} bytes"));
        }
    }
    Ok(())
}

/// A time as Go writes it. The zero time of Go, in the year 1, is no time.
pub(super) fn time(raw: Option<&str>) -> Result<Option<Timestamp>, String> {
    let Some(raw) = raw.filter(|raw| !raw.is_empty()) else { return Ok(None) };
    if raw.starts_with("0001-01-01T00:00:00") {
        return Ok(None);
    }
    raw.parse().map(Some).map_err(|error: crate::domain::ids::InvalidId| error.to_string())
}
