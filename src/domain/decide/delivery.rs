//! What became of each delivery: reported by the outbox, settled by a person where nobody can know, dropped where it was
//! overtaken before it went.

use super::super::actor::Actor;
use super::super::command::{DeliveryOutcome, Refusal, RefusalKind};
use super::super::comms::{Audience, Comms, CommsState, Delivery, DeliveryState, Verdict};
use super::super::event::Event;
use super::super::ids::{CommsId, IncidentId};
use super::super::incident::Incident;
use super::super::role::Slug;
use super::super::text::Line;
use super::Decision;
use super::case::{Case, not_found, not_now, refuse};
use super::comms;

/// Only what follows from where the delivery stands is written down; a late or repeated report changes nothing. But an
/// attempt that cannot begin is refused, because whoever reports it is about to hand the message over.
pub(super) fn report(
    case: &Case<'_>,
    id: IncidentId,
    comms: CommsId,
    destination: &Slug,
    outcome: DeliveryOutcome,
    detail: &Line,
) -> Result<Decision, Refusal> {
    if *case.actor != Actor::Hub {
        return Err(refuse(
            RefusalKind::Forbidden,
            "only the hub itself reports deliveries; to say what you know, settle the delivery",
        ));
    }
    let incident = case.incident(id)?;
    let delivery = find(incident, comms, destination)?;
    if outcome == DeliveryOutcome::Deferred
        && matches!(delivery.state, DeliveryState::Pending | DeliveryState::Sending)
        && let Some(why) = overtaken(incident, comms, destination, delivery)
    {
        let event =
            Event::CommsDropped { comms, destination: destination.clone(), detail: Line::clean(&why) };
        return Ok(Decision { comms: Some(comms), ..Decision::about(id, [event]) });
    }
    let (destination, detail) = (destination.clone(), detail.clone());
    use DeliveryState::{Abandoned, Delivered, Failed, Pending, Sending, Uncertain};
    let event = match (outcome, delivery.state) {
        (DeliveryOutcome::Attempting, Pending) => Event::CommsAttempted { comms, destination },
        (DeliveryOutcome::Attempting, Sending | Delivered | Failed | Uncertain | Abandoned) => {
            return Err(not_now(format!("{comms} does not wait for {destination} any more; do not send it")));
        }
        (DeliveryOutcome::Deferred, Sending) => Event::CommsDeferred { comms, destination, detail },
        // Why it still waits is told once, not at every try.
        (DeliveryOutcome::Deferred, Pending) if delivery.detail != detail => {
            Event::CommsDeferred { comms, destination, detail }
        }
        (DeliveryOutcome::Delivered, Sending) => Event::CommsDelivered { comms, destination, detail },
        (DeliveryOutcome::Failed, Sending | Pending) => Event::CommsFailed { comms, destination, detail },
        (DeliveryOutcome::Uncertain, Sending) => Event::CommsUncertain { comms, destination, detail },
        (
            DeliveryOutcome::Deferred | DeliveryOutcome::Delivered | DeliveryOutcome::Uncertain,
            Pending | Delivered | Failed | Uncertain | Abandoned,
        )
        | (DeliveryOutcome::Failed, Delivered | Failed | Uncertain | Abandoned) => {
            return Ok(Decision { comms: Some(comms), ..Decision::already(id) });
        }
    };
    Ok(Decision { comms: Some(comms), ..Decision::about(id, [event]) })
}

/// A person says what is so (uncertain, failed), or that it need not go out any more (waiting).
pub(super) fn settle(
    case: &Case<'_>,
    id: IncidentId,
    comms: CommsId,
    destination: &Slug,
    verdict: Verdict,
) -> Result<Decision, Refusal> {
    let delivery = find(case.incident(id)?, comms, destination)?;
    let already = match verdict {
        Verdict::Arrived => DeliveryState::Delivered,
        Verdict::SendAgain => DeliveryState::Pending,
        Verdict::Abandon => DeliveryState::Abandoned,
    };
    if delivery.state == already {
        return Ok(Decision { comms: Some(comms), ..Decision::already(id) });
    }
    let settles = match delivery.state {
        DeliveryState::Failed | DeliveryState::Uncertain => Ok(()),
        DeliveryState::Pending if verdict == Verdict::Abandon => Ok(()),
        DeliveryState::Pending => Err("still waits to be sent; wait, or abandon it"),
        DeliveryState::Sending => Err("is being handed over right now; wait for the outcome"),
        DeliveryState::Delivered => Err("was delivered; send a new update to say more"),
        DeliveryState::Abandoned => Err("was given up; send a new update instead"),
    };
    settles.map_err(|stands| not_now(format!("{comms} to {destination} {stands}")))?;
    let event = Event::CommsSettled { comms, destination: destination.clone(), verdict };
    Ok(Decision { comms: Some(comms), ..Decision::about(id, [event]) })
}

