//! Cleaning: what comes out is harmless, within its bounds, clean already, and the same through JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use warroom::domain::text::{Line, MAX_LINE_BYTES, MAX_LINES, MAX_TEXT_BYTES, Text};
use warroom_fuzz::{assert_harmless, assert_round_trip};

fuzz_target!(|data: &[u8]| {
    let text = Text::from_bytes(data);
    assert_harmless(&text);
    assert!(text.len() <= MAX_TEXT_BYTES && text.split('\n').count() <= MAX_LINES);
    assert_eq!(Text::clean(&text), text, "cleaning what is clean changes nothing");
    assert_round_trip(&text);

    let line = Line::from_bytes(data);
    assert_harmless(&line);
    assert!(line.len() <= MAX_LINE_BYTES && !line.contains('\n'));
    assert_eq!(line.trim(), &*line);
    assert_eq!(Line::clean(&line), line, "cleaning what is clean changes nothing");
    assert_round_trip(&line);
    // A row for a text is a clean line too.
    assert_harmless(&text.first_line());

    // JSON cannot bring in what cleaning would not.
    if let Ok(raw) = std::str::from_utf8(data) {
        let json = serde_json::to_string(raw).expect("a string");
        assert_eq!(serde_json::from_str::<Text>(&json).expect("a text"), text);
        assert_eq!(serde_json::from_str::<Line>(&json).expect("a line"), line);
    }
});
