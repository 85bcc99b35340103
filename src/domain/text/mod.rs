//! The only strings from outside that the room can hold: text that cannot act on a terminal, wherever it is shown.
//!
//! It is cleaned once, where it enters, and what is stored, sent, logged and shown is that. What is taken away shows:
//! controls become their pictures (`␛`), what nobody can see becomes its code (`<U+202E>`), what is too long ends in
//! `…`. Only what changes no word goes in silence: joiners, variation selectors, and marks piled higher than any
//! language does. Reading back from JSON cleans again, so that no peer and no edited file can get around it.

mod clean;
mod kind;
mod marks;
#[cfg(test)]
mod tests;

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use clean::{Shape, clean};

/// The most bytes a [`Text`] has, its `…` included: a long runbook or a screenful of logs, not a log file.
pub const MAX_TEXT_BYTES: usize = 32 * 1024;
/// The most lines a [`Text`] has.
pub const MAX_LINES: usize = 2_000;
/// The most bytes a [`Line`] has, its `…` included: as long as a link that every browser takes.
pub const MAX_LINE_BYTES: usize = 2_048;
/// How many combining marks a character keeps; written languages need three or four.
pub const MAX_MARKS: usize = 4;

/// Whether a character is kept as it is within a text: it can be seen, and does nothing else.
pub fn is_kept(c: char) -> bool {
    matches!(kind::Kind::of(c), kind::Kind::Plain | kind::Kind::Mark)
}

/// JSON that says the same and holds no character that acts or is not to be seen, but for line feeds: such a one stands
/// as its escape, `\u202e`. Outside its strings JSON has none, so that this is right wherever it is applied.
pub fn clean_json(json: &str) -> Cow<'_, str> {
    if json.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 64);
    let mut marks = 0;
    for c in json.chars() {
        let kind = kind::Kind::of(c);
        marks = if kind == kind::Kind::Mark { marks + 1 } else { 0 };
        match kind {
            kind::Kind::Plain => out.push(c),
            _ if c == '\n' => out.push(c),
            kind::Kind::Mark if marks <= MAX_MARKS => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    Cow::Owned(out)
}

/// Clean text of any number of lines. Cheap to clone.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Arc<str>);

/// Clean text of one line, without blanks at its ends. Cheap to clone.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line(Arc<str>);

impl Text {
    /// The first line, to stand for the whole where there is one row for it.
    pub fn first_line(&self) -> Line {
        Line::clean(self.lines().next().unwrap_or_default())
    }
}

impl From<Line> for Text {
    /// A clean line is a clean text as it is.
    fn from(line: Line) -> Self {
        Self(line.0)
    }
}

macro_rules! clean_string {
    ($name:ident, $shape:expr, $what:literal) => {
        impl $name {
            /// Cleans `raw`; see [`clean`]. Never fails: what cannot stay is made visible.
            pub fn clean(raw: &str) -> Self {
                Self(Arc::from(&*clean(raw, $shape)))
            }

            /// Cleans bytes of unknown encoding: what is not UTF-8 becomes U+FFFD.
            pub fn from_bytes(raw: &[u8]) -> Self {
                Self::clean(&String::from_utf8_lossy(raw))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Deref for $name {
            type Target = str;
            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(raw: &str) -> Self {
                Self::clean(raw)
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                *self.0 == *other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                *self.0 == **other
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Cleaning;
                impl de::Visitor<'_> for Cleaning {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($what)
                    }
                    fn visit_str<E: de::Error>(self, raw: &str) -> Result<$name, E> {
                        Ok($name::clean(raw))
                    }
                }
                deserializer.deserialize_str(Cleaning)
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string" })
            }
        }
    };
}

clean_string!(Text, Shape::Text, "a string");
clean_string!(Line, Shape::Line, "a string of one line");
