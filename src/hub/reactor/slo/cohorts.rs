//! The canary of a rollout and its baseline, each counted by itself since the stage began.

use super::counting::{Counting, Selectors};
use super::{AskPrometheus, StageOf, Surroundings};
use crate::canary::{Comparison, Counts, Fault, Margin, Rollout};
use crate::domain::change::ChangeId;
use crate::domain::gauge::CanaryGauge;
use crate::domain::text::Line;
use crate::hub::prometheus::PrometheusError;
use crate::slo::Slo;
use crate::slo::meter::Meter;
use crate::slo::slo::{Cohort, Numerator};

/// The two halves of one service's traffic during one stage.
pub(super) struct Cohorts {
    stage: StageOf,
    /// None when the document takes a version and the rollout tells none.
    sides: Option<Sides>,
    /// Since the last answer.
    failure: Option<PrometheusError>,
}

struct Sides {
    canary: Side,
    baseline: Side,
}

struct Side {
    selectors: Selectors,
    meter: Meter,
}

impl Cohorts {
    pub(super) fn new(slo: &Slo, cohort: &Cohort, stage: StageOf) -> Self {
        let side = |matcher: String| {
            let selectors = Selectors::narrowed(slo, &matcher)?;
            let meter = Meter::new(&slo.indicator.numerator, stage.since, slo.window.longest());
            Some(Side { selectors, meter })
        };
        let sides = cohort
            .matchers(stage.version.as_deref())
            .and_then(|(canary, baseline)| Some(Sides { canary: side(canary)?, baseline: side(baseline)? }));
        Cohorts { stage, sides, failure: None }
    }

    pub(super) fn are_of(&self, stage: &StageOf) -> bool {
        self.stage == *stage
    }

    /// Counts what came since the last time.
    pub(super) async fn poll<A: AskPrometheus, S: Surroundings>(
        &mut self,
        counting: &Counting<'_, A, S>,
    ) -> Result<(), PrometheusError> {
        let Some(Sides { canary, baseline }) = &mut self.sides else { return Ok(()) };
        for Side { selectors, meter } in [canary, baseline] {
            let until = meter.until();
            let take = |answer: &[_]| _ = meter.take(answer);
            counting.catch_up(selectors, until, Some(self.stage.since), take).await?;
        }
        Ok(())
    }

    pub(super) fn end(&mut self, failure: Option<PrometheusError>) {
        self.failure = failure;
    }

    pub(super) fn gauge(&self, slo: &Slo) -> CanaryGauge {
        let StageOf { change, since, .. } = &self.stage;
        match self.compared(slo) {
            Ok(comparison) => {
                let judgement = Rollout { counts: vec![comparison], gauges: Vec::new() }.judge();
                let reason = judgement.reasons.into_iter().next().unwrap_or_default();
                CanaryGauge::Compared {
                    change: change.clone(),
                    since: *since,
                    verdict: judgement.verdict,
                    reason,
                }
            }
            Err(why) => CanaryGauge::Blind { change: ChangeId::clone(change), why: Line::clean(&why) },
        }
    }

    fn compared(&self, slo: &Slo) -> Result<Comparison, String> {
        if let Some(failure) = &self.failure {
            return Err(failure.to_string());
        }
        let Some(Sides { canary, baseline }) = &self.sides else {
            return Err("the rollout does not say its version, by which its series are told; \
                        report it, or tell the canary by another label"
                .to_owned());
        };
        let counts = |side: &Side, whose: &str| {
            let meter = &side.meter;
            let Some(until) = meter.until().filter(|until| *until > self.stage.since) else {
                return Err(format!(
                    "no series of the {whose} was found yet; look at the label that tells it"
                ));
            };
            let measure =
                meter.between(self.stage.since, until).measure.map_err(|nonsense| nonsense.to_string())?;
            let (bad, total) = measure.events().map_or((0.0, 0.0), |events| (events.bad(), events.total()));
            // Counts are spread over the time between two samples, so the first share may be broken. A cast saturates.
            let (bad, total) = (bad.round() as u64, total.round() as u64);
            Counts::new(bad.min(total), total).map_err(|error| error.to_string())
        };
        let fault = match &slo.indicator.numerator {
            Numerator::Good(query) => query.bucket().map_or(Fault::Failed, |over| Fault::Slow { over }),
            Numerator::Bad(_) => Fault::Failed,
        };
        // A difference of half the error budget is one that nobody would notice.
        let margin = Margin::new(slo.objective.error_budget() / 2.0).map_err(|error| error.to_string())?;
        Ok(Comparison::of(fault, counts(canary, "canary")?, counts(baseline, "baseline")?, margin))
    }
}
