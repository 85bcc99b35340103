//! Where the work stands.

use super::{Action, Grade, Group, on_incident};
use crate::domain::command::Command;
use crate::domain::incident::Incident;
use crate::domain::status::Status;
use crate::domain::text::Line;
use crate::tui::effect::Effects;
use crate::tui::modal::{Choice, Modal, Next, Picker, Prompt, PromptPurpose, Then};
use crate::tui::model::Model;
use crate::tui::msg::Now;

pub const ACTION: Action = Action {
    name: "set-status",
    label: "status",
    group: Group::Incident,
    grade: Grade::Reversible,
    available: |model| {
        on_incident(model)?;
        let ended = model.selected().is_some_and(|incident| !incident.status.is_open());
        if ended { Err("this incident has ended; reopen it first") } else { Ok(()) }
    },
    run,
};

fn run(model: &mut Model, _: Now, _: &mut Effects) {
    let Some(incident) = model.selected() else { return };
    let choices = Status::SETTABLE.into_iter().filter(|status| *status != incident.status);
    let choices = choices.map(|status| choice(incident, status)).collect();
    let title = format!("Status of {} (now {})", incident.id, incident.status);
    model.ui.modals.open(Modal::Picker(Picker::new(&title, choices)));
}

fn choice(incident: &Incident, status: Status) -> Choice {
    let command = Command::ChangeStatus { incident: incident.id, status, reason: None };
    let seen = Some(incident.revision);
    // Closing what was never resolved needs a word of why.
    let early = status == Status::Closed && incident.status != Status::Resolved;
    let then = if early {
        let title = format!("Close {} without resolving it", incident.id);
        let purpose = PromptPurpose::Reason { command: Box::new(command), seen };
        Then::Open(Box::new(Next::Prompt(Prompt::new(&title, "why? this is kept in the timeline", purpose))))
    } else {
        Then::Send { command: Box::new(command), seen }
    };
    Choice { label: Line::clean(status.name()), detail: detail(incident, status), then }
}

fn detail(incident: &Incident, status: Status) -> Line {
    let held: Vec<String> = Status::SETTABLE
        .into_iter()
        .filter(|phase| incident.status <= *phase && *phase < status)
        .flat_map(|phase| incident.tasks.values().filter(move |task| task.holds(phase)))
        .map(|task| task.id.to_string())
        .collect();
    if !held.is_empty() {
        return Line::clean(&format!("required and open: {}", held.join(", ")));
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
