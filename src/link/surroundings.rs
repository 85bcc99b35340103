//! Time and chance as values that are handed in, so that a link runs the same in a test as in the night.

use std::fmt;
use std::sync::Arc;

use rand::Rng as _;

use crate::domain::ids::CommandId;
use crate::domain::time::Timestamp;

/// Where a link reads the wall clock and takes chance from. Waits go by tokio's clock, which tests can pause.
#[derive(Clone)]
pub struct Surroundings {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    random: Arc<dyn Fn() -> [u8; 16] + Send + Sync>,
}

impl Surroundings {
    /// `random` must be unpredictable outside tests: the ids of commands are made of it.
    pub fn new(
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
        random: impl Fn() -> [u8; 16] + Send + Sync + 'static,
    ) -> Self {
        Surroundings { now: Arc::new(now), random: Arc::new(random) }
    }

    /// The machine's clock, and the process's cryptographic generator.
    pub fn of_the_machine() -> Self {
        Surroundings::new(
            || Timestamp::from(chrono::Utc::now()),
            || {
                let mut bytes = [0; 16];
                rand::rng().fill_bytes(&mut bytes);
                bytes
            },
        )
    }

    /// The time by this machine's clock, right or wrong.
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    pub fn command_id(&self) -> CommandId {
        CommandId::from_random((self.random)())
    }

    /// Somewhere from 0 up to, and without, 1.
    pub fn fraction(&self) -> f64 {
        let [a, b, c, d, ..] = (self.random)();
        f64::from(u32::from_le_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0)
    }
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings").finish_non_exhaustive()
    }
}
