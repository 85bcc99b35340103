//! Commands of this terminal on their way: pending until their entry is here, refused until somebody has seen why.

use std::time::Duration;

use crate::link::{OutboxEvent, OutboxState};
use crate::tui::modal;
use crate::tui::model::{Model, Pending, PendingState, Tone};
use crate::tui::msg::Now;

/// How long a refusal stays on its row.
const REFUSAL_SHOWN: Duration = Duration::from_secs(20);

/// News of one command.
pub(super) fn event(model: &mut Model, now: Now, event: OutboxEvent) {
    let state = match event.state {
        OutboxState::Queued => PendingState::Queued,
        OutboxState::Sending | OutboxState::Unknown => PendingState::Sending,
        OutboxState::Accepted(outcome) => PendingState::Accepted(outcome.seq),
        OutboxState::Refused(why) => {
            model.say(now, Tone::Bad, &why);
            PendingState::Refused(why)
        }
        OutboxState::NeedsFreshYes => {
            model.say(now, Tone::Bad, "an update could not be sent in time and needs a fresh yes");
            PendingState::NeedsFreshYes
        }
    };
    let pending = Pending { command: event.command, since: now.mono, state };
    // Commands of an earlier run of this terminal come back here too.
    model.pending.insert(event.id, pending);
    settle(model);
    modal::follow(model, now);
}

/// Accepted commands whose entries are here are pending no more.
pub(super) fn settle(model: &mut Model) {
    let seq = model.room.seq;
    model.pending.retain(|_, pending| !matches!(pending.state, PendingState::Accepted(at) if at <= seq));
}

/// Refusals that have been on the screen long enough.
pub(super) fn expire(model: &mut Model, now: Now) {
    let over = |pending: &Pending| pending.since + REFUSAL_SHOWN <= now.mono;
    model.pending.retain(|_, pending| !(matches!(pending.state, PendingState::Refused(_)) && over(pending)));
}
