//! The room: what everybody sees. A fold of the journal, the same on the hub and in every terminal.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::alert::{Alert, Fingerprint, Firing};
use super::change::Changes;
use super::comms::Comms;
use super::ids::{IncidentId, Seq};
use super::incident::Incident;
use super::severity::Severity;
use super::text::Line;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Room {
    /// The last entry that was applied.
    pub seq: Seq,
    pub incidents: BTreeMap<IncidentId, Incident>,
    pub alerts: Alerts,
    /// What was done to the systems of late.
    #[serde(default)]
    pub changes: Changes,
    /// Which open incident takes more alerts of a group.
    pub groups: BTreeMap<Line, IncidentId>,
    /// The newest incident number that was ever given.
    pub last_incident: u32,
    /// How many percent of each SLO's budget were told to be spent; without those at 0.
    #[serde(default)]
    pub budgets: BTreeMap<Line, u8>,
}

/// Alerts as the room knows them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Alerts {
    /// Every alert that fires. Only the hub needs it, to know a repetition; terminals get it empty.
    pub firing: BTreeMap<Fingerprint, Firing>,
    /// Alerts that are over and that an open incident still shows: where one belongs that fires again. Only the hub
    /// needs it; terminals get it empty.
    #[serde(default)]
    pub over: BTreeMap<Fingerprint, IncidentId>,
    /// Those that belong to no incident: at most [`Alerts::WAITING`] in full.
    pub waiting: BTreeMap<Fingerprint, Alert>,
    /// How many more wait than are kept in full.
    pub waiting_unseen: u32,
}

impl Alerts {
    /// The most waiting alerts that are kept in full; the rest are counted.
    pub const WAITING: usize = 1_000;
    /// The most firing alerts that a room remembers; more are refused until some resolve.
    pub const FIRING: usize = 1_000_000;
}

impl Room {
    pub fn incident(&self, id: IncidentId) -> Option<&Incident> {
        self.incidents.get(&id)
    }

    /// Incidents that are still on the board.
    pub fn open_incidents(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.values().filter(|incident| incident.status.is_open())
    }

    /// The live incident of a service that was declared last; a drill is none.
    pub fn newest_live_of(&self, service: &Line) -> Option<IncidentId> {
        let mut newest = self.incidents.values().rev();
        let is_of = |incident: &&Incident| {
            incident.status.is_live() && !incident.drill && incident.services.contains(service)
        };
        newest.find(is_of).map(|incident| incident.id)
    }

    /// The worst severity of what is live.
    pub fn worst(&self) -> Option<Severity> {
        let live = self.incidents.values().filter(|incident| incident.status.is_live() && !incident.drill);
        live.map(|incident| incident.severity).min()
    }

    /// Where an incident went on, after merges.
    pub fn surviving(&self, id: IncidentId) -> IncidentId {
        let mut current = id;
        // A chain of merges is never longer than the incidents there are; a damaged journal could close a circle.
        for _ in 0..self.incidents.len() {
            match self.incidents.get(&current).and_then(|incident| incident.merged_into) {
                Some(next) => current = next,
                None => break,
            }
        }
        current
    }

    /// How many of the newest incident numbers terminals know even after the incidents ended. What is older is only
    /// in the journal, and can no longer be reopened: a terminal that does not have it could not show it again.
    pub const RECENT: u32 = 200;

    /// SLOs whose budgets are followed at most.
    pub const BUDGETS: usize = 20_000;

    /// How many of the newest incident numbers the room remembers even after the incidents ended. What is older is only in
    /// the journal.
    pub const REMEMBERED: u32 = 1_000;
    /// Old incidents are looked for each time so many were declared: it walks over all.
    const FORGET_EVERY: u32 = 100;

    /// Lets go of what ended long ago, so that the room does not grow with its past. What still has alerts that fire, or
    /// updates that are under way, stays.
    pub(super) fn forget_old(&mut self) {
        if !self.last_incident.is_multiple_of(Self::FORGET_EVERY) {
            return;
        }
        let newest = self.last_incident;
        self.incidents.retain(|id, incident| {
            id.0.saturating_add(Self::REMEMBERED) > newest
                || incident.status.is_open()
                || incident.alerts.firing > 0
                || incident.comms.values().any(Comms::is_under_way)
        });
    }

    /// Whether an incident is among the newest. Once it is not, it never is again.
    pub fn is_recent(&self, id: IncidentId) -> bool {
        id.0.saturating_add(Self::RECENT) > self.last_incident
    }

    /// The part that terminals need: without the index of firing alerts, and of ended incidents only the newest.
    pub fn for_terminals(&self) -> Room {
        let incidents =
            self.incidents.iter().filter(|(id, incident)| incident.status.is_open() || self.is_recent(**id));
        Room {
            seq: self.seq,
            incidents: incidents.map(|(id, incident)| (*id, incident.clone())).collect(),
            alerts: Alerts {
                firing: BTreeMap::new(),
                over: BTreeMap::new(),
                waiting: self.alerts.waiting.clone(),
                waiting_unseen: self.alerts.waiting_unseen,
            },
            changes: self.changes.clone(),
            groups: self.groups.clone(),
            last_incident: self.last_incident,
            budgets: self.budgets.clone(),
        }
    }
}
