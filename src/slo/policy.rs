//! When the burn of an SLO calls for somebody: pairs of windows that must both burn faster than a threshold.
//!
//! The long window says that it matters, the short one that it still goes on (Site Reliability Workbook, chapter 5,
//! "Multiwindow, Multi-Burn-Rate Alerts"). A threshold follows from the share of the budget that the long window may spend
//! before somebody is called: share × period / window.

use std::time::Duration;

use super::slo::Objective;
use crate::domain::text::Line;

/// Windows are made for this period; shorter periods scale them, so that a pair means the same share of the budget.
const PERIOD: Duration = Duration::from_secs(28 * 86_400);

/// No shorter than this, whatever the period: a window has to hold a few scrapes.
const SHORTEST: Duration = Duration::from_secs(1);

/// What calls for somebody; each of its pairs is enough.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertPolicy {
    pub name: Line,
    pub pairs: Vec<Pair>,
    /// Whether the absence of samples calls as well, after how long, and how severe it is.
    pub no_data: Option<NoData>,
    pub guards: Guards,
}

/// Absence of samples as a reason to call.
#[derive(Debug, Clone, PartialEq)]
pub struct NoData {
    pub after: Duration,
    pub severity: Line,
}

/// Fires while both windows burn faster than the threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The label `severity` of its alerts: `page`, `ticket`, or what a document says.
    pub severity: Line,
    pub long: Duration,
    /// Absent for a condition of OpenSLO, which knows one window.
    pub short: Option<Duration>,
    /// Burn rate; between 0 and 1 / error budget it can fire at all.
    pub threshold: f64,
    /// For so long before it fires.
    pub alert_after: Duration,
}

/// What keeps a pair from calling for next to nothing. Each can be switched off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guards {
    /// The long window spent at least this part of the share of the period's budget that its threshold stands for. 0 is off.
    pub spent: f64,
    /// Fewer errors than this could be chance: the probability, under a burn of exactly the threshold, of as many bad events
    /// as there were. 1 is off.
    pub chance: f64,
}

impl Default for Guards {
    fn default() -> Self {
        Guards { spent: 0.5, chance: 0.01 }
    }
}

impl Guards {
    pub const OFF: Guards = Guards { spent: 0.0, chance: 1.0 };
}

/// Names that stand for whole policies, in the annotation `warroom/alerting` of an SLO.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// The four pairs of the workbook and of sloth.
    Workbook,
    /// Only the two that page.
    Page,
    /// Nobody is called.
    None,
}

impl Preset {
    pub const ALL: [Preset; 3] = [Preset::Workbook, Preset::Page, Preset::None];

    pub const fn name(self) -> &'static str {
        match self {
            Preset::Workbook => "workbook",
            Preset::Page => "page",
            Preset::None => "none",
        }
    }

    /// The pairs for a period. Thresholds are at least 1: who spends no more than the budget is not called for it.
    pub fn policy(self, period: Duration) -> Option<AlertPolicy> {
        let rows: &[Row] = match self {
            Preset::Workbook => &WORKBOOK,
            Preset::Page => WORKBOOK.split_at(2).0,
            Preset::None => return None,
        };
        Some(AlertPolicy {
            name: Line::clean(self.name()),
            pairs: rows.iter().map(|row| row.pair(period)).collect(),
            no_data: None,
            guards: Guards::default(),
        })
    }
}

/// One line of the workbook's table 5-8.
struct Row {
    severity: &'static str,
    long: Duration,
    short: Duration,
    /// Of the budget of the period, spent within the long window.
    share: f64,
}

const fn row(severity: &'static str, long: u64, short: u64, share: f64) -> Row {
    Row { severity, long: Duration::from_secs(long), short: Duration::from_secs(short), share }
}

const WORKBOOK: [Row; 4] = [
    row("page", 3_600, 300, 0.02),
    row("page", 6 * 3_600, 1_800, 0.05),
    row("ticket", 86_400, 2 * 3_600, 0.10),
    row("ticket", 3 * 86_400, 6 * 3_600, 0.10),
];

impl Row {
    fn pair(&self, period: Duration) -> Pair {
        let scale = (period.as_secs_f64() / PERIOD.as_secs_f64()).min(1.0);
        let long = self.long.mul_f64(scale).max(SHORTEST * 12);
        Pair {
            severity: Line::clean(self.severity),
            long,
            short: Some(self.short.mul_f64(scale).max(SHORTEST)),
            threshold: burn_for(self.share, period, long).max(1.0),
            alert_after: Duration::ZERO,
        }
    }
}

impl Pair {
    /// The share of the period's budget that the long window spends at the threshold: threshold × window / period.
    pub fn share(&self, period: Duration) -> f64 {
        self.threshold * self.long.as_secs_f64() / period.as_secs_f64()
    }

    /// Whether a service that only fails reaches the threshold. The burn of total failure is 1 / error budget.
    pub fn can_fire(&self, objective: Objective) -> bool {
        self.threshold < 1.0 / objective.error_budget()
    }
}

/// The burn rate that spends a share of the period's budget within a window: share × period / window (sloth's
/// `getBurnRateFactor`).
pub fn burn_for(share: f64, period: Duration, window: Duration) -> f64 {
    share * period.as_secs_f64() / window.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    fn thresholds(days: u64) -> Vec<f64> {
        let policy = Preset::Workbook.policy(Duration::from_secs(days * DAY)).unwrap();
        policy.pairs.iter().map(|pair| (pair.threshold * 1_000.0).round() / 1_000.0).collect()
    }

    #[test]
    fn thresholds_are_those_of_the_workbook_and_of_sloth_and_never_within_the_budget() {
        assert_eq!(thresholds(30), [14.4, 6.0, 3.0, 1.0]);
        assert_eq!(thresholds(90), [43.2, 18.0, 9.0, 3.0]);
        // sloth tickets at 0.933 here, which spends less than there is.
        assert_eq!(thresholds(28), [13.44, 5.6, 2.8, 1.0]);
    }

    #[test]
    fn a_shorter_period_has_shorter_windows_and_the_same_thresholds() {
        assert_eq!(thresholds(7), thresholds(28));
        let week = Preset::Workbook.policy(Duration::from_secs(7 * DAY)).unwrap();
        let windows: Vec<u64> = week.pairs.iter().map(|pair| pair.long.as_secs()).collect();
        assert_eq!(windows, [900, 5_400, 21_600, 64_800]);
    }

    #[test]
    fn a_threshold_above_total_failure_never_fires() {
        let policy = Preset::Workbook.policy(Duration::from_secs(30 * DAY)).unwrap();
        let can = |share: f64| {
            let objective = Objective::new(share).unwrap();
            policy.pairs.iter().map(|pair| pair.can_fire(objective)).collect::<Vec<_>>()
        };
        assert_eq!(can(0.999), [true; 4]);
        assert_eq!(can(0.9), [false, true, true, true]);
    }

    #[test]
    fn a_pair_stands_for_a_share_of_the_budget() {
        let month = Duration::from_secs(30 * DAY);
        let policy = Preset::Workbook.policy(month).unwrap();
        let shares: Vec<f64> = policy.pairs.iter().map(|pair| pair.share(month)).collect();
        for (share, expected) in shares.iter().zip([0.02, 0.05, 0.1, 0.1]) {
            assert!((share - expected).abs() < 1e-9, "{shares:?}");
        }
    }
}
