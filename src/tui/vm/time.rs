//! Times as people on call read them: the timeline in absolute UTC, ages only for what is going on now.

use std::time::Duration;

use chrono::{DateTime, Local, NaiveDateTime};

use crate::domain::time::Timestamp;
use crate::tui::model::Zone;

fn in_zone(time: Timestamp, zone: Zone) -> NaiveDateTime {
    match zone {
        Zone::Utc => time.to_utc().naive_utc(),
        Zone::Local => DateTime::<Local>::from(time.to_utc()).naive_local(),
    }
}

/// `Z` for UTC: a time without it is local.
fn mark(zone: Zone) -> &'static str {
    match zone {
        Zone::Utc => "Z",
        Zone::Local => " ",
    }
}

/// `14:03:17Z`.
pub fn clock(time: Timestamp, zone: Zone) -> String {
    format!("{}{}", in_zone(time, zone).format("%H:%M:%S"), mark(zone))
}

/// `14:03Z`.
pub fn minute(time: Timestamp, zone: Zone) -> String {
    format!("{}{}", in_zone(time, zone).format("%H:%M"), mark(zone)).trim_end().to_owned()
}

/// `2026-11-23`.
pub fn day(time: Timestamp, zone: Zone) -> String {
    in_zone(time, zone).format("%Y-%m-%d").to_string()
}

/// The largest unit or two: `42s`, `12m`, `3h10m`, `2d4h`, `400d`. Never wider than 6 columns below 10,000 days.
pub fn age(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, minutes) => format!("{minutes}m"),
        (0, hours, minutes) => format!("{hours}h{:02}m", minutes % 60),
        (1..=9, hours, _) => format!("{days}d{:02}h", hours % 24),
        _ => format!("{days}d"),
    }
}

/// One unit only: `42s`, `12m`, `3h`, `2d`. Never wider than 4 columns below 1,000 days.
pub fn coarse(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 86_400, seconds / 3600) {
        (0, 0) => age(duration),
        (0, hours) => format!("{hours}h"),
        (days, _) => format!("{days}d"),
    }
}

/// Like [`age`], to the second while it is under an hour: `12m04s`.
pub fn running(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if (60..3600).contains(&seconds) {
        format!("{}m{:02}s", seconds / 60, seconds % 60)
    } else {
        age(duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_say_the_largest_units() {
        let of = |seconds| age(Duration::from_secs(seconds));
        assert_eq!([of(0), of(59), of(60), of(3599)], ["0s", "59s", "1m", "59m"]);
        assert_eq!([of(3600), of(86_399), of(90_000), of(864_000)], ["1h00m", "23h59m", "1d01h", "10d"]);
        assert_eq!(running(Duration::from_secs(724)), "12m04s");
    }
}
