//! The moments that metrics are made of, corrected by hand: "it began ten minutes earlier".

use super::{Action, Grade, Group, on_incident};
use crate::domain::status::Milestone;
use crate::domain::text::Line;
use crate::tui::effect::Effects;
use crate::tui::modal::{Choice, Modal, Next, Picker, Prompt, PromptPurpose, Then};
use crate::tui::model::Model;
use crate::tui::msg::Now;

pub const ACTION: Action = Action {
    name: "set-milestone",
    label: "milestones",
    group: Group::Incident,
    grade: Grade::Reversible,
    words: "times began impact started",
    available: on_incident,
    run,
};

fn run(model: &mut Model, _: Now, _: &mut Effects) {
    let Some(incident) = model.selected() else { return };
    let choices = Milestone::ALL.into_iter().map(|milestone| {
        let time = incident.milestones.get(milestone);
        let shown = time.map(|time| time.to_utc().format("%Y-%m-%dT%H:%M:%SZ").to_string());
        let purpose = PromptPurpose::Milestone { incident: incident.id, milestone, seen: incident.revision };
        let title = format!("{}: {milestone}", incident.id);
        let hint = "14:03, 14:03:17 or 2026-11-23T14:03:17Z (UTC), or -10m; empty takes it back";
        let prompt = Prompt::new(&title, hint, purpose).with_value(shown.as_deref().unwrap_or(""));
        Choice {
            label: Line::clean(milestone.name()),
            detail: Line::clean(shown.as_deref().unwrap_or("not reached")),
            then: Then::Open(Box::new(Next::Prompt(prompt))),
        }
    });
    let picker = Picker::new(&format!("Milestones of {}", incident.id), choices.collect());
    model.ui.modals.open(Modal::Picker(picker));
}
