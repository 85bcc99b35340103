//! What the link tells the one who started it, in one order: applying it in that order gives the hub's room.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::clock::ClockOffset;
use super::outbox::OutboxEvent;
use super::status::LinkStatus;
use crate::domain::event::Entry;
use crate::domain::gauge::{Presence, SloGauge};
use crate::domain::ids::{Head, IncidentId, JournalId, Seq};
use crate::domain::policy::Policy;
use crate::domain::room::Room;
use crate::domain::text::Line;
use crate::wire::body::Timeline;
use crate::wire::frame::{Health, You};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum LinkEvent {
    Status(LinkStatus),
    /// The hub has greeted; once a connection.
    Hello(Welcome),
    /// The clock offset has changed by more than a tenth of a second since it was last told.
    Clock(ClockOffset),
    Policy(Arc<Policy>),
    /// Takes the place of the whole room and timeline; `room.seq` is its place. `recent` are the last entries, oldest first.
    Snapshot {
        journal: JournalId,
        room: Box<Room>,
        recent: Vec<Arc<Entry>>,
    },
    /// The next entries: they follow the ones before without gap or repetition.
    Entries(Vec<Arc<Entry>>),
    /// The latest values of all SLOs, in place of those before.
    Gauges(Vec<SloGauge>),
    /// Those of them that changed.
    GaugesMoved(Vec<SloGauge>),
    /// Everybody who is connected.
    Presence(Vec<Presence>),
    /// Whether the hub can take commands.
    Health(Health),
    Outbox(OutboxEvent),
    /// What is submitted would not survive a crash of this terminal, for this reason.
    NotKept(Line),
    /// What was not kept is on disk now, all of it.
    Kept,
    /// The answer to [`LinkHandle::fetch_timeline`](super::LinkHandle::fetch_timeline), or why there is none.
    Timeline {
        incident: IncidentId,
        before: Option<Seq>,
        page: Result<Timeline, Line>,
    },
}

/// What the hub said of itself and of us.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    pub you: You,
    /// The hub's name and version, for people.
    pub hub: Line,
    /// The newest entry of its journal at that moment.
    pub head: Head,
    /// Everything in it is made up.
    pub demo: bool,
    pub offset: ClockOffset,
}

/// Nobody listens to the link any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gone;

/// Hands events on. A reader who is slow holds the link up, and the hub then holds it to a resync; nothing piles up.
#[derive(Debug, Clone)]
pub(super) struct Emitter {
    pub events: mpsc::Sender<LinkEvent>,
    pub shutdown: CancellationToken,
}

impl Emitter {
    pub async fn send(&self, event: LinkEvent) -> Result<(), Gone> {
        tokio::select! {
            biased;
            sent = self.events.send(event) => sent.map_err(|_| Gone),
            () = self.shutdown.cancelled() => Err(Gone),
        }
    }
}
