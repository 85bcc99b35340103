//! What the feed costs the writer: an entry as JSON, and entries as ready frames, once for all readers.
#![allow(clippy::expect_used, reason = "a bench that cannot begin has failed")]

mod support;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use support::{alerts_event, notes};
use warroom::hub::feed::cut;

fn main() {
    divan::main();
}

#[divan::bench(args = [1, 10, 100])]
fn encode_an_entry_of_alerts(bencher: Bencher<'_, '_>, alerts: u64) {
    let entry = alerts_event(alerts);
    let bytes = serde_json::to_string(&entry).expect("JSON").len();
    let counted = bencher.counter(BytesCount::new(bytes)).counter(ItemsCount::new(alerts));
    counted.bench(|| serde_json::to_string(&entry));
}

#[divan::bench(args = [1, 16, 256])]
fn cut_into_frames(bencher: Bencher<'_, '_>, entries: usize) {
    let entries = notes(entries);
    bencher.counter(ItemsCount::new(entries.len())).bench(|| cut(&entries));
}
