//! A fixed script of work on the journal, in which each of its operations on the disk fails once: the first, the second,
//! and so on to the last. Whatever failed, what was accepted is there, once, and the chain is whole.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use warroom::domain::actor::Actor;
use warroom::domain::apply::apply;
use warroom::domain::event::{Entry, Event};
use warroom::domain::ids::{EntryId, Head, Seq};
use warroom::domain::room::Room;
use warroom::journal::{
    AppendError, Batch, Encoded, Journal, JournalError, Location, OnLoss, Options, Seed, open, verify,
};

use crate::means::shim::{EIO, ENOSPC, Shim};
use crate::support::require_or_skip;
use crate::support::servers::Program;

/// Where the script's own process finds its folder.
const FOLDER: &str = "WARROOM_TEST_SCRIPT";
/// How many batches the script writes.
const BATCHES: u64 = 6;
/// How often it tries something again that failed.
const ATTEMPTS: usize = 4;

fn journal_in(folder: &Path) -> PathBuf {
    folder.join("kept/room.db")
}

fn opened(folder: &Path) -> Result<Box<dyn Journal>, JournalError> {
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    let options = Options { seed: Seed([7; 32]), now, on_loss: OnLoss::Refuse };
    open(&Location::Sqlite(journal_in(folder)), &options)
}

/// Two notes that name their batch.
fn batch(number: u64, after: Head) -> Batch {
    let encoded = |offset: u64| {
        let seq = Seq(after.seq.0 + offset);
        let entry = Entry {
            seq,
            id: EntryId(uuid::Uuid::from_u128(u128::from(number * 10 + offset))),
            at: "2026-11-23T12:00:00Z".parse().unwrap(),
            actor: Actor::Person("ana".parse().unwrap()),
            incident: None,
            event: Event::NoteAdded {
                text: format!("batch-{number}-{offset}").as_str().into(),
                evidence: None,
            },
        };
        let json = serde_json::to_string(&entry).unwrap().into();
        Encoded { entry, json }
    };
    let at = "2026-11-23T12:00:00Z".parse().unwrap();
    Batch { entries: vec![encoded(1), encoded(2)], outcomes: Vec::new(), at }
}

/// As the hub's writer does it: what is not known is looked up, and what is not there is written again.
fn write(journal: &mut dyn Journal, number: u64) -> bool {
    for _ in 0..ATTEMPTS {
        let after = journal.head();
        let batch = batch(number, after);
        match journal.append(after, &batch) {
            Ok(_) => return true,
            Err(error @ (AppendError::Full(_) | AppendError::Unknown(_))) => {
                eprintln!("batch {number}: {error}")
            }
            Err(error @ (AppendError::Moved(_) | AppendError::Misnumbered { .. })) => panic!("{error}"),
        }
        let recovered = (0..ATTEMPTS).any(|_| {
            let recovered = journal.recover();
            if let Err(error) = &recovered {
                eprintln!("batch {number}: {error}");
            }
            recovered.is_ok()
        });
        let found = journal.reader().and_then(|reader| reader.read(after.seq, 1));
        let Ok(found) = found else { continue };
        // Without a recovery nobody may say what was written.
        if recovered && found.first().is_some_and(|encoded| encoded.entry.id == batch.entries[0].entry.id) {
            return true;
        }
    }
    false
}

/// Not a test but the script, in a process of its own: this binary, started once more.
#[test]
#[ignore = "the script's own process, started by the tests"]
fn script() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let mut accepted = fs::File::create(folder.join("accepted")).unwrap();
    let mut accept = |word: &str| writeln!(accepted, "{word}").unwrap();
    for half in 0..2 {
        let mut tries = (0..ATTEMPTS).map(|_| opened(&folder));
        let Some(mut journal) = tries.find_map(Result::ok) else { return };
        for number in half * BATCHES / 2..(half + 1) * BATCHES / 2 {
            if write(&mut *journal, number) {
                accept(&number.to_string());
            }
        }
        let mut room = Room::default();
        if let Ok(read) = journal.reader().and_then(|reader| reader.read(Seq::START, 100)) {
            read.iter().for_each(|encoded| apply(&mut room, &encoded.entry));
            journal.save_snapshot(&room).ok();
        }
    }
    accept("all");
}

