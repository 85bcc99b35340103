//! Latest values: SLO burn and who is here. They travel beside the journal, may be coalesced, and are never history.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::actor::Handle;
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
    /// The period of the budget, as written: `28d`.
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
