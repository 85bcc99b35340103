//! Masking: what comes out is masked already, clean, and as it was where nothing is secret; what is put in is gone.
#![no_main]

use std::borrow::Cow;

use libfuzzer_sys::fuzz_target;
use warroom::domain::mask::{line, mask, text};
use warroom::domain::text::{Line, Text};
use warroom_fuzz::assert_harmless;

const PLANTED: &str = "ghp_0123456789abcdefghijklmnopqrstuvwxyz";

fuzz_target!(|data: &[u8]| {
    let raw = String::from_utf8_lossy(data);
    let masked = mask(&raw);
    assert_eq!(mask(&masked), masked, "masking what is masked changes nothing");
    if let Cow::Borrowed(same) = masked {
        assert_eq!(same, raw, "what is borrowed is untouched");
    }

    let (long, short) = (text(&raw), line(&raw));
    assert_harmless(&long);
    assert_harmless(&short);
    assert_eq!(Text::clean(&long), long, "what is masked is clean");
    assert_eq!(Line::clean(&short), short, "what is masked is clean");

    let planted = format!("{raw} {PLANTED} {raw}");
    assert!(!mask(&planted).contains(PLANTED));
});
