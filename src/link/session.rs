//! One connection to the hub, from the first byte to the last: what comes is checked, handed on, and missed when it does
//! not come.

use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message};

use super::clock::ClockOffset;
use super::conn::{Connection, Ended, Order};
use super::event::{LinkEvent, Welcome};
use super::socket::{MESSAGE, Pulse, Socket, open};
use super::status::{LATE, LinkStatus, OFFLINE};
use crate::domain::ids::{Cursor, Head, JournalId, Seq};
use crate::domain::text::Line;
use crate::failpoint::{self, Place};
use crate::wire::close;
use crate::wire::frame::{Frame, Hello, PROTOCOL};
use crate::wire::packed::unpack;

/// How often the round trip is measured, which is also our sign of life.
const PING: Duration = Duration::from_secs(10);
/// Presence is told at most this often.
const PRESENCE: Duration = Duration::from_secs(1);
/// How long the hub may take to accept what we send.
const SENDING: Duration = Duration::from_secs(10);
/// How long the hub may speak of entries that it does not send.
const STALLED: Duration = Duration::from_secs(30);
/// A larger frame is read on a thread of its own.
const LARGE: usize = 256 * 1024;
/// When one message follows the other, the next are taken together after so long: each taken by itself wakes this task and
/// the screen's, which costs more than reading it.
const BREATH: Duration = Duration::from_millis(50);
/// A smaller change of the clock offset is not told.
const CLOCK_NEWS: i64 = 100;

struct Session {
    socket: Socket,
    pulse: Pulse,
    /// When messages were taken last, and before when none are.
    taken: Instant,
    rest: Instant,
    /// From `hello` on.
    greeted: Option<Head>,
    /// Whether what is handed on continues what was handed on before, or a snapshot.
    grounded: bool,
    rtt: Option<Duration>,
    ping: Option<(u64, Instant)>,
    pings: u64,
    next_ping: Instant,
    next_presence: Instant,
    presence_changed: bool,
    told_offset: ClockOffset,
    /// The head of the hub that we have not reached, and since when.
    unreached: Option<(Seq, Instant)>,
    /// Why the hub is about to close.
    farewell: Option<Line>,
}

impl Session {
    /// The next message once it is time to look for one; `None` at the end.
    async fn next_message(&mut self) -> Option<Result<Message, tungstenite::Error>> {
        sleep_until(self.rest).await;
        self.socket.next().await
    }

    /// Notes that all that was there is taken, and rests if it came soon after what came before. Not while the round trip is
    /// being measured: a rest is none of the way.
    fn breathe(&mut self) {
        let now = Instant::now();
        let soon = now.saturating_duration_since(self.taken) < 2 * BREATH;
        self.taken = now;
        self.rest = if soon && self.ping.is_none() { now + BREATH } else { now };
    }
}

impl Connection {
    /// Connects, and follows until the end.
    pub(super) async fn session(&mut self) -> Ended {
        let after = self.place.borrow().cursor;
        let url = self.hub.feed(after);
        let (socket, pulse) = match open(&*self.dial, &url, &self.bearer).await {
            Ok(opened) => opened,
            Err(ended) => return ended,
        };
        let now = Instant::now();
        let session = Session {
            socket,
            pulse,
            taken: now,
            rest: now,
            greeted: None,
            grounded: false,
            rtt: None,
            ping: None,
            pings: 0,
            next_ping: now,
            next_presence: now,
            presence_changed: true,
            told_offset: ClockOffset::default(),
            unreached: None,
            farewell: None,
        };
        match self.follow(session).await {
            Ok(never) => match never {},
            Err(ended) => ended,
        }
    }

