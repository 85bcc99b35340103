//! The outbox on a paused clock, between the real rules and carriers that do as they are told.

use std::collections::VecDeque;
use std::sync::Mutex;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::*;
use crate::connect::{Handover, NotReady};
use crate::domain::actor::Actor;
use crate::domain::apply::apply;
use crate::domain::command::Submission;
use crate::domain::comms::{Audience, Destination, Message, Verdict};
use crate::domain::decide::decide;
use crate::domain::event::{Entry, Event};
use crate::domain::ids::{CommsId, EntryId, Hash, JournalId};
use crate::domain::policy::Policy;
use crate::domain::status::Status;
use crate::domain::text::Text;

/// What a carrier does with one message.
#[derive(Debug)]
enum Act {
    Unreachable(&'static str),
    NeverReady,
    Answer(Handover),
    NotNowAfter(Duration),
    NeverAnswer,
    Break,
}

/// A carrier that acts as written, and then takes everything. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Script(Arc<Mutex<Played>>);

#[derive(Debug, Default)]
struct Played {
    acts: VecDeque<Act>,
    /// The bodies that were handed over.
    handed: Vec<String>,
}

impl Script {
    fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        Script(Arc::new(Mutex::new(Played { acts: acts.into_iter().collect(), handed: Vec::new() })))
    }

    fn handed(&self) -> Vec<String> {
        self.0.lock().unwrap().handed.clone()
    }

    pub async fn prepare(&self, parcel: &Parcel) -> Result<Handing, NotReady> {
        let away = {
            let acts = &mut self.0.lock().unwrap().acts;
            match acts.front() {
                Some(Act::Unreachable(_) | Act::NeverReady) => acts.pop_front(),
                Some(Act::Answer(_) | Act::NotNowAfter(_) | Act::NeverAnswer | Act::Break) | None => None,
            }
        };
        match away {
            Some(Act::Unreachable(why)) => Err(NotReady::later(why)),
            Some(_) => std::future::pending().await,
            None => Ok(Handing { script: self.clone(), body: parcel.body.to_string() }),
        }
    }
}

/// A carrier that is ready to take one message.
#[derive(Debug)]
pub struct Handing {
    script: Script,
    body: String,
}

impl Handing {
    pub async fn hand_over(self) -> Handover {
        let act = {
            let mut played = self.script.0.lock().unwrap();
            played.handed.push(self.body);
            played.acts.pop_front()
        };
        match act {
            None => Handover::Taken(Line::clean("taken")),
            Some(Act::Answer(handover)) => handover,
            Some(Act::NotNowAfter(wait)) => {
                sleep(wait).await;
                Handover::NotNow { detail: Line::clean("busy"), retry_after: None }
            }
            Some(Act::NeverAnswer) => std::future::pending().await,
            Some(act) => panic!("{act:?}"),
        }
    }
}

/// How the next attempts to write down an attempt go wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Disk {
    Fine,
    /// Nothing is written, and that is known.
    Full,
    /// It is written, and nobody knows.
    Silent,
}

struct Stage {
    room: Arc<RwLock<Room>>,
    policy: Policy,
    head: watch::Sender<Head>,
    began: Instant,
    disk: Mutex<Disk>,
    /// What happened to deliveries, with the second.
    told: Mutex<Vec<(u64, String)>>,
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stage")
    }
}

impl Ledger for Stage {
    fn record(&self, command: Command) -> Pin<Box<dyn Future<Output = Result<(), Unrecorded>> + Send + '_>> {
        let attempts =
            matches!(command, Command::ReportDelivery { outcome: DeliveryOutcome::Attempting, .. });
        let disk = *self.disk.lock().unwrap();
        Box::pin(async move {
            let trouble = || Err(Unrecorded::NotNow("disk".to_owned()));
            match disk {
                Disk::Full => return trouble(),
                Disk::Fine | Disk::Silent => self.submit(Actor::Hub, command)?,
            }
            if disk == Disk::Silent && attempts { trouble() } else { Ok(()) }
        })
    }
}

impl Stage {
    /// An incident, and an audience of `mail`, `hook` and `gone`, of which the last has no carrier.
    fn new() -> Arc<Self> {
        let destination =
            |name: &str| Destination { name: slug(name), label: Line::default(), recipients: 1 };
        let audience = |name: &str, to: &[&str]| Audience {
            name: slug(name),
            label: Line::default(),
            destinations: to.iter().map(|name| destination(name)).collect(),
        };
        let audiences = vec![
            audience("mail", &["mail"]),
            audience("hook", &["hook"]),
            audience("both", &["mail", "hook"]),
            audience("gone", &["gone"]),
        ];
        let head = Head { journal: JournalId(Uuid::nil()), seq: Room::default().seq, hash: Hash::ZERO };
        let stage = Arc::new(Stage {
            room: Arc::default(),
            policy: Policy { audiences, ..Policy::default() },
            head: watch::Sender::new(head),
            began: Instant::now(),
            disk: Mutex::new(Disk::Fine),
            told: Mutex::default(),
        });
        let declare = serde_json::json!({"command": "declare", "title": "Checkout", "severity": "SEV1"});
        stage.ask(serde_json::from_value(declare).unwrap());
        stage
    }

