//! Where each alert belongs: to the incident that it was part of, to the open one of its group, to one that was resolved
//! a moment ago, to a new one, or to none yet.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use super::super::super::alert::{Alert, AlertChange, Fingerprint};
use super::super::super::event::{Declared, Event};
use super::super::super::ids::IncidentId;
use super::super::super::incident::Incident;
use super::super::super::severity::Severity;
use super::super::super::status::Status;
use super::super::super::text::{Line, Text};
use super::super::Proposal;
use super::super::case::{Case, TITLE_CHARACTERS, is_blank};
use super::sift::{News, Of};

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
                    Of::Room(incident) => board.existing(incident.map(|id| case.room.surviving(id))),
                    // A firing comes before its end, so its place is known.
                    Of::News(fired) => places.get(fired).copied().unwrap_or(WAITING),
                };
                (target, AlertChange::Resolved { fingerprint, name, ended_at })
            }
        };
        places.push(target);
        board.add(target, change);
    }
    board.into_proposals()
}

/// The place of alerts without an incident, in [`Board::targets`].
const WAITING: usize = 0;

/// One incident (or none), and what this command brings it.
#[derive(Default)]
struct Target {
    incident: Option<IncidentId>,
    /// What has to happen to the incident before.
    opening: Opening,
    changes: Vec<AlertChange>,
}

#[derive(Default)]
enum Opening {
    #[default]
    Open,
    Reopen(Text),
    Declare(Box<Declared>),
}

/// The worst severity that an alert of a group declares, and the title after that alert.
struct Worst {
    severity: Severity,
    title: Line,
}

struct Board<'a> {
    case: &'a Case<'a>,
    targets: Vec<Target>,
    incidents: HashMap<IncidentId, usize>,
    groups: HashMap<Line, usize>,
    /// Groups in which an alert of this command declares.
    declaring: HashMap<Line, Worst>,
    /// Which open incident shows an alert, for alerts that ended and fire again. Made when first needed.
    shown: Option<HashMap<Fingerprint, IncidentId>>,
    last_incident: u32,
    /// How many incidents alerts declared within the policy's window.
    recently_declared: usize,
}

