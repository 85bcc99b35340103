//! Disks that refuse, and the way back.

use super::*;
use crate::journal::conformance::{command, outcome};

/// Lets the database grow by no more than so many pages.
fn limit(journal: &Sqlite, more: i64) {
    let connection = journal.connection.as_ref().unwrap();
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    connection.pragma_update(None, "max_page_count", pages + more).unwrap();
}

#[test]
fn a_full_disk_refuses_the_batch_whole_and_later_takes_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("room.db");
    let mut journal = open(&path).unwrap();
    let head = append(&mut journal, 1..=5);
    limit(&journal, 3);
    let mut large = batch(6..=500);
    large.outcomes.push((command(1), outcome(500)));
    for _ in 0..3 {
        match journal.append(head, &large) {
            Err(AppendError::Full(sentence)) => assert!(sentence.contains("full"), "{sentence}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(journal.head(), head);
    assert_eq!(all(&journal).len(), 5, "readers go on");
    assert_eq!(journal.recorded(&command(1)).unwrap(), None);
    limit(&journal, 100_000);
    assert_eq!(journal.append(head, &large).unwrap().seq, Seq(500));
    assert_eq!(all(&journal).len(), 500);
}

#[test]
fn a_locked_database_refuses_the_batch_and_later_takes_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("room.db");
    let mut journal = open(&path).unwrap();
    journal.connection.as_ref().unwrap().busy_timeout(std::time::Duration::ZERO).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let head = journal.head();
    let refused = journal.append(head, &batch(1..=1));
    assert!(matches!(refused, Err(AppendError::Full(_))), "{refused:?}");
    other.execute_batch("ROLLBACK").unwrap();
    journal.append(head, &batch(1..=1)).unwrap();
}

#[test]
fn after_an_unknown_outcome_nothing_is_written_until_it_recovered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("room.db");
    let mut journal = open(&path).unwrap();
    let head = append(&mut journal, 1..=3);
    // Another program takes the place of a disk that answers wrongly.
    let sql = "INSERT INTO entries SELECT 4, id, at, incident, salt, body, body_hash, hash FROM entries WHERE seq = 3";
    Connection::open(&path).unwrap().execute(sql, ()).unwrap();
    for _ in 0..2 {
        let unknown = journal.append(head, &batch(4..=4));
        assert!(matches!(unknown, Err(AppendError::Unknown(_))), "{unknown:?}");
    }
    assert!(journal.recorded(&command(1)).is_err());
    let error = journal.recover().unwrap_err();
    assert!(matches!(error, JournalError::Damaged(_)), "{error}");
    Connection::open(&path).unwrap().execute("DELETE FROM entries WHERE seq = 4", ()).unwrap();
    assert_eq!(journal.recover().unwrap(), head);
    append(&mut journal, 4..=4);
}

#[test]
fn recovering_notices_that_acknowledged_entries_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("room.db");
    let mut journal = open(&path).unwrap();
    append(&mut journal, 1..=3);
    Connection::open(&path).unwrap().execute("DELETE FROM entries WHERE seq = 3", ()).unwrap();
    let error = journal.recover().unwrap_err();
    assert!(matches!(error, JournalError::WentBack { found: Seq(2), known: Seq(3), .. }), "{error}");
    let refused = journal.append(journal.head(), &batch(4..=4));
    assert!(matches!(refused, Err(AppendError::Unknown(_))), "{refused:?}");
}
