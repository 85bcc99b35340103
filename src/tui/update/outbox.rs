//! Commands of this terminal on their way: pending until their entry is here, refused until somebody has seen why.

use std::time::Duration;

use crate::domain::ids::CommandId;
use crate::domain::text::Line;
use crate::link::outbox::{OutboxEvent, OutboxState};
use crate::tui::modal;
use crate::tui::model::{Model, Pending, PendingState, Tone, in_a_word};
use crate::tui::msg::Now;
use crate::tui::undo;

/// How long a refusal stays on its row.
const REFUSAL_SHOWN: Duration = Duration::from_secs(20);

/// News of one command. Those of an earlier run of this terminal come back here too.
pub(super) fn event(model: &mut Model, now: Now, event: OutboxEvent) {
    match &event.state {
        OutboxState::Accepted { outcome, .. } | OutboxState::Done { outcome, .. } => {
            undo::taken(model, now, &event.id, outcome);
        }
        OutboxState::Refused { .. } | OutboxState::Forgotten { .. } | OutboxState::NeedsFreshYes { .. } => {
            undo::withdraw(model, &event.id);
        }
        OutboxState::Queued | OutboxState::InFlight | OutboxState::Unknown { .. } => {}
    }
    let state = match event.state {
        OutboxState::Queued => Some(PendingState::Queued),
        OutboxState::InFlight | OutboxState::Unknown { .. } => Some(PendingState::Sending),
        OutboxState::Accepted { outcome, .. } => Some(PendingState::Accepted(outcome.seq)),
        OutboxState::Done { .. } | OutboxState::Forgotten { .. } => None,
        OutboxState::Refused { problem } => {
            let why = Line::clean(&problem.detail);
            model.say(now, Tone::Bad, &why);
            Some(PendingState::Refused(why))
        }
        OutboxState::NeedsFreshYes { why, sent } => {
            model.say(now, Tone::Bad, &format!("{}: {why}; U shows it", in_a_word(&event.command)));
            Some(PendingState::NeedsFreshYes { why, sent })
        }
    };
    match state {
        Some(state) => {
            let command = (*event.command).clone();
            model.pending.insert(event.id, Pending { command, since: now.mono, state });
        }
        None => {
            model.pending.remove(&event.id);
        }
    }
    settle(model);
    modal::follow(model, now);
}

/// A command that the outbox did not even take.
pub(super) fn not_taken(model: &mut Model, now: Now, id: CommandId, why: Line) {
    model.say(now, Tone::Bad, &why);
    undo::withdraw(model, &id);
    if let Some(pending) = model.pending.get_mut(&id) {
        pending.state = PendingState::Refused(why);
        pending.since = now.mono;
    }
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
