//! Where the work on an incident stands, and the moments that metrics are made of. The two are kept apart: a status is
//! what people say, a milestone is a time that can be corrected.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ids::InvalidId;
use super::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Triggered,
    Investigating,
    Identified,
    Monitoring,
    Resolved,
    Closed,
    /// Another incident took over.
    Merged,
    /// It was none.
    Cancelled,
}

impl Status {
    pub const ALL: [Status; 8] = [
        Status::Triggered,
        Status::Investigating,
        Status::Identified,
        Status::Monitoring,
        Status::Resolved,
        Status::Closed,
        Status::Merged,
        Status::Cancelled,
    ];

    /// What a person can set directly; merging and cancelling are commands of their own.
    pub const SETTABLE: [Status; 6] = [
        Status::Triggered,
        Status::Investigating,
        Status::Identified,
        Status::Monitoring,
        Status::Resolved,
        Status::Closed,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Status::Triggered => "triggered",
            Status::Investigating => "investigating",
            Status::Identified => "identified",
            Status::Monitoring => "monitoring",
            Status::Resolved => "resolved",
            Status::Closed => "closed",
            Status::Merged => "merged",
            Status::Cancelled => "cancelled",
        }
    }

    /// Somebody still has to do something now.
    pub const fn is_live(self) -> bool {
        matches!(self, Status::Triggered | Status::Investigating | Status::Identified | Status::Monitoring)
    }

    /// Still on the board: live, or resolved and not yet closed.
    pub const fn is_open(self) -> bool {
        self.is_live() || matches!(self, Status::Resolved)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Status {
    type Err = InvalidId;

    fn from_str(raw: &str) -> Result<Self, InvalidId> {
        let named = Status::ALL.into_iter().find(|status| status.name().eq_ignore_ascii_case(raw));
        named.ok_or_else(|| {
            InvalidId::new(
                raw,
                "a status: triggered, investigating, identified, monitoring, resolved or closed",
            )
        })
    }
}

/// A moment that metrics are differences of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Milestone {
    ImpactStarted,
    Detected,
    Acknowledged,
    Mitigated,
    Resolved,
}

impl Milestone {
    pub const ALL: [Milestone; 5] = [
        Milestone::ImpactStarted,
        Milestone::Detected,
        Milestone::Acknowledged,
        Milestone::Mitigated,
        Milestone::Resolved,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Milestone::ImpactStarted => "impact started",
            Milestone::Detected => "detected",
            Milestone::Acknowledged => "acknowledged",
            Milestone::Mitigated => "mitigated",
            Milestone::Resolved => "resolved",
        }
    }
}

impl fmt::Display for Milestone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Milestone {
    type Err = InvalidId;

    fn from_str(raw: &str) -> Result<Self, InvalidId> {
        let spoken = raw.replace(['_', '-'], " ");
        let named =
            Milestone::ALL.into_iter().find(|milestone| milestone.name().eq_ignore_ascii_case(&spoken));
        named.ok_or_else(|| {
            InvalidId::new(raw, "a milestone: impact-started, detected, acknowledged, mitigated or resolved")
        })
    }
}

/// When each milestone was reached, as far as it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Milestones {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub impact_started: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detected: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mitigated: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Timestamp>,
}

impl Milestones {
    pub fn get(&self, milestone: Milestone) -> Option<Timestamp> {
        match milestone {
            Milestone::ImpactStarted => self.impact_started,
            Milestone::Detected => self.detected,
            Milestone::Acknowledged => self.acknowledged,
            Milestone::Mitigated => self.mitigated,
            Milestone::Resolved => self.resolved,
        }
    }

    pub fn set(&mut self, milestone: Milestone, at: Option<Timestamp>) {
        match milestone {
            Milestone::ImpactStarted => self.impact_started = at,
            Milestone::Detected => self.detected = at,
            Milestone::Acknowledged => self.acknowledged = at,
            Milestone::Mitigated => self.mitigated = at,
            Milestone::Resolved => self.resolved = at,
        }
    }

    /// Sets a milestone that has no time yet.
    pub fn reach(&mut self, milestone: Milestone, at: Timestamp) {
        if self.get(milestone).is_none() {
            self.set(milestone, Some(at));
        }
    }
}
