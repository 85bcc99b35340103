//! What a message does to the model. No clock, no I/O: time comes with the message, and what is to be done goes out as
//! effects.

mod feed;
mod input;
mod outbox;
mod timeline;

use std::sync::Arc;
use std::time::Duration;

use crate::domain::event::Entry;
use crate::domain::room::Room;
use crate::domain::time::Timestamp;

pub use input::context;

use crate::tui::effect::Effects;
use crate::tui::keymap::Keymap;
use crate::tui::model::{Model, Tone};
use crate::tui::msg::{Msg, Now};
use crate::tui::undo::Undo;

/// How long a prefix may stand before its keys are shown.
pub const WHICH_KEY_AFTER: Duration = Duration::from_millis(400);

/// Takes one message. Every message may change what is shown: who is not sure draws.
pub fn update(model: &mut Model, keymap: &Keymap, now: Now, msg: Msg) -> Effects {
    let mut effects = Effects::new();
    expire(model, now);
    match msg {
        Msg::Input(it) => input::input(model, keymap, now, it, &mut effects),
        Msg::Link(event) => feed::event(model, now, event, &mut effects),
        Msg::NotTaken { id, why } => outbox::not_taken(model, now, id, why),
        Msg::Trouble(what) => model.say(now, Tone::Bad, &what),
        Msg::Due => {}
    }
    effects
}

/// The room of the last visit, shown with its age until the hub has answered.
pub fn restore(model: &mut Model, room: Room, recent: Vec<Arc<Entry>>, saved_at: Timestamp) {
    model.link.cached_as_of = Some(saved_at);
    // Nothing is asked of a hub that is not there yet.
    feed::snapshot(model, room, recent, &mut Effects::new());
}

/// What has had its time.
fn expire(model: &mut Model, now: Now) {
    if model.ui.toast.as_ref().is_some_and(|toast| toast.until <= now.mono) {
        model.ui.toast = None;
    }
    if model.ui.undo.as_ref().and_then(Undo::until).is_some_and(|until| until <= now.mono) {
        model.ui.undo = None;
    }
    outbox::expire(model, now);
}

/// When the model next changes by itself: the clock in the header, a toast that ends, a prefix that shows its keys.
/// `None` never comes: even unseen, the minute moves.
pub fn next_due(model: &Model, now: Now) -> Duration {
    let millis = u64::try_from(now.wall.as_millis().rem_euclid(1000)).unwrap_or(0);
    // Nobody looks: the ages may be a minute old.
    let tick = if model.ui.focused { 1000 - millis } else { 60_000 - millis };
    let mut due = now.mono + Duration::from_millis(tick);
    let others = [
        model.ui.toast.as_ref().map(|toast| toast.until),
        model.ui.undo.as_ref().and_then(Undo::until),
        Some(model.ui.keys_since + WHICH_KEY_AFTER).filter(|_| !model.ui.keys.is_empty()),
    ];
    for other in others.into_iter().flatten().filter(|other| *other > now.mono) {
        due = due.min(other);
    }
    due
}
