//! Notes: the timeline's own words.

use super::{Action, Availability, Grade, Group, may_change, on_incident};
use crate::domain::command::Command;
use crate::domain::event::Event;
use crate::domain::ids::{IncidentId, Seq};
use crate::tui::effect::Effects;
use crate::tui::modal::{Editor, EditorPurpose, Modal};
use crate::tui::model::{Anchor, Model};
use crate::tui::msg::Now;

pub const ADD: Action = Action {
    name: "add-note",
    label: "note",
    group: Group::Notes,
    grade: Grade::Kept,
    words: "comment write",
    available: on_incident,
    run: add,
};

pub const PIN: Action = Action {
    name: "pin-note",
    label: "pin note",
    group: Group::Notes,
    grade: Grade::Reversible,
    words: "",
    available: |model| -> Availability {
        may_change(model)?;
        selected_note(model).map(|_| ()).ok_or("select a note in the timeline first")
    },
    run: pin,
};

fn add(model: &mut Model, _: Now, _: &mut Effects) {
    let Some(incident) = model.selected().map(|incident| incident.id) else { return };
    let begun = model.ui.drafts.take_note(incident);
    let editor = Editor::new(&format!("Note on {incident}"), &begun, EditorPurpose::Note { incident });
    model.ui.modals.open(Modal::Editor(Box::new(editor)));
}

fn pin(model: &mut Model, now: Now, effects: &mut Effects) {
    let Some((incident, note)) = selected_note(model) else { return };
    let pinned = model.room.incident(incident).is_some_and(|incident| incident.pins.contains(&note));
    let command =
        if pinned { Command::UnpinNote { incident, note } } else { Command::PinNote { incident, note } };
    model.send(now, command, effects);
}

fn selected_note(model: &Model) -> Option<(IncidentId, Seq)> {
    let Anchor::At { seq, .. } = model.ui.view.anchor else { return None };
    let entry = model.timeline.entries.get(&seq)?;
    matches!(entry.event, Event::NoteAdded { .. }).then_some((entry.incident?, seq))
}
