//! Where one is: which incident, task, alert, entry. Always an id, and always one that is there.

use std::ops::Bound;

use crate::domain::ids::{IncidentId, Seq};
use crate::tui::effect::{Effect, Effects};
use crate::tui::model::{Anchor, Chosen, Model, Pane, Scope};
use crate::tui::vm::{responders, slos};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Next,
    Previous,
    First,
    Last,
    PageDown,
    PageUp,
}

/// Rows that a page moves by, where the pane's own height is not known here.
const PAGE: usize = 10;

/// Moves within the pane that has the focus.
pub fn step(model: &mut Model, step: Step, effects: &mut Effects) {
    match model.ui.focus {
        Pane::Incidents => {
            let to = match model.ui.incident.filter(|id| model.board.contains(*id)) {
                None => model.board.first(),
                Some(at) => match step {
                    Step::Next => model.board.after(at).next(),
                    Step::Previous => model.board.before(at).next(),
                    Step::First => model.board.first(),
                    Step::Last => model.board.last(),
                    Step::PageDown => model.board.after(at).take(PAGE).last(),
                    Step::PageUp => model.board.before(at).take(PAGE).last(),
                }
                .or(Some(at)),
            };
            model.ui.chosen = Chosen::ByHand;
            show_incident(model, to, effects);
        }
        Pane::Timeline => step_timeline(model, step, effects),
        Pane::Tasks => {
            let tasks = model.selected().map(|incident| incident.tasks.keys().copied().collect::<Vec<_>>());
            model.ui.task = step_in(&tasks.unwrap_or_default(), model.ui.task, step);
        }
        Pane::Alerts => {
            let alerts: Vec<_> = model.room.alerts.waiting.keys().copied().collect();
            model.ui.alert = step_in(&alerts, model.ui.alert, step);
        }
        Pane::Slos => {
            let slos: Vec<_> = slos::order(model).into_iter().map(|gauge| gauge.name.clone()).collect();
            let at = model.selected_slo().map(|gauge| gauge.name.clone());
            model.ui.slo = step_in(&slos, at, step);
        }
        Pane::Responders => {
            let people = responders::order(model, model.selected());
            let people: Vec<_> = people.into_iter().map(|(handle, _)| handle.clone()).collect();
            model.ui.responder = step_in(&people, model.ui.responder.clone(), step);
        }
    }
}

/// One step in a short list.
fn step_in<T: Clone + PartialEq>(items: &[T], at: Option<T>, step: Step) -> Option<T> {
    let last = items.len().checked_sub(1)?;
    let to = match at.and_then(|at| items.iter().position(|item| *item == at)) {
        None => 0,
        Some(at) => match step {
            Step::Next => at.saturating_add(1),
            Step::Previous => at.saturating_sub(1),
            Step::First => 0,
            Step::Last => last,
            Step::PageDown => at.saturating_add(PAGE),
            Step::PageUp => at.saturating_sub(PAGE),
        },
    };
    items.get(to.min(last)).cloned()
}

fn step_timeline(model: &mut Model, step: Step, effects: &mut Effects) {
    let Some(newest) = model.newest_shown() else { return };
    let at = match model.ui.view.anchor {
        Anchor::Following => newest,
        Anchor::At { seq, .. } => seq,
    };
    let to = match step {
        Step::Next => neighbours(model, at, true, 1),
        Step::PageDown => neighbours(model, at, true, PAGE),
        Step::Previous => neighbours(model, at, false, 1),
        Step::PageUp => neighbours(model, at, false, PAGE),
        Step::First => neighbours(model, at, false, usize::MAX),
        Step::Last => Some(newest),
    };
    let to = to.unwrap_or(at);
    let down = matches!(step, Step::Next | Step::PageDown | Step::Last);
    model.ui.view.anchor = match model.ui.view.anchor {
        _ if down && to >= newest => Anchor::Following,
        Anchor::Following => Anchor::At { seq: to, newest },
        Anchor::At { newest, .. } => Anchor::At { seq: to, newest },
    };
    if !down {
        fetch_older(model, to, effects);
    }
}

