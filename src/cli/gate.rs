//! `warroom slo gate`: whether a pipeline may go on with a service now, and if not, why not.

use serde::Serialize;

use super::exit::Exit;
use super::output::Output;
use super::session::Session;
use crate::domain::change::{Change, ChangeId, Mark, Phase, Rollout, Verdict};
use crate::domain::gauge::{CanaryGauge, PairState, SloGauge, SloState};
use crate::domain::incident::Incident;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;
use crate::link::api::{ChangeQuery, IncidentQuery};

/// # Errors
///
/// The answer is no when something speaks against it: the first reason is the sentence.
pub async fn gate(session: &Session, output: Output, service: &str) -> Result<(), Exit> {
    let service = Line::clean(service);
    let slos = session.all(async |client, part| client.slos(part).await).await?;
    let which = ChangeQuery { service: Some(service.clone()), since: None };
    let changes = session.all(async |client, part| client.changes(&which, part).await).await?;
    let which = IncidentQuery { service: Some(service.clone()), ..IncidentQuery::default() };
    let incidents = session.all(async |client, part| client.incidents(&which, part).await).await?;
    let against = against(&service, &slos, &changes, &incidents);
    if output == Output::Programs {
        output.json(&Answer { service: &service, go: against.is_empty(), reasons: &against })?;
    }
    match against.as_slice() {
        [] => {
            if output == Output::People {
                output.line(&format!("go: no budget of {service} burns, and each has something left"))?;
            }
            Ok(())
        }
        reasons => Err(Exit::no(format!("no go: {}", reasons.join("; ")))),
    }
}

#[derive(Serialize)]
struct Answer<'a> {
    service: &'a Line,
    go: bool,
    reasons: &'a [String],
}

/// What speaks against changing a service now, the gravest first.
fn against(service: &Line, slos: &[SloGauge], changes: &[Change], incidents: &[Incident]) -> Vec<String> {
    let mut reasons: Vec<String> = changes.iter().filter_map(|change| held(change, incidents)).collect();
    // The newest is the one that goes on.
    let newest =
        changes.iter().filter(|change| change.rollout.is_some()).max_by_key(|change| change.phase_at);
    reasons.extend(newest.and_then(|change| failed(change).or_else(|| judged(change, slos))));
    let of_service: Vec<&SloGauge> = slos.iter().filter(|slo| slo.service == *service).collect();
    if of_service.is_empty() {
        reasons.push(format!(
            "there is no SLO of {service}, so nobody knows; `warroom slo list` shows those there are"
        ));
    }
    reasons.extend(of_service.into_iter().filter_map(burning));
    reasons
}

fn held(change: &Change, incidents: &[Incident]) -> Option<String> {
    let live = incidents.iter().filter(|incident| incident.status.is_live() && !incident.drill);
    let mut marked = live
        .filter(|incident| incident.marks.get(&change.id).is_some_and(|marked| marked.mark == Mark::Held));
    let incident = marked.next()?;
    Some(format!("{} is held by {}", change.title, incident.id))
}

fn failed(change: &Change) -> Option<String> {
    let rollout = change.rollout.as_ref().filter(|_| change.phase == Phase::Failed)?;
    let verdict = rollout.latest().and_then(|stage| stage.verdict.as_ref());
    let verdict = verdict.map(|verdict| format!(": {verdict}")).unwrap_or_default();
    Some(format!("the rollout “{}” failed{}{verdict}", change.title, at(rollout)))
}

