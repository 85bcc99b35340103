//! A room in which one text stands in every field that takes text, as the hub's frames would bring it.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use serde_json::{Value, json};
use warroom::domain::actor::{Access, Actor};
use warroom::domain::alert::{Alert, AlertChange, Ends, Fingerprint};
use warroom::domain::change::{Change, ChangeId, ChangeKind, Mark, Phase, Rollout, StageReport};
use warroom::domain::comms::{Audience, Destination, Message};
use warroom::domain::event::{Declared, Entry, Event, TaskAdded};
use warroom::domain::gauge::{CanaryGauge, PairGauge, PairState, Presence, SloGauge, SloState, Spent};
use warroom::domain::ids::{CommsId, EntryId, Hash, Head, IncidentId, JournalId, Seq, TaskId};
use warroom::domain::labels::Labels;
use warroom::domain::note::{Evidence, Link};
use warroom::domain::policy::Policy;
use warroom::domain::severity::Severity;
use warroom::domain::status::Status;
use warroom::domain::text::{Line, Text};
use warroom::domain::time::Timestamp;
use warroom::link::clock::ClockOffset;
use warroom::link::{Health, LinkEvent, LinkStatus, Welcome, You};
use warroom::tui::msg::Now;

use crate::corpus::with_text;

/// Stands for the text until it is known.
const MARK: &str = "HERE-IS-THE-TEXT";

/// The incident that has everything.
pub const INCIDENT: IncidentId = IncidentId(1);

pub fn now() -> Now {
    Now { wall: at(), mono: Duration::from_secs(600) }
}

fn change_id() -> ChangeId {
    "github:deployment-17".parse().unwrap()
}

fn at() -> Timestamp {
    "2026-11-23T14:03:17Z".parse().unwrap()
}

/// What the link tells a terminal of this room, with `text` in every field: nothing is cleaned on the way here, as if
/// the hub had cleaned nothing.
pub fn events(text: &str) -> Vec<LinkEvent> {
    static TEMPLATE: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(template()).unwrap());
    let mut told: Vec<LinkEvent> = serde_json::from_value(with_text(TEMPLATE.clone(), MARK, text))
        .unwrap_or_else(|error| panic!("{text:?}: {error}"));
    // What no hub of ours sends: a handle that is none, an event that nobody knows, with the text as a key.
    let strange = [
        json!({"type": "responder.joined", "handle": text}),
        json!({"type": text, text: text, "deep": {text: [text]}}),
        json!({"type": "note.added", "text": text, "evidence": {"output": text, "host": text, "command": text}}),
    ];
    for (number, event) in (100..).zip(strange) {
        let raw = json!({"seq": number, "id": EntryId(uuid::Uuid::nil()), "at": at(), "actor": "hub", "incident": "INC-1", "event": event});
        let entry: Entry = serde_json::from_value(raw).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        told.push(LinkEvent::Entries(vec![Arc::new(entry)]));
    }
    told
}

fn line() -> Line {
    Line::clean(MARK)
}

fn text() -> Text {
    Text::clean(MARK)
}

fn alert(name: &str) -> Alert {
    let labels: Labels = [("alertname", MARK), ("service", name), (MARK, MARK)]
        .map(|(k, v)| (Line::clean(k), Line::clean(v)))
        .into();
    Alert {
        fingerprint: Fingerprint::of(labels.iter().map(|(k, v)| (&**k, &**v))),
        name: line(),
        severity: line(),
        labels,
        summary: line(),
        source: "prometheus".parse().unwrap(),
        started_at: at(),
        ended_at: None,
        link: Some(line()),
        description: Some(text()),
        runbook: Some(line()),
        ends: Ends::BySilence,
    }
}