    async fn follow(&mut self, mut session: Session) -> Result<std::convert::Infallible, Ended> {
        loop {
            failpoint::pass(Place::Link);
            let deadline = self.deadline(&session);
            tokio::select! {
                biased;
                message = session.next_message() => {
                    let mut here = Some(message);
                    while let Some(message) = here {
                        self.take(&mut session, message).await?;
                        here = session.socket.next().now_or_never();
                    }
                    session.breathe();
                }
                order = self.orders.recv() => match order {
                    // Who asks while it is late wants another connection; while it is live there is nothing to do.
                    Some(Order::RetryNow) if !self.is_live() => return Err(Ended::lost("a new connection was asked for")),
                    // It was given while the next try was under way already.
                    Some(Order::AcceptJournal) if self.is_alarmed() => {
                        self.place.send_replace(super::place::Place::default());
                        return Err(Ended::lost("the hub's journal is taken as it is"));
                    }
                    Some(Order::RetryNow | Order::AcceptJournal) => {}
                    None => return Err(Ended::Gone),
                },
                Ok(()) = self.presence.changed() => session.presence_changed = true,
                () = sleep_until(deadline) => self.due(&mut session).await?,
            }
        }
    }

    async fn take(
        &mut self,
        session: &mut Session,
        message: Option<Result<Message, tungstenite::Error>>,
    ) -> Result<(), Ended> {
        match message {
            Some(Ok(message)) => {
                self.memory.heard = self.surroundings.now();
                self.message(session, message).await?;
            }
            Some(Err(error)) => return Err(Ended::lost(&format!("the connection broke ({error})"))),
            None => return Err(closed(session, None)),
        }
        self.caught_up(session).await
    }

    fn is_alarmed(&self) -> bool {
        matches!(self.memory.status, Some(LinkStatus::Alarm { .. }))
    }

    fn is_live(&self) -> bool {
        self.memory.status.as_ref().is_some_and(LinkStatus::is_live)
    }

    /// When something has to be done if nothing comes.
    fn deadline(&self, session: &Session) -> Instant {
        let last = session.pulse.last();
        let silence = if self.is_live() { last + LATE } else { last + OFFLINE };
        let mut deadline = silence;
        if session.greeted.is_some() {
            deadline = deadline.min(session.next_ping);
            if session.presence_changed {
                deadline = deadline.min(session.next_presence);
            }
        }
        deadline
    }

    async fn due(&mut self, session: &mut Session) -> Result<(), Ended> {
        let now = Instant::now();
        let silent = now.saturating_duration_since(session.pulse.last());
        if silent >= OFFLINE {
            return Err(Ended::lost("the hub has said nothing for 15 s"));
        }
        if silent >= LATE && self.is_live() {
            self.status(LinkStatus::Late { since: self.memory.heard }).await?;
        }
        if session.greeted.is_some() && now >= session.next_ping {
            session.next_ping = now + PING;
            session.pings += 1;
            session.ping = Some((session.pings, now));
            session.rest = now;
            let payload = session.pings.to_be_bytes().to_vec();
            send(&mut session.socket, Message::Ping(payload.into())).await?;
        }
        if session.greeted.is_some() && session.presence_changed && now >= session.next_presence {
            session.next_presence = now + PRESENCE;
            session.presence_changed = false;
            let frame = self.presence.borrow_and_update().clone();
            if let Some(text) = frame.and_then(|frame| serde_json::to_string(&frame).ok()) {
                send(&mut session.socket, Message::text(text)).await?;
            }
        }
        Ok(())
    }

    async fn message(&mut self, session: &mut Session, message: Message) -> Result<(), Ended> {
        match message {
            Message::Text(text) if text.len() <= LARGE => self.frame(session, read(&text)?).await,
            Message::Text(text) => {
                let frame = aside(move || read(&text)).await?;
                self.frame(session, frame).await
            }
            Message::Binary(packed) => {
                let frame = aside(move || read(&unpack(&packed, MESSAGE).map_err(unreadable)?)).await?;
                self.frame(session, frame).await
            }
            Message::Pong(payload) => self.pong(session, &payload).await,
            Message::Close(frame) => Err(closed(session, frame.as_ref())),
            Message::Ping(_) | Message::Frame(_) => Ok(()),
        }
    }

