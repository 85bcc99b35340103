//! Bytes by name, beside the entries: a convenience like the saved room. What is doubtful is as if it were not there.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use sha2::{Digest, Sha256};

pub(super) fn load(connection: &Connection, name: &str) -> rusqlite::Result<Option<Vec<u8>>> {
    let mut statement = connection.prepare_cached("SELECT bytes, checksum FROM kept WHERE name = ?1")?;
    let row = statement.query_row([name], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?)));
    let Some((bytes, checksum)) = row.optional()? else { return Ok(None) };
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    if checksum != digest {
        tracing::warn!(name, "what was kept is damaged and is not used");
        return Ok(None);
    }
    Ok(Some(bytes))
}

pub(super) fn save(connection: &mut Connection, name: &str, bytes: &[u8]) -> rusqlite::Result<()> {
    let checksum: [u8; 32] = Sha256::digest(bytes).into();
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute(
        "INSERT OR REPLACE INTO kept (name, bytes, checksum) VALUES (?1, ?2, ?3)",
        params![name, bytes, checksum],
    )?;
    transaction.commit()
}

/// Forgets what has none of these names.
pub(super) fn keep_only(connection: &mut Connection, names: &BTreeSet<String>) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let known = {
        let mut statement = transaction.prepare("SELECT name FROM kept")?;
        let names = statement.query_map((), |row| row.get::<_, String>(0))?;
        names.collect::<rusqlite::Result<Vec<String>>>()?
    };
    for name in known.iter().filter(|name| !names.contains(*name)) {
        transaction.execute("DELETE FROM kept WHERE name = ?1", [name])?;
    }
    transaction.commit()
}
