//! The power goes: what was not synced never reached the disk.

use std::time::Duration;

use crate::hub::Setup;
use crate::means::disk::{Cut, Disk};
use crate::means::need_root;
use crate::rounds;
use crate::scene::Scene;
use crate::support::require_or_skip;
use crate::support::servers::Program;

fn cut_power_in(round: usize) -> Cut {
    if round.is_multiple_of(2) { Cut::LogLost } else { Cut::LogFlushed }
}

/// The hub stands still for the cut, and never goes on: the kernel's means of cutting the power lets a sync that is under
/// way at that very moment come back as done though it was not (twice in forty rounds with a program of ten lines).
fn cut(scene: &mut Scene, disk: &Disk, round: usize) {
    scene.hub.freeze();
    disk.cut_power(cut_power_in(round));
    scene.hub.kill();
    disk.mount_again();
}

fn a_moment(up_to_millis: u64) {
    std::thread::sleep(Duration::from_micros(rand::random_range(0..up_to_millis * 1000)));
}

#[test]
fn nothing_accepted_is_lost_or_doubled_by_a_power_cut() {
    need_root!();
    require_or_skip!(Program::Ext4, Program::Python);
    let Some(disk) = Disk::ext4(96) else { return };
    let mut scene = Scene::open(Setup { data: Some(disk.data()), ..Setup::default() });
    scene.load();
    for round in 0..rounds(5) {
        scene.accepts(25);
        a_moment(60);
        cut(&mut scene, &disk, round);
        scene.hub.start_again();
    }
    scene.check();
    // The hub's files are on the disk.
    scene.hub.end();
}

#[test]
fn a_power_cut_while_the_hub_comes_back_from_a_power_cut_loses_nothing_either() {
    need_root!();
    require_or_skip!(Program::Ext4, Program::Python);
    let Some(disk) = Disk::ext4(96) else { return };
    let mut scene = Scene::open(Setup { data: Some(disk.data()), ..Setup::default() });
    scene.load();
    for round in 0..rounds(3) {
        scene.accepts(25);
        a_moment(60);
        cut(&mut scene, &disk, round);
        scene.hub.launch();
        a_moment(120);
        cut(&mut scene, &disk, round + 1);
        scene.hub.start_again();
    }
    scene.check();
    scene.hub.end();
}
