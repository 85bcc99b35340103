//! The period of a budget: one that rolls and ends now, or one of the calendar, which begins anew.

use std::fmt;
use std::time::Duration;

use chrono::{Days, MappedLocalTime, Months, NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

use super::window::{Unit, Window};
use crate::domain::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Period {
    /// The last so many days, whenever now is.
    Rolling(Window),
    Calendar(Calendar),
}

/// Real months and days of a place: one window follows the other from `start` on, and backwards as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Calendar {
    pub length: Window,
    /// By the clocks of `zone`.
    pub start: NaiveDateTime,
    pub zone: Tz,
}

impl Period {
    pub const fn length(self) -> Window {
        match self {
            Period::Rolling(length) | Period::Calendar(Calendar { length, .. }) => length,
        }
    }

    /// The usual length, with months of 30 days: what thresholds and windows of alerts follow from.
    pub const fn duration(self) -> Duration {
        self.length().duration()
    }

    /// No period of this kind is longer.
    pub fn longest(self) -> Duration {
        const DAY: u64 = 86_400;
        let days = match self {
            Period::Rolling(length) => return length.duration(),
            Period::Calendar(Calendar { length, .. }) => match length.unit() {
                Unit::Minute | Unit::Hour => return length.duration(),
                Unit::Day => 1,
                Unit::Week => 7,
                Unit::Month => 31,
                Unit::Quarter => 92,
                Unit::Year => 366,
            },
        };
        // Clocks that are set back make a day longer, at most by one.
        Duration::from_secs((u64::from(self.length().count()) * days + 1) * DAY)
    }

    /// The beginning of the period that holds `now`.
    pub fn begins(self, now: Timestamp) -> Timestamp {
        match self {
            Period::Rolling(length) => now.minus(length.duration()),
            Period::Calendar(calendar) => calendar.around(now).0,
        }
    }

    /// Its end, which is the beginning of the next. A rolling period has none.
    pub fn ends(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Period::Rolling(_) => None,
            Period::Calendar(calendar) => Some(calendar.around(now).1),
        }
    }

    /// How much of the period that holds `now` is over: 1 of one that rolls.
    pub fn passed(self, now: Timestamp) -> f64 {
        match self {
            Period::Rolling(_) => 1.0,
            Period::Calendar(calendar) => {
                let (begins, ends) = calendar.around(now);
                now.since(begins).as_secs_f64() / ends.since(begins).as_secs_f64().max(f64::MIN_POSITIVE)
            }
        }
    }

    /// How long the period that holds `now` is, by a clock that nobody sets.
    pub fn whole(self, now: Timestamp) -> Duration {
        match self {
            Period::Rolling(length) => length.duration(),
            Period::Calendar(calendar) => {
                let (begins, ends) = calendar.around(now);
                ends.since(begins)
            }
        }
    }
}

impl From<Window> for Period {
    fn from(window: Window) -> Self {
        Period::Rolling(window)
    }
}

impl fmt::Display for Period {
    /// `28d`, or `calendar 1M`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Period::Rolling(length) => write!(f, "{length}"),
            Period::Calendar(calendar) => write!(f, "calendar {}", calendar.length),
        }
    }
}

impl Calendar {
    /// Beginning and end of the window that holds `now`.
    fn around(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        self.found(now).unwrap_or_else(|| {
            // Beyond the years that a calendar has.
            let length = self.length.duration();
            (now, now.plus(length))
        })
    }

    fn found(&self, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let since = now.as_millis() - self.turn(0)?.as_millis();
        // The mean length is right to a window; the clocks of the place say the rest.
        let mut number = since.div_euclid(self.mean_millis());
        while self.turn(number)? > now {
            number -= 1;
        }
        loop {
            let next = self.turn(number + 1)?;
            if next > now {
                return Some((self.turn(number)?, next));
            }
            number += 1;
        }
    }

    fn mean_millis(&self) -> i64 {
        // Of the Gregorian calendar's 400 years, in seconds.
        const YEAR: i64 = 31_556_952;
        let unit = match self.length.unit() {
            Unit::Minute => 60,
            Unit::Hour => 3_600,
            Unit::Day => 86_400,
            Unit::Week => 7 * 86_400,
            Unit::Month => YEAR / 12,
            Unit::Quarter => YEAR / 4,
            Unit::Year => YEAR,
        };
        unit * i64::from(self.length.count()) * 1_000
    }

    /// The beginning of the window of that number; 0 begins at `start`.
    fn turn(&self, number: i64) -> Option<Timestamp> {
        let count = number.checked_mul(i64::from(self.length.count()))?;
        let elapsed = |seconds: i64| -> Option<Timestamp> {
            let start = self.moment(self.start)?.as_millis();
            Some(Timestamp::from_millis(start.checked_add(count.checked_mul(seconds * 1_000)?)?))
        };
        match self.length.unit() {
            Unit::Minute => elapsed(60),
            Unit::Hour => elapsed(3_600),
            Unit::Day => self.moment(days(self.start, count)?),
            Unit::Week => self.moment(days(self.start, count.checked_mul(7)?)?),
            Unit::Month => self.moment(months(self.start, count)?),
            Unit::Quarter => self.moment(months(self.start, count.checked_mul(3)?)?),
            Unit::Year => self.moment(months(self.start, count.checked_mul(12)?)?),
        }
    }

    /// When clocks show this: the first time, if they show it twice; if they never do, because they were set on, the first
    /// quarter of an hour behind that gap.
    fn moment(&self, shown: NaiveDateTime) -> Option<Timestamp> {
        // Samoa had no 30 December 2011.
        const QUARTERS: i32 = 25 * 4;
        (0..=QUARTERS).find_map(|quarter| {
            let shown = shown.checked_add_signed(TimeDelta::minutes(15) * quarter)?;
            match self.zone.from_local_datetime(&shown) {
                MappedLocalTime::Single(moment) | MappedLocalTime::Ambiguous(moment, _) => {
                    Some(Timestamp::from_millis(moment.timestamp_millis()))
                }
                MappedLocalTime::None => None,
            }
        })
    }
}

fn days(from: NaiveDateTime, count: i64) -> Option<NaiveDateTime> {
    let days = Days::new(count.unsigned_abs());
    if count < 0 { from.checked_sub_days(days) } else { from.checked_add_days(days) }
}

/// From the first day on, so that a month that begins on the 31st does so again after a shorter one.
fn months(from: NaiveDateTime, count: i64) -> Option<NaiveDateTime> {
    let months = Months::new(u32::try_from(count.unsigned_abs()).ok()?);
    if count < 0 { from.checked_sub_months(months) } else { from.checked_add_months(months) }
}

#[cfg(test)]
mod tests;
