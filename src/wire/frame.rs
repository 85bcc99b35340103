//! The feed: one JSON object a text frame, tagged by `type`. Unknown types and fields are ignored.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::actor::{Access, Handle};
use crate::domain::event::Entry;
use crate::domain::gauge::{Presence, SloGauge};
use crate::domain::ids::{Head, IncidentId, JournalId, Seq};
use crate::domain::policy::Policy;
use crate::domain::room::Room;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;

/// The version of the feed in `hello`.
pub const PROTOCOL: u32 = 1;

/// From the hub to a terminal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Frame {
    /// Always first.
    Hello(Hello),
    /// The organisation's rules; after `hello`, and again when they change.
    Policy { policy: Arc<Policy> },
    /// The room as of `seq`, in place of the entries up to it; `recent` are the last of those, oldest first.
    Snapshot { seq: Seq, room: Box<Room>, recent: Vec<Arc<Entry>> },
    /// In order, without gaps.
    Entries { entries: Vec<Arc<Entry>> },
    /// The latest values of all SLOs, in place of those before; of some of them, if it is partial.
    Gauges {
        slos: Vec<SloGauge>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        partial: bool,
    },
    /// Everybody who is connected.
    Presence { people: Vec<Presence> },
    /// Every 5 s. A terminal that hears nothing for 7 s says that it is late.
    Heartbeat { now: Timestamp, head: Head },
    /// Whether the hub can take commands.
    Health(Health),
    /// Reconnect with the last seq you applied.
    Resync { reason: Line },
    /// From a newer hub.
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hello {
    pub protocol: u32,
    /// The hub's version, for people.
    pub hub: Line,
    pub journal: JournalId,
    pub now: Timestamp,
    pub head: Head,
    pub you: You,
    /// It is a demo: everything in it is made up.
    #[serde(default)]
    pub demo: bool,
}

/// Who the hub takes you for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct You {
    pub handle: Handle,
    pub role: Access,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Health {
    /// Commands are taken.
    Writable,
    /// Reading and the feed go on; nothing can be written, for this reason.
    ReadOnly { reason: Line, since: Timestamp },
}

/// From a terminal to the hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    Presence {
        #[serde(default)]
        incident: Option<IncidentId>,
        #[serde(default)]
        pane: Option<Line>,
    },
    /// From a newer terminal.
    #[serde(other)]
    Unknown,
}
