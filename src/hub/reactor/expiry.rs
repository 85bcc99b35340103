//! Alerts that say until when they hold, and are not repeated by then, are over: as in Alertmanager, whose API such
//! senders speak.
//!
//! Deadlines are kept in memory only. After a restart the first delivery of a sender starts a grace for whatever else of
//! its alerts fires, ends by silence ([`Ends`]) and is not repeated; a sender that does not come back ends nothing, for
//! silence is no recovery. Nor is it one when the hub could not hear: while nothing can be written, and after it or its
//! machine stood still, nothing ends until all senders had the same grace to come back; and nothing of a sender does for so
//! long after something that it delivered went unread.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::Context;
use crate::domain::actor::{Actor, Handle};
use crate::domain::alert::{AlertReport, Ends, Fingerprint};
use crate::domain::command::{Command, RefusalKind, Submission};
use crate::domain::labels::Labels;
use crate::domain::room::Room;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;
use crate::hub::writer::SubmitError;
use crate::wire::frame::Health;

/// How often deadlines are looked at.
const LOOK: Duration = Duration::from_secs(5);
/// What the alerts of a sender get that were firing when the hub started, or when it could not hear.
const GRACE: Duration = Duration::from_secs(300);
/// Two looks that are further apart were not made by a hub that ran all the time.
const STANDSTILL: Duration = Duration::from_secs(30);
/// How many alerts one command ends.
const TOGETHER: usize = 500;

/// When an alert is over if nobody repeats it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    pub at: Timestamp,
    started_at: Timestamp,
    name: Line,
}

impl Deadline {
    pub fn of(report: &AlertReport, at: Timestamp) -> Self {
        let name = report.labels.get(NAME).cloned().unwrap_or_default();
        Deadline { at, started_at: report.started_at, name }
    }
}

const NAME: &str = "alertname";

/// How many names of alerts are kept once for all that have them.
const NAMES: usize = 4_096;

#[derive(Debug, Default)]
struct State {
    deadlines: BTreeMap<Fingerprint, Kept>,
    /// What is just being ended. Until that is written, its sender may still say that it fires.
    ending: BTreeSet<Fingerprint>,
    /// No deadline is earlier than this; so long nobody has to look at them.
    earliest: Timestamp,
    /// Senders by their number.
    senders: Vec<Handle>,
    names: BTreeSet<Line>,
    /// Senders that came with deadlines since the start, and when.
    first_seen: BTreeMap<Handle, Timestamp>,
    /// Senders whose alerts from before the start were given their grace.
    graced: BTreeSet<Handle>,
    looked_at: Option<Timestamp>,
    /// Until then nothing ends by silence: the hub could not hear.
    held_until: Timestamp,
    /// Senders of which something went unread since the last look.
    unread: BTreeSet<Handle>,
    /// Until when nothing of a sender ends by silence, because something of it went unread.
    held: BTreeMap<Handle, Timestamp>,
}

/// Whether what senders repeat can be taken at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hearing {
    Yes,
    No,
}

impl From<&Health> for Hearing {
    fn from(health: &Health) -> Self {
        match health {
            Health::Writable => Hearing::Yes,
            Health::ReadOnly { .. } => Hearing::No,
        }
    }
}

/// A deadline, in few bytes: there may be a million.
#[derive(Debug)]
struct Kept {
    at: Timestamp,
    started_at: Timestamp,
    name: Line,
    /// A place in `senders`.
    sender: u32,
}

/// All deadlines.
#[derive(Debug, Default)]
pub struct Expiry(Mutex<State>);

/// What came of the end of some alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// It is written, or never will be.
    Final,
    /// It could not be written at the moment.
    Waits,
}

/// Alerts of one sender that are over.
type Overdue = BTreeMap<Handle, Vec<AlertReport>>;

