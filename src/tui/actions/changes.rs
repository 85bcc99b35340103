//! What the incident makes of a change that was near its onset.

use super::{Action, Grade, Group, on_incident};
use crate::domain::change::Mark;
use crate::domain::command::Command;
use crate::domain::incident::Incident;
use crate::domain::suspects::{Suspect, suspects};
use crate::domain::text::Line;
use crate::tui::effect::Effects;
use crate::tui::modal::{Choice, Modal, Next, Picker, Then};
use crate::tui::model::Model;
use crate::tui::msg::Now;

pub const MARK: Action = Action {
    name: "mark-change",
    label: "mark a change",
    group: Group::Incident,
    grade: Grade::Reversible,
    words: "suspect deploy flag rollback held cleared",
    available: |model| {
        on_incident(model)?;
        let near = model.selected().is_some_and(|it| !suspects(&model.room.changes, it).is_empty());
        if near { Ok(()) } else { Err("no change is known near its onset") }
    },
    run: mark,
};

/// First which, then what is said of it.
fn mark(model: &mut Model, _: Now, _: &mut Effects) {
    let Some(incident) = model.selected() else { return };
    let near = suspects(&model.room.changes, incident);
    let choices = near.iter().map(|suspect| Choice {
        label: suspect.change.title.clone(),
        detail: Line::clean(&suspect.evidence),
        then: Then::Open(Box::new(Next::Picker(marks(incident, suspect)))),
    });
    let picker = Picker::new(&format!("Mark which change near {}?", incident.id), choices.collect());
    model.ui.modals.open(Modal::Picker(picker));
}

fn marks(incident: &Incident, suspect: &Suspect<'_>) -> Picker {
    let choice = |mark: Option<Mark>, label: &str, detail: &str| Choice {
        label: Line::clean(label),
        detail: Line::clean(detail),
        then: Then::Send {
            command: Box::new(Command::MarkChange {
                incident: incident.id,
                change: suspect.change.id.clone(),
                mark,
                reason: None,
            }),
            seen: None,
        },
    };
    let about = |mark: Mark| match mark {
        Mark::Suspect => "look at this one first",
        Mark::Held => "it goes no further until this is over",
        Mark::RolledBack => "it was taken back",
        Mark::Cleared => "it had nothing to do with it",
    };
    let others = Mark::ALL.iter().copied().filter(|mark| Some(*mark) != suspect.mark);
    let mut choices: Vec<Choice> = others.map(|mark| choice(Some(mark), mark.words(), about(mark))).collect();
    if suspect.mark.is_some() {
        choices.push(choice(None, "no mark", "nothing is said of it"));
    }
    Picker::new(&format!("{} is", suspect.change.title), choices)
}
