//! Makes a journal of any length, so that a hub's start with it can be measured: `fill JOURNAL.db ENTRIES [OPEN]`.
//!
//! Incidents of forty entries each (declared by an alert, acknowledged, worked on, told about, resolved, closed), one
//! after the other; the newest `OPEN` of them are still open. What is decided here is what the hub itself would write.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use warroom::domain::actor::Actor;
use warroom::domain::alert::{Alert, AlertChange, Ends, Fingerprint};
use warroom::domain::apply::apply;
use warroom::domain::event::{Declared, Entry, Event};
use warroom::domain::ids::{EntryId, IncidentId, Seq};
use warroom::domain::labels::Labels;
use warroom::domain::room::Room;
use warroom::domain::severity::Severity;
use warroom::domain::status::Status;
use warroom::domain::text::{Line, Text};
use warroom::domain::time::Timestamp;
use warroom::journal::{Batch, Encoded, Journal, OnLoss, Options, Seed, Sqlite};

/// Entries of one incident.
const EACH: u64 = 40;
/// Entries of one transaction.
const TOGETHER: u64 = 1_000;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let usage = "fill JOURNAL.db ENTRIES [OPEN]";
    let path = arguments.next().ok_or(usage)?;
    let entries: u64 = arguments.next().ok_or(usage)?.parse()?;
    let open: u64 = arguments.next().map_or(Ok(50), |open| open.parse())?;
    let began = Timestamp::from_millis(1_700_000_000_000);
    let options = Options { seed: Seed([7; 32]), now: began, on_loss: OnLoss::Refuse };
    let mut journal = Sqlite::open(Path::new(&path), &options)?;
    let mut room = Room::default();
    let mut batch = Batch::default();
    let still_open = entries / EACH - open.min(entries / EACH);
    for number in 0..entries {
        let (incident, step) = (number / EACH, number % EACH);
        let entry = Entry {
            seq: Seq(number + 1),
            id: EntryId(uuid::Uuid::from_u128(u128::from(number) + 1)),
            at: began.plus(Duration::from_secs(number * 30)),
            actor: actor(step)?,
            incident: Some(IncidentId(u32::try_from(incident + 1)?)),
            event: event(incident, step, incident < still_open)?,
        };
        apply(&mut room, &entry);
        let json: Arc<str> = serde_json::to_string(&entry)?.into();
        batch.entries.push(Encoded { entry, json });
        if batch.entries.len() as u64 == TOGETHER || number + 1 == entries {
            journal.append(journal.head(), &batch)?;
            batch.entries.clear();
        }
        // As the hub does it, so that a start has a tail to read.
        if number + 1 + 9_000 == entries {
            journal.save_snapshot(&room)?;
        }
    }
    Ok(())
}

fn actor(step: u64) -> Result<Actor, Failure> {
    Ok(match step {
        0 | 1 | 20..=27 => Actor::Integration("prometheus".parse()?),
        _ => Actor::Person(["ana", "bo", "cyn", "dee"][usize::try_from(step % 4)?].parse()?),
    })
}

fn event(incident: u64, step: u64, ends: bool) -> Result<Event, Failure> {
    let service = Line::clean(&format!("service-{}", incident % 200));
    let alert = |number: u64| alert(incident * EACH + number, &service);
    Ok(match step {
        0 => Event::Declared(Declared {
            title: Line::clean(&format!("Error rate above 5 % in {service}")),
            kind: None,
            severity: Severity::Sev1,
            services: [service.clone()].into(),
            summary: Text::default(),
            drill: false,
            impact_started: None,
            group: Some(Line::clean(&format!("service={service}"))),
        }),
        1 => Event::AlertsReported { changes: vec![AlertChange::Fired(alert(1)?)] },
        2 => Event::Acknowledged,
        3 => Event::RoleAssigned { role: "commander".parse()?, to: "cyn".parse()? },
        20..=23 => Event::AlertsReported { changes: vec![AlertChange::Fired(alert(step)?)] },
        24..=27 if ends => Event::AlertsReported { changes: vec![resolved(&alert(step - 4)?)] },
        36 => Event::StatusChanged { from: Status::Investigating, to: Status::Monitoring, reason: None },
        37 if ends => Event::AlertsReported { changes: vec![resolved(&alert(1)?)] },
        38 if ends => Event::StatusChanged { from: Status::Monitoring, to: Status::Resolved, reason: None },
        39 if ends => Event::StatusChanged { from: Status::Resolved, to: Status::Closed, reason: None },
        _ => Event::NoteAdded {
            text: Text::clean(&format!(
                "Step {step}: the pool of {service} is exhausted on three of nine nodes; draining them one by one."
            )),
            evidence: None,
        },
    })
}

fn alert(number: u64, service: &Line) -> Result<Alert, Failure> {
    let label = |name: &str, value: String| (Line::clean(name), Line::clean(&value));
    let labels = Labels::from([
        label("alertname", format!("HighErrorRate{}", number % 20)),
        label("cluster", format!("eu-{}", number % 4)),
        label("instance", format!("node-{number}:9100")),
        label("service", service.to_string()),
        label("severity", "critical".to_owned()),
    ]);
    Ok(Alert {
        fingerprint: Fingerprint::of(labels.iter().map(|(name, value)| (&**name, &**value))),
        name: Line::clean(&format!("HighErrorRate{}", number % 20)),
        severity: Line::clean("critical"),
        labels,
        summary: Line::clean(&format!("error rate above 5% on node-{number}")),
        source: "prometheus".parse()?,
        started_at: Timestamp::from_millis(1_700_000_000_000).plus(Duration::from_secs(number * 30)),
        ended_at: None,
        link: Some(Line::clean("https://prometheus.example/graph?g0.expr=errors")),
        description: None,
        runbook: None,
        ends: Ends::BySilence,
    })
}

fn resolved(alert: &Alert) -> AlertChange {
    let Alert { fingerprint, name, started_at, .. } = alert;
    AlertChange::Resolved {
        fingerprint: *fingerprint,
        name: name.clone(),
        ended_at: started_at.plus(Duration::from_secs(600)),
    }
}
