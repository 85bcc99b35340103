//! The `Slo` value: what one objective of one document comes to, once everything it refers to has been found.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;
use url::Url;

use super::period::Period;
use super::policy::AlertPolicy;
use super::promql::EventQuery;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;

/// One objective over one period, with all that is needed to measure it.
///
/// A document with several objectives gives several of these, named `checkout-availability/good`.
#[derive(Debug, Clone, PartialEq)]
pub struct Slo {
    pub name: Line,
    pub service: Line,
    pub objective: Objective,
    /// The period of the budget.
    pub window: Period,
    pub method: Method,
    pub indicator: Indicator,
    pub source: DataSource,
    /// Each is enough to call somebody.
    pub policies: Vec<AlertPolicy>,
    /// How the series of a canary are told from the others.
    pub canary: Option<Cohort>,
}

/// The label by which a canary's series are told, and its value there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cohort {
    label: String,
    value: CohortValue,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum CohortValue {
    Is(String),
    /// What the rollout says its version is.
    Version,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "write the label that tells the canary, with its value, such as `track=canary`, or the label of the version alone, such as `version`"
)]
pub struct NoCohort;

impl FromStr for Cohort {
    type Err = NoCohort;

    fn from_str(raw: &str) -> Result<Self, NoCohort> {
        let (label, value) = match raw.split_once('=') {
            Some((_, value)) if value.trim().is_empty() => return Err(NoCohort),
            Some((label, value)) => (label.trim(), CohortValue::Is(value.trim().to_owned())),
            None => (raw.trim(), CohortValue::Version),
        };
        let is_name = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && label.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        if is_name { Ok(Cohort { label: label.to_owned(), value }) } else { Err(NoCohort) }
    }
}

impl Cohort {
    /// The matchers of the canary's series and of all others; none when it takes a version and there is none.
    pub fn matchers(&self, version: Option<&str>) -> Option<(String, String)> {
        let value = match &self.value {
            CohortValue::Is(value) => value,
            CohortValue::Version => version?,
        };
        // As Prometheus quotes: nothing else is special between double quotes but the end of a line.
        let quoted = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let label = &self.label;
        Some((format!("{label}=\"{quoted}\""), format!("{label}!=\"{quoted}\"")))
    }
}

/// The share of good events that was promised: from 0 up to, but not including, 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Objective(f64);

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ObjectiveError {
    #[error(
        "a target of 100 % leaves no error budget, so there is nothing to burn; write less than 1, such as 0.999"
    )]
    Whole,
    #[error("a target is a share from 0 up to, but not including, 1; write 0.995 for 99.5 %")]
    Range,
}

impl Objective {
    /// `share` of events that are to be good, between 0 (included) and 1 (excluded).
    pub fn new(share: f64) -> Result<Self, ObjectiveError> {
        // 1 - 1e-16 is 1 in all but name: dividing by such a budget gives figures nobody can use.
        if share <= 1.0 && share > 1.0 - 1e-9 {
            Err(ObjectiveError::Whole)
        } else if (0.0..1.0).contains(&share) {
            Ok(Objective(share))
        } else {
            Err(ObjectiveError::Range)
        }
    }

    pub const fn share(self) -> f64 {
        self.0
    }

    /// The share of events that may be bad: more than 0, at most 1.
    pub fn error_budget(self) -> f64 {
        1.0 - self.0
    }
}

/// What the budget is a share of. Slices are of one length each, one after the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// Of events.
    Occurrences,
    /// Of slices, which are bad when less than `target` of their events are good.
    Timeslices { slice: Duration, target: f64 },
    /// Of slices, each as bad as its share of bad events.
    RatioTimeslices { slice: Duration },
}

impl Method {
    /// The length of a slice.
    pub const fn slice(self) -> Option<Duration> {
        match self {
            Method::Occurrences => None,
            Method::Timeslices { slice, .. } | Method::RatioTimeslices { slice } => Some(slice),
        }
    }
}

