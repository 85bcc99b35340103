//! Latest values: SLO burn and who is here. They travel beside the journal, may be coalesced, and are never history.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::actor::Handle;
use super::change::{ChangeId, Verdict};
use super::ids::IncidentId;
use super::text::Line;
use super::time::Timestamp;

/// What is known of one SLO right now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SloGauge {
    pub name: Line,
    pub service: Line,
    /// The share of good events that was promised, between 0 and 1.
    pub objective: f64,
    /// The period of the budget, as written: `28d`, or `calendar 1M`.
    pub window: Line,
    pub state: SloState,
    /// Share of the period's error budget that is left; below 0 when overspent. Absent when it cannot be known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_left: Option<f64>,
    /// Burn rate over 5 minutes: 1 spends the budget exactly by the end of the period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burn_5m: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burn_1h: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burn_6h: Option<f64>,
    /// Seconds until the budget is spent if the burn of the last hour goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exhaustion: Option<u64>,
    /// When the figures were true, by the data source's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
    /// Why there are no figures, in a sentence; empty when there are.
    #[serde(default)]
    pub detail: Line,
    /// The share of the period for which counts are known, between 0 and 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<f64>,
    /// Since when it burns as it does, by the counts; absent when it does not, or when nobody can say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub onset: Option<Timestamp>,
    /// What calls for somebody, and how it stands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<PairGauge>,
    /// What each open incident of its service has spent of the budget.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spent: Vec<Spent>,
    /// The canary of its service beside what else runs; absent where the document does not say how to tell the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<CanaryGauge>,
}

#[cfg(test)]
impl SloGauge {
    /// One that is well and of which little is known; tests say the rest.
    pub(crate) fn calm(name: &str, service: &str) -> Self {
        SloGauge {
            name: Line::clean(name),
            service: Line::clean(service),
            objective: 0.999,
            window: Line::clean("28d"),
            state: SloState::Ok,
            budget_left: Some(0.5),
            burn_5m: None,
            burn_1h: None,
            burn_6h: None,
            exhaustion: None,
            as_of: None,
            detail: Line::default(),
            coverage: None,
            onset: None,
            pairs: Vec::new(),
            spent: Vec::new(),
            canary: None,
        }
    }
}

/// A canary and its baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CanaryGauge {
    /// Nothing is being rolled out.
    Idle,
    /// Something is, and nothing can be compared, for this reason.
    Blind { change: ChangeId, why: Line },
    /// Requests of each are counted since the stage began.
    Compared { change: ChangeId, since: Timestamp, verdict: Verdict, reason: Line },
}

/// Two windows that call for somebody when both burn faster than the threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PairGauge {
    /// The label `severity` of its alert.
    pub severity: Line,
    /// Seconds.
    pub long: u64,
    /// Seconds; absent where one window is all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short: Option<u64>,
    /// Burn rate.
    pub threshold: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burn_long: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burn_short: Option<f64>,
    pub state: PairState,
    /// Why nobody is called although both burn; empty otherwise.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub held: Line,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PairState {
    /// Neither window is over the threshold.
    Quiet,
    /// Only the short one is.
    Rising,
    /// Both are, and something speaks against calling somebody; `held` says what.
    Held,
    /// Both are.
    Firing,
    /// Only the long one is: it has ended.
    Recovering,
    /// Too little is known of the short window.
    Unknown,
}

/// What an incident has cost one SLO so far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spent {
    pub incident: IncidentId,
    /// Counted from then on.
    pub since: Timestamp,
    /// Of the whole period's budget; 1 is all of it.
    pub share: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SloState {
    /// The figures are fresh.
    Ok,
    /// The source answers, and says that nothing was asked of the service.
    NoTraffic,
    /// The source answers, and knows no such series.
    NoData,
    /// The last answer is too old to trust; figures are those of `as_of`.
    Stale,
    /// The source does not answer, or not sensibly; figures are those of `as_of`.
    Failing,
}

/// Somebody whose terminal is connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Presence {
    pub handle: Handle,
    /// What they look at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    pub since: Timestamp,
}
