//! Whether a pair of windows calls for somebody now. Pure: what the windows say is handed in, and so is the time.
//!
//! | long over | short over | |
//! | --- | --- | --- |
//! | no | no | quiet |
//! | no | yes | rising: it began just now, or was short |
//! | yes | yes | firing, unless a guard holds it |
//! | yes | no | recovering: it mattered and has ended |

use std::time::Duration;

use super::burn::{Events, Measure};
use super::guard;
use super::meter::Reading;
use super::policy::{AlertPolicy, Guards, Pair};
use super::slo::Slo;
use crate::domain::gauge::{PairGauge, PairState};
use crate::domain::text::Line;
use crate::domain::time::Timestamp;

/// Of the short window, what has to be known before anybody is called by it.
const COVERED: f64 = 0.5;

/// What fires goes on until a window is below this part of the threshold, so that it does not flap upon it.
const UNTIL: f64 = 0.9;

/// So many bad events are not the chance of a quiet night: what they say of the threshold is then for the threshold to judge.
const MANY: f64 = 100.0;

/// The pairs of one SLO over time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Alarms {
    pairs: Vec<Alarm>,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Alarm {
    fires: bool,
    /// Both windows have been over the threshold since.
    over_since: Option<Timestamp>,
}

/// What is known of the windows right now.
#[allow(missing_debug_implementations)] // It holds a function.
pub struct Sight<'a> {
    pub now: Timestamp,
    /// The figures are those of now: what fires stays so while nobody knows.
    pub is_current: bool,
    pub reading: &'a dyn Fn(Duration) -> Reading,
    /// The whole period, as far as it is known.
    pub period: Option<Reading>,
}

impl Alarms {
    /// `fires` says of a severity whether its alert fires already: a hub that restarts goes on where it was.
    pub fn new(slo: &Slo, fires: impl Fn(&Line) -> bool) -> Self {
        let alarm = |pair: &Pair| Alarm { fires: fires(&pair.severity), over_since: None };
        Alarms { pairs: pairs(slo).map(|(_, pair)| alarm(pair)).collect() }
    }

    /// Looks at all pairs, in the order of the SLO's policies.
    pub fn look(&mut self, slo: &Slo, sight: &Sight<'_>) -> Vec<PairGauge> {
        self.pairs.resize(pairs(slo).count(), Alarm::default());
        let each = pairs(slo).zip(&mut self.pairs);
        each.map(|((policy, pair), alarm)| alarm.look(slo, policy.guards, pair, sight)).collect()
    }
}

fn pairs(slo: &Slo) -> impl Iterator<Item = (&AlertPolicy, &Pair)> {
    slo.policies.iter().flat_map(|policy| policy.pairs.iter().map(move |pair| (policy, pair)))
}

impl Alarm {
    fn look(&mut self, slo: &Slo, guards: Guards, pair: &Pair, sight: &Sight<'_>) -> PairGauge {
        let long = (sight.reading)(pair.long);
        let short = pair.short.map(sight.reading);
        let burn = |reading: Reading| Some(reading.measure.ok()?.events()?.burn_rate(slo.objective));
        let (burn_long, burn_short) = (burn(long), short.and_then(burn));
        let newest = short.unwrap_or(long);
        let known = long.measure.is_ok()
            && newest.measure.is_ok_and(|measure| measure != Measure::NoData)
            && newest.coverage >= COVERED;
        let (state, held) = if sight.is_current && known {
            let threshold = if self.fires { UNTIL * pair.threshold } else { pair.threshold };
            let over = |burn: Option<f64>| burn.is_some_and(|burn| burn > threshold);
            self.judge(over(burn_long), pair.short.map(|_| over(burn_short)), pair, sight.now, || {
                held(slo, guards, pair, long.measure.ok()?.events()?, sight.period)
            })
        } else {
            (if self.fires { PairState::Firing } else { PairState::Unknown }, None)
        };
        PairGauge {
            severity: pair.severity.clone(),
            long: pair.long.as_secs(),
            short: pair.short.map(|short| short.as_secs()),
            threshold: pair.threshold,
            burn_long,
            burn_short,
            state,
            held: held.map(|reason| Line::clean(&reason)).unwrap_or_default(),
        }
    }

    /// `short` is absent where there is one window only.
    fn judge(
        &mut self,
        long: bool,
        short: Option<bool>,
        pair: &Pair,
        now: Timestamp,
        held: impl FnOnce() -> Option<String>,
    ) -> (PairState, Option<String>) {
        let state = match (long, short.unwrap_or(long)) {
            (false, false) => PairState::Quiet,
            (false, true) => PairState::Rising,
            (true, false) => PairState::Recovering,
            (true, true) => PairState::Firing,
        };
        if state != PairState::Firing {
            *self = Alarm::default();
            return (state, None);
        }
        let since = *self.over_since.get_or_insert(now);
        if self.fires {
            return (PairState::Firing, None);
        }
        if let Some(reason) = held() {
            return (PairState::Held, Some(reason));
        }
        let over_for = now.since(since);
        if over_for < pair.alert_after {
            let waits = format!("burning for {}s of {}s", over_for.as_secs(), pair.alert_after.as_secs());
            return (PairState::Held, Some(waits));
        }
        self.fires = true;
        (PairState::Firing, None)
    }
}

/// Why nobody is called although both windows burn: next to nothing was asked of the service, or little of the budget went.
fn held(slo: &Slo, guards: Guards, pair: &Pair, long: Events, period: Option<Reading>) -> Option<String> {
    if guards.spent > 0.0
        && let Some((period, budget)) =
            period.and_then(|period| Some((period, period.budget(slo.objective)?)))
    {
        // As if the unknown part of the period had as many events as the known one: the first day is not all of a month.
        let spent = long.bad() * period.coverage / budget;
        let needed = guards.spent * pair.share(slo.window.duration());
        if spent < needed {
            return Some(format!(
                "it spent {} of the {}'s budget; {} would call somebody",
                share(spent),
                slo.window,
                share(needed)
            ));
        }
    }
    let allowed = (pair.threshold * slo.objective.error_budget()).min(1.0);
    let few = long.bad() < MANY && guards.chance < 1.0;
    if few && !guard::is_beyond_chance(long.bad(), long.total(), allowed, guards.chance) {
        return Some(format!(
            "{} of {} events were bad, which could be chance",
            whole(long.bad()),
            whole(long.total())
        ));
    }
    None
}

fn share(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn whole(events: f64) -> String {
    format!("{events:.0}")
}

#[cfg(test)]
mod tests;
