//! What the fold does with entries that no decision ever made.

use uuid::Uuid;

use super::super::actor::Handle;
use super::super::alert::{Alert, AlertChange, IncidentAlerts};
use super::super::comms::{CommsState, DeliveryState};
use super::super::event::{Declared, Entry, Event, UnknownEvent};
use super::super::ids::{CommsId, EntryId, IncidentId, Revision, Seq};
use super::super::incident::Incident;
use super::super::note::Link;
use super::super::room::{Alerts, Room};
use super::super::severity::Severity;
use super::super::stage::{critical, handle, message, person};
use super::super::status::Status;
use super::super::text::{Line, Text};
use super::super::time::Timestamp;
use super::apply;

const AT: Timestamp = Timestamp::from_millis(1_795_442_400_000);

fn entry(room: &Room, incident: Option<u32>, event: Event) -> Entry {
    Entry {
        seq: room.seq.next(),
        id: EntryId(Uuid::nil()),
        at: AT,
        actor: person("ana"),
        incident: incident.map(IncidentId),
        event,
    }
}

fn happen(room: &mut Room, incident: u32, event: Event) {
    let next = entry(room, Some(incident), event);
    apply(room, &next);
}

fn declared() -> Event {
    Event::Declared(Declared {
        title: Line::clean("Checkout fails"),
        kind: None,
        severity: Severity::Sev2,
        services: Default::default(),
        summary: Text::default(),
        drill: false,
        impact_started: None,
        group: Some(Line::clean("service=checkout")),
    })
}

fn room_with_incident() -> Room {
    let mut room = Room::default();
    happen(&mut room, 1, declared());
    room
}

fn fired(name: &str) -> AlertChange {
    AlertChange::Fired(Alert::from_report(&critical("checkout", name, AT), Handle::of_hub()))
}

#[test]
fn an_entry_that_was_applied_before_changes_nothing() {
    let mut room = room_with_incident();
    let next = entry(&room, Some(1), Event::Acknowledged);
    apply(&mut room, &next);
    let once = room.clone();
    apply(&mut room, &next);
    let mut older = entry(&room, Some(1), Event::Unacknowledged);
    older.seq = Seq(1);
    apply(&mut room, &older);
    assert_eq!(room, once);
}

#[test]
fn an_entry_of_an_unknown_incident_only_moves_the_place() {
    let mut room = room_with_incident();
    let before = room.clone();
    happen(&mut room, 7, Event::AlertsReported { changes: vec![fired("Down")] });
    assert_eq!(room, Room { seq: Seq(2), ..before });
}

#[test]
fn every_entry_of_an_incident_counts_even_one_of_a_newer_hub() {
    let mut room = room_with_incident();
    let unknown = UnknownEvent { kind: Line::clean("task.skipped"), fields: Default::default() };
    happen(&mut room, 1, Event::Unknown(unknown));
    assert_eq!(room.incidents[&IncidentId(1)].revision, Revision(2));
}

#[test]
fn a_number_that_was_given_is_not_given_again() {
    let mut room = room_with_incident();
    happen(&mut room, 1, Event::SeverityChanged { from: Severity::Sev2, to: Severity::Sev0 });
    happen(&mut room, 1, declared());
    assert_eq!(room.incidents[&IncidentId(1)].severity, Severity::Sev0);
}

#[test]
fn an_update_is_published_once_and_its_deliveries_never_begin_again() {
    let mut room = room_with_incident();
    let (comms, mail) = (CommsId(1), "mail".parse().unwrap());
    let publish = || Event::CommsPublished { comms, destinations: ["mail".parse().unwrap()].into() };
    happen(&mut room, 1, Event::CommsDrafted { comms, message: message("customers") });
    happen(&mut room, 1, publish());
    let detail = Line::clean("250 queued");
    happen(&mut room, 1, Event::CommsDelivered { comms, destination: "mail".parse().unwrap(), detail });
    happen(&mut room, 1, publish());
    happen(&mut room, 1, Event::CommsDiscarded { comms });
    let comms = &room.incidents[&IncidentId(1)].comms[&comms];
    assert_eq!(comms.deliveries[&mail].state, DeliveryState::Delivered);
    assert!(matches!(comms.state, CommsState::Published { .. }));
}

#[test]
fn a_circle_of_merges_ends() {
    let mut room = room_with_incident();
    happen(&mut room, 2, declared());
    happen(&mut room, 1, Event::Merged { into: IncidentId(2) });
    happen(&mut room, 2, Event::Merged { into: IncidentId(1) });
    happen(&mut room, 1, Event::Absorbed { from: IncidentId(1) });
    assert!(room.incidents.contains_key(&room.surviving(IncidentId(1))));
}

