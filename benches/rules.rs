//! `decide` and `apply`: what one command costs, and that it costs the same in a room of any size.
#![allow(clippy::expect_used, reason = "a bench that cannot begin has failed")]

mod support;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use support::{alert, alerts_event, note, now, report, storm};
use warroom::domain::apply::apply;
use warroom::domain::decide::decide;
use warroom::domain::mask::mask;
use warroom::domain::policy::Policy;
use warroom::domain::room::Room;

fn main() {
    divan::main();
}

/// Alerts that nobody has seen before, in an empty room.
#[divan::bench(args = [1, 10, 100])]
fn decide_on_new_alerts(bencher: Bencher<'_, '_>, alerts: u64) {
    let (room, policy) = (Room::default(), Policy::default());
    let submission = report((0..alerts).map(|number| alert(number, "checkout")).collect());
    bencher.counter(ItemsCount::new(alerts)).bench(|| decide(&room, &policy, now(), &submission));
}

/// The same in the middle of a storm: open incidents, and a hundred firing alerts for each.
#[divan::bench(args = [10, 100, 1000])]
fn decide_on_a_new_alert_in_a_storm(bencher: Bencher<'_, '_>, incidents: usize) {
    let (room, policy) = (storm(incidents, 100 * incidents as u64, 0), Policy::default());
    let submission = report(vec![alert(u64::MAX, "search")]);
    bencher.bench(|| decide(&room, &policy, now(), &submission));
}

/// Repetitions, which are most of what Prometheus sends.
#[divan::bench(args = [1, 100])]
fn decide_on_repeated_alerts(bencher: Bencher<'_, '_>, alerts: u64) {
    let (room, policy) = (storm(10, 10_000, 0), Policy::default());
    let submission = report((0..alerts).map(|number| alert(number, "storm")).collect());
    bencher.counter(ItemsCount::new(alerts)).bench(|| decide(&room, &policy, now(), &submission));
}

#[divan::bench(args = [0, 2_000])]
fn decide_on_a_note(bencher: Bencher<'_, '_>, ended: usize) {
    let (room, policy) = (storm(1, 0, ended), Policy::default());
    let submission = note(room.last_incident, 1);
    bencher.bench(|| decide(&room, &policy, now(), &submission));
}

#[divan::bench(args = [1, 10, 100])]
fn apply_new_alerts(bencher: Bencher<'_, '_>, alerts: u64) {
    let entry = alerts_event(alerts);
    let mut room = storm(1, 0, 0);
    room.seq = warroom::domain::ids::Seq(0);
    let bencher = bencher.counter(ItemsCount::new(alerts)).with_inputs(|| room.clone());
    bencher.bench_values(|mut room| {
        apply(&mut room, &entry);
        room
    });
}

/// The words of an alert of 500 bytes: names, values, an address, a sentence. Each is looked at for itself.
const WORDS: [&str; 18] = [
    "alertname",
    "HighErrorRate17",
    "cluster",
    "eu-3",
    "instance",
    "node-1734:9100",
    "job",
    "api",
    "namespace",
    "shop-production",
    "pod",
    "checkout-7d9c6b8f5b-x2x7k",
    "service",
    "checkout",
    "severity",
    "critical",
    "http://prometheus.example:9090/graph?g0.expr=sum%28rate%28http_requests_total%7Bcode%3D~%225..%22%7D%5B5m%5D%29%29&g0.tab=1",
    "The error rate of checkout on node-1734 has been above 5% for 10 minutes: it is 7.3% now, and 0.2% is usual. Each \
     failed request is an order that did not come through; see the runbook for whom to call, and what to turn off first.",
];

/// What looking for secrets costs where there are none.
#[divan::bench]
fn look_for_secrets_in_an_alert_without(bencher: Bencher<'_, '_>) {
    let bytes: usize = WORDS.iter().map(|word| word.len()).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        for word in divan::black_box(WORDS) {
            divan::black_box(mask(word));
        }
    });
}

#[divan::bench]
fn mask_a_password_in_an_address(bencher: Bencher<'_, '_>) {
    let text = "pq: connection to postgres://shop:hunter2@db-1.example:5432/orders was refused";
    bencher.counter(BytesCount::of_str(text)).bench(|| mask(divan::black_box(text)));
}
