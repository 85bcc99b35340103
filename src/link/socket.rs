//! Opens the websocket of the feed, and knows when the last byte came.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::header::{AUTHORIZATION, HeaderValue, RETRY_AFTER};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, http::Response};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async_tls_with_config};
use url::Url;

use super::conn::Ended;
use super::tls;
use crate::domain::text::Line;
use crate::wire::problem::Problem;

/// How long name, connection, TLS and upgrade may take together.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long one address of a name may take, so that a dead one leaves time for the next.
const EACH: Duration = Duration::from_secs(4);
/// A terminal reads little at a time; the default is 128 KiB each way.
const BUFFER: usize = 16 * 1024;
/// The largest message, packed or not: a snapshot.
pub(super) const MESSAGE: usize = 64 * 1024 * 1024;

/// Both directions of a connection.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// How a connection is made.
pub trait Dial: Send + Sync {
    fn dial<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, io::Result<Box<dyn Duplex>>>;
}

pub(super) struct Tcp;

impl Dial for Tcp {
    fn dial<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, io::Result<Box<dyn Duplex>>> {
        Box::pin(async move {
            let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
            let port = url.port_or_known_default().unwrap_or_default();
            let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
            for address in lookup_host((host, port)).await? {
                match timeout(EACH, TcpStream::connect(address)).await {
                    Ok(Ok(stream)) => {
                        stream.set_nodelay(true)?;
                        return Ok(Box::new(stream) as Box<dyn Duplex>);
                    }
                    Ok(Err(error)) => last = error,
                    Err(_) => last = io::Error::new(io::ErrorKind::TimedOut, "no connection in 4 s"),
                }
            }
            Err(last)
        })
    }
}

pub(super) type Socket = WebSocketStream<MaybeTlsStream<Watched>>;

/// Opens the feed.
pub(super) async fn open(dial: &dyn Dial, url: &Url, bearer: &HeaderValue) -> Result<(Socket, Pulse), Ended> {
    let opening = async {
        let mut request = url.as_str().into_client_request()?;
        request.headers_mut().insert(AUTHORIZATION, bearer.clone());
        let pulse = Pulse::new();
        let stream = Watched { stream: dial.dial(url).await?, pulse: pulse.clone() };
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER)
            .write_buffer_size(BUFFER)
            .max_message_size(Some(MESSAGE))
            .max_frame_size(Some(MESSAGE));
        let (socket, _) = client_async_tls_with_config(request, stream, Some(config), None).await?;
        Ok((socket, pulse))
    };
    match timeout(PATIENCE, opening).await {
        Ok(opened) => opened.map_err(|error| ended(url, error)),
        Err(_) => Err(Ended::lost(&format!("the hub at {} does not answer", place(url)))),
    }
}

fn ended(url: &Url, error: Error) -> Ended {
    let place = place(url);
    match error {
        Error::Http(response) => rejected(&place, &response),
        Error::Io(error) => {
            if let Some(complaint) = tls::complaint(&error) {
                return Ended::lost(&complaint);
            }
            let words = error.to_string().to_lowercase();
            let words = words.split(" (os error").next().unwrap_or_default();
            Ended::lost(&format!("the hub at {place} cannot be reached ({words})"))
        }
        error => Ended::lost(&format!("the feed of {place} could not be opened ({error})")),
    }
}

/// The hub, or a proxy before it, answered with something else than a websocket.
fn rejected(place: &str, response: &Response<Option<Vec<u8>>>) -> Ended {
    let problem = response.body().as_deref().and_then(|body| serde_json::from_slice::<Problem>(body).ok());
    let said = problem.map(|problem| problem.detail.first_line());
    let or = |words: String| said.clone().unwrap_or_else(|| Line::clean(&words));
    match response.status().as_u16() {
        401 => Ended::Refused(Line::clean(&format!(
            "the hub at {place} does not accept the token; ask an admin for a new one, or check WARROOM_TOKEN"
        ))),
        403 => Ended::Refused(or(format!("the token does not allow to read the feed of {place}"))),
        404 => Ended::Refused(Line::clean(&format!("there is no warroom hub at {place}; check WARROOM_HUB"))),
        status => {
            let retry_after = response
                .headers()
                .get(RETRY_AFTER)
                .and_then(|value| value.to_str().ok()?.trim().parse().ok().map(Duration::from_secs));
            let why = or(format!("{place} answered with status {status} instead of the feed"));
            Ended::Lost { why, retry_after }
        }
    }
}

/// Host and port, for people.
fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// When the last byte came. A snapshot on a slow line takes longer than silence may last, but it is not silence.
#[derive(Debug, Clone)]
pub(super) struct Pulse(Arc<Mutex<Instant>>);

impl Pulse {
    fn new() -> Self {
        Pulse(Arc::new(Mutex::new(Instant::now())))
    }

    pub fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn beat(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

/// A connection with a pulse.
pub(super) struct Watched {
    stream: Box<dyn Duplex>,
    pulse: Pulse,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.pulse.beat();
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
