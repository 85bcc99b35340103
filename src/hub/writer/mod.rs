//! The one who writes: commands of everybody go in here, one after another, and come out decided and on disk.
//!
//! It runs on a thread of its own, because a journal blocks. What waits is written together in one transaction (group
//! commit), and nobody hears of an entry before it is on disk.

mod actor;
mod load;
mod plan;
mod shelf;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

pub use self::shelf::Shelf;
use super::clock::{Clock, Random};
use super::feed::Feed;
use super::metrics::Metrics;
use crate::domain::command::{Command, Outcome, Refusal, RefusalKind, Submission};
use crate::domain::ids::Hash;
use crate::domain::policy::Policy;
use crate::domain::room::Room;
use crate::domain::text::Line;
use crate::journal::{Journal, JournalError, Reader};

/// How many commands may wait for the writer.
const QUEUE: usize = 1024;
/// How many KiB of commands may wait for the writer.
const QUEUE_KIB: u32 = 64 * 1024;
/// How many of the queue's places one source of alerts may have: a quarter.
pub(super) const SHARE: usize = QUEUE / 4;
/// How many KiB are one place of a share, so that all places of all shares are all that the queue holds.
const PLACE_KIB: u32 = QUEUE_KIB / QUEUE as u32;
/// How long a command waits for its place in the queue before its sender is told to come again.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a command waits for its source's own share. It is in nobody else's way, and monitoring gives up after 10 s.
const SHARE_PATIENCE: Duration = Duration::from_secs(5);

/// The room as everybody may read it: what is on disk and nothing else.
#[derive(Debug, Clone, Default)]
pub struct SharedRoom(Arc<RwLock<Room>>);

impl SharedRoom {
    /// Hold it briefly, and never across an `await`: the writer waits for its readers.
    pub fn read(&self) -> RwLockReadGuard<'_, Room> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same room, for who must not know the hub.
    pub fn share(&self) -> Arc<RwLock<Room>> {
        Arc::clone(&self.0)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Room> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a command has no outcome.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SubmitError {
    /// The first and final answer to this command.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// Nothing was written; it may be sent again.
    #[error("the hub can only be read at the moment: {0}; send it again once there is room")]
    ReadOnly(Line),
    /// It may have been written. The same id sent again will tell.
    #[error(
        "it is not known whether this was written ({0}); send it again with the same Idempotency-Key to find out"
    )]
    Unknown(Line),
    /// Nothing was written; it may be sent again.
    #[error("too many commands are waiting; send it again in a moment")]
    Busy,
    /// Nothing was written; it may be sent again.
    #[error("the hub is stopping; send it again once it is back")]
    Stopping,
}

type Answer = Result<Outcome, SubmitError>;

#[derive(Debug)]
struct Envelope {
    submission: Submission,
    /// Of commands with an id: what they said and who said it.
    content: Option<Hash>,
    reply: oneshot::Sender<Answer>,
    weight: OwnedSemaphorePermit,
    /// What it takes of its source's share, until it is answered.
    _share: Option<OwnedSemaphorePermit>,
}

impl Envelope {
    /// Tells the sender, and returns what it sent: taking that apart can wait until everybody has been told.
    fn answer(self, answer: Answer) -> Submission {
        // Whoever asked may have gone; the journal knows all the same.
        drop(self.reply.send(answer));
        self.submission
    }
}

/// The way to the writer. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Submitter {
    queue: mpsc::Sender<Envelope>,
    weight: Arc<Semaphore>,
    metrics: Arc<Metrics>,
    /// Of a source that may have no more than [`SHARE`] places.
    share: Option<Arc<Semaphore>>,
}

impl Submitter {
    /// The same way for a source that may have so many places in the queue and no more.
    pub(super) fn within(&self, share: Arc<Semaphore>) -> Self {
        Submitter { share: Some(share), ..self.clone() }
    }

    /// Hands a command over and waits until it is on disk or refused. What the actor may do has been checked before.
    /// When the caller gives up waiting, the command is written all the same.
    ///
    /// # Errors
    ///
    /// See [`SubmitError`]: each says whether something was written.
    pub async fn submit(&self, submission: Submission) -> Answer {
        let (content, bytes) = match &submission.id {
            Some(_) => content_of(&submission)?,
            None => (None, rough_size(&submission.command)),
        };
        let kib = u32::try_from(bytes / 1024 + 1).unwrap_or(QUEUE_KIB).min(QUEUE_KIB);
        let place = async {
            let share = self.place_of_share(kib).await?;
            let place = async {
                let weight = Arc::clone(&self.weight).acquire_many_owned(kib).await.ok()?;
                Some((weight, self.queue.reserve().await.ok()?))
            };
            match tokio::time::timeout(PATIENCE, place).await {
                Ok(Some((weight, place))) => Ok((share, weight, place)),
                Ok(None) => Err(SubmitError::Stopping),
                Err(_) => Err(SubmitError::Busy),
            }
        };
        // What the writer answers, the writer counts.
        let counted = |error| {
            let answer = Err(error);
            self.metrics.command(&answer);
            answer
        };
        let (share, weight, place) = match place.await {
            Ok(place) => place,
            Err(error) => return counted(error),
        };
        let (reply, answer) = oneshot::channel();
        place.send(Envelope { submission, content, reply, weight, _share: share });
        // A writer that ends answers all who wait. One that panics does not, and may have written before it did.
        let broken = || SubmitError::Unknown(Line::clean("the hub has a fault and is ending"));
        answer.await.unwrap_or_else(|_| counted(broken()))
    }
}

