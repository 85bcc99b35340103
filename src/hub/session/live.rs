//! The rest of a session: what happens goes out as it happens, in as few writes as possible.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame as Piece;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::figures::Figures;
use super::parcel::Parcel;
use super::presence::Seat;
use super::upgrade::Socket;
use super::{Ended, Garbled};
use crate::domain::ids::Seq;
use crate::domain::text::Line;
use crate::hub::Hub;
use crate::hub::auth::Caller;
use crate::hub::feed::{Published, encode};
use crate::hub::gauges::Latest;
use crate::wire::frame::{ClientFrame, Frame, Health};

/// How often a session hears that the hub lives.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Between two frames of figures.
const FIGURES: Duration = Duration::from_millis(500);
/// How long a terminal may say nothing, not even answer a ping.
const SILENCE: Duration = Duration::from_secs(30);
/// How long a terminal may take to accept what is sent.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it may take to accept the last words.
const FAREWELL: Duration = Duration::from_secs(1);
/// The most messages that a terminal may send between two heartbeats.
const MESSAGES: u32 = 500;
/// What is longer goes out in pieces of so many bytes, for the buffer of a connection never shrinks.
const PIECE: usize = 8 * 1024;
/// The most frames that go out in one write.
const DRAIN: usize = 64;

/// The websocket, with an end to every wait.
pub(super) struct Wire {
    socket: Socket,
}

impl Wire {
    pub fn new(socket: Socket) -> Self {
        Wire { socket }
    }

    /// Puts a frame into the buffer; it goes out with the next [`Wire::flush`], or when the buffer is full.
    pub async fn feed(&mut self, frame: Utf8Bytes) -> Result<(), Ended> {
        if frame.len() <= PIECE {
            return self.put(Message::Text(frame)).await;
        }
        self.pieces(frame.into(), Data::Text).await
    }

    /// The same for a frame that may be packed.
    pub async fn feed_parcel(&mut self, parcel: Parcel) -> Result<(), Ended> {
        match parcel {
            Parcel::Plain(frame) => self.feed(frame).await,
            Parcel::Packed(packed) => self.pieces(packed, Data::Binary).await,
        }
    }

    async fn pieces(&mut self, mut rest: Bytes, mut code: Data) -> Result<(), Ended> {
        while !rest.is_empty() {
            let piece = rest.split_to(rest.len().min(PIECE));
            self.put(Message::Frame(Piece::message(piece, OpCode::Data(code), rest.is_empty()))).await?;
            code = Data::Continue;
        }
        Ok(())
    }

    async fn put(&mut self, message: Message) -> Result<(), Ended> {
        within(self.socket.feed(message)).await
    }

    pub async fn flush(&mut self) -> Result<(), Ended> {
        within(self.socket.flush()).await
    }

    /// Lets the answer to a close frame go out, if somebody still waits for it.
    pub async fn hang_up(&mut self) {
        if !matches!(timeout(FAREWELL, self.socket.flush()).await, Ok(Ok(()))) {
            tracing::debug!("a terminal went without closing");
        }
    }

    /// The last words, for as long as somebody listens.
    pub async fn farewell(&mut self, code: u16, words: &'static str) {
        let resync = encode(&Frame::Resync { reason: Line::clean(words) });
        // A close frame holds 123 bytes of reason; the sentence stands in the frame before it.
        let close = CloseFrame { code: code.into(), reason: Utf8Bytes::from_static("see the resync frame") };
        let said = async {
            self.socket.feed(Message::Text(resync)).await?;
            self.socket.send(Message::Close(Some(close))).await?;
            // Until the other side has closed too, so that it has read the words.
            while let Some(Ok(_)) = self.socket.next().await {}
            Ok::<(), Error>(())
        };
        if !matches!(timeout(FAREWELL, said).await, Ok(Ok(()))) {
            tracing::debug!("a terminal went without hearing why");
        }
    }
}

/// A connection that broke, or a terminal that is none.
fn broken(error: &Error) -> Ended {
    match error {
        Error::Protocol(_) => Ended::Garbled(Garbled::Protocol),
        Error::Utf8(_) => Ended::Garbled(Garbled::NotText),
        Error::Capacity(_) => Ended::Garbled(Garbled::TooLarge),
        _ => Ended::Gone,
    }
}

async fn within<T>(sending: impl Future<Output = Result<T, Error>>) -> Result<T, Ended> {
    match timeout(PATIENCE, sending).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(_)) => Err(Ended::Gone),
        Err(_) => Err(Ended::TooSlow),
    }
}

pub(super) struct Live<'a> {
    hub: &'a Hub,
    wire: &'a mut Wire,
    caller: &'a Caller,
    seat: Seat<'a>,
    entries: broadcast::Receiver<Published>,
    gauges: watch::Receiver<Latest>,
    presence: watch::Receiver<Utf8Bytes>,
    health: watch::Receiver<Health>,
    figures: Figures,
    /// When the next figures may go out; absent while there is nothing new.
    figures_due: Option<Instant>,
    figures_sent: Instant,
    /// The last entry that was sent.
    seen: Seq,
    heard: Instant,
    /// Messages of the terminal since the last heartbeat.
    said: u32,
}

