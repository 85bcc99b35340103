//! Frames of a terminal: clean, and the same when written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use warroom::wire::frame::ClientFrame;
use warroom_fuzz::{assert_all_harmless, assert_round_trip};

fuzz_target!(|data: &[u8]| {
    if let Ok(frame) = serde_json::from_slice::<ClientFrame>(data) {
        assert_all_harmless(&assert_round_trip(&frame));
    }
});
