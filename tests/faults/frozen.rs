//! The hub stands still and does not know it.

use std::time::Duration;

use crate::hub::Setup;
use crate::scene::Scene;

/// Longer than commands wait for an answer, and than clients wait for a sign of life.
const FROZEN: Duration = Duration::from_secs(9);

#[test]
fn a_hub_that_stood_still_goes_on_without_sending_or_writing_anything_twice() {
    let mut scene = Scene::open(Setup::default());
    scene.load();
    scene.accepts(40);
    scene.hub.signal("STOP");
    std::thread::sleep(FROZEN);
    scene.hub.signal("CONT");
    scene.accepts(40);
    scene.check();
}
