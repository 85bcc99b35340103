//! The way out: messages to people who are not in the room. Each goes at most once, and when nobody can know whether it
//! went, a person is asked.
//!
//! [`outbox`] decides what is due and keeps the journal's account of it; a [`Carrier`] hands one message over. The line
//! between the two phases of a carrier is what makes "at most once" true: everything that can fail harmlessly happens
//! in [`Carrier::prepare`], before the attempt is written down, and only the handover itself after.

pub mod mail;
pub mod outbox;
pub mod settings;
pub mod webhook;

use std::time::Duration;

use crate::domain::ids::{CommsId, IncidentId};
use crate::domain::role::Slug;
use crate::domain::text::{Line, Text};
use crate::domain::time::Timestamp;

pub use settings::{AudienceSettings, DestinationSettings, SettingsError, audiences, carriers, read_secret};

/// One message for one destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    pub incident: IncidentId,
    pub comms: CommsId,
    pub destination: Slug,
    /// How often a person asked for it again.
    pub round: u32,
    pub subject: Line,
    pub body: Text,
    pub published_at: Timestamp,
    /// When a person last said that it should go out.
    pub asked_at: Timestamp,
    /// The journal, so that keys of two hubs never meet.
    pub journal: crate::domain::ids::JournalId,
}

impl Parcel {
    /// The same for every try at the same sending; another one only after a person's fresh yes. Without full stops: they
    /// divide what a webhook's signature is made of.
    pub fn key(&self) -> String {
        let Parcel { journal, incident, comms, destination, round, .. } = self;
        let destination = destination.as_str().replace('.', "~");
        format!("{}_{incident}_{comms}_{destination}_{round}", journal.0.simple())
    }
}

/// How a handover ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handover {
    /// The other side said that it has it.
    Taken(Line),
    /// It certainly has it not; later it may take it.
    NotNow { detail: Line, retry_after: Option<Duration> },
    /// It certainly has it not, and will not take it.
    Refused(Line),
    /// The answer is missing or says nothing.
    Unknown(Line),
}

/// Why nothing could be handed over; the message is certainly not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotReady {
    /// Worth another try.
    Later { detail: Line, retry_after: Option<Duration> },
    /// Trying again would change nothing.
    Never(Line),
}

impl NotReady {
    fn later(detail: &str) -> Self {
        NotReady::Later { detail: Line::clean(detail), retry_after: None }
    }
}

/// How long the other side may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Until it is ready to take the message.
    pub ready: Duration,
    /// From the last byte of the message to the answer.
    pub answer: Duration,
}

/// One way to one destination.
#[derive(Debug)]
pub enum Carrier {
    Mail(mail::Mail),
    Webhook(webhook::Webhook),
    #[cfg(test)]
    Scripted(outbox::tests::Script),
}

/// A connection over which one message can be handed over now.
#[derive(Debug)]
pub enum Ready {
    Mail(Box<mail::Ready>),
    Webhook(Box<webhook::Ready>),
    #[cfg(test)]
    Scripted(outbox::tests::Handing),
}

impl Carrier {
    /// Everything that can fail without the message having gone.
    ///
    /// # Errors
    ///
    /// When the other side cannot be reached or does not want it.
    pub async fn prepare(&self, parcel: &Parcel, now: Timestamp) -> Result<Ready, NotReady> {
        match self {
            Carrier::Mail(mail) => mail.prepare(parcel).await.map(|ready| Ready::Mail(Box::new(ready))),
            Carrier::Webhook(webhook) => {
                webhook.prepare(parcel, now).await.map(|ready| Ready::Webhook(Box::new(ready)))
            }
            #[cfg(test)]
            Carrier::Scripted(script) => script.prepare(parcel).await.map(Ready::Scripted),
        }
    }
}

impl Ready {
    /// Hands it over. From here on a lost connection means that nobody knows.
    pub async fn hand_over(self) -> Handover {
        match self {
            Ready::Mail(ready) => ready.hand_over().await,
            Ready::Webhook(ready) => ready.hand_over().await,
            #[cfg(test)]
            Ready::Scripted(handing) => handing.hand_over().await,
        }
    }
}
