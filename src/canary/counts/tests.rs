use proptest::prelude::*;

use super::*;

/// Steele, Lea and Flood's SplitMix64: chance that is the same on every machine and in every version.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// How many of so many requests are bad.
    fn bad(&mut self, of: u64, share: f64) -> u64 {
        (0..of).map(|_| u64::from(self.next() < share)).sum()
    }
}

/// A cohort as it grows: at each look some requests more went to either.
struct Life {
    canary_share: fn(u64) -> f64,
    baseline_share: fn(u64) -> f64,
    /// Requests between two looks.
    canary: u64,
    baseline: u64,
    looks: u64,
}

impl Life {
    /// The number of canary requests at the first look at which `stop` says so.
    fn first(&self, chance: &mut Chance, stop: impl Fn(Counts, Counts) -> bool) -> Option<u64> {
        let (mut canary, mut baseline) = (counts(0, 0), counts(0, 0));
        for look in 0..self.looks {
            canary.bad += chance.bad(self.canary, (self.canary_share)(look));
            canary.total += self.canary;
            baseline.bad += chance.bad(self.baseline, (self.baseline_share)(look));
            baseline.total += self.baseline;
            if stop(canary, baseline) {
                return Some(canary.total);
            }
        }
        None
    }

    /// The share of `runs` lives in which `stop` ever said so.
    fn ever(&self, runs: u64, stop: impl Fn(Counts, Counts) -> bool + Copy) -> f64 {
        let stopped = (0..runs).filter(|seed| self.first(&mut Chance(*seed), stop).is_some()).count();
        stopped as f64 / runs as f64
    }
}

fn counts(bad: u64, total: u64) -> Counts {
    Counts::new(bad, total).unwrap()
}

fn margin(share: f64) -> Margin {
    Margin::new(share).unwrap()
}

fn verdict(canary: (u64, u64), baseline: (u64, u64), of: f64) -> Verdict {
    let (canary, baseline) = (counts(canary.0, canary.1), counts(baseline.0, baseline.1));
    Comparison::of(Fault::Failed, canary, baseline, margin(of)).verdict
}

type Test = fn(Trials, Trials, Margin) -> bool;

fn says(test: Test, of: f64) -> impl Fn(Counts, Counts) -> bool + Copy {
    move |canary, baseline| test(canary.trials(), baseline.trials(), margin(of))
}

/// The test of the textbooks for two shares, one-sided, of p₁ ≤ p₀ + m, at the same α; from a number of requests on at which
/// they allow it.
fn naive_z(of: f64) -> impl Fn(Counts, Counts) -> bool + Copy {
    move |canary, baseline| {
        let ((x, m), (y, n)) =
            ((canary.bad as f64, canary.total as f64), (baseline.bad as f64, baseline.total as f64));
        let (p, q) = (x / m, y / n);
        let error = (p * (1.0 - p) / m + q * (1.0 - q) / n).sqrt();
        x >= 5.0 && y >= 5.0 && (p - q - of) / error > 2.326
    }
}

const RUNS: u64 = 2_000;

#[test]
fn whoever_looks_after_every_few_requests_is_not_fooled_by_equals() {
    let life =
        Life { canary_share: |_| 0.02, baseline_share: |_| 0.02, canary: 10, baseline: 10, looks: 300 };
    let (ours, naive) = (life.ever(RUNS, says(is_worse, 1e-9)), life.ever(RUNS, naive_z(0.0)));
    println!("equals: ours {ours}, naive {naive}");
    assert!(ours < DOUBT, "{ours}");
    assert!(naive > 2.0 * DOUBT, "a fixed test looked at 300 times is to be the worse one: {naive}");
}

#[test]
fn whoever_looks_after_every_few_requests_is_not_fooled_on_the_margin() {
    // p₁ = p₀ + m, where a false alarm is likeliest.
    let life =
        Life { canary_share: |_| 0.025, baseline_share: |_| 0.02, canary: 10, baseline: 30, looks: 200 };
    let (ours, naive) = (life.ever(RUNS, says(is_worse, 0.005)), life.ever(RUNS, naive_z(0.005)));
    println!("margin: ours {ours}, naive {naive}");
    assert!(ours < DOUBT, "{ours}");
    assert!(naive > 2.0 * DOUBT, "{naive}");
}

#[test]
fn a_canary_that_is_worse_is_not_called_the_same_nor_better() {
    let life =
        Life { canary_share: |_| 0.025, baseline_share: |_| 0.015, canary: 20, baseline: 20, looks: 100 };
    let wrong = life.ever(RUNS, |canary, baseline| {
        says(is_same, 0.01)(canary, baseline) || says(is_better, 0.01)(canary, baseline)
    });
    println!("the same: {wrong}");
    assert!(wrong < DOUBT, "{wrong}");
}

#[test]
fn an_incident_that_meets_both_alike_is_no_fault_of_the_canary() {
    // A third of the time one in five fails, whoever is asked.
    let life = Life {
        canary_share: |look| if look % 60 < 20 { 0.2 } else { 0.002 },
        baseline_share: |look| if look % 60 < 20 { 0.2 } else { 0.002 },
        canary: 10,
        baseline: 40,
        looks: 120,
    };
    let ours = life.ever(RUNS, says(is_worse, 0.001));
    println!("incident: {ours}");
    assert!(ours < DOUBT, "{ours}");
}

