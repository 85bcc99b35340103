//! The hub: the one process that writes the journal, and tells everybody in the room.
//!
//! ```text
//! api/, ingest/ ──submit──▶ writer (own thread) ──append──▶ journal
//!                              │ only what is on disk
//!                              ├──▶ room (shared, read by api/)
//!                              └──▶ feed ──▶ session/ (one a terminal), reactor/
//! ```

pub mod auth;
pub mod clock;
pub mod feed;
pub mod ingest;
pub mod limits;
pub mod metrics;
pub mod prometheus;
pub mod reactor;
pub mod settings;
pub mod slo_files;
pub mod writer;

mod api;
mod error;
mod gauges;
mod router;
mod serve;
mod session;
mod tls;
mod vital;

use std::ops::Deref;
use std::sync::Arc;

use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use api::openapi::document as openapi;
pub use error::HubError;
pub use gauges::Gauges;
pub use serve::{End, Parts, Running, serve, start, start_in_place};
pub use settings::Settings;
pub use writer::{SharedRoom, SubmitError, Submitter};

use crate::journal::Reader;

/// What every request and every session can reach. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Hub(Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    room: SharedRoom,
    submitter: Submitter,
    feed: Arc<feed::Feed>,
    reader: Arc<dyn Reader>,
    tokens: auth::Tokens,
    gauges: Gauges,
    presences: session::Presences,
    snapshots: session::Snapshots,
    dead_letters: ingest::DeadLetters,
    shares: ingest::Shares,
    signatures: ingest::changes::Signatures,
    expiry: Arc<reactor::expiry::Expiry>,
    /// The organisation's rules, and the frame with them.
    rules: Arc<crate::domain::policy::Policy>,
    policy: Utf8Bytes,
    rates: limits::Rates,
    limits: settings::Limits,
    names: limits::Names,
    clock: Arc<dyn clock::Clock>,
    random: Arc<dyn clock::Random>,
    metrics: Arc<metrics::Metrics>,
    demo: bool,
    shutdown: CancellationToken,
    /// Sessions; the hub ends after them.
    sessions: TaskTracker,
}

impl Deref for Hub {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Hub {
    /// Reads from the journal without standing in the way of other requests.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Reader) -> Result<T, crate::journal::JournalError> + Send + 'static,
    ) -> Result<T, crate::journal::JournalError> {
        let reader = Arc::clone(&self.reader);
        let done = tokio::task::spawn_blocking(move || read(&*reader)).await;
        done.unwrap_or_else(|error| Err(crate::journal::JournalError::Unavailable(error.to_string())))
    }
}