impl Slo {
    /// The earliest moment that any figure of `now` is about: the period, and the windows of the policies.
    pub fn looks_back_to(&self, now: Timestamp) -> Timestamp {
        let longest = self.policies.iter().flat_map(|policy| policy.pairs.iter().map(|pair| pair.long)).max();
        let begins = self.window.begins(now);
        let earliest = longest.map_or(begins, |long| begins.min(now.minus(long)));
        // Steps from the beginning of a slice are no mixture of two.
        self.method.slice().map_or(earliest, |slice| earliest.minus(remainder(earliest, slice)))
    }
}

/// How long a slice has lasted at a moment; they are counted from 1970.
fn remainder(moment: Timestamp, slice: Duration) -> Duration {
    let since = moment.since(Timestamp::from_millis(0)).as_millis() % slice.as_millis().max(1);
    Duration::from_millis(u64::try_from(since).unwrap_or(0))
}

/// How events are counted: all of them, and either the good or the bad ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indicator {
    pub numerator: Numerator,
    pub total: EventQuery,
}

/// Which of the events a document counts beside the total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Numerator {
    Good(EventQuery),
    Bad(EventQuery),
}

impl Indicator {
    /// Whether both are counters, which are followed sample by sample.
    pub fn is_followed(&self) -> bool {
        self.numerator.query().takes_counters() && self.total.takes_counters()
    }
}

impl Numerator {
    pub const fn query(&self) -> &EventQuery {
        match self {
            Numerator::Good(query) | Numerator::Bad(query) => query,
        }
    }
}

/// Which Prometheus is asked.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum DataSource {
    /// The one that a `DataSource` object names.
    At(Url),
    /// The document names none; the hub's settings say which.
    Default,
}

impl DataSource {
    /// The one that is asked when the hub's settings name `default`.
    #[must_use]
    pub fn or(self, default: Option<&Url>) -> Self {
        match (self, default) {
            (DataSource::Default, Some(url)) => DataSource::At(url.clone()),
            (named, _) => named,
        }
    }

    /// Where it is, without the user and the password; empty when nobody said.
    pub fn place(&self) -> String {
        let DataSource::At(url) = self else { return String::new() };
        let mut url = url.clone();
        // Only an address without a host has no place for them, and then none in it.
        _ = (url.set_username(""), url.set_password(None));
        url.into()
    }
}

impl fmt::Debug for DataSource {
    /// Without the user and password that the address may hold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DataSource::At(url) => {
                write!(f, "At({}://{}{})", url.scheme(), url.host_str().unwrap_or_default(), url.path())
            }
            DataSource::Default => f.write_str("Default"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_objective_is_a_share_below_one() {
        for share in [0.0, 0.5, 0.9, 0.999, 0.999_999] {
            assert_eq!(Objective::new(share).map(Objective::share), Ok(share));
        }
        assert_eq!(Objective::new(1.0), Err(ObjectiveError::Whole));
        assert_eq!(Objective::new(1.0 - 1e-16), Err(ObjectiveError::Whole));
        for share in [-0.1, 1.000_001, 99.9, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Objective::new(share), Err(ObjectiveError::Range), "{share}");
        }
    }

    #[test]
    fn a_canary_is_told_by_a_label_and_its_value_or_by_the_version_that_the_rollout_names() {
        let cohort = |raw: &str| raw.parse::<Cohort>();
        let matchers = |raw, version| cohort(raw).unwrap().matchers(version);
        let both = |one: &str, other: &str| Some((one.to_owned(), other.to_owned()));
        assert_eq!(matchers("track = canary", None), both(r#"track="canary""#, r#"track!="canary""#));
        assert_eq!(matchers("version", Some(r#"a"\b"#)), both(r#"version="a\"\\b""#, r#"version!="a\"\\b""#));
        assert_eq!(matchers("version", None), None);
        for raw in ["", "=canary", "track=", "my label=x", "1st=x", "a-b"] {
            assert_eq!(cohort(raw), Err(NoCohort), "{raw}");
        }
    }

    #[test]
    fn debug_output_of_a_source_holds_no_password() {
        let source = DataSource::At(Url::parse("https://oncall:hunter2@prometheus.example/p").unwrap());
        assert_eq!(format!("{source:?}"), "At(https://prometheus.example/p)");
    }
}
