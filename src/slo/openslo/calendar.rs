//! The `calendar` of a time window: when it begins, by the clocks of which place.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::field::{Field, Report, nearest};

pub(super) fn read(calendar: &Field<'_>, report: &mut Report) -> Option<(NaiveDateTime, Tz)> {
    calendar.warn_of_unknown(&["startTime", "timeZone"], report);
    let start = calendar.required("startTime", report).and_then(|field| start(&field, report));
    let zone = zone(calendar, report);
    Some((start?, zone?))
}

/// `2022-01-01 12:00:00`, and what programs make of it that take it for a moment.
fn start(field: &Field<'_>, report: &mut Report) -> Option<NaiveDateTime> {
    let written = field.text(report)?;
    let raw = written.trim();
    for form in ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"] {
        if let Ok(start) = NaiveDateTime::parse_from_str(raw, form) {
            return Some(start);
        }
    }
    if let Ok(day) = NaiveDate::parse_from_str(raw, "%Y-%m-%d") {
        return Some(day.and_time(NaiveTime::MIN));
    }
    if let Ok(moment) = DateTime::parse_from_rfc3339(&raw.replacen(' ', "T", 1)) {
        report.warn(field, "a startTime has no time zone of its own, so this is read by the clocks of timeZone; write it as 2022-01-01 12:00:00");
        return Some(moment.naive_local());
    }
    report.error(field, format!("`{written}` is no startTime; write one such as 2022-01-01 12:00:00"));
    None
}

fn zone(calendar: &Field<'_>, report: &mut Report) -> Option<Tz> {
    let Some(field) = calendar.get("timeZone") else {
        report.warn(calendar, "`timeZone` is missing, so UTC is taken; add it, such as Europe/Berlin");
        return Some(Tz::UTC);
    };
    let written = field.text(report)?;
    if let Ok(zone) = written.trim().parse() {
        return Some(zone);
    }
    let known: Vec<&str> = TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
    let told = match nearest(&written, &known) {
        Some(meant) => format!("`{written}` is no time zone; did you mean {meant}?"),
        None => format!(
            "`{written}` is no time zone; write a name such as Europe/Berlin (IANA Time Zone Database)"
        ),
    };
    report.error(&field, told);
    None
}
