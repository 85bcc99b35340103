//! The running timeline: what happened, in order, in absolute times. Only the entries that are seen are looked at.

mod place;

use std::ops::Bound;
use std::sync::Arc;

use place::Begin;

use super::window::{TimelineTop, Tops, looked_at};
use super::{Cx, Run, Runs, Title, header, incidents, run, text, time};
use crate::domain::actor::Actor;
use crate::domain::command::Tells;
use crate::domain::event::{Entry, Event};
use crate::domain::ids::Seq;
use crate::domain::incident::Incident;
use crate::domain::narrate::{Category, narrate};
use crate::domain::note::Evidence;
use crate::tui::model::{Anchor, Model, Pane, Pending, PendingState, Scope};
use crate::tui::theme::Role;

/// The most rows that one entry takes here; its details show the rest.
const ROWS: usize = 6;
/// Wider than this nobody reads.
const MEASURE: usize = 100;
/// Columns of the name, without its blank.
const NAME: usize = 12;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    pub title: Title,
    pub rows: Vec<TimelineRow>,
    /// Columns before the text of an entry, its mark not counted.
    pub indent: usize,
    /// What to say when nothing has happened.
    pub empty: Option<Run>,
    /// Notes that are on their way.
    pub pending: Vec<Runs>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimelineRow {
    /// The first row of an entry.
    Entry { seq: Seq, selected: bool, pinned: bool, time: String, name: Run, text: Run },
    /// More rows of it.
    More { selected: bool, text: Run },
    /// Another day begins.
    Day(String),
}

/// The entries of one scope, in order, to be walked from any of them.
struct Walk<'a> {
    model: &'a Model,
}

impl<'a> Walk<'a> {
    fn entries(
        &self,
        range: (Bound<Seq>, Bound<Seq>),
    ) -> Box<dyn DoubleEndedIterator<Item = &'a Arc<Entry>> + 'a> {
        let timeline = &self.model.timeline;
        match (self.model.ui.view.scope, self.model.ui.incident) {
            (Scope::Room, _) => {
                Box::new(timeline.entries.range(range).map(|(_, entry)| entry).inspect(looked_at))
            }
            (Scope::Incident, Some(incident)) => {
                let entries = timeline.by_incident.get(&incident).map(|entries| entries.range(range));
                Box::new(entries.into_iter().flatten().map(|(_, entry)| entry).inspect(looked_at))
            }
            (Scope::Incident, None) => Box::new(std::iter::empty()),
        }
    }

    /// This one and newer ones, oldest first.
    fn from(&self, seq: Seq) -> impl Iterator<Item = &'a Arc<Entry>> {
        self.entries((Bound::Included(seq), Bound::Unbounded))
    }

    /// Older ones, newest first.
    fn before(&self, seq: Seq) -> impl Iterator<Item = &'a Arc<Entry>> {
        self.entries((Bound::Unbounded, Bound::Excluded(seq))).rev()
    }

    fn newest(&self) -> Option<Seq> {
        self.entries((Bound::Unbounded, Bound::Unbounded)).next_back().map(|entry| entry.seq)
    }
}

/// The timeline in `width` by `height`.
pub fn timeline(model: &Model, cx: &Cx<'_>, width: usize, height: usize, tops: &mut Tops) -> Timeline {
    let walk = Walk { model };
    let pending = pending(model, cx);
    let pane = height;
    let height = height.saturating_sub(pending.len()).max(1);
    let view = model.ui.view;
    let width = width.min(MEASURE + time_width(cx) + NAME + 3);
    let make = Rows { model, selected: model.selected(), cx, width };
    let (scope, incident) = (view.scope, model.ui.incident);
    let size = (width, pane);
    // Another timeline, or a pane of another size, begins anew.
    let top =
        model.ui.tops.timeline.filter(|top| (top.scope, top.incident, top.size) == (scope, incident, size));
    let top = top.map(|top| Begin { seq: top.seq, skip: top.skip });
    let top = top.filter(|top| walk.from(top.seq).next().is_some_and(|entry| entry.seq == top.seq));
    let begin = walk.newest().map(|newest| match view.anchor {
        Anchor::Following => make.following(&walk, top, newest, height),
        Anchor::At { seq, .. } => {
            // An entry that is not held any more: the next newer one stands for it.
            let seq = walk.from(seq).next().map_or(newest, |entry| entry.seq);
            make.around(&walk, top, seq, newest, height)
        }
    });
    tops.timeline = begin.map(|Begin { seq, skip }| TimelineTop { scope, incident, size, seq, skip });
    let rows = begin.map_or_else(Vec::new, |begin| make.rows(&walk, begin, height));
    let empty = rows.is_empty().then(|| match (incident, scope) {
        (None, Scope::Incident) if !model.board.is_empty() => {
            run(Role::TextMuted, "Select an incident to see what happened.")
        }
        (Some(incident), _) if model.timeline.fetching.contains(&incident) => {
            run(Role::Pending, format!("{} fetching what happened", cx.glyphs.pending))
        }
        _ if !header::is_known(model) => run(Role::TextMuted, "What happened is not known yet."),
        _ => run(Role::TextMuted, "Nothing has happened yet."),
    });
    let indent = 2 + time_width(cx) + NAME;
    Timeline { title: title(model, &walk, cx), rows, indent, empty, pending }
}

