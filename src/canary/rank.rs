//! By how much the values of one sample lie above those of another, by their ranks: the interval of Mann and Whitney's U.
//!
//! With d the m n differences of a canary's value and a baseline's, in order, N = m + n, and t the sizes of the groups of equal
//! values within each sample:
//!
//! | figure | formula |
//! | --- | --- |
//! | estimate | the median of d (Hodges and Lehmann, Annals of Mathematical Statistics 34 (1963), pages 598 to 611) |
//! | σ² | m n / 12 × (N + 1 − Σ (t³ − t) / (N (N − 1))) |
//! | low | d of the rank ⌈m n / 2 − ½ − z σ⌉, at least the 1st |
//! | high | d of the rank ⌈m n / 2 + ½ + z σ⌉, at most the last |
//!
//! z is the quantile of the normal distribution that leaves (1 − confidence) / 2 beyond it, and ½ corrects for continuity
//! (Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, chapter 4). These are the ends at which the test of a
//! shift turns over. Kayenta looks for them with a root finder, and finds them to within its tolerance.

use std::f64::consts::SQRT_2;

use statrs::function::erf::erfc_inv;

/// Where the shift between two samples lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shift {
    pub low: f64,
    pub estimate: f64,
    pub high: f64,
}

/// The shift of `canary` against `baseline`; both are sorted and neither is empty. Takes a time in proportion to m + n.
pub(super) fn shift(canary: &[f64], baseline: &[f64], confidence: f64) -> Shift {
    let pairs = canary.len() as u64 * baseline.len() as u64;
    let half = pairs as f64 / 2.0;
    let reach = 0.5 + normal_quantile(confidence) * sigma(canary, baseline);
    let at = |rank: f64| difference(canary, baseline, (rank.max(1.0) as u64).min(pairs));
    Shift {
        low: at((half - reach).ceil()),
        estimate: f64::midpoint(
            difference(canary, baseline, pairs.div_ceil(2)),
            difference(canary, baseline, pairs / 2 + 1),
        ),
        high: at((half + reach).ceil()),
    }
}

/// Whether samples of these sizes can show a shift with this confidence at all: the one that leaves no value of one sample
/// among those of the other would have to do. At 98 %, 5 and 5 can and 4 and 4 cannot.
pub(super) fn can_tell(canary: usize, baseline: usize, confidence: f64) -> bool {
    let (m, n) = (canary as f64, baseline as f64);
    m * n / 2.0 - 0.5 > normal_quantile(confidence) * (m * n / 12.0 * (m + n + 1.0)).sqrt()
}

/// The share of pairs in which the canary's value is the larger, and half of those in which they are equal: the common
/// language effect size (Vargha and Delaney, Journal of Educational and Behavioral Statistics 25 (2000), pages 101 to 132).
pub(super) fn larger_share(canary: &[f64], baseline: &[f64]) -> f64 {
    let mut sum = 0.0;
    for value in canary {
        let less = baseline.partition_point(|other| other < value);
        let not_more = baseline.partition_point(|other| other <= value);
        sum += f64::midpoint(less as f64, not_more as f64);
    }
    sum / (canary.len() as f64 * baseline.len() as f64)
}

fn normal_quantile(confidence: f64) -> f64 {
    SQRT_2 * erfc_inv(1.0 - confidence)
}

fn sigma(canary: &[f64], baseline: &[f64]) -> f64 {
    let (m, n) = (canary.len() as f64, baseline.len() as f64);
    let all = m + n;
    let ties: f64 = [canary, baseline]
        .into_iter()
        .flat_map(|sample| sample.chunk_by(|one, other| one == other))
        .map(|equal| (equal.len() as f64).powi(3) - equal.len() as f64)
        .sum();
    // Below 0 by rounding only, when each sample is of one value.
    (m * n / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)))).max(0.0).sqrt()
}

/// The difference of this rank, counted from 1: the least number that so many differences do not exceed. Found by halving
/// the order of all floating-point numbers, of which there are 64 halves, so that no table of differences is needed.
fn difference(canary: &[f64], baseline: &[f64], rank: u64) -> f64 {
    let (mut below, mut reached) = (order(f64::NEG_INFINITY), order(f64::INFINITY));
    while i128::from(reached) - i128::from(below) > 1 {
        let middle = i64::midpoint(below, reached);
        if not_above(canary, baseline, number(middle)) >= rank {
            reached = middle;
        } else {
            below = middle;
        }
    }
    // -0 becomes 0.
    number(reached) + 0.0
}

