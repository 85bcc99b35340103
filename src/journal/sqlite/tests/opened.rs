//! Starts: who may have the files, what is made, what is refused.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::domain::apply::apply;
use crate::journal::verify;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_folder_and_the_files_are_for_their_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/warroom/room.db");
    let mut journal = open(&path).unwrap();
    append(&mut journal, 1..=3);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for suffix in ["", "-wal", "-shm", ".head", ".lock"] {
        assert_eq!(mode(&beside(&path, suffix)), 0o600, "{suffix}");
    }
}

#[test]
fn a_second_hub_is_told_who_has_the_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("room.db");
    let first = open(&path).unwrap();
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    for path in [&path, &link] {
        let sentence = refusal(path).to_string();
        assert!(sentence.contains(&format!("in use by pid {} on ", std::process::id())), "{sentence}");
    }
    drop(first);
    open(&path).unwrap();
}

#[test]
fn what_was_closed_opens_with_the_same_id_and_head() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("room.db");
    let mut journal = open(&path).unwrap();
    let head = append(&mut journal, 1..=9);
    assert_eq!(all(&journal).len(), 9);
    drop(journal);
    assert!(!beside(&path, "-wal").exists(), "a clean end leaves one file");
    let mut journal = open(&path).unwrap();
    assert_eq!(journal.head(), head);
    append(&mut journal, 10..=10);
    assert_eq!(all(&journal).len(), 10);
}

#[test]
fn a_start_reads_the_tail_after_the_saved_room() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("room.db");
    let mut journal = open(&path).unwrap();
    append(&mut journal, 1..=9);
    let room = Room { seq: Seq(6), ..Room::default() };
    journal.save_snapshot(&room).unwrap();
    drop(journal);
    let journal = open(&path).unwrap();
    assert_eq!(journal.snapshot().unwrap(), Some(room));
    assert_eq!(journal.reader().unwrap().read(Seq(6), 100).unwrap(), [encoded(7), encoded(8), encoded(9)]);
}

#[test]
fn a_doubtful_saved_room_is_as_good_as_none() {
    for change in [
        "UPDATE snapshot SET made_by = '0.0.0'",
        "UPDATE snapshot SET room = replace(room, '\"last_incident\":0', '\"last_incident\":9')",
        "UPDATE snapshot SET hash = zeroblob(32)",
        "UPDATE snapshot SET room = '{}'",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path(), 3);
        let mut journal = open(&path).unwrap();
        journal.save_snapshot(&Room { seq: Seq(2), ..Room::default() }).unwrap();
        drop(journal);
        assert_eq!(Connection::open(&path).unwrap().execute(change, ()).unwrap(), 1);
        assert_eq!(open(&path).unwrap().snapshot().unwrap(), None, "{change}");
    }
}

#[test]
fn a_saved_room_that_is_not_what_the_entries_come_to_is_no_sound_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), 9);
    let mut journal = open(&path).unwrap();
    let mut room = Room::default();
    all(&journal).iter().take(6).for_each(|encoded| apply(&mut room, &encoded.entry));
    journal.save_snapshot(&room).unwrap();
    assert!(verify(&path).unwrap().is_sound());
    // As somebody would who knows how a room is saved, its checksum included.
    room.last_incident += 1;
    journal.save_snapshot(&room).unwrap();
    let told = verify(&path).unwrap().to_string();
    assert!(told.contains("the saved room of entry 6 is not what the entries come to"), "{told}");
}

#[test]
fn a_journal_of_a_newer_warroom_is_refused_and_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), 3);
    Connection::open(&path).unwrap().pragma_update(None, "user_version", schema::VERSION + 1).unwrap();
    let before = contents(folder.path());
    for on_loss in [OnLoss::Refuse, OnLoss::Accept] {
        let error = open_with(&path, on_loss).unwrap_err();
        assert!(matches!(error, JournalError::TooNew { found, known } if found == known + 1), "{error}");
    }
    assert_eq!(contents(folder.path()), before);
}

#[test]
fn files_of_other_programs_are_refused_and_left_whatever_the_operator_says() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.db");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE bookmarks (url TEXT)").unwrap();
    let text = folder.path().join("notes.txt");
    fs::write(&text, "not a database at all, but a text of some length\n".repeat(50)).unwrap();
    let before = contents(folder.path());
    for path in [&other, &text] {
        for on_loss in [OnLoss::Refuse, OnLoss::Accept] {
            let error = open_with(path, on_loss).unwrap_err();
            assert!(matches!(error, JournalError::Damaged(_)), "{error}");
            assert!(error.to_string().contains("left as it is"), "{error}");
        }
    }
    assert_eq!(contents(folder.path()), before);
    assert!(matches!(open(folder.path()).unwrap_err(), JournalError::Unavailable(_)));
}

#[test]
fn a_making_that_was_cut_off_is_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("room.db");
    let files = Files::at(&path).unwrap();
    files.make_database().unwrap();
    drop(connection::writing(&path).unwrap());
    let head = Head { journal: JournalId(Uuid::nil()), seq: Seq::START, hash: Hash::ZERO };
    HeadRecord::create(&files.head(), &head).unwrap();
    append(&mut open(&path).unwrap(), 1..=2);
    assert_eq!(all(&open(&path).unwrap()).len(), 2);
}

#[test]
fn the_log_does_not_grow_without_bound_while_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("room.db");
    let mut journal = open(&path).unwrap();
    let mut longest = 0;
    // Three times as much as the writer lets the log grow to where its keeper does not get a turn.
    for round in 0..36 {
        append(&mut journal, round * 5_000 + 1..=(round + 1) * 5_000);
        longest = longest.max(fs::metadata(beside(&path, "-wal")).unwrap().len());
    }
    const BOUND: u64 = 40 * 1024 * 1024;
    let database = fs::metadata(&path).unwrap().len();
    assert!(database > BOUND, "too little was written: {database} bytes");
    assert!(longest < BOUND, "{longest} bytes of log beside {database} bytes");
}

#[test]
fn a_log_that_the_keeper_cannot_empty_is_emptied_by_the_writer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("room.db");
    let mut journal = open(&path).unwrap();
    append(&mut journal, 1..=3_000);
    let pages = |journal: &Sqlite| keeper::checkpoint(journal.connection.as_ref().unwrap()).unwrap().log;
    journal.keeper.set_log_pages(LOG_PAGES);
    append(&mut journal, 3_001..=3_001);
    assert_eq!(journal.keeper.log_pages(), 0);
    append(&mut journal, 3_002..=3_002);
    assert!(pages(&journal) < 50, "the log did not begin anew: {} pages", pages(&journal));
}
