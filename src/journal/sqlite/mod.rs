//! The embedded journal: one SQLite file, its write-ahead log, and beside them the head record and the lock.
//!
//! ```text
//! room.db        entries, outcomes, the saved room      room.db.head   the newest acknowledged entry (see head.rs)
//! room.db-wal    commits that are not moved yet         room.db.lock   which hub has it
//! room.db-shm    SQLite's index of the log              room.db.lost-… copies of what an operator gave up
//! ```
//!
//! One connection writes, with `synchronous=FULL`; readers have their own; the [keeper] moves the log.

mod append;
pub(super) mod connection;
mod error;
pub(super) mod files;
mod inspect;
mod keeper;
mod kept;
mod lock;
mod reader;
pub(super) mod rows;
mod salvage;
pub(super) mod schema;
pub(super) mod snapshot;
pub(super) mod walk;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use self::append::Pruned;
use self::files::Files;
use self::inspect::{State, Trouble};
use self::keeper::Keeper;
use self::lock::Lock;
use self::reader::{Pool, SqliteReader};
use self::snapshot::Saved;
use super::chain::{self, Salts};
use super::head::HeadRecord;
use super::memory::snapshot_ahead;
use super::{AppendError, Batch, Journal, JournalError, OnLoss, Options, Reader, Recorded};
use crate::domain::ids::{CommandId, Hash, Head, JournalId, Seq};
use crate::domain::room::Room;

/// So many bytes of entries between two looks of the keeper at the write-ahead log.
const CHECKPOINT_EVERY: u64 = 4 * 1024 * 1024;
/// With so many pages (of 4 KiB) in the log, the writer stops for a moment and empties it: while it writes on, the keeper
/// never catches up, and a log that is never empty never begins anew.
const LOG_PAGES: u64 = 8 * 1024;
/// What the probe for room writes. Bytes.
const PROBE: i64 = 64 * 1024;

/// See the module. The fields are dropped from the first to the last: the keeper's connection is the last to close,
/// which moves the whole log, and only then does the lock go.
#[derive(Debug)]
pub struct Sqlite {
    files: Files,
    /// None from an append whose outcome is unknown until the next recovery.
    connection: Option<Connection>,
    head: Head,
    record: HeadRecord,
    readers: Arc<Pool>,
    keeper: Keeper,
    salts: Salts,
    pruned: Pruned,
    /// Bytes of entries since the keeper was last asked to look at the log.
    unmoved: u64,
    _lock: Lock,
}

impl Sqlite {
    /// Opens the journal at `path`, or makes it: the folder 0700, the files 0600.
    ///
    /// # Errors
    ///
    /// `Unavailable` when another hub has it or it is out of reach; `TooNew`; `Damaged` and `WentBack`, which
    /// [`OnLoss::Accept`] turns into a journal with a new id where the file is a journal at all. Nothing that is there is
    /// changed with any of them.
    pub fn open(path: &Path, options: &Options) -> Result<Self, JournalError> {
        Files::at(path)?.make_folder()?;
        let files = Files::at(path)?;
        let lock = Lock::take(&files)?;
        let mut salts = Salts::new(options.seed);
        let new_id = JournalId(Uuid::from_bytes(salts.next()));
        match (inspect::inspect(&files), options.on_loss) {
            (Ok(State::Journal), _) => {}
            (Ok(State::Nothing), _) => create(&files, new_id, options)?,
            (Err(Trouble::Lost { error, known }), OnLoss::Accept) => {
                salvage::accept_loss(&files, new_id, options.now, &error, known)?;
            }
            (Err(trouble), _) => return Err(trouble.into_error()),
        }
        let mut connection = connection::writing(&files.database)?;
        let failed = |error: rusqlite::Error| error::reading(&error, &files.database);
        schema::migrate(&mut connection).map_err(failed)?;
        let journal = rows::journal_id(&connection).map_err(failed)?;
        let head = rows::head(&connection, journal).map_err(failed)?;
        let record =
            HeadRecord::with(&files.head(), &head).map_err(|error| unwritable(&files.head(), &error))?;
        let keeper = Keeper::start(&files.database, record.file())?;
        keeper.sync_head();
        keeper.checkpoint();
        let readers = Arc::new(Pool::new(&files.database));
        Ok(Sqlite {
            files,
            connection: Some(connection),
            head,
            record,
            readers,
            keeper,
            salts,
            pruned: Pruned::default(),
            unmoved: 0,
            _lock: lock,
        })
    }

