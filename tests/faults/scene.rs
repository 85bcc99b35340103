//! A hub under load with its clients and vendors around it; what happens to it is the test's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use warroom::domain::comms::{Delivery, DeliveryState};
use warroom::domain::room::Room;

use crate::PATIENCE;
use crate::checker::violations;
use crate::drivers::Driver;
use crate::evidence::{Evidence, read_journal};
use crate::feeds::{Feed, Resync, look};
use crate::hub::{Hub, Setup};
use crate::ledger::Ledger;
use crate::support::eventually;
use crate::vendors::{self, Vendors};

/// What a hub may take, of a build without optimisation, in KiB.
const MEMORY: u64 = 200 * 1024;

pub struct Scene {
    pub hub: Hub,
    pub ledger: Ledger,
    pub feeds: Vec<Feed>,
    pub vendors: Vendors,
    pub runtime: Runtime,
    pub driver: Driver,
    /// Whether clients may be given a snapshot in place of what they missed.
    pub resync: Resync,
    drivers: Vec<JoinHandle<()>>,
}

impl Scene {
    /// A hub with three feed clients, and no load yet.
    pub fn open(mut setup: Setup) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let vendors = Vendors::start(setup.vendors);
        setup.settings.push_str(&vendors.settings("SECRET_FILE"));
        let hub = Hub::start(setup);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.unwrap();
        let http = reqwest::Client::new();
        let integration = runtime.block_on(source(&hub, &http, "monitoring"));
        let ledger = Ledger::default();
        let driver = Driver {
            address: hub.address,
            token: hub.token(),
            integration,
            ledger: ledger.clone(),
            stop: Arc::new(AtomicBool::new(false)),
            http,
        };
        let feeds = Vec::new();
        let mut scene = Scene {
            hub,
            ledger,
            feeds,
            vendors,
            runtime,
            driver,
            resync: Resync::Never,
            drivers: Vec::new(),
        };
        (0..3).for_each(|_| scene.follow());
        scene
    }

    /// The driver with the token of another source of alerts.
    pub fn source(&self, handle: &str) -> Driver {
        let integration = self.runtime.block_on(source(&self.hub, &self.driver.http, handle));
        Driver { integration, ..self.driver.clone() }
    }

    /// One more feed client.
    pub fn follow(&mut self) {
        let feed = Feed::default();
        self.runtime.spawn(feed.clone().follow(self.driver.address, self.driver.token.clone()));
        self.feeds.push(feed);
    }

    /// Two who write notes, one who reports alerts, and one who tells people outside.
    pub fn load(&mut self) {
        let driver = &self.driver;
        driver.stop.store(false, Ordering::Relaxed);
        self.drivers.push(self.runtime.spawn(driver.clone().notes("ana".to_owned())));
        self.drivers.push(self.runtime.spawn(driver.clone().notes("ben".to_owned())));
        self.drivers.push(self.runtime.spawn(driver.clone().alerts("prom".to_owned())));
        self.drivers.push(self.runtime.spawn(driver.clone().updates("kim".to_owned())));
    }

    /// Waits until so many more replies were accepted.
    #[track_caller]
    pub fn accepts(&self, more: usize) {
        let enough = self.ledger.accepted() + more;
        eventually(&format!("{more} more are accepted"), PATIENCE, || {
            (self.ledger.accepted() >= enough).then_some(())
        });
    }

    /// The drivers bring their last command to its end, the outbox empties, and every client knows all there is.
    #[track_caller]
    pub fn settle(&mut self) -> Room {
        self.driver.stop.store(true, Ordering::Relaxed);
        let drivers = std::mem::take(&mut self.drivers);
        let all = async {
            for driver in drivers {
                driver.await.unwrap();
            }
        };
        let ended = self.runtime.block_on(async { tokio::time::timeout(PATIENCE, all).await });
        assert!(ended.is_ok(), "the last commands were never answered:\n{}", self.hub.log_end());
        let deadline = Instant::now() + PATIENCE;
        loop {
            let reason = match self.runtime.block_on(look(self.driver.address, &self.driver.token)) {
                None => "the hub lets nobody look".to_owned(),
                Some((head, room)) => match self.unsettled(head.seq.0, &room) {
                    None => return room,
                    Some(reason) => reason,
                },
            };
            let alarmed = self.feeds.iter().any(Feed::is_alarmed);
            assert!(
                !alarmed,
                "a client was told that the journal went back: {reason}\n{}",
                self.hub.log_end()
            );
            assert!(Instant::now() < deadline, "it does not settle: {reason}\n{}", self.hub.log_end());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn unsettled(&self, head: u64, room: &Room) -> Option<String> {
        let seen: Vec<Option<u64>> = self.feeds.iter().map(Feed::seen).collect();
        if room.seq.0 != head || seen.iter().any(|seen| *seen < Some(head)) {
            return Some(format!("the head is {head}, the room is at {}, clients are at {seen:?}", room.seq));
        }
        let comms = room.incidents.values().flat_map(|incident| incident.comms.values());
        let mut waiting =
            comms.flat_map(|comms| comms.deliveries.values()).filter(|delivery| is_open(delivery));
        waiting
            .next()
            .map(|delivery| format!("{} and {} more wait in the outbox", delivery.detail, waiting.count()))
    }

    pub fn evidence(&mut self) -> Evidence {
        let served = self.settle();
        Evidence {
            journal: read_journal(&self.hub),
            replies: self.ledger.replies(),
            feeds: self.feeds.iter().map(Feed::heard).collect(),
            resync: self.resync,
            effects: self.vendors.effects(),
            served,
            verified: self.hub.verify(),
            memory: self.hub.memory(),
            memory_bound: MEMORY,
            log: self.hub.log(),
            secrets: vec![
                self.driver.token.clone(),
                self.driver.integration.clone(),
                vendors::SECRET.to_owned(),
            ],
        }
    }

    /// Settles, and then everything must be right.
    #[track_caller]
    pub fn check(&mut self) {
        let evidence = self.evidence();
        let wrong = violations(&evidence);
        let shown: Vec<&str> = wrong.iter().take(20).map(String::as_str).collect();
        assert!(wrong.is_empty(), "{} things are wrong:\n{}", wrong.len(), shown.join("\n"));
        eprintln!(
            "{} entries, {} accepted, {} effects, {} KiB",
            evidence.journal.len(),
            evidence.replies.accepted.len(),
            evidence.effects.values().sum::<usize>(),
            evidence.memory
        );
    }
}

/// A token for alerts.
async fn source(hub: &Hub, http: &reqwest::Client, handle: &str) -> String {
    let url = format!("http://{}/api/v1/tokens", hub.address);
    let wanted = json!({ "handle": handle, "role": "ingest" });
    let answer = http.post(url).bearer_auth(hub.token()).json(&wanted).send().await.unwrap();
    let made: serde_json::Value = answer.json().await.unwrap();
    made["token"].as_str().unwrap().to_owned()
}

/// Whether the outbox still has to do with it.
fn is_open(delivery: &Delivery) -> bool {
    match delivery.state {
        DeliveryState::Pending | DeliveryState::Sending => true,
        DeliveryState::Delivered
        | DeliveryState::Failed
        | DeliveryState::Uncertain
        | DeliveryState::Abandoned => false,
    }
}
