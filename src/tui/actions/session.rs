//! The terminal itself.

use super::{Action, Grade, Group, always};
use crate::tui::effect::Effect;
use crate::tui::modal::Modal;

macro_rules! session {
    ($constant:ident, $name:literal, $label:literal, $run:expr) => {
        pub const $constant: Action = Action {
            name: $name,
            label: $label,
            group: Group::Session,
            grade: Grade::Free,
            available: always,
            run: $run,
        };
    };
}

session!(HELP, "help", "help", |model, _, _| model.ui.modals.open(Modal::Help { scroll: 0 }));
session!(PALETTE, "palette", "all commands", |model, _, _| {
    model.ui.modals.open(Modal::Palette { input: tui_input::Input::default(), selected: 0 });
});
session!(RETRY, "retry-link", "reconnect now", |_, _, effects| effects.push(Effect::RetryNow));
session!(REPAINT, "refresh", "repaint", |_, _, effects| effects.push(Effect::Repaint));
session!(SUSPEND, "suspend", "suspend", |_, _, effects| effects.push(Effect::Suspend));
session!(QUIT, "quit", "quit", |_, _, effects| effects.push(Effect::Quit));