#[test]
fn nothing_in_an_incident_grows_without_bound() {
    let mut room = room_with_incident();
    for number in 0..12_000_u64 {
        let url = Line::clean(&format!("https://a/{number}"));
        happen(&mut room, 1, Event::Linked { link: Link { title: url.clone(), url } });
        happen(&mut room, 1, Event::NoteAdded { text: Text::default(), evidence: None });
        let note = room.seq;
        happen(&mut room, 1, Event::NotePinned { note });
        let responder = handle(&format!("p{number}"));
        happen(&mut room, 1, Event::ResponderJoined { handle: responder.clone() });
        let role = format!("r{number}").parse().unwrap();
        happen(&mut room, 1, Event::RoleAssigned { role, to: responder });
    }
    let incident = &room.incidents[&IncidentId(1)];
    assert_eq!(incident.links.len(), Incident::LINKS);
    assert_eq!(incident.notes.len(), Incident::NOTES);
    assert_eq!(incident.pins.len(), Incident::PINS);
    assert_eq!(incident.responders.len(), Incident::RESPONDERS);
    assert_eq!(incident.roles.len(), Incident::ROLES);
}

#[test]
fn of_a_burst_the_first_are_shown_and_all_are_counted() {
    let mut room = room_with_incident();
    let changes: Vec<_> = (0..300).map(|number| fired(&format!("Alert{number}"))).collect();
    happen(&mut room, 1, Event::AlertsReported { changes: changes.clone() });
    let alerts = &room.incidents[&IncidentId(1)].alerts;
    assert_eq!((alerts.fired, alerts.firing, alerts.shown.len()), (300, 300, IncidentAlerts::SHOWN));

    // What is over makes room for what fires.
    let (over, alert) = match &changes[0] {
        AlertChange::Fired(alert) => (alert.fingerprint, alert.clone()),
        AlertChange::Resolved { .. } => unreachable!(),
    };
    let resolved = AlertChange::Resolved { fingerprint: over, name: alert.name, ended_at: AT };
    happen(&mut room, 1, Event::AlertsReported { changes: vec![resolved, fired("New")] });
    let alerts = &room.incidents[&IncidentId(1)].alerts;
    assert_eq!((alerts.firing, alerts.shown.len()), (300, IncidentAlerts::SHOWN));
    assert!(alerts.shown.values().any(|alert| alert.name == "New"));
    assert!(!alerts.shown.contains_key(&over));
}

#[test]
fn of_waiting_alerts_the_first_are_kept_and_the_rest_counted() {
    let mut room = Room::default();
    let changes: Vec<_> = (0..1_500).map(|number| fired(&format!("Alert{number}"))).collect();
    let next = entry(&room, None, Event::AlertsReported { changes: changes.clone() });
    apply(&mut room, &next);
    assert_eq!((room.alerts.waiting.len(), room.alerts.waiting_unseen), (Alerts::WAITING, 500));
    let ended = changes.iter().map(|change| AlertChange::Resolved {
        fingerprint: change.fingerprint(),
        name: Line::default(),
        ended_at: AT,
    });
    let next = entry(&room, None, Event::AlertsReported { changes: ended.collect() });
    apply(&mut room, &next);
    assert_eq!(room.alerts, Alerts::default());
}

#[test]
fn a_group_is_given_up_at_the_end_and_taken_back_on_reopening_unless_another_has_it() {
    let group = Line::clean("service=checkout");
    let to = |to| Event::StatusChanged { from: Status::Triggered, to, reason: None };
    let mut room = room_with_incident();
    happen(&mut room, 1, to(Status::Resolved));
    assert_eq!(room.groups.get(&group), Some(&IncidentId(1)));
    happen(&mut room, 1, to(Status::Closed));
    assert!(room.groups.is_empty());
    happen(&mut room, 1, Event::Reopened { reason: Text::default() });
    assert_eq!(room.groups.get(&group), Some(&IncidentId(1)));
    happen(&mut room, 1, to(Status::Closed));
    happen(&mut room, 2, declared());
    happen(&mut room, 1, Event::Reopened { reason: Text::default() });
    assert_eq!(room.groups.get(&group), Some(&IncidentId(2)));
}

#[test]
fn what_ended_long_ago_leaves_the_room_unless_something_of_it_still_happens() {
    let mut room = Room::default();
    let ends = Event::Cancelled { reason: Text::clean("false alarm") };
    for number in 1..=Room::REMEMBERED + 200 {
        happen(&mut room, number, declared());
        if number == 2 {
            happen(&mut room, number, Event::AlertsReported { changes: vec![fired("web-1")] });
        }
        if number != 3 {
            happen(&mut room, number, ends.clone());
        }
    }
    let kept: Vec<u32> = room.incidents.keys().take(3).map(|id| id.0).collect();
    assert_eq!(kept, [2, 3, 201]);
    assert_eq!(room.incidents.len(), Room::REMEMBERED as usize + 2);
}
