use super::*;
use crate::domain::alert::{Alert, Ends, Firing};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn report(number: u64) -> AlertReport {
    AlertReport {
        fingerprint: Fingerprint(number),
        labels: Labels::from([(Line::clean(NAME), Line::clean("Slow"))]),
        summary: Line::default(),
        started_at: at(0),
        ended_at: None,
        link: None,
        description: None,
        runbook: None,
        ends: Ends::BySilence,
    }
}

/// A room in which these alerts fire and wait.
fn firing(source: &Handle, numbers: &[u64]) -> Room {
    let mut room = Room::default();
    for number in numbers {
        let alert = Alert::from_report(&report(*number), source.clone());
        room.alerts.firing.insert(alert.fingerprint, Firing { started_at: at(0), incident: None });
        room.alerts.waiting.insert(alert.fingerprint, alert);
    }
    room
}

fn note(expiry: &Expiry, source: &Handle, number: u64, end: i64) {
    let deadline = Deadline::of(&report(number), at(end));
    expiry.note(source, [(Fingerprint(number), Some(deadline))]);
}

/// A look of a hub that looked a moment ago.
fn take_overdue(expiry: &Expiry, room: &Room, now: Timestamp) -> Overdue {
    expiry.0.lock().unwrap().looked_at = Some(now);
    expiry.take_overdue(room, now, Hearing::Yes)
}

fn ended(overdue: &Overdue) -> Vec<u64> {
    let mut all: Vec<u64> = overdue.values().flatten().map(|report| report.fingerprint.0).collect();
    all.sort_unstable();
    all
}

#[test]
fn an_alert_that_is_not_repeated_ends_at_its_deadline_and_only_once() {
    let (expiry, source) = (Expiry::default(), "prom".parse().unwrap());
    let room = firing(&source, &[1, 2]);
    note(&expiry, &source, 1, 60);
    note(&expiry, &source, 2, 60);
    assert!(take_overdue(&expiry, &room, at(59)).is_empty());
    note(&expiry, &source, 2, 120);
    let overdue = take_overdue(&expiry, &room, at(60));
    assert_eq!(ended(&overdue), [1]);
    assert_eq!(overdue[&source][0].ended_at, Some(at(60)));
    assert_eq!(overdue[&source][0].labels.get(NAME).unwrap(), &"Slow");
    assert!(take_overdue(&expiry, &room, at(61)).is_empty());
}

#[test]
fn an_alert_that_was_resolved_has_no_deadline_any_more() {
    let (expiry, source) = (Expiry::default(), "prom".parse().unwrap());
    note(&expiry, &source, 1, 60);
    expiry.note(&source, [(Fingerprint(1), None)]);
    assert!(take_overdue(&expiry, &firing(&source, &[1]), at(99)).is_empty());
}

#[test]
fn what_could_not_be_written_is_tried_again() {
    let (expiry, source) = (Expiry::default(), "prom".parse().unwrap());
    let room = firing(&source, &[1]);
    note(&expiry, &source, 1, 60);
    let overdue = take_overdue(&expiry, &room, at(60));
    expiry.settle(&source, &overdue[&source], End::Waits);
    assert_eq!(ended(&take_overdue(&expiry, &room, at(61))), [1]);
    expiry.settle(&source, &overdue[&source], End::Final);
    assert!(take_overdue(&expiry, &room, at(62)).is_empty());
}

#[test]
fn what_is_repeated_while_nothing_can_be_written_does_not_end_by_silence() {
    let (expiry, source): (_, Handle) = (Expiry::default(), "prom".parse().unwrap());
    let room = firing(&source, &[1, 2, 3]);
    for number in [1, 2, 3] {
        note(&expiry, &source, number, 60);
    }
    let heard = |number, end: Option<i64>| {
        let deadline = end.map(|end| Deadline::of(&report(number), at(end)));
        expiry.heard(&source, &[(Fingerprint(number), deadline)]);
    };
    heard(1, Some(120));
    heard(1, Some(90));
    heard(2, None);
    heard(4, Some(61));
    let overdue = take_overdue(&expiry, &room, at(60));
    assert_eq!(ended(&overdue), [2, 3], "an end that was not written has to be repeated, or its time passes");
    // While their end waits for the disk, one of them is repeated.
    heard(3, Some(130));
    expiry.settle(&source, &overdue[&source], End::Waits);
    assert_eq!(ended(&take_overdue(&expiry, &room, at(61))), [2]);
    assert_eq!(ended(&take_overdue(&expiry, &room, at(120))), [1]);
    assert_eq!(ended(&take_overdue(&expiry, &room, at(130))), [3]);
    assert!(take_overdue(&expiry, &firing(&source, &[4]), at(140)).is_empty());
}

