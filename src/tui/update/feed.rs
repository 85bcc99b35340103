//! What comes from the hub.

use std::sync::Arc;

use crate::domain::apply::apply;
use crate::domain::event::Entry;
use crate::domain::room::Room;
use crate::link::LinkEvent;
use crate::link::clock::ClockOffset;
use crate::tui::effect::{Effect, Effects};
use crate::tui::model::{Anchor, Model, Timeline, Tone};
use crate::tui::msg::Now;
use crate::tui::selection;
use crate::tui::update::outbox;
use crate::tui::vm::slo_order;

pub(super) fn event(model: &mut Model, now: Now, event: LinkEvent, effects: &mut Effects) {
    match event {
        LinkEvent::Status(status) => {
            let was_live = model.link.status.is_live();
            model.link.status = status;
            if model.link.status.is_live() {
                model.link.cached_as_of = None;
                if !was_live {
                    effects.push(Effect::Presence { incident: model.ui.incident });
                    model.timeline.fetching.clear();
                    selection::fetch_timeline(model, effects);
                }
            }
        }
        LinkEvent::Hello(welcome) => {
            model.link.you = Some(welcome.you);
            model.link.demo = welcome.demo;
            clock(model, now, welcome.offset);
        }
        // The loop reckons with it; every message's time is the hub's already.
        LinkEvent::Clock(offset) => clock(model, now, offset),
        LinkEvent::Policy(policy) => model.policy = policy,
        LinkEvent::Snapshot { room, recent, .. } => snapshot(model, *room, recent, effects),
        LinkEvent::Entries(entries) => self::entries(model, entries, effects),
        LinkEvent::Gauges(slos) => {
            model.gauges = slos.into_iter().map(|gauge| (gauge.name.clone(), gauge)).collect();
            model.slo_order = slo_order::reorder(&model.slo_order, &model.gauges);
        }
        LinkEvent::GaugesMoved(slos) => {
            model.gauges.extend(slos.into_iter().map(|gauge| (gauge.name.clone(), gauge)));
            model.slo_order = slo_order::reorder(&model.slo_order, &model.gauges);
        }
        LinkEvent::Presence(people) => model.presence = people,
        LinkEvent::Health(health) => model.link.health = health,
        LinkEvent::Outbox(event) => outbox::event(model, now, event),
        LinkEvent::Timeline { incident, page: Ok(page), .. } => {
            let complete = page.older_before.is_none();
            model.timeline.insert_older(incident, page.entries, complete);
        }
        LinkEvent::Timeline { incident, page: Err(why), .. } => {
            model.timeline.fetching.remove(&incident);
            model.say(now, Tone::Bad, &why);
        }
        LinkEvent::NotKept(why) => {
            model.say(now, Tone::Bad, &why);
            model.link.not_kept = Some(why);
        }
        LinkEvent::Kept => {
            model.link.not_kept = None;
            model.say(now, Tone::Good, "what you send is kept on disk again");
        }
    }
}

/// Says once that this machine's clock is wrong: times elsewhere on it do not go with those of the room.
fn clock(model: &mut Model, now: Now, offset: ClockOffset) {
    let before = std::mem::replace(&mut model.link.offset, offset);
    if before.warning().is_none()
        && let Some(warning) = offset.warning()
    {
        model.say(now, Tone::Bad, &warning);
    }
}

/// The room as the cache or the hub has it, in place of what was here.
pub fn snapshot(model: &mut Model, room: Room, recent: Vec<Arc<Entry>>, effects: &mut Effects) {
    model.room = room;
    model.timeline = Timeline::default();
    recent.into_iter().for_each(|entry| model.timeline.insert(entry));
    if model.ui.incident.is_none_or(|id| model.room.incident(id).is_none()) {
        model.ui.view.anchor = Anchor::Following;
    }
    outbox::settle(model);
    model.rebuild_board(effects);
}

fn entries(model: &mut Model, entries: Vec<Arc<Entry>>, effects: &mut Effects) {
    for entry in entries {
        apply(&mut model.room, &entry);
        if let Some(incident) = entry.incident {
            model.board.update(&model.room, incident);
        }
        model.timeline.insert(entry);
    }
    outbox::settle(model);
    selection::keep_in_list(model, effects);
}
