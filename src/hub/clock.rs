//! Time and chance as values that are handed in, so that the hub runs the same in a test as in the night.

use std::fmt;

use rand::Rng as _;
use uuid::Builder;

use crate::domain::ids::EntryId;
use crate::domain::time::Timestamp;

/// Where the hub reads the time.
pub trait Clock: Send + Sync + fmt::Debug {
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from(chrono::Utc::now())
    }
}

/// Where the hub takes chance from. Tokens are made of it, so it must be unpredictable outside tests.
pub trait Random: Send + Sync + fmt::Debug {
    fn fill(&self, bytes: &mut [u8]);
}

/// The process's cryptographic generator, seeded by the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

/// An entry's id: a UUID of version 7.
pub(super) fn entry_id(at: Timestamp, random: &dyn Random) -> EntryId {
    let mut tail = [0; 10];
    random.fill(&mut tail);
    let millis = u64::try_from(at.as_millis()).unwrap_or(0);
    EntryId(Builder::from_unix_timestamp_millis(millis, &tail).into_uuid())
}
