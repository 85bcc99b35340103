//! Who works on it, and as what.

use super::super::actor::Handle;
use super::super::command::Refusal;
use super::super::event::Event;
use super::super::ids::IncidentId;
use super::super::incident::{Aspect, Incident};
use super::super::role::Slug;
use super::Decision;
use super::case::{Case, not_found, overloaded};

/// Without a responder the role becomes vacant. Whoever is given a role joins.
pub(super) fn assign_role(
    case: &Case<'_>,
    id: IncidentId,
    role: &Slug,
    responder: Option<&Handle>,
) -> Result<Decision, Refusal> {
    let incident = case.open(id)?;
    let holder = incident.roles.get(role);
    // A role that was taken out of the settings can still be laid down.
    if case.policy.role(role).is_none() && (holder.is_none() || responder.is_some()) {
        let known = case.policy.roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>().join(", ");
        return Err(not_found(format!("there is no role “{role}”; the roles are: {known}")));
    }
    if holder == responder {
        return Ok(Decision::already(id));
    }
    case.fresh(incident, Aspect::Roles)?;
    let event = match (responder, holder) {
        (Some(to), _) => {
            has_place(incident, to)?;
            Event::RoleAssigned { role: role.clone(), to: to.clone() }
        }
        (None, Some(by)) => Event::RoleVacated { role: role.clone(), by: by.clone() },
        (None, None) => return Ok(Decision::already(id)),
    };
    Ok(Decision::about(id, [event]))
}

pub(super) fn join(case: &Case<'_>, id: IncidentId, responder: Option<&Handle>) -> Result<Decision, Refusal> {
    let incident = case.open(id)?;
    let handle = match responder {
        Some(handle) => handle,
        None => case.person()?,
    };
    if incident.responders.contains_key(handle) {
        return Ok(Decision::already(id));
    }
    has_place(incident, handle)?;
    Ok(Decision::about(id, [Event::ResponderJoined { handle: handle.clone() }]))
}

/// Whoever goes lays down their roles first, each where everybody sees it.
pub(super) fn release(case: &Case<'_>, id: IncidentId, responder: &Handle) -> Result<Decision, Refusal> {
    let incident = case.open(id)?;
    let held = incident.roles.iter().filter(|(_, holder)| *holder == responder);
    let vacated = held.map(|(role, by)| Event::RoleVacated { role: role.clone(), by: by.clone() });
    let released = incident
        .responders
        .contains_key(responder)
        .then(|| Event::ResponderReleased { handle: responder.clone() });
    Ok(Decision::about(id, vacated.chain(released)))
}

/// Whether somebody can join.
pub(super) fn has_place(incident: &Incident, handle: &Handle) -> Result<(), Refusal> {
    if incident.responders.len() < Incident::RESPONDERS || incident.responders.contains_key(handle) {
        return Ok(());
    }
    Err(overloaded(format!(
        "{} people work on {} already; release those who left first",
        Incident::RESPONDERS,
        incident.id
    )))
}
