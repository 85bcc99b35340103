//! What only a journal in files can suffer.

mod accepted;
mod crashed;
mod damaged;
mod full;
mod opened;

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::*;
use crate::domain::ids::IncidentId;
pub(super) use crate::journal::conformance::{SEED, append, at, batch, encoded};
use crate::journal::{Encoded, Seed};

pub(super) fn open_with(path: &Path, on_loss: OnLoss) -> Result<Sqlite, JournalError> {
    Sqlite::open(path, &Options { seed: SEED, now: at(0), on_loss })
}

pub(super) fn open(path: &Path) -> Result<Sqlite, JournalError> {
    open_with(path, OnLoss::Refuse)
}

pub(super) fn refusal(path: &Path) -> JournalError {
    match open(path) {
        Ok(journal) => panic!("opened: {journal:?}"),
        Err(error) => error,
    }
}

pub(super) fn all(journal: &Sqlite) -> Vec<Encoded> {
    journal.reader().unwrap().read(Seq::START, usize::MAX).unwrap()
}

/// The file beside a journal.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", path.display()))
}

/// The files of a running journal as `kill -9` would leave them, in another folder.
pub(super) fn killed(path: &Path, folder: &Path) -> PathBuf {
    let copy = folder.join("killed.db");
    for suffix in ["", "-wal", ".head"] {
        if beside(path, suffix).exists() {
            fs::copy(beside(path, suffix), beside(&copy, suffix)).unwrap();
        }
    }
    copy
}

/// Closes it cleanly with entries 1 to `last` in it.
pub(super) fn written(folder: &Path, last: u64) -> PathBuf {
    let path = folder.join("room.db");
    let mut journal = open(&path).unwrap();
    append(&mut journal, 1..=last);
    path
}

pub(super) fn flip(path: &Path, offset: u64, mask: u8) {
    let file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).unwrap();
    file.write_all_at(&[byte[0] ^ mask], offset).unwrap();
}

/// Everything in the folder but locks and SQLite's index of the log, to see that nothing was touched.
pub(super) fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .filter(|path| {
            let name = path.to_string_lossy();
            !name.ends_with(".lock") && !name.ends_with("-shm")
        })
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        // An empty log says nothing.
        .filter(|(path, bytes)| !(path.to_string_lossy().ends_with("-wal") && bytes.is_empty()))
        .collect();
    files.sort();
    files
}
