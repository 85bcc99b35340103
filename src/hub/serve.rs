//! Starting, serving and ending a hub. The listener, the journal and the end are handed in.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use super::auth::{TokenSource, Tokens};
use super::clock::{Clock, Random};
use super::error::HubError;
use super::feed::{Feed, encode};
use super::gauges::Gauges;
use super::metrics::Metrics;
use super::settings::Settings;
use super::vital::Vital;
use super::writer::{self, SharedRoom, Submitter};
use super::{Hub, Inner, limits, metrics, reactor, router, session, tls};
use crate::failpoint::{self, Place};
use crate::journal::Journal;
use crate::wire::frame::Frame;

/// How long the hub waits for its readers and requests when it ends.
const FAREWELL: Duration = Duration::from_secs(10);
/// How long nobody is let in after the process ran out of file descriptors.
const EXHAUSTED: Duration = Duration::from_secs(1);

/// What a hub is made of, apart from its settings.
#[derive(Debug)]
pub struct Parts {
    pub journal: Box<dyn Journal>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub tokens: TokenSource,
    /// Everything in it is made up, and every terminal says so.
    pub demo: bool,
}

/// A hub that runs, for whoever has it in the same process.
#[derive(Debug)]
pub struct Running {
    pub address: SocketAddr,
    pub submitter: Submitter,
    pub room: SharedRoom,
    pub feed: Arc<Feed>,
    pub gauges: Gauges,
    pub tokens: Tokens,
    pub metrics: Arc<Metrics>,
    door: Arc<Door>,
    ended: tokio::task::JoinHandle<End>,
}

/// How a hub came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was told to.
    Told,
    /// A part that it cannot be without has panicked. It is to be started again.
    Broken,
}

impl Running {
    /// Waits for the end, which `shutdown` brings about, or a fault.
    pub async fn ended(self) -> End {
        self.ended.await.unwrap_or_else(|error| {
            tracing::error!(%error, "the hub did not end as it should");
            End::Broken
        })
    }

    /// Serves a connection that did not come by the listener: a pipe within the process.
    pub fn welcome(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let door = Arc::clone(&self.door);
        self.door.connections.spawn(async move { door.talk(stream).await });
    }
}

/// Serves until `shutdown` is cancelled, and ends in good order.
///
/// # Errors
///
/// When it cannot start: see [`HubError`].
pub async fn serve(
    settings: Settings,
    parts: Parts,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), HubError> {
    start(settings, parts, listener, shutdown).await?.ended().await;
    Ok(())
}

/// Starts a hub; it serves when this returns. A hub that lost one of its own tasks to a panic is none any more: it cancels
/// `shutdown` itself and ends, rather than to look alive and write nothing.
///
/// # Errors
///
/// When it cannot start: see [`HubError`].
pub async fn start(
    settings: Settings,
    parts: Parts,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<Running, HubError> {
    let address = listener.local_addr()?;
    let acceptor = match settings.tls_files()? {
        Some((cert, key)) => Some(tls::acceptor(cert, key)?),
        None if address.ip().is_loopback() || settings.behind_proxy => None,
        None => return Err(HubError::Exposed(address)),
    };
    let (running, tasks) =
        furnish(settings, parts, writer::Stage::Thread, acceptor, address, shutdown).await?;
    tasks.spawn("listener", Arc::clone(&running.door).keep(listener));
    tracing::info!(%address, "the hub serves");
    Ok(running)
}

/// Starts a hub without a listener, all of it on the present runtime: what happens, and when, is up to the runtime's
/// clock and to whoever hands in connections by [`Running::welcome`]. For simulations; a journal that blocks, blocks all.
///
/// # Errors
///
/// When it cannot start: see [`HubError`].
pub async fn start_in_place(
    settings: Settings,
    parts: Parts,
    shutdown: CancellationToken,
) -> Result<Running, HubError> {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let furnished = furnish(settings, parts, writer::Stage::Task, None, nowhere, shutdown).await;
    furnished.map(|(running, _)| running)
}

/// Everything but the listener.
async fn furnish(
    settings: Settings,
    parts: Parts,
    stage: writer::Stage,
    acceptor: Option<TlsAcceptor>,
    address: SocketAddr,
    shutdown: CancellationToken,
) -> Result<(Running, Vital), HubError> {
    let policy = Arc::new(settings.policy()?);
    let signatures = super::ingest::changes::Signatures::open(&settings.signatures)?;
    let Parts { journal, clock, random, tokens, demo } = parts;
    let tokens = Tokens::open(tokens, clock.now(), &*random)?;
    let metrics = Arc::new(Metrics::default());
    let metrics_listener = match settings.metrics_listen {
        None => None,
        Some(address) => {
            let bound = TcpListener::bind(address).await;
            Some(bound.map_err(|error| HubError::Metrics { address, error })?)
        }
    };
    let writer = writer::start(writer::Start {
        stage,
        journal,
        policy: Arc::clone(&policy),
        clock: Arc::clone(&clock),
        random: Arc::clone(&random),
        metrics: Arc::clone(&metrics),
    });
    let writer = writer.await?;
    let (gauges, expiry) = (Gauges::default(), Arc::new(reactor::expiry::Expiry::default()));
    let hub = Hub(Arc::new(Inner {
        room: writer.room.clone(),
        submitter: writer.submitter.clone(),
        feed: Arc::clone(&writer.feed),
        reader: Arc::clone(&writer.reader),
        tokens: tokens.clone(),
        gauges: gauges.clone(),
        presences: session::Presences::default(),
        snapshots: session::Snapshots::default(),
        dead_letters: super::ingest::DeadLetters::default(),
        shares: super::ingest::Shares::default(),
        signatures,
        expiry: Arc::clone(&expiry),
        policy: encode(&Frame::Policy { policy: Arc::clone(&policy) }),
        rules: policy,
        rates: limits::Rates::new(&settings.limits),
        limits: settings.limits.clone(),
        names: match acceptor {
            None if address.ip().is_loopback() && !settings.behind_proxy => limits::Names::OfThisMachine,
            None | Some(_) => limits::Names::Any,
        },
        clock: Arc::clone(&clock),
        random: Arc::clone(&random),
        metrics: Arc::clone(&metrics),
        demo,
        shutdown: shutdown.clone(),
        sessions: TaskTracker::new(),
    }));
    let connections = settings.limits.connections as usize;
    let context = reactor::Context {
        settings: Arc::new(settings),
        submitter: hub.submitter.clone(),
        feed: Arc::clone(&hub.feed),
        room: hub.room.clone(),
        shelf: writer.shelf.clone(),
        gauges: gauges.clone(),
        clock,
        random,
        metrics: Arc::clone(&metrics),
        shutdown: shutdown.clone(),
    };
    let tasks = Vital::new(shutdown.clone());
    reactor::start(&context, &expiry, &tasks)?;
    tasks.spawn("presence", hub.clone().tell_presence());
    if let Some(listener) = metrics_listener {
        let router = metrics::router(Arc::clone(&metrics));
        let door = Door::new(router, None, 64, &metrics, &shutdown);
        tasks.spawn("metrics", door.keep(listener));
    }
    let door = Door::new(router::router(hub.clone()), acceptor, connections, &metrics, &shutdown);
    let running = Running {
        address,
        submitter: hub.submitter.clone(),
        room: hub.room.clone(),
        feed: Arc::clone(&hub.feed),
        gauges,
        tokens,
        metrics,
        door,
        ended: tokio::spawn(end(hub, writer, tasks.clone(), shutdown)),
    };
    Ok((running, tasks))
}

/// Waits for the end and takes everybody along: first those who read, then requests, at last the writer.
async fn end(hub: Hub, writer: writer::Running, tasks: Vital, shutdown: CancellationToken) -> End {
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = writer.ended() => tasks.lost("writer"),
    }
    tracing::info!("the hub is ending");
    hub.sessions.close();
    let others = async {
        tasks.wait().await;
        hub.sessions.wait().await;
    };
    if timeout(FAREWELL, others).await.is_err() {
        tracing::warn!("some connections did not end in time and are cut");
    }
    drop(hub);
    writer.stop().await;
    if tasks.is_broken() { End::Broken } else { End::Told }
}

