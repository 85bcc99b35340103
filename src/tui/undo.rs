//! What one key takes back: the last thing that this terminal asked for, if a command of its own puts it back, and only
//! until something else is asked for. Taking back is another command, never a deletion.

use std::time::Duration;

use super::model::Model;
use crate::domain::command::{Command, Outcome};
use crate::domain::ids::{CommandId, IncidentId, Revision, TaskId};
use crate::domain::incident::Incident;
use crate::domain::status::Status;
use crate::domain::task::TaskState;
use crate::domain::text::{Line, Text};
use crate::tui::msg::Now;

/// The offer to take the last command back.
#[derive(Debug, Clone, PartialEq)]
pub struct Undo {
    /// The command that it takes back.
    pub of: CommandId,
    pub inverse: Command,
    /// What it takes back: `SEV1 → SEV2 of INC-7`.
    pub label: Line,
    pub stage: UndoStage,
}

#[derive(Debug, Clone, PartialEq)]
pub enum UndoStage {
    /// The hub has not taken the command: there is nothing yet to take back.
    Asked,
    /// `seen` is the revision that the command made: what somebody else changed after it is not undone unseen.
    Offered { seen: Option<Revision>, until: Duration },
}

impl Undo {
    /// How long it is offered, from when the hub has taken the command.
    pub const OFFERED: Duration = Duration::from_secs(8);

    pub fn until(&self) -> Option<Duration> {
        match self.stage {
            UndoStage::Asked => None,
            UndoStage::Offered { until, .. } => Some(until),
        }
    }
}

/// What takes a command back that is about to be asked for, from how things stand before it.
pub fn of(model: &Model, id: &CommandId, command: &Command) -> Option<Undo> {
    let incident = model.room.incident(command.incident()?)?;
    let (inverse, label) = inverse(model, incident, command)?;
    Some(Undo { of: id.clone(), inverse, label: Line::clean(&label), stage: UndoStage::Asked })
}

/// The hub has taken a command: if it can be taken back, it is offered from now on.
pub fn taken(model: &mut Model, now: Now, id: &CommandId, outcome: &Outcome) {
    if let Some(undo) = model.ui.undo.as_mut().filter(|undo| undo.of == *id && undo.stage == UndoStage::Asked)
    {
        undo.stage = UndoStage::Offered { seen: outcome.revision, until: now.mono + Undo::OFFERED };
    }
    // It was as asked already, because somebody else was first: theirs is not ours to take back.
    let entry = model.timeline.entries.get(&outcome.seq);
    if entry.is_some_and(|entry| entry.actor.handle() != model.me()) {
        withdraw(model, id);
    }
}

/// The command was refused or given up: there is nothing to take back.
pub fn withdraw(model: &mut Model, id: &CommandId) {
    if model.ui.undo.as_ref().is_some_and(|undo| undo.of == *id) {
        model.ui.undo = None;
    }
}

