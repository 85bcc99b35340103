//! What commands have in common: a client of the hub, and what they ask of it.

use super::environment::Environment;
use super::exit::Exit;
use super::output::Output;
use super::way::Way;
use crate::domain::command::Command;
use crate::domain::time::Timestamp;
use crate::link::Surroundings;
use crate::link::api::{ApiError, Client, Part};
use crate::wire::body::Page;

/// No list of a hub is longer than this many parts of 200; whoever has more asks the API.
const MOST_PARTS: usize = 250;

/// A way to the hub, with a token.
#[derive(Debug)]
pub struct Session {
    pub way: Way,
    pub client: Client,
    pub surroundings: Surroundings,
}

impl Session {
    /// # Errors
    ///
    /// When it is not clear which hub, or there is no token.
    pub fn open(here: &Environment) -> Result<Self, Exit> {
        super::logging::quiet(here);
        Self::at(here, Way::find(here)?)
    }

    /// The same where it is known already which hub, and the log has been started.
    ///
    /// # Errors
    ///
    /// When no connection can be made at all.
    pub fn at(here: &Environment, way: Way) -> Result<Self, Exit> {
        let client = Client::new(way.hub.clone(), &way.token)?;
        Ok(Session { way, client, surroundings: here.surroundings.clone() })
    }

    /// The time by this machine's clock.
    pub fn now(&self) -> Timestamp {
        self.surroundings.now()
    }

    /// Sends a command under an id of its own, and says what came of it.
    ///
    /// # Errors
    ///
    /// When the hub refuses or cannot be reached.
    pub async fn run(&self, output: Output, command: &Command, done: &str) -> Result<(), Exit> {
        let id = self.surroundings.command_id();
        let outcome = self.client.command(command, &id, None).await?;
        output.outcome(&outcome, done)
    }

    /// A whole list, part by part.
    ///
    /// # Errors
    ///
    /// When the hub refuses or cannot be reached, or the list is longer than anybody reads.
    pub async fn all<T>(
        &self,
        ask: impl AsyncFn(&Client, &Part) -> Result<Page<T>, ApiError>,
    ) -> Result<Vec<T>, Exit> {
        let mut part = Part { cursor: None, limit: Some(200) };
        let mut all = Vec::new();
        for _ in 0..MOST_PARTS {
            let Page { items, next } = ask(&self.client, &part).await?;
            all.extend(items);
            match next {
                Some(next) => part.cursor = Some(next),
                None => return Ok(all),
            }
        }
        Err(Exit::refused(format!(
            "there are more than {} of them; narrow it down, or ask the API part by part",
            all.len()
        )))
    }
}
