//! The whole chain, checked offline and without changing a byte: for `warroom verify`.

use std::convert::Infallible;
use std::fmt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde::Serialize;

use super::JournalError;
use super::head::{self, Found};
use super::sqlite::files::Files;
use super::sqlite::walk::{Walked, walk};
use super::sqlite::{connection, rows, schema, snapshot};
use crate::domain::apply::apply;
use crate::domain::ids::{Hash, Head, JournalId, Seq};
use crate::domain::room::Room;
use crate::domain::time::Timestamp;

/// What a journal holds, and the first thing that is wrong with it.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub path: PathBuf,
    pub journal: JournalId,
    /// How many sound entries there are from the first on.
    pub entries: u64,
    /// Of those, how many had their text taken out. Their place in the chain is whole.
    pub redacted: u64,
    /// The last sound entry. Write it down elsewhere: a later check that does not lead through it found a rewrite.
    pub head: Head,
    /// What the head record beside the database says; none without a readable one.
    pub recorded: Option<Head>,
    /// Losses that an operator accepted.
    pub losses: Vec<Loss>,
    pub fault: Option<Fault>,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The first entry that is wrong or missing.
    pub seq: Seq,
    /// Continues “entry 12 …”.
    pub what: String,
}

/// An operator went on without entries that were once acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Loss {
    pub at: Timestamp,
    /// The last entry that was still there.
    pub kept: Seq,
    /// The last one that was acknowledged, where that is known.
    pub known: Option<Seq>,
    /// The journal's id until then.
    pub previous: Option<JournalId>,
    pub reason: String,
}

impl Report {
    pub fn is_sound(&self) -> bool {
        self.fault.is_none()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.fault {
            None => write!(f, "{path} is sound: {} entries", self.entries)?,
            Some(fault) => write!(f, "{path} is not sound: entry {} {}", fault.seq, fault.what)?,
        }
        if self.fault.is_some() {
            write!(f, "; {} entries before it are sound", self.entries)?;
        }
        if self.redacted > 0 {
            write!(f, ", {} of them redacted", self.redacted)?;
        }
        for loss in &self.losses {
            write!(f, "; on {} a loss after entry {} was accepted", loss.at, loss.kept)?;
        }
        write!(f, "; head {} {}", self.head, self.head.hash)
    }
}

/// Checks the journal at `path`: every entry's hash, the chain, SQLite's own structures and the head record. Also works
/// beside a running hub.
///
/// # Errors
///
/// When there is no journal that can be opened at all.
pub fn verify(path: &Path) -> Result<Report, JournalError> {
    let files = Files::at(path)?;
    let missing = |what: &dyn fmt::Display| {
        JournalError::Unavailable(format!(
            "there is no journal to verify at {}: {what}",
            files.database.display()
        ))
    };
    match Files::size(&files.database) {
        Ok(Some(0)) => return Err(JournalError::Damaged(format!("{} is empty", files.database.display()))),
        Ok(Some(_)) => {}
        Ok(None) => return Err(missing(&"no such file")),
        Err(error) => return Err(missing(&error)),
    }
    // Before the database: a hub that runs may go on between the two.
    let record = head::find(&files.head()).map_err(|error| missing(&error))?;
    let connection = connection::reading(&files.database)?;
    let journal = identify(&connection, &files)?;
    // Before the entries, too. A saved room that a start would not use is nobody's concern.
    let saved = snapshot::load(&connection).ok().flatten();
    let mut room = Room::default();
    let Ok(walked) = walk(&connection, Seq::START, Hash::ZERO, |stored| {
        if let (Some(saved), Some((_, json))) = (&saved, &stored.body)
            && room.seq < saved.seq
            && let Ok(entry) = rows::parse(&stored.header, json)
        {
            apply(&mut room, &entry);
        }
        Ok::<_, Infallible>(())
    });
    let head = Head { journal, seq: walked.seq, hash: walked.hash };
    let fault = walked
        .fault
        .clone()
        .or_else(|| against_record(&connection, &record, &head))
        .or_else(|| structure(&connection, &walked))
        .or_else(|| against_entries(saved.as_ref()?, &room, &walked));
    let (losses, fault) = match rows::losses(&connection) {
        Ok(losses) => (losses, fault),
        Err(error) => {
            let what = format!("would come next, but the record of losses cannot be read: {error}");
            (Vec::new(), fault.or(Some(Fault { seq: head.seq.next(), what })))
        }
    };
    let recorded = match record {
        Found::Head(recorded) => Some(recorded),
        Found::Nothing | Found::Unreadable => None,
    };
    Ok(Report {
        path: files.database,
        journal,
        entries: walked.seq.0,
        redacted: walked.redacted,
        head,
        recorded,
        losses,
        fault,
    })
}

