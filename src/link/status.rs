use crate::domain::command::{Command, Outcome};
use crate::domain::event::Entry;
use crate::domain::gauge::{Presence, SloGauge};
use crate::domain::ids::{CommandId, Cursor, Head, IncidentId};
use crate::domain::policy::Policy;
use crate::domain::room::Room;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;
use crate::wire::frame::{Health, Hello};
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq)]
pub enum LinkStatus {
    Connecting,
    Live { rtt: Option<Duration> },
    Late { since: Timestamp },
    Offline { since: Timestamp, next_try: Timestamp, why: Line },
    Refused { since: Timestamp, next_try: Timestamp, reason: Line },
    Alarm { known: Cursor, hub: Head },
}
impl LinkStatus {
    pub fn is_live(&self) -> bool {
        matches!(self, LinkStatus::Live { .. })
    }
}

#[derive(Debug, Clone)]
pub enum LinkEvent {
    Status(LinkStatus),
    Hello(Hello),
    Policy(Arc<Policy>),
    Snapshot { room: Box<Room>, recent: Vec<Arc<Entry>> },
    Entries(Vec<Arc<Entry>>),
    Gauges(Vec<SloGauge>),
    Presence(Vec<Presence>),
    Health(Health),
    Heard(Timestamp),
    Outbox(OutboxEvent),
    Timeline { incident: IncidentId, entries: Vec<Arc<Entry>>, complete: bool },
    TimelineFailed { incident: IncidentId, why: Line },
}
#[derive(Debug, Clone)]
pub struct OutboxEvent {
    pub id: CommandId,
    pub command: Command,
    pub state: OutboxState,
}
#[derive(Debug, Clone)]
pub enum OutboxState {
    Queued,
    Sending,
    Unknown,
    Accepted(Outcome),
    Refused(Line),
    NeedsFreshYes,
}
