//! What the terminal knows and shows. The room changes only by `apply`; what the person at the keyboard does lives in
//! [`Ui`], and what they asked for and is not yet true in [`Pending`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::domain::actor::Handle;
use crate::domain::alert::Alert;
use crate::domain::command::Command;
use crate::domain::event::Entry;
use crate::domain::gauge::{Presence, SloGauge};
use crate::domain::ids::{CommandId, IncidentId, Revision, Seq, TaskId};
use crate::domain::incident::Incident;
use crate::domain::policy::Policy;
use crate::domain::room::Room;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;
use crate::link::LinkStatus;
use crate::link::clock::ClockOffset;
use crate::link::outbox::Sent;
use crate::link::{Health, You};
use crate::tui::board::BoardOrder;
use crate::tui::effect::{Effect, Effects};
use crate::tui::modal::{Drafts, Modals};
use crate::tui::msg::Now;
use crate::tui::selection;
use crate::tui::undo::{self, Undo};
use crate::tui::vm::slo_order;
use crate::tui::vm::window::Tops;

#[derive(Debug)]
pub struct Model {
    pub room: Room,
    pub policy: Arc<Policy>,
    pub timeline: Timeline,
    pub gauges: BTreeMap<Line, SloGauge>,
    /// The SLOs in the order of their list, which does not follow every change of their figures.
    pub slo_order: Vec<Line>,
    pub presence: Vec<Presence>,
    pub link: LinkView,
    pub pending: BTreeMap<CommandId, Pending>,
    /// The incidents that the list shows, in order.
    pub board: BoardOrder,
    pub mint: Mint,
    pub ui: Ui,
}

/// Makes the ids of this terminal's commands: random once, at the start, and counted from there, so that a session that
/// is played again makes the same ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mint {
    pub seed: u64,
    pub made: u64,
}

impl Mint {
    fn next(&mut self) -> CommandId {
        self.made = self.made.saturating_add(1);
        let mut bytes = [0; 16];
        let (seed, count) = bytes.split_at_mut(8);
        seed.copy_from_slice(&self.seed.to_be_bytes());
        count.copy_from_slice(&self.made.to_be_bytes());
        CommandId::from_random(bytes)
    }
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
    /// What to add to this machine's clock to have the hub's, as far as its person was told.
    pub offset: ClockOffset,
    /// Why what is sent would not survive this terminal.
    pub not_kept: Option<Line>,
}

/// The entries that this terminal holds: bounded, in order of seq; older ones are fetched when somebody scrolls there.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    pub entries: BTreeMap<Seq, Arc<Entry>>,
    /// The same of each incident, so that a frame of one does not look anything up among all.
    pub by_incident: BTreeMap<IncidentId, BTreeMap<Seq, Arc<Entry>>>,
    /// Incidents whose oldest entry is held: there is nothing older to fetch.
    pub complete: BTreeSet<IncidentId>,
    /// Incidents for which older entries were asked for and have not come.
    pub fetching: BTreeSet<IncidentId>,
    /// Notes that read differently now, and the entry with the newest wording of each.
    pub corrections: BTreeMap<Seq, Seq>,
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

/// What a command is, and of which incident.
pub fn in_a_word(command: &Command) -> String {
    let what = if command.is_outward() { "the update" } else { "what you did" };
    let on = command.incident().map(|id| format!(" on {id}")).unwrap_or_default();
    format!("{what}{on}")
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
    /// It goes out only after a fresh yes, for this reason. `sent` is whether it may have gone out already.
    NeedsFreshYes { why: Line, sent: Sent },
}

/// What only this terminal has: where one looks, what one types.
#[derive(Debug)]
pub struct Ui {
    /// Columns and rows.
    pub size: (u16, u16),
    pub focused: bool,
    pub focus: Pane,
    pub incident: Option<IncidentId>,
    pub chosen: Chosen,
    pub task: Option<TaskId>,
    pub slo: Option<Line>,
    /// The waiting alert that is selected, in the alerts pane.
    pub alert: Option<crate::domain::alert::Fingerprint>,
    pub responder: Option<crate::domain::actor::Handle>,
    pub view: TimelineView,
    /// Where the windows of the last frame began: what `draw` gave back.
    pub tops: Tops,
    pub board: Board,
    pub filter: Line,
    pub zone: Zone,
    pub modals: Modals,
    /// What was begun and left: the same dialog goes on with it.
    pub drafts: Drafts,
    /// Keys of a binding that is not complete, and since when.
    pub keys: Vec<crate::tui::keymap::Chord>,
    pub keys_since: Duration,
    pub toast: Option<Toast>,
    pub undo: Option<Undo>,
}

