//! The order of the SLOs: the worst first, by one rule.
//!
//! 1. By the state of alarm, see [`Alarm`].
//! 2. Within one, the highest burn in the shortest window that is over the threshold of that alarm.
//! 3. Then the least time until the budget is spent, then the name.
//!
//! Burns move with every poll, and rows that change places cannot be read. An order that was made once stays until some
//! SLO would stand above one that is before it even if its own burns were a fifth lower; then all are sorted anew.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::domain::gauge::{SloGauge, SloState};
use crate::domain::text::Line;
use crate::tui::model::Model;

/// From here on a budget of four weeks is gone within two days (the SRE workbook, chapter 5: page).
pub const FAST: f64 = 14.4;
/// From here on it is gone within five days.
pub const SLOW: f64 = 6.0;
/// From here on it does not last for its period.
const TOO_MUCH: f64 = 1.0;
/// What another SLO must be worse by to change places.
const MARGIN: f64 = 0.8;

/// What needs eyes, the last the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Alarm {
    /// Nothing is asked of the service.
    Idle,
    Fine,
    /// No figures: it may be anything.
    Unknown,
    /// Over `TOO_MUCH`.
    Burning,
    /// Over [`SLOW`].
    Slow,
    /// Over [`FAST`].
    Fast,
    /// Nothing of the budget is left.
    Spent,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Rank {
    alarm: Alarm,
    burn: f64,
}

impl Rank {
    fn cmp(&self, other: &Self) -> Ordering {
        self.alarm.cmp(&other.alarm).then(self.burn.total_cmp(&other.burn))
    }
}

pub fn alarm(gauge: &SloGauge) -> Alarm {
    rank(gauge, 1.0).alarm
}

/// The rank that it would have if its burns were `share` of what they are.
fn rank(gauge: &SloGauge, share: f64) -> Rank {
    let windows = [gauge.burn_5m, gauge.burn_1h, gauge.burn_6h];
    let windows = windows.map(|burn| burn.filter(|burn| burn.is_finite()).unwrap_or(0.0) * share);
    let over = |threshold: f64| windows.into_iter().find(|burn| *burn >= threshold);
    let known = gauge.budget_left.is_some() || windows.iter().any(|burn| *burn > 0.0);
    match gauge.state {
        SloState::NoTraffic => return Rank { alarm: Alarm::Idle, burn: 0.0 },
        SloState::NoData => return Rank { alarm: Alarm::Unknown, burn: 0.0 },
        SloState::Failing if !known => return Rank { alarm: Alarm::Unknown, burn: 0.0 },
        SloState::Failing | SloState::Ok | SloState::Stale => {}
    }
    let by_burn = [(FAST, Alarm::Fast), (SLOW, Alarm::Slow), (TOO_MUCH, Alarm::Burning)]
        .into_iter()
        .find_map(|(threshold, alarm)| over(threshold).map(|burn| Rank { alarm, burn }));
    let highest = windows.into_iter().fold(0.0, f64::max);
    let rank = by_burn.unwrap_or(Rank { alarm: Alarm::Fine, burn: highest });
    match gauge.budget_left {
        Some(left) if left <= 0.0 => Rank { alarm: Alarm::Spent, burn: highest },
        // A source that fails is never all well.
        _ if gauge.state == SloState::Failing && rank.alarm < Alarm::Unknown => {
            Rank { alarm: Alarm::Unknown, burn: highest }
        }
        _ => rank,
    }
}

/// All SLOs, the worst first.
pub fn order(model: &Model) -> Vec<&SloGauge> {
    match kept(&model.slo_order, &model.gauges) {
        Some(kept) => kept,
        None => sorted(&model.gauges),
    }
}

/// The order after new figures: the one before while it holds.
pub fn reorder(before: &[Line], gauges: &BTreeMap<Line, SloGauge>) -> Vec<Line> {
    let gauges = kept(before, gauges).filter(|kept| holds(kept)).unwrap_or_else(|| sorted(gauges));
    gauges.into_iter().map(|gauge| gauge.name.clone()).collect()
}

