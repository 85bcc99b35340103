//! What somebody is in an incident. The names can be configured; exactly one of them leads.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::actor::is_slug;
use super::ids::{InvalidId, serde_as_string};
use super::text::Line;

/// A short name in settings: of a role, an audience, a destination. 1 to 32 of `a-z 0-9 . _ -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(std::sync::Arc<str>);

impl Slug {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Slug {
    type Err = InvalidId;

    fn from_str(raw: &str) -> Result<Self, InvalidId> {
        if is_slug(raw) {
            Ok(Slug(raw.to_ascii_lowercase().into()))
        } else {
            Err(InvalidId::new(raw, "a short name: 1 to 32 letters, digits, dots, dashes or underscores"))
        }
    }
}

serde_as_string!(Slug, "commander");

/// A role that can be held in an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleDefinition {
    pub name: Slug,
    pub label: Line,
    /// The one who leads: a single role has this.
    #[serde(default)]
    pub leads: bool,
}

/// Commander (leads), operations lead, comms lead, scribe.
pub fn default_roles() -> Vec<RoleDefinition> {
    let role = |name: &str, label: &str, leads| RoleDefinition {
        name: Slug(name.into()),
        label: Line::clean(label),
        leads,
    };
    vec![
        role("commander", "Commander", true),
        role("operations", "Operations lead", false),
        role("comms", "Comms lead", false),
        role("scribe", "Scribe", false),
    ]
}
