//! Who works on an incident, and as what.

use super::super::actor::Handle;
use super::super::incident::Incident;
use super::super::role::Slug;
use super::super::time::Timestamp;

/// Whoever works on it already keeps the time at which they came.
pub(super) fn joined(incident: &mut Incident, handle: &Handle, at: Timestamp) {
    if incident.responders.len() < Incident::RESPONDERS {
        incident.responders.entry(handle.clone()).or_insert(at);
    }
}

pub(super) fn released(incident: &mut Incident, handle: &Handle) {
    incident.responders.remove(handle);
    incident.roles.retain(|_, holder| holder != handle);
}

pub(super) fn role_assigned(incident: &mut Incident, role: &Slug, to: &Handle, at: Timestamp) {
    if incident.roles.len() < Incident::ROLES || incident.roles.contains_key(role) {
        incident.roles.insert(role.clone(), to.clone());
    }
    joined(incident, to, at);
}

pub(super) fn role_vacated(incident: &mut Incident, role: &Slug) {
    incident.roles.remove(role);
}
