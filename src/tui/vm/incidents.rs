//! The list of incidents: the worst first, and what nobody has taken on is loud.

use std::collections::BTreeMap;

use super::window::{Tops, window};
use super::{Cx, Run, Runs, Title, command, header, run, severity, time};
use crate::domain::ids::IncidentId;
use crate::domain::incident::Incident;
use crate::domain::status::Status;
use crate::link::outbox::Sent;
use crate::tui::model::{Board, Model, Pane, Pending, PendingState};
use crate::tui::theme::Role;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incidents {
    pub title: Title,
    pub rows: Vec<IncidentRow>,
    pub above: bool,
    pub below: bool,
    /// What to say when there is no row.
    pub empty: Vec<Run>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentRow {
    pub id: String,
    pub selected: bool,
    pub severity: Run,
    pub title: String,
    pub status: Run,
    /// `3 firing`, or nothing.
    pub firing: String,
    /// Who leads.
    pub lead: String,
    pub age: String,
    /// What was asked for and is not yet true, or was refused.
    pub mark: Option<Run>,
    /// Nothing is to be done any more, or it is an exercise.
    pub quiet: bool,
}

/// At most `height` incidents, and where their window begins.
pub fn incidents(model: &Model, cx: &Cx<'_>, height: usize, tops: &mut Tops) -> Incidents {
    let ui = &model.ui;
    let selected = ui.incident.and_then(|id| model.board.rank(id));
    let seen = window(model.board.ranks(), selected.as_ref(), ui.tops.incidents.as_ref(), height);
    tops.incidents = seen.rows.first().copied();
    let marks = marks(model, cx);
    let rows = seen.rows.iter().filter_map(|place| model.room.incident(place.id()));
    let rows = rows.map(|incident| row(model, cx, incident, marks.get(&incident.id).cloned())).collect();
    let mut title = Title::new("Incidents", ui.focus == Pane::Incidents);
    let shown = model.board.len();
    if !ui.filter.is_empty() {
        title = title.with(Role::Warn, format!("{shown} match “{}”", ui.filter));
    } else if ui.board == Board::All {
        title = title.with(Role::TextMuted, format!("{shown} with those that ended"));
    } else if header::is_known(model) {
        title = title.with(Role::TextMuted, format!("{shown} open"));
    }
    let empty = if model.board.is_empty() { empty(model) } else { Vec::new() };
    Incidents { title, rows, above: seen.above, below: seen.below, empty }
}

/// What to do first, in a room without incidents.
fn empty(model: &Model) -> Vec<Run> {
    if !header::is_known(model) {
        return vec![
            run(Role::Pending, "What is in the room is not known yet."),
            run(Role::TextMuted, "The hub has not answered; it is tried again by itself."),
        ];
    }
    if !model.ui.filter.is_empty() {
        return vec![
            run(Role::Text, format!("No incident matches “{}”.", model.ui.filter)),
            run(Role::TextMuted, "Esc shows all of them again."),
        ];
    }
    vec![
        run(Role::Ok, "No incidents."),
        run(Role::TextMuted, "D declares one."),
        run(Role::TextMuted, "Or let alerts do it: point Prometheus at this hub"),
        run(Role::TextMuted, "(alerting: alertmanagers: its address, with an ingest token)."),
    ]
}

fn row(model: &Model, cx: &Cx<'_>, incident: &Incident, mark: Option<Run>) -> IncidentRow {
    let lead = model.policy.leading_role().and_then(|role| incident.roles.get(&role.name));
    let firing = match incident.alerts.firing {
        0 => String::new(),
        firing => format!("{firing} firing"),
    };
    IncidentRow {
        id: incident.id.to_string(),
        selected: model.ui.incident == Some(incident.id),
        severity: severity(incident.severity, cx),
        title: match incident.drill {
            true => format!("DRILL {}", incident.title),
            false => incident.title.to_string(),
        },
        status: status(incident),
        firing,
        lead: lead.map_or_else(String::new, |handle| format!("@{handle}")),
        age: time::age(cx.now.wall.since(incident.began_at())),
        mark,
        quiet: incident.drill || !incident.status.is_live(),
    }
}

/// The status; for a live incident that nobody has acknowledged, that.
pub fn status(incident: &Incident) -> Run {
    if incident.status.is_live() && incident.acknowledgement.is_none() {
        return run(Role::Unacknowledged, "UNACKED");
    }
    let role = match incident.status {
        Status::Triggered => Role::Danger,
        Status::Investigating | Status::Identified => Role::Warn,
        Status::Monitoring | Status::Resolved => Role::Ok,
        Status::Closed | Status::Merged | Status::Cancelled => Role::TextMuted,
    };
    run(role, incident.status.name())
}

/// The newest command of each incident that waits or was refused. A refusal stands before what waits.
fn marks(model: &Model, cx: &Cx<'_>) -> BTreeMap<IncidentId, Run> {
    let mut marks: BTreeMap<IncidentId, (bool, Run)> = BTreeMap::new();
    for pending in model.pending.values() {
        let Some(incident) = pending.command.incident() else { continue };
        let refused = matches!(pending.state, PendingState::Refused(_));
        if refused || !marks.get(&incident).is_some_and(|(refused, _)| *refused) {
            let words: Runs = pending_words(pending, cx);
            let text = words.iter().map(|run| run.text.as_str()).collect::<String>();
            let role = if refused { Role::Danger } else { Role::Pending };
            marks.insert(incident, (refused, run(role, text)));
        }
    }
    marks.into_iter().map(|(id, (_, mark))| (id, mark)).collect()
}

/// A command that is not yet true, or never will be.
pub fn pending_words(pending: &Pending, cx: &Cx<'_>) -> Runs {
    let what = command::words(&pending.command, cx.glyphs.arrow);
    let waited = cx.now.mono.saturating_sub(pending.since);
    let waits = format!("{} {what}", cx.glyphs.pending);
    match &pending.state {
        PendingState::Queued => vec![run(Role::Pending, format!("{waits}: queued"))],
        PendingState::Sending if waited.as_secs() >= 10 => {
            vec![run(Role::Warn, format!("{waits}: no answer for {}, still trying", time::age(waited)))]
        }
        PendingState::Sending | PendingState::Accepted(_) => vec![run(Role::Pending, waits)],
        PendingState::Refused(reason) => {
            vec![run(Role::Danger, format!("{} {what}: {reason}", cx.glyphs.failed))]
        }
        PendingState::NeedsFreshYes { sent, .. } => {
            let state = match sent {
                Sent::No => "not sent",
                Sent::Perhaps => "perhaps sent",
            };
            vec![run(Role::Danger, format!("{} {what}: {state}, needs a new yes", cx.glyphs.failed))]
        }
    }
}
