//! The journal: one transaction with its sync to disk, by how much goes into it; and reading on after a reconnect.
#![allow(clippy::expect_used, reason = "a bench that cannot begin has failed")]

mod support;

use divan::Bencher;
use divan::counter::ItemsCount;
use support::notes;
use warroom::domain::ids::Seq;
use warroom::domain::time::Timestamp;
use warroom::journal::{Batch, Journal, OnLoss, Options, Seed, Sqlite};

fn main() {
    divan::main();
}

fn open(folder: &tempfile::TempDir) -> Sqlite {
    let options = Options { seed: Seed([1; 32]), now: Timestamp::from_millis(0), on_loss: OnLoss::Refuse };
    Sqlite::open(&folder.path().join("journal.db"), &options).expect("a journal")
}

/// Where `TMPDIR` lies: a disk, or the figure means nothing.
#[divan::bench(args = [1, 16, 256], sample_count = 30)]
fn append(bencher: Bencher<'_, '_>, entries: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = open(&folder);
    let mut batch = Batch { entries: notes(entries), ..Batch::default() };
    bencher.counter(ItemsCount::new(entries)).bench_local(|| {
        let head = journal.head();
        for (place, encoded) in batch.entries.iter_mut().enumerate() {
            encoded.entry.seq = Seq(head.seq.0 + 1 + place as u64);
        }
        journal.append(head, &batch).expect("room on the disk")
    });
}

#[divan::bench(args = [1, 100, 500])]
fn read_on(bencher: Bencher<'_, '_>, entries: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = open(&folder);
    let batch = Batch { entries: notes(5_000), ..Batch::default() };
    journal.append(journal.head(), &batch).expect("room on the disk");
    let reader = journal.reader().expect("a reader");
    let counted = bencher.counter(ItemsCount::new(entries));
    counted.bench_local(|| reader.read(Seq(4_000), entries).expect("what was written"));
}
