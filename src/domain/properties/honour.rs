//! For every command: what must be so in the room once it was allowed.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::super::actor::Actor;
use super::super::command::Command;
use super::super::comms::{CommsState, DeliveryState, Verdict};
use super::super::decide::Decision;
use super::super::stage::Stage;
use super::super::status::Status;
use super::super::task::TaskState;

/// Whether repeating the command asks for what is already so.
pub(super) fn sets_something(command: &Command) -> bool {
    !matches!(
        command,
        Command::Declare { .. }
            | Command::AddTask { .. }
            | Command::AddNote { .. }
            | Command::CorrectNote { .. }
            | Command::DraftUpdate { .. }
            | Command::SendUpdate { .. }
            // Asked twice, an attempt is refused the second time.
            | Command::ReportDelivery { .. }
            // Within one command an alert may end and begin again, and so may a change.
            | Command::ReportAlerts { .. }
            | Command::RecordChanges { .. }
    )
}

pub(super) fn check(
    stage: &Stage,
    actor: &Actor,
    asked: &Command,
    decision: &Decision,
) -> Result<(), TestCaseError> {
    let Some(id) = asked.incident().or(decision.incident) else { return Ok(()) };
    let incident = stage.incident(id.0);
    let holds = match asked {
        Command::ReportAlerts { .. }
        | Command::ReportBudget { .. }
        | Command::RecordChanges { .. }
        | Command::JudgeRollout { .. } => true,
        Command::MarkChange { change, mark, .. } => {
            incident.marks.get(change).map(|marked| marked.mark) == *mark
        }
        Command::AttachAlerts { fingerprints, .. } => fingerprints.iter().all(|fingerprint| {
            let firing = stage.room.alerts.firing.get(fingerprint);
            firing.is_some_and(|firing| firing.incident == Some(id))
        }),
        Command::Declare { title, drill, .. } => incident.title == *title && incident.drill == *drill,
        Command::Acknowledge { .. } => {
            let joined = actor.handle().is_none_or(|handle| incident.responders.contains_key(handle));
            incident.acknowledgement.is_some() && joined
        }
        Command::Unacknowledge { .. } => incident.acknowledgement.is_none(),
        Command::ChangeStatus { status, .. } => {
            incident.status == *status
                && (*status >= Status::Monitoring || !incident.is_mitigated_by_status())
        }
        Command::ChangeSeverity { severity, .. } => incident.severity == *severity,
        Command::ChangeTitle { title, .. } => incident.title == *title,
        Command::ChangeSummary { summary, .. } => incident.summary == *summary,
        Command::SetMilestone { milestone, time, .. } => incident.milestones.get(*milestone) == *time,
        Command::Reopen { .. } => incident.status.is_live(),
        Command::Cancel { .. } => incident.status == Status::Cancelled,
        Command::Merge { into, .. } => {
            incident.status == Status::Merged && stage.room.surviving(id) == stage.room.surviving(*into)
        }
        Command::AddLink { url, .. } => incident.links.iter().any(|link| link.url == *url),
        Command::AssignRole { role, responder, .. } => {
            incident.roles.get(role) == responder.as_ref()
                && responder.as_ref().is_none_or(|handle| incident.responders.contains_key(handle))
        }
        Command::Join { responder, .. } => {
            let handle = responder.as_ref().or(actor.handle());
            handle.is_some_and(|handle| incident.responders.contains_key(handle))
        }
        Command::Release { responder, .. } => {
            !incident.responders.contains_key(responder)
                && !incident.roles.values().any(|holder| holder == responder)
        }
        Command::AddTask { title, owner, .. } => {
            let task = decision.task.and_then(|task| incident.tasks.get(&task));
            task.is_some_and(|task| task.title == *title && task.owner == *owner && task.is_open())
        }
        Command::AssignTask { task, owner, .. } => incident.tasks[task].owner.as_ref() == Some(owner),
        Command::AcceptTask { task, .. } => {
            let task = &incident.tasks[task];
            matches!(task.state, TaskState::Accepted { .. }) && task.owner.as_ref() == actor.handle()
        }
        Command::CompleteTask { task, .. } => {
            !incident.tasks[task].is_open() && incident.tasks[task].owner.is_some()
        }
        Command::ReopenTask { task, .. } => incident.tasks[task].is_open(),
        Command::AddNote { .. } => incident.notes.contains(&stage.room.seq),
        Command::PinNote { note, .. } => incident.pins.contains(note),
        Command::UnpinNote { note, .. } => !incident.pins.contains(note),
        Command::CorrectNote { note, .. } => incident.notes.contains(note),
        Command::DraftUpdate { message, .. } => {
            let drafted = decision.comms.and_then(|comms| incident.comms.get(&comms));
            drafted.is_some_and(|comms| comms.message == *message && comms.state == CommsState::Draft)
        }
        Command::SendUpdate { .. } | Command::PublishUpdate { .. } => {
            let sent = decision.comms.and_then(|comms| incident.comms.get(&comms));
            sent.is_some_and(|comms| {
                matches!(comms.state, CommsState::Published { .. }) && !comms.deliveries.is_empty()
            })
        }
        Command::DiscardUpdate { comms, .. } => incident.comms[comms].state == CommsState::Discarded,
        Command::SettleDelivery { comms, destination, verdict, .. } => {
            let state = incident.comms[comms].deliveries[destination].state;
            state
                == match verdict {
                    Verdict::Arrived => DeliveryState::Delivered,
                    Verdict::SendAgain => DeliveryState::Pending,
                    Verdict::Abandon => DeliveryState::Abandoned,
                }
        }
        Command::ReportDelivery { comms, destination, .. } => {
            incident.comms[comms].deliveries.contains_key(destination)
        }
    };
    prop_assert!(holds, "{asked:?} by {actor:?} was allowed and is not so: {incident:?}");
    Ok(())
}