fn identify(connection: &Connection, files: &Files) -> Result<JournalId, JournalError> {
    let damaged = |error: rusqlite::Error| {
        JournalError::Damaged(format!(
            "{} is not a journal that can be read: {error}",
            files.database.display()
        ))
    };
    if schema::application_id(connection).map_err(damaged)? != schema::APPLICATION_ID {
        return Err(JournalError::Damaged(format!(
            "{} is a database of another program",
            files.database.display()
        )));
    }
    let found = schema::version(connection).map_err(damaged)?;
    if found > schema::VERSION {
        return Err(JournalError::TooNew { found, known: schema::VERSION });
    }
    if found == 0 {
        return Err(JournalError::Damaged(format!(
            "{} does not say in which format it is",
            files.database.display()
        )));
    }
    rows::journal_id(connection).map_err(damaged)
}

fn against_record(connection: &Connection, record: &Found, head: &Head) -> Option<Fault> {
    let next = head.seq.next();
    let (seq, what) = match record {
        Found::Nothing if head.seq == Seq::START => return None,
        Found::Nothing => (next, "may be gone: the head record is missing".to_owned()),
        Found::Unreadable => (next, "may be gone: the head record cannot be read".to_owned()),
        Found::Head(known) if known.journal != head.journal => {
            (next, format!("may be gone: the head record is of journal {}", known.journal))
        }
        Found::Head(known) if known.seq > head.seq => {
            (next, format!("is gone, as are all up to entry {}, which was acknowledged", known.seq))
        }
        Found::Head(known) => match rows::hash_at(connection, known.seq) {
            Ok(Some(hash)) if hash == known.hash => return None,
            Ok(_) => (known.seq, "is not the one that was acknowledged: the chain was rewritten".to_owned()),
            Err(error) => (known.seq, format!("cannot be read: {error}")),
        },
    };
    Some(Fault { seq, what })
}

/// A start believes the saved room, so it has to be what the entries come to. Where one of them was redacted nobody can
/// tell any more.
fn against_entries(saved: &Room, folded: &Room, walked: &Walked) -> Option<Fault> {
    if walked.redacted > 0 || walked.seq < saved.seq {
        return None;
    }
    let same = serde_json::to_value(saved).ok() == serde_json::to_value(folded).ok();
    (!same).then(|| Fault {
        seq: walked.seq.next(),
        what: format!(
            "would come next, but the saved room of entry {} is not what the entries come to: delete the row of the \
             table `snapshot`, and the next start reads the entries themselves",
            saved.seq
        ),
    })
}

/// What the chain does not cover: indices, free pages, the other tables.
fn structure(connection: &Connection, walked: &Walked) -> Option<Fault> {
    let result = connection.pragma_query_value(None, "integrity_check", |row| row.get::<_, String>(0));
    let what = match result.and_then(|answer| Ok((answer, schema::is_as_made(connection)?))) {
        Ok((answer, true)) if answer == "ok" => return None,
        Ok((answer, false)) if answer == "ok" => "the tables are not as they were made".to_owned(),
        Ok((answer, _)) => answer,
        Err(error) => error.to_string(),
    };
    Some(Fault {
        seq: walked.seq.next(),
        what: format!("would come next, but the file around the entries is damaged: {what}"),
    })
}
