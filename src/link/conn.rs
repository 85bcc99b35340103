//! The connection to the hub, over all its lives: connect, follow, wait, and say at every moment which of these it is.
//!
//! ```text
//! Connecting ──hello, caught up──▶ Live ◀──▶ Late
//!      ▲                            │         │ silent for 15 s
//!      │            socket ends ────┴────┬────┘
//!      └── wait (full jitter) ── Offline ◀┘     Refused, Alarm: the same, with a slow wait
//! ```

use std::pin::pin;
use std::time::Duration;

use reqwest::header::HeaderValue;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::Surroundings;
use super::address::HubUrl;
use super::backoff::Backoff;
use super::clock::{ClockOffset, OffsetFilter};
use super::event::{Emitter, Gone, LinkEvent};
use super::place::{Place, WentBack};
use super::socket::Dial;
use super::status::LinkStatus;
use crate::domain::actor::Handle;
use crate::domain::ids::Cursor;
use crate::domain::text::Line;
use crate::wire::frame::ClientFrame;

/// The wait where a person has to do something first: from here to twice as long.
const SLOW: Duration = Duration::from_secs(30);
/// The longest that a hub may ask us to stay away.
const LEFT_ALONE: Duration = Duration::from_secs(300);

/// How a connection, or the attempt at one, came to its end.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ended {
    Lost {
        why: Line,
        retry_after: Option<Duration>,
    },
    Refused(Line),
    WentBack(WentBack),
    /// Nobody wants it any more.
    Gone,
}

impl Ended {
    pub fn lost(why: &str) -> Self {
        Ended::Lost { why: Line::clean(why), retry_after: None }
    }
}

impl From<Gone> for Ended {
    fn from(_: Gone) -> Self {
        Ended::Gone
    }
}

/// What the one at the keyboard wants of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Do not wait for the next try.
    RetryNow,
    /// Take the hub's journal as it is, after an alarm.
    AcceptJournal,
}

/// What the outbox needs to know of the connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Online {
    /// The hub is there, and what it had has been handed on.
    pub up: bool,
    /// The last entry that was handed on.
    pub cursor: Option<Cursor>,
    /// Who the hub takes us for.
    pub me: Option<Handle>,
}

pub(super) struct Connection {
    pub hub: HubUrl,
    pub bearer: HeaderValue,
    pub dial: Box<dyn Dial>,
    pub surroundings: Surroundings,
    pub place: watch::Sender<Place>,
    pub emit: Emitter,
    pub online: watch::Sender<Online>,
    pub presence: watch::Receiver<Option<ClientFrame>>,
    pub orders: mpsc::Receiver<Order>,
    pub memory: Memory,
}

/// What outlives a single connection.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub status: Option<LinkStatus>,
    pub offset: OffsetFilter,
    /// Since when the present connection is live.
    pub live_since: Option<Instant>,
    /// When the hub was last heard, by this machine's wall clock.
    pub heard: crate::domain::time::Timestamp,
}

impl Connection {
    /// Until shutdown, or until nobody listens.
    pub async fn run(mut self) {
        let shutdown = self.emit.shutdown.clone();
        tokio::select! {
            () = shutdown.cancelled() => {}
            _ = self.supervise() => {}
        }
    }

    async fn supervise(&mut self) -> Result<(), Gone> {
        self.memory.heard = self.surroundings.now();
        self.status(LinkStatus::Connecting).await?;
        let mut backoff = Backoff::default();
        loop {
            let ended = self.session().await;
            self.online.send_modify(|online| online.up = false);
            if let Some(since) = self.memory.live_since.take() {
                backoff.lived(since.elapsed());
            }
            let fraction = self.surroundings.fraction();
            let wait = match &ended {
                Ended::Lost { retry_after, .. } => {
                    let asked = retry_after.unwrap_or_default().min(LEFT_ALONE);
                    asked.saturating_add(backoff.failed(fraction))
                }
                Ended::Refused(_) | Ended::WentBack(_) => SLOW.mul_f64(1.0 + fraction),
                Ended::Gone => return Err(Gone),
            };
            let next_try = self.surroundings.now().plus(wait);
            let since = self.memory.heard;
            let deadline = Instant::now() + wait;
            self.status(match ended {
                Ended::Lost { why, .. } => LinkStatus::Offline { since, next_try, why },
                Ended::Refused(reason) => LinkStatus::Refused { since, next_try, reason },
                Ended::WentBack(WentBack { known, hub }) => LinkStatus::Alarm { known, hub },
                Ended::Gone => return Err(Gone),
            })
            .await?;
            self.wait(deadline).await?;
        }
    }

    /// One deadline for the whole wait: whatever else happens does not begin it anew.
    async fn wait(&mut self, deadline: Instant) -> Result<(), Gone> {
        let mut slept = pin!(sleep_until(deadline));
        tokio::select! {
            () = &mut slept => {}
            order = self.orders.recv() => match order {
                Some(Order::RetryNow) => {}
                Some(Order::AcceptJournal) => { self.place.send_replace(Place::default()); }
                None => return Err(Gone),
            }
        }
        Ok(())
    }

    /// Tells of a change of status.
    pub(super) async fn status(&mut self, status: LinkStatus) -> Result<(), Gone> {
        if self.memory.status.as_ref() == Some(&status) {
            return Ok(());
        }
        let now = self.surroundings.now();
        tracing::info!(detail = status.detail(now), "{}", status.short(now, ClockOffset::default()));
        self.memory.status = Some(status.clone());
        self.emit.send(LinkEvent::Status(status)).await
    }
}
