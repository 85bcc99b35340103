//! A panic in a part that the hub cannot be without: it ends, and does not go on as half a hub.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use warroom::domain::actor::Access;
use warroom::domain::ids::{CommandId, Head};
use warroom::domain::room::Room;
use warroom::hub::auth::{Grant, TokenSource};
use warroom::hub::clock::{SystemClock, SystemRandom};
use warroom::hub::{Parts, Settings, start};
use warroom::journal::{
    AppendError, Batch, Journal, JournalError, Location, OnLoss, Options, Reader, Recorded, Seed, open,
};

use crate::PATIENCE;
use crate::hub::Setup;
use crate::scene::Scene;

/// A journal that writes a batch and then panics, once it is armed.
#[derive(Debug)]
struct Bomb {
    journal: Box<dyn Journal>,
    armed: Arc<AtomicBool>,
}

impl Journal for Bomb {
    fn head(&self) -> Head {
        self.journal.head()
    }

    fn append(&mut self, after: Head, batch: &Batch) -> Result<Head, AppendError> {
        let written = self.journal.append(after, batch);
        assert!(!self.armed.load(Ordering::Relaxed), "on purpose");
        written
    }

    fn recorded(&self, id: &CommandId) -> Result<Option<Recorded>, JournalError> {
        self.journal.recorded(id)
    }

    fn snapshot(&self) -> Result<Option<Room>, JournalError> {
        self.journal.snapshot()
    }

    fn save_snapshot(&mut self, room: &Room) -> Result<(), JournalError> {
        self.journal.save_snapshot(room)
    }

    fn keep(&mut self, name: &str, bytes: &[u8]) -> Result<(), JournalError> {
        self.journal.keep(name, bytes)
    }

    fn keep_only(&mut self, names: &std::collections::BTreeSet<String>) -> Result<(), JournalError> {
        self.journal.keep_only(names)
    }

    fn recover(&mut self) -> Result<Head, JournalError> {
        self.journal.recover()
    }

    fn reader(&self) -> Result<Box<dyn Reader>, JournalError> {
        self.journal.reader()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_panics_ends_the_hub_and_what_it_was_at_is_unknown_and_resolved_by_its_id() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let folder = tempfile::tempdir().unwrap();
    let (armed, http) = (Arc::new(AtomicBool::new(false)), reqwest::Client::new());
    let hub = async || {
        let now = chrono::Utc::now().into();
        let options = Options { seed: Seed([7; 32]), now, on_loss: OnLoss::Refuse };
        let journal = open(&Location::Sqlite(folder.path().join("room.db")), &options).unwrap();
        let kim = Grant {
            handle: "kim".parse().unwrap(),
            access: Access::Commander,
            secret: "wr_kim".to_owned().into(),
        };
        let parts = Parts {
            journal: Box::new(Bomb { journal, armed: Arc::clone(&armed) }),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            tokens: TokenSource::Memory(vec![kim]),
            demo: false,
        };
        let settings = Settings { metrics_listen: None, ..Settings::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        start(settings, parts, listener, CancellationToken::new()).await.unwrap()
    };
    let declare = async |address: std::net::SocketAddr, id: &str| {
        let url = format!("http://{address}/api/v1/incidents");
        let body = json!({ "title": id, "severity": "SEV2" });
        let request = http.post(url).bearer_auth("wr_kim").header("Idempotency-Key", id).json(&body);
        let answer = request.timeout(PATIENCE).send().await.unwrap();
        (answer.status(), answer.json::<Value>().await.unwrap())
    };
    let first = hub().await;
    assert_eq!(declare(first.address, "one").await.0, StatusCode::CREATED);
    armed.store(true, Ordering::Relaxed);
    let (status, problem) = declare(first.address, "two").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(problem["type"].as_str().unwrap().ends_with("/unknown"), "{problem}");
    timeout(PATIENCE, first.ended()).await.expect("the hub ends");
    // Whoever runs it starts it again, and the same id tells what became of the command.
    armed.store(false, Ordering::Relaxed);
    let second = hub().await;
    let (status, answer) = declare(second.address, "two").await;
    assert_eq!((status, &answer["seq"]), (StatusCode::CREATED, &json!(2)), "{answer}");
    let (_, third) = declare(second.address, "three").await;
    assert_eq!(third["seq"], 3);
}

/// In the hub's own process, under load, and as whoever runs it sees it.
#[track_caller]
fn panics_and_is_started_again(place: &str) {
    let folder = tempfile::tempdir().unwrap();
    let trigger = folder.path().join("now");
    let env = vec![("WARROOM_TEST_PANIC".to_owned(), format!("{place}:{}", trigger.display()))];
    let mut scene = Scene::open(Setup { env, ..Setup::default() });
    scene.load();
    for _ in 0..2 {
        scene.accepts(25);
        std::fs::write(&trigger, "").unwrap();
        // The drivers are connected already.
        scene.hub.is_ready();
        let ended = scene.hub.wait_for_end();
        assert!(!ended.success(), "it ends as if nothing were wrong");
        std::fs::remove_file(&trigger).unwrap();
        scene.hub.start_again();
    }
    scene.accepts(25);
    scene.check();
}

#[test]
fn a_hub_whose_writer_panics_ends_and_started_again_has_lost_and_doubled_nothing() {
    panics_and_is_started_again("writer");
}

#[test]
fn a_hub_that_can_let_nobody_in_any_more_ends_and_started_again_has_lost_and_doubled_nothing() {
    panics_and_is_started_again("door");
}
