use std::sync::Arc;

use super::*;
use crate::domain::command::Command;
use crate::domain::ids::{IncidentId, Revision};
use crate::domain::severity::Severity;
use crate::domain::text::Text;
use crate::wire::problem::Problem;

const NOON: Timestamp = Timestamp::from_millis(1_790_000_000_000);

struct Desk {
    queue: Queue,
    start: Instant,
    count: u32,
}

impl Desk {
    fn new() -> Self {
        Desk { queue: Queue::default(), start: Instant::now(), count: 0 }
    }

    fn now(&self, seconds: u64) -> Now {
        let passed = Duration::from_secs(seconds);
        Now { wall: NOON.plus(passed), instant: self.start + passed }
    }

    fn submit(&mut self, command: Command, seen: Option<u64>, seconds: u64) -> CommandId {
        let item = self.item(command, seen, seconds);
        let (id, now) = (item.id.clone(), self.now(seconds));
        self.queue.submit(item, None, now);
        id
    }

    fn item(&mut self, command: Command, seen: Option<u64>, seconds: u64) -> Item {
        self.count += 1;
        Item {
            id: format!("c-{}", self.count).parse().unwrap(),
            command: Arc::new(command),
            seen: seen.map(Revision),
            queued_at: self.now(seconds).wall,
            author: None,
            under: None,
            sent: Sent::No,
        }
    }

    fn next(&mut self, seconds: u64) -> Option<CommandId> {
        let now = self.now(seconds);
        self.queue.next(None, now).map(|item| item.id)
    }

    fn unknown(&mut self, id: &CommandId, seconds: u64) {
        let now = self.now(seconds);
        self.queue.failed(id, Fate::Unknown { why: "no answer".into(), retry_after: None }, now, 1.0);
    }

    fn last(&mut self, id: &CommandId) -> OutboxState {
        let (_, events) = self.queue.take();
        events.into_iter().rfind(|event| event.id == *id).unwrap().state
    }
}

fn note(incident: u32) -> Command {
    Command::AddNote { incident: IncidentId(incident), text: Text::clean("x"), evidence: None }
}

fn severity(severity: Severity) -> Command {
    Command::ChangeSeverity { incident: IncidentId(1), severity }
}

fn publish() -> Command {
    Command::PublishUpdate { incident: IncidentId(1), comms: crate::domain::ids::CommsId(1) }
}

fn outcome(seq: u64, revision: u64) -> Outcome {
    Outcome {
        seq: Seq(seq),
        id: None,
        revision: Some(Revision(revision)),
        task: None,
        comms: None,
        note: None,
        change: None,
    }
}

#[test]
fn commands_of_one_incident_go_one_after_the_other_and_others_beside_them() {
    let mut desk = Desk::new();
    let first = desk.submit(note(1), None, 0);
    let second = desk.submit(note(1), None, 0);
    let other = desk.submit(note(2), None, 0);
    assert_eq!(desk.next(0), Some(first.clone()));
    assert_eq!(desk.next(0), Some(other));
    assert_eq!(desk.next(0), None);
    // While the first is tried again, the second waits behind it.
    desk.unknown(&first, 1);
    assert_eq!(desk.next(1), None);
    assert_eq!(desk.next(2), Some(first.clone()));
    desk.queue.accepted(&first, outcome(5, 2));
    assert_eq!(desk.next(2), Some(second));
}

#[test]
fn what_is_unknown_is_sent_again_under_the_same_id_until_the_hub_answers() {
    let mut desk = Desk::new();
    let id = desk.submit(note(1), None, 0);
    for minute in 0..5 {
        assert_eq!(desk.next(60 * minute), Some(id.clone()));
        desk.unknown(&id, 60 * minute);
        assert_eq!(desk.last(&id), OutboxState::Unknown { why: "no answer".into() });
    }
    assert_eq!(desk.next(400), Some(id.clone()));
    desk.queue.accepted(&id, outcome(5, 2));
    let late = Some(Duration::from_secs(400));
    assert_eq!(desk.last(&id), OutboxState::Accepted { outcome: outcome(5, 2), late });
}

