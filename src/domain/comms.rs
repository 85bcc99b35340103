//! Updates to people outside the room, and what became of each delivery.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::ids::{CommsId, IncidentId};
use super::role::Slug;
use super::severity::Severity;
use super::status::Status;
use super::text::{Line, Text};
use super::time::Timestamp;

/// One update: written, published, and delivered to each destination of its audience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comms {
    pub id: CommsId,
    pub message: Message,
    pub state: CommsState,
    pub drafted_by: Actor,
    pub drafted_at: Timestamp,
    /// One a destination, from the moment of publishing.
    pub deliveries: BTreeMap<Slug, Delivery>,
}

impl Comms {
    /// Whether something is still to happen to it: it waits, goes out, or a person has to say.
    pub fn is_under_way(&self) -> bool {
        self.deliveries.values().any(|delivery| match delivery.state {
            DeliveryState::Pending
            | DeliveryState::Sending
            | DeliveryState::Failed
            | DeliveryState::Uncertain => true,
            DeliveryState::Delivered | DeliveryState::Abandoned => false,
        })
    }
}

/// The exact text that goes out, and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Message {
    pub audience: Slug,
    pub subject: Line,
    pub body: Text,
    /// When readers can expect the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_update_at: Option<Timestamp>,
}

/// What an update says that promises no other.
const LAST_UPDATE: &str = "This is the last update.";
/// What the subject and the text of a drill's updates begin with.
pub const DRILL_MARK: &str = "[DRILL]";
/// The first line of a drill's updates, for readers who do not know the word.
const DRILL_NOTICE: &str = "[DRILL] This is an exercise. Nothing is wrong, and nothing needs to be done.";

impl Message {
    /// Whether readers are told that none follows: such a message is still true once the incident is over. Read from the
    /// text and from nothing else: that is what readers have, whoever wrote it by the API, and a field beside it could say
    /// otherwise than it does.
    pub fn is_last_word(&self) -> bool {
        self.next_update_at.is_none() && self.body.contains(LAST_UPDATE)
    }

    /// Whether whoever reads only its subject, and whoever reads only its text, knows that it is a drill.
    pub fn is_marked_as_drill(&self) -> bool {
        self.subject.starts_with(DRILL_MARK) && self.body.starts_with(DRILL_MARK)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum CommsState {
    Draft,
    Published { at: Timestamp, by: Actor },
    Discarded,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Delivery {
    pub state: DeliveryState,
    /// What the vendor or the failure said; empty while there is nothing to tell.
    #[serde(default)]
    pub detail: Line,
    pub updated_at: Timestamp,
    /// When a person last said that it should go out: by publishing, or by asking for it again. Its text counts as true
    /// from then.
    #[serde(default)]
    pub asked_at: Timestamp,
    /// How many times a person asked to send it again after an uncertain or failed attempt. Part of the key under which
    /// the outbox sends, so that a fresh yes is a fresh sending and nothing else is.
    #[serde(default)]
    pub round: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// In the outbox, not handed over; perhaps to be tried again.
    Pending,
    /// Being handed over at this moment.
    Sending,
    Delivered,
    /// It certainly did not arrive, and will not be tried again by itself.
    Failed,
    /// It may have arrived. A person has to say.
    Uncertain,
    /// A person said to leave it, or it was overtaken before it went: then the detail says by what.
    Abandoned,
}

/// What a person says about a delivery that is uncertain or failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It did arrive.
    Arrived,
    /// Send it once more.
    SendAgain,
    /// Leave it.
    Abandon,
}

/// Who can be told something: a name in the settings, and how many it reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Audience {
    pub name: Slug,
    pub label: Line,
    pub destinations: Vec<Destination>,
}

impl Audience {
    /// People that a message to this audience reaches, as far as we can count: mailboxes, plus one a webhook.
    pub fn recipients(&self) -> u32 {
        self.destinations.iter().map(|destination| destination.recipients).sum()
    }
}

/// One way out: a mail server with its recipients, or a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Destination {
    pub name: Slug,
    /// How the preview names it, without secrets: `mail to 3 recipients`, `webhook at status.example.com`.
    pub label: Line,
    pub recipients: u32,
}

/// What the person at the keyboard fills in; the shape of an update that readers can use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// What is happening, as a customer would say it.
    pub what: Text,
    /// Who notices, and how.
    pub impact: Text,
    /// What we do about it.
    pub action: Text,
    pub next_update_at: Option<Timestamp>,
}

impl Update {
    /// The text that goes out. Preview and sending use this one function, and the entry keeps its result.
    pub fn render(&self, about: &About<'_>, audience: Slug) -> Message {
        let mut subject = format!("[{}] {}: {}", about.status, about.severity, about.title);
        let mut body = String::new();
        if about.drill {
            subject = format!("{DRILL_MARK} {subject}");
            let _ = write!(body, "{DRILL_NOTICE}\n\n");
        }
        let mut section = |heading: &str, text: &str| {
            if !text.trim().is_empty() {
                let _ = write!(body, "{heading}\n{}\n\n", text.trim());
            }
        };
        section("What is happening", &self.what);
        section("Impact", &self.impact);
        section("What we are doing", &self.action);
        match self.next_update_at {
            Some(at) => {
                let _ = writeln!(body, "Next update: {} UTC", at.to_utc().format("%Y-%m-%d %H:%M"));
            }
            None => {
                let _ = writeln!(body, "{LAST_UPDATE}");
            }
        }
        let _ = write!(body, "\nReference: {}\n", about.id);
        let subject = Line::clean(&subject);
        Message { audience, subject, body: Text::clean(&body), next_update_at: self.next_update_at }
    }
}

/// The facts of an incident that an update shows.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    pub id: IncidentId,
    pub title: &'a Line,
    pub severity: Severity,
    pub status: Status,
    /// An exercise, and its updates say so.
    pub drill: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_is_the_last_word_unless_it_promises_another() {
        let about = About {
            id: IncidentId(7),
            title: &Line::clean("Checkout fails"),
            severity: Severity::Sev1,
            status: Status::Resolved,
            drill: false,
        };
        let render = |next_update_at| {
            let update =
                Update { what: Text::clean("Cards work again."), next_update_at, ..Update::default() };
            update.render(&about, "customers".parse().unwrap())
        };
        assert!(render(None).is_last_word());
        assert!(!render("2026-11-23T14:30:00Z".parse().ok()).is_last_word());
        let unsaid = Message { body: Text::clean("Cards work again."), ..render(None) };
        assert!(!unsaid.is_last_word());
    }
}