/// The command that puts things back as they are now, and the words for what it takes back. None where no command does.
fn inverse(model: &Model, incident: &Incident, command: &Command) -> Option<(Command, String)> {
    let id = incident.id;
    match command {
        Command::Acknowledge { .. } if incident.acknowledgement.is_none() => {
            Some((Command::Unacknowledge { incident: id }, format!("the acknowledgement of {id}")))
        }
        Command::Acknowledge { .. } | Command::Join { responder: None, .. } => joining(model, incident),
        Command::Unacknowledge { .. } => {
            Some((Command::Acknowledge { incident: id }, format!("taking back the acknowledgement of {id}")))
        }
        Command::ChangeStatus { status, .. } => status_before(incident, *status),
        Command::ChangeSeverity { severity, .. } => Some((
            Command::ChangeSeverity { incident: id, severity: incident.severity },
            format!("{} → {severity} of {id}", incident.severity),
        )),
        Command::ChangeTitle { .. } => Some((
            Command::ChangeTitle { incident: id, title: incident.title.clone() },
            format!("the new title of {id}"),
        )),
        Command::ChangeSummary { .. } => Some((
            Command::ChangeSummary { incident: id, summary: incident.summary.clone() },
            format!("the new summary of {id}"),
        )),
        Command::SetMilestone { milestone, .. } => {
            let (milestone, time) = (*milestone, incident.milestones.get(*milestone));
            let command = Command::SetMilestone { incident: id, milestone, time };
            Some((command, format!("the time of “{milestone}” of {id}")))
        }
        Command::AssignRole { role, responder, .. } => {
            let holder = incident.roles.get(role).cloned();
            let name = |handle: Option<&crate::domain::actor::Handle>| {
                handle.map_or_else(|| "nobody".to_owned(), |handle| format!("@{handle}"))
            };
            let label = format!("{role} {} → {} of {id}", name(holder.as_ref()), name(responder.as_ref()));
            Some((Command::AssignRole { incident: id, role: role.clone(), responder: holder }, label))
        }
        Command::AssignTask { task, owner, .. } => {
            let before = owner_before(incident, *task)?;
            let label = format!("{task} @{before} → @{owner} of {id}");
            Some((Command::AssignTask { incident: id, task: *task, owner: before }, label))
        }
        // One's own task has no command that says "not yet" of it.
        Command::AcceptTask { task, .. } => {
            let before = owner_before(incident, *task).filter(|owner| Some(owner) != model.me())?;
            let label = format!("accepting {task} of {id}");
            Some((Command::AssignTask { incident: id, task: *task, owner: before }, label))
        }
        Command::CompleteTask { task, .. } => {
            incident.tasks.get(task).filter(|task| task.is_open())?;
            Some((Command::ReopenTask { incident: id, task: *task }, format!("{task} done of {id}")))
        }
        Command::PinNote { note, .. } => {
            Some((Command::UnpinNote { incident: id, note: *note }, format!("pinning a note of {id}")))
        }
        Command::UnpinNote { note, .. } => {
            Some((Command::PinNote { incident: id, note: *note }, format!("unpinning a note of {id}")))
        }
        Command::MarkChange { change, .. } => {
            let before = incident.marks.get(change);
            let title = before
                .map(|marked| &marked.title)
                .or_else(|| model.room.changes.get(change).map(|change| &change.title))?;
            let label = format!("the mark of “{title}” in {id}");
            let (mark, reason) =
                (before.map(|marked| marked.mark), before.and_then(|marked| marked.reason.clone()));
            Some((Command::MarkChange { incident: id, change: change.clone(), mark, reason }, label))
        }
        Command::ReportAlerts { .. }
        | Command::RecordChanges { .. }
        | Command::AttachAlerts { .. }
        | Command::Declare { .. }
        | Command::Reopen { .. }
        | Command::Cancel { .. }
        | Command::Merge { .. }
        | Command::AddLink { .. }
        | Command::Join { responder: Some(_), .. }
        | Command::Release { .. }
        | Command::AddTask { .. }
        | Command::ReopenTask { .. }
        | Command::AddNote { .. }
        | Command::CorrectNote { .. }
        | Command::DraftUpdate { .. }
        | Command::SendUpdate { .. }
        | Command::PublishUpdate { .. }
        | Command::DiscardUpdate { .. }
        | Command::SettleDelivery { .. }
        | Command::ReportBudget { .. }
        | Command::JudgeRollout { .. }
        | Command::ReportDelivery { .. } => None,
    }
}

fn joining(model: &Model, incident: &Incident) -> Option<(Command, String)> {
    let me = model.me().filter(|me| !incident.responders.contains_key(*me))?;
    let command = Command::Release { incident: incident.id, responder: me.clone() };
    Some((command, format!("joining {}", incident.id)))
}

/// What is closed only goes on by reopening, which says so; what was resolved, or mitigated by its status, has its time of
/// that lost by then.
fn status_before(incident: &Incident, to: Status) -> Option<(Command, String)> {
    let (id, from): (IncidentId, Status) = (incident.id, incident.status);
    let loses_a_time = to < Status::Monitoring && incident.is_mitigated_by_status();
    if !from.is_live() || !to.is_open() || loses_a_time {
        return None;
    }
    let reason = (to == Status::Resolved).then(|| Text::clean("taken back"));
    Some((Command::ChangeStatus { incident: id, status: from, reason }, format!("{from} → {to} of {id}")))
}

/// Whoever a task was meant for and had not said yes to it: that is what an assignment can put back.
fn owner_before(incident: &Incident, task: TaskId) -> Option<crate::domain::actor::Handle> {
    let task = incident.tasks.get(&task)?;
    task.owner.clone().filter(|_| task.state == TaskState::Open)
}