/// The gauges in an order that was made before, if it still names them all.
fn kept<'a>(before: &[Line], gauges: &'a BTreeMap<Line, SloGauge>) -> Option<Vec<&'a SloGauge>> {
    let found: Vec<&SloGauge> = before.iter().filter_map(|name| gauges.get(name)).collect();
    (found.len() == gauges.len()).then_some(found)
}

/// Whether nothing is worse than something before it by more than the margin.
fn holds(gauges: &[&SloGauge]) -> bool {
    let mut least: Option<Rank> = None;
    gauges.iter().all(|gauge| {
        let here = rank(gauge, 1.0);
        let overtakes = least.is_some_and(|least| rank(gauge, MARGIN).cmp(&least).is_gt());
        if least.is_none_or(|least| here.cmp(&least).is_lt()) {
            least = Some(here);
        }
        !overtakes
    })
}

fn sorted(gauges: &BTreeMap<Line, SloGauge>) -> Vec<&SloGauge> {
    let mut ranked: Vec<(Rank, &SloGauge)> = gauges.values().map(|gauge| (rank(gauge, 1.0), gauge)).collect();
    let left = |gauge: &SloGauge| gauge.exhaustion.unwrap_or(u64::MAX);
    // By name already, and the sort is stable.
    ranked.sort_by(|(a_rank, a), (b_rank, b)| b_rank.cmp(a_rank).then_with(|| left(a).cmp(&left(b))));
    ranked.into_iter().map(|(_, gauge)| gauge).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gauge(name: &str, burns: [f64; 3], left: f64) -> SloGauge {
        let [five, hour, six] = burns;
        SloGauge {
            budget_left: Some(left),
            burn_5m: Some(five),
            burn_1h: Some(hour),
            burn_6h: Some(six),
            ..SloGauge::calm(name, "shop")
        }
    }

    fn room(gauges: &[SloGauge]) -> BTreeMap<Line, SloGauge> {
        gauges.iter().map(|gauge| (gauge.name.clone(), gauge.clone())).collect()
    }

    fn names(order: &[Line]) -> Vec<&str> {
        order.iter().map(|name| &**name).collect()
    }

    #[test]
    fn the_worst_comes_first() {
        let all = room(&[
            gauge("cart", [14.4, 14.4, 14.4], 0.3),
            gauge("checkout", [90.0, 60.0, 9.0], 0.8),
            gauge("mail", [2.0, 1.5, 0.0], 0.9),
            gauge("search", [0.1, 0.0, 0.0], 0.9),
            gauge("spent", [0.0, 0.0, 0.0], -0.2),
            SloGauge { state: SloState::NoData, budget_left: None, ..gauge("absent", [0.0; 3], 0.0) },
            SloGauge { state: SloState::NoTraffic, budget_left: None, ..gauge("idle", [0.0; 3], 0.0) },
        ]);
        let order = reorder(&[], &all);
        assert_eq!(names(&order), ["spent", "checkout", "cart", "mail", "absent", "search", "idle"]);
    }

    #[test]
    fn rows_change_places_only_when_one_is_worse_by_a_margin() {
        let at = |checkout: f64, cart: f64| {
            room(&[gauge("checkout", [checkout; 3], 0.5), gauge("cart", [cart; 3], 0.5)])
        };
        let order = reorder(&[], &at(14.5, 14.3));
        assert_eq!(names(&order), ["checkout", "cart"]);
        let order = reorder(&order, &at(14.3, 15.0));
        assert_eq!(names(&order), ["checkout", "cart"], "a little worse");
        let order = reorder(&order, &at(14.3, 30.0));
        assert_eq!(names(&order), ["cart", "checkout"], "much worse");
        let order = reorder(&order, &room(&[gauge("checkout", [90.0; 3], 0.5)]));
        assert_eq!(names(&order), ["checkout"], "one is gone");
    }
}
