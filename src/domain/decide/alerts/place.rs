//! Where each alert belongs: to the incident that it was part of, to the open one of its group, to one that was resolved
//! a moment ago, to a new one, or to none yet.

use std::collections::HashMap;
use std::time::Duration;

use super::super::super::alert::{Alert, AlertChange, Fingerprint};
use super::super::super::event::Declared;
use super::super::super::ids::IncidentId;
use super::super::super::incident::Incident;
use super::super::super::severity::Severity;
use super::super::super::status::Status;
use super::super::super::text::{Line, Text};
use super::super::Proposal;
use super::super::case::Case;
use super::sift::{News, Of};
use super::targets::{Place, Targets, WAITING};
use super::words::{self, service_of, title_of};

/// The group of the one incident that takes what comes in a storm. No label can make it: those have a `=`.
const STORM: &str = "storm";
const STORM_TITLE: &str = "Alert storm: alerts of many services";

pub(super) fn place(case: &Case<'_>, news: Vec<News>) -> Vec<Proposal> {
    let mut board = Board::new(case, &news);
    let mut places = Vec::with_capacity(news.len());
    for item in news {
        let (target, change) = match item {
            News::Fired { alert, before } => {
                let target = board.target_of(&alert, before);
                (target, AlertChange::Fired(alert))
            }
            News::Resolved { fingerprint, name, ended_at, of } => {
                let target = match of {
                    Of::Room(incident) => board.targets.existing(incident.map(|id| case.room.surviving(id))),
                    // A firing comes before its end, so its place is known.
                    Of::News(fired) => places.get(fired).copied().unwrap_or(WAITING),
                };
                (target, AlertChange::Resolved { fingerprint, name, ended_at })
            }
        };
        places.push(target);
        board.targets.add(target, change);
    }
    board.targets.into_proposals(case)
}

/// The worst severity that an alert of a group declares, and the title after that alert.
struct Worst {
    severity: Severity,
    title: Line,
}

struct Board<'a> {
    case: &'a Case<'a>,
    targets: Targets,
    groups: HashMap<Line, Place>,
    /// Groups in which an alert of this command declares.
    declaring: HashMap<Line, Worst>,
    last_incident: u32,
    /// How many incidents alerts declared within the policy's window.
    recently_declared: usize,
}

impl<'a> Board<'a> {
    fn new(case: &'a Case<'a>, news: &[News]) -> Self {
        let mut declaring: HashMap<Line, Worst> = HashMap::new();
        for item in news {
            if let News::Fired { alert, .. } = item
                && let Some(severity) = case.policy.declares.get(&alert.severity).copied()
            {
                let group = case.policy.group_of(&alert.labels);
                if declaring.get(&group).is_none_or(|worst| severity < worst.severity) {
                    declaring.insert(group, Worst { severity, title: title_of(alert) });
                }
            }
        }
        let since = case.now.minus(Duration::from_secs(case.policy.storm.within));
        let recent = case.room.incidents.values().rev().take_while(|incident| incident.declared_at > since);
        let by_alerts =
            recent.filter(|incident| incident.group.as_ref().is_some_and(|group| *group != STORM));
        Board {
            case,
            targets: Targets::default(),
            groups: HashMap::new(),
            declaring,
            last_incident: case.room.last_incident,
            recently_declared: by_alerts.count(),
        }
    }

    fn target_of(&mut self, alert: &Alert, before: Option<IncidentId>) -> Place {
        let before = before.or_else(|| self.shown_in(alert.fingerprint));
        let before = before.map(|id| self.case.room.surviving(id));
        if let Some(target) = before.and_then(|id| self.taking(id, alert)) {
            return target;
        }
        let group = self.case.policy.group_of(&alert.labels);
        if let Some(target) = self.groups.get(&group).copied() {
            self.widen(target, alert);
            return target;
        }
        let target = self.group_target(&group, alert);
        self.groups.insert(group, target);
        target
    }

