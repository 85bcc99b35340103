//! A rollout: a new version that gets the traffic by stages, what was told of each, and what the hub's own counts say of it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Percent;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;

/// One stage, as its sender tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StageReport {
    /// The name of the stage.
    #[serde(default)]
    pub name: Line,
    /// How much of the traffic, or of the users, has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<Percent>,
    /// What its judge said, in the judge's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Line>,
}

/// The time during which the traffic was split in one ratio; where no percentages are told, that of one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stage {
    /// What was told last of it.
    #[serde(flatten)]
    pub told: StageReport,
    /// When it was first told of.
    pub at: Timestamp,
    /// When it was last told of.
    pub last_at: Timestamp,
}

/// What speaks for a canary, or against it, when it is compared with its baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Verdict {
    Better,
    /// Not worse by more than nobody minds.
    Same,
    Worse,
    NotEnoughData {
        /// How many requests more the canary needs when the shares and the split of traffic stay as they were seen; absent
        /// when no number of requests that is worth waiting for would do, or when requests are not what is missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        more_requests: Option<u64>,
    },
}

/// What the hub's counts said of one stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Judgement {
    pub verdict: Verdict,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<Percent>,
    /// The beginning of the stage: what was counted before it does not matter.
    pub since: Timestamp,
    pub at: Timestamp,
    /// A sentence for each comparison, first those that the verdict rests on.
    pub reasons: Vec<Line>,
}

/// As far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rollout {
    /// In the order in which they began.
    pub stages: Vec<Stage>,
    /// The latest that there is; of the stage before, until there is one of this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<Judgement>,
}

impl Stage {
    /// Reports of the same split are of the same stage, whatever its steps are called.
    fn is_as(&self, other: &Stage) -> bool {
        match (self.told.percent, other.told.percent) {
            (None, None) => self.told.name == other.told.name,
            (one, two) => one == two,
        }
    }

    fn joined(&self, other: &Stage) -> Stage {
        let later = if (self.last_at, &self.told) >= (other.last_at, &other.told) { self } else { other };
        Stage { told: later.told.clone(), at: self.at.min(other.at), last_at: later.last_at }
    }
}

impl Rollout {
    /// More stages than any plan has. Beyond it those that ended first go.
    const STAGES: usize = 40;

    pub fn of(told: StageReport, at: Timestamp) -> Self {
        Rollout { stages: vec![Stage { told, at, last_at: at }], judged: None }
    }

    /// What is known once this was heard too, in whatever order reports come.
    #[must_use]
    pub(super) fn folded(&self, heard: &Rollout) -> Rollout {
        let mut stages = self.stages.clone();
        for stage in &heard.stages {
            match stages.iter_mut().find(|known| known.is_as(stage)) {
                Some(known) => *known = known.joined(stage),
                None => stages.push(stage.clone()),
            }
        }
        stages.sort_by(|a, b| (a.last_at, &a.told).cmp(&(b.last_at, &b.told)));
        stages.drain(..stages.len().saturating_sub(Self::STAGES));
        stages.sort_by(|a, b| (a.at, a.last_at, &a.told).cmp(&(b.at, b.last_at, &b.told)));
        let judgements = [&self.judged, &heard.judged].into_iter().flatten();
        Rollout { stages, judged: judgements.max_by_key(|judged| judged.at).cloned() }
    }

    /// What was told last.
    pub fn latest(&self) -> Option<&StageReport> {
        self.latest_of(|_| true).map(|stage| &stage.told)
    }

    /// How much of the traffic has it now. Not every report says it.
    pub fn percent(&self) -> Option<Percent> {
        self.current()?.told.percent
    }

    /// Since when the traffic is split as it is.
    pub fn since(&self) -> Option<Timestamp> {
        let current = self.current()?;
        let others = self.stages.iter().filter(|stage| stage.told.percent.is_some() && !stage.is_as(current));
        // It may have gone back to a split that it had before.
        Some(others.map(|stage| stage.last_at).fold(current.at, Timestamp::max))
    }

    /// The verdict on the stage of now.
    pub fn judgement(&self) -> Option<&Judgement> {
        self.judged.as_ref().filter(|judged| self.since() == Some(judged.since))
    }

    /// Whether a verdict on the stage of now is news. The first stands, because evidence may fall again; but worse counts
    /// after any other.
    pub fn is_news(&self, verdict: Verdict) -> bool {
        let before = self.judgement().map(|judgement| judgement.verdict);
        match verdict {
            Verdict::NotEnoughData { .. } => false,
            Verdict::Worse => before != Some(Verdict::Worse),
            Verdict::Better | Verdict::Same => before.is_none(),
        }
    }

    fn current(&self) -> Option<&Stage> {
        self.latest_of(|stage| stage.told.percent.is_some()).or_else(|| self.latest_of(|_| true))
    }

    fn latest_of(&self, which: impl Fn(&Stage) -> bool) -> Option<&Stage> {
        self.stages.iter().filter(|stage| which(stage)).max_by_key(|stage| (stage.last_at, &stage.told))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Better => "better",
            Verdict::Same => "same",
            Verdict::Worse => "worse",
            Verdict::NotEnoughData { .. } => "not enough data",
        })
    }
}
