//! The answer to an instant query.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::PrometheusError;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;

/// Instant vectors and scalars; a scalar is a sample without labels.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// Empty when no series matched.
    pub samples: Vec<Sample>,
    /// What Prometheus warns of, such as parts of a federation that did not answer.
    pub warnings: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub labels: BTreeMap<String, String>,
    /// For which moment the value holds, by the server's clock.
    pub at: Timestamp,
    /// May be NaN or infinite.
    pub value: f64,
}

#[derive(Deserialize)]
struct Body<'a> {
    status: &'a str,
    #[serde(borrow)]
    data: Option<Data<'a>>,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(rename = "resultType")]
    kind: &'a str,
    #[serde(borrow)]
    result: &'a RawValue,
}

#[derive(Deserialize)]
struct Series {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    /// Absent for native histograms, which are no number.
    value: Option<Value>,
}

/// Seconds as a float, and a float as text: `[1795332280, "NaN"]`.
type Value = (f64, String);

impl Answer {
    pub(super) fn parse(body: &[u8]) -> Result<Self, PrometheusError> {
        let body: Body<'_> = serde_json::from_slice(body).map_err(|error| nonsense(&error.to_string()))?;
        let data = match (body.status, body.data) {
            ("success", Some(data)) => data,
            (status, _) => return Err(nonsense(&format!("its status is `{status}`"))),
        };
        let samples = match data.kind {
            "vector" => {
                parse::<Vec<Series>>(data.result)?.into_iter().map(sample).collect::<Result<_, _>>()?
            }
            "scalar" => vec![sample(Series { metric: BTreeMap::new(), value: Some(parse(data.result)?) })?],
            kind @ ("matrix" | "string") => {
                let message = format!("the query gives a {kind} and has to give a number for now");
                return Err(PrometheusError::BadQuery(Line::clean(&message)));
            }
            kind => return Err(nonsense(&format!("its type is `{kind}`"))),
        };
        let warnings = body.warnings.iter().take(10).map(|warning| Line::clean(warning)).collect();
        Ok(Answer { samples, warnings })
    }
}

fn sample(series: Series) -> Result<Sample, PrometheusError> {
    let Some((seconds, value)) = series.value else {
        let message = Line::clean("the query gives a histogram and has to give a number");
        return Err(PrometheusError::BadQuery(message));
    };
    Ok(Sample { labels: series.metric, at: timestamp(seconds), value: number(&value)? })
}

/// Go's way of writing floats: `1e-07`, `NaN`, `+Inf`, `-Inf`.
fn number(text: &str) -> Result<f64, PrometheusError> {
    text.parse().map_err(|_| nonsense(&format!("`{text}` is no number")))
}

#[allow(clippy::cast_possible_truncation)]
pub(super) fn timestamp(seconds: f64) -> Timestamp {
    // A cast from f64 stops at the ends of i64, and the timestamp at those of time.
    Timestamp::from_millis((seconds * 1_000.0).round() as i64)
}

fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, PrometheusError> {
    serde_json::from_str(raw.get()).map_err(|error| nonsense(&error.to_string()))
}

pub(super) fn nonsense(what: &str) -> PrometheusError {
    PrometheusError::Nonsense(Line::clean(what))
}
