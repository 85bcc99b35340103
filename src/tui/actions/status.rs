//! Where the work stands.

use std::collections::BTreeMap;

use super::{Action, Availability, Grade, Group, on_incident};
use crate::domain::command::Command;
use crate::domain::gauge::SloGauge;
use crate::domain::ids::Revision;
use crate::domain::incident::Incident;
use crate::domain::status::Status;
use crate::domain::text::Line;
use crate::domain::unsettled::unsettled;
use crate::tui::modal::{Choice, Confirm, Modal, Next, OnYes, Picker, Prompt, PromptPurpose, Then};
use crate::tui::model::Model;
use crate::tui::msg::Now;

pub const ACTION: Action = Action {
    name: "set-status",
    label: "status",
    group: Group::Incident,
    grade: Grade::Reversible,
    words: "phase state investigating identified monitoring mitigated",
    available: not_ended,
    run: |model, _, _| open(model, None),
};

/// The same dialog, on the choice that somebody looked for.
pub const RESOLVE: Action = Action {
    name: "resolve",
    label: "resolve",
    group: Group::Incident,
    grade: Grade::Reversible,
    words: "fixed over end",
    available: |model| {
        not_ended(model)?;
        let resolved = model.selected().is_some_and(|incident| incident.status == Status::Resolved);
        if resolved { Err("it is resolved already") } else { Ok(()) }
    },
    run: |model, _, _| open(model, Some(Status::Resolved)),
};

pub const CLOSE: Action = Action {
    name: "close",
    label: "close",
    group: Group::Incident,
    grade: Grade::Kept,
    words: "end archive",
    available: not_ended,
    run: |model, _, _| open(model, Some(Status::Closed)),
};

fn not_ended(model: &Model) -> Availability {
    on_incident(model)?;
    let ended = model.selected().is_some_and(|incident| !incident.status.is_open());
    if ended { Err("this incident has ended; reopen it first") } else { Ok(()) }
}

fn open(model: &mut Model, on: Option<Status>) {
    let Some(incident) = model.selected() else { return };
    let statuses: Vec<Status> =
        Status::SETTABLE.into_iter().filter(|status| *status != incident.status).collect();
    let choices = statuses.iter().map(|status| choice(incident, *status, &model.gauges)).collect();
    let title = format!("Status of {} (now {})", incident.id, incident.status);
    let mut picker = Picker::new(&title, choices);
    // Without a choice that somebody looked for: on, and not back.
    let on = |status: &Status| on.map_or(*status > incident.status, |on| *status == on);
    picker.selected = statuses.iter().position(on).unwrap_or(0);
    model.ui.modals.open(Modal::Picker(picker));
}

/// The question before an incident is called over while something is still wrong with it: asked on what the room knows
/// when the choice is made, however long the dialog stood open. Whoever gives a reason has answered it.
pub fn second_yes(model: &Model, now: Now, command: &Command, seen: Option<Revision>) -> Option<Confirm> {
    let Command::ChangeStatus { incident, status, reason: None } = command else { return None };
    let verb = match status {
        Status::Resolved => "Resolve",
        Status::Closed => "Close",
        Status::Triggered
        | Status::Investigating
        | Status::Identified
        | Status::Monitoring
        | Status::Merged
        | Status::Cancelled => return None,
    };
    let incident = model.room.incident(*incident)?;
    let wrong = unsettled(incident, model.gauges.values())?;
    let title = format!("{verb} {} all the same?", incident.id);
    let text = format!("{wrong}. {} “{}” would be {status} all the same.", incident.id, incident.title);
    let then = OnYes::Send { command: Box::new(command.clone()), seen };
    Some(Confirm::new(&title, &text, &format!("{verb} all the same"), then, now))
}

type Gauges = BTreeMap<Line, SloGauge>;

fn choice(incident: &Incident, status: Status, gauges: &Gauges) -> Choice {
    let command = Command::ChangeStatus { incident: incident.id, status, reason: None };
    let seen = Some(incident.revision);
    // Closing what was never resolved needs a word of why.
    let early = status == Status::Closed && incident.status != Status::Resolved;
    let then = if early {
        let title = format!("Close {} without resolving it", incident.id);
        let purpose = PromptPurpose::Reason { command: Box::new(command), seen };
        let why = match unsettled(incident, gauges.values()) {
            Some(wrong) => format!("{wrong}. Why close it? This is kept in the timeline"),
            None => "why? this is kept in the timeline".to_owned(),
        };
        Then::Open(Box::new(Next::Prompt(Prompt::new(&title, &why, purpose))))
    } else {
        Then::Send { command: Box::new(command), seen }
    };
    Choice { label: Line::clean(status.name()), detail: detail(incident, status, gauges), then }
}

fn detail(incident: &Incident, status: Status, gauges: &Gauges) -> Line {
    let held: Vec<String> = Status::SETTABLE
        .into_iter()
        .filter(|phase| incident.status <= *phase && *phase < status)
        .flat_map(|phase| incident.tasks.values().filter(move |task| task.holds(phase)))
        .map(|task| task.id.to_string())
        .collect();
    if !held.is_empty() {
        return Line::clean(&format!("required and open: {}", held.join(", ")));
    }
    if let (Status::Resolved | Status::Closed, Some(wrong)) = (status, unsettled(incident, gauges.values())) {
        return Line::clean(&wrong);
    }
    Line::clean(match status {
        Status::Triggered => "nobody is on it",
        Status::Investigating => "looking for what contributes",
        Status::Identified => "we know what to change",
        Status::Monitoring => "impact is over, watching (mitigated)",
        Status::Resolved => "it is over",
        Status::Closed => "follow-up is done, off the board",
        Status::Merged | Status::Cancelled => "",
    })
}
