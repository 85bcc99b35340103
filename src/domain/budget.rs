//! How much of an error budget is gone, in the steps that are worth a line in the journal. The figure itself is a gauge; that
//! a quarter, a half, all of it was gone at some hour is history.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::Line;

/// Percent of a budget, of which each is told when it is reached.
pub const LEVELS: [u8; 5] = [25, 50, 75, 90, 100];

/// A level that was reached is left only when so many percent more are back: old events leave a rolling period one by one.
const BACK: i32 = 5;

/// What is spent of an SLO's budget, as the hub measured it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BudgetReport {
    pub slo: Line,
    pub service: Line,
    /// Percent; more than 100 when overspent.
    pub spent: i32,
}

/// The level at which a budget stands, given the one at which it stood. 0 is below all of them.
pub fn level(before: u8, spent: i32) -> u8 {
    let reached = |spent: i32| LEVELS.into_iter().rev().find(|level| i32::from(*level) <= spent).unwrap_or(0);
    let now = reached(spent);
    if now >= before { now } else { reached(spent.saturating_add(BACK)).min(before) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_reached_at_once_and_left_with_some_distance() {
        assert_eq!(
            [(0, 24), (0, 25), (0, 99), (50, 260)].map(|(before, spent)| level(before, spent)),
            [0, 25, 90, 100]
        );
        assert_eq!(
            [(50, 49), (50, 45), (50, 44), (100, 3)].map(|(before, spent)| level(before, spent)),
            [50, 50, 25, 0]
        );
    }

    #[test]
    fn what_was_told_is_not_told_again() {
        for before in [0, 25, 50, 75, 90, 100] {
            for spent in -50..200 {
                let once = level(before, spent);
                assert_eq!(level(once, spent), once, "{before} {spent}");
            }
        }
    }
}
