//! What became of each delivery: reported by the outbox, settled by a person where nobody can know.

use super::super::actor::Actor;
use super::super::command::{DeliveryOutcome, Refusal, RefusalKind};
use super::super::comms::{Delivery, DeliveryState, Verdict};
use super::super::event::Event;
use super::super::ids::{CommsId, IncidentId};
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
    let delivery = find(case, id, comms, destination)?;
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
    let delivery = find(case, id, comms, destination)?;
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

fn find<'a>(
    case: &Case<'a>,
    id: IncidentId,
    comms: CommsId,
    destination: &Slug,
) -> Result<&'a Delivery, Refusal> {
    let found = comms::find(case.incident(id)?, comms)?;
    found.deliveries.get(destination).ok_or_else(|| {
        let known = found.deliveries.keys().map(Slug::as_str).collect::<Vec<_>>().join(", ");
        not_found(if known.is_empty() {
            format!("{comms} was not published, so nothing was sent to {destination}")
        } else {
            format!("{comms} does not go to {destination}; it goes to: {known}")
        })
    })
}
