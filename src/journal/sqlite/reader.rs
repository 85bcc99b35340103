//! The reading end: connections of its own, shared by the threads that read.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, ToSql};

use super::rows::{self, COLUMNS};
use super::{connection, error, kept};
use crate::domain::ids::{Head, IncidentId, JournalId, Seq};
use crate::journal::{Encoded, JournalError, Reader};

/// The most idle connections that are kept; more at once are opened and closed again.
const KEPT: usize = 4;

/// Connections that nobody reads with just now.
#[derive(Debug)]
pub(super) struct Pool {
    database: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    pub(super) fn new(database: &Path) -> Self {
        Pool { database: database.to_owned(), idle: Mutex::default() }
    }

    fn with<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, JournalError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connection::reading(&self.database)?,
        };
        let value = read(&connection).map_err(|error| error::reading(&error, &self.database))?;
        // Only after success: what failed once is opened anew.
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(connection);
        }
        Ok(value)
    }
}

#[derive(Debug)]
pub(super) struct SqliteReader {
    pub(super) pool: Arc<Pool>,
    pub(super) journal: JournalId,
}

impl SqliteReader {
    fn entries(&self, select: &str, parameters: &[&dyn ToSql]) -> Result<Vec<Encoded>, JournalError> {
        let stored = self.pool.with(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM entries WHERE {select}");
            let mut statement = connection.prepare_cached(&sql)?;
            statement.query_map(parameters, rows::stored)?.collect::<Result<Vec<_>, _>>()
        })?;
        stored.into_iter().map(rows::Stored::encoded).collect()
    }
}

fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

impl Reader for SqliteReader {
    fn read(&self, after: Seq, limit: usize) -> Result<Vec<Encoded>, JournalError> {
        self.entries("seq > ?1 ORDER BY seq LIMIT ?2", &[&after.as_i64(), &count(limit)])
    }

    fn timeline(
        &self,
        incident: IncidentId,
        after: Seq,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Encoded>, JournalError> {
        let before = before.map_or(i64::MAX, Seq::as_i64);
        let mut entries = self.entries(
            "incident = ?1 AND seq > ?2 AND seq < ?3 ORDER BY seq DESC LIMIT ?4",
            &[&incident.0, &after.as_i64(), &before, &count(limit)],
        )?;
        entries.reverse();
        Ok(entries)
    }

    fn head(&self) -> Result<Head, JournalError> {
        self.pool.with(|connection| rows::head(connection, self.journal))
    }

    fn kept(&self, name: &str) -> Result<Option<Vec<u8>>, JournalError> {
        self.pool.with(|connection| kept::load(connection, name))
    }
}
