//! `warroom incident`, `task` and `alert`: the same commands that keys give.

use std::sync::Arc;

use super::args::{Alert, Incident, Task};
use super::exit::Exit;
use super::output::Output;
use super::session::Session;
use crate::domain::command::Command;
use crate::domain::event::Entry;
use crate::domain::ids::IncidentId;
use crate::domain::note::Link;
use crate::domain::status::Status;
use crate::domain::text::{Line, Text};
use crate::domain::unsettled::unsettled;
use crate::link::Timeline;
use crate::link::api::{IncidentQuery, Span};

pub async fn incident(session: &Session, output: Output, command: Incident) -> Result<(), Exit> {
    let (command, done) = match command {
        Incident::List { all, severity, service } => {
            let service = service.as_deref().map(Line::clean);
            let which = IncidentQuery { all, severity, service };
            let incidents = session.all(async |client, part| client.incidents(&which, part).await).await?;
            return output.incidents(&incidents);
        }
        Incident::Show { incident } => {
            let incident = session.client.incident(incident).await?;
            return output.incident(&incident);
        }
        Incident::Timeline { incident, limit } => {
            return output.entries(&timeline(session, incident, limit).await?);
        }
        Incident::Declare { title, severity, kind, services, summary, drill, alerts } => {
            let command = Command::Declare {
                title: Line::clean(&title),
                severity,
                kind: kind.as_deref().map(Line::clean),
                services: services.iter().map(|service| Line::clean(service)).collect(),
                summary: Text::clean(&summary),
                drill,
                alerts: alerts.into_iter().collect(),
            };
            (command, "declared")
        }
        Incident::Ack { incident } => (Command::Acknowledge { incident }, "acknowledged"),
        Incident::Unack { incident } => (Command::Unacknowledge { incident }, "acknowledgement taken back"),
        Incident::Status { incident, status, reason } => {
            let reason = reason.as_deref().map(Text::clean);
            (Command::ChangeStatus { incident, status, reason }, status.name())
        }
        Incident::Resolve { incident } => {
            (Command::ChangeStatus { incident, status: Status::Resolved, reason: None }, "resolved")
        }
        Incident::Severity { incident, severity } => {
            (Command::ChangeSeverity { incident, severity }, "severity changed")
        }
        Incident::Title { incident, title } => {
            (Command::ChangeTitle { incident, title: Line::clean(&title) }, "title changed")
        }
        Incident::Summary { incident, summary } => {
            (Command::ChangeSummary { incident, summary: Text::clean(&summary) }, "summary changed")
        }
        Incident::Milestone { incident, milestone, time } => {
            (Command::SetMilestone { incident, milestone, time }, "milestone set")
        }
        Incident::Role { incident, role, responder, vacate: _ } => {
            let done = if responder.is_some() { "role given" } else { "role vacated" };
            (Command::AssignRole { incident, role, responder }, done)
        }
        Incident::Join { incident, responder } => (Command::Join { incident, responder }, "joined"),
        Incident::Release { incident, responder } => (Command::Release { incident, responder }, "released"),
        Incident::Reopen { incident, reason } => {
            (Command::Reopen { incident, reason: Text::clean(&reason) }, "reopened")
        }
        Incident::Cancel { incident, reason } => {
            (Command::Cancel { incident, reason: Text::clean(&reason) }, "cancelled")
        }
        Incident::Merge { incident, into } => (Command::Merge { incident, into }, "merged"),
        Incident::Link { incident, url, title } => {
            let Link { title, url } = link(&url, title.as_deref());
            (Command::AddLink { incident, title, url }, "link added")
        }
    };
    if let Command::ChangeStatus { incident, status: Status::Resolved | Status::Closed, .. } = &command {
        warn(session, output, *incident).await;
    }
    session.run(output, command, done).await
}

/// Says what is still wrong with an incident that is about to be called over. It does not stand in the way: whoever
/// writes a command means it. What cannot be asked is said by the command itself.
async fn warn(session: &Session, output: Output, id: IncidentId) {
    let Ok(incident) = session.client.incident(id).await else { return };
    let slos = session.all(async |client, part| client.slos(part).await).await.unwrap_or_default();
    if let Some(wrong) = unsettled(&incident, &slos) {
        output.say(&format!("warning: {wrong}"));
    }
}

/// The newest `limit` entries, oldest first.
async fn timeline(session: &Session, incident: IncidentId, limit: usize) -> Result<Vec<Arc<Entry>>, Exit> {
    let mut parts = Vec::new();
    let (mut before, mut wanted) = (None, limit);
    while wanted > 0 {
        let limit = u32::try_from(wanted.min(200)).ok();
        let Timeline { entries, older_before } =
            session.client.timeline(incident, Span { after: None, before, limit }).await?;
        wanted = wanted.saturating_sub(entries.len());
        parts.push(entries);
        match older_before {
            Some(seq) => before = Some(seq),
            None => break,
        }
    }
    Ok(parts.into_iter().rev().flatten().collect())
}

fn link(url: &str, title: Option<&str>) -> Link {
    Link { title: Line::clean(title.unwrap_or(url)), url: Line::clean(url) }
}

pub async fn task(session: &Session, output: Output, command: Task) -> Result<(), Exit> {
    let (command, done) = match command {
        Task::List { incident } => {
            let incident = session.client.incident(incident).await?;
            return output.tasks(&incident);
        }
        Task::Add { incident, title, owner, required, stage, role, due } => {
            let stage = stage_of(session, incident, stage, required).await?;
            let title = Line::clean(&title);
            (Command::AddTask { incident, title, owner, stage, role, required, due }, "task added")
        }
        Task::Assign { incident, task, owner } => {
            (Command::AssignTask { incident, task, owner }, "task assigned")
        }
        Task::Accept { incident, task } => (Command::AcceptTask { incident, task }, "task accepted"),
        Task::Done { incident, task } => (Command::CompleteTask { incident, task }, "task done"),
        Task::Reopen { incident, task } => (Command::ReopenTask { incident, task }, "task reopened"),
    };
    session.run(output, command, done).await
}

/// A required task without a stage belongs to the one that the incident is in.
async fn stage_of(
    session: &Session,
    incident: IncidentId,
    stage: Option<Status>,
    required: bool,
) -> Result<Option<Status>, Exit> {
    match (stage, required) {
        (None, true) => Ok(Some(session.client.incident(incident).await?.status)),
        (stage, _) => Ok(stage),
    }
}

pub async fn alert(session: &Session, output: Output, command: Alert) -> Result<(), Exit> {
    match command {
        Alert::List => output.alerts(&session.all(async |client, part| client.alerts(part).await).await?),
        Alert::Attach { incident, fingerprints } => {
            let fingerprints = fingerprints.into_iter().collect();
            let command = Command::AttachAlerts { incident, fingerprints };
            session.run(output, command, "alerts attached").await
        }
    }
}
