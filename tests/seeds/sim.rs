//! One seed from its beginning to its end.

use std::ops::AddAssign;

use crate::world::World;

/// What is broken on purpose, to see that it is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    None,
    /// When the hub dies, the last batch that it synced is gone.
    ForgetfulDisk,
    /// A command that comes again is done again.
    NoMemoryOfCommands,
    /// Terminals leave out the fifth entry.
    DroppedEntry,
    /// Terminals take the fifth entry twice.
    DoubledEntry,
}

/// What happened in a run, so that nobody takes a quiet one for a proof. With a hash of the journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    pub entries: u64,
    pub done: u64,
    pub crashes: u64,
    pub restarts: u64,
    pub cuts: u64,
    pub partitions: u64,
    pub jumps: u64,
    pub kills: u64,
    pub unknown: u64,
    pub repeated: u64,
    pub resumed: u64,
    pub journal: u64,
}

impl AddAssign for Told {
    fn add_assign(&mut self, other: Told) {
        self.entries += other.entries;
        self.done += other.done;
        self.crashes += other.crashes;
        self.restarts += other.restarts;
        self.cuts += other.cuts;
        self.partitions += other.partitions;
        self.jumps += other.jumps;
        self.kills += other.kills;
        self.unknown += other.unknown;
        self.repeated += other.repeated;
        self.resumed += other.resumed;
        self.journal ^= other.journal;
    }
}

/// Twenty seconds of an incident with faults, then peace until everybody has settled, then the checks.
///
/// # Errors
///
/// What does not hold.
pub fn run(seed: u64, sabotage: Sabotage) -> Result<Told, String> {
    let mut world = World::new(seed, sabotage);
    world.begin()?;
    for _ in 0..200 {
        world.disturb();
        world.step();
    }
    world.heal();
    let settled = (0..6_000).any(|_| {
        world.step();
        world.is_settled()
    });
    let checked = world.check();
    match (settled, checked) {
        (true, checked) => checked,
        (false, Err(found)) => Err(found),
        (false, Ok(_)) => Err(format!("not everybody came back within ten minutes: {}", world.unsettled())),
    }
}