/// What no longer goes out when the incident is over: whatever waits and is not the last word. Handovers under way are
/// left to end.
pub(super) fn dropped_at_end(incident: &Incident, over: &str) -> Vec<Event> {
    let stale = published(incident).filter(|comms| !comms.message.is_last_word());
    let waiting = stale.flat_map(|comms| comms.deliveries.iter().map(move |found| (comms.id, found)));
    let waiting = waiting.filter(|(_, (_, delivery))| delivery.state == DeliveryState::Pending);
    let drop = |(comms, (destination, _)): (CommsId, (&Slug, &Delivery))| {
        let detail = Line::clean(&format!("{over} before it could go out"));
        Event::CommsDropped { comms, destination: destination.clone(), detail }
    };
    waiting.map(drop).collect()
}

/// What no longer goes out when a newer update does: older ones to the same destinations that were put off already.
pub(super) fn dropped_by(incident: &Incident, newer: CommsId, audience: &Audience) -> Vec<Event> {
    let older = published(incident).filter(|comms| comms.id != newer);
    let waiting = older.flat_map(|comms| comms.deliveries.iter().map(move |found| (comms.id, found)));
    let goes_to = |name: &Slug| audience.destinations.iter().any(|destination| destination.name == *name);
    let put_off = waiting.filter(|(_, (name, delivery))| {
        delivery.state == DeliveryState::Pending && !delivery.detail.is_empty() && goes_to(name)
    });
    let drop = |(comms, (destination, _)): (CommsId, (&Slug, &Delivery))| {
        let detail = Line::clean(&format!("{newer} took its place before it could go out"));
        Event::CommsDropped { comms, destination: destination.clone(), detail }
    };
    put_off.map(drop).collect()
}

/// Why a delivery that did not succeed at once would come too late, if so.
fn overtaken(incident: &Incident, id: CommsId, to: &Slug, delivery: &Delivery) -> Option<String> {
    let comms = incident.comms.get(&id)?;
    // A fresh yes after the end is meant.
    let asked_before_end = match incident.milestones.resolved {
        Some(resolved) => delivery.asked_at <= resolved,
        None => delivery.round == 0,
    };
    if !incident.status.is_live() && asked_before_end && !comms.message.is_last_word() {
        return Some(format!("{} is {} by now", incident.id, incident.status));
    }
    let is_newer = |other: &&Comms| {
        other.deliveries.get(to).is_some_and(|newer| {
            (newer.asked_at, other.id) > (delivery.asked_at, id)
                && matches!(
                    newer.state,
                    DeliveryState::Pending
                        | DeliveryState::Sending
                        | DeliveryState::Delivered
                        | DeliveryState::Uncertain
                )
        })
    };
    let newer = published(incident).filter(is_newer).last()?;
    Some(format!("{} took its place before it could go out", newer.id))
}

fn published(incident: &Incident) -> impl Iterator<Item = &Comms> {
    incident.comms.values().filter(|comms| matches!(comms.state, CommsState::Published { .. }))
}

fn find<'a>(incident: &'a Incident, comms: CommsId, destination: &Slug) -> Result<&'a Delivery, Refusal> {
    let found = comms::find(incident, comms)?;
    found.deliveries.get(destination).ok_or_else(|| {
        let known = found.deliveries.keys().map(Slug::as_str).collect::<Vec<_>>().join(", ");
        not_found(if known.is_empty() {
            format!("{comms} was not published, so nothing was sent to {destination}")
        } else {
            format!("{comms} does not go to {destination}; it goes to: {known}")
        })
    })
}