/// What was counted of the stage that goes on. Without a verdict the next stage waits, but only where an objective was
/// told how to find the canary.
fn judged(change: &Change, slos: &[SloGauge]) -> Option<String> {
    let rollout = change.rollout.as_ref().filter(|_| !change.phase.is_over())?;
    let (title, at) = (&change.title, at(rollout));
    match rollout.judgement().map(|judgement| (judgement.verdict, &judgement.reasons)) {
        Some((Verdict::Worse, reasons)) => {
            let why = reasons.first().map(|reason| format!(": {reason}")).unwrap_or_default();
            return Some(format!("the canary of “{title}” is worse than its baseline{at}{why}"));
        }
        Some((Verdict::Better | Verdict::Same, _)) => return None,
        Some((Verdict::NotEnoughData { .. }, _)) | None => {}
    }
    let of_service = slos.iter().filter(|slo| change.service.as_ref() == Some(&slo.service));
    let mut told = of_service.filter_map(|slo| match slo.canary.as_ref()? {
        CanaryGauge::Compared { change: of, since, reason, .. } if is_of(of, *since, change) => {
            Some(reason.to_string())
        }
        CanaryGauge::Blind { change: of, why } if *of == change.id => Some(why.to_string()),
        CanaryGauge::Idle | CanaryGauge::Compared { .. } | CanaryGauge::Blind { .. } => {
            Some("nothing of it is counted yet".to_owned())
        }
    });
    let first = told.next()?;
    Some(format!("there is no verdict on the canary of “{title}”{at} yet: {first}"))
}

fn is_of(id: &ChangeId, since: Timestamp, change: &Change) -> bool {
    *id == change.id && change.rollout.as_ref().and_then(Rollout::since) == Some(since)
}

fn at(rollout: &Rollout) -> String {
    rollout.percent().map(|percent| format!(" at {} %", percent.get())).unwrap_or_default()
}

fn burning(slo: &SloGauge) -> Option<String> {
    let name = &slo.name;
    match slo.state {
        SloState::Failing | SloState::Stale | SloState::NoData => {
            let why = if slo.detail.is_empty() { String::new() } else { format!(": {}", slo.detail) };
            return Some(format!("nobody knows how {name} stands{why}"));
        }
        SloState::Ok | SloState::NoTraffic => {}
    }
    if let Some(pair) = slo.pairs.iter().find(|pair| pair.state == PairState::Firing) {
        let burn = pair.burn_long.map(|burn| format!(" {burn:.1}×")).unwrap_or_default();
        return Some(format!("{name} burns{burn} its error budget"));
    }
    let left = slo.budget_left?;
    (left <= 0.0)
        .then(|| format!("the error budget of {name} is spent for this {}: changes are frozen", slo.window))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::gauge::PairGauge;

    fn slo(state: SloState, left: Option<f64>, pair: PairState) -> SloGauge {
        SloGauge {
            name: Line::clean("checkout-availability"),
            service: Line::clean("checkout"),
            objective: 0.999,
            window: Line::clean("28d"),
            state,
            budget_left: left,
            burn_5m: None,
            burn_1h: None,
            burn_6h: None,
            exhaustion: None,
            as_of: None,
            detail: Line::default(),
            coverage: None,
            onset: None,
            pairs: vec![PairGauge {
                severity: Line::clean("page"),
                long: 3_600,
                short: Some(300),
                threshold: 13.44,
                burn_long: Some(20.0),
                burn_short: Some(20.0),
                state: pair,
                held: Line::default(),
            }],
            spent: Vec::new(),
            canary: None,
        }
    }

    fn says(slos: &[SloGauge]) -> Vec<String> {
        against(&Line::clean("checkout"), slos, &[], &[])
    }

    #[test]
    fn a_service_that_is_well_may_be_changed() {
        assert_eq!(says(&[slo(SloState::Ok, Some(0.4), PairState::Quiet)]), [""; 0]);
        assert_eq!(says(&[slo(SloState::NoTraffic, None, PairState::Quiet)]), [""; 0]);
    }

    #[test]
    fn what_burns_is_spent_or_is_not_known_stops_a_pipeline_with_the_reason() {
        let burning = says(&[slo(SloState::Ok, Some(0.4), PairState::Firing)]);
        assert_eq!(burning, ["checkout-availability burns 20.0× its error budget"]);
        let spent = says(&[slo(SloState::Ok, Some(-0.1), PairState::Quiet)]);
        assert!(spent[0].ends_with("is spent for this 28d: changes are frozen"), "{spent:?}");
        for state in [SloState::Stale, SloState::Failing, SloState::NoData] {
            assert!(says(&[slo(state, Some(0.4), PairState::Quiet)])[0].starts_with("nobody knows"));
        }
        assert!(says(&[])[0].starts_with("there is no SLO of checkout"));
    }
}
