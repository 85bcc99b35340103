//! `kill -9` at random moments under load.

use std::time::{Duration, Instant};

use crate::hub::Setup;
use crate::rounds;
use crate::scene::Scene;

/// From the start of a hub to its first readiness.
const READY: Duration = Duration::from_secs(5);

#[test]
fn nothing_accepted_is_lost_or_doubled_by_kill_9_at_any_moment() {
    let mut scene = Scene::open(Setup::default());
    scene.load();
    for _ in 0..rounds(6) {
        scene.accepts(25);
        std::thread::sleep(Duration::from_micros(rand::random_range(0..60_000)));
        scene.hub.kill();
        let began = Instant::now();
        scene.hub.start_again();
        assert!(began.elapsed() < READY, "it took {:?} to serve again", began.elapsed());
    }
    scene.check();
}
