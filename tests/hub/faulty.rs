//! A journal on a disk that fails when it is told to.

use std::sync::{Arc, Mutex};

use warroom::domain::ids::{CommandId, Head};
use warroom::domain::room::Room;
use warroom::journal::{AppendError, Batch, Journal, JournalError, Reader, Recorded};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    #[default]
    None,
    /// Nothing can be written until it is told otherwise.
    Full,
    /// The next batch is written, and nobody hears of it.
    LostAnswer,
    /// The next batch is not written, and nobody hears of it.
    LostBatch,
}

#[derive(Debug, Clone, Default)]
pub struct Disk(Arc<Mutex<Fault>>);

impl Disk {
    pub fn set(&self, fault: Fault) {
        *self.0.lock().unwrap() = fault;
    }

    fn is(&self) -> Fault {
        *self.0.lock().unwrap()
    }
}

#[derive(Debug)]
pub struct Faulty {
    pub journal: Box<dyn Journal>,
    pub disk: Disk,
}

impl Journal for Faulty {
    fn head(&self) -> Head {
        self.journal.head()
    }

    fn append(&mut self, after: Head, batch: &Batch) -> Result<Head, AppendError> {
        let fault = self.disk.is();
        match fault {
            Fault::None => self.journal.append(after, batch),
            Fault::Full => Err(AppendError::Full("no space left on device".to_owned())),
            Fault::LostAnswer | Fault::LostBatch => {
                self.disk.set(Fault::None);
                if fault == Fault::LostAnswer {
                    self.journal.append(after, batch)?;
                }
                Err(AppendError::Unknown("input/output error".to_owned()))
            }
        }
    }

    fn recorded(&self, id: &CommandId) -> Result<Option<Recorded>, JournalError> {
        self.journal.recorded(id)
    }

    fn snapshot(&self) -> Result<Option<Room>, JournalError> {
        self.journal.snapshot()
    }

    fn save_snapshot(&mut self, room: &Room) -> Result<(), JournalError> {
        self.journal.save_snapshot(room)
    }

    fn keep(&mut self, name: &str, bytes: &[u8]) -> Result<(), JournalError> {
        self.journal.keep(name, bytes)
    }

    fn keep_only(&mut self, names: &std::collections::BTreeSet<String>) -> Result<(), JournalError> {
        self.journal.keep_only(names)
    }

    fn recover(&mut self) -> Result<Head, JournalError> {
        match self.disk.is() {
            Fault::Full => Err(JournalError::Unavailable("still no space left on device".to_owned())),
            Fault::None | Fault::LostAnswer | Fault::LostBatch => self.journal.recover(),
        }
    }

    fn reader(&self) -> Result<Box<dyn Reader>, JournalError> {
        self.journal.reader()
    }
}
