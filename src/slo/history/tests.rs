use std::time::Duration;

use super::*;

const SECOND: i64 = 1_000;
const MONTH: Duration = Duration::from_secs(30 * 86_400);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * SECOND)
}

fn total(total: f64) -> Counts {
    Counts { total, ..Counts::default() }
}

/// One event a second for so long.
fn steady(from: i64, to: i64) -> History {
    let mut history = History::new(at(from), MONTH);
    for second in (from..to).step_by(15) {
        history.add(at(second), at(second + 15), Counts { total: 15.0, part: 1.0, covered: 15.0 });
    }
    history
}

#[test]
fn any_window_of_steady_traffic_is_its_length() {
    let (from, to) = (1_000_000, 1_000_000 + 3 * 86_400);
    let history = steady(from, to);
    for window in [10, 60, 300, 3_600, 6 * 3_600, 86_400, 2 * 86_400] {
        let counts = history.between(at(to - window), at(to));
        assert!((counts.total - window as f64).abs() < 1e-6, "{window}: {counts:?}");
        assert!(
            (counts.part * 15.0 - counts.total).abs() < 1e-6 && (counts.covered - counts.total).abs() < 1e-6
        );
    }
    let before = history.between(at(from - 86_400), at(to));
    assert!((before.total - (to - from) as f64).abs() < 1e-6, "nothing happened before the beginning");
}

#[test]
fn what_comes_late_or_out_of_order_counts_as_if_it_had_come_in_time() {
    let (from, to) = (1_000_000, 1_000_000 + 86_400);
    let spans: Vec<i64> = (from..to).step_by(15).collect();
    let add = |history: &mut History, second: i64| {
        let bad = f64::from(u8::from(second % 7 == 0));
        history.add(at(second), at(second + 15), Counts { total: 15.0, part: bad, covered: 15.0 });
    };
    let mut in_order = History::new(at(from), MONTH);
    spans.iter().for_each(|second| add(&mut in_order, *second));
    let mut shuffled = History::new(at(from), MONTH);
    // Odd ones first, then the even ones from the last to the first.
    spans.iter().skip(1).step_by(2).for_each(|second| add(&mut shuffled, *second));
    spans.iter().step_by(2).rev().for_each(|second| add(&mut shuffled, *second));
    for window in [30, 300, 3_600, 20_000, 86_400] {
        let (one, other) =
            (in_order.between(at(to - window), at(to)), shuffled.between(at(to - window), at(to)));
        assert!(
            (one.total - other.total).abs() < 1e-6 && (one.part - other.part).abs() < 1e-6,
            "{window}: {one:?} {other:?}"
        );
    }
}

#[test]
fn a_gap_of_years_and_a_clock_that_goes_back_cost_no_more_than_the_boundaries() {
    let mut history = History::new(at(0), MONTH);
    history.add(at(0), at(1), total(1.0));
    history.add(at(4_000_000_000), at(4_000_000_001), total(2.0));
    history.add(at(-4_000_000_000), at(-3_999_999_999), total(4.0));
    assert_eq!(history.between(at(4_000_000_000), at(4_000_000_001)), total(2.0));
    assert_eq!(
        history.between(Timestamp::MIN, Timestamp::MAX),
        total(7.0 - 5.0),
        "what is older than the period is not told"
    );
}

#[test]
fn a_delta_without_a_length_is_not_lost() {
    let mut history = History::new(at(0), MONTH);
    history.add(at(100), at(100), total(3.0));
    assert_eq!(history.between(at(90), at(100)), total(3.0));
}

#[test]
fn it_is_small() {
    let history = History::new(at(0), Duration::from_secs(90 * 86_400));
    let bytes: usize = history.tiers.iter().map(|tier| tier.sums.len() * size_of::<Counts>()).sum();
    assert!(bytes <= 64_000, "{bytes}");
}
