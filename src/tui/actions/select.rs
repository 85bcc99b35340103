//! Moving within the pane that has the focus. Selection is by id: the room may move, the selection does not.

use super::{Action, Grade, Group, always};
use crate::tui::effect::Effects;
use crate::tui::model::Model;
use crate::tui::msg::Now;
use crate::tui::selection::{Step, step};

macro_rules! movement {
    ($constant:ident, $name:literal, $label:literal, $step:expr) => {
        pub const $constant: Action = Action {
            name: $name,
            label: $label,
            group: Group::Moving,
            grade: Grade::Free,
            words: "",
            available: always,
            run: |model: &mut Model, _: Now, effects: &mut Effects| step(model, $step, effects),
        };
    };
}

movement!(NEXT, "next", "down", Step::Next);
movement!(PREVIOUS, "prev", "up", Step::Previous);
movement!(FIRST, "first", "first", Step::First);
movement!(LAST, "last", "last", Step::Last);
movement!(PAGE_DOWN, "page-down", "page down", Step::PageDown);
movement!(PAGE_UP, "page-up", "page up", Step::PageUp);
