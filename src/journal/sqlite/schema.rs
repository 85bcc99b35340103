//! The tables, version by version.

use rusqlite::{Connection, TransactionBehavior};

use crate::domain::ids::JournalId;
use crate::domain::time::Timestamp;

/// “warr”: tells our files from other SQLite files.
pub(in crate::journal) const APPLICATION_ID: i64 = 0x7761_7272;

/// Each brings the tables from the version of its place to the next.
const MIGRATIONS: [&str; 2] =
    [include_str!("../migrations/0001_journal.sql"), include_str!("../migrations/0002_kept.sql")];

/// The version that this warroom writes.
pub(in crate::journal) const VERSION: u32 = MIGRATIONS.len() as u32;

pub(in crate::journal) fn application_id(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "application_id", |row| row.get(0))
}

pub(in crate::journal) fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Brings an older journal to [`VERSION`], in one transaction.
pub(in crate::journal) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let found = version(connection)?;
    if found >= VERSION {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for migration in MIGRATIONS.iter().skip(found as usize) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

/// Whether the tables are, word for word, what their version makes. Who only reads does not notice a damaged constraint:
/// SQLite then looks at none.
pub(in crate::journal) fn is_as_made(connection: &Connection) -> rusqlite::Result<bool> {
    let made = Connection::open_in_memory()?;
    for migration in MIGRATIONS.iter().take(version(connection)? as usize) {
        made.execute_batch(migration)?;
    }
    Ok(words(connection)? == words(&made)?)
}

/// How each table and index was made, as bytes: they may be damaged.
fn words(connection: &Connection) -> rusqlite::Result<Vec<[Option<Vec<u8>>; 3]>> {
    let mut statement = connection.prepare(
        "SELECT CAST(type AS BLOB), CAST(name AS BLOB), CAST(sql AS BLOB) FROM sqlite_schema
         WHERE name NOT GLOB 'sqlite_stat*' ORDER BY type, name",
    )?;
    let rows = statement.query_map((), |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))?;
    rows.collect()
}

/// Makes all tables in an empty database and names it ours, in one transaction: a half-made journal does not exist.
pub(in crate::journal) fn create(
    connection: &mut Connection,
    id: JournalId,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for migration in MIGRATIONS {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.execute(
        "INSERT INTO journal (one, id, created_at) VALUES (1, ?1, ?2)",
        (id.0.as_bytes(), now.as_millis()),
    )?;
    transaction.commit()
}
