//! Connections and their settings: what SQLite does by default is not durable enough, so every setting that a promise
//! rests on is read back.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error;
use super::files::Files;
use crate::journal::JournalError;

/// After a reset, the write-ahead log's file is cut to this. Bytes.
const WAL_KEPT: i64 = 16 * 1024 * 1024;
const FULL: i64 = 2;

/// For the writer and for whoever writes in its place.
pub(super) fn writing(path: &Path) -> Result<Connection, JournalError> {
    let failed = |error: rusqlite::Error| error::writing(&error, path);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(Duration::from_secs(2)).map_err(failed)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true).map_err(failed)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(failed)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    connection.pragma_update(None, "cell_size_check", "ON").map_err(failed)?;
    connection.pragma_update(None, "trusted_schema", "OFF").map_err(failed)?;
    connection.pragma_update(None, "temp_store", "MEMORY").map_err(failed)?;
    // Checkpoints are the keeper's: within a commit they would be most of its slowest hundredth.
    connection.pragma_update(None, "wal_autocheckpoint", 0).map_err(failed)?;
    connection.pragma_update(None, "journal_size_limit", WAL_KEPT).map_err(failed)?;
    let setting = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let synchronous = setting("synchronous").map_err(failed)?;
    if !mode.eq_ignore_ascii_case("wal") || synchronous != FULL {
        return Err(JournalError::Unavailable(format!(
            "SQLite does not keep {} safely here (journal_mode {mode}, synchronous {synchronous}); put the journal on a \
             local disk",
            path.display()
        )));
    }
    // What SQLite could not open for writing it opens for reading, without a word, and keeps it so: a file's error at this
    // very moment would make a hub that never writes again, or a log that is never moved.
    connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK").map_err(failed)?;
    Ok(connection)
}

/// For a look at whatever a process left behind, which changes nothing of it. One that died before there was a write-ahead
/// log left a rollback journal: SQLite would have to put the database back first, and may not.
pub(super) fn first_look(files: &Files) -> Result<Connection, JournalError> {
    let rollback = Files::size(&files.rollback()).map_err(|error| {
        JournalError::Unavailable(format!("{} cannot be read: {error}", files.rollback().display()))
    })?;
    if rollback.unwrap_or(0) > 0 { as_it_lies(&files.database) } else { reading(&files.database) }
}

/// The database without what lies beside it.
fn as_it_lies(path: &Path) -> Result<Connection, JournalError> {
    let failed = |error: rusqlite::Error| error::reading(&error, path);
    let mut name = String::from("file:");
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                name.push(char::from(*byte))
            }
            other => name.push_str(&format!("%{other:02X}")),
        }
    }
    name.push_str("?immutable=1");
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(name, flags).map_err(failed)
}

/// For readers. Leaves the files as they are, also when it is the last to close.
pub(in crate::journal) fn reading(path: &Path) -> Result<Connection, JournalError> {
    let failed = |error: rusqlite::Error| error::reading(&error, path);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(Duration::from_secs(5)).map_err(failed)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(failed)?;
    connection.pragma_update(None, "cell_size_check", "ON").map_err(failed)?;
    connection.pragma_update(None, "trusted_schema", "OFF").map_err(failed)?;
    Ok(connection)
}
