//! Rooms and alerts to measure with.
#![allow(dead_code, reason = "each bench uses a part of it")]

use std::sync::Arc;

use warroom::domain::actor::Actor;
use warroom::domain::alert::{AlertReport, Ends, Fingerprint};
use warroom::domain::apply::apply;
use warroom::domain::command::{Command, Submission};
use warroom::domain::decide::decide;
use warroom::domain::event::{Entry, Event};
use warroom::domain::ids::{EntryId, IncidentId};
use warroom::domain::labels::Labels;
use warroom::domain::policy::Policy;
use warroom::domain::room::Room;
use warroom::domain::text::{Line, Text};
use warroom::domain::time::Timestamp;
use warroom::journal::Encoded;

pub fn now() -> Timestamp {
    Timestamp::from_millis(1_795_442_597_250)
}

fn line(text: &str) -> Line {
    Line::clean(text)
}

pub fn person() -> Actor {
    Actor::Person("ana".parse().expect("a handle"))
}

/// An alert of about 500 bytes; every number is another one.
pub fn alert(number: u64, service: &str) -> AlertReport {
    let labels = Labels::from([
        (line("alertname"), line(&format!("HighErrorRate{}", number % 20))),
        (line("cluster"), line(&format!("eu-{}", number % 4))),
        (line("instance"), line(&format!("node-{number}:9100"))),
        (line("job"), line("api")),
        (line("service"), line(service)),
        (line("severity"), line("critical")),
    ]);
    AlertReport {
        fingerprint: Fingerprint::of(labels.iter().map(|(name, value)| (&**name, &**value))),
        labels,
        summary: line(&format!("error rate above 5% on node-{number}")),
        started_at: now(),
        ended_at: None,
        link: Some(line("http://prometheus.example/graph?g0.expr=errors")),
        description: None,
        runbook: None,
        ends: Ends::BySilence,
    }
}

pub fn report(alerts: Vec<AlertReport>) -> Submission {
    let actor = Actor::Integration("prometheus".parse().expect("a handle"));
    Submission { id: None, actor, seen: None, command: Command::ReportAlerts { alerts } }
}

pub fn declare(number: usize) -> Submission {
    let command = Command::Declare {
        title: line(&format!("Checkout returns 502, number {number}")),
        severity: Some(warroom::domain::severity::Severity::Sev2),
        kind: None,
        services: [line(&format!("service-{}", number % 100))].into(),
        summary: Text::default(),
        drill: false,
        alerts: Default::default(),
    };
    Submission { id: None, actor: person(), seen: None, command }
}

pub fn note(incident: u32, number: usize) -> Submission {
    let text =
        Text::clean(&format!("Step {number}: the pool is exhausted on three of nine nodes; draining them."));
    let command = Command::AddNote { incident: IncidentId(incident), text, evidence: None };
    Submission { id: None, actor: person(), seen: None, command }
}

/// Decides, and applies what comes of it.
pub fn play(room: &mut Room, submission: &Submission) -> Vec<Arc<Entry>> {
    play_at(now(), room, submission)
}

fn play_at(at: Timestamp, room: &mut Room, submission: &Submission) -> Vec<Arc<Entry>> {
    let decision = decide(room, &Policy::default(), at, submission).expect("no refusal");
    let mut entries = Vec::new();
    for proposal in decision.events {
        let seq = room.seq.next();
        let id = EntryId(uuid::Uuid::from_u128(u128::from(seq.0)));
        let (actor, event) = (submission.actor.clone(), proposal.event);
        let entry = Entry { seq, id, at, actor, incident: proposal.incident, event };
        apply(room, &entry);
        entries.push(Arc::new(entry));
    }
    entries
}

/// A room in a storm: so many incidents are open, so many alerts fire, and so many incidents have ended.
pub fn storm(open: usize, firing: u64, ended: usize) -> Room {
    let mut room = Room::default();
    for number in 0..ended {
        play(&mut room, &declare(number));
        let incident = IncidentId(room.last_incident);
        let reason = Text::clean("a false alarm");
        let command = Command::Cancel { incident, reason };
        play(&mut room, &Submission { id: None, actor: person(), seen: None, command });
    }
    // Before the storm: how many are declared within minutes is bounded.
    let earlier = now().minus(std::time::Duration::from_secs(3600));
    for number in 0..open {
        play_at(earlier, &mut room, &declare(number));
    }
    let mut number = 0;
    while number < firing {
        let together = (number..firing.min(number + 500)).map(|number| alert(number, "storm")).collect();
        play(&mut room, &report(together));
        number += 500;
    }
    room
}

/// Consecutive notes, encoded.
pub fn notes(count: usize) -> Vec<Encoded> {
    let mut room = Room::default();
    let mut entries = play(&mut room, &declare(0));
    // An incident holds 10,000 notes; nothing here needs more.
    entries.extend((0..count.saturating_sub(1)).flat_map(|number| play(&mut room, &note(1, number))));
    entries.iter().map(|entry| encoded(entry)).collect()
}

pub fn encoded(entry: &Entry) -> Encoded {
    let json = serde_json::to_string(entry).expect("an entry is JSON").into();
    Encoded { entry: entry.clone(), json }
}

/// The event of an entry that brings so many alerts.
pub fn alerts_event(count: u64) -> Entry {
    let mut room = Room::default();
    let entries = play(&mut room, &report((0..count).map(|number| alert(number, "checkout")).collect()));
    let reported = entries.iter().find(|entry| matches!(entry.event, Event::AlertsReported { .. }));
    (**reported.expect("alerts were reported")).clone()
}
