//! `warroom change`: what was done to the systems, what of it was near an incident, and what people make of that.

use super::args::{Change as Asked, Record};
use super::exit::Exit;
use super::output::{Output, table};
use super::session::Session;
use crate::domain::change::{Change, ChangeReport, Changes, StageReport};
use crate::domain::command::Command;
use crate::domain::suspects::{Suspect, suspects};
use crate::domain::text::{Line, Text};
use crate::link::api::ChangeQuery;

pub async fn change(session: &Session, output: Output, command: Asked) -> Result<(), Exit> {
    match command {
        Asked::Record(record) => {
            let command = Command::RecordChanges { changes: vec![report(*record)] };
            session.run(output, command, "recorded").await
        }
        Asked::Mark { incident, change, mark, reason, take_back: _ } => {
            let done = if mark.is_some() { "marked" } else { "no longer marked" };
            let reason = reason.as_deref().map(Text::clean);
            session.run(output, Command::MarkChange { incident, change, mark, reason }, done).await
        }
        Asked::List { service, since } => {
            let which = ChangeQuery { service: service.as_deref().map(Line::clean), since };
            let changes = session.all(async |client, part| client.changes(&which, part).await).await?;
            match output {
                Output::Programs => output.json(&changes),
                Output::People if changes.is_empty() => output.line("no changes"),
                Output::People => output.line(table(changes.iter().map(row).collect()).trim_end()),
            }
        }
        Asked::Suspects { incident } => {
            let incident = session.client.incident(incident).await?;
            let which = ChangeQuery::default();
            let changes = session.all(async |client, part| client.changes(&which, part).await).await?;
            let changes: Changes = changes.into_iter().collect();
            let near = suspects(&changes, &incident);
            match output {
                Output::Programs => output.json(&near),
                Output::People if near.is_empty() => output.line("no change is known near the onset"),
                Output::People => output.line(table(near.iter().map(suspect_row).collect()).trim_end()),
            }
        }
    }
}

fn report(record: Record) -> ChangeReport {
    let line = |word: Option<String>| word.as_deref().map(Line::clean);
    let Record { kind, service, version, env, phase, title, rollout, percent, verdict, by, link, at, change } =
        record;
    let is_staged = rollout.is_some() || percent.is_some() || verdict.is_some();
    let stage = StageReport { name: line(rollout).unwrap_or_default(), percent, verdict: line(verdict) };
    ChangeReport {
        id: line(change),
        phase,
        at,
        service: line(service),
        environment: line(env),
        version: line(version),
        by: line(by),
        title: line(title).unwrap_or_default(),
        link: line(link),
        rollout: is_staged.then_some(stage),
        ..ChangeReport::new(kind)
    }
}

fn row(change: &Change) -> Vec<String> {
    let word = |line: &Option<Line>| line.as_ref().map_or_else(|| "–".to_owned(), ToString::to_string);
    vec![
        change.id.to_string(),
        change.at.to_utc().format("%Y-%m-%d %H:%M:%SZ").to_string(),
        change.what(),
        word(&change.service),
        word(&change.environment),
        change.title.to_string(),
    ]
}

fn suspect_row(suspect: &Suspect<'_>) -> Vec<String> {
    let Suspect { change, mark, evidence } = suspect;
    let mark = mark.map_or("", |mark| mark.words());
    let (id, title) = (change.id.to_string(), change.title.to_string());
    vec![id, mark.to_owned(), change.what(), title, evidence.clone()]
}
