//! How bad it is. The number orders, the label is for people and can be configured.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::ids::{InvalidId, serde_as_string};

/// `SEV0` is the worst. `Ord` follows the number, so the worst is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Sev0,
    Sev1,
    Sev2,
    Sev3,
}

impl Severity {
    pub const ALL: [Severity; 4] = [Severity::Sev0, Severity::Sev1, Severity::Sev2, Severity::Sev3];

    pub const fn number(self) -> u8 {
        match self {
            Severity::Sev0 => 0,
            Severity::Sev1 => 1,
            Severity::Sev2 => 2,
            Severity::Sev3 => 3,
        }
    }

    /// What the number means where nothing else was configured.
    pub const fn default_label(self) -> &'static str {
        match self {
            Severity::Sev0 => "everything is down",
            Severity::Sev1 => "customers cannot do what they came for",
            Severity::Sev2 => "customers are hindered",
            Severity::Sev3 => "customers hardly notice",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SEV{}", self.number())
    }
}

impl FromStr for Severity {
    type Err = InvalidId;

    /// `SEV1`, `sev1` or `1`.
    fn from_str(raw: &str) -> Result<Self, InvalidId> {
        let upper = raw.to_ascii_uppercase();
        let digit = upper.strip_prefix("SEV").unwrap_or(&upper);
        let named = Severity::ALL.into_iter().find(|severity| severity.number().to_string() == digit);
        named.ok_or_else(|| InvalidId::new(raw, "a severity: SEV0 (worst), SEV1, SEV2 or SEV3"))
    }
}

serde_as_string!(Severity, "SEV1");
