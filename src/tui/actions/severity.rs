//! How bad it is. When in doubt, take the worse one; it can be lowered with the same keys.

use super::{Action, Grade, Group, on_open_incident};
use crate::domain::command::Command;
use crate::domain::severity::Severity;
use crate::domain::text::Line;
use crate::tui::effect::Effects;
use crate::tui::modal::{Choice, Modal, Picker, Then};
use crate::tui::model::Model;
use crate::tui::msg::Now;

pub const ACTION: Action = Action {
    name: "set-severity",
    label: "severity",
    group: Group::Incident,
    grade: Grade::Reversible,
    words: "priority impact raise lower escalate",
    available: on_open_incident,
    run,
};

fn run(model: &mut Model, _: Now, _: &mut Effects) {
    let Some(incident) = model.selected() else { return };
    let choice = |severity: Severity| Choice {
        label: Line::clean(&severity.to_string()),
        detail: model.policy.severity_labels.get(&severity).cloned().unwrap_or_default(),
        then: Then::Send {
            command: Box::new(Command::ChangeSeverity { incident: incident.id, severity }),
            seen: Some(incident.revision),
        },
    };
    let others = Severity::ALL.into_iter().filter(|severity| *severity != incident.severity);
    let choices = others.map(choice).collect();
    let title = format!("Severity of {} (now {})", incident.id, incident.severity);
    model.ui.modals.open(Modal::Picker(Picker::new(&title, choices)));
}
