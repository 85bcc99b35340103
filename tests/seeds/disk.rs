//! The journal that a hub leaves behind when it dies, with a disk that at times does not say whether it wrote.

use std::sync::{Arc, Mutex};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use warroom::domain::ids::{CommandId, Head, Seq};
use warroom::domain::room::Room;
use warroom::journal::{AppendError, Batch, Encoded, Journal, JournalError, Memory, Reader, Recorded, Seed};

use crate::sim::Sabotage;

#[derive(Debug, Clone)]
pub struct Disk(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    memory: Memory,
    batches: Vec<Batch>,
    random: StdRng,
    seed: u64,
    sabotage: Sabotage,
    /// Whether appends may fail.
    flaky: bool,
    unknown: u64,
    repeated: u64,
}

impl Disk {
    pub fn new(seed: u64, sabotage: Sabotage) -> Disk {
        Disk(Arc::new(Mutex::new(Inner {
            memory: empty(seed),
            batches: Vec::new(),
            random: StdRng::seed_from_u64(seed ^ 0xd15c),
            seed,
            sabotage,
            flaky: true,
            unknown: 0,
            repeated: 0,
        })))
    }

    pub fn heal(&self) {
        self.0.lock().unwrap().flaky = false;
    }

    /// After the hub died: what it had synced is there. A disk that lies has lost its last batch.
    pub fn survive(&self) {
        let mut inner = self.0.lock().unwrap();
        if inner.sabotage == Sabotage::ForgetfulDisk {
            inner.batches.pop();
            inner.memory = empty(inner.seed);
            let batches = inner.batches.clone();
            for batch in batches {
                let head = inner.memory.head();
                inner.memory.append(head, &batch).unwrap();
            }
        }
    }

    pub fn entries(&self) -> Vec<Encoded> {
        let inner = self.0.lock().unwrap();
        inner.memory.reader().unwrap().read(Seq::START, usize::MAX).unwrap()
    }

    /// How often the disk left it open whether it wrote, and how often a command came again that was known.
    pub fn counts(&self) -> (u64, u64) {
        let inner = self.0.lock().unwrap();
        (inner.unknown, inner.repeated)
    }
}

fn empty(seed: u64) -> Memory {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    Memory::new(Seed(bytes))
}

impl Journal for Disk {
    fn head(&self) -> Head {
        self.0.lock().unwrap().memory.head()
    }

    fn append(&mut self, after: Head, batch: &Batch) -> Result<Head, AppendError> {
        let mut inner = self.0.lock().unwrap();
        let fails = inner.flaky && inner.random.random_bool(0.03);
        if fails && inner.random.random() {
            inner.unknown += 1;
            return Err(AppendError::Unknown("input/output error".to_owned()));
        }
        let head = inner.memory.append(after, batch)?;
        inner.batches.push(batch.clone());
        if fails {
            inner.unknown += 1;
            return Err(AppendError::Unknown("input/output error".to_owned()));
        }
        Ok(head)
    }

    fn recorded(&self, id: &CommandId) -> Result<Option<Recorded>, JournalError> {
        let mut inner = self.0.lock().unwrap();
        let known = inner.memory.recorded(id)?;
        inner.repeated += u64::from(known.is_some());
        Ok(known.filter(|_| inner.sabotage != Sabotage::NoMemoryOfCommands))
    }

    fn snapshot(&self) -> Result<Option<Room>, JournalError> {
        self.0.lock().unwrap().memory.snapshot()
    }

    fn save_snapshot(&mut self, room: &Room) -> Result<(), JournalError> {
        self.0.lock().unwrap().memory.save_snapshot(room)
    }

    fn keep(&mut self, name: &str, bytes: &[u8]) -> Result<(), JournalError> {
        self.0.lock().unwrap().memory.keep(name, bytes)
    }

    fn keep_only(&mut self, names: &std::collections::BTreeSet<String>) -> Result<(), JournalError> {
        self.0.lock().unwrap().memory.keep_only(names)
    }

    fn recover(&mut self) -> Result<Head, JournalError> {
        self.0.lock().unwrap().memory.recover()
    }

    fn reader(&self) -> Result<Box<dyn Reader>, JournalError> {
        self.0.lock().unwrap().memory.reader()
    }
}
