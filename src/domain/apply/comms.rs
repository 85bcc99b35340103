//! Updates to people outside: written, published, and what became of each delivery.

use std::collections::{BTreeMap, BTreeSet};

use super::super::comms::{Comms, CommsState, Delivery, DeliveryState, Message, Verdict};
use super::super::event::Entry;
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

/// The hub begins to hand it over; what was said of it before still stands.
pub(super) fn attempted(incident: &mut Incident, id: CommsId, destination: &Slug, at: Timestamp) {
    let Some(delivery) = delivery(incident, id, destination) else { return };
    delivery.state = DeliveryState::Sending;
    delivery.updated_at = at;
}

/// What became of an attempt, and what was said of it.
pub(super) fn became(
    incident: &mut Incident,
    id: CommsId,
    destination: &Slug,
    state: DeliveryState,
    detail: &Line,
    at: Timestamp,
) {
    let Some(delivery) = delivery(incident, id, destination) else { return };
    delivery.state = state;
    delivery.detail = detail.clone();
    delivery.updated_at = at;
}

/// A person has said what is to be made of it.
pub(super) fn settled(
    incident: &mut Incident,
    id: CommsId,
    destination: &Slug,
    verdict: Verdict,
    at: Timestamp,
) {
    let Some(delivery) = delivery(incident, id, destination) else { return };
    delivery.updated_at = at;
    delivery.state = match verdict {
        Verdict::Arrived => DeliveryState::Delivered,
        Verdict::Abandon => DeliveryState::Abandoned,
        Verdict::SendAgain => {
            delivery.round = delivery.round.saturating_add(1);
            delivery.asked_at = at;
            delivery.detail = Line::default();
            DeliveryState::Pending
        }
    };
}

fn delivery<'a>(incident: &'a mut Incident, id: CommsId, destination: &Slug) -> Option<&'a mut Delivery> {
    incident.comms.get_mut(&id)?.deliveries.get_mut(destination)
}