    fn connection(&self) -> Result<&Connection, JournalError> {
        self.connection.as_ref().ok_or_else(not_recovered)
    }

    fn connection_mut(&mut self) -> Result<&mut Connection, JournalError> {
        self.connection.as_mut().ok_or_else(not_recovered)
    }

    /// After a recovery: whatever fails here weakens the alarm for lost entries, no more.
    fn note_head(&mut self) {
        match self.record.write(&self.head) {
            Ok(()) => self.keeper.sync_head(),
            Err(error) => tracing::warn!(%error, "the head record beside the journal could not be written"),
        }
    }

    fn tend_log(&mut self, batch: &Batch) {
        // Beside its JSON, an entry takes about 150 bytes of its row and of the index.
        let written: usize = batch.entries.iter().map(|encoded| encoded.json.len() + 150).sum();
        self.unmoved += written as u64 + 200 * batch.outcomes.len() as u64;
        if self.unmoved >= CHECKPOINT_EVERY {
            self.unmoved = 0;
            self.keeper.checkpoint();
        }
        if self.keeper.log_pages() >= LOG_PAGES
            && let Some(connection) = &self.connection
        {
            match keeper::checkpoint(connection) {
                Ok(moved) => {
                    tracing::debug!(log = moved.log, moved = moved.moved, "the write-ahead log was long")
                }
                Err(error) => tracing::warn!(%error, "the journal's write-ahead log could not be moved"),
            }
            // If a reader held it up, the keeper's next look says so again.
            self.keeper.set_log_pages(0);
        }
    }
}

fn not_recovered() -> JournalError {
    JournalError::Unavailable("the journal has to be recovered after an error first".to_owned())
}

fn unwritable(path: &Path, error: &std::io::Error) -> JournalError {
    JournalError::Unavailable(format!("{} cannot be written: {error}", path.display()))
}

fn create(files: &Files, id: JournalId, options: &Options) -> Result<(), JournalError> {
    files.make_database().map_err(|error| unwritable(&files.database, &error))?;
    let mut connection = connection::writing(&files.database)?;
    // The record first: a journal with tables but without a record would look as if it had lost something.
    let head = Head { journal: id, seq: Seq::START, hash: Hash::ZERO };
    HeadRecord::create(&files.head(), &head).map_err(|error| unwritable(&files.head(), &error))?;
    schema::create(&mut connection, id, options.now).map_err(|error| error::writing(&error, &files.database))
}

/// Writes as much as a batch may take, and takes it back: the only way to know that there is room.
fn probe(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("INSERT OR REPLACE INTO probe (one, filler) VALUES (1, zeroblob(?1))", [PROBE])?;
    connection.execute("DELETE FROM probe", ())?;
    Ok(())
}

impl Journal for Sqlite {
    fn head(&self) -> Head {
        self.head
    }

    fn append(&mut self, after: Head, batch: &Batch) -> Result<Head, AppendError> {
        let Some(connection) = &mut self.connection else {
            return Err(AppendError::Unknown(not_recovered().to_string()));
        };
        if after != self.head {
            return Err(AppendError::Moved(self.head));
        }
        if batch.entries.is_empty() && batch.outcomes.is_empty() {
            return Ok(self.head);
        }
        let links = chain::link(self.head, &batch.entries, &mut self.salts)?;
        match append::append(connection, self.head, batch, &links, &mut self.pruned) {
            Ok(head) => {
                // Its blocks are there already, so that only a disk that just failed refuses it: one that has become
                // read-only in the middle of a sync can have called that sync done.
                if !batch.entries.is_empty()
                    && let Err(error) = self.record.write(&head)
                {
                    self.connection = None;
                    return Err(AppendError::Unknown(format!("the head record cannot be written: {error}")));
                }
                self.head = head;
                self.keeper.sync_head();
                self.tend_log(batch);
                Ok(head)
            }
            Err(error) => {
                // What SQLite could not roll back, or may have written, is for the recovery to find out.
                if matches!(error, AppendError::Unknown(_)) || !connection.is_autocommit() {
                    self.connection = None;
                }
                Err(error)
            }
        }
    }

