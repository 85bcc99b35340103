//! A look at what is there before anything may write to it: a journal that is wrong is left exactly as it is.

use rusqlite::Connection;

use super::files::Files;
use super::walk::walk;
use super::{connection, error, rows, schema};
use crate::domain::ids::{Head, Seq};
use crate::journal::JournalError;
use crate::journal::head::{self, Found};

/// How many of the newest entries are checked at each start; `warroom verify` checks all.
const TAIL: u64 = 256;

/// What is there.
#[derive(Debug)]
pub(super) enum State {
    Nothing,
    Journal,
}

/// Why it cannot be opened.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Not ours, too new, or out of reach: no operator can accept that.
    Refused(JournalError),
    /// Ours, and entries are gone or changed.
    Lost { error: JournalError, known: Option<Head> },
}

impl Trouble {
    pub(super) fn into_error(self) -> JournalError {
        match self {
            Trouble::Refused(error) | Trouble::Lost { error, .. } => error,
        }
    }
}

pub(super) fn inspect(files: &Files) -> Result<State, Trouble> {
    let unreadable = |error: std::io::Error| {
        Trouble::Refused(JournalError::Unavailable(format!(
            "the journal {} cannot be read: {error}",
            files.database.display()
        )))
    };
    let record = head::find(&files.head()).map_err(unreadable)?;
    let size = Files::size(&files.database).map_err(unreadable)?.unwrap_or(0);
    if size == 0 {
        let log = Files::size(&files.wal()).map_err(unreadable)?.unwrap_or(0);
        return nothing(files, &record, log);
    }
    let connection = connection::first_look(files).map_err(Trouble::Refused)?;
    match identify(&connection) {
        Ok(Identity::Ours) => check(&connection, files, &record).map(|()| State::Journal),
        Ok(Identity::Empty) => nothing(files, &record, 0),
        Ok(Identity::TooNew(found)) => {
            Err(Trouble::Refused(JournalError::TooNew { found, known: schema::VERSION }))
        }
        Ok(Identity::Unversioned) => Err(Trouble::Lost {
            error: JournalError::Damaged(format!(
                "{} does not say in which format it is; put a backup in its place, or {ACCEPT}",
                files.database.display()
            )),
            known: match record {
                Found::Head(known) => Some(known),
                Found::Nothing | Found::Unreadable => None,
            },
        }),
        Ok(Identity::Foreign) => Err(Trouble::Refused(JournalError::Damaged(format!(
            "{} is a database of another program; it is left as it is; name another file",
            files.database.display()
        )))),
        Err(error) if error::is_damage(&error) => {
            let damage = JournalError::Damaged(format!(
                "{} is not a journal that can be read ({error}); it is left as it is; put a backup in its place",
                files.database.display()
            ));
            match record {
                // Only a journal of ours has a head record beside it.
                Found::Head(known) => Err(Trouble::Lost { error: damage, known: Some(known) }),
                Found::Nothing | Found::Unreadable => Err(Trouble::Refused(damage)),
            }
        }
        Err(error) => Err(Trouble::Refused(error::reading(&error, &files.database))),
    }
}

enum Identity {
    Ours,
    /// A database without any table: what is left when the making was cut off.
    Empty,
    TooNew(u32),
    /// Ours, but the number of its format was overwritten.
    Unversioned,
    Foreign,
}

fn identify(connection: &Connection) -> rusqlite::Result<Identity> {
    let application = schema::application_id(connection)?;
    let version = schema::version(connection)?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    Ok(match (application, tables) {
        (schema::APPLICATION_ID, _) if version > schema::VERSION => Identity::TooNew(version),
        (schema::APPLICATION_ID, _) if version == 0 => Identity::Unversioned,
        (schema::APPLICATION_ID, _) => Identity::Ours,
        (0, 0) => Identity::Empty,
        _ => Identity::Foreign,
    })
}

