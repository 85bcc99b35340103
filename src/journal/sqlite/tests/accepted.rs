//! What happens when an operator accepts a loss.

use super::*;
use crate::journal::conformance::{command, outcome};
use crate::journal::verify;

fn lost_folder(folder: &Path) -> PathBuf {
    let mut lost = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains(".lost-"));
    lost.next().expect("a copy of the damaged files")
}

#[test]
fn an_accepted_loss_keeps_a_copy_and_goes_on_under_a_new_id() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("room.db");
    let mut journal = open(&path).unwrap();
    for seq in 1..=40 {
        let mut one = batch(seq..=seq);
        one.outcomes.push((command(seq), outcome(seq)));
        journal.append(journal.head(), &one).unwrap();
    }
    let old = journal.head();
    let copy = killed(&path, folder.path());
    let log = beside(&copy, "-wal");
    flip(&log, fs::metadata(&log).unwrap().len() / 2, 1);
    let damaged = fs::read(&log).unwrap();
    let JournalError::WentBack { found, .. } = refusal(&copy) else { panic!("not noticed") };

    let mut options = Options { seed: Seed([8; 32]), now: at(500), on_loss: OnLoss::Accept };
    let mut again = Sqlite::open(&copy, &options).unwrap();
    assert_eq!(again.head().seq, found);
    assert_ne!(again.head().journal, old.journal);
    assert_eq!(all(&again), (1..=found.0).map(encoded).collect::<Vec<_>>());
    assert_eq!(again.recorded(&command(found.0)).unwrap(), Some(outcome(found.0)));
    append(&mut again, found.0 + 1..=found.0 + 2);
    drop(again);

    let aside = lost_folder(folder.path());
    assert_eq!(fs::read(aside.join("killed.db-wal")).unwrap(), damaged);
    assert!(aside.join("killed.db").exists() && aside.join("killed.db.head").exists());
    let report = verify(&copy).unwrap();
    assert!(report.is_sound(), "{report}");
    let loss = report.losses.first().unwrap();
    assert_eq!((loss.kept, loss.known, loss.previous), (found, Some(Seq(40)), Some(old.journal)));
    assert!(report.to_string().contains("a loss after entry"), "{report}");
    options.on_loss = OnLoss::Refuse;
    Sqlite::open(&copy, &options).unwrap();
}

#[test]
fn what_is_whole_before_the_damage_is_salvaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), 400);
    let sql = "UPDATE entries SET body = replace(body, 'carts', 'cakes') WHERE seq = 390";
    Connection::open(&path).unwrap().execute(sql, ()).unwrap();
    let journal = open_with(&path, OnLoss::Accept).unwrap();
    assert_eq!(journal.head().seq, Seq(389));
    assert_eq!(all(&journal).len(), 389);
}

#[test]
fn a_database_that_cannot_be_read_at_all_is_set_aside_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), 20);
    fs::OpenOptions::new().write(true).open(&path).unwrap().write_all_at(&[0; 4096], 0).unwrap();
    let damaged = fs::read(&path).unwrap();
    let mut journal = open_with(&path, OnLoss::Accept).unwrap();
    assert_eq!(journal.head().seq, Seq::START);
    append(&mut journal, 1..=1);
    assert_eq!(fs::read(lost_folder(folder.path()).join("room.db")).unwrap(), damaged);
}

#[test]
fn accepting_changes_nothing_about_a_sound_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), 20);
    let before = open(&path).unwrap().head();
    assert_eq!(open_with(&path, OnLoss::Accept).unwrap().head(), before);
    assert!(verify(&path).unwrap().losses.is_empty());
}