#[test]
fn a_command_is_done_when_its_entry_has_been_handed_on_whichever_comes_first() {
    let mut desk = Desk::new();
    let (first, second) = (desk.submit(note(1), None, 0), desk.submit(note(2), None, 0));
    desk.next(0);
    desk.next(0);
    desk.queue.accepted(&first, outcome(5, 2));
    assert!(matches!(desk.last(&first), OutboxState::Accepted { .. }));
    desk.queue.applied(Seq(4));
    desk.queue.applied(Seq(6));
    assert_eq!(desk.last(&first), OutboxState::Done { outcome: outcome(5, 2), late: None });
    desk.queue.accepted(&second, outcome(6, 2));
    assert!(matches!(desk.last(&second), OutboxState::Done { .. }));
}

#[test]
fn what_goes_outside_returns_to_its_author_after_ten_seconds() {
    let mut desk = Desk::new();
    let id = desk.submit(publish(), None, 0);
    let now = desk.now(9);
    desk.queue.expire(now);
    assert_eq!(desk.last(&id), OutboxState::Queued);
    assert_eq!(desk.queue.deadline(now), Some(desk.now(10).instant));
    assert_eq!(desk.next(10), None);
    assert!(matches!(desk.last(&id), OutboxState::NeedsFreshYes { sent: Sent::No, .. }));
    // A fresh yes lets it go under its old id.
    let now = desk.now(600);
    desk.queue.confirm(&id, None, now);
    assert_eq!(desk.next(601), Some(id.clone()));
    desk.unknown(&id, 621);
    assert!(matches!(desk.last(&id), OutboxState::NeedsFreshYes { sent: Sent::Perhaps, .. }));
    assert_eq!(desk.next(700), None);
}

#[test]
fn a_laptop_that_slept_does_not_send_an_old_update_when_it_wakes() {
    let mut desk = Desk::new();
    let id = desk.submit(publish(), None, 0);
    // The steady clock stood still.
    let woken = Now { wall: NOON.plus(Duration::from_secs(8 * 3600)), instant: desk.now(1).instant };
    assert_eq!(desk.queue.next(None, woken), None);
    assert!(matches!(desk.last(&id), OutboxState::NeedsFreshYes { .. }));
}

#[test]
fn what_the_last_terminal_left_goes_out_but_never_to_people_outside() {
    let mut desk = Desk::new();
    let ana: Handle = "ana".parse().unwrap();
    let of_ana = |item: Item| Item { author: Some(ana.clone()), ..item };
    let (safe, outward) = (of_ana(desk.item(note(1), None, 0)), of_ana(desk.item(publish(), None, 0)));
    desk.queue.restore(safe.clone(), None);
    desk.queue.restore(outward.clone(), None);
    let now = desk.now(1);
    assert_eq!(desk.queue.next(Some(&ana), now).map(|item| item.id), Some(safe.id));
    assert!(matches!(desk.last(&outward.id), OutboxState::NeedsFreshYes { .. }));
}

#[test]
fn nothing_goes_out_under_another_name_than_its_authors() {
    let mut desk = Desk::new();
    let (ana, kim): (Handle, Handle) = ("ana".parse().unwrap(), "kim".parse().unwrap());
    let item = Item { author: Some(ana.clone()), ..desk.item(note(1), None, 0) };
    desk.queue.restore(item.clone(), None);
    let now = desk.now(1);
    assert_eq!(desk.queue.next(Some(&kim), now), None);
    assert!(matches!(desk.last(&item.id), OutboxState::NeedsFreshYes { .. }));
    desk.queue.confirm(&item.id, Some(kim.clone()), now);
    assert_eq!(desk.queue.next(Some(&kim), now).unwrap().id, item.id);
}

