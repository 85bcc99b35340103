//! The bodies of answers that are not one of the domain's own types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::actor::{Access, Handle};
use crate::domain::comms::Delivery;
use crate::domain::event::Entry;
use crate::domain::ids::{CommsId, IncidentId, Seq};
use crate::domain::role::Slug;
use crate::domain::text::{Line, Text};
use crate::domain::time::Timestamp;

/// A part of a list. Without `next` it was the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Give it as `cursor` to get the next part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A part of an incident's timeline, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Timeline {
    pub entries: Vec<Arc<Entry>>,
    /// There are older ones: ask with `before` this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older_before: Option<Seq>,
}

/// A part of the journal, oldest first, without gaps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entries {
    pub entries: Vec<Arc<Entry>>,
    /// The newest entry there is: go on until it is reached.
    pub head: Seq,
}

/// What is kept of a token; the token itself is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenInfo {
    /// Names the token where it is listed and revoked.
    pub id: String,
    /// Who acts with it: a person's handle, or the name of an integration.
    pub handle: Handle,
    #[serde(rename = "role")]
    pub access: Access,
    pub created_at: Timestamp,
    /// To the hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// A token to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    pub handle: Handle,
    #[serde(rename = "role")]
    pub access: Access,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// The one time that a token is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CreatedToken {
    pub token: String,
    #[serde(flatten)]
    pub info: TokenInfo,
}

/// Somebody who is connected or works on an open incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Responder {
    pub handle: Handle,
    /// Since when a terminal of theirs is connected; absent when none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected_since: Option<Timestamp>,
    /// What they look at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewing: Option<IncidentId>,
    /// The open incidents that they joined.
    pub incidents: BTreeSet<IncidentId>,
}

/// One delivery of one update.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenDelivery {
    pub incident: IncidentId,
    pub comms: CommsId,
    pub destination: Slug,
    pub subject: Line,
    pub delivery: Delivery,
}

/// Something that was delivered to the hub and that it did not understand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetter {
    pub at: Timestamp,
    /// The name of the token that it came with.
    pub source: Handle,
    /// Where it was delivered.
    pub path: Line,
    /// What is wrong with it.
    pub reason: Line,
    /// The beginning of it.
    pub body: Text,
}
