//! What somebody asks for. A command changes nothing by itself: [`decide`](super::decide::decide) turns it into events,
//! or refuses it.

mod tells;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::actor::{Access, Actor, Handle};
use super::alert::{AlertReport, Fingerprint};
use super::budget::BudgetReport;
use super::change::{ChangeId, ChangeReport, Judgement, Mark};
use super::comms::{Message, Verdict};
use super::ids::{CommandId, CommsId, IncidentId, Revision, Seq, TaskId};
use super::incident::Aspect;
use super::note::Evidence;
use super::role::Slug;
use super::severity::Severity;
use super::status::{Milestone, Status};
use super::text::{Line, Text};
use super::time::Timestamp;

pub use tells::Tells;

/// A command on its way: who, which, and what they saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Submission {
    /// Absent only for what repeats harmlessly by itself (alerts, deliveries).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<CommandId>,
    pub actor: Actor,
    /// The revision of the incident that the sender saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Revision>,
    pub command: Command,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Command {
    // --- alerts
    ReportAlerts {
        alerts: Vec<AlertReport>,
    },
    /// An incident out of alerts that wait, or more of them into an open one.
    AttachAlerts {
        incident: IncidentId,
        fingerprints: BTreeSet<Fingerprint>,
    },

    // --- error budgets
    /// What is spent of them; only the hub itself may say it.
    ReportBudget {
        budgets: Vec<BudgetReport>,
    },

    // --- changes
    RecordChanges {
        changes: Vec<ChangeReport>,
    },
    /// What was counted of a canary and its baseline; only the hub itself may say it.
    JudgeRollout {
        change: ChangeId,
        judgement: Judgement,
    },
    MarkChange {
        incident: IncidentId,
        change: ChangeId,
        /// Absent: nothing is said of it any more.
        #[serde(default)]
        mark: Option<Mark>,
        #[serde(default)]
        reason: Option<Text>,
    },

    // --- the incident as a whole
    Declare {
        title: Line,
        #[serde(default)]
        severity: Option<Severity>,
        #[serde(default, rename = "type")]
        kind: Option<Line>,
        #[serde(default)]
        services: BTreeSet<Line>,
        #[serde(default)]
        summary: Text,
        #[serde(default)]
        drill: bool,
        /// Waiting alerts that it is about.
        #[serde(default)]
        alerts: BTreeSet<Fingerprint>,
    },
    Acknowledge {
        incident: IncidentId,
    },
    /// Takes one's own acknowledgement back.
    Unacknowledge {
        incident: IncidentId,
    },
    ChangeStatus {
        incident: IncidentId,
        status: Status,
        #[serde(default)]
        reason: Option<Text>,
    },
    ChangeSeverity {
        incident: IncidentId,
        severity: Severity,
    },
    ChangeTitle {
        incident: IncidentId,
        title: Line,
    },
    ChangeSummary {
        incident: IncidentId,
        summary: Text,
    },
    SetMilestone {
        incident: IncidentId,
        milestone: Milestone,
        /// Absent: the milestone was not reached after all.
        #[serde(default)]
        time: Option<Timestamp>,
    },
    Reopen {
        incident: IncidentId,
        reason: Text,
    },
    Cancel {
        incident: IncidentId,
        reason: Text,
    },
    Merge {
        incident: IncidentId,
        into: IncidentId,
    },
    AddLink {
        incident: IncidentId,
        title: Line,
        url: Line,
    },

    // --- people
    AssignRole {
        incident: IncidentId,
        role: Slug,
        /// Absent: nobody holds it any more.
        #[serde(default)]
        responder: Option<Handle>,
    },
    /// The one who asks, or somebody else, works on it from now on.
    Join {
        incident: IncidentId,
        #[serde(default)]
        responder: Option<Handle>,
    },
    Release {
        incident: IncidentId,
        responder: Handle,
    },

    // --- tasks
    AddTask {
        incident: IncidentId,
        title: Line,
        #[serde(default)]
        owner: Option<Handle>,
        #[serde(default)]
        stage: Option<Status>,
        #[serde(default)]
        role: Option<Slug>,
        #[serde(default)]
        required: bool,
        #[serde(default)]
        due: Option<Timestamp>,
    },
    AssignTask {
        incident: IncidentId,
        task: TaskId,
        owner: Handle,
    },
    AcceptTask {
        incident: IncidentId,
        task: TaskId,
    },
    CompleteTask {
        incident: IncidentId,
        task: TaskId,
    },
    ReopenTask {
        incident: IncidentId,
        task: TaskId,
    },

    // --- notes
    AddNote {
        incident: IncidentId,
        text: Text,
        #[serde(default)]
        evidence: Option<Evidence>,
    },
    PinNote {
        incident: IncidentId,
        note: Seq,
    },
    UnpinNote {
        incident: IncidentId,
        note: Seq,
    },
    CorrectNote {
        incident: IncidentId,
        note: Seq,
        text: Text,
    },

    // --- updates to people outside
    DraftUpdate {
        incident: IncidentId,
        message: Message,
    },
    /// Drafts and publishes at once, exactly this text.
    SendUpdate {
        incident: IncidentId,
        message: Message,
    },
    PublishUpdate {
        incident: IncidentId,
        comms: CommsId,
    },
    DiscardUpdate {
        incident: IncidentId,
        comms: CommsId,
    },
    SettleDelivery {
        incident: IncidentId,
        comms: CommsId,
        destination: Slug,
        verdict: Verdict,
    },
    /// What the outbox reports; only the hub itself may say it.
    ReportDelivery {
        incident: IncidentId,
        comms: CommsId,
        destination: Slug,
        outcome: DeliveryOutcome,
        detail: Line,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryOutcome {
    /// About to be handed over.
    Attempting,
    /// Certainly not taken this time; to be tried again.
    Deferred,
    Delivered,
    Failed,
    Uncertain,
}

impl Command {
    /// The incident that the command is about; none for those that find or make their own.
    pub fn incident(&self) -> Option<IncidentId> {
        match self {
            Command::ReportAlerts { .. }
            | Command::ReportBudget { .. }
            | Command::JudgeRollout { .. }
            | Command::RecordChanges { .. }
            | Command::Declare { .. } => None,
            Command::AttachAlerts { incident, .. }
            | Command::MarkChange { incident, .. }
            | Command::Acknowledge { incident }
            | Command::Unacknowledge { incident }
            | Command::ChangeStatus { incident, .. }
            | Command::ChangeSeverity { incident, .. }
            | Command::ChangeTitle { incident, .. }
            | Command::ChangeSummary { incident, .. }
            | Command::SetMilestone { incident, .. }
            | Command::Reopen { incident, .. }
            | Command::Cancel { incident, .. }
            | Command::Merge { incident, .. }
            | Command::AddLink { incident, .. }
            | Command::AssignRole { incident, .. }
            | Command::Join { incident, .. }
            | Command::Release { incident, .. }
            | Command::AddTask { incident, .. }
            | Command::AssignTask { incident, .. }
            | Command::AcceptTask { incident, .. }
            | Command::CompleteTask { incident, .. }
            | Command::ReopenTask { incident, .. }
            | Command::AddNote { incident, .. }
            | Command::PinNote { incident, .. }
            | Command::UnpinNote { incident, .. }
            | Command::CorrectNote { incident, .. }
            | Command::DraftUpdate { incident, .. }
            | Command::SendUpdate { incident, .. }
            | Command::PublishUpdate { incident, .. }
            | Command::DiscardUpdate { incident, .. }
            | Command::SettleDelivery { incident, .. }
            | Command::ReportDelivery { incident, .. } => Some(*incident),
        }
    }

    /// What a token must allow for this; `None` for what no token may do.
    pub fn access(&self) -> Option<Access> {
        match self {
            Command::ReportAlerts { .. } => Some(Access::Ingest),
            Command::ReportBudget { .. } | Command::JudgeRollout { .. } | Command::ReportDelivery { .. } => {
                None
            }
            Command::SendUpdate { .. }
            | Command::PublishUpdate { .. }
            | Command::SettleDelivery { .. }
            | Command::Merge { .. }
            | Command::Cancel { .. } => Some(Access::Commander),
            Command::AttachAlerts { .. }
            | Command::RecordChanges { .. }
            | Command::MarkChange { .. }
            | Command::Declare { .. }
            | Command::Acknowledge { .. }
            | Command::Unacknowledge { .. }
            | Command::ChangeStatus { .. }
            | Command::ChangeSeverity { .. }
            | Command::ChangeTitle { .. }
            | Command::ChangeSummary { .. }
            | Command::SetMilestone { .. }
            | Command::Reopen { .. }
            | Command::AddLink { .. }
            | Command::AssignRole { .. }
            | Command::Join { .. }
            | Command::Release { .. }
            | Command::AddTask { .. }
            | Command::AssignTask { .. }
            | Command::AcceptTask { .. }
            | Command::CompleteTask { .. }
            | Command::ReopenTask { .. }
            | Command::AddNote { .. }
            | Command::PinNote { .. }
            | Command::UnpinNote { .. }
            | Command::CorrectNote { .. }
            | Command::DraftUpdate { .. }
            | Command::DiscardUpdate { .. } => Some(Access::Responder),
        }
    }

    /// Whether a token that only sends may give it too: a pipeline records its own deploys.
    pub fn is_for_senders(&self) -> bool {
        matches!(self, Command::RecordChanges { .. })
    }

    /// What it sets as a whole, so that two people do not undo each other unseen.
    pub fn aspect(&self) -> Option<Aspect> {
        match self {
            Command::ChangeStatus { .. }
            | Command::Reopen { .. }
            | Command::Cancel { .. }
            | Command::Merge { .. } => Some(Aspect::Status),
            Command::ChangeSeverity { .. } => Some(Aspect::Severity),
            Command::ChangeTitle { .. } => Some(Aspect::Title),
            Command::ChangeSummary { .. } => Some(Aspect::Summary),
            Command::SetMilestone { .. } => Some(Aspect::Milestones),
            Command::AssignRole { .. } => Some(Aspect::Roles),
            Command::AssignTask { .. } => Some(Aspect::Tasks),
            Command::Unacknowledge { .. } => Some(Aspect::Acknowledgement),
            Command::SendUpdate { .. } | Command::PublishUpdate { .. } | Command::DiscardUpdate { .. } => {
                Some(Aspect::Comms)
            }
            Command::ReportAlerts { .. }
            | Command::ReportBudget { .. }
            | Command::JudgeRollout { .. }
            | Command::AttachAlerts { .. }
            | Command::RecordChanges { .. }
            | Command::MarkChange { .. }
            | Command::Declare { .. }
            | Command::Acknowledge { .. }
            | Command::AddLink { .. }
            | Command::Join { .. }
            | Command::Release { .. }
            | Command::AddTask { .. }
            | Command::AcceptTask { .. }
            | Command::CompleteTask { .. }
            | Command::ReopenTask { .. }
            | Command::AddNote { .. }
            | Command::PinNote { .. }
            | Command::UnpinNote { .. }
            | Command::CorrectNote { .. }
            | Command::DraftUpdate { .. }
            | Command::SettleDelivery { .. }
            | Command::ReportDelivery { .. } => None,
        }
    }
}

/// What a command came to. Stored under its id, and given again to whoever repeats it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// The last entry that it made, or the head when there was nothing to do.
    pub seq: Seq,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<IncidentId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comms: Option<CommsId>,
    /// The seq of the note that was added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Seq>,
    /// The change that was recorded or marked, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<ChangeId>,
}

/// Why not, in a sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct Refusal {
    pub kind: RefusalKind,
    pub message: String,
    /// The incident's revision now, where that helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// There is no such incident, task, note, change or update.
    NotFound,
    /// It changed since the sender looked.
    Stale,
    /// A rule stands against it now.
    NotNow,
    /// The words themselves are wrong: empty, unknown, out of range.
    Invalid,
    /// The token does not allow it.
    Forbidden,
    /// Too much of it; later it may go.
    Overloaded,
}

impl Refusal {
    pub fn new(kind: RefusalKind, message: impl Into<String>) -> Self {
        Refusal { kind, message: message.into(), revision: None }
    }
}
