//! The fold: one entry into the room. Total: any entry on any room gives a room.
//!
//! It trusts nothing that [`decide`](super::decide::decide) promises, because it also reads journals of newer hubs,
//! damaged ones and hostile ones: what makes no sense changes nothing, and nothing here grows without bound.

mod alerts;
mod changes;
mod comms;
mod incident;
mod notes;
mod people;
mod tasks;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::comms::DeliveryState;
use super::event::{Entry, Event};
use super::incident::Aspect;
use super::room::Room;
use super::text::Line;

/// Applies one entry. Entries that were applied before (by `seq`) change nothing, and entries of an incident that the
/// room does not know only move its `seq`.
pub fn apply(room: &mut Room, entry: &Entry) {
    if entry.seq <= room.seq {
        return;
    }
    room.seq = entry.seq;
    if let Event::BudgetCrossed { slo, to, .. } = &entry.event {
        budget_crossed(&mut room.budgets, slo, *to);
    } else if let Event::RolloutJudged { change, judgement, .. } = &entry.event {
        room.changes.judge(change, judgement);
    }
    let Some(id) = entry.incident else {
        if let Event::AlertsReported { changes } = &entry.event {
            alerts::reported_without_incident(&mut room.alerts, changes);
        } else if let Event::ChangesRecorded { changes } = &entry.event {
            changes::recorded(&mut room.changes, changes);
        }
        return;
    };
    // About more than one incident, or about one that is not there yet. The match below asks for every event.
    if let Event::Declared(declared) = &entry.event {
        incident::declared(room, id, declared, entry);
    } else if let Event::Absorbed { from } = &entry.event {
        incident::absorbed(room, id, *from);
    } else if let Event::Merged { into } = &entry.event {
        incident::merged(room, id, *into);
    }
    let Room { incidents, alerts, groups, .. } = room;
    let Some(incident) = incidents.get_mut(&id) else { return };
    incident.revision = incident.revision.next();
    incident.updated_at = entry.at;
    if let Some(aspect) = aspect(&entry.event) {
        incident.touched.insert(aspect, incident.revision);
    }
    match &entry.event {
        // Done above.
        Event::Declared(_) | Event::Absorbed { .. } | Event::Merged { .. } => {}
        // Kept in the timeline for whoever understands it.
        Event::Unknown(_) => {}

        Event::Acknowledged => incident::acknowledged(incident, entry),
        Event::Unacknowledged => incident::unacknowledged(incident),
        Event::StatusChanged { to, .. } => incident::status_changed(incident, groups, *to, entry.at),
        Event::Reopened { .. } => incident::reopened(incident, groups),
        Event::Cancelled { .. } => incident::cancelled(incident, groups),
        Event::SeverityChanged { to, .. } => incident.severity = *to,
        Event::TitleChanged { title } => incident.title = title.clone(),
        Event::SummaryChanged { summary } => incident.summary = summary.clone(),
        Event::MilestoneSet { milestone, time } => incident.milestones.set(*milestone, *time),
        Event::Linked { link } => notes::linked(incident, link),

        // Done above: they are about an SLO and about a change, and told here.
        Event::BudgetCrossed { .. } | Event::RolloutJudged { .. } => {}

        Event::AlertsReported { changes } => alerts::reported(incident, alerts, changes),
        Event::AlertsAttached { fingerprints } => alerts::attached(incident, alerts, fingerprints),

        // Changes belong to no incident.
        Event::ChangesRecorded { .. } => {}
        Event::ChangeMarked { change, title, mark, reason } => {
            changes::marked(incident, change, title, *mark, reason.as_ref(), entry);
        }

        Event::RoleAssigned { role, to } => people::role_assigned(incident, role, to, entry.at),
        Event::RoleVacated { role, .. } => people::role_vacated(incident, role),
        Event::ResponderJoined { handle } => people::joined(incident, handle, entry.at),
        Event::ResponderReleased { handle } => people::released(incident, handle),

        Event::TaskAdded(added) => tasks::added(incident, added, entry),
        Event::TaskAssigned { task, to } => tasks::assigned(incident, *task, to, entry.at),
        Event::TaskAccepted { task } => tasks::accepted(incident, *task, entry),
        Event::TaskCompleted { task } => tasks::completed(incident, *task, entry),
        Event::TaskReopened { task } => tasks::reopened(incident, *task),

        Event::NoteAdded { .. } => notes::added(incident, entry.seq),
        Event::NotePinned { note } => notes::pinned(incident, *note),
        Event::NoteUnpinned { note } => notes::unpinned(incident, *note),
        // The room keeps where notes stand, not what they say.
        Event::NoteCorrected { .. } => {}

        Event::CommsDrafted { comms, message } => comms::drafted(incident, *comms, message, entry),
        Event::CommsDiscarded { comms } => comms::discarded(incident, *comms),
        Event::CommsPublished { comms, destinations } => {
            comms::published(incident, *comms, destinations, entry);
        }
        Event::CommsAttempted { comms, destination } => {
            comms::attempted(incident, *comms, destination, entry.at);
        }
        Event::CommsDeferred { comms, destination, detail } => {
            comms::became(incident, *comms, destination, DeliveryState::Pending, detail, entry.at);
        }
        Event::CommsDelivered { comms, destination, detail } => {
            comms::became(incident, *comms, destination, DeliveryState::Delivered, detail, entry.at);
        }
        Event::CommsFailed { comms, destination, detail } => {
            comms::became(incident, *comms, destination, DeliveryState::Failed, detail, entry.at);
        }
        Event::CommsUncertain { comms, destination, detail } => {
            comms::became(incident, *comms, destination, DeliveryState::Uncertain, detail, entry.at);
        }
        Event::CommsDropped { comms, destination, detail } => {
            comms::became(incident, *comms, destination, DeliveryState::Abandoned, detail, entry.at);
        }
        Event::CommsSettled { comms, destination, verdict } => {
            comms::settled(incident, *comms, destination, *verdict, entry.at);
        }
    }
    if aspect(&entry.event) == Some(Aspect::Status) || matches!(entry.event, Event::Absorbed { .. }) {
        alerts::index_over(incident, alerts);
    }
}

