//! The order of the incidents on the board, kept as entries come, so that a frame never sorts and a row never jumps
//! without a reason: live before resolved before ended, worst first, newest first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::domain::ids::IncidentId;
use crate::domain::incident::Incident;
use crate::domain::room::Room;
use crate::domain::severity::Severity;
use crate::domain::status::Status;
use crate::domain::text::Line;
use crate::tui::model::Board;

/// Where an incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    phase: Phase,
    severity: Severity,
    id: Reverse<IncidentId>,
}

/// What was counted of an incident, to take it away again when it changes.
#[derive(Debug, Clone, Copy)]
struct Counted {
    severity: Severity,
    open: bool,
    resolved: bool,
    unacknowledged: bool,
    /// Live, and no drill.
    live: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Live,
    Resolved,
    Ended,
}

impl Rank {
    pub fn id(self) -> IncidentId {
        self.id.0
    }

    fn of(incident: &Incident) -> Self {
        let phase = match incident.status {
            Status::Triggered | Status::Investigating | Status::Identified | Status::Monitoring => {
                Phase::Live
            }
            Status::Resolved => Phase::Resolved,
            Status::Closed | Status::Merged | Status::Cancelled => Phase::Ended,
        };
        Rank { phase, severity: incident.severity, id: Reverse(incident.id) }
    }
}

/// The incidents that the board shows, in order.
#[derive(Debug, Clone, Default)]
pub struct BoardOrder {
    ranks: BTreeMap<IncidentId, Rank>,
    order: BTreeSet<Rank>,
    board: Board,
    filter: String,
    /// Of the whole room, whatever the board and the filter.
    counted: BTreeMap<IncidentId, Counted>,
    open: usize,
    resolved: usize,
    unacknowledged: usize,
    live: [usize; Severity::ALL.len()],
}

impl BoardOrder {
    /// Everything anew: another room, another filter.
    pub fn rebuild(&mut self, room: &Room, board: Board, filter: &Line) {
        *self = BoardOrder { board, filter: filter.to_lowercase(), ..BoardOrder::default() };
        for incident in room.incidents.values() {
            self.insert(incident);
        }
    }

    /// One incident has changed.
    pub fn update(&mut self, room: &Room, id: IncidentId) {
        if let Some(rank) = self.ranks.remove(&id) {
            self.order.remove(&rank);
        }
        if let Some(counted) = self.counted.remove(&id) {
            self.count(counted, usize::saturating_sub);
        }
        if let Some(incident) = room.incident(id) {
            self.insert(incident);
        }
    }

    fn insert(&mut self, incident: &Incident) {
        let live = incident.status.is_live();
        let counted = Counted {
            severity: incident.severity,
            open: incident.status.is_open(),
            resolved: incident.status.is_open() && !live,
            unacknowledged: live && incident.acknowledgement.is_none(),
            live: live && !incident.drill,
        };
        self.counted.insert(incident.id, counted);
        self.count(counted, usize::saturating_add);
        let shown = self.board == Board::All || incident.status.is_open();
        if shown && self.matches(incident) {
            let rank = Rank::of(incident);
            self.ranks.insert(incident.id, rank);
            self.order.insert(rank);
        }
    }

    /// Every word of the filter stands in its id, title, service, severity, status or among its people.
    fn matches(&self, incident: &Incident) -> bool {
        if self.filter.is_empty() {
            return true;
        }
        let Incident { id, title, severity, status, .. } = incident;
        let mut words = format!("{id} {title} {severity} {status} ").to_lowercase();
        incident.services.iter().for_each(|service| words.push_str(&service.to_lowercase()));
        incident.responders.keys().chain(incident.roles.values()).for_each(|handle| {
            words.push('@');
            words.push_str(handle.as_str());
        });
        self.filter.split_whitespace().all(|word| words.contains(word))
    }

    fn count(&mut self, counted: Counted, change: fn(usize, usize) -> usize) {
        self.open = change(self.open, usize::from(counted.open));
        self.resolved = change(self.resolved, usize::from(counted.resolved));
        self.unacknowledged = change(self.unacknowledged, usize::from(counted.unacknowledged));
        if let Some(live) = self.live.get_mut(usize::from(counted.severity.number())) {
            *live = change(*live, usize::from(counted.live));
        }
    }

    /// Incidents of the room that are still open, shown or not.
    pub fn open(&self) -> usize {
        self.open
    }

    /// Incidents of the room that are resolved and not closed.
    pub fn resolved(&self) -> usize {
        self.resolved
    }

    /// Live incidents of the room that nobody has acknowledged.
    pub fn unacknowledged(&self) -> usize {
        self.unacknowledged
    }

    /// The worst severity of what is live in the room and no drill.
    pub fn worst(&self) -> Option<Severity> {
        Severity::ALL.into_iter().zip(self.live).find(|(_, live)| *live > 0).map(|(severity, _)| severity)
    }

    /// The rows that are shown, in order.
    pub fn ranks(&self) -> &BTreeSet<Rank> {
        &self.order
    }

    pub fn rank(&self, id: IncidentId) -> Option<Rank> {
        self.ranks.get(&id).copied()
    }

    pub fn len(&self) -> usize {
        self.order.len()
    }

    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    pub fn contains(&self, id: IncidentId) -> bool {
        self.ranks.contains_key(&id)
    }

    pub fn first(&self) -> Option<IncidentId> {
        self.order.first().map(|rank| rank.id.0)
    }

    pub fn last(&self) -> Option<IncidentId> {
        self.order.last().map(|rank| rank.id.0)
    }

    /// Those after `id`, nearest first.
    pub fn after(&self, id: IncidentId) -> impl Iterator<Item = IncidentId> {
        let rank = self.ranks.get(&id);
        let range =
            rank.map(|rank| self.order.range((std::ops::Bound::Excluded(rank), std::ops::Bound::Unbounded)));
        range.into_iter().flatten().map(|rank| rank.id.0)
    }

    /// Those before `id`, nearest first.
    pub fn before(&self, id: IncidentId) -> impl Iterator<Item = IncidentId> {
        let range = self.ranks.get(&id).map(|rank| self.order.range(..rank).rev());
        range.into_iter().flatten().map(|rank| rank.id.0)
    }

    /// All, from the top.
    pub fn iter(&self) -> impl Iterator<Item = IncidentId> {
        self.order.iter().map(|rank| rank.id.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Event;
    use crate::tui::fixture::{Story, busy, person};

    #[test]
    fn counts_and_order_follow_each_entry_as_if_made_anew() {
        let mut story = Story { model: busy(), seq: 1_000 };
        story.declare("14:00:00", person("bo"), 9, Severity::Sev0, "Everything is down");
        assert_eq!(story.model.board.worst(), Some(Severity::Sev0));
        assert_eq!((story.model.board.open(), story.model.board.unacknowledged()), (6, 2));
        story.tell("14:01:00", person("bo"), 9, Event::Acknowledged);
        story.status("14:02:00", person("bo"), 9, Status::Resolved);
        story.status("14:03:00", person("bo"), 4, Status::Closed);
        let board = &story.model.board;
        let mut anew = BoardOrder::default();
        anew.rebuild(&story.model.room, Board::Open, &Line::default());
        assert_eq!(board.order, anew.order);
        assert_eq!(
            (board.open(), board.unacknowledged(), board.worst()),
            (anew.open(), anew.unacknowledged(), anew.worst())
        );
        assert_eq!((board.open(), board.unacknowledged(), board.worst()), (5, 1, Some(Severity::Sev1)));
    }
}