/// Lets connections in, up to a number.
struct Door {
    router: Router,
    acceptor: Option<TlsAcceptor>,
    places: Arc<Semaphore>,
    metrics: Arc<Metrics>,
    shutdown: CancellationToken,
    connections: TaskTracker,
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("connections", &self.connections.len()).finish_non_exhaustive()
    }
}

impl Door {
    fn new(
        router: Router,
        acceptor: Option<TlsAcceptor>,
        places: usize,
        metrics: &Arc<Metrics>,
        shutdown: &CancellationToken,
    ) -> Arc<Self> {
        Arc::new(Door {
            router,
            acceptor,
            places: Arc::new(Semaphore::new(places)),
            metrics: Arc::clone(metrics),
            shutdown: shutdown.clone(),
            connections: TaskTracker::new(),
        })
    }

    async fn keep(self: Arc<Self>, listener: TcpListener) {
        while let Some(accepted) = self.shutdown.run_until_cancelled(listener.accept()).await {
            failpoint::pass(Place::Door);
            match accepted {
                Ok((stream, _)) => {
                    self.connections.spawn(Arc::clone(&self).welcome(stream));
                }
                Err(error) if is_of_the_connection(&error) => {}
                Err(error) => {
                    // Most likely no file descriptors are left: trying again at once would only burn the processor.
                    tracing::error!(%error, "no connection can be accepted at the moment");
                    tokio::time::sleep(EXHAUSTED).await;
                }
            }
        }
        drop(listener);
        self.connections.close();
        self.connections.wait().await;
    }

    async fn welcome(self: Arc<Self>, mut stream: TcpStream) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            self.metrics.connections_refused.inc();
            // Under TLS this is noise to the other side, and closes the connection all the same.
            let words = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            drop(timeout(Duration::from_secs(1), stream.write_all(words)).await);
            return;
        };
        self.metrics.connections.inc();
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection could not be set to send at once");
        }
        match self.acceptor.clone() {
            None => self.talk(stream).await,
            Some(acceptor) => match timeout(limits::HEAD_TIME, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => self.talk(stream).await,
                Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            },
        }
        self.metrics.connections.dec();
        drop(place);
    }

    async fn talk(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let service =
            self.router.clone().map_request(|request: hyper::Request<Incoming>| request.map(Body::new));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits::HEAD_TIME)
            .max_headers(limits::HEADERS)
            .max_buf_size(limits::HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
            .with_upgrades();
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

/// Errors of the one connection that was to be accepted, not of the listener.
fn is_of_the_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}