fn budget_crossed(budgets: &mut BTreeMap<Line, u8>, slo: &Line, level: u8) {
    if level == 0 {
        budgets.remove(slo);
    } else if budgets.contains_key(slo) || budgets.len() < Room::BUDGETS {
        budgets.insert(slo.clone(), level);
    }
}

/// The aspect that an event changes. Only what a command could undo unseen counts: a task that was added, an update
/// that was drafted or delivered stand in nobody's way.
fn aspect(event: &Event) -> Option<Aspect> {
    match event {
        Event::Acknowledged | Event::Unacknowledged => Some(Aspect::Acknowledgement),
        Event::StatusChanged { .. }
        | Event::Reopened { .. }
        | Event::Cancelled { .. }
        | Event::Merged { .. } => Some(Aspect::Status),
        Event::SeverityChanged { .. } => Some(Aspect::Severity),
        Event::TitleChanged { .. } => Some(Aspect::Title),
        Event::SummaryChanged { .. } => Some(Aspect::Summary),
        Event::MilestoneSet { .. } => Some(Aspect::Milestones),
        Event::RoleAssigned { .. } | Event::RoleVacated { .. } => Some(Aspect::Roles),
        Event::TaskAssigned { .. } | Event::TaskAccepted { .. } => Some(Aspect::Tasks),
        Event::CommsPublished { .. } | Event::CommsDiscarded { .. } => Some(Aspect::Comms),
        Event::Declared(_)
        | Event::Absorbed { .. }
        | Event::Linked { .. }
        | Event::BudgetCrossed { .. }
        | Event::AlertsReported { .. }
        | Event::AlertsAttached { .. }
        | Event::ChangesRecorded { .. }
        | Event::RolloutJudged { .. }
        | Event::ChangeMarked { .. }
        | Event::ResponderJoined { .. }
        | Event::ResponderReleased { .. }
        | Event::TaskAdded(_)
        | Event::TaskCompleted { .. }
        | Event::TaskReopened { .. }
        | Event::NoteAdded { .. }
        | Event::NotePinned { .. }
        | Event::NoteUnpinned { .. }
        | Event::NoteCorrected { .. }
        | Event::CommsDrafted { .. }
        | Event::CommsAttempted { .. }
        | Event::CommsDeferred { .. }
        | Event::CommsDelivered { .. }
        | Event::CommsFailed { .. }
        | Event::CommsUncertain { .. }
        | Event::CommsDropped { .. }
        | Event::CommsSettled { .. }
        | Event::Unknown(_) => None,
    }
}
