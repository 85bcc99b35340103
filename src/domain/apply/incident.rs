//! What happens to an incident as a whole: it begins, moves, ends, and goes on in another.

use std::collections::BTreeMap;

use super::super::event::{Declared, Entry};
use super::super::ids::{IncidentId, Revision};
use super::super::incident::{Acknowledgement, Incident};
use super::super::room::Room;
use super::super::status::{Milestone, Milestones, Status};
use super::super::text::Line;
use super::super::time::Timestamp;
use super::{alerts, changes, people};

type Groups = BTreeMap<Line, IncidentId>;

/// A number is given once: a second declaration of it changes nothing.
pub(super) fn declared(room: &mut Room, id: IncidentId, declared: &Declared, entry: &Entry) {
    room.last_incident = room.last_incident.max(id.0);
    if room.incidents.contains_key(&id) {
        return;
    }
    if let Some(group) = &declared.group {
        room.groups.insert(group.clone(), id);
    }
    room.incidents.insert(id, new(id, declared, entry));
    room.forget_old();
}

fn new(id: IncidentId, declared: &Declared, entry: &Entry) -> Incident {
    Incident {
        id,
        title: declared.title.clone(),
        kind: declared.kind.clone(),
        severity: declared.severity,
        status: Status::Triggered,
        services: declared.services.iter().take(Incident::SERVICES).cloned().collect(),
        summary: declared.summary.clone(),
        drill: declared.drill,
        declared_at: entry.at,
        declared_by: entry.actor.clone(),
        milestones: Milestones {
            impact_started: declared.impact_started,
            detected: Some(entry.at),
            ..Milestones::default()
        },
        mitigated_by_status: None,
        acknowledgement: None,
        roles: BTreeMap::new(),
        responders: BTreeMap::new(),
        tasks: BTreeMap::new(),
        notes: Default::default(),
        pins: Default::default(),
        comms: BTreeMap::new(),
        next_update_due: None,
        links: Vec::new(),
        marks: BTreeMap::new(),
        alerts: Default::default(),
        group: declared.group.clone(),
        merged_into: None,
        absorbed: Default::default(),
        revision: Revision(0),
        touched: BTreeMap::new(),
        updated_at: entry.at,
    }
}

/// The first one counts.
pub(super) fn acknowledged(incident: &mut Incident, entry: &Entry) {
    if incident.acknowledgement.is_none() {
        incident.acknowledgement = Some(Acknowledgement { by: entry.actor.clone(), at: entry.at });
        incident.milestones.reach(Milestone::Acknowledged, entry.at);
    }
    if let Some(handle) = entry.actor.handle() {
        people::joined(incident, handle, entry.at);
    }
}

/// Takes away what the acknowledgement brought, and nothing that came otherwise.
pub(super) fn unacknowledged(incident: &mut Incident) {
    let Some(Acknowledgement { by, at }) = incident.acknowledgement.take() else { return };
    if incident.milestones.acknowledged == Some(at) {
        incident.milestones.acknowledged = None;
    }
    let Some(handle) = by.handle() else { return };
    let busy = incident.roles.values().any(|holder| holder == handle)
        || incident.tasks.values().any(|task| task.owner.as_ref() == Some(handle));
    if incident.responders.get(handle) == Some(&at) && !busy {
        incident.responders.remove(handle);
    }
}

pub(super) fn status_changed(incident: &mut Incident, groups: &mut Groups, to: Status, at: Timestamp) {
    if incident.status == Status::Resolved && to.is_live() {
        incident.milestones.resolved = None;
    }
    match to {
        Status::Triggered | Status::Investigating | Status::Identified => unmitigated(incident),
        Status::Monitoring => mitigated(incident, at),
        Status::Resolved => {
            mitigated(incident, at);
            incident.milestones.reach(Milestone::Resolved, at);
        }
        Status::Closed | Status::Merged | Status::Cancelled => {}
    }
    move_to(incident, groups, to);
}

fn mitigated(incident: &mut Incident, at: Timestamp) {
    if incident.milestones.mitigated.is_none() {
        incident.milestones.mitigated = Some(at);
        incident.mitigated_by_status = Some(at);
    }
}

/// Takes away what a status brought, and nothing that a person has set.
fn unmitigated(incident: &mut Incident) {
    if incident.is_mitigated_by_status() {
        incident.milestones.mitigated = None;
    }
    incident.mitigated_by_status = None;
}

pub(super) fn reopened(incident: &mut Incident, groups: &mut Groups) {
    incident.milestones.resolved = None;
    unmitigated(incident);
    move_to(incident, groups, Status::Investigating);
}

pub(super) fn cancelled(incident: &mut Incident, groups: &mut Groups) {
    move_to(incident, groups, Status::Cancelled);
}

/// A resolved incident keeps its group, so that an alert that fires again finds it; an ended one gives it up, and takes
/// it back when it is reopened, unless another has it by then. What readers were promised stands: only an update can
/// say that none follows.
fn move_to(incident: &mut Incident, groups: &mut Groups, to: Status) {
    let was_open = incident.status.is_open();
    incident.status = to;
    if !to.is_open() {
        let id = incident.id;
        groups.retain(|_, holder| *holder != id);
    } else if !was_open {
        incident.merged_into = None;
        if let Some(group) = &incident.group {
            groups.entry(group.clone()).or_insert(incident.id);
        }
    }
}

/// The groups of the one that ends go to the one that goes on.
pub(super) fn merged(room: &mut Room, id: IncidentId, into: IncidentId) {
    let Some(incident) = room.incidents.get_mut(&id) else { return };
    incident.status = Status::Merged;
    incident.merged_into = Some(into);
    incident.next_update_due = None;
    for holder in room.groups.values_mut().filter(|holder| **holder == id) {
        *holder = into;
    }
}

/// Alerts, services, people and marks of changes go on in the one that takes over; its own words, roles and tasks stay.
pub(super) fn absorbed(room: &mut Room, id: IncidentId, from: IncidentId) {
    let Room { incidents, alerts: known, .. } = room;
    if id == from || !incidents.contains_key(&id) {
        return;
    }
    alerts::moved(known, from, id);
    let taken = incidents.get_mut(&from).map(|source| {
        let alerts = source.alerts.clone();
        source.alerts.firing = 0;
        (alerts, source.services.clone(), source.responders.clone(), source.marks.clone())
    });
    let Some(incident) = incidents.get_mut(&id) else { return };
    if incident.absorbed.len() < Incident::ABSORBED {
        incident.absorbed.insert(from);
    }
    let Some((taken_alerts, services, responders, marks)) = taken else { return };
    alerts::taken_over(incident, known, taken_alerts);
    for service in services {
        if incident.services.len() < Incident::SERVICES {
            incident.services.insert(service);
        }
    }
    for (handle, since) in responders {
        people::joined(incident, &handle, since);
    }
    changes::taken_over(incident, marks);
}
