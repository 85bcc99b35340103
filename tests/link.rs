//! The link on the real hub, over real sockets and a real journal: stopped, restarted, put back to an old copy.
#![cfg(feature = "hub")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use warroom::domain::actor::Access;
use warroom::domain::apply::apply;
use warroom::domain::command::Command;
use warroom::domain::ids::{Cursor, IncidentId};
use warroom::domain::room::Room;
use warroom::domain::text::Text;
use warroom::domain::time::Timestamp;
use warroom::hub::auth::{Grant, Secret, TokenSource};
use warroom::hub::clock::{SystemClock, SystemRandom};
use warroom::hub::{Parts, Running, Settings, start};
use warroom::journal::{Location, OnLoss, Options, Seed, open};
use warroom::link::api::{ApiError, Client, IncidentQuery, Part, Span};
use warroom::link::outbox::OutboxState;
use warroom::link::place::Place;
use warroom::link::{Config, HubUrl, Link, LinkEvent, LinkHandle, LinkStatus, Surroundings};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

struct Hub {
    address: SocketAddr,
    running: Running,
    shutdown: CancellationToken,
}

impl Hub {
    /// A hub on the journal in `directory`, at `address`.
    async fn start(directory: &Path, address: &str) -> Hub {
        let location = Location::Sqlite(directory.join("journal.db"));
        let now = Timestamp::from(chrono::Utc::now());
        let options = Options { seed: Seed([7; 32]), now, on_loss: OnLoss::Refuse };
        let journal = tokio::task::spawn_blocking(move || open(&location, &options)).await.unwrap().unwrap();
        let grant = |name: &str, access| Grant {
            handle: name.parse().unwrap(),
            access,
            secret: Secret::from(format!("wr_{name}")),
        };
        let parts = Parts {
            journal,
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            tokens: TokenSource::Memory(vec![grant("ana", Access::Responder), grant("adi", Access::Admin)]),
            demo: false,
        };
        let settings = Settings { metrics_listen: None, ..Settings::default() };
        let shutdown = CancellationToken::new();
        let listener = TcpListener::bind(address).await.unwrap();
        // Clients name ring when they are made; the hub of a test is made before them.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let running = start(settings, parts, listener, shutdown.clone()).await.unwrap();
        Hub { address: running.address, running, shutdown }
    }

    async fn stop(self) -> String {
        self.shutdown.cancel();
        self.running.ended().await;
        self.address.to_string()
    }

    fn url(&self) -> HubUrl {
        format!("http://{}", self.address).parse().unwrap()
    }

    fn client(&self, who: &str) -> Client {
        Client::new(self.url(), &SecretString::from(format!("wr_{who}"))).unwrap()
    }
}

/// A terminal without a screen: it folds what the link tells.
struct Terminal {
    link: LinkHandle,
    events: mpsc::Receiver<LinkEvent>,
    room: Room,
    place: Option<Cursor>,
    snapshots: u32,
}

impl Terminal {
    fn open(url: HubUrl, who: &str, outbox: Option<PathBuf>, place: Place, room: Room) -> Terminal {
        let token = SecretString::from(format!("wr_{who}"));
        let config = Config { hub: url, token, outbox, place };
        let (link, events) = Link::spawn(config, Surroundings::of_the_machine()).unwrap();
        Terminal { link, events, room, place: place.cursor, snapshots: 0 }
    }

    async fn event(&mut self) -> LinkEvent {
        let event = timeout(PATIENCE, self.events.recv()).await.unwrap().unwrap();
        match &event {
            LinkEvent::Snapshot { journal, room, .. } => {
                self.room = (**room).clone();
                self.place = Some(Cursor { journal: *journal, seq: room.seq });
                self.snapshots += 1;
            }
            LinkEvent::Entries(entries) => {
                for entry in entries {
                    assert_eq!(entry.seq, self.room.seq.next());
                    apply(&mut self.room, entry);
                }
                self.place = self.place.map(|place| Cursor { seq: self.room.seq, ..place });
            }
            _ => {}
        }
        event
    }

    async fn until(&mut self, wanted: impl Fn(&LinkStatus) -> bool) -> LinkStatus {
        loop {
            if let LinkEvent::Status(status) = self.event().await
                && wanted(&status)
            {
                return status;
            }
        }
    }

    async fn live(&mut self) {
        self.until(LinkStatus::is_live).await;
    }

    async fn last_word(&mut self) -> OutboxState {
        loop {
            if let LinkEvent::Outbox(event) = self.event().await
                && event.state.is_last()
            {
                return event.state;
            }
        }
    }
}

fn declare(title: &str) -> Command {
    serde_json::from_value(serde_json::json!({"command": "declare", "title": title})).unwrap()
}

