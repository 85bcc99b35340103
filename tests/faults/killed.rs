//! `kill -9` at random moments under load.

use std::time::{Duration, Instant};

use crate::hub::Setup;
use crate::rounds;
use crate::scene::Scene;

/// From the start of a hub to its first readiness, in half of the rounds: the machine may be busy in others.
const READY: Duration = Duration::from_secs(5);

#[test]
fn nothing_accepted_is_lost_or_doubled_by_kill_9_at_any_moment() {
    let mut scene = Scene::open(Setup::default());
    scene.load();
    let mut waits = Vec::new();
    for _ in 0..rounds(6) {
        scene.accepts(25);
        std::thread::sleep(Duration::from_micros(rand::random_range(0..60_000)));
        scene.hub.kill();
        let began = Instant::now();
        scene.hub.start_again();
        waits.push(began.elapsed());
    }
    waits.sort();
    let (median, slowest) = (waits[waits.len() / 2], waits[waits.len() - 1]);
    eprintln!("ready again in {median:?}, at most in {slowest:?}");
    assert!(median < READY, "it took {median:?} to serve again");
    scene.check();
}
