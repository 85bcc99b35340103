//! `warroom tail`: the feed, an entry a line, for as long as somebody reads. What the link lost it takes up again, without
//! a gap and without a repetition.

use std::sync::Arc;
use std::time::Duration;

use super::args::Tail;
use super::exit::Exit;
use super::output::Output;
use super::session::Session;
use crate::domain::event::Entry;
use crate::domain::ids::{Cursor, IncidentId, JournalId};
use crate::link::api::{Client, Fate};
use crate::link::place::Place;
use crate::link::{Config, Link, LinkEvent, LinkStatus, Surroundings};
use crate::wire::body::Entries;

/// How many entries are asked for at a time; the hub gives at most this many.
const PART: u32 = 200;
/// How long a hub that does not answer such a question is left alone.
const AGAIN: Duration = Duration::from_secs(1);

/// Until nobody reads any more.
///
/// # Errors
///
/// Unreachable when the hub is not there at the start; refused when it does not want us, or its journal is not the one
/// that was read before.
pub async fn tail(session: Session, output: Output, tail: Tail) -> Result<(), Exit> {
    let place = Place { cursor: tail.after, witness: None };
    let config = Config { hub: session.way.hub, token: session.way.token, outbox: None, place };
    let (link, mut events) = Link::spawn(config, session.surroundings.clone())?;
    let (client, clock) = (session.client, session.surroundings);
    let mut reader =
        Reader { client, output, clock, incident: tail.incident, last: tail.after, heard: Heard::Nothing };
    while let Some(event) = events.recv().await {
        reader.take(event).await?;
    }
    link.shutdown().await;
    // Nobody but us ends it.
    Err(Exit::fault("the link to the hub has ended because of a fault; start it again".to_owned()))
}

/// How the last thing that was said about the link was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Nothing,
    Live,
    Late,
    Offline,
}

struct Reader {
    client: Client,
    output: Output,
    clock: Surroundings,
    incident: Option<IncidentId>,
    /// The last entry that was printed or passed over.
    last: Option<Cursor>,
    heard: Heard,
}

impl Reader {
    async fn take(&mut self, event: LinkEvent) -> Result<(), Exit> {
        match event {
            LinkEvent::Entries(entries) => self.print(&entries),
            LinkEvent::Snapshot { journal, room, .. } => self.jump(Cursor { journal, seq: room.seq }).await,
            LinkEvent::Status(status) => self.status(&status),
            LinkEvent::Hello(_)
            | LinkEvent::Clock(_)
            | LinkEvent::Policy(_)
            | LinkEvent::Gauges(_)
            | LinkEvent::GaugesMoved(_)
            | LinkEvent::Presence(_)
            | LinkEvent::Health(_)
            | LinkEvent::Outbox(_)
            | LinkEvent::NotKept(_)
            | LinkEvent::Kept
            | LinkEvent::Timeline { .. } => Ok(()),
        }
    }

    fn print(&mut self, entries: &[Arc<Entry>]) -> Result<(), Exit> {
        for entry in entries {
            let is_new = self.last.is_none_or(|last| entry.seq > last.seq);
            let is_wanted = self.incident.is_none_or(|incident| entry.incident == Some(incident));
            if is_new && is_wanted {
                self.output.entry(entry)?;
            }
            if let Some(last) = &mut self.last {
                last.seq = last.seq.max(entry.seq);
            }
        }
        Ok(())
    }

    /// The feed goes on at `to`: at the very start that is now; later, and after a place that was named, what lies between
    /// is fetched.
    async fn jump(&mut self, to: Cursor) -> Result<(), Exit> {
        let Some(last) = self.last else {
            self.last = Some(to);
            return Ok(());
        };
        if last.journal != to.journal {
            return Err(another(last.journal, to.journal));
        }
        let mut seq = last.seq;
        while seq < to.seq {
            let part = self.fetch(Cursor { seq, ..to }).await?;
            let up_to_there: Vec<_> = part.entries.into_iter().filter(|entry| entry.seq <= to.seq).collect();
            self.print(&up_to_there)?;
            seq = up_to_there.last().map(|entry| entry.seq).ok_or_else(|| {
                let first = seq.0.saturating_add(1);
                Exit::refused(format!(
                    "the hub does not give out entry {first} of its journal, and after a gap this would lie"
                ))
            })?;
        }
        Ok(())
    }

    /// Waits for a hub that has gone again, or has too much to do.
    async fn fetch(&mut self, after: Cursor) -> Result<Entries, Exit> {
        loop {
            let error = match self.client.entries(after, PART).await {
                Ok(part) => return Ok(part),
                Err(error) => error,
            };
            match error.fate() {
                Fate::Refused(problem) => return Err(Exit::refused(problem.detail.to_string())),
                Fate::NotTaken { why, retry_after } | Fate::Unknown { why, retry_after } => {
                    if retry_after.is_none() {
                        self.offline(&why);
                    }
                    tokio::time::sleep(retry_after.unwrap_or(AGAIN)).await;
                }
            }
        }
    }

    fn offline(&mut self, why: &str) {
        if self.heard != Heard::Offline {
            self.output.say(&format!("warroom: offline: {why}; going on as soon as it is back"));
        }
        self.heard = Heard::Offline;
    }

    /// Says what changed, once.
    fn status(&mut self, status: &LinkStatus) -> Result<(), Exit> {
        let now = self.clock.now();
        let words = || status.detail(now).unwrap_or_default();
        match status {
            LinkStatus::Connecting => {}
            LinkStatus::Live { .. } => {
                if self.heard != Heard::Live {
                    let from = self.last.map(|last| format!(" after {last}")).unwrap_or_default();
                    self.output.say(&format!("warroom: following {}{from}", self.client.hub()));
                }
                self.heard = Heard::Live;
            }
            LinkStatus::Late { .. } => {
                if self.heard != Heard::Late {
                    self.output.say(&format!("warroom: late: {}", words()));
                }
                self.heard = Heard::Late;
            }
            LinkStatus::Offline { why, .. } => match self.heard {
                Heard::Nothing => return Err(Exit::unreachable(why.to_string())),
                Heard::Live | Heard::Late | Heard::Offline => self.offline(why),
            },
            LinkStatus::Refused { reason, .. } => return Err(Exit::refused(reason.to_string())),
            LinkStatus::Alarm { .. } => return Err(Exit::refused(words())),
        }
        Ok(())
    }
}

fn another(known: JournalId, found: JournalId) -> Exit {
    Exit::refused(format!(
        "the hub keeps the journal {found} and not {known} (any more): what follows there does not follow here; begin anew \
         without --after"
    ))
}
