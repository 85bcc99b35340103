//! What the terminal knows and shows. The room changes only by `apply`; what the person at the keyboard does lives in
//! [`Ui`], and what they asked for and is not yet true in [`Pending`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::domain::command::Command;
use crate::domain::event::Entry;
use crate::domain::gauge::{Presence, SloGauge};
use crate::domain::ids::{CommandId, IncidentId, Seq, TaskId};
use crate::domain::policy::Policy;
use crate::domain::room::Room;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;
use crate::link::LinkStatus;
use crate::tui::modal::Modals;
use crate::wire::frame::{Health, You};

#[derive(Debug)]
pub struct Model {
    pub room: Room,
    pub policy: Arc<Policy>,
    pub timeline: Timeline,
    pub gauges: BTreeMap<Line, SloGauge>,
    pub presence: Vec<Presence>,
    pub link: LinkView,
    pub pending: BTreeMap<CommandId, Pending>,
    pub ui: Ui,
}

/// The hub and the way to it, as far as this terminal knows.
#[derive(Debug, Clone)]
pub struct LinkView {
    pub status: LinkStatus,
    pub health: Health,
    /// The hub's name for the header.
    pub hub: Line,
    pub you: Option<You>,
    /// Everything is made up.
    pub demo: bool,
    /// The room on the screen is the cached one of an earlier visit, as of then.
    pub cached_as_of: Option<Timestamp>,
    /// When the hub was last heard of, by the hub's clock.
    pub heard_at: Option<Timestamp>,
}

/// The entries that this terminal holds: bounded, in order of seq; older ones are fetched when somebody scrolls there.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    pub entries: BTreeMap<Seq, Arc<Entry>>,
    /// Which entries belong to which incident.
    pub by_incident: BTreeMap<IncidentId, BTreeSet<Seq>>,
    /// Incidents whose oldest entry is held: there is nothing older to fetch.
    pub complete: BTreeSet<IncidentId>,
    /// Incidents for which older entries were asked for and have not come.
    pub fetching: BTreeSet<IncidentId>,
}

impl Timeline {
    /// The most entries that are held.
    pub const HELD: usize = 20_000;
}

/// A command of this terminal that has no entry yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    pub command: Command,
    pub since: Duration,
    pub state: PendingState,
}

#[derive(Debug, Clone, PartialEq)]
pub enum PendingState {
    /// In the outbox, no link.
    Queued,
    /// Sent, no answer.
    Sending,
    /// Accepted: true as soon as the feed has brought this entry.
    Accepted(Seq),
    /// Not done, for this reason. Stays until somebody has seen it.
    Refused(Line),
    /// It reaches people outside and could not be sent in time: it needs a fresh yes.
    NeedsFreshYes,
}

/// What only this terminal has: where one looks, what one types.
#[derive(Debug)]
pub struct Ui {
    /// Columns and rows.
    pub size: (u16, u16),
    pub focused: bool,
    pub focus: Pane,
    pub incident: Option<IncidentId>,
    pub task: Option<TaskId>,
    pub slo: Option<Line>,
    /// The waiting alert that is selected, in the alerts pane.
    pub alert: Option<crate::domain::alert::Fingerprint>,
    pub responder: Option<crate::domain::actor::Handle>,
    pub view: TimelineView,
    pub board: Board,
    pub filter: Line,
    pub zone: Zone,
    pub modals: Modals,
    /// Keys of a chord that is not complete, since when.
    pub keys: Vec<crate::tui::keymap::Chord>,
    pub keys_since: Duration,
    pub toast: Option<Toast>,
    pub undo: Option<Undo>,
}

/// What one can move about in. Which are on the screen depends on its size; all can be reached by key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pane {
    #[default]
    Incidents,
    /// Alerts that belong to no incident.
    Alerts,
    Tasks,
    Timeline,
    Slos,
    Responders,
}

/// How the timeline is looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimelineView {
    pub scope: Scope,
    pub anchor: Anchor,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scope {
    /// The selected incident.
    #[default]
    Incident,
    /// The whole room.
    Room,
}

/// Where the timeline stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Anchor {
    /// At the newest, going on with it.
    #[default]
    Following,
    /// At this entry, selected; `newest` was the last one when it left the end, to count what is new.
    At { seq: Seq, newest: Seq },
}

/// Which incidents the list shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Board {
    #[default]
    Open,
    All,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Zone {
    #[default]
    Utc,
    Local,
}

/// A short word at the foot of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    pub text: Line,
    pub tone: Tone,
    pub until: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Good,
    Plain,
    Bad,
}

/// What one key takes back, and until when it is offered.
#[derive(Debug, Clone, PartialEq)]
pub struct Undo {
    pub command: Command,
    /// What it takes back: `acknowledgement of INC-7`.
    pub label: Line,
    pub until: Duration,
}

impl Undo {
    pub const OFFERED: Duration = Duration::from_secs(8);
}
