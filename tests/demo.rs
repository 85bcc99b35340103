//! The demo as the person at the keyboard meets it: over the feed and the API, at many times the speed of life.
#![cfg(feature = "hub")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use warroom::demo::{self, Demo, DemoError, Readers};
use warroom::domain::apply::apply;
use warroom::domain::command::Command;
use warroom::domain::comms::DeliveryState;
use warroom::domain::event::Event;
use warroom::domain::gauge::{Presence, SloGauge, SloState};
use warroom::domain::incident::Incident;
use warroom::domain::room::Room;
use warroom::domain::status::Status;
use warroom::domain::task::TaskState;
use warroom::domain::text::{Line, Text};
use warroom::domain::time::Timestamp;
use warroom::link::api::Client;
use warroom::link::place::Place;
use warroom::link::{Config, Link, LinkEvent, LinkHandle, Surroundings};

/// How long a test waits for what must come, beside the story itself.
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody at a terminal, who sees what the feed brings.
struct Person {
    demo: Demo,
    client: Client,
    link: LinkHandle,
    events: mpsc::Receiver<LinkEvent>,
    room: Room,
    people: Vec<Presence>,
    gauges: BTreeMap<String, SloGauge>,
    /// The highest five-minute burn of the checkout.
    worst_burn: f64,
    is_demo: bool,
    happened: Vec<Event>,
    shutdown: CancellationToken,
}

impl Person {
    async fn at(speed: f64, seed: u64) -> Person {
        let shutdown = CancellationToken::new();
        let demo = demo::start(speed, seed, shutdown.clone()).await.unwrap();
        let client = Client::new(demo.hub.clone(), &demo.token).unwrap();
        let config = Config {
            hub: demo.hub.clone(),
            token: demo.token.clone(),
            outbox: None,
            place: Place::default(),
        };
        let (link, events) = Link::spawn(config, Surroundings::of_the_machine()).unwrap();
        Person {
            demo,
            client,
            link,
            events,
            room: Room::default(),
            people: Vec::new(),
            gauges: BTreeMap::new(),
            worst_burn: 0.0,
            is_demo: false,
            happened: Vec::new(),
            shutdown,
        }
    }

