//! Moving between panes.

use super::{Action, Grade, Group, always};
use crate::tui::effect::Effects;
use crate::tui::model::{Model, Pane};
use crate::tui::msg::Now;

macro_rules! focus {
    ($constant:ident, $name:literal, $label:literal, |$pane:ident| $to:expr) => {
        pub const $constant: Action = Action {
            name: $name,
            label: $label,
            group: Group::Moving,
            grade: Grade::Free,
            words: "",
            available: always,
            run: |model: &mut Model, _: Now, _: &mut Effects| {
                let $pane = model.ui.focus;
                model.ui.focus = $to;
            },
        };
    };
}

focus!(NEXT, "focus-next", "next pane", |pane| neighbour(pane, 1));
focus!(PREVIOUS, "focus-prev", "previous pane", |pane| neighbour(pane, Pane::ALL.len() - 1));
focus!(INCIDENTS, "focus-incidents", "go to incidents", |_pane| Pane::Incidents);
focus!(ALERTS, "focus-alerts", "go to waiting alerts", |_pane| Pane::Alerts);
focus!(TASKS, "focus-tasks", "go to tasks", |_pane| Pane::Tasks);
focus!(TIMELINE, "focus-timeline", "go to timeline", |_pane| Pane::Timeline);
focus!(SLOS, "focus-slos", "go to SLOs", |_pane| Pane::Slos);
focus!(RESPONDERS, "focus-responders", "go to responders", |_pane| Pane::Responders);

fn neighbour(pane: Pane, by: usize) -> Pane {
    let at = Pane::ALL.iter().position(|other| *other == pane).unwrap_or(0);
    Pane::ALL.iter().cycle().nth(at + by).copied().unwrap_or_default()
}
