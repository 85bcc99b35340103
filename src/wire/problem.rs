//! Errors as RFC 9457 problem details: a sentence that says what to do, the same from every resource.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::ids::Revision;
use crate::domain::text::{Line, Text};

/// The media type of an error's body.
pub const MEDIA_TYPE: &str = "application/problem+json";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// A stable name for programs, relative to the documentation: `/problems/stale`.
    #[serde(rename = "type")]
    pub kind: Line,
    pub title: Line,
    pub status: u16,
    /// What is wrong with this request, and what to do.
    pub detail: Text,
    /// The incident's revision now, where the request was made on an older one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
}