    fn take(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Hello(welcome) => self.is_demo = welcome.demo,
            LinkEvent::Snapshot { room, .. } => self.room = *room,
            LinkEvent::Entries(entries) => {
                for entry in entries {
                    apply(&mut self.room, &entry);
                    self.happened.push(entry.event.clone());
                }
            }
            LinkEvent::Presence(people) => self.people = people,
            LinkEvent::Gauges(slos) | LinkEvent::GaugesMoved(slos) => {
                for gauge in slos {
                    if gauge.name.as_str() == "checkout-availability" {
                        self.worst_burn = self.worst_burn.max(gauge.burn_5m.unwrap_or(0.0));
                    }
                    self.gauges.insert(gauge.name.to_string(), gauge);
                }
            }
            _ => {}
        }
    }

    /// Reads the feed until it is so.
    async fn until(&mut self, what: &str, is_so: impl Fn(&Person) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self) {
            match timeout_at(deadline, self.events.recv()).await {
                Ok(Some(event)) => self.take(event),
                Ok(None) => panic!("the link ended before: {what}"),
                Err(_) => panic!("not within {PATIENCE:?}: {what}; {:?}", self.main()),
            }
        }
    }

    /// The incident that alerts of the checkout opened.
    fn main(&self) -> Option<&Incident> {
        let checkout = |incident: &&Incident| incident.services.contains(&Line::clean("checkout"));
        self.room.incidents.values().find(checkout)
    }

    fn main_is(&self, is_so: impl Fn(&Incident) -> bool) -> bool {
        self.main().is_some_and(is_so)
    }

    fn gauge(&self, name: &str) -> Option<&SloGauge> {
        self.gauges.get(name).filter(|gauge| gauge.state == SloState::Ok)
    }

    fn left(&self, name: &str) -> Option<f64> {
        self.gauge(name)?.budget_left
    }

    async fn send(&self, command: Command) {
        let id = Surroundings::of_the_machine().command_id();
        self.client.command(&command, &id, None).await.unwrap();
    }

    fn holds(&self, role: &str, who: &str) -> bool {
        self.main_is(|incident| {
            incident.roles.iter().any(|(name, holder)| name.as_str() == role && holder.as_str() == who)
        })
    }

    async fn leave(self) {
        self.shutdown.cancel();
        self.link.shutdown().await;
        tokio::time::timeout(PATIENCE, self.demo.ended()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_story_plays_from_the_first_alert_to_the_closed_incident_without_the_person() {
    let mut person = Person::at(60.0, 7).await;
    person
        .until("colleagues, SLOs and a past are there", |person| {
            person.people.len() >= 3 && person.gauges.len() == 3 && !person.room.incidents.is_empty()
        })
        .await;
    person
        .until("budgets look lived-in", |person| {
            let budget = |name, low, high| person.left(name).is_some_and(|left| left > low && left < high);
            budget("checkout-availability", 0.74, 0.80)
                && budget("cart-availability", 0.86, 0.92)
                && budget("search-availability", 0.27, 0.35)
        })
        .await;
    assert!(person.is_demo);
    let past = person.room.incidents.values().next().unwrap();
    assert_eq!(past.status, Status::Resolved);
    assert!(now().since(past.declared_at) > Duration::from_secs(3600));
    let before = person.left("checkout-availability").unwrap();

    person.until("an incident opens", |person| person.main().is_some()).await;
    person.until("somebody is on it", |person| person.main_is(|one| one.acknowledgement.is_some())).await;
    for (role, who) in [("commander", "ana"), ("operations", "bo"), ("comms", "chen"), ("scribe", "dita")] {
        person.until(role, |person| person.holds(role, who)).await;
    }
    person.until("it is closed", |person| person.main_is(|one| one.status == Status::Closed)).await;
    assert!(person.worst_burn > 60.0, "{}", person.worst_burn);

    let main = person.main().unwrap();
    assert_eq!(main.alerts.firing, 0);
    assert!(main.alerts.fired >= 5, "{:?}", main.alerts.fired);
    assert_eq!(main.absorbed.len(), 1);
    assert_eq!(main.comms.len(), 3);
    assert!(main.tasks.values().all(|task| matches!(task.state, TaskState::Done { .. })));
    let deliveries = main.comms.values().flat_map(|comms| comms.deliveries.values());
    assert!(
        deliveries.clone().count() == 3
            && deliveries.clone().all(|one| one.state == DeliveryState::Delivered)
    );
    let published = person.demo.status_page.published();
    assert_eq!(published.len(), 3);
    assert!(published.iter().all(|one| one.arrivals == 1 && one.to == Readers::Customers));
    let keys: BTreeSet<&str> = published.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(keys.len(), 3);

    person
        .until("the burn is over and the budget lower", |person| {
            let calm = person
                .gauge("checkout-availability")
                .and_then(|one| one.burn_5m)
                .is_some_and(|burn| burn < 1.0);
            calm && person.left("checkout-availability").is_some_and(|left| left < before - 0.01)
        })
        .await;
    person.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_person_who_is_quicker_keeps_the_command_and_colleagues_serve() {
    let mut person = Person::at(60.0, 8).await;
    let me = person.demo.handle.clone();
    person.until("an incident opens", |person| person.main().is_some()).await;
    let incident = person.main().unwrap().id;
    person.send(Command::Acknowledge { incident }).await;
    let role = |name: &str| name.parse().unwrap();
    for name in ["commander", "comms"] {
        person.send(Command::AssignRole { incident, role: role(name), responder: Some(me.clone()) }).await;
    }
    let task = Command::AddTask {
        incident,
        title: Line::clean("Call the coupon team"),
        owner: Some("bo".parse().unwrap()),
        stage: None,
        role: None,
        required: false,
        due: None,
    };
    person.send(task).await;
    person
        .until("bo does what the person asks", |person| {
            person.main_is(|one| {
                one.tasks.values().any(|task| &*task.title == "Call the coupon team" && !task.is_open())
            })
        })
        .await;
    person.until("it is closed", |person| person.main_is(|one| one.status == Status::Closed)).await;
    let main = person.main().unwrap();
    assert_eq!(main.acknowledgement.as_ref().unwrap().by.handle(), Some(&me));
    assert_eq!((&main.roles[&role("commander")], &main.roles[&role("comms")]), (&me, &me));
    // What goes outside is theirs to send: colleagues drafted it.
    assert!(main.comms.values().all(|comms| comms.deliveries.is_empty()) && !main.comms.is_empty());
    assert_eq!(person.demo.status_page.published(), []);
    let assigned = person.happened.iter().filter(|event| {
        matches!(event, Event::RoleAssigned { role, to } if role.as_str() == "commander" && *to != me)
    });
    assert_eq!(assigned.count(), 0);
    person.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_story_goes_on_when_its_incident_is_cancelled() {
    let mut person = Person::at(120.0, 9).await;
    person.until("an incident opens", |person| person.main().is_some()).await;
    let incident = person.main().unwrap().id;
    person.send(Command::Cancel { incident, reason: Text::clean("only a test of ours") }).await;
    let disk =
        |person: &Person| person.room.alerts.waiting.values().any(|alert| &*alert.name == "DiskFilling");
    person.until("the last alert of the story waits", disk).await;
    assert_eq!(person.room.incidents[&incident].status, Status::Cancelled);
    // The room can still be worked in.
    let declare = Command::Declare {
        title: Line::clean("search-3 runs full"),
        severity: None,
        kind: None,
        services: BTreeSet::new(),
        summary: Text::default(),
        drill: false,
        alerts: person.room.alerts.waiting.keys().copied().collect(),
    };
    person.send(declare).await;
    person
        .until("it is declared", |person| {
            person.room.incidents.values().any(|one| &*one.title == "search-3 runs full")
        })
        .await;
    person.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn colleagues_follow_the_incident_into_another_one() {
    let mut person = Person::at(60.0, 10).await;
    person.until("an incident opens", |person| person.main().is_some()).await;
    let from = person.main().unwrap().id;
    let declare = Command::Declare {
        title: Line::clean("the release of today"),
        severity: None,
        kind: None,
        services: BTreeSet::new(),
        summary: Text::default(),
        drill: false,
        alerts: BTreeSet::new(),
    };
    person.send(declare).await;
    let title = "the release of today";
    let named = |one: &Incident| &*one.title == title;
    person.until("it is declared", |person| person.room.incidents.values().any(named)).await;
    let into = person.room.incidents.values().find(|one| named(one)).unwrap().id;
    person.send(Command::Merge { incident: from, into }).await;
    person
        .until("it is closed", |person| {
            person.room.incident(into).is_some_and(|one| one.status == Status::Closed)
        })
        .await;
    assert_eq!(person.room.incidents[&from].status, Status::Merged);
    assert!(person.room.incidents[&into].acknowledgement.is_some());
    person.leave().await;
}

#[tokio::test]
async fn a_speed_that_is_none_is_refused_in_a_sentence() {
    for speed in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e6] {
        let refused = demo::start(speed, 1, CancellationToken::new()).await.unwrap_err();
        assert!(matches!(refused, DemoError::Speed(_)), "{refused}");
    }
}

fn now() -> Timestamp {
    chrono::Utc::now().into()
}
