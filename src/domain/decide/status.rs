//! Where the work stands. Jumps are allowed; what keeps a phase is its required tasks, and what goes back or ends early
//! needs a reason.

use super::super::command::Refusal;
use super::super::event::Event;
use super::super::ids::IncidentId;
use super::super::incident::{Aspect, Incident};
use super::super::room::Room;
use super::super::status::Status;
use super::super::text::Text;
use super::Decision;
use super::case::{Case, invalid, is_blank, not_now};
use super::delivery::dropped_at_end;

pub(super) fn change(
    case: &Case<'_>,
    id: IncidentId,
    to: Status,
    reason: Option<&Text>,
) -> Result<Decision, Refusal> {
    let incident = case.incident(id)?;
    if incident.status == to {
        return Ok(Decision::already(id));
    }
    case.open(id)?;
    match to {
        Status::Merged => return Err(invalid(format!("say which incident {id} goes on in: merge it"))),
        Status::Cancelled => return Err(invalid(format!("cancel {id} with a reason, not by its status"))),
        Status::Triggered
        | Status::Investigating
        | Status::Identified
        | Status::Monitoring
        | Status::Resolved
        | Status::Closed => {}
    }
    case.fresh(incident, Aspect::Status)?;
    let reason = reason.filter(|reason| !is_blank(reason));
    if reason.is_none() && to == Status::Closed && incident.status != Status::Resolved {
        return Err(not_now(format!(
            "{id} is not resolved yet; resolve it first, or say why it is closed early"
        )));
    }
    if reason.is_none() && incident.status == Status::Resolved && to.is_live() {
        return Err(not_now(format!("{id} is resolved; say why it goes back to {to}")));
    }
    check_tasks(incident, to)?;
    let mut events = vec![Event::StatusChanged { from: incident.status, to, reason: reason.cloned() }];
    if incident.status.is_live() && !to.is_live() {
        events.extend(dropped_at_end(incident, &format!("{id} was {to}")));
    }
    Ok(Decision::about(id, events))
}

/// Refuses to leave or jump over a phase while a required task of it is open.
fn check_tasks(incident: &Incident, to: Status) -> Result<(), Refusal> {
    let left = |phase: Status| incident.status <= phase && phase < to;
    let holding: Vec<_> = incident
        .tasks
        .values()
        .filter(|task| task.stage.is_some_and(|stage| left(stage) && task.holds(stage)))
        .map(|task| format!("{} “{}”", task.id, task.title))
        .collect();
    if holding.is_empty() {
        return Ok(());
    }
    let tasks = if holding.len() == 1 { "a required task is" } else { "required tasks are" };
    Err(not_now(format!(
        "{} cannot go to {to} yet: {tasks} open ({}); complete {} first",
        incident.id,
        shortened(&holding),
        if holding.len() == 1 { "it" } else { "them" }
    )))
}

fn shortened(names: &[String]) -> String {
    const NAMED: usize = 5;
    let shown = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

pub(super) fn reopen(case: &Case<'_>, id: IncidentId, reason: &Text) -> Result<Decision, Refusal> {
    let incident = case.incident(id)?;
    if incident.status.is_live() {
        return Ok(Decision::already(id));
    }
    if incident.status == Status::Merged {
        // Says where it went on.
        case.open(id)?;
    }
    case.fresh(incident, Aspect::Status)?;
    if is_blank(reason) {
        return Err(invalid(format!("say why {id} is reopened")));
    }
    if !incident.status.is_open() && !case.room.is_recent(id) {
        return Err(not_now(format!(
            "{id} ended more than {} incidents ago; declare a new one and link it",
            Room::RECENT
        )));
    }
    Ok(Decision::about(id, [Event::Reopened { reason: reason.clone() }]))
}

pub(super) fn cancel(case: &Case<'_>, id: IncidentId, reason: &Text) -> Result<Decision, Refusal> {
    let incident = case.incident(id)?;
    if incident.status == Status::Cancelled {
        return Ok(Decision::already(id));
    }
    case.open(id)?;
    case.fresh(incident, Aspect::Status)?;
    if is_blank(reason) {
        return Err(invalid(format!("say why {id} is no incident")));
    }
    let mut events = vec![Event::Cancelled { reason: reason.clone() }];
    events.extend(dropped_at_end(incident, &format!("{id} was cancelled")));
    Ok(Decision::about(id, events))
}
