//! The outbox on a paused clock, between the real rules and carriers that do as they are told.

mod cases;

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