    async fn frame(&mut self, session: &mut Session, frame: Frame) -> Result<(), Ended> {
        let Some(greeted) = session.greeted else {
            let Frame::Hello(hello) = frame else {
                return Err(Ended::lost(
                    "what answers there does not greet as a hub does; check WARROOM_HUB",
                ));
            };
            return self.hello(session, hello).await;
        };
        let event = match frame {
            Frame::Snapshot { seq, room, recent } => {
                if room.seq != seq {
                    return Err(Ended::lost("the hub sent a snapshot that contradicts itself"));
                }
                self.step(|place| place.jump(greeted.journal, seq))?;
                session.grounded = true;
                self.moved(session, LinkEvent::Snapshot { journal: greeted.journal, room, recent }).await?;
                return Ok(());
            }
            Frame::Entries { entries } => {
                if !session.grounded {
                    return Err(Ended::lost("the hub sent entries of another journal without a snapshot"));
                }
                self.step(|place| place.advance(greeted.journal, &entries))?;
                self.moved(session, LinkEvent::Entries(entries)).await?;
                return Ok(());
            }
            Frame::Heartbeat { now, head } => return self.heartbeat(session, now, head).await,
            Frame::Resync { reason } => {
                session.farewell = Some(reason);
                return Ok(());
            }
            Frame::Policy { policy } => LinkEvent::Policy(policy),
            Frame::Gauges { slos, partial: false } => LinkEvent::Gauges(slos),
            Frame::Gauges { slos, partial: true } => LinkEvent::GaugesMoved(slos),
            Frame::Presence { people } => LinkEvent::Presence(people),
            Frame::Health(health) => LinkEvent::Health(health),
            Frame::Hello(_) | Frame::Unknown => return Ok(()),
        };
        Ok(self.emit.send(event).await?)
    }

    async fn hello(&mut self, session: &mut Session, hello: Hello) -> Result<(), Ended> {
        if hello.protocol != PROTOCOL {
            return Err(Ended::Refused(Line::clean(&format!(
                "{} speaks version {} of the feed and this warroom version {PROTOCOL}; update the older one",
                hello.hub, hello.protocol
            ))));
        }
        if hello.journal != hello.head.journal {
            return Err(Ended::lost("the hub's greeting contradicts itself"));
        }
        self.see(hello.head)?;
        let cursor = self.place.borrow().cursor;
        session.grounded = cursor.is_none_or(|cursor| cursor.journal == hello.journal);
        session.greeted = Some(hello.head);
        self.memory.offset.sample(hello.now, self.memory.heard, Instant::now());
        session.told_offset = self.memory.offset.offset();
        self.online.send_modify(|online| online.me = Some(hello.you.handle.clone()));
        let welcome = Welcome {
            you: hello.you,
            hub: hello.hub,
            head: hello.head,
            demo: hello.demo,
            offset: session.told_offset,
        };
        Ok(self.emit.send(LinkEvent::Hello(welcome)).await?)
    }

    async fn heartbeat(
        &mut self,
        session: &mut Session,
        now: crate::domain::time::Timestamp,
        head: Head,
    ) -> Result<(), Ended> {
        self.see(head)?;
        if self.seq(head.journal).is_none_or(|seq| seq < head.seq) {
            let (_, since) = *session.unreached.get_or_insert((head.seq, Instant::now()));
            if since.elapsed() > STALLED {
                return Err(Ended::lost("the hub speaks of entries that it does not send"));
            }
        }
        self.memory.offset.sample(now, self.memory.heard, Instant::now());
        self.tell_clock(session).await
    }

    async fn pong(&mut self, session: &mut Session, payload: &[u8]) -> Result<(), Ended> {
        let Some((number, sent)) = session.ping.filter(|(number, _)| payload == number.to_be_bytes()) else {
            return Ok(());
        };
        tracing::trace!(number, "pong");
        session.ping = None;
        let rtt = sent.elapsed();
        self.memory.offset.round_trip(rtt);
        // A header that changes with every ping would be drawn for nothing.
        let news =
            session.rtt.is_none_or(|told| rtt.abs_diff(told) > (told / 4).max(Duration::from_millis(5)));
        if news {
            session.rtt = Some(rtt);
        }
        self.tell_clock(session).await
    }

