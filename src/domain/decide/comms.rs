//! Updates to people outside: nothing goes out that would reach nobody, and nothing twice.

use super::super::command::Refusal;
use super::super::comms::{Audience, Comms, CommsState, DRILL_MARK, Message};
use super::super::event::Event;
use super::super::ids::{CommsId, IncidentId};
use super::super::incident::{Aspect, Incident};
use super::Decision;
use super::case::{Case, invalid, is_blank, not_found, not_now, overloaded};
use super::delivery::dropped_by;

pub(super) fn draft(case: &Case<'_>, id: IncidentId, message: &Message) -> Result<Decision, Refusal> {
    let incident = case.open(id)?;
    check_message(case, incident, message)?;
    let comms = next(incident)?;
    Ok(about(id, comms, [Event::CommsDrafted { comms, message: message.clone() }]))
}

/// Drafts and publishes at once, exactly this text.
pub(super) fn send(case: &Case<'_>, id: IncidentId, message: &Message) -> Result<Decision, Refusal> {
    let incident = case.open(id)?;
    case.fresh(incident, Aspect::Comms)?;
    let audience = check_message(case, incident, message)?;
    let comms = next(incident)?;
    let mut events = vec![Event::CommsDrafted { comms, message: message.clone() }];
    events.extend(publishing(incident, comms, audience));
    Ok(about(id, comms, events))
}

pub(super) fn publish(case: &Case<'_>, id: IncidentId, comms: CommsId) -> Result<Decision, Refusal> {
    let incident = case.open(id)?;
    let found = find(incident, comms)?;
    match found.state {
        CommsState::Published { .. } => return Ok(about(id, comms, [])),
        CommsState::Discarded => {
            return Err(not_now(format!("{comms} was discarded; draft a new update")));
        }
        CommsState::Draft => {}
    }
    case.fresh(incident, Aspect::Comms)?;
    // The settings and the clock moved on since it was drafted.
    let audience = check_message(case, incident, &found.message)?;
    Ok(about(id, comms, publishing(incident, comms, audience)))
}

pub(super) fn discard(case: &Case<'_>, id: IncidentId, comms: CommsId) -> Result<Decision, Refusal> {
    let incident = case.open(id)?;
    match find(incident, comms)?.state {
        CommsState::Discarded => return Ok(about(id, comms, [])),
        CommsState::Published { .. } => {
            return Err(not_now(format!("{comms} was published already; send a correction")));
        }
        CommsState::Draft => {}
    }
    case.fresh(incident, Aspect::Comms)?;
    Ok(about(id, comms, [Event::CommsDiscarded { comms }]))
}

pub(super) fn find(incident: &Incident, comms: CommsId) -> Result<&Comms, Refusal> {
    incident.comms.get(&comms).ok_or_else(|| {
        not_found(match incident.comms.keys().next_back() {
            Some(last) => format!("{} has no update {comms}; its newest is {last}", incident.id),
            None => format!("{} has no update {comms}: none was written yet", incident.id),
        })
    })
}

fn check_message<'a>(
    case: &Case<'a>,
    incident: &Incident,
    message: &Message,
) -> Result<&'a Audience, Refusal> {
    if is_blank(&message.subject) {
        return Err(invalid("the update has no subject; give it one"));
    }
    if is_blank(&message.body) {
        return Err(invalid("the update is empty; say what happens"));
    }
    if incident.drill && !message.is_marked_as_drill() {
        return Err(invalid(format!(
            "{} is a drill, and readers outside would take this for real; begin the subject and the text with {DRILL_MARK}",
            incident.id
        )));
    }
    let name = &message.audience;
    let audience = case.policy.audience(name).ok_or_else(|| {
        let known = case.policy.audiences.iter().map(|audience| audience.name.as_str()).collect::<Vec<_>>();
        not_found(if known.is_empty() {
            format!("nobody would be notified: there is no audience “{name}”; add one to the hub's settings")
        } else {
            format!(
                "nobody would be notified: there is no audience “{name}”; there are: {}",
                known.join(", ")
            )
        })
    })?;
    if audience.destinations.is_empty() {
        return Err(not_now(format!(
            "nobody would be notified: audience {name} has no destinations; add one to the hub's settings"
        )));
    }
    if audience.destinations.len() > Incident::DESTINATIONS {
        return Err(not_now(format!(
            "audience {name} has {} destinations and at most {} can be sent to at once; split it in the settings",
            audience.destinations.len(),
            Incident::DESTINATIONS
        )));
    }
    if message.next_update_at.is_some_and(|at| at <= case.now) {
        return Err(invalid("the time of the next update has passed; write the update with a later one"));
    }
    Ok(audience)
}

fn next(incident: &Incident) -> Result<CommsId, Refusal> {
    let comms = incident.comms.keys().next_back().map_or(CommsId(1), |last| last.next());
    if incident.comms.len() >= Incident::COMMS || incident.comms.contains_key(&comms) {
        return Err(overloaded(format!("{} has too many updates; go on in a new incident", incident.id)));
    }
    Ok(comms)
}

fn publishing(incident: &Incident, comms: CommsId, audience: &Audience) -> Vec<Event> {
    let destinations = audience.destinations.iter().map(|destination| destination.name.clone()).collect();
    let mut events = vec![Event::CommsPublished { comms, destinations }];
    events.extend(dropped_by(incident, comms, audience));
    events
}

fn about(id: IncidentId, comms: CommsId, events: impl IntoIterator<Item = Event>) -> Decision {
    Decision { comms: Some(comms), ..Decision::about(id, events) }
}
