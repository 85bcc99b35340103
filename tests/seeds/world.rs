//! The hub, the terminals and the faults of one run. Hub and terminals have runtimes of their own, whose clocks stand
//! still but for the tick that each gets in turn; dropping the hub's runtime kills it in the middle of whatever it does.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;
use warroom::domain::actor::Access;
use warroom::domain::command::Command;
use warroom::domain::ids::IncidentId;
use warroom::domain::text::Text;
use warroom::domain::time::Timestamp;
use warroom::hub::auth::{Grant, Secret, TokenSource};
use warroom::hub::clock::{Clock, Random};
use warroom::hub::settings::Limits;
use warroom::hub::{Parts, Running, Settings, start_in_place};
use warroom::link::HubUrl;
use warroom::link::api::Client;
use warroom::link::outbox::OutboxState;

use crate::check;
use crate::disk::Disk;
use crate::network::{Arriving, Open, Wire};
use crate::sim::{Sabotage, Told};
use crate::terminal::{Kit, Story, Terminal};

const TICK: Duration = Duration::from_millis(100);
const NAMES: [&str; 3] = ["ana", "bo", "cy"];

/// It asks nothing here; making one takes longer than a whole run.
static CLIENT: LazyLock<Client> =
    LazyLock::new(|| Client::new(hub_url(), &"wr_ana".to_owned().into()).unwrap());

fn hub_url() -> HubUrl {
    "http://127.0.0.1:7373".parse().unwrap()
}

pub struct World {
    random: StdRng,
    disk: Disk,
    kit: Kit,
    hub_skew: Arc<AtomicI64>,
    chance: Arc<Chance>,
    arriving: Arc<Mutex<Arriving>>,
    terminals: Vec<Terminal>,
    /// Of terminals that were killed before they heard an answer.
    unanswered: Vec<Command>,
    told: Told,
    written: u64,
    hub: Option<Hub>,
    // Last, so that what runs on it is dropped before it.
    outside: Runtime,
}

struct Hub {
    running: Running,
    shutdown: CancellationToken,
    runtime: Runtime,
}

#[derive(Debug)]
struct Time {
    time: Arc<AtomicI64>,
    skew: Arc<AtomicI64>,
}

impl Clock for Time {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.time.load(Ordering::SeqCst) + self.skew.load(Ordering::SeqCst))
    }
}

#[derive(Debug)]
struct Chance(Mutex<StdRng>);

impl Random for Chance {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap().fill(bytes);
    }
}

