//! Windows as OpenSLO writes them: a count and one letter, where the case of the letter carries a factor of 43,200.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

/// A length of time as it was written: `28d`, `4w`, `1M` (a month), `1m` (a minute).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    count: u32,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// Why a text is not a window.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WindowError {
    #[error("a duration is a whole number and one letter of m h d w M Q Y, such as 28d")]
    Shape,
    #[error("the duration has no unit; write 5m for five minutes")]
    NoUnit,
    #[error("a duration of nothing has no budget; write at least 1 of the unit")]
    Zero,
    #[error("a window of more than ten years cannot be asked of a data source; write at most 10Y")]
    TooLong,
}

impl Unit {
    /// A month is 30 days, a quarter 90, a year 365, as in OpenSLO's own go-sdk; the specification leaves it open.
    const fn seconds(self) -> u64 {
        match self {
            Unit::Minute => 60,
            Unit::Hour => 3_600,
            Unit::Day => 86_400,
            Unit::Week => 7 * 86_400,
            Unit::Month => 30 * 86_400,
            Unit::Quarter => 90 * 86_400,
            Unit::Year => 365 * 86_400,
        }
    }

    const fn letter(self) -> char {
        match self {
            Unit::Minute => 'm',
            Unit::Hour => 'h',
            Unit::Day => 'd',
            Unit::Week => 'w',
            Unit::Month => 'M',
            Unit::Quarter => 'Q',
            Unit::Year => 'Y',
        }
    }

    const fn of(letter: char) -> Option<Self> {
        match letter {
            'm' => Some(Unit::Minute),
            'h' => Some(Unit::Hour),
            'd' => Some(Unit::Day),
            'w' => Some(Unit::Week),
            'M' => Some(Unit::Month),
            'Q' => Some(Unit::Quarter),
            'Y' => Some(Unit::Year),
            _ => None,
        }
    }
}

impl Window {
    const LONGEST: u64 = 10 * Unit::Year.seconds();

    /// Between one of the unit and ten years.
    pub const fn new(count: u32, unit: Unit) -> Result<Self, WindowError> {
        if count == 0 {
            return Err(WindowError::Zero);
        }
        if count as u64 * unit.seconds() > Self::LONGEST {
            return Err(WindowError::TooLong);
        }
        Ok(Window { count, unit })
    }

    /// What is assumed where a document names no period: four whole weeks, so that each holds the same weekdays.
    pub const FOUR_WEEKS: Window = Window { count: 28, unit: Unit::Day };

    /// The usual slice.
    pub const MINUTE: Window = Window { count: 1, unit: Unit::Minute };

    pub const FIVE_MINUTES: Window = Window { count: 5, unit: Unit::Minute };

    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.count as u64 * self.unit.seconds())
    }

    pub const fn count(self) -> u32 {
        self.count
    }

    pub const fn unit(self) -> Unit {
        self.unit
    }

    /// The same length for PromQL, which knows neither months nor quarters: `30d` for `1M`.
    pub fn promql(self) -> String {
        let days = self.duration().as_secs() / Unit::Day.seconds();
        match self.unit {
            Unit::Minute | Unit::Hour | Unit::Day | Unit::Week => self.to_string(),
            Unit::Month | Unit::Quarter | Unit::Year => format!("{days}d"),
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.count, self.unit.letter())
    }
}

impl FromStr for Window {
    type Err = WindowError;

    fn from_str(raw: &str) -> Result<Self, WindowError> {
        let raw = raw.trim();
        let digits = raw.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = raw.split_at_checked(digits).ok_or(WindowError::Shape)?;
        let mut letters = rest.chars();
        match (number, letters.next(), letters.next()) {
            ("", _, _) | (_, Some(_), Some(_)) => Err(WindowError::Shape),
            (_, None, _) => Err(WindowError::NoUnit),
            (_, Some(letter), None) => {
                let unit = Unit::of(letter).ok_or(WindowError::Shape)?;
                // Digits only, so that the one way to fail is to be too large.
                Window::new(number.parse().map_err(|_| WindowError::TooLong)?, unit)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(raw: &str) -> Result<u64, WindowError> {
        raw.parse::<Window>().map(|window| window.duration().as_secs())
    }

    #[test]
    fn the_case_of_the_letter_counts() {
        assert_eq!(seconds("1m"), Ok(60));
        assert_eq!(seconds("1M"), Ok(2_592_000));
    }

    #[test]
    fn every_unit_has_its_length_and_is_written_back_as_it_was() {
        for (raw, length) in [
            ("5m", 300),
            ("1h", 3_600),
            ("28d", 2_419_200),
            ("4w", 2_419_200),
            ("1Q", 7_776_000),
            ("1Y", 31_536_000),
        ] {
            assert_eq!(seconds(raw), Ok(length), "{raw}");
            assert_eq!(raw.parse::<Window>().map(|window| window.to_string()), Ok(raw.to_owned()));
        }
    }

    #[test]
    fn promql_is_given_only_units_that_it_knows() {
        for (raw, promql) in
            [("5m", "5m"), ("6h", "6h"), ("4w", "4w"), ("1M", "30d"), ("2Q", "180d"), ("1Y", "365d")]
        {
            assert_eq!(raw.parse::<Window>().map(Window::promql), Ok(promql.to_owned()));
        }
    }

    #[test]
    fn what_is_not_a_window_is_refused_with_its_reason() {
        for raw in ["", "d", "28 d", "28days", "-1d", "1.5h", "1s", "1y", "28D", "٣d", "duration-shorthand"]
        {
            assert_eq!(seconds(raw), Err(WindowError::Shape), "{raw}");
        }
        assert_eq!(seconds("5"), Err(WindowError::NoUnit));
        assert_eq!(seconds("0w"), Err(WindowError::Zero));
        assert_eq!(seconds("11Y"), Err(WindowError::TooLong));
        assert_eq!(seconds("999999999999999999999Y"), Err(WindowError::TooLong));
    }
}
