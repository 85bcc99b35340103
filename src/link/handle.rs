//! Starts a link, and is what its owner holds of it. Nothing here waits: a key press must never hang on the network.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::address::HubUrl;
use super::api::{ApiError, Client, bearer};
use super::conn::{Connection, Memory, Online, Order};
use super::event::{Emitter, LinkEvent};
use super::fetch::{self, Question};
use super::outbox::{CAPACITY, Courier, Item, NOT_KEPT, Post, Request, Sent, Store, Told};
use super::place::Place;
use super::socket::{Dial, Tcp};
use super::{Surroundings, tls};
use crate::domain::command::Command;
use crate::domain::ids::{CommandId, Head, IncidentId, Revision, Seq};
use crate::domain::text::Line;
use crate::wire::frame::ClientFrame;

/// How many events may wait for the one who reads them; after that the link waits.
const EVENTS: usize = 256;
/// How long the end of a link may take: the outbox's last words and the disk.
const END: Duration = Duration::from_millis(500);

/// What a link needs to know.
#[derive(Debug)]
pub struct Config {
    pub hub: HubUrl,
    pub token: SecretString,
    /// Where the outbox is kept, such as `$XDG_STATE_HOME/warroom`; made if it is not there. Without it, what waits lives
    /// as long as the terminal.
    pub outbox: Option<PathBuf>,
    /// Where to go on: of the cached room that the terminal shows. The default asks for a snapshot.
    pub place: Place,
}

/// The outbox is full, or the link has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{CAPACITY} commands are waiting to be sent; wait for the hub, or give some of them up")]
pub struct Full;

/// The owner's end of a link. Cheap to clone; when the last one is dropped, the link ends.
#[derive(Debug, Clone)]
pub struct LinkHandle {
    surroundings: Surroundings,
    requests: mpsc::Sender<Request>,
    seats: Arc<Semaphore>,
    questions: mpsc::Sender<Question>,
    orders: mpsc::Sender<Order>,
    presence: Arc<watch::Sender<Option<ClientFrame>>>,
    place: watch::Receiver<Place>,
    shutdown: CancellationToken,
    tasks: TaskTracker,
}

/// The link to a hub: keeps the connection, the place in the journal, and the outbox.
#[derive(Debug)]
pub struct Link;

impl Link {
    /// Starts a link on the present tokio runtime. Events come from the receiver, and must be taken: when 256 wait, the
    /// link waits too.
    ///
    /// # Errors
    ///
    /// When the token or the system's certificates cannot be used at all. That the hub is not there is no error.
    pub fn spawn(
        config: Config,
        surroundings: Surroundings,
    ) -> Result<(LinkHandle, mpsc::Receiver<LinkEvent>), ApiError> {
        tls::name_provider();
        let client = Client::new(config.hub.clone(), &config.token)?;
        let courier = Arc::new(client.clone());
        Link::spawn_over(config, surroundings, Box::new(Tcp), client, courier)
    }

    /// The same with other ways to the hub: `dial` for the feed, `courier` for commands, `client` for the rest.
    ///
    /// # Errors
    ///
    /// When the token cannot be used at all.
    pub fn spawn_over(
        config: Config,
        surroundings: Surroundings,
        dial: Box<dyn Dial>,
        client: Client,
        courier: Arc<dyn Courier>,
    ) -> Result<(LinkHandle, mpsc::Receiver<LinkEvent>), ApiError> {
        let shutdown = CancellationToken::new();
        let (events, received) = mpsc::channel(EVENTS);
        let emit = Emitter { events, shutdown: shutdown.clone() };
        // Each submission holds one of 256 seats; the rest of the room is for what a person says about those.
        let (requests, to_post) = mpsc::channel(2 * CAPACITY);
        let (questions, to_fetch) = mpsc::channel(fetch::WAITING);
        let (orders, to_connection) = mpsc::channel(8);
        let (presence, presence_seen) = watch::channel(None);
        let (place_sender, place) = watch::channel(config.place);
        let (online_sender, online) = watch::channel(Online::default());
        let seats = Arc::new(Semaphore::new(CAPACITY));
        let connection = Connection {
            hub: config.hub.clone(),
            bearer: bearer(&config.token)?,
            dial,
            surroundings: surroundings.clone(),
            place: place_sender,
            emit: emit.clone(),
            online: online_sender,
            presence: presence_seen,
            orders: to_connection,
            memory: Memory::default(),
        };
        let token = mark(&config.token);
        let post = Post::new(courier, to_post, online, emit.clone(), surroundings.clone(), token);
        let tasks = TaskTracker::new();
        let outbox = open_and_run(post, config.outbox, config.hub, emit.clone(), seats.clone());
        tasks.spawn(whole(&shutdown, fetch::run(client, to_fetch, emit)));
        tasks.spawn(whole(&shutdown, connection.run()));
        tasks.spawn(whole(&shutdown, outbox));
        tasks.close();
        let presence = Arc::new(presence);
        let handle =
            LinkHandle { surroundings, requests, seats, questions, orders, presence, place, shutdown, tasks };
        Ok((handle, received))
    }
}

