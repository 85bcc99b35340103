//! A terminal without a screen: the real link, and the fold of what it tells.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::sync::mpsc;
use warroom::domain::apply::apply;
use warroom::domain::command::Command;
use warroom::domain::event::Entry;
use warroom::domain::ids::{CommandId, Cursor, Seq};
use warroom::domain::room::Room;
use warroom::domain::time::Timestamp;
use warroom::link::api::Client;
use warroom::link::outbox::OutboxState;
use warroom::link::place::Place;
use warroom::link::{Config, HubUrl, Link, LinkEvent, LinkHandle, LinkStatus, Surroundings};

use crate::courier::Carrier;
use crate::network::Wire;
use crate::sim::Sabotage;

/// What one terminal went through.
#[derive(Debug, Default)]
pub struct Story {
    pub room: Room,
    pub cursor: Option<Cursor>,
    pub status: Option<LinkStatus>,
    /// Every entry and every snapshot's place, in the order in which they were handed on.
    pub seen: Vec<Seen>,
    pub commands: BTreeMap<CommandId, (Command, Option<OutboxState>)>,
    pub connections: u64,
    pub alarm: Option<String>,
}

#[derive(Debug, Clone)]
pub enum Seen {
    Snapshot(Seq),
    Entry(Arc<Entry>),
}

pub struct Terminal {
    pub name: String,
    pub wire: Wire,
    pub story: Arc<Mutex<Story>>,
    /// Milliseconds by which its wall clock is wrong.
    pub skew: Arc<AtomicI64>,
    link: LinkHandle,
}

/// What every terminal of a run is made with.
pub struct Kit {
    pub hub: HubUrl,
    pub client: Client,
    /// Milliseconds since 1970, by nobody's clock in particular.
    pub time: Arc<AtomicI64>,
    pub sabotage: Sabotage,
}

impl Terminal {
    /// Starts one, or the same again where it left off. To be called on the runtime of the terminals.
    pub fn start(kit: &Kit, name: &str, wire: Wire, story: Arc<Mutex<Story>>, seed: u64) -> Terminal {
        let skew = Arc::new(AtomicI64::new(0));
        let random = Mutex::new(StdRng::seed_from_u64(seed));
        let (time, own) = (kit.time.clone(), skew.clone());
        let surroundings = Surroundings::new(
            move || Timestamp::from_millis(time.load(Ordering::SeqCst) + own.load(Ordering::SeqCst)),
            move || random.lock().unwrap().random(),
        );
        let token = format!("wr_{name}");
        let place = Place { cursor: story.lock().unwrap().cursor, witness: None };
        let config = Config { hub: kit.hub.clone(), token: token.clone().into(), outbox: None, place };
        let courier = Arc::new(Carrier { wire: wire.clone(), token });
        let dial = Box::new(wire.clone());
        let (link, events) =
            Link::spawn_over(config, surroundings, dial, kit.client.clone(), courier).unwrap();
        tokio::spawn(follow(events, story.clone(), kit.sabotage));
        Terminal { name: name.to_owned(), wire, story, skew, link }
    }

    pub fn submit(&self, command: Command) {
        if let Ok(id) = self.link.submit(command.clone(), None) {
            self.story.lock().unwrap().commands.insert(id, (command, None));
        }
    }

    pub fn retry_now(&self) {
        self.link.retry_now();
    }

    /// A fresh yes to everything that asks for one.
    pub fn confirm(&self) {
        let story = self.story.lock().unwrap();
        for (id, (_, state)) in &story.commands {
            if matches!(state, Some(OutboxState::NeedsFreshYes { .. })) {
                self.link.confirm(id.clone()).ok();
            }
        }
    }

    /// The process is gone, and what waited in it too.
    pub async fn kill(self) -> (Wire, Arc<Mutex<Story>>) {
        let Terminal { wire, story, link, .. } = self;
        link.shutdown().await;
        wire.cut();
        (wire, story)
    }

    pub fn is_settled(&self) -> bool {
        let story = self.story.lock().unwrap();
        let settled = |state: &Option<OutboxState>| state.as_ref().is_some_and(OutboxState::is_last);
        story.status.as_ref().is_some_and(LinkStatus::is_live)
            && story.commands.values().all(|(_, state)| settled(state))
    }
}

async fn follow(mut events: mpsc::Receiver<LinkEvent>, story: Arc<Mutex<Story>>, sabotage: Sabotage) {
    while let Some(event) = events.recv().await {
        story.lock().unwrap().hear(event, sabotage);
    }
}

impl Story {
    fn hear(&mut self, event: LinkEvent, sabotage: Sabotage) {
        match event {
            LinkEvent::Snapshot { journal, room, .. } => {
                self.room = *room;
                self.cursor = Some(Cursor { journal, seq: self.room.seq });
                self.seen.push(Seen::Snapshot(self.room.seq));
            }
            LinkEvent::Entries(entries) => {
                for entry in entries {
                    let chosen = entry.seq.0 == 5;
                    if chosen && sabotage == Sabotage::DroppedEntry {
                        continue;
                    }
                    apply(&mut self.room, &entry);
                    self.seen.push(Seen::Entry(entry.clone()));
                    if chosen && sabotage == Sabotage::DoubledEntry {
                        self.seen.push(Seen::Entry(entry));
                    }
                }
                self.cursor = self.cursor.map(|cursor| Cursor { seq: self.room.seq, ..cursor });
            }
            LinkEvent::Status(status) => {
                if let LinkStatus::Alarm { known, hub } = &status {
                    self.alarm = Some(format!("the hub is at {hub} and this terminal saw {known}"));
                }
                self.status = Some(status);
            }
            LinkEvent::Hello(_) => self.connections += 1,
            LinkEvent::Outbox(event) => {
                if let Some((_, state)) = self.commands.get_mut(&event.id) {
                    *state = Some(event.state);
                }
            }
            LinkEvent::Clock(_)
            | LinkEvent::Policy(_)
            | LinkEvent::Gauges(_)
            | LinkEvent::GaugesMoved(_)
            | LinkEvent::Presence(_)
            | LinkEvent::Health(_)
            | LinkEvent::NotKept(_)
            | LinkEvent::Kept
            | LinkEvent::Timeline { .. } => {}
        }
    }

    /// What its process loses when it is killed: what it had not heard the end of.
    pub fn forget_unsettled(&mut self) -> Vec<Command> {
        let is_last = |state: &Option<OutboxState>| state.as_ref().is_some_and(OutboxState::is_last);
        let (settled, lost): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut self.commands).into_iter().partition(|(_, (_, state))| is_last(state));
        self.commands = settled;
        lost.into_values().map(|(command, _)| command).collect()
    }
}