impl Submitter {
    /// Places of the source's own share for so many KiB, once they are free.
    async fn place_of_share(&self, kib: u32) -> Result<Option<OwnedSemaphorePermit>, SubmitError> {
        let Some(share) = &self.share else { return Ok(None) };
        let places = kib.div_ceil(PLACE_KIB).min(SHARE as u32);
        match tokio::time::timeout(SHARE_PATIENCE, Arc::clone(share).acquire_many_owned(places)).await {
            Ok(Ok(taken)) => Ok(Some(taken)),
            Ok(Err(_)) => Err(SubmitError::Stopping),
            Err(_) => Err(SubmitError::Busy),
        }
    }

    /// Nobody writes any more.
    pub(super) fn has_ended(&self) -> bool {
        self.queue.is_closed()
    }
}

fn content_of(submission: &Submission) -> Result<(Option<Hash>, usize), Refusal> {
    let said = serde_json::to_vec(&(&submission.actor, submission.seen, &submission.command));
    let said = said.map_err(|error| Refusal::new(RefusalKind::Invalid, error.to_string()))?;
    Ok((Some(Hash(Sha256::digest(&said).into())), said.len()))
}

fn rough_size(command: &Command) -> usize {
    match command {
        Command::ReportAlerts { alerts } => 1024 * alerts.len(),
        Command::RecordChanges { changes } => 1024 * changes.len(),
        _ => 1024,
    }
}

/// Where the writer runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// On a thread of its own, because a journal blocks.
    Thread,
    /// On the present runtime, so that its time and nothing else says when something happens.
    Task,
}

/// What the writer needs.
pub(super) struct Start {
    pub stage: Stage,
    pub journal: Box<dyn Journal>,
    pub policy: Arc<Policy>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub metrics: Arc<Metrics>,
}

/// A writer that runs.
pub(super) struct Running {
    pub submitter: Submitter,
    pub room: SharedRoom,
    pub feed: Arc<Feed>,
    pub reader: Arc<dyn Reader>,
    pub shelf: Shelf,
    stop: CancellationToken,
    ended: CancellationToken,
}

impl Running {
    /// Comes when the writer's thread has gone, told to stop or not.
    pub async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// Writes what still waits, saves a snapshot, and ends.
    pub async fn stop(self) {
        self.stop.cancel();
        self.ended().await;
    }
}

/// Folds the journal into a room and starts the writer's thread.
pub(super) async fn start(start: Start) -> Result<Running, JournalError> {
    let unavailable = |error: &dyn std::fmt::Display| JournalError::Unavailable(error.to_string());
    let (stage, metrics) = (start.stage, Arc::clone(&start.metrics));
    let loaded = tokio::task::spawn_blocking(move || load::load(start));
    let loaded = loaded.await.map_err(|error| unavailable(&error))??;
    let reader: Arc<dyn Reader> = Arc::from(loaded.journal.reader()?);
    let (queue, waiting) = mpsc::channel(QUEUE);
    let weight = Arc::new(Semaphore::new(QUEUE_KIB as usize));
    let submitter = Submitter { queue, weight, metrics, share: None };
    let feed = Arc::new(Feed::new(loaded.journal.head()));
    let (stop, ended) = (CancellationToken::new(), CancellationToken::new());
    let room = loaded.room.clone();
    let linger = match stage {
        Stage::Thread => actor::LINGER,
        // It would hold up those it waits for.
        Stage::Task => Duration::ZERO,
    };
    let (errands, to_shelf) = mpsc::channel(shelf::WAITING);
    let shelf = Shelf::new(errands, Arc::clone(&reader));
    let work = actor::Work { commands: waiting, errands: to_shelf };
    let writer = actor::Writer::new(loaded, Arc::clone(&feed), work, stop.clone(), linger);
    let end = ended.clone().drop_guard();
    let work = async move {
        // Dropped when a panic unwinds, too.
        let _end = end;
        writer.run().await;
    };
    match stage {
        Stage::Thread => {
            // A clock of its own: the writer must not stand still when the hub's runtime is busy or about to end.
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            let runtime = runtime.map_err(|error| unavailable(&error))?;
            let thread = std::thread::Builder::new().name("writer".to_owned());
            let started = thread.spawn(move || runtime.block_on(work));
            started.map_err(|error| unavailable(&error))?;
        }
        Stage::Task => drop(tokio::spawn(work)),
    }
    Ok(Running { submitter, room, feed, reader, shelf, stop, ended })
}
