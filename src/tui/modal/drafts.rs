//! What was begun in a dialog and left: kept until the same dialog is opened for the same incident again, or the terminal
//! ends.

use std::collections::BTreeMap;

use super::{Compose, Editor, EditorPurpose};
use crate::domain::ids::IncidentId;
use crate::domain::text::Text;
use crate::tui::model::Model;

#[derive(Debug, Default)]
pub struct Drafts {
    notes: BTreeMap<IncidentId, Text>,
    updates: BTreeMap<IncidentId, Box<Compose>>,
}

impl Drafts {
    /// The note that was begun on an incident; empty when none was.
    pub fn take_note(&mut self, incident: IncidentId) -> Text {
        self.notes.remove(&incident).unwrap_or_default()
    }

    pub fn take_update(&mut self, incident: IncidentId) -> Option<Box<Compose>> {
        self.updates.remove(&incident)
    }

    /// For whoever quits: what is lost with it, in one line.
    pub fn lost(&self) -> Option<String> {
        let notes = self.notes.keys().map(|incident| format!("a note on {incident}"));
        let updates = self.updates.keys().map(|incident| format!("an update on {incident}"));
        let lost: Vec<String> = notes.chain(updates).collect();
        (!lost.is_empty()).then(|| format!("not kept, as it was begun and not saved: {}", lost.join(", ")))
    }
}

/// A dialog that is left. Only a note goes on later; a summary or a correction begins with what the room has.
pub(super) fn keep_text(model: &mut Model, editor: &Editor) {
    let EditorPurpose::Note { incident } = editor.purpose else { return };
    let text = editor.text();
    if !text.trim().is_empty() {
        model.ui.drafts.notes.insert(incident, text);
    }
}

/// An update that is left, if anything was written in it.
pub(super) fn keep_update(model: &mut Model, compose: Box<Compose>) {
    let untouched = model.room.incident(compose.incident).is_some_and(|incident| {
        let fresh = Compose::new(incident, compose.audience.clone());
        let same = fresh.areas.iter().zip(&compose.areas).all(|(one, other)| one.lines() == other.lines());
        same && fresh.next_in.value() == compose.next_in.value()
    });
    let empty = compose.areas.iter().all(|area| area.lines().iter().all(|line| line.trim().is_empty()));
    if !untouched && !empty {
        model.ui.drafts.updates.insert(compose.incident, compose);
    }
}
