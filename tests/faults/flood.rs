//! Senders that say too much, and several that say the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::header::RETRY_AFTER;
use serde_json::{Value, json};

use crate::PATIENCE;
use crate::drivers::Driver;
use crate::feeds::Resync;
use crate::hub::Setup;
use crate::scene::Scene;
use crate::support::eventually;

/// While one source sends all it can, a command of a person is answered within this.
const ANSWERED: Duration = Duration::from_secs(2);
/// How long Prometheus waits for an answer before it gives an alert up.
const GIVEN_UP: Duration = Duration::from_secs(10);
/// How many connections a flood begins with, and how many more it takes as long as it is not refused.
const CONNECTIONS: usize = 128;
const MOST_CONNECTIONS: usize = 2048;
/// How many deliveries it has, and how many alerts each: on all connections together more than may wait for the writer.
const DELIVERIES: usize = 8;
const A_DELIVERY: usize = 400;

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

/// One source on many connections, each of which sends a delivery as soon as the one before is answered.
#[derive(Clone)]
struct Flood {
    driver: Driver,
    /// What is sent, with the ids in it: over and over, as monitoring repeats what fires.
    deliveries: Arc<Vec<(Vec<String>, Bytes)>>,
    stop: Arc<AtomicBool>,
    accepted: Arc<AtomicUsize>,
    refused: Arc<AtomicUsize>,
}

impl Flood {
    fn of(driver: Driver) -> Self {
        let delivery = |number: usize| {
            let ids: Vec<String> =
                (0..A_DELIVERY).map(|alert| format!("id-flood-{number}-{alert}")).collect();
            let alerts: Value = ids.iter().map(|id| alert("Flooded", id)).collect();
            (ids, Bytes::from(alerts.to_string()))
        };
        let deliveries = Arc::new((0..DELIVERIES).map(delivery).collect());
        Flood { driver, deliveries, stop: Arc::default(), accepted: Arc::default(), refused: Arc::default() }
    }

    async fn pour(self, connection: usize) {
        let url = format!("http://{}/api/v2/alerts", self.driver.address);
        for number in connection.. {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            let (ids, body) = &self.deliveries[number % DELIVERIES];
            let request = self.driver.http.post(&url).bearer_auth(&self.driver.integration);
            // Who sends so much may be cut off in the middle of it.
            let Ok(answer) = request.body(body.clone()).send().await else { continue };
            if answer.status().is_success() {
                ids.iter().for_each(|id| self.driver.ledger.accept(id, None));
                self.accepted.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            let (status, again) = (answer.status().as_u16(), answer.headers().contains_key(RETRY_AFTER));
            let problem = answer.text().await.unwrap_or_default();
            if status != 503 || !again || !problem.contains("send it again") {
                self.driver.ledger.surprise(format!("the flood was answered with {status}: {problem}"));
            }
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn alert(name: &str, id: &str) -> Value {
    json!({
        "labels": { "alertname": name, "severity": "critical", "service": "shop", "instance": id },
        "startsAt": "2026-11-23T12:00:00Z", "endsAt": "2126-11-23T12:00:00Z",
    })
}

#[test]
fn a_source_that_sends_more_than_its_share_is_put_off_and_each_delivery_of_another_is_taken() {
    let mut scene = Scene::open(Setup::default());
    // How quickly terminals read is not what this is about.
    scene.resync = Resync::Allowed;
    let (driver, calm) = (scene.source("flood"), scene.source("calm"));
    let flood = Flood::of(driver);
    let mut connections = Vec::new();
    while flood.refused.load(Ordering::Relaxed) == 0 {
        assert!(connections.len() < MOST_CONNECTIONS, "one source was never put off");
        let enough = flood.accepted.load(Ordering::Relaxed) + connections.len() + CONNECTIONS;
        for number in connections.len()..connections.len() + CONNECTIONS {
            connections.push(scene.runtime.spawn(flood.clone().pour(number)));
        }
        eventually("the flood comes in, or is refused", PATIENCE, || {
            let (accepted, refused) = (&flood.accepted, &flood.refused);
            (accepted.load(Ordering::Relaxed) > enough || refused.load(Ordering::Relaxed) > 0).then_some(())
        });
    }
    let mut slowest = Duration::ZERO;
    for number in 0..10 {
        let id = format!("id-calm-{number}");
        let url = format!("http://{}/hooks/alertmanager", calm.address);
        let body = json!({ "alerts": [alert("Calm", &id)] });
        let began = Instant::now();
        let request = calm.http.post(url).bearer_auth(&calm.integration).json(&body);
        let answer = scene.runtime.block_on(request.send()).unwrap();
        slowest = slowest.max(began.elapsed());
        assert!(answer.status().is_success(), "the calm source was answered with {}", answer.status());
        calm.ledger.accept(&id, None);
    }
    flood.stop.store(true, Ordering::Relaxed);
    for connection in connections.drain(..) {
        scene.runtime.block_on(connection).unwrap();
    }
    let room = scene.settle();
    eprintln!(
        "{} deliveries of the flood were taken and {} put off; the slowest calm one took {slowest:?}",
        flood.accepted.load(Ordering::Relaxed),
        flood.refused.load(Ordering::Relaxed)
    );
    assert!(slowest < GIVEN_UP, "a delivery of the calm source waited {slowest:?}");
    assert!(room.incidents.len() <= 3, "{} incidents", room.incidents.len());
    scene.check();
}