#[test]
fn what_was_left_without_a_name_is_not_sent_under_the_next_one() {
    let mut desk = Desk::new();
    let ana: Handle = "ana".parse().unwrap();
    // Written under a token that the hub refused: it never said whose it was.
    let refused = Item { under: Some(Line::clean("of the first")), ..desk.item(note(1), None, 0) };
    let own = Item { under: Some(Line::clean("of the second")), ..desk.item(note(1), None, 0) };
    desk.queue = Queue::under(Line::clean("of the second"));
    desk.queue.restore(refused.clone(), None);
    desk.queue.restore(own.clone(), None);
    let now = desk.now(1);
    assert_eq!(desk.queue.next(Some(&ana), now).map(|item| item.id), Some(own.id));
    assert!(matches!(desk.last(&refused.id), OutboxState::NeedsFreshYes { .. }));
}

#[test]
fn ones_own_change_does_not_make_ones_next_one_stale_and_anothers_does() {
    let mut desk = Desk::new();
    let first = desk.submit(severity(Severity::Sev1), Some(5), 0);
    let second = desk.submit(severity(Severity::Sev2), Some(5), 0);
    let title = Command::ChangeTitle { incident: IncidentId(1), title: "x".into() };
    let third = desk.submit(title, Some(5), 0);
    desk.next(0);
    desk.queue.accepted(&first, outcome(9, 7));
    let now = desk.now(0);
    let sent = desk.queue.next(None, now).unwrap();
    assert_eq!((sent.id, sent.seen), (second.clone(), Some(Revision(7))));
    desk.queue.accepted(&second, outcome(10, 8));
    // Somebody else may have changed the title before revision 7.
    let sent = desk.queue.next(None, now).unwrap();
    assert_eq!((sent.id, sent.seen), (third, Some(Revision(5))));
}

#[test]
fn a_refusal_is_the_last_word_and_lets_the_next_one_go() {
    let mut desk = Desk::new();
    let (first, second) = (desk.submit(note(1), None, 0), desk.submit(note(1), None, 0));
    desk.next(0);
    let problem = Problem {
        kind: "/problems/stale".into(),
        title: "t".into(),
        status: 409,
        detail: "look again".into(),
        revision: None,
    };
    let now = desk.now(0);
    desk.queue.failed(&first, Fate::Refused(problem.clone()), now, 1.0);
    let (changes, events) = desk.queue.take();
    assert_eq!(events.last().unwrap().state, OutboxState::Refused { problem });
    assert_eq!(changes.last(), Some(&Change::Drop(first)));
    assert_eq!(desk.next(0), Some(second));
}

#[test]
fn a_hub_that_asks_for_time_gets_it_and_coming_back_ends_the_wait() {
    let mut desk = Desk::new();
    let id = desk.submit(note(1), None, 0);
    desk.next(0);
    let now = desk.now(0);
    let busy = Fate::NotTaken { why: "full".into(), retry_after: Some(Duration::from_secs(5)) };
    desk.queue.failed(&id, busy, now, 0.0);
    assert_eq!(desk.queue.deadline(now), Some(desk.now(5).instant));
    assert_eq!(desk.next(4), None);
    desk.queue.hurry();
    assert_eq!(desk.next(4), Some(id));
}

#[test]
fn what_certainly_did_not_arrive_is_not_said_to_have_gone_out_perhaps() {
    let mut desk = Desk::new();
    let id = desk.submit(publish(), None, 0);
    desk.next(0);
    let now = desk.now(1);
    let gone = Fate::NotTaken { why: "connection refused".into(), retry_after: None };
    desk.queue.failed(&id, gone, now, 1.0);
    assert_eq!(desk.next(10), None);
    assert!(matches!(desk.last(&id), OutboxState::NeedsFreshYes { sent: Sent::No, .. }));
}

#[test]
fn what_is_given_up_is_gone_and_says_whether_it_may_have_been_done() {
    let mut desk = Desk::new();
    let (first, second) = (desk.submit(note(1), None, 0), desk.submit(note(2), None, 0));
    desk.next(0);
    desk.queue.forget(&first);
    assert_eq!(desk.last(&first), OutboxState::Forgotten { sent: Sent::Perhaps });
    desk.queue.forget(&second);
    assert_eq!(desk.last(&second), OutboxState::Forgotten { sent: Sent::No });
    assert_eq!(desk.next(0), None);
    // A late answer to what was given up is nobody's news.
    desk.queue.accepted(&first, outcome(1, 1));
    assert!(desk.queue.take().1.is_empty());
}
