//! Every rule of the room, one file a subject. A command comes in with what the decider may know (the room, the policy,
//! the time) and goes out as events, or as a refusal in a sentence.
//!
//! The rules that all subjects share: what is already as asked gives no events and no refusal; then, what changed since
//! the sender looked is refused as stale; then, on an incident that ended only what adds to its record goes on (notes,
//! pins, links, summary, milestones, marks of changes, and settling what was sent).

mod acknowledge;
mod alerts;
mod budget;
mod case;
mod changes;
mod comms;
mod declare;
mod delivery;
mod facts;
mod merge;
mod notes;
mod people;
mod status;
mod tasks;
#[cfg(test)]
mod tests;

use super::change::ChangeId;
use super::command::{Command, Refusal, Submission};
use super::event::Event;
use super::ids::{CommsId, IncidentId, TaskId};
use super::policy::Policy;
use super::room::Room;
use super::time::Timestamp;
use case::Case;

/// What is to be written, in this order; nothing when the room is already as asked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decision {
    pub events: Vec<Proposal>,
    /// What the command made or was about, for the answer.
    pub incident: Option<IncidentId>,
    pub task: Option<TaskId>,
    pub comms: Option<CommsId>,
    pub change: Option<ChangeId>,
}

/// An entry that has no place in the journal yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    pub incident: Option<IncidentId>,
    pub event: Event,
}

impl Decision {
    /// One incident, and what happens to it.
    fn about(id: IncidentId, events: impl IntoIterator<Item = Event>) -> Self {
        let propose = |event| Proposal { incident: Some(id), event };
        Decision {
            events: events.into_iter().map(propose).collect(),
            incident: Some(id),
            ..Decision::default()
        }
    }

    /// It is already as asked.
    fn already(id: IncidentId) -> Self {
        Decision::about(id, [])
    }
}

/// Decides on one submission. Whoever submits has been authenticated; what their token allows is checked by the caller
/// against [`Command::access`](super::command::Command::access).
///
/// # Errors
///
/// A [`Refusal`] whose message says what stands against it and what to do.
pub fn decide(
    room: &Room,
    policy: &Policy,
    now: Timestamp,
    submission: &Submission,
) -> Result<Decision, Refusal> {
    let case = Case { room, policy, now, actor: &submission.actor, seen: submission.seen };
    match &submission.command {
        Command::ReportAlerts { alerts } => alerts::report(&case, alerts),
        Command::AttachAlerts { incident, fingerprints } => alerts::attach(&case, *incident, fingerprints),
        Command::ReportBudget { budgets } => budget::report(&case, budgets),

        Command::RecordChanges { changes } => changes::record(&case, changes),
        Command::JudgeRollout { change, judgement } => changes::judge(&case, change, judgement),
        Command::MarkChange { incident, change, mark, reason } => {
            changes::mark(&case, *incident, change, *mark, reason.as_ref())
        }

        Command::Declare { title, severity, kind, services, summary, drill, alerts } => {
            let asked = declare::Asked { title, severity: *severity, kind, services, summary, drill: *drill };
            declare::declare(&case, asked, alerts)
        }
        Command::Acknowledge { incident } => acknowledge::acknowledge(&case, *incident),
        Command::Unacknowledge { incident } => acknowledge::unacknowledge(&case, *incident),
        Command::ChangeStatus { incident, status, reason } => {
            status::change(&case, *incident, *status, reason.as_ref())
        }
        Command::ChangeSeverity { incident, severity } => facts::severity(&case, *incident, *severity),
        Command::ChangeTitle { incident, title } => facts::title(&case, *incident, title),
        Command::ChangeSummary { incident, summary } => facts::summary(&case, *incident, summary),
        Command::SetMilestone { incident, milestone, time } => {
            facts::milestone(&case, *incident, *milestone, *time)
        }
        Command::Reopen { incident, reason } => status::reopen(&case, *incident, reason),
        Command::Cancel { incident, reason } => status::cancel(&case, *incident, reason),
        Command::Merge { incident, into } => merge::merge(&case, *incident, *into),
        Command::AddLink { incident, title, url } => facts::link(&case, *incident, title, url),

        Command::AssignRole { incident, role, responder } => {
            people::assign_role(&case, *incident, role, responder.as_ref())
        }
        Command::Join { incident, responder } => people::join(&case, *incident, responder.as_ref()),
        Command::Release { incident, responder } => people::release(&case, *incident, responder),

        Command::AddTask { incident, title, owner, stage, role, required, due } => {
            let asked = tasks::Asked { title, owner, stage: *stage, role, required: *required, due: *due };
            tasks::add(&case, *incident, asked)
        }
        Command::AssignTask { incident, task, owner } => tasks::assign(&case, *incident, *task, owner),
        Command::AcceptTask { incident, task } => tasks::accept(&case, *incident, *task),
        Command::CompleteTask { incident, task } => tasks::complete(&case, *incident, *task),
        Command::ReopenTask { incident, task } => tasks::reopen(&case, *incident, *task),

        Command::AddNote { incident, text, evidence } => notes::add(&case, *incident, text, evidence),
        Command::PinNote { incident, note } => notes::pin(&case, *incident, *note),
        Command::UnpinNote { incident, note } => notes::unpin(&case, *incident, *note),
        Command::CorrectNote { incident, note, text } => notes::correct(&case, *incident, *note, text),

        Command::DraftUpdate { incident, message } => comms::draft(&case, *incident, message),
        Command::SendUpdate { incident, message } => comms::send(&case, *incident, message),
        Command::PublishUpdate { incident, comms } => comms::publish(&case, *incident, *comms),
        Command::DiscardUpdate { incident, comms } => comms::discard(&case, *incident, *comms),
        Command::SettleDelivery { incident, comms, destination, verdict } => {
            delivery::settle(&case, *incident, *comms, destination, *verdict)
        }
        Command::ReportDelivery { incident, comms, destination, outcome, detail } => {
            delivery::report(&case, *incident, *comms, destination, *outcome, detail)
        }
    }
}
