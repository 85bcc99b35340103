//! What somebody did to the systems: a deploy, a flag, a canary stage. Many incidents begin a few minutes after one, so the
//! room keeps the newest beside its incidents. It never says which of them did it: it says what was near, and people mark.

mod id;
mod known;
mod rollout;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::actor::{Actor, Handle};
use super::ids::InvalidId;
use super::text::{Line, Text};
use super::time::Timestamp;

pub use id::ChangeId;
pub use known::Changes;
pub use rollout::{Judgement, Rollout, Stage, StageReport, Verdict};

/// An enum whose variants have names: for JSON, the command line and sentences alike.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident, $expected:literal, { $($(#[$about:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $name {
            $($(#[$about])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            pub const ALL: &[$name] = &[$($name::$variant),+];

            pub const fn name(self) -> &'static str {
                match self {
                    $($name::$variant => $word),+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            /// Takes a dash for an underscore, and any case.
            fn from_str(raw: &str) -> Result<Self, InvalidId> {
                let word = raw.trim().to_ascii_lowercase().replace('-', "_");
                let named = Self::ALL.iter().copied().find(|one| one.name() == word);
                named.ok_or_else(|| InvalidId::new(raw, $expected))
            }
        }
    };
}

named!(
    /// What was done.
    ChangeKind, "a kind of change: deploy, rollback, flag, canary, config, release or infra",
    {
        Deploy = "deploy",
        Rollback = "rollback",
        Flag = "flag",
        /// A new version that gets a part of the traffic first.
        Canary = "canary",
        Config = "config",
        /// A version was published; it need not run anywhere yet.
        Release = "release",
        Infra = "infra",
    }
);

named!(
    /// How far it has come. Of two phases at the same moment the later one here counts.
    Phase, "a phase: started, succeeded or failed",
    { Started = "started", Succeeded = "succeeded", Failed = "failed" }
);

named!(
    /// What the people of an incident say about a change.
    Mark, "a mark: suspect, held, rolled-back or cleared",
    {
        Suspect = "suspect",
        /// It goes no further until this is over.
        Held = "held",
        RolledBack = "rolled_back",
        /// It had nothing to do with it.
        Cleared = "cleared",
    }
);

impl Phase {
    pub const fn is_over(self) -> bool {
        match self {
            Phase::Started => false,
            Phase::Succeeded | Phase::Failed => true,
        }
    }
}

impl Mark {
    /// As a sentence has it.
    pub const fn words(self) -> &'static str {
        match self {
            Mark::Suspect => "suspect",
            Mark::Held => "held",
            Mark::RolledBack => "rolled back",
            Mark::Cleared => "cleared",
        }
    }
}

/// 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u8")]
pub struct Percent(#[schemars(range(max = 100))] u8);

impl Percent {
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Percent {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        if number <= 100 { Ok(Percent(number)) } else { Err("a percentage is a number from 0 to 100") }
    }
}

impl FromStr for Percent {
    type Err = InvalidId;

    /// Takes a percent sign behind the number.
    fn from_str(raw: &str) -> Result<Self, InvalidId> {
        let number = raw.trim().trim_end_matches('%').trim_end().parse::<u8>().ok();
        number
            .and_then(|number| Percent::try_from(number).ok())
            .ok_or_else(|| InvalidId::new(raw, "a percentage from 0 to 100"))
    }
}

/// One phase of a change, as its sender tells it; ingest makes it from each vendor's form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeReport {
    /// What its sender calls it: all phases of one change have the same. Without it, it is a change of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Line>,
    pub kind: ChangeKind,
    #[serde(default = "done")]
    pub phase: Phase,
    /// When it came into this phase; now, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// When it began, where that is known besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Line>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Line>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Line>,
    /// Who did it, in the sender's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Line>,
    /// Made of the rest where it is absent.
    #[serde(default)]
    pub title: Line,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Line>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<StageReport>,
}

/// What is told afterwards is mostly done.
const fn done() -> Phase {
    Phase::Succeeded
}

impl ChangeReport {
    /// A change that is done, of which nothing else is known.
    pub fn new(kind: ChangeKind) -> Self {
        ChangeReport {
            id: None,
            kind,
            phase: done(),
            at: None,
            began_at: None,
            service: None,
            environment: None,
            version: None,
            by: None,
            title: Line::default(),
            link: None,
            rollout: None,
        }
    }
}

/// How long something may be under way: an end that was never reported must not keep it so for ever.
pub(super) const UNDER_WAY: Duration = Duration::from_secs(24 * 3600);

/// A change as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    pub id: ChangeId,
    /// The integration or the person that reported it.
    pub source: Handle,
    pub kind: ChangeKind,
    /// When it began: the earliest moment that is known of it.
    pub at: Timestamp,
    pub phase: Phase,
    /// When it came into this phase.
    pub phase_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Line>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Line>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Line>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Line>,
    pub title: Line,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Line>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<Rollout>,
}

impl Change {
    /// What is known once this was heard too. Senders repeat themselves, and a phase may come after the one that followed
    /// it: what is latest by its own time counts, in whatever order they came.
    #[must_use]
    pub fn folded(&self, heard: &Change) -> Change {
        let (later, earlier) = if heard.moment() > self.moment() { (heard, self) } else { (self, heard) };
        let either = |later: &Option<Line>, earlier: &Option<Line>| later.clone().or_else(|| earlier.clone());
        Change {
            id: self.id.clone(),
            source: self.source.clone(),
            kind: later.kind,
            at: self.at.min(heard.at),
            phase: later.phase,
            phase_at: later.phase_at,
            service: either(&later.service, &earlier.service),
            environment: either(&later.environment, &earlier.environment),
            version: either(&later.version, &earlier.version),
            by: either(&later.by, &earlier.by),
            title: later.title.clone(),
            link: either(&later.link, &earlier.link),
            rollout: match (&self.rollout, &heard.rollout) {
                (Some(known), Some(heard)) => Some(known.folded(heard)),
                (known, heard) => known.clone().or_else(|| heard.clone()),
            },
        }
    }

    /// The rollout of it that goes on; one of which nothing was heard for a day was left by whoever told of it.
    pub fn going_on(&self, now: Timestamp) -> Option<&Rollout> {
        let goes_on = !self.phase.is_over() && now.since(self.phase_at) < UNDER_WAY;
        self.rollout.as_ref().filter(|_| goes_on)
    }

    fn moment(&self) -> (Timestamp, Phase) {
        (self.phase_at, self.phase)
    }

    /// `deploy started`; of what is done at once, only what it is.
    pub fn what(&self) -> String {
        let at_once = match self.kind {
            ChangeKind::Flag | ChangeKind::Config | ChangeKind::Release => self.phase == Phase::Succeeded,
            ChangeKind::Deploy | ChangeKind::Rollback | ChangeKind::Canary | ChangeKind::Infra => false,
        };
        if at_once { self.kind.name().to_owned() } else { format!("{} {}", self.kind, self.phase) }
    }
}

/// A mark, and who set it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Marked {
    pub mark: Mark,
    /// The change's title as it was then: the room may have let go of the change itself.
    pub title: Line,
    pub by: Actor,
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
}
