//! What goes on behind the writer's back: bringing the head record to disk, and moving the write-ahead log into the
//! database, both off the path of a commit.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;

use super::connection;
use crate::journal::JournalError;

/// The head record is brought to disk at most this often: a sync beside a commit makes that commit several times slower, so
/// it must be fewer than one commit in a hundred that meets one.
const PAUSE: Duration = Duration::from_secs(1);

/// The side thread; ends, with the head record on disk, when this is dropped.
#[derive(Debug)]
pub(super) struct Keeper {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    work: Mutex<Work>,
    wake: Condvar,
    /// Pages in the write-ahead log after the last checkpoint, moved or not.
    log_pages: AtomicU64,
}

#[derive(Debug, Default, Clone, Copy)]
struct Work {
    sync_head: bool,
    checkpoint: bool,
    stop: bool,
}

impl Work {
    fn any(self) -> bool {
        self.sync_head || self.checkpoint || self.stop
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, change: impl FnOnce(&mut Work)) {
        let mut work = self.lock();
        let idle = !work.any();
        change(&mut work);
        // Asked before and not begun yet: it is awake, or will look when its pause is over.
        if idle || work.stop {
            self.wake.notify_one();
        }
    }
}

impl Keeper {
    pub(super) fn start(database: &Path, head: Arc<File>) -> Result<Self, JournalError> {
        let connection = connection::writing(database)?;
        let shared = Arc::new(Shared::default());
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("journal-keeper".to_owned())
            .spawn(move || keep(&for_thread, &connection, &head))
            .map_err(|error| {
                JournalError::Unavailable(format!("the journal's side thread cannot start: {error}"))
            })?;
        Ok(Keeper { shared, thread: Some(thread) })
    }

    /// The head record was written; bring it to disk soon.
    pub(super) fn sync_head(&self) {
        self.shared.ask(|work| work.sync_head = true);
    }

    /// The write-ahead log has grown; move what can be moved.
    pub(super) fn checkpoint(&self) {
        self.shared.ask(|work| work.checkpoint = true);
    }

    /// Pages in the write-ahead log when it was last looked at.
    pub(super) fn log_pages(&self) -> u64 {
        self.shared.log_pages.load(Ordering::Relaxed)
    }

    /// Until the keeper looks again.
    pub(super) fn set_log_pages(&self, pages: u64) {
        self.shared.log_pages.store(pages, Ordering::Relaxed);
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.shared.ask(|work| work.stop = true);
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("the journal's side thread had panicked");
        }
    }
}

fn keep(shared: &Shared, connection: &Connection, head: &File) {
    loop {
        let work = {
            let waiting = shared.wake.wait_while(shared.lock(), |work| !work.any());
            std::mem::take(&mut *waiting.unwrap_or_else(PoisonError::into_inner))
        };
        if work.sync_head
            && let Err(error) = head.sync_data()
        {
            tracing::warn!(%error, "the head record beside the journal could not be brought to disk");
        }
        if work.checkpoint || work.stop {
            match checkpoint(connection) {
                Ok(Moved { log, .. }) => shared.log_pages.store(log, Ordering::Relaxed),
                Err(error) => tracing::warn!(%error, "the journal's write-ahead log could not be moved"),
            }
        }
        if work.stop {
            return;
        }
        let pause =
            shared.wake.wait_timeout_while(shared.lock(), PAUSE, |work| !work.stop && !work.checkpoint);
        drop(pause.unwrap_or_else(PoisonError::into_inner));
    }
}

/// What a checkpoint came to, in pages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moved {
    pub log: u64,
    pub moved: u64,
}

/// Moves what no reader still needs, and waits for nobody.
pub(super) fn checkpoint(connection: &Connection) -> rusqlite::Result<Moved> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |row| {
        let pages = |column| row.get::<_, i64>(column).map(|pages| u64::try_from(pages).unwrap_or(0));
        Ok(Moved { log: pages(1)?, moved: pages(2)? })
    })
}
