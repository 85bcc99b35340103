//! Windows that roll and windows of the calendar.

use super::*;
use crate::domain::time::Timestamp;
use crate::slo::period::Period;

/// The document of the checkout with this time window.
fn with(window: &str) -> Reading {
    changed("{duration: 28d, isRolling: true}", window)
}

fn period(window: &str) -> Period {
    let reading = with(window);
    let [slo] = reading.slos.as_slice() else { panic!("{window}: {:#?}", said(&reading)) };
    slo.window
}

fn begins(window: &str, now: &str) -> String {
    let now: Timestamp = now.parse().unwrap();
    period(window).begins(now).to_string().replace(".000Z", "Z")
}

#[test]
fn a_calendar_begins_where_its_place_says() {
    let month = "{duration: 1M, isRolling: false, calendar: {startTime: 2022-01-01 12:00:00, timeZone: America/New_York}}";
    assert_eq!(said(&with(month)), Vec::<String>::new());
    assert_eq!(begins(month, "2026-07-04T00:00:00Z"), "2026-07-01T16:00:00Z");
    assert_eq!(period(month).to_string(), "calendar 1M");
    // Omitted, it is what the calendar says.
    assert_eq!(period(&month.replace("isRolling: false, ", "")), period(month));
}

#[test]
fn a_start_is_read_however_yaml_and_those_who_rewrote_it_write_it() {
    let written = |start: &str| {
        with(&format!("{{duration: 1w, calendar: {{startTime: {start}, timeZone: Europe/Berlin}}}}"))
    };
    for start in [
        "2022-01-01 12:00:00",
        "'2022-01-01 12:00:00'",
        "2022-01-01T12:00:00",
        "2022-01-01 12:00",
        "2022-01-01",
    ] {
        let reading = written(start);
        assert_eq!((reading.slos.len(), said(&reading)), (1, Vec::new()), "{start}");
    }
    for start in ["2022-01-01T12:00:00Z", "2022-01-01 12:00:00+00:00"] {
        let reading = written(start);
        assert_eq!(reading.slos[0].window, written("2022-01-01 12:00:00").slos[0].window);
        assert!(said(&reading).concat().contains("by the clocks of timeZone"), "{:?}", said(&reading));
    }
    for start in ["2022-13-01 12:00:00", "2022-02-30", "soon", "12:00"] {
        let reading = written(start);
        assert!(reading.slos.is_empty() && said(&reading).concat().contains("no startTime"), "{start}");
    }
}

#[test]
fn a_place_that_is_no_place_is_told_with_the_nearest() {
    let told = |zone: &str| {
        let reading = with(&format!(
            "{{duration: 1M, calendar: {{startTime: 2022-01-01 00:00:00, timeZone: {zone}}}}}"
        ));
        assert!(reading.slos.is_empty());
        said(&reading).concat()
    };
    assert!(told("Europe/Berlim").contains("did you mean Europe/Berlin?"), "{}", told("Europe/Berlim"));
    assert!(told("Mars").contains("IANA"));
}

#[test]
fn what_is_not_said_of_a_calendar_is_asked_for() {
    for (window, path, words) in [
        ("{duration: 1M, isRolling: false}", "spec.timeWindow[0]", "needs a `calendar`"),
        ("{duration: 1M, calendar: {timeZone: UTC}}", "spec.timeWindow[0].calendar.startTime", "missing"),
        ("{duration: 1M, isRolling: perhaps}", "spec.timeWindow[0].isRolling", "neither true nor false"),
        ("{calendar: {startTime: 2022-01-01, timeZone: UTC}}", "spec.timeWindow[0].duration", "missing"),
    ] {
        let reading = with(window);
        assert!(reading.slos.is_empty(), "{window}");
        let found = |finding: &Finding| finding.path.as_str() == path && finding.message.contains(words);
        assert!(reading.findings.iter().any(found), "{window}: {:#?}", said(&reading));
    }
    let without_zone = with("{duration: 1M, calendar: {startTime: 2022-01-01}}");
    assert!(!without_zone.has_errors() && said(&without_zone).concat().contains("UTC is taken"));
    let both = with("{duration: 28d, isRolling: true, calendar: {startTime: 2022-01-01, timeZone: UTC}}");
    assert_eq!(both.slos[0].window.to_string(), "28d");
    assert!(said(&both).concat().contains("has no calendar"), "{:?}", said(&both));
}
