//! What every journal must do, asked of each in turn.

use std::sync::Arc;

use uuid::Uuid;

use super::*;
use crate::domain::actor::Actor;
use crate::domain::command::RefusalKind;
use crate::domain::event::Event;
use crate::domain::ids::EntryId;

pub(super) const SEED: Seed = Seed([7; 32]);

pub(super) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_795_442_400_000).plus(std::time::Duration::from_secs(seconds))
}

/// Entry `seq`; every third belongs to no incident, the others to INC-1 or INC-2.
pub(super) fn encoded(seq: u64) -> Encoded {
    let incident = match seq % 3 {
        0 => None,
        rest => Some(IncidentId(u32::try_from(rest).unwrap())),
    };
    let text = format!("note {seq}: ½ of the “carts” time out");
    let entry = Entry {
        seq: Seq(seq),
        id: EntryId(Uuid::from_u128(u128::from(seq))),
        at: at(seq),
        actor: Actor::Person("ana".parse().unwrap()),
        incident,
        event: Event::NoteAdded { text: text.as_str().into(), evidence: None },
    };
    let json = serde_json::to_string(&entry).unwrap().into();
    Encoded { entry, json }
}

pub(super) fn batch(seqs: std::ops::RangeInclusive<u64>) -> Batch {
    let last = *seqs.end();
    Batch { entries: seqs.map(encoded).collect(), outcomes: Vec::new(), at: at(last) }
}

pub(super) fn command(number: u64) -> CommandId {
    format!("command-{number}").parse().unwrap()
}

pub(super) fn outcome(seq: u64) -> Recorded {
    let outcome = Outcome {
        seq: Seq(seq),
        id: None,
        revision: None,
        task: None,
        comms: None,
        note: None,
        change: None,
    };
    Recorded { content: Hash([u8::try_from(seq % 256).unwrap(); 32]), result: Ok(outcome) }
}

pub(super) fn append(journal: &mut dyn Journal, seqs: std::ops::RangeInclusive<u64>) -> Head {
    let head = journal.head();
    journal.append(head, &batch(seqs)).unwrap()
}

fn seqs(entries: &[Encoded]) -> Vec<u64> {
    entries.iter().map(|encoded| encoded.entry.seq.0).collect()
}

/// Runs each case against each kind of journal.
macro_rules! conformance {
    ($($case:ident),+ $(,)?) => {
        mod memory {
            $(#[test] fn $case() { super::$case(&mut super::Memory::new(super::SEED)); })+
        }
        mod sqlite {
            $(#[test] fn $case() {
                let folder = tempfile::tempdir().unwrap();
                super::$case(&mut super::sqlite_in(folder.path()));
            })+
        }
    };
}

fn sqlite_in(folder: &std::path::Path) -> Sqlite {
    let options = Options { seed: SEED, now: at(0), on_loss: OnLoss::Refuse };
    Sqlite::open(&folder.join("room.db"), &options).unwrap()
}

conformance![
    a_new_journal_is_empty,
    entries_come_back_as_they_were_encoded_and_in_order,
    a_timeline_is_paged_from_its_newest_end,
    the_first_outcome_of_a_command_is_kept,
    outcomes_are_forgotten_after_their_days,
    refusals_are_recorded_without_any_entry,
    a_snapshot_comes_back_and_the_newest_wins,
    a_snapshot_ahead_of_the_journal_is_refused,
    bytes_are_kept_by_name_beside_the_entries,
    a_batch_decided_on_another_head_is_refused_whole,
    a_batch_that_counts_wrongly_is_refused_whole,
    ten_thousand_entries_go_in_one_batch,
    readers_work_in_other_threads_while_it_is_written,
    recovering_a_sound_journal_changes_nothing,
];

fn a_new_journal_is_empty(journal: &mut dyn Journal) {
    assert_eq!((journal.head().seq, journal.head().hash), (Seq::START, Hash::ZERO));
    let reader = journal.reader().unwrap();
    assert_eq!(reader.head().unwrap(), journal.head());
    assert!(reader.read(Seq::START, 10).unwrap().is_empty());
    assert_eq!(journal.snapshot().unwrap(), None);
    let head = journal.head();
    assert_eq!(journal.append(head, &Batch::default()).unwrap(), head);
}

