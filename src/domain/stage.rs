//! For tests: a room, a policy and a clock, and people who submit commands. What is allowed is applied, as the hub does.

use std::time::Duration;

use uuid::Uuid;

use super::actor::{Actor, Handle};
use super::alert::{AlertReport, Ends, Fingerprint};
use super::apply::apply;
use super::command::{Command, Refusal, RefusalKind, Submission};
use super::comms::{Audience, Destination, Message};
use super::decide::{Decision, decide};
use super::event::{Entry, Event};
use super::ids::{EntryId, IncidentId, Revision, Seq};
use super::incident::Incident;
use super::labels::Labels;
use super::policy::Policy;
use super::room::Room;
use super::text::{Line, Text};
use super::time::Timestamp;

pub(super) struct Stage {
    pub(super) room: Room,
    pub(super) policy: Policy,
    pub(super) now: Timestamp,
    pub(super) journal: Vec<Entry>,
}

pub(super) const FIRST: IncidentId = IncidentId(1);

impl Stage {
    /// Nothing happened yet; `customers` reaches a mailbox and a webhook, `nobody` reaches nobody.
    pub(super) fn new() -> Self {
        let destination =
            |name: &str| Destination { name: name.parse().unwrap(), label: Line::clean(name), recipients: 1 };
        let audience = |name: &str, destinations| Audience {
            name: name.parse().unwrap(),
            label: Line::clean(name),
            destinations,
        };
        let policy = Policy {
            audiences: vec![
                audience("customers", vec![destination("mail"), destination("hook")]),
                audience("nobody", vec![]),
            ],
            ..Policy::default()
        };
        let now = "2026-11-23T14:00:00Z".parse().unwrap();
        Stage { room: Room::default(), policy, now, journal: Vec::new() }
    }

    /// With INC-1, declared by ana.
    pub(super) fn with_incident() -> Self {
        let mut stage = Stage::new();
        stage.ask("ana", declare("Checkout fails")).unwrap();
        stage
    }

    pub(super) fn wait(&mut self, seconds: u64) {
        self.now = self.now.plus(Duration::from_secs(seconds));
    }

    pub(super) fn ask(&mut self, who: &str, command: Command) -> Result<Decision, Refusal> {
        self.submit(person(who), None, command)
    }

    pub(super) fn ask_having_seen(
        &mut self,
        who: &str,
        seen: u64,
        command: Command,
    ) -> Result<Decision, Refusal> {
        self.submit(person(who), Some(Revision(seen)), command)
    }

    pub(super) fn hub(&mut self, command: Command) -> Result<Decision, Refusal> {
        self.submit(Actor::Hub, None, command)
    }

    pub(super) fn report(&mut self, alerts: Vec<AlertReport>) -> Decision {
        let actor = Actor::Integration("prometheus".parse().unwrap());
        self.submit(actor, None, Command::ReportAlerts { alerts }).unwrap()
    }

    pub(super) fn submit(
        &mut self,
        actor: Actor,
        seen: Option<Revision>,
        command: Command,
    ) -> Result<Decision, Refusal> {
        let submission = Submission { id: None, actor, seen, command };
        let decision = decide(&self.room, &self.policy, self.now, &submission)?;
        for proposal in &decision.events {
            let entry = Entry {
                seq: self.room.seq.next(),
                id: EntryId(Uuid::nil()),
                at: self.now,
                actor: submission.actor.clone(),
                incident: proposal.incident,
                event: proposal.event.clone(),
            };
            apply(&mut self.room, &entry);
            self.journal.push(entry);
        }
        Ok(decision)
    }

    pub(super) fn incident(&self, number: u32) -> &Incident {
        self.room.incident(IncidentId(number)).unwrap()
    }

    /// The message of a refusal of this kind.
    pub(super) fn refused(&mut self, who: &str, kind: RefusalKind, command: Command) -> String {
        let refusal = self.ask(who, command).unwrap_err();
        assert_eq!(refusal.kind, kind, "{refusal}");
        refusal.message
    }
}

pub(super) fn person(name: &str) -> Actor {
    Actor::Person(handle(name))
}

pub(super) fn handle(name: &str) -> Handle {
    name.parse().unwrap()
}

pub(super) fn declare(title: &str) -> Command {
    Command::Declare {
        title: Line::clean(title),
        severity: None,
        kind: None,
        services: Default::default(),
        summary: Text::default(),
        drill: false,
        alerts: Default::default(),
    }
}

pub(super) fn message(audience: &str) -> Message {
    Message {
        audience: audience.parse().unwrap(),
        subject: Line::clean("Checkout"),
        body: Text::clean("We are on it."),
        next_update_at: None,
    }
}

/// `name=value` pairs; the fingerprint follows from them.
pub(super) fn alert(labels: &[(&str, &str)], started_at: Timestamp) -> AlertReport {
    let labels: Labels = labels.iter().map(|(name, value)| (Line::clean(name), Line::clean(value))).collect();
    AlertReport {
        fingerprint: Fingerprint::of(labels.iter().map(|(name, value)| (name.as_str(), value.as_str()))),
        labels,
        summary: Line::default(),
        started_at,
        ended_at: None,
        link: None,
        description: None,
        runbook: None,
        ends: Ends::ByWord,
    }
}

/// A critical alert of a service.
pub(super) fn critical(service: &str, name: &str, started_at: Timestamp) -> AlertReport {
    alert(&[("alertname", name), ("service", service), ("severity", "critical")], started_at)
}

pub(super) fn over(mut report: AlertReport, ended_at: Timestamp) -> AlertReport {
    report.ended_at = Some(ended_at);
    report
}

/// The names of what was decided, for tables.
pub(super) fn kinds(decision: &Decision) -> Vec<String> {
    decision.events.iter().map(|proposal| kind(&proposal.event)).collect()
}

fn kind(event: &Event) -> String {
    let json = serde_json::to_value(event).unwrap();
    json["type"].as_str().unwrap().to_owned()
}

pub(super) fn note_seq(stage: &Stage) -> Seq {
    stage.journal.last().unwrap().seq
}
