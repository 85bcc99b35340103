//! Who is in the room, in which role, and what they look at.

use std::collections::BTreeMap;

use super::{Cx, Run, Title, run, time, window};
use crate::domain::actor::Handle;
use crate::domain::gauge::Presence;
use crate::domain::incident::Incident;
use crate::tui::model::{Model, Pane};
use crate::tui::theme::Role;

/// The most people that are looked at for one frame.
const SEEN: usize = 300;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Responders {
    pub title: Title,
    pub rows: Vec<ResponderRow>,
    pub above: bool,
    pub below: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponderRow {
    pub selected: bool,
    /// Here or away, as a shape.
    pub presence: Run,
    pub handle: String,
    /// In the incident that is selected.
    pub role: Run,
    /// `here`, `on INC-9`, `away`.
    pub looks_at: String,
}

/// Those of the selected incident first, roles before others; then everybody else who is connected.
pub fn order<'a>(model: &'a Model, incident: Option<&'a Incident>) -> Vec<(&'a Handle, Run)> {
    let mut people: BTreeMap<&Handle, (u8, Run)> = BTreeMap::new();
    if let Some(incident) = incident {
        for (place, role) in model.policy.roles.iter().enumerate() {
            if let Some(handle) = incident.roles.get(&role.name) {
                let rank = u8::try_from(place).unwrap_or(u8::MAX - 2);
                people.entry(handle).or_insert((rank, run(Role::TextStrong, role.label.to_string())));
            }
        }
        for handle in incident.responders.keys().take(SEEN) {
            people.entry(handle).or_insert((u8::MAX - 1, run(Role::Text, "responder")));
        }
    }
    for handle in model.presence.iter().take(SEEN).map(|presence| &presence.handle) {
        people.entry(handle).or_insert((u8::MAX, run(Role::TextMuted, "watching")));
    }
    let mut people: Vec<(&Handle, u8, Run)> =
        people.into_iter().map(|(handle, (rank, role))| (handle, rank, role)).collect();
    people.sort_by_key(|(handle, rank, _)| (*rank, *handle));
    people.into_iter().map(|(handle, _, role)| (handle, role)).collect()
}

/// At most `height` people.
pub fn responders(model: &Model, incident: Option<&Incident>, cx: &Cx<'_>, height: usize) -> Responders {
    let people = order(model, incident);
    let present: BTreeMap<&Handle, &Presence> =
        model.presence.iter().take(SEEN).map(|presence| (&presence.handle, presence)).collect();
    let focused = model.ui.focus == Pane::Responders;
    let selected = model.ui.responder.as_ref().filter(|_| focused);
    let place = people.iter().position(|(handle, ..)| Some(*handle) == selected);
    let seen = window::page(people.len(), place.unwrap_or(0), height);
    let (above, below) = (seen.start > 0, seen.end < people.len());
    let here = people.iter().filter(|(handle, ..)| present.contains_key(handle)).count();
    let rows = people.get(seen).unwrap_or_default().iter().map(|(handle, role)| {
        let presence = present.get(handle);
        let shape = if presence.is_some() { cx.glyphs.live } else { cx.glyphs.absent };
        let looks_at = match presence {
            None => "away".to_owned(),
            Some(presence) => match presence.incident {
                Some(at) if incident.is_some_and(|incident| incident.id == at) => "here".to_owned(),
                Some(at) => format!("on {at}"),
                None => format!("in for {}", time::age(cx.now.wall.since(presence.since))),
            },
        };
        ResponderRow {
            selected: Some(*handle) == selected,
            presence: run(if presence.is_some() { Role::Ok } else { Role::TextMuted }, shape),
            handle: format!("@{handle}"),
            role: role.clone(),
            looks_at,
        }
    });
    let rows = rows.collect();
    let title = Title::new("Responders", focused).with(Role::TextMuted, format!("{here} connected"));
    Responders { title, rows, above, below }
}