/// How many differences are `limit` or less.
fn not_above(canary: &[f64], baseline: &[f64], limit: f64) -> u64 {
    let mut too_low = 0;
    let mut count = 0;
    for value in canary {
        let rest = baseline.get(too_low..).unwrap_or_default();
        too_low += rest.iter().take_while(|other| value - **other > limit).count();
        count += (baseline.len() - too_low) as u64;
    }
    count
}

/// Whole numbers in the order of the floating-point numbers.
const fn order(number: f64) -> i64 {
    let bits = number.to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

/// The inverse of [`order`].
const fn number(order: i64) -> f64 {
    f64::from_bits((order ^ (((order >> 63) as u64) >> 1) as i64) as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sorted(mut values: Vec<f64>) -> Vec<f64> {
        values.sort_by(f64::total_cmp);
        values
    }

    #[test]
    fn a_quantile_of_the_normal_distribution_is_that_of_the_tables() {
        for (confidence, z) in [(0.95, 1.959_964), (0.98, 2.326_348), (0.99, 2.575_829)] {
            assert!((normal_quantile(confidence) - z).abs() < 1e-6, "{confidence}");
        }
    }

    /// Ozone in New York in May and in August 1973, which R brings along (datasets, airquality), and what its wilcox.test
    /// (exact = FALSE, conf.int = TRUE) says of them: -52.99996, -31.99996 and -14.99998, by its root finder.
    #[test]
    fn the_interval_is_that_of_r() {
        let may = sorted(vec![
            41., 36., 12., 18., 28., 23., 19., 8., 7., 16., 11., 14., 18., 14., 34., 6., 30., 11., 1., 11.,
            4., 32., 23., 45., 115., 37.,
        ]);
        let august = sorted(vec![
            39., 9., 16., 78., 35., 66., 122., 89., 110., 44., 28., 65., 22., 59., 23., 31., 44., 21., 9.,
            45., 168., 73., 76., 118., 84., 85.,
        ]);
        assert_eq!(shift(&may, &august, 0.95), Shift { low: -53.0, estimate: -32.0, high: -15.0 });
    }

    #[test]
    fn two_constants_are_apart_by_exactly_their_difference() {
        assert_eq!(shift(&[3.0; 4], &[5.0; 6], 0.98), Shift { low: -2.0, estimate: -2.0, high: -2.0 });
        assert_eq!(shift(&[0.0], &[0.0], 0.98), Shift { low: 0.0, estimate: 0.0, high: 0.0 });
    }

    #[test]
    fn fewer_than_five_on_each_side_can_tell_nothing() {
        assert!(can_tell(5, 5, 0.98));
        assert!(!can_tell(4, 4, 0.98) && !can_tell(1, 10, 0.98) && !can_tell(0, 1_000, 0.98));
        assert!(can_tell(100, 3, 0.98));
    }

    proptest! {
        #[test]
        fn a_rank_is_that_in_the_table_of_all_differences(
            canary in prop::collection::vec(-5_i8..5, 1..12), baseline in prop::collection::vec(-500.0..500.0_f64, 1..12),
            at in 0.0..1.0_f64,
        ) {
            let canary = sorted(canary.into_iter().map(f64::from).collect());
            let baseline = sorted(baseline.into_iter().map(|value| if value > 0.0 { value.round() } else { value }).collect());
            let table = sorted(canary.iter().flat_map(|value| baseline.iter().map(move |other| value - other)).collect());
            let rank = ((table.len() as f64 * at) as usize).min(table.len() - 1);
            prop_assert_eq!(difference(&canary, &baseline, rank as u64 + 1), table[rank]);
            let larger = table.iter().filter(|d| **d > 0.0).count() as f64;
            let equal = table.iter().filter(|d| **d == 0.0).count() as f64;
            let share = (larger + equal / 2.0) / table.len() as f64;
            prop_assert!((larger_share(&canary, &baseline) - share).abs() < 1e-12);
        }

        #[test]
        fn exchanging_the_samples_turns_the_shift_round(
            canary in prop::collection::vec(-9.0..9.0_f64, 1..20), baseline in prop::collection::vec(-9.0..9.0_f64, 1..20),
        ) {
            let (canary, baseline) = (sorted(canary), sorted(baseline));
            let (one, other) = (shift(&canary, &baseline, 0.98), shift(&baseline, &canary, 0.98));
            prop_assert!(one.low <= one.estimate && one.estimate <= one.high);
            prop_assert_eq!((one.low, one.estimate, one.high), (-other.high, -other.estimate, -other.low));
        }

        #[test]
        fn numbers_and_their_order_are_one_to_one(one: f64, other: f64) {
            prop_assert_eq!(number(order(one)).to_bits(), one.to_bits());
            prop_assert_eq!(order(one).cmp(&order(other)), one.total_cmp(&other));
        }
    }
}
