//! A look into JSON of a vendor's making. Whatever is not there, or is not of the kind that it should be, is nothing: a
//! vendor adds and leaves out as it likes, and one odd field must not take the change with it. Text becomes a [`Line`] here.

use serde_json::Value;

use crate::domain::change::Percent;
use crate::domain::mask;
use crate::domain::text::Line;
use crate::domain::time::Timestamp;

/// What Go's templates write for what is not there.
const NO_VALUE: &str = "<no value>";
/// A number of seconds that large is one of milliseconds: 1973 as these, 5138 as those.
const MILLIS: i64 = 100_000_000_000;

/// A value, or that there is none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a>(Option<&'a Value>);

impl<'a> Piece<'a> {
    pub fn of(value: &'a Value) -> Self {
        Piece(Some(value))
    }

    pub fn get(self, name: &str) -> Self {
        Piece(self.0.and_then(|value| value.get(name)))
    }

    /// This, or the other where this says nothing.
    pub fn or(self, other: Piece<'a>) -> Self {
        if self.word().is_some() { self } else { other }
    }

    pub fn is_object(self) -> bool {
        self.0.is_some_and(Value::is_object)
    }

    pub fn each(self) -> impl Iterator<Item = Piece<'a>> {
        self.0.and_then(Value::as_array).into_iter().flatten().map(Piece::of)
    }

    pub fn names(self) -> impl Iterator<Item = &'a str> {
        self.0.and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.as_str())
    }

    /// A string that says something, as it was sent.
    pub fn word(self) -> Option<&'a str> {
        let word = self.0.and_then(Value::as_str)?.trim();
        (!word.is_empty() && word != NO_VALUE).then_some(word)
    }

    /// A string or a number, clean and without secrets.
    pub fn line(self) -> Option<Line> {
        match self.0 {
            Some(Value::Number(number)) => Some(Line::clean(&number.to_string())),
            _ => self.word().map(mask::line),
        }
    }

    /// A web address. What is relative to some page of the vendor's leads nowhere.
    pub fn link(self) -> Option<Line> {
        let word = self.word().filter(|word| word.starts_with("https://") || word.starts_with("http://"));
        word.map(mask::line)
    }

    /// A number from 0 to 100, written as a number or as words are.
    pub fn percent(self) -> Option<Percent> {
        match self.0 {
            Some(Value::Number(number)) => {
                u8::try_from(number.as_u64()?).ok().and_then(|number| Percent::try_from(number).ok())
            }
            _ => self.word()?.parse().ok(),
        }
    }

    /// A time in any of the forms that vendors write: RFC 3339, the same with an offset without its colon or with none at
    /// all (then it is UTC), seconds or milliseconds since 1970.
    pub fn time(self) -> Option<Timestamp> {
        let number = match self.0 {
            Some(Value::Number(number)) => number.as_i64(),
            _ => self.word()?.parse().ok(),
        };
        match number {
            Some(seconds @ ..MILLIS) => Some(Timestamp::from_millis(seconds.saturating_mul(1000))),
            Some(millis) => Some(Timestamp::from_millis(millis)),
            None => parsed(self.word()?),
        }
    }
}

fn parsed(raw: &str) -> Option<Timestamp> {
    // The zero time of Go is no time.
    if raw.starts_with("0001-01-01") {
        return None;
    }
    let with_offset = |form| chrono::DateTime::parse_from_str(raw, form).ok();
    let without = |form| chrono::NaiveDateTime::parse_from_str(raw, form).ok();
    let offset = ["%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f %z"].into_iter().find_map(with_offset);
    let none = || ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"].into_iter().find_map(without);
    raw.parse()
        .ok()
        .or_else(|| offset.map(|time| Timestamp::from(time.to_utc())))
        .or_else(|| none().map(|time| Timestamp::from(time.and_utc())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_time_is_read_in_each_form_that_a_vendor_writes() {
        for raw in [
            json!("2020-07-17T08:42:58.315Z"),
            json!("2020-07-17T08:42:58.315+0000"),
            json!("2020-07-17T10:42:58.315+02:00"),
            json!("2020-07-17T10:42:58.315+0200"),
            json!("2020-07-17T08:42:58.315"),
            json!("2020-07-17 08:42:58.315"),
            json!(1_594_975_378_315_i64),
            json!("1594975378315"),
        ] {
            let time = Piece::of(&raw).time().unwrap_or_else(|| panic!("{raw}"));
            assert_eq!(time.to_string(), "2020-07-17T08:42:58.315Z", "{raw}");
        }
        assert_eq!(Piece::of(&json!(1_594_975_378)).time().unwrap().to_string(), "2020-07-17T08:42:58.000Z");
        for raw in
            [json!(""), json!("soon"), json!(null), json!("0001-01-01T00:00:00Z"), json!({}), json!(1.5)]
        {
            assert_eq!(Piece::of(&raw).time(), None, "{raw}");
        }
    }

    #[test]
    fn what_is_not_there_or_of_another_kind_is_nothing() {
        let value = json!({"a": {"b": "  "}, "c": ["x"], "n": 7, "gone": "<no value>", "secret": "password=hunter2hunter2"});
        let piece = Piece::of(&value);
        assert!(piece.get("a").get("b").get("c").word().is_none());
        assert!(piece.get("a").get("b").line().is_none() && piece.get("c").line().is_none());
        assert!(piece.get("gone").line().is_none());
        assert_eq!(piece.get("n").line().as_deref(), Some("7"));
        assert_eq!(piece.get("n").percent().unwrap().get(), 7);
        assert!(!piece.get("secret").line().unwrap().contains("hunter2"));
    }
}
