//! What people write down while it happens.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::{Line, Text};

/// What a machine said, kept with the note: which command, where, how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Line>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Line>,
    /// The command's exit code; absent where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    pub output: Text,
}

/// A place outside with more about the incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    pub title: Line,
    /// `http` or `https`.
    pub url: Line,
}
