//! Alerts that waited become part of an incident because a person says so.

use std::collections::BTreeSet;

use super::super::super::alert::{Alert, Fingerprint};
use super::super::super::command::Refusal;
use super::super::super::event::Event;
use super::super::super::ids::IncidentId;
use super::super::super::room::Alerts;
use super::super::super::severity::Severity;
use super::super::super::status::Status;
use super::super::Decision;
use super::super::case::{Case, invalid, not_found, not_now};

pub(in super::super) fn attach(
    case: &Case<'_>,
    id: IncidentId,
    fingerprints: &BTreeSet<Fingerprint>,
) -> Result<Decision, Refusal> {
    let incident = case.open(id)?;
    if fingerprints.is_empty() {
        return Err(invalid("no alert was named; choose some that wait"));
    }
    let here = |fingerprint: &&Fingerprint| {
        let firing = case.room.alerts.firing.get(*fingerprint);
        firing.is_some_and(|firing| firing.incident == Some(id))
    };
    let missing: BTreeSet<_> = fingerprints.iter().filter(|one| !here(one)).copied().collect();
    if missing.is_empty() {
        return Ok(Decision::already(id));
    }
    if incident.status == Status::Resolved {
        return Err(not_now(format!("{id} is resolved; reopen it before you attach what still fires")));
    }
    waiting(case, &missing)?;
    Ok(Decision::about(id, [Event::AlertsAttached { fingerprints: missing }]))
}

/// The alerts that were named, if all of them wait.
pub(in super::super) fn waiting<'a>(
    case: &Case<'a>,
    fingerprints: &BTreeSet<Fingerprint>,
) -> Result<Vec<&'a Alert>, Refusal> {
    let alerts = &case.room.alerts;
    let find = |fingerprint: &Fingerprint| match alerts.waiting.get(fingerprint) {
        Some(alert) => Ok(alert),
        None => Err(match alerts.firing.get(fingerprint).map(|firing| firing.incident) {
            Some(Some(incident)) => not_now(format!("alert {fingerprint} already belongs to {incident}")),
            Some(None) => not_now(format!(
                "alert {fingerprint} is one of {} that wait unseen behind {}; attach or silence others first",
                alerts.waiting_unseen,
                Alerts::WAITING
            )),
            None => not_found(format!("alert {fingerprint} does not wait any more; it may be over")),
        }),
    };
    fingerprints.iter().map(find).collect()
}

/// The worst severity that any of the alerts declares by itself.
pub(in super::super) fn worst_severity(case: &Case<'_>, alerts: &[&Alert]) -> Option<Severity> {
    alerts.iter().filter_map(|alert| case.policy.declares.get(&alert.severity)).min().copied()
}