fn entries_come_back_as_they_were_encoded_and_in_order(journal: &mut dyn Journal) {
    append(journal, 1..=5);
    let head = append(journal, 6..=7);
    let reader = journal.reader().unwrap();
    assert_eq!((reader.head().unwrap(), journal.head()), (head, head));
    let expected: Vec<Encoded> = (1..=7).map(encoded).collect();
    assert_eq!(reader.read(Seq::START, 100).unwrap(), expected);
    assert_eq!(seqs(&reader.read(Seq(2), 3).unwrap()), [3, 4, 5]);
    assert!(reader.read(Seq(7), 3).unwrap().is_empty());
    assert!(reader.read(Seq(u64::MAX), 3).unwrap().is_empty());
    assert!(reader.read(Seq::START, 0).unwrap().is_empty());
}

fn a_timeline_is_paged_from_its_newest_end(journal: &mut dyn Journal) {
    append(journal, 1..=20);
    let reader = journal.reader().unwrap();
    let page =
        |after, before, limit| seqs(&reader.timeline(IncidentId(1), Seq(after), before, limit).unwrap());
    assert_eq!(page(0, None, 3), [13, 16, 19]);
    assert_eq!(page(0, Some(Seq(13)), 3), [4, 7, 10]);
    assert_eq!(page(0, Some(Seq(4)), 3), [1]);
    assert_eq!(page(10, None, 100), [13, 16, 19]);
    assert_eq!(page(10, Some(Seq(14)), 100), [13]);
    assert!(page(19, None, 100).is_empty());
    assert!(reader.timeline(IncidentId(9), Seq::START, None, 5).unwrap().is_empty());
}

fn the_first_outcome_of_a_command_is_kept(journal: &mut dyn Journal) {
    let mut first = batch(1..=1);
    first.outcomes.push((command(1), outcome(1)));
    let head = journal.append(journal.head(), &first).unwrap();
    let mut again = batch(2..=2);
    again.outcomes.push((command(1), outcome(2)));
    journal.append(head, &again).unwrap();
    assert_eq!(journal.recorded(&command(1)).unwrap(), Some(outcome(1)));
    assert_eq!(journal.recorded(&command(2)).unwrap(), None);
}

fn outcomes_are_forgotten_after_their_days(journal: &mut dyn Journal) {
    let day = 24 * 60 * 60;
    for (number, day_number) in [(1, 0), (2, 6), (3, 8)] {
        let batch = Batch {
            entries: vec![encoded(number)],
            outcomes: vec![(command(number), outcome(number))],
            at: at(day_number * day),
        };
        journal.append(journal.head(), &batch).unwrap();
    }
    assert_eq!(journal.recorded(&command(1)).unwrap(), None);
    assert_eq!(journal.recorded(&command(2)).unwrap(), Some(outcome(2)));
    assert_eq!(journal.recorded(&command(3)).unwrap(), Some(outcome(3)));
}

fn refusals_are_recorded_without_any_entry(journal: &mut dyn Journal) {
    let refusal = Refusal::new(RefusalKind::NotFound, "there is no INC-9; see the list");
    let recorded = Recorded { content: Hash::ZERO, result: Err(refusal) };
    let batch = Batch { entries: Vec::new(), outcomes: vec![(command(1), recorded.clone())], at: at(1) };
    let head = journal.head();
    assert_eq!(journal.append(head, &batch).unwrap(), head);
    assert_eq!(journal.recorded(&command(1)).unwrap(), Some(recorded));
}

fn room(seq: u64) -> Room {
    Room { seq: Seq(seq), last_incident: 2, ..Room::default() }
}

fn a_snapshot_comes_back_and_the_newest_wins(journal: &mut dyn Journal) {
    append(journal, 1..=9);
    journal.save_snapshot(&room(4)).unwrap();
    assert_eq!(journal.snapshot().unwrap(), Some(room(4)));
    journal.save_snapshot(&room(9)).unwrap();
    assert_eq!(journal.snapshot().unwrap(), Some(room(9)));
    append(journal, 10..=10);
    assert_eq!(journal.snapshot().unwrap(), Some(room(9)));
}

