//! `warroom slo gate`: whether a pipeline may go on with a service now, and if not, why not.

use serde::Serialize;

use super::exit::Exit;
use super::output::Output;
use super::session::Session;
use crate::domain::change::{Change, Mark, Phase, Rollout, Verdict};
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
    let against = against(&service, &slos, &changes, &incidents, session.now());
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
fn against(
    service: &Line,
    slos: &[SloGauge],
    changes: &[Change],
    incidents: &[Incident],
    now: Timestamp,
) -> Vec<String> {
    let mut reasons: Vec<String> = changes.iter().filter_map(|change| held(change, incidents)).collect();
    // The newest is the one that goes on.
    let newest =
        changes.iter().filter(|change| change.rollout.is_some()).max_by_key(|change| change.phase_at);
    reasons.extend(newest.and_then(|change| failed(change).or_else(|| judged(change, slos, now))));
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
fn judged(change: &Change, slos: &[SloGauge], now: Timestamp) -> Option<String> {
    let rollout = change.going_on(now)?;
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
    let not_yet = Line::clean("nothing of it is counted yet");
    let mut told = of_service.filter_map(|slo| match slo.canary.as_ref()? {
        CanaryGauge::Compared { change: of, since, reason, .. }
            if *of == change.id && rollout.since() == Some(*since) =>
        {
            Some(reason)
        }
        CanaryGauge::Blind { change: of, why } if *of == change.id => Some(why),
        CanaryGauge::Idle | CanaryGauge::Compared { .. } | CanaryGauge::Blind { .. } => Some(&not_yet),
    });
    let first = told.next()?;
    Some(format!("there is no verdict on the canary of “{title}”{at} yet: {first}"))
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
    use std::time::Duration;

    use super::*;
    use crate::domain::change::{ChangeKind, Judgement, StageReport};
    use crate::domain::gauge::PairGauge;

    fn slo(state: SloState, left: Option<f64>, pair: PairState) -> SloGauge {
        SloGauge {
            state,
            budget_left: left,
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
            ..SloGauge::calm("checkout-availability", "checkout")
        }
    }

    fn says(slos: &[SloGauge]) -> Vec<String> {
        against(&Line::clean("checkout"), slos, &[], &[], Timestamp::from_millis(0))
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

    /// A rollout of checkout at 25 %, begun at 0.
    fn rollout(verdict: Option<Verdict>) -> Change {
        let at = Timestamp::from_millis(0);
        let percent = 25.try_into().ok();
        let mut rollout = Rollout::of(StageReport { percent, ..StageReport::default() }, at);
        let reasons = vec![Line::clean("canary 31 of 400 bad")];
        rollout.judged = verdict.map(|verdict| Judgement { verdict, percent, since: at, at, reasons });
        Change {
            id: "ci:8".parse().unwrap(),
            source: "ci".parse().unwrap(),
            kind: ChangeKind::Canary,
            at,
            phase: Phase::Started,
            phase_at: at,
            service: Some(Line::clean("checkout")),
            environment: None,
            version: None,
            by: None,
            title: Line::clean("checkout v2"),
            link: None,
            rollout: Some(rollout),
        }
    }

    #[test]
    fn a_pipeline_waits_for_the_verdict_on_its_canary_and_stops_when_it_is_worse() {
        let told = |verdict, canary: Option<CanaryGauge>, hours: u64| {
            let slo = SloGauge { canary, ..slo(SloState::Ok, Some(0.4), PairState::Quiet) };
            let now = Timestamp::from_millis(0).plus(Duration::from_secs(hours * 3_600));
            against(&slo.service.clone(), &[slo], &[rollout(verdict)], &[], now)
        };
        let worse = told(Some(Verdict::Worse), Some(CanaryGauge::Idle), 1);
        assert_eq!(
            worse,
            ["the canary of “checkout v2” is worse than its baseline at 25 %: canary 31 of 400 bad"]
        );
        assert_eq!(told(Some(Verdict::Same), Some(CanaryGauge::Idle), 1), [""; 0]);
        let why = Line::clean("no series of the canary was found yet");
        let blind = CanaryGauge::Blind { change: "ci:8".parse().unwrap(), why };
        assert!(told(None, Some(blind), 1)[0].ends_with("yet: no series of the canary was found yet"));
        assert!(told(None, Some(CanaryGauge::Idle), 1)[0].ends_with("nothing of it is counted yet"));
        assert_eq!(told(None, None, 1), [""; 0], "nobody said how to find the canary");
        assert_eq!(told(None, Some(CanaryGauge::Idle), 25), [""; 0], "an end that was never reported");
    }
}
