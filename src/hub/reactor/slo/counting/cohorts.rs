//! The canary of a rollout and its baseline, each counted by itself since the stage began.

use tokio::time::{sleep, timeout};

use super::super::{AskPrometheus, StageOf, Surroundings};
use super::{Counting, Selectors, Watcher};
use crate::canary::{Comparison, Counts, Fault, Margin, Rollout};
use crate::domain::gauge::CanaryGauge;
use crate::domain::text::Line;
use crate::hub::prometheus::PrometheusError;
use crate::slo::Slo;
use crate::slo::meter::Meter;
use crate::slo::slo::{Cohort, Numerator};

/// The two halves of one service's traffic during one stage.
struct Cohorts {
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

impl<A: AskPrometheus, S: Surroundings> Counting<'_, A, S> {
    /// The canary of the rollout that goes on, again and again, beside what else runs.
    pub(super) async fn compare(&self) {
        let Watcher { slo, surroundings, polling, .. } = self.watcher;
        let Some(cohort) = &slo.canary else { return };
        let mut cohorts: Option<Cohorts> = None;
        loop {
            let stage = surroundings.stage(&slo.service);
            cohorts = match (stage, cohorts) {
                (Some(stage), Some(cohorts)) if cohorts.stage == stage => Some(cohorts),
                (stage, _) => stage.map(|stage| Cohorts::new(slo, cohort, stage)),
            };
            if let Some(cohorts) = &mut cohorts {
                let polled = timeout(polling.deadline, cohorts.poll(self)).await;
                cohorts.failure = polled.unwrap_or(Err(PrometheusError::Deadline(polling.deadline))).err();
            }
            let gauge = Some(cohorts.as_ref().map_or(CanaryGauge::Idle, |cohorts| cohorts.gauge(slo)));
            // All windows are read for a gauge, so only for one that differs.
            if self.lock().canary != gauge {
                self.learn(|known| known.canary = gauge);
            }
            sleep(polling.interval).await;
        }
    }
}

impl Cohorts {
    fn new(slo: &Slo, cohort: &Cohort, stage: StageOf) -> Self {
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

    /// Counts what came since the last time.
    async fn poll<A: AskPrometheus, S: Surroundings>(
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

    fn gauge(&self, slo: &Slo) -> CanaryGauge {
        let StageOf { change, since, .. } = &self.stage;
        match self.compared(slo) {
            Ok(comparison) => {
                let judgement = Rollout { counts: vec![comparison], ..Rollout::default() }.judge();
                let reason = judgement.reasons.into_iter().next().unwrap_or_default();
                CanaryGauge::Compared {
                    change: change.clone(),
                    since: *since,
                    verdict: judgement.verdict,
                    reason,
                }
            }
            Err(why) => CanaryGauge::Blind { change: change.clone(), why: Line::clean(&why) },
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