fn title(model: &Model, walk: &Walk<'_>, cx: &Cx<'_>) -> Title {
    let focused = model.ui.focus == Pane::Timeline;
    let view = model.ui.view;
    let title = match (view.scope, model.ui.incident) {
        (Scope::Incident, Some(incident)) => Title::new(format!("Timeline of {incident}"), focused),
        (Scope::Incident, None) => Title::new("Timeline", focused),
        (Scope::Room, _) => Title::new("Timeline of the room", focused),
    };
    const COUNTED: usize = 999;
    match view.anchor {
        Anchor::Following => title.with(Role::TextMuted, "following"),
        Anchor::At { newest, .. } => {
            let unseen = walk.entries((Bound::Excluded(newest), Bound::Unbounded)).take(COUNTED + 1).count();
            match unseen {
                0 => title.with(Role::TextMuted, "holding still"),
                1..=COUNTED => title.with(Role::Warn, format!("{} {unseen} new", cx.glyphs.more)),
                _ => title.with(Role::Warn, format!("{} {COUNTED}+ new", cx.glyphs.more)),
            }
        }
    }
}

/// Notes of this terminal that are not in the journal yet.
fn pending(model: &Model, cx: &Cx<'_>) -> Vec<Runs> {
    let following = model.ui.view.anchor == Anchor::Following;
    let here = |pending: &&Pending| following && pending.command.incident() == model.ui.incident;
    let notes = model.pending.values().filter(here).filter_map(|pending| match pending.command.tells() {
        Tells::Note(text) => {
            let refused = matches!(pending.state, PendingState::Refused(_));
            let mut words = incidents::pending_words(pending, cx);
            words.push(run(
                if refused { Role::Text } else { Role::TextMuted },
                format!("  {}", text.first_line()),
            ));
            Some(words)
        }
        Tells::Update(_) | Tells::Draft(_) | Tells::Again | Tells::Nothing => None,
    });
    notes.take(3).collect()
}

fn time_width(cx: &Cx<'_>) -> usize {
    time::clock(cx.now.wall, cx.zone).len()
}

/// Makes rows of entries, for one width.
struct Rows<'a, 'm> {
    model: &'m Model,
    selected: Option<&'m Incident>,
    cx: &'a Cx<'a>,
    width: usize,
}

impl Rows<'_, '_> {
    /// A day is named where it changes, and at the top when it is not today.
    fn names_day(&self, before: Option<&str>, this: &str) -> bool {
        match before {
            Some(before) => before != this,
            None => time::day(self.cx.now.wall, self.cx.zone) != this,
        }
    }

    fn rows(&self, walk: &Walk<'_>, begin: Begin, height: usize) -> Vec<TimelineRow> {
        let selected = match self.model.ui.view.anchor {
            Anchor::At { seq, .. } => walk.from(seq).next().map(|entry| entry.seq),
            Anchor::Following => None,
        };
        let mut rows = Vec::new();
        let mut day: Option<String> = None;
        for entry in walk.from(begin.seq) {
            let this = time::day(entry.at, self.cx.zone);
            if self.names_day(day.as_deref(), &this) {
                rows.push(TimelineRow::Day(this.clone()));
            }
            day = Some(this);
            let selected = selected == Some(entry.seq);
            let mut text = self.text(entry).into_iter();
            let Some(first) = text.next() else { continue };
            rows.push(TimelineRow::Entry {
                seq: entry.seq,
                selected,
                pinned: self.incident(entry).is_some_and(|incident| incident.pins.contains(&entry.seq)),
                time: time::clock(entry.at, self.cx.zone),
                name: self.name(entry),
                text: first,
            });
            rows.extend(text.map(|text| TimelineRow::More { selected, text }));
            if rows.len() >= height + begin.skip {
                break;
            }
        }
        rows.drain(..begin.skip.min(rows.len()));
        rows.truncate(height);
        rows
    }

    fn incident(&self, entry: &Entry) -> Option<&Incident> {
        match self.model.ui.view.scope {
            // All rows are of the one that is selected.
            Scope::Incident => self.selected,
            Scope::Room => self.model.room.incident(entry.incident?),
        }
    }

    fn name(&self, entry: &Entry) -> Run {
        let role = match &entry.actor {
            Actor::Person(handle) if Some(handle) == self.model.me() => Role::TextStrong,
            Actor::Person(_) => Role::Text,
            Actor::Integration(_) | Actor::Hub => Role::TextMuted,
        };
        run(role, text::padded(&entry.actor.to_string(), NAME, self.cx.glyphs.ellipsis))
    }

