//! Updates to people outside: written, published, and what became of each delivery.

use std::collections::{BTreeMap, BTreeSet};

use super::super::comms::{Comms, CommsState, Delivery, DeliveryState, Message, Verdict};
use super::super::event::{Entry, Event};
use super::super::ids::CommsId;
use super::super::incident::Incident;
use super::super::role::Slug;
use super::super::text::Line;
use super::super::time::Timestamp;

pub(super) fn drafted(incident: &mut Incident, id: CommsId, message: &Message, entry: &Entry) {
    if incident.comms.len() >= Incident::COMMS || incident.comms.contains_key(&id) {
        return;
    }
    let comms = Comms {
        id,
        message: message.clone(),
        state: CommsState::Draft,
        drafted_by: entry.actor.clone(),
        drafted_at: entry.at,
        deliveries: BTreeMap::new(),
    };
    incident.comms.insert(id, comms);
}

pub(super) fn discarded(incident: &mut Incident, id: CommsId) {
    if let Some(comms) = draft(incident, id) {
        comms.state = CommsState::Discarded;
    }
}

/// Only a draft can be published, once: a second entry must not put deliveries back to their beginning.
pub(super) fn published(incident: &mut Incident, id: CommsId, destinations: &BTreeSet<Slug>, entry: &Entry) {
    let Some(comms) = draft(incident, id) else { return };
    comms.state = CommsState::Published { at: entry.at, by: entry.actor.clone() };
    let waiting = |name: &Slug| {
        let delivery = Delivery {
            state: DeliveryState::Pending,
            detail: Line::default(),
            updated_at: entry.at,
            asked_at: entry.at,
            round: 0,
        };
        (name.clone(), delivery)
    };
    comms.deliveries = destinations.iter().take(Incident::DESTINATIONS).map(waiting).collect();
    incident.next_update_due = comms.message.next_update_at;
}

fn draft(incident: &mut Incident, id: CommsId) -> Option<&mut Comms> {
    incident.comms.get_mut(&id).filter(|comms| comms.state == CommsState::Draft)
}

/// Takes one of the events about a single delivery; any other changes nothing.
pub(super) fn delivery_changed(incident: &mut Incident, event: &Event, at: Timestamp) {
    let (id, destination, state, detail) = match event {
        Event::CommsAttempted { comms, destination } => (comms, destination, DeliveryState::Sending, None),
        Event::CommsDeferred { comms, destination, detail } => {
            (comms, destination, DeliveryState::Pending, Some(detail))
        }
        Event::CommsDelivered { comms, destination, detail } => {
            (comms, destination, DeliveryState::Delivered, Some(detail))
        }
        Event::CommsFailed { comms, destination, detail } => {
            (comms, destination, DeliveryState::Failed, Some(detail))
        }
        Event::CommsUncertain { comms, destination, detail } => {
            (comms, destination, DeliveryState::Uncertain, Some(detail))
        }
        Event::CommsDropped { comms, destination, detail } => {
            (comms, destination, DeliveryState::Abandoned, Some(detail))
        }
        Event::CommsSettled { comms, destination, verdict } => {
            let state = match verdict {
                Verdict::Arrived => DeliveryState::Delivered,
                Verdict::SendAgain => DeliveryState::Pending,
                Verdict::Abandon => DeliveryState::Abandoned,
            };
            (comms, destination, state, None)
        }
        _ => return,
    };
    let delivery = incident.comms.get_mut(id).and_then(|comms| comms.deliveries.get_mut(destination));
    let Some(delivery) = delivery else { return };
    if matches!(event, Event::CommsSettled { verdict: Verdict::SendAgain, .. }) {
        delivery.round = delivery.round.saturating_add(1);
        delivery.asked_at = at;
        delivery.detail = Line::default();
    }
    if let Some(detail) = detail {
        delivery.detail = detail.clone();
    }
    delivery.state = state;
    delivery.updated_at = at;
}