impl Expiry {
    /// Notes what a sender delivered: a deadline for what holds until then, none for what is over or ends by word.
    pub(in crate::hub) fn note(
        &self,
        source: &Handle,
        delivered: impl IntoIterator<Item = (Fingerprint, Option<Deadline>)>,
    ) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_known = false;
        for (fingerprint, deadline) in delivered {
            match deadline {
                Some(deadline) => {
                    if !is_known {
                        state.first_seen.entry(source.clone()).or_insert(Timestamp::MIN);
                        is_known = true;
                    }
                    let kept = state.kept(source, deadline);
                    state.deadlines.insert(fingerprint, kept);
                }
                None => {
                    state.deadlines.remove(&fingerprint);
                }
            }
        }
    }

    /// What a sender repeats counts as repeated from when it arrives, whether or not it comes to be written: it is no
    /// silence. An end does not count until it is written, and nothing is noted that was not before.
    pub(in crate::hub) fn heard(&self, source: &Handle, delivered: &[(Fingerprint, Option<Deadline>)]) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (fingerprint, deadline) in delivered {
            let Some(deadline) = deadline else { continue };
            if let Some(kept) = state.deadlines.get_mut(fingerprint) {
                kept.at = kept.at.max(deadline.at);
            } else if state.ending.contains(fingerprint) {
                let kept = state.kept(source, deadline.clone());
                state.deadlines.insert(*fingerprint, kept);
            }
        }
    }

    /// Notes that something which a sender delivered was not read: nobody knows what it repeated there.
    pub(in crate::hub) fn went_unread(&self, source: &Handle) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.unread.contains(source) {
            state.unread.insert(source.clone());
        }
    }

    /// What is over by now. Its deadline is forgotten here: ask once, and say what came of it by [`Expiry::settle`].
    fn take_overdue(&self, room: &Room, now: Timestamp, hearing: Hearing) -> Overdue {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut overdue = Overdue::new();
        state.look(now, hearing);
        if now < state.held_until {
            return overdue;
        }
        state.grace(room, now);
        if now < state.earliest {
            return overdue;
        }
        let State { deadlines, ending, earliest, senders, held, .. } = &mut *state;
        *earliest = Timestamp::MAX;
        deadlines.retain(|fingerprint, kept| {
            let sender = senders.get(kept.sender as usize);
            let held_until = sender.and_then(|sender| held.get(sender));
            let due = held_until.map_or(kept.at, |until| kept.at.max(*until));
            if due > now {
                *earliest = due.min(*earliest);
                return true;
            }
            // Somebody may have ended it in the meantime.
            if let Some(sender) = sender
                && room.alerts.firing.contains_key(fingerprint)
            {
                ending.insert(*fingerprint);
                overdue.entry(sender.clone()).or_default().push(over(*fingerprint, kept));
            }
            false
        });
        overdue
    }

    /// What could not be written is looked at again, unless its sender has said more since.
    fn settle(&self, source: &Handle, alerts: &[AlertReport], end: End) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for alert in alerts {
            state.ending.remove(&alert.fingerprint);
            if end == End::Waits && !state.deadlines.contains_key(&alert.fingerprint) {
                let deadline = Deadline::of(alert, alert.ended_at.unwrap_or(alert.started_at));
                let kept = state.kept(source, deadline);
                state.deadlines.insert(alert.fingerprint, kept);
            }
        }
    }

    pub(super) async fn run(self: Arc<Self>, context: Context) {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let health = context.feed.health();
        let looking = async {
            loop {
                look.tick().await;
                let hearing = Hearing::from(&*health.borrow());
                let overdue = self.take_overdue(&context.room.read(), context.clock.now(), hearing);
                for (source, alerts) in overdue {
                    self.end(&context, &source, &alerts).await;
                }
            }
        };
        context.shutdown.run_until_cancelled(looking).await;
    }

    async fn end(&self, context: &Context, source: &Handle, alerts: &[AlertReport]) {
        for part in alerts.chunks(TOGETHER) {
            let command = Command::ReportAlerts { alerts: part.to_vec() };
            let actor = Actor::Integration(source.clone());
            let submitted = context.submitter.submit(Submission { id: None, actor, seen: None, command });
            let end = match submitted.await {
                Ok(_) => {
                    context.metrics.alerts_expired.inc_by(part.len() as u64);
                    tracing::info!(%source, alerts = part.len(), "alerts ended that nobody repeated");
                    End::Final
                }
                Err(SubmitError::Refused(refusal)) if refusal.kind != RefusalKind::Overloaded => {
                    tracing::error!(%source, detail = %refusal.message, "alerts that ended were refused, and stay");
                    End::Final
                }
                Err(error) => {
                    tracing::warn!(%source, %error, "alerts that ended could not be written; trying again");
                    End::Waits
                }
            };
            self.settle(source, part, end);
        }
    }
}

