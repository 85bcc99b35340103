//! What commands have in common: a client of the hub, and what they ask of it.

use tokio::signal::unix::{SignalKind, signal};

use super::environment::Environment;
use super::exit::Exit;
use super::output::Output;
use super::unanswered::{Folder, Unanswered};
use super::until_known::{Ended, until_known};
use super::way::Way;
use crate::domain::command::Command;
use crate::domain::ids::{CommandId, Revision};
use crate::domain::time::Timestamp;
use crate::link::Surroundings;
use crate::link::api::{ApiError, Client, Part};
use crate::link::outbox::Sent;
use crate::wire::body::Page;

/// No list of a hub is longer than this many parts of 200; whoever has more asks the API.
const MOST_PARTS: usize = 250;

/// A way to the hub, with a token.
#[derive(Debug)]
pub struct Session {
    pub way: Way,
    pub client: Client,
    pub surroundings: Surroundings,
    /// The id that was given for what is sent.
    id: Option<CommandId>,
    line: Vec<String>,
    unanswered: Folder,
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
        let (surroundings, line) = (here.surroundings.clone(), here.line.clone());
        let (id, unanswered) = (here.global.command_id.clone(), Folder::of(&here.folders.state));
        Ok(Session { way, client, surroundings, id, line, unanswered })
    }

    /// The time by this machine's clock.
    pub fn now(&self) -> Timestamp {
        self.surroundings.now()
    }

    /// Sends a command under the id that was given or one of its own, and says what came of it.
    ///
    /// # Errors
    ///
    /// When the hub refuses or cannot be reached, or it is not known whether it took the command.
    pub async fn run(&self, output: Output, command: Command, done: &str) -> Result<(), Exit> {
        self.run_as_seen(output, command, None, done).await
    }

    /// The same for what somebody asks for on sight of a revision of the incident.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run), and refused when what it sets has changed since.
    pub async fn run_as_seen(
        &self,
        output: Output,
        command: Command,
        seen: Option<Revision>,
        done: &str,
    ) -> Result<(), Exit> {
        let id = self.id.clone().unwrap_or_else(|| self.surroundings.command_id());
        let (hub, line, done) = (self.way.hub.to_string(), self.line.clone(), done.to_owned());
        let command = Unanswered { id, hub, line, given_at: self.now(), seen, command, done };
        self.send(output, command, Sent::No).await
    }

    /// What was sent under the id that was given and not answered; none when this is the first try.
    ///
    /// # Errors
    ///
    /// Wrong use, when the id is that of another line.
    pub fn unanswered(&self) -> Result<Option<Unanswered>, Exit> {
        let Some(id) = &self.id else { return Ok(None) };
        let found = self.unanswered.find(id)?;
        if let Some(found) = &found {
            found.fits(&self.way.hub.to_string(), &self.line, self.now())?;
        }
        Ok(found)
    }

    /// Sends that again, exactly as it was.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub async fn again(&self, output: Output, command: Unanswered) -> Result<(), Exit> {
        output.say(&format!("warroom: sending again what was given at {}, as it was then", command.given_at));
        self.send(output, command, Sent::Perhaps).await
    }

    async fn send(&self, output: Output, unanswered: Unanswered, before: Sent) -> Result<(), Exit> {
        let Unanswered { id, command, seen, .. } = &unanswered;
        let say = |words: &str| output.say(&format!("warroom: {words}"));
        let ask = async || self.client.command(command, id, *seen).await;
        match until_known(before, &self.surroundings, told_to_end(), say, ask).await {
            Ok(outcome) => {
                self.unanswered.forget(id);
                output.outcome(&outcome, &unanswered.done)
            }
            Err(Ended::NotDone(error)) => {
                self.unanswered.forget(id);
                Err(error.into())
            }
            Err(Ended::Unknown) => {
                if let Err(error) = self.unanswered.keep(&unanswered) {
                    output.say(&format!(
                        "warroom: what was sent cannot be kept here to be sent again ({error})"
                    ));
                }
                Err(Exit::unknown(id))
            }
        }
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

/// Whoever ends a command that is on its way is told that it is not known what came of it.
async fn told_to_end() {
    let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hang_up)] =
        [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal)
    else {
        // They then end the process as they always do.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
}