/// Whether an incident can take an alert.
enum Takes {
    Live,
    AfterReopening,
    No,
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
            targets: vec![Target::default()],
            incidents: HashMap::new(),
            groups: HashMap::new(),
            declaring,
            shown: None,
            last_incident: case.room.last_incident,
            recently_declared: by_alerts.count(),
        }
    }

    fn add(&mut self, target: usize, change: AlertChange) {
        if let Some(target) = self.targets.get_mut(target) {
            target.changes.push(change);
        }
    }

    fn target_of(&mut self, alert: &Alert, before: Option<IncidentId>) -> usize {
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
    fn group_target(&mut self, group: &Line, alert: &Alert) -> usize {
        let open = self.case.room.groups.get(group).map(|id| self.case.room.surviving(*id));
        if let Some(target) = open.and_then(|id| self.taking(id, alert)) {
            return target;
        }
        let Some(Worst { severity, title }) = self.declaring.remove(group) else { return WAITING };
        if let Some(target) = self.storm_target(alert, severity) {
            return target;
        }
        self.recently_declared = self.recently_declared.saturating_add(1);
        self.declare(group.clone(), title, severity, alert)
    }

    /// The storm's incident, if there is a storm. It goes on until that incident is over.
    fn storm_target(&mut self, alert: &Alert, severity: Severity) -> Option<usize> {
        let storm = Line::clean(STORM);
        if let Some(target) = self.groups.get(&storm).copied() {
            self.worsen(target, severity);
            self.widen(target, alert);
            return Some(target);
        }
        let known = self.case.room.groups.get(&storm).map(|id| self.case.room.surviving(*id));
        let known =
            known.filter(|id| self.case.room.incident(*id).is_some_and(|incident| incident.status.is_live()));
        let most = usize::try_from(self.case.policy.storm.incidents).unwrap_or(usize::MAX);
        let target = match known {
            Some(id) => self.existing(Some(id)),
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

    fn declare(&mut self, group: Line, title: Line, severity: Severity, alert: &Alert) -> usize {
        let id = IncidentId(self.last_incident.saturating_add(1));
        self.last_incident = id.0;
        let declared = Declared {
            title,
            kind: None,
            severity,
            services: alert.labels.get("service").into_iter().cloned().collect(),
            summary: Text::default(),
            drill: false,
            impact_started: Some(alert.started_at),
            group: Some(group),
        };
        let opening = Opening::Declare(Box::new(declared));
        self.push(Target { incident: Some(id), opening, changes: Vec::new() })
    }

    /// One more alert of an incident that is being declared.
    fn widen(&mut self, target: usize, alert: &Alert) {
        let Some(declared) = self.declared(target) else { return };
        declared.impact_started = declared.impact_started.map(|began| began.min(alert.started_at));
        if let Some(service) = alert.labels.get("service")
            && declared.services.len() < Incident::SERVICES
        {
            declared.services.insert(service.clone());
        }
    }

    fn worsen(&mut self, target: usize, severity: Severity) {
        if let Some(declared) = self.declared(target) {
            declared.severity = declared.severity.min(severity);
        }
    }

    fn declared(&mut self, target: usize) -> Option<&mut Declared> {
        match &mut self.targets.get_mut(target)?.opening {
            Opening::Declare(declared) => Some(declared),
            Opening::Open | Opening::Reopen(_) => None,
        }
    }

    /// The target of an incident that can take the alert, reopened if need be.
    fn taking(&mut self, id: IncidentId, alert: &Alert) -> Option<usize> {
        if let Some(target) = self.incidents.get(&id).copied()
            && self.targets.get(target).is_some_and(|target| matches!(target.opening, Opening::Reopen(_)))
        {
            return Some(target);
        }
        let incident = self.case.room.incident(id)?;
        match self.takes(incident) {
            Takes::Live => Some(self.existing(Some(id))),
            Takes::AfterReopening => {
                let target = self.existing(Some(id));
                let reason = self.reason(incident, alert);
                if let Some(target) = self.targets.get_mut(target) {
                    target.opening = Opening::Reopen(reason);
                }
                Some(target)
            }
            Takes::No => None,
        }
    }

    fn takes(&self, incident: &Incident) -> Takes {
        match incident.status {
            Status::Triggered | Status::Investigating | Status::Identified | Status::Monitoring => {
                Takes::Live
            }
            Status::Resolved => {
                let since = incident.milestones.resolved.unwrap_or(incident.updated_at);
                if self.case.now.since(since) <= self.case.policy.reopen_within() {
                    Takes::AfterReopening
                } else {
                    Takes::No
                }
            }
            Status::Closed | Status::Merged | Status::Cancelled => Takes::No,
        }
    }

    fn reason(&self, incident: &Incident, alert: &Alert) -> Text {
        let since = incident.milestones.resolved.unwrap_or(incident.updated_at);
        let name = if is_blank(&alert.name) { "An alert" } else { alert.name.as_str() };
        let again = if incident.alerts.shown.contains_key(&alert.fingerprint) { " again" } else { "" };
        let after = match self.case.now.since(since).as_secs() {
            seconds @ 0..60 => format!("{seconds} s"),
            seconds => format!("{} min", seconds / 60),
        };
        Text::clean(&format!("{name} fired{again} {after} after {} was resolved", incident.id))
    }

    fn existing(&mut self, incident: Option<IncidentId>) -> usize {
        let Some(id) = incident else { return WAITING };
        match self.incidents.get(&id).copied() {
            Some(target) => target,
            None => {
                let target = self.push(Target { incident: Some(id), ..Target::default() });
                self.incidents.insert(id, target);
                target
            }
        }
    }

    fn push(&mut self, target: Target) -> usize {
        self.targets.push(target);
        self.targets.len().saturating_sub(1)
    }

    /// The open incident that an alert was part of before it ended.
    fn shown_in(&mut self, fingerprint: Fingerprint) -> Option<IncidentId> {
        let room = self.case.room;
        let shown = self.shown.get_or_insert_with(|| {
            let shown_by = |incident: &'a Incident| {
                incident.alerts.shown.keys().map(|fingerprint| (*fingerprint, incident.id))
            };
            room.open_incidents().flat_map(shown_by).collect()
        });
        shown.get(&fingerprint).copied()
    }

    /// What waits comes first: an alert that stops waiting must be gone from there before it counts elsewhere.
    fn into_proposals(self) -> Vec<Proposal> {
        let mut waiting = self.waiting_by_group();
        let mut proposals = Vec::new();
        for Target { incident, opening, changes } in self.targets {
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
            if !changes.is_empty() {
                propose(Event::AlertsReported { changes });
            }
        }
        proposals
    }

    /// The alerts that waited before this command and that it leaves as they are, if it declares anything.
    fn waiting_by_group(&self) -> HashMap<Line, BTreeSet<Fingerprint>> {
        let mut groups: HashMap<Line, BTreeSet<Fingerprint>> = HashMap::new();
        if !self.targets.iter().any(|target| matches!(target.opening, Opening::Declare(_))) {
            return groups;
        }
        let changes = self.targets.first().map(|target| target.changes.as_slice()).unwrap_or_default();
        let changed: HashSet<_> = changes.iter().map(AlertChange::fingerprint).collect();
        for (fingerprint, alert) in &self.case.room.alerts.waiting {
            if !changed.contains(fingerprint) {
                groups.entry(self.case.policy.group_of(&alert.labels)).or_default().insert(*fingerprint);
            }
        }
        groups
    }
}

/// What the alert says of itself, and of which service.
fn title_of(alert: &Alert) -> Line {
    let said = [&alert.summary, &alert.name].into_iter().find(|said| !is_blank(said));
    let said = said.map_or("An alert without a name", Line::as_str);
    let title = match alert.labels.get("service").filter(|service| !said.contains(service.as_str())) {
        Some(service) => format!("{said} ({service})"),
        None => said.to_owned(),
    };
    if title.chars().count() <= TITLE_CHARACTERS {
        return Line::clean(&title);
    }
    let cut: String = title.chars().take(TITLE_CHARACTERS.saturating_sub(1)).collect();
    Line::clean(&format!("{cut}…"))
}
