//! The examples that OpenSLO works out in its document on budgeting methods: two weeks, 24,000 requests a day of which 99 %
//! succeed, an objective of 95 %, slices of a minute, and an attack under which 1 % succeed.

use super::*;

const MINUTE: i64 = 60;
const FORTNIGHT: i64 = 14 * 1_440;
/// Of all slices.
const ALLOWED: f64 = 0.05;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_795_332_000_000 + seconds * 1_000)
}

fn minutes(target: Option<f64>) -> Slices {
    let slice = Duration::from_secs(60);
    let method =
        target.map_or(Method::RatioTimeslices { slice }, |target| Method::Timeslices { slice, target });
    Slices::new(method, Part::Good).unwrap()
}

fn counts(good: f64, total: f64) -> Counts {
    Counts { total, part: good, covered: 0.0 }
}

/// (slices, bad ones) that the verdicts come to.
fn sum(verdicts: &[Verdict]) -> (f64, f64) {
    let sum = verdicts.iter().fold(Counts::default(), |sum, verdict| sum + verdict.counts);
    (sum.total, sum.total - sum.part)
}

/// What of the budget a fortnight leaves in which the attack lasts so many minutes.
fn left(mut slices: Slices, attacked: i64) -> f64 {
    let requests = 24_000.0 / 1_440.0;
    for minute in 0..FORTNIGHT {
        let good = if minute < attacked { 0.01 } else { 0.99 };
        slices.add(at(minute * MINUTE), at((minute + 1) * MINUTE), counts(good * requests, requests));
    }
    let (all, bad) = sum(&slices.settle(at((FORTNIGHT + 1) * MINUTE)));
    assert_eq!(all, 20_160.0, "slices of two weeks");
    1.0 - bad / (ALLOWED * all)
}

#[test]
fn an_attack_spends_a_budget_of_time_slices_in_16_hours_and_48_minutes() {
    let spent_by = 16 * 60 + 48;
    assert!(left(minutes(Some(0.9)), spent_by).abs() < 1e-9);
    assert!(left(minutes(Some(0.9)), spent_by - 1) > 0.0);
}

#[test]
fn an_attack_spends_a_budget_of_ratios_in_13_hours_and_43_minutes() {
    // The document says "about 13 hours and 45 minutes"; its own assumptions give 822.86 minutes.
    assert!(left(minutes(None), 822) > 0.0);
    assert!(left(minutes(None), 823) < 0.0);
}

#[test]
fn a_slice_is_bad_when_less_than_its_target_is_good() {
    for (good, bad) in [(20.0, 0.0), (19.0, 0.0), (18.99, 1.0), (0.0, 1.0)] {
        let mut slices = minutes(Some(0.95));
        slices.add(at(0), at(60), counts(good, 20.0));
        assert_eq!(sum(&slices.settle(at(120))), (1.0, bad), "{good} of 20");
    }
    // The same told by bad events; 1 − 19 / 20 is not quite 0.05.
    let mut slices =
        Slices::new(Method::Timeslices { slice: Duration::from_secs(60), target: 0.95 }, Part::Bad).unwrap();
    slices.add(at(0), at(60), counts(1.0, 20.0));
    let verdicts = slices.settle(at(120));
    assert_eq!(verdicts.iter().map(|verdict| verdict.counts.part).sum::<f64>(), 0.0);
}

#[test]
fn a_slice_without_events_is_neither_good_nor_bad() {
    let mut slices = minutes(Some(0.95));
    slices.add(at(0), at(60), counts(0.0, 0.0));
    slices.add(at(120), at(180), counts(5.0, 5.0));
    assert_eq!(sum(&slices.settle(at(600))), (1.0, 0.0));
}

#[test]
fn a_slice_waits_for_late_samples_and_is_corrected_by_later_ones() {
    let mut slices = minutes(Some(0.95));
    slices.add(at(0), at(90), counts(0.0, 9.0));
    assert_eq!(slices.settle(at(119)), []);
    assert_eq!(slices.until(), Some(at(0)));
    let verdicts = slices.settle(at(120));
    assert_eq!((sum(&verdicts), slices.until()), ((1.0, 1.0), Some(at(60))));
    assert_eq!((verdicts[0].from, verdicts[0].to), (at(0), at(60)));
    // The good ones come now: it was no bad slice, and is the same slice still.
    slices.add(at(0), at(60), counts(1_000.0, 1_000.0));
    assert_eq!(sum(&slices.settle(at(121))), (0.0, -1.0));
    assert_eq!(slices.settle(at(122)), []);
}

#[test]
fn events_are_spread_over_the_slices_that_they_may_belong_to_and_old_ones_are_forgotten() {
    let mut slices = minutes(None);
    // 30 s of the first slice, 60 of the second and 30 of the third.
    slices.add(at(30), at(150), counts(40.0, 40.0));
    slices.add(at(0), at(60), counts(0.0, 10.0));
    let (all, bad) = sum(&slices.settle(at(1_000)));
    assert!((all - 3.0).abs() < 1e-9 && (bad - 0.5).abs() < 1e-9, "{all} {bad}");
    slices.add(at(0), at(1_000_000), counts(1.0, 1.0));
    slices.settle(at(1_000_000));
    slices.add(at(30), at(150), counts(0.0, 1e6));
    assert_eq!(slices.settle(at(1_000_001)), []);
    assert!(slices.slices.len() < 20, "{}", slices.slices.len());
}
