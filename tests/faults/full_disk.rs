//! Disks that take nothing more: reading and the feed go on, writing is refused in words, and comes back by itself.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::PATIENCE;
use crate::hub::Setup;
use crate::means::disk::Disk;
use crate::means::need_root;
use crate::scene::Scene;
use crate::support::servers::Program;
use crate::support::{eventually, require_or_skip};

/// A command that cannot be written is refused with this status, in words that say why, and a time to come back.
#[track_caller]
fn refuses_in_words(scene: &Scene) -> Value {
    let (status, retry_after, problem) = scene.runtime.block_on(async {
        let url = format!("http://{}/api/v1/incidents", scene.hub.address);
        let body = json!({ "title": "while the disk is full", "severity": "SEV3" });
        let request = scene.driver.http.post(url).bearer_auth(&scene.driver.token).json(&body);
        let answer = request.timeout(PATIENCE).send().await.unwrap();
        let retry_after = answer.headers().get("retry-after").is_some();
        (answer.status(), retry_after, answer.json::<Value>().await.unwrap())
    });
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{problem}");
    assert!(retry_after, "{problem}");
    problem
}

#[track_caller]
fn can_be_read(scene: &Scene) {
    let room = scene.runtime.block_on(crate::feeds::look(scene.driver.address, &scene.driver.token));
    assert!(!room.expect("the feed goes on").1.incidents.is_empty());
    let status = scene.runtime.block_on(async {
        let url = format!("http://{}/api/v1/incidents/INC-1/timeline", scene.hub.address);
        scene.driver.http.get(url).bearer_auth(&scene.driver.token).send().await.unwrap().status()
    });
    assert_eq!(status, StatusCode::OK);
}

#[test]
fn a_full_disk_refuses_in_words_goes_on_reading_and_comes_back_without_a_restart() {
    need_root!();
    let disk = Disk::tmpfs(16 * 1024);
    let mut scene = Scene::open(Setup { data: Some(disk.data()), ..Setup::default() });
    scene.load();
    for _ in 0..2 {
        scene.accepts(30);
        disk.fill();
        eventually("the hub is read-only", PATIENCE, || (!scene.hub.is_ready()).then_some(()));
        let problem = refuses_in_words(&scene);
        assert!(problem["detail"].as_str().unwrap().contains("full"), "{problem}");
        can_be_read(&scene);
        disk.make_room();
        eventually("it takes commands again", Duration::from_secs(10), || scene.hub.is_ready().then_some(()));
    }
    scene.accepts(30);
    scene.check();
    scene.hub.end();
}

#[test]
fn a_disk_that_has_become_read_only_is_told_in_words_and_nothing_accepted_is_lost() {
    need_root!();
    require_or_skip!(Program::Ext4);
    let Some(disk) = Disk::ext4(64) else { return };
    let mut scene = Scene::open(Setup { data: Some(disk.data()), ..Setup::default() });
    scene.load();
    scene.accepts(40);
    // No sync is under way at that moment: the kernel lets such a one come back as done (see the power cuts).
    scene.hub.freeze();
    disk.make_read_only();
    scene.hub.signal("CONT");
    eventually("the hub is read-only", PATIENCE, || (!scene.hub.is_ready()).then_some(()));
    refuses_in_words(&scene);
    can_be_read(&scene);
    scene.hub.kill();
    disk.mount_again();
    scene.hub.start_again();
    scene.accepts(40);
    scene.check();
    scene.hub.end();
}