/// Everything that is due within a tick happens, and time goes on by it.
fn tick(runtime: &Runtime) {
    runtime.block_on(async { tokio::time::sleep(TICK).await });
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

impl World {
    pub fn new(seed: u64, sabotage: Sabotage) -> World {
        let time = Arc::new(AtomicI64::new(1_795_442_400_000));
        World {
            random: StdRng::seed_from_u64(seed),
            disk: Disk::new(seed, sabotage),
            kit: Kit { hub: hub_url(), client: CLIENT.clone(), time, sabotage },
            hub_skew: Arc::default(),
            chance: Arc::new(Chance(Mutex::new(StdRng::seed_from_u64(seed ^ 0xc0ffee)))),
            arriving: Arc::default(),
            terminals: Vec::new(),
            unanswered: Vec::new(),
            told: Told::default(),
            written: 0,
            hub: None,
            outside: runtime(),
        }
    }

    /// A hub, an incident, and everybody in the room.
    pub fn begin(&mut self) -> Result<(), String> {
        self.start_hub();
        for name in NAMES {
            let wire = Wire::new(self.random.random(), self.arriving.clone());
            self.seat(name, wire, Arc::default());
        }
        let declare =
            serde_json::json!({"command": "declare", "title": "checkout is slow", "severity": "SEV1"});
        self.terminals[0].submit(serde_json::from_value(declare).unwrap());
        let begun = (0..1_200).any(|_| {
            self.step();
            self.terminals.iter().all(Terminal::is_settled) && !self.disk.entries().is_empty()
        });
        if begun { Ok(()) } else { Err(format!("nothing begins: {}", self.unsettled())) }
    }

    fn seat(&mut self, name: &str, wire: Wire, story: Arc<Mutex<Story>>) {
        let _inside = self.outside.enter();
        let seed = self.random.random();
        self.terminals.push(Terminal::start(&self.kit, name, wire, story, seed));
    }

    fn start_hub(&mut self) {
        let runtime = runtime();
        let shutdown = CancellationToken::new();
        let grant = |name: &str| Grant {
            handle: name.parse().unwrap(),
            access: Access::Responder,
            secret: Secret::from(format!("wr_{name}")),
        };
        let parts = Parts {
            journal: Box::new(self.disk.clone()),
            clock: Arc::new(Time { time: self.kit.time.clone(), skew: self.hub_skew.clone() }),
            random: self.chance.clone(),
            tokens: TokenSource::Memory(NAMES.map(grant).into()),
            demo: false,
        };
        // The rates are by the machine's clock, and the simulation is much quicker than that.
        let limits = Limits { requests_per_second: 1_000_000, burst: 1_000_000, ..Limits::default() };
        let settings = Settings { metrics_listen: None, limits, ..Settings::default() };
        let running = runtime.block_on(start_in_place(settings, parts, shutdown.clone())).unwrap();
        self.arriving.lock().unwrap().hub_is_up = true;
        self.hub = Some(Hub { running, shutdown, runtime });
    }

    /// A tenth of a second for everybody.
    pub fn step(&mut self) {
        tick(&self.outside);
        if let Some(hub) = &self.hub {
            let _inside = hub.runtime.enter();
            let arrived = std::mem::take(&mut self.arriving.lock().unwrap().streams);
            arrived.into_iter().for_each(|stream| hub.running.welcome(stream));
            tick(&hub.runtime);
        }
        self.kit.time.fetch_add(100, Ordering::SeqCst);
    }

    /// What people do, and what befalls them.
    pub fn disturb(&mut self) {
        let who = self.random.random_range(0..self.terminals.len());
        match self.random.random_range(0..1_000) {
            0..120 => self.act(who),
            120..128 => self.kill_hub(),
            128..133 => self.stop_hub(),
            133..158 => {
                self.terminals[who].wire.cut();
                self.told.cuts += 1;
            }
            158..173 => self.part(who),
            173..200 => self.terminals[who].wire.set(Open::BOTH),
            200..206 => {
                let jump = self.random.random_range(-7_200_000..7_200_000);
                self.hub_skew.fetch_add(jump, Ordering::SeqCst);
                self.told.jumps += 1;
            }
            206..212 => {
                let jump = self.random.random_range(-86_400_000..86_400_000);
                self.terminals[who].skew.store(jump, Ordering::SeqCst);
                self.told.jumps += 1;
            }
            212..217 => self.kill_terminal(who),
            217..230 => self.terminals[who].retry_now(),
            230..300 if self.hub.is_none() => {
                self.start_hub();
                self.told.restarts += 1;
            }
            _ => {}
        }
    }

    fn act(&mut self, who: usize) {
        self.written += 1;
        let words = format!("{} says {}", NAMES[who], self.written);
        let command = if self.random.random_bool(0.6) {
            Command::AddNote { incident: IncidentId(1), text: Text::clean(&words), evidence: None }
        } else {
            let task = serde_json::json!({"command": "add-task", "incident": "INC-1", "title": words});
            serde_json::from_value(task).unwrap()
        };
        self.terminals[who].submit(command);
    }

    /// Nothing gets through one way, the other, or either; nobody is told.
    fn part(&mut self, who: usize) {
        let [to_hub, from_hub] =
            *[[false, false], [true, false], [false, true]].get(self.random.random_range(0..3)).unwrap();
        self.terminals[who].wire.set(Open { to_hub, from_hub });
        self.told.partitions += 1;
    }

    fn kill_hub(&mut self) {
        if let Some(hub) = self.hub.take() {
            self.lose(hub);
            self.told.crashes += 1;
        }
    }

    fn lose(&mut self, hub: Hub) {
        let mut arriving = self.arriving.lock().unwrap();
        arriving.hub_is_up = false;
        arriving.streams.clear();
        let Hub { running, shutdown: _, runtime } = hub;
        drop(runtime);
        drop(running);
        self.disk.survive();
    }

    /// In good order, as for an update.
    fn stop_hub(&mut self) {
        if let Some(hub) = self.hub.take() {
            hub.shutdown.cancel();
            self.arriving.lock().unwrap().hub_is_up = false;
            for _ in 0..20 {
                tick(&self.outside);
                tick(&hub.runtime);
                self.kit.time.fetch_add(100, Ordering::SeqCst);
            }
            self.lose(hub);
            self.told.restarts += 1;
        }
    }

    fn kill_terminal(&mut self, who: usize) {
        let terminal = self.terminals.remove(who);
        let name = terminal.name.clone();
        let (wire, story) = self.outside.block_on(terminal.kill());
        let lost = story.lock().unwrap().forget_unsettled();
        self.unanswered.extend(lost);
        self.seat(&name, wire, story);
        // In its old place.
        let last = self.terminals.len() - 1;
        self.terminals[who..=last].rotate_right(1);
        self.told.kills += 1;
    }

    pub fn heal(&mut self) {
        self.disk.heal();
        if self.hub.is_none() {
            self.start_hub();
        }
        for terminal in &self.terminals {
            terminal.wire.set(Open::BOTH);
        }
    }

    pub fn is_settled(&self) -> bool {
        let head = self.disk.entries().len() as u64;
        self.terminals.iter().for_each(Terminal::confirm);
        self.terminals.iter().all(|terminal| {
            let at = terminal.story.lock().unwrap().room.seq.0;
            terminal.is_settled() && at == head
        })
    }

    pub fn unsettled(&self) -> String {
        let mut words = format!("the journal has {} entries", self.disk.entries().len());
        for terminal in &self.terminals {
            let story = terminal.story.lock().unwrap();
            let waiting: Vec<_> = story
                .commands
                .values()
                .filter(|(_, state)| !matches!(state, Some(OutboxState::Done { .. })))
                .collect();
            words += &format!(
                "; {} (open: {}) at {}, {:?}, waiting: {waiting:?}",
                terminal.name,
                terminal.wire.is_open(),
                story.room.seq,
                story.status
            );
        }
        words
    }

    pub fn check(&mut self) -> Result<Told, String> {
        let entries = self.disk.entries();
        let room = check::journal(&entries)?;
        if let Some(hub) = &self.hub
            && *hub.running.room.read() != room
        {
            return Err("the hub shows another room than its journal folds to".to_owned());
        }
        for terminal in &self.terminals {
            let story = terminal.story.lock().unwrap();
            check::story(&terminal.name, &story, &entries, &room)?;
            self.told.resumed += story.connections.saturating_sub(1);
            let done = |(_, state): &&(Command, Option<OutboxState>)| {
                matches!(state, Some(OutboxState::Done { .. }))
            };
            self.told.done += story.commands.values().filter(done).count() as u64;
        }
        self.unanswered.iter().try_for_each(|command| check::unanswered(command, &entries))?;
        let mut hasher = DefaultHasher::new();
        entries.iter().for_each(|encoded| encoded.json.hash(&mut hasher));
        (self.told.unknown, self.told.repeated) = self.disk.counts();
        self.told.entries = entries.len() as u64;
        self.told.journal = hasher.finish();
        Ok(self.told.clone())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(hub) = self.hub.take() {
            self.lose(hub);
        }
    }
}
