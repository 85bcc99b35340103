//! How many errors it takes before they say something: a burn rate of a handful of requests is chance.

use statrs::function::beta::checked_beta_reg;

/// Whether so many bad events are more than chance brings where `share` of events are bad: the probability of at least `bad`
/// among `total` is below `chance`. The same as asking whether the lower bound of Clopper and Pearson (1934) at that
/// confidence lies above `share`, without looking for the bound.
pub fn is_beyond_chance(bad: f64, total: f64, share: f64, chance: f64) -> bool {
    let (bad, total) = (bad.round(), total.round().max(bad.round()));
    if bad < 1.0 {
        return false;
    }
    // P(X ≥ k) of a binomial is the regularized incomplete beta function I_p(k, n − k + 1) (NIST DLMF 8.17.5).
    checked_beta_reg(bad, total - bad + 1.0, share.clamp(0.0, 1.0))
        .is_ok_and(|probability| probability < chance)
}

/// The lower bound of Clopper and Pearson: the share of bad events that is proven, with a doubt of `chance`. For people to
/// read; to compare it with one share, [`is_beyond_chance`] asks the same at once. Between 0 and bad / total.
pub fn proven_share(bad: f64, total: f64, chance: f64) -> f64 {
    // As there is: parts of events are rounded.
    let (mut below, mut above) =
        (0.0, (bad.round() / total.round().max(bad.round()).max(1.0)).clamp(0.0, 1.0));
    loop {
        let middle = f64::midpoint(below, above);
        if above - below <= above * 1e-12 || middle <= below || middle >= above {
            return below;
        }
        if is_beyond_chance(bad, total, middle, chance) {
            below = middle;
        } else {
            above = middle;
        }
    }
}

/// How many of `total` events have to be bad to be more than chance brings where `share` are; `None` when not even all of
/// them would do.
pub fn errors_needed(total: u64, share: f64, chance: f64) -> Option<u64> {
    let is_enough = |bad: u64| is_beyond_chance(bad as f64, total as f64, share, chance);
    if !is_enough(total) {
        return None;
    }
    // One bad event more is never less likely to be more than chance.
    let (mut too_few, mut enough) = (0, total);
    while enough - too_few > 1 {
        let middle = u64::midpoint(too_few, enough);
        if is_enough(middle) {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    Some(enough)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use statrs::function::beta::inv_beta_reg;

    use super::*;

    #[test]
    fn so_many_errors_say_that_a_budget_of_one_in_a_thousand_burns() {
        let needed = |total: u32, burn: f64| {
            let says = |bad: &u32| is_beyond_chance(f64::from(*bad), f64::from(total), burn * 0.001, 0.01);
            let needed = (1..=total).find(says).unwrap();
            assert_eq!(errors_needed(u64::from(total), burn * 0.001, 0.01), Some(u64::from(needed)));
            needed
        };
        for (total, expected) in [
            (5, [2, 2, 2, 1]),
            (20, [3, 2, 2, 2]),
            (60, [5, 3, 3, 2]),
            (200, [8, 5, 4, 3]),
            (1_000, [25, 13, 9, 5]),
        ] {
            assert_eq!([14.4, 6.0, 3.0, 1.0].map(|burn| needed(total, burn)), expected, "{total}");
        }
    }

    #[test]
    fn nothing_is_never_much_and_everything_always_is() {
        assert!(!is_beyond_chance(0.0, 1e6, 0.001, 0.01));
        assert!(is_beyond_chance(1e6, 1e6, 0.5, 0.01));
        assert!(!is_beyond_chance(5.0, 5.0, 1.0, 0.01));
        assert!(is_beyond_chance(5.0, 5.0, 0.0, 0.01));
    }

    #[test]
    fn one_request_cannot_page() {
        assert_eq!(errors_needed(1, 0.0144, 0.01), None);
        assert_eq!(errors_needed(0, 0.0144, 0.01), None);
        assert_eq!(errors_needed(1_000_000, 1.0, 0.01), None, "10 times a budget of a tenth is all there is");
    }

    #[test]
    fn the_proven_share_is_that_of_the_textbooks() {
        // 10 of 100: the lower end of the two-sided 95 % interval. All of n: the nth root.
        assert!((proven_share(10.0, 100.0, 0.025) - 0.049_004_7).abs() < 1e-6);
        assert!((proven_share(7.0, 7.0, 0.01) - 0.01_f64.powf(1.0 / 7.0)).abs() < 1e-9);
        for (bad, total) in [(0.0, 1e6), (0.0, 0.0), (1e-9, 1e-9)] {
            assert_eq!(proven_share(bad, total, 0.01), 0.0);
        }
    }

    proptest! {
        /// P(X ≥ bad) grows with the share, so it is below α just for the shares below the bound.
        #[test]
        fn comparing_the_probability_is_comparing_the_bound(
            total in 1_u32..3_000, part in 0.0..1.0_f64, share in 0.0001..0.9_f64, chance in 0.001..0.2_f64,
        ) {
            // Few bad ones more often than many.
            let total = f64::from(total);
            let bad = (total * part.powi(4)).round().max(1.0);
            let bound = inv_beta_reg(bad, total - bad + 1.0, chance);
            prop_assume!((bound / share - 1.0).abs() > 1e-6);
            prop_assert_eq!(is_beyond_chance(bad, total, share, chance), bound > share);
            let ours = proven_share(bad, total, chance);
            prop_assert!((ours / bound - 1.0).abs() < 1e-6, "{} and {}", ours, bound);
        }

        /// The beta function that is asked, against the sum of the binomial it stands for, up to many events.
        #[test]
        fn the_probability_is_the_sum_of_the_binomial(digits in 1.0..6.5_f64, share in 0.0005..0.2_f64, far in 0.0..5.0_f64) {
            let total = 10_f64.powf(digits).round();
            let mean = total * share;
            let bad = (mean + far * (mean * (1.0 - share)).sqrt()).ceil().clamp(1.0, total);
            let ln_gamma = statrs::function::gamma::ln_gamma;
            let mut term = (ln_gamma(total + 1.0) - ln_gamma(bad + 1.0) - ln_gamma(total - bad + 1.0)
                + bad * share.ln()
                + (total - bad) * (-share).ln_1p()).exp();
            let (mut sum, mut at) = (0.0, bad);
            while at <= total && term > 1e-18 {
                sum += term;
                term *= (total - at) / (at + 1.0) * share / (1.0 - share);
                at += 1.0;
            }
            prop_assume!((sum / 0.01 - 1.0).abs() > 1e-5);
            prop_assert_eq!(is_beyond_chance(bad, total, share, 0.01), sum < 0.01);
        }
    }
}
