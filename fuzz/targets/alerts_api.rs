//! Bodies of Alertmanager's API: what is taken is clean, has labels, and is not over before it ends.
#![no_main]

use libfuzzer_sys::fuzz_target;
use warroom::hub::ingest::prometheus::read_all;
use warroom_fuzz::{alerts, json, now};

fuzz_target!(|data: &[u8]| {
    let Some(document) = json(data) else { return };
    let Ok(reading) = read_all(document.get(), now()) else { return };
    alerts::assert_taken_well(reading);
});