/// The entry `count` rows on in the timeline's scope, or the last one there.
fn neighbours(model: &Model, at: Seq, newer: bool, count: usize) -> Option<Seq> {
    let range =
        if newer { (Bound::Excluded(at), Bound::Unbounded) } else { (Bound::Unbounded, Bound::Excluded(at)) };
    match (model.ui.view.scope, model.ui.incident) {
        (Scope::Incident, Some(incident)) => {
            let seqs = model.timeline.by_incident.get(&incident)?.range(range).map(|(seq, _)| *seq);
            if newer { seqs.take(count).last() } else { seqs.rev().take(count).last() }
        }
        (Scope::Incident, None) | (Scope::Room, _) => {
            let seqs = model.timeline.entries.range(range).map(|(seq, _)| *seq);
            if newer { seqs.take(count).last() } else { seqs.rev().take(count).last() }
        }
    }
}

/// Near the oldest row that is held, the hub is asked for older ones.
fn fetch_older(model: &mut Model, at: Seq, effects: &mut Effects) {
    const NEAR: usize = 30;
    let Some(incident) = model.ui.incident else { return };
    if model.ui.view.scope == Scope::Room
        || model.timeline.complete.contains(&incident)
        || model.timeline.fetching.contains(&incident)
    {
        return;
    }
    let Some(held) = model.timeline.by_incident.get(&incident) else { return };
    if held.range(..at).take(NEAR).count() < NEAR {
        let before = held.keys().next().copied();
        model.timeline.fetching.insert(incident);
        effects.push(Effect::FetchTimeline { incident, before });
    }
}

/// Selects an incident, tells the others, and sees to it that its timeline is there.
pub fn show_incident(model: &mut Model, id: Option<IncidentId>, effects: &mut Effects) {
    if model.ui.incident == id {
        return;
    }
    model.ui.incident = id;
    model.ui.task = None;
    model.ui.responder = None;
    if model.ui.view.scope == Scope::Incident {
        model.ui.view.anchor = Anchor::Following;
    }
    effects.push(Effect::Presence { incident: id });
    fetch_timeline(model, effects);
}

/// Asks for the selected incident's timeline when little or nothing of it is held.
pub fn fetch_timeline(model: &mut Model, effects: &mut Effects) {
    const ENOUGH: usize = 50;
    let Some(incident) = model.ui.incident else { return };
    let held = model.timeline.by_incident.get(&incident);
    let known = model.timeline.complete.contains(&incident) || model.timeline.fetching.contains(&incident);
    if !known && held.is_none_or(|entries| entries.len() < ENOUGH) && model.link.status.is_live() {
        let before = held.and_then(|entries| entries.keys().next().copied());
        model.timeline.fetching.insert(incident);
        effects.push(Effect::FetchTimeline { incident, before });
    }
}

/// After the room or the filter changed: a selection that is on the list, the first one if need be.
pub fn keep_in_list(model: &mut Model, effects: &mut Effects) {
    let here = model.ui.incident.is_some_and(|id| model.board.contains(id));
    let is_live = |id: IncidentId| model.room.incident(id).is_some_and(|incident| incident.status.is_live());
    let overtaken = model.ui.chosen == Chosen::ByRank
        && !model.ui.incident.is_some_and(is_live)
        && model.board.first().is_some_and(is_live);
    if !here || overtaken {
        model.ui.chosen = Chosen::ByRank;
        // One that was merged away goes on where it went.
        let survivor = model.ui.incident.filter(|_| !overtaken).map(|id| model.room.surviving(id));
        let survivor = survivor.filter(|id| model.board.contains(*id));
        show_incident(model, survivor.or_else(|| model.board.first()), effects);
    }
    if model.ui.task.is_some_and(|task| !model.selected().is_some_and(|it| it.tasks.contains_key(&task))) {
        model.ui.task = None;
    }
    if model.ui.alert.is_some_and(|alert| !model.room.alerts.waiting.contains_key(&alert)) {
        model.ui.alert = None;
    }
}
