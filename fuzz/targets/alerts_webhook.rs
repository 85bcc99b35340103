//! Bodies of Alertmanager's webhook: as for its API.
#![no_main]

use libfuzzer_sys::fuzz_target;
use warroom::hub::ingest::alertmanager::read_all;
use warroom_fuzz::{alerts, json, now};

fuzz_target!(|data: &[u8]| {
    let Some(document) = json(data) else { return };
    let Ok(reading) = read_all(document.get(), now()) else { return };
    alerts::assert_taken_well(reading);
});
