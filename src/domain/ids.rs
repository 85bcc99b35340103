//! Identities. Everything in the room is found by one of these, never by its place in a list.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

/// What a person typed is not an id of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{given}” is not {expected}")]
pub struct InvalidId {
    given: String,
    expected: &'static str,
}

impl InvalidId {
    pub(super) fn new(given: &str, expected: &'static str) -> Self {
        let given = super::text::Line::clean(given).to_string();
        InvalidId { given, expected }
    }
}

/// Serde as a string, through `Display` and `FromStr`, so that ids can be the keys of JSON objects.
macro_rules! serde_as_string {
    ($name:ident, $example:expr) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let raw = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                raw.parse().map_err(de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "examples": [$example] })
            }
        }
    };
}
pub(super) use serde_as_string;

/// An id that people say aloud: a prefix and a number that counts from 1.
macro_rules! numbered_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            pub const fn next(self) -> Self {
                $name(self.0.saturating_add(1))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            /// Takes the whole id in any case, or the bare number.
            fn from_str(raw: &str) -> Result<Self, InvalidId> {
                let digits = match raw.get(..$prefix.len()) {
                    Some(prefix) if prefix.eq_ignore_ascii_case($prefix) => &raw[$prefix.len()..],
                    _ => raw,
                };
                let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                match digits.parse() {
                    Ok(number) if plain && number > 0 => Ok($name(number)),
                    _ => Err(InvalidId::new(raw, $expected)),
                }
            }
        }

        serde_as_string!($name, concat!($prefix, "42"));
    };
}

numbered_id!(
    /// An incident, as people say it: `INC-42`.
    IncidentId, "INC-", "an incident id such as INC-42"
);
numbered_id!(
    /// A task of one incident: `T-3`.
    TaskId, "T-", "a task id such as T-3"
);
numbered_id!(
    /// An update of one incident: `C-2`.
    CommsId, "C-", "an update id such as C-2"
);

/// The place of an entry in its journal: 1, 2, 3 … without gaps. 0 is the place before the first.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    pub const START: Seq = Seq(0);

    pub const fn next(self) -> Self {
        Seq(self.0.saturating_add(1))
    }

    /// The seq in the form that SQLite and protocols with signed integers take.
    pub fn as_i64(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How often an incident changed; the number in `If-Match`.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Revision(pub u64);

impl Revision {
    pub const fn next(self) -> Self {
        Revision(self.0.saturating_add(1))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(raw: &str) -> Result<Self, InvalidId> {
                raw.parse().map($name).map_err(|_| InvalidId::new(raw, $expected))
            }
        }

        serde_as_string!($name, "01932c07-209c-7d55-b4c1-9b0f4a6f1a10");
    };
}

uuid_id!(
    /// One journal. A restored or new database is another journal, or the same one with an older head.
    JournalId, "a journal id (a UUID)"
);
uuid_id!(
    /// One entry, in whatever journal it lies.
    EntryId, "an entry id (a UUID)"
);

/// A command's id, made by its sender: the same id gives the first outcome, whatever happens between.
/// 1 to 128 of the characters `A-Z a-z 0-9 . _ : -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(std::sync::Arc<str>);

impl CommandId {
    pub const MAX_LENGTH: usize = 128;

    /// From 16 random bytes.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        CommandId(Uuid::from_bytes(bytes).simple().to_string().into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CommandId {
    type Err = InvalidId;

    fn from_str(raw: &str) -> Result<Self, InvalidId> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
        if !raw.is_empty() && raw.len() <= Self::MAX_LENGTH && raw.bytes().all(allowed) {
            Ok(CommandId(raw.into()))
        } else {
            Err(InvalidId::new(
                raw,
                "a command id: 1 to 128 letters, digits, dots, colons, dashes or underscores",
            ))
        }
    }
}

serde_as_string!(CommandId, "01932c07209c7d55b4c19b0f4a6f1a10");

/// SHA-256, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    pub const ZERO: Hash = Hash([0; 32]);
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl FromStr for Hash {
    type Err = InvalidId;

    fn from_str(raw: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId::new(raw, "a SHA-256 of 64 hexadecimal digits");
        if raw.len() != 64 || !raw.is_ascii() {
            return Err(invalid());
        }
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(raw.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| invalid())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| invalid())?;
        }
        Ok(Hash(bytes))
    }
}

serde_as_string!(Hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

/// The newest entry of a journal, and the chain's hash up to and with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Head {
    pub journal: JournalId,
    pub seq: Seq,
    pub hash: Hash,
}

impl fmt::Display for Head {
    /// The form of `/feed?after=`: `JOURNAL:SEQ`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.journal, self.seq)
    }
}

/// A place in a journal, as clients name it: `JOURNAL:SEQ`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub journal: JournalId,
    pub seq: Seq,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.journal, self.seq)
    }
}

impl FromStr for Cursor {
    type Err = InvalidId;

    fn from_str(raw: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId::new(raw, "a place in a journal (JOURNAL:SEQ)");
        let (journal, seq) = raw.split_once(':').ok_or_else(invalid)?;
        Ok(Cursor {
            journal: journal.parse().map_err(|_| invalid())?,
            seq: seq.parse().map(Seq).map_err(|_| invalid())?,
        })
    }
}

serde_as_string!(Cursor, "01932c07-209c-7d55-b4c1-9b0f4a6f1a10:812");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_may_leave_out_the_prefix_or_its_case() {
        for raw in ["INC-42", "inc-42", "42"] {
            assert_eq!(raw.parse(), Ok(IncidentId(42)), "{raw}");
        }
    }

    #[test]
    fn what_is_not_an_incident_id_is_refused_in_a_sentence() {
        for raw in ["", "INC-", "INC-0", "INC--1", "INC-4294967296", "T-4", "+4", "İNC-4"] {
            let error = raw.parse::<IncidentId>().unwrap_err().to_string();
            assert!(error.ends_with("is not an incident id such as INC-42"), "{error}");
        }
    }

    #[test]
    fn a_command_id_cannot_carry_anything_but_plain_characters() {
        assert!("a-B.9_:".parse::<CommandId>().is_ok());
        for raw in ["", "a b", "a\n", "ä", &"x".repeat(129)] {
            assert!(raw.parse::<CommandId>().is_err(), "{raw:?}");
        }
    }

    #[test]
    fn ids_are_the_same_after_a_round_trip_through_json() {
        let hash = Hash([0xab; 32]);
        assert_eq!(serde_json::from_str::<Hash>(&serde_json::to_string(&hash).unwrap()).unwrap(), hash);
        assert_eq!(serde_json::to_string(&IncidentId(7)).unwrap(), "\"INC-7\"");
        let cursor = Cursor { journal: JournalId(Uuid::nil()), seq: Seq(9) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }
}
