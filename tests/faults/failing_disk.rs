//! Disks that lie for a moment: writes that fail, syncs that fail, syncs that take their time.

use std::time::{Duration, Instant};

use crate::hub::Setup;
use crate::means::shim::{EIO, ENOSPC, Order, Shim};
use crate::scene::Scene;
use crate::support::require_or_skip;
use crate::support::servers::Program;

fn scene(shim: &Shim) -> Scene {
    let scene = Scene::open(Setup { env: shim.env("journal.db"), ..Setup::default() });
    // The hub's own calls go through the shim, or nothing here would prove anything.
    let maps = std::fs::read_to_string(format!("/proc/{}/maps", scene.hub.pid())).unwrap();
    assert!(maps.contains("shim.so"));
    scene
}

/// For a moment at a time, again and again.
fn flapping(order: Order, moment: Duration) {
    let shim = Shim::build();
    let mut scene = scene(&shim);
    scene.load();
    for _ in 0..4 {
        scene.accepts(20);
        shim.order(order);
        std::thread::sleep(moment);
        shim.order(Order::None);
    }
    scene.accepts(20);
    scene.check();
}

#[test]
fn a_disk_that_is_full_for_a_moment_costs_nothing_that_was_accepted() {
    require_or_skip!(Program::Cc);
    flapping(Order::FailWrites(ENOSPC), Duration::from_millis(40));
}

#[test]
fn writes_that_fail_for_a_moment_cost_nothing_that_was_accepted() {
    require_or_skip!(Program::Cc);
    flapping(Order::FailWrites(EIO), Duration::from_millis(80));
}

#[test]
fn syncs_that_fail_for_a_moment_leave_it_open_what_was_written_until_the_journal_is_read_again() {
    require_or_skip!(Program::Cc);
    flapping(Order::FailSyncs(EIO), Duration::from_millis(80));
}

#[test]
fn slow_syncs_make_answers_late_but_neither_wrong_nor_the_feed_slow() {
    require_or_skip!(Program::Cc);
    let shim = Shim::build();
    let mut scene = scene(&shim);
    scene.load();
    scene.accepts(20);
    shim.order(Order::SlowSyncs { millis: 400 });
    for _ in 0..5 {
        let began = Instant::now();
        let room = scene.runtime.block_on(crate::feeds::look(scene.driver.address, &scene.driver.token));
        assert!(room.is_some());
        assert!(began.elapsed() < Duration::from_secs(2), "a new client waited {:?}", began.elapsed());
        scene.accepts(1);
    }
    shim.order(Order::None);
    scene.accepts(20);
    scene.check();
}
