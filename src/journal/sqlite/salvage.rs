//! When an operator accepts that entries are gone: a copy of everything is kept, and a new journal is made of the entries
//! whose chain is whole.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use rusqlite::{Connection, TransactionBehavior, params};

use super::append::insert;
use super::files::Files;
use super::walk::walk;
use super::{connection, error, rows, schema};
use crate::domain::command::{Outcome, Refusal};
use crate::domain::ids::{Hash, Head, JournalId, Seq};
use crate::domain::time::Timestamp;
use crate::journal::JournalError;
use crate::journal::head::{HeadRecord, sync_folder};
use crate::journal::verify::Loss;

/// Puts a sound journal with a new id in the place of the damaged one, and says where the copy of that one lies.
pub(super) fn accept_loss(
    files: &Files,
    id: JournalId,
    now: Timestamp,
    reason: &JournalError,
    known: Option<Head>,
) -> Result<(), JournalError> {
    let failed = |error: io::Error| {
        JournalError::Unavailable(format!(
            "the damaged journal {} could not be set aside: {error}; it is left as it is",
            files.database.display()
        ))
    };
    let aside = copy_aside(files, now).map_err(failed)?;
    let salvaged = files.salvaged();
    for leftover in [&salvaged.database, &salvaged.wal(), &salvaged.rollback(), &salvaged.shared_memory()] {
        remove(leftover).map_err(failed)?;
    }
    salvaged.make_database().map_err(failed)?;
    let mut target = connection::writing(&salvaged.database)?;
    let head = fill(&mut target, files, id, now, reason, known)?;
    target.close().map_err(|(_, error)| error::writing(&error, &salvaged.database))?;
    File::open(&salvaged.database).and_then(|file| file.sync_all()).map_err(failed)?;
    // A crash from here on leaves a database and a head record that disagree: it is refused and can be accepted again.
    remove(&files.wal()).map_err(failed)?;
    remove(&files.rollback()).map_err(failed)?;
    remove(&files.shared_memory()).map_err(failed)?;
    fs::rename(&salvaged.database, &files.database).map_err(failed)?;
    sync_folder(&files.database).map_err(failed)?;
    HeadRecord::create(&files.head(), &head).map_err(failed)?;
    tracing::warn!(
        kept = head.seq.0,
        copy = %aside.display(),
        %reason,
        "an operator accepted the loss of journal entries; the journal goes on under a new id"
    );
    Ok(())
}

fn copy_aside(files: &Files, now: Timestamp) -> io::Result<std::path::PathBuf> {
    let aside = files.lost(now);
    DirBuilder::new().mode(0o700).create(&aside)?;
    for file in [&files.database, &files.wal(), &files.rollback(), &files.head()] {
        if let (Some(_), Some(name)) = (Files::size(file)?, file.file_name()) {
            let copy = aside.join(name);
            fs::copy(file, &copy)?;
            File::open(&copy)?.sync_all()?;
        }
    }
    File::open(&aside)?.sync_all()?;
    sync_folder(&aside)?;
    Ok(aside)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn fill(
    target: &mut Connection,
    files: &Files,
    id: JournalId,
    now: Timestamp,
    reason: &JournalError,
    known: Option<Head>,
) -> Result<Head, JournalError> {
    let source = match Files::size(&files.database) {
        Ok(Some(size)) if size > 0 => Some(connection::first_look(files)?),
        Ok(_) => None,
        Err(error) => {
            return Err(JournalError::Unavailable(format!("the damaged journal cannot be read: {error}")));
        }
    };
    let failed = |error: rusqlite::Error| error::writing(&error, &files.salvaged().database);
    schema::create(target, id, now).map_err(failed)?;
    let transaction = target.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let mut head = Head { journal: id, seq: Seq::START, hash: Hash::ZERO };
    if let Some(source) = &source {
        let walked = walk(source, Seq::START, Hash::ZERO, |stored| {
            let body = stored.body.as_ref().map(|(salt, json)| (salt, json.as_str()));
            insert(&transaction, &stored.header, body, &stored.body_hash.0, &stored.hash.0)
        })
        .map_err(failed)?;
        head = Head { seq: walked.seq, hash: walked.hash, ..head };
        // Not worth failing for: without an outcome, a command that is repeated is decided anew.
        if let Err(error) = copy_outcomes(source, &transaction, head.seq) {
            tracing::warn!(%error, "not all outcomes of earlier commands could be kept");
        }
    }
    if let Some(source) = &source
        && let Err(error) = copy_losses(source, &transaction)
    {
        tracing::warn!(%error, "the record of earlier losses could not be kept");
    }
    let loss = Loss {
        at: now,
        kept: head.seq,
        known: known.map(|known| known.seq),
        previous: known.map(|known| known.journal),
        reason: reason.to_string(),
    };
    note(&transaction, &loss).map_err(failed)?;
    transaction.commit().map_err(failed)?;
    Ok(head)
}

/// Those whose entries are still there; the others must be decided anew when they are repeated.
fn copy_outcomes(source: &Connection, target: &Connection, kept: Seq) -> rusqlite::Result<()> {
    let mut insert = target.prepare(
        "INSERT INTO outcomes (id, content, result, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO NOTHING",
    )?;
    let mut select = source.prepare("SELECT id, content, result, at FROM outcomes")?;
    let mut rows = select.query(())?;
    while let Some(row) = rows.next()? {
        let result: String = row.get(2)?;
        match serde_json::from_str::<Result<Outcome, Refusal>>(&result) {
            Ok(Ok(outcome)) if outcome.seq > kept => {}
            Ok(Ok(_) | Err(_)) => {
                insert.execute(params![
                    row.get::<_, String>(0)?,
                    row.get::<_, [u8; 32]>(1)?,
                    result,
                    row.get::<_, i64>(3)?
                ])?;
            }
            Err(_) => {}
        }
    }
    Ok(())
}

fn copy_losses(source: &Connection, target: &Connection) -> rusqlite::Result<()> {
    rows::losses(source)?.iter().try_for_each(|loss| note(target, loss))
}

fn note(target: &Connection, loss: &Loss) -> rusqlite::Result<()> {
    let values = params![
        loss.at.as_millis(),
        loss.kept.as_i64(),
        loss.known.map(Seq::as_i64),
        loss.previous.map(|journal| journal.0.into_bytes()),
        loss.reason
    ];
    let sql = "INSERT INTO losses (at, kept, known, previous, reason) VALUES (?1, ?2, ?3, ?4, ?5)";
    target.execute(sql, values).map(drop)
}
