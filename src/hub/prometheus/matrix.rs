//! The answer to a range selector, or to a query over a range: series with many samples each.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::answer::{nonsense, timestamp};
use super::error::PrometheusError;
use crate::domain::alert::Fingerprint;
use crate::domain::time::Timestamp;
use crate::slo::counters::{Samples, SeriesKey, Side, TargetKey};

/// One series and its samples, in order of time. A value may be NaN or infinite.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub labels: BTreeMap<String, String>,
    pub values: Vec<(Timestamp, f64)>,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(rename = "resultType")]
    kind: &'a str,
    #[serde(borrow)]
    result: Vec<Raw<'a>>,
}

#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    /// Empty for native histograms, which are no number.
    #[serde(borrow, default)]
    values: Vec<(f64, &'a str)>,
}

impl Series {
    /// The series of an answer.
    ///
    /// # Errors
    ///
    /// When it is no answer to a question for samples.
    pub fn parse(body: &[u8]) -> Result<Vec<Series>, PrometheusError> {
        let body: Body<'_> = serde_json::from_slice(body).map_err(|error| nonsense(&error.to_string()))?;
        if body.data.kind != "matrix" {
            return Err(nonsense(&format!("samples were asked for, and its type is `{}`", body.data.kind)));
        }
        body.data.result.into_iter().map(series).collect()
    }

    /// The same for an SLO that counts it on one of its sides. Its keys are those of its labels, today and tomorrow.
    pub fn samples(self, side: Side) -> Samples {
        let label = |name: &'static str| Some((name, self.labels.get(name)?.as_str()));
        let of_target: Vec<_> = ["instance", "job"].into_iter().filter_map(label).collect();
        let target = (!of_target.is_empty()).then(|| TargetKey(Fingerprint::of(of_target).0));
        let labels = self.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let key = match side {
            Side::Total => Fingerprint::of(labels),
            // No label is named so.
            Side::Part => Fingerprint::of([("", "part")].into_iter().chain(labels)),
        };
        Samples { series: SeriesKey(key.0), target, side, values: self.values }
    }
}

fn series(raw: Raw<'_>) -> Result<Series, PrometheusError> {
    let sample = |(seconds, value): (f64, &str)| match value.parse() {
        Ok(value) => Ok((timestamp(seconds), value)),
        Err(_) => Err(nonsense(&format!("`{value}` is no number"))),
    };
    let values = raw.values.into_iter().map(sample).collect::<Result<_, _>>()?;
    Ok(Series { labels: raw.metric, values })
}
