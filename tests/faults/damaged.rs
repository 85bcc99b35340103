//! Journals that were damaged, cut or put back to an older one while no hub ran: refused in words, and left as they are.

use std::fs;
use std::path::Path;

use crate::PATIENCE;
use crate::evidence::read_journal;
use crate::hub::{Hub, Setup};
use crate::means::disk::files;
use crate::scene::Scene;
use crate::support::eventually;

fn flip_in_the_middle(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x04;
    fs::write(path, bytes).unwrap();
}

/// The hub does not start on what lies there, says why in one sentence with a next step, and changes nothing of it.
#[track_caller]
fn is_refused(hub: &Hub, damage: &str) {
    // Whoever opens a database makes an empty log and its index; the lock holds who tried last.
    let kept = |hub: &Hub| {
        let mut kept = files(&hub.data());
        kept.retain(|(path, bytes)| !path.to_string_lossy().ends_with("-shm") && !bytes.is_empty());
        kept.retain(|(path, _)| !path.to_string_lossy().ends_with(".lock"));
        kept
    };
    let before = kept(hub);
    let words = hub.refused();
    assert!(words.contains("journal") && !words.contains("panicked"), "{damage}: {words}");
    assert!(
        words.contains("put") || words.contains("--accept-journal-loss"),
        "{damage}: no next step: {words}"
    );
    assert!(hub.verify().is_err(), "{damage}: `warroom verify` finds nothing");
    assert!(kept(hub) == before, "{damage}: what lay there was changed");
}

#[test]
fn a_damaged_write_ahead_log_is_refused_and_with_the_right_one_nothing_is_missing() {
    let mut scene = Scene::open(Setup::default());
    scene.load();
    scene.accepts(60);
    let log = scene.hub.beside("-wal");
    let older = fs::read(&log).unwrap();
    scene.accepts(60);
    scene.hub.kill();
    let right = fs::read(&log).unwrap();
    let damages: [(&str, &dyn Fn()); 4] = [
        ("a bit in its middle is flipped", &|| flip_in_the_middle(&log)),
        ("its tail is cut off", &|| fs::write(&log, &right[..right.len() / 2]).unwrap()),
        ("it is gone", &|| fs::remove_file(&log).unwrap()),
        ("an older one lies in its place", &|| fs::write(&log, &older).unwrap()),
    ];
    for (damage, damaged) in damages {
        damaged();
        is_refused(&scene.hub, damage);
        fs::write(&log, &right).unwrap();
        fs::remove_file(scene.hub.beside("-shm")).ok();
    }
    scene.hub.start_again();
    scene.check();
}

#[test]
fn a_damaged_database_is_refused_and_with_the_right_one_nothing_is_missing() {
    let mut scene = Scene::open(Setup::default());
    scene.load();
    scene.accepts(60);
    scene.settle();
    scene.hub.end_in_one_file();
    let database = scene.hub.journal();
    let right = fs::read(&database).unwrap();
    let overwritten = |from: usize, to: usize| {
        let mut bytes = right.clone();
        bytes[from..to].fill(0xAA);
        fs::write(&database, bytes).unwrap();
    };
    let damages: [(&str, &dyn Fn()); 5] = [
        ("its first page is overwritten", &|| overwritten(0, 4096)),
        ("its second half is cut off", &|| fs::write(&database, &right[..right.len() / 2]).unwrap()),
        ("it is empty", &|| fs::write(&database, []).unwrap()),
        ("it is gone", &|| fs::remove_file(&database).unwrap()),
        ("it is something else", &|| fs::write(&database, "a shopping list\n".repeat(600)).unwrap()),
    ];
    for (damage, damaged) in damages {
        damaged();
        is_refused(&scene.hub, damage);
        fs::write(&database, &right).unwrap();
    }
    scene.hub.start_again();
    scene.check();
}

#[test]
fn no_damaged_page_goes_unnoticed_by_verify_unless_every_entry_is_as_it_was() {
    let mut scene = Scene::open(Setup::default());
    scene.load();
    scene.accepts(60);
    scene.settle();
    scene.hub.end_in_one_file();
    let journal = read_journal(&scene.hub);
    let database = scene.hub.journal();
    let right = fs::read(&database).unwrap();
    let mut noticed = 0;
    for page in 0..right.len() / 4096 {
        let mut bytes = right.clone();
        bytes[page * 4096..(page + 1) * 4096].fill(0x55);
        fs::write(&database, bytes).unwrap();
        match scene.hub.verify() {
            Err(words) => {
                assert!(!words.contains("panicked"), "page {page}: {words}");
                noticed += 1;
            }
            // A page that nobody uses.
            Ok(()) => assert_eq!(read_journal(&scene.hub), journal, "page {page}"),
        }
    }
    assert!(noticed > 10, "{noticed}");
    fs::write(&database, &right).unwrap();
    scene.hub.start_again();
    scene.check();
}

#[test]
fn an_older_backup_without_its_head_record_is_refused() {
    let mut scene = Scene::open(Setup::default());
    scene.load();
    scene.accepts(40);
    scene.hub.end_in_one_file();
    let older = fs::read(scene.hub.journal()).unwrap();
    scene.hub.start_again();
    scene.accepts(40);
    scene.settle();
    scene.hub.end_in_one_file();
    let right = fs::read(scene.hub.journal()).unwrap();
    fs::write(scene.hub.journal(), older).unwrap();
    is_refused(&scene.hub, "an older backup");
    fs::write(scene.hub.journal(), right).unwrap();
    scene.hub.start_again();
    scene.check();
}

#[test]
fn an_older_backup_with_its_head_record_is_an_alarm_to_every_client_that_knows_more() {
    let mut scene = Scene::open(Setup::default());
    scene.load();
    scene.accepts(40);
    scene.hub.end_in_one_file();
    let older = files(&scene.hub.data());
    scene.hub.start_again();
    scene.accepts(40);
    scene.settle();
    let known: Vec<usize> = scene.feeds.iter().map(|feed| feed.heard().len()).collect();
    scene.hub.end_in_one_file();
    for (path, bytes) in older {
        fs::write(path, bytes).unwrap();
    }
    scene.hub.start_again();
    eventually("every client is alarmed", PATIENCE, || {
        scene.feeds.iter().all(|feed| feed.is_alarmed()).then_some(())
    });
    scene.hub.wait_for_log("the journal went back");
    // What they know they keep: they were told the reason and nothing in its place.
    let kept: Vec<usize> = scene.feeds.iter().map(|feed| feed.heard().len() - 1).collect();
    assert_eq!(kept, known);
}