/// No database, or an empty one: a new journal only if nothing speaks of an old one.
fn nothing(files: &Files, record: &Found, log: u64) -> Result<State, Trouble> {
    match record {
        Found::Head(known) if known.seq > Seq::START => {
            Err(Trouble::Lost { error: went_back(Seq::START, known, files), known: Some(*known) })
        }
        Found::Nothing | Found::Head(_) if log == 0 => Ok(State::Nothing),
        Found::Nothing | Found::Head(_) | Found::Unreadable => Err(Trouble::Lost {
            error: JournalError::Damaged(format!(
                "{} is missing or empty, but files of a journal lie beside it; put it back, or {ACCEPT}",
                files.database.display()
            )),
            known: None,
        }),
    }
}

const ACCEPT: &str = "start with --accept-journal-loss to go on with what is there (a copy is kept)";

fn went_back(found: Seq, known: &Head, files: &Files) -> JournalError {
    JournalError::WentBack {
        found,
        known: known.seq,
        hint: format!("put back the newer {}, or {ACCEPT}", files.database.display()),
    }
}

fn check(connection: &Connection, files: &Files, record: &Found) -> Result<(), Trouble> {
    let known = match record {
        Found::Head(known) => Some(*known),
        Found::Nothing | Found::Unreadable => None,
    };
    let lost = |what: String| Trouble::Lost { error: JournalError::Damaged(what), known };
    let failed = |error: rusqlite::Error| {
        let damaged = error::is_damage(&error);
        match error::reading(&error, &files.database) {
            error if damaged => Trouble::Lost { error, known },
            error => Trouble::Refused(error),
        }
    };
    let journal = rows::journal_id(connection).map_err(failed)?;
    let newest = rows::head(connection, journal).map_err(failed)?;
    match (record, known) {
        (_, Some(known)) => compare(connection, &newest, &known, files)?,
        (Found::Nothing, None) if newest.seq == Seq::START => {}
        (Found::Nothing | Found::Head(_), None) => {
            return Err(lost(format!(
                "the head record {} is missing, so nobody can tell whether entries after {} are gone; put it back, or \
                 {ACCEPT}",
                files.head().display(),
                newest.seq
            )));
        }
        (Found::Unreadable, None) => {
            return Err(lost(format!(
                "the head record {} cannot be read, so nobody can tell whether entries after {} are gone; put it back, \
                 or {ACCEPT}",
                files.head().display(),
                newest.seq
            )));
        }
    }
    tail(connection, newest.seq).map_err(failed)?.map_or(Ok(()), |what| Err(lost(what)))
}

/// Holds the database against the head that was known.
pub(super) fn compare(
    connection: &Connection,
    newest: &Head,
    known: &Head,
    files: &Files,
) -> Result<(), Trouble> {
    let lost = |error| Trouble::Lost { error, known: Some(*known) };
    if known.journal != newest.journal {
        return Err(lost(JournalError::Damaged(format!(
            "{} holds journal {}, and its head record speaks of journal {}; put the right one back, or {ACCEPT}",
            files.database.display(),
            newest.journal,
            known.journal
        ))));
    }
    if newest.seq < known.seq {
        return Err(lost(went_back(newest.seq, known, files)));
    }
    match rows::hash_at(connection, known.seq) {
        Ok(Some(hash)) if hash == known.hash => Ok(()),
        Ok(_) => Err(lost(JournalError::Damaged(format!(
            "entry {} is not the one that was acknowledged; see `warroom verify`, put back a sound {}, or {ACCEPT}",
            known.seq,
            files.database.display()
        )))),
        Err(error) => Err(lost(error::reading(&error, &files.database))),
    }
}

/// What is wrong with the newest entries.
pub(super) fn tail(connection: &Connection, newest: Seq) -> rusqlite::Result<Option<String>> {
    let start = Seq(newest.0.saturating_sub(TAIL));
    let Some(hash) = rows::hash_at(connection, start)? else {
        return Ok(Some(format!("entry {start} is missing; see `warroom verify`")));
    };
    let Ok(walked) = walk(connection, start, hash, |_| Ok::<_, std::convert::Infallible>(()));
    Ok(walked
        .fault
        .map(|fault| format!("entry {} {}; see `warroom verify`, or {ACCEPT}", fault.seq, fault.what)))
}