    /// What happened, wrapped.
    fn text(&self, entry: &Entry) -> Vec<Run> {
        let (role, mut said) = self.said(entry);
        if self.model.ui.view.scope == Scope::Room
            && let Some(incident) = entry.incident
        {
            said = format!("{incident} {said}");
        }
        let width = self.width.saturating_sub(time_width(self.cx) + NAME + 3);
        let ellipsis = self.cx.glyphs.ellipsis;
        let mut rows: Vec<Run> =
            text::wrap(&said, width, ROWS, ellipsis).into_iter().map(|row| run(role, row)).collect();
        if let Event::NoteAdded { evidence: Some(evidence), .. } = &entry.event {
            let folded = self.evidence(evidence);
            rows.push(run(folded.role, text::cut(&folded.text, width, ellipsis)));
        }
        if rows.is_empty() {
            rows.push(run(role, ""));
        }
        rows
    }

    fn said(&self, entry: &Entry) -> (Role, String) {
        if let Event::NoteAdded { text, .. } = &entry.event {
            let corrected = self.model.timeline.corrections.get(&entry.seq);
            let corrected = corrected.and_then(|seq| self.model.timeline.entries.get(seq));
            return match corrected.and_then(|correction| correction.event.note()) {
                Some(text) => (Role::Text, format!("{text} (corrected)")),
                None => (Role::Text, text.to_string()),
            };
        }
        let said = match &entry.event {
            Event::NoteCorrected { note, .. } => self.about_note("corrected", *note),
            Event::NotePinned { note } => self.about_note("pinned", *note),
            Event::NoteUnpinned { note } => self.about_note("unpinned", *note),
            Event::Acknowledged
            | Event::Unacknowledged
            | Event::StatusChanged { .. }
            | Event::SeverityChanged { .. }
            | Event::TitleChanged { .. }
            | Event::SummaryChanged { .. }
            | Event::MilestoneSet { .. }
            | Event::Reopened { .. }
            | Event::Cancelled { .. }
            | Event::Merged { .. }
            | Event::Absorbed { .. }
            | Event::Linked { .. }
            | Event::AlertsReported { .. }
            | Event::AlertsAttached { .. }
            | Event::ChangesRecorded { .. }
            | Event::ChangeMarked { .. }
            | Event::RoleAssigned { .. }
            | Event::RoleVacated { .. }
            | Event::ResponderJoined { .. }
            | Event::ResponderReleased { .. }
            | Event::TaskAdded(_)
            | Event::TaskAssigned { .. }
            | Event::TaskAccepted { .. }
            | Event::TaskCompleted { .. }
            | Event::TaskReopened { .. }
            | Event::NoteAdded { .. }
            | Event::CommsDrafted { .. }
            | Event::CommsDiscarded { .. }
            | Event::CommsPublished { .. }
            | Event::CommsAttempted { .. }
            | Event::CommsDeferred { .. }
            | Event::CommsDelivered { .. }
            | Event::CommsFailed { .. }
            | Event::CommsUncertain { .. }
            | Event::CommsDropped { .. }
            | Event::CommsSettled { .. }
            | Event::BudgetCrossed { .. }
            | Event::RolloutJudged { .. }
            | Event::Declared(_)
            | Event::Unknown(_) => None,
        };
        (role(&entry.event), said.unwrap_or_else(|| narrate(entry).to_string()))
    }

    /// Names a note that is held by its time: the note itself shows what it says now.
    fn about_note(&self, done: &str, note: Seq) -> Option<String> {
        let note = self.model.timeline.entries.get(&note)?;
        Some(format!("{done} the note of {}", time::clock(note.at, self.cx.zone).trim_end()))
    }

    /// `$ command → exit 1 on host, 14 lines`.
    fn evidence(&self, evidence: &Evidence) -> Run {
        let what = match &evidence.command {
            Some(command) => format!("$ {command}"),
            None => "output".to_owned(),
        };
        let lines = evidence.output.lines().count();
        let exit = evidence.exit_code.map(|code| format!(" {} exit {code}", self.cx.glyphs.arrow));
        let host = evidence.host.as_ref().map(|host| format!(" on {host}"));
        let (exit, host) = (exit.unwrap_or_default(), host.unwrap_or_default());
        let lines = match lines {
            1 => "1 line".to_owned(),
            lines => format!("{lines} lines"),
        };
        let role =
            if evidence.exit_code.is_some_and(|code| code != 0) { Role::Warn } else { Role::TextMuted };
        // What it began with; the whole is one key away.
        let first = evidence
            .output
            .lines()
            .find(|line| !line.trim().is_empty())
            .map(|line| format!(": {}", line.trim()));
        run(role, format!("{what}{exit}{host}, {lines}{}", first.unwrap_or_default()))
    }
}

/// What asks for somebody is loud, what people write is plain, what machines report is quiet.
fn role(event: &Event) -> Role {
    if matches!(event, Event::CommsUncertain { .. } | Event::CommsFailed { .. }) {
        return Role::Danger;
    }
    match Category::of(event) {
        Category::Status => Role::TextStrong,
        Category::Comms => Role::Link,
        Category::Alert | Category::Budget => Role::Warn,
        Category::Note | Category::Task | Category::Change => Role::Text,
        Category::People | Category::Other => Role::TextMuted,
    }
}
