//! All that the checker looks at, gathered when a fault is over.

use rusqlite::{Connection, OpenFlags};
use warroom::domain::room::Room;

use crate::feeds::{Heard, Resync};
use crate::hub::Hub;
use crate::ledger::Replies;
use crate::vendors::Effects;

#[derive(Debug, Clone)]
pub struct Evidence {
    /// Seq and JSON of every entry, read from the file and not through the hub.
    pub journal: Vec<(u64, String)>,
    pub replies: Replies,
    pub feeds: Vec<Vec<Heard>>,
    pub resync: Resync,
    pub effects: Effects,
    /// The room that the hub gives to a terminal that comes now.
    pub served: Room,
    /// `warroom verify`, and what it said where it found something.
    pub verified: Result<(), String>,
    /// KiB.
    pub memory: u64,
    pub memory_bound: u64,
    pub log: Vec<u8>,
    pub secrets: Vec<String>,
}

/// Reads the journal beside the hub, without the hub's own code.
pub fn read_journal(hub: &Hub) -> Vec<(u64, String)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(hub.journal(), flags).unwrap();
    let mut statement = connection.prepare("SELECT seq, body FROM entries ORDER BY seq").unwrap();
    let rows = statement.query_map((), |row| Ok((row.get::<_, i64>(0)?, row.get(1)?))).unwrap();
    rows.map(|row| row.unwrap()).map(|(seq, body)| (u64::try_from(seq).unwrap(), body)).collect()
}
