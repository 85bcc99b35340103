//! Alerts that belong to no incident yet: one key from an incident.

use std::collections::BTreeSet;

use super::{Action, Grade, Group, may_change};
use crate::domain::command::Command;
use crate::domain::text::{Line, Text};
use crate::tui::effect::Effects;
use crate::tui::modal::{Choice, Modal, Picker, Then};
use crate::tui::model::Model;
use crate::tui::msg::Now;

pub const DECLARE: Action = Action {
    name: "declare-from-alert",
    label: "incident from alert",
    group: Group::Incident,
    grade: Grade::Kept,
    words: "attach",
    available: |model| {
        may_change(model)?;
        model.selected_alert().map(|_| ()).ok_or("select a waiting alert first")
    },
    run,
};

fn run(model: &mut Model, _: Now, _: &mut Effects) {
    let Some(alert) = model.selected_alert() else { return };
    let fingerprints = BTreeSet::from([alert.fingerprint]);
    let what = if alert.summary.is_empty() { &alert.name } else { &alert.summary };
    let declare = Command::Declare {
        title: what.clone(),
        severity: None,
        kind: None,
        services: BTreeSet::new(),
        summary: Text::default(),
        drill: false,
        alerts: fingerprints.clone(),
    };
    let mut choices = vec![Choice {
        label: Line::clean("A new incident"),
        detail: what.clone(),
        then: Then::Send { command: Box::new(declare), seen: None },
    }];
    let open = model.board.iter().take(100).filter_map(|id| model.room.incident(id));
    choices.extend(open.filter(|incident| incident.status.is_open()).map(|incident| Choice {
        label: Line::clean(&incident.id.to_string()),
        detail: incident.title.clone(),
        then: Then::Send {
            command: Box::new(Command::AttachAlerts {
                incident: incident.id,
                fingerprints: fingerprints.clone(),
            }),
            seen: None,
        },
    }));
    let picker = Picker::new(&format!("{} belongs to", alert.name), choices);
    model.ui.modals.open(Modal::Picker(picker));
}
