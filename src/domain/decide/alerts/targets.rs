//! The incidents that one command brings something, and what has to happen to each before.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::super::super::alert::{AlertChange, Fingerprint};
use super::super::super::event::{Declared, Event};
use super::super::super::ids::IncidentId;
use super::super::super::severity::Severity;
use super::super::super::text::{Line, Text};
use super::super::Proposal;
use super::super::case::Case;

/// A place in [`Targets`].
pub(super) type Place = usize;

/// The place of alerts without an incident.
pub(super) const WAITING: Place = 0;

pub(super) struct Targets {
    list: Vec<Target>,
    incidents: HashMap<IncidentId, Place>,
}

/// One incident (or none), and what this command brings it.
#[derive(Default)]
struct Target {
    incident: Option<IncidentId>,
    /// What has to happen to the incident before.
    opening: Opening,
    /// As bad as this the incident becomes, if it is not yet.
    raised: Option<Severity>,
    changes: Vec<AlertChange>,
}

#[derive(Default)]
enum Opening {
    #[default]
    Open,
    Reopen(Text),
    Declare(Box<Declared>),
}

impl Default for Targets {
    fn default() -> Self {
        Targets { list: vec![Target::default()], incidents: HashMap::new() }
    }
}

impl Targets {
    pub(super) fn add(&mut self, place: Place, change: AlertChange) {
        if let Some(target) = self.list.get_mut(place) {
            target.changes.push(change);
        }
    }

    pub(super) fn existing(&mut self, incident: Option<IncidentId>) -> Place {
        let Some(id) = incident else { return WAITING };
        match self.incidents.get(&id).copied() {
            Some(place) => place,
            None => {
                let place = self.push(Target { incident: Some(id), ..Target::default() });
                self.incidents.insert(id, place);
                place
            }
        }
    }

    pub(super) fn new_incident(&mut self, id: IncidentId, declared: Declared) -> Place {
        let opening = Opening::Declare(Box::new(declared));
        self.push(Target { incident: Some(id), opening, ..Target::default() })
    }

    /// The incident is reopened first, once, with the first reason.
    pub(super) fn reopened(&mut self, id: IncidentId, reason: impl FnOnce() -> Text) -> Place {
        let place = self.existing(Some(id));
        if let Some(target) = self.list.get_mut(place)
            && matches!(target.opening, Opening::Open)
        {
            target.opening = Opening::Reopen(reason());
        }
        place
    }

    /// The incident that is there already gets as bad as this, if it is not yet.
    pub(super) fn raise(&mut self, place: Place, severity: Severity) {
        if let Some(target) = self.list.get_mut(place) {
            target.raised = Some(target.raised.map_or(severity, |worst| worst.min(severity)));
        }
    }

    /// What is being declared at this place, if anything is.
    pub(super) fn declared(&mut self, place: Place) -> Option<&mut Declared> {
        match &mut self.list.get_mut(place)?.opening {
            Opening::Declare(declared) => Some(declared),
            Opening::Open | Opening::Reopen(_) => None,
        }
    }

    fn push(&mut self, target: Target) -> Place {
        self.list.push(target);
        self.list.len().saturating_sub(1)
    }

    /// What waits comes first: an alert that stops waiting must be gone from there before it counts elsewhere.
    pub(super) fn into_proposals(self, case: &Case<'_>) -> Vec<Proposal> {
        let mut waiting = self.waiting_by_group(case);
        let mut proposals = Vec::new();
        for Target { incident, opening, raised, changes } in self.list {
            let mut propose = |event| proposals.push(Proposal { incident, event });
            match opening {
                Opening::Open => {}
                Opening::Reopen(reason) => propose(Event::Reopened { reason }),
                Opening::Declare(declared) => {
                    let joining = declared.group.as_ref().and_then(|group| waiting.remove(group));
                    propose(Event::Declared(*declared));
                    if let Some(fingerprints) = joining {
                        propose(Event::AlertsAttached { fingerprints });
                    }
                }
            }
            let known = incident.and_then(|id| case.room.incident(id)).map(|incident| incident.severity);
            if let (Some(from), Some(to)) = (known, raised)
                && to < from
            {
                propose(Event::SeverityChanged { from, to });
            }
            if !changes.is_empty() {
                propose(Event::AlertsReported { changes });
            }
        }
        proposals
    }

    /// The alerts that waited before this command and that it leaves as they are, if it declares anything.
    fn waiting_by_group(&self, case: &Case<'_>) -> HashMap<Line, BTreeSet<Fingerprint>> {
        let mut groups: HashMap<Line, BTreeSet<Fingerprint>> = HashMap::new();
        if !self.list.iter().any(|target| matches!(target.opening, Opening::Declare(_))) {
            return groups;
        }
        let changes = self.list.get(WAITING).map(|target| target.changes.as_slice()).unwrap_or_default();
        let changed: HashSet<_> = changes.iter().map(AlertChange::fingerprint).collect();
        for (fingerprint, alert) in &case.room.alerts.waiting {
            if !changed.contains(fingerprint) {
                groups.entry(case.policy.group_of(&alert.labels)).or_default().insert(*fingerprint);
            }
        }
        groups
    }
}
