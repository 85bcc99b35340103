//! Evidence from two streams of requests that may be looked at after every request, and acted on at any time.
//!
//! A usual test is right once, at a number of requests settled before; looked at again and again, it sooner or later finds
//! a difference that is not there. This is right at all times together:
//!
//! ```text
//!             ∫∫ L₁(p) L₀(q) dπ(p) dπ(q)        L₁(p) = p^x₁ (1 − p)^(n₁ − x₁), of x₁ bad among n₁; L₀ alike
//! E = ──────────────────────────────────────    π = Beta(A, B)
//!        max { L₁(p) L₀(q) : p ≤ q + shift }    so the upper half is a product of two beta functions
//! ```
//!
//! Whichever p and q are true, the upper half over L₁(p) L₀(q) is a martingale that begins at 1, in whatever order the
//! requests come and whoever of the two they go to (Robbins, Annals of Mathematical Statistics 41 (1970), pages 1397 to
//! 1409: the method of mixtures). It reaches 1/α with a probability of at most α (Ville 1939). If p ≤ q + shift holds, E is
//! never above it, because the true p and q are among those of the maximum (Wasserman, Ramdas and Balakrishnan, Universal
//! inference, PNAS 117 (2020), pages 16880 to 16890). So to act when E ≥ 1/α is a false alarm with a probability
//! of at most α, however often one looks and whenever one stops.
//!
//! It takes requests to be bad independently of each other, and every one of a stream with one probability. Requests that fail
//! together (one client that tries again and again) look like more evidence than they are. A probability that changes with
//! time for both alike does no harm while the traffic is split in one ratio, as far as simulations tell (see the tests of
//! `canary::counts`); when the ratio changes, the counts must begin anew, or a bad hour is blamed on who had more of it.

use statrs::function::gamma::ln_gamma;

/// The prior says that bad requests are rare, of no particular order of magnitude.
const A: f64 = 0.1;
const B: f64 = 1.0;

/// Bad requests among so many. Not whole numbers where a future is imagined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Trials {
    pub bad: f64,
    pub total: f64,
}

impl Trials {
    /// The share of bad ones; `None` when there was nothing.
    pub(super) fn share(self) -> Option<f64> {
        (self.total > 0.0).then(|| self.bad / self.total)
    }

    /// ln of the likelihood when each is bad with probability `p`.
    fn ln_likelihood(self, p: f64) -> f64 {
        times_ln(self.bad, p) + times_ln(self.total - self.bad, 1.0 - p)
    }

    /// ln of the likelihood, averaged over the prior.
    fn ln_mixture(self) -> f64 {
        ln_beta(A + self.bad, B + self.total - self.bad) - ln_beta(A, B)
    }
}

/// ln E against "the share of `one` is at most that of `other` plus `shift`". Negative infinity, which is less than there
/// is, where the shares seen are as the null has them. `shift` is between -1 and 1.
pub(super) fn against(one: Trials, other: Trials, shift: f64) -> f64 {
    let (Some(p), Some(q)) = (one.share(), other.share()) else { return f64::NEG_INFINITY };
    if p <= q + shift {
        return f64::NEG_INFINITY;
    }
    one.ln_mixture() + other.ln_mixture() - ln_maximum_on_border(one, other, shift)
}

/// The largest ln L₁(q + shift) L₀(q). As the shares seen lie beyond the border, and ln L has one peak, the largest value
/// below it lies on it.
fn ln_maximum_on_border(one: Trials, other: Trials, shift: f64) -> f64 {
    let slope = |q: f64| {
        over(one.bad, q + shift) - over(one.total - one.bad, 1.0 - q - shift) + over(other.bad, q)
            - over(other.total - other.bad, 1.0 - q)
    };
    let (mut low, mut high) = ((-shift).max(0.0), (1.0 - shift).min(1.0));
    // The slope only falls. 50 halvings leave nothing that the flat top would show.
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        if slope(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    let at = |q: f64| one.ln_likelihood((q + shift).clamp(0.0, 1.0)) + other.ln_likelihood(q);
    at(low).max(at(high))
}

/// 0 ln 0 is 0.
fn times_ln(count: f64, p: f64) -> f64 {
    if count == 0.0 { 0.0 } else { count * p.ln() }
}

/// 0 / 0 is 0.
fn over(count: f64, p: f64) -> f64 {
    if count == 0.0 { 0.0 } else { count / p }
}

fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The maximum under the null, which everything rests on, against a comb of shares.
        #[test]
        fn no_shares_under_the_null_are_likelier_than_the_maximum(
            m in 1_u16..500, n in 1_u16..500, x in 0.0..=1.0_f64, y in 0.0..=1.0_f64, shift in -0.9..0.9_f64,
        ) {
            let trials = |total: u16, share: f64| {
                Trials { bad: (f64::from(total) * share).round(), total: f64::from(total) }
            };
            let (one, other) = (trials(m, x), trials(n, y));
            let evidence = against(one, other, shift);
            let comb = || (0..=40).map(|at| f64::from(at) / 40.0);
            for q in comb() {
                for p in comb().chain([(q + shift).clamp(0.0, 1.0)]).filter(|p| *p <= q + shift) {
                    let ratio = one.ln_mixture() + other.ln_mixture() - one.ln_likelihood(p) - other.ln_likelihood(q);
                    prop_assert!(evidence <= ratio + 1e-9, "p {} q {}: {} and {}", p, q, evidence, ratio);
                }
            }
        }

        /// A martingale: what is expected after one request more is what there was.
        #[test]
        fn the_mixture_expects_nothing(total in 0_u16..300, x in 0.0..=1.0_f64, p in 0.001..0.999_f64) {
            let now = Trials { bad: (f64::from(total) * x).round(), total: f64::from(total) };
            let ratio = |trials: Trials| (trials.ln_mixture() - trials.ln_likelihood(p)).exp();
            let good = Trials { bad: now.bad, total: now.total + 1.0 };
            let bad = Trials { bad: now.bad + 1.0, total: now.total + 1.0 };
            let expected = p * ratio(bad) + (1.0 - p) * ratio(good);
            let now = ratio(now);
            prop_assume!(now.is_finite() && now > 0.0 && expected.is_finite());
            prop_assert!((expected / now - 1.0).abs() < 1e-9, "{} and {}", expected, now);
        }
    }
}
