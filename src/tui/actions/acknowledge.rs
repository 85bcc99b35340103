//! "I am on it": one key, no question, and eight seconds to take it back.

use super::{Action, Grade, Group, on_open_incident};
use crate::domain::command::Command;
use crate::tui::effect::Effects;
use crate::tui::model::Model;
use crate::tui::msg::Now;

pub const ACTION: Action = Action {
    name: "acknowledge",
    label: "acknowledge",
    group: Group::Incident,
    grade: Grade::Reversible,
    words: "ack take",
    available: |model| {
        on_open_incident(model)?;
        let acknowledged = model.selected().and_then(|incident| incident.acknowledgement.as_ref());
        let mine = acknowledged.is_some_and(|acknowledgement| acknowledgement.by.handle() == model.me());
        if mine { Err("you have acknowledged it already") } else { Ok(()) }
    },
    run,
};

fn run(model: &mut Model, now: Now, effects: &mut Effects) {
    if let Some(incident) = model.ui.incident {
        model.send(now, Command::Acknowledge { incident }, effects);
    }
}