fn a_snapshot_ahead_of_the_journal_is_refused(journal: &mut dyn Journal) {
    append(journal, 1..=3);
    let error = journal.save_snapshot(&room(4)).unwrap_err();
    assert!(error.to_string().contains("ends at entry 3"), "{error}");
    assert_eq!(journal.snapshot().unwrap(), None);
}

fn bytes_are_kept_by_name_beside_the_entries(journal: &mut dyn Journal) {
    let head = append(journal, 1..=2);
    for (name, bytes) in [("one", &b"first"[..]), ("two", &[0; 100_000]), ("one", b"second"), ("three", b"")]
    {
        journal.keep(name, bytes).unwrap();
    }
    let reader = journal.reader().unwrap();
    assert_eq!(reader.kept("one").unwrap().as_deref(), Some(&b"second"[..]));
    assert_eq!(reader.kept("two").unwrap().map(|bytes| bytes.len()), Some(100_000));
    assert_eq!(reader.kept("nobody").unwrap(), None);
    journal.keep_only(&["two".to_owned(), "four".to_owned()].into()).unwrap();
    assert_eq!(reader.kept("one").unwrap(), None);
    assert!(reader.kept("two").unwrap().is_some());
    assert_eq!((journal.head(), reader.head().unwrap()), (head, head));
}

fn a_batch_decided_on_another_head_is_refused_whole(journal: &mut dyn Journal) {
    let old = journal.head();
    let head = append(journal, 1..=2);
    let mut stale = batch(1..=1);
    stale.outcomes.push((command(1), outcome(1)));
    match journal.append(old, &stale) {
        Err(AppendError::Moved(moved)) => assert_eq!(moved, head),
        other => panic!("{other:?}"),
    }
    assert_eq!(journal.recorded(&command(1)).unwrap(), None);
    append(journal, 3..=3);
}

fn a_batch_that_counts_wrongly_is_refused_whole(journal: &mut dyn Journal) {
    let head = append(journal, 1..=2);
    for entries in [vec![encoded(4)], vec![encoded(3), encoded(5)], vec![encoded(2)]] {
        let batch = Batch { entries, outcomes: vec![(command(1), outcome(1))], at: at(1) };
        let error = journal.append(head, &batch).unwrap_err();
        assert!(matches!(error, AppendError::Misnumbered { .. }), "{error}");
    }
    assert_eq!(journal.head(), head);
    assert_eq!(journal.recorded(&command(1)).unwrap(), None);
    assert_eq!(journal.reader().unwrap().read(Seq::START, 9).unwrap().len(), 2);
}

fn ten_thousand_entries_go_in_one_batch(journal: &mut dyn Journal) {
    let head = append(journal, 1..=10_000);
    assert_eq!(head.seq, Seq(10_000));
    let entries = journal.reader().unwrap().read(Seq(9_998), 10).unwrap();
    assert_eq!(entries, [encoded(9_999), encoded(10_000)]);
}

fn readers_work_in_other_threads_while_it_is_written(journal: &mut dyn Journal) {
    append(journal, 1..=10);
    let reader: Arc<dyn Reader> = journal.reader().unwrap().into();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            let reader = Arc::clone(&reader);
            scope.spawn(move || {
                for _ in 0..20 {
                    let known = reader.head().unwrap().seq.0;
                    let read = seqs(&reader.read(Seq::START, usize::MAX).unwrap());
                    assert!(read.len() as u64 >= known);
                    assert!(read.iter().copied().eq(1..=read.len() as u64), "a gap in {read:?}");
                }
            });
        }
        for seq in 11..=30 {
            append(journal, seq..=seq);
        }
    });
    assert_eq!(reader.head().unwrap(), journal.head());
}

fn recovering_a_sound_journal_changes_nothing(journal: &mut dyn Journal) {
    let head = append(journal, 1..=4);
    assert_eq!(journal.recover().unwrap(), head);
    append(journal, 5..=5);
    assert_eq!(journal.reader().unwrap().read(Seq::START, 9).unwrap().len(), 5);
}
