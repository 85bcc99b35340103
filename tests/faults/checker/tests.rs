//! Each part of the checker seen to fail: one thing is put wrong on purpose, and is named.

use warroom::domain::actor::Actor;
use warroom::domain::event::{Declared, Entry, Event};
use warroom::domain::ids::{EntryId, IncidentId, Seq};

use super::*;
use crate::feeds::{Heard, Resync};
use crate::ledger::Ledger;
use crate::vendors::Effects;

fn entry(seq: u64, event: Event) -> (u64, String) {
    let entry = Entry {
        seq: Seq(seq),
        id: EntryId(uuid::Uuid::from_u128(u128::from(seq))),
        at: "2026-11-23T12:00:00Z".parse().unwrap(),
        actor: Actor::Person("ana".parse().unwrap()),
        incident: Some(IncidentId(1)),
        event,
    };
    (seq, serde_json::to_string(&entry).unwrap())
}

fn event(json: &str) -> Event {
    let event = serde_json::from_str(json).unwrap();
    assert!(!matches!(event, Event::Unknown(_)), "{json}");
    event
}

/// An incident, two notes, and an update that was delivered to one destination.
fn sound() -> Evidence {
    let declared = Declared {
        title: "id-1 Checkout".into(),
        kind: None,
        severity: "SEV1".parse().unwrap(),
        services: Default::default(),
        summary: Default::default(),
        drill: false,
        impact_started: None,
        group: None,
    };
    let journal = vec![
        entry(1, Event::Declared(declared)),
        entry(2, event(r#"{"type":"note.added","text":"id-2 first"}"#)),
        entry(3, event(r#"{"type":"note.added","text":"id-3 second"}"#)),
        entry(
            4,
            event(
                r#"{"type":"comms.drafted","comms":"C-1","message":{"audience":"all","subject":"id-4","body":"b"}}"#,
            ),
        ),
        entry(5, event(r#"{"type":"comms.published","comms":"C-1","destinations":["hook"]}"#)),
        entry(6, event(r#"{"type":"comms.attempted","comms":"C-1","destination":"hook"}"#)),
        entry(7, event(r#"{"type":"comms.delivered","comms":"C-1","destination":"hook","detail":"204"}"#)),
    ];
    let ledger = Ledger::default();
    for (id, seq) in [("id-1", 1), ("id-2", 2), ("id-3", 3), ("id-4", 5)] {
        ledger.accept(id, Some(seq));
    }
    let heard = journal.iter().skip(1).map(|(seq, json)| Heard::Entry { seq: *seq, json: json.clone() });
    let feed: Vec<Heard> = std::iter::once(Heard::Snapshot { seq: 1 }).chain(heard).collect();
    let served = fold(&journal, u64::MAX).for_terminals();
    Evidence {
        journal,
        replies: ledger.replies(),
        feeds: vec![feed],
        resync: Resync::Never,
        effects: Effects::from([(("hook".to_owned(), "id-4".to_owned()), 1)]),
        served,
        verified: Ok(()),
        memory: 10,
        memory_bound: 20,
        log: b"{\"message\":\"the hub serves\"}\n".to_vec(),
        secrets: vec!["wr_planted".to_owned()],
    }
}

#[track_caller]
fn finds(spoil: impl FnOnce(&mut Evidence), expected: &str) {
    let mut evidence = sound();
    spoil(&mut evidence);
    let wrong = violations(&evidence);
    assert!(wrong.iter().any(|sentence| sentence.contains(expected)), "{wrong:?}");
}

#[test]
fn a_sound_scene_has_no_violations() {
    assert_eq!(violations(&sound()), Vec::<String>::new());
}

#[test]
fn an_accepted_entry_that_was_dropped_is_found() {
    finds(
        |evidence| drop(evidence.journal.remove(2)),
        "id-3 was accepted as Some(3) and is not in the journal",
    );
    finds(|evidence| drop(evidence.journal.remove(2)), "entry 4 where 3 belongs");
}

#[test]
fn an_accepted_entry_that_was_doubled_is_found() {
    let again = |evidence: &mut Evidence| {
        let note = evidence.journal[2].1.replace("\"seq\":3", "\"seq\":8");
        evidence.journal.push((8, note));
    };
    finds(again, "id-3 is in the journal more than once: [3, 8]");
}

#[test]
fn a_reply_that_names_another_entry_is_found() {
    let other = |evidence: &mut Evidence| {
        evidence.replies.accepted.insert("id-2".to_owned(), Some(7));
    };
    finds(other, "is entry 2");
    let ledger = Ledger::default();
    ledger.accept("id-1", Some(4));
    ledger.accept("id-1", Some(5));
    assert_eq!(ledger.replies().surprises.len(), 1);
}

#[test]
fn a_feed_with_a_hole_a_repetition_another_order_or_other_bytes_is_found() {
    finds(|evidence| drop(evidence.feeds[0].remove(3)), "entry 5 after 3");
    finds(
        |evidence| {
            let again = evidence.feeds[0][3].clone();
            evidence.feeds[0].insert(3, again);
        },
        "entry 4 after 4",
    );
    finds(|evidence| evidence.feeds[0].swap(2, 3), "entry 4 after 2");
    let other = Heard::Entry { seq: 7, json: "{}".to_owned() };
    finds(|evidence| *evidence.feeds[0].last_mut().unwrap() = other, "entry 7 is not the journal's");
}

#[test]
fn a_feed_that_ends_early_or_skips_by_a_snapshot_is_found() {
    finds(|evidence| drop(evidence.feeds[0].pop()), "it ends at Some(6), and the room is at 7");
    let skip = |evidence: &mut Evidence| evidence.feeds[0][3] = Heard::Snapshot { seq: 4 };
    finds(skip, "a snapshot of 4 in place of what follows 3");
    let mut allowed = sound();
    skip(&mut allowed);
    allowed.resync = Resync::Allowed;
    assert_eq!(violations(&allowed), Vec::<String>::new());
    allowed.feeds[0][3] = Heard::Snapshot { seq: 2 };
    assert!(!violations(&allowed).is_empty(), "back is never allowed");
    finds(|evidence| evidence.feeds[0].push(Heard::WentBack), "the journal went back");
}

#[test]
fn a_chain_that_verify_complains_about_is_found() {
    finds(|evidence| evidence.verified = Err("entry 3 is gone".to_owned()), "entry 3 is gone");
}

#[test]
fn a_doubled_delivery_and_one_that_nobody_wrote_down_are_found() {
    finds(|evidence| *evidence.effects.values_mut().next().unwrap() = 2, "reached people 2 times");
    let unknown = ("hook".to_owned(), "id-9".to_owned());
    finds(|evidence| evidence.effects.extend([(unknown, 1)]), "the journal knows nothing of it");
    finds(|evidence| evidence.effects.clear(), "counts as delivered and reached nobody");
    finds(|evidence| drop(evidence.journal.pop()), "is neither delivered nor failed nor uncertain");
}

#[test]
fn an_uncertain_delivery_may_have_arrived_once_or_not_at_all() {
    let uncertain = r#"{"type":"comms.uncertain","comms":"C-1","destination":"hook","detail":"cut"}"#;
    for times in [0, 1] {
        let mut evidence = sound();
        evidence.journal[6] = entry(7, event(uncertain));
        evidence.feeds.clear();
        evidence.served = fold(&evidence.journal, u64::MAX).for_terminals();
        *evidence.effects.values_mut().next().unwrap() = times;
        assert_eq!(violations(&evidence), Vec::<String>::new());
    }
}

#[test]
fn a_room_that_is_not_the_fold_of_the_journal_is_found() {
    finds(|evidence| evidence.served.last_incident = 9, "to another room than is served");
}

#[test]
fn memory_above_its_bound_is_found() {
    finds(|evidence| evidence.memory = 21, "the hub took 21 KiB");
}

#[test]
fn a_raw_escape_and_a_planted_secret_in_a_log_are_found() {
    finds(|evidence| evidence.log.extend(b"note \x1b[31m\n"), "holds a control character");
    finds(|evidence| evidence.log.extend("note \u{9b}2J\n".as_bytes()), "holds a control character");
    finds(|evidence| evidence.log.extend(b"Bearer wr_planted\n"), "holds a secret");
}
