//! Alerts that belong to no incident: one key away from one.

use super::window::{Tops, window};
use super::{Cx, Run, Title, run, time};
use crate::tui::model::{Model, Pane};
use crate::tui::theme::Role;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alerts {
    pub title: Title,
    pub rows: Vec<AlertRow>,
    pub above: bool,
    pub below: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRow {
    pub selected: bool,
    pub name: String,
    /// The label `severity`, in the sender's word.
    pub severity: Run,
    /// Its group and what a person should read.
    pub about: String,
    pub age: String,
}

/// That some wait, for where they have no pane of their own.
pub fn waiting(model: &Model, cx: &Cx<'_>) -> Option<Run> {
    let alerts = &model.room.alerts;
    let unseen = usize::try_from(alerts.waiting_unseen).unwrap_or(usize::MAX);
    match alerts.waiting.len().saturating_add(unseen) {
        0 => None,
        1 => Some(run(Role::Warn, format!(" {} 1 alert waits", cx.glyphs.dot))),
        count => Some(run(Role::Warn, format!(" {} {count} alerts wait", cx.glyphs.dot))),
    }
}

pub fn alerts(model: &Model, cx: &Cx<'_>, height: usize, tops: &mut Tops) -> Alerts {
    let waiting = &model.room.alerts.waiting;
    let focused = model.ui.focus == Pane::Alerts;
    let selected = model.ui.alert.filter(|alert| focused && waiting.contains_key(alert));
    let seen = window(waiting, selected.as_ref(), model.ui.tops.alerts.as_ref(), height);
    tops.alerts = seen.rows.first().copied();
    let rows = seen.rows.iter().filter_map(|fingerprint| waiting.get(fingerprint)).map(|alert| {
        let group = model.policy.group_of(&alert.labels);
        let about = match alert.summary.is_empty() {
            true => group.to_string(),
            false => format!("{group} {} {}", cx.glyphs.dot, alert.summary),
        };
        AlertRow {
            selected: Some(alert.fingerprint) == selected,
            name: alert.name.to_string(),
            severity: run(Role::Warn, alert.severity.to_string()),
            about,
            age: time::age(cx.now.wall.since(alert.started_at)),
        }
    });
    let rows = rows.collect();
    let title = Title::new("Alerts", focused);
    let unseen = usize::try_from(model.room.alerts.waiting_unseen).unwrap_or(usize::MAX);
    let title = match waiting.len().saturating_add(unseen) {
        0 => title.with(Role::TextMuted, "none waits"),
        _ if unseen > 0 => {
            title.with(Role::Warn, format!("{} wait, {unseen} more uncounted here", waiting.len()))
        }
        1 => title.with(Role::Warn, "1 waits for an incident"),
        count => title.with(Role::Warn, format!("{count} wait for an incident")),
    };
    Alerts { title, rows, above: seen.above, below: seen.below }
}