impl<'a> Live<'a> {
    pub fn new(
        hub: &'a Hub,
        wire: &'a mut Wire,
        caller: &'a Caller,
        seat: Seat<'a>,
        entries: broadcast::Receiver<Published>,
        seen: Seq,
    ) -> Self {
        let (gauges, presence, health) = (hub.gauges.watch(), hub.presences.watch(), hub.feed.health());
        Live {
            hub,
            wire,
            caller,
            seat,
            entries,
            gauges,
            presence,
            health,
            figures: Figures::default(),
            figures_due: Some(Instant::now()),
            figures_sent: Instant::now(),
            seen,
            heard: Instant::now(),
            said: 0,
        }
    }

    pub async fn run(mut self) -> Ended {
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The latest of each goes out at once.
        self.health.mark_changed();
        self.presence.mark_changed();
        // Waited for once, and not anew with each frame: everybody waits for the same two.
        let (hub, caller) = (self.hub, self.caller);
        let mut shutdown = pin!(hub.shutdown.cancelled());
        let mut revoked = pin!(caller.revoked.cancelled());
        loop {
            let done = tokio::select! {
                biased;
                () = shutdown.as_mut() => Err(Ended::Restart),
                () = revoked.as_mut() => Err(Ended::Unauthorized),
                message = self.wire.socket.next() => self.heard(message),
                Ok(()) = self.health.changed() => {
                    let health = self.health.borrow_and_update().clone();
                    self.send(encode(&Frame::Health(health))).await
                }
                Ok(()) = self.gauges.changed(), if self.figures_due.is_none() => {
                    self.figures_due = Some(self.figures_sent + FIGURES);
                    Ok(())
                }
                () = sleep_until(self.figures_due.unwrap_or(self.heard)), if self.figures_due.is_some() => {
                    self.figures().await
                }
                Ok(()) = self.presence.changed() => {
                    let frame = self.presence.borrow_and_update().clone();
                    self.send(frame).await
                }
                _ = heartbeat.tick() => self.heartbeat().await,
                // Last, for it alone can be always ready.
                published = self.entries.recv() => self.entries(published).await,
            };
            if let Err(ended) = done {
                return ended;
            }
        }
    }

    async fn send(&mut self, frame: Utf8Bytes) -> Result<(), Ended> {
        self.wire.feed(frame).await?;
        self.wire.flush().await
    }

    async fn figures(&mut self) -> Result<(), Ended> {
        (self.figures_due, self.figures_sent) = (None, Instant::now());
        let frame = self.figures.frame(&self.gauges.borrow_and_update(), &self.hub.room);
        match frame {
            Some(frame) => self.send(frame).await,
            None => Ok(()),
        }
    }

    /// Everything that waits goes into the buffer, and then out in one write.
    async fn entries(&mut self, first: Result<Published, RecvError>) -> Result<(), Ended> {
        let mut next = first.map_err(|error| match error {
            RecvError::Lagged(_) => Ended::TooSlow,
            RecvError::Closed => Ended::Restart,
        })?;
        for left in (0..DRAIN).rev() {
            if next.first > self.seen.next() {
                // A hole. It cannot be, and must never reach a terminal.
                tracing::error!(seen = %self.seen, next = %next.first, "a session missed entries; it starts again");
                return Err(Ended::TooSlow);
            }
            if let Some(frame) = next.frame_after(self.seen) {
                self.wire.feed(frame).await?;
            }
            self.seen = self.seen.max(next.last);
            if left == 0 {
                break;
            }
            next = match self.entries.try_recv() {
                Ok(published) => published,
                Err(TryRecvError::Lagged(_)) => return Err(Ended::TooSlow),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            };
        }
        self.wire.flush().await
    }

    fn heard(&mut self, message: Option<Result<Message, Error>>) -> Result<(), Ended> {
        let message = match message {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(broken(&error)),
            None => return Err(Ended::Gone),
        };
        self.heard = Instant::now();
        self.said += 1;
        if self.said > MESSAGES {
            return Err(Ended::Garbled(Garbled::TooMany));
        }
        match message {
            Message::Text(text) => {
                // What is not understood is from a newer terminal.
                if let Ok(ClientFrame::Presence { incident, pane }) = serde_json::from_str(&text) {
                    self.seat.look_at(incident);
                    self.figures.look_at(incident, pane.as_ref());
                    // What comes into sight is shown as it is now.
                    self.figures_due.get_or_insert(Instant::now());
                }
                Ok(())
            }
            Message::Close(_) => Err(Ended::Gone),
            Message::Binary(_) => Err(Ended::Garbled(Garbled::Binary)),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(()),
        }
    }

    async fn heartbeat(&mut self) -> Result<(), Ended> {
        if self.heard.elapsed() > SILENCE {
            return Err(Ended::Silent);
        }
        self.said = 0;
        let now = self.hub.clock.now();
        if self.caller.expires_at.is_some_and(|end| end <= now) {
            return Err(Ended::Unauthorized);
        }
        let head = *self.hub.feed.head().borrow();
        self.wire.feed(encode(&Frame::Heartbeat { now, head })).await?;
        self.wire.put(Message::Ping(Bytes::new())).await?;
        self.wire.flush().await
    }
}
