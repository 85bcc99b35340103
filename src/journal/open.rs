//! From a place to a journal.

use super::{Journal, JournalError, Location, Memory, Seed, Sqlite};
use crate::domain::time::Timestamp;

/// What opening a journal takes from outside.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub seed: Seed,
    /// Now, by the hub's clock.
    pub now: Timestamp,
    pub on_loss: OnLoss,
}

/// What to do with a journal that is damaged, or that holds less than was once acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnLoss {
    /// Say what is wrong and leave it as it is.
    Refuse,
    /// An operator said so: keep a copy of the files beside, and go on from the last entry whose chain is whole. The
    /// journal gets a new id, so that no terminal takes the entries to come for those that it has seen.
    Accept,
}

/// Opens the journal, or makes it.
///
/// # Errors
///
/// Sentences that name the file and say what to do; see [`JournalError`].
pub fn open(location: &Location, options: &Options) -> Result<Box<dyn Journal>, JournalError> {
    Ok(match location {
        Location::Sqlite(path) => Box::new(Sqlite::open(path, options)?),
        Location::Memory => Box::new(Memory::new(options.seed)),
    })
}
