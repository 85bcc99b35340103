//! The latest values of every SLO, for whoever asks and whoever listens. Only the newest are kept.
//!
//! An SLO that nobody looks at changes with every poll all the same. So each change is numbered, and a session sends those
//! that its terminal shows; of the others, what changed in kind: a state, an alarm.

use std::sync::Arc;

use serde::Serialize;
use tokio::sync::watch;

use crate::domain::gauge::{PairState, SloGauge};

/// So many SLOs are worth everybody's eyes, whatever they look at.
const WORST: usize = 12;

/// All SLOs, in an order that stays.
#[derive(Debug, Clone, Default)]
pub(super) struct Latest {
    pub slos: Arc<[SloGauge]>,
    pub told: Arc<[Told]>,
    /// Of the newest change.
    pub version: u64,
}

/// One SLO as sessions send it.
#[derive(Debug, Clone)]
pub(super) struct Told {
    /// In JSON, with the digits that somebody reads.
    pub json: Arc<str>,
    /// When it last changed at all, and when it changed in kind.
    pub changed: u64,
    pub turned: u64,
    pub is_among_the_worst: bool,
}

/// Cheap to clone; all clones are the same gauges.
#[derive(Debug, Clone)]
pub struct Gauges(watch::Sender<Latest>);

impl Default for Gauges {
    fn default() -> Self {
        Gauges(watch::Sender::new(Latest::default()))
    }
}

impl Gauges {
    /// Takes the place of all values before. Those who listen hear of it only if something changed.
    pub fn publish(&self, slos: Vec<SloGauge>) {
        self.0.send_if_modified(|current| {
            let changed = *current.slos != *slos;
            if changed {
                *current = current.followed_by(slos);
            }
            changed
        });
    }

    pub fn all(&self) -> Arc<[SloGauge]> {
        Arc::clone(&self.0.borrow().slos)
    }

    pub(super) fn watch(&self) -> watch::Receiver<Latest> {
        self.0.subscribe()
    }
}

impl Latest {
    fn followed_by(&self, slos: Vec<SloGauge>) -> Latest {
        let version = self.version + 1;
        let worst = worst(&slos);
        let told = slos.iter().enumerate().map(|(place, now)| {
            let before = self.slos.get(place).zip(self.told.get(place));
            let before = before.filter(|(gauge, _)| gauge.name == now.name);
            let is_among_the_worst = worst.contains(&place);
            match before {
                Some((gauge, told)) if gauge == now => Told { is_among_the_worst, ..told.clone() },
                Some((gauge, told)) => {
                    let turned = if kind(gauge) == kind(now) { told.turned } else { version };
                    Told { json: encode(now), changed: version, turned, is_among_the_worst }
                }
                None => Told { json: encode(now), changed: version, turned: version, is_among_the_worst },
            }
        });
        Latest { told: told.collect(), slos: slos.into(), version }
    }
}

/// What a person would call a change, not a movement.
fn kind(gauge: &SloGauge) -> impl PartialEq + use<'_> {
    let pairs: Vec<PairState> = gauge.pairs.iter().map(|pair| pair.state).collect();
    (gauge.state, &gauge.detail, pairs, gauge.spent.len(), gauge.budget_left.map(|left| left <= 0.0))
}

/// The places of those with an alarm, then of those with the least left and the highest burn.
fn worst(slos: &[SloGauge]) -> Vec<usize> {
    let alarm = |gauge: &SloGauge| {
        let state = |pair: &crate::domain::gauge::PairGauge| match pair.state {
            PairState::Firing => 4,
            PairState::Held => 3,
            PairState::Rising => 2,
            PairState::Recovering => 1,
            PairState::Quiet | PairState::Unknown => 0,
        };
        gauge.pairs.iter().map(state).max().unwrap_or(0)
    };
    let badness = |gauge: &SloGauge| {
        let spent = 1.0 - gauge.budget_left.unwrap_or(1.0);
        let burn = [gauge.burn_5m, gauge.burn_1h, gauge.burn_6h].into_iter().flatten().fold(0.0, f64::max);
        spent + burn
    };
    let mut ranked: Vec<(usize, i32, f64)> =
        slos.iter().enumerate().map(|(place, gauge)| (place, alarm(gauge), badness(gauge))).collect();
    let worse = |a: &(usize, i32, f64), b: &(usize, i32, f64)| b.1.cmp(&a.1).then(b.2.total_cmp(&a.2));
    if ranked.len() > WORST {
        ranked.select_nth_unstable_by(WORST, worse);
        ranked.truncate(WORST);
    }
    ranked.into_iter().map(|(place, ..)| place).collect()
}

