//! One batch, one transaction.

use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::{error, rows};
use crate::domain::ids::Head;
use crate::domain::time::Timestamp;
use crate::journal::chain::{Header, Link, Salt};
use crate::journal::{AppendError, Batch, OUTCOMES_KEPT_DAYS};

/// Old outcomes are looked for at most this often, by the time of the batches.
const PRUNE_EVERY: Duration = Duration::from_secs(60 * 60);
/// And so many are deleted at once, so that no commit is slow because of it.
const PRUNE_AT_ONCE: usize = 1_000;

/// Whether old outcomes are all gone for now.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pruned {
    at: Timestamp,
}

/// Writes the batch; when it returns, it is on disk.
pub(super) fn append(
    connection: &mut Connection,
    head: Head,
    batch: &Batch,
    links: &[Link],
    pruned: &mut Pruned,
) -> Result<Head, AppendError> {
    let failed = |error: rusqlite::Error| error::before_commit(&error);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let found = rows::head(&transaction, head.journal).map_err(failed)?;
    if found != head {
        // The lock keeps other hubs away, so somebody was at the file with another program.
        return Err(AppendError::Unknown(format!(
            "the journal ends at entry {} and not at entry {}: another program has written to it",
            found.seq, head.seq
        )));
    }
    for (encoded, link) in batch.entries.iter().zip(links) {
        let body = Some((&link.salt, &*encoded.json));
        insert(&transaction, &Header::of(&encoded.entry), body, &link.body_hash.0, &link.hash.0)
            .map_err(failed)?;
    }
    outcomes(&transaction, batch).map_err(failed)?;
    let pruned_now = prune(&transaction, batch.at, *pruned).map_err(failed)?;
    transaction.commit().map_err(|error| AppendError::Unknown(error.to_string()))?;
    *pruned = pruned_now;
    Ok(match (batch.entries.last(), links.last()) {
        (Some(encoded), Some(link)) => Head { seq: encoded.entry.seq, hash: link.hash, ..head },
        _ => head,
    })
}

/// Puts one entry in. A redacted one has no body.
pub(super) fn insert(
    connection: &Connection,
    header: &Header,
    body: Option<(&Salt, &str)>,
    body_hash: &[u8; 32],
    hash: &[u8; 32],
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO entries (seq, id, at, incident, salt, body, body_hash, hash) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    statement.execute(params![
        header.seq.as_i64(),
        header.id.0.as_bytes(),
        header.at.as_millis(),
        header.incident.map(|incident| incident.0),
        body.map(|(salt, _)| salt),
        body.map(|(_, json)| json),
        body_hash,
        hash,
    ])?;
    Ok(())
}

fn outcomes(transaction: &Transaction<'_>, batch: &Batch) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO outcomes (id, content, result, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO NOTHING",
    )?;
    for (id, recorded) in &batch.outcomes {
        let result = serde_json::to_string(&recorded.result)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        statement.execute(params![id.as_str(), recorded.content.0, result, batch.at.as_millis()])?;
    }
    Ok(())
}

fn prune(transaction: &Transaction<'_>, now: Timestamp, pruned: Pruned) -> rusqlite::Result<Pruned> {
    if now.since(pruned.at) < PRUNE_EVERY {
        return Ok(pruned);
    }
    let oldest = now.minus(Duration::from_secs(OUTCOMES_KEPT_DAYS * 24 * 60 * 60));
    let mut statement = transaction.prepare_cached(
        "DELETE FROM outcomes WHERE id IN (SELECT id FROM outcomes WHERE at < ?1 ORDER BY at LIMIT ?2)",
    )?;
    let deleted = statement.execute(params![oldest.as_millis(), PRUNE_AT_ONCE as i64])?;
    Ok(if deleted < PRUNE_AT_ONCE { Pruned { at: now } } else { pruned })
}
