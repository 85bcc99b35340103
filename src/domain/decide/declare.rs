//! A person says that something is wrong.

use std::collections::BTreeSet;

use super::super::alert::{Alert, Fingerprint};
use super::super::command::Refusal;
use super::super::event::{Declared, Event};
use super::super::ids::IncidentId;
use super::super::incident::Incident;
use super::super::severity::Severity;
use super::super::text::{Line, Text};
use super::case::{Case, check_title, invalid, is_blank, overloaded};
use super::{Decision, alerts};

pub(super) struct Asked<'a> {
    pub(super) title: &'a Line,
    pub(super) severity: Option<Severity>,
    pub(super) kind: &'a Option<Line>,
    pub(super) services: &'a BTreeSet<Line>,
    pub(super) summary: &'a Text,
    pub(super) drill: bool,
}

/// What nobody says otherwise is a SEV2, or as severe as the worst of its alerts.
pub(super) fn declare(
    case: &Case<'_>,
    asked: Asked<'_>,
    fingerprints: &BTreeSet<Fingerprint>,
) -> Result<Decision, Refusal> {
    check_title(asked.title, "an incident")?;
    let about = alerts::waiting(case, fingerprints)?;
    let of_alerts = about.iter().filter_map(|alert| alert.labels.get("service"));
    let services: BTreeSet<Line> =
        asked.services.iter().chain(of_alerts).filter(|service| !is_blank(service)).cloned().collect();
    if services.len() > Incident::SERVICES {
        return Err(invalid(format!(
            "{} services are named and an incident has at most {}; name those that matter most",
            services.len(),
            Incident::SERVICES
        )));
    }
    let severity = asked.severity.or_else(|| alerts::worst_severity(case, &about));
    let declared = Declared {
        title: asked.title.clone(),
        kind: asked.kind.clone(),
        severity: severity.unwrap_or(Severity::Sev2),
        services,
        summary: asked.summary.clone(),
        drill: asked.drill,
        impact_started: about.iter().map(|alert| alert.started_at).min(),
        group: if asked.drill { None } else { common_group(case, &about) },
    };
    let id = IncidentId(case.room.last_incident).next();
    if case.room.incident(id).is_some() {
        return Err(overloaded("every incident number was given; begin a new journal"));
    }
    let attached =
        (!fingerprints.is_empty()).then(|| Event::AlertsAttached { fingerprints: fingerprints.clone() });
    Ok(Decision::about(id, std::iter::once(Event::Declared(declared)).chain(attached)))
}

/// The group of the alerts, if they have one in common that no live incident has. A drill takes none: it must not
/// swallow alerts that are meant.
fn common_group(case: &Case<'_>, about: &[&Alert]) -> Option<Line> {
    let mut groups = about.iter().map(|alert| case.policy.group_of(&alert.labels));
    let group = groups.next().filter(|first| groups.all(|other| other == *first))?;
    let holder = case.room.groups.get(&group).and_then(|id| case.room.incident(*id));
    holder.is_none_or(|holder| !holder.status.is_live()).then_some(group)
}