#[test]
fn after_a_restart_silent_alerts_end_once_their_sender_is_back_for_a_while() {
    let (expiry, prometheus): (_, Handle) = (Expiry::default(), "prom".parse().unwrap());
    let room = firing(&prometheus, &[1, 2]);
    assert!(take_overdue(&expiry, &room, at(10_000)).is_empty(), "silence is no recovery");
    note(&expiry, &prometheus, 2, 99_999);
    assert!(take_overdue(&expiry, &room, at(10_010)).is_empty());
    assert!(take_overdue(&expiry, &room, at(10_309)).is_empty());
    assert_eq!(ended(&take_overdue(&expiry, &room, at(10_310))), [1]);
}

#[test]
fn an_alert_whose_sender_says_when_it_is_over_never_ends_by_silence() {
    let (expiry, both): (_, Handle) = (Expiry::default(), "both".parse().unwrap());
    let mut room = firing(&both, &[1, 2]);
    room.alerts.waiting.get_mut(&Fingerprint(1)).unwrap().ends = Ends::ByWord;
    // The same token delivers for Prometheus and for Alertmanager, which repeats every few hours.
    note(&expiry, &both, 2, 99_999);
    assert!(take_overdue(&expiry, &room, at(10)).is_empty());
    assert!(take_overdue(&expiry, &room, at(20_000)).is_empty());
}

#[test]
fn a_hub_that_slept_past_the_deadlines_hears_its_senders_before_it_ends_anything() {
    let (expiry, source): (_, Handle) = (Expiry::default(), "prom".parse().unwrap());
    let room = firing(&source, &[1, 2]);
    note(&expiry, &source, 1, 60);
    note(&expiry, &source, 2, 60);
    let look = |seconds| ended(&expiry.take_overdue(&room, at(seconds), Hearing::Yes));
    assert!(look(50).is_empty());
    // An hour of sleep.
    assert!(look(3_650).is_empty());
    note(&expiry, &source, 1, 4_000);
    for seconds in (3_655..3_950).step_by(5) {
        assert!(look(seconds).is_empty(), "at {seconds}");
    }
    assert_eq!(look(3_950), [2]);
    for seconds in (3_955..4_000).step_by(5) {
        assert!(look(seconds).is_empty(), "at {seconds}");
    }
    assert_eq!(look(4_000), [1]);
}

#[test]
fn nothing_ends_by_silence_while_nothing_can_be_written_nor_until_senders_could_come_back() {
    let (expiry, source): (_, Handle) = (Expiry::default(), "prom".parse().unwrap());
    let mut room = firing(&source, &[1, 2, 3]);
    note(&expiry, &source, 1, 60);
    // The sender is back after a start; the grace for the 3 that it does not repeat begins with a hub that hears.
    note(&expiry, &source, 2, 800);
    for seconds in (0..700).step_by(5) {
        let hearing = if seconds < 100 { Hearing::No } else { Hearing::Yes };
        let overdue = ended(&expiry.take_overdue(&room, at(seconds), hearing));
        let due: &[u64] = match seconds {
            395 => &[1],
            695 => &[3],
            _ => &[],
        };
        assert_eq!(overdue, due, "at {seconds}");
        room.alerts.waiting.retain(|fingerprint, _| !overdue.contains(&fingerprint.0));
    }
}

#[test]
fn a_clock_that_is_set_back_makes_no_hold_longer() {
    let (expiry, source): (_, Handle) = (Expiry::default(), "prom".parse().unwrap());
    let room = firing(&source, &[1]);
    note(&expiry, &source, 1, 60);
    let look = |seconds, hearing| ended(&expiry.take_overdue(&room, at(seconds), hearing));
    assert!(look(10_000, Hearing::No).is_empty());
    let ends: Vec<i64> = (100..500).step_by(5).filter(|at| !look(*at, Hearing::Yes).is_empty()).collect();
    assert_eq!(ends, [400]);
}

#[test]
fn nothing_of_a_sender_ends_by_silence_until_a_while_after_all_that_it_delivers_is_read() {
    let (expiry, flood, other): (_, Handle, Handle) =
        (Expiry::default(), "flood".parse().unwrap(), "prom".parse().unwrap());
    let mut room = firing(&flood, &[1, 2]);
    room.alerts.firing.extend(firing(&other, &[3]).alerts.firing);
    note(&expiry, &flood, 1, 60);
    note(&expiry, &flood, 2, 60);
    note(&expiry, &other, 3, 60);
    for seconds in (0..700).step_by(5) {
        // Each minute something of it is put off; in between it gets through with one of its alerts, and at last with both.
        if seconds <= 240 && seconds % 60 == 0 {
            expiry.went_unread(&flood);
            note(&expiry, &flood, 1, seconds + 120);
        }
        if seconds == 270 {
            note(&expiry, &flood, 1, 600);
        }
        let due: &[u64] = match seconds {
            60 => &[3],
            540 => &[2],
            600 => &[1],
            _ => &[],
        };
        assert_eq!(ended(&expiry.take_overdue(&room, at(seconds), Hearing::Yes)), due, "at {seconds}");
    }
    assert!(expiry.0.lock().unwrap().held.is_empty(), "what is past is not kept");
}