/// By which a token is known again and never found out: the beginning of its SHA-256.
fn mark(token: &SecretString) -> Line {
    let hash = Sha256::digest(token.expose_secret().as_bytes());
    Line::clean(&hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// A link is whole or it is none: when one of its tasks ends, by a panic too, all end, and the events with them. A
/// connection that is gone would otherwise look live for ever.
fn whole<F: Future<Output = ()>>(shutdown: &CancellationToken, task: F) -> impl Future<Output = ()> + use<F> {
    let guard = shutdown.clone().drop_guard();
    async move {
        task.await;
        drop(guard);
    }
}

/// The outbox takes up what lies on disk before it takes anything new.
async fn open_and_run(
    mut post: Post,
    directory: Option<PathBuf>,
    hub: HubUrl,
    emit: Emitter,
    seats: Arc<Semaphore>,
) {
    if let Some(directory) = directory {
        let opened = tokio::task::spawn_blocking(move || {
            let (store, items) = Store::open(&directory, &hub)?;
            let tried = store.try_out();
            Ok((store, items, tried))
        });
        let opened = opened.await.map_err(std::io::Error::other).and_then(|opened| opened);
        let kept = match opened {
            Ok((store, items, tried)) => {
                post.store = Some(store);
                for item in items {
                    post.queue.restore(item, seats.clone().try_acquire_owned().ok());
                }
                tried
            }
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            tracing::warn!(%error, "the outbox cannot be kept on disk");
            post.told = Told::NotKept;
            let words = Line::clean(&format!("{NOT_KEPT}: {error}"));
            if emit.send(LinkEvent::NotKept(words)).await.is_err() {
                return;
            }
        }
    }
    post.run().await;
}

impl LinkHandle {
    /// Puts a command into the outbox. `seen` is the revision of its incident that its author looked at. What becomes of
    /// it comes as [`LinkEvent::Outbox`] under the id.
    ///
    /// # Errors
    ///
    /// When 256 commands wait already.
    pub fn submit(&self, command: Command, seen: Option<Revision>) -> Result<CommandId, Full> {
        let id = self.surroundings.command_id();
        self.submit_under(id.clone(), command, seen)?;
        Ok(id)
    }

    /// The same under an id of the caller's own making, which shows the command as pending before the outbox has it.
    ///
    /// # Errors
    ///
    /// When 256 commands wait already.
    pub fn submit_under(&self, id: CommandId, command: Command, seen: Option<Revision>) -> Result<(), Full> {
        let permit = self.seats.clone().try_acquire_owned().map_err(|_| Full)?;
        let item = Item {
            id,
            command: Arc::new(command),
            seen,
            queued_at: self.surroundings.now(),
            author: None,
            under: None,
            sent: Sent::No,
        };
        self.requests.try_send(Request::Submit(item, permit)).map_err(|_| Full)
    }

    /// A fresh yes to a command that came back as [`NeedsFreshYes`](super::outbox::OutboxState::NeedsFreshYes). It goes out
    /// under its old id, and so at most once.
    ///
    /// # Errors
    ///
    /// When the link is too busy to hear it; ask again.
    pub fn confirm(&self, id: CommandId) -> Result<(), Full> {
        self.requests.try_send(Request::Confirm(id)).map_err(|_| Full)
    }

    /// Gives a command up that has not been taken. If it is on its way it may still be done.
    ///
    /// # Errors
    ///
    /// When the link is too busy to hear it; ask again.
    pub fn forget(&self, id: CommandId) -> Result<(), Full> {
        self.requests.try_send(Request::Forget(id)).map_err(|_| Full)
    }

    /// Tells the others what this terminal looks at; sent at most once a second, the latest wins.
    pub fn presence(&self, incident: Option<IncidentId>, pane: Option<Line>) {
        self.presence.send_if_modified(|present| {
            let next = Some(ClientFrame::Presence { incident, pane });
            let news = *present != next;
            *present = next;
            news
        });
    }

    /// Tries to connect now instead of at the next try. Does nothing while the link is live.
    pub fn retry_now(&self) {
        self.order(Order::RetryNow);
    }

    /// After an alarm: gives up what only this terminal knows of the journal, and takes the hub's room as it is.
    pub fn accept_journal(&self) {
        self.order(Order::AcceptJournal);
    }

    fn order(&self, order: Order) {
        if self.orders.try_send(order).is_err() {
            // Eight of the same are waiting, or the link has ended: nothing is lost.
            tracing::trace!(?order, "an order was not needed");
        }
    }

    /// Asks for entries of an incident, the newest before `before`; they come as [`LinkEvent::Timeline`].
    ///
    /// # Errors
    ///
    /// When 32 such questions wait already.
    pub fn fetch_timeline(&self, incident: IncidentId, before: Option<Seq>) -> Result<(), Full> {
        self.questions.try_send(Question { incident, before }).map_err(|_| Full)
    }

    /// The newest head that the hub showed: to be kept with the cached room, as a witness.
    pub fn witness(&self) -> Option<Head> {
        self.place.borrow().witness
    }

    /// Ends the link. What can be sent in 300 ms is sent, the rest is on disk; takes at most half a second.
    pub async fn shutdown(self) {
        self.shutdown.cancel();
        if timeout(END, self.tasks.wait()).await.is_err() {
            tracing::warn!("the link did not end in time");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::testing::surroundings;

    #[tokio::test]
    async fn the_outbox_takes_256_commands_and_then_says_so() {
        let config = Config {
            hub: "http://127.0.0.1:9".parse().unwrap(),
            token: SecretString::from("t"),
            outbox: None,
            place: Place::default(),
        };
        let (link, _events) = Link::spawn(config, surroundings()).unwrap();
        for _ in 0..CAPACITY {
            link.submit(Command::Acknowledge { incident: IncidentId(1) }, None).unwrap();
        }
        assert_eq!(link.submit(Command::Acknowledge { incident: IncidentId(1) }, None), Err(Full));
        link.shutdown().await;
    }
}
