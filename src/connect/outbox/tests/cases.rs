//! What the outbox does with what a destination answers, and in which order.

use super::*;

#[tokio::test(start_paused = true)]
async fn waits_double_up_to_five_minutes_and_begin_anew_with_the_next_message() {
    let stage = Stage::new();
    let script = Script::new((0..10).map(|_| not_now(0)));
    let outbox = stage.start(&[("mail", &script)], 1.0);
    stage.send("mail", "one");
    sleep(29 * MINUTE).await;
    let times = stage.times("C-1 mail attempted");
    let waits: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(waits, [3, 5, 9, 17, 33, 65, 129, 257, 300, 300]);
    assert_eq!(stage.told().last().unwrap(), "C-1 mail delivered");
    script.0.lock().unwrap().acts.push_back(not_now(0));
    stage.send("mail", "two");
    sleep(MINUTE).await;
    let times = stage.times("C-2 mail attempted");
    assert_eq!(times[1] - times[0], 3);
    outbox.stop().await;
}

#[tokio::test(start_paused = true)]
async fn no_try_comes_before_the_time_that_the_other_side_asked_for() {
    let stage = Stage::new();
    let script = Script::new([not_now(120)]);
    let outbox = stage.start(&[("mail", &script)], 0.0);
    stage.send("mail", "one");
    sleep(3 * MINUTE).await;
    assert_eq!(stage.times("C-1 mail attempted"), [0, 120]);
    assert_eq!(script.handed().len(), 2);
    outbox.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_goes_in_the_order_of_publishing() {
    let stage = Stage::new();
    let script = Script::default();
    for body in ["one", "two", "three"] {
        stage.send("mail", body);
    }
    let outbox = stage.start(&[("mail", &script)], 0.5);
    sleep(MINUTE).await;
    assert_eq!(script.handed(), ["one", "two", "three"]);
    outbox.stop().await;
}

#[tokio::test(start_paused = true)]
async fn why_it_waits_is_told_once_for_each_reason() {
    let stage = Stage::new();
    let script = Script::new(["away", "away", "away", "full", "full"].map(Act::Unreachable));
    let outbox = stage.start(&[("mail", &script)], 0.5);
    stage.send("mail", "one");
    sleep(10 * MINUTE).await;
    assert_eq!(
        stage.told(),
        ["C-1 mail deferred: away", "C-1 mail deferred: full", "C-1 mail attempted", "C-1 mail delivered"]
    );
    outbox.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_newer_update_takes_the_place_of_one_that_was_put_off() {
    let stage = Stage::new();
    let script = Script::new(["away", "away"].map(Act::Unreachable));
    let outbox = stage.start(&[("mail", &script)], 1.0);
    stage.send("mail", "one");
    sleep(Duration::from_millis(500)).await;
    stage.send("mail", "two");
    sleep(MINUTE).await;
    assert_eq!(script.handed(), ["two"]);
    assert_eq!(
        stage.told(),
        [
            "C-1 mail deferred: away",
            "C-1 mail dropped: C-2 took its place before it could go out",
            "C-2 mail deferred: away",
            "C-2 mail attempted",
            "C-2 mail delivered"
        ]
    );
    outbox.stop().await;
}

#[tokio::test(start_paused = true)]
async fn one_that_is_not_taken_while_a_newer_one_waits_is_not_tried_again() {
    let stage = Stage::new();
    let script = Script::new([not_now(0)]);
    stage.send("mail", "one");
    stage.send("mail", "two");
    let outbox = stage.start(&[("mail", &script)], 1.0);
    sleep(MINUTE).await;
    assert_eq!(script.handed(), ["one", "two"], "both were tried, and the first was not taken");
    assert_eq!(stage.times("C-1 mail attempted").len(), 1);
    assert_eq!(stage.times("C-1 mail dropped: C-2 took its place before it could go out").len(), 1);
    outbox.stop().await;
}

#[tokio::test(start_paused = true)]
async fn one_that_waits_does_not_hold_up_another_incident_and_the_more_severe_goes_first() {
    let stage = Stage::new();
    stage.declare("SEV3");
    stage.declare("SEV0");
    let busy = Handover::NotNow { detail: Line::clean("busy"), retry_after: None };
    let script = Script::new((0..6).map(|_| Act::Answer(busy.clone())));
    let outbox = stage.start(&[("mail", &script)], 1.0);
    stage.send("mail", "first");
    sleep(30 * Duration::from_secs(1)).await;
    let tried = script.handed().len();
    script.0.lock().unwrap().acts.clear();
    stage.send_about(2, "mail", "minor");
    stage.send_about(3, "mail", "grave");
    sleep(Duration::from_secs(1)).await;
    assert_eq!(script.handed()[tried..], ["grave", "minor"]);
    sleep(10 * MINUTE).await;
    assert_eq!(script.handed().last().unwrap(), "first");
    outbox.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_wants_to_be_left_alone_is_also_by_other_incidents() {
    let stage = Stage::new();
    stage.declare("SEV0");
    let script = Script::new([not_now(120)]);
    let outbox = stage.start(&[("mail", &script)], 0.0);
    stage.send("mail", "one");
    sleep(Duration::from_secs(1)).await;
    stage.send_about(2, "mail", "other");
    sleep(MINUTE).await;
    assert_eq!(script.handed(), ["one"]);
    sleep(2 * MINUTE).await;
    assert_eq!(script.handed(), ["one", "other", "one"]);
    outbox.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_still_waits_when_the_incident_is_resolved_is_dropped_and_the_last_word_goes() {
    let stage = Stage::new();
    let script = Script::new((0..4).map(|_| Act::Unreachable("away")));
    stage.send("both", "still investigating");
    let last = "It works again.\nThis is the last update.";
    stage.send("hook", last);
    let outbox = stage.start(&[("mail", &script), ("hook", &script)], 1.0);
    sleep(Duration::from_millis(500)).await;
    stage.change_status(Status::Resolved);
    sleep(5 * MINUTE).await;
    assert_eq!(script.handed(), [last]);
    assert_eq!(stage.times("C-1 mail dropped: INC-1 was resolved before it could go out").len(), 1);
    assert_eq!(stage.times("C-2 hook delivered").len(), 1);
    outbox.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_handover_under_way_ends_after_the_resolution_and_is_not_tried_again() {
    let stage = Stage::new();
    let script = Script::new([Act::NotNowAfter(MINUTE)]);
    let outbox = stage.start(&[("mail", &script)], 0.0);
    stage.send("mail", "still investigating");
    sleep(Duration::from_secs(10)).await;
    stage.change_status(Status::Resolved);
    assert_eq!(stage.told(), ["C-1 mail attempted"]);
    sleep(10 * MINUTE).await;
    assert_eq!(stage.told()[1..], ["C-1 mail dropped: INC-1 is resolved by now"]);
    outbox.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_hangs_does_not_delay_another() {
    let stage = Stage::new();
    let (mail, hook) = (Script::new([Act::NeverAnswer]), Script::default());
    let outbox = stage.start(&[("mail", &mail), ("hook", &hook)], 0.5);
    stage.send("both", "one");
    stage.send("both", "two");
    sleep(Duration::from_secs(1)).await;
    assert_eq!(hook.handed(), ["one", "two"]);
    assert_eq!(mail.handed(), ["one"]);
    outbox.task.abort();
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_written_down_is_not_sent_until_it_can() {
    let stage = Stage::new();
    let script = Script::default();
    let outbox = stage.start(&[("mail", &script)], 0.5);
    stage.send("mail", "one");
    *stage.disk.lock().unwrap() = Disk::Full;
    sleep(5 * MINUTE).await;
    assert!(script.handed().is_empty());
    *stage.disk.lock().unwrap() = Disk::Fine;
    sleep(MINUTE).await;
    assert_eq!(script.handed(), ["one"]);
    let told = stage.told();
    assert_eq!(told[told.len() - 2..], ["C-1 mail attempted", "C-1 mail delivered"]);
    outbox.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_was_perhaps_written_is_taken_back_and_made_again() {
    let stage = Stage::new();
    let script = Script::default();
    let outbox = stage.start(&[("mail", &script)], 0.0);
    *stage.disk.lock().unwrap() = Disk::Silent;
    stage.send("mail", "one");
    sleep(Duration::from_millis(500)).await;
    assert!(script.handed().is_empty());
    *stage.disk.lock().unwrap() = Disk::Fine;
    sleep(MINUTE).await;
    let told = stage.told();
    assert_eq!(told[0], "C-1 mail attempted");
    assert!(told[1].starts_with("C-1 mail deferred: not sent"), "{told:?}");
    assert_eq!(told[2..], ["C-1 mail attempted", "C-1 mail delivered"]);
    outbox.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_attempt_of_a_hub_that_died_is_uncertain_and_only_a_person_sends_it_again() {
    let stage = Stage::new();
    let script = Script::new([Act::NeverAnswer]);
    let died = stage.start(&[("mail", &script)], 0.5);
    stage.send("mail", "one");
    sleep(MINUTE).await;
    died.task.abort();
    sleep(MINUTE).await;
    let outbox = stage.start(&[("mail", &script)], 0.5);
    sleep(60 * MINUTE).await;
    assert_eq!(stage.told(), ["C-1 mail attempted", "C-1 mail uncertain"]);
    stage.settle(1, Verdict::SendAgain);
    sleep(MINUTE).await;
    assert_eq!(script.handed(), ["one", "one"]);
    assert_eq!(stage.told().last().unwrap(), "C-1 mail delivered");
    outbox.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_waited_for_half_an_hour_is_held_back_also_after_a_fresh_yes() {
    let stage = Stage::new();
    let script = Script::new((0..100).map(|_| Act::Unreachable("away")));
    let outbox = stage.start(&[("mail", &script)], 1.0);
    stage.send("mail", "one");
    sleep(60 * MINUTE).await;
    stage.settle(1, Verdict::SendAgain);
    sleep(60 * MINUTE).await;
    assert_eq!(stage.times("C-1 mail failed"), [1801, 3600 + 1801]);
    assert!(script.handed().is_empty());
    outbox.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_was_away_for_six_hours_gets_the_newest_word_of_each_incident_and_nothing_old() {
    const ACTS: usize = 10_000;
    let stage = Stage::new();
    stage.declare("SEV3");
    let script = Script::new((0..ACTS).map(|_| Act::Unreachable("away")));
    let outbox = stage.start(&[("mail", &script)], 1.0);
    stage.send_about(2, "mail", "2 at 0");
    for minute in (0..360).step_by(10) {
        if minute % 40 == 0 || minute == 350 {
            stage.send("mail", &format!("1 at {minute}"));
        }
        if minute == 340 {
            stage.send_about(2, "mail", "2 at 340");
        }
        sleep(10 * MINUTE).await;
    }
    assert!(script.handed().is_empty());
    let tries = ACTS - script.0.lock().unwrap().acts.len();
    assert!(tries < 12 * 6 * 2 + 12 * 10, "{tries} tries are more than waits of up to five minutes make");
    script.0.lock().unwrap().acts.clear();
    sleep(60 * MINUTE).await;
    let mut handed = script.handed();
    handed.sort();
    assert_eq!(handed, ["1 at 350", "2 at 340"]);
    // Of the twelve, each has one end: it went, made room for a newer one, or came back to a person.
    let ends = |word: &str| stage.told().iter().filter(|line| line.contains(word)).count();
    assert_eq!((ends("delivered"), ends("dropped") + ends("failed")), (2, 10));
    outbox.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_fault_in_one_handover_leaves_it_uncertain_and_the_next_message_goes() {
    let stage = Stage::new();
    let script = Script::new([Act::Break]);
    let outbox = stage.start(&[("mail", &script)], 0.5);
    stage.send("mail", "one");
    stage.send("mail", "two");
    sleep(MINUTE).await;
    let told = stage.told();
    assert_eq!(told[..2], ["C-1 mail attempted", "C-1 mail uncertain"]);
    assert_eq!(told[2..], ["C-2 mail attempted", "C-2 mail delivered"]);
    outbox.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_goes_to_a_destination_that_is_not_there_fails_and_does_not_wait_for_ever() {
    let stage = Stage::new();
    stage.send("gone", "one");
    let outbox = stage.start(&[("mail", &Script::default())], 0.5);
    sleep(MINUTE).await;
    assert_eq!(stage.told(), ["C-1 gone failed"]);
    outbox.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_end_does_not_wait_for_a_server_that_is_not_ready() {
    let stage = Stage::new();
    let outbox = stage.start(&[("mail", &Script::new([Act::NeverReady]))], 0.5);
    stage.send("mail", "one");
    sleep(MINUTE).await;
    tokio::time::timeout(Duration::from_secs(1), outbox.stop()).await.unwrap();
    assert!(stage.told().is_empty());
}
