//! The room as of one entry, so that a start folds only what came later. It is a convenience: whatever is doubtful about
//! it, it is as if there were none, and the journal is read from its beginning.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use sha2::{Digest, Sha256};

use super::rows;
use crate::domain::ids::{Hash, Seq};
use crate::domain::room::Room;

/// Another version may fold the same entries into another room.
const MADE_BY: &str = env!("CARGO_PKG_VERSION");

pub(in crate::journal) fn load(connection: &Connection) -> rusqlite::Result<Option<Room>> {
    let row = connection
        .query_row("SELECT seq, hash, made_by, room, checksum FROM snapshot WHERE one = 1", (), |row| {
            let seq: i64 = row.get(0)?;
            Ok((
                Seq(u64::try_from(seq).unwrap_or(u64::MAX)),
                Hash(row.get(1)?),
                row.get::<_, String>(2)?,
                row.get::<_, String>(3)?,
                Hash(row.get(4)?),
            ))
        })
        .optional()?;
    let Some((seq, hash, made_by, json, checksum)) = row else { return Ok(None) };
    let doubt = if made_by != MADE_BY {
        "it is of another version"
    } else if Hash(Sha256::digest(&json).into()) != checksum {
        "it is damaged"
    } else if rows::hash_at(connection, seq)? != Some(hash) {
        "it is not of this journal's entries"
    } else {
        match serde_json::from_str::<Room>(&json) {
            Ok(room) if room.seq == seq => return Ok(Some(room)),
            Ok(_) | Err(_) => "it cannot be understood",
        }
    };
    tracing::info!("the saved room is not used: {doubt}; the journal is read from its beginning");
    Ok(None)
}

/// What became of a room that was to be saved.
pub(super) enum Saved {
    Yes,
    /// There is no such entry.
    Ahead,
}

pub(super) fn save(connection: &mut Connection, seq: Seq, json: &str) -> rusqlite::Result<Saved> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let Some(hash) = rows::hash_at(&transaction, seq)? else { return Ok(Saved::Ahead) };
    let checksum: [u8; 32] = Sha256::digest(json).into();
    transaction.execute(
        "INSERT OR REPLACE INTO snapshot (one, seq, hash, made_by, room, checksum) VALUES (1, ?1, ?2, ?3, ?4, ?5)",
        params![seq.as_i64(), hash.0, MADE_BY, json, checksum],
    )?;
    transaction.commit()?;
    Ok(Saved::Yes)
}
