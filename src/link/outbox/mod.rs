//! What people asked for and the hub has not confirmed. It goes out once, in order, when it can; and what reaches people
//! outside never goes out later than its author thinks.

mod post;
mod queue;
mod store;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use post::Courier;
pub(super) use post::{NOT_KEPT, Post, Request, Told};
pub(super) use store::Store;

use crate::domain::actor::Handle;
use crate::domain::command::{Command, Outcome};
use crate::domain::ids::{CommandId, Revision};
use crate::domain::text::Line;
use crate::domain::time::Timestamp;
use crate::wire::problem::Problem;
use crate::wire::route::ROUTES;

/// The most commands that wait.
pub const CAPACITY: usize = 256;
/// What goes to people outside is sent within this time, or not without a fresh yes.
pub const FRESH: Duration = Duration::from_secs(10);
/// A command that went out later than this went late, and its author is told.
pub const LATE: Duration = Duration::from_secs(120);

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutboxEvent {
    pub id: CommandId,
    pub command: Arc<Command>,
    /// When its author gave it, by this machine's clock.
    pub queued_at: Timestamp,
    pub state: OutboxState,
}

impl OutboxEvent {
    /// The command in a few words.
    pub fn summary(&self) -> &'static str {
        let tag = serde_json::to_value(&*self.command).ok();
        let tag = tag.as_ref().and_then(|value| value.get("command")?.as_str());
        ROUTES.iter().find(|route| Some(route.command) == tag).map_or("A command", |route| route.summary)
    }
}

/// Where a command stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum OutboxState {
    /// It waits: for the hub, or for one before it.
    Queued,
    /// It is on its way.
    InFlight,
    /// It went out, and nobody knows whether it arrived. It is sent again under the same id until an answer comes.
    Unknown { why: Line },
    /// The hub has it. `late`: how old it was when it was sent, if older than [`LATE`].
    Accepted { outcome: Outcome, late: Option<Duration> },
    /// Its entry has been handed on; or its place in the journal, when there was nothing to do. The last word on it.
    Done { outcome: Outcome, late: Option<Duration> },
    /// The hub will not do it. The last word on it.
    Refused { problem: Problem },
    /// It was not sent in time, or not by the one who wrote it; it waits for
    /// [`LinkHandle::confirm`](super::LinkHandle::confirm) or [`LinkHandle::forget`](super::LinkHandle::forget).
    NeedsFreshYes { why: Line, sent: Sent },
    /// Its author gave it up. The last word on it.
    Forgotten { sent: Sent },
}

impl OutboxState {
    /// Whether nothing more will be told of the command.
    pub fn is_last(&self) -> bool {
        match self {
            OutboxState::Done { .. } | OutboxState::Refused { .. } | OutboxState::Forgotten { .. } => true,
            OutboxState::Queued
            | OutboxState::InFlight
            | OutboxState::Unknown { .. }
            | OutboxState::Accepted { .. }
            | OutboxState::NeedsFreshYes { .. } => false,
        }
    }
}

/// Whether a command may have reached the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sent {
    No,
    Perhaps,
}

/// A command as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub id: CommandId,
    pub command: Arc<Command>,
    /// The revision of the incident that its author saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Revision>,
    pub queued_at: Timestamp,
    /// Who wrote it, if the hub had said so then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Handle>,
    /// The mark of the token it was written under; the hub may not have taken that token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<Line>,
    pub sent: Sent,
}

/// What changes in what is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Change {
    Put(Item),
    Drop(CommandId),
}
