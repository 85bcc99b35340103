//! A hub on a real socket, and people with tokens in front of it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tokio_util::sync::CancellationToken;
use warroom::domain::actor::Access;
use warroom::domain::time::Timestamp;
use warroom::hub::auth::{Grant, Secret, TokenSource};
use warroom::hub::clock::{Clock, SystemRandom};
use warroom::hub::{Parts, Running, Settings, start};
use warroom::journal::{Journal, Memory, Seed};
use warroom::wire::packed::unpack;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A clock that goes when it is told to.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl TestClock {
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

pub struct Room {
    pub hub: Running,
    pub clock: Arc<TestClock>,
    pub http: reqwest::Client,
    pub shutdown: CancellationToken,
}

/// Everybody's token is their name; `prom` and `am` may only send alerts.
fn grants() -> Vec<Grant> {
    let grant = |name: &str, access| Grant {
        handle: name.parse().unwrap(),
        access,
        secret: Secret::from(format!("wr_{name}")),
    };
    vec![
        grant("oli", Access::Observer),
        grant("ana", Access::Responder),
        grant("kim", Access::Commander),
        grant("adi", Access::Admin),
        grant("prom", Access::Ingest),
        grant("am", Access::Ingest),
    ]
}

pub fn memory() -> Box<dyn Journal> {
    Box::new(Memory::new(Seed([7; 32])))
}

pub fn settings() -> Settings {
    Settings { metrics_listen: None, ..Settings::default() }
}

impl Room {
    pub async fn open() -> Room {
        Room::with(memory(), settings()).await
    }

    pub async fn with(journal: Box<dyn Journal>, settings: Settings) -> Room {
        Room::at("2026-11-23T12:00:00Z".parse().unwrap(), journal, settings).await
    }

    pub async fn at(now: Timestamp, journal: Box<dyn Journal>, settings: Settings) -> Room {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| rustls::crypto::ring::default_provider().install_default().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let clock = Arc::new(TestClock(AtomicI64::new(now.as_millis())));
        let shutdown = CancellationToken::new();
        let parts = Parts {
            journal,
            clock: clock.clone(),
            random: Arc::new(SystemRandom),
            tokens: TokenSource::Memory(grants()),
            demo: false,
        };
        let hub = start(settings, parts, listener, shutdown.clone()).await.unwrap();
        Room { hub, clock, http: reqwest::Client::new(), shutdown }
    }

    pub fn ask(&self, method: Method, who: &str, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.hub.address);
        self.http.request(method, url).bearer_auth(format!("wr_{who}"))
    }

    /// Sends a command below `/api/v1`.
    pub fn command(&self, who: &str, path: &str, body: Value) -> RequestBuilder {
        self.ask(Method::POST, who, &format!("/api/v1{path}")).json(&body)
    }

    /// Sends a command that must succeed.
    pub async fn done(&self, who: &str, path: &str, body: Value) -> Value {
        let answer = self.command(who, path, body).send().await.unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {body}");
        serde_json::from_str(&body).unwrap()
    }

    pub async fn get(&self, who: &str, path: &str) -> Value {
        let answer = self.ask(Method::GET, who, &format!("/api/v1{path}")).send().await.unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {body}");
        serde_json::from_str(&body).unwrap()
    }

    pub async fn declare(&self, title: &str) -> String {
        let made =
            self.done("ana", "/incidents", serde_json::json!({"title": title, "severity": "SEV2"})).await;
        made["id"].as_str().unwrap().to_owned()
    }

    pub async fn feed(&self, who: &str, after: Option<String>) -> Feed {
        Feed::connect(self.hub.address, who, after).await.unwrap()
    }

    pub async fn close(self) {
        self.shutdown.cancel();
        tokio::time::timeout(PATIENCE, self.hub.ended()).await.expect("the hub ends");
    }
}

pub struct Feed(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Feed {
    pub async fn connect(
        address: std::net::SocketAddr,
        who: &str,
        after: Option<String>,
    ) -> Result<Feed, Error> {
        let query = after.map(|after| format!("?after={after}")).unwrap_or_default();
        Feed::ask(address, who, &query).await
    }

    /// With a query of one's own.
    pub async fn ask(address: std::net::SocketAddr, who: &str, query: &str) -> Result<Feed, Error> {
        let mut request = format!("ws://{address}/api/v1/feed{query}").into_client_request()?;
        request.headers_mut().insert("authorization", format!("Bearer wr_{who}").parse().unwrap());
        Ok(Feed(connect_async(request).await?.0))
    }

    /// The next frame, or the code with which the hub closed.
    pub async fn next(&mut self) -> Result<Value, u16> {
        loop {
            match tokio::time::timeout(PATIENCE, self.0.next()).await.expect("something comes") {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Binary(packed))) => {
                    let mut frame: Value = serde_json::from_str(&unpack(&packed, 1 << 24).unwrap()).unwrap();
                    frame["packed"] = packed.len().into();
                    return Ok(frame);
                }
                Some(Ok(Message::Close(Some(close)))) => return Err(close.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(0),
            }
        }
    }

    /// The next frame of this type; others are passed over.
    pub async fn frame(&mut self, kind: &str) -> Value {
        let searching = async {
            loop {
                let frame =
                    self.next().await.unwrap_or_else(|code| panic!("closed with {code} before {kind}"));
                if frame["type"] == kind {
                    return frame;
                }
            }
        };
        // Heartbeats always come: the patience is for the frame itself.
        tokio::time::timeout(PATIENCE, searching).await.unwrap_or_else(|_| panic!("no frame of type {kind}"))
    }

    /// The seqs and types of entries up to this seq, in the order in which they came.
    pub async fn entries_up_to(&mut self, seq: u64) -> Vec<(u64, String)> {
        let mut all: Vec<(u64, String)> = Vec::new();
        while all.last().is_none_or(|(last, _)| *last < seq) {
            let frame = self.frame("entries").await;
            for entry in frame["entries"].as_array().unwrap() {
                let kind = entry["event"]["type"].as_str().unwrap().to_owned();
                all.push((entry["seq"].as_u64().unwrap(), kind));
            }
        }
        all
    }

    /// The close code, after whatever else comes before it.
    pub async fn closed(&mut self) -> (Option<String>, u16) {
        let mut reason = None;
        loop {
            match self.next().await {
                Ok(frame) if frame["type"] == "resync" => {
                    reason = frame["reason"].as_str().map(str::to_owned);
                }
                Ok(_) => {}
                Err(code) => return (reason, code),
            }
        }
    }
}

impl Feed {
    pub fn socket(&mut self) -> &mut WebSocketStream<MaybeTlsStream<TcpStream>> {
        &mut self.0
    }
}
