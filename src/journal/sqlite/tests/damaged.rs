//! Entries and pages that are not what they were.

use proptest::prelude::*;

use super::*;
use crate::journal::verify;

fn change(path: &Path, sql: &str) {
    assert!(Connection::open(path).unwrap().execute(sql, ()).unwrap() > 0, "{sql}");
}

#[test]
fn each_kind_of_rewriting_is_found_at_its_entry() {
    let cases = [
        (
            "UPDATE entries SET body = replace(body, 'carts', 'cakes') WHERE seq = 40",
            40,
            "its text was changed",
        ),
        ("UPDATE entries SET at = at + 1 WHERE seq = 40", 40, "does not continue the chain"),
        ("UPDATE entries SET incident = 7 WHERE seq = 40", 40, "does not continue the chain"),
        ("UPDATE entries SET id = zeroblob(16) WHERE seq = 40", 40, "does not continue the chain"),
        ("UPDATE entries SET hash = zeroblob(32) WHERE seq = 40", 40, "does not continue the chain"),
        ("UPDATE entries SET salt = zeroblob(16) WHERE seq = 40", 40, "its text was changed"),
        ("DELETE FROM entries WHERE seq = 40", 40, "is missing; the next is entry 41"),
        ("DELETE FROM entries WHERE seq = 1", 1, "is missing; the next is entry 2"),
        ("DELETE FROM entries WHERE seq > 395", 396, "is gone, as are all up to entry 400"),
    ];
    for (sql, seq, what) in cases {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path(), 400);
        assert!(verify(&path).unwrap().is_sound());
        change(&path, sql);
        let report = verify(&path).unwrap();
        let fault = report.fault.clone().unwrap();
        assert_eq!(fault.seq, Seq(seq), "{sql}");
        assert!(fault.what.contains(what), "{sql}: {fault:?}");
        assert_eq!(report.entries, seq - 1, "{sql}");
    }
}

#[test]
fn a_chain_that_was_rewritten_whole_disagrees_with_the_head_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), 5);
    let record = fs::read(beside(&path, ".head")).unwrap();
    fs::remove_file(&path).unwrap();
    fs::remove_file(beside(&path, ".head")).unwrap();
    let mut forged = open(&path).unwrap();
    let mut entries = batch(1..=5);
    let first = entries.entries.first_mut().unwrap();
    first.entry.at = at(99);
    first.json = serde_json::to_string(&first.entry).unwrap().into();
    forged.append(forged.head(), &entries).unwrap();
    drop(forged);
    fs::write(beside(&path, ".head"), record).unwrap();
    let error = refusal(&path).to_string();
    assert!(error.contains("entry 5 is not the one that was acknowledged"), "{error}");
    let report = verify(&path).unwrap();
    assert!(report.to_string().contains("the chain was rewritten"), "{report}");
}

#[test]
fn a_redaction_leaves_the_chain_whole_and_a_mark_in_the_timeline() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), 5);
    change(&path, "UPDATE entries SET body = NULL, salt = NULL WHERE seq IN (2, 5)");
    let report = verify(&path).unwrap();
    assert!(report.is_sound(), "{report}");
    assert_eq!((report.entries, report.redacted), (5, 2));
    let journal = open(&path).unwrap();
    let shown = journal.reader().unwrap().timeline(IncidentId(2), Seq::START, None, 9).unwrap();
    assert_eq!(shown.len(), 2);
    let json = &*shown.first().unwrap().json;
    assert!(json.contains("entry.redacted") && !json.contains("carts"), "{json}");
    assert_eq!(serde_json::from_str::<crate::domain::event::Entry>(json).unwrap(), shown[0].entry);
}

#[test]
fn a_changed_text_is_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), 400);
    change(&path, "UPDATE entries SET body = replace(body, 'carts', 'cakes') WHERE seq = 40");
    let journal = open(&path).unwrap();
    let reader = journal.reader().unwrap();
    let error = reader.read(Seq(38), 5).unwrap_err().to_string();
    assert!(error.contains("entry 40 does not hold what was hashed"), "{error}");
    assert_eq!(reader.read(Seq(40), 2).unwrap(), [encoded(41), encoded(42)]);
}

#[test]
fn a_damaged_tail_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), 400);
    change(&path, "UPDATE entries SET body = replace(body, 'carts', 'cakes') WHERE seq = 390");
    let error = refusal(&path);
    assert!(matches!(error, JournalError::Damaged(_)), "{error}");
    assert!(error.to_string().contains("entry 390"), "{error}");
}

#[test]
fn a_destroyed_page_or_a_cut_file_is_refused_and_left() {
    for cut in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path(), 400);
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        if cut {
            file.set_len(fs::metadata(&path).unwrap().len() / 2).unwrap();
        } else {
            // Every page but the first, from the middle of each on.
            for page in 1..fs::metadata(&path).unwrap().len() / 4096 {
                file.write_all_at(&[0xa5; 2048], page * 4096).unwrap();
            }
        }
        let before = contents(folder.path());
        let error = refusal(&path);
        assert!(matches!(error, JournalError::Damaged(_) | JournalError::WentBack { .. }), "{error}");
        assert!(verify(&path).map_or(true, |report| !report.is_sound()));
        assert_eq!(contents(folder.path()), before);
    }
}

#[test]
fn a_destroyed_first_page_is_refused_and_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), 400);
    fs::OpenOptions::new().write(true).open(&path).unwrap().write_all_at(&[0; 4096], 0).unwrap();
    let before = contents(folder.path());
    assert!(matches!(refusal(&path), JournalError::Damaged(_)));
    assert!(verify(&path).is_err());
    assert_eq!(contents(folder.path()), before);
}

#[test]
fn a_lost_format_number_is_damage_and_not_an_old_format() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), 5);
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 0).unwrap();
    assert!(matches!(refusal(&path), JournalError::Damaged(_)));
    assert!(verify(&path).is_err());
    assert_eq!(all(&open_with(&path, OnLoss::Accept).unwrap()).len(), 5);
}

#[test]
fn a_damaged_constraint_is_found_though_who_only_reads_does_not_trip_over_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), 5);
    let bytes = fs::read(&path).unwrap();
    let word = b"CHECK (incident";
    let place = bytes.windows(word.len()).position(|window| window == word).unwrap();
    flip(&path, place as u64 + 7, 1);
    assert!(matches!(refusal(&path), JournalError::Damaged(_)));
    let report = verify(&path).unwrap();
    assert_eq!(report.entries, 5);
    assert!(report.fault.unwrap().what.ends_with("the tables are not as they were made"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// A flip in unused space changes nothing; any other is reported. No entry is ever silently another.
    #[test]
    fn a_flipped_bit_anywhere_in_the_file_is_never_silent(place in 0.0..1.0_f64, bit in 0..8_u8) {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path(), 60);
        let length = fs::metadata(&path).unwrap().len();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        flip(&path, (place * length as f64) as u64, 1 << bit);
        match verify(&path) {
            Ok(report) if report.is_sound() => {
                prop_assert_eq!(all(&open(&path).unwrap()), (1..=60).map(encoded).collect::<Vec<_>>());
            }
            Ok(_) | Err(_) => {}
        }
    }
}