#[test]
fn one_percent_that_becomes_five_is_found_within_some_hundred_requests() {
    for (baseline, within) in [(10, 1_000), (90, 500)] {
        let life =
            Life { canary_share: |_| 0.05, baseline_share: |_| 0.01, canary: 10, baseline, looks: 1_000 };
        let mut found: Vec<u64> = (0..200)
            .map(|seed| life.first(&mut Chance(seed), says(is_worse, 0.005)).unwrap_or(u64::MAX))
            .collect();
        found.sort_unstable();
        println!("split 10:{baseline}: median {}, 9 of 10 by {}", found[100], found[180]);
        assert!(found[100] <= within, "the median is {} requests", found[100]);
        assert!(found[199] < u64::MAX, "one was never found");
    }
}

#[test]
fn equals_are_called_the_same_in_the_end() {
    let life =
        Life { canary_share: |_| 0.01, baseline_share: |_| 0.01, canary: 100, baseline: 100, looks: 200 };
    let mut found: Vec<u64> =
        (0..100).map(|seed| life.first(&mut Chance(seed), says(is_same, 0.01)).unwrap_or(u64::MAX)).collect();
    found.sort_unstable();
    println!("same: median {}, 9 of 10 by {}", found[50], found[90]);
    assert!(found[50] <= 6_000, "{}", found[50]);
}

#[test]
fn verdicts_are_those_that_anybody_would_give() {
    assert_eq!(verdict((41, 800), (3, 2_400), 0.005), Verdict::Worse);
    assert_eq!(verdict((3, 2_400), (41, 800), 0.005), Verdict::Better);
    assert_eq!(verdict((20, 20_000), (60, 60_000), 0.005), Verdict::Same);
    assert!(matches!(verdict((2, 40), (3, 120), 0.005), Verdict::NotEnoughData { more_requests: Some(_) }));
    assert_eq!(verdict((1_000, 1_000), (0, 1_000), 0.5), Verdict::Worse);
    assert_eq!(verdict((1_000_000_000, 2_000_000_000), (900_000_000, 2_000_000_000), 0.01), Verdict::Worse);
}

#[test]
fn the_harm_is_what_the_baseline_would_not_have_done() {
    let harm = |canary: (u64, u64), baseline: (u64, u64)| {
        let (canary, baseline) = (counts(canary.0, canary.1), counts(baseline.0, baseline.1));
        Comparison::of(Fault::Failed, canary, baseline, margin(0.01)).excess()
    };
    assert_eq!(harm((41, 800), (3, 2_400)), Some(40.0));
    assert_eq!(harm((0, 800), (3, 2_400)), Some(-1.0));
    assert_eq!(harm((41, 800), (0, 0)), None);
}

#[test]
fn before_there_is_a_verdict_it_is_told_how_many_requests_are_missing() {
    let more = |canary, baseline| match verdict(canary, baseline, 0.01) {
        Verdict::NotEnoughData { more_requests } => more_requests,
        told => panic!("{told}"),
    };
    for (canary, baseline) in
        [((2, 40), (3, 120)), ((0, 10), (0, 10)), ((5, 100), (0, 3)), ((1, 200), (1, 100))]
    {
        let missing = more(canary, baseline).unwrap();
        let factor = (canary.1 + missing) as f64 / canary.1 as f64;
        let grown =
            |(bad, total): (u64, u64), by: f64| Trials { bad: bad as f64 * by, total: total as f64 * by };
        assert!(decide(grown(canary, factor), grown(baseline, factor), margin(0.01)).is_some(), "{canary:?}");
        let before = (canary.1 + missing - 1) as f64 / canary.1 as f64 - 1e-9;
        assert!(decide(grown(canary, before), grown(baseline, before), margin(0.01)).is_none(), "{canary:?}");
    }
    assert!(more((0, 0), (0, 0)).is_some(), "before the first request");
    assert!(
        more((0, 0), (5, 1_000)).is_some() && more((5, 1_000), (0, 0)).is_some(),
        "with one of the two only"
    );
    assert_eq!(more((20, 1_000), (10, 1_000)), None, "on the margin itself");
}

#[test]
fn what_cannot_be_is_refused() {
    assert_eq!(Counts::new(3, 2), Err(MoreBadThanAll { bad: 3, total: 2 }));
    for share in [0.0, 1.0, -0.1, f64::NAN] {
        assert!(Margin::new(share).is_err(), "{share}");
    }
}

proptest! {
    #[test]
    fn any_counts_get_a_verdict(m in 0_u64..u64::MAX, n in 0_u64..u64::MAX, x in 0.0..=1.0_f64, y in 0.0..=1.0_f64,
        small in any::<bool>(), of in 1e-9..0.999_f64) {
        let (m, n) = if small { (m % 100, n % 100) } else { (m, n) };
        let part = |of: u64, share: f64| ((of as f64 * share) as u64).min(of);
        let comparison = Comparison::of(Fault::Failed, counts(part(m, x), m), counts(part(n, y), n), margin(of));
        prop_assert!(comparison.excess().is_none_or(f64::is_finite));
        if m == 0 || n == 0 {
            let is_waiting = matches!(comparison.verdict, Verdict::NotEnoughData { .. });
            prop_assert!(is_waiting);
        }
    }
}
