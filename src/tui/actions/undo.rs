//! Takes back the last thing that was done, while that is offered.

use super::{Action, Grade, Group};
use crate::tui::effect::Effects;
use crate::tui::model::Model;
use crate::tui::msg::Now;
use crate::tui::undo::UndoStage;

pub const ACTION: Action = Action {
    name: "undo",
    label: "undo what is marked, for 8 s",
    group: Group::Incident,
    grade: Grade::Reversible,
    words: "take back revert",
    available: |model| match model.ui.undo.as_ref().map(|undo| &undo.stage) {
        Some(UndoStage::Offered { .. }) => Ok(()),
        Some(UndoStage::Asked) => Err("the hub has not taken it yet: there is nothing to undo so far"),
        None => {
            Err("nothing to undo: only the last thing you did, for 8 s, and not what cannot be taken back")
        }
    },
    run,
};

fn run(model: &mut Model, now: Now, effects: &mut Effects) {
    let Some(undo) = model.ui.undo.take() else { return };
    let UndoStage::Offered { seen, .. } = undo.stage else { return };
    model.send_as_seen(now, undo.inverse, seen, effects);
    // Taking back is not itself something to take back: it would be a switch that one presses once too often.
    model.ui.undo = None;
}