    fn submit(&self, actor: Actor, command: Command) -> Result<(), Unrecorded> {
        let mut room = self.room.write().unwrap();
        let submission = Submission { id: None, actor, seen: None, command };
        let decision = decide(&room, &self.policy, self.now(), &submission)
            .map_err(|refusal| Unrecorded::Refused(refusal.message))?;
        for proposal in decision.events {
            let entry = Entry {
                seq: room.seq.next(),
                id: EntryId(Uuid::nil()),
                at: self.now(),
                actor: submission.actor.clone(),
                incident: proposal.incident,
                event: proposal.event,
            };
            apply(&mut room, &entry);
            if let Some(line) = tell(&entry.event) {
                self.told.lock().unwrap().push((self.began.elapsed().as_secs(), line));
            }
        }
        let seq = room.seq;
        drop(room);
        self.head.send_modify(|head| head.seq = seq);
        Ok(())
    }

    fn ask(&self, command: Command) {
        self.submit(Actor::Person("ana".parse().unwrap()), command).unwrap();
    }

    fn send(&self, audience: &str, body: &str) {
        self.send_about(1, audience, body);
    }

    fn send_about(&self, incident: u32, audience: &str, body: &str) {
        let message = Message {
            audience: slug(audience),
            subject: Line::clean("Checkout"),
            body: Text::clean(body),
            next_update_at: None,
        };
        self.ask(Command::SendUpdate { incident: IncidentId(incident), message });
    }

    /// Another incident beside the first.
    fn declare(&self, severity: &str) {
        let declare = serde_json::json!({"command": "declare", "title": "Search", "severity": severity});
        self.ask(serde_json::from_value(declare).unwrap());
    }

    fn change_status(&self, status: Status) {
        self.ask(Command::ChangeStatus { incident: IncidentId(1), status, reason: None });
    }

    fn settle(&self, comms: u32, verdict: Verdict) {
        let (incident, comms) = (IncidentId(1), CommsId(comms));
        self.ask(Command::SettleDelivery { incident, comms, destination: slug("mail"), verdict });
    }

    fn now(&self) -> Timestamp {
        "2026-11-23T12:00:00Z".parse::<Timestamp>().unwrap().plus(self.began.elapsed())
    }

    /// Starts the outbox; the dice always show `random`.
    fn start(self: &Arc<Self>, carriers: &[(&str, &Script)], random: f64) -> Running {
        let clock = Arc::clone(self);
        let carrier = |(name, script): &(&str, &Script)| (slug(name), Carrier::Scripted((*script).clone()));
        let outbox = Outbox {
            room: Arc::clone(&self.room),
            head: self.head.subscribe(),
            carriers: carriers.iter().map(carrier).collect(),
            ledger: Arc::clone(self) as Arc<dyn Ledger>,
            clock: Arc::new(move || clock.now()),
            random: Arc::new(move || random),
        };
        let shutdown = CancellationToken::new();
        Running { task: tokio::spawn(outbox.run(shutdown.clone())), shutdown }
    }

    fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().iter().map(|(_, line)| line.clone()).collect()
    }

    /// The seconds at which this was told.
    fn times(&self, line: &str) -> Vec<u64> {
        let told = self.told.lock().unwrap();
        told.iter().filter(|(_, told)| told == line).map(|(second, _)| *second).collect()
    }
}

struct Running {
    task: JoinHandle<()>,
    shutdown: CancellationToken,
}

impl Running {
    async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }
}

fn slug(name: &str) -> Slug {
    name.parse().unwrap()
}

fn tell(event: &Event) -> Option<String> {
    Some(match event {
        Event::CommsAttempted { comms, destination } => format!("{comms} {destination} attempted"),
        Event::CommsDeferred { comms, destination, detail } => {
            format!("{comms} {destination} deferred: {detail}")
        }
        Event::CommsDelivered { comms, destination, .. } => format!("{comms} {destination} delivered"),
        Event::CommsFailed { comms, destination, .. } => format!("{comms} {destination} failed"),
        Event::CommsUncertain { comms, destination, .. } => format!("{comms} {destination} uncertain"),
        Event::CommsDropped { comms, destination, detail } => {
            format!("{comms} {destination} dropped: {detail}")
        }
        _ => return None,
    })
}

fn not_now(retry_after: u64) -> Act {
    let retry_after = Some(Duration::from_secs(retry_after));
    Act::Answer(Handover::NotNow { detail: Line::clean("busy"), retry_after })
}

const MINUTE: Duration = Duration::from_secs(60);

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
