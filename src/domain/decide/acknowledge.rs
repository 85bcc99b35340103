//! “I am on it”, and taking that back.

use super::super::command::Refusal;
use super::super::event::Event;
use super::super::ids::IncidentId;
use super::super::status::Status;
use super::case::{Case, ago, moved_by_acknowledging, not_now};
use super::{Decision, people};

/// The second one to say it is told nothing off: they are on it too, and join.
pub(super) fn acknowledge(case: &Case<'_>, id: IncidentId) -> Result<Decision, Refusal> {
    let incident = case.open(id)?;
    if incident.acknowledgement.is_some() {
        return match case.actor.handle() {
            Some(_) => people::join(case, id, None),
            None => Ok(Decision::already(id)),
        };
    }
    if incident.status == Status::Resolved {
        return Err(not_now(format!("{id} is already resolved; reopen it if it is not over")));
    }
    let mut events = vec![Event::Acknowledged];
    if incident.status == Status::Triggered {
        events.push(Event::StatusChanged {
            from: Status::Triggered,
            to: Status::Investigating,
            reason: None,
        });
    }
    Ok(Decision::about(id, events))
}

/// Only whoever acknowledged can take it back, so it cannot be stale: a quick undo comes before its sender has seen the
/// acknowledgement. The status goes back too, unless something else moved it since.
pub(super) fn unacknowledge(case: &Case<'_>, id: IncidentId) -> Result<Decision, Refusal> {
    let incident = case.open(id)?;
    let Some(acknowledgement) = &incident.acknowledgement else { return Ok(Decision::already(id)) };
    if acknowledgement.by != *case.actor {
        return Err(not_now(format!(
            "{} acknowledged {id} {}; only they can take it back",
            acknowledgement.by,
            ago(case.now, acknowledgement.at)
        )));
    }
    let mut events = vec![Event::Unacknowledged];
    if moved_by_acknowledging(incident) {
        events.push(Event::StatusChanged { from: incident.status, to: Status::Triggered, reason: None });
    }
    Ok(Decision::about(id, events))
}