impl State {
    fn kept(&mut self, source: &Handle, deadline: Deadline) -> Kept {
        let Deadline { at, started_at, name } = deadline;
        self.earliest = at.min(self.earliest);
        let known = self.senders.iter().position(|sender| sender == source);
        let sender = known.unwrap_or_else(|| {
            self.senders.push(source.clone());
            self.senders.len() - 1
        });
        let name = match self.names.get(&name) {
            Some(known) => known.clone(),
            None => {
                // Whoever makes names up gains nothing: those in use stay with their alerts.
                if self.names.len() >= NAMES {
                    self.names.clear();
                }
                self.names.insert(name.clone());
                name
            }
        };
        Kept { at, started_at, name, sender: u32::try_from(sender).unwrap_or(u32::MAX) }
    }

    /// Notes that the hub runs, and until when the silence of senders says nothing if it could not hear them.
    fn look(&mut self, now: Timestamp, hearing: Hearing) {
        let stood_still = self.looked_at.is_some_and(|last| now.since(last) > STANDSTILL);
        let grace = now.plus(GRACE);
        // A clock that was set back does not make it longer.
        self.held_until =
            if stood_still || hearing == Hearing::No { grace } else { self.held_until.min(grace) };
        self.looked_at = Some(now);
        self.held.retain(|_, until| {
            *until = grace.min(*until);
            *until > now
        });
        self.held.extend(std::mem::take(&mut self.unread).into_iter().map(|source| (source, grace)));
    }

    /// Gives a deadline to what fired before the start and was not repeated since its sender came back.
    fn grace(&mut self, room: &Room, now: Timestamp) {
        let mut silent_ones = Vec::new();
        for (source, first) in &mut self.first_seen {
            if *first == Timestamp::MIN {
                *first = now;
            }
            let is_due = now.since(*first) >= GRACE && !self.graced.contains(source);
            if !is_due {
                continue;
            }
            self.graced.insert(source.clone());
            let shown = room.open_incidents().flat_map(|incident| incident.alerts.shown.values());
            for alert in shown.chain(room.alerts.waiting.values()) {
                let silent = alert.is_firing()
                    && alert.ends == Ends::BySilence
                    && alert.source == *source
                    && alert.started_at < *first
                    && !self.deadlines.contains_key(&alert.fingerprint);
                if silent {
                    silent_ones.push((source.clone(), alert));
                }
            }
        }
        for (source, alert) in silent_ones {
            let deadline = Deadline { at: now, started_at: alert.started_at, name: alert.name.clone() };
            let kept = self.kept(&source, deadline);
            self.deadlines.insert(alert.fingerprint, kept);
        }
    }
}

fn over(fingerprint: Fingerprint, deadline: &Kept) -> AlertReport {
    AlertReport {
        fingerprint,
        labels: Labels::from([(Line::clean(NAME), deadline.name.clone())]),
        summary: Line::default(),
        started_at: deadline.started_at,
        ended_at: Some(deadline.at.max(deadline.started_at)),
        link: None,
        description: None,
        runbook: None,
        ends: Ends::ByWord,
    }
}

#[cfg(test)]
mod tests;
