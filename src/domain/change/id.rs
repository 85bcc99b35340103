//! What a change is called: the name of whoever reported it, and what they call it. So two senders may both have a build
//! 17, and what one of them sends can never stand for what another did.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::domain::actor::Handle;
use crate::domain::alert::Fingerprint;
use crate::domain::ids::{InvalidId, serde_as_string};

/// `SOURCE:NAME`, of the characters `A-Z a-z 0-9 . _ : -` only, so that it can stand in a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChangeId(Arc<str>);

impl ChangeId {
    pub const MAX_LENGTH: usize = 160;
    /// How much of a name stays that cannot stand as it is; a hash of all of it follows.
    const KEPT: usize = 80;
    /// The longest name that stands as it is.
    const NAME: usize = Self::MAX_LENGTH - Handle::MAX_LENGTH - 1;

    /// What a source calls it. Different names give different ids, whatever is in them.
    pub fn of(source: &Handle, name: &str) -> Self {
        let plain = !name.is_empty() && name.len() <= Self::NAME && name.bytes().all(is_plain);
        if plain {
            return ChangeId(format!("{source}:{name}").into());
        }
        let told: String = name
            .bytes()
            .take(Self::KEPT)
            .map(|byte| if is_plain(byte) { char::from(byte) } else { '-' })
            .collect();
        let hash = Fingerprint::of([(source.as_str(), name)]);
        ChangeId(format!("{source}:{}-{hash}", told.trim_matches('-')).into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._:-".contains(&byte)
}

impl fmt::Display for ChangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for ChangeId {
    type Err = InvalidId;

    fn from_str(raw: &str) -> Result<Self, InvalidId> {
        if !raw.is_empty() && raw.len() <= Self::MAX_LENGTH && raw.bytes().all(is_plain) {
            Ok(ChangeId(raw.into()))
        } else {
            Err(InvalidId::new(
                raw,
                "a change's id such as github:deployment-17; `warroom change list` shows them",
            ))
        }
    }
}

serde_as_string!(ChangeId, "github:deployment-17");
