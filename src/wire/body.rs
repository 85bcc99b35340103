//! The bodies of answers that are not one of the domain's own types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::domain::event::Entry;
use crate::domain::ids::Seq;

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
