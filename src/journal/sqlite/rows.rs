//! Entries as rows.

use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;

use crate::domain::actor::Actor;
use crate::domain::event::{Entry, Event, UnknownEvent};
use crate::domain::ids::{EntryId, Hash, Head, IncidentId, JournalId, Seq};
use crate::domain::time::Timestamp;
use crate::journal::chain::{self, Header, Salt};
use crate::journal::{Encoded, JournalError, Loss};

/// The columns that [`stored`] takes, in its order.
pub(super) const COLUMNS: &str = "seq, id, at, incident, salt, body, body_hash, hash";

/// One entry as it lies in its row.
#[derive(Debug, Clone)]
pub(in crate::journal) struct Stored {
    pub header: Header,
    /// None once it was redacted.
    pub body: Option<(Salt, String)>,
    pub body_hash: Hash,
    pub hash: Hash,
}

pub(super) fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let salt: Option<Salt> = row.get(4)?;
    let body: Option<String> = row.get(5)?;
    Ok(Stored {
        header: Header {
            seq: seq(row, 0)?,
            id: EntryId(Uuid::from_bytes(row.get(1)?)),
            at: Timestamp::from_millis(row.get(2)?),
            incident: row.get::<_, Option<u32>>(3)?.map(IncidentId),
        },
        body: salt.zip(body),
        body_hash: Hash(row.get(6)?),
        hash: Hash(row.get(7)?),
    })
}

fn seq(row: &Row<'_>, column: usize) -> rusqlite::Result<Seq> {
    let raw: i64 = row.get(column)?;
    u64::try_from(raw).map(Seq).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, raw))
}

impl Stored {
    /// The entry for readers: never a body other than the one that was hashed.
    pub(super) fn encoded(self) -> Result<Encoded, JournalError> {
        let seq = self.header.seq;
        let damaged =
            |what: String| JournalError::Damaged(format!("entry {seq} {what}; see `warroom verify`"));
        let Some((salt, json)) = self.body else {
            return redacted(&self.header)
                .map_err(|error| damaged(format!("cannot be shown as redacted: {error}")));
        };
        if chain::body_hash(&salt, &json) != self.body_hash {
            return Err(damaged("does not hold what was hashed".to_owned()));
        }
        let entry = parse(&self.header, &json).map_err(damaged)?;
        Ok(Encoded { entry, json: json.into() })
    }
}

/// The entry in its JSON, which must say the same as the columns beside it.
pub(in crate::journal) fn parse(header: &Header, json: &str) -> Result<Entry, String> {
    let entry: Entry =
        serde_json::from_str(json).map_err(|error| format!("cannot be understood: {error}"))?;
    if Header::of(&entry) == *header {
        Ok(entry)
    } else {
        Err("has columns that differ from its body".to_owned())
    }
}

/// What stands in the place of a redacted entry, so that no reader sees a gap.
fn redacted(header: &Header) -> serde_json::Result<Encoded> {
    let entry = Entry {
        seq: header.seq,
        id: header.id,
        at: header.at,
        actor: Actor::Hub,
        incident: header.incident,
        event: Event::Unknown(UnknownEvent { kind: "entry.redacted".into(), fields: serde_json::Map::new() }),
    };
    let json = serde_json::to_string(&entry)?.into();
    Ok(Encoded { entry, json })
}

pub(in crate::journal) fn journal_id(connection: &Connection) -> rusqlite::Result<JournalId> {
    let bytes = connection.query_row("SELECT id FROM journal WHERE one = 1", (), |row| row.get(0))?;
    Ok(JournalId(Uuid::from_bytes(bytes)))
}

/// The newest entry and the chain's hash with it.
pub(super) fn head(connection: &Connection, journal: JournalId) -> rusqlite::Result<Head> {
    let mut statement =
        connection.prepare_cached("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1")?;
    let newest = statement.query_row((), |row| Ok((seq(row, 0)?, Hash(row.get(1)?)))).optional()?;
    let (seq, hash) = newest.unwrap_or((Seq::START, Hash::ZERO));
    Ok(Head { journal, seq, hash })
}

/// The chain's hash with one entry; none if there is no such entry.
pub(in crate::journal) fn hash_at(connection: &Connection, seq: Seq) -> rusqlite::Result<Option<Hash>> {
    if seq == Seq::START {
        return Ok(Some(Hash::ZERO));
    }
    let mut statement = connection.prepare_cached("SELECT hash FROM entries WHERE seq = ?1")?;
    statement.query_row([seq.as_i64()], |row| row.get(0).map(Hash)).optional()
}

/// Each time that an operator accepted that entries are gone, oldest first.
pub(in crate::journal) fn losses(connection: &Connection) -> rusqlite::Result<Vec<Loss>> {
    let mut statement =
        connection.prepare("SELECT at, kept, known, previous, reason FROM losses ORDER BY number")?;
    let losses = statement.query_map((), |row| {
        let known: Option<i64> = row.get(2)?;
        let previous: Option<[u8; 16]> = row.get(3)?;
        Ok(Loss {
            at: Timestamp::from_millis(row.get(0)?),
            kept: seq(row, 1)?,
            known: known.and_then(|known| u64::try_from(known).ok()).map(Seq),
            previous: previous.map(|bytes| JournalId(Uuid::from_bytes(bytes))),
            reason: row.get(4)?,
        })
    })?;
    losses.collect()
}
