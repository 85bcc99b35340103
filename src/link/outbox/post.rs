//! Carries the outbox: keeps what is written, sends what may go, tells what became of it.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::queue::{Now, Queue};
use super::{Change, Item, OutboxEvent, Store};
use crate::domain::command::Outcome;
use crate::domain::ids::{CommandId, JournalId, Seq};
use crate::domain::text::Line;
use crate::failpoint::{self, Place};
use crate::link::Surroundings;
use crate::link::api::{ApiError, Client, Fate};
use crate::link::conn::Online;
use crate::link::event::{Emitter, LinkEvent};

/// How long commands may still go out when the terminal ends; the rest is kept for the next one.
pub const FLUSH: Duration = Duration::from_millis(300);

/// What a disk that takes nothing means to the one at the keyboard.
pub const NOT_KEPT: &str = "what you send is lost if this terminal is killed before the hub has it";
/// How long after a disk that took nothing it is tried again.
const KEEP_AGAIN: Duration = Duration::from_secs(5);

/// Brings a command to the hub.
pub trait Courier: Send + Sync {
    fn deliver(&self, item: Item) -> BoxFuture<'static, Result<Outcome, ApiError>>;
}

impl Courier for Client {
    fn deliver(&self, item: Item) -> BoxFuture<'static, Result<Outcome, ApiError>> {
        let client = self.clone();
        Box::pin(async move { client.command(&item.command, &item.id, item.seen).await })
    }
}

/// What the one at the keyboard wants of the outbox.
#[derive(Debug)]
pub enum Request {
    Submit(Item, OwnedSemaphorePermit),
    Confirm(CommandId),
    Forget(CommandId),
}

/// What the one at the keyboard was last told of the commands that wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Told {
    /// They outlive this terminal; so it is from the start, without a word.
    #[default]
    Kept,
    NotKept,
}

pub struct Post {
    pub queue: Queue,
    pub store: Option<Store>,
    pub told: Told,
    pub courier: Arc<dyn Courier>,
    pub requests: mpsc::Receiver<Request>,
    pub online: watch::Receiver<Online>,
    pub emit: Emitter,
    pub surroundings: Surroundings,
    on_their_way: JoinSet<(CommandId, Result<Outcome, ApiError>)>,
    was_up: bool,
    /// Of which the last entry was handed on.
    journal: Option<JournalId>,
}

/// What happened that the outbox has to act upon.
enum Happened {
    Asked(Option<Request>),
    Answered(CommandId, Result<Outcome, ApiError>),
    Online,
    Due,
}

impl Post {
    pub fn new(
        courier: Arc<dyn Courier>,
        requests: mpsc::Receiver<Request>,
        online: watch::Receiver<Online>,
        emit: Emitter,
        surroundings: Surroundings,
        token: Line,
    ) -> Self {
        let (queue, on_their_way) = (Queue::under(token), JoinSet::new());
        Post {
            queue,
            store: None,
            told: Told::Kept,
            courier,
            requests,
            online,
            emit,
            surroundings,
            on_their_way,
            was_up: false,
            journal: None,
        }
    }