fn template() -> Vec<LinkEvent> {
    let destination = Destination { name: "mail".parse().unwrap(), label: line(), recipients: 3 };
    let audience =
        Audience { name: "customers".parse().unwrap(), label: line(), destinations: vec![destination] };
    let mut policy = Policy { audiences: vec![audience], ..Policy::default() };
    policy.roles.iter_mut().for_each(|role| role.label = line());
    policy.severity_labels = Severity::ALL.map(|severity| (severity, line())).into();
    let head = Head { journal: JournalId(uuid::Uuid::from_u128(7)), seq: Seq(50), hash: Hash([0; 32]) };
    let you = You { handle: "ana".parse().unwrap(), role: Access::Admin };
    let welcome = Welcome { you, hub: line(), head, demo: false, offset: ClockOffset::default() };
    let mut told = vec![
        LinkEvent::Status(LinkStatus::Live { rtt: None }),
        LinkEvent::Hello(welcome),
        LinkEvent::Policy(Arc::new(policy)),
    ];
    let entries = (1..).zip(journal()).map(|(number, (incident, event))| {
        let actor = Actor::Person("bo".parse().unwrap());
        let id = EntryId(uuid::Uuid::from_u128(number));
        Arc::new(Entry { seq: Seq(u64::try_from(number).unwrap()), id, at: at(), actor, incident, event })
    });
    told.push(LinkEvent::Entries(entries.collect()));
    let gauge = |name: &str, state| SloGauge {
        name: Line::clean(name),
        service: line(),
        objective: 0.999,
        window: line(),
        state,
        budget_left: Some(0.4),
        burn_5m: Some(14.0),
        burn_1h: Some(14.0),
        burn_6h: Some(1.0),
        exhaustion: Some(24_000),
        as_of: Some(at()),
        detail: line(),
        coverage: Some(0.7),
        onset: Some(at()),
        pairs: vec![PairGauge {
            severity: line(),
            long: 3_600,
            short: Some(300),
            threshold: 14.4,
            burn_long: Some(15.0),
            burn_short: Some(20.0),
            state: PairState::Held,
            held: line(),
        }],
        spent: vec![Spent { incident: IncidentId(1), since: at(), share: 0.2 }],
        canary: Some(CanaryGauge::Blind { change: ChangeId::of(&"ci".parse().unwrap(), "17"), why: line() }),
    };
    told.push(LinkEvent::Gauges(vec![
        gauge(MARK, SloState::Ok),
        gauge("failing", SloState::Failing),
        gauge("none", SloState::NoData),
    ]));
    told.push(LinkEvent::Presence(vec![Presence {
        handle: "bo".parse().unwrap(),
        incident: Some(INCIDENT),
        since: at(),
    }]));
    told.push(LinkEvent::Health(Health::ReadOnly { reason: line(), since: at() }));
    told.push(LinkEvent::Health(Health::Writable));
    told.push(LinkEvent::NotKept(line()));
    told
}

/// Every event that holds text.
fn journal() -> Vec<(Option<IncidentId>, Event)> {
    let declared = |title: Line| {
        Event::Declared(Declared {
            title,
            kind: Some(line()),
            severity: Severity::Sev1,
            services: BTreeSet::from([line(), Line::clean("checkout")]),
            summary: text(),
            drill: false,
            impact_started: Some(at()),
            group: Some(line()),
        })
    };
    let (comms, mail) = (CommsId(1), || "mail".parse().unwrap());
    let message = Message {
        audience: "customers".parse().unwrap(),
        subject: line(),
        body: text(),
        next_update_at: Some(at()),
    };
    let evidence = Evidence { command: Some(line()), host: Some(line()), exit_code: Some(1), output: text() };
    let task = |number, owner: Option<&str>| {
        Event::TaskAdded(TaskAdded {
            task: TaskId(number),
            title: line(),
            owner: owner.map(|owner| owner.parse().unwrap()),
            stage: Some(Status::Investigating),
            role: Some("commander".parse().unwrap()),
            required: true,
            due: Some(at()),
        })
    };
    let change = Change {
        id: change_id(),
        source: "github".parse().unwrap(),
        kind: ChangeKind::Canary,
        at: at(),
        phase: Phase::Failed,
        phase_at: at(),
        service: Some(line()),
        environment: Some(line()),
        version: Some(line()),
        by: Some(line()),
        title: line(),
        link: Some(line()),
        rollout: Some(Rollout::of(
            StageReport { name: line(), percent: 25.try_into().ok(), verdict: Some(line()) },
            at(),
        )),
    };
    let fired = |name| Event::AlertsReported { changes: vec![AlertChange::Fired(alert(name))] };
    let gone = AlertChange::Resolved { fingerprint: alert("ends").fingerprint, name: line(), ended_at: at() };
    let on_it: Vec<Event> = vec![
        declared(line()),
        fired("attached"),
        Event::Acknowledged,
        Event::RoleAssigned { role: "commander".parse().unwrap(), to: "ana".parse().unwrap() },
        Event::ResponderJoined { handle: "bo".parse().unwrap() },
        Event::StatusChanged { from: Status::Triggered, to: Status::Investigating, reason: Some(text()) },
        Event::TitleChanged { title: line() },
        Event::SummaryChanged { summary: text() },
        task(1, Some("ana")),
        task(2, None),
        Event::NoteAdded { text: text(), evidence: Some(evidence) },
        Event::NoteCorrected { note: Seq(11), text: text() },
        Event::NotePinned { note: Seq(11) },
        Event::CommsDrafted { comms, message },
        Event::CommsPublished { comms, destinations: BTreeSet::from([mail()]) },
        Event::CommsDeferred { comms, destination: mail(), detail: line() },
        Event::CommsUncertain { comms, destination: mail(), detail: line() },
        Event::Linked { link: Link { title: line(), url: line() } },
        Event::ChangeMarked {
            change: change_id(),
            title: line(),
            mark: Some(Mark::Suspect),
            reason: Some(text()),
        },
    ];
    let mut all: Vec<_> = on_it.into_iter().map(|event| (Some(INCIDENT), event)).collect();
    let other = Some(IncidentId(2));
    all.extend([
        (other, declared(line())),
        (other, Event::Cancelled { reason: text() }),
        (other, Event::Reopened { reason: text() }),
        (None, fired("waits")),
        (None, fired("ends")),
        (None, Event::AlertsReported { changes: vec![gone] }),
        (None, Event::ChangesRecorded { changes: vec![change] }),
    ]);
    all
}
