//! What becomes of commands.

use std::time::Duration;

use tokio::time::sleep;

use super::bench::{Bench, note, outcome};
use crate::domain::command::Command;
use crate::domain::ids::{CommsId, Cursor, IncidentId, Seq};
use crate::link::api::ApiError;
use crate::link::outbox::{OutboxState, Sent};
use crate::link::place::Place;
use crate::link::testing::{head, journal};

fn at(seq: u64) -> Place {
    Place { cursor: Some(Cursor { journal: journal(1), seq: Seq(seq) }), witness: None }
}

fn publish() -> Command {
    Command::PublishUpdate { incident: IncidentId(2), comms: CommsId(1) }
}

fn is_done(state: &OutboxState) -> bool {
    matches!(state, OutboxState::Done { .. })
}

#[tokio::test(start_paused = true)]
async fn a_command_is_done_when_its_entry_came() {
    let mut bench = Bench::with(at(3), None);
    bench.courier.answers.lock().unwrap().push_back(Ok(outcome(4)));
    let mut hub = bench.accept().await;
    hub.hello(head(1, 3), bench.now()).await;
    bench.live().await;
    let id = bench.link.submit(note(), None).unwrap();
    let accepted = bench.outbox(|state| matches!(state, OutboxState::Accepted { .. })).await;
    assert_eq!(accepted.id, id);
    assert_eq!(accepted.summary(), "Add a note, perhaps with evidence");
    hub.entries(4, 4).await;
    assert_eq!(bench.outbox(is_done).await.id, id);
}

#[tokio::test(start_paused = true)]
async fn what_was_written_offline_goes_out_once_when_the_hub_is_back_and_says_that_it_was_late() {
    let mut bench = Bench::with(at(3), None);
    bench.go_down(true);
    let first = bench.link.submit(note(), None).unwrap();
    let second = bench.link.submit(note(), None).unwrap();
    sleep(Duration::from_secs(180)).await;
    assert!(bench.courier.taken.lock().unwrap().is_empty());
    bench.go_down(false);
    let mut hub = bench.accept().await;
    hub.hello(head(1, 3), bench.now()).await;
    let done = bench.outbox(is_done).await;
    let OutboxState::Done { late: Some(late), .. } = done.state else { panic!("{done:?}") };
    assert!(late >= Duration::from_secs(180));
    bench.outbox(is_done).await;
    sleep(Duration::from_secs(5)).await;
    let taken: Vec<_> = bench.courier.taken.lock().unwrap().iter().map(|item| item.id.clone()).collect();
    assert_eq!(taken, [first, second]);
}

#[tokio::test(start_paused = true)]
async fn what_goes_to_people_outside_is_not_sent_late_but_comes_back_for_a_fresh_yes() {
    let mut bench = Bench::with(at(3), None);
    bench.go_down(true);
    let started = bench.now();
    let id = bench.link.submit(publish(), None).unwrap();
    let back = bench.outbox(|state| matches!(state, OutboxState::NeedsFreshYes { .. })).await;
    assert!(matches!(back.state, OutboxState::NeedsFreshYes { sent: Sent::No, .. }));
    assert_eq!(bench.now().since(started), Duration::from_secs(10));
    bench.go_down(false);
    let mut hub = bench.accept().await;
    hub.hello(head(1, 3), bench.now()).await;
    bench.live().await;
    sleep(Duration::from_secs(3)).await;
    assert!(bench.courier.taken.lock().unwrap().is_empty());
    bench.link.confirm(id.clone()).unwrap();
    assert_eq!(bench.outbox(is_done).await.id, id);
    assert_eq!(bench.courier.taken.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn no_answer_is_asked_again_under_the_same_id() {
    let mut bench = Bench::with(at(3), None);
    bench.courier.answers.lock().unwrap().push_back(Err(ApiError::NoAnswer("nothing came".into())));
    let mut hub = bench.accept().await;
    hub.hello(head(1, 3), bench.now()).await;
    let id = bench.link.submit(note(), None).unwrap();
    let unknown = bench.outbox(|state| matches!(state, OutboxState::Unknown { .. })).await;
    assert_eq!(unknown.id, id);
    bench.outbox(is_done).await;
    let taken = bench.courier.taken.lock().unwrap();
    assert!(taken.len() == 2 && taken.iter().all(|item| item.id == id));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_to_a_hub_whose_journal_went_back() {
    let mut bench = Bench::with(at(9), None);
    let mut hub = bench.accept().await;
    hub.hello(head(1, 4), bench.now()).await;
    bench.link.submit(note(), None).unwrap();
    sleep(Duration::from_secs(20)).await;
    assert!(bench.courier.taken.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_a_terminal_could_not_send_the_next_one_does_under_the_same_id() {
    let directory = tempfile::tempdir().unwrap();
    let kept = || Some(directory.path().to_owned());
    let mut bench = Bench::with(at(3), kept());
    bench.go_down(true);
    let id = bench.link.submit(note(), None).unwrap();
    bench.outbox(|state| *state == OutboxState::Queued).await;
    bench.link.clone().shutdown().await;
    let mut next = Bench::with(at(3), kept());
    let mut hub = next.accept().await;
    hub.hello(head(1, 3), next.now()).await;
    assert_eq!(next.outbox(is_done).await.id, id);
    next.link.clone().shutdown().await;
    let mut last = Bench::with(at(3), kept());
    let mut hub = last.accept().await;
    hub.hello(head(1, 3), last.now()).await;
    last.live().await;
    sleep(Duration::from_secs(3)).await;
    assert!(last.courier.taken.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_submitted_in_the_last_moment_still_goes_out() {
    let mut bench = Bench::with(at(3), None);
    let mut hub = bench.accept().await;
    hub.hello(head(1, 3), bench.now()).await;
    bench.live().await;
    sleep(Duration::from_millis(10)).await;
    bench.link.submit(note(), None).unwrap();
    bench.link.clone().shutdown().await;
    assert_eq!(bench.courier.taken.lock().unwrap().len(), 1);
}
