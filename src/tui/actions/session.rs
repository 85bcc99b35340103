//! The terminal itself.

use super::{Action, Grade, Group, always};
use crate::link::LinkStatus;
use crate::tui::effect::Effect;
use crate::tui::modal::{Confirm, Modal, OnYes};

macro_rules! session {
    ($constant:ident, $name:literal, $label:literal, $run:expr) => {
        pub const $constant: Action = Action {
            name: $name,
            label: $label,
            group: Group::Session,
            grade: Grade::Free,
            words: "",
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

/// The way out of an alarm, once somebody has seen to it that nothing is lost that could be saved.
pub const ACCEPT_JOURNAL: Action = Action {
    name: "accept-journal",
    label: "take the hub's journal as it is",
    group: Group::Session,
    grade: Grade::Destructive,
    words: "",
    available: |model| match model.link.status {
        LinkStatus::Alarm { .. } => Ok(()),
        LinkStatus::Connecting
        | LinkStatus::Live { .. }
        | LinkStatus::Late { .. }
        | LinkStatus::Offline { .. }
        | LinkStatus::Refused { .. } => Err("the hub's journal and this terminal agree"),
    },
    run: |model, now, _| {
        let text = "What only this terminal knows of the journal is given up. Keep a copy first: warroom tail --json.";
        let confirm =
            Confirm::new("Take the hub's journal as it is?", text, "Take it", OnYes::AcceptJournal, now);
        model.ui.modals.open(Modal::Confirm(confirm));
    },
};
