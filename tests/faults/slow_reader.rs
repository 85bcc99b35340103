//! Clients that stop reading: they are let go, in time, and nobody else notices.

use serde_json::json;

use crate::PATIENCE;
use crate::feeds::{Socket, connect};
use crate::hub::Setup;
use crate::scene::Scene;
use crate::support::eventually;

#[test]
fn clients_that_do_not_read_are_let_go_and_cost_neither_memory_nor_anybody_elses_feed() {
    let mut scene = Scene::open(Setup::default());
    let sleepers: Vec<Socket> = scene.runtime.block_on(async {
        let mut sleepers = Vec::new();
        for _ in 0..20 {
            sleepers.push(connect(scene.driver.address, &scene.driver.token, "").await.unwrap());
        }
        sleepers
    });
    scene.load();
    // More than the system's own buffers between two sockets hold.
    let large = "x".repeat(30 * 1024);
    let driver = scene.driver.clone();
    let writing = scene.runtime.spawn(async move {
        let declared = driver
            .command("id-large", "/incidents", &json!({ "title": "id-large", "severity": "SEV3" }))
            .await;
        let path = format!("/incidents/{}/notes", declared["id"].as_str().unwrap());
        for number in 0.. {
            if driver.stops() {
                return;
            }
            let id = format!("id-large-{number}");
            driver.command(&id, &path, &json!({ "text": format!("{id} {large}") })).await;
        }
    });
    eventually("the hub lets them go", PATIENCE * 2, || {
        let log = String::from_utf8(scene.hub.log()).unwrap();
        (log.matches("\"reason\":\"too_slow\"").count() >= sleepers.len()).then_some(())
    });
    scene.check();
    scene.runtime.block_on(writing).unwrap();
}