    /// Where the first new alert of a group goes, and with it the rest.
    fn group_target(&mut self, group: &Line, alert: &Alert) -> Place {
        let holder = self.case.room.groups.get(group).map(|id| self.case.room.surviving(*id));
        let live =
            |id: &IncidentId| self.case.room.incident(*id).is_some_and(|incident| incident.status.is_live());
        // A warning that was no part of it does not reopen what was resolved; it waits.
        let holder = holder.filter(|id| live(id) || self.declaring.contains_key(group));
        if let Some(place) = holder.and_then(|id| self.taking(id, alert)) {
            return place;
        }
        let Some(Worst { severity, title }) = self.declaring.remove(group) else { return WAITING };
        if self.last_incident == u32::MAX {
            // No number is left; what cannot be declared can still be seen.
            return WAITING;
        }
        if let Some(target) = self.storm_target(alert, severity) {
            return target;
        }
        self.recently_declared = self.recently_declared.saturating_add(1);
        self.declare(group.clone(), title, severity, alert)
    }

    /// The storm's incident, if there is a storm. It goes on until that incident is over.
    fn storm_target(&mut self, alert: &Alert, severity: Severity) -> Option<Place> {
        let storm = Line::clean(STORM);
        if let Some(target) = self.groups.get(&storm).copied() {
            self.worsen(target, severity);
            self.widen(target, alert);
            return Some(target);
        }
        // Alerts of a storm have nothing in common but their time: a bad one must not vanish behind milder ones.
        let known = self.case.room.groups.get(&storm).map(|id| self.case.room.surviving(*id));
        let known =
            known.filter(|id| self.case.room.incident(*id).is_some_and(|incident| incident.status.is_live()));
        let most = usize::try_from(self.case.policy.storm.incidents).unwrap_or(usize::MAX);
        let target = match known {
            Some(id) => {
                let target = self.targets.existing(Some(id));
                self.worsen(target, severity);
                target
            }
            None if self.recently_declared < most => return None,
            None => {
                let resolved = self.case.room.groups.get(&storm).copied();
                let reopened = resolved.and_then(|id| self.taking(self.case.room.surviving(id), alert));
                reopened
                    .unwrap_or_else(|| self.declare(storm.clone(), Line::clean(STORM_TITLE), severity, alert))
            }
        };
        self.groups.insert(storm, target);
        Some(target)
    }

    fn declare(&mut self, group: Line, title: Line, severity: Severity, alert: &Alert) -> Place {
        let id = IncidentId(self.last_incident.saturating_add(1));
        self.last_incident = id.0;
        let declared = Declared {
            title,
            kind: None,
            severity,
            services: service_of(alert).into_iter().cloned().collect(),
            summary: Text::default(),
            drill: false,
            impact_started: Some(alert.started_at),
            group: Some(group),
        };
        self.targets.new_incident(id, declared)
    }

    /// One more alert of an incident that is being declared.
    fn widen(&mut self, target: Place, alert: &Alert) {
        let Some(declared) = self.targets.declared(target) else { return };
        declared.impact_started = declared.impact_started.map(|began| began.min(alert.started_at));
        if let Some(service) = service_of(alert)
            && declared.services.len() < Incident::SERVICES
        {
            declared.services.insert(service.clone());
        }
    }

    /// The storm's incident is as bad as the worst alert in it.
    fn worsen(&mut self, target: Place, severity: Severity) {
        if let Some(declared) = self.targets.declared(target) {
            declared.severity = declared.severity.min(severity);
        } else {
            self.targets.raise(target, severity);
        }
    }

    /// The place of an incident that can take the alert, reopened if need be.
    fn taking(&mut self, id: IncidentId, alert: &Alert) -> Option<Place> {
        let incident = self.case.room.incident(id)?;
        match incident.status {
            Status::Triggered | Status::Investigating | Status::Identified | Status::Monitoring => {
                Some(self.targets.existing(Some(id)))
            }
            Status::Resolved => {
                let since = incident.milestones.resolved.unwrap_or(incident.updated_at);
                let resolved_for = self.case.now.since(since);
                let known = incident.alerts.shown.contains_key(&alert.fingerprint);
                (resolved_for <= self.case.policy.reopen_within())
                    .then(|| self.targets.reopened(id, || words::reopening(alert, known, resolved_for, id)))
            }
            Status::Closed | Status::Merged | Status::Cancelled => None,
        }
    }

    /// The open incident that an alert was part of before it ended.
    fn shown_in(&self, fingerprint: Fingerprint) -> Option<IncidentId> {
        let alerts = &self.case.room.alerts;
        // One that ended within this command still fires in the room.
        let firing = || alerts.firing.get(&fingerprint)?.incident;
        alerts.over.get(&fingerprint).copied().or_else(firing)
    }
}