/// What becomes of the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    FailsOnce(i32),
    FailsForEver(i32),
    /// The process ends in its place.
    Dies,
}

impl How {
    fn env(self) -> [(&'static str, String); 2] {
        let (how, error) = match self {
            How::FailsOnce(error) => ("once", error),
            How::FailsForEver(error) => ("forever", error),
            How::Dies => ("exit", 0),
        };
        [("FAULT_HOW", how.to_owned()), ("FAULT_ERRNO", error.to_string())]
    }
}

/// A folder whose syncs cost nothing: the operations are counted, not the disk.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Runs the script with this operation failing. False when it has fewer operations.
fn run(shim: &Shim, how: How, operation: u32) -> bool {
    let folder = folder();
    let count = folder.path().join("count");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["every_operation::script", "--exact", "--ignored", "--nocapture", "--test-threads", "1"])
        .envs(shim.env("/kept"))
        .env_remove("FAULT_CONTROL")
        .envs(how.env())
        .env("FAULT_AT", operation.to_string())
        .env("FAULT_COUNT", &count)
        .env(FOLDER, folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let died = output.status.code() == Some(9);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() || died, "{how:?} at {operation}: {}: {words}", output.status);
    let counted = fs::read_to_string(&count).ok().and_then(|count| count.trim().parse::<u32>().ok());
    let reached = died || counted.is_some_and(|count| count >= operation);
    let accepted = fs::read_to_string(folder.path().join("accepted")).unwrap_or_default();
    if matches!(how, How::FailsOnce(_)) || !reached {
        assert!(
            accepted.ends_with("all\n"),
            "{how:?} at {operation}: one error stopped it: {accepted} {words}"
        );
        assert_eq!(
            accepted.lines().count() as u64,
            BATCHES + 1,
            "{how:?} at {operation}: {accepted} {words}"
        );
    }
    holds(folder.path(), &accepted, &format!("{how:?} at {operation}"));
    reached
}

/// On a disk that is sound again: everything accepted once, nothing by halves, and a whole chain.
fn holds(folder: &Path, accepted: &str, context: &str) {
    let journal = opened(folder).unwrap_or_else(|error| panic!("{context}: {error}"));
    let entries = journal.reader().unwrap().read(Seq::START, 100).unwrap();
    let text = |encoded: &Encoded| match &encoded.entry.event {
        Event::NoteAdded { text, .. } => text.to_string(),
        other => panic!("{context}: {other:?}"),
    };
    let texts: Vec<String> = entries.iter().map(text).collect();
    for number in (0..BATCHES).map(|number| number.to_string()) {
        let times =
            |offset: u64| texts.iter().filter(|text| **text == format!("batch-{number}-{offset}")).count();
        assert_eq!(times(1), times(2), "{context}: half of batch {number}");
        assert!(times(1) <= 1, "{context}: batch {number} is there twice");
        let was_accepted = accepted.lines().any(|line| line == number);
        assert!(times(1) == 1 || !was_accepted, "{context}: batch {number} was accepted and is gone");
    }
    drop(journal);
    let report = verify(&journal_in(folder)).unwrap();
    assert!(report.is_sound(), "{context}: {report}");
}

fn every_operation(how: How) {
    let shim = Shim::build();
    let operations = (1..).take_while(|operation| run(&shim, how, *operation)).count();
    eprintln!("{operations} operations");
    assert!(operations > 40, "the shim saw only {operations} operations");
}

#[test]
fn the_journal_holds_when_any_one_of_its_operations_fails() {
    require_or_skip!(Program::Cc);
    every_operation(How::FailsOnce(EIO));
}

#[test]
fn the_journal_holds_when_the_disk_is_full_for_any_one_of_its_operations() {
    require_or_skip!(Program::Cc);
    every_operation(How::FailsOnce(ENOSPC));
}

#[test]
fn the_journal_holds_when_the_disk_fails_for_good_from_any_of_its_operations_on() {
    require_or_skip!(Program::Cc);
    every_operation(How::FailsForEver(EIO));
}

#[test]
fn the_journal_holds_when_the_process_dies_in_place_of_any_of_its_operations() {
    require_or_skip!(Program::Cc);
    every_operation(How::Dies);
}
