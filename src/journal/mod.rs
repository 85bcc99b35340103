//! The one truth: an append-only, totally ordered, chained list of entries, durable before anybody hears of it.
//!
//! Everything here blocks and is called from the writer's own thread or from a blocking task.
//!
//! ```text
//! chain    which bytes are hashed, and how a redaction leaves the chain whole
//! url      what may be said after --journal          open     from there to a journal
//! sqlite/  the embedded store                        memory   nothing outlives the process
//! head     the newest entry, kept outside the store  verify   the whole chain, offline
//! ```

pub mod chain;
pub mod head;
mod memory;
mod open;
mod sqlite;
mod url;
mod verify;

#[cfg(test)]
mod conformance;

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::command::{Outcome, Refusal};
use crate::domain::event::Entry;
use crate::domain::ids::{CommandId, Hash, Head, IncidentId, Seq};
use crate::domain::room::Room;
use crate::domain::time::Timestamp;

pub use chain::Seed;
pub use memory::Memory;
pub use open::{OnLoss, Options, open};
pub use sqlite::Sqlite;
pub use url::{InvalidLocation, Location};
pub use verify::{Fault, Loss, Report, verify};

/// An entry with the exact JSON that is stored, hashed and sent to every viewer: encoded once.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    pub entry: Entry,
    pub json: std::sync::Arc<str>,
}

/// What became of a command, kept for whoever repeats it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// SHA-256 of who sent it and what it said: the same id with other content is refused.
    pub content: Hash,
    pub result: Result<Outcome, Refusal>,
}

/// All that one transaction writes.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Consecutive, from the one after the head that the decisions were made on.
    pub entries: Vec<Encoded>,
    pub outcomes: Vec<(CommandId, Recorded)>,
    /// When the batch was decided; outcomes are kept for [`OUTCOMES_KEPT_DAYS`] from then.
    pub at: Timestamp,
}

/// How long the same id gives the first outcome.
pub const OUTCOMES_KEPT_DAYS: u64 = 7;

/// The writing end. There is one, in the writer's thread.
pub trait Journal: Send + fmt::Debug {
    /// The newest entry that is on disk.
    fn head(&self) -> Head;

    /// Writes entries and outcomes in one transaction; when it returns, they survive power loss.
    ///
    /// # Errors
    ///
    /// See [`AppendError`]: each says whether the batch was written.
    fn append(&mut self, after: Head, batch: &Batch) -> Result<Head, AppendError>;

    /// What a command came to, if it was seen in the last [`OUTCOMES_KEPT_DAYS`].
    ///
    /// # Errors
    ///
    /// When the storage cannot be read.
    fn recorded(&self, id: &CommandId) -> Result<Option<Recorded>, JournalError>;

    /// The newest room that was saved, so that a start reads the tail only.
    ///
    /// # Errors
    ///
    /// When the storage cannot be read. A snapshot that cannot be understood is no error: it is none.
    fn snapshot(&self) -> Result<Option<Room>, JournalError>;

    /// Saves a room as of its `seq`, in place of the one before.
    ///
    /// # Errors
    ///
    /// When it could not be written; nothing is lost then but time at the next start.
    fn save_snapshot(&mut self, room: &Room) -> Result<(), JournalError>;

    /// Keeps bytes under a name, in place of those before: beside the journal and no part of it, so that who counts something
    /// does not begin anew with each start.
    ///
    /// # Errors
    ///
    /// When they could not be written; nothing is lost then but time at the next start.
    fn keep(&mut self, name: &str, bytes: &[u8]) -> Result<(), JournalError>;

    /// Forgets what is kept under any other name.
    ///
    /// # Errors
    ///
    /// When it could not be written.
    fn keep_only(&mut self, names: &BTreeSet<String>) -> Result<(), JournalError>;

    /// Opens the storage anew after an error, checks the head record against it and returns the head that is on disk.
    /// Also the way to find out whether there is room again on a disk that was full.
    ///
    /// # Errors
    ///
    /// While it still cannot be written.
    fn recover(&mut self) -> Result<Head, JournalError>;

    /// A reading end of its own, for any thread.
    ///
    /// # Errors
    ///
    /// When the storage cannot be opened.
    fn reader(&self) -> Result<Box<dyn Reader>, JournalError>;
}

/// The reading end: sees what is on disk, never waits for the writer.
pub trait Reader: Send + Sync + fmt::Debug {
    /// The entries after `after`, oldest first, at most `limit`, as they were encoded.
    ///
    /// # Errors
    ///
    /// When the storage cannot be read.
    fn read(&self, after: Seq, limit: usize) -> Result<Vec<Encoded>, JournalError>;

    /// The newest `limit` entries of one incident before `before` and after `after`, oldest first.
    ///
    /// # Errors
    ///
    /// When the storage cannot be read.
    fn timeline(
        &self,
        incident: IncidentId,
        after: Seq,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Encoded>, JournalError>;

    /// The newest entry that is on disk.
    ///
    /// # Errors
    ///
    /// When the storage cannot be read.
    fn head(&self) -> Result<Head, JournalError>;

    /// What was kept under a name. Damaged bytes are none.
    ///
    /// # Errors
    ///
    /// When the storage cannot be read.
    fn kept(&self, name: &str) -> Result<Option<Vec<u8>>, JournalError>;
}

/// Why a batch was not acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Not written: another hub moved the head. Read on, decide again, append again.
    #[error("another hub has written to the journal up to {0}")]
    Moved(Head),
    /// Not written: there is no room on the disk, or it may only be read.
    #[error("the journal cannot be written: {0}")]
    Full(String),
    /// Not written, and never will be: whoever made the batch counted wrongly.
    #[error("the batch has entry {found} where entry {expected} belongs; nothing was written")]
    Misnumbered { found: Seq, expected: Seq },
    /// Perhaps written. Recover, then look the outcomes up.
    #[error("it is not known whether the journal was written: {0}")]
    Unknown(String),
}

/// Why the journal cannot be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("{0}")]
    Unavailable(String),
    /// It is there and wrong. It is left as it is.
    #[error("the journal is damaged: {0}")]
    Damaged(String),
    /// It was written by a newer warroom.
    #[error("the journal has format {found}, and this warroom knows up to {known}; use a newer warroom")]
    TooNew { found: u32, known: u32 },
    /// It holds less than was once acknowledged.
    #[error("the journal went back: it ends at entry {found}, and entry {known} was acknowledged; {hint}")]
    WentBack { found: Seq, known: Seq, hint: String },
}
