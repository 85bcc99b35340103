//! A hub that does what a test says, on a clock that the test moves.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{SinkExt, StreamExt};
use secrecy::SecretString;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};
use url::Url;

use crate::domain::command::{Command, Outcome};
use crate::domain::ids::{Head, IncidentId, Seq};
use crate::domain::room::Room;
use crate::domain::text::Text;
use crate::domain::time::Timestamp;
use crate::link::api::{ApiError, Client};
use crate::link::outbox::{Courier, Item, OutboxEvent, OutboxState};
use crate::link::place::Place;
use crate::link::socket::{Dial, Duplex};
use crate::link::testing::{entries, surroundings};
use crate::link::{Config, Link, LinkEvent, LinkHandle, LinkStatus, Surroundings};
use crate::wire::frame::{Frame, Hello, PROTOCOL, You};
use crate::wire::packed::pack;

/// Longer than anything takes, on the clock that is moved.
const PATIENCE: Duration = Duration::from_secs(600);

/// The way to the fake hub.
struct Wire {
    down: Arc<AtomicBool>,
    calls: mpsc::UnboundedSender<(Instant, Option<DuplexStream>)>,
}

impl Dial for Wire {
    fn dial<'a>(&'a self, _: &'a Url) -> BoxFuture<'a, io::Result<Box<dyn Duplex>>> {
        Box::pin(async move {
            if self.down.load(Ordering::SeqCst) {
                self.calls.send((Instant::now(), None)).unwrap();
                return Err(io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused"));
            }
            let (ours, theirs) = tokio::io::duplex(16 * 1024);
            self.calls.send((Instant::now(), Some(theirs))).unwrap();
            Ok(Box::new(ours) as Box<dyn Duplex>)
        })
    }
}

/// Takes commands, and answers as it was told, or else with a yes.
#[derive(Default)]
pub struct Counter {
    pub taken: Mutex<Vec<Item>>,
    pub answers: Mutex<VecDeque<Result<Outcome, ApiError>>>,
}

impl Courier for Counter {
    fn deliver(&self, item: Item) -> BoxFuture<'static, Result<Outcome, ApiError>> {
        self.taken.lock().unwrap().push(item);
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or_else(|| Ok(outcome(1)));
        Box::pin(async move { answer })
    }
}

pub fn outcome(seq: u64) -> Outcome {
    Outcome { seq: Seq(seq), id: None, revision: None, task: None, comms: None, note: None, change: None }
}

pub fn note() -> Command {
    Command::AddNote { incident: IncidentId(1), text: Text::clean("x"), evidence: None }
}

pub struct Bench {
    pub link: LinkHandle,
    pub events: mpsc::Receiver<LinkEvent>,
    pub courier: Arc<Counter>,
    pub surroundings: Surroundings,
    down: Arc<AtomicBool>,
    calls: mpsc::UnboundedReceiver<(Instant, Option<DuplexStream>)>,
}

impl Bench {
    pub fn new() -> Bench {
        Bench::with(Place::default(), None)
    }

    pub fn with(place: Place, outbox: Option<PathBuf>) -> Bench {
        let (calls_sender, calls) = mpsc::unbounded_channel();
        let down = Arc::new(AtomicBool::new(false));
        let hub = "http://127.0.0.1:7373".parse().unwrap();
        let token = SecretString::from("wr_ana");
        let client = Client::new("http://127.0.0.1:7373".parse().unwrap(), &token).unwrap();
        let (courier, surroundings) = (Arc::new(Counter::default()), surroundings());
        let dial = Box::new(Wire { down: down.clone(), calls: calls_sender });
        let config = Config { hub, token, outbox, place };
        let (link, events) =
            Link::spawn_over(config, surroundings.clone(), dial, client, courier.clone()).unwrap();
        Bench { link, events, courier, surroundings, down, calls }
    }

    pub fn now(&self) -> Timestamp {
        self.surroundings.now()
    }

    pub fn go_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// When the next try comes, whatever becomes of it.
    pub async fn call(&mut self) -> Instant {
        timeout(PATIENCE, self.calls.recv()).await.unwrap().unwrap().0
    }

