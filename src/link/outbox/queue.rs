//! The rules of the outbox, without clock, network or disk: what goes next, and what an answer means.

use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::{Change, FRESH, Item, LATE, OutboxEvent, OutboxState, Sent};
use crate::domain::actor::Handle;
use crate::domain::command::Outcome;
use crate::domain::ids::{CommandId, Seq};
use crate::domain::text::Line;
use crate::domain::time::Timestamp;
use crate::link::api::Fate;
use crate::link::backoff::Backoff;

/// How many commands are on their way at once.
const ABREAST: usize = 4;

/// The same moment by both clocks: the wall's jumps, the steady one stands still while the machine sleeps.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    pub wall: Timestamp,
    pub instant: Instant,
}

#[derive(Debug)]
enum Stage {
    Queued {
        not_before: Option<Instant>,
    },
    InFlight,
    /// Taken by the hub; its entry has not come yet.
    Accepted(Outcome),
    NeedsYes,
}

#[derive(Debug)]
struct Held {
    item: Item,
    stage: Stage,
    /// Absent for what was written before this process began.
    since: Option<Instant>,
    /// How old it was when it was sent.
    sent_at_age: Duration,
    /// Whether it may have arrived by a try before the present one.
    sent_before: Sent,
    backoff: Backoff,
    /// Its seat among the 256.
    _permit: Option<OwnedSemaphorePermit>,
}

impl Held {
    fn age(&self, now: Now) -> Duration {
        let by_wall = now.wall.since(self.item.queued_at);
        self.since.map_or(by_wall, |since| by_wall.max(now.instant.saturating_duration_since(since)))
    }

    fn is_overdue(&self, now: Now) -> bool {
        self.item.command.is_outward() && (self.since.is_none() || self.age(now) >= FRESH)
    }

    fn event(&self, state: OutboxState) -> OutboxEvent {
        let Item { id, command, queued_at, .. } = &self.item;
        OutboxEvent { id: id.clone(), command: command.clone(), queued_at: *queued_at, state }
    }

    fn late(&self) -> Option<Duration> {
        (self.sent_at_age > LATE).then_some(self.sent_at_age)
    }

    fn needs_yes(&mut self, why: &str) -> OutboxEvent {
        self.stage = Stage::NeedsYes;
        self.event(OutboxState::NeedsFreshYes { why: Line::clean(why), sent: self.item.sent })
    }
}

/// Everything that waits, in the order in which it was written.
#[derive(Debug, Default)]
pub struct Queue {
    /// The mark of the token that commands go out under now.
    under: Option<Line>,
    held: Vec<Held>,
    changes: Vec<Change>,
    events: Vec<OutboxEvent>,
    /// The last entry that was handed on.
    applied: Seq,
}

impl Queue {
    pub fn under(token: Line) -> Self {
        Queue { under: Some(token), ..Queue::default() }
    }

    /// What has changed since the last call: to be kept first, then to be told.
    pub fn take(&mut self) -> (Vec<Change>, Vec<OutboxEvent>) {
        (std::mem::take(&mut self.changes), std::mem::take(&mut self.events))
    }

    pub fn submit(&mut self, item: Item, permit: Option<OwnedSemaphorePermit>, now: Now) {
        let item = Item { under: self.under.clone(), ..item };
        self.changes.push(Change::Put(item.clone()));
        self.push(item, permit, Some(now.instant));
    }

    /// Takes up what a process before this one left.
    pub fn restore(&mut self, item: Item, permit: Option<OwnedSemaphorePermit>) {
        self.push(item, permit, None);
    }

    fn push(&mut self, item: Item, permit: Option<OwnedSemaphorePermit>, since: Option<Instant>) {
        let (stage, sent_before) = (Stage::Queued { not_before: None }, item.sent);
        let held = Held {
            item,
            stage,
            since,
            sent_at_age: Duration::ZERO,
            sent_before,
            backoff: Backoff::default(),
            _permit: permit,
        };
        self.events.push(held.event(OutboxState::Queued));
        self.held.push(held);
    }

    /// The next command that may go out now, as `me`. It counts as on its way from here on.
    pub fn next(&mut self, me: Option<&Handle>, now: Now) -> Option<Item> {
        self.expire(now);
        let in_flight = self.held.iter().filter(|held| matches!(held.stage, Stage::InFlight)).count();
        if in_flight >= ABREAST {
            return None;
        }
        loop {
            let index = self.ready(now)?;
            let held = self.held.get_mut(index)?;
            match (&held.item.author, me) {
                (Some(author), Some(me)) if author != me => {
                    let why = format!("@{author} wrote it, and this terminal is @{me}'s now");
                    let event = held.needs_yes(&why);
                    self.events.push(event);
                }
                // Perhaps it was written under a token that the hub did not take.
                (None, Some(me)) if held.item.under != self.under => {
                    let why = format!("the hub had not said who wrote it, and this terminal is @{me}'s now");
                    let event = held.needs_yes(&why);
                    self.events.push(event);
                }
                _ => {
                    held.sent_at_age = held.age(now);
                    held.sent_before = held.item.sent;
                    held.stage = Stage::InFlight;
                    if held.item.sent == Sent::No {
                        held.item.sent = Sent::Perhaps;
                        self.changes.push(Change::Put(held.item.clone()));
                    }
                    self.events.push(held.event(OutboxState::InFlight));
                    return Some(held.item.clone());
                }
            }
        }
    }