    /// Until shutdown; then what can go in [`FLUSH`] goes, and the rest stays on disk.
    pub async fn run(mut self) {
        let shutdown = self.emit.shutdown.clone();
        loop {
            failpoint::pass(Place::Outbox);
            let going = self.what_may_go();
            if !self.tell().await {
                break;
            }
            self.send(going);
            let deadline = self.queue.deadline(self.now());
            let again = match self.told {
                Told::Kept => Duration::from_secs(3600),
                Told::NotKept => KEEP_AGAIN,
            };
            let latest = Instant::now() + again;
            let deadline = deadline.map_or(latest, |deadline| deadline.min(latest));
            let happened = tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                request = self.requests.recv() => Happened::Asked(request),
                Some(ended) = self.on_their_way.join_next() => match ended {
                    Ok((id, answer)) => Happened::Answered(id, answer),
                    // Nobody would ever tell what became of the command; the next terminal asks for it under its id.
                    Err(broken) => resume_unwind(broken.into_panic()),
                },
                Ok(()) = self.online.changed() => Happened::Online,
                () = sleep_until(deadline) => Happened::Due,
            };
            match happened {
                Happened::Asked(Some(request)) => self.asked(request),
                Happened::Asked(None) => break,
                Happened::Answered(id, answer) => self.answered(&id, answer),
                Happened::Online => self.went_online(),
                Happened::Due => {
                    let now = self.now();
                    self.queue.expire(now);
                }
            }
        }
        self.flush().await;
    }

    fn now(&self) -> Now {
        Now { wall: self.surroundings.now(), instant: Instant::now() }
    }

    fn asked(&mut self, request: Request) {
        let now = self.now();
        match request {
            Request::Submit(item, permit) => {
                let author = item.author.or_else(|| self.online.borrow().me.clone());
                self.queue.submit(Item { author, ..item }, Some(permit), now);
            }
            Request::Confirm(id) => {
                let me = self.online.borrow().me.clone();
                self.queue.confirm(&id, me, now);
            }
            Request::Forget(id) => self.queue.forget(&id),
        }
    }

    fn answered(&mut self, id: &CommandId, answer: Result<Outcome, ApiError>) {
        match answer.map_err(ApiError::fate) {
            Ok(outcome) => self.queue.accepted(id, outcome),
            Err(fate) => {
                if let Fate::Unknown { why, .. } | Fate::NotTaken { why, .. } = &fate {
                    tracing::debug!(%id, %why, "a command has not been answered");
                }
                let (now, fraction) = (self.now(), self.surroundings.fraction());
                self.queue.failed(id, fate, now, fraction);
            }
        }
    }

    fn went_online(&mut self) {
        let online = self.online.borrow_and_update().clone();
        if online.up && !self.was_up {
            self.queue.hurry();
        }
        self.was_up = online.up;
        if let Some(cursor) = online.cursor {
            if self.journal.replace(cursor.journal).is_some_and(|before| before != cursor.journal) {
                // Entries of a journal that is no more will never come.
                self.queue.applied(Seq(u64::MAX));
            }
            self.queue.applied(cursor.seq);
        }
    }

    /// Chosen and noted as on their way; that is kept before they go.
    fn what_may_go(&mut self) -> Vec<Item> {
        let online = self.online.borrow().clone();
        let now = self.now();
        if !online.up {
            self.queue.expire(now);
            return Vec::new();
        }
        std::iter::from_fn(|| self.queue.next(online.me.as_ref(), now)).collect()
    }

    fn send(&mut self, going: Vec<Item>) {
        for item in going {
            let id = item.id.clone();
            let delivery = self.courier.deliver(item);
            self.on_their_way.spawn(async move { (id, delivery.await) });
        }
    }

    /// Keeps what has changed, and then tells it. False when nobody listens any more.
    async fn tell(&mut self) -> bool {
        let (changes, events) = self.queue.take();
        if let Some(event) = self.keep(changes).await
            && self.emit.send(event).await.is_err()
        {
            return false;
        }
        for event in events {
            if self.emit.send(LinkEvent::Outbox(event)).await.is_err() {
                return false;
            }
        }
        true
    }

    /// Writes changes to disk; what is to be told when that is not possible, or is possible again.
    async fn keep(&mut self, changes: Vec<Change>) -> Option<LinkEvent> {
        if changes.is_empty() && self.told == Told::Kept {
            return None;
        }
        let (mut store, is_trial) = (self.store.take()?, changes.is_empty());
        let kept = tokio::task::spawn_blocking(move || {
            let kept = store.keep(&changes).and_then(|()| if is_trial { store.try_out() } else { Ok(()) });
            (store, kept)
        });
        let words = match kept.await {
            Ok((store, Ok(()))) => {
                self.store = Some(store);
                return match std::mem::take(&mut self.told) {
                    Told::Kept => None,
                    Told::NotKept => Some(LinkEvent::Kept),
                };
            }
            Ok((store, Err(error))) => {
                self.store = Some(store);
                tracing::warn!(%error, "the outbox could not be written");
                format!("{NOT_KEPT}: {error}")
            }
            Err(error) => format!("the outbox is not kept on disk any more: {error}"),
        };
        self.told = Told::NotKept;
        (!is_trial).then(|| LinkEvent::NotKept(Line::clean(&words)))
    }

    /// The last words of a terminal that is being closed.
    async fn flush(mut self) {
        self.requests.close();
        while let Ok(request) = self.requests.try_recv() {
            self.asked(request);
        }
        let deadline = Instant::now() + FLUSH;
        loop {
            let going = self.what_may_go();
            self.keep_in_silence().await;
            self.send(going);
            match timeout_at(deadline, self.on_their_way.join_next()).await {
                Ok(Some(Ok((id, answer)))) => self.answered(&id, answer),
                Ok(Some(Err(error))) => tracing::warn!(%error, "a command was dropped on its way"),
                // All is done, or the rest is left for the next terminal.
                Ok(None) | Err(_) => break,
            }
        }
        self.keep_in_silence().await;
    }

    async fn keep_in_silence(&mut self) {
        let (changes, events) = self.queue.take();
        // The words are in the log; whoever was to read them on a screen has gone.
        let _ = self.keep(changes).await;
        for event in events {
            self.last_word(event);
        }
    }

    fn last_word(&self, event: OutboxEvent) {
        if self.emit.events.try_send(LinkEvent::Outbox(event)).is_err() {
            tracing::trace!("nobody reads the outbox any more");
        }
    }
}
