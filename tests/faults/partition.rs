//! The network between the hub and everybody else, broken in every way.

use std::time::{Duration, Instant};

use crate::PATIENCE;
use crate::hub::Setup;
use crate::means::need_root;
use crate::means::network::{Broken, Network};
use crate::rounds;
use crate::scene::Scene;
use crate::support::servers::Program;
use crate::support::{eventually, require_or_skip};

/// From the moment a network is whole again to every client's being as far as the hub.
const RESUMED: Duration = Duration::from_secs(5);

fn scene(network: &Network) -> Scene {
    let (ip, vendors) = (network.hub(), network.ours());
    let mut scene = Scene::open(Setup { before: network.before(), ip, vendors, ..Setup::default() });
    scene.load();
    scene.accepts(40);
    scene
}

/// Broken for so long, and whole again.
fn broken_for(scene: &Scene, network: &Network, broken: Broken, how_long: Duration) {
    network.cut(broken);
    std::thread::sleep(how_long);
    network.heal();
    let head = scene.feeds.iter().filter_map(|feed| feed.seen()).max();
    let began = Instant::now();
    eventually("every client goes on", PATIENCE, || {
        scene.feeds.iter().all(|feed| feed.seen() > head).then_some(())
    });
    assert!(began.elapsed() < RESUMED, "it took {:?}", began.elapsed());
}

#[test]
fn a_silent_partition_loses_and_doubles_nothing_and_clients_are_back_in_5_s() {
    need_root!();
    require_or_skip!(Program::Ip, Program::Iptables);
    let network = Network::new(18);
    let mut scene = scene(&network);
    // Longer than clients wait for a sign of life.
    broken_for(&scene, &network, Broken::Silent, Duration::from_secs(10));
    scene.accepts(40);
    scene.check();
}

#[test]
fn a_connection_that_is_open_one_way_only_leaves_commands_unknown_and_their_ids_resolve_them() {
    need_root!();
    require_or_skip!(Program::Ip, Program::Iptables);
    let network = Network::new(19);
    let mut scene = scene(&network);
    broken_for(&scene, &network, Broken::HalfOpen, Duration::from_secs(10));
    scene.accepts(40);
    scene.check();
}

#[test]
fn connections_that_are_reset_or_out_of_reach_come_back() {
    need_root!();
    require_or_skip!(Program::Ip, Program::Iptables);
    let network = Network::new(20);
    let mut scene = scene(&network);
    for broken in [Broken::Reset, Broken::Unreachable] {
        broken_for(&scene, &network, broken, Duration::from_secs(2));
        scene.accepts(20);
    }
    scene.check();
}

#[test]
fn a_link_that_comes_and_goes_loses_and_doubles_nothing() {
    need_root!();
    require_or_skip!(Program::Ip, Program::Iptables);
    let network = Network::new(21);
    let mut scene = scene(&network);
    for round in 0..rounds(6) {
        let broken = [Broken::Silent, Broken::Reset, Broken::HalfOpen][round % 3];
        network.cut(broken);
        std::thread::sleep(Duration::from_millis(rand::random_range(300..1500)));
        network.heal();
        std::thread::sleep(Duration::from_millis(rand::random_range(300..1500)));
    }
    scene.accepts(20);
    scene.check();
}
