//! Deciding on a batch: what would be written, and what each sender would be told if it is.

use std::collections::HashMap;

use super::{Answer, Envelope};
use crate::domain::apply::apply;
use crate::domain::command::{Outcome, Refusal, RefusalKind};
use crate::domain::decide::{Decision, Proposal, decide};
use crate::domain::event::{Entry, Event};
use crate::domain::ids::{CommandId, Hash};
use crate::domain::policy::Policy;
use crate::domain::room::Room;
use crate::domain::time::Timestamp;
use crate::hub::clock::{Random, entry_id};
use crate::journal::{Batch, Encoded, Journal, JournalError, Recorded};

/// What a batch of commands comes to.
pub(super) struct Plan {
    pub batch: Batch,
    /// One a command, in their order; true once the batch is on disk.
    pub answers: Vec<Answer>,
}

impl Plan {
    pub fn writes_nothing(&self) -> bool {
        self.batch.entries.is_empty() && self.batch.outcomes.is_empty()
    }
}

/// What decisions rest on.
pub(super) struct Grounds<'a> {
    pub journal: &'a dyn Journal,
    pub policy: &'a Policy,
    pub random: &'a dyn Random,
    pub now: Timestamp,
}

impl Grounds<'_> {
    /// Decides on each command in turn and applies it to `room`, so that the next one sees it.
    pub fn plan(&self, room: &mut Room, work: &[Envelope]) -> Result<Plan, JournalError> {
        let mut plan = Plan {
            batch: Batch { at: self.now, ..Batch::default() },
            answers: Vec::with_capacity(work.len()),
        };
        let mut here: HashMap<&CommandId, Recorded> = HashMap::new();
        for envelope in work {
            let identity = envelope.submission.id.as_ref().zip(envelope.content);
            if let Some((id, content)) = identity {
                let earlier = match here.get(id) {
                    Some(recorded) => Some(recorded.clone()),
                    None => self.journal.recorded(id)?,
                };
                if let Some(recorded) = earlier {
                    plan.answers.push(repeated(recorded, content));
                    continue;
                }
            }
            let result = self.decide_one(room, envelope, &mut plan.batch.entries);
            if let Some((id, content)) = identity
                && is_final(&result)
            {
                let recorded = Recorded { content, result: result.clone() };
                here.insert(id, recorded.clone());
                plan.batch.outcomes.push((id.clone(), recorded));
            }
            plan.answers.push(result.map_err(Into::into));
        }
        Ok(plan)
    }

    fn decide_one(
        &self,
        room: &mut Room,
        envelope: &Envelope,
        entries: &mut Vec<Encoded>,
    ) -> Result<Outcome, Refusal> {
        let Decision { events, incident, task, comms, change } =
            decide(room, self.policy, self.now, &envelope.submission)?;
        let made = self.write_down(room, envelope, events)?;
        let mut outcome =
            Outcome { seq: room.seq, id: incident, revision: None, task, comms, note: None, change };
        for encoded in &made {
            apply(room, &encoded.entry);
            outcome.seq = encoded.entry.seq;
            if let Event::NoteAdded { .. } = encoded.entry.event {
                outcome.note = Some(encoded.entry.seq);
            }
        }
        outcome.revision = incident.and_then(|id| room.incident(id)).map(|found| found.revision);
        entries.extend(made);
        Ok(outcome)
    }

    /// Everything is encoded before anything is applied, so that a command is never half in the room.
    fn write_down(
        &self,
        room: &Room,
        envelope: &Envelope,
        events: Vec<Proposal>,
    ) -> Result<Vec<Encoded>, Refusal> {
        let mut seq = room.seq;
        let encode = |Proposal { incident, event }| {
            seq = seq.next();
            let entry = Entry {
                seq,
                id: entry_id(self.now, self.random),
                at: self.now,
                actor: envelope.submission.actor.clone(),
                incident,
                event,
            };
            match serde_json::to_string(&entry) {
                Ok(json) => Ok(Encoded { entry, json: json.into() }),
                Err(error) => {
                    let why = format!("this cannot be written down as JSON: {error}");
                    Err(Refusal::new(RefusalKind::Invalid, why))
                }
            }
        };
        events.into_iter().map(encode).collect()
    }
}

/// An overload passes: it is no answer to keep.
fn is_final(result: &Result<Outcome, Refusal>) -> bool {
    !matches!(result, Err(refusal) if refusal.kind == RefusalKind::Overloaded)
}

fn repeated(recorded: Recorded, content: Hash) -> Answer {
    if recorded.content == content {
        recorded.result.map_err(Into::into)
    } else {
        let message =
            "this Idempotency-Key was already used for another command; make a new key for a new command";
        Err(Refusal::new(RefusalKind::Invalid, message).into())
    }
}
