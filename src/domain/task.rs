//! Something that somebody is to do before the incident can move on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::actor::{Actor, Handle};
use super::ids::TaskId;
use super::role::Slug;
use super::status::Status;
use super::text::Line;
use super::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Task {
    pub id: TaskId,
    pub title: Line,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Handle>,
    /// The phase that the task belongs to; a required task keeps the incident in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Status>,
    /// The role whose holder it is meant for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Slug>,
    #[serde(default)]
    pub required: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    pub state: TaskState,
    pub added_by: Actor,
    pub added_at: Timestamp,
}

impl Task {
    pub fn is_open(&self) -> bool {
        !matches!(self.state, TaskState::Done { .. })
    }

    /// Whether it keeps the incident from leaving `phase`.
    pub fn holds(&self, phase: Status) -> bool {
        self.required && self.is_open() && self.stage == Some(phase)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum TaskState {
    /// Nobody has said yes to it.
    Open,
    /// Its owner is at it.
    Accepted {
        at: Timestamp,
    },
    Done {
        at: Timestamp,
        by: Actor,
    },
}