/// Why the selected incident is selected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Chosen {
    /// It was the first on the board. When something live comes up and it is not, the selection goes there.
    #[default]
    ByRank,
    /// Somebody went there; nothing but its end takes the selection away.
    ByHand,
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

impl Pane {
    /// In the order that one goes through them.
    pub const ALL: [Pane; 6] =
        [Pane::Incidents, Pane::Alerts, Pane::Tasks, Pane::Timeline, Pane::Slos, Pane::Responders];
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

impl Model {
    /// An empty room, before the first word of the hub.
    pub fn new(hub: Line, seed: u64, size: (u16, u16)) -> Self {
        Model {
            room: Room::default(),
            policy: Arc::new(Policy::default()),
            timeline: Timeline::default(),
            gauges: BTreeMap::new(),
            slo_order: Vec::new(),
            presence: Vec::new(),
            link: LinkView {
                status: LinkStatus::Connecting,
                health: Health::Writable,
                hub,
                you: None,
                demo: false,
                cached_as_of: None,
                heard_at: None,
                offset: ClockOffset::default(),
                not_kept: None,
            },
            pending: BTreeMap::new(),
            board: BoardOrder::default(),
            mint: Mint { seed, made: 0 },
            ui: Ui {
                size,
                focused: true,
                focus: Pane::default(),
                incident: None,
                chosen: Chosen::default(),
                task: None,
                slo: None,
                alert: None,
                responder: None,
                view: TimelineView::default(),
                tops: Tops::default(),
                board: Board::default(),
                filter: Line::default(),
                zone: Zone::default(),
                modals: Modals::default(),
                drafts: Drafts::default(),
                keys: Vec::new(),
                keys_since: Duration::ZERO,
                toast: None,
                undo: None,
            },
        }
    }

    pub fn me(&self) -> Option<&Handle> {
        self.link.you.as_ref().map(|you| &you.handle)
    }

    pub fn selected(&self) -> Option<&Incident> {
        self.room.incident(self.ui.incident?)
    }

    /// The waiting alert that is selected, or else the first.
    pub fn selected_alert(&self) -> Option<&Alert> {
        let waiting = &self.room.alerts.waiting;
        self.ui.alert.and_then(|fingerprint| waiting.get(&fingerprint)).or_else(|| waiting.values().next())
    }

    /// The SLO that is selected, or else the worst.
    pub fn selected_slo(&self) -> Option<&SloGauge> {
        let selected = self.ui.slo.as_ref().and_then(|name| self.gauges.get(name));
        selected.or_else(|| slo_order::order(self).into_iter().next())
    }

    /// The newest entry that the timeline shows in its scope.
    pub fn newest_shown(&self) -> Option<Seq> {
        match (self.ui.view.scope, self.ui.incident) {
            (Scope::Incident, Some(incident)) => {
                self.timeline.by_incident.get(&incident)?.keys().next_back().copied()
            }
            (Scope::Incident, None) | (Scope::Room, _) => self.timeline.entries.keys().next_back().copied(),
        }
    }

    /// Hands a command over; it shows as pending until its entry comes.
    pub fn send(&mut self, now: Now, command: Command, effects: &mut Effects) -> CommandId {
        let seen = command.incident().and_then(|id| self.room.incident(id)).map(|incident| incident.revision);
        self.send_as_seen(now, command, seen, effects)
    }

    /// The same for a command that was begun on an older revision, in a dialog.
    pub fn send_as_seen(
        &mut self,
        now: Now,
        command: Command,
        seen: Option<Revision>,
        effects: &mut Effects,
    ) -> CommandId {
        let id = self.mint.next();
        // Whatever was offered before is not the last thing that was done any more.
        self.ui.undo = undo::of(self, &id, &command);
        let state = if self.link.status.is_live() { PendingState::Sending } else { PendingState::Queued };
        let pending = Pending { command: command.clone(), since: now.mono, state };
        self.pending.insert(id.clone(), pending);
        effects.push(Effect::Send { id: id.clone(), command: Box::new(command), seen });
        id
    }

    /// A short word at the foot of the screen.
    pub fn say(&mut self, now: Now, tone: Tone, text: &str) {
        let shown = Duration::from_secs(if tone == Tone::Bad { 12 } else { 5 });
        self.ui.toast = Some(Toast { text: Line::clean(text), tone, until: now.mono + shown });
    }

    /// Another filter, another scope, another room: the list anew, and a selection that is in it.
    pub fn rebuild_board(&mut self, effects: &mut Effects) {
        self.board.rebuild(&self.room, self.ui.board, &self.ui.filter);
        selection::keep_in_list(self, effects);
    }
}
