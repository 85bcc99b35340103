//! Ends without goodbye, and files that hold less afterwards.

use proptest::prelude::*;

use super::*;
use crate::journal::verify;

#[test]
fn after_a_kill_all_that_was_acknowledged_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("room.db");
    let mut journal = open(&path).unwrap();
    for seq in 1..=50 {
        append(&mut journal, seq..=seq);
    }
    let copy = killed(&path, folder.path());
    let again = open(&copy).unwrap();
    assert_eq!(again.head(), journal.head());
    assert_eq!(all(&again), (1..=50).map(encoded).collect::<Vec<_>>());
    drop(again);
    assert!(verify(&copy).unwrap().is_sound());
}

/// 300 commits in the log, killed.
fn long_log(folder: &Path) -> PathBuf {
    let path = folder.join("room.db");
    let mut journal = open(&path).unwrap();
    for seq in 1..=300 {
        append(&mut journal, seq..=seq);
    }
    killed(&path, folder)
}

fn went_back(path: &Path) -> (u64, u64) {
    match refusal(path) {
        JournalError::WentBack { found, known, hint } => {
            assert!(hint.contains("--accept-journal-loss"), "{hint}");
            (found.0, known.0)
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_flipped_bit_in_the_log_is_noticed_though_sqlite_says_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let copy = long_log(folder.path());
    let log = beside(&copy, "-wal");
    flip(&log, fs::metadata(&log).unwrap().len() / 2, 0x04);
    let before = contents(folder.path());
    let (found, known) = went_back(&copy);
    assert!(found > 0 && found < 300, "{found}");
    assert_eq!(known, 300);
    assert_eq!(contents(folder.path()), before, "it is left as it is");

    let report = verify(&copy).unwrap();
    assert_eq!(report.entries, found);
    assert_eq!(report.fault.as_ref().unwrap().seq, Seq(found + 1));
    assert!(report.to_string().contains("is gone, as are all up to entry 300"), "{report}");
    assert_eq!(contents(folder.path()), before, "verifying leaves it too");
}

#[test]
fn a_log_that_is_cut_or_gone_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let copy = long_log(folder.path());
    let log = beside(&copy, "-wal");
    let length = fs::metadata(&log).unwrap().len();
    fs::OpenOptions::new().write(true).open(&log).unwrap().set_len(length - 100).unwrap();
    assert_eq!(went_back(&copy), (299, 300));
    fs::remove_file(&log).unwrap();
    assert_eq!(went_back(&copy).1, 300);
}

#[test]
fn an_older_copy_of_the_database_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), 5);
    let old = fs::read(&path).unwrap();
    append(&mut open(&path).unwrap(), 6..=8);
    fs::write(&path, old).unwrap();
    assert_eq!(went_back(&path), (5, 8));
}

#[test]
fn a_database_that_is_gone_or_empty_is_not_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), 5);
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(0).unwrap();
    assert_eq!(went_back(&path), (0, 5));
    fs::remove_file(&path).unwrap();
    assert_eq!(went_back(&path), (0, 5));
    assert!(!path.exists());
}

#[test]
fn a_head_record_that_is_behind_is_brought_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), 5);
    let old = fs::read(beside(&path, ".head")).unwrap();
    append(&mut open(&path).unwrap(), 6..=8);
    fs::write(beside(&path, ".head"), old).unwrap();
    let journal = open(&path).unwrap();
    assert_eq!(journal.head().seq, Seq(8));
    assert_eq!(verify(&path).unwrap().recorded, Some(journal.head()));
}

#[test]
fn without_a_whole_head_record_nobody_can_tell() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), 5);
    let record = beside(&path, ".head");
    fs::write(&record, "nonsense").unwrap();
    assert!(refusal(&path).to_string().contains("cannot be read, so nobody can tell"));
    assert!(!verify(&path).unwrap().is_sound());
    fs::remove_file(&record).unwrap();
    assert!(refusal(&path).to_string().contains("is missing, so nobody can tell"));
    assert!(!verify(&path).unwrap().is_sound());
}

#[test]
fn a_journal_without_entries_needs_no_head_record_to_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), 0);
    let record = beside(&path, ".head");
    fs::remove_file(&record).unwrap();
    let head = open(&path).unwrap().head();
    assert_eq!(head.seq, Seq::START);
    assert!(record.exists() && verify(&path).unwrap().recorded == Some(head));
}

#[test]
fn a_journal_can_be_verified_while_a_hub_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("room.db");
    let mut journal = open(&path).unwrap();
    let head = append(&mut journal, 1..=9);
    let report = verify(&path).unwrap();
    assert!(report.is_sound(), "{report}");
    assert_eq!((report.head, report.recorded), (head, Some(head)));
    append(&mut journal, 10..=10);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_bit_of_the_log_flips_nothing_is_lost_in_silence(place in any::<u64>(), bit in 0..8_u8) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("room.db");
        let mut journal = open(&path).unwrap();
        for seq in 1..=20 {
            append(&mut journal, seq..=seq);
        }
        let copy = killed(&path, folder.path());
        let log = beside(&copy, "-wal");
        flip(&log, place % fs::metadata(&log).unwrap().len(), 1 << bit);
        let sound = verify(&copy).is_ok_and(|report| report.is_sound());
        match open(&copy) {
            Ok(again) => {
                prop_assert!(sound);
                prop_assert_eq!(all(&again), (1..=20).map(encoded).collect::<Vec<_>>());
            }
            Err(JournalError::WentBack { .. } | JournalError::Damaged(_)) => prop_assert!(!sound),
            Err(other) => prop_assert!(false, "{}", other),
        }
    }

    #[test]
    fn a_flipped_bit_in_the_head_record_never_keeps_a_sound_journal_shut(byte in 0..8192_u64, bit in 0..8_u8) {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path(), 3);
        flip(&beside(&path, ".head"), byte, 1 << bit);
        prop_assert_eq!(open(&path).unwrap().head().seq, Seq(3));
    }
}
