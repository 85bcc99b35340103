//! Ways on that need a reason or a second thought: reopening, cancelling, merging.

use super::{Action, Grade, Group, may_command, on_incident, on_open_incident};
use crate::domain::command::Command;
use crate::domain::text::{Line, Text};
use crate::tui::effect::Effects;
use crate::tui::modal::{Choice, Confirm, Modal, Next, OnYes, Picker, Prompt, PromptPurpose, Then};
use crate::tui::model::Model;
use crate::tui::msg::Now;

pub const REOPEN: Action = Action {
    name: "reopen",
    label: "reopen",
    group: Group::Incident,
    grade: Grade::Kept,
    words: "again back",
    available: |model| {
        on_incident(model)?;
        let live = model.selected().is_some_and(|incident| incident.status.is_live());
        if live { Err("it is not over") } else { Ok(()) }
    },
    run: reopen,
};

pub const CANCEL: Action = Action {
    name: "cancel-incident",
    label: "cancel incident (it was none)",
    group: Group::Incident,
    grade: Grade::Destructive,
    words: "false alarm",
    available: |model| on_open_incident(model).and_then(|()| may_command(model)),
    run: cancel,
};

pub const MERGE: Action = Action {
    name: "merge",
    label: "merge into another",
    group: Group::Incident,
    grade: Grade::Destructive,
    words: "duplicate join",
    available: |model| on_open_incident(model).and_then(|()| may_command(model)),
    run: merge,
};

fn reopen(model: &mut Model, _: Now, _: &mut Effects) {
    ask_why(model, "Reopen", |incident| Command::Reopen { incident, reason: Text::default() });
}

fn cancel(model: &mut Model, _: Now, _: &mut Effects) {
    ask_why(model, "Cancel", |incident| Command::Cancel { incident, reason: Text::default() });
}

fn ask_why(model: &mut Model, verb: &str, command: fn(crate::domain::ids::IncidentId) -> Command) {
    let Some(incident) = model.selected() else { return };
    let purpose =
        PromptPurpose::Reason { command: Box::new(command(incident.id)), seen: Some(incident.revision) };
    let title = format!("{verb} {}: {}", incident.id, incident.title);
    model.ui.modals.open(Modal::Prompt(Prompt::new(&title, "why? this is kept in the timeline", purpose)));
}

fn merge(model: &mut Model, now: Now, _: &mut Effects) {
    let Some(incident) = model.selected() else { return };
    let id = incident.id;
    let others = model.board.iter().filter(|other| *other != id).take(100);
    let others = others.filter_map(|other| model.room.incident(other)).filter(|other| other.status.is_open());
    let choices = others.map(|into| {
        let text =
            format!("{id} ends and goes on in {} “{}”. This cannot be taken back.", into.id, into.title);
        let confirm = Confirm::new(
            &format!("Merge {id} into {}?", into.id),
            &text,
            "Merge",
            OnYes::Send {
                command: Box::new(Command::Merge { incident: id, into: into.id }),
                seen: Some(incident.revision),
            },
            now,
        );
        Choice {
            label: Line::clean(&into.id.to_string()),
            detail: into.title.clone(),
            then: Then::Open(Box::new(Next::Confirm(confirm))),
        }
    });
    let picker = Picker::new(&format!("{id} goes on in"), choices.collect());
    model.ui.modals.open(Modal::Picker(picker));
}
