//! Two hubs on one journal: there is one writer.

use crate::hub::{Hub, Setup};
use crate::scene::Scene;

#[test]
fn a_second_hub_on_the_same_journal_is_refused_and_told_who_has_it() {
    let mut scene = Scene::open(Setup::default());
    scene.load();
    scene.accepts(20);
    let second = Hub::prepare(Setup { data: Some(scene.hub.data()), ..Setup::default() });
    for _ in 0..3 {
        let words = second.refused();
        assert!(words.contains(&format!("in use by pid {}", scene.hub.pid())), "{words}");
    }
    scene.accepts(20);
    scene.check();
}
