use super::*;

fn calendar(length: &str, start: &str, zone: &str) -> Period {
    let start = NaiveDateTime::parse_from_str(start, "%Y-%m-%d %H:%M:%S").unwrap();
    Period::Calendar(Calendar { length: length.parse().unwrap(), start, zone: zone.parse().unwrap() })
}

fn at(raw: &str) -> Timestamp {
    raw.parse().unwrap()
}

fn around(period: Period, now: &str) -> (String, String) {
    let written = |time: Timestamp| time.to_string().replace(".000Z", "Z");
    (written(period.begins(at(now))), written(period.ends(at(now)).unwrap()))
}

#[test]
fn a_month_is_as_long_as_it_is_and_begins_where_it_began() {
    let months = calendar("1M", "2022-01-01 00:00:00", "UTC");
    for (now, begins, ends) in [
        ("2026-02-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("2026-02-28T23:59:59Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("2024-02-29T12:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
        // Before it began, as if it always had.
        ("2021-12-31T23:59:59Z", "2021-12-01T00:00:00Z", "2022-01-01T00:00:00Z"),
    ] {
        assert_eq!(around(months, now), (begins.to_owned(), ends.to_owned()), "{now}");
    }
    assert_eq!(months.whole(at("2024-02-10T00:00:00Z")).as_secs(), 29 * 86_400);
}

#[test]
fn a_step_of_months_stops_at_the_end_of_a_shorter_one_and_does_not_stay_there() {
    let months = calendar("1M", "2024-01-31 00:00:00", "UTC");
    let begins: Vec<String> =
        ["2024-02-29T01:00:00Z", "2024-03-31T01:00:00Z", "2024-04-30T01:00:00Z", "2025-03-01T00:00:00Z"]
            .iter()
            .map(|now| around(months, now).0)
            .collect();
    assert_eq!(
        begins,
        ["2024-02-29T00:00:00Z", "2024-03-31T00:00:00Z", "2024-04-30T00:00:00Z", "2025-02-28T00:00:00Z"]
    );
}

#[test]
fn quarters_and_years_are_months() {
    let quarter = around(calendar("1Q", "2020-01-21 12:30:00", "America/New_York"), "2026-11-23T14:00:00Z");
    assert_eq!(quarter, ("2026-10-21T16:30:00Z".to_owned(), "2027-01-21T17:30:00Z".to_owned()));
    let leap = calendar("1Y", "2024-02-29 00:00:00", "UTC");
    assert_eq!(around(leap, "2025-06-01T00:00:00Z").0, "2025-02-28T00:00:00Z");
    assert_eq!(around(leap, "2028-06-01T00:00:00Z").0, "2028-02-29T00:00:00Z");
}

#[test]
fn days_and_weeks_keep_the_hour_of_the_place_when_its_clocks_are_set() {
    let weeks = calendar("1w", "2022-01-01 12:00:00", "America/New_York");
    // The clocks were set on on 13 March 2022, and back on 6 November.
    assert_eq!(
        around(weeks, "2022-03-15T00:00:00Z"),
        ("2022-03-12T17:00:00Z".to_owned(), "2022-03-19T16:00:00Z".to_owned())
    );
    assert_eq!(weeks.whole(at("2022-03-15T00:00:00Z")).as_secs(), (7 * 24 - 1) * 3_600);
    assert_eq!(weeks.whole(at("2022-11-06T00:00:00Z")).as_secs(), (7 * 24 + 1) * 3_600);
    // An hour is an hour, whatever the clocks show.
    let hours = calendar("6h", "2022-03-12 00:00:00", "America/New_York");
    assert_eq!(hours.whole(at("2022-03-13T08:00:00Z")).as_secs(), 6 * 3_600);
    assert_eq!(around(hours, "2022-03-13T08:00:00Z").0, "2022-03-13T05:00:00Z");
}

#[test]
fn an_hour_that_is_not_there_begins_behind_the_gap_and_one_that_comes_twice_the_first_time() {
    let days = calendar("1d", "2026-01-01 02:30:00", "Europe/Berlin");
    assert_eq!(
        around(days, "2026-03-29T10:00:00Z"),
        ("2026-03-29T01:00:00Z".to_owned(), "2026-03-30T00:30:00Z".to_owned())
    );
    assert_eq!(around(days, "2026-10-25T10:00:00Z").0, "2026-10-25T00:30:00Z");
    // A whole day was left out.
    let samoa = calendar("1d", "2011-12-01 09:00:00", "Pacific/Apia");
    assert_eq!(around(samoa, "2011-12-30T11:00:00Z").0, "2011-12-30T10:00:00Z");
}

#[test]
fn a_period_that_rolls_ends_now() {
    let period = Period::from("28d".parse::<Window>().unwrap());
    assert_eq!(period.begins(at("2026-03-29T10:00:00Z")), at("2026-03-01T10:00:00Z"));
    assert_eq!(period.ends(at("2026-03-29T10:00:00Z")), None);
    assert_eq!((period.to_string(), period.longest()), ("28d".to_owned(), period.duration()));
    assert_eq!(calendar("1M", "2022-01-01 00:00:00", "UTC").to_string(), "calendar 1M");
}

proptest::proptest! {
    #[test]
    fn every_moment_lies_in_one_period_that_is_no_longer_than_said(
        now in -60_000_000_000_i64..250_000_000_000,
        start in -2_000_000_000_i64..4_000_000_000,
        count in 1..40_u32,
        unit in "[mhdwMQY]",
        zone in proptest::sample::select(vec!["UTC", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Kolkata"]),
    ) {
        let Ok(length) = format!("{count}{unit}").parse::<Window>() else { return Ok(()) };
        let start = chrono::DateTime::from_timestamp(start, 0).unwrap().naive_utc();
        let period = Period::Calendar(Calendar { length, start, zone: zone.parse().unwrap() });
        let now = Timestamp::from_millis(now * 1_000);
        let (begins, ends) = (period.begins(now), period.ends(now).unwrap());
        proptest::prop_assert!(begins <= now && now < ends, "{begins} {now} {ends}");
        proptest::prop_assert!(ends.since(begins) <= period.longest(), "{begins} {ends}");
        // The next begins where this one ends.
        proptest::prop_assert_eq!(period.begins(ends), ends);
    }
}
