//! What the targets have in common: the promises that hold for whatever comes in.

pub mod alerts;
pub mod events;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt::Debug;

pub use uuid::Uuid;
use warroom::domain::time::Timestamp;

/// The time of every target: 2026-11-23T14:00:00Z.
pub const NOW: i64 = 1_795_442_400_000;

pub fn now() -> Timestamp {
    Timestamp::from_millis(NOW)
}

/// Nothing in the text acts on a terminal or hides from its reader. Written down anew, so that a mistake in the cleaning
/// is not made here too.
pub fn assert_harmless(text: &str) {
    for c in text.chars() {
        let acts = c.is_control() && c != '\n';
        let hides = matches!(u32::from(c),
            0xAD | 0x61C | 0x180E | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0xFE00..=0xFE0F | 0xFEFF
            | 0xFFF9..=0xFFFB | 0xE000..=0xF8FF | 0xE0000..=0x10FFFF);
        assert!(!acts && !hides, "U+{:04X} has come through: {text:?}", u32::from(c));
    }
}

/// The same for every string in a value, names of fields included.
pub fn assert_all_harmless(value: &Value) {
    match value {
        Value::String(text) => assert_harmless(text),
        Value::Array(values) => values.iter().for_each(assert_all_harmless),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            assert_harmless(name);
            assert_all_harmless(value);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Written and read again it is the same. Gives what was written.
pub fn assert_round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> Value {
    let written = serde_json::to_string(value).expect("what was read can be written");
    let read: T = serde_json::from_str(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
    assert_eq!(&read, value, "{written}");
    serde_json::from_str(&written).expect("JSON")
}

/// A sentence for a person, on one line or a few, that names the file.
pub fn assert_complaint(complaint: &str, file: &str) {
    assert!(complaint.starts_with(file), "{complaint}");
    assert!(complaint.len() > file.len() + 2 && complaint.len() < 40_000, "{} bytes", complaint.len());
    assert_harmless(complaint);
}

/// What a hub takes as JSON at all.
pub fn json(data: &[u8]) -> Option<&serde_json::value::RawValue> {
    warroom::hub::limits::check_json(data).ok()?;
    serde_json::from_slice(data).ok()
}