    async fn tell_clock(&mut self, session: &mut Session) -> Result<(), Ended> {
        let offset = self.memory.offset.offset();
        if offset.0.abs_diff(session.told_offset.0) > CLOCK_NEWS.unsigned_abs() {
            session.told_offset = offset;
            self.emit.send(LinkEvent::Clock(offset)).await?;
        }
        Ok(())
    }

    /// Live as soon as everything has been handed on that the hub had when it greeted.
    async fn caught_up(&mut self, session: &mut Session) -> Result<(), Ended> {
        let Some(greeted) = session.greeted.filter(|_| session.grounded) else { return Ok(()) };
        if self.seq(greeted.journal).is_none_or(|seq| seq < greeted.seq) {
            return Ok(());
        }
        self.memory.live_since.get_or_insert_with(Instant::now);
        self.status(LinkStatus::Live { rtt: session.rtt }).await?;
        let cursor = self.place.borrow().cursor;
        self.online.send_if_modified(|online| {
            let news = !online.up || online.cursor != cursor;
            (online.up, online.cursor) = (true, cursor);
            news
        });
        Ok(())
    }

    /// Hands on what moves the place, and tells the outbox after it: what is done there has been seen here.
    async fn moved(&mut self, session: &mut Session, event: LinkEvent) -> Result<(), Ended> {
        self.emit.send(event).await?;
        let cursor = self.place.borrow().cursor;
        self.online.send_modify(|online| online.cursor = cursor);
        if let (Some((unreached, _)), Some(Cursor { seq, .. })) = (session.unreached, cursor)
            && seq >= unreached
        {
            session.unreached = None;
        }
        Ok(())
    }

    fn seq(&self, journal: JournalId) -> Option<Seq> {
        self.place.borrow().seq(journal)
    }

    fn see(&mut self, head: Head) -> Result<(), Ended> {
        let mut place = *self.place.borrow();
        place.see(head).map_err(Ended::WentBack)?;
        self.place.send_replace(place);
        Ok(())
    }

    fn step(
        &mut self,
        step: impl FnOnce(&mut super::place::Place) -> Result<(), super::place::Broken>,
    ) -> Result<(), Ended> {
        let mut place = *self.place.borrow();
        step(&mut place).map_err(|broken| Ended::lost(&broken.to_string()))?;
        self.place.send_replace(place);
        Ok(())
    }
}

fn read(text: &str) -> Result<Frame, Ended> {
    serde_json::from_str(text).map_err(unreadable)
}

fn unreadable(error: impl std::fmt::Display) -> Ended {
    Ended::lost(&format!(
        "the hub sent a frame that this version cannot read ({error}); is warroom here older than the hub?"
    ))
}

/// Reads a long frame where it keeps nobody waiting.
async fn aside(read: impl FnOnce() -> Result<Frame, Ended> + Send + 'static) -> Result<Frame, Ended> {
    let done = tokio::task::spawn_blocking(read).await;
    done.unwrap_or_else(|error| Err(Ended::lost(&format!("a frame could not be read ({error})"))))
}

async fn send(socket: &mut Socket, message: Message) -> Result<(), Ended> {
    match timeout(SENDING, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Ended::lost(&format!("the connection broke ({error})"))),
        Err(_) => Err(Ended::lost("the hub takes nothing any more")),
    }
}

fn closed(session: &mut Session, frame: Option<&CloseFrame>) -> Ended {
    let said = session.farewell.take();
    match frame {
        Some(frame) if u16::from(frame.code) == close::UNAUTHORIZED => {
            Ended::Refused(said.unwrap_or_else(|| {
                Line::clean("the token was revoked or has expired; ask an admin for a new one")
            }))
        }
        Some(_) | None => Ended::Lost {
            why: said.unwrap_or_else(|| Line::clean("the hub closed the connection")),
            retry_after: None,
        },
    }
}