    fn recorded(&self, id: &CommandId) -> Result<Option<Recorded>, JournalError> {
        let failed = |error: rusqlite::Error| error::reading(&error, &self.files.database);
        let mut statement = self
            .connection()?
            .prepare_cached("SELECT content, result FROM outcomes WHERE id = ?1")
            .map_err(failed)?;
        let row = statement
            .query_row([id.as_str()], |row| Ok((Hash(row.get(0)?), row.get::<_, String>(1)?)))
            .optional()
            .map_err(failed)?;
        let Some((content, result)) = row else { return Ok(None) };
        let result = serde_json::from_str(&result).map_err(|error| {
            JournalError::Damaged(format!("the outcome of command {id} cannot be understood: {error}"))
        })?;
        Ok(Some(Recorded { content, result }))
    }

    fn snapshot(&self) -> Result<Option<Room>, JournalError> {
        match snapshot::load(self.connection()?) {
            Ok(room) => Ok(room),
            Err(error) if error::is_damage(&error) => {
                tracing::warn!(%error, "the saved room cannot be read; the journal is read from its beginning");
                Ok(None)
            }
            Err(error) => Err(error::reading(&error, &self.files.database)),
        }
    }

    fn save_snapshot(&mut self, room: &Room) -> Result<(), JournalError> {
        let newest = self.head.seq;
        let json = serde_json::to_string(room)
            .map_err(|error| JournalError::Unavailable(format!("the room could not be saved: {error}")))?;
        match snapshot::save(self.connection_mut()?, room.seq, &json) {
            Ok(Saved::Yes) => {
                self.keeper.checkpoint();
                Ok(())
            }
            Ok(Saved::Ahead) => Err(snapshot_ahead(room.seq, newest)),
            Err(error) => Err(error::writing(&error, &self.files.database)),
        }
    }

    fn keep(&mut self, name: &str, bytes: &[u8]) -> Result<(), JournalError> {
        let kept = kept::save(self.connection_mut()?, name, bytes);
        kept.map_err(|error| error::writing(&error, &self.files.database))
    }

    fn keep_only(&mut self, names: &BTreeSet<String>) -> Result<(), JournalError> {
        let kept = kept::keep_only(self.connection_mut()?, names);
        kept.map_err(|error| error::writing(&error, &self.files.database))
    }

    fn recover(&mut self) -> Result<Head, JournalError> {
        // Closed first, so that whatever it still holds is let go of.
        self.connection = None;
        let connection = connection::writing(&self.files.database)?;
        let failed = |error: rusqlite::Error| error::writing(&error, &self.files.database);
        // It also settles a commit that was cut off: it writes over what of it may lie in the log, or comes after it.
        probe(&connection).map_err(failed)?;
        let found = rows::head(&connection, self.head.journal).map_err(failed)?;
        inspect::compare(&connection, &found, &self.head, &self.files).map_err(Trouble::into_error)?;
        if let Some(what) = inspect::tail(&connection, found.seq).map_err(failed)? {
            return Err(JournalError::Damaged(what));
        }
        self.head = found;
        self.connection = Some(connection);
        self.note_head();
        Ok(found)
    }

    fn reader(&self) -> Result<Box<dyn Reader>, JournalError> {
        Ok(Box::new(SqliteReader { pool: Arc::clone(&self.readers), journal: self.head.journal }))
    }
}
