//! Who did it. An actor always comes from authentication, never from a body.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::ids::{InvalidId, serde_as_string};

/// A person's short name: 1 to 32 of `a-z 0-9 . _ -`, beginning with a letter or digit. Plain ASCII in one case, so
/// that no two handles look alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(Arc<str>);

impl Handle {
    pub const MAX_LENGTH: usize = 32;

    /// The name under which the hub itself appears.
    pub fn of_hub() -> Self {
        Handle("warroom".into())
    }

    /// The source of the alerts that the hub raises for its SLOs.
    pub fn of_slos() -> Self {
        Handle("slo".into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Handle {
    type Err = InvalidId;

    /// Takes an `@` before the handle, as people write it, and upper case.
    fn from_str(raw: &str) -> Result<Self, InvalidId> {
        let bare = raw.strip_prefix('@').unwrap_or(raw);
        if is_slug(bare) {
            Ok(Handle(bare.to_ascii_lowercase().into()))
        } else {
            Err(InvalidId::new(raw, "a handle: 1 to 32 letters, digits, dots, dashes or underscores"))
        }
    }
}

serde_as_string!(Handle, "ana");

/// The shape that handles and other short names share.
pub(super) fn is_slug(raw: &str) -> bool {
    let first = raw.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    first
        && raw.len() <= Handle::MAX_LENGTH
        && raw.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// Who caused an entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Somebody with a token of their own.
    Person(Handle),
    /// A program that sends alerts or changes: the name of its token.
    Integration(Handle),
    /// The hub itself: rules, reactors, deliveries.
    Hub,
}

impl Actor {
    pub fn handle(&self) -> Option<&Handle> {
        match self {
            Actor::Person(handle) => Some(handle),
            Actor::Integration(_) | Actor::Hub => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Person(handle) => write!(f, "@{handle}"),
            Actor::Integration(name) => write!(f, "{name}"),
            Actor::Hub => f.write_str("warroom"),
        }
    }
}

/// What a token lets its holder do. Each level from observer to admin includes the one before; `Ingest` is apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Reads everything.
    Observer,
    /// Works on incidents.
    Responder,
    /// Also sends updates to people outside, merges, cancels.
    Commander,
    /// Also makes and revokes tokens.
    Admin,
    /// Sends alerts and changes, and can do nothing else.
    Ingest,
}

impl Access {
    pub const ALL: [Access; 5] =
        [Access::Observer, Access::Responder, Access::Commander, Access::Admin, Access::Ingest];

    pub fn allows(self, needed: Access) -> bool {
        match needed {
            Access::Ingest => matches!(self, Access::Ingest | Access::Admin),
            Access::Observer | Access::Responder | Access::Commander | Access::Admin => {
                self.level() >= needed.level()
            }
        }
    }

    /// Below all that read, for what cannot even do that.
    fn level(self) -> u8 {
        match self {
            Access::Ingest => 0,
            Access::Observer => 1,
            Access::Responder => 2,
            Access::Commander => 3,
            Access::Admin => 4,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Access::Observer => "observer",
            Access::Responder => "responder",
            Access::Commander => "commander",
            Access::Admin => "admin",
            Access::Ingest => "ingest",
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Access {
    type Err = InvalidId;

    fn from_str(raw: &str) -> Result<Self, InvalidId> {
        let named = Access::ALL.into_iter().find(|access| access.name() == raw);
        named.ok_or_else(|| {
            InvalidId::new(raw, "a token's role: observer, responder, commander, admin or ingest")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_that_look_alike_are_the_same_handle_or_none() {
        assert_eq!("@Ana".parse::<Handle>().unwrap().as_str(), "ana");
        for raw in ["", "@", ".ana", "аna", "ana b", "a\u{202e}b", &"a".repeat(33)] {
            assert!(raw.parse::<Handle>().is_err(), "{raw:?}");
        }
    }

    #[test]
    fn an_ingest_token_can_do_nothing_else_and_an_observer_changes_nothing() {
        assert!(Access::Ingest.allows(Access::Ingest));
        assert!(!Access::Ingest.allows(Access::Observer));
        assert!(!Access::Observer.allows(Access::Responder));
        assert!(Access::Commander.allows(Access::Responder));
        assert!(!Access::Commander.allows(Access::Admin));
        assert!(Access::Admin.allows(Access::Ingest));
    }
}