fn note(words: &str) -> Command {
    Command::AddNote { incident: IncidentId(1), text: Text::clean(words), evidence: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_works_on_through_a_hub_that_is_stopped_and_comes_back_with_more() {
    let directory = tempfile::tempdir().unwrap();
    let hub = Hub::start(directory.path(), "127.0.0.1:0").await;
    let kept = Some(directory.path().join("outbox"));
    let mut ana = Terminal::open(hub.url(), "ana", kept, Place::default(), Room::default());
    ana.live().await;
    ana.link.submit(declare("checkout is slow"), None).unwrap();
    assert!(matches!(ana.last_word().await, OutboxState::Done { late: None, .. }));
    assert_eq!(ana.room.incidents.len(), 1);

    let address = hub.stop().await;
    ana.until(|status| matches!(status, LinkStatus::Offline { .. })).await;
    ana.link.submit(note("written while the hub was gone"), None).unwrap();

    let hub = Hub::start(directory.path(), &address).await;
    let adi = hub.client("adi");
    adi.command(&note("written by somebody else"), &"adi-1".parse().unwrap(), None).await.unwrap();
    ana.link.retry_now();
    assert!(matches!(ana.last_word().await, OutboxState::Done { .. }));
    while ana.room.incidents.values().any(|incident| incident.notes.len() < 2) {
        ana.event().await;
    }
    assert_eq!(ana.snapshots, 1, "it resumed instead of starting again");

    let there = adi.incidents(&IncidentQuery::default(), &Part::default()).await.unwrap().items;
    let here: Vec<_> = ana.room.incidents.values().cloned().collect();
    assert_eq!(here, there);
    let timeline = adi.timeline(IncidentId(1), Span::default()).await.unwrap();
    let written = serde_json::to_string(&timeline.entries).unwrap();
    assert_eq!(written.matches("while the hub was gone").count(), 1);
    ana.link.shutdown().await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_was_put_back_to_an_old_copy_is_an_alarm_and_the_terminal_keeps_its_room() {
    let directory = tempfile::tempdir().unwrap();
    let (disk, backup) = (directory.path().join("disk"), directory.path().join("backup"));
    std::fs::create_dir(&disk).unwrap();
    let hub = Hub::start(&disk, "127.0.0.1:0").await;
    hub.client("adi").command(&declare("one"), &"adi-1".parse().unwrap(), None).await.unwrap();
    let address = hub.stop().await;
    copy(&disk, &backup);

    let hub = Hub::start(&disk, &address).await;
    hub.client("adi").command(&declare("two"), &"adi-2".parse().unwrap(), None).await.unwrap();
    let mut ana = Terminal::open(hub.url(), "ana", None, Place::default(), Room::default());
    ana.live().await;
    assert_eq!(ana.room.incidents.len(), 2);
    hub.stop().await;

    let hub = Hub::start(&backup, &address).await;
    ana.link.retry_now();
    let alarm = ana.until(|status| matches!(status, LinkStatus::Alarm { .. })).await;
    let LinkStatus::Alarm { known, hub: head } = alarm else { panic!("{alarm:?}") };
    assert!(known.seq > head.seq && known.journal == head.journal);
    assert_eq!(ana.room.incidents.len(), 2);

    ana.link.accept_journal();
    ana.live().await;
    assert_eq!(ana.room.incidents.len(), 1);
    ana.link.shutdown().await;
    hub.stop().await;
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_goes_on_from_its_cached_room_and_asks_for_what_is_missing() {
    let directory = tempfile::tempdir().unwrap();
    let hub = Hub::start(directory.path(), "127.0.0.1:0").await;
    let adi = hub.client("adi");
    adi.command(&declare("one"), &"adi-1".parse().unwrap(), None).await.unwrap();
    let mut first = Terminal::open(hub.url(), "ana", None, Place::default(), Room::default());
    first.live().await;
    let place = Place { cursor: first.place, witness: first.link.witness() };
    let Terminal { link, room, .. } = first;
    link.shutdown().await;
    adi.command(&declare("two"), &"adi-2".parse().unwrap(), None).await.unwrap();
    let mut second = Terminal::open(hub.url(), "ana", None, place, room);
    second.live().await;
    assert_eq!((second.snapshots, second.room.incidents.len()), (0, 2));

    second.link.fetch_timeline(IncidentId(1), None).unwrap();
    let page = loop {
        if let LinkEvent::Timeline { page, .. } = second.event().await {
            break page.unwrap();
        }
    };
    assert!(!page.entries.is_empty());
    second.link.shutdown().await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_refused_on_the_feed_and_at_the_api_in_a_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let hub = Hub::start(directory.path(), "127.0.0.1:0").await;
    let mut nobody = Terminal::open(hub.url(), "nobody", None, Place::default(), Room::default());
    let refused = nobody.until(|status| *status != LinkStatus::Connecting).await;
    assert!(matches!(refused, LinkStatus::Refused { .. }), "{refused:?}");
    let error =
        hub.client("nobody").incidents(&IncidentQuery::default(), &Part::default()).await.unwrap_err();
    assert!(matches!(error, ApiError::Refused { .. }), "{error}");
    hub.client("nobody").ready().await.unwrap();
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_made_listed_and_revoked_and_the_revoked_terminal_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let hub = Hub::start(directory.path(), "127.0.0.1:0").await;
    let adi = hub.client("adi");
    let wanted = serde_json::from_value(serde_json::json!({"handle": "kim", "role": "responder"})).unwrap();
    let made = adi.create_token(&wanted).await.unwrap();
    let config = Config {
        hub: hub.url(),
        token: SecretString::from(made.token),
        outbox: None,
        place: Place::default(),
    };
    let (link, events) = Link::spawn(config, Surroundings::of_the_machine()).unwrap();
    let mut kim = Terminal { link, events, room: Room::default(), place: None, snapshots: 0 };
    kim.live().await;
    assert!(adi.tokens(&Part::default()).await.unwrap().items.iter().any(|token| token.id == made.info.id));
    adi.revoke_token(&made.info.id).await.unwrap();
    let refused = kim.until(|status| !status.is_live()).await;
    assert!(
        matches!(&refused, LinkStatus::Refused { reason, .. } if reason.contains("revoked")),
        "{refused:?}"
    );
    hub.stop().await;
}
