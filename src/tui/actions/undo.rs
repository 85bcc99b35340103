//! Takes back the last reversible action while it is offered. Undo is another command, never a deletion.

use super::{Action, Grade, Group};
use crate::tui::effect::Effects;
use crate::tui::model::Model;
use crate::tui::msg::Now;

pub const ACTION: Action = Action {
    name: "undo",
    label: "undo",
    group: Group::Incident,
    grade: Grade::Reversible,
    available: |model| model.ui.undo.as_ref().map(|_| ()).ok_or("nothing to undo"),
    run,
};

fn run(model: &mut Model, now: Now, effects: &mut Effects) {
    if let Some(undo) = model.ui.undo.take() {
        model.send(now, undo.command, effects);
    }
}
