//! A place in the journal's database for what makes a start quick: whoever counts something puts it there now and then. The
//! writer does it when nobody waits for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::journal::{Journal, JournalError, Reader};

/// How many wait at once; the rest wait for their place.
pub(super) const WAITING: usize = 4;

/// Something to put on the shelf, or to take from it.
#[derive(Debug)]
pub(super) enum Task {
    Keep { name: String, bytes: Vec<u8> },
    KeepOnly(BTreeSet<String>),
}

#[derive(Debug)]
pub(super) struct Errand {
    task: Task,
    done: oneshot::Sender<()>,
}

impl Errand {
    pub(super) fn run(self, journal: &mut dyn Journal) {
        let kept = match &self.task {
            Task::Keep { name, bytes } => journal.keep(name, bytes),
            Task::KeepOnly(names) => journal.keep_only(names),
        };
        if let Err(error) = kept {
            tracing::warn!(%error, "something could not be kept for the next start, which takes longer then");
        }
        // Whoever asked may have gone.
        self.done.send(()).ok();
    }
}

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Shelf {
    errands: mpsc::Sender<Errand>,
    reader: Arc<dyn Reader>,
}

impl Shelf {
    pub(super) fn new(errands: mpsc::Sender<Errand>, reader: Arc<dyn Reader>) -> Self {
        Shelf { errands, reader }
    }

    /// Puts bytes there, in place of those of the same name. A failure is in the log and costs the next start some time.
    pub async fn keep(&self, name: String, bytes: Vec<u8>) {
        self.send(Task::Keep { name, bytes }).await;
    }

    /// Takes away whatever has another name.
    pub async fn keep_only(&self, names: BTreeSet<String>) {
        self.send(Task::KeepOnly(names)).await;
    }

    async fn send(&self, task: Task) {
        let (done, answer) = oneshot::channel();
        if self.errands.send(Errand { task, done }).await.is_ok() {
            // A writer that has ended answers nobody.
            answer.await.ok();
        }
    }

    /// What is there under a name.
    pub async fn kept(&self, name: String) -> Option<Vec<u8>> {
        let reader = Arc::clone(&self.reader);
        let read = tokio::task::spawn_blocking(move || reader.kept(&name)).await.ok()?;
        read.unwrap_or_else(|error: JournalError| {
            tracing::warn!(%error, "what was kept for this start cannot be read");
            None
        })
    }
}