fn encode(gauge: &SloGauge) -> Arc<str> {
    match serde_json::to_string(&rounded(gauge)) {
        Ok(json) => json.into(),
        Err(error) => {
            tracing::error!(%error, slo = %gauge.name, "a gauge cannot be written as JSON");
            "null".into()
        }
    }
}

/// Four digits: nobody reads more, and they are most of a frame.
fn rounded(gauge: &SloGauge) -> impl Serialize + use<> {
    let each = |value: Option<f64>| value.map(digits);
    let mut gauge = gauge.clone();
    let SloGauge { budget_left, burn_5m, burn_1h, burn_6h, coverage, pairs, spent, .. } = &mut gauge;
    for value in [budget_left, burn_5m, burn_1h, burn_6h, coverage] {
        *value = each(*value);
    }
    for pair in pairs {
        (pair.burn_long, pair.burn_short) = (each(pair.burn_long), each(pair.burn_short));
    }
    for spent in spent {
        spent.share = digits(spent.share);
    }
    gauge
}

fn digits(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    #[allow(clippy::cast_possible_truncation)] // Between -308 and 308.
    let places = 3 - value.abs().log10().floor() as i32;
    let scale = 10_f64.powi(places);
    let scaled = (value * scale).round() / scale;
    if scaled.is_finite() { scaled } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::gauge::PairGauge;
    use crate::domain::text::Line;

    fn gauge(name: &str, burn: f64, state: PairState) -> SloGauge {
        SloGauge {
            burn_5m: Some(burn),
            pairs: vec![PairGauge {
                severity: Line::clean("page"),
                long: 3_600,
                short: Some(300),
                threshold: 14.4,
                burn_long: Some(burn),
                burn_short: Some(burn),
                state,
                held: Line::default(),
            }],
            ..SloGauge::calm(name, "shop")
        }
    }

    fn stamps(latest: &Latest) -> Vec<(u64, u64)> {
        latest.told.iter().map(|told| (told.changed, told.turned)).collect()
    }

    #[test]
    fn a_movement_and_a_turn_are_numbered_apart() {
        let quiet = |burn| gauge("a", burn, PairState::Quiet);
        let other = gauge("b", 1.0, PairState::Quiet);
        let first = Latest::default().followed_by(vec![quiet(1.0), other.clone()]);
        let moved = first.followed_by(vec![quiet(1.1), other.clone()]);
        let turned = moved.followed_by(vec![gauge("a", 20.0, PairState::Firing), other]);
        assert_eq!(stamps(&first), [(1, 1), (1, 1)]);
        assert_eq!(stamps(&moved), [(2, 1), (1, 1)]);
        assert_eq!(stamps(&turned), [(3, 3), (1, 1)]);
    }

    #[test]
    fn what_fires_is_among_the_worst_of_thousands() {
        let mut slos: Vec<SloGauge> =
            (0..3_000).map(|number| gauge(&number.to_string(), 5.0, PairState::Quiet)).collect();
        slos[2_345] = gauge("fires", 0.1, PairState::Firing);
        slos[17].burn_5m = Some(9.0);
        let worst = worst(&slos);
        assert_eq!(worst.len(), WORST);
        assert!(worst.contains(&2_345) && worst.contains(&17), "{worst:?}");
    }

    #[test]
    fn four_digits_are_sent() {
        assert_eq!(
            [0.0, 14.43982, 0.000_123_456, 123_456.0].map(digits),
            [0.0, 14.44, 0.000_123_5, 123_500.0]
        );
        assert!(digits(f64::MAX).is_finite() && digits(5e-324).is_finite());
    }
}
