//! `decide` and `apply`: what one command costs, and that it costs the same in a room of any size.
#![allow(clippy::expect_used, reason = "a bench that cannot begin has failed")]

mod support;

use divan::Bencher;
use divan::counter::ItemsCount;
use support::{alert, alerts_event, note, now, report, storm};
use warroom::domain::apply::apply;
use warroom::domain::decide::decide;
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