    /// The next connection that comes about.
    pub async fn accept(&mut self) -> Peer {
        loop {
            let call = timeout(PATIENCE, self.calls.recv()).await.unwrap().unwrap();
            if let Some(stream) = call.1 {
                return Peer::accept(stream, None).await.unwrap();
            }
        }
    }

    /// Answers the next connection with an error.
    pub async fn reject(&mut self, status: u16) -> Instant {
        let (at, stream) = timeout(PATIENCE, self.calls.recv()).await.unwrap().unwrap();
        assert!(Peer::accept(stream.unwrap(), Some(status)).await.is_none());
        at
    }

    pub async fn event(&mut self) -> LinkEvent {
        timeout(PATIENCE, self.events.recv()).await.unwrap().unwrap()
    }

    pub async fn status(&mut self) -> LinkStatus {
        loop {
            if let LinkEvent::Status(status) = self.event().await {
                return status;
            }
        }
    }

    /// Waits for a status of a kind.
    pub async fn until(&mut self, wanted: impl Fn(&LinkStatus) -> bool) -> LinkStatus {
        loop {
            let status = self.status().await;
            if wanted(&status) {
                return status;
            }
        }
    }

    pub async fn live(&mut self) {
        self.until(LinkStatus::is_live).await;
    }

    pub async fn outbox(&mut self, wanted: impl Fn(&OutboxState) -> bool) -> OutboxEvent {
        loop {
            if let LinkEvent::Outbox(event) = self.event().await
                && wanted(&event.state)
            {
                return event;
            }
        }
    }
}

/// The hub's end of a connection.
pub struct Peer {
    pub socket: WebSocketStream<DuplexStream>,
    /// The `after` of the request.
    pub after: Option<String>,
}

impl Peer {
    // The size of the error is tungstenite's.
    #[allow(clippy::result_large_err)]
    async fn accept(stream: DuplexStream, status: Option<u16>) -> Option<Peer> {
        let mut after = None;
        let callback = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
            assert_eq!(request.headers()["authorization"], "Bearer wr_ana");
            let query = request.uri().query().unwrap_or_default().replace("%3A", ":");
            after = query.split('&').find_map(|pair| pair.strip_prefix("after=")).map(str::to_owned);
            match status {
                None => Ok(response),
                Some(status) => {
                    let mut refusal = ErrorResponse::new(None);
                    *refusal.status_mut() = status.try_into().unwrap();
                    Err(refusal)
                }
            }
        };
        let socket = accept_hdr_async(stream, callback).await.ok()?;
        Some(Peer { socket, after })
    }

    pub async fn send(&mut self, frame: &Frame) {
        self.text(serde_json::to_string(frame).unwrap()).await;
    }

    pub async fn packed(&mut self, frame: &Frame) {
        let packed = pack(&serde_json::to_string(frame).unwrap()).unwrap();
        self.socket.send(Message::binary(packed)).await.unwrap();
    }

    pub async fn text(&mut self, text: String) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    pub async fn hello(&mut self, head: Head, now: Timestamp) {
        let you = You { handle: "ana".parse().unwrap(), role: crate::domain::actor::Access::Responder };
        let hello = Hello {
            protocol: PROTOCOL,
            hub: "warroom test".into(),
            journal: head.journal,
            now,
            head,
            you,
            demo: false,
        };
        self.send(&Frame::Hello(hello)).await;
    }

    pub async fn snapshot(&mut self, seq: u64) {
        let room = Box::new(Room { seq: Seq(seq), ..Room::default() });
        self.send(&Frame::Snapshot { seq: Seq(seq), room, recent: Vec::new() }).await;
    }

    pub async fn entries(&mut self, first: u64, last: u64) {
        self.send(&Frame::Entries { entries: entries(first..=last) }).await;
    }

    pub async fn heartbeat(&mut self, head: Head, now: Timestamp) {
        self.send(&Frame::Heartbeat { now, head }).await;
    }

    /// The next text that the terminal sends; none when it has gone.
    pub async fn heard(&mut self) -> Option<String> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Some(text.to_string()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}
