//! Clients of the feed that log all they hear and resume from where they were, by themselves, whatever happens.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use warroom::domain::apply::apply;
use warroom::domain::ids::{Head, Seq};
use warroom::domain::room::Room;
use warroom::wire::close::WENT_BACK;
use warroom::wire::frame::Frame;

/// What one client heard of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The room as of an entry, in place of the entries up to it.
    Snapshot {
        seq: u64,
    },
    /// An entry, in the bytes in which it came.
    Entry {
        seq: u64,
        json: String,
    },
    /// The hub has less than this client knows.
    WentBack,
    Garbage(String),
}

/// Whether a client may be given a snapshot in place of what it missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resync {
    Never,
    Allowed,
}

/// The hub lives as long as it says something: it has a heartbeat of 5 s.
const SILENCE: Duration = Duration::from_secs(8);
const CONNECT: Duration = Duration::from_secs(3);
const AGAIN: Duration = Duration::from_millis(30);

pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    Hello {
        head: Head,
    },
    Snapshot {
        seq: Seq,
    },
    #[serde(other)]
    Else,
}

#[derive(Deserialize)]
struct Entries {
    entries: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Numbered {
    seq: u64,
}

/// A client that goes on until its task ends.
#[derive(Debug, Clone, Default)]
pub struct Feed(Arc<Mutex<Vec<Heard>>>);

impl Feed {
    pub fn heard(&self) -> Vec<Heard> {
        self.0.lock().unwrap().clone()
    }

    /// The last entry that it knows.
    pub fn seen(&self) -> Option<u64> {
        self.0.lock().unwrap().iter().rev().find_map(|heard| match heard {
            Heard::Snapshot { seq } | Heard::Entry { seq, .. } => Some(*seq),
            Heard::WentBack | Heard::Garbage(_) => None,
        })
    }

    pub fn is_alarmed(&self) -> bool {
        self.0.lock().unwrap().contains(&Heard::WentBack)
    }

    fn log(&self, heard: Heard) {
        self.0.lock().unwrap().push(heard);
    }

    pub async fn follow(self, address: SocketAddr, token: String) {
        let mut journal = None;
        loop {
            let after = journal.clone().zip(self.seen());
            let after = after.map(|(journal, seq)| format!("?after={journal}:{seq}")).unwrap_or_default();
            let Ok(Ok(mut socket)) = timeout(CONNECT, connect(address, &token, &after)).await else {
                tokio::time::sleep(AGAIN).await;
                continue;
            };
            while let Ok(Some(Ok(message))) = timeout(SILENCE, socket.next()).await {
                match message {
                    Message::Text(text) => self.take(text.as_str(), &mut journal),
                    Message::Close(Some(close)) if u16::from(close.code) == WENT_BACK => {
                        return self.log(Heard::WentBack);
                    }
                    Message::Close(_) => break,
                    Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
                }
            }
        }
    }

    fn take(&self, text: &str, journal: &mut Option<String>) {
        if text.starts_with(r#"{"type":"entries""#) {
            match serde_json::from_str::<Entries>(text) {
                Ok(Entries { entries }) => entries.iter().for_each(|raw| self.entry(raw.get())),
                Err(error) => self.log(Heard::Garbage(error.to_string())),
            }
            return;
        }
        match serde_json::from_str::<Said>(text) {
            Ok(Said::Hello { head }) => *journal = Some(head.journal.to_string()),
            Ok(Said::Snapshot { seq }) => self.log(Heard::Snapshot { seq: seq.0 }),
            Ok(Said::Else) => {}
            Err(error) => self.log(Heard::Garbage(error.to_string())),
        }
    }

    fn entry(&self, json: &str) {
        match serde_json::from_str::<Numbered>(json) {
            Ok(Numbered { seq }) => self.log(Heard::Entry { seq, json: json.to_owned() }),
            Err(error) => self.log(Heard::Garbage(error.to_string())),
        }
    }
}

pub async fn connect(address: SocketAddr, token: &str, after: &str) -> Result<Socket, Error> {
    let mut request = format!("ws://{address}/api/v1/feed{after}").into_client_request()?;
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    Ok(connect_async(request).await?.0)
}

/// What a client that knows nothing is given: the head, and the room as of it.
pub async fn look(address: SocketAddr, token: &str) -> Option<(Head, Room)> {
    let mut socket = timeout(CONNECT, connect(address, token, "")).await.ok()?.ok()?;
    let (mut told, mut room): (Option<Head>, Option<Room>) = (None, None);
    // The snapshot may be a little older than the head; the entries between come after it.
    while room.as_ref().map(|room| room.seq) < told.as_ref().map(|head| head.seq) || told.is_none() {
        let Message::Text(text) = timeout(CONNECT, socket.next()).await.ok()??.ok()? else { continue };
        match serde_json::from_str(text.as_str()).ok()? {
            Frame::Hello(hello) => told = Some(hello.head),
            Frame::Snapshot { seq: _, room: snapshot, .. } => room = Some(*snapshot),
            Frame::Entries { entries } => {
                let room = room.as_mut()?;
                entries.iter().for_each(|entry| apply(room, entry));
            }
            _ => {}
        }
    }
    Some((told?, room?.for_terminals()))
}
