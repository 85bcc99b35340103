//! Senders that say too much, and several that say the same.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::hub::Setup;
use crate::scene::Scene;

/// While one source sends all it can, a command of a person is answered within this.
const ANSWERED: Duration = Duration::from_secs(2);

#[test]
fn a_flood_from_one_source_delays_nobody_and_loses_nothing_that_was_accepted() {
    let mut scene = Scene::open(Setup::default());
    scene.load();
    let flood: Vec<_> = (0..24)
        .map(|number| scene.runtime.spawn(scene.driver.clone().alerts(format!("flood-{number}"))))
        .collect();
    let mut slowest = Duration::ZERO;
    for number in 0..40 {
        let id = format!("id-calm-{number}");
        let body = json!({ "title": id, "severity": "SEV3" });
        let began = Instant::now();
        scene.runtime.block_on(scene.driver.command(&id, "/incidents", &body));
        slowest = slowest.max(began.elapsed());
    }
    scene.accepts(500);
    scene.settle();
    for sender in flood {
        scene.runtime.block_on(sender).unwrap();
    }
    scene.check();
    assert!(slowest < ANSWERED, "a command waited {slowest:?}");
}

#[test]
fn the_same_alerts_from_three_senders_that_repeat_themselves_make_one_incident() {
    let mut scene = Scene::open(Setup::default());
    let alerts: Vec<_> = (0..20)
        .map(|number| {
            json!({
                "labels": { "alertname": "Down", "severity": "critical", "service": "shop",
                            "instance": format!("id-three-{number}") },
                "startsAt": "2026-11-23T12:00:00Z", "endsAt": "2126-11-23T12:00:00Z",
            })
        })
        .collect();
    let senders: Vec<_> = (0..3)
        .map(|_| {
            let (driver, alerts) = (scene.driver.clone(), alerts.clone());
            scene.runtime.spawn(async move {
                for _ in 0..5 {
                    for alert in &alerts {
                        let url = format!("http://{}/api/v2/alerts", driver.address);
                        let request = driver.http.post(url).bearer_auth(&driver.integration).json(&[alert]);
                        assert!(request.send().await.unwrap().status().is_success());
                    }
                }
            })
        })
        .collect();
    for sender in senders {
        scene.runtime.block_on(sender).unwrap();
    }
    (0..20).for_each(|number| scene.ledger.accept(&format!("id-three-{number}"), None));
    let room = scene.settle();
    assert_eq!(room.incidents.len(), 1);
    assert_eq!(room.incidents.values().next().unwrap().alerts.fired, 20);
    scene.check();
}