    /// The first that waits for nothing: neither for its time nor for one of the same incident before it.
    fn ready(&self, now: Now) -> Option<usize> {
        let mut blocked = Vec::new();
        for (index, held) in self.held.iter().enumerate() {
            let incident = held.item.command.incident();
            match held.stage {
                Stage::Queued { not_before }
                    if not_before.is_none_or(|time| time <= now.instant) && !blocked.contains(&incident) =>
                {
                    return Some(index);
                }
                Stage::Queued { .. } | Stage::InFlight => blocked.push(incident),
                Stage::Accepted(_) | Stage::NeedsYes => {}
            }
        }
        None
    }

    /// Gives back to their authors what goes outside and was not sent in time.
    pub fn expire(&mut self, now: Now) {
        for held in &mut self.held {
            if matches!(held.stage, Stage::Queued { .. }) && held.is_overdue(now) {
                let why = match held.item.sent {
                    Sent::No => "it could not be sent while it was fresh, and goes to people outside",
                    Sent::Perhaps => {
                        "no answer came, so it may have gone out; saying yes sends it again without doubling it"
                    }
                };
                let event = held.needs_yes(why);
                self.events.push(event);
            }
        }
    }

    /// The hub has taken a command.
    pub fn accepted(&mut self, id: &CommandId, outcome: Outcome) {
        let Some(index) = self.find(id) else { return };
        let Some(held) = self.held.get_mut(index) else { return };
        let (incident, aspect, seen) =
            (held.item.command.incident(), held.item.command.aspect(), held.item.seen);
        let late = held.late();
        self.events.push(held.event(OutboxState::Accepted { outcome: outcome.clone(), late }));
        held.stage = Stage::Accepted(outcome.clone());
        self.changes.push(Change::Drop(id.clone()));
        // That it was not stale shows that nobody else touched this aspect since `seen`: what its author wrote after it
        // was written in that knowledge, and is not stale by this one.
        if let (Some(aspect), Some(seen), Some(revision)) = (aspect, seen, outcome.revision) {
            for later in self.held.iter_mut().skip(index + 1) {
                let item = &mut later.item;
                let follows = item.command.incident() == incident && item.command.aspect() == Some(aspect);
                if follows && item.seen.is_some_and(|own| own <= seen) {
                    item.seen = Some(revision);
                    self.changes.push(Change::Put(item.clone()));
                }
            }
        }
        self.applied(self.applied);
    }

    /// A command came back without an outcome. `fraction` is the chance in how long to wait before it is sent again.
    pub fn failed(&mut self, id: &CommandId, fate: Fate, now: Now, fraction: f64) {
        let Some(index) = self.find(id) else { return };
        let Some(held) = self.held.get_mut(index) else { return };
        let (state, retry_after) = match fate {
            Fate::Refused(problem) => {
                self.events.push(held.event(OutboxState::Refused { problem }));
                self.remove(index);
                return;
            }
            Fate::NotTaken { retry_after, .. } => {
                if held.item.sent != held.sent_before {
                    held.item.sent = held.sent_before;
                    self.changes.push(Change::Put(held.item.clone()));
                }
                (OutboxState::Queued, retry_after)
            }
            Fate::Unknown { why, retry_after } => (OutboxState::Unknown { why }, retry_after),
        };
        let wait = held.backoff.failed(fraction).max(retry_after.unwrap_or_default());
        held.stage = Stage::Queued { not_before: Some(now.instant + wait) };
        self.events.push(held.event(state));
        self.expire(now);
    }

    /// Entries up to this one have been handed on.
    pub fn applied(&mut self, seq: Seq) {
        self.applied = seq;
        let events = &mut self.events;
        self.held.retain(|held| match &held.stage {
            Stage::Accepted(outcome) if outcome.seq <= seq => {
                let state = OutboxState::Done { outcome: outcome.clone(), late: held.late() };
                events.push(held.event(state));
                false
            }
            Stage::Queued { .. } | Stage::InFlight | Stage::Accepted(_) | Stage::NeedsYes => true,
        });
    }

    /// The hub is back: nothing waits for its time any longer.
    pub fn hurry(&mut self) {
        for held in &mut self.held {
            if let Stage::Queued { not_before } = &mut held.stage {
                *not_before = None;
            }
        }
    }

    /// A fresh yes by `me`: what came back goes out again under its id.
    pub fn confirm(&mut self, id: &CommandId, me: Option<Handle>, now: Now) {
        let held = self.find(id).and_then(|index| self.held.get_mut(index));
        let Some(held) = held.filter(|held| matches!(held.stage, Stage::NeedsYes)) else { return };
        held.item.queued_at = now.wall;
        held.item.author = me;
        held.since = Some(now.instant);
        held.stage = Stage::Queued { not_before: None };
        self.changes.push(Change::Put(held.item.clone()));
        self.events.push(held.event(OutboxState::Queued));
    }

    /// Gives a command up. What is on its way may still be done.
    pub fn forget(&mut self, id: &CommandId) {
        let Some(index) = self.find(id) else { return };
        let Some(held) = self.held.get(index) else { return };
        if matches!(held.stage, Stage::Accepted(_)) {
            return;
        }
        self.events.push(held.event(OutboxState::Forgotten { sent: held.item.sent }));
        self.remove(index);
    }

    /// When something has to be done if nothing happens.
    pub fn deadline(&self, now: Now) -> Option<Instant> {
        let due = self.held.iter().filter_map(|held| {
            let Stage::Queued { not_before } = held.stage else { return None };
            let expires =
                held.item.command.is_outward().then(|| now.instant + FRESH.saturating_sub(held.age(now)));
            match (not_before.filter(|time| *time > now.instant), expires) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            }
        });
        due.min()
    }

    fn find(&self, id: &CommandId) -> Option<usize> {
        self.held.iter().position(|held| held.item.id == *id)
    }

    fn remove(&mut self, index: usize) {
        let held = self.held.remove(index);
        self.changes.push(Change::Drop(held.item.id));
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
