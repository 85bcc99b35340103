//! Somebody else in the room: connected by the real feed, acting by the real API, with a token of their own.

use secrecy::SecretString;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::domain::actor::Handle;
use crate::domain::command::{Command, Outcome};
use crate::domain::ids::IncidentId;
use crate::domain::room::Room;
use crate::link::api::{ApiError, Client, IncidentQuery, Part};
use crate::link::place::Place;
use crate::link::{Config, HubUrl, Link, LinkHandle, Surroundings};

/// The most incidents that a colleague overlooks: the newest.
const OVERLOOKED: u32 = 200;

#[derive(Debug)]
pub struct Colleague {
    handle: Handle,
    hub: HubUrl,
    token: SecretString,
    client: Client,
    surroundings: Surroundings,
    /// Once they have come.
    link: Option<LinkHandle>,
}

impl Colleague {
    /// # Errors
    ///
    /// When no HTTP client can be made on this machine.
    pub fn new(handle: Handle, hub: HubUrl, token: SecretString) -> Result<Self, ApiError> {
        let client = Client::new(hub.clone(), &token)?;
        Ok(Colleague { handle, hub, token, client, surroundings: Surroundings::of_the_machine(), link: None })
    }

    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    pub fn is_here(&self) -> bool {
        self.link.is_some()
    }

    /// Connects, if they are not connected yet; stays until `shutdown`.
    ///
    /// # Errors
    ///
    /// When no connection can be made on this machine at all.
    pub fn come(&mut self, tasks: &TaskTracker, shutdown: &CancellationToken) -> Result<(), ApiError> {
        if self.link.is_some() {
            return Ok(());
        }
        let config = Config {
            hub: self.hub.clone(),
            token: self.token.clone(),
            outbox: None,
            place: Place::default(),
        };
        let (link, mut events) = Link::spawn(config, self.surroundings.clone())?;
        self.link = Some(link.clone());
        let shutdown = shutdown.clone();
        // What comes over the feed is not looked at, but it must be taken, as a terminal takes it.
        tasks.spawn(async move {
            while let Some(Some(_)) = shutdown.run_until_cancelled(events.recv()).await {}
            link.shutdown().await;
        });
        Ok(())
    }

    /// Looks at an incident, or at none in particular.
    pub fn watch(&self, incident: Option<IncidentId>) {
        if let Some(link) = &self.link {
            link.presence(incident, None);
        }
    }

    /// The incidents as they are now; nothing else of the room.
    ///
    /// # Errors
    ///
    /// When the hub does not answer.
    pub async fn look(&self) -> Result<Room, ApiError> {
        let which = IncidentQuery { all: true, ..IncidentQuery::default() };
        let page = self.client.incidents(&which, &Part { cursor: None, limit: Some(OVERLOOKED) }).await?;
        let incidents = page.items.into_iter().map(|incident| (incident.id, incident)).collect();
        Ok(Room { incidents, ..Room::default() })
    }

    /// Does one thing after the other, each on sight of `room`: what somebody else changed since is left as it is.
    pub async fn act(&self, room: &Room, commands: Vec<Command>) {
        let mut latest = None;
        for command in commands {
            let before =
                command.incident().and_then(|id| room.incident(id)).map(|seen| (seen.id, seen.revision));
            let seen = latest.filter(|(id, _)| command.incident() == Some(*id)).or(before);
            let id = self.surroundings.command_id();
            match self.client.command(&command, &id, seen.map(|(_, revision)| revision)).await {
                Ok(outcome) => latest = outcome.id.zip(outcome.revision),
                // Somebody was quicker, or the room went another way: then it is not to be done.
                Err(ApiError::Refused { problem, .. }) => {
                    tracing::debug!(who = %self.handle, why = %problem.detail, "a colleague was refused");
                    return;
                }
                Err(error) => {
                    tracing::warn!(who = %self.handle, %error, "a colleague could not act");
                    return;
                }
            }
        }
    }

    /// Sends a command whatever the room looks like.
    ///
    /// # Errors
    ///
    /// When the hub refuses it or does not answer.
    pub async fn send(&self, command: &Command) -> Result<Outcome, ApiError> {
        self.client.command(command, &self.surroundings.command_id(), None).await
    }
}
