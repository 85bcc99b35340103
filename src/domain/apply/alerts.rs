//! Alerts fire and resolve. What an incident counts follows from its own entries alone, never from the index of firing
//! alerts, because terminals do not have that index.

use std::collections::BTreeSet;

use super::super::alert::{Alert, AlertChange, Fingerprint, Firing, IncidentAlerts};
use super::super::ids::IncidentId;
use super::super::incident::Incident;
use super::super::room::Alerts;

pub(super) fn reported_without_incident(alerts: &mut Alerts, changes: &[AlertChange]) {
    for change in changes {
        match change {
            AlertChange::Fired(alert) => {
                let firing = Firing { started_at: alert.started_at, incident: None };
                remember(alerts, alert.fingerprint, firing);
                let known = alerts.waiting.contains_key(&alert.fingerprint);
                if known || alerts.waiting.len() < Alerts::WAITING {
                    alerts.waiting.insert(alert.fingerprint, alert.clone());
                } else {
                    alerts.waiting_unseen = alerts.waiting_unseen.saturating_add(1);
                }
            }
            AlertChange::Resolved { fingerprint, .. } => {
                forget(alerts, *fingerprint, None);
                if alerts.waiting.remove(fingerprint).is_none() {
                    alerts.waiting_unseen = alerts.waiting_unseen.saturating_sub(1);
                }
            }
        }
    }
}

pub(super) fn reported(incident: &mut Incident, alerts: &mut Alerts, changes: &[AlertChange]) {
    let mut places = Places::default();
    for change in changes {
        match change {
            AlertChange::Fired(alert) => {
                let firing = Firing { started_at: alert.started_at, incident: Some(incident.id) };
                remember(alerts, alert.fingerprint, firing);
                alerts.over.remove(&alert.fingerprint);
                incident.alerts.fired = incident.alerts.fired.saturating_add(1);
                incident.alerts.firing = incident.alerts.firing.saturating_add(1);
                show(incident, alerts, alert, &mut places);
            }
            AlertChange::Resolved { fingerprint, ended_at, .. } => {
                forget(alerts, *fingerprint, Some(incident.id));
                incident.alerts.firing = incident.alerts.firing.saturating_sub(1);
                if let Some(shown) = incident.alerts.shown.get_mut(fingerprint) {
                    shown.ended_at = Some(*ended_at);
                    places.none_over = false;
                    if incident.status.is_open() {
                        alerts.over.insert(*fingerprint, incident.id);
                    }
                }
            }
        }
    }
}

pub(super) fn attached(incident: &mut Incident, alerts: &mut Alerts, fingerprints: &BTreeSet<Fingerprint>) {
    let mut places = Places::default();
    for fingerprint in fingerprints {
        let Some(alert) = alerts.waiting.remove(fingerprint) else { continue };
        let firing = Firing { started_at: alert.started_at, incident: Some(incident.id) };
        remember(alerts, *fingerprint, firing);
        incident.alerts.fired = incident.alerts.fired.saturating_add(1);
        incident.alerts.firing = incident.alerts.firing.saturating_add(1);
        alerts.over.remove(fingerprint);
        show(incident, alerts, &alert, &mut places);
    }
}

/// After a merge: the counts add up, and of an alert that both know, the one that fires is shown.
pub(super) fn taken_over(incident: &mut Incident, alerts: &mut Alerts, other: IncidentAlerts) {
    let own = &mut incident.alerts;
    own.fired = own.fired.saturating_add(other.fired);
    own.firing = own.firing.saturating_add(other.firing);
    let mut places = Places::default();
    for alert in other.shown.into_values() {
        let known_firing = incident.alerts.shown.get(&alert.fingerprint).is_some_and(Alert::is_firing);
        if !known_firing {
            show(incident, alerts, &alert, &mut places);
        }
    }
}

/// After an incident ended, was reopened, or took over another: which of its alerts would come back to it.
pub(super) fn index_over(incident: &Incident, alerts: &mut Alerts) {
    let is_open = incident.status.is_open();
    for (fingerprint, alert) in &incident.alerts.shown {
        if is_open && !alert.is_firing() {
            alerts.over.insert(*fingerprint, incident.id);
        } else if alerts.over.get(fingerprint) == Some(&incident.id) {
            alerts.over.remove(fingerprint);
        }
    }
}

fn remember(alerts: &mut Alerts, fingerprint: Fingerprint, firing: Firing) {
    if alerts.firing.len() < Alerts::FIRING || alerts.firing.contains_key(&fingerprint) {
        alerts.firing.insert(fingerprint, firing);
    }
}

/// Only as long as it fires there: it may already be firing again for another incident.
fn forget(alerts: &mut Alerts, fingerprint: Fingerprint, incident: Option<IncidentId>) {
    if alerts.firing.get(&fingerprint).is_some_and(|firing| firing.incident == incident) {
        alerts.firing.remove(&fingerprint);
    }
}

/// After a merge, everything that fires for `from` fires for `into`.
pub(super) fn moved(alerts: &mut Alerts, from: IncidentId, into: IncidentId) {
    for firing in alerts.firing.values_mut().filter(|firing| firing.incident == Some(from)) {
        firing.incident = Some(into);
    }
}

/// What was found out while the alerts of one entry are placed, so that a burst does not look again and again.
#[derive(Default)]
struct Places {
    /// Every alert that is shown fires: none can make room.
    none_over: bool,
}

/// Shows an alert if there is room; an alert that is over makes room for one that fires.
fn show(incident: &mut Incident, alerts: &mut Alerts, alert: &Alert, places: &mut Places) {
    let IncidentAlerts { fired, firing, shown } = &mut incident.alerts;
    if shown.len() >= IncidentAlerts::SHOWN && !shown.contains_key(&alert.fingerprint) {
        // In a storm nothing has ended yet, and nobody has to look.
        if places.none_over || fired == firing || !alert.is_firing() {
            return;
        }
        let Some(over) = shown.values().find(|shown| !shown.is_firing()).map(|shown| shown.fingerprint)
        else {
            places.none_over = true;
            return;
        };
        shown.remove(&over);
        if alerts.over.get(&over) == Some(&incident.id) {
            alerts.over.remove(&over);
        }
    }
    shown.insert(alert.fingerprint, alert.clone());
}
