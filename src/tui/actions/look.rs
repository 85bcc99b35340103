//! What is shown, and how.

use super::{Action, Availability, Grade, Group, always};
use crate::tui::effect::Effects;
use crate::tui::modal::{DetailsAbout, Modal, Prompt, PromptPurpose};
use crate::tui::model::{Anchor, Board, Model, Pane, Scope, Zone};
use crate::tui::msg::Now;

const fn look(
    name: &'static str,
    label: &'static str,
    available: fn(&Model) -> Availability,
    run: fn(&mut Model, Now, &mut Effects),
) -> Action {
    Action { name, label, group: Group::Looking, grade: Grade::Free, words: "", available, run }
}

pub const DETAILS: Action = look(
    "details",
    "details",
    |model| about(model).map(|_| ()).ok_or("nothing is selected here"),
    |model, _, _| {
        if let Some(about) = about(model) {
            model.ui.modals.open(Modal::Details { about, scroll: 0 });
        }
    },
);

/// Runbooks and dashboards are among the links of an incident, which its details show.
pub const LINKS: Action = look(
    "show-links",
    "runbook, links",
    |model| model.ui.incident.map(|_| ()).ok_or("select an incident first"),
    |model, _, _| {
        if let Some(incident) = model.ui.incident {
            model.ui.modals.open(Modal::Details { about: DetailsAbout::Incident(incident), scroll: 0 });
        }
    },
);

pub const FOLLOW: Action = look("follow", "follow the newest", always, |model, _, _| {
    model.ui.view.anchor = Anchor::Following;
});

pub const TIMELINE_SCOPE: Action =
    look("toggle-timeline-scope", "timeline: incident / room", always, |model, _, _| {
        model.ui.view.scope = match model.ui.view.scope {
            Scope::Incident => Scope::Room,
            Scope::Room => Scope::Incident,
        };
        model.ui.view.anchor = Anchor::Following;
    });

pub const INCIDENT_SCOPE: Action =
    look("toggle-incident-scope", "incidents: open / all", always, |model, _, effects| {
        model.ui.board = match model.ui.board {
            Board::Open => Board::All,
            Board::All => Board::Open,
        };
        model.rebuild_board(effects);
    });

pub const FILTER: Action = look("filter", "filter", always, |model, _, _| {
    let hint = "words in id, title, service, severity, status or @handle";
    let before = model.ui.filter.clone();
    let purpose = PromptPurpose::Filter { before, incident: model.ui.incident, chosen: model.ui.chosen };
    let prompt = Prompt::new("Filter incidents", hint, purpose).with_value(&model.ui.filter);
    model.ui.modals.open(Modal::Prompt(prompt));
});

/// Esc goes back to all of them; where nothing is narrowed there is nothing to say.
pub const CLEAR_FILTER: Action = look("clear-filter", "clear filter", always, |model, _, effects| {
    if !model.ui.filter.is_empty() {
        model.ui.filter = crate::domain::text::Line::default();
        model.rebuild_board(effects);
    }
});

pub const ZONE: Action = look("toggle-utc-local", "UTC / local time", always, |model, _, _| {
    model.ui.zone = match model.ui.zone {
        Zone::Utc => Zone::Local,
        Zone::Local => Zone::Utc,
    };
});

fn about(model: &Model) -> Option<DetailsAbout> {
    match model.ui.focus {
        Pane::Timeline => match model.ui.view.anchor {
            Anchor::At { seq, .. } => Some(DetailsAbout::Entry(seq)),
            Anchor::Following => model.newest_shown().map(DetailsAbout::Entry),
        },
        Pane::Alerts => model.selected_alert().map(|alert| DetailsAbout::Alert(alert.fingerprint)),
        Pane::Slos => match model.selected_slo() {
            Some(gauge) => Some(DetailsAbout::Slo(gauge.name.clone())),
            None => model.ui.incident.map(DetailsAbout::Incident),
        },
        Pane::Incidents | Pane::Tasks | Pane::Responders => model.ui.incident.map(DetailsAbout::Incident),
    }
}
