//! What the drivers were told: each accepted reply, and the ones that must never come.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// The replies of all drivers.
#[derive(Debug, Clone, Default)]
pub struct Ledger(Arc<Mutex<Replies>>);

#[derive(Debug, Clone, Default)]
pub struct Replies {
    /// The seq that an id was accepted with; alerts are accepted without one.
    pub accepted: BTreeMap<String, Option<u64>>,
    /// An id that was given two different answers, a refusal of what is right: sentences.
    pub surprises: Vec<String>,
}

impl Ledger {
    pub fn accept(&self, id: &str, seq: Option<u64>) {
        let mut replies = self.0.lock().unwrap();
        if let Some(earlier) = replies.accepted.insert(id.to_owned(), seq)
            && earlier != seq
        {
            replies.surprises.push(format!("{id} was accepted as {earlier:?}, and repeated as {seq:?}"));
        }
    }

    pub fn surprise(&self, what: String) {
        self.0.lock().unwrap().surprises.push(what);
    }

    pub fn accepted(&self) -> usize {
        self.0.lock().unwrap().accepted.len()
    }

    pub fn replies(&self) -> Replies {
        self.0.lock().unwrap().clone()
    }
}
