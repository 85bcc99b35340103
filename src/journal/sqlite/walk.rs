//! Along the chain, entry by entry, as far as it is whole.

use rusqlite::Connection;

use super::rows::{self, COLUMNS, Stored};
use crate::domain::ids::{Hash, Seq};
use crate::journal::chain;
use crate::journal::verify::Fault;

/// Where a walk came to.
#[derive(Debug, Clone)]
pub(in crate::journal) struct Walked {
    /// The last sound entry.
    pub seq: Seq,
    pub hash: Hash,
    pub redacted: u64,
    /// What is wrong with the one after it.
    pub fault: Option<Fault>,
}

/// Walks from the entry after `seq`, whose hash is `hash`, to the end or to the first fault; `visit` sees each sound
/// entry.
///
/// # Errors
///
/// Those of `visit`. A fault of the journal is no error here, it is what was looked for.
pub(in crate::journal) fn walk<E>(
    connection: &Connection,
    seq: Seq,
    hash: Hash,
    mut visit: impl FnMut(&Stored) -> Result<(), E>,
) -> Result<Walked, E> {
    let mut walked = Walked { seq, hash, redacted: 0, fault: None };
    let unreadable = |walked: &Walked, error: rusqlite::Error| {
        Some(Fault { seq: walked.seq.next(), what: format!("cannot be read: {error}") })
    };
    let sql = format!("SELECT {COLUMNS} FROM entries WHERE seq > ?1 ORDER BY seq");
    let mut statement = match connection.prepare(&sql) {
        Ok(statement) => statement,
        Err(error) => return Ok(Walked { fault: unreadable(&walked, error), ..walked }),
    };
    let mut rows = match statement.query([seq.as_i64()]) {
        Ok(rows) => rows,
        Err(error) => return Ok(Walked { fault: unreadable(&walked, error), ..walked }),
    };
    loop {
        let stored = match rows.next().and_then(|row| row.map(rows::stored).transpose()) {
            Ok(Some(stored)) => stored,
            Ok(None) => return Ok(walked),
            Err(error) => return Ok(Walked { fault: unreadable(&walked, error), ..walked }),
        };
        if let Err(what) = check(&stored, walked.seq.next(), &walked.hash) {
            let fault = Some(Fault { seq: walked.seq.next(), what });
            return Ok(Walked { fault, ..walked });
        }
        visit(&stored)?;
        walked.seq = stored.header.seq;
        walked.hash = stored.hash;
        walked.redacted += u64::from(stored.body.is_none());
    }
}

fn check(stored: &Stored, expected: Seq, previous: &Hash) -> Result<(), String> {
    if stored.header.seq != expected {
        return Err(format!("is missing; the next is entry {}", stored.header.seq));
    }
    if chain::hash(previous, &stored.header, &stored.body_hash) != stored.hash {
        return Err("does not continue the chain: it or its time, id or incident was changed".to_owned());
    }
    match &stored.body {
        Some((salt, json)) if chain::body_hash(salt, json) != stored.body_hash => {
            Err("does not hold what was hashed: its text was changed".to_owned())
        }
        Some((_, json)) => rows::parse(&stored.header, json).map(drop),
        None => Ok(()),
    }
}
