//! Two incidents that turn out to be one.

use super::super::command::Refusal;
use super::super::event::Event;
use super::super::ids::IncidentId;
use super::super::incident::{Aspect, Incident};
use super::super::status::Status;
use super::case::{Case, invalid, not_now, overloaded};
use super::delivery::dropped_at_end;
use super::{Decision, Proposal};

/// Only open incidents merge, and only into open ones: a merged one has ended, so no circle can come about.
pub(super) fn merge(case: &Case<'_>, id: IncidentId, into: IncidentId) -> Result<Decision, Refusal> {
    if id == into {
        return Err(invalid(format!("{id} cannot be merged into itself; name another incident")));
    }
    let incident = case.incident(id)?;
    let target = case.incident(into)?;
    if incident.status == Status::Merged && case.room.surviving(id) == case.room.surviving(into) {
        return Ok(Decision::already(id));
    }
    case.open(id)?;
    case.open(into)?;
    case.fresh(incident, Aspect::Status)?;
    if incident.drill != target.drill {
        let (drill, real) = if incident.drill { (id, into) } else { (into, id) };
        return Err(not_now(format!("{drill} is a drill and {real} is not; cancel the drill instead")));
    }
    if target.absorbed.len() >= Incident::ABSORBED {
        return Err(overloaded(format!(
            "{into} already took over {} incidents; merge it and {id} into another one",
            Incident::ABSORBED
        )));
    }
    let mut events = vec![
        Proposal { incident: Some(id), event: Event::Merged { into } },
        Proposal { incident: Some(into), event: Event::Absorbed { from: id } },
    ];
    let dropped = dropped_at_end(incident, &format!("{id} was merged into {into}"));
    events.extend(dropped.into_iter().map(|event| Proposal { incident: Some(id), event }));
    Ok(Decision { events, incident: Some(id), ..Decision::default() })
}
