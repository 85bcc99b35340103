//! Declaring an incident, and the words on it.

use super::{Action, Availability, Grade, Group, may_change, on_incident, on_open_incident};
use crate::tui::effect::Effects;
use crate::tui::modal::{Editor, EditorPurpose, Modal, Prompt, PromptPurpose};
use crate::tui::model::Model;
use crate::tui::msg::Now;

pub const DECLARE: Action = Action {
    name: "declare",
    label: "declare",
    group: Group::Incident,
    grade: Grade::Kept,
    words: "new open incident create",
    available: |model| -> Availability { may_change(model) },
    run: declare,
};

pub const TITLE: Action = Action {
    name: "edit-title",
    label: "title",
    group: Group::Incident,
    grade: Grade::Reversible,
    words: "rename",
    available: on_open_incident,
    run: title,
};

pub const SUMMARY: Action = Action {
    name: "edit-summary",
    label: "summary",
    group: Group::Incident,
    grade: Grade::Reversible,
    words: "description",
    available: on_incident,
    run: summary,
};

fn declare(model: &mut Model, _: Now, _: &mut Effects) {
    let hint = "what is wrong, as a customer would say it; severity follows";
    model.ui.modals.open(Modal::Prompt(Prompt::new("Declare an incident", hint, PromptPurpose::Declare)));
}

fn title(model: &mut Model, _: Now, _: &mut Effects) {
    let Some(incident) = model.selected() else { return };
    let purpose = PromptPurpose::Title { incident: incident.id, seen: incident.revision };
    let prompt = Prompt::new(&format!("Title of {}", incident.id), "", purpose).with_value(&incident.title);
    model.ui.modals.open(Modal::Prompt(prompt));
}

fn summary(model: &mut Model, _: Now, _: &mut Effects) {
    let Some(incident) = model.selected() else { return };
    let purpose = EditorPurpose::Summary { incident: incident.id, seen: incident.revision };
    let editor = Editor::new(&format!("Summary of {}", incident.id), &incident.summary, purpose);
    model.ui.modals.open(Modal::Editor(Box::new(editor)));
}
